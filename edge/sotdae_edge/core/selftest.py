"""Self-tests: lamps daily and silent, strokes as they happen, wet tests by people; and what is overdue.

A lamp test runs only while every approach is open and all is calm, never moves an arm, and gives way at
once to a hazard. An arm is never moved for a test: a full stroke that happens is noted (DOMAIN 10.12).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sotdae_edge.core.ages import DAY_S, HOUR_S, Ages, fresh
from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.barrier import State
from sotdae_edge.core.bucket import WINDOW_S, Bucket
from sotdae_edge.core.bypass import channel_of
from sotdae_edge.core.effects import Answer, Effect
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.pulse import Pulse
from sotdae_edge.core.site import SelfTestPlan
from sotdae_shared.messages import CommandBody

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

NEVER = float("-inf")
DAILY_PULSE_S, ORDERED_PULSE_S = 2.0, 3.0
RETRY_S = 6.0 * HOUR_S
"""A daily test that failed or was broken off is begun anew after this."""
KST_S = 9.0 * HOUR_S
"""Korean time has no summer time."""


@dataclass(slots=True)
class SelfTests:
    """What is under test now, what has failed, and how old the last passes are."""

    ages: Ages = field(default_factory=fresh)
    pulse: Pulse | None = None
    buckets: dict[str, Bucket] = field(default_factory=dict)
    """Wet tests under way, by channel."""
    failed: dict[str, str] = field(default_factory=dict)
    """Tests whose last run has failed, and why."""
    retry_at: float = NEVER
    strokes: dict[str, float] = field(default_factory=dict)
    """Of each approach that was proved open: until when a closed one makes it a full stroke."""

    def running(self) -> frozenset[str]:
        """Return the actuators under test."""
        pulse = set() if self.pulse is None else {self.pulse.test}
        return frozenset(pulse | {f"channel:{name}" for name in self.buckets})

    def next_deadline(self, plan: SelfTestPlan | None, now: float) -> float | None:
        """Return when a test ends, one is overdue, or the daily one may begin."""
        due: list[float | None] = [self.ages.next_deadline(now), self.retry_at]
        due += [bucket.until for bucket in self.buckets.values()]
        due += () if self.pulse is None else self.pulse.next_deadline()
        due += () if plan is None else _begins(self.ages, plan.hour, now)
        return min((at for at in due if at is not None and at > now), default=None)

    def conditions(self, now: float) -> Iterator[Condition]:
        """Yield an alarm for each test that failed or is overdue."""
        for test, why in self.failed.items():
            yield Condition(f"selftest.failed.{test}", 2, True, f"self-test {test}: {why}")
        yield from self.ages.overdue(now)


def calm(gate: "Gate", now: float) -> bool:
    """Tell whether warnings may be tried: every approach open, no water, nothing latched."""
    is_open = all(way.state is State.OPEN for way in gate.approaches)
    still = gate.stage is Stage.NORMAL and not gate.trips and now >= gate.caution_until
    return is_open and still and gate.incident is None


def caution(gate: "Gate", command: CommandBody, now: float) -> tuple[str, ...]:
    """Return what a technician must know of an accepted test: a bucket that would trip the vote alone."""
    channel = channel_of(command.actuator) if command.target == "test" else None
    votes = channel is not None and channel not in gate.sensing.out(now)
    if not votes or gate.sensing.close_vote(now).needed > 1:
        return ()
    return ("one vote trips: the bucket will close the gate unless the channel is bypassed",)


def begin(gate: "Gate", command: CommandBody, by: str, now: float) -> None:
    """Begin the test that an accepted order asks for."""
    channel = channel_of(command.actuator)
    if channel is None:
        dark_at = now + ORDERED_PULSE_S
        until = dark_at + gate.site.times.readback
        gate.selftests.pulse = Pulse(command.actuator, by, command.id, dark_at, until)
    else:
        gate.selftests.buckets[channel] = Bucket(by, command.id, now + WINDOW_S)


def advance(gate: "Gate", now: float) -> list[Effect]:
    """Take every test as far as it goes now; return the results."""
    tests = gate.selftests
    _begin_daily(gate, now)
    said = [] if tests.pulse is None else _pulse(gate, tests.pulse, now)
    if tests.buckets:
        said += _wet(gate, now)
    if gate.site.selftest is not None:
        said += _strokes(gate, now)
    return said


def _begin_daily(gate: "Gate", now: float) -> None:
    tests, plan = gate.selftests, gate.site.selftest
    if plan is None or tests.pulse is not None or now < tests.retry_at or not _due(gate, plan.hour, now):
        return
    if calm(gate, now) and gate.heard(now) and gate.occupancy(now) is not Lane.OCCUPIED:
        dark_at = now + DAILY_PULSE_S
        tests.pulse = Pulse("lamps", "", "", dark_at, dark_at + gate.site.times.readback)


def _due(gate: "Gate", hour: int, now: float) -> bool:
    """Tell whether the daily test is due: at its hour of a trusted clock, else by age alone."""
    ages = gate.selftests.ages
    age_s, wall_s = ages.age_s("lamps", now), ages.wall_s(now)
    if wall_s is None:
        return age_s >= DAY_S
    its_hour = (wall_s + KST_S) % DAY_S // HOUR_S == hour
    return age_s >= 1.5 * DAY_S or (its_hour and age_s >= 0.5 * DAY_S)


def _begins(ages: Ages, hour: int, now: float) -> Iterator[float]:
    since, wall_s = now - ages.age_s("lamps", now), ages.wall_s(now)
    if wall_s is None:
        yield since + DAY_S
        return
    yield since + 1.5 * DAY_S
    yield since + 0.5 * DAY_S
    yield now + (hour * HOUR_S - wall_s - KST_S) % DAY_S


def _pulse(gate: "Gate", pulse: Pulse, now: float) -> list[Effect]:
    tests = gate.selftests
    if not calm(gate, now):
        tests.pulse, tests.retry_at = None, now + RETRY_S
        return _told(
            gate, pulse.test, "broken off", {"passed": None, "by": pulse.by, "order": pulse.order}, now
        )
    if not pulse.watch(gate.approaches, now):
        return []
    tests.pulse = None
    if not pulse.by:
        tests.retry_at = now + RETRY_S
    data = {
        "by": pulse.by, "order": pulse.order, "lit": list(pulse.lit), "mains": gate.sensing.mains_ok,
        "channels": {name: int(flag) for name, flag in gate.sensing.flags(now).items()},
    }  # fmt: skip
    return _ended(gate, pulse.test, pulse.problem(gate.approaches, now), data, now)


def _wet(gate: "Gate", now: float) -> list[Effect]:
    said: list[Effect] = []
    for name, bucket in list(gate.selftests.buckets.items()):
        if bucket.watch(gate.sensing.channel(name), gate.site.levels, now):
            del gate.selftests.buckets[name]
            data = {"by": bucket.by, "order": bucket.order, "peak_cm": round(bucket.peak_cm, 2)}
            said += _ended(gate, f"wet.{name}", bucket.problem(), data, now)
    return said


def _strokes(gate: "Gate", now: float) -> list[Effect]:
    said: list[Effect] = []
    strokes = gate.selftests.strokes
    for way in gate.approaches:
        name = way.spec.name
        if way.arm.open_proved(now):
            strokes[name] = now + gate.site.times.travel
        elif way.arm.closed_proved(now) and now <= strokes.pop(name, NEVER):
            # The step that closed it is the decision on record.
            said += _ended(gate, way.spec.code("stroke"), None, {"by": "", "order": ""}, now)[1:]
    return said


def stand_open(gate: "Gate", now: float) -> None:
    """Count strokes from now, as a judgement of arms that are still proved open does."""
    if gate.site.selftest is not None:
        until = now + gate.site.times.travel
        for way in gate.approaches:
            gate.selftests.strokes[way.spec.name] = until


def _ended(gate: "Gate", test: str, problem: str | None, data: dict[str, Any], now: float) -> list[Effect]:
    """Note a result, and tell it."""
    tests = gate.selftests
    if problem is None:
        tests.ages.note(test, now)
        tests.failed.pop(test, None)
        gate.dirty = True
    else:
        tests.failed[test] = problem
    text = "passed" if problem is None else f"failed: {problem}"
    return _told(gate, test, text, {"passed": problem is None, **data}, now)


def _told(gate: "Gate", test: str, text: str, data: dict[str, Any], now: float) -> list[Effect]:
    order = str(data["order"])
    record = gate.decided("selftest", gate.state, (f"{test} {text}",), now, command=order or None)
    return [record, Answer("selftest", order, {"test": test, "result": text, **data})]
