"""Reads of consents, topics and suppressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.privacy import tables as t
from otklik.privacy.errors import TopicNotFound
from otklik.privacy.model import (
    CHANNELS,
    Action,
    ConsentEntry,
    ConsentItem,
    ConsentText,
    LedgerItem,
    Policy,
    Purpose,
    Said,
    Source,
    State,
    Suppression,
    SuppressionReason,
    Topic,
    address_hash,
    current_state,
)
from otklik.privacy.tables import WHOLE_CHANNEL
from otklik.runtime.public import Tx

_ids = sa.ARRAY(sa.BigInteger)


def _any(column: sa.ColumnElement[int], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    return column == sa.func.any(sa.literal([int(one) for one in ids], _ids))


async def get_policy(tx: Tx, *, workspace_id: int) -> Policy:
    """Return the workspace's rule for letters; opt-in where none was set."""
    needs = (
        await tx.execute(
            sa.select(t.consent_policies.c.email_needs_consent).where(
                t.consent_policies.c.workspace_id == workspace_id
            )
        )
    ).scalar_one_or_none()
    return Policy() if needs is None else Policy(email_needs_consent=needs)


async def list_topics(tx: Tx, *, workspace_id: int, archived: bool = False) -> list[Topic]:
    """Return the topics by name; archived ones only where asked for."""
    statement = (
        sa.select(t.topics).where(t.topics.c.workspace_id == workspace_id).order_by(t.topics.c.name)
    )
    if not archived:
        statement = statement.where(t.topics.c.archived.is_(False))
    return [_topic(row) for row in await tx.execute(statement)]


async def get_topic(tx: Tx, *, workspace_id: int, topic_id: UUID) -> Topic:
    """Return a topic; raises TopicNotFound."""
    row = (
        await tx.execute(
            sa.select(t.topics).where(
                t.topics.c.workspace_id == workspace_id, t.topics.c.id == topic_id
            )
        )
    ).one_or_none()
    if row is None:
        raise TopicNotFound()
    return _topic(row)


def _topic(row: Any) -> Topic:
    return Topic(
        id=row.id,
        name=row.name,
        description=row.description,
        parent_id=row.parent_id,
        archived=row.archived,
        created_at=row.created_at,
    )


async def refused_subtopics(tx: Tx, *, workspace_id: int, entry: ConsentEntry) -> list[Topic]:
    """Return the subtopics, refused by the person, of the topic that he now agrees to."""
    if entry.action is not Action.GRANTED or entry.topic_id is None:
        return []
    c, s = t.topics.c, t.consent_states.c
    rows = await tx.execute(
        sa.select(t.topics)
        .join_from(t.topics, t.consent_states, s.topic_id == c.id)
        .where(
            c.workspace_id == workspace_id,
            c.parent_id == entry.topic_id,
            c.archived.is_(False),
            s.workspace_id == workspace_id,
            s.profile_id == entry.profile_id,
            s.purpose == entry.purpose.value,
            s.channel == entry.channel,
            s.state == State.WITHDRAWN.value,
        )
        .order_by(c.name)
    )
    return [_topic(row) for row in rows]


async def list_texts(tx: Tx, *, workspace_id: int) -> list[ConsentText]:
    """Return every version of every text, the newest of each first."""
    c = t.consent_texts.c
    rows = await tx.execute(
        sa.select(t.consent_texts)
        .where(c.workspace_id == workspace_id)
        .order_by(c.name, c.lang, c.version.desc())
    )
    return [text_of(row) for row in rows]


def text_of(row: Any) -> ConsentText:
    return ConsentText(
        id=row.id,
        name=row.name,
        version=row.version,
        lang=row.lang,
        text=row.text,
        hash=row.hash,
        created_at=row.created_at,
    )


async def consent_states(tx: Tx, *, workspace_id: int, profile_id: int) -> list[ConsentItem]:
    """Return where a person stands now, per channel and topic that was ever spoken of."""
    c = t.consent_states.c
    rows = await tx.execute(
        sa.select(t.consent_states)
        .where(c.workspace_id == workspace_id, c.profile_id == profile_id)
        .order_by(c.purpose, c.channel, c.topic_id)
    )
    return [
        ConsentItem(
            purpose=Purpose(row.purpose),
            channel=row.channel,
            topic_id=None if row.topic_id == WHOLE_CHANNEL else row.topic_id,
            state=State(row.state),
            at=row.at,
            source=Source(row.source),
        )
        for row in rows
    ]


