"""Reads of imports."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import user_names
from otklik.ingestion.imports.model import (
    REASON,
    ROW_NUMBER,
    Counts,
    FailedImport,
    ImportFailure,
    ImportKind,
    ImportPlan,
    ImportState,
    ImportView,
    failure_text,
    problem_text,
)
from otklik.ingestion.tables import import_bad_rows, import_errors, imports
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Runtime, Tx

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PAGE = 5_000


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
    return _view(row, lang, now, await _names(tx, [row]))


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
    names = await _names(tx, rows[:limit])
    items = [_view(row, lang, now, names) for row in rows[:limit]]
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
    """Give the rows with errors as CSV, in pieces: as they stood in the file, and what is wrong.

    Its columns are those of the file, so that it can be corrected and imported as it is; the last
    two tell the number of the row and the reasons, and no import takes them for data. A row that
    is no text or too large to keep has only these. Cells that a spreadsheet would run as a formula
    get an apostrophe in front, which imports take away again.
    Raises: NotFound.
    """
    async with rt.db.begin() as tx:
        form = (await _plan(tx, workspace_id, import_id)).form
    width = len(form.columns)
    yield "\ufeff".encode()
    yield _csv(
        [[*map(_harmless, form.columns), ROW_NUMBER.of(lang), REASON.of(lang)]], form.separator
    )
    e, b = import_errors.c, import_bad_rows.c
    after = -1
    while True:
        async with rt.db.begin() as tx:
            lines = list(
                (
                    await tx.execute(
                        sa.select(e.line)
                        .distinct()
                        .where(
                            e.workspace_id == workspace_id,
                            e.import_id == import_id,
                            e.line > after,
                        )
                        .order_by(e.line)
                        .limit(_PAGE)
                    )
                ).scalars()
            )
            if not lines:
                return
            within = (lines[0], lines[-1])
            errors = (
                await tx.execute(
                    sa.select(import_errors)
                    .where(
                        e.workspace_id == workspace_id,
                        e.import_id == import_id,
                        e.line.between(*within),
                    )
                    .order_by(e.line, e.column)
                )
            ).all()
            whole = {
                row.line: row.cells
                for row in await tx.execute(
                    sa.select(b.line, b.cells).where(
                        b.workspace_id == workspace_id,
                        b.import_id == import_id,
                        b.line.between(*within),
                    )
                )
            }
        reasons: dict[int, list[str]] = {}
        for row in errors:
            reasons.setdefault(row.line, []).append(_reason(row, lang))
        yield _csv(
            [
                [
                    *_fitted([_harmless(cell) for cell in whole.get(line, [])], width),
                    str(line),
                    _harmless("; ".join(said)),
                ]
                for line, said in reasons.items()
            ],
            form.separator,
        )
        after = lines[-1]


def _reason(row: Any, lang: Lang) -> str:
    text = problem_text(row.code).of(lang).rstrip(".")
    column = f"{row.column}: " if row.column else ""
    value = f" ({row.value})" if row.value else ""
    return f"{column}{text}{value}"


def _fitted(cells: list[str], width: int) -> list[str]:
    """Give a row the width of the table: what is over it stands in the last cell."""
    if len(cells) > width:
        return [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]


async def _plan(tx: Tx, workspace_id: int, import_id: UUID) -> ImportPlan:
    found = (
        await tx.execute(
            sa.select(imports.c.plan).where(
                imports.c.workspace_id == workspace_id, imports.c.import_id == import_id
            )
        )
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(what="The import")
    return msgspec.convert(found, ImportPlan, strict=False)


async def _names(tx: Tx, rows: Sequence[Any]) -> dict[UUID, str]:
    ids = {row.created_by for row in rows if row.created_by is not None}
    return await user_names(tx, user_ids=ids)


def _view(row: Any, lang: Lang, now: datetime, names: Mapping[UUID, str]) -> ImportView:
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
        columns=columns,
        mapping={columns[i]: field for i, field in plan.mapping.items()},
        key=plan.key,
        source=plan.form.source,
        packed=plan.form.packed,
        service=plan.service,
        counts=msgspec.convert(row.counts, Counts),
        created_by=names.get(row.created_by),
    )


def _csv(rows: list[list[str]], separator: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell
