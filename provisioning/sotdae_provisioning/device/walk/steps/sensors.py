"""Level channels, one by one, read live through the agent's own device layer and judged by its own rules."""

import asyncio
import statistics
from dataclasses import dataclass, field

from sotdae_edge.core.site import Channel
from sotdae_edge.core.validity import ChannelState
from sotdae_provisioning.device.walk.hands import Hands
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_provisioning.device.walk.steps.hearing import heard
from sotdae_shared.units import Flag

WATCH_S = 6.0
LIFT_S = 60.0
"""A person reaches down, lifts a float and holds it: that takes its time."""
DRIFT_CM = 2.0
"""A dry road that reads further off zero is alarmed as drift (docs/gate.md, rule 2)."""


@dataclass(slots=True)
class Course:
    """One channel over the seconds it was watched."""

    at_s: list[float] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    flags: set[Flag] = field(default_factory=set)
    qualities: list[float] = field(default_factory=list)
    scans: set[int] = field(default_factory=set)

    def take(self, at_s: float, hands: Hands, point: str, flag: Flag) -> None:
        """Note one reading."""
        sample = hands.points.get(point) if hands.heard else None
        self.at_s.append(at_s)
        self.values.append(None if sample is None else sample.value)
        self.flags.add(flag)
        if sample is not None and sample.quality is not None:
            self.qualities.append(sample.quality)
        if sample is not None and sample.count is not None:
            self.scans.add(sample.count)


def check(kit: Kit, channel: Channel) -> Notes:
    """Watch a channel for some seconds; a float is lifted by hand, each step of it."""
    notes = Notes()
    if not heard(kit, notes):
        return notes
    kit.ask.doing("sensor.watching", seconds=WATCH_S)
    course, flag = kit.hands.do(_watch(kit.hands, channel))
    _judge(kit.hands, channel, course, flag, notes)
    if channel.kind == "switch":
        for point, level_cm in channel.points:
            _lift(kit, point, level_cm, notes)
    else:
        _judge_zero(kit, course, notes)
    return notes


async def _watch(hands: Hands, channel: Channel) -> tuple[Course, Flag]:
    course, began = Course(), hands.now()
    while hands.now() < began + WATCH_S:
        await hands.scan()
        state = _state(hands, channel)
        course.take(hands.now() - began, hands, channel.points[0][0], state.flag_at(hands.now()))
    return course, _state(hands, channel).flag_at(hands.now())


def _state(hands: Hands, channel: Channel) -> ChannelState:
    return hands.sensing.channel(channel.name)


def _judge(hands: Hands, channel: Channel, course: Course, flag: Flag, notes: Notes) -> None:
    known = [value for value in course.values if value is not None]
    if channel.kind == "analog":
        notes.measure("value", statistics.median(known) if known else None, "cm")
    for point, _ in channel.points if channel.kind == "switch" else ():
        wet = hands.value(point)
        notes.measure(f"wet.{point}", None if wet is None else bool(wet))
    notes.measure("flag", flag.name.lower())
    notes.measure("scans", len(course.scans))
    notes.measure("quality", min(course.qualities, default=None))
    if channel.kind == "analog":
        noise_cm = statistics.pstdev(known) if len(known) > 1 else None
        notes.measure("noise", noise_cm, "cm", digits=2)
        if noise_cm is not None and noise_cm < hands.config.site.noise_cm:
            notes.remark("sensor.flat", seconds=WATCH_S)
        notes.plot(channel.name, "cm", course.at_s, course.values)
    if len(course.scans) < 2:
        notes.fault("sensor.silent", seconds=WATCH_S)
    elif flag is not Flag.PASS:
        notes.fault("sensor.flagged", flag=flag.name.lower())


def _judge_zero(kit: Kit, course: Course, notes: Notes) -> None:
    known = [value for value in course.values if value is not None]
    if not known or abs(statistics.median(known)) <= DRIFT_CM:
        return
    dry = kit.ask.yes("sensor.dry", value_cm=round(statistics.median(known), 1))
    if dry is None:
        notes.find(State.SKIPPED, "left_open")
    elif dry:
        notes.fault("sensor.zero", value_cm=round(statistics.median(known), 1))


def _lift(kit: Kit, point: str, level_cm: float, notes: Notes) -> None:
    """Have a float lifted and let go, seen both times."""
    if not kit.ask.act("sensor.lift", point, point=point, level_cm=level_cm):
        notes.find(State.SKIPPED, "sensor.not_lifted", point=point)
        return
    if not toggled(kit, point, notes, True):
        notes.fault("sensor.lift_unseen", point=point, seconds=LIFT_S)
        return
    kit.ask.doing("sensor.let_go", point=point)
    if not toggled(kit, point, notes, False):
        notes.fault("sensor.drop_unseen", point=point, seconds=LIFT_S)


def toggled(kit: Kit, point: str, notes: Notes, wanted: bool) -> bool:
    """Wait until a point reads as wanted, LIFT_S at most; note how long that took."""
    began = kit.hands.now()
    seen = kit.hands.do(_until(kit.hands, point, wanted))
    if seen:
        notes.measure(f"{'on' if wanted else 'off'}.{point}", kit.hands.now() - began, "s")
    return seen


async def _until(hands: Hands, point: str, wanted: bool) -> bool:
    deadline = hands.now() + LIFT_S
    while hands.now() < deadline:
        value = hands.value(point)
        if value is not None and bool(value) is wanted:
            return True
        await asyncio.sleep(hands.config.device.poll_s / 2)
    return False
