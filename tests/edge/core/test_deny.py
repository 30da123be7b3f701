"""The deny list: whose signature counts for nothing, when nobody's opens, and that no close is refused."""

from dataclasses import replace
from typing import Any

import pytest
from edge.core.people import ROSTER, WALL, came, order, signed
from edge.core.plant import SITE, Story
from edge.core.ruling import RULED, TRUST
from edge.core.ruling import good as good_policy
from edge.core.test_authority import closed_and_dry, good
from edge.core.test_verdicts import AT
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.authority import judge
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.events import CommandCame, DenyTold, PolicyCame
from sotdae_edge.record.coding import Coder, Entry
from sotdae_edge.record.snapshot import restore, snapshot
from sotdae_shared.messages import ClockTrust

PUBLIC = {person.name: person.public for person in ROSTER}
STRICT = replace(SITE, deny_list=True)
DAY_S = 86_400.0
NOW_S = WALL.timestamp()


def told(*names: str, version: int = 1, age_s: float = 0.0) -> DenyTold:
    return DenyTold(version, NOW_S - age_s, tuple(sorted(PUBLIC[name] for name in names)))


def wants(target: str, *names: str, **fields: Any) -> CommandCame:
    return came(signed(order(target, incident="flood-1", **fields), *names))


CHANNEL = {"actuator": "channel:radar", "lasts_s": 3600.0}


@pytest.mark.parametrize(
    ("event", "denied", "reason"),
    [
        (wants("open", "lee", "park"), told("lee"), "denied key lee-1"),
        (wants("open", "lee", "park"), told("lee", "park"), "denied key lee-1, park-1"),
        (wants("open", "lee", "park"), None, "no deny list: whose keys still count is not known"),
        (wants("open", "lee", "park"), told(version=4, age_s=7.5 * DAY_S),
         "deny list 4 is 7.5 days old: more than 7"),
        (wants("bypass", "lee", **CHANNEL), told("lee"), "denied key lee-1"),
        (wants("restore", "lee", actuator="channel:radar"), told("lee"), "denied key lee-1"),
        (wants("test", "lee", actuator="lamps", expect_state="closed"), told("lee"), "denied key lee-1"),
    ],
)  # fmt: skip
def test_what_the_list_refuses(event: CommandCame, denied: DenyTold | None, reason: str) -> None:
    verdict = judge(event, STRICT, replace(AT, denied=denied))
    assert (verdict.accepted, verdict.because) == (False, reason)


@pytest.mark.parametrize("denied", [told(), told("kim"), told(age_s=7.0 * DAY_S), told(age_s=-DAY_S)])
def test_what_it_leaves_alone(denied: DenyTold) -> None:
    assert judge(wants("open", "lee", "park"), STRICT, replace(AT, denied=denied)).accepted


def test_an_old_list_stops_openings_only() -> None:
    at = replace(AT, denied=told(age_s=99 * DAY_S))
    assert judge(wants("bypass", "lee", "park", **CHANNEL), STRICT, at).accepted
    assert not judge(wants("open", "lee", "park"), STRICT, at).accepted


@pytest.mark.parametrize(
    "event",
    [
        wants("open", "lee", "park"), wants("bypass", "lee", "park", **CHANNEL),
        wants("restore", "lee", actuator="channel:radar"),
        wants("test", "lee", actuator="lamps", expect_state="closed"),
    ],
)  # fmt: skip
def test_a_missing_list_stops_all_but_a_close(event: CommandCame) -> None:
    verdict = judge(event, STRICT, AT)
    assert (verdict.accepted, verdict.because) == (False, "no deny list: whose keys still count is not known")
    assert judge(wants("close", "lee"), STRICT, AT).because == "close by lee at desk-7"


def test_without_a_list_in_the_file_all_is_as_it_was() -> None:
    assert not SITE.deny_list
    assert judge(wants("open", "lee", "park"), SITE, AT).accepted
    late = replace(AT, denied=told(age_s=99 * DAY_S))
    assert judge(wants("open", "lee", "park"), SITE, late).accepted


