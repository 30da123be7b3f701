"""The whole walk at the simulated site: real Modbus, real office, broker with TLS, hub; and on a terminal."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from need import until
from provisioning_kit import Spawned
from walk_kit import TECHNICIAN, Door, Walker, states, write_gate

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.panel.keys import load_key
from sotdae_firmware_bridge.modbus import ModbusDevice
from sotdae_firmware_bridge.profile import load as profile
from sotdae_provisioning.device.walk.kept import load
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

ADDRESS = Address(FacilityId("GG-41113-UP-0007"), "gate-41113-up-0007")
ANSWERS = f"""\
serial = "SN-1"
on_site = "{TECHNICIAN}"
"sensor.lift.float_5" = true
"sensor.lift.float_15" = true
"lane.curtain.curtain_blocked" = true
"lane.loop.loop_occupied" = true
"power.pull.mains_ok" = true
"""


def sotdae(*words: object, cwd: Path) -> str:
    command = [sys.executable, "-m", "sotdae_provisioning", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Site:
    """A simulated site with its control door."""

    port: int
    door: Door
    rtsp: str


@pytest.fixture
def site() -> Iterator[Site]:
    words = ["bridge", "simulate", "--control-port", "0", "--camera-port", "0"]
    with Spawned(words) as simulator:
        door = Door(simulator.first["control_port"])
        yield Site(simulator.first["port"], door, simulator.first["rtsp"])
        door.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def province(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Run office, broker and hub; yield a ticket for the gate, and what its file says of the hub."""
    sotdae("ca", "init", "Gyeonggi", "--dir", "ca", "--city", "41113", "--host", "localhost", cwd=tmp_path)
    port, papers = free_port(), tmp_path / "ca/papers"
    hub = tmp_path / "hub.toml"
    tls = 'trust = "{0}/root.pem"\nchain = "{0}/chain.pem"\nkey = "{0}/key.pem"\n'
    broker = f'[broker]\nhost = "localhost"\nport = {port}\n[broker.tls]\n' + tls.format(papers / "hub")
    hub.write_text(f'dir = "{tmp_path}/hub"\n{broker}[http]\nport = 0\n', encoding="utf-8")
    ca = ["--dir", str(tmp_path / "ca"), "--papers"]
    with ExitStack() as running:
        running.enter_context(
            Spawned(["broker", "run", *ca, str(papers / "broker"), "--state", str(tmp_path / "broker"),
                     "--port", str(port)])
        )  # fmt: skip
        running.enter_context(Spawned(["hub", "run", "--config", str(hub)]))
        office = running.enter_context(Spawned(["ca", "serve", *ca, str(papers / "office"), "--port", "0"]))
        url = f"https://localhost:{office.first['port']}"
        given = ("--dir", "ca", "--office", url, "--serial", "SN-1", "--line")
        ticket = sotdae("device", "code", ADDRESS.facility, ADDRESS.node, *given, cwd=tmp_path).strip()
        current = tls.format(tmp_path / "papers/current")
        yield ticket, f'[hub]\nhost = "localhost"\nport = {port}\n[hub.tls]\n{current}'


