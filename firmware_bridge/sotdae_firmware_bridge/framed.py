"""A microcontroller board on a serial line, behind a profile: the same points, in frames."""

import asyncio
from collections.abc import Sequence

from sotdae_firmware_bridge.asks import Alive, Ask, parse_alive, parse_refusal, parse_values
from sotdae_firmware_bridge.device import PointDevice, Words
from sotdae_firmware_bridge.frames import MAX_STUFFED, Deframer, Frame, FrameType, encode
from sotdae_firmware_bridge.lines import Serial
from sotdae_firmware_bridge.port import SerialPort
from sotdae_firmware_bridge.profile import Profile
from sotdae_firmware_bridge.raw import Block
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.samples import Sample


class FramedDevice(PointDevice):
    """One board. Opens its line when first used, and again after a failure; safe for concurrent callers.

    Each `read` begins with a beat, and nothing else beats: who no longer looks at the board no longer
    holds its watchdog.
    """

    def __init__(self, profile: Profile, line: Serial, timeout_s: float = 0.25) -> None:
        """Prepare; nothing is sent yet. `timeout_s` bounds each request beside its time on the wire."""
        super().__init__(profile)
        self.alive: Alive | None = None
        """The board's latest sign of life."""
        self.deframer = Deframer()
        self._line = line
        self._timeout_s = timeout_s + line.wire_s(2 * MAX_STUFFED)
        self._port: SerialPort | None = None
        self._turn = asyncio.Lock()
        self._seq = 0
        self._answer: asyncio.Future[Frame] | None = None

    async def read(self) -> dict[str, Sample]:
        """Beat, then read every point. Raises LinkError when the board does not answer in time or so."""
        frame = await self._exchange(FrameType.BEAT, b"", "beat")
        try:
            self.alive = parse_alive(frame.body)
        except WireError as error:
            raise LinkError(f"{self._place}: beat: {error}") from error
        return dict(await super().read())

    async def close(self) -> None:
        """Let go of the line; a later read or write opens it again."""
        async with self._turn:
            self._drop()

    async def _request(self, block: Block, words: Words | None) -> Sequence[bool] | Sequence[int]:
        ask = Ask(block.table, block.start, block.count, words)
        kind = FrameType.READ if words is None else FrameType.WRITE
        what = f"{kind.name.lower()} {block.table} {block.start}+{block.count}"
        frame = await self._exchange(kind, ask.pack(), what)
        if words is not None:
            return words
        try:
            return parse_values(block.table, block.count, frame.body)
        except WireError as error:
            raise LinkError(f"{self._place}: {what}: {error}") from error

    async def _exchange(self, kind: FrameType, body: bytes, what: str) -> Frame:
        """Send a question and return its answer, which is not a refusal."""
        async with self._turn:
            try:
                frame = await self._ask(kind, body)
            except (LinkError, TimeoutError) as error:
                self._drop()
                told = error if isinstance(error, LinkError) else "no answer"
                raise LinkError(f"{self._place}: {what}: {told}") from error
        if frame.type is FrameType.REFUSED:
            raise LinkError(f"{self._place}: {what}: refused, {_reason(frame)}")
        return frame

    async def _ask(self, kind: FrameType, body: bytes) -> Frame:
        if self._port is None or not self._port.is_open:
            self.deframer = Deframer(self.deframer.refused)
            self._port = SerialPort(self._line, self._take)
        self._seq = (self._seq + 1) & 0xFFFF
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self._port.write(encode(Frame(kind, self._seq, body)))
            async with asyncio.timeout(self._timeout_s):
                frame = await self._answer
        finally:
            self._answer = None
        if frame.type not in (kind | 0x80, FrameType.REFUSED):
            raise LinkError(f"answered with {frame.type.name}")
        return frame

    def _take(self, octets: bytes) -> None:
        waiting = self._answer
        if not octets and waiting is not None and not waiting.done():
            waiting.set_exception(LinkError("the line is gone"))
        for frame in self.deframer.feed(octets):
            # An answer to an older question came too late for it, and is none to this one.
            if waiting is not None and not waiting.done() and frame.seq == self._seq:
                waiting.set_result(frame)

    def _drop(self) -> None:
        if self._port is not None:
            self._port.close()
            self._port = None

    @property
    def _place(self) -> str:
        return f"{self.profile.device.name} at {self._line}"


def _reason(frame: Frame) -> str:
    try:
        return parse_refusal(frame.body).name.lower()
    except WireError as error:
        return str(error)
