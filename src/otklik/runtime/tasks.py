"""Ending tasks for certain."""

from __future__ import annotations

import asyncio
from typing import Any


async def end_task(task: asyncio.Task[Any], *, again_s: float = 1.0) -> None:
    """Cancel a task until it has ended; its outcome is left for whoever asks for it.

    One cancellation may be lost: a library that waits with a time limit, or cleans up after a
    query, can swallow it, and a shutdown that waits for such a task would wait for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=again_s)
