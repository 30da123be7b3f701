"""Which policy is in force at a gate, which one waits, and the number below which none is taken.

Each replaces the one before it whole. None comes into force while there is water: then it waits.
"""

from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainSerializer, TypeAdapter, ValidationError

from sotdae_edge.core import deny
from sotdae_edge.core import policy as rules
from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.events import BadPolicy
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.site import Site
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import refusal, signed_bytes
from sotdae_shared.signing import canonical

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

NO_RULES = "this site takes no policy: its file has no [policy] section"
UNREADABLE = "it cannot be read"
WAITS = "a policy waits until all is calm and the gate open"
REMEMBERED = 64
"""Refusals of this boot that are not put on record again when the same bundle comes again."""

Bundle = Annotated[PolicyBody, PlainSerializer(lambda policy: policy.model_dump(mode="json"))]
"""A policy that goes into a record and a memento as JSON values."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a restart must find."""

    floor: Annotated[int, Field(ge=0)]
    sha256: str
    in_force: Any = None
    waiting: Any = None
    """Bundles: each is read by itself, so that one that is damaged costs nothing else."""
    lost: Any = ""
    """Why a policy was lost, until one comes into force."""


_KEPT: TypeAdapter[Kept] = TypeAdapter(Kept)


@dataclass(slots=True)
class Policies:
    """A gate's policies. The floor stands here, outside of any of them."""

    own: Site | None = None
    """The site by its own file, where a policy is in force over it."""
    floor: int = 0
    """The highest version ever taken."""
    sha256: str = ""
    """Of what was signed in that version: the same may come again, another of its number may not."""
    in_force: Bundle | None = None
    waiting: Bundle | None = None
    """Good as far as is known, and frozen until the gate is calm and whose keys count is known."""
    lost: str = ""
    """Why a policy that was in force or waited before a restart does so no more."""
    overdue: bool = False
    """Whether people should have looked at it again."""
    refused: list[str] = field(default_factory=list)
    """What was refused in this boot, and why."""

    def keep(self) -> dict[str, Any] | None:
        """Return what a restart must find, as JSON values; None where there never was a policy."""
        kept = Kept(self.floor, self.sha256, _values(self.in_force), _values(self.waiting), self.lost)
        return asdict(kept) if self.floor or self.waiting or self.lost else None

    def review(self, wall_s: float) -> None:
        """Take the time of a trusted wall clock: a policy past its review stays, and is told of."""
        self.overdue = self.in_force is not None and wall_s >= self.in_force.review_by.timestamp()


def version(gate: "Gate") -> int | None:
    """Return the version in force: 0 is the site's own file, None a site that takes none."""
    if gate.site.policy is None:
        return None
    return 0 if gate.policies.in_force is None else gate.policies.in_force.version


def waits(gate: "Gate") -> int | None:
    """Return the version that waits."""
    return None if gate.policies.waiting is None else gate.policies.waiting.version


def own(gate: "Gate") -> Site:
    """Return the site by its own file."""
    return gate.policies.own or gate.site


def recall(gate: "Gate", kept: object) -> None:
    """Go on under what was in force before the restart, if this site would take it today.

    What cannot be read, or is good no longer, leaves the site's own file, the floor and an alarm, which
    outlives further restarts: until a policy comes into force, or the site takes none.
    """
    if kept is None:
        return
    mine = gate.policies
    try:
        found = _KEPT.validate_python(kept)
    except ValidationError:
        mine.lost, found = UNREADABLE, Kept(0, "")
    mine.floor, mine.sha256 = found.floor, found.sha256
    if gate.site.policy is not None:
        mine.lost = mine.lost or str(found.lost)[:200]
    if (bundle := _still_good(gate, found.in_force)) is not None:
        _adopt(gate, bundle)
    mine.waiting = _still_good(gate, found.waiting)


def _still_good(gate: "Gate", kept: object) -> PolicyBody | None:
    """Return a bundle that was kept, if it can be read and this site would take it today."""
    if kept is None:
        return None
    mine = gate.policies
    try:
        bundle = PolicyBody.model_validate(kept)
    except ValidationError:
        mine.lost = mine.lost or UNREADABLE
        return None
    objections = _objections(gate, bundle, bundle.version - 1)
    mine.lost = mine.lost or "; ".join(objections)
    return None if objections else bundle


def _values(bundle: PolicyBody | None) -> dict[str, Any] | None:
    return None if bundle is None else bundle.model_dump(mode="json")


