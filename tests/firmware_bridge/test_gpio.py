"""Pins behind a profile, on gpiozero's own mock chip."""

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from sotdae_firmware_bridge.gpio import GpioDevice
from sotdae_firmware_bridge.profile import parse
from sotdae_shared.errors import ConfigError, LinkError

BOARD = """
[device]
name = "contacts"
version = 1
unit_id = 1
[points.float_5]
table = "discrete"
address = 17
active_low = true
[points.mains_ok]
table = "discrete"
address = 27
[points.sign_open]
table = "coil"
address = 22
writable = true
[points.siren_quiet]
table = "coil"
address = 23
writable = true
active_low = true
"""


def on_pins(story: Callable[[GpioDevice, MockFactory], Awaitable[None]]) -> None:
    factory = MockFactory()
    device = GpioDevice(parse(BOARD), factory)

    async def run() -> None:
        try:
            await story(device, factory)
        finally:
            await device.close()
            factory.reset()

    asyncio.run(run())


def test_a_contact_to_ground_is_pulled_up_and_reads_when_it_closes() -> None:
    async def story(device: GpioDevice, factory: MockFactory) -> None:
        read = await device.read()
        assert (read["float_5"].value, read["mains_ok"].value) == (0, 0)
        assert factory.pin(17).pull == "up"
        assert factory.pin(27).pull == "down"
        factory.pin(17).drive_low()
        factory.pin(27).drive_high()
        read = await device.read()
        assert (read["float_5"].value, read["mains_ok"].value) == (1, 1)

    on_pins(story)


def test_outputs_keep_their_level_until_written_and_are_read_back() -> None:
    async def story(device: GpioDevice, factory: MockFactory) -> None:
        await device.read()
        assert (factory.pin(22).state, factory.pin(22).function) == (0, "output")
        await device.write({"sign_open": 1, "siren_quiet": 1})
        assert (factory.pin(22).state, factory.pin(23).state) == (1, 0)
        read = await device.read()
        assert (read["sign_open"].value, read["siren_quiet"].value) == (1, 1)

    on_pins(story)


def test_closing_gives_the_pins_back_and_a_later_read_takes_them_again() -> None:
    async def story(device: GpioDevice, factory: MockFactory) -> None:
        await device.write({"sign_open": 1})
        await device.close()
        assert factory.pin(22).function == "input"
        assert (await device.read()).keys() == device.profile.points.keys()

    on_pins(story)


def test_a_pin_in_use_is_a_link_error_that_takes_no_other_pin() -> None:
    async def story(device: GpioDevice, factory: MockFactory) -> None:
        other = GpioDevice(parse(BOARD.replace("17", "5").replace("27", "6")), factory)
        await device.read()
        with pytest.raises(LinkError, match="contacts"):
            await other.read()
        await device.close()
        assert (await other.read())["mains_ok"].value == 0
        await other.close()

    on_pins(story)


REFUSING = f"""
import asyncio
from gpiozero.pins.lgpio import LGPIOPin
from gpiozero.pins.mock import MockFactory
from sotdae_firmware_bridge.gpio import GpioDevice
from sotdae_firmware_bridge.profile import parse
from sotdae_shared.errors import LinkError

factory = MockFactory()
factory.pin_class, factory._handle = LGPIOPin, 99  # a chip that is not open, so that the library refuses

async def read() -> None:
    try:
        await GpioDevice(parse({BOARD!r}), factory).read()
    except LinkError as error:
        print(error)

asyncio.run(read())
"""


@pytest.mark.skipif(importlib.util.find_spec("lgpio") is None, reason="the extra gpio is not installed")
def test_what_the_chips_own_library_refuses_is_a_link_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", REFUSING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.stdout == "contacts: pin 22+2: 'unknown handle'\n", done.stderr


def test_a_computer_without_pins_is_said_and_is_no_crash(tmp_path: Path) -> None:
    if Path("/dev/gpiochip0").exists():
        pytest.skip("this computer has pins")
    profile = tmp_path / "contacts.toml"
    profile.write_text(BOARD)
    command = [sys.executable, "-m", "sotdae_firmware_bridge", "read", "--gpio", "--profile", str(profile)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("contacts: pin ")


def test_registers_and_doubled_pins_are_refused_with_their_place() -> None:
    register = BOARD + '[points.level]\ntable = "input"\naddress = 4\ntype = "int16"\n'
    with pytest.raises(ConfigError, match=r"points\.level: a pin is a bit"):
        GpioDevice(parse(register))
    with pytest.raises(ConfigError, match=r"points\.siren_quiet: pin 17 is taken twice"):
        GpioDevice(parse(BOARD.replace("address = 23", "address = 17")))


def test_only_what_is_writable_is_written() -> None:
    async def story(device: GpioDevice, factory: MockFactory) -> None:
        with pytest.raises(ValueError, match="float_5 cannot be written"):
            await device.write({"sign_open": 1, "float_5": 1})
        await device.read()
        assert factory.pin(22).state == 0

    on_pins(story)
