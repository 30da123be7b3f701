"""Who may order what: one table of refusals, every pair of ranks, every field of a signed order mutated."""

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge.core.people import NONCE, WALL, approval, came, order, signed
from edge.core.plant import SITE, Story, drives

from sotdae_edge.core.authority import Rank, judge, may_open
from sotdae_edge.core.effects import Answer, Decided, Motion, Warn
from sotdae_edge.core.events import BadCommand, CommandCame, LinkLost, NonceAsked
from sotdae_edge.core.obeying import situation
from sotdae_shared.messages import Approval, ClockTrust, CommandBody

DRY_S = 1800.0


def closed_and_dry(site: Any = SITE, dry_s: float = DRY_S + 1.0) -> Story:
    """Flood, close, drain, and let the dry time pass; people have asked for their nonce."""
    story = Story(site)
    story.run(1.0)
    story.close()
    story.plant.water(0.0)
    story.run(dry_s, every=1.0)
    story.give(NonceAsked("q-1", NONCE))
    return story


@pytest.fixture(scope="module")
def ready() -> Story:
    return closed_and_dry()


def verdict(story: Story, event: CommandCame) -> tuple[str | None, str]:
    """Give a command and return its verdict and reason."""
    found = [e for e in story.give(event) if isinstance(e, Decided) and e.verdict is not None]
    assert len(found) == 1
    return found[0].verdict, found[0].because[0]


def fresh(ready: Story) -> Story:
    """Return a story of its own in the same situation (a dry half hour is walked through only once)."""
    return copy.deepcopy(ready)


def good(story: Story, **changes: Any) -> CommandBody:
    """Return the right order for this situation, signed by two people of the city."""
    assert story.gate.incident is not None
    return signed(order(**({"incident": story.gate.incident.name} | changes)), "lee", "park")


def test_two_people_open_once_after_thirty_dry_minutes(ready: Story) -> None:
    story = fresh(ready)
    command = good(story)
    assert verdict(story, came(command)) == ("accepted", "two people, dry, nonce fresh")
    assert story.gate.state == "opening"
    effects = story.run(1.0)
    assert drives(effects, Motion.RAISE) >= 5
    assert story.warned is not None
    assert story.warned.closed, "the entry stays closed until the arm is proved open"
    story.plant.arm = "open"
    story.run(0.4)
    assert story.gate.state == "open"
    assert not story.warned.closed
    word, because = verdict(story, came(command))
    assert (word, because.split(":")[0]) == ("refused", "replayed")
    assert story.gate.state == "open"


def test_the_signs_show_caution_for_ten_minutes_after_a_reopening(ready: Story) -> None:
    story = fresh(ready)
    verdict(story, came(good(story)))
    story.plant.arm = "open"
    story.run(700.0, every=1.0)
    shown = [e for e in story.effects if isinstance(e, Warn)]
    assert story.gate.stage == "normal"
    last = max(at for at, e in enumerate(shown) if e.caution)
    assert 598 <= sum(1 for e in shown if e.caution and not e.closed) <= 605, "said once a second"
    assert not any(e.caution or e.closed for e in shown[last + 1 :])
    assert len(shown) - last > 60


def _signed(**changes: Any) -> Any:
    return lambda story: came(good(story, **changes))


def _came(**changes: Any) -> Any:
    return lambda story: came(good(story), **changes)


def _by(*names: str) -> Any:
    def make(story: Story) -> CommandCame:
        return came(signed(order(incident=story.gate.incident.name), *names))

    return make


def _after(change: Any, **fields: Any) -> Any:
    def make(story: Story) -> CommandCame:
        change(story)
        return came(good(story, **fields))

    return make


def _wet(story: Story) -> None:
    story.plant.water(16.0)
    story.run(2.0)


def _lose_a_sensor(story: Story) -> None:
    story.scan(radar_level=None)


