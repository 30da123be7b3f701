"""One point of a device, as read: the word that bridge and edge share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sample:
    """Engineering value (None: nothing measured), the instrument's scan counter and its self-test.

    `quality` is in percent for instruments that grade themselves, 0 or 1 for those that only say OK.
    """

    value: float | None
    count: int | None = None
    quality: float | None = None
