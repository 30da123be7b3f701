"""RTSP 1.0 requests and answers (RFC 2326), SDP, and H.264 over RTP (RFC 6184) as pure functions."""

import base64
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sotdae_shared.errors import WireError

MAX_HEAD_BYTES = 8 * 1024
"""Largest request head; a player's is below 1 kB."""
MAX_BODY_BYTES = 4 * 1024
CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
_MAX_PAYLOAD_BYTES = 1_400
_FU_A = 28
_REASONS = {
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 453: "Not Enough Bandwidth",
    454: "Session Not Found", 461: "Unsupported Transport", 503: "Service Unavailable",
    505: "RTSP Version Not Supported",
}  # fmt: skip
_LINE = re.compile(r"^([A-Z_]{1,20}) (\S{1,1024}) (RTSP/\d\.\d)$")
_INTERLEAVED = re.compile(r"^\s*RTP/AVP/TCP\b(?:[^,]*;\s*interleaved=(\d{1,3})-(\d{1,3}))?")
_START_CODE = re.compile(b"\x00\x00\x00?\x01")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, understood. Header names are in lower case."""

    method: str
    url: str
    version: str
    cseq: int
    headers: Mapping[str, str]

    @property
    def body_bytes(self) -> int:
        """Length of the body that follows. Raises WireError when it is no sensible number."""
        text = self.headers.get("content-length", "0")
        if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) > MAX_BODY_BYTES:
            raise WireError(f"Content-Length {text[:20]!r}: want 0 to {MAX_BODY_BYTES}")
        return int(text)


def parse_request(head: bytes) -> Request:
    """Understand a request head, its final empty line included or not. Raises WireError."""
    if len(head) > MAX_HEAD_BYTES:
        raise WireError(f"request head of {len(head)} bytes: the limit is {MAX_HEAD_BYTES}")
    try:
        first, *lines = head.decode("utf-8").strip("\r\n").split("\r\n")
    except UnicodeDecodeError as error:
        raise WireError("request head is not UTF-8") from error
    match = _LINE.match(first)
    if match is None:
        raise WireError(f"request line {first[:80]!r}: want METHOD URL RTSP/1.0")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise WireError(f"header {line[:80]!r}: want Name: value")
        headers[name.strip().lower()] = value.strip()
    cseq = headers.get("cseq", "")
    if not re.fullmatch(r"[0-9]{1,9}", cseq):
        raise WireError(f"CSeq {cseq[:20]!r}: want a number")
    return Request(match[1], match[2], match[3], int(cseq), headers)


def channel_of(transport: str) -> int | None:
    """Return the interleaved channel that a Transport header asks for; None if it wants no TCP."""
    for offer in transport.split(","):
        match = _INTERLEAVED.match(offer)
        if match is not None:
            channel = int(match[1] or 0)
            return channel if channel <= 254 else None
    return None


def answer(code: int, cseq: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return the bytes of an answer."""
    lines = [f"RTSP/1.0 {code} {_REASONS[code]}", f"CSeq: {cseq}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def sdp(parameter_sets: bytes) -> bytes:
    """Return the session description of one H.264 stream whose SPS and PPS are given in Annex B form."""
    units = list(nal_units(parameter_sets))
    sprop = ",".join(base64.b64encode(unit).decode() for unit in units)
    profile = units[0][1:4].hex() if units else "42e01f"
    return "\r\n".join([
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=Sotdae simulated camera", "c=IN IP4 0.0.0.0", "t=0 0",
        "a=control:*", "a=range:npt=now-", f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sprop}",
        "a=control:track0", "",
    ]).encode()  # fmt: skip


def nal_units(annex_b: bytes) -> Iterator[bytes]:
    """Split an Annex B byte stream into its units, start codes removed."""
    for part in _START_CODE.split(annex_b):
        unit = part.rstrip(b"\x00")
        if unit:
            yield unit


def payloads(annex_b: bytes) -> list[tuple[bytes, bool]]:
    """Return the RTP payloads of one picture; the flag marks the last one."""
    parts: list[bytes] = []
    for unit in nal_units(annex_b):
        if len(unit) <= _MAX_PAYLOAD_BYTES:
            parts.append(unit)
        else:
            parts.extend(_fragments(unit))
    return [(part, index == len(parts) - 1) for index, part in enumerate(parts)]


def _fragments(unit: bytes) -> Iterator[bytes]:
    indicator, kind, body = (unit[0] & 0xE0) | _FU_A, unit[0] & 0x1F, unit[1:]
    size = _MAX_PAYLOAD_BYTES - 2
    for start in range(0, len(body), size):
        first, last = start == 0, start + size >= len(body)
        yield bytes([indicator, (first << 7) | (last << 6) | kind]) + body[start : start + size]


def rtp(payload: bytes, last: bool, *, seq: int, timestamp: int, ssrc: int, channel: int) -> bytes:
    """Return one RTP packet framed for an interleaved connection."""
    marker = (last << 7) | PAYLOAD_TYPE
    header = struct.pack("!BBHII", 0x80, marker, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return struct.pack("!BBH", 0x24, channel, len(header) + len(payload)) + header + payload
