"""What an accepted order changes, what is recorded of each, and what people are told before they reopen."""

from dataclasses import replace
from typing import Any

import pytest
from edge.core.people import NONCE, came, order, signed
from edge.core.plant import BOOT, SITE, Story

from sotdae_edge.core.authority import Nonce
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Answer, Decided, Effect
from sotdae_edge.core.events import BadCommand, DenyTold, LinkLost, NonceAsked
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.obeying import situation
from sotdae_edge.core.release import Waiting
from sotdae_edge.core.site import Times

QUICK = replace(SITE, times=Times(reopen_dry=2.0))


def quiet(site: Any = QUICK) -> Story:
    story = Story(site)
    story.run(1.0)
    assert story.gate.state == "open"
    return story


def shut() -> Story:
    """Return a gate that a flood has closed, dry again for long enough."""
    story = quiet()
    story.close()
    story.plant.water(0.0)
    story.run(4.0)
    return story


def command(story: Story, target: str, *names: str, **fields: Any) -> tuple[Decided, list[Effect]]:
    """Give an order; return its record and all effects."""
    seq = max(story.gate.last_seq.values(), default=0) + 1
    wanted = order(
        target, **({"id": f"c-{seq}", "seq": seq, "expect_state": story.gate.state.value} | fields)
    )
    effects = story.give(came(signed(wanted, *names)))
    (record,) = [each for each in effects if isinstance(each, Decided) and each.verdict]
    return record, effects


def test_the_record_of_an_order_names_it() -> None:
    story = quiet()
    record, _ = command(story, "close", "lee", id="c-77")
    assert (record.decision, record.command, record.verdict) == ("close", "c-77", "accepted")
    assert (record.state, record.previous, record.because) == ("open", "open", ("close by lee at desk-7",))
    refused, _ = command(story, "restore", "lee", id="c-78", actuator="channel:radar")
    assert (refused.decision, refused.command, refused.verdict) == ("restore", "c-78", "refused")


def test_an_order_to_close_is_an_incident_of_its_own_rank() -> None:
    story = quiet()
    command(story, "close", "lee")
    incident = story.gate.incident
    assert incident is not None
    assert (incident.cause, incident.first_out, incident.rank) == ("command", "command", 5)
    assert incident.because == ("close by lee at desk-7",)


@pytest.mark.parametrize(
    ("closers", "rank"),
    [(("choi",), 6), (("choi", "lee"), 5), (("lee", "choi"), 5), (("lee", "kim", "choi"), 4), ((), None)],
)
def test_the_highest_rank_that_ordered_it_closed_holds_it(closers: tuple[str, ...], rank: int | None) -> None:
    story = shut()
    assert story.gate.incident is not None
    name = story.gate.incident.name
    for closer in closers:
        command(story, "close", closer)
    assert (story.gate.incident.name, story.gate.incident.rank) == (name, rank)
    assert story.memento is not None
    assert story.memento["incident"]["rank"] == rank, "a restart remembers"
    assert story.memento["last_seq"] == {f"{who}-1": at for at, who in enumerate(closers, start=1)}


def test_a_refused_order_changes_nothing_that_is_kept() -> None:
    story = shut()
    before = story.memento
    record, effects = command(story, "open", "lee", incident="flood-x")
    assert record.verdict == "refused"
    assert story.memento is before
    assert effects == [record]


def test_an_opening_uses_up_its_nonce_and_ends_the_incident() -> None:
    story = shut()
    story.give(NonceAsked("q", NONCE))
    assert story.gate.incident is not None
    record, _ = command(story, "open", "lee", "park", incident=story.gate.incident.name)
    assert record.verdict == "accepted"
    assert (story.gate.incident, story.gate.nonce) == (None, None)


def told(story: Story, nonce: str = NONCE) -> dict[str, Any]:
    (answer,) = [each for each in story.give(NonceAsked("q-9", nonce)) if isinstance(each, Answer)]
    assert (answer.report, answer.re) == ("nonce", "q-9")
    return answer.data


