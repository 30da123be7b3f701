"""Whether a roll-out may go on: by cases, and by whatever may happen in whatever order."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from rollout_kit import policy

from sotdae_hub.core.rings import Member
from sotdae_hub.core.rollout import OVER, Rollout, Seen, State, abort, resume, step, wanted

MEMBERS = [Member(f"GG-41113-UP-{number:04d}", f"gate-{number}") for number in range(7)]
RING_OF = dict(zip(MEMBERS, [0, 1, 1, 2, 2, 2, 2], strict=True))
HAS, OLD, WAITS = Seen("online", 7), Seen("online", 0), Seen("online", 0, 7)
REFUSED, SILENT, ABSENT = Seen("online", 0, None, "too high"), Seen("silent", 0), Seen("absent", 7)
WET = "GG-41113-UP-0003"


def rollout(ring: int = 0, **more: float) -> Rollout:
    terms = {"abort_percent": 5.0, "soak_s": 60.0, **more}
    return Rollout(policy(7), RING_OF, ring=ring, **terms)  # type: ignore[arg-type]


def looked(*ring: Seen, at: int = 1) -> dict[Member, Seen]:
    """Return nodes of which those of ring `at` are seen so, and those before have it."""
    mine = [member for member in MEMBERS if RING_OF[member] == at]
    return {member: HAS for member in MEMBERS if RING_OF[member] < at} | dict(zip(mine, ring, strict=True))


@pytest.mark.parametrize(
    ("ring", "why"),
    [
        ((HAS, OLD), "1 of 2 have not answered: GG-41113-UP-0002/gate-2"),
        ((HAS, ABSENT), "1 of 2 are not heard: GG-41113-UP-0002/gate-2"),
        ((OLD, ABSENT), "1 of 2 have not answered: GG-41113-UP-0001/gate-1"),
        ((HAS, HAS), "is well; 60 s must pass so"),
        ((HAS, WAITS), "is well; 60 s must pass so"),
    ],
)
def test_a_ring_waits_until_each_of_its_nodes_has_it_for_a_while(ring: tuple[Seen, ...], why: str) -> None:
    after = step(rollout(1), looked(*ring), None, 100.0)
    assert (after.state, after.ring) == (State.RUNNING, 1)
    assert why in after.why
    late = step(after, looked(*ring), None, 160.0)
    assert late.ring == (2 if "must pass" in why else 1)


def test_what_fails_while_it_soaks_begins_the_soaking_anew() -> None:
    soaks = step(rollout(1), looked(HAS, HAS), None, 100.0)
    broken = step(soaks, looked(HAS, ABSENT), None, 130.0)
    again = step(broken, looked(HAS, HAS), None, 140.0)
    assert step(again, looked(HAS, HAS), None, 199.0).ring == 1
    assert step(again, looked(HAS, HAS), None, 200.0).ring == 2


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (REFUSED, "refused: too high"),
        (SILENT, "fell silent"),
        (Seen("silent", 7), "fell silent"),
        (Seen("online", 9), "has version 9 already"),
        (Seen("online", 7, 8), "has version 8 already"),
    ],
)
def test_too_many_that_refuse_fell_silent_or_have_more_stop_it(bad: Seen, why: str) -> None:
    after = step(rollout(1), looked(HAS, bad), None, 100.0)
    assert after.state is State.ABORTED
    assert after.why == f"ring 2: 1 of 2 refuse or fell silent: GG-41113-UP-0002/gate-2 {why}"
    allowed = step(rollout(1, abort_percent=50.0), looked(HAS, bad), None, 100.0)
    assert allowed.state is State.RUNNING
    assert step(allowed, looked(HAS, bad), None, 160.0).ring == 2


def test_a_ring_that_has_passed_can_still_stop_it() -> None:
    seen = looked(OLD, OLD, OLD, OLD, at=2) | {MEMBERS[0]: SILENT}
    assert step(rollout(2), seen, None, 0.0).state is State.ABORTED


def test_one_that_refused_and_took_it_later_has_it() -> None:
    seen = looked(HAS, Seen("online", 7, None, "too high"))
    assert step(rollout(1), seen, None, 0.0).state is State.RUNNING


def test_water_freezes_it_before_anything_else_and_the_soaking_begins_anew() -> None:
    soaks = step(rollout(1), looked(HAS, HAS), None, 100.0)
    frozen = step(soaks, looked(HAS, REFUSED), WET, 150.0)
    assert (frozen.state, frozen.why) == (State.FROZEN, f"{WET} is at caution or above")
    thawed = step(frozen, looked(HAS, HAS), None, 170.0)
    assert (thawed.state, thawed.ring, thawed.good_since_s) == (State.RUNNING, 1, 170.0)


def test_the_last_ring_ends_it_and_nothing_moves_it_after() -> None:
    seen = dict.fromkeys(MEMBERS, HAS)
    done = step(rollout(2, soak_s=0.0), seen, None, 0.0)
    assert (done.state, done.why) == (State.DONE, "")
    assert step(done, dict.fromkeys(MEMBERS, REFUSED), WET, 9.0) is done
    assert abort(done, "no") is done
    assert resume(done) is done


def test_without_nodes_it_is_done_at_once_but_not_over_water() -> None:
    nobody = replace(rollout(), ring_of={})
    assert step(nobody, {}, WET, 0.0).state is State.FROZEN
    assert step(nobody, {}, None, 0.0).state is State.DONE


def test_who_is_left_out_does_not_get_it_when_it_is_done_either() -> None:
    apart = Member("GG-41113-UP-0009", "gate-9")
    done = replace(rollout(2), state=State.DONE)
    assert done.gives(apart)
    without = replace(done, left_out=frozenset({apart.facility}))
    assert not without.gives(apart)
    assert all(without.gives(member) for member in MEMBERS)


def test_who_is_to_have_what() -> None:
    five = replace(rollout(), policy=policy(5), state=State.DONE)
    seven, new = rollout(1), Member("GG-41113-UP-0099", "gate-99")
    far = Member("GG-41113-RG-0001", "gate-far")

    def has(member: Member, *rollouts: Rollout) -> int | None:
        want = wanted(rollouts, member)
        return None if want is None else want.version

    assert [has(member, five, seven) for member in MEMBERS] == [7, 7, 7, 5, 5, 5, 5]
    assert (has(new, five, seven), has(far, five, seven), has(new, seven)) == (5, None, None)
    assert has(MEMBERS[0], five, abort(seven, "stop")) == 5
    assert has(MEMBERS[0], abort(seven, "stop")) is None
    assert has(new, five, replace(seven, state=State.DONE)) == 7


class Whatever(RuleBasedStateMachine):
    """Nodes, water, people and restarts in any order; `told` is what may have been sent."""

    def __init__(self) -> None:
        super().__init__()
        self.rollout = rollout(soak_s=10.0, abort_percent=30.0)
        self.seen = dict.fromkeys(MEMBERS, OLD)
        self.now_s = 0.0
        self.wet: str | None = None

    @rule(
        member=st.sampled_from(MEMBERS),
        seen=st.sampled_from([HAS, OLD, WAITS, REFUSED, SILENT, ABSENT, Seen("online", 8)]),
    )
    def turns(self, member: Member, seen: Seen) -> None:
        self.seen[member] = seen

    @rule()
    def obey(self) -> None:
        self.seen.update({member: HAS for member in MEMBERS if self.rollout.gives(member)})

    @rule(wet=st.sampled_from([None, None, WET]))
    def weather(self, wet: str | None) -> None:
        self.wet = wet

    @rule(waited_s=st.floats(0, 30))
    def look(self, waited_s: float) -> None:
        before, self.now_s = self.rollout, self.now_s + waited_s
        self.rollout = after = step(before, self.seen, self.wet, self.now_s)
        assert after.ring in (before.ring, before.ring + 1), "no ring is skipped"
        if before.state in OVER:
            assert after is before, "it never goes on after an abort"
        elif self.wet is not None:
            assert (after.state, after.ring) == (State.FROZEN, before.ring)
        if after.ring > before.ring or (after.state is State.DONE and before.state is not State.DONE):
            mine = [member for member in MEMBERS if RING_OF[member] == before.ring]
            good = [m for m in mine if self.seen[m].heard == "online" and self.seen[m].has(7)]
            assert len(good) >= 0.7 * len(mine)
            assert before.good_since_s is not None
            assert self.now_s - before.good_since_s >= before.soak_s
            assert self.wet is None

    @rule()
    def restart(self) -> None:
        self.rollout = replace(self.rollout, good_since_s=None)

    @rule()
    def people_stop(self) -> None:
        before = self.rollout
        self.rollout = abort(before, "stopped")
        assert (self.rollout.state in OVER, self.rollout.ring) == (True, before.ring)

    @precondition(lambda self: self.rollout.state is State.ABORTED)
    @rule()
    def people_go_on(self) -> None:
        before = self.rollout
        self.rollout = resume(before)
        assert (self.rollout.state, self.rollout.ring) == (State.RUNNING, before.ring)

    @invariant()
    def nobody_is_told_out_of_turn(self) -> None:
        for member, ring in RING_OF.items():
            given = self.rollout.gives(member)
            if self.rollout.state is State.ABORTED:
                assert not given
            elif self.rollout.state is not State.DONE:
                assert given == (ring <= self.rollout.ring)


TestWhatever = Whatever.TestCase
TestWhatever.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
