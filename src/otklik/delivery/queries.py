"""Reads of delivery. Counts come from the blocks, a thousand times fewer rows than messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.delivery.errors import MailingNotFound
from otklik.delivery.model import (
    FirstPart,
    LetterContent,
    Mailing,
    MailingState,
    MessageState,
    ProfileMessage,
    Progress,
    ReasonCount,
    Recipient,
    SkipReason,
    Stall,
    Variant,
    reason_text,
)
from otklik.delivery.operations.pace import measured_pace
from otklik.delivery.tables import (
    mailing_variants,
    mailings,
    message_blocks,
    messages,
    tracking_hits,
)
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

STALL_AFTER = timedelta(minutes=5)
_LATER_SHARE = 0.05
"""Some letters are always put off; with more of them nobody can tell when a mailing ends."""


async def get_mailing(tx: Tx, *, workspace_id: int, source_id: UUID) -> Mailing:
    """Return the mailing of a source; raises MailingNotFound, also for another workspace's."""
    row = (
        await tx.execute(
            sa.select(mailings).where(
                mailings.c.workspace_id == workspace_id, mailings.c.source_id == source_id
            )
        )
    ).one_or_none()
    if row is None:
        raise MailingNotFound()
    return _mailing(row)


async def mailing_by_number(tx: Tx, *, mailing_id: int) -> Mailing:
    """Return a mailing by its own number, for work that comes from a block or a signed token."""
    row = (
        await tx.execute(sa.select(mailings).where(mailings.c.mailing_id == mailing_id))
    ).one_or_none()
    if row is None:
        raise MailingNotFound()
    return _mailing(row)


async def mailing_state(tx: Tx, *, mailing_id: int) -> MailingState:
    """Return the state of a mailing now."""
    state = await tx.execute(
        sa.text("SELECT state FROM mailings WHERE mailing_id = :mailing_id"),
        {"mailing_id": mailing_id},
    )
    return MailingState(state.scalar_one())


async def mailing_letters(tx: Tx, *, mailing_id: int) -> list[Variant]:
    """Return the variants of a mailing in their order; shares are in `Mailing.arms`."""
    rows = await tx.execute(
        sa.select(mailing_variants)
        .where(mailing_variants.c.mailing_id == mailing_id)
        .order_by(mailing_variants.c.position)
    )
    return [
        Variant(r.key, r.name, 0, msgspec.convert(r.letter, LetterContent, strict=False))
        for r in rows
    ]


async def link_address(tx: Tx, *, mailing_id: int, variant: int, link: int) -> str | None:
    """Return where a numbered link of a variant leads, or None when there is no such link."""
    row = (
        await tx.execute(
            sa.select(mailing_variants.c.links).where(
                mailing_variants.c.mailing_id == mailing_id,
                mailing_variants.c.position == variant,
            )
        )
    ).one_or_none()
    if row is None or not 0 <= link < len(row.links):
        return None
    return row.links[link] or None


async def with_own_message(tx: Tx, *, mailing_id: int, profile_ids: Sequence[int]) -> set[int]:
    """Return those of `profile_ids` that have a message of this mailing under their own id."""
    if not profile_ids:
        return set()
    found = await tx.execute(
        sa.select(messages.c.profile_id).where(
            messages.c.mailing_id == mailing_id, messages.c.profile_id.in_(profile_ids)
        )
    )
    return set(found.scalars())


async def block_tallies(tx: Tx, *, mailing_id: int) -> dict[str, int]:
    """Return {"state|reason|variant": count} over all blocks of a mailing."""
    rows = await tx.execute(
        sa.text(
            """
            SELECT t.key, sum(t.value::bigint)::bigint AS n
              FROM message_blocks b, jsonb_each_text(b.tally) t
             WHERE b.mailing_id = :mailing_id
             GROUP BY t.key
            """
        ),
        {"mailing_id": mailing_id},
    )
    return {row.key: int(row.n) for row in rows}


async def progress_of(
    tx: Tx, *, workspace_id: int, source_ids: Sequence[UUID], now: datetime
) -> dict[UUID, Progress]:
    """Return how far the mailings of several sources are; those without a mailing are left out."""
    rows = (
        await tx.execute(
            sa.select(mailings).where(
                mailings.c.workspace_id == workspace_id, mailings.c.source_id.in_(source_ids)
            )
        )
    ).all()
    return {row.source_id: await _progress_of_row(tx, row, now) for row in rows}