def take(gate: "Gate", policy: PolicyBody, now: float) -> list[Decided]:
    """Judge a policy that came, and let it wait for `settle`; return what is to be put on record of that."""
    mine = gate.policies
    signed = sha256(signed_bytes(policy)).hexdigest()
    again = signed == mine.sha256
    objections = _objections(gate, policy, mine.floor - again)
    if objections:
        whole = sha256(canonical(policy.model_dump(mode="json"))).hexdigest()
        return _refuse(gate, whole, objections, policy.version, now)
    if policy == mine.waiting or (again and policy.version in (version(gate), waits(gate))):
        return []
    if not deny.untold(gate.site, gate.denied):  # else a denied key could raise the floor out of reach
        mine.floor, mine.sha256 = policy.version, signed
    mine.waiting, gate.dirty = policy, True
    why = frozen(gate)
    return [] if why is None else [_judged(gate, (f"waits: {why}",), policy.version, now, accepted=True)]


def refuse(gate: "Gate", event: BadPolicy, now: float) -> list[Decided]:
    """Return the record of a policy that could not be understood, once for each."""
    return _refuse(gate, event.sha256, (f"malformed: {event.reason}",), None, now)


def settle(gate: "Gate", now: float) -> list[Decided]:
    """Let the policy that waits come into force once all is calm, if its signatures count even then."""
    waiting = gate.policies.waiting
    if waiting is None or frozen(gate) is not None:
        return []
    before, mine = gate.site, gate.policies
    mine.waiting, gate.dirty = None, True
    if objections := _objections(gate, waiting, waiting.version - 1):
        return [_judged(gate, objections, waiting.version, now, accepted=False)]
    _adopt(gate, waiting)
    if waiting.version > mine.floor:  # it came before the deny list
        mine.floor, mine.sha256 = waiting.version, sha256(signed_bytes(waiting)).hexdigest()
    mine.lost, mine.overdue = "", False
    because = ("in force", *rules.changes(before, gate.site))
    return [_judged(gate, because, waiting.version, now, accepted=True)]


def frozen(gate: "Gate") -> str | None:
    """Return why no policy may come into force now, or None.

    Whose signatures count is known only with a deny list, where the site wants one.
    Where the water is seen below caution and nothing ripens, no time is running that a policy could stretch.
    """
    if deny.untold(gate.site, gate.denied):
        return deny.UNTOLD
    if gate.incident is not None:
        return f"incident {gate.incident.name} stands"
    if any(way.state is not State.OPEN for way in gate.approaches):
        return f"the gate is {gate.state.value}"
    if gate.stage is not Stage.NORMAL or gate.sensing.since.due:
        return f"the water is {gate.stage.value}" if gate.stage is not Stage.NORMAL else "the water may rise"
    return None


def conditions(gate: "Gate") -> list[Condition]:
    """Return what people must know of the policies."""
    mine, found = gate.policies, []
    if mine.lost:
        if mine.in_force is None:
            text = "the policy kept from before the restart is not in force"
            text += f": {mine.lost}; the site's own file is"
        else:
            text = f"the policy that waited before the restart was dropped: {mine.lost}"
        found.append(Condition("policy.corrupt", 2, True, text))
    if mine.waiting is not None:
        untold = deny.untold(gate.site, gate.denied)
        text = f"a policy waits: {deny.UNTOLD}" if untold else WAITS
        found.append(Condition("policy.waits", 3, True, text))
    if mine.overdue:
        text = "people should have looked at the policy again; it stays in force"
        found.append(Condition("policy.review", 4, True, text))
    return found


def _objections(gate: "Gate", policy: PolicyBody, floor: int) -> tuple[str, ...]:
    site = own(gate)
    if site.policy is None:
        return (NO_RULES,)
    told = 0 if gate.denied is None else gate.denied.policy_floor
    floor = max(floor, site.policy.floor - 1, told - 1)
    signed = {approval.key for approval in policy.approvals}
    void = deny.void((each for each in site.policy.trust.signers if each.key in signed), gate.denied)
    reason = f"denied key {', '.join(void)}" if void else None
    reason = reason or refusal(policy, site.policy.trust, FacilityId(site.facility), floor)
    return tuple(rules.problems(site, policy)) if reason is None else (reason,)


def _adopt(gate: "Gate", policy: PolicyBody) -> None:
    """Put a policy in force; everything that is known, latched and ordered stays."""
    mine, repair_s = gate.policies, gate.site.times.repair
    mine.own = own(gate)
    mine.in_force = policy
    gate.site = gate.sensing.site = rules.apply(mine.own, policy)
    if gate.repair_due is not None:
        gate.repair_due += gate.site.times.repair - repair_s


def _refuse(
    gate: "Gate", whole: str, because: tuple[str, ...], number: int | None, now: float
) -> list[Decided]:
    mine, verdict = gate.policies, f"{whole}: {because[0]}"
    if verdict in mine.refused:
        return []
    mine.refused = [*mine.refused[1 - REMEMBERED :], verdict]
    return [_judged(gate, because, number, now, accepted=False)]


def _judged(
    gate: "Gate", because: tuple[str, ...], number: int | None, now: float, *, accepted: bool
) -> Decided:
    return gate.decided(
        "policy", gate.state, because, now,
        verdict="accepted" if accepted else "refused",
        command=None if number is None else f"policy-{number}",
    )  # fmt: skip
