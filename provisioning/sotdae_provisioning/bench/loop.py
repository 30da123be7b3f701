"""From a trip vote to the acknowledged Modbus write, by the gate's own runner over loopback."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.gate import GateApp
from sotdae_edge.app.recorder import Recorder
from sotdae_edge.config import FacilityConfig, GateConfig, StorageConfig
from sotdae_edge.core.effects import Effect, Warn
from sotdae_edge.core.events import Event
from sotdae_edge.core.gate import Gate
from sotdae_edge.ports import Device
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.sim.control import SimControl
from sotdae_provisioning.bench.bare import BareLoop
from sotdae_provisioning.bench.figures import Figure, Result, spread
from sotdae_provisioning.bench.plant import FLOOD_CM
from sotdae_provisioning.child import Child
from sotdae_shared.ids import FacilityId
from sotdae_shared.samples import Sample
from sotdae_shared.topics import Address

TARGET_MS = 20.0
TIMEOUT_S = 10.0
PLANT = "sotdae_provisioning.bench.plant"
HOW = (
    "the gate's runner (queue, decision, Modbus write, state synced to disk) against a Modbus server in "
    "another process; confirmation time 0, so that the program is measured and not its patience; beside "
    "it, in turn, a loop that only reads one register and writes one coil with pymodbus"
)


@dataclass(frozen=True, slots=True)
class Trip:
    """Moments of one trip, in seconds of CLOCK_MONOTONIC."""

    changed_s: float
    served_s: float
    voted_s: float
    written_s: float
    acked_s: float


@dataclass(slots=True)
class Watch:
    """What the gate's process notes of one trip."""

    voted_s: float | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)
    acked: asyncio.Event = field(default_factory=asyncio.Event)
    acked_s: float = 0.0


class WatchedGate(Gate):
    """A gate that notes when it was called for the answer that closes the road."""

    watch: Watch
    _called_s: float | None = None

    def handle(self, event: Event, now: float) -> list[Effect]:
        """See Gate.handle."""
        self._called_s = time.monotonic()
        try:
            return super().handle(event, now)
        finally:
            self._called_s = None

    def tick(self, now: float, words: list[Effect] | None = None) -> list[Effect]:
        """See Gate.tick."""
        called_s = self._called_s or time.monotonic()
        effects = super().tick(now, words)
        if self.watch.voted_s is None and any(isinstance(it, Warn) and it.closed for it in effects):
            self.watch.voted_s = called_s
        return effects


@dataclass(slots=True)
class WatchedDevice:
    """A device that notes when the first order to close the road was acknowledged."""

    device: Device
    watch: Watch

    async def read(self) -> Mapping[str, Sample]:
        """See Device.read."""
        return await self.device.read()

    async def write(self, values: Mapping[str, float]) -> None:
        """See Device.write."""
        await self.device.write(values)
        if "warn_closed" not in values:
            return
        if not values["warn_closed"]:
            self.watch.open.set()
        elif not self.watch.acked.is_set():
            self.watch.acked_s = time.monotonic()
            self.watch.acked.set()


@asynccontextmanager
async def plant(directory: Path) -> AsyncIterator[tuple[int, SimControl]]:
    """Run the plant; yield its Modbus port and its control door."""
    child = Child("plant", [PLANT], directory, ready=True)
    ports = await child.start()
    control = SimControl("127.0.0.1", ports["control_port"])
    try:
        yield ports["port"], control
    finally:
        await control.close()
        await child.stop()


async def measure(trips: int, directory: Path, rng: random.Random) -> Result:
    """Trip a gate and the bare loop `trips` times each, in turn. Raises LinkError without a plant."""
    async with plant(directory) as (port, control):
        config = bench_config(directory)
        device = ModbusDevice(load("underpass"), "127.0.0.1", port, config.device.timeout_s)
        own, beside = [], []
        try:
            async with BareLoop.connected(port, config.device.poll_s) as bare:
                # In turn, so that whatever else the machine does falls upon both alike.
                for _ in range(trips):
                    own.append(await _trip(config, device, control, rng))
                    beside.append(await _bare_trip(bare, control, rng))
        finally:
            await device.close()
    return Result("loop", HOW, trips, tuple(_figures(own, beside)))


def bench_config(directory: Path) -> GateConfig:
    """Return the configuration of the gate that is measured: all defaults, confirmation at once."""
    config = GateConfig(
        facility=FacilityConfig(id="GG-41113-UP-0007", node="bench-gate", name="bench", lat=37.2, lon=127.0),
        storage=StorageConfig(dir=directory),
    )
    return config.model_copy(update={"times": replace(config.times, confirm=0.0)})


async def _trip(config: GateConfig, device: ModbusDevice, control: SimControl, rng: random.Random) -> Trip:
    await control.call("depth", cm=0.0)
    watch = Watch()
    with _running(config, WatchedDevice(device, watch), watch) as app:
        running = asyncio.create_task(app.run(), name="gate")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await watch.open.wait()
                await asyncio.sleep(rng.uniform(0.0, config.device.poll_s))
                await control.call("depth", cm=FLOOD_CM)
                await watch.acked.wait()
            moments = await control.call("state")
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    assert watch.voted_s is not None  # noqa: S101
    return Trip(moments["changed_s"], moments["served_s"], watch.voted_s, moments["written_s"], watch.acked_s)


@contextmanager
def _running(config: GateConfig, device: Device, watch: Watch) -> Iterator[GateApp]:
    """Compose a gate as `sotdae gate run` does, without broker and camera."""
    clock, boot = SystemClock(assume_synced=True), secrets.token_hex(8)
    gate = WatchedGate.start(config.site, boot, clock.monotonic())
    assert isinstance(gate, WatchedGate)  # noqa: S101
    gate.watch = watch
    address = Address(FacilityId(config.facility.id), config.facility.node)
    outbox = SqliteOutbox(config.storage.dir / "outbox.db", address, boot)
    with closing(outbox), ThreadPoolExecutor(1) as worker, ThreadPoolExecutor(1) as saver:
        recorder = Recorder(outbox, clock, worker, _nobody)
        yield GateApp(gate, config, device, recorder, FileState(config.storage.dir / "state"), clock, saver)


def _nobody() -> None:
    """Stand where the uplink would be woken."""


async def _bare_trip(bare: BareLoop, control: SimControl, rng: random.Random) -> Trip:
    await control.call("depth", cm=0.0)
    await bare.reopen()
    running = asyncio.create_task(bare.trip(), name="bare")
    await asyncio.sleep(rng.uniform(0.0, bare.poll_s))
    await control.call("depth", cm=FLOOD_CM)
    async with asyncio.timeout(TIMEOUT_S):
        voted_s, acked_s = await running
    moments = await control.call("state")
    return Trip(moments["changed_s"], moments["served_s"], voted_s, moments["written_s"], acked_s)


def _figures(own: Sequence[Trip], bare: Sequence[Trip]) -> list[Figure]:
    spans: tuple[tuple[str, Callable[[Trip], float], float | None], ...] = (
        ("trip vote to acknowledged write", lambda trip: trip.acked_s - trip.voted_s, TARGET_MS),
        ("change served to coil written", lambda trip: trip.written_s - trip.served_s, None),
        ("register change to coil written (polled)", lambda trip: trip.written_s - trip.changed_s, None),
    )
    found = []
    for what, span, target in spans:
        mine, beside = ([1000.0 * span(trip) for trip in trips] for trips in (own, bare))
        found += spread(what, mine, beside, "ms", target)
    return found