async def progress(tx: Tx, *, workspace_id: int, source_id: UUID, now: datetime) -> Progress:
    """Return how far a mailing is; raises MailingNotFound."""
    row = (
        await tx.execute(
            sa.select(mailings).where(
                mailings.c.workspace_id == workspace_id, mailings.c.source_id == source_id
            )
        )
    ).one_or_none()
    if row is None:
        raise MailingNotFound()
    return await _progress_of_row(tx, row, now)


async def _progress_of_row(tx: Tx, row: Any, now: datetime) -> Progress:
    tally = row.tally
    if tally is None:
        tally = await block_tallies(tx, mailing_id=row.mailing_id)
    held = await _held(tx, row.mailing_id) if row.finished_at is None else 0
    rest = (
        await _rest(tx, row.mailing_id) if row.first is not None and row.finished_at is None else 0
    )
    rate = (
        await measured_pace(tx, mailing_id=row.mailing_id, started_at=row.started_at, now=now)
        if row.finished_at is None
        else 0.0
    )
    found = _progress(row, tally, held, rate, rest)
    if found.eta_s is not None and row.spread_minutes is None:
        # What waits for an hour of its own does not leave at the pace of what leaves now.
        later = await _later(tx, row.mailing_id, now)
        if later > (found.pending + found.sending - rest) * _LATER_SHARE:
            found = msgspec.structs.replace(found, eta_s=None)
    return msgspec.structs.replace(
        found, held=rest, winner=row.winner, first_done_at=row.first_done_at
    )


async def list_recipients(
    tx: Tx,
    *,
    workspace_id: int,
    source_id: UUID,
    lang: Lang,
    state: str | None = None,
    reason: str | None = None,
    variant: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Recipient]:
    """Return messages of a mailing in the order of their ids, by keyset.

    Only blocks whose tally says that they hold such messages are opened, so a rare state is found
    as fast as a common one.
    """
    mailing = await get_mailing(tx, workspace_id=workspace_id, source_id=source_id)
    limit = clamp_limit(limit)
    after = decode_cursor(cursor, int)[0] if cursor else 0
    patterns = [_tally_pattern(state, reason, variant)]
    if reason is not None and state in (None, MessageState.PLANNED):
        # Messages that wait for another attempt have a reason, which the tally leaves out.
        patterns.append(_tally_pattern(MessageState.PLANNED, "", variant))
    blocks = (
        sa.select(message_blocks.c.block_id, message_blocks.c.last_id)
        .where(
            message_blocks.c.mailing_id == mailing.mailing_id,
            message_blocks.c.last_id > after,
            sa.text(
                "EXISTS (SELECT FROM jsonb_object_keys(tally) k WHERE k LIKE ANY (:patterns))"
            ).bindparams(patterns=patterns),
        )
        .order_by(message_blocks.c.block_id)
        .subquery()
    )
    chosen = (
        sa.select(messages)
        .where(
            messages.c.message_id.between(blocks.c.block_id, blocks.c.last_id),
            messages.c.message_id > after,
            *([messages.c.state == state] if state else []),
            *([messages.c.reason == reason] if reason else []),
            *([messages.c.variant == variant] if variant else []),
        )
        .order_by(messages.c.message_id)
        .limit(limit + 1)
        .lateral()
    )
    rows = (
        await tx.execute(
            sa.select(chosen)
            .select_from(blocks.join(chosen, sa.true()))
            .order_by(blocks.c.block_id, chosen.c.message_id)
            .limit(limit + 1)
        )
    ).all()
    items = [_recipient(r, lang) for r in rows[:limit]]
    return Page(items, encode_cursor(items[-1].message_id) if len(rows) > limit else None)


