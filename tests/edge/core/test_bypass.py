"""A channel out of the vote: by whom, until when, what it changes, and what it never changes."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from edge.core.people import NONCE, came, order, signed
from edge.core.plant import BOOT, SITE, Story

from sotdae_edge.core.bypass import conditions, ended
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.events import NonceAsked
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import UNDERPASS_CHANNELS
from sotdae_edge.core.validity import Bypass
from sotdae_edge.record.snapshot import restore, snapshot

SEQUENCE = iter(range(1, 100_000))
HOUR_S = 3600.0


def give(story: Story, *names: str, **changes: Any) -> tuple[str | None, str]:
    """Give an order over a channel; return the verdict and its reason."""
    state = story.gate.state.value
    fields = {
        "actuator": "channel:radar",
        "lasts_s": HOUR_S,
        "nonce": None,
        "checklist": (),
        "seq": next(SEQUENCE),
    }
    command = order(changes.pop("target", "bypass"), **(fields | {"expect_state": state} | changes))
    (record,) = [
        e
        for e in story.give(came(signed(command, *(names or ("lee",)))))
        if isinstance(e, Decided) and e.verdict
    ]
    return record.verdict, record.because[0]


@pytest.fixture
def story() -> Story:
    found = Story()
    found.run(1.0)
    assert found.gate.state == "open"
    return found


def wet(story: Story, **levels: float) -> Story:
    """Let some instruments read water and others not, long enough for every vote to notice."""
    for name, cm in levels.items():
        setattr(story.plant, name, cm)
    story.run(3.0)
    return story


def test_a_bypassed_channel_counts_as_lost_and_the_vote_trips_more_easily(story: Story) -> None:
    assert give(story) == ("accepted", "channel:radar bypassed by lee for 60 min: water gone, road inspected")
    ballot = story.gate.sensing.close_vote(story.now)
    assert (ballot.architecture, ballot.ballots["radar"]) == ("1oo2", "bad")
    assert story.alarms["bypass.radar"] == 2
    wet(story, pressure=16.0)
    assert story.gate.incident is not None, "one of two trips"


def test_a_channel_that_lies_no_longer_trips(story: Story) -> None:
    story.plant.radar = None
    story.run(2.0)
    give(story)
    wet(story, radar=40.0)
    assert story.gate.incident is None
    assert story.gate.sensing.level_cm(story.now) == 0.0


REFUSALS: dict[str, Any] = {
    "unknown actuator channel:sonar": lambda s: give(s, actuator="channel:sonar"),
    "unknown actuator radar": lambda s: give(s, actuator="radar"),
    "unknown actuator barrier": lambda s: give(s, actuator="barrier"),
    "bypass: no reason": lambda s: give(s, reason="  "),
    "bypass: no end": lambda s: give(s, lasts_s=None),
    "bypass: longer than 24 h": lambda s: give(s, lasts_s=86_401.0),
    "stale": lambda s: give(s, expect_state="closed"),
    "one person: a bypass that reads water": lambda s: give(wet(s, radar=16.0)),
    "bypass: the channel reads water, and so": lambda s: give(wet(s, radar=4.0, pressure=4.0), "lee", "park"),
    "one person: a bypass that leaves one": lambda s: (give(s, actuator="channel:float"), give(s))[1],
    "bypass: no other channel": lambda s: (
        give(s, actuator="channel:float"), give(s, "lee", "park"),
        give(s, "lee", "park", actuator="channel:pressure"),
    )[2],
    "not bypassed": lambda s: give(s, target="restore"),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSALS)
def test_each_refusal_has_its_own_reason(story: Story, reason: str) -> None:
    verdict, because = REFUSALS[reason](story)
    assert verdict == "refused"
    assert because.startswith(reason)
    assert [other for other in REFUSALS if because.startswith(other)] == [reason]


def test_a_whole_day_is_the_longest(story: Story) -> None:
    assert give(story, lasts_s=86_400.0)[0] == "accepted"


def test_two_people_take_out_a_channel_that_alone_reads_water(story: Story) -> None:
    wet(story, radar=16.0)
    assert story.gate.incident is None, "one of three"
    assert give(story, "lee", "lee")[0] == "refused"
    assert give(story, "lee", "park")[0] == "accepted"
    assert story.gate.stage == "normal"


def test_the_last_channel_stays_though_another_is_only_silent(story: Story) -> None:
    story.plant.radar = story.plant.pressure = None
    story.run(2.0)
    assert give(story, "lee", "park", actuator="channel:float")[1].startswith("bypass: no other channel")
    assert give(story, "lee", "park", actuator="channel:radar")[0] == "accepted"


def test_it_ends_by_itself_and_that_is_told(story: Story) -> None:
    give(story, lasts_s=60.0)
    effects = story.run(59.0)
    assert not any(isinstance(e, Decided) for e in effects)
    effects = story.run(2.0)
    (record,) = [e for e in effects if isinstance(e, Decided)]
    assert record.decision == "bypass_ended"
    assert record.because == ("radar: the bypass by lee was ended by its time; it votes again",)
    ended = {(e.code, e.active) for e in effects if isinstance(e, Alarm)}
    assert ended == {("bypass.radar", False), ("ladder.one_sensor_lost", False)}
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3"


def test_its_end_is_told_at_its_own_deadline(story: Story) -> None:
    give(story, lasts_s=60.0)
    until = story.now + 60.0
    told = [e for e in story.wait(60.0) if isinstance(e, Decided) and e.decision == "bypass_ended"]
    assert len(told) == 1
    assert story.now == until


def test_each_of_two_ends_at_its_own_time_and_a_restart_knows(story: Story) -> None:
    give(story, lasts_s=HOUR_S)
    give(story, "lee", "park", actuator="channel:pressure", lasts_s=60.0)
    assert story.memento is not None
    assert story.memento["bypassed"] == {"radar": "lee", "pressure": "lee and park"}
    story.run(61.0, every=1.0)
    assert story.gate.sensing.out(story.now) == {"radar"}
    assert story.memento["bypassed"] == {"radar": "lee"}


def test_it_ends_exactly_then_though_nobody_looked(story: Story) -> None:
    give(story, lasts_s=60.0)
    story.now += 60.0
    story.scan()
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3"


@pytest.mark.parametrize("lasts_s", [None, HOUR_S])
def test_a_restore_ends_it(story: Story, lasts_s: float | None) -> None:
    give(story)
    assert give(story, target="restore", expect_state="whatever", lasts_s=lasts_s)[0] == "accepted"
    assert "bypass.radar" not in story.alarms
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3"


def test_a_restart_ends_it_and_says_so(story: Story) -> None:
    give(story)
    story.effects.clear()
    story.restart()
    story.run(1.0)
    ends = [e for e in story.decided if e.decision == "bypass_ended"]
    assert [e.because for e in ends] == [("radar: the bypass by lee was ended by a restart; it votes again",)]
    told = [e for e in story.effects if isinstance(e, Alarm) and e.code == "bypass.radar"]
    assert [(e.active, e.priority, e.text) for e in told] == [(False, 2, "radar: ended by a restart")]
    assert story.gate.alarms.told["bypass.radar"] == (story.gate.born,), (
        "it counts as one of those that chatter"
    )
    assert story.gate.sensing.close_vote(story.now).architecture == "2oo3"
    story.effects.clear()
    story.restart()
    story.run(1.0)
    assert not [e for e in story.decided if e.decision == "bypass_ended"], "told once"


def test_it_never_ends_an_incident(story: Story) -> None:
    wet(story, radar=16.0, pressure=16.0)
    assert story.gate.incident is not None
    incident = story.gate.incident
    wet(story, pressure=0.0)
    assert give(story, "lee", "park")[0] == "accepted"
    story.run(3.0)
    assert story.gate.incident == incident
    assert story.gate.state != "open"


@pytest.mark.parametrize("bypassed", [True, False])
def test_it_is_the_waiver_that_a_reopening_needs(bypassed: bool) -> None:
    story = Story()
    story.run(1.0)
    story.close()
    story.plant.water(0.0)
    story.plant.radar = None
    story.run(2.0)
    if bypassed:
        assert give(story, lasts_s=2.0 * HOUR_S)[0] == "accepted"
    story.run(1801.0, every=1.0)
    story.give(NonceAsked("q", NONCE))
    assert story.gate.incident is not None
    wanted = order(incident=story.gate.incident.name, seq=next(SEQUENCE))
    story.give(came(signed(wanted, "lee", "park")))
    assert story.gate.state == ("opening" if bypassed else "closed")


def test_a_liar_that_is_out_condemns_nobody() -> None:
    """Two channels are left, one of them bypassed and wet: the dry one is flat, but not stuck."""
    story = Story(replace(SITE, channels=UNDERPASS_CHANNELS[:2]))
    story.run(1.0)
    assert give(story, "lee", "park")[0] == "accepted"
    story.plant.radar = 30.0
    story.run(15.0)
    assert not story.gate.sensing.channel("pressure").stuck
    assert story.gate.sensing.close_vote(story.now).architecture == "1oo1"


def test_it_survives_a_snapshot(story: Story) -> None:
    give(story)
    again = restore(snapshot(story.gate))
    assert snapshot(again) == snapshot(story.gate)
    assert again.sensing.out(story.now) == {"radar"}


def test_a_repair_that_takes_longer_than_a_day_of_running_is_told() -> None:
    story = Story(replace(SITE, times=replace(SITE.times, repair=2.0 * HOUR_S)))
    story.plant.radar = None
    story.run(HOUR_S, every=0.75)
    assert story.memento is not None
    assert 0.0 <= HOUR_S - story.memento["short_s"] <= 600.0, "saved every ten minutes"
    story.restart()
    story.run(HOUR_S - 60.0, every=0.75)
    assert "sensor.repair_overdue" not in story.alarms
    story.run(660.0, every=0.75)
    assert "sensor.repair_overdue" in story.alarms, "a restart goes on counting"
    story.plant.radar = 0.0
    story.run(1.0)
    assert "sensor.repair_overdue" not in story.alarms
    assert story.gate.repair_due is None


def test_a_copy_decides_alike(story: Story) -> None:
    """Nothing of a bypass lies outside the gate."""
    give(story, lasts_s=5.0)
    other = copy.deepcopy(story)
    assert story.run(10.0) == other.run(10.0)


def test_one_whose_time_is_up_ends_though_another_stands_and_that_must_be_saved() -> None:
    gate = Gate.start(SITE, BOOT, 0.0)
    radar, pressure, _ = gate.sensing.channels
    radar.bypass, pressure.bypass = Bypass("kim", "", 0.0, 60.0), Bypass("lee", "", 0.0, 50.0)
    assert list(ended(gate, 49.9)) == []
    assert not gate.dirty
    assert list(ended(gate, 50.0)) == ["pressure: the bypass by lee was ended by its time; it votes again"]
    assert (radar.bypass is None, pressure.bypass, gate.dirty) == (False, None, True)
    assert [each.code for each in conditions(gate, 50.0)] == ["bypass.radar"]
    assert list(conditions(gate, 60.0)) == [], "over, though nobody has told it yet"
