"""What may happen to an explored gate: actions on a judged story, most of which let a tick pass."""

from collections.abc import Callable
from dataclasses import fields, replace

from edge.core.exploration import Action
from edge.core.judged import DRY_CM, JudgedOne, JudgedPair
from edge.core.plant import SITE

from sotdae_edge.core.events import LinkLost
from sotdae_edge.core.site import Site, Times

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

    def act(story: JudgedOne) -> None:
        for name, value in values.items():
            setattr(story.plant, name, value)
        story.scan()
        story.wait(TICK_S)

    return act


def once(on: object, off: object, name: str) -> Action:
    """Scan something that lasts for one scan."""

    def act(story: JudgedOne) -> None:
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


def _camera(story: JudgedOne) -> None:
    story.sight(True)
    story.scan()
    story.wait(TICK_S)


CAMERA: dict[str, Action] = {"camera": _camera}


def unkept(act: Action) -> Action:
    """Order something; then the link ends, and with it what was promised over it."""

    def both(story: JudgedOne) -> None:
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


def said(name: str, cm: float | None, past: Callable[[float], float] | None = None, **more: object) -> Action:
    """Let one analogue channel say a level, with a past of ten samples; and scan."""

    def act(story: JudgedOne) -> None:
        setattr(story.plant, name, cm)
        for key, value in more.items():
            setattr(story.plant, key, value)
        if past is not None:
            history = story.gate.sensing.channel(name).history
            history.clear()
            history.extend((story.now - ago_s, past(ago_s)) for ago_s in range(10, 0, -1))
        story.scan()
        story.wait(TICK_S)

    return act


def channel(name: str) -> dict[str, Action]:
    """Return all that an analogue channel may say."""
    percent = f"{name}_percent"
    sound = {percent: 87.0}
    return {
        f"{name} 1": said(name, DRY_CM, **sound),
        f"{name} just below 15": said(name, 14.5, **sound),
        f"{name} 15": said(name, 15.0, **sound),
        f"{name} 20.5": said(name, 20.5, **sound),
        f"{name} 4, rising": said(name, 4.0, lambda ago_s: 4.0 - ago_s, **sound),
        f"{name} lost": said(name, None, **sound),
        f"{name} fails its test": said(name, DRY_CM, **{percent: 10.0}),
    }


QUIET = {"scan": TIME["scan"], "silence": TIME["silence"]}
FLOAT = {
    "float dry": scan(floats=DRY_CM), "float 5": scan(floats=5.0),
    "float 15": scan(floats=15.0), "float lost": scan(floats=None),
}  # fmt: skip
LEVEL_WORDS = {
    f"{name} {word}": scan(**{name: cm})
    for name in ("radar", "pressure", "floats")
    for word, cm in (("1", DRY_CM), ("20.5", 20.5), ("lost", None))
}
BYPASS_S = 3 * TICK_S


def bypassed(channel: str, *names: str) -> Action:
    """Let these people take a channel out of the vote for three ticks."""
    return lambda story: story.bypass(channel, BYPASS_S, *names)


def at(name: str, **values: object) -> Action:
    """Change what some instruments of one approach say, scan, and let a tick pass."""

    def act(story: JudgedPair) -> None:
        for field, value in values.items():
            setattr(story.at[name], field, value)
        story.scan()
        story.wait(TICK_S)

    return act


def lane(prefix: str, *, busy: bool) -> Action:
    """Put a car into a lane, or let it drive off; scan, and let a tick pass."""

    def act(story: JudgedPair) -> None:
        story.busy = story.busy | {prefix} if busy else story.busy - {prefix}
        story.scan()
        story.wait(TICK_S)

    return act


def both_open(story: JudgedPair) -> None:
    """Let two people open an entry and an exit."""
    story.open_up()
    story.give(LinkLost())
