"""The way to the broker, step by step as the agent goes it: name, port, TLS, papers, MQTT."""

import asyncio
import socket
import ssl
import struct
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from sotdae_edge.adapters.tls import context
from sotdae_edge.config import HubConfig
from sotdae_provisioning.device.doctor.finding import Finding, found
from sotdae_shared.errors import LinkError

PATIENCE_S = 6.0
SILENT_S = 1.5
"""With TLS 1.3 a refusal of our papers comes after the handshake: so long is waited for it."""
_NAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH (openssl/x509_vfy.h)
_ADDRESS_MISMATCH = 64
_REFUSALS = {1: "protocol", 2: "client id", 3: "unavailable", 4: "bad name or password", 5: "not authorised"}
"""CONNACK return codes (MQTT 3.1.1, 3.2.2.3)."""


class Step(Enum):
    """How far the way went."""

    NAME = auto()
    CONNECT = auto()
    TLS = auto()
    UNTRUSTED = auto()
    OTHER_NAME = auto()
    REFUSED = auto()
    WANTS_TLS = auto()
    OWN_PAPERS = auto()
    THROUGH = auto()


@dataclass(frozen=True, slots=True)
class Way:
    """Where the way ended, and why."""

    step: Step
    why: str = ""


async def gather(hub: HubConfig, node: str, *, speak: bool) -> Way:
    """Go the way. `speak` only while the agent is not connected: a broker may know both by one name."""
    try:
        await asyncio.get_running_loop().getaddrinfo(hub.host, hub.port, type=socket.SOCK_STREAM)
    except OSError as error:
        return Way(Step.NAME, error.strerror or str(error))
    try:
        tls = None if hub.tls is None else context(hub.tls)
    except LinkError as error:
        return Way(Step.OWN_PAPERS, str(error))
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(hub.host, hub.port, ssl=tls)
    except (OSError, TimeoutError) as error:
        return await _lost(hub, error)
    try:
        if tls is None and await _speaks_tls(hub):
            return Way(Step.WANTS_TLS)
        return await _greet(reader, writer, node, speak=speak, plain=tls is None)
    finally:
        writer.transport.abort()


async def _speaks_tls(hub: HubConfig) -> bool:
    """Whether a handshake is answered; nothing is believed, and nothing is said after it."""
    unproved = ssl.create_default_context()
    unproved.check_hostname, unproved.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(SILENT_S):
            _, writer = await asyncio.open_connection(hub.host, hub.port, ssl=unproved)
    except ssl.SSLError as error:
        return not _no_tls(error)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


async def _lost(hub: HubConfig, error: OSError | TimeoutError) -> Way:
    """Say why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        mismatch = error.verify_code in (_NAME_MISMATCH, _ADDRESS_MISMATCH)
        return Way(Step.OTHER_NAME if mismatch else Step.UNTRUSTED, error.verify_message)
    if isinstance(error, ssl.SSLError):
        return Way(Step.TLS if _no_tls(error) else Step.REFUSED, error.reason or "no TLS")
    # A broker without TLS hangs up on the first bytes of a handshake, or waits for better ones.
    speechless = hub.tls is not None and await _open(hub)
    return Way(Step.TLS if speechless else Step.CONNECT, error.strerror or "no answer in time")


def _no_tls(error: ssl.SSLError) -> bool:
    return error.reason in ("WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE")


async def _open(hub: HubConfig) -> bool:
    """Whether the port takes connections at all."""
    try:
        async with asyncio.timeout(SILENT_S):
            _, writer = await asyncio.open_connection(hub.host, hub.port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


async def _greet(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, node: str, *, speak: bool, plain: bool
) -> Way:
    lost = Step.WANTS_TLS if plain else Step.REFUSED
    try:
        if speak:
            writer.write(_connect(f"{node}-doctor"))
        async with asyncio.timeout(PATIENCE_S if speak else SILENT_S):
            answer = await reader.readexactly(4)
    except TimeoutError:
        return Way(lost, "no answer") if speak else Way(Step.THROUGH)
    except ssl.SSLError as error:
        return Way(Step.REFUSED, (error.reason or "").lower().replace("_", " "))
    except (OSError, asyncio.IncompleteReadError):
        return Way(lost, "it hung up")
    code = answer[3]
    if answer[:2] != b"\x20\x02":
        return Way(lost, "what answers is no broker")
    return Way(Step.THROUGH) if code == 0 else Way(Step.REFUSED, _REFUSALS.get(code, f"code {code}"))


def _connect(client: str) -> bytes:
    """Return MQTT 3.1.1 CONNECT with a clean session (3.1); the node's name and id fit one length byte."""
    name = client.encode("ascii")
    body = b"\x00\x04MQTT\x04\x02" + struct.pack(">HH", 10, len(name)) + name
    return bytes((0x10, len(body))) + body


_CODES = {
    Step.NAME: "broker.name", Step.CONNECT: "broker.refused", Step.TLS: "broker.plain",
    Step.UNTRUSTED: "broker.untrusted", Step.OTHER_NAME: "broker.other_name", Step.REFUSED: "broker.refuses",
    Step.WANTS_TLS: "broker.wants_tls",
}  # fmt: skip


def judge(way: Way, hub: HubConfig, node: str, file: Path) -> list[Finding]:
    """Say what is wrong with the way; its own papers are judged apart."""
    code = _CODES.get(way.step)
    if code is None:
        return []
    return [found(code, host=hub.host, port=hub.port, why=way.why or "no reason given", node=node, file=file)]