def test_a_close_of_a_denied_key_is_taken_and_noted() -> None:
    verdict = judge(wants("close", "lee"), STRICT, replace(AT, denied=told("lee")))
    assert (verdict.accepted, verdict.because) == (True, "close by lee at desk-7; on the deny list: lee-1")
    assert judge(wants("close", "park"), STRICT, replace(AT, denied=told("lee"))).because == (
        "close by park at desk-7"
    )
    both = judge(wants("close", "lee", "park"), STRICT, replace(AT, denied=told("lee", "park")))
    assert both.because.endswith("; on the deny list: lee-1, park-1")


@given(
    denied=st.none()
    | st.builds(
        DenyTold, st.integers(0, 9), st.floats(allow_nan=False, allow_infinity=False),
        st.lists(st.sampled_from(sorted(PUBLIC.values())), unique=True).map(tuple),
    ),
    names=st.lists(st.sampled_from(sorted(PUBLIC)), min_size=1, max_size=3, unique=True),
    clock=st.sampled_from(ClockTrust), strict=st.booleans(),
)  # fmt: skip
def test_no_list_ever_refuses_a_close(
    denied: DenyTold | None, names: list[str], clock: ClockTrust, strict: bool
) -> None:
    event = came(signed(order("close"), *names), clock=clock)
    site = replace(SITE, deny_list=strict)
    assert judge(event, site, replace(AT, denied=denied)).accepted


@given(versions=st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_an_older_list_never_follows_a_newer(versions: list[int]) -> None:
    story = Story()
    for version in versions:
        story.give(told(version=version))
    assert story.gate.denied is not None
    assert story.gate.denied.version == max(versions)


def test_a_list_signed_anew_is_as_young_as_its_last_signature() -> None:
    story = Story()
    story.give(told(age_s=6 * DAY_S))
    story.give(told())
    assert story.gate.denied == told()


def test_a_list_changes_nothing_but_verdicts() -> None:
    story, other = Story(), Story()
    story.give(told("lee", age_s=99 * DAY_S))
    for each in (story, other):
        each.run(1.0)
        each.close()
    assert story.gate.state is other.gate.state
    (said,) = [e for e in story.give(came(signed(order("close"), "lee"))) if isinstance(e, Decided)]
    assert said.verdict == "accepted"


def test_the_record_keeps_it() -> None:
    story = Story()
    story.give(told("lee", version=3))
    assert restore(snapshot(story.gate)).denied == told("lee", version=3)
    entry = Entry(1.0, told("lee"), ())
    assert Coder().unpack(Coder().pack(entry)) == (1.0, told("lee"))


def test_a_wait_for_a_release_ends_when_other_keys_are_denied() -> None:
    story = closed_and_dry()
    story.give(told())
    story.give(came(good(story), local=False))
    assert story.gate.waiting is not None
    story.give(told(version=2))
    assert story.gate.waiting is not None, "a list that says the same ends nothing"
    (said,) = [e for e in story.give(told("lee", version=3)) if isinstance(e, Decided) and e.verdict]
    assert (said.verdict, said.because[0]) == (
        "refused", "another deny list came while it waited for a release",
    )  # fmt: skip
    assert story.gate.waiting is None


def test_a_policy_signed_by_a_denied_key_is_refused() -> None:
    story = Story(RULED)
    story.run(1.0)
    policy = good_policy(3, caution_cm=4.0)
    signer = next(each for each in TRUST.signers if each.key == policy.approvals[0].key)
    story.give(DenyTold(1, NOW_S, (signer.public.lower(),)))
    (said,) = [e for e in story.give(PolicyCame(policy)) if isinstance(e, Decided)]
    assert said.verdict == "refused"
    assert f"denied key {signer.key}" in said.because[0]
