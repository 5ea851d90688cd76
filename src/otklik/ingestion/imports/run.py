"""Doing an import: one bounded piece per transaction, from where the last one ended.

The counters, the place in the file and what the piece gave are one commit. So a process may be
killed anywhere: the next one goes on from the last commit, and nothing is there twice.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from otklik.ingestion.imports import ending, files, operations, order_lines, pieces, queries
from otklik.ingestion.imports.fields import make_plan
from otklik.ingestion.imports.guess import make_guess
from otklik.ingestion.imports.model import (
    Encoding,
    ImportFailure,
    ImportKind,
    ImportOptions,
    ImportPlan,
    ImportState,
    ImportView,
    Separator,
)
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.tables import (
    imports,
)
from otklik.ingestion.watch import waiting_events
from otklik.kit.i18n import Lang
from otklik.profiles.public import get_rules
from otklik.runtime.public import EngineUnavailable, Loop, Runtime, Tx, log


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be read, where that is not left to what is recognised."""

    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: int | None = None


BACKLOG_MAX = 150_000
"""Events that may wait in the log before an import pauses: visitors' events come first."""
_TRIES = 5


async def step_imports(rt: Runtime) -> bool:
    """Do one piece of the import that has waited longest; False when there is nothing to do."""
    return await _step(rt, None)


def imports_loop() -> Loop:
    """Return the loop that works on imports; one process at a time works on each."""
    return Loop(name="ingestion.imports", step=step_imports, channel=operations.CHANNEL, idle_s=2.0)


async def import_file(
    rt: Runtime,
    *,
    workspace_id: int,
    file: Path,
    kind: ImportKind | None = None,
    mapping: Mapping[str, str] | None = None,
    key: str | None = None,
    options: ImportOptions | None = None,
    look: Look | None = None,
    dry_run: bool = False,
    carry: bool = False,
    lang: Lang = "en",
    progress: Callable[[ImportView], None] = lambda _: None,
) -> ImportView:
    """Import a file of this machine to its end and return the import as it then is.

    `kind`: None: as the file looks. `mapping`: column names to fields, see `fields.py`; columns
    that it leaves out are guessed, and `skip` leaves one out. `look`: how to read the file, where
    that is not to be recognised. `carry`: also run the pipeline until everything is in the store
    (when no worker is there to do it). `lang`: of the reason when it fails. `progress` is called
    after every piece.
    Raises: what recognising the file and checking the plan raise.
    """
    stored = await _take_file(rt, workspace_id, file)
    look = look or Look()
    async with rt.db.begin() as tx:
        if look != Look():
            stored = await files.get_file(
                rt,
                tx,
                workspace_id=workspace_id,
                file_id=stored.id,
                encoding=look.encoding,
                separator=look.separator,
                sheet=look.sheet,
            )
        guess = make_guess(stored.form, [row.cells for row in stored.rows], kind)
        # A field that the caller gave to one column is not guessed for another.
        given = set((mapping or {}).values())
        guessed = {c: f for c, f in guess.mapping.items() if f not in given}
        plan = make_plan(
            kind=guess.kind,
            form=stored.form,
            mapping={**guessed, **(mapping or {})},
            key=key,
            options=await with_region(tx, workspace_id, guess.completed(options)),
            service=guess.service,
        )
    async with rt.db.begin() as tx:
        import_id = await operations.create_import(
            tx,
            workspace_id=workspace_id,
            file=stored,
            plan=plan,
            dry_run=dry_run,
            created_by=None,
            now=rt.clock(),
        )
    pipeline = Pipeline() if carry else None
    while True:
        worked = await _step(rt, import_id)
        if pipeline is not None:
            while await pipeline.step(rt):
                pass
        async with rt.db.begin() as tx:
            view = await queries.get_import(
                tx, workspace_id=workspace_id, import_id=import_id, lang=lang, now=rt.clock()
            )
        progress(view)
        if view.state not in {ImportState.QUEUED, ImportState.RUNNING}:
            return view
        if not worked:
            # Another process has it in hand, or the log is full: look again shortly.
            await asyncio.sleep(0.2)


async def with_region(tx: Tx, workspace_id: int, options: ImportOptions) -> ImportOptions:
    """Let phones without a country code be those of the workspace's country, if none is chosen."""
    if options.phone_region is not None:
        return options
    region = (await get_rules(tx, workspace_id=workspace_id)).default_region
    return msgspec.structs.replace(options, phone_region=region)


async def _take_file(rt: Runtime, workspace_id: int, file: Path) -> files.StoredFile:
    async def blocks() -> Any:
        with file.open("rb") as source:
            while block := await asyncio.to_thread(source.read, 1024 * 1024):
                yield block

    return await files.receive_file(
        rt,
        workspace_id=workspace_id,
        blocks=blocks(),
        name=file.name,
        now=rt.clock(),
        # The machine is the caller's own: what it has room for, it may unpack.
        bytes_max=max(shutil.disk_usage(rt.settings.data_dir).free, 1),
    )


async def _step(rt: Runtime, only: UUID | None) -> bool:
    now = rt.clock()
    found: list[Any] = []
    try:
        async with rt.db.begin() as tx:
            row = await _take(tx, only)
            if row is None:
                return False
            found.append(row)
            return await _work(rt, tx, row, now)
    except FileNotFoundError:
        await _fail(rt, found, ImportFailure.FILE_GONE, {}, now)
    except (OperationalError, EngineUnavailable):
        # PostgreSQL is away: nothing is wrong with the import, and the loop tries again.
        raise
    except (OSError, ValueError, msgspec.MsgspecError, DBAPIError, psycopg.Error) as error:
        await _count_failure(rt, found, error, now)
    return True


async def _take(tx: Tx, only: UUID | None) -> Any:
    query = sa.select(imports).where(imports.c.state.in_(("queued", "running")))
    if only is not None:
        query = query.where(imports.c.import_id == only)
    return (
        await tx.execute(
            query.order_by(imports.c.touched_at).limit(1).with_for_update(skip_locked=True)
        )
    ).first()


async def _work(rt: Runtime, tx: Tx, row: Any, now: datetime) -> bool:
    if row.cancel_asked:
        await ending.finish(rt, tx, row, ImportState.CANCELLED, now)
        return True
    plan = msgspec.convert(row.plan, ImportPlan, strict=False)
    if not row.dry_run and await waiting_events(tx, workspace_id=row.workspace_id) > BACKLOG_MAX:
        await ending.change(tx, row, touched_at=now)
        return False
    if row.phase == "emit":
        await order_lines.emit_orders(rt, tx, row, plan, now)
    else:
        await pieces.read_rows(rt, tx, row, plan, now)
    return True


async def _fail(
    rt: Runtime, found: list[Any], why: ImportFailure, facts: dict[str, str], now: datetime
) -> None:
    for row in found:
        async with rt.db.begin() as tx:
            await ending.change(tx, row, error=why.value, error_facts=facts)
            await ending.finish(rt, tx, row, ImportState.FAILED, now)


async def _count_failure(rt: Runtime, found: list[Any], error: Exception, now: datetime) -> None:
    log.error("a piece of an import failed", error=type(error).__name__, exc_info=True)
    for row in found:
        if row.failures + 1 >= _TRIES:
            facts = {
                "line": str(row.line_done + 1),
                "error": f"{type(error).__name__}: {error}".replace("\0", "")[:1000],
            }
            await _fail(rt, [row], ImportFailure.PIECE_FAILED, facts, now)
        else:
            async with rt.db.begin() as tx:
                await ending.change(tx, row, failures=row.failures + 1, touched_at=now)
