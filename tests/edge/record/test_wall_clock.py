"""Whatever the wall clock says: protection does not look at it, and an open is refused if it is wrong."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from edge.core.people import NONCE, WALL, order, signed
from edge.core.plant import SITE, Story
from edge.record.runner import files, recorded, running, until
from edge.record.tape import replayed
from simulated_site import running_site

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.core.barrier import State
from sotdae_edge.core.events import CommandCame, NonceAsked
from sotdae_shared.messages import CommandBody
from sotdae_shared.wire import decode

DECADE = timedelta(days=3653)
JUMPS = {
    "right": WALL,
    "1970": datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC),
    "ten years back": WALL - DECADE,
    "ten years on": WALL + DECADE,
}


def clock_at(wall: datetime, *, disciplined: bool = True) -> SystemClock:
    return SystemClock(synchronised=lambda: disciplined, wall=lambda: wall)


def arrived(command: CommandBody, clock: SystemClock) -> CommandCame:
    """Return a command as the runner stamps it."""
    return CommandCame(command, False, True, clock.wall().timestamp(), clock.trust(), local=True)


def reopenable() -> Story:
    """Return a closed gate that has been dry for long enough and has given a nonce."""
    story = Story()
    story.run(1.0)
    story.close()
    story.plant.water(0.0)
    story.run(SITE.times.reopen_dry + 5.0, every=1.0)
    story.give(NonceAsked("q", NONCE))
    return story


@pytest.mark.parametrize(
    ("jump", "disciplined", "because"),
    [
        ("right", True, None),
        ("right", False, "clock untrusted"),
        ("1970", True, "clock untrusted"),
        ("ten years back", True, "clock untrusted"),
        ("ten years on", True, "expired"),
        ("ten years on", False, "clock untrusted"),
    ],
)
def test_an_open_is_refused_under_a_wrong_clock(jump: str, disciplined: bool, because: str | None) -> None:
    story = reopenable()
    incident = story.gate.incident
    assert incident is not None
    command = signed(order(incident=incident.name), "lee", "park")
    story.give(arrived(command, clock_at(JUMPS[jump], disciplined=disciplined)))
    answer = next(each for each in reversed(story.decided) if each.verdict is not None)
    assert (answer.verdict, story.gate.state) == (
        ("accepted", State.OPENING) if because is None else ("refused", State.CLOSED)
    )
    assert because is None or because in answer.because[0]


@pytest.mark.parametrize("jump", ["1970", "ten years back"])
def test_a_close_is_taken_under_a_clock_that_cannot_judge(jump: str) -> None:
    story = Story()
    story.run(1.0)
    command = signed(order("close", expect_state="open"), "lee")
    story.give(arrived(command, clock_at(JUMPS[jump])))
    assert story.gate.state is State.PRE_WARN


@pytest.mark.slow
def test_a_closing_is_untouched_by_a_clock_that_starts_in_1970_and_jumps_by_decades(tmp_path: Path) -> None:
    wall = [JUMPS["1970"]]
    clock = SystemClock(assume_synced=True, wall=lambda: wall[0])

    async def story() -> list[str]:
        async with running_site() as site, running(tmp_path, site, files(tmp_path), clock) as app:
            await until(lambda: app.gate.state is State.OPEN)
            site.simulator.depth(18.0)
            for state, jump in (
                (State.PRE_WARN, "ten years on"),
                (State.LOWERING, "ten years back"),
                (State.CLOSED, "1970"),
            ):
                await until(lambda state=state: app.gate.state is state)  # type: ignore[misc]
                wall[0] = JUMPS[jump]
            assert await site.value("limit_closed") == 1.0
            await until(lambda: not app.recorder.waiting)
            return [decode(row.raw).clock for row in app.recorder.outbox.unsent(400)]

    clocks = asyncio.run(story())
    # What was said is all there, and says itself how far its time can be believed.
    assert {"untrusted", "synced"} == set(clocks)
    run, differences = replayed(recorded(tmp_path))
    assert differences == []
    assert run.decisions >= 4
