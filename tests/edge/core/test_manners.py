"""Orders that flood are counted, and one that comes after a pause is heard."""

from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.manners import Manners


def test_a_burst_is_heard_then_the_rate_then_a_pause_refills() -> None:
    manners = Manners(1.0, 3)
    assert [manners.admit(0.0) for _ in range(5)] == [True, True, True, False, False]
    assert manners.refused == 2
    assert [manners.admit(1.0), manners.admit(1.0)] == [True, False]
    assert [manners.admit(100.0) for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 5), max_size=200))
def test_never_more_than_burst_and_rate_allow(pauses: list[float]) -> None:
    manners, now, heard = Manners(2.0, 4), 0.0, 0
    for pause in pauses:
        now += pause
        heard += manners.admit(now)
        assert heard <= 4 + 2.0 * now + 1e-6
