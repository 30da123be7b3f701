"""Modbus RTU on a line that is disturbed, cut and unplugged."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from contextlib import suppress
from socket import gaierror

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_site import Site, wired_site

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.lines import Line, Serial, Tcp, why_not
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_shared.errors import LinkError
from sotdae_shared.samples import Sample


def on_wire(story: Callable[[Site, Cable], Awaitable[None]]) -> None:
    async def run() -> None:
        async with wired_site(timeout_s=0.3) as (site, cable):
            await story(site, cable)

    asyncio.run(run())


async def answer(site: Site) -> dict[str, Sample]:
    """Read until the line has settled; a peer needs a moment to find the beginning of a frame again."""
    async with asyncio.timeout(30):
        while True:
            try:
                return dict(await site.gate.read())
            except LinkError:
                continue


@pytest.mark.parametrize("after", [1, 8, 11, 30])
def test_unplugged_in_mid_frame_is_a_link_error_and_plugged_in_again_it_answers(after: int) -> None:
    async def story(site: Site, cable: Cable) -> None:
        await answer(site)
        cable.cut_after = after
        while cable.plugged:  # an answer may also be late
            with pytest.raises(LinkError):
                await site.gate.read()
        with pytest.raises(LinkError, match="no connection"):
            await site.gate.read()
        cable.plug()
        assert (await answer(site))["arm_angle"].value == 90

    on_wire(story)


def test_a_line_that_takes_no_parity_is_named_with_what_was_asked_of_it() -> None:
    async def story(_: Site, cable: Cable) -> None:
        bus = ModbusBus(Serial(str(cable.link), parity="E"))
        with suppress(LinkError):  # a pseudo-terminal says so only when nothing else changes
            await bus.probe(1)
        await bus.close()
        with pytest.raises(LinkError, match="does not take 19200 baud, parity E"):
            await bus.probe(1)

    on_wire(story)


def test_a_line_that_is_not_there_is_a_link_error() -> None:
    async def run() -> None:
        bus = ModbusBus(Serial("/dev/sotdae-nowhere"), timeout_s=0.1)
        with pytest.raises(
            LinkError, match="no connection: there is no such line; is the adapter plugged in"
        ):
            await ModbusDevice(load("homes"), bus=bus).read()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        (Serial("x"), PermissionError(errno.EACCES, "Permission denied"), "group, mostly dialout"),
        (Serial("x"), OSError(errno.EBUSY, "Device or resource busy"), "another program has it"),
        (Serial("x"), OSError("there is no speed of 7 baud"), "there is no speed of 7 baud"),
        (Tcp("x"), gaierror(-2, "Name or service not known"), "Name or service not known"),
        (Tcp("x"), OSError(errno.EHOSTUNREACH, "No route to host"), "No route to host"),
        (Tcp("x"), None, "is the address right"),
    ],
)
def test_a_line_that_cannot_be_had_says_why(line: Line, error: OSError | None, words: str) -> None:
    assert words in why_not(line, error)


@pytest.mark.slow
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=8))
@settings(max_examples=10)
def test_noise_on_the_line_never_becomes_a_value(noises: list[bytes]) -> None:
    async def story(site: Site, cable: Cable) -> None:
        good = await answer(site)
        for noise in noises:
            asyncio.get_running_loop().call_soon(cable.noise, noise)
            with suppress(LinkError):
                assert (await site.gate.read())["arm_angle"] == good["arm_angle"]
        assert (await answer(site))["arm_angle"] == good["arm_angle"]

    on_wire(story)
