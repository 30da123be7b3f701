"""A gate's file."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, FiniteFloat, model_validator

from sotdae_edge.config.sections import Agent, DeviceConfig, Section
from sotdae_edge.core import limits, policy, rungs
from sotdae_edge.core.rungs import Ladder
from sotdae_edge.core.site import (
    CHECKLIST,
    UNDERPASS_CHANNELS,
    Approach,
    Channel,
    ChecklistItem,
    Geometry,
    Levels,
    Person,
    PolicyRules,
    ReleaseKey,
    Riverside,
    SelfTestPlan,
    Site,
    Times,
)
from sotdae_shared.ids import FacilityId, FacilityText, FacilityType
from sotdae_shared.trust import Trust

SWEEP = "sweep"
"""Somebody has walked the trail behind a riverside gate: what its reopening asks for besides (DOMAIN 9)."""


class PapersConfig(Section):
    """What the enrolment office stated for this box; without this section no floor and no deny list count."""

    dir: Path
    """The folder that `sotdae device` keeps."""


class RecordConfig(Section):
    """The decision record, under `record/` of the storage directory."""

    budget_mb: Annotated[float, Field(gt=0)] = 2048.0
    """The oldest closed segments go when all of them are larger."""


class CameraConfig(Section):
    """The camera that looks at the arm; an extra witness only."""

    url: str
    model: str = "armzone"
    zone: Annotated[tuple[float, float, float, float] | None, Field(description="x0, y0, x1, y1 of 0..1")] = (
        None
    )
    every_s: Annotated[float, Field(gt=0)] = 10.0
    """How often a picture goes to the hub."""
    approach: str = ""
    """Whose arm it looks at, where there are several."""


class WatchdogConfig(Section):
    """The process `sotdae gate watchdog`; without this section the agent does not expect it."""

    after_s: Annotated[float, Field(ge=2, le=30)] = 3.0
    """Silence of the agent after which the warnings are closed."""
    settle_s: Annotated[float, Field(ge=1, le=600)] = 5.0
    """Steady feeding after which they are the agent's again."""
    timer: Path | None = None
    """The board's hardware timer, such as /dev/watchdog, petted by the watchdog."""


class PanelConfig(Section):
    """The socket of `sotdae gate panel`, for the people of the roster."""

    enabled: bool = True
    socket: Path | None = None
    """Its place; by default `panel/panel.sock` under `storage.dir`. Its directory is closed to others."""


class PolicyConfig(Trust):
    """Whose signed policies this gate takes, and what they may set; without it, none."""

    bounds: Annotated[dict[str, tuple[FiniteFloat, FiniteFloat]], Field(default_factory=dict)]
    """This site's own least and most of a value, such as ``caution_cm = [3, 8]``."""

    @property
    def rules(self) -> PolicyRules:
        """The part that the core needs."""
        return PolicyRules(Trust(needed=self.needed, signers=self.signers), dict(self.bounds))


class DrillConfig(Section):
    """For drills and tests only: while it stands, the gate raises the alarm `drill.active`."""

    reopen_dry_s: Annotated[float, Field(ge=1, lt=1800)]
    """Dry so long before people may reopen, in place of `times.reopen_dry`."""


