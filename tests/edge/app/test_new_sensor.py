"""The how-to, word for word: an instrument that no profile of the program describes, by a profile alone."""

import asyncio
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from sotdae_firmware_bridge.profile import names
from sotdae_shared.messages import Kind, Reading, TelemetryBody
from sotdae_shared.units import Flag, Unit
from sotdae_shared.wire import decode

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "howto-new-sensor.md").read_text(encoding="utf-8")
PROFILE, RELAY = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
AGENT = """
[facility]
id = "GG-41113-CC-0001"
node = "city-1"
name = "Dam"
lat = 37.2
lon = 127.0
[storage]
dir = "{folder}"
"""


class Weir:
    """A seepage gauge on a real Modbus port: head in 0.01 cm, a scan counter, a self-test."""

    def __init__(self) -> None:
        self.head, self.scans, self.ok, self.scanning = 1234, 0, True, True

    async def serve(
        self, code: int, _start: int, _address: int, _count: int, words: list[int], _new: Any
    ) -> None:
        if code == 4:
            self.scans += self.scanning
            words[:2] = [self.head, self.scans & 0xFFFF]
        else:
            words[0] = int(self.ok)

    @asynccontextmanager
    async def on_a_port(self) -> AsyncIterator[int]:
        bits = [SimData(0, values=[False], datatype=DataType.BITS)]
        words = [SimData(0, values=[0, 0], datatype=DataType.REGISTERS)]
        device = SimDevice(12, simdata=(bits, bits, words, words), action=self.serve)
        server = ModbusTcpServer(device, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        listener: Any = server.transport
        try:
            yield listener.sockets[0].getsockname()[1]
        finally:
            server.close()


def told(outbox: Path) -> list[Reading]:
    """Return what the agent has committed of the weir, oldest first."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as file:
        rows = file.execute(
            "select raw from message where kind = ? order by rowid", (Kind.TELEMETRY,)
        ).fetchall()
    bodies = [decode(bytes(raw)).body for (raw,) in rows]
    readings = [each for body in bodies if isinstance(body, TelemetryBody) for each in body.readings]
    return [reading for reading in readings if reading.channel == "seepage_head"]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.1)


async def until_told(outbox: Path, value: float | None, flag: Flag) -> None:
    await until(lambda: any((each.value, each.flag) == (value, flag) for each in told(outbox)))


def has_begun(outbox: Path) -> bool:
    """Whether the agent has committed anything of the weir."""
    try:
        return bool(told(outbox))
    except sqlite3.Error:
        return False


def files(folder: Path, port: int) -> Path:
    """Write the how-to's two files and return the agent's."""
    (folder / "seepage.toml").write_text(PROFILE)
    relay = RELAY.replace("/etc/sotdae/seepage.toml", str(folder / "seepage.toml"))
    relay = relay.replace("[device]", f"[device]\nport = {port}\ntimeout_s = 1.0").replace("60.0", "2.0")
    (folder / "city.toml").write_text(AGENT.format(folder=folder / "data") + relay)
    return folder / "city.toml"


def test_a_tenth_kind_of_sensor_needs_a_profile_and_no_code(tmp_path: Path) -> None:
    assert "seepage" not in " ".join(names())

    async def run() -> None:
        weir = Weir()
        async with weir.on_a_port() as port:
            agent = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "sotdae_edge", "city", "run", "-c", str(files(tmp_path, port)),
                stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                await follow(weir, tmp_path / "data" / "outbox.db")
            finally:
                agent.send_signal(signal.SIGTERM)
                _, errors = await agent.communicate()
            assert agent.returncode == 0, errors.decode()

    asyncio.run(run())


async def follow(weir: Weir, outbox: Path) -> None:
    await until(lambda: has_begun(outbox))
    await until_told(outbox, 12.34, Flag.PASS)
    assert told(outbox)[-1].unit is Unit.CM
    weir.head = 2500
    await until_told(outbox, 25.0, Flag.PASS)
    weir.ok = False
    await until_told(outbox, 25.0, Flag.SUSPECT)
    weir.head = 6001
    await until_told(outbox, 60.01, Flag.FAIL)
    weir.head, weir.ok = 65535, True
    await until_told(outbox, None, Flag.MISSING)
    weir.head = 100
    await until_told(outbox, 1.0, Flag.PASS)
    weir.scanning = False
    await until(lambda: told(outbox)[-1].flag is Flag.MISSING)


def test_a_point_that_the_profile_does_not_have_is_refused_before_the_agent_starts(tmp_path: Path) -> None:
    async def run() -> None:
        config = files(tmp_path, 1)
        config.write_text(config.read_text().replace('"seepage_head"', '"moon"'))
        agent = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sotdae_edge", "city", "run", "-c", str(config),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, errors = await agent.communicate()
        assert agent.returncode == 2
        assert "there is no point 'moon'" in errors.decode()

    asyncio.run(run())
