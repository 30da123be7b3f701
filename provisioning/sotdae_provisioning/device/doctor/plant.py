"""The field device: reached as the agent reaches it, its unit, and each level channel."""

import asyncio
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sotdae_edge.config import DeviceConfig
from sotdae_edge.core.site import Channel
from sotdae_edge.core.validity import SELF_TEST_LEAST
from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.lines import Line, Serial, Tcp
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.reach import reach
from sotdae_provisioning.device.doctor.finding import Finding, found
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.samples import Sample

LOOK_S = 2.0
"""Longer than a channel's reading may be old (1.5 s), so that one that stands still is seen."""
UNITS = (*range(1, 17), 247)
"""Asked where the right one is silent: what makers ship and installers set."""


@dataclass(frozen=True, slots=True)
class Plant:
    """What the device answered: its first and its last reading, or why there is none."""

    line: str
    unit: int
    first: Mapping[str, Sample] = field(default_factory=dict)
    last: Mapping[str, Sample] = field(default_factory=dict)
    unreached: str | None = None
    """Why there is no connection at all."""
    others: tuple[int, ...] | None = None
    """Which units answer where ours does not."""
    misread: str | None = None
    """Why our unit's answer is none of the profile's."""


async def gather(device: DeviceConfig, patience_s: float) -> Plant:
    """Read the device for some seconds. A failed read is tried again: the agent may have the line."""
    profile, line = load(device.profile), _line(device)
    unit = profile.device.unit_id
    try:
        reached = reach(profile, line, device.speaks, patience_s)
    except ConfigError as error:
        return Plant(str(line), unit, unreached=str(error))
    readings: list[Mapping[str, Sample]] = []
    failed = ""
    try:
        for _ in range(5):
            try:
                readings.append(await reached.read())
                await asyncio.sleep(LOOK_S / 4)
            except LinkError as error:
                failed = str(error)
    finally:
        await reached.close()
    if readings:
        return Plant(str(line), unit, readings[0], readings[-1])
    if device.speaks != "modbus":
        return Plant(str(line), unit, unreached=failed)
    return await _why(line, unit, failed, patience_s)


async def _why(line: Line, unit: int, failed: str, patience_s: float) -> Plant:
    bus = ModbusBus(line, patience_s)
    try:
        if await bus.probe(unit):
            return Plant(str(line), unit, misread=failed)
        answering = []
        for other in UNITS:
            with suppress(LinkError):
                if other != unit and await bus.probe(other):
                    answering.append(other)
        return Plant(str(line), unit, others=tuple(answering))
    except LinkError as error:
        return Plant(str(line), unit, unreached=str(error))
    finally:
        await bus.close()


def _line(device: DeviceConfig) -> Line:
    if device.serial is not None:
        return Serial(device.serial, device.baud, device.parity)
    return Tcp(device.host, device.port)


def judge(facts: Plant, device: DeviceConfig, channels: tuple[Channel, ...], file: Path) -> Iterator[Finding]:
    """Say what is wrong with the device and its level channels."""
    if facts.unreached is not None:
        yield found("device.refused", line=facts.line, why=facts.unreached, file=file)
    elif facts.others is not None:
        others = ", ".join(map(str, facts.others)) or "none of those that were asked"
        yield found("device.unit", line=facts.line, unit=facts.unit, others=others)
    elif facts.misread is not None:
        words = {"line": facts.line, "unit": facts.unit, "profile": device.profile, "why": facts.misread}
        yield found("device.map", **words)
    else:
        for channel in channels:
            yield from list(_channel(channel, facts))[:1]


def _channel(channel: Channel, facts: Plant) -> Iterator[Finding]:
    """Yield what is wrong with one channel, the cause before what follows from it."""
    least, (low, high) = SELF_TEST_LEAST[channel.kind], channel.range_cm
    for point, _ in channel.points:
        first, last = facts.first.get(point), facts.last.get(point)
        if last is None or first is None or last.value is None:
            yield found("channel.silent", channel=channel.name, point=point)
            continue
        if last.count is not None and last.count == first.count:
            yield found("channel.still", channel=channel.name, point=point, seconds=f"{LOOK_S:g}")
        if last.quality is not None and last.quality < least:
            yield found(
                "channel.failing", channel=channel.name, quality=f"{last.quality:g}", least=f"{least:g}"
            )
        outside = not math.isfinite(last.value) or not low <= last.value <= high
        if channel.kind == "analog" and outside:
            limits = {"low": f"{low:g}", "high": f"{high:g}"}
            yield found("channel.range", channel=channel.name, value=f"{last.value:g}", **limits)
