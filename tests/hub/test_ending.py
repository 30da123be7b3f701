"""Tasks end, also one whose cancellation comes in the moment in which its answer is there."""

import asyncio

import pytest

from sotdae_hub import ending


def test_a_task_ends_that_goes_on_after_its_first_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "AGAIN_S", 0.01)

    async def asks(*answers: asyncio.Future[None]) -> None:
        for answer in answers:
            await asyncio.wait_for(answer, 60)

    async def story() -> None:
        loop = asyncio.get_running_loop()
        now, never = loop.create_future(), loop.create_future()
        task, ended = loop.create_task(asks(now, never)), loop.create_task(asks())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        now.set_result(None)
        async with asyncio.timeout(10):
            await ending.end([task, ended])
        assert (task.cancelled(), ended.cancelled()) == (True, False)

    asyncio.run(story())


def test_nothing_to_end_is_no_wait() -> None:
    asyncio.run(ending.end([]))
