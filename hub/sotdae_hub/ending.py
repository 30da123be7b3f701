"""How tasks are ended, whatever they wait for."""

import asyncio
from collections.abc import Collection
from typing import Any

AGAIN_S = 2.0
"""So long a task may take to put its things in order before it is told again."""


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until each has ended.

    Once is not enough: `asyncio.wait_for` of Python 3.11 swallows a cancellation that comes in the moment
    in which what it waits for is there, and aiomqtt waits by it for each answer of a broker.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=AGAIN_S)
