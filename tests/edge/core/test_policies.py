"""When a policy comes into force, what it leaves alone, and what a restart finds of it."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from edge.core.people import WALL
from edge.core.plant import SITE, Story
from edge.core.ruling import RULED, TRUST, by, drafted, good

from sotdae_edge.core import policies, policy
from sotdae_edge.core.effects import Decided, Drive, Lock, Save
from sotdae_edge.core.events import BadPolicy, ClockTold, DenyTold, PolicyCame
from sotdae_edge.core.site import Levels, PolicyRules, Site, Times
from sotdae_shared.messages import PolicyBody, PolicyValues


def calm(site: Site = RULED, **more: Any) -> Story:
    """Return a story of an open gate over a dry road."""
    story = Story(site, **more)
    story.run(1.0)
    assert story.gate.state == "open"
    return story


def verdicts(story: Story, bundle: PolicyBody) -> list[tuple[str | None, str | None, str]]:
    """Give a policy and return what is put on record: number, verdict, reason."""
    return [
        (each.command, each.verdict, each.because[0])
        for each in story.give(PolicyCame(bundle))
        if isinstance(each, Decided) and each.decision == "policy"
    ]


def in_force(story: Story) -> tuple[int | None, int | None]:
    return policies.version(story.gate), policies.waits(story.gate)


def test_every_value_has_its_place_in_a_site_and_its_limit() -> None:
    levels, times = ({each.name for each in fields(kind)} for kind in (Levels, Times))
    for name in PolicyValues.model_fields:
        assert (name in levels) is not (name.removesuffix("_s") in times and name.endswith("_s"))
        assert policy.limit_of(name).least < policy.limit_of(name).most


def test_a_good_policy_is_in_force_at_once_and_saved_before_anything_else() -> None:
    story = calm()
    assert in_force(story) == (0, None)
    effects = story.give(PolicyCame(good(3, caution_cm=4.0, close_cm=12.0, caution_off_s=300.0)))
    assert isinstance(effects[0], Save)
    (said,) = [each for each in effects if isinstance(each, Decided)]
    assert (said.decision, said.command, said.verdict) == ("policy", "policy-3", "accepted")
    assert said.because == ("in force", "caution_cm 5 to 4", "close_cm 15 to 12", "caution_off_s 600 to 300")
    assert in_force(story) == (3, None)
    assert story.gate.site.levels == replace(SITE.levels, caution_cm=4.0, close_cm=12.0)
    assert story.gate.sensing.site is story.gate.site


def test_caution_comes_at_the_level_of_the_policy() -> None:
    story = calm()
    verdicts(story, good(1, caution_cm=4.0))
    story.plant.water(4.2)
    story.run(2.0)
    assert story.gate.stage == "caution"
    before = calm()
    before.plant.water(4.2)
    before.run(2.0)
    assert before.gate.stage == "normal"


def test_a_bundle_replaces_the_one_before_it_whole() -> None:
    story = calm()
    verdicts(story, good(1, caution_cm=4.0, reopen_cm=2.0))
    verdicts(story, good(2, close_cm=12.0))
    assert story.gate.site.levels == replace(SITE.levels, close_cm=12.0)
    assert verdicts(story, good(3)) == [("policy-3", "accepted", "in force")]
    assert replace(story.gate.site, policy=None) == SITE


@pytest.mark.parametrize("state", ["caution", "incident", "key", "silent"])
def test_a_policy_waits_until_all_is_calm(state: str) -> None:
    story = calm()
    if state == "key":
        story.plant.key = True
    elif state == "silent":
        story.plant.radar = story.plant.pressure = story.plant.floats = None
    else:
        story.plant.water(6.0 if state == "caution" else 20.0)
    story.run(3.0)
    before = story.gate.site
    (said,) = verdicts(story, good(5, caution_cm=4.0))
    assert said[:2] == ("policy-5", "accepted")
    assert said[2].startswith("waits: ")
    assert in_force(story) == (0, 5)
    assert story.alarms["policy.waits"] == 3
    assert verdicts(story, good(5, caution_cm=4.0)) == [], "the broker's kept copy comes again"
    (newer,) = verdicts(story, good(6, caution_cm=3.0))
    assert newer[2].startswith("waits: ")
    assert [said[1] for said in verdicts(story, good(5, caution_cm=4.0))] == ["refused"]
    story.restart()
    assert in_force(story) == (0, 6), "what waits survives a restart"
    story.run(1.0)
    assert story.gate.site == before


def test_what_waits_comes_into_force_once_when_the_water_is_gone() -> None:
    story = calm()
    story.plant.water(6.0)
    story.run(3.0)
    verdicts(story, good(5, caution_cm=4.0))
    story.plant.water(0.0)
    effects = story.run(700.0, every=1.0)
    said = [each for each in effects if isinstance(each, Decided) and each.decision == "policy"]
    assert [each.because for each in said] == [("in force", "caution_cm 5 to 4")]
    assert in_force(story) == (5, None)
    assert "policy.waits" not in story.alarms


def test_a_restart_goes_on_under_the_policy_even_with_an_incident() -> None:
    story = calm()
    verdicts(story, good(4, close_cm=12.0))
    story.plant.water(13.0)
    story.run(8.0)
    assert story.gate.incident is not None
    story.memento = json.loads(json.dumps(story.memento))
    story.restart()
    assert in_force(story) == (4, None)
    assert story.gate.site.levels.close_cm == 12.0
    assert story.gate.incident is not None


def test_the_same_policy_again_is_no_news_and_the_same_refusal_is_told_once() -> None:
    story = calm()
    verdicts(story, good(2, caution_cm=4.0))
    assert verdicts(story, good(2, caution_cm=4.0)) == []
    assert verdicts(story, good(1)) == [("policy-1", "refused", "version 1 is not above 2")]
    assert verdicts(story, good(1)) == []
    bad = BadPolicy("version: Field required", "ab" * 32)
    assert sum(isinstance(each, Decided) for each in story.give(bad)) == 1
    assert sum(isinstance(each, Decided) for each in story.give(bad)) == 0


def test_a_site_without_the_section_takes_none() -> None:
    story = calm(SITE)
    assert in_force(story) == (None, None)
    assert verdicts(story, good()) == [("policy-1", "refused", policies.NO_RULES)]


def test_a_policy_past_its_review_stays_and_is_told_of() -> None:
    story = calm()
    verdicts(story, good(1, caution_cm=4.0))
    story.give(ClockTold(WALL.timestamp() + 364 * 86_400))
    assert "policy.review" not in story.alarms
    story.give(ClockTold(WALL.timestamp() + 366 * 86_400))
    assert story.alarms["policy.review"] == 4
    assert in_force(story) == (1, None)
    verdicts(story, good(2, caution_cm=4.0))
    assert "policy.review" not in story.alarms


def test_a_drill_stays_on_top() -> None:
    drill = replace(RULED, drill=True, times=replace(RULED.times, reopen_dry=60.0))
    story = calm(drill)
    assert verdicts(story, good(1, reopen_dry_s=3600.0))[0][1] == "accepted"
    assert story.gate.site.times.reopen_dry == 60.0
    verdicts(story, good(2, caution_cm=4.0))
    assert story.gate.site.times.reopen_dry == 60.0
    assert verdicts(story, good(3, reopen_dry_s=60.0))[0][1] == "refused"


def test_the_time_that_a_repair_has_left_follows_the_policy() -> None:
    story = calm()
    story.plant.pressure = None
    story.run(60.0, every=1.0)
    verdicts(story, good(1, repair_s=7200.0))
    assert in_force(story) == (1, None), "one lost channel of three leaves a road that is seen dry"
    short_s = story.now - (story.gate.repair_due or 0.0) + 7200.0
    assert short_s == pytest.approx(60.0, abs=2.0)
    story.gate.dirty = True
    story.give(ClockTold(WALL.timestamp()))
    story.restart()
    assert story.gate.site.times.repair == 7200.0
    assert story.now - (story.gate.repair_due or 0.0) + 7200.0 == pytest.approx(60.0, abs=2.0)


def test_adopting_moves_nothing() -> None:
    story = calm()
    effects = story.give(PolicyCame(good(1, caution_cm=3.0, close_cm=10.0, pre_warn_s=4.0)))
    assert not [each for each in effects if isinstance(each, Drive | Lock)]
    assert not story.gate.incident


def spoil(story: Story, damage: str) -> None:
    """Damage the policy that a restart will find."""
    memento: dict[str, Any] = json.loads(json.dumps(story.memento))
    kept = memento["policy"]
    if damage == "bundle":
        kept["in_force"]["values"]["caution_cm"] = "deep"
    elif damage == "floor":
        kept["floor"] = "many"
    else:
        memento["policy"] = 7
    story.memento = memento


@pytest.mark.parametrize("damage", ["bundle", "floor", "all"])
def test_a_kept_policy_that_cannot_be_read_leaves_the_own_file_and_the_floor(damage: str) -> None:
    story = calm()
    verdicts(story, good(7, caution_cm=4.0))
    spoil(story, damage)
    story.restart()
    story.run(4.0)
    assert in_force(story) == (0, None)
    assert story.gate.site == RULED
    assert story.alarms["policy.corrupt"] == 2
    older = verdicts(story, good(6, caution_cm=4.0))[0][1]
    assert older == ("refused" if damage == "bundle" else "accepted")
    assert verdicts(story, good(7, caution_cm=4.0))[0][1] == "accepted", "the hub gives it again"
    assert "policy.corrupt" not in story.alarms


@pytest.mark.parametrize("damage", ["bundle", "floor", "all"])
def test_a_policy_that_was_lost_is_alarmed_at_every_start_until_one_is_in_force(damage: str) -> None:
    story = calm()
    verdicts(story, good(7, caution_cm=4.0))
    spoil(story, damage)
    for _ in range(3):
        story.restart()
        story.run(4.0)
        assert [each.code for each in policies.conditions(story.gate)] == ["policy.corrupt"]
        story.gate.dirty = True
        story.run(1.0)
        story.memento = json.loads(json.dumps(story.memento))
    verdicts(story, good(7, caution_cm=4.0))
    story.restart()
    story.run(4.0)
    assert in_force(story) == (7, None)
    assert policies.conditions(story.gate) == []


@pytest.mark.parametrize("waiting", [7, {}, {"version": "many"}, "spoiled"])
def test_a_policy_that_waited_and_cannot_be_read_drops_not_the_one_in_force(waiting: object) -> None:
    story = calm()
    verdicts(story, good(2, caution_cm=4.0))
    story.plant.water(6.0)
    story.run(3.0)
    verdicts(story, good(3, caution_cm=3.0))
    assert story.memento is not None
    story.memento["policy"]["waiting"] = waiting
    story.restart()
    assert in_force(story) == (2, None)
    (told,) = [each.text for each in policies.conditions(story.gate)]
    assert told == "the policy that waited before the restart was dropped: it cannot be read"
    assert verdicts(story, good(2))[0][2] == "version 2 is not above 3"


def test_a_policy_in_force_that_cannot_be_read_drops_not_the_one_that_waited() -> None:
    story = calm()
    verdicts(story, good(2, caution_cm=4.0))
    story.plant.water(6.0)
    story.run(3.0)
    verdicts(story, good(3, caution_cm=3.0))
    assert story.memento is not None
    story.memento["policy"]["in_force"] = 7
    story.restart()
    assert in_force(story) == (0, 3)
    story.run(4.0)
    assert story.alarms["policy.corrupt"] == 2
    story.plant.water(0.0)
    story.run(700.0, every=1.0)
    assert in_force(story) == (3, None)
    assert "policy.corrupt" not in story.alarms


def test_a_site_that_takes_no_policy_any_more_is_told_of_the_lost_one_once() -> None:
    story = calm()
    verdicts(story, good(7, caution_cm=4.0))
    story.site = SITE
    story.restart()
    story.run(1.0)
    assert [each.code for each in policies.conditions(story.gate)] == ["policy.corrupt"]
    story.gate.dirty = True
    story.run(1.0)
    story.restart()
    assert policies.conditions(story.gate) == []


def test_a_restart_takes_no_policy_that_is_good_no_longer() -> None:
    story = calm()
    verdicts(story, good(7, caution_cm=4.0))
    story.site = replace(RULED, policy=PolicyRules(TRUST, {"caution_cm": (5.0, 8.0)}))
    story.restart()
    story.run(4.0)
    assert in_force(story) == (0, None)
    assert story.alarms["policy.corrupt"] == 2
    assert verdicts(story, good(6))[0][2] == "version 6 is not above 7"
    beyond = "beyond the site's own bounds: caution_cm 4 is below 5"
    assert verdicts(story, good(7, caution_cm=4.0))[0][2] == beyond


def test_what_waited_and_is_good_no_longer_is_told_of_beside_what_is_in_force() -> None:
    story = calm()
    verdicts(story, good(2, caution_cm=4.0))
    story.plant.water(6.0)
    story.run(3.0)
    verdicts(story, good(3, caution_cm=3.0))
    story.site = replace(RULED, policy=PolicyRules(TRUST, {"caution_cm": (4.0, 8.0)}))
    story.restart()
    assert in_force(story) == (2, None)
    (told,) = [each.text for each in policies.conditions(story.gate)]
    beyond = "beyond the site's own bounds: caution_cm 3 is below 4"
    assert told == f"the policy that waited before the restart was dropped: {beyond}"


def test_all_that_is_wrong_with_a_kept_policy_is_told_and_a_long_story_is_cut() -> None:
    story = calm()
    verdicts(story, good(7, caution_cm=4.0, close_cm=12.0))
    bounds = {"caution_cm": (5.0, 8.0), "close_cm": (13.0, 15.0)}
    story.site = replace(RULED, policy=PolicyRules(TRUST, bounds))
    story.restart()
    assert story.gate.policies.lost == (
        "beyond the site's own bounds: caution_cm 4 is below 5; "
        "beyond the site's own bounds: close_cm 12 is below 13"
    )
    assert story.memento is not None
    story.memento["policy"] = {"floor": 7, "sha256": "", "lost": "long " * 100}
    story.restart()
    assert story.gate.policies.lost == "long " * 40


def test_the_floor_outlives_a_file_without_the_section() -> None:
    story = calm()
    verdicts(story, good(7, caution_cm=4.0))
    story.site = SITE
    story.restart()
    story.run(1.0)
    story.gate.dirty = True
    story.run(1.0)
    story.site = RULED
    story.restart()
    story.run(1.0)
    assert verdicts(story, good(6))[0][2] == "version 6 is not above 7"


def test_a_key_on_the_deny_list_signs_no_policy_and_ends_none() -> None:
    story = calm()
    verdicts(story, good(1, caution_cm=4.0))
    story.plant.water(6.0)
    story.run(3.0)
    verdicts(story, good(2, caution_cm=3.0))
    denied = DenyTold(1, WALL.timestamp(), (TRUST.signers[0].public,))
    story.give(denied)
    assert verdicts(story, good(3))[0][1:] == ("refused", "denied key jung")
    assert verdicts(story, by(drafted(4), "yoon", "oh"))[0][1] == "accepted", "of other people it is taken"
    verdicts(story, good(5))
    story.plant.water(0.0)
    story.run(700.0, every=1.0)
    assert in_force(story) == (4, None)


def test_a_policy_whose_signer_was_denied_while_it_waited_is_refused() -> None:
    story = calm()
    story.plant.key = True
    story.run(1.0)
    verdicts(story, good(2, caution_cm=3.0))
    story.give(DenyTold(1, WALL.timestamp(), tuple(each.public for each in TRUST.signers)))
    story.plant.key = False
    effects = story.run(1.0)
    said = [each for each in effects if isinstance(each, Decided) and each.decision == "policy"]
    assert [(each.command, each.verdict, each.because) for each in said] == [
        ("policy-2", "refused", ("denied key jung, oh",))
    ]
    assert in_force(story) == (0, None)
    assert "policy.waits" not in story.alarms
    assert story.memento is not None
    assert story.memento["policy"]["waiting"] is None


LISTED = replace(RULED, deny_list=True)
CLEAN = DenyTold(1, WALL.timestamp(), ())
ALL_DENIED = DenyTold(1, WALL.timestamp(), tuple(each.public for each in TRUST.signers))


def test_where_no_deny_list_is_told_a_policy_waits_for_it() -> None:
    story = calm(LISTED)
    bundle = good(3, caution_cm=4.0)
    why = "waits: no deny list: whose keys still count is not known"
    assert verdicts(story, bundle) == [("policy-3", "accepted", why)]
    assert verdicts(story, bundle) == [], "the broker's kept copy comes again"
    assert in_force(story) == (0, 3)
    (condition,) = policies.conditions(story.gate)
    assert condition.text == "a policy waits: no deny list: whose keys still count is not known"
    story.memento = json.loads(json.dumps(story.memento))
    story.restart()
    story.run(4.0)
    assert in_force(story) == (0, 3), "it survives a restart"
    story.give(CLEAN)
    assert in_force(story) == (3, None)
    assert "policy.waits" not in story.alarms
    assert verdicts(story, good(2))[0][2] == "version 2 is not above 3"
    assert verdicts(story, good(3, caution_cm=3.0))[0][2] == "version 3 is not above 3"


def test_where_a_deny_list_is_told_a_policy_that_waits_raises_the_floor() -> None:
    story = calm(LISTED)
    story.give(CLEAN)
    story.plant.water(6.0)
    story.run(3.0)
    assert verdicts(story, good(3, caution_cm=4.0)) == [
        ("policy-3", "accepted", "waits: the water is caution")
    ]
    assert [each.text for each in policies.conditions(story.gate)] == [policies.WAITS]
    assert verdicts(story, good(2))[0][2] == "version 2 is not above 3"


def test_a_denied_key_that_is_not_known_yet_signs_no_policy_and_raises_no_floor() -> None:
    story = calm(LISTED)
    verdicts(story, good(2**53 - 1, caution_cm=8.0))
    said = [each for each in story.give(ALL_DENIED) if isinstance(each, Decided)]
    assert [(each.verdict, each.because) for each in said] == [("refused", ("denied key jung, oh",))]
    assert in_force(story) == (0, None)
    story.give(replace(CLEAN, version=2))
    assert verdicts(story, good(1, caution_cm=4.0))[0][1] == "accepted"
    assert in_force(story) == (1, None)


def test_what_waits_over_a_restart_is_judged_by_the_list_and_what_is_in_force_stays() -> None:
    story = calm(LISTED)
    story.give(CLEAN)
    verdicts(story, good(1, caution_cm=4.0))
    story.plant.key = True
    story.run(1.0)
    verdicts(story, good(2, caution_cm=3.0))
    story.restart()
    story.plant.key = False
    story.run(4.0)
    assert story.gate.state == "open"
    assert in_force(story) == (1, 2)
    story.give(ALL_DENIED)
    assert in_force(story) == (1, None)


def test_nothing_below_the_stated_floor_is_taken_or_goes_on() -> None:
    """A box that was replaced, or whose older state was put back, is not led back to yesterday's rules."""
    story = calm(replace(RULED, policy=PolicyRules(TRUST, floor=7)))
    assert verdicts(story, good(6, caution_cm=4.0))[0][2] == "version 6 is not above 6"
    assert verdicts(story, good(7, caution_cm=4.0))[0][1] == "accepted"
    story.site = replace(RULED, policy=PolicyRules(TRUST, floor=9))
    story.restart()
    story.run(4.0)
    assert in_force(story) == (0, None)
    assert story.alarms["policy.corrupt"] == 2
    assert verdicts(story, good(8, caution_cm=4.0))[0][1] == "refused"
    assert verdicts(story, good(9, caution_cm=4.0))[0][1] == "accepted"


