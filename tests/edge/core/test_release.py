"""A reopening over the network: two people, then the hub in time over a second nonce; else nothing opens."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge.core.people import HUB, HUB_KEY, NONCE, SECOND, STRANGER, WALL, came, order, released, signed
from edge.core.plant import SITE, Story, drives
from edge.core.test_authority import closed_and_dry, good
from edge.core.watched import QUICK, Watched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.core.authority import NO_KEY, Rank
from sotdae_edge.core.effects import Answer, Decided, Effect, Motion
from sotdae_edge.core.events import CommandCame, DenyTold, LinkLost, NonceAsked, ReleaseCame
from sotdae_edge.record.snapshot import restore, snapshot
from sotdae_shared.messages import ReleaseBody

Said = tuple[str, str | None, str]
"""Verdict, the order or release that it answers, and its first reason."""


@pytest.fixture(scope="module")
def ready() -> Story:
    return closed_and_dry()


@pytest.fixture
def story(ready: Story) -> Story:
    return copy.deepcopy(ready)


@pytest.fixture
def waiting(story: Story) -> Story:
    """Return a gate that has been ordered to open from afar."""
    story.give(afar(story))
    assert story.gate.waiting is not None
    return story


def afar(story: Story, **changes: Any) -> CommandCame:
    return came(good(story, **changes), local=False)


def incident(story: Story) -> str:
    assert story.gate.incident is not None
    return story.gate.incident.name


def release(story: Story, *, retained: bool = False, live: bool = True, **wrong: Any) -> ReleaseCame:
    return ReleaseCame(released(incident(story), **wrong), retained, live)


def verdicts(effects: list[Effect]) -> list[Said]:
    return [(e.verdict, e.command, e.because[0]) for e in effects if isinstance(e, Decided) and e.verdict]


def test_two_people_and_the_hub_open(story: Story) -> None:
    effects = story.give(afar(story))
    assert verdicts(effects) == [], "no verdict yet: it waits"
    (record,) = [e for e in effects if isinstance(e, Decided)]
    assert record.decision == "release_wanted"
    assert (record.command, record.because) == (
        "c-1",
        ("two people, dry, nonce fresh", "waits 30 s for the hub's release"),
    )
    (asked,) = [e for e in effects if isinstance(e, Answer)]
    assert (asked.report, asked.re) == ("release_wanted", "c-1")
    assert asked.data == {
        "command": "c-1", "nonce": SECOND, "facility": SITE.facility, "incident": incident(story),
        "state": "closed", "by": "lee and park", "valid_s": 30.0,
    }  # fmt: skip
    assert story.gate.nonce is None, "it is used up"
    assert story.gate.waiting is not None
    assert story.gate.waiting.rank == Rank.CITY
    assert drives(story.run(29.0), Motion.RAISE) == 0, "the order alone opens nothing"
    effects = story.give(release(story))
    (step,) = [e for e in effects if isinstance(e, Decided) and e.verdict]
    assert (step.verdict, step.command) == ("accepted", "c-1")
    assert step.because == ("two people, dry, nonce fresh", "released by hub-1: carried for desk-7")
    assert story.gate.state == "opening"
    again = story.give(ReleaseCame(released("flood-01234567-1"), False, True))
    assert verdicts(again) == [("refused", "r-1", "nothing waits for a release")]


def test_at_the_panel_nobody_asks_a_hub(story: Story) -> None:
    story.gate.site = replace(SITE, release=())
    assert verdicts(story.give(came(good(story))))[0][0] == "accepted"


def test_without_a_release_key_the_network_is_refused_with_the_fix(story: Story) -> None:
    story.gate.site = replace(SITE, release=())
    assert verdicts(story.give(afar(story))) == [("refused", "c-1", NO_KEY)]
    (answer,) = [e for e in story.give(NonceAsked("q-2", NONCE)) if isinstance(e, Answer)]
    assert answer.data["release"] is False


def test_who_ordered_a_closing_may_have_it_released(story: Story) -> None:
    assert (
        verdicts(story.give(came(signed(order("close", id="c-9", seq=9), "lee"), local=False)))[0][0]
        == "accepted"
    )
    story.give(NonceAsked("q-2", NONCE))
    story.give(afar(story, seq=10))
    assert verdicts(story.give(release(story)))[0][:2] == ("accepted", "c-1")
    assert story.gate.state == "opening"


def test_a_close_from_afar_needs_no_release(story: Story) -> None:
    fresh = Story()
    fresh.run(1.0)
    assert verdicts(fresh.give(came(signed(order("close"), "lee"), local=False)))[0][0] == "accepted"


ATTACKS: dict[str, Callable[[Story], ReleaseCame]] = {
    "retained": lambda s: release(s, retained=True),
    "queued": lambda s: release(s, live=False),
    "wrong gate": lambda s: release(s, facility="GG-41113-UP-0008"),
    "unknown nonce": lambda s: release(s, nonce=NONCE),
    "other order": lambda s: release(s, command="c-2"),
    "other incident": lambda s: release(s, incident="flood-00000000-9"),
    "unknown key": lambda s: release(s, key="lee-1"),
    "bad signature": lambda s: release(s, private=STRANGER),
}


def release_of(body: ReleaseBody, **changes: Any) -> ReleaseCame:
    return ReleaseCame(body.model_copy(update=changes), False, True)


@pytest.mark.parametrize("reason", ATTACKS)
def test_a_release_that_does_not_fit_opens_nothing_and_ends_no_wait(waiting: Story, reason: str) -> None:
    effects = waiting.give(ATTACKS[reason](waiting))
    ((verdict, name, because),) = verdicts(effects)
    assert (verdict, name) == ("refused", "r-1")
    assert [each.decision for each in effects if isinstance(each, Decided)] == ["release"]
    assert because.startswith(reason)
    assert drives(waiting.run(1.0), Motion.RAISE) == 0
    assert verdicts(waiting.give(release(waiting)))[0][0] == "accepted", "the hub's own still counts"


FIELDS: dict[str, Any] = {
    "id": "r-2", "facility": "GG-41113-UP-0008", "command": "c-2", "incident": "flood-x", "nonce": "0" * 32,
    "granted": False, "because": "why not", "key": "hub-2", "signature": "0" * 128,
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_a_release_changed_after_signing_opens_nothing(waiting: Story, field: str) -> None:
    assert FIELDS.keys() == ReleaseBody.model_fields.keys()
    forged = release_of(released(incident(waiting)), **{field: FIELDS[field]})
    assert verdicts(waiting.give(forged))[0][0] == "refused"
    assert waiting.gate.waiting is not None
    assert waiting.gate.state == "closed"


def test_the_hub_alone_opens_nothing(story: Story) -> None:
    assert verdicts(story.give(release(story))) == [("refused", "r-1", "nothing waits for a release")]
    command = order(incident=incident(story))
    twice = [released(incident(story), HUB, key=key).signature for key in ("hub-1", "hub-2")]
    approvals = [{"key": key, "signature": each} for key, each in zip(("hub-1", "hub-2"), twice, strict=True)]
    forged = type(command).model_validate({**command.model_dump(), "approvals": approvals})
    assert verdicts(story.give(came(forged, local=False)))[0][2] == "unknown key hub-1"
    assert story.gate.state == "closed"


def test_a_denied_release_key_releases_nothing(waiting: Story) -> None:
    waiting.give(DenyTold(1, WALL.timestamp(), (HUB_KEY.public,)))
    assert verdicts(waiting.give(release(waiting)))[0][2] == "denied key hub-1"
    assert waiting.gate.state == "closed"


def test_a_release_is_for_one_order_only(waiting: Story) -> None:
    first = release(waiting)
    waiting.give(NonceAsked("q-2", NONCE))
    waiting.give(replace(afar(waiting, seq=2), token="ab" * 16))
    assert verdicts(waiting.give(first))[0][2].startswith("unknown nonce"), (
        "the same order's name does not help"
    )
    assert waiting.gate.state == "closed"


def test_a_person_s_key_releases_nothing(waiting: Story) -> None:
    for person in SITE.roster:
        assert verdicts(waiting.give(release(waiting, key=person.key)))[0][2].startswith("unknown key")


def _nothing(_: Story) -> None:
    """Only the time goes on."""


def _wet(story: Story) -> None:
    story.plant.water(16.0)
    story.run(2.0)


def _lose(story: Story) -> None:
    story.run(2.0, radar_level=None)


def _key(story: Story) -> None:
    story.plant.key = True
    story.scan()


def _close(name: str) -> Callable[[Story], object]:
    return lambda story: story.give(came(signed(order("close", seq=9, id="c-9"), name), local=False))


def _again(story: Story) -> None:
    story.give(NonceAsked("q-2", NONCE))
    story.give(afar(story, id="c-2", seq=2))


LAPSES: dict[str, Callable[[Story], object]] = {
    "no release by the hub within 30 s": lambda s: s.run(31.0, every=1.0),
    "the link to the hub was lost": lambda s: s.give(LinkLost()),
    "not dry": _wet,
    "sensor missing": _lose,
    "stale: the gate is manual": _key,
    "overtaken by order c-9": _close("choi"),
    "overtaken by order c-2": _again,
}


@pytest.mark.parametrize("reason", LAPSES)
def test_a_wait_lapses_with_one_verdict_and_its_reason(waiting: Story, reason: str) -> None:
    name, before = incident(waiting), len(waiting.effects)
    LAPSES[reason](waiting)
    found = [each for each in verdicts(waiting.effects[before:]) if each[1] == "c-1"]
    assert [(verdict, because.startswith(reason)) for verdict, _, because in found] == [("refused", True)]
    late = waiting.give(ReleaseCame(released(name), False, True))
    assert verdicts(late)[0][0] == "refused"
    assert waiting.gate.state not in ("opening", "open")


@pytest.mark.parametrize(
    ("late_s", "said"),
    [
        (5.0, [("c-1", "sensor ")]),
        (30.0, [("r-1", "late: the wait is over"), ("c-1", "")]),
    ],
)
def test_a_release_that_comes_first_after_a_silence_is_judged_as_of_then(
    waiting: Story, late_s: float, said: list[tuple[str, str]]
) -> None:
    assert waiting.gate.waiting is not None
    waiting.now = waiting.gate.waiting.until - 30.0 + late_s
    found = verdicts(waiting.give(release(waiting)))
    assert [(verdict, name) for verdict, name, _ in found] == [("refused", name) for name, _ in said]
    for (_, _, because), (_, begins) in zip(found, said, strict=True):
        assert because.startswith(begins)
    assert waiting.gate.state == "closed"


def test_the_denial_of_a_hub_ends_the_wait_with_its_reason(waiting: Story) -> None:
    denied = release(waiting, granted=False, because="another incident is open here: landslide")
    text = "refused by the hub: another incident is open here: landslide"
    assert verdicts(waiting.give(denied)) == [("refused", "c-1", text)]
    assert waiting.gate.waiting is None


def test_a_restart_voids_the_wait_and_uses_up_the_order(waiting: Story) -> None:
    name, command = incident(waiting), afar(waiting)
    waiting.restart()
    waiting.run(1.0)
    assert waiting.gate.waiting is None
    assert (
        verdicts(waiting.give(ReleaseCame(released(name), False, True)))[0][2]
        == "nothing waits for a release"
    )
    assert verdicts(waiting.give(command))[0][2].startswith("replayed")


def test_an_order_from_afar_is_judged_like_any_other_before_it_waits(story: Story) -> None:
    wrong = [
        (came(signed(order(incident=incident(story)), "lee"), local=False), "one person"),
        (replace(afar(story), live=False), "queued"),
        (afar(story, facility="GG-41113-UP-0008"), "wrong gate"),
        (afar(story, nonce="f" * 32), "unknown nonce"),
        (afar(story, not_after=WALL + timedelta(seconds=61)), "lives too long"),
    ]
    for event, reason in wrong:
        assert verdicts(story.give(event))[0][2].startswith(reason)
        assert story.gate.waiting is None


def test_the_wait_is_in_the_snapshot_and_not_in_the_memento(waiting: Story) -> None:
    again = restore(snapshot(waiting.gate))
    assert again.waiting == waiting.gate.waiting
    assert "waiting" not in (waiting.memento or {})
    assert again.handle(release(waiting), waiting.now) == waiting.gate.handle(release(waiting), waiting.now)


MOVES: dict[str, Callable[[Watched], object]] = {
    "dry": lambda s: (s.plant.water(0.0), s.run(0.4)),
    "damp": lambda s: (s.plant.water(4.0), s.run(0.4)),
    "closed": lambda s: (setattr(s.plant, "arm", "closed"), s.run(0.6)),
    "moved": lambda s: (setattr(s.plant, "arm", "mid"), s.run(0.6)),
    "wait": lambda s: s.run(2.2),
    "silence": lambda s: s.wait(1.6),
    "lost": lambda s: s.give(LinkLost()),
    "restart": lambda s: (s.restart(), s.run(0.4)),
    "nonce": lambda s: s.give(NonceAsked("q", NONCE)),
    "two": lambda s: s.afar("lee", "park"),
    "two again": lambda s: s.order_by("open", "lee", "park", local=False),
    "one": lambda s: s.afar("lee"),
    "close": lambda s: s.order_close(),
    "release": lambda s: s.release(),
    "denial": lambda s: s.release(granted=False),
    "other nonce": lambda s: s.release(nonce=NONCE),
    "other order": lambda s: s.release(command="c-9"),
    "other incident": lambda s: s.release(incident="flood-00000000-9"),
    "other gate": lambda s: s.release(facility="GG-41113-UP-0008"),
    "forged": lambda s: s.release(private=STRANGER),
}
"""The watch fails as soon as anything but two people and the hub's release, in this order, opens."""


def shut() -> Watched:
    """Return a watched gate of short times that water has closed."""
    story = Watched(replace(QUICK, times=replace(QUICK.times, release=3.0)))
    story.run(1.0)
    story.plant.water(20.0)
    while story.gate.state != "lowering":
        story.run(0.2)
    story.plant.arm = "closed"
    story.run(0.6)
    return story


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=25))
def test_no_order_of_messages_opens_without_two_people_and_a_release(names: list[str]) -> None:
    story = shut()
    story.plant.water(0.0)
    story.run(2.4)
    for name in names:
        MOVES[name](story)


def test_the_law_is_not_empty() -> None:
    """Positive control: the moves do open a gate when they come in the one right order."""
    story = shut()
    for name in ("dry", "wait", "two", "release"):
        MOVES[name](story)
    assert story.gate.state == "opening"
