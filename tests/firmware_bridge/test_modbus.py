"""The client against devices that misbehave, and its promises on requests."""

import asyncio
import os
import pty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_site import Site, running_site, wired_site

from sotdae_firmware_bridge.bus import ModbusBus
from sotdae_firmware_bridge.lines import Line, Serial, Tcp
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load
from sotdae_firmware_bridge.raw import Block
from sotdae_shared.errors import LinkError


@asynccontextmanager
async def on_a_wire() -> AsyncIterator[Site]:
    async with wired_site() as (site, _cable):
        yield site


Answer = Callable[[bytes], bytes]


@asynccontextmanager
async def peer(answer: Answer) -> AsyncIterator[int]:
    """Port of a TCP peer that answers each chunk of bytes in its own way; leaves no connection behind."""
    handlers: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while request := await reader.read(300):
                writer.write(answer(request))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*handlers)


async def device_that(
    answer: Answer, use: Callable[[ModbusDevice], Awaitable[None]], timeout_s: float = 0.1
) -> None:
    """Use a device whose peer answers so; what is to answer in time is given that of a busy machine."""
    async with peer(answer) as port:
        device = ModbusDevice(load("underpass"), "127.0.0.1", port, timeout_s=timeout_s)
        try:
            await use(device)
        finally:
            await device.close()


def fails(answer: Answer, match: str, timeout_s: float = 0.1) -> None:
    async def use(device: ModbusDevice) -> None:
        for _ in range(2):
            with pytest.raises(LinkError, match=match):
                await device.read()

    asyncio.run(device_that(answer, use, timeout_s))


def test_silence_is_a_link_error() -> None:
    fails(lambda request: b"", "read coil 0\\+3")


def test_an_exception_answer_is_a_link_error() -> None:
    fails(
        lambda request: request[:4] + b"\x00\x03" + request[6:7] + bytes([request[7] | 0x80, 2]),
        "exception 2: it has no such address; is the profile right",
        timeout_s=20.0,
    )


def test_a_short_answer_is_a_link_error() -> None:
    fails(lambda request: request[:4] + b"\x00\x03" + request[6:8] + b"\x00", "values came|no answer")


def test_an_answer_to_another_request_is_a_link_error() -> None:
    fails(lambda request: b"\x7f\x7f" + request[2:4] + b"\x00\x04" + request[6:8] + b"\x01\x05", "read coil")


def test_an_answer_of_no_known_function_is_a_link_error_and_no_trace_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fails(lambda request: request[:4] + b"\x00\x04" + request[6:7] + b"\x63\x00\x00", "read coil 0\\+3")
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_what_the_event_loop_says_itself_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "a task was destroyed"})

    asyncio.run(run())
    assert "a task was destroyed" in caplog.text


def test_nobody_there_is_a_link_error() -> None:
    async def run() -> None:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        with pytest.raises(LinkError, match="no connection: refused; nothing listens on that port"):
            await ModbusDevice(load("underpass"), "127.0.0.1", port).read()

    asyncio.run(run())


@given(st.binary(max_size=40))
@settings(max_examples=25)
def test_any_bytes_are_an_answer_or_a_link_error(noise: bytes) -> None:
    async def use(device: ModbusDevice) -> None:
        with pytest.raises(LinkError):
            await device.read()

    asyncio.run(device_that(lambda request: request[:4] + noise, use))


@pytest.mark.parametrize(
    "line",
    [Tcp("plc..local"), Tcp("p" * 70), Tcp("plc\0"), Serial("/dev/null\0"), Serial("PTY", 10**12, "N")],
    ids=["empty label", "long label", "no host", "no path", "no speed"],
)
def test_a_line_that_nobody_could_have_is_a_link_error(line: Line) -> None:
    near, far = pty.openpty()
    if isinstance(line, Serial):
        line = replace(line, path=line.path.replace("PTY", os.ttyname(far)))

    async def read() -> None:
        with pytest.raises(LinkError, match="no connection: "):
            await ModbusBus(line).request(1, Block("holding", 0, 1, ("a",)), None)

    asyncio.run(read())
    os.close(near)
    os.close(far)


def test_only_writable_points_that_exist_are_written_and_only_values_that_fit() -> None:
    async def run() -> None:
        device = ModbusDevice(load("underpass"), "127.0.0.1", 1)
        for values in ({"radar_level": 1.0}, {"moon": 1.0}, {"drive": -1.0}, {"warn_closed": 2.0}):
            with pytest.raises(ValueError, match=next(iter(values))):
                await device.write({"feed": 1.0, **values})
        with pytest.raises(ValueError, match="has no point 'prmit'; did you mean permit"):
            await device.write({"prmit": 1.0})

    asyncio.run(run())


def test_neighbours_are_written_in_one_request() -> None:
    sent: list[bytes] = []

    def acknowledge(request: bytes) -> bytes:
        sent.append(request)
        return request[:4] + b"\x00\x06" + request[6:12]

    async def use(device: ModbusDevice) -> None:
        await device.write({"permit": 258, "drive": 1})
        await device.write({"warn_siren": 1, "warn_closed": 1, "feed": 7})

    asyncio.run(device_that(acknowledge, use, timeout_s=20.0))
    assert [request[7:] for request in sent] == [
        bytes([16, 0, 0, 0, 2, 4, 0, 1, 1, 2]),
        bytes([15, 0, 0, 0, 2, 1, 0b11]),
        bytes([16, 0, 2, 0, 1, 2, 0, 7]),
    ]


@pytest.mark.parametrize("site_of", [running_site, on_a_wire])
def test_many_at_once_get_their_own_answers(site_of: Callable[[], AbstractAsyncContextManager[Site]]) -> None:
    async def run() -> None:
        async with site_of() as site:
            reads = [device.read() for _ in range(5) for device in (site.gate, site.homes)]
            writes = [site.gate.write({"feed": number}) for number in range(1, 11)]
            results = await asyncio.gather(*reads, *writes)
            assert all(samples["arm_angle"].value == 90 for samples in results[:10:2] if samples)
            assert all(samples["home_1_wet_2"].value == 0 for samples in results[1:10:2] if samples)
            assert await site.value("feed") == 10

    asyncio.run(run())


def test_a_cancelled_request_costs_its_connection_so_that_its_answer_cannot_be_taken_for_another() -> None:
    async def run() -> None:
        asked = asyncio.Event()
        sent: list[bytes] = []

        def answer(request: bytes) -> bytes:
            asked.set()
            sent.append(request)
            return request[:4] + b"\x00\x06" + request[6:12] if len(sent) > 1 else b""

        async with peer(answer) as port:
            device = ModbusDevice(load("underpass"), "127.0.0.1", port, timeout_s=20.0)
            task = asyncio.create_task(device.write({"feed": 1}))
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await device.write({"feed": 2})
            await device.close()
        assert [request[:2] for request in sent] == [b"\x00\x01"] * 2, (
            "the second is the first of its connection"
        )

    asyncio.run(run())
