"""Points that are only passed on: never a value that was not measured, never one without its flag."""

import pytest

from sotdae_edge.core.relays import Relay, Relays, Scale
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag, Unit

HEAD = Relay("head", silent_s=10.0)


def relays() -> Relays:
    return Relays([HEAD], {"head": Scale(Unit.CM, (0.0, 50.0))})


@pytest.mark.parametrize(
    ("sample", "value", "flag"),
    [
        (Sample(12.5, 1), 12.5, Flag.PASS),
        (Sample(12.5, 1, 1.0), 12.5, Flag.PASS),
        (Sample(12.5, 1, 0.0), 12.5, Flag.SUSPECT),
        (Sample(50.1, 1), 50.1, Flag.FAIL),
        (Sample(50.0, 1), 50.0, Flag.PASS),
        (Sample(0.0, 1), 0.0, Flag.PASS),
        (Sample(None, 1), None, Flag.MISSING),
    ],
)
def test_a_sample_is_passed_on_with_its_flag(sample: Sample, value: float | None, flag: Flag) -> None:
    known = relays()
    known.take({"head": sample}, 0.0)
    (reading,) = known.readings(1.0)
    assert (reading.channel, reading.unit, reading.value, reading.flag) == ("head", Unit.CM, value, flag)


def test_before_the_first_sample_nothing_is_known() -> None:
    assert relays().readings(0.0)[0].flag is Flag.MISSING


def test_a_counter_that_stands_still_goes_silent_and_one_that_moves_speaks_again() -> None:
    known = relays()
    for second in range(11):
        known.take({"head": Sample(12.5, 7)}, float(second))
    assert known.readings(9.9)[0].flag is Flag.PASS
    assert known.readings(10.0)[0].value is None
    known.take({"head": Sample(12.5, 8)}, 11.0)
    assert known.readings(12.0)[0].value == 12.5


def test_a_device_that_does_not_answer_keeps_its_last_value_only_until_it_is_silent() -> None:
    known = relays()
    known.take({"head": Sample(3.0)}, 0.0)
    known.take({}, 5.0)
    assert known.readings(5.0)[0].value == 3.0
    assert known.readings(10.0)[0].value is None


def test_one_that_is_silent_does_not_hide_the_next() -> None:
    known = Relays([Relay("low"), HEAD], {"low": Scale(Unit.CM), "head": Scale(Unit.CM)})
    known.take({"head": Sample(4.0, 1)}, 0.0)
    assert [reading.value for reading in known.readings(1.0)] == [None, 4.0]