@pytest.mark.slow
def test_a_whole_walk_ends_in_a_complete_report_that_both_signed(
    site: Site, province: tuple[str, str], tmp_path: Path
) -> None:
    ticket, hub = province
    (tmp_path / "phrase").write_text("a long passphrase\n", encoding="utf-8")
    (tmp_path / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    who = ("--name", TECHNICIAN, "--key", "kim-2026", "--level", "panel", "--out", "kim.pem")
    roster = sotdae("gate", "key", "new", *who, "--passphrase-file", "phrase", cwd=tmp_path)
    file = write_gate(tmp_path, site.port, f'[camera]\nurl = "{site.rtsp}"\n{hub}{roster}')
    report = tmp_path / "report.html"
    words = ["--config", str(file), "--key", str(tmp_path / "kim.pem"), "--report", str(report), "--json"]
    words += ["--passphrase-file", str(tmp_path / "phrase"), "--answers", str(tmp_path / "answers.toml")]
    walker = Walker([*words, "--yes", "--ticket"], site.door, piped=ticket).start()
    code = walker.end()
    found = states(report)
    assert (code, set(found.values())) == (0, {"ok", "not_fitted"}), (found, walker.said[-6000:])
    assert json.loads(walker.out)["verdict"] == "complete"
    assert [step for step, state in found.items() if state == "not_fitted"] == ["radio"]
    kept = load(report.with_suffix(".json"))
    assert kept is not None
    link = kept.walk.of("link")
    assert link is not None
    measured = {each.name: each.value for each in link.measured}
    assert isinstance(measured["acked"], float)
    assert (measured["tls_version"], measured["strangers"], measured["own_orders"]) == ("TLSv1.3", 0, True)
    arm = kept.walk.of("arm")
    assert arm is not None
    angles = [value for value in arm.plots[0].values if value is not None]
    assert (max(angles) > 85, min(angles) < 3) == (True, True)
    shown = walker.said + walker.out + report.read_text(encoding="utf-8") + repr(kept)
    secret = load_key(tmp_path / "kim.pem", "a long passphrase").private_bytes_raw().hex()
    for each in (
        secret,
        parse_qs(urlsplit(ticket).query)["code"][0],
        (tmp_path / "gate/device.key").read_bytes().hex(),
        "a long passphrase",
    ):
        assert each not in shown
    said = sotdae("device", "report", "verify", report, "--config", file, cwd=tmp_path)
    assert f"✓ {TECHNICIAN} is on the roster with this key" in said
    assert "✓ the page shows what was signed" in said
    # The hub is told at the agent's next start: the message waits in the gate's own outbox.
    outbox = SqliteOutbox(tmp_path / "gate/outbox.db", ADDRESS, "0" * 16, telemetry_budget_bytes=1_000_000)
    waiting = [json.loads(row.raw)["body"] for row in outbox.unsent(10)]
    outbox.close()
    told = [body["data"]["verdict"] for body in waiting if body.get("report") == "commissioning"]
    assert told == ["complete"]
    assert Walker([*words, "--yes"], site.door).start().end() == 2, "a complete report is not overwritten"


@pytest.mark.slow
def test_ctrl_c_stops_the_arm_and_the_same_command_goes_on(site: Site, tmp_path: Path) -> None:
    """On a terminal, without a link: the permit falls, the arm rests, what was done is not done again."""
    file, report = write_gate(tmp_path, site.port), tmp_path / "report.html"
    words = ["--config", str(file), "--report", str(report), "--technician", TECHNICIAN, "--lang", "en"]
    typed = [("maker's plate", "SN-1"), ("Type your name", TECHNICIAN)]
    walker = Walker(words, site.door, terminal=True, answers=list(typed)).start()
    walker.sees("siren, then the arm")

    def angle() -> float:
        return float(site.door.call("state")["arm_deg"])

    until(lambda: site.door.call("state")["siren_on"])
    assert angle() == 90.0, "the warnings come first"
    until(lambda: angle() < 60.0)
    walker.interrupt()
    code = walker.end(30)
    assert code == 130, walker.said[-2000:]
    assert "The arm stands at" in walker.said
    state = site.door.call("state")
    rested = float(state["arm_deg"])
    assert 3.0 < rested < 60.0
    assert (state["moving"], angle()) == (0, rested)
    done = states(report)
    assert "arm" not in done
    assert (done["sensor:float"], done["lamps"], done["lane"]) == ("ok", "ok", "ok")
    before = report.with_suffix(".json").read_bytes()
    # The arm rests half way: nothing moves it but the local key, or the gate's own sequence.
    again = Walker(words, site.door, terminal=True, answers=[]).start()
    assert again.end() == 1
    assert "The arm is not proved open".lower() in again.said.lower()
    assert "Level sensor" not in again.said
    assert angle() == rested
    found = states(report)
    assert (found["arm"], found["power"]) == ("not_done", "ok")
    kept, earlier = load(report.with_suffix(".json")), json.loads(before)
    assert kept is not None
    assert kept.walk.verdict == "incomplete"
    assert kept.walk.began.isoformat()[:19] == earlier["walk"]["began"][:19]
    assert "INCOMPLETE" in report.read_text(encoding="utf-8")
    # Killed, as by a lost terminal: the permit falls, and the unfed controller closes the warnings.
    asyncio.run(raised(site.port))
    killed = Walker(words, site.door, terminal=True, answers=typed[1:]).start()
    until(lambda: angle() < 60.0, 40)
    killed.kill()
    until(lambda: site.door.call("state")["moving"] == 0)
    assert 3.0 < angle() < 60.0
    until(lambda: site.door.call("state")["siren_on"])
    state = site.door.call("state")
    assert (state["sign_closed"], state["flasher_on"], state["moving"]) == (True, True, 0)


async def raised(port: int) -> None:
    """Raise the arm as a person with the local key does."""
    device, permit = ModbusDevice(profile("underpass"), "127.0.0.1", port, 2.0), 0
    while not (await device.read())["limit_open"].value:
        permit += 1
        await device.write({"drive": 2, "permit": permit})
        await asyncio.sleep(0.1)
    await device.write({"drive": 0})
    await device.close()
