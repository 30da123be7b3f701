"""A simulated board on a real line, behind the same profile as the Modbus controller."""

import asyncio
import fcntl
import os
import termios
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_firmware_bridge.asks import Ask, Refusal, parse_alive, parse_refusal
from sotdae_firmware_bridge.framed import FramedDevice
from sotdae_firmware_bridge.frames import Deframer, Frame, FrameType, encode
from sotdae_firmware_bridge.lines import Parity, Serial
from sotdae_firmware_bridge.port import SerialPort
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.sim.board import BEAT_S, Board
from sotdae_firmware_bridge.sim.boardline import BoardLine
from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_shared.errors import LinkError


@dataclass
class Bench:
    simulator: Simulator
    cable: Cable
    device: FramedDevice
    line: BoardLine

    async def value(self, point: str) -> float | None:
        return (await self.device.read())[point].value


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    with TemporaryDirectory() as directory:
        cable = Cable(Path(directory) / "line")
        cable.plug()
        simulator = Simulator(7, asyncio.get_running_loop().time())
        line = BoardLine(simulator, Serial(cable.near, 115_200, "N"))
        running = asyncio.create_task(line.run())
        device = FramedDevice(load("underpass"), Serial(str(cable.link), 115_200, "N"), timeout_s=2.0)
        try:
            yield Bench(simulator, cable, device, line)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await device.close()
            line.close()
            cable.close()


def on_bench(story: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        async with bench() as it:
            await story(it)

    asyncio.run(run())


async def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("parity", ["N", "E", "O"])
def test_a_line_to_a_board_is_8n1_whatever_modbus_would_have(parity: Parity) -> None:
    async def story() -> None:
        master, slave = os.openpty()
        for _ in range(2):  # a pseudo-terminal refuses a parity only when nothing else changes
            port = SerialPort(Serial(os.ttyname(slave), 57_600, parity), lambda octets: None)
            assert not termios.tcgetattr(slave)[2] & (termios.PARENB | termios.CSTOPB)
            port.close()
            fcntl.ioctl(slave, termios.TIOCNXCL)
        os.close(master)
        os.close(slave)

    asyncio.run(story())


def test_every_point_is_read_and_writes_are_done() -> None:
    async def story(it: Bench) -> None:
        samples = await it.device.read()
        assert samples.keys() == it.device.profile.points.keys()
        assert samples["arm_angle"].value == 90
        await it.device.write({"warn_caution": 1, "feed": 9})
        assert await it.value("feed") == 9
        assert it.simulator.scene.orders.warn_caution == 1
        assert it.device.alive is not None
        assert it.device.alive.boot == 1

    on_bench(story)


def test_many_at_once_get_their_own_answers() -> None:
    async def story(it: Bench) -> None:
        await it.device.read()
        reads = [it.device.read() for _ in range(5)]
        results = await asyncio.gather(*reads, *(it.device.write({"feed": n}) for n in range(1, 6)))
        assert all(samples["arm_angle"].value == 90 for samples in results[:5] if samples)
        assert await it.value("feed") == 5

    on_bench(story)


def test_without_beats_the_board_closes_its_signs_by_itself_and_a_beat_gives_them_back() -> None:
    async def story(it: Bench) -> None:
        await it.device.read()
        await it.device.write({"feed": 1, "drive": 1, "permit": 1})
        shown = it.simulator.scene.warnings
        await until(lambda: shown.sign_closed and shown.flasher and shown.siren)
        assert it.simulator.scene.orders.drive == 0
        with pytest.raises(LinkError, match="refused, value"):
            await it.device.write({"feed": 2})
        await it.device.read()
        assert it.device.alive is not None
        assert it.device.alive.held
        await it.device.write({"feed": 3})
        await until(lambda: not shown.sign_closed)
        await it.device.read()
        assert not it.device.alive.held

    on_bench(story)


@pytest.mark.parametrize("after", [1, 6, 12, 40])
def test_unplugged_in_mid_frame_is_a_link_error_and_plugged_in_again_it_answers(after: int) -> None:
    async def story(it: Bench) -> None:
        await it.device.read()
        it.cable.cut_after = after
        with pytest.raises(LinkError, match=r"gone|no such line|not taken|no answer"):
            await it.device.read()
        with pytest.raises(LinkError, match="no such line"):
            await it.device.read()
        it.cable.plug()
        assert await it.value("arm_angle") == 90

    on_bench(story)


@given(st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=30))
@settings(max_examples=10)
def test_noise_on_the_line_costs_no_answer(noises: list[bytes]) -> None:
    async def story(it: Bench) -> None:
        await it.device.read()
        for noise in noises:
            it.cable.noise(noise)
            assert await it.value("arm_angle") == 90
        assert it.device.deframer.refused <= sum(noise.count(0) + 1 for noise in noises)

    on_bench(story)


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    async def story(it: Bench) -> None:
        await it.device.read()
        late = encode(Frame(FrameType.VALUES, 1, b"\x07"))
        it.cable.noise(late + late)
        assert await it.value("warn_closed") == 0

    on_bench(story)


