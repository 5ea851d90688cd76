"""Data out in one request: the answer is the file itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from litestar.response.base import ASGIResponse

from otklik.accounts.public import Permission, Principal, Role, Who, requires, write_audit
from otklik.exports.errors import MayNotExport
from otklik.exports.files.operations import told
from otklik.exports.files.stream import Export, open_export, write_export
from otklik.exports.model import (
    Compression,
    ExportPlan,
    FileFormat,
    Subject,
    file_name,
)
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, log
from otklik.runtime.web.providers import Now, Rt

_audits: set[asyncio.Task[None]] = set()
"""Last notes of downloads whose reader may be gone; held so that they are not lost."""


class FileStream(Stream):
    """A stream whose own media type counts: one handler answers with several kinds of files."""

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> ASGIResponse:
        return super().to_asgi_response(app, request, **{**given, "media_type": self.media_type})


def take_out(who: Principal) -> Principal:
    """Let through who may take data out: everybody but operators, who see one person at a time.

    Raises: MayNotExport.
    """
    if who.role is Role.OPERATOR:
        raise MayNotExport()
    return who


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the address says besides subject and form."""

    columns: list[str]
    segment_id: UUID | None
    since: datetime | None
    until: datetime | None
    names: list[str]
    source_id: UUID | None
    compress: Compression
    separator: Literal[",", ";"]
    bom: bool
    zone: Literal["utc", "workspace"]
    marks: bool
    limit: int | None
    cursor: str | None

    def plan(
        self, subject: Subject, form: FileFormat, segment_id: UUID | None = None
    ) -> ExportPlan:
        return ExportPlan(
            subject=subject,
            format=form,
            columns=self.columns,
            segment_id=segment_id or self.segment_id,
            since=self.since,
            until=self.until,
            names=self.names,
            source_id=self.source_id,
            compress=self.compress,
            separator=self.separator,
            bom=self.bom,
            zone=self.zone,
            marks=self.marks,
            limit=self.limit,
        )


async def provide_choice(
    *,
    columns: FromQuery[list[str] | None] = None,
    segment_id: FromQuery[UUID | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    name: FromQuery[list[str] | None] = None,
    source_id: FromQuery[UUID | None] = None,
    compress: FromQuery[Compression] = Compression.NONE,
    separator: FromQuery[Literal[",", ";"]] = ",",
    bom: FromQuery[bool] = False,
    zone: FromQuery[Literal["utc", "workspace"]] = "utc",
    marks: FromQuery[bool] = False,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Choice:
    """`columns` once with commas, or once for each column."""
    given = columns or []
    if len(given) == 1:
        given = given[0].split(",")
    return Choice(
        columns=[one for one in given if one],
        segment_id=segment_id,
        since=since,
        until=until,
        names=name or [],
        source_id=source_id,
        compress=compress,
        separator=separator,
        bom=bom,
        zone=zone,
        marks=marks,
        limit=limit,
        cursor=cursor,
    )


_CHOICE = {"choice": Provide(provide_choice)}
_GUARDS = [requires(Permission.VIEW)]


def _data_handler(subject: Subject, form: FileFormat) -> HTTPRouteHandler:
    @get(
        f"/exports/{subject.value}.{form.value}",
        operation_id=f"export_{subject.value}_{form.value}",
        tags=["Exports"],
        guards=_GUARDS,
        dependencies=_CHOICE,
        media_type="application/octet-stream",
        summary=f"Take out {subject.value} as {form.value}",
    )
    async def data(rt: Rt, who: Who, now: Now, choice: NamedDependency[Choice]) -> Stream:
        """All rows in one answer, in a stable order; `cursor` continues a broken one."""
        return await answer(rt, take_out(who), choice.plan(subject, form), choice.cursor, now)

    return data


@get(
    "/exports/segments/{file:str}",
    operation_id="export_segment",
    tags=["Exports"],
    guards=_GUARDS,
    dependencies=_CHOICE,
    media_type="application/octet-stream",
)
async def segment_data(
    file: FromPath[str], rt: Rt, who: Who, now: Now, choice: NamedDependency[Choice]
) -> Stream:
    """The members of a segment as of this moment: `/exports/segments/{id}.csv`."""
    stem, _, suffix = file.rpartition(".")
    try:
        segment_id, form = UUID(stem), FileFormat(suffix)
    except ValueError as error:
        raise NotFoundException() from error
    plan = choice.plan(Subject.PROFILES, form, segment_id)
    return await answer(rt, take_out(who), plan, choice.cursor, now)


async def answer(
    rt: Runtime, who: Principal, plan: ExportPlan, cursor: str | None, now: datetime
) -> Stream:
    """Check everything that can be refused, note who takes what, and begin to answer."""
    export = await open_export(rt, plan, workspace_id=who.workspace_id, now=now, cursor=cursor)
    download_id = new_id()
    async with rt.db.begin() as tx:
        await write_audit(
            tx,
            who=who,
            action="export.downloaded",
            object_kind="export",
            object_id=download_id,
            now=now,
            detail={**told(plan), "continued": cursor is not None},
        )
    name = file_name(plan, at=now, name=f"segment-{plan.segment_id}" if plan.segment_id else "")
    return FileStream(
        _noted(rt, who, export, download_id),
        media_type=plan.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "Otklik-Cursor": export.start,
        },
    )


async def _noted(
    rt: Runtime, who: Principal, export: Export, download_id: UUID
) -> AsyncIterator[bytes]:
    """Give the bytes, and at the end, however it comes, note how many rows there were."""
    rows, whole = 0, False
    try:
        async for piece in write_export(rt, export):
            rows = piece.rows
            yield piece.body
        whole = True
    finally:
        # A reader who leaves cancels this very task: what must be written then needs its own.
        task = asyncio.create_task(_note_end(rt, who, export.plan, download_id, rows, whole))
        _audits.add(task)
        task.add_done_callback(_audits.discard)


async def _note_end(
    rt: Runtime, who: Principal, plan: ExportPlan, download_id: UUID, rows: int, whole: bool
) -> None:
    try:
        async with rt.db.begin() as tx:
            await write_audit(
                tx,
                who=who,
                action="export.finished",
                object_kind="export",
                object_id=download_id,
                now=rt.clock(),
                detail={**told(plan), "rows": rows, "whole": whole},
            )
    except Exception as error:
        log.error("the end of an export was not noted", error=type(error).__name__)


DATA_HANDLERS: list[Any] = [
    *(_data_handler(subject, form) for subject in Subject for form in FileFormat),
    segment_data,
]
