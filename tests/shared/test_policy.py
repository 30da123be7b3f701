"""Whose policy counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from signing_kit import Signers, draft

from sotdae_shared import policy, wire
from sotdae_shared.errors import WireError
from sotdae_shared.ids import FacilityId, FacilityType
from sotdae_shared.messages import Approval, Kind, PolicyBody, PolicyValues
from sotdae_shared.policy import approve, covers, refusal, unsigned
from sotdae_shared.trust import Trust

SIGNERS = Signers(0, {"kim": "GG", "lee": "GG", "park": "GG", "suwon": "41113"})
KEYS, TRUST, signed = SIGNERS.keys, SIGNERS.trust, SIGNERS.sign
KIM, LEE = TRUST.signers[:2]
GATE, OTHER = FacilityId("GG-41113-UP-0007"), FacilityId("GG-41135-UP-0001")
AT = datetime(2026, 6, 1, tzinfo=UTC)


def drafted(version: int = 7, scope: tuple[str, ...] = ("GG",), **values: float) -> PolicyBody:
    return draft(AT, version, scope, **values)


def test_two_of_three_suffice_and_none_of_them_alone() -> None:
    draft = drafted(caution_cm=4.0)
    assert refusal(draft, TRUST, GATE, 6) == "unsigned"
    assert refusal(signed(draft, "kim"), TRUST, GATE, 6) == "signed by 1 of 2 people"
    assert refusal(signed(draft, "kim", "kim"), TRUST, GATE, 6) == "signed by 1 of 2 people"
    assert refusal(signed(draft, "kim", "lee"), TRUST, GATE, 6) is None
    assert refusal(signed(draft, "park", "lee", "kim"), TRUST, GATE, 6) is None


def test_one_approval_twice_is_one_person() -> None:
    one = signed(drafted(), "kim")
    assert (
        unsigned(one.model_copy(update={"approvals": one.approvals * 2}), TRUST) == "signed by 1 of 2 people"
    )


@pytest.mark.parametrize("floor", [7, 8, 2**53 - 1])
def test_what_is_not_newer_is_refused(floor: int) -> None:
    assert refusal(signed(drafted(), "kim", "lee"), TRUST, GATE, floor) == f"version 7 is not above {floor}"


def test_an_unknown_key_and_a_foreign_signature_are_refused() -> None:
    assert unsigned(signed(drafted(), "kim", "lee", "mallory"), TRUST) == "unknown key mallory"
    forged = signed(drafted(), "kim")
    forged = forged.model_copy(
        update={"approvals": (*forged.approvals, approve(drafted(), "lee", KEYS["mallory"]).approvals[0])}
    )
    assert unsigned(forged, TRUST) == "bad signature of lee"


def test_a_city_signs_for_its_own_facilities_only() -> None:
    for scope in (("41113",), ("GG-41113-UP-0007",), ("41113", "GG-41113-UP-0009")):
        assert refusal(signed(drafted(scope=scope), "kim", "suwon"), TRUST, GATE, 0) is None
    for scope in (("GG",), ("41135",), ("GG-41135-UP-0001",), ("41113", "41135")):
        assert (
            unsigned(signed(drafted(scope=scope), "kim", "suwon"), TRUST) == "Suwon may sign for 41113 only"
        )
    assert unsigned(signed(drafted(scope=("SO",)), "kim", "lee"), TRUST) == "Kim may sign for GG only"


def test_it_speaks_to_its_scope_and_its_types() -> None:
    assert covers(drafted(scope=("GG",)), GATE)
    assert covers(drafted(scope=("41113",)), GATE)
    assert covers(drafted(scope=(str(GATE),)), GATE)
    assert not covers(drafted(scope=("41113",)), OTHER)
    assert not covers(drafted(), FacilityId("GG-41113-RG-0001"))
    outcome = refusal(signed(drafted(scope=("41135",)), "kim", "lee"), TRUST, GATE, 0)
    assert outcome == "other scope: it does not speak to GG-41113-UP-0007"


@given(st.data())
def test_no_change_of_a_signed_policy_keeps_its_signatures(data: st.DataObject) -> None:
    whole = signed(drafted(caution_cm=4.0, blind_s=60.0), "kim", "lee")
    change = data.draw(
        st.sampled_from(
            [
                {"version": 8}, {"scope": ("41113",)}, {"types": (FacilityType.RIVERSIDE_GATE,)},
                {"issued_at": AT + timedelta(seconds=1)}, {"review_by": AT}, {"reason": "other"},
                {"values": PolicyValues(caution_cm=4.0)},
                {"values": PolicyValues(caution_cm=4.1, blind_s=60.0)},
                {"values": PolicyValues(caution_cm=4.0, blind_s=60.0, close_cm=15.0)},
            ]
        )
    )  # fmt: skip
    assert unsigned(whole.model_copy(update=change), TRUST) == "bad signature of kim"


def test_the_wire_keeps_the_signatures_whole_and_a_cut_or_unknown_field_is_refused() -> None:
    whole = signed(drafted(caution_cm=4, river_trigger_cm=-0.0), "kim", "lee")
    raw = wire.encode_down(whole)
    again = wire.decode_down(Kind.POLICY, raw)
    assert isinstance(again, PolicyBody)
    assert unsigned(again, TRUST) is None
    assert unsigned(wire.decode_down(Kind.POLICY, raw.replace(b"4.0", b"4e0")), TRUST) is None  # type: ignore[arg-type]
    for bad in (raw[:-1], raw[: len(raw) // 2], raw.replace(b'"caution_cm"', b'"caution_mm"'), b"[]", b""):
        with pytest.raises(WireError):
            wire.decode_down(Kind.POLICY, bad)


def test_the_signed_bytes_are_pinned() -> None:
    """Signatures made by one release must hold in the next; a command's bytes can never begin like this."""
    assert policy.signed_bytes(drafted(caution_cm=4.0)) == (
        b'sotdae policy v1\n{"issued_at":"2026-06-01T00:00:00Z","reason":"rainy season",'
        b'"review_by":"2027-06-01T00:00:00Z","scope":["GG"],"types":["UP"],"v":1,'
        b'"values":{"caution_cm":4},"version":7}'
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"needed": 1}, "greater than or equal to 2"),
        ({"needed": 5}, "5 of 4 signers can never sign"),
        ({"signers": TRUST.signers[:1]}, "at least 2 items"),
        ({"signers": (KIM, LEE.model_copy(update={"name": "Kim"}))}, "the same name"),
        (
            {"signers": (KIM, LEE.model_copy(update={"public": KIM.public}))},
            "the same public",
        ),
    ],
)  # fmt: skip
def test_a_trust_that_one_person_could_meet_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Trust.model_validate({**TRUST.model_dump(), **change})


def test_an_approval_of_the_same_key_is_replaced() -> None:
    twice = signed(drafted(), "kim", "lee", "kim")
    assert [approval.key for approval in twice.approvals] == ["lee", "kim"]
    assert all(isinstance(approval, Approval) for approval in twice.approvals)
