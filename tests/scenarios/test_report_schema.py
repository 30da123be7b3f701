"""The report's schema describes the report, the whole report and nothing but the report."""

from dataclasses import fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from scenarios import schema

from sotdae_hub.views import Decision
from sotdae_provisioning.demo.cli import ended_well
from sotdae_provisioning.demo.report import Report

GOOD = Report(
    scenario="choryang", accelerated=False, level_at_close_cm=19.7, rate_cm_min=20.0, level_at_trip_cm=15.0,
    trip_to_warning_s=0.6, trip_to_closed_s=14.8, first_out="radar",
    votes={"radar": "trip", "pressure": "trip", "float": "dry"}, messages_sent=200, messages_stored=200,
    dropped=0, lost=0, duplicated=0, opened_by=None, contacts=0, area_incidents=0, verdict="closed",
    decisions=[{
        "at": "2026-07-15T06:40:00Z", "facility": "GG-41113-UP-0007", "decision": "trip", "state": "pre_warn",
        "previous": "open", "because": ["2oo3"], "first_out": "radar", "level_cm": 15.1, "rate_cm_min": 20.1,
        "architecture": "2oo3", "votes": {"radar": "trip"}, "incident": "flood-1", "command": None,
        "verdict": None,
    }],
).as_json()  # fmt: skip


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema.DOCUMENT)


def test_a_good_report_conforms() -> None:
    assert schema.problems(GOOD) == []
    assert schema.ended_well(GOOD)


def test_schema_and_report_name_the_same_fields() -> None:
    assert set(schema.DOCUMENT["properties"]) == {field.name for field in fields(Report)}
    assert set(schema.DOCUMENT["$defs"]["decision"]["properties"]) == set(Decision.model_fields)


@pytest.mark.parametrize("missing", sorted(GOOD))
def test_a_missing_field_is_noticed(missing: str) -> None:
    report = {key: value for key, value in GOOD.items() if key != missing}
    assert schema.problems(report) == [f"$: {missing!r} is a required property"]


def test_an_extra_field_is_noticed() -> None:
    (problem,) = schema.problems({**GOOD, "notes": ""})
    assert "Additional properties are not allowed ('notes' was unexpected)" in problem


@pytest.mark.parametrize("missing", sorted(GOOD["decisions"][0]))
def test_a_decision_is_whole(missing: str) -> None:
    decision = {key: value for key, value in GOOD["decisions"][0].items() if key != missing}
    assert schema.problems({**GOOD, "decisions": [decision]}) != []
    assert schema.problems({**GOOD, "decisions": [{**GOOD["decisions"][0], "mood": "calm"}]}) != []


WRONG: list[dict[str, Any]] = [
    {"lost": -1}, {"lost": 0.5}, {"messages_sent": "200"}, {"accelerated": 0}, {"votes": {"radar": "wet"}},
    {"level_at_close_cm": "20"}, {"trip_to_closed_s": -1.0}, {"scenario": ""}, {"decisions": {}},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG, ids=lambda change: next(iter(change)))
def test_a_wrong_value_is_noticed(change: dict[str, Any]) -> None:
    assert len(schema.problems({**GOOD, **change})) == 1


ENDS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"accelerated": True}, False),
    ({"lost": 1}, False),
    ({"duplicated": 1}, False),
    ({"contacts": 1}, False),
    ({"opened_by": "somebody"}, False),
    ({"level_at_close_cm": None}, False),
    ({"scenario": "homes", "level_at_close_cm": None, "area_incidents": 1}, True),
    ({"scenario": "homes", "level_at_close_cm": None, "area_incidents": 0}, False),
    ({"scenario": "homes", "level_at_close_cm": None, "area_incidents": 2}, False),
]


@pytest.mark.parametrize(("change", "well"), ENDS, ids=str)
def test_the_schema_and_the_command_line_agree_on_a_good_end(change: dict[str, Any], well: bool) -> None:
    report = {**GOOD, **change}
    assert schema.problems(report) == []
    assert schema.ended_well(report) is well
    assert ended_well(Report(**report)) is well
