"""Waits between tries."""

import random

from hypothesis import given
from hypothesis import strategies as st

from sotdae_shared.backoff import Backoff


@given(seed=st.integers(), tries=st.integers(1, 40))
def test_backoff_starts_quick_and_stays_under_its_cap(seed: int, tries: int) -> None:
    backoff = Backoff(random.Random(seed))
    waits = [backoff.wait_s() for _ in range(tries)]
    assert waits[0] <= 0.1
    assert all(0 <= wait <= 8 for wait in waits)
    backoff.reset()
    assert backoff.wait_s() <= 0.1


def test_backoff_spreads_a_crowd_over_the_whole_cap() -> None:
    late = []
    for seed in range(200):
        backoff = Backoff(random.Random(seed))
        late.append([backoff.wait_s() for _ in range(10)][-1])
    assert min(late) < 1
    assert max(late) > 7


def test_waits_double_to_a_limit_and_begin_again() -> None:
    backoff = Backoff(random.Random(3), first_s=0.5, floor=0.5)
    waits = [backoff.wait_s() for _ in range(8)]
    assert all(
        0.5 * full <= wait <= full for wait, full in zip(waits, (0.5, 1, 2, 4, 8, 8, 8, 8), strict=True)
    )
    backoff.reset()
    assert backoff.wait_s() <= 0.5
