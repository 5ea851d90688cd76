"""Reading the list of exports and schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from otklik.accounts.public import get_user
from otklik.exports.errors import ExportNotFound, ScheduleNotFound
from otklik.exports.files.views import ExportRunState, ExportView, said
from otklik.exports.model import ExportPlan, Moment
from otklik.exports.schedules.destinations import Destination, Download, shown_destination
from otklik.exports.schedules.kept import list_destinations
from otklik.exports.schedules.operations import Mode
from otklik.exports.schedules.rhythm import Rhythm
from otklik.exports.tables import export_schedules, exports
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


class ScheduleView(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule. `last`: its newest run. `destination_id` null: the list of exports."""

    id: UUID
    name: str
    plan: ExportPlan
    mode: Mode
    rhythm: Rhythm
    destination_id: UUID | None
    destination: Destination
    destination_name: str
    pattern: str
    enabled: bool
    next_at: datetime
    done_until: datetime
    created_at: datetime
    last: ExportView | None


class ExportTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule whose newest run failed, for the list of what needs attention."""

    schedule_id: UUID
    name: str
    at: datetime


async def list_exports(
    tx: Tx,
    *,
    workspace_id: int,
    lang: Lang,
    schedule_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ExportView]:
    """Return exports, newest first; of one schedule, or all. Raises: BadCursor."""
    limit = clamp_limit(limit)
    c = exports.c
    where = [c.workspace_id == workspace_id]
    if schedule_id is not None:
        where.append(c.schedule_id == schedule_id)
    if cursor is not None:
        at, one = decode_cursor(cursor, Moment, UUID)
        where.append(sa.tuple_(c.created_at, c.export_id) < sa.tuple_(sa.literal(at), one))
    rows = (
        await tx.execute(
            sa.select(exports)
            .where(*where)
            .order_by(c.created_at.desc(), c.export_id.desc())
            .limit(limit + 1)
        )
    ).all()
    people = await _people(tx, rows)
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        following = encode_cursor(shown[-1].created_at, shown[-1].export_id)
    return Page([_view(row, people, lang) for row in shown], following)


async def get_export(tx: Tx, *, workspace_id: int, export_id: UUID, lang: Lang) -> ExportView:
    """Raises: ExportNotFound."""
    row = (
        await tx.execute(
            sa.select(exports).where(
                exports.c.workspace_id == workspace_id, exports.c.export_id == export_id
            )
        )
    ).first()
    if row is None:
        raise ExportNotFound(what="export")
    return _view(row, await _people(tx, [row]), lang)


async def list_schedules(tx: Tx, *, workspace_id: int, lang: Lang) -> list[ScheduleView]:
    """Return the schedules of a workspace by name, each with its newest run."""
    c = export_schedules.c
    rows = (
        await tx.execute(
            sa.select(export_schedules).where(c.workspace_id == workspace_id).order_by(c.name)
        )
    ).all()
    newest = (
        await tx.execute(
            sa.select(exports)
            .ext(distinct_on(exports.c.schedule_id))
            .where(
                exports.c.workspace_id == workspace_id,
                exports.c.schedule_id.in_([row.schedule_id for row in rows]),
            )
            .order_by(exports.c.schedule_id, exports.c.created_at.desc())
        )
    ).all()
    last = {row.schedule_id: _view(row, {}, lang) for row in newest}
    kept = {
        one.id: one for one in await list_destinations(tx, workspace_id=workspace_id, whole=False)
    }
    return [
        ScheduleView(
            id=row.schedule_id,
            name=row.name,
            plan=msgspec.convert(row.plan, ExportPlan),
            mode=row.mode,
            rhythm=msgspec.convert(row.rhythm, Rhythm),
            destination_id=row.destination_id,
            destination=kept[row.destination_id].place if row.destination_id else Download(),
            destination_name=kept[row.destination_id].name if row.destination_id else "",
            pattern=row.pattern,
            enabled=row.enabled,
            next_at=row.next_at,
            done_until=row.done_until,
            created_at=row.created_at,
            last=last.get(row.schedule_id),
        )
        for row in rows
    ]


async def get_schedule(tx: Tx, *, workspace_id: int, schedule_id: UUID, lang: Lang) -> ScheduleView:
    """Raises: ScheduleNotFound."""
    for one in await list_schedules(tx, workspace_id=workspace_id, lang=lang):
        if one.id == schedule_id:
            return one
    raise ScheduleNotFound(what="schedule")


async def export_troubles(tx: Tx, *, workspace_id: int) -> list[ExportTrouble]:
    """Return the switched-on schedules whose newest run failed."""
    schedules = await list_schedules(tx, workspace_id=workspace_id, lang="en")
    return [
        ExportTrouble(
            schedule_id=one.id, name=one.name, at=one.last.finished_at or one.last.created_at
        )
        for one in schedules
        if one.enabled and one.last is not None and one.last.state is ExportRunState.FAILED
    ]


async def _people(tx: Tx, rows: Any) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for user_id in {row.created_by for row in rows if row.created_by is not None}:
        user = await get_user(tx, user_id=user_id)
        found[user_id] = user.name or user.email
    return found


def _view(row: Any, people: dict[UUID, str], lang: Lang) -> ExportView:
    return ExportView(
        id=row.export_id,
        schedule_id=row.schedule_id,
        name=row.name,
        file_name=row.file_name,
        plan=msgspec.convert(row.plan, ExportPlan),
        destination=shown_destination(msgspec.convert(row.destination, Destination), whole=False),
        state=ExportRunState(row.state),
        rows=row.rows,
        rows_expected=row.rows_expected,
        size=row.size,
        attempts=row.attempts,
        period_from=row.arrived_after,
        period_to=row.as_of,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        created_by=people.get(row.created_by, "") if row.created_by else "",
        error=said(row.error, row.error_facts, lang) if row.state != "done" else None,
    )
