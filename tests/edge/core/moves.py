"""What random stories are made of: things that happen to a watched gate."""

from collections.abc import Callable

from edge.core.people import STRANGER
from edge.core.plant import SCAN_S
from edge.core.watched import Watched

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
    "from afar": lambda story: (story.afar("lee", "park"), story.run(SCAN_S)),
    "release": lambda story: (story.release(), story.run(SCAN_S)),
    "forged release": lambda story: (story.release(private=STRANGER), story.run(SCAN_S)),
    "queued": lambda story: (story.forged(live=False), story.run(SCAN_S)),
    "alone": lambda story: (story.forged("lee"), story.run(SCAN_S)),
    "close": lambda story: (story.order_close(), story.run(SCAN_S)),
    "wait": lambda story: story.run(1.0),
    "wait long": lambda story: story.run(3.2),
}