def test_a_floor_that_is_raised_counts_at_once_and_never_falls() -> None:
    story = calm()
    verdicts(story, good(3, caution_cm=4.0))
    story.plant.water(6.0)
    story.run(3.0)
    verdicts(story, good(4, caution_cm=3.0))
    story.give(DenyTold(2, WALL.timestamp(), (), policy_floor=7))
    story.give(DenyTold(3, WALL.timestamp(), ()))
    story.give(DenyTold(1, WALL.timestamp(), (), policy_floor=5))
    assert story.gate.denied == DenyTold(3, WALL.timestamp(), (), policy_floor=7)
    assert verdicts(story, good(6))[0][2] == "version 6 is not above 6"
    story.plant.water(0.0)
    story.run(700.0, every=1.0)
    assert in_force(story) == (3, None), "what waited is below it; what is in force stays until a restart"
    assert verdicts(story, good(7))[0][1] == "accepted"


def test_bounds_of_a_site_are_checked() -> None:
    assert list(policy.bounds_problems({"caution_cm": (3.0, 8.0)})) == []
    bad = {"caution": (3.0, 8.0), "close_cm": (10.0, 20.0), "reopen_cm": (3.0, 2.0)}
    assert [line.split(":")[0] for line in policy.bounds_problems(bad)] == [
        "policy.bounds.caution", "policy.bounds.close_cm", "policy.bounds.reopen_cm",
    ]  # fmt: skip


def test_a_river_value_is_taken_only_where_the_site_says_so() -> None:
    draft = drafted(1, river_trigger_cm=2800.0)
    assert policy.problems(RULED, draft) == [
        "river_trigger_cm: taken only where the site's file gives policy.bounds.river_trigger_cm"
    ]
    river = replace(RULED, policy=PolicyRules(TRUST, {"river_trigger_cm": (2600.0, 2902.0)}))
    assert policy.problems(river, draft) == []
