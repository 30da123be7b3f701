"""What every device behind a profile does alike: points to requests, answers to samples."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from sotdae_firmware_bridge.profile import Profile
from sotdae_firmware_bridge.raw import Block, Raw, blocks, decode, encode
from sotdae_shared.samples import Sample

Words = list[bool] | list[int]
"""Bits of a coil or discrete block, or registers of a holding or input block."""


class PointDevice(ABC):
    """A device of points; how one block is asked for or written is the transport's."""

    def __init__(self, profile: Profile) -> None:
        """Plan the reads; nothing is sent yet."""
        self.profile = profile
        self._plan = blocks(profile)

    @abstractmethod
    async def _request(self, block: Block, words: Words | None) -> Sequence[bool] | Sequence[int]:
        """Read a block (`words` is None) or write it. Raises LinkError if the device does not answer so."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of the line; a later read or write takes it again."""

    async def read(self) -> Mapping[str, Sample]:
        """Read every point. Raises LinkError when the device does not answer in time or answers wrongly."""
        values: dict[str, float | None] = {}
        for block in self._plan:
            values.update(self._understand(block, await self._request(block, None)))
        return {name: self._sample(name, values) for name in self.profile.points}

    async def write(self, values: Mapping[str, float]) -> None:
        """Write points, neighbours in one request; returns when the device has acknowledged all.

        Raises:
            ValueError: if a point is unknown, not writable or its value does not fit; nothing was sent.
            LinkError: if the device does not acknowledge in time; the value may have arrived.
        """
        raws = {name: self._encode(name, value) for name, value in values.items()}
        for block in blocks(self.profile, values):
            await self._request(block, _joined([raws[name] for name in block.points]))

    def _encode(self, name: str, value: float) -> Raw:
        point = self.profile.points.get(name)
        if point is None:
            near = get_close_matches(name, self.profile.points, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"{self.profile.device.name} has no point {name!r}{hint}")
        if not point.writable:
            raise ValueError(f"{name} cannot be written")
        try:
            return encode(point, value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error

    def _understand(self, block: Block, raw: Sequence[bool] | Sequence[int]) -> dict[str, float | None]:
        values: dict[str, float | None] = {}
        for name in block.points:
            point = self.profile.points[name]
            at = point.address - block.start
            values[name] = decode(point, bool(raw[at]) if point.is_bit else raw[at : at + point.width])
        return values

    def _sample(self, name: str, values: Mapping[str, float | None]) -> Sample:
        point = self.profile.points[name]
        count = values[point.counter] if point.counter else None
        quality = values[point.quality] if point.quality else None
        return Sample(values[name], None if count is None else int(count), quality)


def _joined(raws: Sequence[Raw]) -> Words:
    bits = [raw for raw in raws if isinstance(raw, bool)]
    return bits or [word for raw in raws if not isinstance(raw, bool) for word in raw]
