"""The hub's release: what an order to open from afar waits for (DESIGN 3.5).

Two people order, the gate gives a second nonce, and opens only if a hub whose key stands in its file answers
in time. The wait is void with the link, a restart, another order, or whatever would refuse the order now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sotdae_edge.core.authority import Rank, Situation, Verdict, lapsed
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Answer, Decided
from sotdae_edge.core.events import CommandCame, ReleaseCame
from sotdae_edge.core.site import Site
from sotdae_shared.signing import release_bytes, verify

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

NOTHING = "nothing waits for a release"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A right order of two people that waits. It is not kept over a restart."""

    command: str
    nonce: str
    incident: str
    state: State
    rank: int
    because: str
    """What was found right about the order."""
    until: float


def ask(gate: "Gate", event: CommandCame, verdict: Verdict, now: float) -> list[Decided | Answer]:
    """Wait for the hub's release of an order that is right, and ask for it. The first nonce is used up."""
    command, rank = event.command, verdict.rank
    incident, valid_s = str(command.incident), gate.site.times.release
    gate.nonce = None
    gate.waiting = Waiting(
        command.id,
        event.token,
        incident,
        gate.state,
        int(rank or Rank.SCHEDULE),
        verdict.because,
        now + valid_s,
    )
    text = f"waits {valid_s:g} s for the hub's release"
    record = gate.decided("release_wanted", gate.state, (verdict.because, text), now, command=command.id)
    return [record, Answer("release_wanted", command.id, {
        "command": command.id, "nonce": event.token, "facility": gate.site.facility, "incident": incident,
        "state": gate.state.value, "by": verdict.by, "valid_s": valid_s,
    })]  # fmt: skip


def hear(gate: "Gate", event: ReleaseCame, at: Situation, now: float) -> list[Decided]:
    """Take a release: open, or say why not. One that does not fit leaves the wait as it is."""
    release = event.release
    wrong = _transport(event) or next(_misfits(event, gate.waiting, gate.site, at), None)
    if wrong is not None or gate.waiting is None:
        text = (wrong or NOTHING,)
        return [gate.decided("release", gate.state, text, now, verdict="refused", command=release.id)]
    if not release.granted:
        return _settle(gate, f"refused by the hub: {release.because}", now)
    reason = next(_lapsed(gate.waiting, gate.site, at), None)
    if reason is not None:
        return _settle(gate, reason, now)
    because = (gate.waiting.because, f"released by {release.key}: {release.because}")
    found = _settle(gate, because, now, "accepted")
    gate.nonce = gate.incident = None
    gate.dirty = True
    return found


def advance(gate: "Gate", at: Situation, now: float) -> list[Decided]:
    """End a wait whose time is over, or whose order would be refused by now."""
    if gate.waiting is None:
        return []
    reason = next(_lapsed(gate.waiting, gate.site, at), None)
    if reason is None and now >= gate.waiting.until:
        reason = f"no release by the hub within {gate.site.times.release:g} s"
    return [] if reason is None else _settle(gate, reason, now)


def void(gate: "Gate", reason: str, now: float) -> list[Decided]:
    """End a wait, if there is one."""
    return [] if gate.waiting is None else _settle(gate, reason, now)


def _settle(
    gate: "Gate",
    because: str | tuple[str, ...],
    now: float,
    verdict: Literal["accepted", "refused"] = "refused",
) -> list[Decided]:
    waiting, gate.waiting = gate.waiting, None
    name = None if waiting is None else waiting.command
    texts = (because,) if isinstance(because, str) else because
    return [gate.decided("open", gate.state, texts, now, verdict=verdict, command=name)]


def _lapsed(waiting: Waiting, site: Site, at: Situation) -> Iterator[str]:
    return lapsed(Rank(waiting.rank), waiting.incident, waiting.state, site, at)


def _transport(event: ReleaseCame) -> str | None:
    if event.retained:
        return "retained: a kept message is never a release"
    return None if event.live else "queued: it came over a connection that has ended"


def _misfits(event: ReleaseCame, waiting: Waiting | None, site: Site, at: Situation) -> Iterator[str]:
    release = event.release
    if release.facility != site.facility:
        yield f"wrong gate: for {release.facility}"
    if waiting is None:
        yield NOTHING
        return
    if at.now >= waiting.until:
        yield "late: the wait is over"
    if release.nonce != waiting.nonce:
        yield "unknown nonce: not the one that was given for this order"
    if release.command != waiting.command:
        yield f"other order: {waiting.command} waits"
    if release.incident != waiting.incident:
        yield f"other incident: this one is {waiting.incident}"
    key = next((each for each in site.release if each.key == release.key), None)
    if key is None:
        yield f"unknown key {release.key}: not under [[release]] in the gate's file"
    elif at.denied is not None and key.public.lower() in at.denied.keys:
        yield f"denied key {key.key}"
    elif not verify(key.public, release_bytes(release), release.signature):
        yield f"bad signature of {release.key}"
