"""Every story ends as it must, by the simulator's truth, the edge's ledger and the hub's stores."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scenarios import schema

from sotdae_provisioning.demo.cli import ended_well
from sotdae_provisioning.demo.report import Report
from sotdae_provisioning.demo.scenarios import SCENARIOS
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.story import Story
from sotdae_provisioning.demo.truth import read_truth

slow = pytest.mark.slow
pytestmark = pytest.mark.timeout(240)
TOLD: list[Report] = []
"""Reports of the running test."""


def tell(name: str, directory: Path) -> Report:
    story = Story(Stack(directory, SCENARIOS[name], camera=False), lambda _moment: None)
    report = asyncio.run(story.run())
    assert undelivered(directory) == []
    accounted(report)
    return report


def undelivered(directory: Path) -> list[tuple[str, str, int]]:
    """Return what still waits in the agents' outboxes: (agent, kind, seq)."""
    found = []
    for path in sorted(directory.glob("*/outbox.db")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            rows = db.execute("SELECT kind, seq FROM message").fetchall()
        found += [(path.parent.name, kind, seq) for kind, seq in rows]
    return found


@pytest.fixture(autouse=True)
def figures(measured: Callable[[str], None]) -> Iterator[None]:
    """List each report's verdict at the end of the run."""
    TOLD.clear()
    yield
    for report in TOLD:
        measured(f"{report.scenario}: {report.verdict}")


def accounted(report: Report) -> None:
    """What holds of every story."""
    TOLD.append(report)
    assert schema.problems(report.as_json()) == []
    assert (report.lost, report.duplicated, report.dropped, report.contacts) == (0, 0, 0, 0)
    assert 0 < report.messages_stored == report.messages_sent
    assert not report.accelerated
    assert ended_well(report)
    assert schema.ended_well(report.as_json())


def states(report: Report) -> list[str]:
    return [decision["state"] for decision in report.decisions if decision["verdict"] is None]


def trip(report: Report) -> dict[str, Any]:
    return next(decision for decision in report.decisions if decision["decision"] == "trip")


def test_choryang_closes_before_cars_stop_told_by_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    words = [
        "demo",
        "--once",
        "--scenario",
        "choryang",
        "--report",
        str(path),
        "--dir",
        str(tmp_path / "run"),
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "sotdae_provisioning", *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = Report(**json.loads(path.read_text()))
    accounted(report)
    assert report.level_at_close_cm is not None
    assert report.level_at_close_cm < 30.0
    assert states(report) == ["open", "pre_warn", "clearing", "lowering", "closed"]
    assert (tmp_path / "run" / "story.png").stat().st_size > 0


@slow
def test_long_gives_its_closing_order_at_eleven_centimetres_or_below(tmp_path: Path) -> None:
    report = tell("long", tmp_path)
    assert report.first_out == trip(report)["first_out"] == "predicted"
    # The order's first effect: the sign, which showed the unfed watchdog before the gate began to watch.
    truth = read_truth(tmp_path / "truth.jsonl")
    watching = truth.first(lambda line: not line["sign_closed"])
    assert watching is not None
    ordered = truth.first(lambda line: line["sign_closed"], after=watching["t"])
    assert ordered is not None
    assert ordered["depth_cm"] <= 11.0


@slow
def test_osong_closes_dry(tmp_path: Path) -> None:
    report = tell("osong", tmp_path)
    assert (report.level_at_close_cm, report.first_out) == (0.0, "river")
    assert report.verdict.startswith("would have closed at 06:40, 120 min before Osong flooded")


@slow
def test_gauge_closes_on_recorded_water(tmp_path: Path) -> None:
    report = tell("gauge", tmp_path)
    assert report.level_at_close_cm is not None
    assert 0.0 < report.level_at_close_cm < 30.0
    history = [line for line in (tmp_path / "history.csv").read_text().splitlines()[1:] if line]
    assert len(history) == len(SCENARIOS["gauge"].history)


@slow
def test_cut_closes_with_hub_and_broker_dead_and_delivers_every_record(tmp_path: Path) -> None:
    report = tell("cut", tmp_path)
    assert report.level_at_close_cm is not None
    assert report.level_at_close_cm < 30.0
    assert "closed" in states(report)


@slow
def test_stuck_closes_on_the_channel_that_is_left(tmp_path: Path) -> None:
    report = tell("stuck", tmp_path)
    assert report.level_at_close_cm is not None
    assert report.level_at_close_cm < 30.0
    assert report.votes["pressure"] == "bad"
    assert "trip" in report.votes.values() or report.first_out == "predicted"


@slow
def test_homes_make_one_area_incident_that_arrives_once(tmp_path: Path) -> None:
    report = tell("homes", tmp_path)
    assert report.area_incidents == 1
    assert [each["decision"] for each in report.decisions].count("area_flood") == 1
    assert report.level_at_close_cm is None
