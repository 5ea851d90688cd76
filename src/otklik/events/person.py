"""Events of one person, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from otklik.events.model import EventRow
from otklik.events.queries import AHEAD, COLUMNS, OF_PROFILE, event_of, ids_of_person
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Runtime

_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)
_SPANS = (timedelta(days=31), timedelta.max)


async def events_of_profile(
    rt: Runtime,
    *,
    workspace_id: int,
    profile_id: int,
    cursor: str | None = None,
    limit: int = 50,
    names: Sequence[str] | None = None,
    now: datetime,
) -> Page[EventRow]:
    """Return a profile's events, newest first, those of merged profiles included.

    Raises: BadCursor.
    """
    limit = clamp_limit(limit)
    before = (now + AHEAD, "")
    if cursor is not None:
        before = decode_cursor(cursor, datetime, str)
    rows = await events_before(
        rt,
        workspace_id=workspace_id,
        profile_id=profile_id,
        before=before,
        names=names,
        limit=limit + 1,
    )
    items = rows[:limit]
    following = None
    if len(rows) > limit:
        following = encode_cursor(items[-1].time, items[-1].message_id)
    return Page(items, following)


async def events_before(
    rt: Runtime,
    *,
    workspace_id: int,
    profile_id: int,
    before: tuple[datetime, str],
    since: datetime | None = None,
    names: Sequence[str] | None = None,
    limit: int = 50,
) -> list[EventRow]:
    """Return the newest events of a profile and those merged into it, newest first.

    `before`: only what sorts below this (time, message id). `names`: of these names only.
    Only the newest of them are read whole: a person may have a hundred thousand events.
    """
    until, last_id = before
    values: dict[str, Any] = {
        "workspace_id": workspace_id,
        "profile_ids": await ids_of_person(rt, workspace_id=workspace_id, profile_id=profile_id),
        "since": since or _LONG_AGO,
        "until": until,
        "limit": limit,
    }
    where = f"""
        workspace_id = {{workspace_id:UInt32}} AND {OF_PROFILE}
        AND time >= {{since:DateTime64(3, 'UTC')}}
    """
    if names is not None:
        values["names"] = list(names)
        where += " AND name IN {names:Array(String)}"
    # First from which moment on there are enough: that reads one narrow column of all of them, and
    # of a busy person only that of the last month.
    earliest = values["since"]
    for span in _SPANS:
        is_whole = until - earliest <= span
        values["since"] = earliest if is_whole else until - span
        moments = await rt.ch.query(
            f"""
            SELECT time FROM events WHERE {where} AND time < {{until:DateTime64(6, 'UTC')}}
            ORDER BY time DESC LIMIT {{limit:UInt32}}
            """,
            values,
        )
        if len(moments) == limit:
            values["since"] = moments[-1][0]
            break
        if is_whole:
            break
    rows = await rt.ch.query(
        f"""
        SELECT {COLUMNS} FROM events
        WHERE {where} AND time <= {{until:DateTime64(6, 'UTC')}}
          AND (time, message_id) < ({{until:DateTime64(6, 'UTC')}}, {{last_id:String}})
        ORDER BY time DESC, message_id DESC LIMIT {{limit:UInt32}}
        """,
        {**values, "last_id": last_id},
    )
    return [event_of(row) for row in rows]
