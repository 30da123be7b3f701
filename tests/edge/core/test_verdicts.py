"""A verdict on each order to the letter: `judge` alone, over situations made by hand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge.core.people import NONCE, WALL, came, order, signed
from edge.core.plant import SITE

from sotdae_edge.core.authority import NO_KEY, Nonce, Rank, Situation, Verdict, judge, lapsed
from sotdae_edge.core.barrier import State
from sotdae_edge.core.events import CommandCame, DenyTold
from sotdae_edge.core.validity import Level
from sotdae_shared.denied import MAX_AGE
from sotdae_shared.messages import Approval, ClockTrust

DRY = Level(0.0, 0.0)
GIVEN = Nonce(NONCE, "flood-1", State.CLOSED, until=300.0)
AT = Situation(
    state=State.CLOSED, incident="flood-1", holders=frozenset(), reopenable=True, nonce=GIVEN, last_seq={},
    tripping=False, seen={"radar": DRY, "pressure": DRY, "float": Level(-5.0, 5.0)}, out=frozenset(),
    calm=True, testing=frozenset(), dry_s=1800.0, now=0.0,
)  # fmt: skip
"""Closed, and nothing stands in the way of people who want to open."""
CHANNEL = {"actuator": "channel:radar", "lasts_s": 3600.0}


def wants(
    target: str = "open", *names: str, facts: dict[str, Any] | None = None, **fields: Any
) -> CommandCame:
    """Return a signed order as it comes; by default two people open."""
    wanted = order(target, **({"incident": "flood-1"} | fields))
    return came(signed(wanted, *(names or ("lee", "park"))), **(facts or {}))


def forged(**fields: Any) -> CommandCame:
    """Return an order that was changed after it was signed."""
    right = wants()
    return replace(right, command=right.command.model_copy(update=fields))


UNTRUSTED = {"clock": ClockTrust.UNTRUSTED}
MALLORY = (Approval(key="mallory", signature="0" * 128),)
REFUSED: list[tuple[CommandCame, dict[str, Any], str]] = [
    (wants(facts={"retained": True}), {}, "retained: a kept message is never an order"),
    (wants(facts={"live": False}), {}, "queued: it came over a connection that has ended"),
    (wants(facility="GG-41113-UP-0008"), {}, "wrong gate: for GG-41113-UP-0008"),
    (wants(actuator="pump"), {}, "unknown actuator pump to open"),
    (wants("close", actuator="lamps"), {}, "unknown actuator lamps to close"),
    (wants("bypass", actuator="lamps"), {}, "unknown actuator lamps to bypass"),
    (wants("test", actuator="barrier"), {}, "unknown actuator barrier to test"),
    (forged(approvals=()), {}, "unsigned"),
    (forged(approvals=MALLORY), {}, "unknown key mallory"),
    (forged(reason="other"), {}, "bad signature of lee-1"),
    (wants(facts=UNTRUSTED), {}, "clock untrusted: cannot judge an order to open"),
    (wants("bypass", **CHANNEL, facts=UNTRUSTED), {}, "clock untrusted: cannot judge an order to bypass"),
    (wants(not_after=WALL), {}, "expired"),
    (wants(not_after=WALL + timedelta(seconds=60.001)), {}, "lives too long: more than 60 s"),
    (wants(), {"last_seq": {"park-1": 1}}, "replayed: sequence 1 is not above 1"),
    (wants(seq=6), {"last_seq": {"lee-1": 9, "park-1": 3}}, "replayed: sequence 6 is not above 9"),
    (wants(expect_state="open"), {}, "stale: expects open, the gate is closed"),
    (wants("test", actuator="lamps", expect_state="open"), {}, "stale: expects open, the gate is closed"),
    (wants("open", "lee"), {}, "one person: a reopening needs two"),
    (wants(), {"reopenable": False}, "not closed: the gate is closed"),
    (wants(), {"nonce": None}, "unknown nonce: ask the gate for one"),
    (wants(nonce=None), {"nonce": None}, "unknown nonce: ask the gate for one"),
    (wants(nonce="f" * 32), {}, "unknown nonce: ask the gate for one"),
    (wants(), {"now": 300.0}, "nonce expired"),
    (wants(incident="flood-2"), {}, "other incident: this one is flood-1"),
    (wants(), {"nonce": replace(GIVEN, incident="flood-0")}, "other incident: this one is flood-1"),
    (wants(), {"nonce": replace(GIVEN, state=State.PARTIAL)}, "stale: the nonce was given in state partial"),
    (wants(), {"tripping": True}, "hazard present"),
    (
        wants(),
        {"seen": AT.seen | {"radar": None}},
        "sensor missing: a reopening needs every level channel that is not bypassed",
    ),
    (
        wants(),
        {"seen": AT.seen | {"radar": None}, "out": frozenset({"float"})},
        "sensor missing: a reopening needs every level channel that is not bypassed",
    ),
    (wants(), {"dry_s": 1799.9}, "not dry for 30 min: 30.0 min so far"),
    (wants(), {"dry_s": 615.0}, "not dry for 30 min: 10.2 min so far"),
    (wants(checklist=("on_site",)), {}, "checklist: not confirmed: cctv, pumps"),
    (wants(), {"holders": frozenset({Rank.AUTONOMOUS, Rank.LOCAL_KEY})}, "held closed by local_key"),
    (wants("open", "choi", "han"), {"holders": frozenset({Rank.CITY})}, "held closed by city"),
    (wants("bypass", **CHANNEL, reason=" "), {}, "bypass: no reason given"),
    (wants("restore", **CHANNEL), {}, "not bypassed: radar"),
    (wants("test", actuator="siren"), {"calm": False}, "test: only while the gate is open and calm"),
    (
        wants("test", actuator="siren"),
        {"testing": frozenset({"lamps", "channel:radar"})},
        "test: another one is under way",
    ),
    (
        wants("test", **CHANNEL),
        {"testing": frozenset({"channel:radar"})},
        "test: another one is under way",
    ),
]


@pytest.mark.parametrize(("event", "facts", "words"), REFUSED, ids=[words for _, _, words in REFUSED])
def test_a_refusal_says_why_and_grants_nothing(event: CommandCame, facts: dict[str, Any], words: str) -> None:
    assert judge(event, SITE, replace(AT, **facts)) == Verdict(False, words, None, "")


DONE = "water gone, road inspected"
BOTH = "lee and park"
OPENS = "two people, dry, nonce fresh"
TAKEN: list[tuple[CommandCame, dict[str, Any], Verdict]] = [
    (wants(), {}, Verdict(True, OPENS, Rank.CITY, BOTH)),
    (wants("open", "choi", "seo"), {}, Verdict(True, OPENS, Rank.PANEL, "choi and seo")),
    (wants("close", "lee"), {}, Verdict(True, "close by lee at desk-7", Rank.CITY, "lee")),
    (wants("restore", "lee", **CHANNEL), {"out": frozenset({"radar"})},
     Verdict(True, "restore of channel:radar by lee", Rank.CITY, "lee")),
    (wants("test", "kim", actuator="siren"), {"testing": frozenset({"channel:radar"})},
     Verdict(True, "test of siren by kim", Rank.PANEL, "kim")),
    (wants("test", "kim", **CHANNEL), {"testing": frozenset({"lamps"})},
     Verdict(True, "test of channel:radar by kim", Rank.PANEL, "kim")),
    (wants("bypass", "han", **CHANNEL), {},
     Verdict(True, f"channel:radar bypassed by han for 60 min: {DONE}", Rank.PROVINCE, "han")),
]  # fmt: skip


@pytest.mark.parametrize(("event", "facts", "verdict"), TAKEN, ids=[taken.because for _, _, taken in TAKEN])
def test_what_is_taken_says_by_whom(event: CommandCame, facts: dict[str, Any], verdict: Verdict) -> None:
    assert judge(event, SITE, replace(AT, **facts)) == verdict


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        (wants(not_after=WALL + timedelta(seconds=60)), {}),
        (wants(not_after=WALL + timedelta(seconds=0.5)), {}),
        (wants(seq=10), {"last_seq": {"lee-1": 9, "kim-1": 99}}),
        (wants(), {"now": 299.9}),
        (wants(), {"seen": AT.seen | {"radar": None}, "out": frozenset({"radar"})}),
        (wants(), {"holders": frozenset({Rank.CITY, Rank.PROVINCE})}),
        (wants("close", "lee", expect_state="open"), {}),
        (wants("close", "lee", not_after=WALL, facts=UNTRUSTED), {}),
        (wants("restore", "lee", **CHANNEL, expect_state="open"), {"out": frozenset({"radar"})}),
    ],
)
def test_the_edges_of_what_is_taken(event: CommandCame, facts: dict[str, Any]) -> None:
    assert judge(event, SITE, replace(AT, **facts)).accepted


def test_nothing_that_stands_in_the_way_of_an_opening_stops_a_close() -> None:
    worst = replace(
        AT, state=State.OPEN, incident=None, holders=frozenset(Rank), reopenable=False, nonce=None,
        tripping=True, seen={"radar": None}, calm=False, dry_s=0.0, testing=frozenset({"barrier"}),
    )  # fmt: skip
    for name in ("kim", "lee", "choi"):
        assert judge(wants("close", name, nonce=None, checklist=()), SITE, worst).accepted


AFAR, HERE = {"local": False}, {"local": True}


def test_a_gate_without_a_release_key_is_opened_on_the_spot_alone() -> None:
    keyless = replace(SITE, release=())
    assert judge(wants(facts=AFAR), keyless, AT) == Verdict(False, NO_KEY, None, "")
    assert judge(wants(facts=HERE), keyless, AT).accepted
    assert judge(wants(facts=AFAR), SITE, AT).accepted
    assert judge(wants("open", "lee", facts=AFAR), keyless, AT).because.startswith("one person")


LEE = next(person.public for person in SITE.roster if person.key == "lee-1")
DENIED = DenyTold(3, WALL.timestamp() - MAX_AGE.total_seconds(), (LEE,))


def test_a_denied_key_counts_for_nothing_but_a_close() -> None:
    at, listed = replace(AT, denied=DENIED), replace(SITE, deny_list=True)
    for event in (wants(), wants("restore", **CHANNEL), wants("test", "lee", actuator="siren")):
        assert judge(event, SITE, at) == Verdict(False, "denied key lee-1", None, "")
    noted = "close by lee at desk-7; on the deny list: lee-1"
    assert judge(wants("close", "lee"), SITE, at) == Verdict(True, noted, Rank.CITY, "lee")
    others = wants("open", "choi", "han")
    assert judge(others, listed, at).accepted, "as old as it may be"
    old = replace(at, denied=replace(DENIED, issued_s=DENIED.issued_s - 1.0))
    days = MAX_AGE.days
    words = f"deny list 3 is {days}.0 days old: more than {days}"
    assert judge(others, listed, old) == Verdict(False, words, None, "")
    assert judge(others, SITE, old).accepted
    none = "no deny list: whose keys still count is not known"
    assert judge(others, listed, AT) == Verdict(False, none, None, "")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, []),
        ({"incident": "flood-2"}, ["other incident: this one is flood-2"]),
        ({"state": State.ESCAPE}, ["stale: the gate is escape"]),
        ({"reopenable": False}, ["stale: the gate is closed"]),
        ({"tripping": True}, ["hazard present"]),
        ({"dry_s": 600.0}, ["not dry for 30 min: 10.0 min so far"]),
        ({"holders": frozenset({Rank.PANEL})}, ["held closed by panel"]),
    ],
)
def test_a_right_order_lapses_with_what_it_rested_on(facts: dict[str, Any], words: list[str]) -> None:
    assert list(lapsed(Rank.CITY, "flood-1", State.CLOSED, SITE, replace(AT, **facts))) == words
