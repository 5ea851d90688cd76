"""Pictures over HTTP: the library for colleagues, the files for everybody with their address."""

import asyncio
import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.content.errors import MediaNotFound
from otklik.content.media import library
from otklik.content.media.model import (
    FULL_WIDTH,
    UPLOAD_BYTES_MAX,
    Made,
    Picture,
    PictureFormat,
    Remake,
)
from otklik.content.media.pictures import make_sizes, remake_sizes
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime
from otklik.runtime.web.hosts import is_of_host
from otklik.runtime.web.providers import Now, OpenTx, Rt

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
_Alt = Annotated[str, msgspec.Meta(max_length=300)]
_ADDRESS = re.compile(r"([A-Za-z0-9_-]{20,64})\.(jpg|png|webp|gif)")
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}


class MediaChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name | msgspec.UnsetType = msgspec.UNSET
    alt: _Alt | msgspec.UnsetType = msgspec.UNSET


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of a picture: its edges as shares of the whole, from the top left."""

    left: Share = 0.0
    top: Share = 0.0
    right: Share = 1.0
    bottom: Share = 1.0


class MediaRemake(msgspec.Struct, forbid_unknown_fields=True):
    """How the copy differs; what is left out stays as it is. `width`: at most so many pixels."""

    crop: Cut | None = None
    width: Annotated[int, msgspec.Meta(ge=8, le=FULL_WIDTH)] | None = None
    format: Literal["jpg", "png", "webp"] | None = None


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
        # Some browsers send the folder as well.
        name = re.split(r"[/\\\\]", data.filename or "")[-1].replace("\x00", "").strip()
        name = name[-200:] or "picture"
        async with rt.db.begin() as tx:
            media_id = await library.find_picture(tx, workspace_id=who.workspace_id, upload=upload)
        if media_id is None:
            # Encoding takes seconds: no transaction stays open, and the event loop goes on.
            sizes = await asyncio.to_thread(make_sizes, upload)
            media_id = await _keep(rt, who, name=name, alt="", upload=upload, sizes=sizes, now=now)
        async with rt.db.begin() as tx:
            return await library.get_picture(
                tx,
                workspace_id=who.workspace_id,
                media_id=media_id,
                base_url=rt.settings.base_url,
            )

    @post(
        "/{media_id:uuid}/copies",
        operation_id="remake_media",
        guards=[requires(Permission.EDIT)],
    )
    async def remake_media(
        self,
        *,
        media_id: FromPath[UUID],
        data: JSONBody[MediaRemake],
        who: Who,
        rt: Rt,
        now: Now,
    ) -> Picture:
        """Make another picture of one: cut, smaller, or as JPEG, PNG or WebP. The first stays.

        The same copy again is the same picture.
        """
        cut = data.crop
        wanted = Remake(
            crop=(cut.left, cut.top, cut.right, cut.bottom) if cut is not None else None,
            width=data.width,
            format=PictureFormat(data.format) if data.format is not None else None,
        )
        async with rt.db.begin() as tx:
            kept = await library.get_picture(
                tx, workspace_id=who.workspace_id, media_id=media_id, base_url=""
            )
            original = await library.full_file(tx, workspace_id=who.workspace_id, media_id=media_id)
        sizes = await asyncio.to_thread(remake_sizes, original, wanted)
        made = sizes[0].data
        async with rt.db.begin() as tx:
            copy_id = await library.find_picture(tx, workspace_id=who.workspace_id, upload=made)
        if copy_id is None:
            name = library.name_of_copy(kept.name, sizes[0])
            copy_id = await _keep(
                rt, who, name=name, alt=kept.alt, upload=made, sizes=sizes, now=now
            )
        async with rt.db.begin() as tx:
            return await library.get_picture(
                tx,
                workspace_id=who.workspace_id,
                media_id=copy_id,
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


async def _keep(
    rt: Runtime,
    who: Principal,
    *,
    name: str,
    alt: str,
    upload: bytes,
    sizes: list[Made],
    now: datetime,
) -> UUID:
    async with rt.db.begin() as tx:
        media_id = await library.add_picture(
            tx,
            workspace_id=who.workspace_id,
            name=name,
            alt=alt,
            upload=upload,
            sizes=sizes,
            now=now,
        )
        await write_audit(
            tx, who=who, action="media.added", object_kind="media", object_id=media_id, now=now
        )
    return media_id


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
