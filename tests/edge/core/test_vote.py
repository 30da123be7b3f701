"""The vote to the letter: ballots at the threshold, who tripped first, what is surely below, rates."""

from dataclasses import replace

import pytest
from edge.core.plant import SITE

from sotdae_edge.core.rate import rate_cm_min, will_be_unsafe
from sotdae_edge.core.since import Since
from sotdae_edge.core.validity import Level
from sotdae_edge.core.vote import surely_below, vote


@pytest.mark.parametrize(
    ("level", "ballot"),
    [
        (None, "bad"),
        (Level(15.0, 15.0), "trip"),
        (Level(14.9, 14.9), "dry"),
        (Level(5.0, 15.0), "dry"),
        (Level(5.0, 14.0), "dry"),
        (Level(5.0, 16.0), "abstain"),
        (Level(15.0, 400.0), "trip"),
    ],
)
def test_a_ballot_at_fifteen_centimetres(level: Level | None, ballot: str) -> None:
    assert vote({"a": level}, 15.0).ballots == {"a": ballot}


def test_the_first_that_trips_is_named() -> None:
    dry, wet = Level(0.0, 0.0), Level(20.0, 20.0)
    assert vote({"a": dry, "b": wet, "c": wet}, 15.0).first == "b"
    assert vote({"a": dry, "b": None}, 15.0).first is None
    assert vote({}, 15.0).first is None


@pytest.mark.parametrize(
    ("level", "below"),
    [
        (None, False),
        (Level(3.0, 3.0), True),
        (Level(3.1, 3.1), False),
        (Level(-5.0, 5.0), True),
        (Level(5.0, 15.0), False),
        (Level(-1.0, -1.0), True),
    ],
)
def test_what_is_surely_not_above_three_centimetres(level: Level | None, below: bool) -> None:
    assert surely_below(level, 3.0) is below


def test_a_prediction_counts_from_its_level_and_up_to_unsafe() -> None:
    site = replace(SITE, levels=replace(SITE.levels, unsafe_cm=16.0))
    rate = (16.0 - 6.0) * 60.0 / site.lead_s
    assert will_be_unsafe(6.0, rate * 1.000001, site)
    assert not will_be_unsafe(6.0, rate * 0.999, site)
    assert not will_be_unsafe(2.9, 1000.0, site)
    assert will_be_unsafe(3.0, 1000.0, site)
    assert not will_be_unsafe(30.0, 0.0, site)


def test_a_rate_needs_ten_samples_over_its_span() -> None:
    rising = [(float(at), 2.0 * at) for at in range(10)]
    assert rate_cm_min(rising, 9.0) == (120.0, 120.0)
    assert rate_cm_min(rising[1:], 8.0) is None
    assert rate_cm_min(rising, 9.1) is None


def test_the_bound_of_a_rate_is_its_spread() -> None:
    """Half-apart pairs of ten samples: five slopes, of which the median deviation is 0.2 cm/s."""
    history = [(float(at), 0.0) for at in range(5)]
    history += [(float(at + 5), 5.0 * slope) for at, slope in enumerate((0.6, 0.8, 1.0, 1.2, 1.4))]
    rate, bound = rate_cm_min(history, 9.0) or (0.0, 0.0)
    assert rate == pytest.approx(60.0)
    assert bound == pytest.approx((1.0 - 1.645 * 1.4826 * 0.2 / 5**0.5) * 60.0)


def test_what_is_forgotten_ripens_anew() -> None:
    since = Since()
    assert not since.held("a", True, 2.0, 10.0)
    assert not since.held("b", True, 3.0, 10.0)
    assert since.next_deadline(10.0) == 12.0
    assert since.next_deadline(12.0) == 13.0
    assert since.next_deadline(13.0) is None
    since.forget("a", "c")
    assert not since.held("a", True, 2.0, 12.0)
    assert since.held("b", True, 3.0, 13.0)
    assert not since.held("b", False, 3.0, 13.0)
    assert not since.held("b", True, 3.0, 13.0)


def test_a_level_that_reaches_unsafe_to_the_letter_is_unsafe() -> None:
    unsafe_cm = 3.0 + 60.0 * SITE.lead_s / 60.0
    assert will_be_unsafe(3.0, 60.0, replace(SITE, levels=replace(SITE.levels, unsafe_cm=unsafe_cm)))
