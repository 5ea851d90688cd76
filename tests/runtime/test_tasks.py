"""Tasks end even if they swallow a cancellation."""

from __future__ import annotations

import asyncio

from otklik.runtime.public import end_task


async def test_a_task_that_swallows_two_cancellations_ends_at_the_third() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallowed == 2:
                    raise
                swallowed += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end_task(task, again_s=0.001)
    assert task.cancelled()
    assert swallowed == 2


async def test_a_task_that_has_failed_is_left_alone() -> None:
    async def fails() -> None:
        raise LookupError("nothing there")

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    await end_task(task)
    assert isinstance(task.exception(), LookupError)
