"""What comes to the enrolment office, what it keeps, and what it states."""

import asyncio
import atexit
import json
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from fuzz.target import Feed, Target, directory, in_file

from sotdae_provisioning.pki.certificates import Key, Names, new_key, request
from sotdae_provisioning.pki.codes import LENGTH, Codes, Grant
from sotdae_provisioning.pki.est import EstServer
from sotdae_provisioning.pki.ledger import Ledger
from sotdae_provisioning.pki.office import Office, read_shown
from sotdae_provisioning.pki.province import Certified, Province
from sotdae_provisioning.pki.statements import publish_deny_list, stated_floor
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import SotdaeError, WireError
from sotdae_shared.floor import Floor
from sotdae_shared.identity import identity_of
from sotdae_shared.ids import FacilityId
from sotdae_shared.sealed import unseal
from sotdae_shared.topics import Address

NOW = datetime.now(UTC).replace(microsecond=0)
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
CODE = "A" * LENGTH
NONCE = b"n" * 32
EST, OWN = "/.well-known/est", "/.well-known/sotdae"
PATHS = (
    ("POST", f"{EST}/simpleenroll"), ("POST", f"{EST}/simplereenroll"), ("POST", f"{OWN}/renew"),
    ("GET", f"{OWN}/floor/"), ("GET", f"{OWN}/deny"),
)  # fmt: skip


def _place() -> Path:
    path = Path(mkdtemp(prefix="sotdae-fuzz-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def _made() -> Path:
    """Make one province for all targets; each works on a copy."""
    path = _place()
    province = Province(path)
    province.init("Gyeonggi", None, NOW - timedelta(days=300))
    province.add_city("41113", None, NOW - timedelta(days=300))
    for days in (200, 0):
        _box(province, NOW - timedelta(days=days))
    return path


def _box(province: Province, at: datetime) -> tuple[Certified, Key]:
    key = new_key()
    return province.certify_device(GATE, key.public_key(), None, at), key


def _office(stack: ExitStack) -> Office:
    path = directory(stack) / "ca"
    shutil.copytree(_made(), path)
    return Office(Province(path), Codes(path / "codes.db"), None)


def _csr(key: Key) -> bytes:
    return request(GATE.node, Names((identity_of(GATE),)), key).public_bytes(Encoding.DER)


def _requests(stack: ExitStack) -> Feed:
    """A path's number, the Authorization line, then the body: as the office's own server takes them."""
    office = _office(stack)
    server = EstServer(office)
    runner = stack.enter_context(asyncio.Runner())
    site = web.AppRunner(server.app(), access_log=None)
    port = runner.run(_serve(site))
    stack.callback(lambda: runner.run(site.cleanup()))

    def feed(data: bytes) -> None:
        method, path = PATHS[data[0] % len(PATHS)] if data else PATHS[0]
        who, _, body = data[1:].partition(b"\n")
        if path.endswith("/floor/"):
            path += "".join(f"%{octet:02x}" for octet in body[:200])
        office.codes.give(Grant(GATE, "SN-1", NOW + timedelta(days=1)), lambda _: "A")
        server._nonces[NONCE] = float("inf")
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        lines = head.encode() + b"Authorization: " + bytes(set_apart(who)) + b"\r\n\r\n" + body
        status = runner.run(_status(port, lines))
        assert 200 <= status < 500, status

    return feed


def set_apart(who: bytes) -> Iterator[int]:
    """Leave out what would end the line: that is the server's to judge, not ours."""
    return (octet for octet in who if octet not in b"\r\n\0")


async def _serve(runner: web.AppRunner) -> int:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


async def _status(port: int, request: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(20):
            answer = await reader.readline()
    finally:
        writer.close()
        await writer.wait_closed()
    return int(answer.split()[1])


def _request_seeds() -> Iterator[bytes]:
    key = new_key()
    csr = _csr(key)
    login = b"Basic " + b64encode(f"gate-1:{CODE}".encode())
    yield b"\0" + login + b"\n" + b64encode(csr)
    yield b"\0" + login + b"\n" + csr
    yield b"\1\n" + b64encode(csr)
    made, old = _box(Province(_made()), NOW - timedelta(days=200))
    signature = old.sign(NONCE + csr, ec.ECDSA(hashes.SHA256()))
    pem = made.certificate.public_bytes(Encoding.PEM).decode()
    body = {"nonce": NONCE.hex(), "signature": signature.hex(), "certificate": pem}
    yield b"\2\n" + json.dumps({**body, "request": b64encode(csr).decode()}).encode()
    yield b"\3\n" + GATE.facility.encode()
    yield b"\4\n"


def _shown(stack: ExitStack) -> Feed:
    """A certificate that somebody shows with a request that it did sign: the office's own judgement."""
    office, csr = _office(stack), _csr(new_key())

    def feed(data: bytes) -> None:
        office.renew(read_shown(data), csr, NOW)

    return feed


def _shown_seeds() -> list[bytes]:
    return [_box(Province(_made()), NOW)[0].certificate.public_bytes(Encoding.PEM)]


def _ledger(path: Path) -> None:
    with Ledger(path) as ledger:
        for each in ledger.all():
            each.certificate()
        ledger.revoked()
        ledger.denied_keys()
        ledger.next_number("crl")


def _codes(path: Path) -> None:
    codes = Codes(path)
    codes.take(GATE.node, CODE, b"key", NOW)


def _ledger_seeds() -> list[bytes]:
    return [(_made() / "cities/41113/ledger.db").read_bytes(), (_made() / "province/ledger.db").read_bytes()]


def _code_seeds() -> list[bytes]:
    path = _place() / "codes.db"
    Codes(path).give(Grant(GATE, "SN-1", NOW + timedelta(days=1)), lambda _: "A")
    return [path.read_bytes()]


def _stated(kind: type[Floor] | type[DenyList]) -> Callable[[bytes], object]:
    trust = Province(_made()).trust()
    return lambda data: unseal(kind, data, trust)


TARGETS = (
    Target("office_request", _requests, None, _request_seeds),
    Target("office_shown", _shown, WireError, _shown_seeds),
    Target("pki_ledger", in_file(_ledger), SotdaeError, _ledger_seeds),
    Target("pki_codes", in_file(_codes), SotdaeError, _code_seeds),
    Target("floor", lambda _: _stated(Floor), WireError,
           lambda: [stated_floor(Province(_made()), GATE.facility, None, NOW)]),
    Target("deny_list", lambda _: _stated(DenyList), WireError,
           lambda: [publish_deny_list(Province(_made()), None, NOW)]),
)  # fmt: skip
