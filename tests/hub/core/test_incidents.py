"""Incidents come out the same whatever order the messages come in."""

from datetime import timedelta
from itertools import permutations

import pytest
from hub_kit import GATE, HOMES, START, Pen

from sotdae_hub.core.incidents import (
    AREA_FLOOD,
    Fact,
    IncidentRecord,
    fact_of,
    fold,
    incident_id,
    settles,
)
from sotdae_shared.messages import Kind


def _fact(minute: int, active: bool, first_out: str | None = None) -> Fact:
    at = START + timedelta(minutes=minute)
    return Fact("i1", GATE.facility, "flood", None, at, active, first_out)


def test_every_order_gives_the_same_incident() -> None:
    facts = [_fact(0, True, "radar"), _fact(1, True, "pressure"), _fact(2, True), _fact(3, False)]
    results = set()
    for order in permutations(facts):
        record: IncidentRecord | None = None
        for fact in order:
            record = fold(record, fact)
        results.add(record)
    (record,) = results
    assert record is not None
    assert (record.opened_at, record.latest_at) == (facts[0].at, facts[3].at)
    assert (record.active, record.first_out, record.events) == (False, "radar", 4)


def test_of_two_words_at_one_moment_the_graver_counts() -> None:
    for first, second in permutations([_fact(0, True), _fact(0, False)]):
        assert fold(fold(None, first), second).active


def test_an_id_is_that_of_place_hazard_and_episode() -> None:
    names = {
        incident_id(*each)
        for each in (("a", "flood", "1"), ("b", "flood", "1"), ("a", "x", "1"), ("a", "flood", "2"))
    }
    assert len(names) == 4
    assert incident_id("a", "flood", "1") == incident_id("a", "flood", "1")


@pytest.mark.parametrize(
    ("state", "previous", "active"),
    [
        ("pre_warn", "open", True),
        ("open", "open", True),
        ("open", "opening", False),
        ("dry", "area_flood", False),
    ],
)
def test_a_decision_that_names_its_incident(state: str, previous: str, active: bool) -> None:
    fact = fact_of(Pen().envelope(Kind.DECISION, {
        "decision": "x", "state": state, "previous": previous, "because": [], "incident": "aa-1",
        "first_out": "radar",
    }))  # fmt: skip
    assert fact is not None
    assert (fact.active, fact.first_out, fact.hazard) == (active, "radar", "flood")


@pytest.mark.parametrize("decision", ["area_flood", "area_grew", "area_cleared"])
def test_a_city_agent_decides_about_an_area_not_about_its_own_facility(decision: str) -> None:
    fact = fact_of(Pen().envelope(Kind.DECISION, {
        "decision": decision, "state": "area_flood", "previous": "dry", "because": [], "incident": "area-1",
    }))  # fmt: skip
    assert fact is not None
    assert fact.hazard == AREA_FLOOD


@pytest.mark.parametrize(
    ("kind", "hazard", "state", "active"),
    [
        ("slope", "landslide", "evacuate", True),
        ("slope", "landslide", "normal", False),
        ("reservoir", "flood", "serious", True),
    ],
)
def test_a_slope_or_reservoir_of_a_city_agent_has_its_hazard_until_it_is_calm(
    kind: str, hazard: str, state: str, active: bool
) -> None:
    fact = fact_of(Pen().envelope(Kind.DECISION, {
        "decision": f"{kind}_{state}", "state": state, "previous": "attention", "because": [],
        "incident": "east-1", "first_out": "east",
    }))  # fmt: skip
    assert fact is not None
    assert (fact.hazard, fact.active) == (hazard, active)


def test_a_decision_without_an_incident_settles_only_when_open() -> None:
    for state, at_rest in (("open", True), ("opening", False), ("manual", False)):
        body = {"decision": "x", "state": state, "previous": "opening", "because": []}
        envelope = Pen().envelope(Kind.DECISION, body)
        assert fact_of(envelope) is None
        assert settles(envelope.body) is at_rest


def test_homes_of_one_area_make_one_incident() -> None:
    data = {"area": "Gosaek-dong", "episode": "e1"}
    events = [
        Pen(address).envelope(Kind.EVENT, {"code": AREA_FLOOD, "priority": 1, "active": on, "data": data})
        for address in (HOMES, GATE)
        for on in (True, False)
    ]
    facts = [fact for fact in map(fact_of, events) if fact]
    assert len(facts) == 4
    assert len({fact.id for fact in facts}) == 1
    assert {fact.hazard for fact in facts} == {AREA_FLOOD}


def test_other_events_belong_to_no_incident() -> None:
    body = {"code": AREA_FLOOD, "priority": 1, "active": True, "data": {"area": 3}}
    assert fact_of(Pen().envelope(Kind.EVENT, body)) is None


def test_a_test_opens_no_incident() -> None:
    place = {"area": "Gwonseon", "episode": "1"}
    real = Pen(HOMES).envelope(Kind.EVENT, {"code": AREA_FLOOD, "priority": 1, "active": True, "data": place})
    test = Pen(HOMES).envelope(
        Kind.EVENT, {"code": AREA_FLOOD, "priority": 4, "active": True, "data": {**place, "test": True}}
    )
    assert fact_of(real) is not None
    assert fact_of(test) is None
