"""Feeds that need somebody, for the start page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from otklik.catalog.products.feed_queries import list_feeds
from otklik.catalog.products.model import RunState
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx


class FeedTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A feed whose newest run failed, or is held back (`is_held`) until somebody says yes.

    `problem` is a sentence in the reader's language.
    """

    feed_id: UUID
    name: str
    is_held: bool
    problem: str
    at: datetime


async def feed_troubles(tx: Tx, *, workspace_id: int, lang: Lang) -> list[FeedTrouble]:
    feeds = await list_feeds(tx, workspace_id=workspace_id, lang=lang)
    return [
        FeedTrouble(
            feed_id=feed.id,
            name=feed.name,
            is_held=run.state is RunState.HELD,
            problem=run.problem or "",
            at=run.finished_at or run.created_at,
        )
        for feed in feeds
        if (run := feed.last_run) is not None and run.state in {RunState.FAILED, RunState.HELD}
    ]
