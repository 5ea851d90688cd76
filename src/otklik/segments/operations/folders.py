"""Folders of segments: one level, names unique in a workspace."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx
from otklik.segments import tables as t
from otklik.segments.errors import FolderExists, FolderNotEmpty, FolderNotFound, SegmentInvalid
from otklik.segments.model import Folder

FOLDER_NAME_MAX = 100
FOLDERS_MAX = 200


async def list_folders(tx: Tx, *, workspace_id: int) -> list[Folder]:
    """Return the folders by name, with the number of segments that are not archived."""
    f, s = t.segment_folders.c, t.segments.c
    rows = await tx.execute(
        sa.select(f.id, f.name, sa.func.count(s.id))
        .outerjoin(t.segments, sa.and_(s.folder_id == f.id, s.archived_at.is_(None)))
        .where(f.workspace_id == workspace_id)
        .group_by(f.id)
        .order_by(sa.func.lower(f.name), f.id)
    )
    return [Folder(*row) for row in rows]


async def check_folder(tx: Tx, *, workspace_id: int, folder_id: UUID) -> None:
    """Raises: FolderNotFound."""
    f = t.segment_folders.c
    found = await tx.execute(
        sa.select(f.id)
        .where(f.workspace_id == workspace_id, f.id == folder_id)
        .with_for_update(key_share=True)
    )
    if found.first() is None:
        raise FolderNotFound()


async def create_folder(tx: Tx, *, workspace_id: int, name: str, now: datetime) -> UUID:
    """Raises: SegmentInvalid (no name, or too many folders), FolderExists."""
    f = t.segment_folders.c
    count = sa.select(sa.func.count()).where(f.workspace_id == workspace_id)
    if (await tx.execute(count)).scalar_one() >= FOLDERS_MAX:
        raise SegmentInvalid(
            problems=[
                Problem(
                    "$",
                    Text(
                        en=f"A workspace may have at most {FOLDERS_MAX} folders.",
                        ru=f"В рабочем пространстве может быть не больше {FOLDERS_MAX} папок.",
                    ),
                    code="too_many",
                )
            ]
        )
    made = await tx.execute(
        insert(t.segment_folders)
        .values(id=new_id(), workspace_id=workspace_id, name=_checked(name), created_at=now)
        .on_conflict_do_nothing()
        .returning(f.id)
    )
    folder_id: UUID | None = made.scalar_one_or_none()
    if folder_id is None:
        raise FolderExists()
    return folder_id


async def rename_folder(tx: Tx, *, workspace_id: int, folder_id: UUID, name: str) -> None:
    """Raises: FolderNotFound, SegmentInvalid, FolderExists."""
    await check_folder(tx, workspace_id=workspace_id, folder_id=folder_id)
    f = t.segment_folders.c
    name = _checked(name)
    taken = await tx.execute(
        sa.select(f.id).where(f.workspace_id == workspace_id, f.name == name, f.id != folder_id)
    )
    if taken.first() is not None:
        raise FolderExists()
    await tx.execute(
        t.segment_folders.update()
        .where(f.workspace_id == workspace_id, f.id == folder_id)
        .values(name=name)
    )


async def delete_folder(tx: Tx, *, workspace_id: int, folder_id: UUID) -> None:
    """Raises: FolderNotFound; FolderNotEmpty when segments are in it, archived ones too."""
    f, s = t.segment_folders.c, t.segments.c
    locked = await tx.execute(
        sa.select(f.id).where(f.workspace_id == workspace_id, f.id == folder_id).with_for_update()
    )
    if locked.first() is None:
        raise FolderNotFound()
    inside = sa.select(sa.func.count()).where(
        s.workspace_id == workspace_id, s.folder_id == folder_id
    )
    count = (await tx.execute(inside)).scalar_one()
    if count:
        raise FolderNotEmpty(count=count)
    await tx.execute(
        t.segment_folders.delete().where(f.workspace_id == workspace_id, f.id == folder_id)
    )


def _checked(name: str) -> str:
    name = name.strip()
    if 0 < len(name) <= FOLDER_NAME_MAX and name.isprintable():
        return name
    raise SegmentInvalid(
        problems=[
            Problem(
                "$.name",
                Text(
                    en=f"A name of 1 to {FOLDER_NAME_MAX} characters is needed.",
                    ru=f"Нужно название длиной от 1 до {FOLDER_NAME_MAX} символов.",
                ),
                code="bad_name",
            )
        ]
    )
