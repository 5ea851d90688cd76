"""Imports over HTTP: upload, preview, start, progress, the rows with errors."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.response import Stream

from otklik.accounts.public import (
    Forbidden,
    Permission,
    Role,
    Who,
    get_workspace,
    requires,
    write_audit,
)
from otklik.ingestion.imports import fields, files, operations, queries, run
from otklik.ingestion.imports.guess import Guess, make_guess
from otklik.ingestion.imports.model import (
    Encoding,
    FileFormat,
    ImportKind,
    ImportOptions,
    ImportPlan,
    ImportView,
    Separator,
)
from otklik.ingestion.imports.preview import FileView, Wanted, file_view
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Limit = Annotated[int, Parameter(ge=1, le=200)]


class FormatChoices(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Corrections of what was recognised; null means: as recognised. `sheet`: from 0."""

    encoding: Encoding | None = None
    separator: Separator | None = None
    header: bool | None = None
    sheet: int | None = None


class PreviewRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`kind`, `mapping`, `options`: null means: as the file suggests."""

    file_id: UUID
    kind: ImportKind | None = None
    mapping: dict[str, str] | None = None
    key: str | None = None
    options: ImportOptions | None = None
    format: FormatChoices = msgspec.field(default_factory=FormatChoices)


class NewImport(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    file_id: UUID
    kind: ImportKind
    mapping: dict[str, str]
    key: str | None = None
    options: ImportOptions = msgspec.field(default_factory=ImportOptions)
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
        kind: FromQuery[ImportKind | None] = None,
    ) -> FileView:
        """Upload a file in the part `file` of a multipart form, and see what it holds.

        CSV, JSON lines or an XLSX workbook, also packed by gzip, or a ZIP with CSV and JSON lines;
        at most 2 GB. The file goes to disk as it comes. Without `kind` the answer says what the
        rows seem to be.
        """
        name, blocks = await files.file_part(
            request.stream(), request.headers.get("content-type", "")
        )
        stored = await files.receive_file(
            rt, workspace_id=who.workspace_id, blocks=blocks, name=name, now=now
        )
        guess = make_guess(stored.form, [row.cells for row in stored.rows], kind)
        async with rt.db.begin() as tx:
            options = await _proposed(tx, who.workspace_id, guess)
        return await file_view(
            rt, who.workspace_id, stored, Wanted(guess, options), lang=lang, now=now
        )

    @post(
        "/preview",
        operation_id="preview_import",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def preview(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        now: Now,
        data: JSONBody[PreviewRequest],
    ) -> FileView:
        """Show the first 20 rows as they will be stored: each with its problems, or with whom it
        will meet. Nothing is stored."""
        stored = await _file(rt, tx, who.workspace_id, data.file_id, data.format)
        guess = make_guess(stored.form, [row.cells for row in stored.rows], data.kind)
        options = data.options or await _proposed(tx, who.workspace_id, guess)
        wanted = Wanted(
            guess,
            await run.with_region(tx, who.workspace_id, options),
            mapping=data.mapping,
            key=data.key,
        )
        return await file_view(rt, who.workspace_id, stored, wanted, lang=lang, now=now)

    @post("/", operation_id="create_import", guards=[requires(Permission.EDIT)])
    async def create(
        self, *, rt: Rt, tx: OpenTx, who: Who, lang: ReaderLang, now: Now, data: JSONBody[NewImport]
    ) -> ImportView:
        """Start an import in the background, or a dry run that only counts."""
        stored = await _file(rt, tx, who.workspace_id, data.file_id, data.format)
        plan = await _plan(tx, who.workspace_id, stored.form, data)
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
        """Download the rows with errors as they stood in the file, each with what is wrong.

        Corrected, the file can be imported as it is.
        """
        if who.role is Role.OPERATOR:
            # Rows of a file are many people at once; an operator sees one at a time.
            raise Forbidden(role=who.role)
        await queries.get_import(
            tx, workspace_id=who.workspace_id, import_id=import_id, lang=lang, now=now
        )
        await write_audit(
            tx,
            who=who,
            action="import.errors_downloaded",
            object_kind="import",
            object_id=str(import_id),
            now=now,
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


async def _file(
    rt: Runtime, tx: Tx, workspace_id: int, file_id: UUID, choices: FormatChoices
) -> files.StoredFile:
    return await files.get_file(
        rt,
        tx,
        workspace_id=workspace_id,
        file_id=file_id,
        encoding=choices.encoding,
        separator=choices.separator,
        header=choices.header,
        sheet=choices.sheet,
    )


async def _proposed(tx: Tx, workspace_id: int, guess: Guess) -> ImportOptions:
    """Return the options of a guess; times without a zone are of the workspace's zone."""
    options = guess.options
    if not guess.service:
        zone = (await get_workspace(tx, workspace_id=workspace_id)).timezone
        options = msgspec.structs.replace(options, timezone=zone)
    return await run.with_region(tx, workspace_id, options)


async def _plan(tx: Tx, workspace_id: int, form: FileFormat, data: NewImport) -> ImportPlan:
    guess = make_guess(form, [], data.kind)
    return fields.make_plan(
        kind=data.kind,
        form=form,
        mapping=data.mapping,
        key=data.key,
        options=await run.with_region(tx, workspace_id, data.options),
        service=guess.service,
    )
