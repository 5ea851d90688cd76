"""What is filled from a feed? Upper slices know; they tell through look-ups of wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from otklik.content.feeds.errors import ContentFeedInUse
from otklik.runtime.public import Tx

FeedUsage = Callable[[Tx, int, UUID], Awaitable[list[str]]]
"""(tx, workspace_id, feed id) → names of what is filled from it."""

_lookups: list[FeedUsage] = []


def use_feed_usage(lookup: FeedUsage) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _lookups:
        _lookups.append(lookup)


async def make_sure_unused(tx: Tx, *, workspace_id: int, feed_id: UUID) -> None:
    """Raises: ContentFeedInUse."""
    names = [name for lookup in _lookups for name in await lookup(tx, workspace_id, feed_id)]
    if names:
        raise ContentFeedInUse(names=", ".join(f"«{name}»" for name in names[:5]))
