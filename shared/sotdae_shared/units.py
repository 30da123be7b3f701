"""Quantities: quality flags and the units a reading may have. Units are SI or the field's own."""

from datetime import timedelta, timezone
from enum import IntEnum, StrEnum

KST = timezone(timedelta(hours=9), "KST")
"""Korean time: of a day without a zone, and where people read one."""


class Flag(IntEnum):
    """Quality of a reading, after the IOOS QARTOD scheme. Unknown is never zero."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9

    @property
    def usable(self) -> bool:
        """Whether a display may draw the value without a warning."""
        return self in (Flag.PASS, Flag.NOT_EVALUATED)


class Unit(StrEnum):
    """Unit of a reading's value."""

    CM = "cm"
    CM_PER_MIN = "cm/min"
    MM_PER_H = "mm/h"
    AMPERE = "A"
    VOLT = "V"
    DEGREE = "deg"
    CELSIUS = "degC"
    PERCENT = "%"
    SECOND = "s"
    COUNT = "1"
    BOOL = "bool"
