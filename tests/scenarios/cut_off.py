"""A gate with papers, and the province's processes, which it can be cut off from for months."""

import asyncio
import contextlib
import json
import os
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from scenarios.guarded import Guarded, guarded, until

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_hub.accounting import count_stores
from sotdae_provisioning.broker import free_port
from sotdae_provisioning.child import Child
from sotdae_provisioning.device.papers import Papers
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
MADE = ("broker", "hub", "office")
TLS = 'trust = "{0}/root.pem"\nchain = "{0}/chain.pem"\nkey = "{0}/key.pem"\n'


def taken(port: int, papers: Path) -> bool:
    """Tell whether a server takes a certificate, by the server's own word: TLS tells at the first read."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(papers / "chain.pem", papers / "key.pem")
    with socket.create_connection(("127.0.0.1", port), 5.0) as plain:
        try:
            with context.wrap_socket(plain) as line:
                line.settimeout(1.0)
                return line.recv(1) != b""
        except TimeoutError:
            return True
        except (ssl.SSLError, ConnectionResetError):
            return False


def two_ports() -> int:
    """Return a free port whose city's listener is free too."""
    while True:
        port = free_port()
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port + int(GATE.facility.city) - 41_000))
            return port


@dataclass
class CutOff:
    """The gate, and what it is cut off from while that does not run."""

    directory: Path
    gate: Guarded
    agent: Child
    keeper: Child
    broker: Child
    hub: Child
    office: Child
    broker_port: int
    office_port: int
    environ: Mapping[str, str]
    url: str = ""
    lines: dict[str, int] = field(default_factory=dict)
    """Ports of the broker."""

    @property
    def papers(self) -> Papers:
        return Papers(self.directory / "papers")

    async def sotdae(self, *words: str, given: str | None = None) -> str:
        """Run a command by the clock of the others, and return what it says."""
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "sotdae_provisioning", *words], capture_output=True,
            text=True, check=False, input=given, cwd=self.directory, env={**os.environ, **self.environ},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def arrive(self, *, office: bool = True) -> None:
        """Start broker and hub, and with them the office."""
        self.lines = (await self.broker.start())["ports"]
        self.url = str((await self.hub.start())["url"])
        if office:
            await self.office.start()

    async def leave(self) -> None:
        """Stop all of them: the gate is alone."""
        await asyncio.gather(self.broker.stop(), self.hub.stop(), self.office.stop())

    async def heard(self) -> str | None:
        """Return what the hub says of the barrier."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{self.url}/api/v1/facilities/{GATE.facility}")
        return json.loads(answer.text).get("barrier") if answer.status_code == 200 else None

    async def hears(self, wanted: str, timeout_s: float = 60.0) -> None:
        """Wait for what the hub says of the barrier."""
        try:
            async with asyncio.timeout(timeout_s):
                while await self.heard() != wanted:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not {wanted}: {self.agent.tail()}\n{self.keeper.tail()}") from None

    async def closes(self) -> None:
        """Let the water come, and see the gate close."""
        self.gate.site.simulator.depth(20.0)
        arm = self.gate.site.simulator.scene.arm
        await until(lambda: arm.limit_closed, f"the arm is closed: {self.agent.tail()}", 90.0)
        assert self.gate.site.simulator.scene.traffic.contacts == 0

    def backlog(self) -> int:
        """Return how many messages wait on the gate's disk."""
        with contextlib.closing(sqlite3.connect(self.directory / "outbox.db")) as outbox:
            return int(outbox.execute("SELECT count(*) FROM message").fetchone()[0])

    async def whole(self) -> int:
        """End agent and hub; return how many messages there were, all of them at the hub, each once."""
        await self.agent.stop()
        await self.hub.stop()
        sent = sum(row.messages for row in SqliteOutbox.ledger(self.directory / "outbox.db"))
        account = count_stores(self.directory / "hub")
        assert (account.distinct, account.duplicated, account.dropped, account.quarantined) == (sent, 0, 0, 0)
        return sent


def _child(name: str, words: list[str], directory: Path, environ: Mapping[str, str]) -> Child:
    ready = name in MADE
    return Child(name, ["sotdae_provisioning", *words], directory, ready=ready, environ=environ)


@contextlib.asynccontextmanager
async def cut_off(
    directory: Path, *, kind: str = "nats", far: Mapping[str, str] | None = None,
    here: Mapping[str, str] | None = None,
) -> AsyncIterator[CutOff]:  # fmt: skip
    """Prepare a gate and the rest, with nothing running; `far` and `here` are added to their environments."""
    far, here = far or {}, here or {}
    port, office_port, ca = two_ports(), free_port(), str(directory / "ca")
    line = port if kind == "nats" else port + int(GATE.facility.city) - 41_000
    hub = directory / "hub.toml"
    text = f'dir = "{directory}/hub"\n[broker]\nhost = "localhost"\nport = {port}\n[broker.tls]\n'
    hub.write_text(text + TLS.format(directory / "ca/papers/hub") + "[http]\nport = 0\n", encoding="utf-8")
    papers = directory / "papers"
    more = f'[hub]\nhost = "localhost"\nport = {line}\n[hub.tls]\n' + TLS.format(papers / "current")
    async with guarded(directory, more=more + f'[papers]\ndir = "{papers}"\n') as gate:
        file = directory / "gate.toml"
        file.write_text(file.read_text(encoding="utf-8").replace("[storage]", "[storage]\nledger = true"))
        keep = ["device", "keep", "--papers", str(papers), "--every-s", "5"]
        broker = ["broker", "run", "--dir", ca, "--papers", f"{ca}/papers/broker", "--kind", kind,
                  "--state", str(directory / "broker"), "--port", str(port)]  # fmt: skip
        office = ["ca", "serve", "--dir", ca, "--papers", f"{ca}/papers/office", "--port", str(office_port)]
        made = CutOff(
            directory, gate,
            agent=_child("far-agent", ["gate", "run", "--config", str(file)], directory, here),
            keeper=_child("keeper", keep, directory, here),
            broker=_child("broker", broker, directory, far),
            hub=_child("hub", ["hub", "run", "--config", str(hub)], directory, far),
            office=_child("office", office, directory, far),
            broker_port=port, office_port=office_port, environ=far,
        )  # fmt: skip
        try:
            yield made
        finally:
            for child in (made.agent, made.keeper, made.broker, made.hub, made.office):
                await child.stop()
