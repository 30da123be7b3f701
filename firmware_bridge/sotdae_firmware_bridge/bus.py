"""One Modbus line, TCP or RTU, shared by its units. The only module that knows pymodbus as a client."""

import asyncio
import logging
import termios
from collections.abc import Callable, Sequence
from typing import Any

from pymodbus import ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from sotdae_firmware_bridge.lines import Line, Tcp, why_not
from sotdae_firmware_bridge.raw import Block
from sotdae_shared.errors import LinkError

# pymodbus logs every lost connection, with a dump of the last frames; here that is an answer (LinkError).
_library_log = logging.getLogger("pymodbus")
_library_log.addHandler(logging.NullHandler())
_library_log.propagate = False


def _is_no_answer(record: logging.LogRecord) -> bool:
    return not record.exc_info or not isinstance(record.exc_info[1], ModbusException)


# What pymodbus cannot decode it raises into the event loop, which logs it with a trace.
logging.getLogger("asyncio").addFilter(_is_no_answer)

LONGEST_OCTETS = 256
"""Longest RTU frame (Modbus over serial line 1.02, 2.5.1.1)."""
_GATEWAY_CODES = (10, 11)
"""Exceptions by which a gateway says that nobody is behind it (application protocol 1.1b3, 7)."""

_MEANINGS = {
    1: "it does not know this request; is the profile right?",
    2: "it has no such address; is the profile right?",
    3: "it does not take this value",
    4: "it failed at it",
    6: "it is busy",
    10: "the gateway has no way to that unit",
    11: "nobody answers as that unit; `sotdae bridge scan` lists those that do",
}
"""What the exceptions mean (same source, 7)."""

Client = AsyncModbusTcpClient | AsyncModbusSerialClient


class ModbusBus:
    """Requests on one line, one at a time. Connects when first used, and again after a failure."""

    def __init__(self, line: Line, timeout_s: float = 0.25) -> None:
        """Prepare. `timeout_s` bounds connecting, and each request beside its time on the wire."""
        self.line = line
        self._timeout_s = timeout_s + line.wire_s(2 * LONGEST_OCTETS)
        self._client: Client | None = None
        # Held for one request, not for a whole read, so that a permit never waits behind four reads.
        self._turn = asyncio.Lock()

    async def request(self, unit_id: int, block: Block, words: list[Any] | None) -> Sequence[Any]:
        """Do one request; `words` to write, None to read. Any failure costs the connection.

        Raises:
            LinkError: if nobody answers in time, or the answer is an exception or too short.
        """
        what = f"unit {unit_id} at {self.line}: {'read' if words is None else 'write'} "
        what += f"{block.table} {block.start}+{block.count}"
        async with self._turn:
            try:
                answer = await _send(await self._connected(), unit_id, block, words)
            except ModbusIOException as error:
                self._drop()
                raise LinkError(f"{what}: no answer, or none that is whole") from error
            except (ModbusException, OSError, TimeoutError) as error:
                self._drop()
                raise LinkError(f"{what}: {error or type(error).__name__}") from error
            except BaseException:
                # Cancelled in mid-request: its answer must not be taken for that of the next one.
                self._drop()
                raise
        if answer.isError():
            code = answer.exception_code
            raise LinkError(f"{what}: exception {code}: {_MEANINGS.get(code, 'none of the standard')}")
        if words is not None:
            return words
        got: Sequence[Any] = answer.bits if block.table in ("coil", "discrete") else answer.registers
        if len(got) < block.count:
            raise LinkError(f"{what}: {len(got)} values came")
        return got

    async def probe(self, unit_id: int) -> bool:
        """Whether a unit answers anything at all. Raises LinkError if the line itself cannot be had."""
        async with self._turn:
            client = await self._connected()
            try:
                answer = await client.read_holding_registers(0, count=1, device_id=unit_id)
            except (ModbusIOException, TimeoutError):
                self._drop()
                return False
            except (ModbusException, OSError) as error:
                self._drop()
                raise LinkError(f"{self.line}: {error}") from error
            except BaseException:
                self._drop()
                raise
        return not answer.isError() or answer.exception_code not in _GATEWAY_CODES

    async def close(self) -> None:
        """Drop the connection; a later request opens a new one."""
        async with self._turn:
            self._drop()

    async def _connected(self) -> Client:
        if self._client is not None and self._client.connected:
            return self._client
        self._drop()
        client = self._new()
        refusal = _overheard(client)
        try:
            connected = await client.connect()
        except termios.error as error:
            client.close()
            # Its frames hold the half-opened line, and with it the lock that the next attempt needs.
            error.with_traceback(None)
            raise LinkError(f"{self.line}: no connection: {_untaken(self.line)}: {error.args[-1]}") from error
        except (ValueError, OverflowError) as error:  # a host or a speed that cannot be one
            client.close()
            error.with_traceback(None)
            raise LinkError(f"{self.line}: no connection: {error}") from error
        if not connected:
            client.close()
            raise LinkError(f"{self.line}: no connection: {why_not(self.line, refusal())}")
        self._client = client
        return client

    def _new(self) -> Client:
        line = self.line
        if isinstance(line, Tcp):
            return AsyncModbusTcpClient(
                line.host, port=line.port, timeout=self._timeout_s, retries=0, reconnect_delay=0
            )
        return AsyncModbusSerialClient(
            line.path,
            baudrate=line.baud,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
        )

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _overheard(client: Client) -> Callable[[], OSError | None]:
    """Return what tells why `client` had no connection, which the library would only log."""
    create, heard = client.ctx.call_create, list[OSError]()

    async def creating() -> Any:
        try:
            return await create()
        except OSError as error:
            # Without its frames, which hold the half-opened line.
            heard.append(error.with_traceback(None))
            raise

    client.ctx.call_create = creating
    return lambda: heard[-1] if heard else None


def _untaken(line: Line) -> str:
    """Say what a serial line did not take; a pseudo-terminal, for one, has no parity."""
    return "" if isinstance(line, Tcp) else f"it does not take {line.baud} baud, parity {line.parity}"


async def _send(client: Client, unit_id: int, block: Block, words: list[Any] | None) -> Any:
    if words is not None:
        if block.table == "coil":
            return await client.write_coils(block.start, words, device_id=unit_id)
        return await client.write_registers(block.start, words, device_id=unit_id)
    read = {
        "coil": client.read_coils,
        "discrete": client.read_discrete_inputs,
        "holding": client.read_holding_registers,
        "input": client.read_input_registers,
    }[block.table]
    return await read(block.start, count=block.count, device_id=unit_id)
