"""The cuts of what a gate does only while all is calm: it tries its parts, and takes policies."""

from dataclasses import replace

from edge.core.alphabet import AGES, AT_ONCE, FLOAT, KEY, ORDERS, QUIET, TIME, scan, ticked, water
from edge.core.exploration import Action, Cut
from edge.core.judged import DRY_CM
from edge.core.judged_ruled import BUNDLES, JudgedRuled, lengthened
from edge.core.judged_tested import JudgedTested, LampPlant
from edge.core.plant import SITE
from edge.core.ruling import TRUST

from sotdae_edge.core.site import Levels, PolicyRules, SelfTestPlan

STEADY = {**AGES, **AT_ONCE, "disagree": 0, "rate_window": 4, "rate_min": 3}
"""No channel has a rate."""
PLAN = SelfTestPlan(lamps_hours=3, stroke_days=0, wet_days=0)
"""In ticks: lamps are overdue after three; strokes and wet tests always are."""
TRIED = ticked(
    replace(SITE, levels=Levels(), selftest=PLAN),
    **{**STEADY, "readback": 1, "caution_after_open": 1},
)

RULED = ticked(
    replace(
        SITE,
        levels=Levels(),
        policy=PolicyRules(TRUST),
        geometry=replace(SITE.geometry, warning_s=6.0, lowering_s=3.0),
    ),
    **STEADY,
)
"""Its geometry leaves room for a warning of 6 s."""


def _try(actuator: str) -> Action:
    return lambda story: story.try_out(actuator)


def _bring(name: str) -> Action:
    return lambda story: story.bring(name)


CALM: dict[str, Cut] = {
    "selftest": Cut(
        "lamps and siren tried, daily or by order, with a flood, a car, arm, key, a dead sign, orders",
        TRIED,
        {
            **TIME,
            "dry": water(DRY_CM), "wet": water(20.5),
            "car": scan(loop=True), "lane clear": scan(loop=False),
            "arm open": scan(arm="open"), "arm closed": scan(arm="closed"), **KEY,
            "sign dark": scan(sign="dark"), "sign sound": scan(sign="sound"),
            "try lamps": _try("lamps"), "try siren": _try("siren"),
            "close": ORDERS["close"], "grant": ORDERS["grant"],
        },
        kind=JudgedTested,
        plant=LampPlant,
    ),
    "bucket": Cut(
        "a wet test of one channel with what it and others say, a lamp test; until an incident is latched",
        replace(TRIED, selftest=None),
        {
            **QUIET, "restart": TIME["restart"],
            "radar 1": scan(radar=DRY_CM), "radar 11": scan(radar=11.0),
            "radar 20.5": scan(radar=20.5), "radar lost": scan(radar=None),
            "pressure 1": scan(pressure=DRY_CM), "pressure 20.5": scan(pressure=20.5),
            "float dry": FLOAT["float dry"], "float lost": FLOAT["float lost"],
            "try lamps": _try("lamps"), "bucket": _try("channel:radar"),
        },
        over=lambda story: story.gate.incident is not None,
        kind=JudgedTested,
        plant=LampPlant,
        listens=True,
    ),
    "policy": Cut(
        "policies (tighter, longer, too hasty, signed by one) with water, arm, key, restart, order to open",
        RULED,
        {
            **TIME,
            **{f"water {cm:g}": water(cm) for cm in (DRY_CM, 4.0, 11.0, 20.5)},
            "arm open": scan(arm="open"), "arm closed": scan(arm="closed"), **KEY,
            "grant": ORDERS["grant"],
            **{f"policy {name}": _bring(name) for name in BUNDLES},
        },
        kind=JudgedRuled,
        longest=lengthened(RULED),
    ),
}  # fmt: skip
