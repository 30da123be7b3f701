"""What slopes and reservoirs say in telemetry: pure translation from core values to wire bodies."""

from sotdae_edge.core.forecast import Forecast
from sotdae_edge.core.movement import HOUR_S
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_edge.core.slopes import Slopes
from sotdae_shared.messages import Reading
from sotdae_shared.units import Flag, Unit


def slope_readings(slopes: Slopes, now: float) -> list[Reading]:
    """Return stage, displacement (cm for wires, deg for tilt), velocity and trend of every slope."""
    found = []
    for spec in slopes.slopes:
        state, name = slopes.states[spec.name], f"slope.{spec.name}"
        known = state.value if now < state.heard_until else None
        speed = state.movement.per_hour(HOUR_S, now)
        found.append(_reading(f"{name}.stage", Unit.COUNT, float(state.stage)))
        if spec.kind == "wire":
            found.append(_reading(f"{name}.displacement", Unit.CM, None if known is None else known / 10.0))
            found.append(_reading(f"{name}.velocity", Unit.MM_PER_H, speed))
        else:
            found.append(_reading(f"{name}.tilt", Unit.DEGREE, known))
        if isinstance(state.outlook, Forecast):
            left_s = max(0.0, state.outlook.early_h * HOUR_S - now)
            found.append(_reading(f"{name}.trend_ends_earliest", Unit.SECOND, left_s))
    return found


UNITS = {"level": Unit.CM, "settlement": Unit.CM, "seepage": Unit.COUNT, "turbidity": Unit.COUNT}


def reservoir_readings(reservoirs: Reservoirs, now: float) -> list[Reading]:
    """Return grade and instruments of every reservoir; settlement in cm, as all lengths on the wire."""
    found = []
    for name, state in reservoirs.states.items():
        found.append(_reading(f"reservoir.{name}.grade", Unit.COUNT, float(state.grade)))
        for kind, each in state.instruments.items():
            value = each.movement.near[-1][1] if now < each.heard_until else None
            shown = value / 10.0 if value is not None and kind == "settlement" else value
            found.append(_reading(f"reservoir.{name}.{kind}", UNITS[kind], shown))
    return found


def _reading(channel: str, unit: Unit, value: float | None) -> Reading:
    flag = Flag.MISSING if value is None else Flag.PASS
    return Reading(channel=channel, unit=unit, value=None if value is None else round(value, 4), flag=flag)
