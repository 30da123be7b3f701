"""Faults that can be injected, and what each does to a reading. Applied between physics and registers."""

from dataclasses import dataclass, field

_LEVEL = frozenset({"stuck", "stuck_dry", "spike", "dead", "silent"})
_LANE = frozenset({"dead", "stuck_on", "stuck_off", "silent"})
_LAMP = frozenset({"dead"})

FAULTS: dict[str, frozenset[str]] = {
    "radar": _LEVEL,
    "pressure": _LEVEL,
    "float": _LEVEL,
    "river": _LEVEL,
    "rain": _LEVEL,
    "loop": _LANE,
    "curtain": _LANE,
    "arm": frozenset({"obstructed", "limit_stuck"}),
    "mains": frozenset({"off"}),
    "controller": frozenset({"power", "no_watchdog"}),
    "sign": _LAMP,
    "flasher": _LAMP,
    "siren": _LAMP,
}
"""Every fault by device.

stuck        holds the last reading, its noise gone; the scan counter goes on
stuck_dry    reads 0.0 flat
spike        80 (of the instrument's unit) too much on every 7th scan
dead         measures nothing and its self-test fails; a lamp's read-back stays off
silent       the scan counter stands still; loop and curtain share one scan
stuck_on/off a lane device always (never) sees something, self-test passed
obstructed   the arm stalls at 40 degrees on its way down
limit_stuck  both limit switches keep what they read
off          mains gone, all goes on from the UPS
power        controller without power: it refuses connections, motor and coils drop, the warning relays stay
no_watchdog  a controller without a watchdog of its own: unfed, its warnings stay as they are
"""

SPIKE = 80.0
SPIKE_EVERY = 7
NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Faults:
    """The faults that are on now."""

    _on: dict[str, frozenset[str]] = field(default_factory=dict)

    def put(self, device: str, kind: str, on: bool) -> None:
        """Switch one fault. Raises ValueError if there is no such fault."""
        if kind not in FAULTS.get(device, NOTHING):
            table = "; ".join(f"{name}: {', '.join(sorted(kinds))}" for name, kinds in FAULTS.items())
            raise ValueError(f"no fault {device}/{kind}; there are {table}")
        kinds = self.of(device)
        self._on[device] = kinds | {kind} if on else kinds - {kind}

    def of(self, device: str) -> frozenset[str]:
        """Kinds that are on for a device."""
        return self._on.get(device, NOTHING)

    def has(self, device: str, kind: str) -> bool:
        """Whether one fault is on."""
        return kind in self.of(device)

    def clear(self) -> None:
        """Switch all off."""
        self._on.clear()

    def listing(self) -> list[str]:
        """What is on, as `device/kind`, sorted."""
        return sorted(f"{device}/{kind}" for device, kinds in self._on.items() for kind in kinds)


def distort(kinds: frozenset[str], measured: float, last: float | None, scan: int) -> float | None:
    """Reading of a level instrument with its faults; `measured` carries noise, `last` is the old reading."""
    if "dead" in kinds:
        return None
    if "stuck" in kinds:
        return last
    if "stuck_dry" in kinds:
        return 0.0
    if "spike" in kinds and scan % SPIKE_EVERY == 0:
        return measured + SPIKE
    return measured


def detect(kinds: frozenset[str], present: bool) -> bool:
    """Reading of a lane device with its faults; a dead one sees nothing."""
    if "dead" in kinds:
        return False
    if "stuck_on" in kinds:
        return True
    return present and "stuck_off" not in kinds
