"""Reads of privacy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.privacy.errors import TopicNotFound
from otklik.privacy.model import (
    WHOLE_CHANNEL,
    Action,
    ConsentItem,
    ConsentText,
    LedgerItem,
    Policy,
    Sendability,
    Source,
    State,
    Suppression,
    SuppressionReason,
    Topic,
    address_hash,
)
from otklik.privacy.tables import (
    consent_entries,
    consent_policies,
    consent_texts,
    suppressions,
    topics,
)
from otklik.privacy.tables import consent_states as states_table
from otklik.runtime.public import Tx, driver

# One row for each person who said anything of the channel, the topic or the topic's parent.
_STATES = """
SELECT s.profile_id, s.topic_id, s.state, s.at
FROM unnest(%(profile_ids)s::bigint[]) AS wanted(profile_id)
JOIN consent_states s ON s.workspace_id = %(workspace_id)s AND s.profile_id = wanted.profile_id
     AND s.channel = %(channel)s AND s.topic_id = ANY(%(topic_ids)s::uuid[])
"""


async def sendable(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    topic_id: UUID | None,
    profile_ids: Sequence[int],
) -> dict[int, Sendability]:
    """Return for every person whether consent lets a message through.

    The narrowest word counts: the topic's, else its parent's, else the channel's; but a refusal of
    something wider counts too, unless the narrower agreement came later. With no word at all it
    depends on the workspace's policy.
    One statement for any number of people.
    """
    scopes = [WHOLE_CHANNEL]
    if topic_id is not None:
        topic = await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)
        if topic.parent_id is not None:
            scopes.append(topic.parent_id)
        scopes.append(topic_id)
    policy = await get_policy(tx, workspace_id=workspace_id)
    silent = (
        Sendability.ALLOWED
        if channel == "email" and not policy.email_needs_consent
        else Sendability.NO_CONSENT
    )
    connection = await driver(tx)
    cursor = await connection.execute(
        _STATES,
        {
            "workspace_id": workspace_id,
            "channel": channel,
            "topic_ids": scopes,
            "profile_ids": list(profile_ids),
        },
    )
    said: dict[int, list[tuple[int, str, datetime]]] = {}
    width = {scope: i for i, scope in enumerate(scopes)}
    for profile_id, scope, state, at in await cursor.fetchall():
        said.setdefault(profile_id, []).append((width[scope], state, at))
    answer = dict.fromkeys(profile_ids, silent)
    for profile_id, words in said.items():
        answer[profile_id] = _judge(words, silent)
    return answer


def _judge(words: list[tuple[int, str, datetime]], silent: Sendability) -> Sendability:
    """Go from the widest scope to the narrowest."""
    allowed = False
    refused_at: datetime | None = None
    for _, state, at in sorted(words, key=lambda word: word[0]):
        if state == State.WITHDRAWN:
            refused_at, allowed = at if refused_at is None else max(refused_at, at), False
        elif state == State.GRANTED and (refused_at is None or at > refused_at):
            refused_at, allowed = None, True
    if refused_at is not None:
        return Sendability.WITHDRAWN
    return Sendability.ALLOWED if allowed else silent


async def consent_states(tx: Tx, *, workspace_id: int, profile_id: int) -> list[ConsentItem]:
    """Return where a person stands now, on every channel and topic he said anything of."""
    rows = await tx.execute(
        sa.select(states_table)
        .where(states_table.c.workspace_id == workspace_id, states_table.c.profile_id == profile_id)
        .order_by(states_table.c.channel, states_table.c.topic_id)
    )
    return [_item(row) for row in rows]


async def consents_at(
    tx: Tx, *, workspace_id: int, profile_id: int, at: datetime
) -> list[ConsentItem]:
    """Return where a person stood at a past moment, from the ledger alone."""
    rows = await tx.execute(
        sa.select(
            consent_entries.c.channel,
            consent_entries.c.topic_id,
            consent_entries.c.action.label("state"),
            consent_entries.c.at,
            consent_entries.c.source,
        )
        .distinct(consent_entries.c.channel, consent_entries.c.topic_id)
        .where(
            consent_entries.c.workspace_id == workspace_id,
            consent_entries.c.profile_id == profile_id,
            consent_entries.c.at <= at,
        )
        .order_by(
            consent_entries.c.channel,
            consent_entries.c.topic_id,
            consent_entries.c.at.desc(),
            consent_entries.c.action.desc(),
        )
    )
    return [_item(row) for row in rows]


async def ledger(
    tx: Tx, *, workspace_id: int, profile_id: int, cursor: str | None = None, limit: int = 50
) -> Page[LedgerItem]:
    """Return a person's entries, newest first."""
    limit = clamp_limit(limit)
    query = (
        sa.select(consent_entries)
        .where(
            consent_entries.c.workspace_id == workspace_id,
            consent_entries.c.profile_id == profile_id,
        )
        .order_by(consent_entries.c.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        query = query.where(consent_entries.c.id < decode_cursor(cursor, int)[0])
    rows = (await tx.execute(query)).all()
    items = [
        LedgerItem(
            id=r.id,
            profile_id=r.profile_id,
            channel=r.channel,
            topic_id=r.topic_id,
            action=Action(r.action),
            source=Source(r.source),
            at=r.at,
            recorded_at=r.recorded_at,
            text_id=r.text_id,
            ip=r.ip,
            proof=r.proof,
        )
        for r in rows[:limit]
    ]
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


async def list_topics(tx: Tx, *, workspace_id: int, archived: bool = False) -> list[Topic]:
    query = sa.select(topics).where(topics.c.workspace_id == workspace_id)
    if not archived:
        query = query.where(topics.c.archived.is_(False))
    return [_topic(row) for row in await tx.execute(query.order_by(topics.c.name))]


async def get_topic(tx: Tx, *, workspace_id: int, topic_id: UUID) -> Topic:
    row = (
        await tx.execute(
            sa.select(topics).where(topics.c.workspace_id == workspace_id, topics.c.id == topic_id)
        )
    ).one_or_none()
    if row is None:
        raise TopicNotFound()
    return _topic(row)


async def list_texts(tx: Tx, *, workspace_id: int) -> list[ConsentText]:
    rows = await tx.execute(
        sa.select(consent_texts)
        .where(consent_texts.c.workspace_id == workspace_id)
        .order_by(consent_texts.c.name, consent_texts.c.lang, consent_texts.c.version.desc())
    )
    return [_text(row) for row in rows]


async def latest_text(tx: Tx, *, workspace_id: int, name: str, lang: str) -> ConsentText | None:
    row = (
        await tx.execute(
            sa.select(consent_texts)
            .where(
                consent_texts.c.workspace_id == workspace_id,
                consent_texts.c.name == name,
                consent_texts.c.lang == lang,
            )
            .order_by(consent_texts.c.version.desc())
            .limit(1)
        )
    ).one_or_none()
    return _text(row) if row else None


async def get_policy(tx: Tx, *, workspace_id: int) -> Policy:
    """Return the workspace's policy; one that was never set asks for consent."""
    row = (
        await tx.execute(
            sa.select(consent_policies).where(consent_policies.c.workspace_id == workspace_id)
        )
    ).one_or_none()
    return Policy(email_needs_consent=row.email_needs_consent) if row else Policy()


async def suppressed(
    tx: Tx, *, workspace_id: int, channel: str, addresses: Sequence[str]
) -> dict[str, SuppressionReason]:
    """Return the addresses that are on the stop list, keyed as they were asked for."""
    if not addresses or not await _any_suppressed(tx, workspace_id, channel):
        return {}
    salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    by_hash: dict[bytes, list[str]] = {}
    for address in addresses:
        by_hash.setdefault(address_hash(salt, channel, address), []).append(address)
    connection = await driver(tx)
    cursor = await connection.execute(
        """
        SELECT s.address_hash, s.reason FROM unnest(%s::bytea[]) AS wanted(address_hash)
        JOIN suppressions s ON s.workspace_id = %s AND s.channel = %s
             AND s.address_hash = wanted.address_hash
        """,
        (list(by_hash), workspace_id, channel),
    )
    return {
        address: SuppressionReason(reason)
        for digest, reason in await cursor.fetchall()
        for address in by_hash[bytes(digest)]
    }


async def list_suppressions(
    tx: Tx, *, workspace_id: int, cursor: str | None = None, limit: int = 50
) -> Page[Suppression]:
    """Return the stop list, newest first. Addresses are stored as hashes; a hint is shown."""
    limit = clamp_limit(limit)
    query = (
        sa.select(suppressions)
        .where(suppressions.c.workspace_id == workspace_id)
        .order_by(suppressions.c.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        query = query.where(suppressions.c.id < decode_cursor(cursor, UUID)[0])
    rows = (await tx.execute(query)).all()
    items = [
        Suppression(
            id=r.id, channel=r.channel, reason=SuppressionReason(r.reason), at=r.at, hint=r.hint
        )
        for r in rows[:limit]
    ]
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)


async def _any_suppressed(tx: Tx, workspace_id: int, channel: str) -> bool:
    """Most workspaces begin without a stop list; hashing a million addresses is then needless."""
    row = await tx.execute(
        sa.select(suppressions.c.id)
        .where(suppressions.c.workspace_id == workspace_id, suppressions.c.channel == channel)
        .limit(1)
    )
    return row.first() is not None


def _item(row: Any) -> ConsentItem:
    topic_id = row.topic_id if row.topic_id not in (None, WHOLE_CHANNEL) else None
    return ConsentItem(
        channel=row.channel,
        topic_id=topic_id,
        state=State(row.state),
        at=row.at,
        source=Source(row.source),
    )


def _topic(row: Any) -> Topic:
    return Topic(
        id=row.id,
        name=row.name,
        description=row.description,
        parent_id=row.parent_id,
        archived=row.archived,
        created_at=row.created_at,
    )


def _text(row: Any) -> ConsentText:
    return ConsentText(
        id=row.id,
        name=row.name,
        version=row.version,
        lang=row.lang,
        text=row.text,
        hash=row.hash,
        created_at=row.created_at,
    )
