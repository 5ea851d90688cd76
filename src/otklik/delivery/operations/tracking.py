"""Openings, clicks and unsubscriptions: accepted at once, judged a little later.

A hit is written down as it came before the answer is sent. Whether a person or a machine made it
shows only in its company: a scanner follows all links within seconds, and the first of these clicks
looks like any other. So hits are judged when the time is over in which their letter or their source
may give them away. A fact is never taken back, so this waiting is what lets a later hit speak about
an earlier one. Nothing is dropped: a machine's hit is a fact with that verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.channels.email.public import (
    BURST_WINDOW_S,
    SOURCE_WINDOW_S,
    HitJudgement,
    HitVerdict,
    judge_hit,
)
from otklik.delivery.facts import FactBatch
from otklik.delivery.model import Fact, Unsubscribed
from otklik.delivery.operations.company import company_of
from otklik.delivery.queries import mailing_by_number
from otklik.delivery.tables import mailing_variants, messages, tracking_hits
from otklik.delivery.tokens import MessageRef
from otklik.privacy.public import Source, unsubscribe
from otklik.profiles.public import current_ids
from otklik.runtime.public import Bus, Tx, notify

CHANNEL = "tracking"
KEPT_HEADERS = frozenset(
    {
        "purpose",
        "sec-purpose",
        "x-purpose",
        "x-moz",
        "sec-fetch-mode",
        "sec-fetch-site",
        "sec-fetch-dest",
        "sec-fetch-user",
        "accept",
        "accept-language",
    }
)
"""Headers that tell machines from people; none of them names the reader."""
BATCH = 2_000
KEEP = timedelta(days=2)
_WAIT = timedelta(seconds=max(BURST_WINDOW_S, SOURCE_WINDOW_S))
_LONG = 512


class RawHit(msgspec.Struct, frozen=True, kw_only=True):
    """One request for a pixel or a link, as it came. `source`: see company.py."""

    kind: str
    link: int = 0
    url: str = ""
    method: str
    user_agent: str
    headers: Mapping[str, str]
    source: int | None = None


async def accept_hit(tx: Tx, *, ref: MessageRef, hit: RawHit, now: datetime) -> None:
    """Write a hit down; it is durable when `tx` commits."""
    await tx.execute(
        tracking_hits.insert().values(
            workspace_id=ref.workspace_id,
            message_id=ref.message_id,
            kind=hit.kind,
            link=hit.link,
            url=hit.url[:2048],
            method=hit.method[:16],
            user_agent=hit.user_agent[:_LONG],
            headers={
                name: value[:_LONG] for name, value in hit.headers.items() if name in KEPT_HEADERS
            },
            source=hit.source,
            at=now,
        )
    )
    await notify(tx, CHANNEL)


async def judge_hits(tx: Tx, *, now: datetime) -> int:
    """Judge hits whose company is complete and write their facts; returns how many."""
    due = (
        await tx.execute(
            sa.select(tracking_hits)
            .where(tracking_hits.c.judged_at.is_(None), tracking_hits.c.at <= now - _WAIT)
            .order_by(tracking_hits.c.at, tracking_hits.c.hit_id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not due:
        return 0
    ids = sorted({row.message_id for row in due})
    known = await _messages(tx, ids)
    company = await company_of(tx, due)
    links_total = await _links_total(tx, {row.mailing_id for row in known.values()})
    batches: dict[int, FactBatch] = {}
    for row in due:
        message = known.get(row.message_id)
        if message is None:
            continue  # The message was erased since; its hit says nothing about anybody.
        if message.mailing_id not in batches:
            batches[message.mailing_id] = FactBatch(
                await mailing_by_number(tx, mailing_id=message.mailing_id)
            )
        total = links_total.get((message.mailing_id, message.variant), 0)
        judgement = judge_hit(company.hit(row, sent_at=message.at, links_total=total))
        _add_facts(batches[message.mailing_id], row, message, judgement)
    for batch in batches.values():
        await batch.put(tx)
    await tx.execute(
        tracking_hits.update()
        .where(tracking_hits.c.hit_id.in_([row.hit_id for row in due]))
        .values(judged_at=now)
    )
    return len(due)


async def forget_hits(tx: Tx, *, now: datetime) -> None:
    """Remove raw hits that were judged long ago; their facts stay."""
    await tx.execute(tracking_hits.delete().where(tracking_hits.c.judged_at < now - KEEP))


async def unsubscribe_by_message(
    tx: Tx,
    bus: Bus,
    *,
    ref: MessageRef,
    everything: bool,
    one_click: bool,
    ip: str | None,
    now: datetime,
) -> None:
    """Withdraw the consent of the person who got this message. Repeating it is no error.

    Scope: the topic of the mailing, or the whole channel if it had none or `everything` is wanted.
    """
    mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
    topic_id = None if everything else mailing.topic_id
    current = await current_ids(tx, workspace_id=ref.workspace_id, profile_ids=[ref.profile_id])
    profile_id = current.get(ref.profile_id, ref.profile_id)
    await unsubscribe(
        tx,
        workspace_id=ref.workspace_id,
        profile_id=profile_id,
        channel=mailing.channel,
        topic_id=topic_id,
        source=Source.ONE_CLICK if one_click else Source.UNSUBSCRIBE_LINK,
        now=now,
        ip=ip,
        proof={"message_id": ref.message_id},
    )
    variant, wave = await variant_of(tx, message_id=ref.message_id)
    facts = FactBatch(mailing)
    facts.add(
        Fact.UNSUBSCRIBED,
        message_id=ref.message_id,
        profile_id=ref.profile_id,
        variant=variant,
        wave=wave,
        reason="one_click" if one_click else "form",
        verdict=HitVerdict.PERSON.value,
        at=now,
    )
    await facts.put(tx)
    await bus.publish(
        tx,
        Unsubscribed(
            workspace_id=ref.workspace_id,
            profile_id=profile_id,
            channel=mailing.channel,
            topic_id=topic_id,
            source_kind=mailing.source_kind,
            source_id=mailing.source_id,
            at=now,
        ),
    )


async def variant_of(tx: Tx, *, message_id: int) -> tuple[str, int]:
    """Return the variant and the wave of a message; of one that is gone, none."""
    message = (await _messages(tx, [message_id])).get(message_id)
    return (message.variant, message.wave) if message else ("", 0)


async def _messages(tx: Tx, ids: Sequence[int]) -> dict[int, Any]:
    rows = await tx.execute(
        sa.select(
            messages.c.message_id,
            messages.c.profile_id,
            messages.c.mailing_id,
            messages.c.variant,
            messages.c.wave,
            messages.c.at,
        ).where(messages.c.message_id.in_(ids))
    )
    return {row.message_id: row for row in rows}


async def _links_total(tx: Tx, mailing_ids: set[int]) -> dict[tuple[int, str], int]:
    rows = await tx.execute(
        sa.select(
            mailing_variants.c.mailing_id,
            mailing_variants.c.key,
            mailing_variants.c.links_tracked,
        ).where(mailing_variants.c.mailing_id.in_(mailing_ids))
    )
    return {(row.mailing_id, row.key): row.links_tracked for row in rows}


def _add_facts(batch: FactBatch, row: Any, message: Any, judgement: HitJudgement) -> None:
    clicked = row.kind == "click"
    batch.add(
        Fact.CLICKED if clicked else Fact.OPENED,
        message_id=row.message_id,
        profile_id=message.profile_id,
        variant=message.variant,
        wave=message.wave,
        verdict=judgement.verdict.value,
        reason=judgement.reason,
        link=row.link,
        url=row.url,
        user_agent=row.user_agent,
        at=row.at,
        fact_id=f"{row.message_id}:hit:{row.hit_id}",
    )
    if clicked and judgement.verdict is HitVerdict.PERSON:
        # Who follows a link has read the letter, also when his program loads no images.
        batch.add(
            Fact.OPENED,
            message_id=row.message_id,
            profile_id=message.profile_id,
            variant=message.variant,
            wave=message.wave,
            verdict=judgement.verdict.value,
            reason="clicked",
            user_agent=row.user_agent,
            at=row.at,
            fact_id=f"{row.message_id}:hit:{row.hit_id}:opened",
        )
