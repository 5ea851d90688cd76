"""Writes of what people can agree to: topics, texts of consents, the policy."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.kit.ids import new_id
from otklik.privacy import tables as t
from otklik.privacy.errors import (
    TopicExists,
    TopicNested,
)
from otklik.privacy.model import (
    ConsentText,
    Policy,
    Topic,
)
from otklik.privacy.operations.ledger import lock_workspace
from otklik.privacy.queries import get_topic, text_of
from otklik.runtime.public import Tx


async def create_topic(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    description: str = "",
    parent_id: UUID | None = None,
    now: datetime,
) -> Topic:
    """Make a topic, or a subtopic. Raises: TopicExists, TopicNotFound, TopicNested."""
    if parent_id is not None:
        parent = await get_topic(tx, workspace_id=workspace_id, topic_id=parent_id)
        if parent.parent_id is not None:
            raise TopicNested()
    topic_id = new_id()
    result = await tx.execute(
        insert(t.topics)
        .values(
            id=topic_id,
            workspace_id=workspace_id,
            name=name.strip(),
            description=description.strip(),
            parent_id=parent_id,
            archived=False,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(t.topics.c.id)
    )
    if result.first() is None:
        raise TopicExists(name=name)
    return await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)


async def update_topic(
    tx: Tx,
    *,
    workspace_id: int,
    topic_id: UUID,
    name: str | None = None,
    description: str | None = None,
    archived: bool | None = None,
) -> Topic:
    """Change a topic; what is None stays. Raises: TopicNotFound, TopicExists."""
    topic = await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)
    c = t.topics.c
    if name is not None and name.strip() != topic.name:
        taken = await tx.execute(
            sa.select(c.id).where(c.workspace_id == workspace_id, c.name == name.strip())
        )
        if taken.first() is not None:
            raise TopicExists(name=name)
    values: dict[str, object] = {}
    if name is not None:
        values["name"] = name.strip()
    if description is not None:
        values["description"] = description.strip()
    if archived is not None:
        values["archived"] = archived
    if values:
        await tx.execute(
            t.topics.update()
            .where(c.workspace_id == workspace_id, c.id == topic_id)
            .values(**values)
        )
    return await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)


async def add_text(
    tx: Tx, *, workspace_id: int, name: str, lang: str, text: str, now: datetime
) -> ConsentText:
    """Add the next version of a text; the same text again returns the version that has it."""
    await lock_workspace(tx, workspace_id)
    c = t.consent_texts.c
    digest = hashlib.sha256(text.encode()).hexdigest()
    newest = (
        await tx.execute(
            sa.select(t.consent_texts)
            .where(c.workspace_id == workspace_id, c.name == name, c.lang == lang)
            .order_by(c.version.desc())
            .limit(1)
        )
    ).one_or_none()
    if newest is not None and newest.hash == digest:
        return text_of(newest)
    row = (
        await tx.execute(
            t.consent_texts.insert()
            .values(
                id=new_id(),
                workspace_id=workspace_id,
                name=name,
                version=1 if newest is None else newest.version + 1,
                lang=lang,
                text=text,
                hash=digest,
                created_at=now,
            )
            .returning(*t.consent_texts.c)
        )
    ).one()
    return text_of(row)


async def set_policy(tx: Tx, *, workspace_id: int, policy: Policy) -> None:
    """Set whether letters need a consent that was given."""
    values = {"email_needs_consent": policy.email_needs_consent}
    await tx.execute(
        insert(t.consent_policies)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )
