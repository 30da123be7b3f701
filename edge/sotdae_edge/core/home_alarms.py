"""The alarms of one home. What a test brings has codes of its own, so that nobody takes it for a flood."""

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.home import Home, HomeState, Wet

UNHEARD_AFTER = 4
"""Confirmations that a device did not hear: then the way down to it is broken. It listens only after it has
spoken, so that it repeats once or twice even when all is well."""


def conditions(home: Home, state: HomeState, now: float) -> list[Condition]:
    """Return every alarm condition of a home, as of now."""
    code, stage = f"home.{home.name}", state.stage
    unheard = state.answers >= UNHEARD_AFTER
    return [
        Condition(f"{code}.wet_2", 2, stage >= Wet.WET_2, "water at 2 cm: call"),
        Condition(f"{code}.wet_15", 1, stage >= Wet.WET_15, "water at 15 cm: 119"),
        Condition(f"{code}.silent", 3, state.offline, "alarm device silent: state unknown"),
        Condition(f"{code}.fault", 2, state.faulty, "contact loop broken: it cannot say dry"),
        Condition(f"{code}.tamper", 3, state.tamper, "housing opened"),
        Condition(f"{code}.battery", 3, state.battery.low, _battery_text(state)),
        Condition(f"{code}.unheard", 3, unheard, "repeats an alarm that the hub holds: it is not reached"),
        Condition(f"{code}.test", 4, state.testing(now), "test: the button was pressed", test=True),
        Condition(f"{code}.test_2", 4, state.tested >= Wet.WET_2, "test: water at 2 cm", test=True),
        Condition(f"{code}.test_15", 4, state.tested >= Wet.WET_15, "test: water at 15 cm", test=True),
    ]


def _battery_text(state: HomeState) -> str:
    volts, percent, left = state.battery.volts(), state.battery.percent(), state.battery.left_days
    if volts is None or percent is None:
        return "battery low"
    trend = "no trend yet" if left is None else f"{left:.0f} days left by its trend"
    return f"battery low: {volts:.2f} V, {percent:.0f} %, {trend}"
