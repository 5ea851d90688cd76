"""Ingestion over HTTP: rejected events and imports. The event API itself is `accept.py`."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.response import Stream

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.ingestion import rejects
from otklik.ingestion.batches import release_quarantined
from otklik.ingestion.imports import fields, files, operations, queries, rows
from otklik.ingestion.imports.errors import MissingField
from otklik.ingestion.imports.model import (
    DateOrder,
    Decimal_,
    Encoding,
    ImportKind,
    ImportOptions,
    ImportView,
    Separator,
    problem_text,
)
from otklik.ingestion.rejects import RejectedEvent
from otklik.ingestion.watch import Quarantined, backlog
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_SAMPLES = 5
_PREVIEW_ROWS = 20
_SAMPLE_CHARS = 200

Limit = Annotated[int, Parameter(ge=1, le=200)]


class Rejects(Controller):
    path = "/rejects"
    tags = ["Events"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="list_rejects")
    async def list_rejects(
        self,
        *,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        code: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[RejectedEvent]:
        """List events that were put aside, newest first, each with its reason."""
        return await rejects.list_rejects(
            tx, workspace_id=who.workspace_id, lang=lang, code=code, cursor=cursor, limit=limit
        )


class Quarantine(Controller):
    path = "/quarantine"
    tags = ["Events"]

    @get("/", operation_id="list_quarantine", guards=[requires(Permission.VIEW)])
    async def list_quarantine(self, tx: OpenTx, who: Who) -> list[Quarantined]:
        """List batches of events that could not be stored, newest first; nothing is lost."""
        return (await backlog(tx, workspace_id=who.workspace_id)).quarantined

    @put(
        "/{batch_id:uuid}/release",
        operation_id="release_batch",
        guards=[requires(Permission.EDIT)],
        status_code=204,
    )
    async def release(self, batch_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Try to store a batch once more, for example after an update."""
        if not await release_quarantined(
            tx, workspace_id=who.workspace_id, batch_id=batch_id, now=now
        ):
            raise NotFound(what=str(batch_id))
        await write_audit(
            tx,
            who=who,
            action="batch.released",
            object_kind="batch",
            object_id=batch_id,
            now=now,
        )


class ColumnView(msgspec.Struct):
    name: str
    samples: list[str]
    suggested: str


class CellProblem(msgspec.Struct):
    column: str
    code: str
    message: str


class RowView(msgspec.Struct):
    """A row as it will be stored: `values` of a customer are his traits and identifiers."""

    line: int
    values: dict[str, Any]
    problems: list[CellProblem]


class FileView(msgspec.Struct):
    """An uploaded file as it was recognised; `fields` are what columns may be mapped to."""

    file_id: UUID
    name: str
    size: int
    kind: ImportKind
    encoding: Encoding
    separator: Separator
    header: bool
    decimal: Decimal_
    date_order: DateOrder
    columns: list[ColumnView]
    fields: list[str]
    rows: list[RowView]


