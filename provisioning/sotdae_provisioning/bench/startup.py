"""How soon a started gate protects, and how much memory it takes: `sotdae gate run` as it is installed."""

import asyncio
import json
import time
from pathlib import Path

from sotdae_firmware_bridge.sim.control import SimControl
from sotdae_provisioning.bench.figures import Figure, Result, quantile
from sotdae_provisioning.bench.loop import plant
from sotdae_provisioning.bench.machine import rss_mib
from sotdae_provisioning.child import Child
from sotdae_shared.errors import LinkError

TARGET_S = 3.0
TARGET_MIB = 80.0
TIMEOUT_S = 20.0
SETTLE_S = 3.0
"""Memory is looked at this long after protection began: reports have been written by then."""
HOW = (
    "from the start of the process to its first order to the warnings, which a gate gives only after a scan "
    "has proved where the arm is; resident memory 3 s later, with outbox and uplink (no broker answers), "
    "without a camera and without the separate watchdog process; beside it a process that only imports "
    "pymodbus, reads one register and writes one coil"
)


async def measure(runs: int, directory: Path) -> Result:
    """Start gate and bare loop `runs` times each. Raises LinkError if one never speaks."""
    async with plant(directory) as (port, control):
        own = [
            await _start(_gate(directory / str(run), port), control, settle_s=SETTLE_S) for run in range(runs)
        ]
        bare = [await _start(_bare(directory, port), control, settle_s=0.5) for _ in range(runs)]
    (own_s, own_mib), (bare_s, bare_mib) = zip(*own, strict=True), zip(*bare, strict=True)
    figures = (
        Figure(
            "start to protecting, p50",
            quantile(own_s, 0.5),
            "s",
            target=TARGET_S,
            bare=quantile(bare_s, 0.5),
        ),
        Figure("start to protecting, max", max(own_s), "s", target=TARGET_S, bare=max(bare_s)),
        Figure("resident memory, max", max(own_mib), "MiB", target=TARGET_MIB, bare=max(bare_mib)),
    )
    return Result("startup", HOW, runs, figures)


async def _start(child: Child, control: SimControl, settle_s: float) -> tuple[float, float]:
    """Return seconds until the warnings were ordered, and MiB after it has settled."""
    await control.call("depth", cm=0.0)
    begun_s = time.monotonic()
    await child.start()
    try:
        warned_s = await _warned(child, control)
        await asyncio.sleep(settle_s)
        return warned_s - begun_s, rss_mib(child.pid)
    finally:
        await child.stop()


async def _warned(child: Child, control: SimControl) -> float:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while child.alive:
                moments = await control.call("state")
                if "warned_s" in moments:
                    return float(moments["warned_s"])
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    raise LinkError(f"{child.name} ordered no warnings: {child.tail()}")


def _gate(directory: Path, port: int) -> Child:
    directory.mkdir(parents=True)
    file = directory / "gate.toml"
    file.write_text(
        f"[storage]\ndir = {json.dumps(str(directory))}\n[device]\nport = {port}\n[hub]\nport = 1\n"
        '[facility]\nid = "GG-41113-UP-0007"\nnode = "bench-gate"\nname = "bench"\nlat = 37.2\nlon = 127.0\n'
    )
    return Child("gate", ["sotdae_edge", "gate", "run", "--config", str(file)], directory)


def _bare(directory: Path, port: int) -> Child:
    return Child("bare", ["sotdae_provisioning.bench.bare", str(port)], directory)
