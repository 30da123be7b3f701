from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import AT, BODIES
from wire_strategies import commands

from sotdae_shared import signing, wire
from sotdae_shared.messages import CommandBody, Kind

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = PRIVATE.public_key().public_bytes_raw().hex()
COMMAND = BODIES[Kind.COMMAND]
assert isinstance(COMMAND, CommandBody)

OTHERS: dict[str, Any] = {
    "id": "c-2",
    "facility": "GG-41113-UP-0008",
    "actuator": "siren",
    "target": "close",
    "reason": "other",
    "incident": None,
    "issuer": "province",
    "seq": 6,
    "not_after": AT,
    "expect_state": "HELD_OPEN",
    "nonce": "ee" * 16,
    "lasts_s": 60.0,
    "checklist": ("on_site",),
}


def holds(command: CommandBody, signature: str, public: str = PUBLIC) -> bool:
    return signing.verify(public, signing.command_bytes(command), signature)


def test_a_signature_holds_and_names_its_key() -> None:
    approval = signing.sign_command(COMMAND, "kim", PRIVATE)
    assert approval.key == "kim"
    assert holds(COMMAND, approval.signature)


@pytest.mark.parametrize("field", sorted(set(CommandBody.model_fields) - {"approvals"}))
def test_changing_any_field_breaks_the_signature(field: str) -> None:
    signature = signing.sign_command(COMMAND, "kim", PRIVATE).signature
    changed = COMMAND.model_copy(update={field: OTHERS[field]})
    assert changed != COMMAND
    assert not holds(changed, signature)


def test_approvals_are_not_part_of_what_is_signed() -> None:
    approval = signing.sign_command(COMMAND, "kim", PRIVATE)
    assert holds(COMMAND.model_copy(update={"approvals": (approval,)}), approval.signature)


@settings(max_examples=50, deadline=None)
@given(command=commands)
def test_what_was_signed_is_what_the_edge_reads_from_the_wire(command: CommandBody) -> None:
    signature = signing.sign_command(command, "kim", PRIVATE).signature
    received = wire.decode_down(Kind.COMMAND, wire.encode_down(command))
    assert isinstance(received, CommandBody)
    assert holds(received, signature)


def test_the_signed_bytes_are_pinned() -> None:
    assert signing.command_bytes(COMMAND).decode() == (
        '{"actuator":"barrier","checklist":["cctv","on_site"],"expect_state":"CLOSED","facility":"GG-41113-UP-0007","id":"c-1","incident":"e1",'
        '"issuer":"city-41113","lasts_s":null,"nonce":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",'
        '"not_after":"2026-07-18T06:45:12.345000Z",'
        '"reason":"물 빠짐 확인","seq":5,"target":"open"}'
    )


@pytest.mark.parametrize("public", ["", "zz", "00" * 31, "00" * 33, "한글", PUBLIC[:-2] + "00"])
def test_a_bad_key_is_false_and_never_an_exception(public: str) -> None:
    assert not holds(COMMAND, signing.sign_command(COMMAND, "kim", PRIVATE).signature, public)


@given(signature=st.text(max_size=140))
def test_a_bad_signature_is_false_and_never_an_exception(signature: str) -> None:
    assert not holds(COMMAND, signature)


def test_another_persons_key_does_not_do() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert not holds(COMMAND, signing.sign_command(COMMAND, "kim", other).signature)
