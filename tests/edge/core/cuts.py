"""The declared abstraction: sites of short times in whole ticks, and what may happen to their gates."""

from dataclasses import replace

from edge.core.alphabet import (
    AGES,
    ARM,
    AT_ONCE,
    CAMERA,
    FLOAT,
    KEY,
    LANE,
    LEVEL_WORDS,
    ORDERS,
    PULSES,
    QUIET,
    TICK_S,
    TIME,
    at,
    both_open,
    bypassed,
    channel,
    lane,
    scan,
    ticked,
    water,
)
from edge.core.cuts_calm import CALM
from edge.core.exploration import Cut
from edge.core.judged import DRY_CM, JudgedPair, JudgedTrail, TrailPlant
from edge.core.people import NONCE, STRANGER
from edge.core.plant import SITE

from sotdae_edge.core.events import BadCommand, LinkLost, NonceAsked
from sotdae_edge.core.site import Approach, Levels, Riverside

VOTING = ticked(
    replace(SITE, levels=Levels()),
    **{**AGES, **AT_ONCE, "spike": 1, "disagree": 0, "rate_window": 4, "rate_min": 3},
)
COARSE = ticked(replace(SITE, levels=Levels()), **AGES, **AT_ONCE)

TUNNEL = replace(
    SITE,
    levels=Levels(),
    approaches=(Approach("in", prefix="in_"), Approach("out", "exit", "out_")),
    geometry=replace(SITE.geometry, length_m=30.0, clear_speed_km_h=36.0),
)
"""It empties within one tick."""
TRAIL = replace(SITE, levels=Levels(), riverside=Riverside(lock_after=2 * TICK_S))


CUTS: dict[str, Cut] = {
    **CALM,
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
            "radar out": bypassed("radar", "kim"), "radar out by two": bypassed("radar", "kim", "lee"),
            "pressure out": bypassed("pressure", "kim"), "float out by two": bypassed("float", "kim", "lee"),
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
            "grant": both_open,
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
