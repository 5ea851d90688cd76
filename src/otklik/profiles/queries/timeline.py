"""The timeline of a person: what this slice knows, and what others bring, in one line of time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from otklik.events.public import events_before
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles import tables as t
from otklik.profiles.model.timeline import (
    Ask,
    Source,
    Sources,
    TimelineItem,
    TimelineKind,
    newest,
    place_of,
)
from otklik.profiles.queries.cards import homes_of
from otklik.profiles.queries.notes import list_edits, list_notes
from otklik.runtime.public import Runtime, Tx

_AHEAD = timedelta(days=1)


async def timeline(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int,
    now: datetime,
    others: Sources,
    lang: Lang,
    kinds: Collection[TimelineKind] | None = None,
    names: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[TimelineItem]:
    """Return what happened with a person, newest first.

    `kinds`: these only. `names`: events of these names only, and then nothing but events.
    `others`: the sources of other slices. Raises: ProfileNotFound, BadCursor.
    """
    limit = clamp_limit(limit)
    homes = await homes_of(tx, workspace_id=workspace_id, profile_id=profile_id)
    sources: dict[TimelineKind, Source] = {**OWN, **others}
    wanted = set(sources if kinds is None else kinds)
    if names is not None:
        wanted &= {TimelineKind.EVENT}
    place = decode_cursor(cursor, datetime, str, str) if cursor else None
    found: list[TimelineItem] = []
    for kind in sorted(wanted & set(sources)):
        before = place_of(kind, place) if place else (until or now + _AHEAD, "")
        ask = Ask(
            workspace_id=workspace_id,
            profile_id=homes[0],
            homes=homes,
            before=before,
            since=since,
            names=names,
            lang=lang,
            limit=limit + 1,
        )
        found += await sources[kind](rt, tx, ask)
    items = newest(found, limit + 1)
    last = items[limit - 1] if len(items) > limit else None
    return Page(
        items=items[:limit],
        next_cursor=None if last is None else encode_cursor(last.at, last.kind, last.id),
    )


async def _events(rt: Runtime, _tx: Tx, ask: Ask) -> list[TimelineItem]:
    rows = await events_before(
        rt,
        workspace_id=ask.workspace_id,
        profile_id=ask.profile_id,
        before=ask.before,
        since=ask.since,
        names=ask.names,
        limit=ask.limit,
    )
    return [
        TimelineItem(
            kind=TimelineKind.EVENT,
            id=row.message_id,
            at=row.time,
            name=row.name,
            facts={
                "type": row.type,
                "properties": row.properties,
                "context": row.context,
                "source": row.source,
                "user_id": row.user_id,
                "anonymous_id": row.anonymous_id,
                "received_at": row.received_at,
            },
        )
        for row in rows
    ]


async def _merges(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    m = t.merges.c
    rows = (
        await tx.execute(
            sa.select(t.merges).where(
                m.workspace_id == ask.workspace_id,
                sa.or_(m.from_id.in_(ask.homes), m.into_id.in_(ask.homes)),
            )
        )
    ).all()
    items: list[TimelineItem] = []
    for row in rows:
        facts: dict[str, Any] = {
            "merge_id": row.id,
            "from_id": row.from_id,
            "into_id": row.into_id,
            "reason": row.reason,
        }
        moments = [("merged", row.merged_at), ("undone", row.undone_at)]
        items += [
            TimelineItem(
                kind=TimelineKind.MERGE, id=f"{row.id}-{name}", at=at, name=name, facts=facts
            )
            for name, at in moments
            if at is not None
        ]
    return newest((one for one in items if ask.takes(one)), ask.limit)


async def _notes(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    notes = await list_notes(
        tx, workspace_id=ask.workspace_id, homes=ask.homes, before=ask.before, limit=ask.limit
    )
    return [
        TimelineItem(
            kind=TimelineKind.NOTE,
            id=str(note.id),
            at=note.created_at,
            name=note.author,
            facts={"text": note.text, "updated_at": note.updated_at},
        )
        for note in notes
        if ask.since is None or note.created_at >= ask.since
    ]


async def _edits(_rt: Runtime, tx: Tx, ask: Ask) -> list[TimelineItem]:
    edits = await list_edits(
        tx, workspace_id=ask.workspace_id, homes=ask.homes, before=ask.before, limit=ask.limit
    )
    return [
        TimelineItem(
            kind=TimelineKind.EDIT,
            id=str(edit.id),
            at=edit.at,
            name=edit.trait,
            facts={"before": edit.before, "after": edit.after, "actor": edit.actor},
        )
        for edit in edits
        if ask.since is None or edit.at >= ask.since
    ]


OWN: Sources = {
    TimelineKind.EVENT: _events,
    TimelineKind.MERGE: _merges,
    TimelineKind.NOTE: _notes,
    TimelineKind.EDIT: _edits,
}
