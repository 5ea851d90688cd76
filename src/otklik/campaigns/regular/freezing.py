"""Which items a run has: those that no run of the series had before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.campaigns.model import Campaign
from otklik.campaigns.regular.model import (
    EARLIER_MAX,
    FROZEN_MAX,
    Frozen,
    FrozenItem,
    RegularRunState,
)
from otklik.campaigns.regular.picking import FrozenPicker
from otklik.campaigns.regular.queries import plan_of
from otklik.campaigns.regular.schedule import interval
from otklik.campaigns.regular.tables import (
    campaign_items,
    regular_items,
    regular_mailings,
    regular_runs,
)
from otklik.content.public import (
    FeedArticle,
    LetterNotFound,
    feed_keys,
    get_letter,
    list_articles,
    mapped_topics,
    names_articles,
    topics_in,
)
from otklik.delivery.public import Picker
from otklik.privacy.public import TOPICS_MAX
from otklik.runtime.public import Tx

LATE = timedelta(days=3)
"""An item may become known so long after its date and is still new."""
ORDINARY_ITEMS = 20


async def draft_items(tx: Tx, row: Any, *, number: int, moment: datetime) -> Frozen:
    """Return what run `number` of a series would show at a moment; writes nothing."""
    feed_ids = msgspec.convert(row.feed_ids, list[UUID], strict=False)
    earlier = await _earlier(tx, row, number)
    span = interval(plan_of(row))
    since = (earlier[-1].moment if earlier else moment - span) - (
        max(span, LATE) if earlier else timedelta()
    )
    keys = await feed_keys(tx, workspace_id=row.workspace_id)
    found = await list_articles(
        tx,
        workspace_id=row.workspace_id,
        feed_ids=feed_ids,
        since=min([since, *(one.moment - span for one in earlier)]),
        limit=FROZEN_MAX,
    )
    i = regular_items.c
    known = await tx.execute(
        sa.select(i.item_id, i.run).where(
            i.series_id == row.id, i.item_id.in_([one.article.id for one in found])
        )
    )
    runs = {one.item_id: one.run for one in known}
    mine = [
        one
        for one in found
        # What is older than that was there before the series, or before the feed was added to it.
        if one.article.id in runs or one.article.at >= since
    ]
    for one in mine:
        runs.setdefault(one.article.id, number)
    places = {feed_id: place for place, feed_id in enumerate(feed_ids)}
    if row.item_order == "feed":
        mine.sort(key=lambda one: (places[one.article.feed_id], one.article.place))
    oldest = earlier[0].number if earlier else number
    topics = await _topics(tx, row, mine, feed_ids)
    return Frozen(
        digest=True,
        run=number,
        items=_items((one for one in mine if runs[one.article.id] >= oldest), runs, topics),
        topics=topics,
        feeds=[key for key, (feed_id, _) in keys.items() if feed_id in places],
        items_max=row.items_max,
        earlier=[(one.number, one.campaign_id) for one in earlier],
        experiment=row.id,
    )


async def _earlier(tx: Tx, row: Any, number: int) -> list[Any]:
    """Return the last runs that became campaigns, the oldest first."""
    r = regular_runs.c
    rows = await tx.execute(
        sa.select(r.number, r.moment, r.campaign_id)
        .where(
            r.series_id == row.id,
            r.number < number,
            r.campaign_id.is_not(None),
            r.state.in_([RegularRunState.MADE, RegularRunState.LAUNCHED]),
        )
        .order_by(r.number.desc())
        .limit(EARLIER_MAX)
    )
    return list(reversed(rows.all()))


async def _topics(
    tx: Tx, row: Any, found: Iterable[FeedArticle], feed_ids: list[UUID]
) -> list[UUID]:
    """Return the topics of the items, then the others of the feeds, and the mailing's own.

    Who agreed to any of them is a reader, though there may be nothing for him this time.
    """
    mapped = await mapped_topics(tx, workspace_id=row.workspace_id, feed_ids=feed_ids)
    own = [] if row.topic_id is None else [row.topic_id]
    return list(dict.fromkeys([*topics_in(found), *own, *mapped]))[:TOPICS_MAX]


def _items(
    found: Iterable[FeedArticle], runs: Mapping[int, int], topics: list[UUID]
) -> list[FrozenItem]:
    numbers = {topic_id: number for number, topic_id in enumerate(topics)}
    return [
        FrozenItem(
            id=one.article.id,
            run=runs.get(one.article.id, 0),
            feed=one.feed_key,
            topics=sorted(numbers[topic] for topic in one.reach.topic_ids if topic in numbers),
            everybody=one.reach.everybody,
            at=one.article.at,
            place=one.article.place,
            values=one.variables(),
        )
        for one in found
    ]


def new_items(frozen: Frozen) -> list[FrozenItem]:
    """Return the items that no earlier run had."""
    return [item for item in frozen.items if item.run == frozen.run]


async def keep_frozen(tx: Tx, *, workspace_id: int, campaign_id: UUID, frozen: Frozen) -> None:
    """Keep what a campaign shows; the first set stays."""
    await tx.execute(
        insert(campaign_items)
        .values(
            campaign_id=campaign_id,
            workspace_id=workspace_id,
            frozen=msgspec.to_builtins(frozen),
        )
        .on_conflict_do_nothing()
    )


async def take_items(tx: Tx, *, workspace_id: int, series_id: UUID, frozen: Frozen) -> None:
    """Write down that the new items belong to this run, for ever."""
    new = new_items(frozen)
    if new:
        await tx.execute(
            insert(regular_items)
            .values(
                [
                    {
                        "series_id": series_id,
                        "item_id": item.id,
                        "workspace_id": workspace_id,
                        "run": frozen.run,
                    }
                    for item in new
                ]
            )
            .on_conflict_do_nothing()
        )


async def give_items_back(tx: Tx, *, series_id: UUID, run: int) -> None:
    """A run that did not go out leaves its items to the next one."""
    await tx.execute(
        regular_items.delete().where(
            regular_items.c.series_id == series_id, regular_items.c.run == run
        )
    )


async def forget_frozen(tx: Tx, *, campaign_id: UUID) -> None:
    await tx.execute(campaign_items.delete().where(campaign_items.c.campaign_id == campaign_id))


async def freeze_for_campaign(tx: Tx, *, workspace_id: int, campaign: Campaign) -> None:
    """Keep the newest items for an ordinary campaign whose letters show feeds.

    The items are those of its launch; each reader is shown what is for him. Of a run of a regular
    mailing they are kept already.
    """
    named = False
    for variant in campaign.variants:
        if variant.letter_id is None:
            continue
        try:
            letter = await get_letter(tx, workspace_id=workspace_id, letter_id=variant.letter_id)
        except LetterNotFound:
            # What is sent is the copy of the launch; that of a removed letter shows no items.
            continue
        named = named or names_articles(letter.as_source)
    if not named:
        return
    keys = await feed_keys(tx, workspace_id=workspace_id)
    found: list[FeedArticle] = []
    for feed_id, _ in keys.values():
        found += await list_articles(
            tx, workspace_id=workspace_id, feed_ids=[feed_id], limit=ORDINARY_ITEMS
        )
    found.sort(key=lambda one: one.article.at, reverse=True)
    topics = topics_in(found)
    frozen = Frozen(
        digest=False,
        run=0,
        items=_items(found, {}, topics),
        topics=topics,
        feeds=list(keys),
        items_max=ORDINARY_ITEMS,
    )
    await keep_frozen(tx, workspace_id=workspace_id, campaign_id=campaign.id, frozen=frozen)


async def picker_of(tx: Tx, workspace_id: int, source_id: UUID) -> Picker | None:
    """Return the picker of a campaign; of a series itself, for a preview, that of its next run."""
    kept = await tx.execute(
        sa.select(campaign_items.c.frozen).where(
            campaign_items.c.workspace_id == workspace_id,
            campaign_items.c.campaign_id == source_id,
        )
    )
    row = kept.one_or_none()
    if row is not None:
        return FrozenPicker(workspace_id, msgspec.convert(row.frozen, Frozen, strict=False))
    m = regular_mailings.c
    series = (
        await tx.execute(
            sa.select(regular_mailings).where(m.workspace_id == workspace_id, m.id == source_id)
        )
    ).one_or_none()
    if series is None:
        return None
    moment = series.next_at or series.updated_at
    return FrozenPicker(
        workspace_id,
        await draft_items(tx, series, number=series.runs + 1, moment=moment),
    )