class GateConfig(Agent):
    """One gate."""

    device: DeviceConfig = DeviceConfig()
    camera: CameraConfig | None = None
    watchdog: WatchdogConfig | None = None
    record: RecordConfig = RecordConfig()
    panel: PanelConfig = PanelConfig()
    papers: PapersConfig | None = None
    history: Path | None = None
    """A CSV file `time,level_cm` recorded before this start; it goes to the hub, never into a decision."""
    levels: Levels = Levels()
    times: Times = Times()
    geometry: Geometry = Geometry()
    channels: tuple[Channel, ...] = UNDERPASS_CHANNELS
    approaches: Annotated[tuple[Approach, ...], Field(min_length=1, max_length=8)] = (Approach(),)
    roster: tuple[Person, ...] = ()
    release: tuple[ReleaseKey, ...] = ()
    """The hubs' keys, one of which must release a reopening over the network."""
    checklist: tuple[ChecklistItem, ...] = CHECKLIST
    riverside: Riverside | None = None
    """Always at a riverside gate, and only there. It adds the sweep to the checklist."""
    selftest: SelfTestPlan = SelfTestPlan()
    ladder: Ladder = Ladder()
    """What this facility does on each rung of degradation (docs/gate.md)."""
    policy: PolicyConfig | None = None
    drill: DrillConfig | None = None

    @property
    def panel_socket(self) -> Path:
        """Where the panel's socket is."""
        return self.panel.socket or self.storage.dir / "panel" / "panel.sock"

    @property
    def publics(self) -> frozenset[str]:
        """Public halves of the keys of everybody whose signature counts here, in lower case."""
        found = [each.public for each in self.roster] + [each.public for each in self.release]
        if self.policy is not None:
            found += [each.public for each in self.policy.rules.trust.signers]
        return frozenset(public.lower() for public in found)

    @property
    def site(self) -> Site:
        """The part that the core needs."""
        times = self.times
        if self.drill is not None:
            times = replace(times, reopen_dry=self.drill.reopen_dry_s)
        return Site(
            facility=str(self.facility.id),
            channels=self.channels,
            approaches=self.approaches,
            levels=self.levels,
            times=times,
            geometry=self.geometry,
            roster=self.roster,
            release=self.release,
            checklist=self._checklist,
            riverside=self.riverside,
            selftest=self.selftest,
            ladder=self.ladder,
            deny_list=self.papers is not None,
            hub=self.hub is not None,
            drill=self.drill is not None,
            policy=None if self.policy is None else self.policy.rules,
        )

    @property
    def _checklist(self) -> tuple[ChecklistItem, ...]:
        if self.riverside is None or SWEEP in self.checklist:
            return self.checklist
        return (*self.checklist, SWEEP)

    @model_validator(mode="after")
    def _lint(self) -> Self:
        on_foot = self.riverside is not None
        problems = limits.problems(self.levels, self.times, self.geometry, on_foot=on_foot)
        problems = problems or limits.start_problems(self.site)
        problems += _lint_riverside(self.facility.id, self.riverside)
        problems += limits.selftest_problems(self.selftest)
        problems += [
            *limits.channel_problems(self.channels, self.levels),
            *_lint_roster(self.roster, self.release),
        ]
        problems += [*limits.approach_problems(self.approaches), *rungs.problems(self.ladder)]
        problems += [] if self.policy is None else policy.bounds_problems(self.policy.bounds)
        names = {approach.name for approach in self.approaches}
        if self.camera is not None and self.camera.approach not in {"", *names}:
            problems.append(f"camera.approach: there is no approach {self.camera.approach!r}")
        if "on_site" not in self.checklist:
            problems.append("checklist: want on_site: nobody reopens a road that nobody has seen")
        if self.watchdog is not None and (self.device.speaks != "modbus" or self.device.serial is not None):
            problems.append("watchdog: a serial line or pins have one master; only Modbus TCP takes a second")
        if problems:
            raise ValueError("\n".join(problems))
        return self


def _lint_riverside(facility: FacilityText, settings: Riverside | None) -> list[str]:
    """A riverside gate without its lock and voice, or an underpass with them, is a mistaken file."""
    if (FacilityId(facility).type is FacilityType.RIVERSIDE_GATE) is not (settings is not None):
        return ["riverside: wanted for a facility of type RG, and only there"]
    return [] if settings is None else list(limits.riverside_problems(settings))


def _lint_roster(roster: tuple[Person, ...], release: tuple[ReleaseKey, ...]) -> list[str]:
    """One key under two names would let one person reopen alone, or a hub without people."""
    problems = []
    if len({person.key for person in roster}) < len(roster):
        problems.append("roster: two have the same key name")
    if len({person.public.lower() for person in roster}) < len(roster):
        problems.append("roster: two have the same public key")
    if len({each.key for each in release}) < len(release):
        problems.append("release: two have the same key name")
    if {each.public.lower() for each in release} & {person.public.lower() for person in roster}:
        problems.append("release: a person's key cannot release; make the hub's own by `sotdae gate key new`")
    return problems
