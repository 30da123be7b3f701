"""A site as data: channels, thresholds, times. Every number has a default with its source.

Sources: DOMAIN = the domain notes on Korean underpasses (MOLIT guideline 2024-04; Osong and Choryang
inquiries), DESIGN = the project's design.
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from sotdae_edge.core.rungs import Ladder
from sotdae_shared.trust import Trust

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
"""A misspelt threshold in a file must be refused, not ignored; so must NaN, which no comparison meets."""

ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,40}$")]
"""Alarm codes carry it, and have 64 characters."""
ChecklistItem = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A word for something that people have seen to before they open."""
CHECKLIST = ("cctv", "on_site", "pumps")
"""Seen by camera, seen on site, pumped dry (DOMAIN 1.5)."""
PublicKey = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
"""An Ed25519 public key."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A level channel. An analogue one has one point, a switch has one point per level."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: ChannelName
    kind: Literal["analog", "switch"]
    points: Annotated[tuple[tuple[str, float], ...], Field(min_length=1)]
    """(point, level_cm): for a switch the level at which it closes; for an analogue one (point, 0)."""
    range_cm: tuple[float, float] = (-5.0, 400.0)
    bus: str = ""
    """What it shares with others of the same name, as are `power` and `model`; empty: nothing."""
    power: str = ""
    model: str = ""
    sigma_cm: float | None = None
    """One sigma of an analogue one, for the displayed level only; None: what its name suggests."""


@dataclass(frozen=True, slots=True)
class Approach:
    """One arm across one way in or out, with the lanes under it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,16}$")] = ""
    """Empty for the only one of a facility; alarm codes end in it."""
    side: Literal["entry", "exit"] = "entry"
    """An exit is lowered last and fails up: cars inside must get out (DOMAIN 1.5)."""
    prefix: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,24}$")] = ""
    """Comes before the name of each of its points, such as ``north_``."""
    lanes: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9_]{0,24}$")], ...], Field(min_length=1)] = (
        "",
    )
    """One for each lane under the arm: comes, after `prefix`, before its loop's and its curtain's name."""

    def said(self, text: str) -> str:
        """Return a text that says which approach it is about, where there are several."""
        return f"{self.name}: {text}" if self.name else text

    def code(self, code: str) -> str:
        """Return an alarm code that says which approach it is about, where there are several."""
        return f"{code}.{self.name}" if self.name else code


@dataclass(frozen=True, slots=True)
class Levels:
    """Water and river thresholds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    caution_cm: float = 5.0
    """Local alert stage (DOMAIN 1.1)."""
    caution_off_cm: float = 2.0
    close_cm: float = 15.0
    """National closing rule since 2024-04 (DOMAIN 0.1)."""
    unsafe_cm: float = 30.0
    """Water enters, cars stop (DOMAIN 1.1)."""
    predict_from_cm: float = 3.0
    reopen_cm: float = 3.0
    river_caution_cm: float | None = None
    river_trigger_cm: float | None = None
    """Dry close, cm above datum; Osong's was 2,902 (DOMAIN 1.1)."""
    rain_warning_mm_h: float = 30.0
    """Very strong rain (DOMAIN 2); only decides where no level channel is left."""


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in seconds."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    confirm: float = 0.5
    """A vote must hold this long: two to three samples, and warnings still start within 1 s."""
    channel_age: float = 1.5
    river_age: float = 30.0
    river_lost: float = 60.0
    """Without a river reading this long, the cached stage ages out into caution."""
    spike: float = 0.6
    """A jump that persists this long is water, not a spike; never delays a close beyond 3 s."""
    disagree: float = 10.0
    rate_window: float = 15.0
    rate_min: float = 10.0
    caution_off: float = 600.0
    blind: float = 60.0
    """Without any valid level channel this long, context decides (DESIGN 4)."""
    hub_silent: float = 600.0
    lane_age: float = 0.5
    camera_age: float = 1.0
    camera_hold: float = 30.0
    pre_warn: float = 5.0
    """Warnings before motion; never below 3 s (DOMAIN 1.5)."""
    clear: float = 1.0
    clear_after_raise: float = 3.0
    held_open: float = 30.0
    travel: float = 25.0
    """No proof of closure by then is PARTIAL (DOMAIN 1.5)."""
    no_motion: float = 3.0
    back_off: float = 4.0
    escape: float = 20.0
    retry_rest: float = 60.0
    stall: float = 0.3
    proof_lost: float = 1.0
    permit: float = 0.1
    """Hold-to-run renewal; the controller stops the arm within 0.5 s without it."""
    readback: float = 2.0
    reopen_dry: float = 1800.0
    nonce: float = 300.0
    release: float = 30.0
    """The hub's release must come so soon after the order that it is asked for (DESIGN 3.5)."""
    manual_alarm: float = 1800.0
    device_silent: float = 1.0
    repair: float = 86_400.0
    """A vote short of a channel this long must be repaired at last (DOMAIN 1.6)."""
    caution_after_open: float = 600.0
    """The signs show caution this long after a reopening (DOMAIN 1.5)."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """What decides how early to close: see `Site.lead_s`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    length_m: float = 175.0
    clear_speed_km_h: float = 30.0
    warning_s: float = 5.0
    lowering_s: float = 8.0
    margin_s: float = 7.0