def test_the_answer_to_a_nonce_query_says_all_that_is_signed_and_all_that_stands_in_the_way() -> None:
    story = shut()
    assert story.gate.incident is not None
    command(story, "bypass", "lee", actuator="channel:radar", lasts_s=3600.0)
    dry = {
        "nonce": NONCE, "boot": BOOT, "facility": SITE.facility, "actuator": "barrier",
        "incident": story.gate.incident.name, "state": "closed", "tripping": False, "channels_valid": True,
        "dry_s": 4.0, "valid_s": 300.0, "checklist": ["cctv", "on_site", "pumps"], "last_seq": {"lee-1": 1},
        "bypassed": ["radar"], "release": True,
        "roster": {person.key: person.public for person in SITE.roster},
    }  # fmt: skip
    story.wait(0.137)
    said = told(story)
    assert said == dry | {"dry_s": said["dry_s"]}
    assert said["dry_s"] == round(story.gate.dry_s(story.now), 1) > 2.0
    assert story.gate.nonce is not None
    assert story.gate.nonce.until == story.now + 300.0
    story.plant.water(20.0)
    story.plant.floats = None
    story.run(2.0)
    story.wait(0.06)
    wet = {"tripping": True, "channels_valid": False, "dry_s": 0.0}
    said = told(story, "a" * 32)
    assert said == dry | wet | {"valid_s": story.gate.nonce.until - story.now}
    assert said["valid_s"] == pytest.approx(298.0, abs=0.2)


def test_whoever_asks_has_four_minutes_and_voids_nobodys_nonce() -> None:
    story = shut()
    assert told(story)["nonce"] == NONCE
    first = story.gate.nonce
    assert first is not None
    story.now = first.until - 240.0
    said = told(story, "a" * 32)
    assert (said["nonce"], said["valid_s"]) == (NONCE, 240.0)
    assert story.gate.nonce is first, "asking makes it last no longer"
    for value in "bcdefg":
        story.now += 60.1
        said = told(story, value * 32)
        assert (said["nonce"], said["valid_s"]) == (value * 32, pytest.approx(300.0))
    assert story.gate.nonce is not None
    living = [value for value in ("0", *"abcdefg") if story.gate.nonce.of(value * 32) is not None]
    assert living == ["c", "d", "e", "f", "g"], "each to the end of its life"
    assert story.gate.nonce.of(NONCE) is None


@pytest.mark.parametrize(("after_s", "lives"), [(299.9, True), (300.0, False)])
def test_an_earlier_nonce_is_forgotten_when_it_is_over(after_s: float, lives: bool) -> None:
    story = shut()
    told(story)
    begun = story.now
    for wait_s, value in ((100.0, "a"), (after_s, "b")):
        story.now = begun + wait_s
        told(story, value * 32)
    assert story.gate.nonce is not None
    assert (story.gate.nonce.of(NONCE) is not None) == lives


def test_an_order_over_an_earlier_nonce_opens_and_uses_up_all() -> None:
    story = shut()
    told(story)
    assert story.gate.nonce is not None
    assert story.gate.incident is not None
    story.gate.nonce = replace(story.gate.nonce, value="b" * 32, earlier=story.gate.nonce)
    record, _ = command(story, "open", "lee", "park", incident=story.gate.incident.name)
    assert (record.verdict, story.gate.nonce) == ("accepted", None)


def test_an_earlier_nonce_that_is_over_is_expired() -> None:
    story = shut()
    told(story)
    assert story.gate.nonce is not None
    assert story.gate.incident is not None
    over = replace(story.gate.nonce, until=story.now)
    story.gate.nonce = replace(story.gate.nonce, value="b" * 32, earlier=over)
    record, _ = command(story, "open", "lee", "park", incident=story.gate.incident.name)
    assert (record.verdict, record.because) == ("refused", ("nonce expired",))


@pytest.mark.parametrize("change", [{"state": State.PARTIAL}, {"incident": "flood-0"}])
def test_a_nonce_that_fits_no_more_is_not_given_again(change: dict[str, Any]) -> None:
    story = shut()
    told(story)
    assert story.gate.nonce is not None
    story.gate.nonce = replace(story.gate.nonce, **change)
    assert told(story, "a" * 32)["nonce"] == "a" * 32


