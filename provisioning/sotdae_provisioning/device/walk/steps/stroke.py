"""One full stroke of an arm, hold-to-run: down and up again, under somebody's eyes.

It begins only with the agent stopped, the arm proved open, nothing latched, the road dry and somebody there
who vouches for it. Every tenth of a second it is judged anew; whatever is not as it should be ends the
motion, and so does an interruption: the permit falls, and the controller stops the arm within 0.5 s.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.effects import Motion, Warn
from sotdae_edge.core.lane import Lane
from sotdae_edge.core.since import Since
from sotdae_provisioning.device.walk.hands import CLOSED, Hands
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_provisioning.device.walk.steps.calm import dry, objection
from sotdae_provisioning.device.walk.steps.hearing import heard
from sotdae_shared.errors import LinkError

LOUD = Warn(closed=True, siren=True, caution=False)
LANE_S = 10.0
"""How long the lane may take to be proved clear once the warnings have sounded."""
REST_S = 1.0


class Halted(Exception):  # noqa: N818 - no error: the arm is stopped as it should be
    """The motion has ended early, for this reason by its name in the table of words."""


@dataclass(slots=True)
class Track:
    """What the arm did."""

    began: float = 0.0
    at_s: list[float] = field(default_factory=list)
    angle_deg: list[float | None] = field(default_factory=list)
    current_a: list[float] = field(default_factory=list)
    took_s: dict[Motion, float] = field(default_factory=dict)


def check(kit: Kit, number: int) -> Notes:
    """Ask who stands there; then move the arm down and up. Leaves the arm where it stops."""
    notes, hands, way = Notes(), kit.hands, kit.hands.ways[number]
    if not heard(kit, notes):
        return notes
    if (against := objection(kit, [way])) is not None:
        notes.find(State.NOT_DONE, against)
        return notes
    if not kit.ask.on_site(approach=way.spec.name):
        notes.find(State.SKIPPED, "arm.nobody")
        return notes
    kit.ask.doing("arm.moving")
    track = Track()
    try:
        hands.do(_stroke(hands, way, track))
    except Halted as halt:
        notes.fault(str(halt), angle_deg=hands.value(f"{way.spec.prefix}arm_angle"))
    except LinkError as error:
        notes.fault("controller.lost", because=str(error)[:200])
    for motion, took_s in track.took_s.items():
        notes.measure(f"{motion.name.lower()}", took_s, "s")
    notes.measure("current", max(track.current_a, default=None), "A")
    notes.plot("angle", "deg", track.at_s, track.angle_deg)
    return notes


async def _stroke(hands: Hands, way: ApproachState, track: Track) -> None:
    times, arm = hands.config.times, way.arm
    try:
        await hands.warn(LOUD)
        warned = hands.now()
        await _wait_clear(hands, way, warned)
        track.began = hands.now()
        await _move(hands, way, Motion.LOWER, track, lambda: arm.closed_proved(hands.now()))
        await asyncio.sleep(REST_S)
        await _move(hands, way, Motion.RAISE, track, lambda: arm.open_proved(hands.now()))
    finally:
        await asyncio.shield(_leave(hands, times.readback))


async def _leave(hands: Hands, within_s: float) -> None:
    """Stop, whatever came before; then the siren. An interruption must not end this one too."""
    await hands.stop_arms()
    try:
        async with asyncio.timeout(within_s):
            await hands.warn(CLOSED)
    except (LinkError, TimeoutError):
        return  # it is renewed every second


async def _wait_clear(hands: Hands, way: ApproachState, warned: float) -> None:
    times = hands.config.times
    while True:
        await hands.scan()
        now = hands.now()
        if now >= warned + times.pre_warn and way.lane.clear_through(now - times.clear):
            return
        if now >= warned + times.pre_warn + LANE_S:
            raise Halted("arm.lane_lost")


async def _move(
    hands: Hands, way: ApproachState, motion: Motion, track: Track, arrived: Callable[[], bool]
) -> None:
    """Renew the permit as long as all is well; stop on arrival. Raises Halted with the reason."""
    start, permit, prefix = hands.now(), 0, way.spec.prefix
    stalled = Since()
    try:
        while not arrived():
            if (halt := _halt(hands, way, motion, start, stalled)) is not None:
                raise Halted(halt)
            permit += 1
            await hands.write({f"{prefix}drive": int(motion), f"{prefix}permit": permit})
            await hands.scan()
            track.at_s.append(hands.now() - track.began)
            track.angle_deg.append(hands.value(f"{prefix}arm_angle"))
            if (current_a := hands.value(f"{prefix}motor_current")) is not None:
                track.current_a.append(current_a)
        track.took_s[motion] = hands.now() - start
    finally:
        await asyncio.shield(hands.stop_arms())


def _halt(hands: Hands, way: ApproachState, motion: Motion, start: float, stalled: Since) -> str | None:
    """Return why the arm must not move on, by its name; None while it may."""
    now, site = hands.now(), hands.config.site
    current_a = way.arm.value("motor_current", now)
    strained = current_a is not None and current_a >= site.stall_a
    if not hands.heard:
        return "arm.unheard"
    if way.arm.flag("local_key", now):
        return "arm.key"
    if motion is Motion.LOWER and way.lane.occupancy(now) is not Lane.CLEAR:
        return "arm.unheard" if hands.problem else "arm.lane_lost"
    if not dry(hands):
        return "arm.water"
    if stalled.held("stall", strained, site.times.stall, now):
        return "arm.stalled"
    return "arm.overdue" if now >= start + site.times.travel else None