async def profile_messages(
    tx: Tx,
    *,
    workspace_id: int,
    profile_ids: Sequence[int],
    lang: Lang,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ProfileMessage]:
    """Return messages of a person, the newest mailing first, with their fate.

    Shapes: `profile_ids` are the person's profile and those merged into it.
    """
    limit = clamp_limit(limit)
    keys = decode_cursor(cursor, int, int) if cursor else None
    # One probe of the unique index per mailing: no index by profile has to be kept for this.
    query = (
        sa.select(messages, mailings, mailing_variants.c.letter["subject"].astext.label("subject"))
        .select_from(
            mailings.join(messages, messages.c.mailing_id == mailings.c.mailing_id).outerjoin(
                mailing_variants,
                (mailing_variants.c.mailing_id == mailings.c.mailing_id)
                & (mailing_variants.c.key == messages.c.variant),
            )
        )
        .where(
            mailings.c.workspace_id == workspace_id,
            messages.c.profile_id == sa.any_(sa.cast(list(profile_ids), sa.ARRAY(sa.BigInteger))),
        )
        .order_by(mailings.c.mailing_id.desc(), messages.c.message_id.desc())
        .limit(limit + 1)
    )
    if keys:
        query = query.where(
            sa.tuple_(mailings.c.mailing_id, messages.c.message_id)
            < sa.tuple_(sa.literal(keys[0]), sa.literal(keys[1]))
        )
    rows = (await tx.execute(query)).all()
    items = [
        ProfileMessage(
            message_id=r.message_id,
            source_kind=r.source_kind,
            source_id=r.source_id,
            channel=r.channel,
            variant=r.variant,
            subject=_readable(r.subject or "", r.name),
            state=r.state,
            reason=r.reason,
            reason_text=reason_text(r.state, r.reason, lang),
            answer=r.answer or "",
            created_at=r.created_at,
            at=r.at,
        )
        for r in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items, encode_cursor(last.mailing_id, last.message_id) if last else None)


def _readable(subject: str, name: str) -> str:
    """Return what to call a letter: colleagues read no Liquid, and each reader's words differ."""
    return name if "{{" in subject or "{%" in subject else subject


async def count_mailings(tx: Tx, *, workspace_id: int, source_kind: str) -> int:
    """Return how many mailings of one kind of source a workspace has ordered."""
    count = await tx.execute(
        sa.select(sa.func.count())
        .select_from(mailings)
        .where(mailings.c.workspace_id == workspace_id, mailings.c.source_kind == source_kind)
    )
    return int(count.scalar_one())


async def stalls(tx: Tx, *, workspace_id: int, now: datetime) -> list[Stall]:
    """Return mailings that should move and do not, or that ended with messages in doubt.

    A mailing stalls when it runs, has a block that has been due or claimed for five minutes, and
    nothing was handed over in that time; or when the relay's trouble is five minutes old.
    """
    rows = await tx.execute(
        sa.text(
            """
            SELECT m.mailing_id, m.source_kind, m.source_id, m.name, m.trouble, m.state,
                   m.finished_at,
                   coalesce(m.trouble_at, p.at, m.started_at, m.created_at) AS since,
                   m.state <> 'finished' AND (
                       m.trouble_at < :limit
                       OR (coalesce(p.at, m.started_at, m.created_at) < :limit
                           AND (m.state = 'preparing' OR EXISTS (
                                SELECT FROM message_blocks b
                                 WHERE b.mailing_id = m.mailing_id
                                   AND (b.state = 'claimed'
                                        OR (b.state = 'ready' AND b.due_at < :limit)))))
                   ) AS stalled
              FROM mailings m
              LEFT JOIN LATERAL (SELECT max(at) AS at FROM mailing_paces
                                  WHERE mailing_id = m.mailing_id) p ON true
             WHERE m.workspace_id = :workspace_id
               AND (m.state IN ('preparing', 'running', 'stopping')
                    OR m.finished_at > :recent)
             ORDER BY m.mailing_id DESC
             LIMIT 100
            """
        ),
        {
            "workspace_id": workspace_id,
            "limit": now - STALL_AFTER,
            "recent": now - timedelta(days=7),
        },
    )
    found = []
    for row in rows.all():
        tally = await block_tallies(tx, mailing_id=row.mailing_id)
        in_doubt = sum(n for key, n in tally.items() if key.startswith("in_doubt|"))
        if row.stalled or in_doubt:
            found.append(
                Stall(
                    workspace_id=workspace_id,
                    source_kind=row.source_kind,
                    source_id=row.source_id,
                    name=row.name,
                    since=row.since if row.stalled else row.finished_at or row.since,
                    stalled=bool(row.stalled),
                    trouble=row.trouble,
                    in_doubt=in_doubt,
                )
            )
    return found


async def waiting_hits(tx: Tx) -> int:
    """Return how many opens and clicks were accepted and are not judged yet."""
    count = await tx.execute(
        sa.select(sa.func.count())
        .select_from(tracking_hits)
        .where(tracking_hits.c.judged_at.is_(None))
    )
    return int(count.scalar_one())


