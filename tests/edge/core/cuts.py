"""The declared abstraction: sites of short times in whole ticks, and what may happen to their gates."""

from dataclasses import fields, replace

from edge.core.exploration import Action, Cut, Judged
from edge.core.plant import SITE

from sotdae_edge.core.events import LinkLost
from sotdae_edge.core.site import Levels, Site, Times

TICK_S = 3.0
"""The one unit of time: the 3 s for which warnings must come before motion."""


NAMES = tuple(each.name for each in fields(Times))


def ticked(site: Site = SITE, retries: int = 0, **ticks: int) -> Site:
    """Return a site whose times are so many ticks; those not named take one."""
    times = {name: ticks.get(name, 1) * TICK_S for name in NAMES}
    return replace(site, retries=retries, times=Times(**times))


AGES = dict.fromkeys(("channel_age", "river_age", "lane_age", "camera_age", "device_silent"), 2)
"""What was scanned in a round is fresh in the next, and stale after a round without a scan."""
AT_ONCE = dict.fromkeys(
    ("spike", "clear", "stall", "proof_lost", "readback", "manual_alarm", "repair", "caution_after_open"), 0
)


def scan(**values: object) -> Action:
    """Change what some instruments say, scan, and let a tick pass."""

    def act(story: Judged) -> None:
        for name, value in values.items():
            setattr(story.plant, name, value)
        story.scan()
        story.wait(TICK_S)

    return act


def once(on: object, off: object, name: str) -> Action:
    """Scan something that lasts for one scan."""

    def act(story: Judged) -> None:
        setattr(story.plant, name, on)
        story.scan()
        setattr(story.plant, name, off)
        story.wait(TICK_S)

    return act


def water(cm: float | None) -> Action:
    """Put all three channels at one level, or let all be lost; and scan."""
    return scan(radar=cm, pressure=cm, floats=cm)


TIME: dict[str, Action] = {
    "scan": scan(),
    "silence": lambda story: story.wait(TICK_S),
    "sleep": lambda story: story.sleep(2 * TICK_S),
    "restart": lambda story: story.restart(),
}
LANE = {
    "lane clear": scan(loop=False, lane_ok=True),
    "car": scan(loop=True, lane_ok=True),
    "lane broken": scan(loop=False, lane_ok=False),
}
ARM = {f"arm {where}": scan(arm=where) for where in ("open", "mid", "closed")}
KEY = {"key on": scan(key=True), "key off": scan(key=False)}
PULSES = {"stall": once(11.0, 0.0, "current"), "inside": once(True, False, "inside")}


def _camera(story: Judged) -> None:
    story.sight(True)
    story.scan()
    story.wait(TICK_S)


CAMERA: dict[str, Action] = {"camera": _camera}


def unkept(act: Action) -> Action:
    """Order something; then the link ends, and with it what was promised over it."""

    def both(story: Judged) -> None:
        act(story)
        story.give(LinkLost())

    return both


ORDERS: dict[str, Action] = {
    "grant": unkept(lambda story: story.grant()),
    "queued": unkept(lambda story: story.forged(live=False)),
    "alone": unkept(lambda story: story.forged("lee")),
    "replayed": unkept(lambda story: story.replayed()),
    "close": lambda story: story.order_close(),
}

COARSE = ticked(replace(SITE, levels=Levels()), **AGES, **AT_ONCE)

CUTS = {
    "narrow": Cut(
        "the machine with a flood, a car, a camera and the orders to open",
        COARSE,
        {
            **TIME, "dry": water(0.0), "wet": water(20.0),
            "lane clear": scan(loop=False), "car": scan(loop=True),
            "arm open": scan(arm="open"), "arm closed": scan(arm="closed"),
            **KEY, **CAMERA, **ORDERS,
        },
    ),
    "whole": Cut(
        "machine x votes x commands x faults, with the instruments of a kind moving together",
        COARSE,
        {
            **TIME, "dry": water(0.0), "wet": water(20.0),
            **LANE, **ARM, **KEY, **PULSES, **CAMERA, **ORDERS,
        },
    ),
}  # fmt: skip
