"""The declared abstraction: sites of short times in whole ticks, and what may happen to their gates."""

from collections.abc import Callable
from dataclasses import fields, replace

from edge.core.exploration import Action, Cut
from edge.core.judged import DRY_CM, JudgedOne, JudgedPair, JudgedTrail, TrailPlant
from edge.core.people import NONCE, STRANGER
from edge.core.plant import SITE

from sotdae_edge.core.events import BadCommand, LinkLost, NonceAsked
from sotdae_edge.core.site import Approach, Levels, Riverside, Site, Times

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
VOTING = ticked(
    replace(SITE, levels=Levels()),
    **{**AGES, **AT_ONCE, "spike": 1, "disagree": 0, "rate_window": 4, "rate_min": 3},
)
COARSE = ticked(replace(SITE, levels=Levels()), **AGES, **AT_ONCE)

LEVEL_WORDS = {
    f"{name} {word}": scan(**{name: cm})
    for name in ("radar", "pressure", "floats")
    for word, cm in (("1", DRY_CM), ("20.5", 20.5), ("lost", None))
}
BYPASS_S = 3 * TICK_S


def _bypass(channel: str, *names: str) -> Action:
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


def _both_open(story: JudgedPair) -> None:
    story.open_up()
    story.give(LinkLost())


TUNNEL = replace(
    SITE,
    levels=Levels(),
    approaches=(Approach("in", prefix="in_"), Approach("out", "exit", "out_")),
    geometry=replace(SITE.geometry, length_m=30.0, clear_speed_km_h=36.0),
)
"""It empties within one tick."""
TRAIL = replace(SITE, levels=Levels(), riverside=Riverside(lock_after=2 * TICK_S))


CUTS = {
    "narrow": Cut(
        "the machine with a flood, a car, a camera and the orders to open",
        COARSE,
        {
            **TIME, "dry": water(DRY_CM), "wet": water(20.5),
            "lane clear": scan(loop=False), "car": scan(loop=True),
            "arm open": scan(arm="open"), "arm closed": scan(arm="closed"),
            **KEY, **CAMERA, **ORDERS,
        },
    ),
    "whole": Cut(
        "machine x votes x commands x faults, with the instruments of a kind moving together",
        COARSE,
        {
            **TIME, "dry": water(DRY_CM), "wet": water(20.5),
            **LANE, **ARM, **KEY, **PULSES, **CAMERA, **ORDERS,
        },
    ),
    "radar": Cut(
        "one channel with its whole alphabet, the others wet, dry or lost, until an incident is latched",
        VOTING,
        {
            **QUIET, **channel("radar"), **FLOAT,
            "pressure 1": scan(pressure=DRY_CM), "pressure 20.5": scan(pressure=20.5),
            "pressure lost": scan(pressure=None),
        },
        over=lambda story: story.gate.incident is not None,
        listens=True,
    ),
    "river": Cut(
        "the river at each of its stages or lost, with water, arm and the order to open",
        ticked(SITE, **AGES, **{**AT_ONCE, "river_lost": 2, "reopen_dry": 2}),
        {
            **TIME, "dry": water(DRY_CM), "wet": water(20.5), "blind": water(None),
            **{f"river {cm}": scan(river=cm) for cm in (120.0, 2600.0, 2902.0, None)},
            "arm open": scan(arm="open"), "arm closed": scan(arm="closed"), "grant": ORDERS["grant"],
        },
    ),
    "bypass": Cut(
        "every channel dry, wet or lost, and taken out by one or two, until an incident is latched",
        VOTING,
        {
            **QUIET, "restart": TIME["restart"], **LEVEL_WORDS,
            "radar out": _bypass("radar", "kim"), "radar out by two": _bypass("radar", "kim", "lee"),
            "pressure out": _bypass("pressure", "kim"), "float out by two": _bypass("float", "kim", "lee"),
            "radar back": lambda story: story.restore("radar", "kim"),
        },
        over=lambda story: story.gate.incident is not None,
        listens=True,
    ),
    "riverside": Cut(
        "a riverside gate: a flood, the leaf, its handle, people in the way, the key, the order to open",
        ticked(TRAIL, **AGES, **AT_ONCE),
        {
            **TIME, "dry": water(DRY_CM), "wet": water(20.5), "grant": ORDERS["grant"],
            "lane clear": scan(loop=False), "people": scan(loop=True),
            "leaf open": scan(arm="open"), "leaf shut": scan(arm="closed"), **KEY,
            "handle": scan(handle=True), "handle let go": scan(handle=False),
        },
        kind=JudgedTrail,
        plant=TrailPlant,
    ),
    "pair": Cut(
        "an entry and an exit, each with its arm and lane, the key, a flood, a restart, the order to open",
        ticked(TUNNEL, **AGES, **AT_ONCE),
        {
            **QUIET, "restart": TIME["restart"], "dry": water(DRY_CM), "wet": water(20.5),
            **{f"{name} {arm}": at(name, arm=arm) for name in ("in", "out") for arm in ("open", "closed")},
            **{f"car {name}": lane(f"{name}_", busy=True) for name in ("in", "out")},
            **{f"{name} clear": lane(f"{name}_", busy=False) for name in ("in", "out")},
            "key on": at("in", key=True), "key off": at("in", key=False),
            "grant": _both_open,
        },
        kind=JudgedPair,
    ),
    "orders": Cut(
        "orders of every rank, nonce, release and link each by itself, with water and arm",
        ticked(replace(SITE, levels=Levels()), **{**AGES, **AT_ONCE, "nonce": 2, "release": 2}),
        {
            **QUIET, "restart": TIME["restart"], "dry": water(DRY_CM), "wet": water(20.5),
            "arm open": scan(arm="open"), "arm closed": scan(arm="closed"),
            "nonce": lambda story: story.give(NonceAsked("q", NONCE)),
            "link lost": lambda story: story.give(LinkLost()),
            "open by panel": lambda story: story.order_by("open", "kim", "seo"),
            "open by city": lambda story: story.order_by("open", "lee", "park"),
            "open by one": lambda story: story.order_by("open", "lee"),
            "open by province": lambda story: story.order_by("open", "choi", "han"),
            "open from afar": lambda story: story.order_by("open", "lee", "park", local=False),
            "release": lambda story: story.release(),
            "denial": lambda story: story.release(granted=False),
            "release of another": lambda story: story.release(nonce="0" * 32),
            "release forged": lambda story: story.release(private=STRANGER),
            "close by panel": lambda story: story.order_by("close", "kim"),
            "close by province": lambda story: story.order_by("close", "choi"),
            "malformed": lambda story: story.give(BadCommand("no order")),
        },
    ),
}  # fmt: skip
"""Within a cut everything comes in any order and number; cuts are not multiplied with each other."""
