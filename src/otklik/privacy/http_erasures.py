"""Copies of a person's data and erasures over HTTP."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import File

from otklik.accounts.public import Permission, Who, get_workspace, requires, write_audit
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.privacy.erasing import Basis, Erasure
from otklik.privacy.errors import ExportNotFound
from otklik.privacy.operations.erasures import order_erasure
from otklik.privacy.operations.own import export_path
from otklik.privacy.operations.person_exports import order_export
from otklik.privacy.pages.act import act_page
from otklik.privacy.pages.layout import HEADERS
from otklik.privacy.queries.erasures import (
    ExportState,
    PersonExport,
    get_erasure,
    get_export,
    list_erasures,
    list_exports,
)
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


class NewExport(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    profile_id: int
    request_id: UUID | None = None


class NewErasure(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`confirm`: the number of the customer, typed by hand. There is no way back.

    `reason` stays in the act, so it must not name the person.
    """

    profile_id: int
    confirm: int
    basis: Basis
    reason: Annotated[str, msgspec.Meta(max_length=1_000)] = ""
    request_id: UUID | None = None


class PersonExportsController(Controller):
    path = "/person-exports"
    tags = ["Privacy"]

    @get("/", operation_id="list_person_exports", guards=[requires(Permission.EDIT)])
    async def list_all(
        self,
        who: Who,
        tx: OpenTx,
        now: Now,
        *,
        profile_id: FromQuery[int | None] = None,
        request_id: FromQuery[UUID | None] = None,
    ) -> list[PersonExport]:
        """Copies of people's data that are still kept, newest first."""
        return await list_exports(
            tx,
            workspace_id=who.workspace_id,
            now=now,
            profile_id=profile_id,
            request_id=request_id,
        )

    @post("/", operation_id="order_person_export", guards=[requires(Permission.EDIT)])
    async def order(
        self, data: JSONBody[NewExport], who: Who, rt: Rt, tx: OpenTx, now: Now
    ) -> PersonExport:
        """Order a copy of everything that is kept of a person; it is kept for seven days."""
        export_id = await order_export(
            rt,
            tx,
            workspace_id=who.workspace_id,
            profile_id=data.profile_id,
            request_id=data.request_id,
            user_id=who.user_id,
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action="person_export.ordered",
            object_kind="profile",
            object_id=data.profile_id,
            now=now,
        )
        return await get_export(tx, workspace_id=who.workspace_id, export_id=export_id, now=now)

    @get("/{export_id:uuid}", operation_id="get_person_export", guards=[requires(Permission.EDIT)])
    async def get_one(
        self, export_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now
    ) -> PersonExport:
        """How far the copy is."""
        return await get_export(tx, workspace_id=who.workspace_id, export_id=export_id, now=now)

    @get(
        "/{export_id:uuid}/file",
        operation_id="download_person_export",
        guards=[requires(Permission.EDIT)],
        media_type="application/zip",
    )
    async def download(
        self, export_id: FromPath[UUID], who: Who, rt: Rt, tx: OpenTx, now: Now
    ) -> File:
        """The archive: JSON of every kind with a manifest, and two readable pages."""
        export = await get_export(tx, workspace_id=who.workspace_id, export_id=export_id, now=now)
        path = export_path(rt, workspace_id=who.workspace_id, export_id=export_id)
        if export.state is not ExportState.READY or not path.exists():
            raise ExportNotFound()
        await write_audit(
            tx,
            who=who,
            action="person_export.downloaded",
            object_kind="profile",
            object_id=export.profile_id,
            now=now,
        )
        return File(
            path,
            filename=f"customer-{export.profile_id}.zip",
            media_type="application/zip",
            headers={"Cache-Control": "no-store"},
        )


class ErasuresController(Controller):
    path = "/erasures"
    tags = ["Privacy"]

    @get("/", operation_id="list_erasures", guards=[requires(Permission.VIEW)])
    async def list_all(
        self,
        who: Who,
        tx: OpenTx,
        lang: ReaderLang,
        *,
        request_id: FromQuery[UUID | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[Erasure]:
        """Erasures with their acts, newest first."""
        return await list_erasures(
            tx,
            workspace_id=who.workspace_id,
            lang=lang,
            request_id=request_id,
            cursor=cursor,
            limit=limit,
        )

    @post("/", operation_id="erase_person", guards=[requires(Permission.MANAGE)])
    async def order(
        self,
        data: JSONBody[NewErasure],
        who: Who,
        rt: Rt,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
    ) -> Erasure:
        """Destroy everything that is kept of a person, in both engines. It can't be undone."""
        erasure_id = await order_erasure(
            rt,
            tx,
            workspace_id=who.workspace_id,
            profile_id=data.profile_id,
            confirm=data.confirm,
            basis=data.basis,
            reason=data.reason,
            request_id=data.request_id,
            user_id=who.user_id,
            now=now,
        )
        await write_audit(
            tx,
            who=who,
            action="profile.erased",
            object_kind="profile",
            object_id=data.profile_id,
            now=now,
            detail={"basis": data.basis.value},
        )
        return await get_erasure(
            tx, workspace_id=who.workspace_id, erasure_id=erasure_id, lang=lang
        )

    @get("/{erasure_id:uuid}", operation_id="get_erasure", guards=[requires(Permission.VIEW)])
    async def get_one(
        self, erasure_id: FromPath[UUID], who: Who, tx: OpenTx, lang: ReaderLang
    ) -> Erasure:
        """How far an erasure is, and what it destroyed."""
        return await get_erasure(
            tx, workspace_id=who.workspace_id, erasure_id=erasure_id, lang=lang
        )

    @get(
        "/{erasure_id:uuid}/act",
        operation_id="print_erasure_act",
        guards=[requires(Permission.VIEW)],
        media_type="text/html",
    )
    async def act(
        self,
        erasure_id: FromPath[UUID],
        who: Who,
        tx: OpenTx,
        now: Now,
        lang: ReaderLang,
        in_lang: FromQuery[Lang | None] = None,
    ) -> Response[str]:
        """The act of destruction with the extract of the event log, for paper."""
        shown = in_lang or lang
        erasure = await get_erasure(
            tx, workspace_id=who.workspace_id, erasure_id=erasure_id, lang=shown
        )
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        page = act_page(lang=shown, workspace=workspace, erasure=erasure, now=now)
        return Response(page, media_type="text/html; charset=utf-8", headers=HEADERS)


HANDLERS = [PersonExportsController, ErasuresController]
