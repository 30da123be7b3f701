"""A semi-basement alarm over LoRaWAN as its device behaves: it repeats until it hears that it is held."""

from dataclasses import dataclass

from sotdae_firmware_bridge.lorawan import read_held

FIRST_REPEAT_S = 60.0
LAST_REPEAT_S = 3600.0
"""Repeats come after 1, 2, 4 ... min and then every hour: a battery must outlast a broken line."""
HEARTBEAT_S = 21_600.0


@dataclass(slots=True)
class HomeAlarm:
    """One device. Time is given to it; it answers when to send, and what."""

    wet_2: bool = False
    wet_15: bool = False
    tamper: bool = False
    test: bool = False
    battery_v: float = 3.0
    heartbeat_s: float = HEARTBEAT_S
    number: int = 0
    """Of the last uplink."""
    asks: bool = False
    changed: int = 0
    """The uplink that first told of the present contacts."""
    due_s: float = 0.0
    repeat_s: float = FIRST_REPEAT_S

    def sense(
        self, wet_2: bool, wet_15: bool, *, tamper: bool = False, test: bool = False, now_s: float
    ) -> None:
        """Take the contacts and buttons; a change is sent at once and repeated until it is held."""
        before = (self.wet_2, self.wet_15, self.tamper, self.test)
        self.wet_2, self.wet_15, self.tamper, self.test = wet_2, wet_15, tamper, test
        if (wet_2, wet_15, tamper, test) != before:
            self.asks, self.changed = True, self.number + 1
            self.due_s, self.repeat_s = now_s, FIRST_REPEAT_S

    def uplink(self, now_s: float) -> bytes | None:
        """Return the octets to send, if something is due."""
        if now_s < self.due_s:
            return None
        self.number += 1
        self.due_s = now_s + (min(self.repeat_s, self.heartbeat_s) if self.asks else self.heartbeat_s)
        self.repeat_s = min(2.0 * self.repeat_s, LAST_REPEAT_S)
        bits = (self.wet_2, self.wet_15, True, self.tamper, self.test, self.asks)
        flags = sum(bit << place for place, bit in enumerate(bits))
        uptime = min(0xFFFF, int(now_s / 600.0))
        return bytes([flags, round(self.battery_v / 0.02), *(215).to_bytes(2), *uptime.to_bytes(2)])

    def hear(self, data: bytes, now_s: float) -> None:
        """Take a reply. One to an uplink before the last change confirms nothing. Raises WireError."""
        count, heartbeat_s = read_held(data)
        self.heartbeat_s = max(FIRST_REPEAT_S, heartbeat_s)
        if self.asks and (count - self.changed) % 0x10000 < 0x8000:
            self.asks = False
            self.due_s = now_s + self.heartbeat_s
