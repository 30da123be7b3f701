"""What a gate remembers across a restart.

Off-time is unknown: it counts zero for whatever permits (dry period) and as expired for whatever
relaxes (nonces, caches), so none of those is kept.
"""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from sotdae_edge.core.ages import Kept
from sotdae_shared.errors import WireError

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

VERSION = 1


@dataclass(frozen=True, slots=True)
class Incident:
    """A latched cause to be closed. Only people end it."""

    name: str
    cause: str
    first_out: str
    because: tuple[str, ...]
    rank: Annotated[int, Field(ge=1, le=7)] | None = None
    """Highest rank that ordered it closed; None when only the gate did."""


@dataclass(frozen=True, slots=True)
class Memento:
    """The durable part of a gate."""

    state: str = "start"
    episode: Annotated[int, Field(ge=0)] = 0
    incident: Incident | None = None
    last_seq: dict[str, Annotated[int, Field(ge=0)]] = field(default_factory=dict)
    bypassed: dict[str, str] = field(default_factory=dict)
    """Channels that were out of the vote, and by whom: only to tell that the restart has ended that."""
    short_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """For how long a channel has been missing; time without power is not in it."""
    ages: dict[str, Kept] = field(default_factory=dict)
    """How old each self-test is."""
    wall_s: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """When this was saved, by a trusted wall clock."""
    policy: Any = None
    """What `policies` keeps; it is read there, so that a policy that is damaged costs nothing else."""

    @classmethod
    def of(cls, gate: "Gate", now: float) -> "Memento":
        """Return what a restart of this gate must find."""
        out = [channel for channel in gate.sensing.channels if channel.bypassed(now)]
        due, repair_s = gate.repair_due, gate.site.times.repair
        return cls(
            gate.state.value, gate.episode, gate.incident, gate.last_seq,
            {channel.spec.name: channel.bypass.by for channel in out if channel.bypass is not None},
            0.0 if due is None else max(0.0, now - due + repair_s),
            gate.selftests.ages.keep(now), gate.selftests.ages.wall_s(now),
            gate.policies.keep(),
        )  # fmt: skip

    def write(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def read(cls, value: object) -> "Memento":
        """Return a memento from JSON values; None means there is none.

        Raises:
            WireError: if it is not one; the caller keeps the old bytes and starts without.
        """
        if value is None:
            return cls()
        version = value.get("version") if isinstance(value, dict) else None
        if not isinstance(value, dict) or version != VERSION:
            raise WireError(f"memento version {version!r:.40}: this agent reads {VERSION}")
        try:
            return _ADAPTER.validate_python(value)
        except ValidationError as error:
            raise WireError(f"memento: {error.error_count()} wrong fields") from error


_ADAPTER: TypeAdapter[Memento] = TypeAdapter(Memento)
