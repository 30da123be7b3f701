"""Every rung of the fault ladder ends safe, with nothing lost; docs/fault-ladder.md has the figures."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from scenarios.ladder.judge import Outcome
from scenarios.ladder.play import Rung, play
from scenarios.ladder.rungs import every

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
AT_ONCE = 4
"""Rungs mostly wait for water and arm."""


async def climb(rungs: list[Rung], directory: Path) -> dict[str, Outcome]:
    """Play rungs, some at a time; return what came of each."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, rung: Rung) -> Outcome:
        async with places:
            return await play(rung, directory / str(number))

    outcomes = await asyncio.gather(*(one(number, rung) for number, rung in enumerate(rungs)))
    return {outcome.rung: outcome for outcome in outcomes}


@pytest.fixture(scope="module")
def climbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """Play the rungs that this run has asked for."""
    asked = [item.callspec.params["rung"] for item in request.session.items if item.module is request.module]  # type: ignore[attr-defined]
    return asyncio.run(climb(asked, tmp_path_factory.mktemp("ladder")))


@pytest.mark.parametrize("rung", every(), ids=lambda rung: rung.name.replace(" ", "-"))
def test_it_ends_safe(rung: Rung, climbed: dict[str, Outcome], measured: Callable[[str], None]) -> None:
    outcome = climbed[rung.name]
    if outcome.skipped:
        pytest.skip(outcome.skipped)
    assert outcome.trouble == []
    measured(f"{rung.name}: {outcome.safe} after {outcome.safe_s} s at {outcome.level_cm} cm")
