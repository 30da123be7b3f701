"""Who may order what, and why an order is refused: one function from a command to a verdict.

A close is accepted from any authorised level. A reopening needs two people over a nonce of this boot,
a trusted clock, thirty dry minutes, and nobody above them holding the gate closed (DESIGN 3.5).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from sotdae_edge.core import bypass, deny
from sotdae_edge.core.barrier import TRANSITIONS, Signal, State
from sotdae_edge.core.events import CommandCame, DenyTold
from sotdae_edge.core.pulse import LAMPS
from sotdae_edge.core.site import Person, Site
from sotdae_edge.core.validity import Level
from sotdae_shared.messages import ClockTrust, CommandBody
from sotdae_shared.signing import command_bytes, verify

ACTUATOR = "barrier"
MAX_LIFE_S = 60.0
"""A command may not live longer than this; a reopening is asked for and done, never kept (DOMAIN 8)."""

NO_KEY = "no release key in the gate's file: name the hub's under [[release]], or open at the panel"


class Rank(IntEnum):
    """Command priority, highest first (DOMAIN 1.5)."""

    LOCAL_KEY = 1
    PROTECTION = 2
    AUTONOMOUS = 3
    PANEL = 4
    CITY = 5
    PROVINCE = 6
    SCHEDULE = 7


OPEN_OVER: dict[Rank, frozenset[Rank]] = {
    rank: frozenset(holder for holder in Rank if holder >= rank) for rank in Rank
}
"""Whose close each rank may release: its own and those below it in the list."""

RANK_OF = {"panel": Rank.PANEL, "city": Rank.CITY, "province": Rank.PROVINCE}
REOPENABLE = frozenset(state for state, row in TRANSITIONS.items() if Signal.OPEN_GRANTED in row)


def may_open(by: Rank, holders: Collection[Rank]) -> bool:
    """Tell whether `by` may release a gate that `holders` hold closed."""
    return all(holder in OPEN_OVER[by] for holder in holders)


@dataclass(frozen=True, slots=True)
class Nonce:
    """What two people sign: bound to this boot, incident and state, for five minutes (DESIGN 4)."""

    value: str
    incident: str
    state: State
    until: float
    earlier: "Nonce | None" = None
    """The one before it, which people may be signing yet."""

    def of(self, value: str | None) -> "Nonce | None":
        """Return which of them an order names."""
        if self.value == value:
            return self
        return None if self.earlier is None else self.earlier.of(value)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the gate knows when a command comes."""

    state: State
    incident: str | None
    holders: frozenset[Rank]
    reopenable: bool
    """Whether every approach is in a state that a reopening may leave."""
    nonce: Nonce | None
    last_seq: Mapping[str, int]
    """Highest accepted sequence number of each key."""
    tripping: bool
    seen: Mapping[str, Level | None]
    """What each channel says, bypassed or not."""
    out: frozenset[str]
    """Channels that are bypassed."""
    calm: bool
    """Whether warnings may be tried."""
    testing: frozenset[str]
    """Actuators under test."""
    dry_s: float
    now: float
    denied: DenyTold | None = None
    """The deny list, where one was told."""

    @property
    def channels_valid(self) -> bool:
        """Whether every channel that is not bypassed is valid."""
        return all(level is not None for name, level in self.seen.items() if name not in self.out)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accepted with the signers and their rank, or refused with one reason."""

    accepted: bool
    because: str
    rank: Rank | None = None
    by: str = ""


def judge(event: CommandCame, site: Site, at: Situation) -> Verdict:
    """Return what the gate says to a command. The first reason found is the one given."""
    command = event.command
    for check in (_transport(event), _address(command, site)):
        if check is not None:
            return Verdict(False, check)
    signers, reason = _signers(command, site)
    if reason is not None:
        return Verdict(False, reason)
    reason = _time(event) or _replayed(command, at) or _stale(command, at)
    reason = reason or deny.objection(command, signers, site, at.denied, event.wall_s)
    if reason is not None:
        return Verdict(False, reason)
    rank = min(RANK_OF[person.level] for person in signers)
    reason = next(_objections(event, signers, rank, site, at), None)
    by = " and ".join(dict.fromkeys(person.name for person in signers))
    if reason is not None:
        return Verdict(False, reason)
    return Verdict(True, _granted(command, by) + deny.remark(signers, at.denied), rank, by)


def _objections(
    event: CommandCame, signers: list[Person], rank: Rank, site: Site, at: Situation
) -> Iterator[str]:
    """Yield what the order itself asks for and does not find. Nothing speaks against a close."""
    command = event.command
    match command.target:
        case "open":
            yield from _reopen(command, signers, rank, site, at)
            if not event.local and not site.release:
                yield NO_KEY
        case "bypass":
            yield from bypass.objections(command, _count(signers), at.seen, at.out, site.levels)
        case "restore":
            yield from bypass.restored(command, at.out)
        case "test":
            yield from _test(command, at)


def _granted(command: CommandBody, by: str) -> str:
    match command.target:
        case "open":
            return "two people, dry, nonce fresh"
        case "bypass":
            minutes = (command.lasts_s or 0.0) / 60.0
            return f"{command.actuator} bypassed by {by} for {minutes:.0f} min: {command.reason}"
        case "restore" | "test":
            return f"{command.target} of {command.actuator} by {by}"
    return f"{command.target} by {by} at {command.issuer}"


def _transport(event: CommandCame) -> str | None:
    if event.retained:
        return "retained: a kept message is never an order"
    if not event.live:
        return "queued: it came over a connection that has ended"
    return None


def _address(command: CommandBody, site: Site) -> str | None:
    if command.facility != site.facility:
        return f"wrong gate: for {command.facility}"
    channels = {f"{bypass.CHANNEL}{channel.name}" for channel in site.channels}
    takes = {ACTUATOR} if command.target in ("close", "open") else channels
    if command.target == "test":
        takes |= LAMPS.keys()
    if command.actuator not in takes:
        return f"unknown actuator {command.actuator} to {command.target}"
    return None


def _signers(command: CommandBody, site: Site) -> tuple[list[Person], str | None]:
    if not command.approvals:
        return [], "unsigned"
    roster = {person.key: person for person in site.roster}
    data = command_bytes(command)
    people = []
    for approval in command.approvals:
        person = roster.get(approval.key)
        if person is None:
            return [], f"unknown key {approval.key}"
        if not verify(person.public, data, approval.signature):
            return [], f"bad signature of {approval.key}"
        people.append(person)
    return people, None


def _time(event: CommandCame) -> str | None:
    target = event.command.target
    if event.clock is ClockTrust.UNTRUSTED:
        # A close may come late: it is the safe direction. Nothing else may.
        return None if target == "close" else f"clock untrusted: cannot judge an order to {target}"
    left_s = event.command.not_after.timestamp() - event.wall_s
    if not left_s > 0.0:
        return "expired"
    if left_s > MAX_LIFE_S:
        return f"lives too long: more than {MAX_LIFE_S:.0f} s"
    return None


def _replayed(command: CommandBody, at: Situation) -> str | None:
    """Every signer's key has its own sequence, so nobody can use up another's numbers.

    All of them count: approvals left out or put in another order make no new command.
    """
    last = max(at.last_seq.get(approval.key, 0) for approval in command.approvals)
    return None if command.seq > last else f"replayed: sequence {command.seq} is not above {last}"


def _stale(command: CommandBody, at: Situation) -> str | None:
    # A close is wanted in whatever state: refused as stale it would leave an opening gate to open.
    if command.target not in ("close", "restore") and command.expect_state != at.state:
        return f"stale: expects {command.expect_state}, the gate is {at.state}"
    return None


def _reopen(
    command: CommandBody, signers: list[Person], rank: Rank, site: Site, at: Situation
) -> Iterator[str]:
    yield from _people(signers)
    yield from _nonce(command, at)
    yield from _hazard(site, at)
    yield from _unconfirmed(command, site)
    yield from _held(rank, at)


def lapsed(rank: Rank, incident: str, state: State, site: Site, at: Situation) -> Iterator[str]:
    """Yield why an order to open of this rank, right when it came, would be refused by now."""
    if at.incident != incident:
        yield f"other incident: this one is {at.incident}"
    if at.state is not state or not at.reopenable:
        yield f"stale: the gate is {at.state}"
    yield from _hazard(site, at)
    yield from _held(rank, at)


def _held(rank: Rank, at: Situation) -> Iterator[str]:
    if not may_open(rank, at.holders):
        yield f"held closed by {min(at.holders).name.lower()}"


def _test(command: CommandBody, at: Situation) -> Iterator[str]:
    if not at.calm:
        yield "test: only while the gate is open and calm"
    if command.actuator in at.testing or (command.actuator in LAMPS and at.testing & LAMPS.keys()):
        yield "test: another one is under way"


def _people(signers: list[Person]) -> Iterator[str]:
    if _count(signers) < 2:
        yield "one person: a reopening needs two"


def _count(signers: list[Person]) -> int:
    """Return how many people signed: one person with two keys, or two names of one key, is one."""
    return min(len({person.public for person in signers}), len({person.name for person in signers}))


def _nonce(command: CommandBody, at: Situation) -> Iterator[str]:
    if not at.reopenable:
        yield f"not closed: the gate is {at.state}"
    given = None if at.nonce is None else at.nonce.of(command.nonce)
    if given is None:
        yield "unknown nonce: ask the gate for one"
        return
    if at.now >= given.until:
        yield "nonce expired"
    if command.incident != at.incident or given.incident != at.incident:
        yield f"other incident: this one is {at.incident}"
    if given.state is not at.state:
        yield f"stale: the nonce was given in state {given.state}"


def _hazard(site: Site, at: Situation) -> Iterator[str]:
    if at.tripping:
        yield "hazard present"
    if not at.channels_valid:
        yield "sensor missing: a reopening needs every level channel that is not bypassed"
    if at.dry_s < site.times.reopen_dry:
        yield f"not dry for {site.times.reopen_dry / 60:.0f} min: {at.dry_s / 60:.1f} min so far"


def _unconfirmed(command: CommandBody, site: Site) -> Iterator[str]:
    missing = [item for item in site.checklist if item not in command.checklist]
    if missing:
        yield f"checklist: not confirmed: {', '.join(missing)}"
