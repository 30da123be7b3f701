"""LoRaWAN uplinks as a ChirpStack 4 network server publishes them, JSON to samples, and replies. Pure."""

import binascii
import json
import struct
from base64 import b64decode, b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from sotdae_firmware_bridge.payload import MAX_OCTETS, Payload
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample

MAX_EVENT = 65_536
"""Octets of one event; a real one has about two thousand."""
UP, DOWN = "/event/up", "/command/down"
"""How the topics of a device's uplinks end, and of what is queued for it."""
MAX_DEVICES = 10_000
"""Devices whose last uplink is remembered."""


class _Part(BaseModel):
    # The server adds fields with every release, and older ones leave out what is 0 or empty.
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, strict=True)


class _DeviceInfo(_Part):
    dev_eui: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{16}$")]


class Reception(_Part):
    """How one gateway heard it."""

    gateway_id: str = ""
    rssi: int = 0
    """dBm."""
    snr: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """dB."""


class Uplink(_Part):
    """One uplink event."""

    device_info: _DeviceInfo
    dev_addr: str = ""
    time: AwareDatetime | None = None
    f_port: Annotated[int, Field(ge=0, le=255)] = 0
    f_cnt: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 0
    data: bytes = b""
    rx_info: Annotated[tuple[Reception, ...], Field(max_length=256)] = ()

    @property
    def device(self) -> str:
        """The device's EUI, in lower case."""
        return self.device_info.dev_eui.lower()

    @property
    def best_rssi(self) -> int | None:
        """Strongest reception, dBm."""
        return max((each.rssi for each in self.rx_info), default=None)

    @field_validator("data", mode="before")
    @classmethod
    def _octets(cls, text: Any) -> bytes:
        if not isinstance(text, str) or len(text) > 2 * MAX_OCTETS:
            raise ValueError("want base64 of a payload")
        try:
            return b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError(f"base64: {error}") from error


def parse_uplink(raw: bytes) -> Uplink:
    """Understand an event of the topic `application/+/device/+/event/up`. Raises WireError."""
    if len(raw) > MAX_EVENT:
        raise WireError(f"uplink of {len(raw)} octets: want at most {MAX_EVENT}")
    try:
        return Uplink.model_validate_json(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in details[:3])
        raise WireError(f"uplink: {told}") from error


def samples(uplink: Uplink, payload: Payload) -> dict[str, Sample]:
    """Samples by point; the uplink's number is their count. Raises WireError for a wrong port or length."""
    if uplink.f_port != payload.device.port:
        wanted = f"{payload.device.name} sends on {payload.device.port}"
        raise WireError(f"{uplink.device}: port {uplink.f_port}; {wanted}")
    values = payload.values(uplink.data)
    return {
        name: Sample(values[name], uplink.f_cnt, None if point.quality is None else values[point.quality])
        for name, point in payload.points.items()
    }


def reply(topic: str, payload: Payload, count: int, heartbeat_s: float) -> tuple[str, bytes]:
    """Return topic and bytes that queue a reply to an uplink of `topic`. WireError if there is no way."""
    place, found = topic.removesuffix(UP), payload.device.reply_port
    eui = place.rpartition("/")[2]
    if place == topic or found is None:
        wanted = f"want a topic <...>/<EUI>{UP} and a payload with reply_port"
        raise WireError(f"no reply to {topic[:120]!r}: {wanted}")
    data = b64encode(held(count, heartbeat_s)).decode()
    queued = {"devEui": eui, "confirmed": False, "fPort": found, "data": data}
    return f"{place}{DOWN}", json.dumps(queued).encode()


def held(count: int, heartbeat_s: float) -> bytes:
    """Return the octets that tell a device: the uplink number `count` is held; speak so often."""
    return struct.pack(">HH", count & 0xFFFF, min(0xFFFF, max(1, round(heartbeat_s / 60.0))))


def read_held(data: bytes) -> tuple[int, float]:
    """Return the number (its low 16 bits) and the heartbeat in s. WireError if it is no such reply."""
    if len(data) != struct.calcsize(">HH"):
        raise WireError(f"reply of {len(data)} octets: want 4")
    count, minutes = struct.unpack(">HH", data)
    return count, minutes * 60.0


@dataclass(frozen=True, slots=True)
class _Taken:
    address: str
    number: int
    at: datetime | None


@dataclass(slots=True)
class Latest:
    """Tells new uplinks from those that come twice or late. Bounded by `MAX_DEVICES`."""

    refused: int = 0
    """Uplinks that were not new."""
    _taken: OrderedDict[str, _Taken] = field(default_factory=OrderedDict)

    def take(self, uplink: Uplink) -> bool:
        """Whether it is news of its device; if so it is remembered.

        A device that joined again has a new address, and one that restarted counts from 0 at a later time.
        """
        last = self._taken.get(uplink.device)
        if last is not None and not _is_news(uplink, last):
            self.refused += 1
            return False
        self._taken[uplink.device] = _Taken(uplink.dev_addr, uplink.f_cnt, uplink.time)
        self._taken.move_to_end(uplink.device)
        if len(self._taken) > MAX_DEVICES:
            self._taken.popitem(last=False)
        return True


def _is_news(uplink: Uplink, last: _Taken) -> bool:
    later = uplink.time is None or last.at is None or uplink.time > last.at
    if uplink.dev_addr != last.address:
        return later
    if uplink.f_cnt > last.number:
        return True
    restarted = uplink.time is not None and last.at is not None and uplink.time > last.at
    return uplink.f_cnt < last.number and restarted
