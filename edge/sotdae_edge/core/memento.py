"""What a gate remembers across a restart.

Off-time is unknown: it counts zero for whatever permits (dry period) and as expired for whatever
relaxes (nonces, caches), so none of those is kept.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sotdae_shared.errors import WireError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Incident:
    """A latched cause to be closed. Only people end it."""

    name: str
    cause: str
    first_out: str
    because: tuple[str, ...]
    rank: int | None = None
    """Who ordered it, for a command; None when the gate did."""


@dataclass(frozen=True, slots=True)
class Memento:
    """The durable part of a gate."""

    state: str = "start"
    episode: int = 0
    incident: Incident | None = None
    last_seq: dict[str, int] = field(default_factory=dict)

    def write(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def read(cls, value: dict[str, Any] | None) -> "Memento":
        """Return a memento from JSON values; None means there is none.

        Raises:
            WireError: if it is not one; the caller keeps the old bytes and starts without.
        """
        if value is None:
            return cls()
        if value.get("version") != VERSION:
            raise WireError(f"memento version {value.get('version')!r}: this agent reads {VERSION}")
        try:
            return _ADAPTER.validate_python({key: value[key] for key in value if key != "version"})
        except ValidationError as error:
            raise WireError(f"memento: {error.error_count()} wrong fields") from error


_ADAPTER: TypeAdapter[Memento] = TypeAdapter(Memento)
