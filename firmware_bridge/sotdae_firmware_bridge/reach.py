"""How a device is reached, as an agent's file or a command says it, to the device itself."""

from typing import Literal

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.device import PointDevice
from sotdae_firmware_bridge.framed import FramedDevice
from sotdae_firmware_bridge.lines import Line, Serial
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import Profile
from sotdae_shared.errors import ConfigError

Speaks = Literal["modbus", "frames", "gpio"]


def reach(profile: Profile, line: Line, speaks: Speaks = "modbus", timeout_s: float = 0.25) -> PointDevice:
    """Return a device, not yet spoken to: Modbus on either line, frames on a serial one, pins on none.

    Raises:
        ConfigError: if the device cannot be reached so.
    """
    if speaks == "modbus":
        return ModbusDevice(profile, bus=ModbusBus(line, timeout_s))
    if speaks == "frames":
        if not isinstance(line, Serial):
            raise ConfigError(profile.device.name, ["speaks = frames: want a serial line"])
        return FramedDevice(profile, line, timeout_s)
    try:
        # Late: only boards with pins have the library.
        from sotdae_firmware_bridge.gpio import GpioDevice  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            profile.device.name, ["speaks = gpio: in a checkout of Sotdae,  pip install '.[gpio]'"]
        ) from error
    return GpioDevice(profile)
