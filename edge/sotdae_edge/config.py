"""An agent's configuration: one TOML file, read once, whole, then immutable. All errors at once."""

import difflib
import math
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from sotdae_edge.core import limits, policy, rungs
from sotdae_edge.core.home import Home
from sotdae_edge.core.rainwatch import RainSource
from sotdae_edge.core.relays import Relay
from sotdae_edge.core.reservoir import Embankment
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
from sotdae_edge.core.slope import Slope
from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityId, FacilityText, FacilityType, NodeText
from sotdae_shared.trust import Trust

SLOPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,23}")
"""Alarm codes carry it, and have 64 characters."""
SWEEP = "sweep"
"""Somebody has walked the trail behind a riverside gate: what its reopening asks for besides (DOMAIN 9)."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FacilityConfig(_Section):
    """Which place this is, unmistakably."""

    id: FacilityText
    node: NodeText
    name: Annotated[str, Field(min_length=1, max_length=80)]
    name_en: str = ""
    disambiguation: str = ""
    """A line that tells it from others of a like name: road, direction, distance."""
    emergency: Annotated[str, Field(max_length=40)] = ""
    """Whom a person at the gate calls after 119: a telephone number, printed on the box's label."""
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]


class DeviceConfig(_Section):
    """Where the field device answers."""

    profile: str = "underpass"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    speaks: Literal["modbus", "frames", "gpio"] = "modbus"
    """`frames` is a board on a serial line, `gpio` this computer's own pins."""
    serial: str | None = None
    """A serial line instead of host and port."""
    baud: Annotated[int, Field(ge=50)] = 19_200
    parity: Literal["N", "E", "O"] = "E"
    timeout_s: Annotated[float, Field(gt=0, le=1)] = 0.25
    poll_s: Annotated[float, Field(ge=0.02, le=0.2)] = 0.1
    """Lane devices count as fresh for 0.5 s: poll at least five times in that."""


class TlsConfig(_Section):
    """Papers for a broker with TLS, as `sotdae ca issue` writes them. Without them the line is plain."""

    trust: Path
    """The province's root."""
    chain: Path
    """This side's certificate, then the authorities above it."""
    key: Path


class PapersConfig(_Section):
    """What the enrolment office stated for this box; without this section no floor and no deny list count."""

    dir: Path
    """The folder that `sotdae device` keeps."""


class HubConfig(_Section):
    """The broker; without this section the agent works alone."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    tls: TlsConfig | None = None


class StorageConfig(_Section):
    """Where outbox and state lie."""

    dir: Path
    telemetry_budget_mb: Annotated[float, Field(gt=0)] = 64.0
    ledger: bool = False
    """Keep an independent list of every committed message, for audits."""


class RecordConfig(_Section):
    """The decision record, under `record/` of the storage directory."""

    budget_mb: Annotated[float, Field(gt=0)] = 2048.0
    """The oldest closed segments go when all of them are larger."""


class CameraConfig(_Section):
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


class WatchdogConfig(_Section):
    """The process `sotdae gate watchdog`; without this section the agent does not expect it."""

    after_s: Annotated[float, Field(ge=2, le=30)] = 3.0
    """Silence of the agent after which the warnings are closed."""
    settle_s: Annotated[float, Field(ge=1, le=600)] = 5.0
    """Steady feeding after which they are the agent's again."""
    timer: Path | None = None
    """The board's hardware timer, such as /dev/watchdog, petted by the watchdog."""


class PanelConfig(_Section):
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


class DrillConfig(_Section):
    """For drills and tests only: while it stands, the gate raises the alarm `drill.active`."""

    reopen_dry_s: Annotated[float, Field(ge=1, lt=1800)]
    """Dry so long before people may reopen, in place of `times.reopen_dry`."""


class ClockConfig(_Section):
    """How the wall clock's trust is judged."""

    source: Literal["system", "assume_synced"] = "system"


class _Agent(_Section):
    facility: FacilityConfig
    storage: StorageConfig
    hub: HubConfig | None = None
    clock: ClockConfig = ClockConfig()


class GateConfig(_Agent):
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


class CameraHealthConfig(_Section):
    """A camera whose health the city agent watches."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    url: str


class LorawanConfig(_Section):
    """A LoRaWAN network server's broker, and which of its devices are this agent's."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    topic: str = "application/+/device/+/event/up"
    payload: str = "home-alarm"
    """Name of a built-in payload profile, or a TOML file."""
    devices: dict[
        Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")],
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")],
    ]
    """By EUI: the name before its points, `<name>_<point>`."""


class CityConfig(_Agent):
    """A city agent: relays a river gauge, home alarms and camera health."""

    device: DeviceConfig = DeviceConfig(profile="homes")
    homes: tuple[Home, ...] = ()
    rain: RainSource | None = None
    """Where rain warnings over the homes come from."""
    slopes: tuple[Slope, ...] = ()
    reservoirs: tuple[Embankment, ...] = ()
    lorawan: LorawanConfig | None = None
    relays: tuple[Relay, ...] = ()
    """Points of the device that only go to the hub, each under its own name."""
    cameras: tuple[CameraHealthConfig, ...] = ()

    @model_validator(mode="after")
    def _lint(self) -> Self:
        problems = [problem for slope in self.slopes for problem in _lint_slope(slope)]
        problems += [problem for each in self.reservoirs for problem in _lint_reservoir(each)]
        for kind in ("homes", "slopes", "reservoirs", "cameras"):
            names = [each.name for each in getattr(self, kind)]
            if len(set(names)) < len(names):
                problems.append(f"{kind}: two have the same name")
        problems += _lint_homes(self.homes, self.rain, self.lorawan is not None)
        if any(not 1.0 <= relay.silent_s <= 86400.0 for relay in self.relays):
            problems.append("relays: want silent_s of 1 to 86400")
        if len({relay.point for relay in self.relays}) < len(self.relays):
            problems.append("relays: two have the same point")
        prefixes = list(self.lorawan.devices.values()) if self.lorawan else []
        if len(set(prefixes)) < len(prefixes):
            problems.append("lorawan.devices: two have the same name")
        if problems:
            raise ValueError("\n".join(problems))
        return self


