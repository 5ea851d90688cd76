"""Schedules: kept, changed, and turned into exports when they are due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import Principal, get_workspace, write_audit
from otklik.exports.errors import BadPlan, ScheduleNotFound
from otklik.exports.files.columns import chosen
from otklik.exports.files.operations import told, wake
from otklik.exports.model import ExportPlan, Subject, refuse_nul
from otklik.exports.schedules.destinations import Destination, Download
from otklik.exports.schedules.kept import hold_destination
from otklik.exports.schedules.naming import named, stamp
from otklik.exports.schedules.rhythm import Rhythm, last_moment, next_moment
from otklik.exports.tables import export_schedules, exports
from otklik.ingestion.public import backlog
from otklik.kit.ids import new_id
from otklik.runtime.public import Loop, Runtime, Tx

Mode = Literal["full", "new"]
SETTLE = timedelta(minutes=2)
"""How long after its moment a run begins: by then what was received before it is in the log."""
_PATIENCE = timedelta(minutes=1)
_AT_ONCE = 100

Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
USUAL_PATTERN = "{name}-{to}"


class NewSchedule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a schedule is made of.

    `mode` "new": each file has what came since the one before (events, messages).
    `destination_id`: one that an owner has set up; null: the list of exports. `pattern`: the file's
    name, see `named`.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
    plan: ExportPlan
    rhythm: Rhythm
    destination_id: UUID | None = None
    mode: Mode = "full"
    pattern: Pattern = USUAL_PATTERN
    enabled: bool = True


async def create_schedule(tx: Tx, *, who: Principal, data: NewSchedule, now: datetime) -> UUID:
    """Make a schedule. Its first period begins now.

    Raises: BadPlan, UnknownColumn, DestinationNotFound, UnusableText.
    """
    destination = await _checked(tx, who, data)
    zone = (await get_workspace(tx, workspace_id=who.workspace_id)).timezone
    schedule_id = new_id()
    await tx.execute(
        export_schedules.insert().values(
            schedule_id=schedule_id,
            workspace_id=who.workspace_id,
            **_values(data),
            next_at=next_moment(data.rhythm, zone, now),
            done_until=now,
            created_at=now,
            updated_at=now,
            created_by=who.user_id,
        )
    )
    await _note(tx, who, "created", schedule_id, data, destination, now)
    return schedule_id


async def change_schedule(
    tx: Tx,
    *,
    who: Principal,
    schedule_id: UUID,
    data: NewSchedule,
    now: datetime,
) -> None:
    """Change a schedule; the period in hand goes on from where the last one ended.

    Raises: ScheduleNotFound and what `create_schedule` raises.
    """
    await locked(tx, workspace_id=who.workspace_id, schedule_id=schedule_id)
    destination = await _checked(tx, who, data)
    zone = (await get_workspace(tx, workspace_id=who.workspace_id)).timezone
    await tx.execute(
        export_schedules.update()
        .where(export_schedules.c.schedule_id == schedule_id)
        .values(**_values(data), next_at=next_moment(data.rhythm, zone, now), updated_at=now)
    )
    await _note(tx, who, "changed", schedule_id, data, destination, now)


async def remove_schedule(tx: Tx, *, who: Principal, schedule_id: UUID, now: datetime) -> None:
    """Remove a schedule; its runs stay in the list. Raises: ScheduleNotFound."""
    await locked(tx, workspace_id=who.workspace_id, schedule_id=schedule_id)
    await tx.execute(
        exports.update()
        .where(exports.c.schedule_id == schedule_id, exports.c.state == "queued")
        .values(state="cancelled", finished_at=now)
    )
    await tx.execute(export_schedules.delete().where(export_schedules.c.schedule_id == schedule_id))
    await write_audit(
        tx,
        who=who,
        action="export_schedule.removed",
        object_kind="export_schedule",
        object_id=schedule_id,
        now=now,
    )


async def run_now(rt: Runtime, tx: Tx, *, who: Principal, schedule_id: UUID, now: datetime) -> UUID:
    """Make one file at once, of everything; the periods are not touched. Raises the same."""
    row = await locked(tx, workspace_id=who.workspace_id, schedule_id=schedule_id)
    export_id = await _queue(rt, tx, row, as_of=now, arrived_after=None, due_at=now, now=now)
    await write_audit(
        tx,
        who=who,
        action="export.asked",
        object_kind="export",
        object_id=export_id,
        now=now,
        detail=told(msgspec.convert(row.plan, ExportPlan)),
    )
    return export_id


async def _checked(tx: Tx, who: Principal, data: NewSchedule) -> Destination:
    """Return where a schedule is to write, if it can be kept."""
    refuse_nul(data)
    data.plan.check()
    chosen(data.plan)
    destination = await hold_destination(
        tx, workspace_id=who.workspace_id, destination_id=data.destination_id
    )
    if data.mode == "new" and data.plan.subject not in {Subject.EVENTS, Subject.MESSAGES}:
        raise BadPlan(
            what="Only events and messages can be taken out piece by piece; others as a whole.",
            what_ru="По частям выгружают только события и сообщения, остальное — целиком.",
        )
    if data.mode == "new" and (data.plan.since or data.plan.until):
        raise BadPlan(
            what="A schedule of what is new has its own period; leave out since and until.",
            what_ru="У выгрузки нового период свой, не указывайте since и until.",
        )
    if isinstance(destination, Download) and data.mode == "new":
        raise BadPlan(
            what="New rows are written to a folder or a store.",
            what_ru="Новые строки пишут в папку или в хранилище.",
        )
    if data.plan.limit is not None or data.plan.marks:
        raise BadPlan(
            what="A schedule writes whole files.", what_ru="Расписание пишет файлы целиком."
        )
    return destination


async def locked(tx: Tx, *, workspace_id: int, schedule_id: UUID) -> Any:
    """Return the row of a schedule, locked. Raises: ScheduleNotFound."""
    c = export_schedules.c
    row = (
        await tx.execute(
            sa.select(export_schedules)
            .where(c.workspace_id == workspace_id, c.schedule_id == schedule_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        raise ScheduleNotFound(what="schedule")
    return row


def _values(data: NewSchedule) -> dict[str, Any]:
    return {
        "name": data.name.strip(),
        "plan": msgspec.to_builtins(data.plan),
        "mode": data.mode,
        "rhythm": msgspec.to_builtins(data.rhythm),
        "destination_id": data.destination_id,
        "pattern": data.pattern,
        "enabled": data.enabled,
    }


async def _note(
    tx: Tx,
    who: Principal,
    what: str,
    schedule_id: UUID,
    data: NewSchedule,
    destination: Destination,
    now: datetime,
) -> None:
    await write_audit(
        tx,
        who=who,
        action=f"export_schedule.{what}",
        object_kind="export_schedule",
        object_id=schedule_id,
        now=now,
        detail={**told(data.plan), "destination": type(destination).__name__.lower()},
    )


async def _queue(
    rt: Runtime,
    tx: Tx,
    row: Any,
    *,
    as_of: datetime,
    arrived_after: datetime | None,
    due_at: datetime,
    now: datetime,
) -> UUID:
    plan = msgspec.convert(row.plan, ExportPlan)
    destination = await hold_destination(
        tx, workspace_id=row.workspace_id, destination_id=row.destination_id
    )
    export_id = new_id()
    values = {
        "name": row.name,
        "date": f"{as_of:%Y-%m-%d}",
        "time": f"{as_of:%H%M}",
        "from": stamp(arrived_after) if arrived_after else "",
        "to": stamp(as_of),
        "format": plan.format.value,
    }
    await tx.execute(
        exports.insert().values(
            export_id=export_id,
            workspace_id=row.workspace_id,
            schedule_id=row.schedule_id,
            name=row.name,
            plan=row.plan,
            destination=msgspec.to_builtins(destination),
            destination_id=row.destination_id,
            file_name=named(row.pattern, values=values, suffix=plan.suffix),
            state="queued",
            arrived_after=arrived_after,
            as_of=as_of,
            due_at=due_at,
            created_at=now,
            created_by=row.created_by,
        )
    )
    await wake(rt, tx)
    return export_id


async def step_schedules(rt: Runtime) -> bool:
    """Turn due schedules into their next exports; False when none is due and ready.

    The export and the move to the next moment are one transaction, and a schedule has one export
    for each moment: so each period is taken out once. A file that is written again after a crash
    has the same name and the same rows.
    """
    now = rt.clock()
    c = export_schedules.c
    made = False
    async with rt.db.begin() as tx:
        rows = (
            await tx.execute(
                sa.select(export_schedules)
                .where(c.enabled, c.next_at <= now - SETTLE)
                .order_by(c.next_at)
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
        ).all()
        for row in rows:
            made = await _due(rt, tx, row, now) or made
    return made


async def _due(rt: Runtime, tx: Tx, row: Any, now: datetime) -> bool:
    rhythm = msgspec.convert(row.rhythm, Rhythm)
    zone = (await get_workspace(tx, workspace_id=row.workspace_id)).timezone
    moment = row.next_at
    if row.mode == "full":
        # Files of everything that were missed would all be the same.
        moment = last_moment(rhythm, zone, moment, now - SETTLE)
    elif not await _all_stored(tx, row.workspace_id, moment):
        return False
    arrived_after = row.done_until if row.mode == "new" else None
    await _queue(rt, tx, row, as_of=moment, arrived_after=arrived_after, due_at=now, now=now)
    await tx.execute(
        export_schedules.update()
        .where(export_schedules.c.schedule_id == row.schedule_id)
        .values(next_at=next_moment(rhythm, zone, moment), done_until=moment)
    )
    return True


async def _all_stored(tx: Tx, workspace_id: int, moment: datetime) -> bool:
    """Tell whether every event received up to `moment` has left the log for the store."""
    waiting = await backlog(tx, workspace_id=workspace_id)
    return waiting.oldest is None or waiting.oldest > moment + _PATIENCE


SCHEDULES_LOOP = Loop(name="exports.schedules", step=step_schedules, idle_s=15.0)
