"""Contacts and relays on this computer's own pins, behind a profile. The only module that knows gpiozero."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gpiozero import GPIOZeroError, InputDevice, OutputDevice
from gpiozero.pins import Factory

from sotdae_firmware_bridge.device import PointDevice, Words
from sotdae_firmware_bridge.profile import Profile
from sotdae_firmware_bridge.raw import Block
from sotdae_shared.errors import ConfigError, LinkError


class GpioDevice(PointDevice):
    """Discrete points are inputs, coils are outputs; a point's address is its pin's BCM number.

    An `active_low` input is a contact to ground and gets the pull-up; the others get the pull-down. An
    output keeps its level until it is first written. Closing gives the pins back as inputs, so wire
    relays such that one that drops is safe.
    """

    def __init__(self, profile: Profile, factory: Factory | None = None) -> None:
        """Prepare; pins are taken when first used. `factory` is gpiozero's, None for this computer's.

        Raises:
            ConfigError: if the profile has registers, or a pin that is both input and output.
        """
        super().__init__(profile)
        if problems := list(_problems(profile)):
            raise ConfigError(profile.device.name, problems)
        self._factory = factory
        self._pins: dict[int, Any] = {}
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        """Give the pins back; a later read or write takes them again."""
        async with self._turn:
            self._drop()

    async def _request(self, block: Block, words: Words | None) -> Sequence[bool] | Sequence[int]:
        addresses = range(block.start, block.start + block.count)
        async with self._turn:
            try:
                self._take()
                if words is not None:
                    for address, level in zip(addresses, words, strict=True):
                        self._pins[address].pin.state = int(level)
                return [bool(self._pins[address].pin.state) for address in addresses]
            except _refusals() as error:
                self._drop()
                place = f"{self.profile.device.name}: pin {block.start}+{block.count}"
                raise LinkError(f"{place}: {error}") from error

    def _take(self) -> None:
        if self._pins:
            return
        if self._factory is None:
            self._factory = _chip()
        # Kept at once, so that a pin that cannot be had gives back those before it.
        for point in self.profile.points.values():
            pin: Any
            if point.table == "coil":
                pin = OutputDevice(point.address, initial_value=None, pin_factory=self._factory)
            else:
                pin = InputDevice(point.address, pull_up=point.active_low, pin_factory=self._factory)
            self._pins[point.address] = pin

    def _drop(self) -> None:
        for pin in self._pins.values():
            with suppress(*_refusals()):  # a chip that is gone
                pin.close()
        self._pins.clear()


def _refusals() -> tuple[type[Exception], ...]:
    """Return what pins raise: the chip's library has an error of its own, as for a pin in use."""
    library = sys.modules.get("lgpio")
    return (GPIOZeroError, OSError) if library is None else (GPIOZeroError, OSError, library.error)


def _chip() -> Factory:
    """Return this computer's pins. Raises OSError if it has none."""
    # Late and by name: importing lgpio starts a thread, and gpiozero's own choice falls back to worse.
    try:
        import lgpio  # noqa: PLC0415
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415
    except ImportError as error:
        raise OSError(f"pins need more: in a checkout of Sotdae,  pip install '.[gpio]' ({error})") from error
    try:
        return LGPIOFactory()
    except lgpio.error as error:
        raise OSError(f"no chip of pins: {error}") from error


def _problems(profile: Profile) -> list[str]:
    problems, seen = [], set[int]()
    for name, point in profile.points.items():
        if not point.is_bit:
            problems.append(f"points.{name}: a pin is a bit, never a register (table {point.table})")
        elif point.address in seen:
            problems.append(f"points.{name}: pin {point.address} is taken twice")
        seen.add(point.address)
    return problems
