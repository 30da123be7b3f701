"""The enrolment office on the wire: EST (RFC 7030) over TLS, and a way for papers that have run out.

`GET /.well-known/est/cacerts`, `POST .../simpleenroll` (HTTP Basic: node and one-time code),
`POST .../simplereenroll` (client certificate). `GET /.well-known/sotdae/nonce` and `POST .../renew` take a
certificate that has run out, which no TLS handshake takes: its key signs nonce and request.
`GET /.well-known/sotdae/floor/FACILITY` and `.../deny` give anybody what the office states: it is signed,
once. A facility without papers here is answered 404, with no key opened; who tries many of them, 429.
"""

import asyncio
import binascii
import logging
import secrets
import signal
import ssl
from base64 import b64decode, encodebytes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import BasicAuth, web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from sotdae_provisioning.pki.floors import CrowdedError, Floors, UnheardError
from sotdae_provisioning.pki.office import Office, read_shown
from sotdae_provisioning.pki.province import Certified
from sotdae_provisioning.pki.statements import deny_list
from sotdae_shared.errors import ConfigError, LinkError, SotdaeError, WireError
from sotdae_shared.ids import FacilityId

MAX_BYTES = 64 * 1024
NONCE_S = 60.0
MAX_NONCES = 10_000
PKCS7 = "application/pkcs7-mime"
log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def context(papers: Path, trust: bytes) -> ssl.SSLContext:
    """Return the server's side of TLS: it shows its papers and asks, but does not insist, on the box's.

    Raises:
        ConfigError: if its papers cannot be used.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(papers / "chain.pem", papers / "key.pem", password="")
    except OSError as error:
        said = f"no papers of the office here ({error.strerror})"
        remedy = "make them: sotdae ca issue --service office --host NAME --out DIR"
        raise ConfigError(str(papers), [f"{said}; {remedy}"]) from error
    made.load_verify_locations(cadata=trust.decode())
    made.verify_mode = ssl.CERT_OPTIONAL
    return made


def serve(office: Office, papers: Path, host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told the port. ConfigError, LinkError: why not."""
    tls = context(papers, office.province.trust())
    office.province.services.issuer(office.passphrase)  # a wrong passphrase shows now, not at the first box
    asyncio.run(_serve(EstServer(office).app(), tls, host, port, ready))


async def _serve(
    app: web.Application, tls: ssl.SSLContext, host: str, port: int, ready: Callable[[int], None]
) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        ready(int(runner.addresses[0][1]))
        await ended.wait()
    except OSError as error:
        raise LinkError(f"{host}:{port}: {error.strerror}") from error
    finally:
        await runner.cleanup()