def test_power_gone_is_silence_and_power_back_is_a_new_boot() -> None:
    async def story(it: Bench) -> None:
        await it.device.read()
        it.device._timeout_s = 0.2
        it.simulator.fault("controller", "power")
        with pytest.raises(LinkError, match="beat: no answer"):
            await it.device.read()
        it.simulator.restore()
        await until(lambda: it.line.board._boot == 2)
        it.device._timeout_s = 5.0
        await it.device.read()
        assert it.device.alive is not None
        assert it.device.alive.boot == 2

    on_bench(story)


def test_a_cancelled_question_does_not_spoil_the_next() -> None:
    async def story(it: Bench) -> None:
        task = asyncio.create_task(it.device.read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await it.value("arm_angle") == 90

    on_bench(story)


def test_what_cannot_be_opened_or_set_is_said() -> None:
    async def run(line: Serial, match: str) -> None:
        with pytest.raises(LinkError, match=match):
            await FramedDevice(load("underpass"), line).read()

    asyncio.run(run(Serial("/dev/sotdae-nowhere"), "no such line"))
    asyncio.run(run(Serial("/dev/null"), "it is no serial line"))

    async def odd_speed(it: Bench) -> None:
        await run(Serial(str(it.cable.link), baud=12345), "12345 baud")

    on_bench(odd_speed)


def ask_board(board: Board, frame: Frame, now_s: float = 0.0) -> Frame:
    (answer,) = Deframer().feed(board.receive(encode(frame), now_s))
    assert answer.seq == frame.seq
    return answer


def test_the_board_refuses_with_a_reason() -> None:
    board = Board(Simulator())
    for kind, ask, reason in (
        (FrameType.READ, Ask("input", 900, 1), Refusal.ADDRESS),
        (FrameType.WRITE, Ask("input", 0, 1, [1]), Refusal.ADDRESS),
        (FrameType.WRITE, Ask("holding", 0, 1, [7]), Refusal.VALUE),
        (FrameType.WRITE, Ask("holding", 0, 2), Refusal.BODY),
    ):
        answer = ask_board(board, Frame(kind, 4, ask.pack()))
        assert answer.type is FrameType.REFUSED
        assert parse_refusal(answer.body) is reason


def test_a_question_that_comes_again_is_answered_again_and_done_once() -> None:
    simulator = Simulator()
    board = Board(simulator)
    write = Frame(FrameType.WRITE, 8, Ask("holding", 1, 1, [5]).pack())
    assert ask_board(board, write, 0.1).type is FrameType.DONE
    simulator.scene.orders.permit = 0
    assert ask_board(board, write, 0.2).type is FrameType.DONE
    assert simulator.scene.orders.permit == 0


def test_the_watchdog_waits_its_time_and_not_longer() -> None:
    simulator = Simulator()
    board = Board(simulator)
    ask_board(board, Frame(FrameType.BEAT, 1), 1.0)
    for tenth in range(11, 39):
        simulator.scene.orders.take([("feed", tenth)], simulator.scene.now_s)
        board.tick(tenth / 10)
        assert not board.held
    board.tick(1.0 + BEAT_S)
    board.tick(1.1 + BEAT_S)
    assert board.held
    assert simulator.scene.warnings.sign_closed
    alive = parse_alive(ask_board(board, Frame(FrameType.BEAT, 2), 4.2).body)
    assert (alive.held, alive.uptime_ms) == (True, 4200)


@given(st.lists(st.binary(max_size=200), max_size=10))
@settings(max_examples=300)
def test_no_octets_move_the_board(noises: list[bytes]) -> None:
    simulator = Simulator()
    board = Board(simulator)
    for noise in noises:
        board.receive(noise, 0.0)
    orders = simulator.scene.orders
    assert (orders.drive, orders.permit, orders.warn_closed) == (0, 0, 0)
    assert ask_board(board, Frame(FrameType.BEAT, 2)).type is FrameType.ALIVE