async def consents_at(
    tx: Tx, *, workspace_id: int, profile_id: int, at: datetime
) -> list[ConsentItem]:
    """Return where a person stood at a past moment, by what had been written down by then."""
    said = await said_by(tx, workspace_id=workspace_id, people=[profile_id], until=at)
    items = []
    for (_, purpose, channel, topic_id), lines in sorted(said.items()):
        state, line = current_state(lines)
        if line is not None:
            items.append(
                ConsentItem(
                    purpose=Purpose(purpose),
                    channel=channel,
                    topic_id=None if topic_id == WHOLE_CHANNEL else topic_id,
                    state=state,
                    at=line.at,
                    source=line.source,
                )
            )
    return items


async def said_by(
    tx: Tx, *, workspace_id: int, people: Sequence[int], until: datetime | None = None
) -> dict[tuple[int, str, str, UUID], list[Said]]:
    """Return the lines of people's ledgers by (person, purpose, channel, topic)."""
    e, p = t.consent_entries.c, t.consent_people.c
    own = sa.select(
        sa.func.unnest(sa.literal([int(one) for one in people], _ids)).label("person"),
    ).subquery()
    members = (
        sa.select(own.c.person, own.c.person.label("profile_id"), sa.null().label("since"))
        .union_all(
            sa.select(p.into_id, p.profile_id, p.since).where(
                p.workspace_id == workspace_id,
                _any(p.into_id, people),
                *([p.since <= until] if until is not None else []),
            )
        )
        .subquery()
    )
    statement = (
        sa.select(
            members.c.person,
            sa.cast(members.c.since, sa.DateTime(timezone=True)).label("since"),
            e.profile_id,
            e.purpose,
            e.channel,
            e.topic_id,
            e.action,
            e.source,
            e.at,
            e.recorded_at,
        )
        .join_from(members, t.consent_entries, e.profile_id == members.c.profile_id)
        .where(e.workspace_id == workspace_id)
        .order_by(e.id)
    )
    if until is not None:
        statement = statement.where(e.recorded_at <= until, e.at <= until)
    said: dict[tuple[int, str, str, UUID], list[Said]] = {}
    for row in await tx.execute(statement):
        said.setdefault((row.person, row.purpose, row.channel, row.topic_id), []).append(
            Said(
                profile_id=row.profile_id,
                action=Action(row.action),
                source=Source(row.source),
                at=row.at,
                recorded_at=row.recorded_at,
                since=row.since,
            )
        )
    return said


async def ledger(
    tx: Tx, *, workspace_id: int, profile_id: int, cursor: str | None = None, limit: int = 50
) -> Page[LedgerItem]:
    """Return a person's ledger, newest line first, with lines of profiles merged into it."""
    limit = clamp_limit(limit)
    e, p = t.consent_entries.c, t.consent_people.c
    merged = sa.select(p.profile_id).where(p.workspace_id == workspace_id, p.into_id == profile_id)
    statement = (
        sa.select(t.consent_entries)
        .where(
            e.workspace_id == workspace_id,
            sa.or_(e.profile_id == profile_id, e.profile_id.in_(merged)),
        )
        .order_by(e.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        statement = statement.where(e.id < decode_cursor(cursor, int)[0])
    rows = (await tx.execute(statement)).all()
    return Page(
        items=[ledger_item(row) for row in rows[:limit]],
        next_cursor=encode_cursor(rows[limit - 1].id) if len(rows) > limit else None,
    )


def ledger_item(row: Any) -> LedgerItem:
    return LedgerItem(
        id=row.id,
        profile_id=row.profile_id,
        purpose=Purpose(row.purpose),
        channel=row.channel,
        topic_id=None if row.topic_id == WHOLE_CHANNEL else row.topic_id,
        action=Action(row.action),
        source=Source(row.source),
        at=row.at,
        recorded_at=row.recorded_at,
        text_id=row.text_id,
        ip=None if row.ip is None else str(row.ip),
        proof=row.proof,
        number=row.number,
        digest=None if row.digest is None else row.digest.hex(),
    )


async def list_suppressions(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str | None = None,
    address: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Suppression]:
    """Return the stop list, newest first; `address` looks for exactly one."""
    limit = clamp_limit(limit)
    c = t.suppressions.c
    statement = (
        sa.select(t.suppressions)
        .where(c.workspace_id == workspace_id)
        .order_by(c.id.desc())
        .limit(limit + 1)
    )
    if channel is not None:
        statement = statement.where(c.channel == channel)
    if address is not None:
        salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
        wanted = [address_hash(salt, one, address) for one in ([channel] if channel else CHANNELS)]
        statement = statement.where(c.address_hash.in_(wanted))
    if cursor:
        statement = statement.where(c.id < decode_cursor(cursor, UUID)[0])
    rows = (await tx.execute(statement)).all()
    return Page(
        items=[
            Suppression(
                id=row.id,
                channel=row.channel,
                reason=SuppressionReason(row.reason),
                at=row.at,
                hint=row.hint,
            )
            for row in rows[:limit]
        ],
        next_cursor=encode_cursor(rows[limit - 1].id) if len(rows) > limit else None,
    )
