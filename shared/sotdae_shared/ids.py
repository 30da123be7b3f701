"""Identities: facilities, cities, nodes.

A facility is the unit of place and of safety: ``GG-41113-UP-0007`` is province, five-digit city
or county code, type, number. The code is the legal-dong prefix of the city (41xxx for Gyeonggi).
"""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints

from sotdae_shared.errors import WireError

_FACILITY = re.compile(r"(?P<province>[A-Z]{2})-(?P<city>[0-9]{5})-(?P<type>[A-Z]{2})-(?P<number>[0-9]{4})")


class FacilityType(StrEnum):
    """What a facility is; the code stands in its id."""

    UNDERPASS = "UP"
    RIVERSIDE_GATE = "RG"
    SEMI_BASEMENT = "SB"
    SLOPE = "SL"
    RESERVOIR = "RV"
    CROWD_AREA = "CR"
    CITY_CENTRE = "CC"
    DRONE_BASE = "DR"


class FacilityId(str):
    """A facility's id that has been checked.

    Raises:
        WireError: if the text does not have the form ``GG-41113-UP-0007``.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check the form once, here."""
        match = _FACILITY.fullmatch(text)
        if match is None or match["type"] not in FacilityType._value2member_map_:
            types = "|".join(FacilityType)
            raise WireError(f"facility id {text[:40]!r}: want GG-<5-digit city>-<{types}>-<4 digits>")
        return super().__new__(cls, text)

    @property
    def city(self) -> str:
        """The five-digit city or county code."""
        return self.split("-")[1]

    @property
    def type(self) -> FacilityType:
        """What kind of facility this is."""
        return FacilityType(self.split("-")[2])


def _facility_text(text: str) -> str:
    try:
        return str(FacilityId(text))
    except WireError as error:
        raise ValueError(str(error)) from error


FacilityText = Annotated[str, AfterValidator(_facility_text)]
"""A facility id as a field of a message or config."""

NodeText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")]
"""A node (one agent on one box): lower case, digits, hyphens; unique in the province."""

BootText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
"""One start of a node: 64 random bits in hexadecimal."""
