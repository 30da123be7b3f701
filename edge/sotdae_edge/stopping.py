"""Waiting for what may swallow a cancellation."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def unless_stopped(answer: Awaitable[T]) -> T:
    """Wait for an answer; raise CancelledError if the task was told to stop meanwhile.

    Python 3.11's `asyncio.wait_for`, with which pymodbus and aiomqtt wait, answers instead of being
    cancelled when both come at once; the task would then run for ever, and its group would wait for it.
    """
    try:
        return await answer
    finally:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
