"""`sotdae broker run`: what it refuses, and whom it knows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sotdae_provisioning.broker_cli import broker_app
from sotdae_provisioning.pki.certificates import new_key
from sotdae_provisioning.pki.cli import ca_app
from sotdae_provisioning.pki.province import Province
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

NOW = datetime.now(UTC)


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