class FormatChoices(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Corrections of what was recognised; null means: as recognised."""

    encoding: Encoding | None = None
    separator: Separator | None = None
    header: bool | None = None


class PreviewRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`mapping`: column names to fields; null means: as suggested."""

    file_id: UUID
    kind: ImportKind = ImportKind.CUSTOMERS
    mapping: dict[str, str] | None = None
    key: str | None = None
    options: ImportOptions = ImportOptions()
    format: FormatChoices = msgspec.field(default_factory=FormatChoices)


class NewImport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    file_id: UUID
    kind: ImportKind
    mapping: dict[str, str]
    key: str | None = None
    options: ImportOptions = ImportOptions()
    format: FormatChoices = msgspec.field(default_factory=FormatChoices)
    dry_run: bool = False


class Imports(Controller):
    path = "/imports"
    tags = ["Imports"]

    @post(
        "/files",
        operation_id="upload_import_file",
        guards=[requires(Permission.EDIT)],
        request_max_body_size=None,
    )
    async def upload(
        self,
        *,
        request: Request[Any, Any, Any],
        rt: Rt,
        who: Who,
        lang: ReaderLang,
        now: Now,
        kind: FromQuery[ImportKind] = ImportKind.CUSTOMERS,
    ) -> FileView:
        """Upload a CSV file in the part `file` of a multipart form, and see what it holds.

        The file goes to disk as it comes; at most 2 GB.
        """
        name, blocks = await files.file_part(
            request.stream(), request.headers.get("content-type", "")
        )
        stored = await files.receive_file(
            rt, workspace_id=who.workspace_id, blocks=blocks, name=name, now=now
        )
        return _file_view(stored, PreviewRequest(file_id=stored.id, kind=kind), lang)

    @post(
        "/preview",
        operation_id="preview_import",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def preview(
        self, *, rt: Rt, tx: OpenTx, who: Who, lang: ReaderLang, data: JSONBody[PreviewRequest]
    ) -> FileView:
        """Show the first 20 rows as they will be stored, each with its problems."""
        stored = await files.get_file(
            rt,
            tx,
            workspace_id=who.workspace_id,
            file_id=data.file_id,
            encoding=data.format.encoding,
            separator=data.format.separator,
            header=data.format.header,
        )
        return _file_view(stored, data, lang)

    @post("/", operation_id="create_import", guards=[requires(Permission.EDIT)])
    async def create(
        self, *, rt: Rt, tx: OpenTx, who: Who, lang: ReaderLang, now: Now, data: JSONBody[NewImport]
    ) -> ImportView:
        """Start an import in the background, or a dry run that only counts."""
        stored = await files.get_file(
            rt,
            tx,
            workspace_id=who.workspace_id,
            file_id=data.file_id,
            encoding=data.format.encoding,
            separator=data.format.separator,
            header=data.format.header,
        )
        plan = fields.make_plan(
            kind=data.kind,
            form=stored.form,
            mapping=data.mapping,
            key=data.key,
            options=data.options,
        )
        import_id = await operations.create_import(
            tx,
            workspace_id=who.workspace_id,
            file=stored,
            plan=plan,
            dry_run=data.dry_run,
            created_by=who.user_id,
            now=now,
        )
        if not data.dry_run:
            await write_audit(
                tx,
                who=who,
                action="import.started",
                object_kind="import",
                object_id=str(import_id),
                now=now,
            )
        return await queries.get_import(
            tx, workspace_id=who.workspace_id, import_id=import_id, lang=lang, now=now
        )

    @get("/", operation_id="list_imports", guards=[requires(Permission.VIEW)])
    async def list_imports(
        self,
        *,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        now: Now,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[ImportView]:
        """List imports, newest first."""
        return await queries.list_imports(
            tx, workspace_id=who.workspace_id, lang=lang, cursor=cursor, limit=limit, now=now
        )

    @get("/{import_id:uuid}", operation_id="get_import", guards=[requires(Permission.VIEW)])
    async def one(
        self, *, tx: OpenTx, who: Who, lang: ReaderLang, now: Now, import_id: FromPath[UUID]
    ) -> ImportView:
        """Return one import with its progress."""
        return await queries.get_import(
            tx, workspace_id=who.workspace_id, import_id=import_id, lang=lang, now=now
        )

    @get(
        "/{import_id:uuid}/errors.csv",
        operation_id="download_import_errors",
        guards=[requires(Permission.VIEW)],
        media_type="text/csv",
    )
    async def errors(
        self, *, rt: Rt, tx: OpenTx, who: Who, lang: ReaderLang, now: Now, import_id: FromPath[UUID]
    ) -> Stream:
        """Download the rows that could not be read: line, column, reason and value."""
        await queries.get_import(
            tx, workspace_id=who.workspace_id, import_id=import_id, lang=lang, now=now
        )

        def content() -> AsyncIterator[bytes]:
            return queries.error_file(
                rt, workspace_id=who.workspace_id, import_id=import_id, lang=lang
            )

        return Stream(
            content,
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": f'attachment; filename="import-{import_id}-errors.csv"'
            },
        )

    @put(
        "/{import_id:uuid}/cancellation",
        operation_id="cancel_import",
        guards=[requires(Permission.EDIT)],
    )
    async def cancel(
        self, *, tx: OpenTx, who: Who, lang: ReaderLang, now: Now, import_id: FromPath[UUID]
    ) -> ImportView:
        """Stop an import after the piece in hand; what is stored stays."""
        await operations.cancel_import(tx, workspace_id=who.workspace_id, import_id=import_id)
        return await queries.get_import(
            tx, workspace_id=who.workspace_id, import_id=import_id, lang=lang, now=now
        )


def _file_view(stored: files.StoredFile, wanted: PreviewRequest, lang: Lang) -> FileView:
    suggested = fields.suggest_all(stored.form, [row.cells for row in stored.rows], wanted.kind)
    columns = [
        ColumnView(
            name=name,
            samples=[
                row.cells[i][:_SAMPLE_CHARS] for row in stored.rows[:_SAMPLES] if i < len(row.cells)
            ],
            suggested=suggested[i],
        )
        for i, name in enumerate(stored.form.columns)
    ]
    return FileView(
        file_id=stored.id,
        name=stored.name,
        size=stored.size,
        kind=wanted.kind,
        encoding=stored.form.original_encoding,
        separator=stored.form.separator,
        header=stored.form.header,
        decimal=stored.form.decimal,
        date_order=stored.form.date_order,
        columns=columns,
        fields=fields.offered(wanted.kind),
        rows=_preview(stored, wanted, suggested, lang),
    )


def _preview(
    stored: files.StoredFile, wanted: PreviewRequest, suggested: list[str], lang: Lang
) -> list[RowView]:
    guessed = wanted.mapping is None
    mapping = wanted.mapping or dict(zip(stored.form.columns, suggested, strict=True))
    try:
        plan = fields.make_plan(
            kind=wanted.kind,
            form=stored.form,
            mapping=mapping,
            key=wanted.key,
            options=wanted.options,
        )
    except MissingField:
        if guessed:
            # The guess lacks something that only the person can point at: no rows to show yet.
            return []
        raise
    maker = rows.RowMaker(plan)
    views = []
    for row in stored.rows[:_PREVIEW_ROWS]:
        made = maker.customer(row) if wanted.kind is ImportKind.CUSTOMERS else maker.order_row(row)
        if isinstance(made, list):
            problems = [CellProblem(p.column, p.code, problem_text(p.code).of(lang)) for p in made]
            values: dict[str, Any] = dict(zip(stored.form.columns, row.cells, strict=False))
            views.append(RowView(row.line, values, problems))
        else:
            views.append(RowView(row.line, rows.shown(made), []))
    return views


HANDLERS: list[Any] = [Rejects, Quarantine, Imports]