def test_a_nonce_that_was_used_is_not_given_again() -> None:
    story = shut()
    told(story)
    assert story.gate.incident is not None
    command(story, "open", "lee", "park", incident=story.gate.incident.name)
    story.plant.water(20.0)
    story.run(2.0)
    assert told(story, "a" * 32)["nonce"] == "a" * 32


def test_without_an_incident_there_is_nothing_to_sign() -> None:
    story = quiet()
    said = told(story)
    assert (said["nonce"], said["incident"], said["state"]) == (None, None, "open")
    assert story.gate.nonce is None


def test_what_comes_from_people_is_answered_and_put_on_record() -> None:
    gate = Gate.start(SITE, BOOT, 0.0)
    record = gate.decided("command", State.START, ("malformed: id: missing",), 0.0, verdict="refused")
    assert gate.handle(BadCommand("id: missing"), 0.0) == [record]
    (answer,) = gate.handle(NonceAsked("q-1", NONCE), 0.0)
    assert isinstance(answer, Answer)
    assert answer.re == "q-1"
    said = gate.handle(came(signed(order("restore", actuator="channel:radar"), "lee")), 0.0)
    assert [(each.decision, each.verdict) for each in said if isinstance(each, Decided)] == [
        ("restore", "refused")
    ]
    gate.nonce = Nonce(NONCE, "flood-1", State.CLOSED, 9.0)
    assert gate.handle(LinkLost(), 0.0) == []
    assert gate.nonce is None


def test_people_are_answered_with_what_is_known_now() -> None:
    """The channels went stale since the last look, and nobody has looked."""
    story = quiet()
    story.now += 5.0
    assert told(story)["channels_valid"] is False


def waiting() -> Story:
    """Return a gate whose reopening waits for the hub."""
    story = shut()
    assert story.gate.incident is not None
    name, state = story.gate.incident.name, story.gate.state
    story.gate.waiting = Waiting("c-5", "b" * 32, name, state, 5, "right", story.now + 30.0)
    story.give(NonceAsked("q", NONCE))
    return story


def ends(effects: list[Effect]) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """Return what was decided of openings."""
    found = [each for each in effects if isinstance(each, Decided) and each.decision == "open"]
    return [(each.verdict or "", each.command, each.because) for each in found]


def test_a_wait_for_the_hub_ends_with_the_link() -> None:
    story = waiting()
    why = ("the link to the hub was lost while it waited for a release",)
    assert ends(story.give(LinkLost())) == [("refused", "c-5", why)]
    assert story.gate.waiting is None
    assert ends(story.give(LinkLost())) == []


def test_a_wait_ends_with_its_time() -> None:
    story = waiting()
    assert story.gate.waiting is not None
    story.now += 0.1
    assert ends(story.gate.tick(story.now)) == []
    story.gate.waiting = replace(story.gate.waiting, until=story.now)
    why = ("no release by the hub within 30 s",)
    assert ends(story.gate.tick(story.now)) == [("refused", "c-5", why)]


def test_its_end_is_waited_for() -> None:
    story = waiting()
    assert story.gate.waiting is not None
    until = story.now + 0.001
    story.gate.waiting = replace(story.gate.waiting, until=until)
    assert story.gate.next_deadline(story.now) == until


def test_an_order_is_judged_by_the_deny_list_that_was_told() -> None:
    gate = Gate.start(SITE, BOOT, 0.0)
    assert situation(gate, 0.0).denied is None
    told = DenyTold(1, 0.0, ("a" * 64,))
    gate.handle(told, 0.0)
    assert situation(gate, 0.0).denied == told


def test_a_wait_is_overtaken_by_an_order_to_open_or_close_and_by_no_other() -> None:
    why = ("refused", "c-5", ("overtaken by order c-9",))
    right = ("accepted", "c-9", ("two people, dry, nonce fresh",))
    for target, people, said in (
        ("close", ("lee",), [why]),
        ("open", ("lee", "park"), [why, right]),
        ("bypass", ("lee",), []),
    ):
        story = waiting()
        assert story.gate.incident is not None
        fields = {"actuator": "channel:radar", "lasts_s": 60.0} if target == "bypass" else {}
        wanted = order(target, id="c-9", incident=story.gate.incident.name, **fields)
        assert ends(story.give(came(signed(wanted, *people)))) == said
        assert (story.gate.waiting is None) == bool(said)
