"""A field device that speaks Modbus, TCP or RTU, behind a profile."""

from collections.abc import Sequence

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.device import PointDevice, Words
from sotdae_firmware_bridge.lines import Tcp
from sotdae_firmware_bridge.profile import Profile
from sotdae_firmware_bridge.raw import Block


class ModbusDevice(PointDevice):
    """One Modbus unit. Connects when first used, and again after a failure; safe for concurrent callers."""

    def __init__(
        self,
        profile: Profile,
        host: str = "127.0.0.1",
        port: int = 502,
        timeout_s: float = 0.25,
        *,
        bus: ModbusBus | None = None,
    ) -> None:
        """Prepare; nothing is sent yet. A `bus` that units share replaces a TCP connection of its own."""
        super().__init__(profile)
        self._bus = bus or ModbusBus(Tcp(host, port), timeout_s)

    async def close(self) -> None:
        """Drop the connection (of all units of a shared bus); a later read or write opens a new one."""
        await self._bus.close()

    async def _request(self, block: Block, words: Words | None) -> Sequence[bool] | Sequence[int]:
        return await self._bus.request(self.profile.device.unit_id, block, words)
