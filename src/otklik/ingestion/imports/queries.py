"""Reads of imports."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports.model import (
    FailedImport,
    ImportFailure,
    ImportKind,
    ImportPlan,
    ImportState,
    ImportView,
    failure_text,
    problem_text,
)
from otklik.ingestion.tables import import_errors, imports
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang, Text
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Runtime, Tx

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PAGE = 5_000
_HEADER = (
    Text(en="line", ru="строка"),
    Text(en="column", ru="столбец"),
    Text(en="code", ru="код"),
    Text(en="reason", ru="причина"),
    Text(en="value", ru="значение"),
)


async def get_import(
    tx: Tx, *, workspace_id: int, import_id: UUID, lang: Lang, now: datetime
) -> ImportView:
    """Return one import. Raises: NotFound."""
    row = (
        await tx.execute(
            sa.select(imports).where(
                imports.c.workspace_id == workspace_id, imports.c.import_id == import_id
            )
        )
    ).first()
    if row is None:
        raise NotFound(what="The import")
    return _view(row, lang, now)


async def list_imports(
    tx: Tx, *, workspace_id: int, lang: Lang, cursor: str | None, limit: int, now: datetime
) -> Page[ImportView]:
    """Return imports, newest first. Raises: BadCursor."""
    limit = clamp_limit(limit)
    query = sa.select(imports).where(imports.c.workspace_id == workspace_id)
    if cursor is not None:
        at, import_id = decode_cursor(cursor, datetime, UUID)
        query = query.where(
            sa.tuple_(imports.c.created_at, imports.c.import_id)
            < sa.tuple_(sa.literal(at, sa.DateTime(timezone=True)), sa.literal(import_id, sa.Uuid))
        )
    rows = (
        await tx.execute(
            query.order_by(imports.c.created_at.desc(), imports.c.import_id.desc()).limit(limit + 1)
        )
    ).all()
    items = [_view(row, lang, now) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return Page(items, encode_cursor(last.created_at, last.id) if last else None)


async def failed_imports(
    tx: Tx, *, workspace_id: int, since: datetime, lang: Lang, limit: int = 20
) -> list[FailedImport]:
    """Return imports made after `since` that failed, newest first.

    One that was repeated with the same file and went well is no concern, and left out.
    """
    table, later = imports.c, imports.alias("later")
    repeated = sa.exists().where(
        later.c.workspace_id == workspace_id,
        later.c.created_at > table.created_at,
        later.c.kind == table.kind,
        later.c.file_name == table.file_name,
        later.c.state == ImportState.DONE.value,
        later.c.dry_run == table.dry_run,
    )
    rows = await tx.execute(
        sa.select(imports)
        .where(
            table.workspace_id == workspace_id,
            table.state == ImportState.FAILED.value,
            table.created_at > since,
            ~repeated,
        )
        .order_by(table.created_at.desc())
        .limit(limit)
    )
    return [
        FailedImport(
            id=row.import_id,
            kind=ImportKind(row.kind),
            file_name=row.file_name,
            code=ImportFailure(row.error),
            reason=failure_text(row.error, row.error_facts, lang),
            failed_at=row.finished_at,
        )
        for row in rows
    ]


async def has_import(tx: Tx, *, workspace_id: int) -> bool:
    """Return whether any import has brought a row in."""
    done = sa.exists().where(
        imports.c.workspace_id == workspace_id,
        imports.c.state == ImportState.DONE.value,
        ~imports.c.dry_run,
        imports.c.rows_ok > 0,
    )
    return bool((await tx.execute(sa.select(done))).scalar_one())


async def error_file(
    rt: Runtime, *, workspace_id: int, import_id: UUID, lang: Lang
) -> AsyncIterator[bytes]:
    """Give the errors of an import as CSV: line, column, reason, value; in pieces.

    Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    yield "\ufeff".encode()
    yield _csv([[text.of(lang) for text in _HEADER]])
    after: tuple[int, str] | None = None
    while True:
        query = sa.select(import_errors).where(
            import_errors.c.workspace_id == workspace_id, import_errors.c.import_id == import_id
        )
        key = sa.tuple_(import_errors.c.line, import_errors.c.column)
        if after is not None:
            query = query.where(key > sa.tuple_(*map(sa.literal, after)))
        async with rt.db.begin() as tx:
            rows = (
                await tx.execute(
                    query.order_by(import_errors.c.line, import_errors.c.column).limit(_PAGE)
                )
            ).all()
        if not rows:
            return
        yield _csv(
            [
                [
                    str(row.line),
                    _harmless(row.column),
                    row.code,
                    problem_text(row.code).of(lang),
                    _harmless(row.value),
                ]
                for row in rows
            ]
        )
        after = (rows[-1].line, rows[-1].column)


def _view(row: Any, lang: Lang, now: datetime) -> ImportView:
    plan = msgspec.convert(row.plan, ImportPlan, strict=False)
    columns = plan.form.columns
    spent = ((row.finished_at or now) - row.started_at).total_seconds() if row.started_at else 0.0
    rate = row.rows_read / spent if spent > 0 and row.rows_read else None
    eta = None
    if row.state == "running" and row.bytes_done and spent > 0:
        eta = round(spent * (row.bytes_total - row.bytes_done) / row.bytes_done)
    return ImportView(
        id=row.import_id,
        kind=ImportKind(row.kind),
        state=ImportState(row.state),
        phase=row.phase,
        dry_run=row.dry_run,
        file_name=row.file_name,
        rows_total=row.rows_read if row.phase != "read" else None,
        rows_read=row.rows_read,
        rows_ok=row.rows_ok,
        rows_failed=row.rows_failed,
        rows_skipped=row.rows_skipped,
        rows_anonymous=row.rows_anonymous,
        created=row.created,
        updated=row.updated,
        orders=row.orders,
        refunds=row.refunds,
        bytes_done=row.bytes_done,
        bytes_total=row.bytes_total,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        rows_per_s=rate,
        eta_s=eta,
        error=failure_text(row.error, row.error_facts, lang) if row.error else None,
        error_code=ImportFailure(row.error) if row.error else None,
        mapping={columns[i]: field for i, field in plan.mapping.items()},
        key=plan.key,
    )


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell
