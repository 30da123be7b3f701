"""A microcontroller board as `protocol.md` asks for it: frames in, frames out, and a watchdog of its own."""

from collections.abc import Iterator

from sotdae_firmware_bridge.asks import Alive, Ask, Refusal, pack_values, parse_ask
from sotdae_firmware_bridge.frames import Deframer, Frame, FrameType, encode
from sotdae_firmware_bridge.raw import Raw
from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_shared.errors import WireError

BEAT_S = 3.0
"""Without a beat for this long the board closes its warnings and lets go of the arm."""


class Board:
    """The firmware's part, without a line or a clock: one unit of a simulated scene behind frames."""

    def __init__(self, simulator: Simulator, unit_id: int = 1, boot: int = 1) -> None:
        """Start with the watchdog fresh, at the scene's time."""
        self._simulator = simulator
        self._unit_id = unit_id
        self._boot = boot
        self._born_s = self._beat_s = simulator.scene.now_s
        self._deframer = Deframer()
        self._last: tuple[Frame, bytes] | None = None
        self.held = False
        """The watchdog holds the warnings closed."""

    def receive(self, received: bytes, now_s: float) -> bytes:
        """Take octets from the line and return what to answer."""
        self.tick(now_s)
        return b"".join(self._answer(frame, now_s) for frame in self._deframer.feed(received))

    def tick(self, now_s: float) -> None:
        """Move the scene on, and close the warnings once beats are missing."""
        self._simulator.advance(now_s)
        if now_s - self._beat_s >= BEAT_S:
            self.held = True
            self._last = None  # what was done then no longer holds, so that it must be done again
            self._simulator.scene.orders.drop()
            self._simulator.scene.orders.fed_s = float("-inf")

    def _answer(self, frame: Frame, now_s: float) -> bytes:
        # A question that comes again, its answer lost, is answered again but not done again.
        if self._last is not None and self._last[0] == frame and frame.type is FrameType.WRITE:
            return self._last[1]
        answer = self._respond(frame, now_s)
        sent = b"" if answer is None else encode(answer)
        self._last = frame, sent
        return sent

    def _respond(self, frame: Frame, now_s: float) -> Frame | None:
        if frame.type is FrameType.BEAT:
            alive = Alive(self._boot, round((now_s - self._born_s) * 1000), self.held)
            self._beat_s, self.held = now_s, False
            return Frame(FrameType.ALIVE, frame.seq, alive.pack())
        if frame.type not in (FrameType.READ, FrameType.WRITE):
            return None  # another board's answer: not for us
        try:
            ask = parse_ask(frame.body, writes=frame.type is FrameType.WRITE)
            return self._do(ask, frame.seq)
        except WireError:
            return _refused(frame, Refusal.BODY)
        except LookupError:
            return _refused(frame, Refusal.ADDRESS)
        except ValueError:
            return _refused(frame, Refusal.VALUE)

    def _do(self, ask: Ask, seq: int) -> Frame:
        if ask.values is not None:
            if self.held:
                raise ValueError("beat first")
            self._simulator.order(self._unit_id, ask.table, ask.start, ask.values)
            return Frame(FrameType.DONE, seq)
        values = dict(_flat(self._simulator.raw(self._unit_id, ask.table)))
        wanted = [values[address] for address in range(ask.start, ask.start + ask.count)]
        return Frame(FrameType.VALUES, seq, pack_values(ask.table, wanted))


def _flat(raws: dict[int, Raw]) -> Iterator[tuple[int, int]]:
    for address, raw in raws.items():
        if isinstance(raw, bool):
            yield address, raw
        else:
            yield from enumerate(raw, start=address)


def _refused(frame: Frame, why: Refusal) -> Frame:
    return Frame(FrameType.REFUSED, frame.seq, bytes([why]))
