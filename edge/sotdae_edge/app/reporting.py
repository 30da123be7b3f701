"""What a gate's agent reports of itself: readings, health, pictures, and what it lacks."""

import asyncio
from typing import TYPE_CHECKING

from sotdae_edge.app import noticing, words
from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.events import Noticed
from sotdae_edge.ports import Eyes
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind

if TYPE_CHECKING:
    from sotdae_edge.app.gate import GateApp

TELEMETRY_S = 1.0
HEALTH_S = 2.0


async def run(app: "GateApp") -> None:
    """Telemetry every second, health every two and whenever the barrier's state changes."""
    health_due, state = 0.0, None
    while True:
        now = app.clock.monotonic()
        said = words.telemetry(app.gate, app.points, now, _beside(app, now))
        app.recorder.say(Kind.TELEMETRY, said)
        if now >= health_due or state is not app.gate.state:
            health_due, state = now + HEALTH_S, app.gate.state
            await _say_health(app, now)
        await _notice(app, now)
        await app.keeper.retry()
        for alarm in app.watched.settle(_conditions(app, now), now):
            app.say(alarm)
        await asyncio.sleep(TELEMETRY_S)


async def picture(app: "GateApp", eyes: Eyes) -> None:
    """Say each new picture. It is a file: no disk may hold up who decides, and none who reports."""
    while True:
        if (clip := await asyncio.to_thread(eyes.picture, app.clock.monotonic())) is not None:
            app.recorder.say(Kind.CLIP, clip)
        await asyncio.sleep(TELEMETRY_S)


def _beside(app: "GateApp", now: float) -> words.Beside:
    drifted: frozenset[str] = frozenset() if app.drift is None else app.drift.drifted()
    return words.Beside(app.display.fresh(now), drifted)


async def _notice(app: "GateApp", now: float) -> None:
    """Tell the gate what the agent has lost, when that changes."""
    recording = app.journal is None or not app.journal.failing
    storing = recording and not app.keeper.problem and app.stats is not None
    lost = noticing.lost(app.clock, app.eyes, app.watchdog, storing=storing, now=now)
    if lost != app.lost:
        app.lost = lost
        await app.queue.put((Noticed(lost), now))


def _conditions(app: "GateApp", now: float) -> list[Condition]:
    """Return what is wrong with the agent itself, beside what its gate says."""
    found = [*app.helpers.conditions(), *app.keeper.conditions()]
    found += () if app.drift is None else app.drift.conditions()
    found += () if app.denying is None else app.denying.conditions(app.clock.wall().timestamp())
    if now < app.slow_until:
        text = "the controller answers too late to prove the lane clear"
        found.append(Condition("controller.slow", 2, True, text))
    if app.eyes is not None and app.eyes.problem is not None:
        found.append(Condition("camera.unavailable", 4, True, app.eyes.problem[:200]))
    if app.eyes is not None and app.eyes.unkept is not None:
        found.append(Condition("camera.unkept", 4, True, app.eyes.unkept[:200]))
    found += app.ears.conditions(now)
    return found if app.watchdog is None else [*found, *app.watchdog.conditions(now)]


async def _say_health(app: "GateApp", now: float) -> None:
    try:
        app.stats = await app.recorder.stats()
    except LinkError:
        app.stats = None
    own, stats = tuple(app.watched.active), app.stats or app.recorder.in_memory()
    said = words.health(app.gate, stats, app.recorder.lost, own, now, beside=_beside(app, now))
    app.recorder.say(Kind.HEALTH, said)
