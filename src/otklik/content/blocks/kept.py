"""What block letters of a workspace share: the brand kit and reusable blocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.content.blocks.model import BrandKit, Row, SavedBlock
from otklik.content.errors import SavedBlockInUse, SavedBlockNested, SavedBlockNotFound
from otklik.content.model import LetterKind
from otklik.content.tables import brand_kits, letters, saved_blocks
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx


class SavedRow(msgspec.Struct, frozen=True):
    """A reusable block. `used_in`: in how many letters it stands now."""

    id: UUID
    name: str
    row: Row
    used_in: int
    created_at: datetime
    updated_at: datetime


async def get_brand_kit(tx: Tx, *, workspace_id: int) -> BrandKit:
    """Return what all block letters share; an empty kit where nobody has set one."""
    kit = (
        await tx.execute(
            sa.select(brand_kits.c.kit).where(brand_kits.c.workspace_id == workspace_id)
        )
    ).scalar_one_or_none()
    return BrandKit() if kit is None else msgspec.convert(kit, BrandKit)


async def set_brand_kit(tx: Tx, *, workspace_id: int, kit: BrandKit, now: datetime) -> BrandKit:
    """Replace the brand kit. Drafts follow it at once, running mailings keep what they began with.

    Every text is checked by whoever decoded the kit.
    """
    values = {"kit": msgspec.to_builtins(kit), "updated_at": now}
    await tx.execute(
        insert(brand_kits)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )
    return kit


async def list_saved_blocks(
    tx: Tx, *, workspace_id: int, ids: Iterable[UUID] | None = None
) -> list[SavedRow]:
    """Return the reusable blocks of a workspace by name, or those of `ids`."""
    s = saved_blocks.c
    used = (
        sa.select(sa.func.count())
        .select_from(letters)
        .where(
            letters.c.workspace_id == s.workspace_id,
            letters.c.kind == LetterKind.BLOCKS.value,
            letters.c.source.contains(sa.cast(s.id, sa.Text), autoescape=False),
        )
        .scalar_subquery()
        .label("used_in")
    )
    query = sa.select(saved_blocks, used).where(s.workspace_id == workspace_id)
    if ids is not None:
        query = query.where(s.id.in_(list(ids)))
    return [_saved_of(row) for row in await tx.execute(query.order_by(s.name, s.id))]


async def get_saved_block(tx: Tx, *, workspace_id: int, block_id: UUID) -> SavedRow:
    """Return one reusable block. Raises: SavedBlockNotFound."""
    found = await list_saved_blocks(tx, workspace_id=workspace_id, ids=[block_id])
    if not found:
        raise SavedBlockNotFound()
    return found[0]


async def create_saved_block(
    tx: Tx, *, workspace_id: int, name: str, row: Row, now: datetime
) -> SavedRow:
    """Keep a row for use in other letters. Raises: SavedBlockNested."""
    _check_flat(row)
    block_id = new_id()
    await tx.execute(
        saved_blocks.insert().values(
            id=block_id,
            workspace_id=workspace_id,
            name=name,
            row=msgspec.to_builtins(row),
            created_at=now,
            updated_at=now,
        )
    )
    return await get_saved_block(tx, workspace_id=workspace_id, block_id=block_id)


async def change_saved_block(
    tx: Tx, *, workspace_id: int, block_id: UUID, name: str, row: Row, now: datetime
) -> SavedRow:
    """Change a reusable block: drafts with it change too, running mailings don't.

    Raises: SavedBlockNotFound, SavedBlockNested.
    """
    _check_flat(row)
    changed = await tx.execute(
        saved_blocks.update()
        .where(saved_blocks.c.workspace_id == workspace_id, saved_blocks.c.id == block_id)
        .values(name=name, row=msgspec.to_builtins(row), updated_at=now)
        .returning(saved_blocks.c.id)
    )
    if changed.one_or_none() is None:
        raise SavedBlockNotFound()
    return await get_saved_block(tx, workspace_id=workspace_id, block_id=block_id)


async def delete_saved_block(tx: Tx, *, workspace_id: int, block_id: UUID) -> None:
    """Delete a reusable block that no letter has. Raises: SavedBlockNotFound, SavedBlockInUse."""
    block = await get_saved_block(tx, workspace_id=workspace_id, block_id=block_id)
    if block.used_in:
        raise SavedBlockInUse(count=block.used_in)
    await tx.execute(
        saved_blocks.delete().where(
            saved_blocks.c.workspace_id == workspace_id, saved_blocks.c.id == block_id
        )
    )


def _check_flat(row: Row) -> None:
    """A reusable block inside another could contain itself."""
    for column in row.columns:
        if any(isinstance(block, SavedBlock) for block in column.blocks):
            raise SavedBlockNested()


def _saved_of(row: Any) -> SavedRow:
    return SavedRow(
        id=row.id,
        name=row.name,
        row=msgspec.convert(row.row, Row),
        used_in=row.used_in,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
