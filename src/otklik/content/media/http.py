"""Pictures over HTTP: the library for colleagues, the files for everybody with their address."""

import asyncio
import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.content.errors import MediaNotFound
from otklik.content.media import library
from otklik.content.media.model import UPLOAD_BYTES_MAX, Picture
from otklik.content.media.pictures import make_sizes
from otklik.kit.pagination import Page
from otklik.runtime.web.hosts import is_of_host
from otklik.runtime.web.providers import Now, OpenTx, Rt

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
_Alt = Annotated[str, msgspec.Meta(max_length=300)]
_ADDRESS = re.compile(r"([A-Za-z0-9_-]{20,64})\.(jpg|png|webp|gif)")
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}


class MediaChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name | msgspec.UnsetType = msgspec.UNSET
    alt: _Alt | msgspec.UnsetType = msgspec.UNSET


class Media(Controller):
    path = "/media"
    tags = ["Letters"]

    @get("/", operation_id="list_media", guards=[requires(Permission.VIEW)])
    async def list_media(
        self,
        *,
        tx: OpenTx,
        who: Who,
        rt: Rt,
        search: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[Picture]:
        """Pictures for letters, the newest first."""
        return await library.list_pictures(
            tx,
            workspace_id=who.workspace_id,
            base_url=rt.settings.base_url,
            search=search,
            cursor=cursor,
            limit=limit,
        )

    @post(
        "/",
        operation_id="upload_media",
        guards=[requires(Permission.EDIT)],
        request_max_body_size=UPLOAD_BYTES_MAX + 64 * 1024,
    )
    async def upload_media(
        self,
        *,
        data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)],
        who: Who,
        rt: Rt,
        now: Now,
    ) -> Picture:
        """Upload a picture (JPEG, PNG, WebP or GIF, at most 15 MB) in the part `data` of a form.

        It is encoded anew in up to two sizes; the same file again is the same picture.
        """
        upload = await data.read()
        name = (data.filename or "").replace("\x00", "").strip()[-200:] or "picture"
        async with rt.db.begin() as tx:
            media_id = await library.find_picture(tx, workspace_id=who.workspace_id, upload=upload)
        if media_id is None:
            # Encoding takes seconds: no transaction stays open, and the event loop goes on.
            sizes = await asyncio.to_thread(make_sizes, upload)
            async with rt.db.begin() as tx:
                media_id = await library.add_picture(
                    tx,
                    workspace_id=who.workspace_id,
                    name=name,
                    alt="",
                    upload=upload,
                    sizes=sizes,
                    now=now,
                )
                await write_audit(
                    tx,
                    who=who,
                    action="media.added",
                    object_kind="media",
                    object_id=media_id,
                    now=now,
                )
        async with rt.db.begin() as tx:
            return await library.get_picture(
                tx,
                workspace_id=who.workspace_id,
                media_id=media_id,
                base_url=rt.settings.base_url,
            )

    @get("/{media_id:uuid}", operation_id="get_media", guards=[requires(Permission.VIEW)])
    async def get_media(self, media_id: FromPath[UUID], tx: OpenTx, who: Who, rt: Rt) -> Picture:
        """One picture with its sizes and what shows it."""
        return await library.get_picture(
            tx, workspace_id=who.workspace_id, media_id=media_id, base_url=rt.settings.base_url
        )

    @patch("/{media_id:uuid}", operation_id="change_media", guards=[requires(Permission.EDIT)])
    async def change_media(
        self,
        *,
        media_id: FromPath[UUID],
        data: JSONBody[MediaChanges],
        tx: OpenTx,
        who: Who,
        rt: Rt,
        now: Now,
    ) -> Picture:
        """Change the name of a picture, or the alt text that letters begin with."""
        given = {"name": data.name, "alt": data.alt}
        changes = {name: text for name, text in given.items() if text is not msgspec.UNSET}
        await library.change_picture(
            tx, workspace_id=who.workspace_id, media_id=media_id, changes=changes, now=now
        )
        await write_audit(
            tx,
            who=who,
            action="media.changed",
            object_kind="media",
            object_id=media_id,
            now=now,
            detail={"fields": sorted(changes)},
        )
        return await library.get_picture(
            tx, workspace_id=who.workspace_id, media_id=media_id, base_url=rt.settings.base_url
        )

    @delete("/{media_id:uuid}", operation_id="delete_media", guards=[requires(Permission.EDIT)])
    async def delete_media(self, media_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Delete a picture that no letter, no saved block and not the brand kit shows."""
        await library.delete_picture(tx, workspace_id=who.workspace_id, media_id=media_id)
        await write_audit(
            tx,
            who=who,
            action="media.deleted",
            object_kind="media",
            object_id=media_id,
            now=now,
        )


@get("/m/{address:str}", include_in_schema=False, opt={"public": True})
async def show_picture(
    request: Request[Any, Any, Any], address: FromPath[str], tx: OpenTx
) -> Response[bytes]:
    """A picture of a letter, for whoever has its address."""
    match = _ADDRESS.fullmatch(address)
    found = await library.picture_file(tx, token=match[1]) if match else None
    if match is None or found is None or found[0] != match[2]:
        raise MediaNotFound()
    if not is_of_host(request, found[2]):
        raise MediaNotFound()
    return Response(
        found[1],
        media_type=_TYPES[found[0]],
        headers={
            # What stands at an address never changes: another picture has another address.
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": "inline",
            # Letters, previews and mail programs show it from other origins.
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


HANDLERS: list[Any] = [Media]
PUBLIC_HANDLERS: list[Any] = [show_picture]
