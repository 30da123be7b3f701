"""What proves an arm closed or open, and that silence proves nothing."""

import pytest

from sotdae_edge.core.arm import READ_BACK, Arm
from sotdae_shared.samples import Sample


def arm(prefix: str = "", age_s: float = 1.0, **values: float | None) -> Arm:
    """Return an arm of which the controller said this at 10 s."""
    found = Arm(prefix)
    found.take({prefix + name: Sample(value) for name, value in values.items()}, age_s, 10.0)
    return found


@pytest.mark.parametrize(
    ("values", "closed", "open_"),
    [
        ({"limit_closed": 1.0, "limit_open": 0.0, "arm_angle": 3.0}, True, False),
        ({"limit_closed": 1.0, "limit_open": 0.0, "arm_angle": 3.1}, False, False),
        ({"limit_closed": 1.0, "arm_angle": 0.0}, True, False),
        ({"limit_closed": 1.0, "limit_open": 1.0, "arm_angle": 0.0}, False, False),
        ({"limit_closed": 1.0, "limit_open": 1.0, "arm_angle": 90.0}, False, False),
        ({"limit_closed": 0.0, "limit_open": 0.0, "arm_angle": 0.0}, False, False),
        ({"limit_closed": None, "arm_angle": 0.0}, False, False),
        ({"limit_closed": 1.0, "motor_current": 1.0}, True, False),
        ({"limit_closed": 1.0, "motor_current": 1.1}, False, False),
        ({"limit_closed": 1.0}, False, False),
        ({"limit_closed": 1.0, "arm_angle": 4.0, "motor_current": 0.0}, False, False),
        ({"limit_open": 1.0, "limit_closed": 0.0, "arm_angle": 85.0}, False, True),
        ({"limit_open": 1.0, "limit_closed": 0.0, "arm_angle": 84.9}, False, False),
        ({"limit_open": 1.0}, False, True),
        ({"limit_open": 0.0, "arm_angle": 90.0}, False, False),
        ({"arm_angle": 90.0}, False, False),
        ({}, False, False),
    ],
)
def test_proofs(values: dict[str, float | None], closed: bool, open_: bool) -> None:
    found = arm(**values)
    assert (found.closed_proved(10.5), found.open_proved(10.5)) == (closed, open_)


def test_after_its_age_nothing_is_known() -> None:
    found = arm(limit_closed=1.0, arm_angle=0.0)
    assert found.known(10.99)
    assert found.closed_proved(10.99)
    assert not found.known(11.0)
    assert not found.closed_proved(11.0)
    assert found.value("arm_angle", 11.0) is None
    assert found.flag("limit_closed", 11.0) is None
    assert not Arm().known(0.0)


def test_each_approach_has_its_own_points() -> None:
    north, south = Arm("north_"), Arm("south_")
    for each in (north, south):
        each.take({"north_limit_open": Sample(1.0)}, 1.0, 10.0)
    assert north.open_proved(10.0)
    assert not south.open_proved(10.0)
    with pytest.raises(KeyError):
        north.value("north_limit_open", 10.0)


def test_outputs_are_read_back_as_they_are() -> None:
    found = arm(sign_closed=1.0, siren_on=0.0)
    said = found.read_back(10.0)
    assert tuple(said) == READ_BACK
    assert (said["sign_closed"], said["siren_on"], said["limit_open"]) == (True, False, None)
