"""What the hub holds of each stream, as ranges; from it the acks and the completeness."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sotdae_shared.messages import AckBody, Class

Range = tuple[int, int]


class Stream(NamedTuple):
    """One gap-free sequence: a node's messages of one boot and class."""

    node: str
    boot: str
    cls: Class


class Ranges:
    """Sequence numbers held: sorted, disjoint, closed ranges with holes between them."""

    __slots__ = ("_first", "_last")

    def __init__(self, ranges: Iterable[Sequence[int]] = ()) -> None:
        """Start with ranges in any order."""
        self._first: list[int] = []
        self._last: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int) -> None:
        """Hold `first` to `last` too; ranges that touch become one."""
        if self._last and self._first[-1] <= first == self._last[-1] + 1:
            self._last[-1] = last  # in order, which is nearly always
            return
        left = bisect_left(self._last, first - 1)
        right = bisect_right(self._first, last + 1)
        if left < right:
            first = min(first, self._first[left])
            last = max(last, self._last[right - 1])
        self._first[left:right] = [first]
        self._last[left:right] = [last]

    def covering(self, seq: int) -> Range | None:
        """Return the range that holds `seq`, or None."""
        index = bisect_left(self._last, seq)
        if index == len(self._last) or self._first[index] > seq:
            return None
        return (self._first[index], self._last[index])

    def __iter__(self) -> Iterator[Range]:
        """Iterate over the ranges in order."""
        return iter(zip(self._first, self._last, strict=True))

    def __contains__(self, seq: int) -> bool:
        """Whether `seq` is held."""
        return self.covering(seq) is not None

    def __len__(self) -> int:
        """How many numbers are held."""
        return sum(self._last) - sum(self._first) + len(self._first)

    @property
    def top(self) -> int:
        """Highest number held; 0 for none."""
        return self._last[-1] if self._last else 0

    @property
    def upto(self) -> int:
        """Every number from 1 to this one is held."""
        return self._last[0] if self._first and self._first[0] == 1 else 0

    @property
    def missing(self) -> int:
        """Numbers below the highest that are not held."""
        return self.top - len(self)


def ack(stream: Stream, held: Ranges, touched: Iterable[int]) -> AckBody:
    """Confirm what a batch touched: all up to the first hole, and the ranges around `touched` above it.

    A sender whose ack was lost sends again and so asks for exactly what it lacks.
    """
    upto = held.upto
    found = {held.covering(seq) for seq in touched if seq > upto}
    ranges = tuple(sorted(each for each in found if each is not None))
    return AckBody.model_validate({"boot": stream.boot, "class": stream.cls, "upto": upto, "ranges": ranges})
