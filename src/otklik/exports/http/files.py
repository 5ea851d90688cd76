"""Exports made in the background: asked for, watched, fetched by a signed link."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.events.public import registry
from otklik.exports import queries
from otklik.exports.errors import ExportNotFound, ExportNotReady, FileGone, LinkExpired
from otklik.exports.files import operations
from otklik.exports.files.columns import COLUMNS, PROPERTY, TRAIT, Kind, chosen
from otklik.exports.files.parts import wanted_part
from otklik.exports.files.views import ExportRunState, ExportView
from otklik.exports.http.data import FileStream, take_out
from otklik.exports.model import ExportPlan, Subject, refuse_nul
from otklik.exports.schedules.destinations import Download
from otklik.exports.schedules.sinks import data_file
from otklik.kit.pagination import Page
from otklik.profiles.public import trait_names
from otklik.runtime.public import BadSignature
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

PURPOSE = "exports.file"
LINK_LIVES = timedelta(hours=1)
_BLOCK = 256 * 1024


class NewFileExport(msgspec.Struct, forbid_unknown_fields=True):
    """`name`: what the file is called in the list and on the disk."""

    plan: ExportPlan
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""


class ExportLink(msgspec.Struct, frozen=True):
    """An address that anybody who has it may fetch the file from until `expires_at`."""

    url: str
    expires_at: datetime


class ExportColumn(msgspec.Struct, frozen=True, kw_only=True):
    """`usual`: taken when no columns are named."""

    name: str
    label: str
    kind: Kind
    usual: bool


class FilesController(Controller):
    path = "/exports"
    tags = ["Exports"]

    @get("/", operation_id="list_exports", guards=[requires(Permission.VIEW)])
    async def list_exports(
        self,
        who: Who,
        tx: OpenTx,
        lang: ReaderLang,
        *,
        schedule_id: FromQuery[UUID | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[ExportView]:
        """Files that were made, newest first."""
        take_out(who)
        return await queries.list_exports(
            tx,
            workspace_id=who.workspace_id,
            lang=lang,
            schedule_id=schedule_id,
            cursor=cursor,
            limit=limit,
        )

    @post("/", operation_id="create_export", guards=[requires(Permission.VIEW)])
    async def create_export(
        self,
        data: JSONBody[NewFileExport],
        *,
        rt: Rt,
        who: Who,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> ExportView:
        """Make a file in the background; it is kept for some days."""
        take_out(who)
        data.plan.check()
        refuse_nul(data)
        chosen(data.plan)
        export_id = await operations.ask_export(
            rt,
            tx,
            who=who,
            plan=data.plan,
            name=data.name.strip() or data.plan.subject.value,
            now=now,
        )
        return await queries.get_export(
            tx, workspace_id=who.workspace_id, export_id=export_id, lang=lang
        )

    @get("/columns", operation_id="list_export_columns", guards=[requires(Permission.VIEW)])
    async def list_columns(
        self, subject: FromQuery[Subject], who: Who, tx: OpenTx, lang: ReaderLang
    ) -> list[ExportColumn]:
        """Which columns there are, with the traits or properties of this workspace."""
        found = [
            ExportColumn(name=c.name, label=c.label.of(lang), kind=c.kind, usual=c.usual)
            for c in COLUMNS[subject]
        ]
        free: list[str] = []
        if subject is Subject.PROFILES:
            traits = await trait_names(tx, workspace_id=who.workspace_id)
            free = [TRAIT + name for name in sorted({one.trait for one in traits})]
        if subject is Subject.EVENTS:
            names = await registry(tx, workspace_id=who.workspace_id)
            free = [PROPERTY + p for p in sorted({p.path for n in names for p in n.properties})]
        return found + [
            ExportColumn(name=name, label=name, kind="json", usual=False) for name in free
        ]

    @get("/files/{export_id:uuid}", operation_id="get_export", guards=[requires(Permission.VIEW)])
    async def get_export(
        self, export_id: FromPath[UUID], who: Who, tx: OpenTx, lang: ReaderLang
    ) -> ExportView:
        """One export with its progress."""
        take_out(who)
        return await queries.get_export(
            tx, workspace_id=who.workspace_id, export_id=export_id, lang=lang
        )

    @put(
        "/files/{export_id:uuid}/cancellation",
        operation_id="cancel_export",
        guards=[requires(Permission.VIEW)],
    )
    async def cancel(self, export_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now) -> Done:
        """Stop an export; nothing of it stays."""
        take_out(who)
        await operations.cancel_export(
            tx, workspace_id=who.workspace_id, export_id=export_id, now=now
        )
        return Done()

    @put(
        "/files/{export_id:uuid}/retry",
        operation_id="retry_export",
        guards=[requires(Permission.VIEW)],
    )
    async def retry(
        self, export_id: FromPath[UUID], *, rt: Rt, who: Who, tx: OpenTx, now: Now
    ) -> Done:
        """Try a failed export again."""
        take_out(who)
        await operations.retry_export(
            rt, tx, workspace_id=who.workspace_id, export_id=export_id, now=now
        )
        return Done()

    @delete(
        "/files/{export_id:uuid}",
        operation_id="delete_export",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def remove(
        self, export_id: FromPath[UUID], who: Who, tx: OpenTx, rt: Rt, now: Now
    ) -> Done:
        """Delete a finished file before its days are over. Who took it stays in the audit."""
        await operations.remove_export(rt, tx, workspace_id=who.workspace_id, export_id=export_id)
        await write_audit(
            tx,
            who=who,
            action="export.deleted",
            object_kind="export",
            object_id=export_id,
            now=now,
        )
        return Done()

    @post(
        "/files/{export_id:uuid}/link",
        operation_id="link_export",
        guards=[requires(Permission.VIEW)],
    )
    async def link(
        self,
        export_id: FromPath[UUID],
        *,
        who: Who,
        tx: OpenTx,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
    ) -> ExportLink:
        """Make an address of the file that lives for an hour."""
        take_out(who)
        view = await queries.get_export(
            tx, workspace_id=who.workspace_id, export_id=export_id, lang=lang
        )
        if not isinstance(view.destination, Download):
            raise ExportNotFound(what="file")
        if view.state is ExportRunState.EXPIRED:
            raise FileGone()
        if view.state is not ExportRunState.DONE:
            raise ExportNotReady()
        expires = now + LINK_LIVES
        ticket = msgspec.msgpack.encode((who.workspace_id, export_id, int(expires.timestamp())))
        await write_audit(
            tx,
            who=who,
            action="export.downloaded",
            object_kind="export",
            object_id=export_id,
            now=now,
            detail={**operations.told(view.plan), "rows": view.rows},
        )
        token = rt.signer.sign(PURPOSE, ticket)
        return ExportLink(f"{rt.settings.base_url}/api/v1/exports/download/{token}", expires)


@get(
    "/exports/download/{token:str}",
    operation_id="download_export",
    tags=["Exports"],
    opt={"public": True},
    media_type="application/octet-stream",
)
async def download(
    request: Request[Any, Any, Any], token: FromPath[str], rt: Rt, now: Now
) -> Stream:
    """The file behind a signed link; `Range: bytes=N-` continues a broken download, `N-M` and `-N`
    give other parts of it."""
    try:
        ticket = rt.signer.verify(PURPOSE, token)
        workspace_id, export_id, expires = msgspec.msgpack.decode(
            ticket, type=tuple[int, UUID, int]
        )
    except (BadSignature, msgspec.MsgspecError) as error:
        raise LinkExpired() from error
    if now.timestamp() > expires:
        raise LinkExpired()
    async with rt.db.begin() as tx:
        view = await queries.get_export(
            tx, workspace_id=workspace_id, export_id=export_id, lang="en"
        )
    file = data_file(rt, workspace_id, export_id)
    if view.state is not ExportRunState.DONE or not await asyncio.to_thread(file.exists):
        raise FileGone()
    size = (await asyncio.to_thread(file.stat)).st_size
    part = wanted_part(request.headers.get("range", ""), size)
    first, last = part or (0, size - 1)
    headers = {
        # RFC 6266: names of schedules may have any letters.
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(view.file_name)}",
        "Cache-Control": "no-store",
        "Accept-Ranges": "bytes",
        "Content-Length": str(last - first + 1),
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return FileStream(
        _blocks(file, first, last),
        media_type=view.plan.media_type,
        status_code=200 if part is None else 206,
        headers=headers,
    )


async def _blocks(file: Path, first: int, last: int) -> AsyncIterator[bytes]:
    left = last - first + 1
    with await asyncio.to_thread(file.open, "rb") as source:
        source.seek(first)
        while left and (block := await asyncio.to_thread(source.read, min(_BLOCK, left))):
            left -= len(block)
            yield block


FILE_HANDLERS: list[Any] = [FilesController, download]
