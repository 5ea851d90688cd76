"""Writing the exports that are due: leases, progress, failures, and what is kept for how long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import Principal, Role, write_audit
from otklik.exports.errors import DestinationGone, DestinationNotFound
from otklik.exports.files.operations import told
from otklik.exports.files.pages import expected_rows
from otklik.exports.files.stream import Export, open_export, write_export
from otklik.exports.files.views import UNEXPECTED
from otklik.exports.model import ExportPlan
from otklik.exports.schedules.destinations import Destination, Download
from otklik.exports.schedules.kept import Opened, open_destination
from otklik.exports.schedules.sinks import data_file, fill, open_sink
from otklik.exports.tables import exports
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import LANGS
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx, end_task, log

LEASE = timedelta(seconds=60)
AT_ONCE = 2
"""Exports that are written at the same time, over all processes: other work needs room too."""
ATTEMPTS_MAX = 6
_BEAT_S = 10.0


class Cancelled(Exception):
    """Somebody asked to stop."""


class Lost(Exception):
    """Another worker took the export over."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One export in hand."""

    export_id: UUID
    workspace_id: int
    owner: UUID
    plan: ExportPlan
    destination: Destination
    destination_id: UUID | None
    file_name: str
    as_of: datetime
    arrived_after: datetime | None
    attempts: int
    schedule_id: UUID | None
    user_id: UUID | None
    key_id: UUID | None


async def step_exports(rt: Runtime) -> bool:
    """Do one export that is due; False when there is none."""
    async with rt.db.begin() as tx:
        work = await take(tx, now=rt.clock())
    if work is None:
        return False
    state: dict[str, int] = {"rows": 0, "size": 0}
    beat = asyncio.create_task(_beat(rt, work, state))
    # The work looks at what ended the beat, unless it ends first itself.
    beat.add_done_callback(lambda task: task.cancelled() or task.exception())
    try:
        await _carry_out(rt, work, state, beat)
    except Lost:
        log.warning("an export was taken over", export=str(work.export_id))
    except Cancelled:
        await _end(rt, work, state="cancelled", **state)
        if isinstance(work.destination, Download):
            # The wish may have come when the file was whole already.
            with suppress(FileNotFoundError):
                await asyncio.to_thread(data_file(rt, work.workspace_id, work.export_id).unlink)
    except Exception as error:
        await _failed(rt, work, error)
    finally:
        await end_task(beat)
    return True