@dataclass(frozen=True, slots=True)
class Riverside:
    """What a gate of a riverside road or trail has besides: people behind it, a lock, a voice (DOMAIN 9)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    lock_after: float = 180.0
    """Seconds proved closed before it locks: so long people inside just push it open."""


@dataclass(frozen=True, slots=True)
class SelfTestPlan:
    """When self-tests run by themselves, and when each is overdue (DOMAIN 10.12)."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    hour: int = 3
    """The lamps flash silently in this hour of Korean time."""
    lamps_hours: float = 48.0
    stroke_days: float = 35.0
    wet_days: float = 180.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose signature counts, and at which level of the command table."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    key: Annotated[str, Field(min_length=1, max_length=64)]
    public: PublicKey
    name: Annotated[str, Field(min_length=1, max_length=80)]
    level: Literal["panel", "city", "province"]


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """Whose signed policies a site takes, and how far they may go; no policy changes any of it."""

    trust: Trust
    bounds: dict[str, tuple[float, float]] = field(default_factory=dict)
    """The site's own least and most of a value, inside of `limits`."""
    floor: int = 0
    """The lowest version that may be in force, as the enrolment office had stated by the start."""


@dataclass(frozen=True, slots=True)
class ReleaseKey:
    """A hub's key: it releases a reopening that two people have ordered from afar, and does nothing else."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    key: Annotated[str, Field(min_length=1, max_length=64)]
    public: PublicKey


@dataclass(frozen=True, slots=True)
class Site:
    """One underpass, or one gate of a riverside road or trail."""

    facility: str
    channels: tuple[Channel, ...]
    approaches: tuple[Approach, ...] = (Approach(),)
    levels: Levels = field(default_factory=Levels)
    times: Times = field(default_factory=Times)
    geometry: Geometry = field(default_factory=Geometry)
    roster: tuple[Person, ...] = ()
    release: tuple[ReleaseKey, ...] = ()
    """Without one nobody reopens over the network."""
    checklist: tuple[ChecklistItem, ...] = CHECKLIST
    """What the signers of an opening attest."""
    riverside: Riverside | None = None
    ladder: Ladder = field(default_factory=Ladder)
    """What is done on each rung of degradation."""
    deny_list: bool = False
    """Whether an opening needs a deny list of the last seven days; if not, the whole roster counts."""
    hub: bool = True
    """Whether there is a hub to be lost."""
    retries: int = 3
    spike_cm: float = 15.0
    disagree_cm: float = 5.0
    noise_cm: float = 0.05
    """An analogue channel flatter than this has no noise."""
    stall_a: float = 8.0
    selftest: SelfTestPlan | None = None
    """Without a plan nothing is tested by itself and nothing is overdue."""
    drill: bool = False
    """A drill has shortened the dry time before a reopening; an alarm says so as long as it lasts."""
    policy: PolicyRules | None = None
    """Without rules no policy is taken."""

    @property
    def independent(self) -> bool:
        """Whether no two channels share a declared bus, power or model."""
        for shared in ("bus", "power", "model"):
            names = [name for channel in self.channels if (name := getattr(channel, shared))]
            if len(set(names)) < len(names):
                return False
        return True

    def prefix_of(self, approach: str) -> str:
        """Return what comes before an approach's points. KeyError if there is none of this name."""
        for spec in self.approaches:
            if spec.name == approach:
                return spec.prefix
        raise KeyError(approach)

    @property
    def lead_s(self) -> float:
        """Time the water has while the gate closes and the tunnel empties: T_seq + L / v (DOMAIN 1.4)."""
        shape = self.geometry
        return shape.warning_s + shape.lowering_s + shape.margin_s + self.emptying_s

    @property
    def emptying_s(self) -> float:
        """Time in which the last car leaves the tunnel: L / v (DOMAIN 1.4)."""
        return self.geometry.length_m / (self.geometry.clear_speed_km_h / 3.6)


UNDERPASS_CHANNELS = (
    Channel("radar", "analog", (("radar_level", 0.0),)),
    Channel("pressure", "analog", (("pressure_level", 0.0),)),
    Channel("float", "switch", (("float_5", 5.0), ("float_15", 15.0))),
)
"""The three diverse level sensors of the underpass profile."""
