"""Every situation of the gate that a declared, finite abstraction can tell apart, by breadth first search.

The abstraction (docs/gate.md): state of the barrier, incident, failure, patience spent, dry long enough,
and a site of water (dry, wet), lane (clear, car, broken), arm (open, between, closed) and key. Camera,
stall, request from inside, silence, sleep, restart and orders come at any moment and go again.
"""

import io
import pickle
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.core.plant import SCAN_S
from edge.core.watched import QUICK, Watched, worst_s

from sotdae_edge.core.barrier import Signal, State
from sotdae_edge.core.site import Site

Action = Callable[[Watched], object]


def _set(**values: object) -> Action:
    def act(story: Watched) -> None:
        for name, value in values.items():
            setattr(story.plant, name, value)
        story.run(SCAN_S)

    return act


def _pulse(seconds: float, on: object, off: object, name: str) -> Action:
    def act(story: Watched) -> None:
        setattr(story.plant, name, on)
        story.run(seconds)
        setattr(story.plant, name, off)
        story.scan()

    return act


def _camera(story: Watched) -> None:
    for _ in range(3):
        story.sight(True)
        story.run(SCAN_S)


def _pause(story: Watched) -> None:
    story.pause(2.0)
    story.scan()


def _restart(story: Watched) -> None:
    story.restart()
    story.run(SCAN_S)


ACTIONS: dict[str, Action] = {
    "dry": lambda story: (story.plant.water(0.0), story.run(SCAN_S)),
    "wet": lambda story: (story.plant.water(20.0), story.run(0.8)),
    "lane clear": _set(loop=False, lane_ok=True),
    "car": _set(loop=True, lane_ok=True),
    "lane broken": _set(loop=False, lane_ok=False),
    "arm open": _set(arm="open"),
    "arm between": _set(arm="mid"),
    "arm closed": _set(arm="closed"),
    "key on": _set(key=True),
    "key off": _set(key=False),
    "stall": _pulse(0.6, 11.0, 0.0, "current"),
    "inside": _pulse(SCAN_S, True, False, "inside"),
    "camera": _camera,
    "silence": lambda story: story.wait(1.2),
    "sleep": _pause,
    "restart": _restart,
    "grant": lambda story: (story.grant(), story.run(SCAN_S)),
    "queued": lambda story: (story.forged(live=False), story.run(SCAN_S)),
    "alone": lambda story: (story.forged("lee"), story.run(SCAN_S)),
    "close": lambda story: (story.order_close(), story.run(SCAN_S)),
    "wait": lambda story: story.run(1.0),
    "wait long": lambda story: story.run(3.2),
}


def abstract(story: Watched) -> tuple[object, ...]:
    """Return what the abstraction sees of a story."""
    gate, plant, now = story.gate, story.plant, story.now
    way = gate.approaches[0]
    attempt = way.attempt
    return (
        gate.state, way.failed is not None, gate.incident is not None,
        plant.radar, plant.loop, plant.lane_ok, plant.arm, plant.key,
        attempt.retries,
        attempt.hold_until is not None and now >= attempt.hold_until,
        gate.dry_s(now) >= story.site.times.reopen_dry,
    )  # fmt: skip


def fine(story: Watched) -> tuple[object, ...]:
    """Return what a finer abstraction sees: which failure, who holds it, what the camera may still do."""
    gate, way = story.gate, story.gate.approaches[0]
    attempt = way.attempt
    rank = gate.incident.rank if gate.incident is not None else None
    more = (way.failed, rank, attempt.camera_overridden, attempt.camera_until is None)
    return (*abstract(story), *more, gate.heard(story.now))


class _Freezer(pickle.Pickler):
    def persistent_id(self, obj: object) -> str | None:
        return "site" if isinstance(obj, Site) else None


class _Thawer(pickle.Unpickler):
    site = QUICK

    def persistent_load(self, pid: str) -> Site:
        return self.site


def freeze(story: Watched) -> bytes:
    """Return a story as bytes; all share one site."""
    story.effects = []
    file = io.BytesIO()
    _Freezer(file, protocol=5).dump(story)
    return file.getvalue()


def thaw(frozen: bytes) -> Watched:
    """Return a story of its own."""
    story: Watched = _Thawer(io.BytesIO(frozen)).load()
    return story


@dataclass
class Explored:
    """What was found."""

    nodes: dict[tuple[object, ...], bytes] = field(default_factory=dict)
    steps: int = 0
    edges: set[tuple[State, Signal]] = field(default_factory=set)


def explore(sees: Callable[[Watched], tuple[object, ...]] = abstract, limit: int = 100_000) -> Explored:
    """Walk every action from every abstract situation once, starting at a gate that has just been born."""
    found = Explored()
    first = Watched(QUICK)
    queue = deque([sees(first)])
    found.nodes[queue[0]] = freeze(first)
    while queue and len(found.nodes) < limit:
        frozen = found.nodes[queue.popleft()]
        for name, act in ACTIONS.items():
            story = thaw(frozen)
            try:
                act(story)
            except AssertionError as error:
                raise AssertionError(f"after {name!r} from {thaw(frozen).gate.state}: {error}") from error
            found.steps += 1
            found.edges |= story.edges
            seen = sees(story)
            if seen not in found.nodes:
                found.nodes[seen] = freeze(story)
                queue.append(seen)
    return found


def settle(story: Watched, camera: bool = False) -> Watched:
    """Leave a situation to itself, with the key turned back, for as long as a closing may take."""
    story.plant.key = False
    until = story.now + worst_s(QUICK.times, QUICK.retries) + QUICK.times.escape
    while story.now < until and not (story.gate.state is State.CLOSED or story.gate.approaches[0].failed):
        if camera:
            story.sight(True)
        story.run(SCAN_S)
    return story


def closed_as_defined(story: Watched) -> bool:
    """Tell whether the closing is over: an arm proved closed, or a failure told with priority 1."""
    failed = story.gate.approaches[0].failed
    told = failed is not None and story.alarms_now.get(f"gate.{failed}") == 1
    warned = story.gate.outputs.warned
    return warned is not None and warned.closed and (story.gate.state is State.CLOSED or told)