async def take(tx: Tx, *, now: datetime) -> Work | None:
    """Lease an export: one that waits, or that of a worker that is gone."""
    c = exports.c
    # An export that takes its process down with it would be begun for ever.
    await tx.execute(
        exports.update()
        .where(c.state == "running", c.lease_until < now, c.attempts >= ATTEMPTS_MAX)
        .values(
            state="failed",
            lease_until=None,
            error="unexpected",
            error_facts={lang: UNEXPECTED.of(lang) for lang in LANGS},
            finished_at=now,
        )
    )
    running = await tx.execute(
        sa.select(sa.func.count()).where(c.state == "running", c.lease_until >= now)
    )
    if running.scalar_one() >= AT_ONCE:
        return None
    row = (
        await tx.execute(
            sa.select(exports)
            .where(
                c.due_at <= now,
                sa.or_(
                    c.state == "queued",
                    sa.and_(c.state == "running", c.lease_until < now),
                ),
            )
            .order_by(c.due_at, c.export_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    if row is None:
        return None
    owner = new_id()
    await tx.execute(
        exports.update()
        .where(c.export_id == row.export_id)
        .values(
            state="running",
            owner=owner,
            lease_until=now + LEASE,
            attempts=row.attempts + 1,
            started_at=now,
            rows=0,
            size=0,
        )
    )
    return Work(
        export_id=row.export_id,
        workspace_id=row.workspace_id,
        owner=owner,
        plan=msgspec.convert(row.plan, ExportPlan),
        destination=msgspec.convert(row.destination, Destination),
        destination_id=row.destination_id,
        file_name=row.file_name,
        as_of=row.as_of,
        arrived_after=row.arrived_after,
        attempts=row.attempts + 1,
        schedule_id=row.schedule_id,
        user_id=row.created_by,
        key_id=row.created_key,
    )


async def _carry_out(
    rt: Runtime, work: Work, state: dict[str, int], beat: asyncio.Task[None]
) -> None:
    export = await open_export(
        rt,
        work.plan,
        workspace_id=work.workspace_id,
        now=work.as_of,
        arrived_after=work.arrived_after,
    )
    place = await _place(rt, work)
    expected = await expected_rows(rt, work.plan, export.scope, workspace_id=work.workspace_id)
    async with rt.db.begin() as tx:
        await tx.execute(
            exports.update()
            .where(exports.c.export_id == work.export_id, exports.c.owner == work.owner)
            .values(rows_expected=expected, destination=msgspec.to_builtins(place.destination))
        )
    sink = open_sink(
        rt,
        place.destination,
        workspace_id=work.workspace_id,
        export_id=work.export_id,
        file_name=work.file_name,
        secret=place.secret,
    )

    def check() -> None:
        if beat.done():
            beat.result()

    await fill(sink, _counted(rt, export, state), check=check)
    check()
    await _end(rt, work, state="done", **state)


async def _counted(rt: Runtime, export: Export, state: dict[str, int]) -> AsyncIterator[bytes]:
    async for piece in write_export(rt, export):
        state["rows"], state["size"] = piece.rows, piece.size
        yield piece.body


async def _place(rt: Runtime, work: Work) -> Opened:
    """Return where the file goes. Raises: DestinationGone.

    A kept destination is opened as it is now, place and key together: a key never goes to a place
    that it was not given for.
    """
    if work.destination_id is None:
        return Opened(destination=work.destination, secret=None)
    try:
        async with rt.db.begin() as tx:
            return await open_destination(
                rt, tx, workspace_id=work.workspace_id, destination_id=work.destination_id
            )
    except DestinationNotFound as error:
        raise DestinationGone() from error


async def _beat(rt: Runtime, work: Work, state: dict[str, int]) -> None:
    """Prolong the lease, tell the progress, and notice a wish to stop.

    Raises: Cancelled, Lost.
    """
    while True:
        await asyncio.sleep(_BEAT_S if state["rows"] > 1_000_000 else 1.0)
        async with rt.db.begin() as tx:
            row = (
                await tx.execute(
                    exports.update()
                    .where(
                        exports.c.export_id == work.export_id,
                        exports.c.owner == work.owner,
                        exports.c.state == "running",
                    )
                    .values(lease_until=rt.clock() + LEASE, rows=state["rows"], size=state["size"])
                    .returning(exports.c.cancel_asked)
                )
            ).first()
        if row is None:
            raise Lost
        if row.cancel_asked:
            raise Cancelled


async def _end(rt: Runtime, work: Work, *, state: str, rows: int, size: int) -> None:
    now = rt.clock()
    kept = timedelta(days=rt.settings.exports.keep_days)
    async with rt.db.begin() as tx:
        changed = await tx.execute(
            exports.update()
            .where(exports.c.export_id == work.export_id, exports.c.owner == work.owner)
            .values(
                state=state,
                rows=rows,
                size=size,
                finished_at=now,
                lease_until=None,
                error=None,
                error_facts=None,
                expires_at=now + kept
                if state == "done" and isinstance(work.destination, Download)
                else None,
            )
        )
        if changed.rowcount and state == "done":
            await _audit(tx, work, rows, now)


async def _audit(tx: Tx, work: Work, rows: int, now: datetime) -> None:
    await write_audit(
        tx,
        who=Principal(
            workspace_id=work.workspace_id,
            role=Role.MARKETER,
            user_id=work.user_id,
            key_id=work.key_id,
        ),
        action="export.finished",
        object_kind="export",
        object_id=work.export_id,
        now=now,
        detail={**told(work.plan), "rows": rows, "schedule_id": str(work.schedule_id or "")},
    )


async def _failed(rt: Runtime, work: Work, error: Exception) -> None:
    """Put the export back with a growing pause, or give it up and say why."""
    now = rt.clock()
    known = error if isinstance(error, OtklikError) else None
    final = work.attempts >= ATTEMPTS_MAX or (known is not None and _lasting(known))
    facts = {lang: known.text(lang) if known else UNEXPECTED.of(lang) for lang in LANGS}
    log.error(
        "an export failed",
        export=str(work.export_id),
        attempt=work.attempts,
        error=type(error).__name__,
        final=final,
        exc_info=known is None,
    )
    pause = timedelta(seconds=min(3600, 15 * 4 ** (work.attempts - 1)))
    async with rt.db.begin() as tx:
        await tx.execute(
            exports.update()
            .where(exports.c.export_id == work.export_id, exports.c.owner == work.owner)
            .values(
                state="failed" if final else "queued",
                due_at=now + pause,
                lease_until=None,
                error=known.code if known else "unexpected",
                error_facts=facts,
                finished_at=now if final else None,
            )
        )


def _lasting(error: OtklikError) -> bool:
    """Tell what no retry heals. A store that refuses may do so for an hour only."""
    return error.retry == "never" and error.code not in {"export_store_refused", "export_bad_path"}


async def forget_files(rt: Runtime) -> None:
    """Delete files whose days are over; the line stays in the list without its file."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        rows = (
            await tx.execute(
                exports.update()
                .where(exports.c.state == "done", exports.c.expires_at < now)
                .values(state="expired")
                .returning(exports.c.workspace_id, exports.c.export_id)
            )
        ).all()
        # Lines themselves go after a year; the audit keeps who took what.
        await tx.execute(
            exports.delete().where(
                exports.c.created_at < now - timedelta(days=365),
                exports.c.state.in_(("expired", "done", "failed", "cancelled")),
            )
        )
    for row in rows:
        with suppress(FileNotFoundError):
            await asyncio.to_thread(data_file(rt, row.workspace_id, row.export_id).unlink)
