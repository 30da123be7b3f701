"""What homes say in telemetry: pure translation from core values to wire bodies."""

from sotdae_edge.core.home import HomeState
from sotdae_edge.core.homes import Homes
from sotdae_shared.messages import Reading
from sotdae_shared.units import Flag, Unit

DAY_S = 86_400.0


def home_readings(homes: Homes) -> list[Reading]:
    """Return each home's stage in cm, its battery, and how often it repeated the alarm it waits with.

    A stage that is not that of now is missing, never the last one.
    """
    found = []
    if homes.rain_source is not None:
        found.append(_reading("rain_warning", Unit.BOOL, float(homes.rain.warned)))
    for name, state in homes.states.items():
        stage = float(state.stage) if state.known else None
        found.append(_reading(f"home.{name}", Unit.CM, stage))
        found += _battery(f"home.{name}", state)
        if state.asks is not None:
            found.append(_reading(f"home.{name}.repeats", Unit.COUNT, float(state.repeats)))
    return found


def _battery(name: str, state: HomeState) -> list[Reading]:
    volts, percent, left = state.battery.volts(), state.battery.percent(), state.battery.left_days
    if volts is None or percent is None:
        return []
    found = [
        _reading(f"{name}.battery", Unit.VOLT, round(volts, 3)),
        _reading(f"{name}.charge", Unit.PERCENT, round(percent, 1)),
    ]
    return found if left is None else [*found, _reading(f"{name}.battery_left", Unit.SECOND, left * DAY_S)]


def _reading(channel: str, unit: Unit, value: float | None) -> Reading:
    return Reading(channel=channel, unit=unit, value=value, flag=Flag.MISSING if value is None else Flag.PASS)
