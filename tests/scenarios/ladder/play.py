"""Plays one rung: water rises, the fault comes, and the clock runs until the site is safe."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.ladder.faults import NotPermittedError
from scenarios.ladder.judge import Outcome, alarms, closed, laws, measure
from scenarios.ladder.site import Place, Site, standing
from scenarios.province import until

from sotdae_provisioning.demo.scenarios import rise
from sotdae_shared.errors import LinkError

DEADLINE_S = 194.0
"""From a trip to closed as defined, whatever happens (docs/gate.md)."""
RISE_CM_MIN = 20.0
"""Design case (DOMAIN 0.3)."""

Act = Callable[[Site], Awaitable[None]]


@dataclass(frozen=True)
class Safe:
    """A state in which nobody drives into the water."""

    name: str
    holds: Callable[[dict[str, Any]], bool]
    alarm: str = ""
    """An alarm that must have been raised."""
    unheard: bool = False
    """The hub must know that it does not hear the gate."""
    or_closed: bool = False
    """An arm proved closed ends the rung as well, and better."""

    async def reached(self, site: Site) -> None:
        """Wait for it."""
        await site.scene(self.holds, self.name, DEADLINE_S)
        if self.or_closed:
            await self._told_or_closed(site)
        elif self.alarm:
            await site.alarmed(self.alarm, DEADLINE_S)
        if self.unheard:

            async def missed() -> bool:
                return bool((await site.known())["link"]["status"] == "unknown")

            await until(missed, "the hub knows that it hears nothing", DEADLINE_S)

    async def _told_or_closed(self, site: Site) -> None:
        async def either() -> bool:
            told = any(each["code"] == self.alarm and each["active"] for each in await site.events())
            return told or closed(await site.stack.sim("state"))

        await until(either, f"{self.alarm} is told, or the arm is proved closed", DEADLINE_S)


PLAIN = Place()
CLOSED = Safe("arm proved closed", closed)


@dataclass(frozen=True)
class Rung:
    """One fault."""

    name: str
    made: str
    must: str
    strike: Act
    when: Act
    place: Place = PLAIN
    safe: Safe = CLOSED
    mend: Act | None = None
    """Ends the fault; then the arm must be proved closed."""
    tells: tuple[str, ...] = ()
    """Alarms that the operator must have seen."""


async def play(rung: Rung, directory: Path) -> Outcome:
    """Play it; whatever goes wrong is in the row's trouble."""
    outcome = Outcome(rung.name, rung.made, rung.must, rung.safe.name)
    try:
        async with standing(rung.place, directory) as site:
            await _story(rung, site, outcome)
        if site.counted is not None:
            outcome.lost = site.counted.lost
            outcome.doubled = site.counted.stored - site.counted.distinct
        if outcome.lost or outcome.doubled:
            outcome.trouble.append(f"messages: {site.counted}")
    except NotPermittedError as error:
        outcome.skipped = str(error)
    except (AssertionError, LinkError) as error:
        outcome.trouble.append(str(error))
    return outcome


async def _story(rung: Rung, site: Site, outcome: Outcome) -> None:
    await site.stack.do(rise(RISE_CM_MIN))
    await rung.when(site)
    struck_s = time.monotonic()
    await rung.strike(site)
    await rung.safe.reached(site)
    safe_s = time.monotonic()
    outcome.unheard = (await site.known()).get("link", {}).get("status") != "online"
    if rung.mend is not None:
        await rung.mend(site)
        await CLOSED.reached(site)
    await site.shown("closed", DEADLINE_S)
    for code in rung.tells:
        await site.alarmed(code, DEADLINE_S)
    outcome.seen = alarms(await site.events())
    truth = site.truth()
    measure(outcome, truth, struck_s, safe_s)
    outcome.trouble += laws(truth, struck_s)


async def climb(
    rungs: Sequence[Rung], directory: Path, at_once: int, ended: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Play rungs, some at a time, for they mostly wait for water and arm; return their rows in order."""
    places = asyncio.Semaphore(at_once)

    async def one(number: int, rung: Rung) -> Outcome:
        async with places:
            outcome = await play(rung, directory / str(number))
        ended(outcome)
        return outcome

    return await asyncio.gather(*(one(number, rung) for number, rung in enumerate(rungs)))
