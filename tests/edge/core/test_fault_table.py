"""No single sensor fault hides 15 cm, and with three channels none closes alone (DESIGN 4)."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from edge.core.fault_table import CHANNELS, DRY, FAULTS, KINDS, STORMS, Outcome, every, run

HIDES_S = 3.0
"""Stated in docs/gate.md: from 15 cm of true water to the warnings."""
SEQUENCE_S = 15.0
"""Warnings, a clear lane, and the arm's travel."""
PUDDLE, STEADY, DESIGN, FLASH = STORMS
TOLD = ("stuck dry", "stuck wet", "dead", "silent", "power lost")
"""Faults that a storm of some minutes always brings to light."""


def check(outcome: Outcome) -> None:
    if outcome.storm == PUDDLE.name:
        check_puddle(outcome)
        return
    assert outcome.trip_s is not None, outcome
    assert outcome.closed_s is not None, outcome
    assert outcome.trip_s <= HIDES_S, outcome
    assert outcome.closed_s <= outcome.trip_s + SEQUENCE_S, outcome


def check_puddle(outcome: Outcome) -> None:
    """A prediction may be wrong, but only with the 5 cm float's word on top of the channel that errs."""
    if outcome.trip_s is None:
        return
    assert (outcome.fault, outcome.cause) == ("reads 10 cm high", "predicted"), outcome
    assert outcome.depth_cm is not None, outcome
    assert outcome.depth_cm >= 5.0, outcome


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_closes_a_dry_road(fault: str, channel: str) -> None:
    assert run(fault, channel, DRY).trip_s is None


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_design_storm_closes_in_time(fault: str, channel: str) -> None:
    check(run(fault, channel, DESIGN))


def test_a_shared_bus_that_nobody_declared_hides_the_flood() -> None:
    assert run("bus frozen", "radar", DESIGN, declared=False).trip_s is None, "two of three say dry"
    check(run("bus frozen", "radar", DESIGN))


@pytest.fixture
def tool() -> ModuleType:
    path = Path(__file__).parents[3] / "tools" / "fault_table.py"
    spec = importlib.util.spec_from_file_location("fault_table_tool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_whole_table_holds_and_the_page_says_what_comes_out(tool: ModuleType) -> None:
    outcomes = list(every())
    assert len(outcomes) == 12 * 3 * 4
    for outcome in outcomes:
        check(outcome)
    dumb = {each.fault for each in outcomes if each.storm == STEADY.name and not each.alarms}
    assert not dumb & (set(TOLD) - {"stuck wet"}), dumb
    assert set(KINDS) < set(FAULTS)
    page = tool.PAGE.read_text(encoding="utf-8")
    assert tool.with_table(page, outcomes) == page