Config = TypeVar("Config", bound=_Agent)


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


def _lint_homes(homes: tuple[Home, ...], rain: RainSource | None, over_the_air: bool) -> list[str]:
    points, problems = [point for home in homes for point in home.points], []
    if len(set(points)) < len(points):
        problems.append("homes: a point stands twice")
    if rain is not None and not rain.points:
        problems.append("rain: want rate_point, warning_point or both")
    for home in homes:
        if home.asks_point is not None and not over_the_air:
            problems.append(f"homes.{home.name}.asks_point: needs [lorawan], by which it is answered")
        if home.cells.full_v <= home.cells.empty_v:
            problems.append(f"homes.{home.name}.cells: want full_v above empty_v")
        if (home.warned_heartbeat_s or 0.0) > home.heartbeat_s:
            problems.append(f"homes.{home.name}: want warned_heartbeat_s not above heartbeat_s")
        if home.warned_heartbeat_s is not None and rain is None:
            problems.append(f"homes.{home.name}.warned_heartbeat_s: needs [rain], from which warnings come")
    return problems


def _lint_slope(slope: Slope) -> list[str]:
    place, limits, problems = f"slopes.{slope.name}", slope.rule_limits, []
    if not SLOPE_NAME.fullmatch(slope.name):
        problems.append(f"{place}: want a name of 1 to 24 letters, digits, - and _")
    if not 0.0 < limits.attention_per_h <= limits.prepare_per_h <= limits.evacuate_per_h < math.inf:
        problems.append(f"{place}.limits: want 0 < attention_per_h <= prepare_per_h <= evacuate_per_h")
    if not 0.0 < limits.wet_factor <= 1.0:
        problems.append(f"{place}.limits.wet_factor: wet ground lowers limits: want above 0, at most 1")
    if not 0.0 < limits.active_per_day <= limits.fast_per_day or limits.wet_index_mm < 0.0:
        problems.append(f"{place}.limits: want 0 < active_per_day <= fast_per_day, wet_index_mm not below 0")
    if (
        not 0.0 < slope.full_scale < math.inf
        or not 60.0 <= slope.silent_s <= 86400.0
        or not slope.calm_s >= 3600.0
    ):
        problems.append(f"{place}: want full_scale > 0, silent_s of 60 to 86400, calm_s of 3600 or more")
    return problems


def _lint_reservoir(each: Embankment) -> list[str]:
    place, problems = f"reservoirs.{each.name}", []
    if not SLOPE_NAME.fullmatch(each.name):
        problems.append(f"{place}: want a name of 1 to 24 letters, digits, - and _")
    if not math.isfinite(each.crest_cm) or not 0.0 < each.serious_cm < each.attention_cm < math.inf:
        problems.append(f"{place}: want a crest_cm, and 0 < serious_cm < attention_cm")
    if not each.settle_mm_day > 0.0 or not each.jump_factor > 1.0:
        problems.append(f"{place}: want settle_mm_day above 0 and jump_factor above 1")
    if not 60.0 <= each.silent_s <= 86400.0 or not each.calm_s >= 3600.0:
        problems.append(f"{place}: want silent_s of 60 to 86400, calm_s of 3600 or more")
    return problems


def load_gate(path: Path) -> GateConfig:
    """Read a gate's file. Raises ConfigError with every problem and its place."""
    return _load(GateConfig, path)


def load_city(path: Path) -> CityConfig:
    """Read a city agent's file. Raises ConfigError with every problem and its place."""
    return _load(CityConfig, path)


def _load(model: type[Config], path: Path) -> Config:
    try:
        return model.model_validate(_read(path))
    except ValidationError as error:
        known = _names(model.model_json_schema())
        raise ConfigError(
            str(path), [line for detail in error.errors() for line in _lines(detail, known)]
        ) from error


def _lines(detail: Any, known: frozenset[str]) -> list[str]:
    place, text = ".".join(str(part) for part in detail["loc"]), detail["msg"].removeprefix("Value error, ")
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        said = str(detail["loc"][-1])
        near = difflib.get_close_matches(said, known - {said}, 1, 0.7)
        text = "there is no such setting here" + (f"; did you mean {near[0]}?" if near else "")
    return [f"{place}: {text}"] if place else text.splitlines()


def _names(schema: dict[str, Any]) -> frozenset[str]:
    """Every name of a setting in a model's schema."""
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        hint = "; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else ""
        raise ConfigError(str(path), [f"cannot be read: {error}{hint}"]) from error
    except (ValueError, RecursionError) as error:  # tomllib lets int's and its own limits through
        raise ConfigError(str(path), [f"is not TOML: {error}"]) from error
