"""What keeps a secret never shows it in its repr: logs, tracebacks and assertions print reprs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from leaks import secret_of, shown_in

from sotdae_edge.record.key import DeviceKey
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.pki.codes import Codes
from sotdae_provisioning.pki.office import Office
from sotdae_provisioning.pki.province import Province
from sotdae_shared.ids import FacilityId
from sotdae_shared.signing import private_of
from sotdae_shared.topics import Address

SECRET = bytes(range(100, 132))
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")


@pytest.mark.parametrize("kind", ["ticket", "office", "issuer", "device key", "a person's key"])
def test_no_repr_shows_a_secret(tmp_path: Path, kind: str) -> None:
    province, secret = Province(tmp_path), SECRET
    province.init("Gyeonggi", None, datetime.now(UTC))
    holder: object
    match kind:
        case "ticket":
            secret = b"7K3M9QWDABCD"
            holder = Ticket("https://office.example:8443", GATE, secret.decode(), "ab" * 32)
        case "office":
            secret = b"grey heron over the weir"
            holder = Office(province, Codes(tmp_path / "codes.db"), secret.decode())
        case "issuer":
            holder = province.services.issuer(None)
            secret = secret_of(holder.key)
        case "device key":
            holder = DeviceKey.of(secret)
        case _:
            holder = private_of(secret)
    for said in (repr(holder), str(holder), repr([holder]), f"{holder}"):
        assert shown_in(said.encode(), secret) == []
