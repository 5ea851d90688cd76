"""The media library: pictures in PostgreSQL, shared by all web processes and in every backup."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.content.errors import MediaFull, MediaInUse, MediaNotFound
from otklik.content.media.model import (
    LIBRARY_BYTES_MAX,
    Made,
    Picture,
    PictureFile,
    PictureFormat,
    PictureSize,
    weight_of,
)
from otklik.content.tables import brand_kits, letters, media, media_files, saved_blocks
from otklik.kit.ids import new_id, new_token
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

BRAND_KIT = "brand kit"


async def find_picture(tx: Tx, *, workspace_id: int, upload: bytes) -> UUID | None:
    """Return the picture that was made of the same upload before."""
    found = await tx.execute(
        sa.select(media.c.id).where(
            media.c.workspace_id == workspace_id, media.c.digest == _digest(upload)
        )
    )
    return found.scalar_one_or_none()


async def add_picture(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    alt: str,
    upload: bytes,
    sizes: Sequence[Made],
    now: datetime,
) -> UUID:
    """Keep the sizes of a picture and return its id. Raises: MediaFull."""
    used = await tx.execute(
        sa.select(sa.func.coalesce(sa.func.sum(media_files.c.bytes), 0)).where(
            media_files.c.workspace_id == workspace_id
        )
    )
    if used.scalar_one() + sum(len(one.data) for one in sizes) > LIBRARY_BYTES_MAX:
        raise MediaFull(limit=LIBRARY_BYTES_MAX // (1024 * 1024))
    media_id = new_id()
    added = await tx.execute(
        insert(media)
        .values(
            id=media_id,
            workspace_id=workspace_id,
            name=name,
            alt=alt,
            digest=_digest(upload),
            animated=any(one.animated for one in sizes),
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "digest"])
        .returning(media.c.id)
    )
    if added.one_or_none() is None:
        # The same file was uploaded at the same time.
        found = await find_picture(tx, workspace_id=workspace_id, upload=upload)
        return found or media_id
    await tx.execute(
        media_files.insert(),
        [
            {
                "token": new_token(),
                "workspace_id": workspace_id,
                "media_id": media_id,
                "size": one.size.value,
                "format": one.format.value,
                "width": one.width,
                "height": one.height,
                "bytes": len(one.data),
                "data": one.data,
            }
            for one in sizes
        ],
    )
    return media_id


async def list_pictures(
    tx: Tx,
    *,
    workspace_id: int,
    base_url: str,
    search: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Picture]:
    """Return pictures, the newest first; `search` looks into names and alt texts.

    Raises: BadCursor.
    """
    limit = clamp_limit(limit)
    query = (
        sa.select(media)
        .where(media.c.workspace_id == workspace_id)
        .order_by(media.c.created_at.desc(), media.c.id.desc())
        .limit(limit + 1)
    )
    if search and search.strip():
        wanted = search.strip().replace("\x00", "")
        query = query.where(
            media.c.name.icontains(wanted, autoescape=True)
            | media.c.alt.icontains(wanted, autoescape=True)
        )
    if cursor:
        at, last = decode_cursor(cursor, datetime, UUID)
        query = query.where(sa.tuple_(media.c.created_at, media.c.id) < sa.tuple_(at, last))
    rows = (await tx.execute(query)).all()
    items = await _pictures(tx, workspace_id, base_url, rows[:limit])
    more = len(rows) > limit
    return Page(
        items=items,
        next_cursor=encode_cursor(items[-1].created_at, items[-1].id) if more else None,
    )


async def get_picture(tx: Tx, *, workspace_id: int, media_id: UUID, base_url: str) -> Picture:
    """Return one picture. Raises: MediaNotFound."""
    rows = (
        await tx.execute(
            sa.select(media).where(media.c.workspace_id == workspace_id, media.c.id == media_id)
        )
    ).all()
    if not rows:
        raise MediaNotFound()
    return (await _pictures(tx, workspace_id, base_url, rows))[0]


async def full_file(tx: Tx, *, workspace_id: int, media_id: UUID) -> bytes:
    """Return the full size of a picture as it is kept. Raises: MediaNotFound."""
    f = media_files.c
    found = await tx.execute(
        sa.select(f.data)
        .where(f.workspace_id == workspace_id, f.media_id == media_id)
        .order_by(f.size)
        .limit(1)
    )
    data: bytes | None = found.scalar_one_or_none()
    if data is None:
        raise MediaNotFound()
    return data


def name_of_copy(name: str, made: Made) -> str:
    """Return the name of a copy: "kettle-600.jpg" of "kettle.png"."""
    stem = re.sub(r"\.(?:jpe?g|png|webp|gif)$", "", name, flags=re.IGNORECASE)
    return f"{stem[:180]}-{made.width}.{made.format.value}"


async def change_picture(
    tx: Tx, *, workspace_id: int, media_id: UUID, changes: dict[str, Any], now: datetime
) -> None:
    """Change the name or the alt text of a picture. Raises: MediaNotFound."""
    changed = await tx.execute(
        media.update()
        .where(media.c.workspace_id == workspace_id, media.c.id == media_id)
        .values(updated_at=now, **changes)
        .returning(media.c.id)
    )
    if changed.one_or_none() is None:
        raise MediaNotFound()


async def delete_picture(tx: Tx, *, workspace_id: int, media_id: UUID) -> None:
    """Delete a picture that nothing shows; in letters sent before, its place stays empty.

    Raises: MediaNotFound, MediaInUse.
    """
    picture = await get_picture(tx, workspace_id=workspace_id, media_id=media_id, base_url="")
    if picture.used_in:
        raise MediaInUse(used_by=", ".join(picture.used_in[:5]))
    await tx.execute(
        media.delete().where(media.c.workspace_id == workspace_id, media.c.id == media_id)
    )


async def picture_file(tx: Tx, *, token: str) -> tuple[PictureFormat, bytes, int] | None:
    """Return what stands at a public address, and whose it is, in whichever workspace that is."""
    columns = (media_files.c.format, media_files.c.data, media_files.c.workspace_id)
    row = (await tx.execute(sa.select(*columns).where(media_files.c.token == token))).one_or_none()
    return None if row is None else (PictureFormat(row.format), row.data, row.workspace_id)


def _digest(upload: bytes) -> bytes:
    return hashlib.sha256(upload).digest()


async def _pictures(tx: Tx, workspace_id: int, base_url: str, rows: Sequence[Any]) -> list[Picture]:
    f = media_files.c
    ids = [row.id for row in rows]
    columns = (f.token, f.media_id, f.size, f.format, f.width, f.height, f.bytes)
    found = await tx.execute(
        sa.select(*columns)
        .where(f.workspace_id == workspace_id, f.media_id.in_(ids))
        .order_by(f.size)
    )
    files: dict[UUID, list[Any]] = {}
    for one in found:
        files.setdefault(one.media_id, []).append(one)
    used = await _used_in(tx, workspace_id, ids)
    return [
        Picture(
            id=row.id,
            name=row.name,
            alt=row.alt,
            url=_url(base_url, files[row.id][0]),
            animated=row.animated,
            files=[_file_of(base_url, one) for one in files[row.id]],
            used_in=used.get(row.id, []),
            created_at=row.created_at,
        )
        for row in rows
    ]


async def _used_in(tx: Tx, workspace_id: int, ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the names of what shows each picture, by the address that stands in its text."""
    f = media_files.c
    texts = sa.union_all(
        sa.select(letters.c.name.label("name"), letters.c.source.label("text")).where(
            letters.c.workspace_id == workspace_id
        ),
        sa.select(saved_blocks.c.name, sa.cast(saved_blocks.c.row, sa.Text)).where(
            saved_blocks.c.workspace_id == workspace_id
        ),
        sa.select(sa.literal(BRAND_KIT), sa.cast(brand_kits.c.kit, sa.Text)).where(
            brand_kits.c.workspace_id == workspace_id
        ),
    ).subquery()
    names = sa.func.strpos(texts.c.text, sa.literal("/m/") + f.token) > 0
    found = await tx.execute(
        sa.select(f.media_id, texts.c.name)
        .distinct()
        .select_from(media_files.join(texts, names))
        .where(f.workspace_id == workspace_id, f.media_id.in_(list(ids)))
        .order_by(f.media_id, texts.c.name)
    )
    used: dict[UUID, list[str]] = {}
    for row in found:
        used.setdefault(row.media_id, []).append(row.name)
    return used


def _url(base_url: str, row: Any) -> str:
    return f"{base_url}/m/{row.token}.{row.format}"


def _file_of(base_url: str, row: Any) -> PictureFile:
    return PictureFile(
        size=PictureSize(row.size),
        url=_url(base_url, row),
        format=PictureFormat(row.format),
        width=row.width,
        height=row.height,
        bytes=row.bytes,
        weight=weight_of(row.bytes),
    )
