"""Every rung of the fault ladder ends safe, with nothing lost; docs/fault-ladder.md has the figures."""

import asyncio
from collections.abc import Callable

import pytest
from scenarios.ladder.judge import Outcome
from scenarios.ladder.play import Rung, climb
from scenarios.ladder.rungs import every

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def climbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Play the rungs that this run has asked for."""
    mine = [item for item in request.session.items if item.module is request.module]  # type: ignore[attr-defined]
    asked = [item.callspec.params["rung"] for item in mine]  # type: ignore[attr-defined]
    outcomes = asyncio.run(climb(asked, tmp_path_factory.mktemp("ladder"), at_once=4))
    return {outcome.rung: outcome for outcome in outcomes}


@pytest.mark.parametrize("rung", list(every()), ids=lambda rung: rung.name.replace(" ", "-"))
def test_it_ends_safe(rung: Rung, climbed: dict[str, Outcome], measured: Callable[[str], None]) -> None:
    outcome = climbed[rung.name]
    if outcome.skipped:
        pytest.skip(outcome.skipped)
    assert outcome.trouble == []
    measured(f"{rung.name}: {outcome.safe} after {outcome.safe_s} s at {outcome.level_cm} cm")
