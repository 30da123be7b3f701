"""What a policy may set at a site, to the last number; and what is said of it."""

import json
from dataclasses import replace

import pytest
from edge.core.people import WALL
from edge.core.plant import Story
from edge.core.ruling import RULED, TRUST, drafted, good

from sotdae_edge.core import policies, policy
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.events import BadPolicy, ClockTold, PolicyCame
from sotdae_edge.core.policies import REMEMBERED, Policies
from sotdae_edge.core.site import Geometry, Levels, PolicyRules, Riverside, Site
from sotdae_shared.messages import PolicyBody

BOUNDS = {"caution_cm": (3.0, 8.0), "river_trigger_cm": (2600.0, 2902.0)}
BOUNDED = replace(RULED, policy=PolicyRules(TRUST, BOUNDS))


def problems(site: Site = RULED, **values: float) -> list[str]:
    return policy.problems(site, drafted(1, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"close_cm": 15.0}, {"close_cm": 6.0}, {"caution_cm": 10.0}, {"caution_cm": 2.1}, {"reopen_cm": 0.5},
        {"pre_warn_s": 3.0}, {"pre_warn_s": 5.0}, {"reopen_dry_s": 1800.0}, {"reopen_dry_s": 86_400.0},
        {"repair_s": 604_800.0}, {"hub_silent_s": 60.0}, {"camera_hold_s": 0.0},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_on_its_limit_is_taken(values: dict[str, float]) -> None:
    assert problems(**values) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"close_cm": 15.1}, "close_cm 15.1 is above 15"),
        ({"caution_cm": 10.1}, "caution_cm 10.1 is above 10"),
        ({"reopen_cm": 0.4}, "reopen_cm 0.4 is below 0.5"),
        ({"pre_warn_s": 2.9}, "pre_warn_s 2.9 is below 3"),
        ({"reopen_dry_s": 1799.0}, "reopen_dry_s 1799 is below 1800"),
        ({"rain_warning_mm_h": 61.0}, "rain_warning_mm_h 61 is above 60"),
    ],
)
def test_a_value_beyond_its_limit_is_weaker_than_the_interlock(values: dict[str, float], said: str) -> None:
    (found,) = problems(**values)
    assert found.startswith(f"weaker than interlock: {said}: ")


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problems(BOUNDED, close_cm=200.0, caution_cm=9.0, pre_warn_s=1.0)
    assert [line.split(": ")[1] for line in found] == [
        "close_cm 200 is above 15", "pre_warn_s 1 is below 3", "caution_cm 9 is above 8",
    ]  # fmt: skip
    long = replace(RULED, levels=Levels(), geometry=Geometry(length_m=450.0))
    found = problems(long, caution_cm=9.0, close_cm=8.0)
    assert [line.split(":")[0] for line in found] == ["levels", "geometry"]


def test_a_sites_own_bounds_hold_with_their_ends() -> None:
    assert problems(BOUNDED, caution_cm=3.0) == problems(BOUNDED, caution_cm=8.0) == []
    assert problems(BOUNDED, caution_cm=8.1) == ["beyond the site's own bounds: caution_cm 8.1 is above 8"]
    assert problems(BOUNDED, river_trigger_cm=2902.0) == []
    assert problems(replace(RULED, policy=None), caution_cm=3.0) == []
    assert problems(BOUNDED, river_trigger_cm=2599.0) == [
        "beyond the site's own bounds: river_trigger_cm 2599 is below 2600"
    ]


def test_a_gate_for_people_on_foot_has_its_own_limits() -> None:
    shape = Geometry(length_m=20.0, clear_speed_km_h=4.0)
    walk = replace(RULED, riverside=Riverside(), geometry=shape)
    assert problems(walk, caution_cm=4.0) == []
    (found,) = problems(replace(walk, riverside=None), caution_cm=4.0)
    assert found.startswith("geometry.clear_speed_km_h: 4: want 5 to 60")


def test_a_drill_is_checked_as_if_it_were_none() -> None:
    drill = replace(RULED, drill=True, times=replace(RULED.times, reopen_dry=60.0))
    assert problems(drill, caution_cm=4.0) == problems(drill, reopen_dry_s=1800.0) == []
    assert problems(drill, reopen_dry_s=60.0) != []


def test_what_a_policy_may_set_is_limits_within_bounds() -> None:
    assert policy.allowed(replace(RULED, policy=None)) == {}
    may = policy.allowed(BOUNDED)
    assert may["caution_cm"] == (3.0, 8.0)
    assert may["close_cm"] == (3.0, 15.0)
    assert may["reopen_dry_s"] == (1800.0, 86_400.0)
    assert may["river_trigger_cm"] == (2600.0, 2902.0)
    assert "river_caution_cm" not in may
    assert "river_trigger_cm" not in policy.allowed(RULED)


