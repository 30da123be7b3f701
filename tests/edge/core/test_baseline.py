"""Drift of a channel: the median of what it reads on a dry road, day by day."""

import random
from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.baseline import DAY, DAYS, LEAST_DAYS, Baseline, dry_for, read, write
from sotdae_edge.core.validity import Level
from sotdae_shared.errors import WireError

DRY_FLOAT, WET_FLOAT = Level(-5.0, 5.0), Level(5.0, 15.0)


def level(cm: float) -> Level:
    return Level(cm, cm)


def watched(offset_cm: float, days: int, seed: int = 1) -> Baseline:
    dice, found = random.Random(seed), Baseline()
    for _ in range(days * DAY):
        found.take(offset_cm + dice.gauss(0.0, 0.3))
    return found


@pytest.mark.parametrize(("offset", "drifted"), [(0.0, False), (1.7, False), (2.3, True), (-2.3, True)])
def test_two_centimetres_are_a_drift(offset: float, drifted: bool) -> None:
    found = watched(offset, LEAST_DAYS)
    assert found.dry_cm == pytest.approx(offset, abs=0.1)
    assert found.drifted is drifted


def test_less_than_a_week_says_nothing() -> None:
    found = watched(9.0, LEAST_DAYS - 1)
    assert found.dry_cm is None
    assert not found.drifted


def test_a_bad_day_is_no_drift_but_a_slow_creep_is() -> None:
    found = watched(0.0, 12)
    for _ in range(3 * DAY):
        found.take(14.0)
    assert not found.drifted
    creeping = Baseline()
    for day in range(60):
        for _ in range(DAY):
            creeping.take(0.08 * day)
    assert creeping.drifted
    assert len(creeping.days) == DAYS
    assert creeping.dry_cm == pytest.approx(0.08 * 44.5, abs=0.1)


@pytest.mark.parametrize("seed", range(10))
def test_a_day_is_its_median_to_half_a_millimetre(seed: int) -> None:
    dice, found = random.Random(seed), Baseline()
    readings = [dice.choice((dice.uniform(-5, 400), dice.gauss(0, 1), 3.0)) for _ in range(DAY)]
    for reading in readings:
        found.take(reading)
    assert len(found.days) == 1
    assert found.days[0] == pytest.approx(median_low(readings), abs=0.0501)
    assert found.today == {}


@pytest.mark.parametrize(
    ("levels", "dry"),
    [
        ({"radar": level(4.0), "pressure": level(0.1), "float": DRY_FLOAT}, True),
        ({"radar": level(4.0), "pressure": level(9.0), "float": DRY_FLOAT}, True),
        ({"radar": level(4.0), "pressure": level(9.0), "float": WET_FLOAT}, False),
        ({"radar": level(4.0), "pressure": None, "float": WET_FLOAT}, False),
        ({"radar": level(4.0), "pressure": None, "float": None}, True),
        ({"radar": level(6.0), "pressure": None, "float": None}, False),
        ({"radar": None, "pressure": level(0.0), "float": DRY_FLOAT}, False),
    ],
    ids=[
        "both dry",
        "one of two",
        "water",
        "the other is wet",
        "alone and low",
        "alone",
        "not valid",
    ],
)
def test_the_others_say_whether_it_is_dry(levels: dict[str, Level | None], dry: bool) -> None:
    assert dry_for("radar", levels, 3.0, 5.0) is dry


@given(
    st.lists(st.floats(-50, 50), max_size=DAYS),
    st.dictionaries(st.integers(-100, 100), st.integers(1, 9), max_size=5),
)
def test_it_outlives_a_restart(days: list[float], today: dict[int, int]) -> None:
    found = {"radar": Baseline(days, today)}
    assert read(write(found)) == found


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_baselines_or_an_error(raw: bytes) -> None:
    try:
        found = read(raw)
    except WireError:
        return
    assert all(isinstance(each, Baseline) for each in found.values())


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": {"days": [1e999]}}',
        b'{"a": {"days": [null]}}',
        b'{"a": {"today": {"x": 1}}}',
        b'{"a": {"today": {"1": -1}}}',
        b'{"a": {"days": [' + b"0," * DAYS + b"0]}}",
    ],
)
def test_numbers_that_no_gate_wrote_are_refused(raw: bytes) -> None:
    with pytest.raises(WireError, match="baselines"):
        read(raw)


def test_nothing_kept_is_nothing() -> None:
    assert read(None) == {}


@pytest.mark.parametrize("last_cm", [1.0, 2.0])
def test_half_of_a_day_is_the_lower_median(last_cm: float) -> None:
    found = Baseline(today={10: DAY // 2 - 1, 20: DAY // 2})
    found.take(last_cm)
    assert (found.days, found.today) == ([last_cm], {})


@pytest.mark.parametrize(("cm", "drifted"), [(2.0, False), (2.1, True), (-2.0, False), (-2.1, True)])
def test_a_drift_is_more_than_two_centimetres(cm: float, drifted: bool) -> None:
    assert Baseline(days=[cm] * LEAST_DAYS).drifted is drifted


@pytest.mark.parametrize(
    ("others_cm", "mine_cm", "dry"),
    [
        ((0.0, 0.0, 9.0, 9.0), 5.0, True),
        ((0.0, 0.0, 9.0, 9.0, 9.0), 5.0, False),
        ((), 14.9, True),
        ((), 15.0, False),
    ],
)
def test_half_of_the_others_or_the_last_one_itself_say_dry(
    others_cm: tuple[float, ...], mine_cm: float, dry: bool
) -> None:
    levels = {f"s{n}": level(cm) for n, cm in enumerate(others_cm)} | {"radar": level(mine_cm)}
    assert dry_for("radar", levels, 3.0, 15.0) is dry
