"""One round through everything that a gate's file names: gathered, judged, the worst first."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.probe import RtspProbe
from sotdae_edge.config import GateConfig, TlsConfig
from sotdae_edge.fitting import fitted_gate
from sotdae_provisioning.device.doctor import agent, broker, clock, papers, plant, storage
from sotdae_provisioning.device.doctor.finding import Finding, found, worst_first
from sotdae_provisioning.device.papers import CURRENT
from sotdae_provisioning.device.renewing import OFFICE
from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import ClockTrust
from sotdae_shared.topics import Address

PARTS = ("config", "storage", "agent", "device", "clock", "papers", "broker", "camera")
DEVICE_S = 1.0
"""Patience with the field device: more than the agent's, for it may be asking at the same time."""
_BAD_PAPERS = ("absent", "broken", "key_other", "other_box", "chain", "expired", "early")
_FOLLOWS = {
    "broker.refuses": tuple(f"papers.{each}" for each in _BAD_PAPERS),
    "broker.untrusted": ("papers.chain", "papers.early", "clock.unset"),
    "outbox.old": ("agent.", "broker.", *(f"papers.{each}" for each in _BAD_PAPERS)),
}
"""What follows from another fault is not told beside it: a technician mends causes."""


@dataclass(slots=True)
class Report:
    """What was found, what was looked at, and what was not, with the reason."""

    findings: list[Finding] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Examination:
    """One round for one file."""

    file: Path
    folder: Path | None
    """Papers in another place than the file says."""
    office: str | None
    """Where the office is; None: where the papers say that it was."""
    now: Callable[[], datetime]
    report: Report = field(default_factory=Report)
    holder: int | None = None
    """The agent's process."""
    seen: bool = False
    """Whether an agent would have been seen."""

    async def run(self) -> Report:
        """Look at everything. Nothing is changed, and a running agent is not disturbed."""
        self.report.looked.append("config")
        try:
            config = fitted_gate(self.file)
        except ConfigError as error:
            problems = [found("config.wrong", file=self.file, problem=each) for each in error.problems]
            self.report.findings = problems
            self.report.skipped = dict.fromkeys(PARTS[1:], "config")
            return self.report
        findings = await self._box(config)
        parts = (self._device(config), self._clock(config), self._broker(config), self._camera(config))
        findings += self._papers(config)
        for each in await asyncio.gather(*parts):
            findings += each
        self.report.findings = worst_first(causes(findings))
        return self.report

    async def _box(self, config: GateConfig) -> list[Finding]:
        """Look at folder and processes. Without a disk an agent runs from memory, and is not seen."""
        stored = storage.gather(config.storage.dir)
        processes = await agent.gather(config)
        self.report.looked += ["storage", "agent"]
        self.holder, self.seen = processes.holder, stored.refusal is None
        return [*storage.judge(stored, self.now()), *agent.judge(processes, seen=self.seen)]

    async def _device(self, config: GateConfig) -> list[Finding]:
        may_run = self.holder is not None or not self.seen
        if may_run and (config.device.serial is not None or config.device.speaks != "modbus"):
            self.report.skipped["device"] = "the running agent has its line"
            return []
        self.report.looked.append("device")
        facts = await plant.gather(config.device, DEVICE_S)
        return list(plant.judge(facts, config.device, config.channels, self.file))

    async def _clock(self, config: GateConfig) -> list[Finding]:
        self.report.looked.append("clock")
        trust = SystemClock(assume_synced=config.clock.source == "assume_synced").trust()
        office = self.office or self._office_of(config)
        return list(clock.judge(await clock.gather(self.now, trust is ClockTrust.SYNCED, office)))

    def _office_of(self, config: GateConfig) -> str | None:
        folder = self.folder or (None if config.papers is None else config.papers.dir)
        try:
            return None if folder is None else (folder / OFFICE).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def _tls(self, config: GateConfig) -> TlsConfig | None:
        if self.folder is None:
            return None if config.hub is None else config.hub.tls
        used = self.folder / CURRENT
        return TlsConfig(trust=used / "root.pem", chain=used / "chain.pem", key=used / "key.pem")

    def _papers(self, config: GateConfig) -> list[Finding]:
        files = self._tls(config)
        if files is None:
            self.report.skipped["papers"] = "no [hub.tls]"
            return []
        self.report.looked.append("papers")
        address = Address(FacilityId(config.facility.id), config.facility.node)
        return list(papers.judge(papers.gather(files), address, self.file, self.now()))

    async def _broker(self, config: GateConfig) -> list[Finding]:
        if config.hub is None:
            self.report.skipped["broker"] = "no [hub]"
            return []
        self.report.looked.append("broker")
        hub, node = config.hub.model_copy(update={"tls": self._tls(config)}), config.facility.node
        # A broker may know us and the agent by one name: two lines would end each other.
        alone = self.seen and (self.holder is None or not await agent.connected(self.holder, hub.port))
        return broker.judge(await broker.gather(hub, node, speak=alone), hub, node, self.file)

    async def _camera(self, config: GateConfig) -> list[Finding]:
        if config.camera is None:
            self.report.skipped["camera"] = "no [camera]"
            return []
        self.report.looked.append("camera")
        url = config.camera.url
        if await RtspProbe().alive(url):
            return []
        return [found("camera.silent", url=_without_password(url), file=self.file)]


def causes(findings: Iterable[Finding]) -> list[Finding]:
    """Return what does not follow from anything else that was found."""
    listed = list(findings)
    codes = [finding.code for finding in listed]
    return [
        finding
        for finding in listed
        if not any(code.startswith(_FOLLOWS.get(finding.code, ())) for code in codes if code != finding.code)
    ]


def _without_password(url: str) -> str:
    """Return a camera's address as it may be shown: a camera's password often stands in it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
