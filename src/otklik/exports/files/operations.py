"""Exports in the background: asked for, cancelled, tried again, removed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import Principal, write_audit
from otklik.exports.errors import ExportNotFound, ExportOver, TooManyExports
from otklik.exports.model import ExportPlan, file_name
from otklik.exports.schedules.destinations import Download
from otklik.exports.schedules.sinks import check_room, data_file
from otklik.exports.tables import exports
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx

JOB = "exports.work"
WAITING_MAX = 20
"""Exports of a workspace that wait or are written: each may fill gigabytes of the disk."""


async def ask_export(
    rt: Runtime, tx: Tx, *, who: Principal, plan: ExportPlan, name: str, now: datetime
) -> UUID:
    """Put an export into the queue; its file will be in the list of exports.

    Raises: TooManyExports, NoRoom.
    """
    check_room(rt.settings.data_dir, rt.settings.exports.free_bytes_min)
    waiting = await tx.execute(
        sa.select(sa.func.count()).where(
            exports.c.workspace_id == who.workspace_id, exports.c.state.in_(("queued", "running"))
        )
    )
    count = waiting.scalar_one()
    if count >= WAITING_MAX:
        raise TooManyExports(count=count)
    export_id = new_id()
    await tx.execute(
        exports.insert().values(
            export_id=export_id,
            workspace_id=who.workspace_id,
            name=name,
            plan=msgspec.to_builtins(plan),
            destination=msgspec.to_builtins(Download()),
            file_name=file_name(plan, at=now, name=name),
            state="queued",
            as_of=now,
            due_at=now,
            created_at=now,
            created_by=who.user_id,
            created_key=who.key_id,
        )
    )
    await write_audit(
        tx,
        who=who,
        action="export.asked",
        object_kind="export",
        object_id=export_id,
        now=now,
        detail=told(plan),
    )
    await wake(rt, tx)
    return export_id


async def wake(rt: Runtime, tx: Tx) -> None:
    """Have the queue looked at as soon as `tx` is committed."""
    await rt.jobs.defer(tx, JOB, args={"timestamp": 0}, single=JOB)


async def cancel_export(tx: Tx, *, workspace_id: int, export_id: UUID, now: datetime) -> None:
    """Stop an export. Raises: ExportNotFound, ExportOver."""
    row = await _locked(tx, workspace_id, export_id)
    if row.state == "queued":
        changes: dict[str, Any] = {"state": "cancelled", "finished_at": now}
    elif row.state == "running":
        changes = {"cancel_asked": True}
    else:
        raise ExportOver()
    await tx.execute(exports.update().where(exports.c.export_id == export_id).values(**changes))


async def remove_export(rt: Runtime, tx: Tx, *, workspace_id: int, export_id: UUID) -> None:
    """Take a finished export off the list, with its file. Raises: ExportNotFound."""
    row = await _locked(tx, workspace_id, export_id)
    if row.state in {"queued", "running"}:
        raise ExportNotFound(what="export")
    await tx.execute(exports.delete().where(exports.c.export_id == export_id))
    with suppress(FileNotFoundError):
        await asyncio.to_thread(data_file(rt, workspace_id, export_id).unlink)


async def retry_export(
    rt: Runtime, tx: Tx, *, workspace_id: int, export_id: UUID, now: datetime
) -> None:
    """Try a failed export again. Raises: ExportNotFound, ExportOver."""
    row = await _locked(tx, workspace_id, export_id)
    if row.state != "failed":
        raise ExportOver()
    await tx.execute(
        exports.update()
        .where(exports.c.export_id == export_id)
        .values(state="queued", attempts=0, due_at=now, error=None, error_facts=None)
    )
    await wake(rt, tx)


async def _locked(tx: Tx, workspace_id: int, export_id: UUID) -> Any:
    row = (
        await tx.execute(
            sa.select(exports.c.state)
            .where(exports.c.workspace_id == workspace_id, exports.c.export_id == export_id)
            .with_for_update()
        )
    ).first()
    if row is None:
        raise ExportNotFound(what="export")
    return row


def told(plan: ExportPlan) -> dict[str, Any]:
    """Return what the audit keeps of a plan: which data, never whose."""
    return {
        "subject": plan.subject.value,
        "format": plan.format.value,
        "columns": list(plan.columns),
        "segment_id": str(plan.segment_id) if plan.segment_id else None,
        "source_id": str(plan.source_id) if plan.source_id else None,
    }


# The worker -------------------------------------------------------------------------------------
