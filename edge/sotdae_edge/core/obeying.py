"""What the gate does about an order or a policy, and what it answers to people who prepare an order."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sotdae_edge.core import bypass, deny, policies, release, selftest
from sotdae_edge.core.authority import ACTUATOR, REOPENABLE, Nonce, Rank, Situation, Verdict, judge
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Answer, Decided, Effect
from sotdae_edge.core.events import (
    BadCommand,
    BadPolicy,
    CommandCame,
    DenyTold,
    LinkLost,
    NonceAsked,
    PolicyCame,
    ReleaseCame,
)
from sotdae_shared.messages import CommandBody

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate


SHARED = 0.2
"""For this part of its life a nonce is handed out to whoever else asks."""

FromPeople = (
    LinkLost | NonceAsked | CommandCame | ReleaseCame | DenyTold | BadCommand | PolicyCame | BadPolicy
)  # fmt: skip


def hear(gate: "Gate", event: FromPeople, now: float) -> list[Effect]:
    """Take what comes from people or ends with their connection; return the answers and records."""
    gate.look(now)
    said: list[Effect] = []
    match event:
        case LinkLost():
            gate.nonce = None
            said += release.void(gate, "the link to the hub was lost while it waited for a release", now)
        case NonceAsked():
            said.append(give_nonce(gate, event, now))
        case CommandCame():
            said += obey(gate, event, now)
        case ReleaseCame():
            said += release.hear(gate, event, situation(gate, now), now)
        case DenyTold():
            said += _deny(gate, event, now)
        case BadCommand(reason=reason):
            because = (f"malformed: {reason}",)
            said.append(gate.decided("command", gate.state, because, now, verdict="refused"))
        case PolicyCame(policy=policy):
            said += policies.take(gate, policy, now)
        case BadPolicy():
            said += policies.refuse(gate, event, now)
    return said


def _deny(gate: "Gate", told: DenyTold, now: float) -> list[Decided]:
    """Take a deny list. An order whose signers it may be about does not wait on for a release."""
    before = gate.denied
    gate.denied = deny.newest(before, told)
    if before is None or before.keys == gate.denied.keys:
        return []
    return release.void(gate, "another deny list came while it waited for a release", now)


def obey(gate: "Gate", event: CommandCame, now: float) -> list[Decided | Answer]:
    """Judge an order, do what it asks for if it is accepted, and return the record of that."""
    command = event.command
    verdict = judge(event, gate.site, situation(gate, now))
    because: tuple[str, ...] = (verdict.because,)
    said: list[Decided | Answer] = []
    if verdict.accepted:
        gate.last_seq |= {approval.key: command.seq for approval in command.approvals}
        gate.dirty = True
        if command.target in ("open", "close"):
            said += release.void(gate, f"overtaken by order {command.id}", now)
        if command.target == "open" and not event.local:
            return said + release.ask(gate, event, verdict, now)
        because += selftest.caution(gate, command, now)
        _grant(gate, command, verdict, now)
    record = gate.decided(
        command.target,
        gate.state,
        because,
        now,
        verdict="accepted" if verdict.accepted else "refused",
        command=command.id,
    )
    return [*said, record]


def _grant(gate: "Gate", command: CommandBody, verdict: Verdict, now: float) -> None:
    match command.target:
        case "open":
            gate.nonce = gate.incident = None
        case "close":
            _close(gate, verdict)
        case "bypass" | "restore":
            bypass.set_out(gate, command, verdict.by, now)
        case "test":
            selftest.begin(gate, command, verdict.by, now)


def _close(gate: "Gate", verdict: Verdict) -> None:
    rank = verdict.rank
    if gate.incident is None:
        gate.open_incident("command", "command", (verdict.because,), rank)
    elif rank is not None and rank < (gate.incident.rank or Rank.SCHEDULE):
        gate.incident = replace(gate.incident, rank=int(rank))


def holders(gate: "Gate") -> frozenset[Rank]:
    """Return who holds the gate closed now."""
    held = set()
    if any(way.state is State.MANUAL for way in gate.approaches):
        held.add(Rank.LOCAL_KEY)
    if gate.trips:
        held.add(Rank.AUTONOMOUS)
    if gate.incident is not None and gate.incident.rank is not None:
        held.add(Rank(gate.incident.rank))
    return frozenset(held)


def situation(gate: "Gate", now: float) -> Situation:
    """Return what an order is judged by."""
    return Situation(
        state=gate.state,
        incident=None if gate.incident is None else gate.incident.name,
        holders=holders(gate),
        reopenable=all(way.state in REOPENABLE for way in gate.approaches),
        nonce=gate.nonce,
        last_seq=gate.last_seq,
        tripping=bool(gate.trips),
        seen={channel.spec.name: channel.seen(now) for channel in gate.sensing.channels},
        out=gate.sensing.out(now),
        calm=selftest.calm(gate, now),
        testing=gate.selftests.running(),
        dry_s=gate.dry_s(now),
        now=now,
        denied=gate.denied,
    )


def give_nonce(gate: "Gate", event: NonceAsked, now: float) -> Answer:
    """Answer with what two people sign to reopen, and with what stands in their way."""
    at, valid_s = situation(gate, now), gate.site.times.nonce
    if at.incident is not None:
        fresh = Nonce(event.nonce, at.incident, gate.state, now + valid_s)
        gate.nonce = _shared(gate.nonce, fresh, now, valid_s)
        valid_s = gate.nonce.until - now
    return Answer("nonce", event.query, {
        "nonce": None if gate.nonce is None else gate.nonce.value,
        "boot": gate.boot, "facility": gate.site.facility, "actuator": ACTUATOR,
        "incident": at.incident, "state": gate.state.value,
        "tripping": at.tripping, "channels_valid": at.channels_valid, "dry_s": round(at.dry_s, 1),
        "valid_s": valid_s, "checklist": list(gate.site.checklist),
        "last_seq": dict(gate.last_seq), "bypassed": sorted(at.out),
        "roster": {person.key: person.public for person in gate.site.roster},
        "release": bool(gate.site.release),
    })  # fmt: skip


def _shared(last: Nonce | None, fresh: Nonce, now: float, valid_s: float) -> Nonce:
    """Return what to hand out: the last nonce in the first part of its life, then a fresh one beside it.

    So nobody's asking makes void what others are signing, and five live at once at the most.
    """
    if last is None or (last.incident, last.state) != (fresh.incident, fresh.state) or now >= last.until:
        return fresh
    return last if now <= last.until - (1.0 - SHARED) * valid_s else replace(fresh, earlier=_alive(last, now))


def _alive(nonce: Nonce | None, now: float) -> Nonce | None:
    if nonce is None or now >= nonce.until:
        return None
    return replace(nonce, earlier=_alive(nonce.earlier, now))
