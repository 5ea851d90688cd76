"""An export as a stream of bytes: reading, writing and counting put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from otklik.accounts.public import get_workspace
from otklik.exports.files.columns import chosen
from otklik.exports.files.pages import check_cursor, open_scope, pages
from otklik.exports.files.writers import make_writer
from otklik.exports.model import Cursor, ExportPlan, Scope, read_cursor
from otklik.runtime.public import Runtime


class Piece(msgspec.Struct, frozen=True):
    """The next bytes, and how many rows and bytes there are up to here."""

    body: bytes
    rows: int
    size: int


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export that may begin: everything that can be refused was checked."""

    plan: ExportPlan
    workspace_id: int
    scope: Scope
    after: tuple[str | int, ...] | None
    zone: str

    @property
    def start(self) -> str:
        """A cursor for the very beginning, with the scope fixed; empty for a continuation."""
        key = self.after if self.after is not None else ()
        return Cursor(scope=self.scope, key=key).token(self.plan)


async def open_export(
    rt: Runtime,
    plan: ExportPlan,
    *,
    workspace_id: int,
    now: datetime,
    cursor: str | None = None,
    arrived_after: datetime | None = None,
) -> Export:
    """Check a plan and fix which rows it has; with `cursor` go on behind the row it names.

    Raises: BadPlan, UnknownColumn, SegmentNotFound, DefinitionTooHeavy, BadCursor, OtherCursor,
    CursorExpired.
    """
    plan.check()
    chosen(plan)
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    if cursor is not None:
        place = read_cursor(cursor, plan)
        await check_cursor(rt, place, workspace_id=workspace_id)
        scope, after = place.scope, place.key or None
    else:
        scope = await open_scope(
            rt, plan, workspace_id=workspace_id, now=now, arrived_after=arrived_after
        )
        after = None
    return Export(
        plan=plan, workspace_id=workspace_id, scope=scope, after=after, zone=workspace.timezone
    )


async def write_export(rt: Runtime, export: Export) -> AsyncIterator[Piece]:
    """Yield the file piece by piece. Memory: two pages of some megabytes, whatever the size."""
    plan = export.plan
    writer = make_writer(plan, chosen(plan), zone=export.zone, header=export.after is None)
    rows = 0
    body = writer.begin()
    size = len(body)
    yield Piece(body, rows, size)
    async for page in pages(
        rt, plan, export.scope, workspace_id=export.workspace_id, after=export.after
    ):
        cursor = Cursor(scope=export.scope, key=page.key).token(plan)
        body = await asyncio.to_thread(writer.page, page.table, cursor)
        rows += page.table.num_rows
        size += len(body)
        if body:
            yield Piece(body, rows, size)
    body = writer.end()
    yield Piece(body, rows, size + len(body))
