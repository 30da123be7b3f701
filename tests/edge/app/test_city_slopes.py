"""A city agent with a slope logger on a real Modbus line: readings, a torn wire, a restart."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.probe import RtspProbe
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.city import CityApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.config import CityConfig
from sotdae_edge.core.homes import Homes
from sotdae_edge.core.slopes import Slopes
from sotdae_firmware_bridge.lines import Tcp
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.raw import encode
from sotdae_firmware_bridge.reach import reach
from sotdae_firmware_bridge.sim.server import SimServer
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

PROFILE = load("slope")
FACILITY = {"id": "GG-41113-CC-0001", "node": "city-1", "name": "Test", "lat": 37.2, "lon": 127.0}


class Logger:
    """A slope logger with a hand on its wire; it scans whenever it is asked."""

    def __init__(self) -> None:
        self.profiles = {PROFILE.device.unit_id: PROFILE}
        self.scene = SimpleNamespace(powered=True)
        self.values: dict[str, float | None] = {
            "wire_mm": 12.0,
            "tilt_deg": 0.5,
            "rain_rate": 0.0,
            "slope_scan": 0,
        }

    def advance(self, now_s: float) -> None:
        self.values["slope_scan"] = int(now_s * 10) % 65536

    def raw(self, unit_id: int, table: str) -> dict[int, Any]:
        assert unit_id == PROFILE.device.unit_id
        points = PROFILE.points.items()
        return {
            point.address: encode(point, self.values[name]) for name, point in points if point.table == table
        }


def config(folder: Path) -> CityConfig:
    return CityConfig.model_validate(
        {
            "facility": FACILITY,
            "storage": {"dir": folder},
            "device": {"profile": "slope"},
            "slopes": [{"name": "east", "point": "wire_mm", "full_scale": 500.0, "rain_point": "rain_rate"}],
        }
    )


async def live(folder: Path, logger: Logger, boot: str, story: Callable[[CityApp], Any]) -> list[Any]:
    """Run the agent on a real server, disk and clock until the story is told; return its messages."""
    server = SimServer(logger)  # type: ignore[arg-type]
    await server.start()
    device = reach(PROFILE, Tcp("127.0.0.1", server.port))
    settings, clock = config(folder), SystemClock(assume_synced=True)
    store, now = FileState(folder / "city.state"), clock.monotonic()
    kept = json.loads(store.load() or b"{}")
    with ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(1) as saver:
        address = Address(FacilityId(FACILITY["id"]), "city-1")
        outbox = SqliteOutbox(
            folder / f"{boot}.db", address, boot * 16, telemetry_budget_bytes=2**20, ledger=False
        )
        recorder = Recorder(outbox, clock, worker, lambda: None)
        app = CityApp(
            Homes((), boot, now), settings, device, recorder, store,
            clock, saver, RtspProbe(),
            slopes=Slopes(settings.slopes, boot, now, kept.get("slopes") or {}), born=now,
        )  # fmt: skip
        running = asyncio.create_task(app.run())
        async with asyncio.timeout(30):
            await asyncio.wait(
                [running, told := asyncio.create_task(story(app))], return_when=asyncio.FIRST_COMPLETED
            )
            assert told.done(), running.exception()
            await told
        running.cancel()
        await asyncio.wait([running])
        await server.stop()
        await device.close()
        return await asyncio.get_running_loop().run_in_executor(worker, said, outbox)


def said(outbox: SqliteOutbox) -> list[Any]:
    rows = [json.loads(row.raw) for row in outbox.unsent(1000)]
    outbox.close()
    return rows


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.05)


def test_a_torn_wire_raises_the_stage_and_a_restart_keeps_it(tmp_path: Path) -> None:
    logger = Logger()

    async def tear(app: CityApp) -> None:
        state = app.slopes.states["east"]
        await until(lambda: state.value == 12.0)
        logger.values["wire_mm"] = None
        await until(lambda: "slope.east.lost" in app.slopes.alarms.active)
        await until(lambda: list(tmp_path.glob("city.state*")) != [])

    async def restart(app: CityApp) -> None:
        await until(lambda: app.slopes.states["east"].value == 12.0)

    messages = asyncio.run(live(tmp_path, logger, "a", tear))
    decisions = [each["body"] for each in messages if each["kind"] == "decision"]
    assert [each["decision"] for each in decisions] == ["slope_prepare"]
    assert decisions[0]["first_out"] == "east"
    assert {"slope.east.lost", "slope.east.prepare"} <= {
        each["body"]["code"] for each in messages if each["kind"] == "event"
    }
    logger.values["wire_mm"] = 12.0
    later = asyncio.run(live(tmp_path, logger, "b", restart))
    birth = next(each["body"] for each in later if each["kind"] == "report")
    assert birth["data"]["slopes"] == ["east"]
    health = [each["body"] for each in later if each["kind"] == "health"]
    assert health[-1]["stage"] == "caution", "the stage outlived the restart"
