"""The two people whom a replay assumes: they reopen, with real signatures, as soon as the gate allows it."""

from datetime import UTC, datetime, timedelta

from sotdae_edge.core.authority import ACTUATOR, REOPENABLE
from sotdae_edge.core.events import CommandCame, NonceAsked
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.site import Person
from sotdae_shared.messages import ClockTrust, CommandBody
from sotdae_shared.signing import private_of, public_of, sign_command

_KEYS = {name: private_of(bytes([number]) * 32) for number, name in enumerate(("one", "two"), start=1)}
ROSTER = tuple(Person(name, public_of(key), f"assumed {name}", "province") for name, key in _KEYS.items())
ISSUER = "replay"
_WALL = datetime(2000, 1, 1, tzinfo=UTC)


def eligible_at(gate: Gate) -> float | None:
    """Return when two people may reopen this gate if it stays dry; None if not at all."""
    if gate.incident is None or gate.state not in REOPENABLE or gate.dry_since is None:
        return None
    return gate.dry_since + gate.site.times.reopen_dry


def ask(number: int) -> NonceAsked:
    """Return the question that goes before an order."""
    return NonceAsked(f"q-{number}", f"{number:032x}")


def order(gate: Gate, number: int) -> CommandCame:
    """Return an order to open, signed by both, over the nonce just asked for."""
    command = CommandBody(
        id=f"c-{number}",
        facility=gate.site.facility,
        actuator=ACTUATOR,
        target="open",
        reason="assumed",
        incident=None if gate.incident is None else gate.incident.name,
        issuer=ISSUER,
        seq=max(gate.last_seq.values(), default=0) + 1,
        not_after=_WALL + timedelta(seconds=30),
        expect_state=gate.state.value,
        nonce=f"{number:032x}",
        checklist=gate.site.checklist,
    )
    approvals = tuple(sign_command(command, name, key) for name, key in _KEYS.items())
    signed = command.model_copy(update={"approvals": approvals})
    return CommandCame(signed, False, True, _WALL.timestamp(), ClockTrust.SYNCED, local=True)
