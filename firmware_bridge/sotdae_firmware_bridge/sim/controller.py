"""The barrier controller: orders it was given, its own protections, and the warning relays."""

from collections.abc import Sequence
from dataclasses import dataclass

from sotdae_firmware_bridge.sim.arm import Direction
from sotdae_firmware_bridge.sim.faults import Faults
from sotdae_firmware_bridge.sim.instruments import Lane

PERMIT_S = 0.4
"""Each change of the permit allows motion for this long."""
WATCHDOG_S = 3.0
"""Each change of the feed keeps the watchdog quiet for this long."""
VOICES = 4
DRIVES: tuple[Direction, ...] = (0, -1, 1)
"""Directions by the drive register's value: stop, lower, raise."""


@dataclass(slots=True)
class Orders:
    """Coils and holding registers, and when permit and feed last changed (s, the scene's clock)."""

    fed_s: float
    permit_s: float = float("-inf")
    warn_closed: int = 0
    warn_siren: int = 0
    warn_caution: int = 0
    drive: int = 0
    permit: int = 0
    feed: int = 0
    lock: int = 0
    warn_voice: int = 0

    def take(self, orders: Sequence[tuple[str, int]], now_s: float) -> None:
        """Take the orders of one request, all or none. Raises ValueError for a drive that does not exist."""
        for name, value in orders:
            if name == "drive" and value >= len(DRIVES):
                raise ValueError(f"drive {value}: want 0 stop, 1 lower or 2 raise")
            if name == "warn_voice" and value >= VOICES:
                raise ValueError(f"warn_voice {value}: want 0 to {VOICES - 1}")
        for name, value in orders:
            if name == "permit" and value != self.permit:
                self.permit_s = now_s
            if name == "feed" and value != self.feed:
                self.fed_s = now_s
            setattr(self, name, value)

    def drop(self) -> None:
        """Forget the orders, as without power; the watchdog's clock runs on."""
        self.warn_closed = self.warn_siren = self.warn_caution = 0
        self.drive = self.permit = self.feed = self.lock = self.warn_voice = 0
        self.permit_s = float("-inf")

    def fed(self, now_s: float) -> bool:
        """Whether the agent has fed the watchdog lately."""
        return now_s - self.fed_s < WATCHDOG_S

    def direction(self, now_s: float, lane: Lane, key: bool) -> Direction:
        """Where the motor may turn: not without a fresh permit, not down upon anything, not past the key."""
        if key or now_s - self.permit_s >= PERMIT_S:
            return 0
        wanted = DRIVES[self.drive]
        return 0 if wanted < 0 and not lane.proved_clear else wanted


@dataclass(slots=True)
class Warnings:
    """Warning outputs as read back.

    The relay for "closed" is the OR of the agent, the unfed watchdog and the 15 cm float; it carries sign
    and flashers. The siren has a coil of its own instead of `warn_closed`: it need not sound for hours.
    """

    sign_closed: bool = False
    sign_caution: bool = False
    flasher: bool = False
    siren: bool = False

    def step(self, now_s: float, orders: Orders, float_15: bool, faults: Faults) -> None:
        """Set the relays; a dead lamp's read-back stays off."""
        guarded = not faults.has("controller", "no_watchdog")
        hard_wired = float_15 or (guarded and not orders.fed(now_s))
        closed = hard_wired or bool(orders.warn_closed)
        sign = not faults.has("sign", "dead")
        self.sign_closed = sign and closed
        self.sign_caution = sign and not closed and bool(orders.warn_caution)
        self.flasher = closed and not faults.has("flasher", "dead")
        self.siren = (hard_wired or bool(orders.warn_siren)) and not faults.has("siren", "dead")
