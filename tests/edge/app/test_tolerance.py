"""A helper that fails is alarmed and started again; it never ends protection, and it can be stopped."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sotdae_edge.app import tolerance
from sotdae_edge.app.tolerance import Helpers


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 20))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tolerance, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(tolerance, "STEADY_S", 0.05)


def test_a_failing_helper_is_alarmed_started_again_and_well_once_it_stays_up() -> None:
    async def story() -> None:
        helpers, starts = Helpers(), []

        async def make() -> None:
            starts.append(1)
            if len(starts) < 3:
                raise ZeroDivisionError("a bug")
            await asyncio.Event().wait()

        task = asyncio.create_task(helpers.keep("report", make))
        await until(helpers.conditions)
        assert [(each.code, each.priority) for each in helpers.conditions()] == [("agent.report", 2)]
        assert "a bug" in helpers.conditions()[0].text
        await until(lambda: len(starts) == 3 and not helpers.conditions())
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(story)


def test_a_helper_whose_wait_is_cancelled_from_within_has_failed_and_is_not_gone() -> None:
    async def story() -> None:
        helpers, starts = Helpers(), []

        async def make() -> None:
            starts.append(1)
            lost = asyncio.get_running_loop().create_future()
            lost.cancel()
            await lost

        task = asyncio.create_task(helpers.keep("uplink", make))
        await until(lambda: len(starts) == 3 or task.done())
        assert [each.code for each in helpers.conditions()] == ["agent.uplink"]
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(story)


@pytest.mark.parametrize(
    ("error", "traced"),
    [(FileNotFoundError(2, "No such file or directory", "/nope"), False), (KeyError("a bug"), True)],
)
def test_only_a_bug_is_told_with_its_trace(
    error: Exception, traced: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async def make() -> None:
            raise error

        helpers = Helpers()
        task = asyncio.create_task(helpers.keep("panel", make))
        await until(helpers.conditions)
        task.cancel()
        await asyncio.wait([task])

    run(story)
    assert str(error) in caplog.records[0].getMessage()
    assert bool(caplog.records[0].exc_info) == traced


def test_one_that_ends_by_itself_is_not_started_again() -> None:
    async def story() -> None:
        helpers, starts = Helpers(), []

        async def make() -> None:
            starts.append(1)

        await helpers.keep("camera", make)
        assert starts == [1]
        assert not helpers.conditions()

    run(story)


def test_stopping_stops_the_helper_too() -> None:
    async def story() -> None:
        helpers, ended = Helpers(), asyncio.Event()

        async def make() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        task = asyncio.create_task(helpers.keep("link", make))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])
        assert ended.is_set()

    run(story)
