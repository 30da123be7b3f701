"""A gate's box as it stands on site, for the doctor: real broker, controller, papers, agent. To be broken."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from need import until
from office_kit import office
from provisioning_kit import Spawned
from typer.testing import CliRunner

from sotdae_edge.config import load_gate
from sotdae_firmware_bridge.sim.control import SimControl
from sotdae_provisioning.broker import NatsBroker
from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.doctor.agent import gather
from sotdae_provisioning.device.papers import CURRENT, Papers
from sotdae_provisioning.pki.certificates import Names, new_key
from sotdae_provisioning.pki.folder import write, write_key
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.secure import SecureNats, Shown
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
Section = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Village:
    """What stands around the box: one for all tests."""

    base: Path
    province: Province
    office: str
    broker: SecureNats
    plain: NatsBroker
    site: dict[str, Any]

    def fault(self, device: str, kind: str, *, on: bool = True) -> None:
        async def call() -> None:
            control = SimControl("127.0.0.1", self.site["control_port"])
            await control.call("fault", device=device, kind=kind, on=on)
            await control.close()

        asyncio.run(call())

    def shown(self, province: Province, name: str) -> Shown:
        """Return a broker's papers of a province."""
        folder, key = self.base / name, new_key()
        folder.mkdir()
        made = province.certify_service("broker", Names(("localhost",)), key.public_key(), None, now())
        write(folder / "chain.pem", made.full_chain)
        write_key(folder / "key.pem", key, None)
        return Shown(folder / "chain.pem", folder / "key.pem")


@contextmanager
def village(base: Path) -> Iterator[Village]:
    """Start office, brokers and a simulated site."""
    with ExitStack() as stack:
        ground = stack.enter_context(office(base))
        seen = ["bridge", "simulate", "--port", "0", "--camera-port", "0"]
        site = stack.enter_context(Spawned(seen)).first
        plain = NatsBroker(base / "plain")
        found = Village(base, ground.province, ground.url, None, plain, site)  # type: ignore[arg-type]
        found.broker = SecureNats(base / "broker", ground.province, found.shown(ground.province, "shown"))
        found.broker.admit([GATE])
        for broker in (found.broker, plain):
            broker.start()
            stack.callback(broker.stop)
            asyncio.run(broker.wait_ready())
        yield found


@dataclass
class Box:
    """One box: its file, its papers, its processes."""

    village: Village
    base: Path
    settings: dict[str, Section] = field(default_factory=dict)
    papers_at: datetime = field(default_factory=now)
    address: Address = GATE
    agent: subprocess.Popen[bytes] | None = None
    watchdog: subprocess.Popen[bytes] | None = None
    ended: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        used = self.base / "papers" / CURRENT
        tls = {"trust": used / "root.pem", "chain": used / "chain.pem", "key": used / "key.pem"}
        self.settings = {
            "facility": {
                "id": "GG-41113-UP-0007", "node": "gate-1", "name": "고색지하차도", "lat": 37.2, "lon": 127.0,
            },
            "storage": {"dir": self.base / "state"},
            "device": {"port": self.village.site["port"]},
            "hub": {"host": "localhost", "port": self.village.broker.port},
            "hub.tls": tls,
            "clock": {"source": "assume_synced"},
            "camera": {"url": self.village.site["rtsp"]},
            "watchdog": {},
        }  # fmt: skip

    @property
    def file(self) -> Path:
        return self.base / "gate.toml"

    def write(self) -> None:
        """Write the file as the settings are now."""
        lines = []
        for name, section in self.settings.items():
            values = (f"{key} = {json.dumps(_plain(value))}" for key, value in section.items())
            lines += [f"[{name}]", *values]
        self.file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def enrol(self) -> None:
        """Give the box papers as of its day."""
        papers, made_at = Papers(self.base / "papers"), self.papers_at
        key = papers.begin().public_key()
        made = self.village.province.certify_device(self.address, key, None, made_at, "SN-1")
        papers.settle([made.certificate, *x509.load_pem_x509_certificates(made.chain)], made.root)
        (papers.path / "office").write_text(self.village.office, encoding="utf-8")

    def start(self) -> None:
        """Start agent and watchdog as they are installed, and wait for both."""
        words = [sys.executable, "-m", "sotdae_provisioning", "gate"]
        with (self.base / "log").open("ab") as log:
            self.watchdog = subprocess.Popen([*words, "watchdog", "-c", str(self.file)], stderr=log)
            self.agent = subprocess.Popen([*words, "run", "-c", str(self.file)], stderr=log)
        for process in (self.watchdog, self.agent):
            self.ended.callback(process.wait)
            self.ended.callback(process.kill)
        storage = Path(self.settings["storage"]["dir"])
        until(lambda: (storage / "panel/panel.sock").exists() or self._lost())
        self.settle()

    def settle(self) -> None:
        """Wait until both processes are up, whatever else is broken."""

        def up() -> bool:
            facts = asyncio.run(gather(load_gate(self.file)))
            return bool(facts.greets and facts.watchdog)

        until(up)

    def _lost(self) -> None:
        assert self.agent is not None
        assert self.agent.poll() is None, (self.base / "log").read_text(encoding="utf-8", errors="replace")

    def doctor(self, *more: str) -> list[dict[str, str]]:
        """Run the doctor; return its findings, the worst first."""
        done = CliRunner().invoke(device_app, ["doctor", "-c", str(self.file), "--json", *more])
        assert "secret" not in done.output
        assert "PRIVATE" not in done.output
        answer = json.loads(done.stdout)
        assert done.exit_code == (0 if answer["ok"] else 1), done.output
        assert answer["ok"] is (answer["findings"] == [])
        found: list[dict[str, str]] = answer["findings"]
        return found

    def freeze(self) -> None:
        assert self.agent is not None
        os.kill(self.agent.pid, signal.SIGSTOP)

    def kill(self, process: subprocess.Popen[bytes] | None) -> None:
        assert process is not None
        process.kill()
        process.wait()


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount 1 MB of memory there. Skips where one may not."""
    place.mkdir(parents=True)
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    own = f"size=1m,mode=0755,uid={os.getuid()}"
    mount = [*root, "mount", "-t", "tmpfs", "-o", own, "sotdae", str(place)]
    if shutil.which(mount[0]) is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run([*root, "umount", "-l", str(place)], check=True)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
