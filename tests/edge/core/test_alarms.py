"""Alarms: told once when they come and go; a failed closing keeps its own until a proof."""

import pytest
from edge.core.plant import Story

from sotdae_edge.core.alarms import AlarmBook, Condition
from sotdae_edge.core.effects import Alarm
from sotdae_shared.samples import Sample


def test_a_condition_is_told_when_it_changes() -> None:
    book = AlarmBook()

    def told(priority: int, active: bool) -> list[Alarm]:
        return book.update([Condition("x", priority, active, "why")], 0.0)

    assert told(2, False) == []
    assert told(2, True) == [Alarm("x", 2, True, "why")]
    assert told(2, True) == []
    assert told(1, True) == [Alarm("x", 1, True, "why")]
    assert told(1, False) == [Alarm("x", 1, False, "why")]
    assert book.active == {}


def test_what_no_longer_holds_has_ended() -> None:
    book = AlarmBook()
    x, y = Condition("x", 1, True, "why x"), Condition("y", 2, True, "why y")
    assert book.settle([], 0.0) == []
    assert book.settle([x, y], 0.0) == [Alarm("x", 1, True, "why x"), Alarm("y", 2, True, "why y")]
    assert book.settle([y, x], 0.0) == []
    assert book.settle([y], 0.0) == [Alarm("x", 1, False, "why x")]
    assert book.settle([], 0.0) == [Alarm("y", 2, False, "why y")]
    assert (book.active, book.texts) == ({}, {})


def test_an_alarm_of_a_test_says_so() -> None:
    book = AlarmBook()
    for active in (True, False):
        condition = Condition("x", 2, active, "why", test=True)
        assert book.update([condition], 0.0) == [Alarm("x", 2, active, "why", test=True)]


def test_a_quiet_gate_raises_nothing() -> None:
    story = Story()
    story.plant.lamps = False
    story.run(120.0)
    assert story.alarms == {}


def test_a_silent_controller_is_told_after_the_grace_and_cleared() -> None:
    story = Story()
    story.wait(2.9)
    story.take(story.gate.tick(story.now))
    assert story.alarms == {}
    story.wait(0.2)
    assert story.alarms["controller.silent"] == 1
    story.run(1.0)
    assert story.alarms == {}


def test_lost_channels_grow_more_urgent() -> None:
    story = Story()
    story.run(4.0)
    story.plant.radar = None
    story.run(1.0)
    assert story.alarms == {"sensor.radar": 3}
    story.plant.pressure = None
    story.run(1.0)
    assert story.alarms == {"sensor.radar": 2, "sensor.pressure": 2}


def test_a_channel_off_the_others_for_long_is_told_and_may_still_vote() -> None:
    story = Story()
    story.run(4.0)
    for tick in range(60):
        story.plant.radar = 12.0 + 0.2 * (tick % 3)
        story.run(0.2)
        assert ("sensor.radar" in story.alarms) == (tick >= 49), "10 s, told without waiting for a scan"
    assert story.alarms == {"sensor.radar": 3}
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3", "only a flat one is left out"
    story.plant.radar = 0.0
    story.run(0.4)
    assert story.alarms == {}


def test_dead_lamps_are_an_activation_failure() -> None:
    story = Story()
    story.run(4.0)
    story.plant.lamps = False
    story.plant.water(20.0)
    story.run(4.0)
    assert story.alarms["warning.activation"] == 1
    assert {"warning.sign_closed", "warning.flasher_on", "warning.siren_on"} <= story.alarms.keys()
    story.plant.lamps = True
    story.run(1.0)
    assert not any(code.startswith("warning.") for code in story.alarms)


def test_behind_a_closed_arm_half_of_the_warnings_may_be_dead_before_they_have_failed() -> None:
    """The siren is silent by then: sign and flasher are left."""
    story = Story()
    story.run(4.0)
    story.close()
    story.run(4.0, sign_closed=Sample(0.0), siren_on=Sample(0.0))
    assert {code for code in story.alarms if code.startswith("warning")} == {"warning.sign_closed"}
    story.run(4.0, sign_closed=Sample(0.0), flasher_on=Sample(0.0))
    assert story.alarms["warning.activation"] == 1


def test_a_repair_is_overdue_the_moment_it_is_due() -> None:
    story = Story()
    story.plant.radar = None
    story.run(4.0)
    assert story.gate.repair_due == 1000.0 + 86_400.0
    story.gate.repair_due = story.now + 0.1
    story.wait(0.1)
    assert story.alarms["sensor.repair_overdue"] == 2


def test_an_arm_that_left_its_place_without_an_order_is_told() -> None:
    story = Story()
    story.run(4.0)
    story.plant.arm = "mid"
    story.run(3.0)
    assert story.alarms == {"gate.arm_astray": 2}


@pytest.mark.parametrize("closes", [True, False])
def test_a_failed_closing_stays_told_through_its_retries(closes: bool) -> None:
    story = Story()
    story.run(4.0)
    story.plant.water(20.0)
    story.plant.curtain = True
    story.run(40.0)
    assert story.gate.state == "held_open"
    assert story.alarms["gate.held_open"] == 1
    story.plant.curtain = False
    story.run(2.0)
    assert story.gate.state == "lowering"
    assert story.alarms["gate.held_open"] == 1, "lowering is not yet closed"
    story.plant.arm = "closed" if closes else "mid"
    story.run(26.0)
    expected = {"water.close"} if closes else {"water.close", "gate.partial"}
    assert {code for code, priority in story.alarms.items() if priority == 1} == expected


def test_a_key_turned_for_long_is_told_and_moves_nothing() -> None:
    story = Story()
    story.run(4.0)
    story.plant.key = True
    story.run(1801.0, every=1.0)
    assert story.gate.state == "manual"
    assert story.alarms["gate.manual_long"] == 2


def test_nothing_lingers_in_an_open_gate() -> None:
    story = Story()
    story.run(1.0)
    way = story.gate.approaches[0]
    way.escapes, way.attempt.camera_overridden = 9, True
    story.plant.key = True
    story.run(1.0)
    story.plant.key = False
    story.run(4.0)
    assert story.gate.state == "open"
    assert story.alarms == {}
