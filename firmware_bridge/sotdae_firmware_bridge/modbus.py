"""A field device over Modbus TCP, behind a profile. The only module that knows pymodbus as a client."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pymodbus import ModbusException
from pymodbus.client import AsyncModbusTcpClient

from sotdae_firmware_bridge.profile import Profile
from sotdae_firmware_bridge.raw import Block, blocks, decode, encode
from sotdae_shared.errors import LinkError
from sotdae_shared.samples import Sample

# pymodbus logs every lost connection; here that is an answer (LinkError), not a message on stderr.
logging.getLogger("pymodbus").addHandler(logging.NullHandler())


class ModbusDevice:
    """One Modbus unit. Connects when first used, and again after a failure; safe for concurrent callers."""

    def __init__(self, profile: Profile, host: str, port: int, timeout_s: float = 0.25) -> None:
        """Prepare; nothing is sent yet. `timeout_s` bounds connecting and each request."""
        self.profile = profile
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._plan = blocks(profile)
        self._client: AsyncModbusTcpClient | None = None
        # Held for one request, not for a whole read, so that a permit never waits behind four reads.
        self._turn = asyncio.Lock()

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
            words: list[Any] = []
            for name in block.points:
                raw = raws[name]
                words.extend([raw] if isinstance(raw, bool) else raw)
            await self._request(block, words)

    async def close(self) -> None:
        """Drop the connection; a later read or write opens a new one."""
        async with self._turn:
            self._drop()

    def _encode(self, name: str, value: float) -> bool | tuple[int, ...]:
        point = self.profile.points.get(name)
        if point is None:
            raise ValueError(f"{self.profile.device.name} has no point {name!r}")
        if not point.writable:
            raise ValueError(f"{name} cannot be written")
        try:
            return encode(point, value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error

    def _understand(self, block: Block, raw: Sequence[Any]) -> dict[str, float | None]:
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

    async def _request(self, block: Block, words: list[Any] | None) -> Sequence[Any]:
        """Do one request; `words` to write, None to read. Any failure costs the connection."""
        what = f"{'read' if words is None else 'write'} {block.table} {block.start}+{block.count}"
        async with self._turn:
            try:
                client = self._client if self._client and self._client.connected else await self._connect()
                answer = await self._send(client, block, words)
            except (ModbusException, OSError, TimeoutError) as error:
                self._drop()
                raise LinkError(f"{self._place}: {what}: {error or type(error).__name__}") from error
            except BaseException:
                # Cancelled in mid-request: its answer must not be taken for that of the next one.
                self._drop()
                raise
        if answer.isError():
            raise LinkError(f"{self._place}: {what}: {answer}")
        if words is not None:
            return words
        got: Sequence[Any] = answer.bits if block.table in ("coil", "discrete") else answer.registers
        if len(got) < block.count:
            raise LinkError(f"{self._place}: {what}: {len(got)} values came")
        return got

    async def _send(self, client: AsyncModbusTcpClient, block: Block, words: list[Any] | None) -> Any:
        unit = self.profile.device.unit_id
        if words is not None:
            if block.table == "coil":
                return await client.write_coils(block.start, words, device_id=unit)
            return await client.write_registers(block.start, words, device_id=unit)
        read = {
            "coil": client.read_coils,
            "discrete": client.read_discrete_inputs,
            "holding": client.read_holding_registers,
            "input": client.read_input_registers,
        }[block.table]
        return await read(block.start, count=block.count, device_id=unit)

    async def _connect(self) -> AsyncModbusTcpClient:
        client = AsyncModbusTcpClient(
            self._host, port=self._port, timeout=self._timeout_s, retries=0, reconnect_delay=0
        )
        if not await client.connect():
            client.close()
            raise LinkError(f"{self._place}: no connection")
        self._client = client
        return client

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def _place(self) -> str:
        return f"{self.profile.device.name} at {self._host}:{self._port}"
