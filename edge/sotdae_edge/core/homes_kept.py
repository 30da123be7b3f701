"""What a city agent remembers of its homes across a restart.

Off-time is unknown. It counts zero for how long ago a home became wet, so that neighbours are still
grouped, and for a battery's days; whoever was silent is silent until it is heard.
"""

from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from sotdae_edge.core.home import Wet
from sotdae_shared.errors import WireError

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptHome:
    """One home: its stage, whether it was silent, how long it had been wet (s), its battery's days."""

    stage: Wet = Wet.UNKNOWN
    offline: bool = False
    faulty: bool = False
    tamper: bool = False
    wet_s: Annotated[float, Field(ge=0.0)] | None = None
    days: tuple[tuple[int, int], ...] = ()
    low: bool = False


@dataclass(frozen=True, slots=True)
class KeptArea:
    """One open area; `announced` if its opening is surely on disk."""

    name: str
    homes: tuple[str, ...]
    told: int
    announced: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """The durable part of all homes."""

    episode: Annotated[int, Field(ge=0)] = 0
    areas: tuple[KeptArea, ...] = ()
    homes: dict[str, KeptHome] = field(default_factory=dict)
    alarms: dict[str, Annotated[int, Field(ge=1, le=4)]] = field(default_factory=dict)
    """Alarms that are active and surely on disk, with their priority: they are not raised again."""
    warned: bool = False
    """Whether a rain warning was on."""

    def write(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def read(cls, value: object) -> "Kept":
        """Return it from JSON values; None means there is nothing.

        Raises:
            WireError: if it cannot be understood; the caller says so and starts without.
        """
        if value is None:
            return cls()
        version = value.get("version") if isinstance(value, dict) else None
        if not isinstance(value, dict) or version != VERSION:
            raise WireError(f"kept homes of version {version!r:.40}: this agent reads {VERSION}")
        try:
            return _ADAPTER.validate_python(value)
        except ValidationError as error:
            raise WireError(f"kept homes: {error.error_count()} wrong fields") from error


_ADAPTER: TypeAdapter[Kept] = TypeAdapter(Kept)
