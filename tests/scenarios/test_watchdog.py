"""Both directions, with real processes: who dies or freezes, and what the other does about it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from scenarios.guarded import Guarded, guarded, until

TIMES = [(2.0, 1.0), pytest.param((3.0, 5.0), marks=pytest.mark.slow)]
"""Patience and settling time: short ones, and those that are shipped."""


async def bring_back(here: Guarded, frozen: bool) -> None:
    if frozen:
        here.agent.thaw()
    else:
        await here.agent.start()


@pytest.mark.parametrize("frozen", [False, True], ids=["killed", "frozen"])
@pytest.mark.parametrize("times", TIMES)
def test_an_agent_that_stops_is_warned_for_and_gets_the_warnings_back(
    times: tuple[float, float], frozen: bool, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    async def story() -> None:
        async with guarded(tmp_path, *times) as here:
            await here.dog.start()
            await here.agent.start()
            await here.is_open()
            here.changes.clear()
            here.agent.freeze() if frozen else here.agent.kill()
            closed_s = await here.closes()
            back = time.monotonic()
            await bring_back(here, frozen)
            await here.is_open()
            open_s = time.monotonic() - back
            assert here.shown() == [False, True, False], "it closed and opened once"
            await until(lambda: here.events("watchdog.holding") == [(3, True), (3, False)], "it was said")
            how = "SIGSTOP" if frozen else "kill -9"
            measured(
                f"{how}, {times}: warnings closed after {closed_s:.1f} s, the agent's again {open_s:.1f} s"
            )

    asyncio.run(story())


def test_without_an_agent_it_closes_and_again_after_the_controller_lost_its_orders(tmp_path: Path) -> None:
    async def story() -> None:
        async with guarded(tmp_path) as here:
            await here.dog.start()
            await here.closes()
            orders = here.site.simulator.scene.orders
            here.site.simulator.fault("controller", "power", True)
            await until(lambda: not orders.warn_closed, "the controller forgot")
            await until(lambda: "no connection" in here.dog.tail(), "the watchdog notices")
            here.site.simulator.fault("controller", "power", False)
            await until(lambda: orders.warn_closed and orders.warn_siren, "it is told again")
            await here.closes()

    asyncio.run(story())


@pytest.mark.parametrize("frozen", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_an_agent_whose_watchdog_stops_goes_on_and_says_so(frozen: bool, tmp_path: Path) -> None:
    async def story() -> None:
        async with guarded(tmp_path) as here:
            await here.dog.start()
            await here.agent.start()
            await here.is_watched()
            here.changes.clear()
            here.dog.freeze() if frozen else here.dog.kill()
            await until(lambda: here.events("watchdog.silent")[-1:] == [(2, True)], "the alarm")
            before = here.fed
            await until(lambda: here.fed != before, "the agent goes on")
            if frozen:
                here.dog.thaw()
            else:
                await here.dog.start()
            await until(lambda: here.events("watchdog.silent")[-1:] == [(2, False)], "the alarm ends")
            assert here.shown() == [False], "the sign stood still all the time"

    asyncio.run(story())
