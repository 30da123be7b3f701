"""A statement holds for the province's root alone, as it was signed, by whom may state."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sotdae_provisioning.pki.folder import Folder, pem
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import stated_floor
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import WireError
from sotdae_shared.floor import Floor, highest, raised
from sotdae_shared.ids import FacilityId
from sotdae_shared.sealed import MAX_BYTES, seal, unseal

AT = datetime(2026, 11, 1, tzinfo=UTC)
PLACE = FacilityId("GG-41113-UP-0007")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    made = Province(tmp_path_factory.mktemp("ca"))
    made.init("Gyeonggi", None, AT - timedelta(days=30))
    made.add_city("41113", None, AT - timedelta(days=30))
    return made


def floor(**parts: int) -> Floor:
    return Floor(facility=PLACE, issued_at=AT, **parts)


def signed_by(folder: Folder, above: Folder, said: Floor) -> bytes:
    chain = (pem(folder.certificate()).decode(), pem(above.certificate()).decode())
    return seal(said, folder.issuer(None).key, chain)


def test_what_the_office_states_is_read_as_it_was_stated(province: Province) -> None:
    raw = stated_floor(province, PLACE, None, AT)
    assert unseal(Floor, raw, province.trust()) == floor()
    assert json.loads(raw)["statement"]["facility"] == PLACE


def test_no_statement_counts_for_another_province(province: Province, tmp_path: Path) -> None:
    other = Province(tmp_path)
    other.init("Gyeonggi", None, AT - timedelta(days=30))
    with pytest.raises(WireError, match="not signed by this province's office"):
        unseal(Floor, stated_floor(other, PLACE, None, AT), province.trust())


def test_a_city_and_the_province_itself_state_nothing(province: Province) -> None:
    for signer in (province.city("41113"), province.province):
        above = province.province if signer.path != province.province.path else province.root
        with pytest.raises(WireError, match=r"not by 'Sotdae services'|none of this province"):
            unseal(Floor, signed_by(signer, above, floor(policy=9)), province.trust())


def test_a_city_cannot_make_an_authority_of_the_services_name(province: Province) -> None:
    """Its certificate allows none below it; and a chain of two must end at the root."""
    city = province.city("41113")
    chain = (pem(province.services.certificate()).decode(), pem(city.certificate()).decode())
    with pytest.raises(WireError):
        unseal(Floor, seal(floor(), city.issuer(None).key, chain), province.trust())


def changed(raw: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(raw)
    change(value)
    return json.dumps(value).encode()


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a number": lambda value: value["statement"].update(policy=1),
    "its time": lambda value: value["statement"].update(issued_at="2026-11-02T00:00:00Z"),
    "another place": lambda value: value["statement"].update(facility="GG-41113-UP-0008"),
    "one word more": lambda value: value["statement"].update(also=1),
    "its signature": lambda value: value.update(signature="00" * 70),
    "no signature": lambda value: value.pop("signature"),
    "a short chain": lambda value: value["chain"].pop(),
    "a turned chain": lambda value: value["chain"].reverse(),
    "no certificate": lambda value: value.update(chain=["x", "y"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whoever_changes_a_statement_voids_it(province: Province, name: str) -> None:
    raw = stated_floor(province, PLACE, None, AT)
    with pytest.raises(WireError):
        unseal(Floor, changed(raw, CHANGES[name]), province.trust())


def test_a_floor_is_no_deny_list_and_nothing_is_read_without_end(province: Province) -> None:
    with pytest.raises(WireError, match="no such statement"):
        unseal(DenyList, stated_floor(province, PLACE, None, AT), province.trust())
    with pytest.raises(WireError, match="more than"):
        unseal(Floor, b" " * (MAX_BYTES + 1), province.trust())


def test_certificates_are_judged_at_the_time_of_the_statement(province: Province) -> None:
    """A box that was cut off for years, or has no clock, still knows what holds."""
    early = floor().model_copy(update={"issued_at": AT - timedelta(days=40)})
    with pytest.raises(WireError, match="did not hold"):
        unseal(Floor, signed_by(province.services, province.province, early), province.trust())


@pytest.mark.parametrize("part", ["policy", "site", "roster", "deny"])
def test_no_part_of_a_floor_falls(part: str) -> None:
    held = floor(policy=5, site=5, roster=5, deny=5)
    with pytest.raises(WireError, match=f"{part} 4 after 5"):
        raised(held, held.model_copy(update={part: 4}))
    assert raised(held, held.model_copy(update={part: 6})) != held


def test_a_floor_of_another_place_is_refused() -> None:
    other = Floor(facility="GG-41113-UP-0008", issued_at=AT, policy=9)
    with pytest.raises(WireError, match="this box is of GG-41113-UP-0007"):
        raised(floor(), other)


def test_no_floor_is_not_a_floor_of_zero() -> None:
    assert highest([]) is None
    assert highest([floor(policy=2, site=1), floor(policy=1, deny=4)]) == floor(policy=2, site=1, deny=4)
    assert raised(None, floor(policy=2)) == floor(policy=2)
