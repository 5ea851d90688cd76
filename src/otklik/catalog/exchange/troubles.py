"""Exchanges with 1C that need somebody, for the start page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.sessions import FAILURES_MAX, FAILURES_WINDOW
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx

SILENT_AFTER: Final = timedelta(days=3)
"""A connection that was used and then says nothing for so long has stopped."""


class ExchangeTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A connection of 1C that does not work as it should.

    `kind`: `failed`, the newest exchange of one kind ended with a file that was not taken or with
    a problem; `locked`, 1C comes with a wrong password; `silent`, it stopped coming. `problem`: a
    sentence in the reader's language, empty for `silent`.
    """

    exchange_id: UUID
    name: str
    kind: str
    problem: str
    at: datetime


async def exchange_troubles(
    tx: Tx, *, workspace_id: int, lang: Lang, now: datetime
) -> list[ExchangeTrouble]:
    """Return the troubles of a workspace's connections, at most one for each."""
    c, s, f = t.exchanges.c, t.exchange_sessions.c, t.exchange_files.c
    connections = (
        await tx.execute(
            sa.select(
                c.exchange_id,
                c.name,
                c.failures,
                c.failures_from,
                sa.select(sa.func.max(s.last_at))
                .where(s.exchange_id == c.exchange_id)
                .scalar_subquery()
                .label("last_at"),
            )
            .where(c.workspace_id == workspace_id)
            .order_by(c.created_at)
        )
    ).all()
    if not connections:
        return []
    newest = (
        sa.select(s.session_id, s.exchange_id, s.problem, s.last_at)
        .where(s.workspace_id == workspace_id)
        .order_by(s.exchange_id, s.kind, s.created_at.desc(), s.session_id.desc())
        .ext(distinct_on(s.exchange_id, s.kind))
        .subquery()
    )
    failed = await tx.execute(
        sa.select(newest, f.name.label("file"), f.problems, f.finished_at)
        .outerjoin(
            t.exchange_files,
            sa.and_(f.session_id == newest.c.session_id, f.state == "failed"),
        )
        .where(sa.or_(newest.c.problem.is_not(None), f.file_id.is_not(None)))
        .order_by(newest.c.last_at, f.created_at)
    )
    problems: dict[UUID, tuple[str, datetime]] = {}
    for row in failed:
        said = (row.problem or (row.problems[0] if row.problems else {})).get(lang, "")
        shown = said if row.problem or not row.file else f"{row.file}: {said}"
        problems[row.exchange_id] = (shown, row.finished_at or row.last_at)
    found = []
    for one in connections:
        kind, problem, at = "", "", now
        if one.exchange_id in problems:
            kind, (problem, at) = "failed", problems[one.exchange_id]
        elif _is_locked(one.failures, one.failures_from, now):
            kind, at = "locked", one.failures_from
        elif one.last_at is not None and one.last_at < now - SILENT_AFTER:
            kind, at = "silent", one.last_at
        if kind:
            found.append(
                ExchangeTrouble(
                    exchange_id=one.exchange_id, name=one.name, kind=kind, problem=problem, at=at
                )
            )
    return found


def _is_locked(failures: int, since: datetime | None, now: datetime) -> bool:
    return since is not None and failures >= FAILURES_MAX and since > now - 4 * FAILURES_WINDOW