def _tally_pattern(*parts: str | None) -> str:
    """Return a LIKE pattern for tally keys; what is in a filter are letters, not wildcards."""
    return "|".join(
        "%" if part is None else part.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        for part in parts
    )


def _mailing(row: Any) -> Mailing:
    return Mailing(
        mailing_id=row.mailing_id,
        workspace_id=row.workspace_id,
        source_kind=row.source_kind,
        source_id=row.source_id,
        name=row.name,
        channel=row.channel,
        topic_id=row.topic_id,
        sender_id=row.sender_id,
        state=MailingState(row.state),
        rate_per_s=row.rate_per_s,
        arms=tuple((key, share) for key, share in row.arms),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        priority=row.priority,
        service=row.service,
        standing=row.standing,
        until=row.until,
        first=None if row.first is None else msgspec.convert(row.first, FirstPart),
        winner=row.winner,
        first_done_at=row.first_done_at,
        own_time=row.own_time,
        spread_minutes=row.spread_minutes,
    )


async def _held(tx: Tx, mailing_id: int) -> int:
    """Return how many planned messages are in blocks that a worker holds now."""
    held = await tx.execute(
        sa.text(
            """
            SELECT coalesce(sum(t.value::bigint), 0)
              FROM message_blocks b, jsonb_each_text(b.tally) t
             WHERE b.mailing_id = :mailing_id AND b.state = 'claimed' AND t.key LIKE 'planned|%'
            """
        ),
        {"mailing_id": mailing_id},
    )
    return int(held.scalar_one())


async def _rest(tx: Tx, mailing_id: int) -> int:
    """Return how many planned messages are in blocks that wait for a choice of the variant."""
    held = await tx.execute(
        sa.text(
            """
            SELECT coalesce(sum(t.value::bigint), 0)
              FROM message_blocks b, jsonb_each_text(b.tally) t
             WHERE b.mailing_id = :mailing_id AND b.state = 'held' AND t.key LIKE 'planned|%'
            """
        ),
        {"mailing_id": mailing_id},
    )
    return int(held.scalar_one())


async def _later(tx: Tx, mailing_id: int, now: datetime) -> int:
    """Return how many planned messages are in blocks that are not due for a while."""
    later = await tx.execute(
        sa.text(
            """
            SELECT coalesce(sum(t.value::bigint), 0)
              FROM message_blocks b, jsonb_each_text(b.tally) t
             WHERE b.mailing_id = :mailing_id AND b.state = 'ready' AND b.due_at > :soon
               AND t.key LIKE 'planned|%'
            """
        ),
        {"mailing_id": mailing_id, "soon": now + timedelta(minutes=1)},
    )
    return int(later.scalar_one())


def _progress(row: Any, tally: dict[str, int], held: int, rate: float, rest: int) -> Progress:
    states: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for key, count in tally.items():
        state, reason, _variant = key.split("|", 2)
        states[state] += count
        if reason and reason != SkipReason.CONTROL_GROUP:
            reasons[state, reason] += count
    prepared = sum(states.values())
    planned = states[MessageState.PLANNED]
    return Progress(
        state=row.state,
        total=row.audience_size if row.audience_size is not None else prepared,
        prepared=prepared,
        pending=planned - held,
        sending=held,
        sent=states[MessageState.SENT],
        bounced=states[MessageState.BOUNCED],
        failed=states[MessageState.FAILED],
        skipped=states[MessageState.SKIPPED],
        in_doubt=states[MessageState.IN_DOUBT],
        control=states[MessageState.CONTROL],
        rate_per_s=rate,
        eta_s=int((planned - rest) / rate)
        if rate and planned > rest and row.state == "running"
        else None,
        by_reason=[
            ReasonCount(state, reason, count) for (state, reason), count in reasons.most_common()
        ],
        trouble=row.trouble,
        trouble_at=row.trouble_at,
    )


def _recipient(row: Any, lang: Lang) -> Recipient:
    return Recipient(
        message_id=row.message_id,
        profile_id=row.profile_id,
        variant=row.variant,
        address=row.address,
        state=row.state,
        reason=row.reason,
        reason_text=reason_text(row.state, row.reason, lang),
        answer=row.answer or "",
        attempts=row.attempts,
        next_at=row.next_at,
        at=row.at,
    )
