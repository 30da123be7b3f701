"""`sotdae broker run`: what it refuses, and whom it knows."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from time import monotonic, sleep

import aiomqtt
import pytest
from need import require_binary
from provisioning_kit import Spawned
from typer.testing import CliRunner

from sotdae_provisioning.broker import free_port
from sotdae_provisioning.broker_cli import LOOK_S, _follow, _stamps, broker_app
from sotdae_provisioning.pki.certificates import Names, PublicKey, new_key
from sotdae_provisioning.pki.cli import ca_app
from sotdae_provisioning.pki.folder import write, write_key
from sotdae_provisioning.pki.province import Certified, Province
from sotdae_provisioning.secure import SecureMosquitto, Shown
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

NOW = datetime.now(UTC)
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
HERE = Names(("localhost",), (ip_address("127.0.0.1"),))


def test_init_makes_a_city_and_the_papers_of_every_service(tmp_path: Path) -> None:
    where = ["--dir", str(tmp_path / "ca")]
    done = CliRunner().invoke(ca_app, ["init", "Gyeonggi", *where, "--city", "41113", "--host", "localhost"])
    assert done.exit_code == 0, done.output
    assert Province(tmp_path / "ca").cities() == ["41113"]
    for service in ("hub", "broker", "office"):
        folder = tmp_path / "ca/papers" / service
        assert {each.name for each in folder.iterdir()} == {"key.pem", "cert.pem", "chain.pem", "root.pem"}


@pytest.mark.parametrize("made", [False, True])
def test_a_broker_without_authorities_or_papers_says_how_to_make_them(tmp_path: Path, made: bool) -> None:
    if made:
        Province(tmp_path / "ca").init("Gyeonggi", None, NOW)
    words = [
        "--dir",
        str(tmp_path / "ca"),
        "--papers",
        str(tmp_path / "none"),
        "--state",
        str(tmp_path / "s"),
    ]
    done = CliRunner().invoke(broker_app, ["run", *words])
    assert done.exit_code == 2
    assert ("sotdae ca issue --service broker" if made else "sotdae ca init") in done.output


def test_a_broker_is_not_ready_where_another_listens(tmp_path: Path) -> None:
    where = ["--dir", str(tmp_path / "ca")]
    assert CliRunner().invoke(ca_app, ["init", "Gyeonggi", *where, "--host", "localhost"]).exit_code == 0
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        papers = ["--papers", str(tmp_path / "ca/papers/broker"), "--state", str(tmp_path / "s")]
        done = CliRunner().invoke(broker_app, ["run", *where, *papers, "--port", port])
    assert (done.exit_code, "another program listens" in done.output) == (1, True), done.output
    assert "ready" not in done.output


def test_a_folder_without_authorities_is_not_an_empty_list(tmp_path: Path) -> None:
    done = CliRunner().invoke(ca_app, ["show", "--dir", str(tmp_path / "none"), "--json"])
    assert (done.exit_code, "sotdae ca init" in done.output) == (2, True), done.output


def test_papers_of_a_broker_without_a_host_are_refused(tmp_path: Path) -> None:
    where = ["--dir", str(tmp_path / "ca")]
    assert CliRunner().invoke(ca_app, ["init", "Gyeonggi", *where]).exit_code == 0
    words = ["issue", *where, "--service", "broker", "--out", str(tmp_path / "broker")]
    done = CliRunner().invoke(ca_app, words)
    assert (done.exit_code, "want --host" in done.output) == (2, True), done.output
    assert CliRunner().invoke(ca_app, [*words, "--host", "10.0.0.5"]).exit_code == 0


def test_who_has_papers_is_known_until_they_are_void_or_run_out(tmp_path: Path) -> None:
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, NOW - timedelta(days=400))
    province.add_city("41113", None, NOW - timedelta(days=400))

    def device(node: str, days_ago: int) -> int:
        address = Address(FacilityId("GG-41113-UP-0007"), node)
        made = province.certify_device(address, new_key().public_key(), None, NOW - timedelta(days=days_ago))
        return made.certificate.serial_number

    device("gate-1", 10)
    device("gate-1", 5)
    struck = device("gate-2", 1)
    device("gate-3", 181)
    assert [each.node for each in province.nodes(NOW)] == ["gate-1", "gate-2"]
    province.revoke(struck, "stolen", NOW)
    assert [each.node for each in province.nodes(NOW)] == ["gate-1"]


def test_a_box_that_has_renewed_is_struck_off_by_its_newest_papers(tmp_path: Path) -> None:
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, NOW - timedelta(days=100))
    province.add_city("41113", None, NOW - timedelta(days=100))
    first, second = (
        province.certify_device(GATE, new_key().public_key(), None, NOW - timedelta(days=days)).certificate
        for days in (95, 5)
    )
    province.revoke(first.serial_number, "replaced", NOW)
    assert province.nodes(NOW) == [GATE]
    province.revoke(second.serial_number, "stolen", NOW)
    assert province.nodes(NOW) == []
    province.certify_device(GATE, new_key().public_key(), None, NOW)
    assert province.nodes(NOW) == [GATE]


def test_a_running_mosquitto_takes_a_revocation_list_that_is_published_anew(tmp_path: Path) -> None:
    """A list is good for seven days: a broker that went on with the old one would let nobody in."""
    require_binary("mosquitto")
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, NOW)
    province.add_city("41113", None, NOW)
    own = _papers(tmp_path / "broker", lambda key: province.certify_service("broker", HERE, key, None, NOW))
    gate = _papers(tmp_path / "gate", lambda key: province.certify_device(GATE, key, None, NOW))
    city = province.city("41113")
    city.publish_list(city.issuer(None), NOW - timedelta(days=7))
    broker = SecureMosquitto(tmp_path / "s", province, Shown(own / "chain.pem", own / "key.pem"))
    broker.admit([GATE])
    before = _stamps(province)
    broker.start()
    try:
        asyncio.run(broker.wait_ready())
        assert not asyncio.run(_takes(broker, gate))
        city.publish_list(city.issuer(None), datetime.now(UTC))
        assert _stamps(province) != before
        _follow(broker, province, [GATE])
        until = monotonic() + 10.0
        while not (taken := asyncio.run(_takes(broker, gate))) and monotonic() < until:
            pass
        assert taken
    finally:
        broker.stop()


def _papers(folder: Path, certify: Callable[[PublicKey], Certified]) -> Path:
    folder.mkdir()
    key = new_key()
    made = certify(key.public_key())
    write(folder / "chain.pem", made.full_chain)
    write(folder / "root.pem", made.root)
    write_key(folder / "key.pem", key, None)
    return folder


async def _takes(broker: SecureMosquitto, gate: Path) -> bool:
    context = ssl.create_default_context(cafile=str(gate / "root.pem"))
    context.load_cert_chain(gate / "chain.pem", gate / "key.pem")
    port = broker.city_ports["41113"]
    try:
        async with aiomqtt.Client("127.0.0.1", port, identifier=GATE.node, timeout=2, tls_context=context):
            return True
    except aiomqtt.MqttError:
        return False


def test_a_citys_listener_stands_where_its_code_says(tmp_path: Path) -> None:
    require_binary("mosquitto")
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, NOW)
    province.add_city("41135", None, NOW)
    shown = Shown(tmp_path / "chain.pem", tmp_path / "key.pem")
    before = SecureMosquitto(tmp_path / "a", province, shown, 8883).city_ports
    province.add_city("41113", None, NOW)
    after = SecureMosquitto(tmp_path / "b", province, shown, 8883).city_ports
    assert after == before | {"41113": 8996} == {"41113": 8996, "41135": 9018}


@pytest.mark.slow
def test_a_ledger_that_breaks_ends_nobodys_line(tmp_path: Path) -> None:
    province = Province(tmp_path / "ca")
    province.init("Gyeonggi", None, NOW)
    province.add_city("41113", None, NOW)
    gate = _papers(tmp_path / "gate", lambda key: province.certify_device(GATE, key, None, NOW))
    own = _papers(
        tmp_path / "own",
        lambda key: province.certify_service("broker", Names(("localhost",)), key, None, NOW),
    )
    words = [
        "broker",
        "run",
        "--dir",
        str(province.path),
        "--papers",
        str(own),
        "--state",
        str(tmp_path / "s"),
    ]
    port = free_port()
    with Spawned([*words, "--port", str(port)]) as running:
        (province.city("41113").path / "ledger.db").write_bytes(b"no ledger" * 1000)
        sleep(3 * LOOK_S)
        assert running.process.poll() is None
        context = ssl.create_default_context(cafile=str(gate / "root.pem"))
        context.load_cert_chain(gate / "chain.pem", gate / "key.pem")

        async def connects() -> None:
            async with aiomqtt.Client(
                "localhost", port, identifier=GATE.node, timeout=3, tls_context=context
            ):
                pass

        asyncio.run(connects())
