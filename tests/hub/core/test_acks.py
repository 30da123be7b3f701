"""Ranges and acks against plain sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sotdae_hub.core.acks import Ranges, Stream, ack
from sotdae_shared.messages import Class

STREAM = Stream("gate-7", "00000000000000aa", Class.SAFETY)
spans = st.lists(
    st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda t: (t[0], t[0] + t[1])), max_size=40
)


def numbers(ranges: list[tuple[int, int]]) -> set[int]:
    return {seq for first, last in ranges for seq in range(first, last + 1)}


@given(spans)
def test_ranges_hold_what_a_set_would(added: list[tuple[int, int]]) -> None:
    ranges, expected = Ranges(added), numbers(added)
    assert numbers(list(ranges)) == expected
    assert len(ranges) == len(expected)
    assert {seq for seq in range(75) if seq in ranges} == expected
    assert ranges.top == max(expected, default=0)
    assert ranges.missing == ranges.top - len(expected)
    assert ranges.upto == next(seq for seq in range(75) if seq + 1 not in expected)


@given(spans)
def test_ranges_stay_compact(added: list[tuple[int, int]]) -> None:
    found = list(Ranges(added))
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(found))
    assert list(Ranges(reversed(added))) == found


@given(spans, st.lists(st.integers(1, 75)))
def test_an_ack_names_only_what_is_held_and_all_that_was_touched(
    added: list[tuple[int, int]], touched: list[int]
) -> None:
    held = numbers(added)
    body = ack(STREAM, Ranges(added), touched)
    named = numbers([(1, body.upto), *body.ranges])
    assert named <= held
    assert set(touched) & held <= named


def test_a_hole_keeps_the_ack_below_it() -> None:
    body = ack(STREAM, Ranges([(1, 4), (6, 9)]), [9])
    assert (body.upto, body.ranges) == (4, ((6, 9),))
