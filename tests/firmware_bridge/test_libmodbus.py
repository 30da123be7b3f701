"""Both sides of Modbus against libmodbus, over TCP and RTU: what no one here wrote agrees on every octet."""

import asyncio
import ctypes
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from simulated_site import Site, running_site, wired_site

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.lines import Line, Serial, Tcp
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import parse
from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_shared.errors import LinkError

pytestmark = pytest.mark.slow
PEER = [sys.executable, str(Path(__file__).with_name("libmodbus_peer.py"))]

INSTRUMENT = """
[device]
name = "instrument"
version = 1
unit_id = 9
[points]
wet = {table = "discrete", address = 0}
dry_contact = {table = "discrete", address = 9, active_low = true}
relay = {table = "coil", address = 1, writable = true}
lamp = {table = "coil", address = 2, writable = true}
level = {table = "input", address = 0, type = "int16", scale = 0.1, unit = "cm", missing = -32768}
scans = {table = "input", address = 1, type = "uint32"}
lost = {table = "input", address = 3, type = "int16", missing = -32768}
height = {table = "holding", address = 0, type = "float32"}
limit = {table = "holding", address = 2, type = "int32", scale = 0.5, writable = true}
"""
TABLES = {
    "coil": [0, 1, 0],
    "discrete": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "input": [-123, 0x0001, 0x0002, -32768],
    "holding": [0x4248, 0x0000, 0, 0],
}


@pytest.fixture(autouse=True)
def _library() -> None:
    try:
        ctypes.CDLL("libmodbus.so.5")
    except OSError:
        reason = "libmodbus is not installed (apt install libmodbus5)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def peer(verb: str, place: str, unit: int, what: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PEER, verb, place, str(unit), json.dumps(what)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


async def asked(place: str, unit: int, asks: list[Any]) -> list[Any]:
    out, errors = await asyncio.to_thread(lambda: peer("ask", place, unit, asks).communicate(timeout=60))
    assert errors == ""
    answers: list[Any] = json.loads(out)
    return answers


@asynccontextmanager
async def libmodbus_server(over: str, directory: Path) -> AsyncIterator[Line]:
    """Serve an instrument by libmodbus; yield where our client finds it."""
    cable = Cable(directory / "line")
    cable.plug()
    process = peer("serve", "0" if over == "tcp" else cable.near, 9, TABLES)
    try:
        assert process.stdout
        said = await asyncio.to_thread(process.stdout.readline)
        port = json.loads(said)["port"]
        yield Serial(str(cable.link), parity="N") if port is None else Tcp(port=port)
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate)
        cable.close()


@pytest.mark.parametrize("over", ["tcp", "rtu"])
def test_our_client_reads_and_writes_a_libmodbus_server(over: str, tmp_path: Path) -> None:
    async def run() -> None:
        async with libmodbus_server(over, tmp_path) as line:
            device = ModbusDevice(parse(INSTRUMENT), bus=ModbusBus(line, timeout_s=5.0))
            read = {name: sample.value for name, sample in (await device.read()).items()}
            assert read == {
                "wet": 1, "dry_contact": 1, "relay": 1, "lamp": 0, "level": -12.3, "scans": 65538,
                "lost": None, "height": 50.0, "limit": 0,
            }  # fmt: skip
            await device.write({"lamp": 1, "relay": 0, "limit": -40_000.5})
            read = {name: sample.value for name, sample in (await device.read()).items()}
            assert (read["lamp"], read["relay"], read["limit"]) == (1, 0, -40_000.5)
            await device.close()

    asyncio.run(run())


def test_an_address_that_libmodbus_does_not_have_is_a_link_error(tmp_path: Path) -> None:
    async def run() -> None:
        async with libmodbus_server("tcp", tmp_path) as line:
            wrong = INSTRUMENT.replace('table = "input", address = 3', 'table = "input", address = 300')
            device = ModbusDevice(parse(wrong), bus=ModbusBus(line, timeout_s=5.0))
            with pytest.raises(LinkError, match="exception 2: it has no such address"):
                await device.read()
            await device.close()

    asyncio.run(run())


@asynccontextmanager
async def our_site(over: str) -> AsyncIterator[tuple[Site, str]]:
    """Serve our simulator; yield it and where libmodbus finds it."""
    if over == "tcp":
        async with running_site() as site:
            yield site, str(site.server.port)
    else:
        async with wired_site() as (site, cable):
            yield site, str(cable.link)


@pytest.mark.parametrize("over", ["tcp", "rtu"])
def test_a_libmodbus_client_reads_and_writes_our_simulator(over: str) -> None:
    async def run() -> None:
        async with our_site(over) as (site, place):
            site.simulator.depth(12.0)
            orders = site.simulator.scene.orders
            answers = await asked(
                place, 1,
                [
                    ["write", "coil", 0, [1, 0, 1]], ["write", "holding", 2, [513]],
                    ["read", "coil", 0, 3], ["read", "holding", 0, 3], ["read", "input", 0, 3],
                    ["read", "input", 900, 1], ["write", "holding", 0, [7]], ["read", "discrete", 0, 3],
                ],
            )  # fmt: skip
            assert answers[:2] == [3, 1]
            assert answers[2:4] == [[1, 0, 1], [0, 0, 513]]
            level, echo, scans = answers[4]
            assert abs(level - 120) < 30
            assert (echo, scans > 0) == (87, True)
            assert answers[5:7] == ["Illegal data address", "Illegal data value"]
            assert answers[7][2] == 1
            assert (orders.warn_closed, orders.warn_siren, orders.warn_caution, orders.feed) == (1, 0, 1, 513)
            homes = await asked(place, 2, [["read", "discrete", 0, 6]])
            assert homes == [[0] * 6]

    asyncio.run(run())
