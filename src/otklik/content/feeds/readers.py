"""What readers see of feeds: items by the topics that they agreed to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import numpy as np

from otklik.content.feeds.model import LETTER_ITEMS
from otklik.content.feeds.queries import FeedArticle, as_variables, feed_keys, list_articles
from otklik.content.model import LetterSource
from otklik.privacy.public import TOPICS_MAX, topic_masks
from otklik.runtime.public import Tx

CHANNEL = "email"
_NAMED = re.compile(
    r"""\{[{%][^}]*\b(?:articles|feeds)\b|"(?:over|path)"\s*:\s*"(?:articles|feeds)\b"""
)


def names_articles(source: LetterSource) -> bool:
    """Tell whether a letter may ask for items of feeds; in doubt it does."""
    return any(
        _NAMED.search(text)
        for text in (source.subject, source.preheader, source.source, source.text, source.amp)
    )


def topics_in(found: Iterable[FeedArticle]) -> list[UUID]:
    """Return the topics that items are for, in the order of their numbers in masks."""
    wanted = {topic_id for one in found for topic_id in one.reach.topic_ids}
    return sorted(wanted)[:TOPICS_MAX]


async def letter_articles(
    tx: Tx, *, workspace_id: int, profile_id: int | None = None, limit: int = LETTER_ITEMS
) -> dict[str, Any]:
    """Return what a letter knows of feeds with the newest items: {"articles": …, "feeds": …}.

    profile_id: only what is for this person; None: everything.
    """
    keys = await feed_keys(tx, workspace_id=workspace_id)
    found: list[FeedArticle] = []
    for feed_id, _ in keys.values():
        found += await list_articles(tx, workspace_id=workspace_id, feed_ids=[feed_id], limit=limit)
    found.sort(key=lambda one: one.article.at, reverse=True)
    if profile_id is not None and found:
        topics = topics_in(found)
        masks = await topic_masks(
            tx,
            workspace_id=workspace_id,
            channel=CHANNEL,
            topic_ids=topics,
            profile_ids=np.array([profile_id], dtype=np.int64),
        )
        mine = {topic for bit, topic in enumerate(topics) if int(masks[0]) >> bit & 1}
        found = [one for one in found if one.reach.everybody or one.reach.topic_ids & mine]
    return as_variables(found, keys)
