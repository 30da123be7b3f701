"""The orders of a panel: what people sign, made from what the agent last showed."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sotdae_edge.core.authority import ACTUATOR
from sotdae_edge.core.bypass import CHANNEL
from sotdae_edge.core.site import Person
from sotdae_edge.panel.snapshot import Snapshot
from sotdae_edge.panel.wire import ISSUER
from sotdae_shared.messages import CommandBody
from sotdae_shared.signing import PrivateKey, sign_command

LIFE_S = 20.0
"""An order is given and done; one that reaches a gate later than this is void."""


def close_order(gate: Snapshot, at: datetime, reason: str, *signers: Person) -> CommandBody:
    """Return the order to close. `at` is the agent's time now."""
    incident = None if gate.incident is None else gate.incident.name
    common = _common(gate, at, reason, signers)
    return CommandBody(target="close", incident=incident, expect_state=gate.state, **common)


def open_order(
    gate: Snapshot, given: dict[str, Any], at: datetime, reason: str, *signers: Person
) -> CommandBody:
    """Return the order to open over `given`, the gate's answer to a question for a nonce.

    Whoever signs it attests the whole checklist in that answer.
    """
    return CommandBody(
        target="open",
        incident=given.get("incident"),
        expect_state=str(given.get("state")),
        nonce=given.get("nonce"),
        checklist=tuple(given.get("checklist", ())),
        **_common(gate, at, reason, signers),
    )


def bypass_order(
    gate: Snapshot, channel: str, lasts_s: float, at: datetime, reason: str, *signers: Person
) -> CommandBody:
    """Return the order to take a channel out of the vote for `lasts_s` seconds."""
    common = _common(gate, at, reason, signers, f"{CHANNEL}{channel}")
    return CommandBody(target="bypass", expect_state=gate.state, lasts_s=lasts_s, **common)


def restore_order(gate: Snapshot, channel: str, at: datetime, reason: str, *signers: Person) -> CommandBody:
    """Return the order to let a channel vote again."""
    common = _common(gate, at, reason, signers, f"{CHANNEL}{channel}")
    return CommandBody(target="restore", expect_state=gate.state, **common)


def test_order(gate: Snapshot, actuator: str, at: datetime, reason: str, *signers: Person) -> CommandBody:
    """Return the order to test `lamps`, the `siren`, or `channel:<name>`."""
    common = _common(gate, at, reason, signers, actuator)
    return CommandBody(target="test", expect_state=gate.state, **common)


def signed(command: CommandBody, *people: tuple[Person, PrivateKey]) -> CommandBody:
    """Return the order with these people's approvals."""
    approvals = tuple(sign_command(command, person.key, private) for person, private in people)
    return command.model_copy(update={"approvals": approvals})


def name_of(gate: Snapshot) -> str:
    """Return a new name for an order or a question of this panel."""
    return f"{ISSUER}-{gate.boot[:8]}-{secrets.token_hex(6)}"


def _common(
    gate: Snapshot, at: datetime, reason: str, signers: Sequence[Person], actuator: str = ACTUATOR
) -> dict[str, Any]:
    return {
        "id": name_of(gate),
        "facility": gate.place.facility,
        "actuator": actuator,
        "reason": reason[:500],
        "issuer": ISSUER,
        "seq": 1 + max((gate.last_seq.get(person.key, 0) for person in signers), default=0),
        "not_after": at + timedelta(seconds=LIFE_S),
    }
