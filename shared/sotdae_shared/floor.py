"""The floor: versions below which a box takes nothing: yesterday's rules never come back (DESIGN 3.4)."""

from collections.abc import Iterable
from typing import ClassVar

from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityText
from sotdae_shared.messages import Count
from sotdae_shared.statement import Statement

PARTS = ("policy", "site", "roster", "deny")


class Floor(Statement):
    """The lowest version of each thing that a facility's boxes may take; 0 where there is none yet."""

    KIND: ClassVar[str] = "floor"
    facility: FacilityText
    policy: Count = 0
    site: Count = 0
    roster: Count = 0
    deny: Count = 0
    """Of the deny list."""


def highest(floors: Iterable[Floor]) -> Floor | None:
    """Return the highest of each part, of floors of one facility; None where there is none."""
    found = list(floors)
    if not found:
        return None
    parts = {part: max(getattr(floor, part) for floor in found) for part in PARTS}
    return max(found, key=lambda floor: floor.issued_at).model_copy(update=parts)


def raised(held: Floor | None, new: Floor) -> Floor:
    """Return the new floor in place of the one that is held.

    Raises:
        WireError: if any part of it is lower, or it is another facility's: the one that is held stays.
    """
    if held is None:
        return new
    if held.facility != new.facility:
        raise WireError(f"floor: for {new.facility}; this box is of {held.facility}")
    lower = [part for part in PARTS if getattr(new, part) < getattr(held, part)]
    if lower:
        said = ", ".join(f"{part} {getattr(new, part)} after {getattr(held, part)}" for part in lower)
        raise WireError(f"floor: lower than the one that is held: {said}")
    return new
