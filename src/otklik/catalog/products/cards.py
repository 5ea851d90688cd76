"""Products as letters show them, many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.catalog import tables as t
from otklik.runtime.public import Tx


class LetterProduct(msgspec.Struct, frozen=True):
    """A product. `listed`: false when no feed has it any more."""

    id: int
    offer_id: str
    name: str
    url: str | None
    picture: str | None
    price: float | None
    old_price: float | None
    currency: str | None
    listed: bool


async def letter_products(
    tx: Tx, *, workspace_id: int, product_ids: Collection[int]
) -> dict[int, LetterProduct]:
    """Return products by id; those that never were are absent."""
    found = await _read(tx, workspace_id, t.products.c.product_id.in_(list(product_ids)))
    return {row.product_id: _product_of(row) for row in found}


async def products_of_offers(
    tx: Tx, *, workspace_id: int, offer_ids: Collection[str]
) -> dict[str, LetterProduct]:
    """Return products by the id that the shop gives them, as the lines of orders have it.

    Where several feeds have the same id, the product seen last stands for all.
    """
    p = t.products.c
    # By feed and offer, as the index has them: otherwise all products would be read.
    feeds = sa.select(t.feeds.c.feed_id).where(t.feeds.c.workspace_id == workspace_id)
    mine = sa.and_(p.feed_id.in_(feeds), p.offer_id.in_(list(offer_ids)))
    found = await _read(tx, workspace_id, mine)
    return {row.offer_id: _product_of(row) for row in sorted(found, key=_age)}


async def _read(tx: Tx, workspace_id: int, which: sa.ColumnElement[bool]) -> Sequence[Any]:
    p = t.products.c
    columns = (
        p.product_id,
        p.offer_id,
        p.name,
        p.url,
        p.pictures,
        p.price,
        p.old_price,
        p.currency,
        p.gone_at,
    )
    query = sa.select(*columns).where(p.workspace_id == workspace_id, which)
    return (await tx.execute(query)).all()


def _age(row: Any) -> tuple[bool, int]:
    return row.gone_at is None, row.product_id


def _product_of(row: Any) -> LetterProduct:
    return LetterProduct(
        id=row.product_id,
        offer_id=row.offer_id,
        name=row.name,
        url=row.url,
        picture=row.pictures[0] if row.pictures else None,
        price=None if row.price is None else float(row.price),
        old_price=None if row.old_price is None else float(row.old_price),
        currency=row.currency,
        listed=row.gone_at is None,
    )
