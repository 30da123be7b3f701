"""The same job side by side: register over threshold to coil written, as one Modbus server sees everybody."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sotdae_edge.core.signals import KEY_BACK_S
from sotdae_firmware_bridge.sim.control import SimControl
from sotdae_provisioning.bench.figures import quantile
from sotdae_provisioning.bench.loop import TARGET_MS, plant
from sotdae_provisioning.bench.machine import tree_rss_mib
from sotdae_provisioning.bench.peers import Contender
from sotdae_provisioning.bench.plant import FLOOD_CM
from sotdae_provisioning.child import Child
from sotdae_shared.errors import LinkError

TARGET_MIB = 80.0
LOOK_S = 0.01
KEY_S = 0.3
"""A key is held for at least two scans."""
START_S = 60.0
TRIP_S = 10.0
WARM_UP = 3
"""Trips before those that count."""
SHARES = (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
HOW = (
    "one Modbus server, whose register rises at random moments, notes when it rose, when the risen value was "
    "first read and when the coil came; one contender after another, each a process of its own, warmed up by "
    "3 trips; memory is the largest sum over the process tree seen after a trip. Sotdae reads 36 points, "
    "votes over three channels, saves its state and records its decisions; the others compare one register"
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender did."""

    name: str
    poll_s: float
    served_to_written_ms: tuple[float, ...]
    changed_to_written_ms: tuple[float, ...]
    rss_mib: float

    def figures(self) -> dict[str, float]:
        """Return p50, p99 and maximum of both spans (ms), and the memory (MiB)."""
        spans = {"served": self.served_to_written_ms, "changed": self.changed_to_written_ms}
        found = {
            f"{span}_{name}_ms": quantile(of, share) for span, of in spans.items() for name, share in SHARES
        }
        return {**found, "rss_mib": self.rss_mib}


@dataclass(frozen=True, slots=True)
class SideBySide:
    """All rows of one run; the first is what the others are compared with."""

    trips: int
    rows: tuple[Row, ...]
    how: str = HOW

    def as_json(self) -> dict[str, Any]:
        """Return figures and, for each, how many times that of the first row it is."""
        ours = self.rows[0].figures()
        targets = {"served_p99_ms": TARGET_MS, "rss_mib": TARGET_MIB}
        rows = []
        for row in self.rows:
            figures = row.figures()
            ratios = {name: value / ours[name] for name, value in figures.items()}
            rows.append({"name": row.name, "poll_s": row.poll_s, "figures": figures, "of_first": ratios})
        return {
            "name": "loop --peers",
            "how": self.how,
            "samples": self.trips,
            "targets": targets,
            "rows": rows,
        }


async def measure(
    contenders: Sequence[Contender], trips: int, directory: Path, rng: random.Random
) -> SideBySide:
    """Let each contender guard for `trips` trips. Raises LinkError if one misses one."""
    rows = []
    async with plant(directory) as (port, control):
        for number, contender in enumerate(contenders):
            where = directory / f"contender-{number}"
            where.mkdir()
            rows.append(await _row(contender, contender.prepare(where, port), control, trips, rng))
    return SideBySide(trips, tuple(rows))


async def _row(
    contender: Contender, child: Child, control: SimControl, trips: int, rng: random.Random
) -> Row:
    await control.call("depth", cm=0.0)
    await child.start()
    try:
        await _seen(child, control, "opened_s" if contender.keyed else "served_s", START_S)
        moments, rss_mib = [], 0.0
        for _ in range(WARM_UP + trips):
            await asyncio.sleep(rng.uniform(0.0, contender.poll_s))
            await control.call("depth", cm=FLOOD_CM)
            moments.append(await _seen(child, control, "written_s", TRIP_S))
            rss_mib = max(rss_mib, tree_rss_mib(child.pid))
            await _reopen(contender, child, control)
    finally:
        await child.stop()
    counted = moments[WARM_UP:]
    served, changed = (
        tuple(1000.0 * (moment["written_s"] - moment[since]) for moment in counted)
        for since in ("served_s", "changed_s")
    )
    return Row(contender.name, contender.poll_s, served, changed, rss_mib)


async def _reopen(contender: Contender, child: Child, control: SimControl) -> None:
    """Dry the road; where a person must release it, turn the key and turn it back until it is released."""
    await control.call("depth", cm=0.0)
    if not contender.keyed:
        await _seen(child, control, "opened_s", TRIP_S)
        return
    by_s = time.monotonic() + TRIP_S
    while "opened_s" not in await control.call("state"):
        if time.monotonic() > by_s:
            raise LinkError(f"{child.name} did not reopen: {child.tail()}")
        for turned, seconds in ((True, KEY_S), (False, KEY_BACK_S + KEY_S)):
            await control.call("key", on=turned)
            await asyncio.sleep(seconds)


async def _seen(child: Child, control: SimControl, moment: str, within_s: float) -> dict[str, float]:
    """Return the moments once one has been noted. Raises LinkError if it is not in time."""
    by_s = time.monotonic() + within_s
    while time.monotonic() < by_s and child.alive:
        moments = await control.call("state")
        if moment in moments:
            return {name: float(at_s) for name, at_s in moments.items()}
        await asyncio.sleep(LOOK_S)
    why = f"no {moment} within {within_s:g} s" if child.alive else f"ended before {moment}"
    raise LinkError(f"{child.name}: {why}: {child.tail()}")
