"""Live updates: each in its turn, a beat when all is quiet, and an end that is heard."""

import asyncio
from contextlib import aclosing

from pydantic import BaseModel

from sotdae_hub.fanout import Fanout, Update


class Word(BaseModel):
    text: str


def test_updates_come_in_their_turn_with_beats_between_and_the_end_is_the_end() -> None:
    async def story() -> list[Update | None]:
        fanout, seen = Fanout(), []
        async for update in fanout.watch(0.01):
            seen.append(update)
            if len(seen) == 1:
                fanout.publish("state", Word(text="one"))
                fanout.publish("event", Word(text="two"))
            if len(seen) == 3:
                fanout.close()
        return seen

    async def bounded() -> list[Update | None]:
        async with asyncio.timeout(10):
            return await story()

    seen = asyncio.run(bounded())
    assert seen == [None, Update("state", '{"text":"one"}'), Update("event", '{"text":"two"}')]


def test_a_watcher_who_leaves_while_an_update_comes_is_gone() -> None:
    async def story() -> None:
        fanout = Fanout()

        async def watch() -> None:
            async with aclosing(fanout.watch(60)) as updates:
                async for _ in updates:
                    pass

        watching = asyncio.create_task(watch())
        async with asyncio.timeout(10):
            while not fanout.watched:
                await asyncio.sleep(0)
            fanout.publish("state", Word(text="one"))
            await asyncio.sleep(0)
            watching.cancel()
            _, going_on = await asyncio.wait([watching], timeout=2.0)
        watching.cancel()
        assert not going_on
        assert not fanout.watched

    asyncio.run(story())
