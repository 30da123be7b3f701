"""The deny list: which boxes, certificates and people's keys count no more (DESIGN 7)."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from sotdae_shared.messages import Count
from sotdae_shared.statement import Statement

MAX_AGE = timedelta(days=7)
"""An older list refuses signed openings; nothing else depends on its age (DESIGN 7)."""


class DenyList(Statement):
    """What was made void in the province. Each list is whole, and replaces those of lower versions."""

    KIND: ClassVar[str] = "deny"
    version: Annotated[Count, Field(ge=1)]
    nodes: tuple[Annotated[str, Field(max_length=253)], ...] = ()
    """Names of the boxes that were struck off: their newest papers are void."""
    serials: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{1,40}$")], ...] = ()
    """Serial numbers of void certificates that have not long run out."""
    keys: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    """Public halves of people's keys whose signatures count no more."""