@dataclass(slots=True)
class EstServer:
    """The office's desk. Makes an aiohttp application."""

    office: Office
    _nonces: dict[bytes, float] = field(default_factory=dict)
    _floors: Floors = field(init=False)

    def __post_init__(self) -> None:
        """Keep the floors that were signed."""
        self._floors = Floors(self.office.province, self.office.passphrase)

    def app(self) -> web.Application:
        """Return the application; every refusal is a status with one line of reason."""
        app = web.Application(client_max_size=MAX_BYTES, middlewares=[_refusals])
        app.router.add_get("/.well-known/est/cacerts", self._cacerts)
        app.router.add_post("/.well-known/est/simpleenroll", self._enrol)
        app.router.add_post("/.well-known/est/simplereenroll", self._renew)
        app.router.add_get("/.well-known/sotdae/nonce", self._nonce)
        app.router.add_post("/.well-known/sotdae/renew", self._renew_late)
        app.router.add_get("/.well-known/sotdae/floor/{facility}", self._floor)
        app.router.add_get("/.well-known/sotdae/deny", self._deny)
        return app

    async def _floor(self, request: web.Request) -> web.Response:
        facility, now = FacilityId(request.match_info["facility"]), datetime.now(UTC)
        try:
            raw = await asyncio.to_thread(self._floors.stated, facility, now)
        except UnheardError as error:
            raise web.HTTPNotFound(text=str(error)) from error
        except CrowdedError as error:
            raise web.HTTPTooManyRequests(text=str(error)) from error
        return web.Response(body=raw, content_type="application/json")

    async def _deny(self, _: web.Request) -> web.Response:
        desk, now = self.office, datetime.now(UTC)
        raw = await asyncio.to_thread(deny_list, desk.province, desk.passphrase, now)
        return web.Response(body=raw, content_type="application/json")

    async def _cacerts(self, _: web.Request) -> web.Response:
        found = [folder.certificate() for folder in self.office.province.folders()]
        return _papers(found)

    async def _enrol(self, request: web.Request) -> web.Response:
        try:
            who = BasicAuth.decode(request.headers.get("Authorization", ""))
        except ValueError:
            return web.Response(
                status=401,
                text="node and one-time code, please",
                headers={"WWW-Authenticate": 'Basic realm="enrol"'},
            )
        csr, now = _der(await request.read()), datetime.now(UTC)
        made = await asyncio.to_thread(self.office.enrol, who.login, who.password, csr, now)
        log.info("enrolled %s", who.login)
        return await self._answer(made)

    async def _renew(self, request: web.Request) -> web.Response:
        shown = _shown(request)
        csr, now = _der(await request.read()), datetime.now(UTC)
        return await self._answer(await asyncio.to_thread(self.office.renew, shown, csr, now))

    async def _nonce(self, _: web.Request) -> web.Response:
        now, nonce = asyncio.get_running_loop().time(), secrets.token_bytes(32)
        self._nonces = {each: until for each, until in self._nonces.items() if until > now}
        if len(self._nonces) >= MAX_NONCES:
            raise web.HTTPServiceUnavailable(text="too many nonces are out; ask again in a minute")
        self._nonces[nonce] = now + NONCE_S
        return web.json_response({"nonce": nonce.hex(), "valid_s": NONCE_S})

    async def _renew_late(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
            nonce, signature = bytes.fromhex(body["nonce"]), bytes.fromhex(body["signature"])
            shown = read_shown(str(body["certificate"]).encode())
            csr = b64decode(body["request"], validate=True)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise WireError("want JSON with nonce, signature, certificate, request") from error
        if self._nonces.pop(nonce, 0.0) <= asyncio.get_running_loop().time():
            raise WireError("the nonce is unknown, used or too old: ask for a new one")
        now = datetime.now(UTC)
        made = await asyncio.to_thread(self.office.renew_late, shown, csr, nonce, signature, now)
        return await self._answer(made)

    async def _answer(self, made: Certified) -> web.Response:
        await asyncio.to_thread(self._floors.note, made.certificate)
        return _papers([made.certificate, *x509.load_pem_x509_certificates(made.chain)])


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except WireError as error:
        log.warning("%s refused: %s", request.path, error)
        return web.Response(status=403, text=str(error))
    except (SotdaeError, OSError) as error:  # the latter of a disk that refuses
        log.error("%s failed: %s", request.path, error)
        return web.Response(status=503, text="the office cannot work now")


def _shown(request: web.Request) -> x509.Certificate:
    tls = None if request.transport is None else request.transport.get_extra_info("ssl_object")
    der = None if tls is None else tls.getpeercert(binary_form=True)
    if der is None:
        raise WireError("show the certificate that is to be renewed")
    return x509.load_der_x509_certificate(der)


def _der(body: bytes) -> bytes:
    """Return the request of an EST body: base64, as the RFC wants it, or plain PEM or DER."""
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return body


def _papers(certificates: list[x509.Certificate]) -> web.Response:
    der = pkcs7.serialize_certificates(certificates, Encoding.DER)
    headers = {"Content-Type": f"{PKCS7}; smime-type=certs-only", "Content-Transfer-Encoding": "base64"}
    return web.Response(body=encodebytes(der), headers=headers)