def _damp(story: Story) -> None:
    story.plant.water(4.0)
    story.run(1.0)
    story.plant.water(0.0)
    story.run(60.0, every=1.0)
    story.give(NonceAsked("q-2", NONCE))


def _panel_closes(story: Story) -> None:
    command = signed(order("close", seq=5, issuer="panel-1"), "kim")
    assert verdict(story, came(command))[0] == "accepted"


def _key_turned(story: Story) -> None:
    story.plant.key = True
    story.scan()


def _unproved_and_back(story: Story) -> None:
    """CLOSED, PARTIAL, CLOSED: the nonce was asked for in PARTIAL."""
    story.plant.arm = "mid"
    story.run(2.0)
    assert story.gate.state == "partial"
    story.give(NonceAsked("q-2", NONCE))
    story.plant.arm = "closed"
    story.run(0.4)
    assert story.gate.state == "closed"


REFUSALS: dict[str, Any] = {
    "retained": _came(retained=True),
    "queued": _came(live=False),
    "wrong gate": _signed(facility="GG-41113-UP-0008"),
    "unknown actuator": _signed(actuator="pump"),
    "unsigned": _by(),
    "unknown key": lambda story: came(
        order().model_copy(update={"approvals": (Approval(key="mallory", signature="0" * 128),)})
    ),
    "bad signature": lambda story: came(good(story).model_copy(update={"reason": "other"})),
    "clock untrusted": _came(clock=ClockTrust.UNTRUSTED),
    "expired": _signed(not_after=WALL),
    "lives too long": _signed(not_after=WALL + timedelta(seconds=61)),
    "stale: expects": _signed(expect_state="open"),
    "one person": _by("lee"),
    "not closed": _after(_key_turned, expect_state="manual"),
    "unknown nonce": _signed(nonce="f" * 32),
    "nonce expired": _after(lambda story: story.run(601.0, every=1.0)),
    "other incident": _signed(incident="flood-00000000-9"),
    "stale: the nonce": _after(_unproved_and_back),
    "hazard present": _after(_wet),
    "sensor missing": _after(_lose_a_sensor),
    "not dry": _after(_damp),
    "held closed by panel": _after(_panel_closes),
    "checklist: not confirmed: pumps": _signed(checklist=("on_site", "cctv")),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_each_refusal_has_its_own_reason(ready: Story, reason: str) -> None:
    story = fresh(ready)
    event = REFUSALS[reason](story)
    word, because = verdict(story, event)
    assert word == "refused"
    assert because.startswith(reason)
    assert [other for other in REFUSALS if because.startswith(other)] == [reason]
    assert drives(story.run(2.0), Motion.RAISE) == 0
    assert story.gate.state not in ("opening", "open")


def test_a_lower_sequence_number_is_a_replay(ready: Story) -> None:
    story = fresh(ready)
    assert verdict(story, came(signed(order("close", seq=7), "lee")))[0] == "accepted"
    assert verdict(story, came(good(story, seq=7)))[1].startswith("replayed")
    story.restart()
    story.run(1.0)
    assert verdict(story, came(good(story, seq=6)))[1].startswith("replayed"), "a restart remembers"


def test_nobody_uses_up_the_numbers_of_another() -> None:
    story = Story()
    story.run(1.0)
    assert verdict(story, came(signed(order("close", seq=2**53 - 1), "lee")))[0] == "accepted"
    assert verdict(story, came(signed(order("close", seq=1), "park")))[0] == "accepted"
    assert story.gate.last_seq == {"lee-1": 2**53 - 1, "park-1": 1}


def test_approvals_left_out_or_turned_round_are_the_same_command() -> None:
    story = Story()
    story.run(1.0)
    command = signed(order("close", seq=3), "lee", "park")
    assert verdict(story, came(command)) == ("accepted", "close by lee and park at desk-7")
    one, two = command.approvals
    for approvals in ((two, one), (one,), (two,)):
        again = command.model_copy(update={"approvals": approvals})
        assert verdict(story, came(again))[1].startswith("replayed")


def test_a_refused_order_uses_up_no_number(ready: Story) -> None:
    story = fresh(ready)
    assert verdict(story, came(good(story, seq=9, checklist=())))[0] == "refused"
    assert verdict(story, came(good(story, seq=9)))[0] == "accepted"


MUTATIONS: dict[str, Any] = {
    "id": "c-2",
    "facility": "GG-41113-UP-0008",
    "actuator": "pump",
    "target": "close",
    "reason": "because",
    "incident": "flood-x",
    "issuer": "desk-8",
    "seq": 2,
    "not_after": WALL + timedelta(seconds=31),
    "expect_state": "open",
    "nonce": "f" * 32,
    "lasts_s": 60.0,
    "checklist": ("on_site",),
}


def test_every_field_is_mutated() -> None:
    assert MUTATIONS.keys() | {"approvals"} == CommandBody.model_fields.keys()


@pytest.mark.parametrize("field", MUTATIONS)
def test_a_field_changed_after_signing_moves_nothing(ready: Story, field: str) -> None:
    story = fresh(ready)
    forged = good(story).model_copy(update={field: MUTATIONS[field]})
    word, because = verdict(story, came(forged))
    assert word == "refused"
    own = {"facility": "wrong gate", "actuator": "unknown actuator"}
    assert because.startswith(own.get(field, "bad signature"))
    assert story.gate.state == "closed"


def test_approvals_cannot_be_swapped_or_doubled(ready: Story) -> None:
    story = fresh(ready)
    command = good(story)
    one, two = command.approvals
    for approvals, reason in [
        ((one, one), "one person"),
        ((one, Approval(key=one.key, signature=two.signature)), "bad signature"),
        ((one, approval(order(), "park")), "bad signature"),
    ]:
        forged = command.model_copy(update={"approvals": approvals})
        assert verdict(story, came(forged))[1].startswith(reason)
    assert story.gate.state == "closed"


def test_two_keys_of_one_person_are_one_person(ready: Story) -> None:
    story = fresh(ready)
    roster = tuple(replace(person, name="lee") for person in SITE.roster)
    story.gate.site = replace(SITE, roster=roster)
    assert verdict(story, came(good(story)))[1].startswith("one person")


@pytest.mark.parametrize("holder", list(Rank))
@pytest.mark.parametrize("by", list(Rank))
def test_every_pair_of_ranks(by: Rank, holder: Rank) -> None:
    assert may_open(by, {holder}) == (by <= holder)
    assert may_open(by, {holder, Rank.SCHEDULE}) == (by <= holder)
    assert may_open(by, set())


@pytest.mark.parametrize("closer", ["kim", "lee", "choi"])
@pytest.mark.parametrize("openers", [("kim", "seo"), ("lee", "park"), ("choi", "han")])
def test_a_close_is_released_by_its_own_level_and_above(
    ready: Story, closer: str, openers: tuple[str, str]
) -> None:
    level = {"kim": 4, "lee": 5, "choi": 6}
    story = fresh(ready)
    assert verdict(story, came(signed(order("close", seq=5), closer)))[0] == "accepted"
    command = signed(order(incident=story.gate.incident.name, seq=6), *openers)
    word, because = verdict(story, came(command))
    if level[openers[0]] <= level[closer]:
        assert word == "accepted"
    else:
        assert because.startswith("held closed by")


@pytest.mark.parametrize("name", ["kim", "lee", "choi"])
@pytest.mark.parametrize("clock", list(ClockTrust))
def test_one_person_of_any_level_closes_under_any_clock(name: str, clock: ClockTrust) -> None:
    story = Story()
    story.run(1.0)
    assert (
        verdict(story, came(signed(order("close", expect_state="open"), name), clock=clock))[0] == "accepted"
    )
    assert story.gate.state == "pre_warn"
    assert story.gate.incident is not None
    assert story.gate.incident.first_out == "command"


def test_a_late_close_is_taken_only_where_the_clock_cannot_judge() -> None:
    late = signed(order("close", not_after=WALL - timedelta(hours=1)), "lee")
    story = Story()
    story.run(1.0)
    assert verdict(story, came(late))[1] == "expired"
    assert verdict(story, came(late, wall_s=float("nan")))[1] == "expired"
    assert verdict(story, came(late, clock=ClockTrust.UNTRUSTED))[0] == "accepted"


def test_a_close_stops_an_opening_gate_though_it_expected_another_state(ready: Story) -> None:
    story = fresh(ready)
    verdict(story, came(good(story)))
    story.plant.arm = "mid"
    story.run(1.0)
    assert story.gate.state == "opening"
    assert verdict(story, came(signed(order("close", seq=2, expect_state="closed"), "choi")))[0] == "accepted"
    assert story.gate.state == "pre_warn"
    assert story.gate.approaches[0].driven.motion is Motion.STOP


def test_a_nonce_dies_with_its_connection_and_its_boot(ready: Story) -> None:
    story = fresh(ready)
    command = good(story)
    story.give(LinkLost())
    assert verdict(story, came(command))[1].startswith("unknown nonce")
    story = fresh(ready)
    command = good(story)
    story.restart()
    story.run(1.0)
    assert story.gate.state == "closed"
    assert verdict(story, came(command))[1].startswith("unknown nonce")


def test_a_restart_begins_the_dry_half_hour_again(ready: Story) -> None:
    story = fresh(ready)
    story.restart()
    story.run(60.0, every=1.0)
    story.give(NonceAsked("q-9", NONCE))
    assert verdict(story, came(good(story)))[1].startswith("not dry")


def test_an_agent_that_slept_does_not_count_its_sleep_as_dry() -> None:
    story = closed_and_dry(dry_s=60.0)
    story.now += 3600.0
    story.scan()
    assert story.gate.dry_s(story.now) == 0.0


def test_an_order_is_judged_on_what_is_known_now(ready: Story) -> None:
    """No tick since the channels went stale: the order itself must notice."""
    story = fresh(ready)
    story.now += 5.0
    assert verdict(story, came(good(story)))[1].startswith("sensor missing")


def test_the_answer_to_a_nonce_query_says_what_stands_in_the_way() -> None:
    story = closed_and_dry(dry_s=10.0)
    (answer,) = [e for e in story.give(NonceAsked("q-3", "a" * 32)) if isinstance(e, Answer)]
    assert answer.re == "q-3"
    assert answer.data["nonce"] == NONCE, "as it was given before"
    assert answer.data["incident"] == story.gate.incident.name
    assert answer.data["state"] == "closed"
    assert answer.data["checklist"] == list(SITE.checklist)
    assert answer.data["last_seq"] == {}
    assert 8.0 <= answer.data["dry_s"] <= 10.0
    quiet = Story()
    quiet.run(1.0)
    (answer,) = [e for e in quiet.give(NonceAsked("q-4", "a" * 32)) if isinstance(e, Answer)]
    assert answer.data["nonce"] is None, "an open gate has nothing to reopen"


def test_a_grant_is_not_lost_to_a_request_from_inside(ready: Story) -> None:
    story = fresh(ready)
    story.plant.inside = True
    story.gate.handle(came(good(story)), story.now)
    story.scan()
    assert story.gate.state == "opening"


def test_a_malformed_command_is_refused_and_recorded() -> None:
    story = Story()
    story.run(1.0)
    (record,) = [e for e in story.give(BadCommand("id: missing")) if isinstance(e, Decided)]
    assert (record.verdict, record.because) == ("refused", ("malformed: id: missing",))
    assert story.gate.state == "open"


def test_judging_changes_nothing(ready: Story) -> None:
    story = fresh(ready)
    at = situation(story.gate, story.now)
    first = judge(came(good(story)), SITE, at)
    assert judge(came(good(story)), SITE, at) == first
    assert first.accepted