@pytest.mark.parametrize(
    ("span", "good"),
    [
        ((1.0, 10.0), True),
        ((5.0, 5.0), True),
        ((0.9, 10.0), False),
        ((1.0, 10.1), False),
        ((6.0, 5.0), False),
    ],
)
def test_bounds_lie_within_the_limits(span: tuple[float, float], good: bool) -> None:
    want = "policy.bounds.caution_cm: want 1 <= least <= most <= 10: local alert at 5 cm (DOMAIN 1.1)"
    assert list(policy.bounds_problems({"caution_cm": span})) == ([] if good else [want])


def test_changes_name_what_was_not_set_before() -> None:
    after = replace(BOUNDED, levels=replace(BOUNDED.levels, river_caution_cm=None))
    assert policy.changes(BOUNDED, after) == ("river_caution_cm 2500 to none",)
    assert policy.changes(after, BOUNDED) == ("river_caution_cm none to 2500",)


def calm() -> Story:
    story = Story(RULED)
    story.run(1.0)
    return story


def refusals(story: Story, *bundles: PolicyBody) -> list[tuple[str | None, str | None]]:
    effects = [effect for bundle in bundles for effect in story.give(PolicyCame(bundle))]
    return [(each.command, each.verdict) for each in effects if isinstance(each, Decided)]


def test_two_bundles_refused_for_one_reason_are_both_on_record() -> None:
    story = calm()
    one, other = drafted(5, caution_cm=3.0), drafted(5, caution_cm=4.0)
    assert refusals(story, one, other, one, other) == [("policy-5", "refused")] * 2
    malformed = [BadPolicy("no", "aa"), BadPolicy("no", "bb"), BadPolicy("no", "aa")]
    effects = [effect for event in malformed for effect in story.give(event)]
    said = [(each.command, each.verdict, each.because) for each in effects if isinstance(each, Decided)]
    assert said == [(None, "refused", ("malformed: no",))] * 2


def test_only_so_many_refusals_are_remembered() -> None:
    story = calm()
    bundles = [drafted(number) for number in range(1, REMEMBERED + 2)]
    assert len(refusals(story, *bundles)) == REMEMBERED + 1
    assert len(story.gate.policies.refused) == REMEMBERED
    assert refusals(story, *bundles[1:]) == [], "the newest are remembered"
    assert refusals(story, bundles[0]) == [("policy-1", "refused")], "the oldest is told of again"


@pytest.mark.parametrize(
    ("set_up", "why"),
    [
        (lambda story: story.plant.water(6.0), "the water is caution"),
        (lambda story: story.plant.water(20.0), "incident flood-01234567-1 stands"),
        (lambda story: setattr(story.plant, "key", True), "the gate is manual"),
    ],
)
def test_it_is_said_for_what_a_policy_waits(set_up: object, why: str) -> None:
    story = calm()
    set_up(story)  # type: ignore[operator]
    story.run(2.0)
    assert policies.frozen(story.gate) == why


def test_nothing_comes_into_force_while_something_ripens() -> None:
    story = calm()
    story.plant.water(6.0)
    story.scan()
    assert (story.gate.stage, policies.frozen(story.gate)) == ("normal", "the water may rise")
    story.give(PolicyCame(good(1, caution_cm=10.0)))
    assert policies.waits(story.gate) == 1


def told(story: Story, code: str) -> str:
    return next(
        each.text for each in story.effects if isinstance(each, Alarm) and each.code == code and each.active
    )


def test_alarms_say_what_is_the_matter() -> None:
    story = calm()
    story.give(PolicyCame(good(1, caution_cm=4.0)))
    story.give(ClockTold(good(1).review_by.timestamp()))
    assert told(story, "policy.review") == (
        "people should have looked at the policy again; it stays in force"
    )
    story.plant.water(6.0)
    story.run(2.0)
    story.give(PolicyCame(good(2)))
    assert told(story, "policy.waits") == "a policy waits until all is calm and the gate open"
    story.memento = json.loads(json.dumps(story.memento)) | {"policy": {"floor": 2, "sha256": 7}}
    story.restart()
    story.run(2.0)
    assert told(story, "policy.corrupt") == (
        "the policy kept from before the restart is not in force: it cannot be read; the site's own file is"
    )


def test_what_is_kept_is_plain_json() -> None:
    assert Policies().keep() is None
    story = calm()
    story.give(ClockTold(WALL.timestamp()))
    story.give(PolicyCame(good(3, caution_cm=4.0)))
    kept = story.gate.policies.keep()
    assert kept == json.loads(json.dumps(kept))
    assert kept is not None
    assert (kept["floor"], kept["in_force"]["version"], kept["waiting"]) == (3, 3, None)
    story.memento = {"version": 1, "policy": "spoiled"}
    story.restart()
    assert (story.gate.policies.floor, story.gate.policies.sha256) == (0, "")
