"""Reads of products, their categories and their history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.catalog import tables as t
from otklik.catalog.products.errors import ProductNotFound
from otklik.catalog.products.model import (
    Availability,
    Product,
    ProductCategory,
    ProductFact,
    ProductOrder,
    ProductParam,
    ProductRow,
    VendorCount,
)
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Runtime, Tx

COUNTED_MAX = 10_000
"""A larger list is not counted: nobody needs the number, and counting would read all of it."""
_VARIANTS = 50
_FACTS = 2_000
_TREE = 5_000


_JOINED = t.products.outerjoin(
    t.product_categories,
    sa.and_(
        t.product_categories.c.workspace_id == t.products.c.workspace_id,
        t.product_categories.c.feed_id == t.products.c.feed_id,
        t.product_categories.c.category_id == t.products.c.category_id,
    ),
)
_PATH = t.product_categories.c.path.label("category_path")


def _row_of(row: Any) -> dict[str, Any]:
    gone = row.gone_at is not None
    return {
        "id": row.product_id,
        "feed_id": row.feed_id,
        "offer_id": row.offer_id,
        "name": row.name,
        "vendor": row.vendor,
        "price": _number(row.price),
        "old_price": _number(row.old_price),
        "currency": row.currency,
        "category": row.category_path or [],
        "picture": row.pictures[0] if row.pictures else None,
        "available": not gone and row.available is not False,
        "stock": row.stock,
        "gone": gone,
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


class ProductFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of products is narrowed to. `category_id`: with everything below it."""

    search: str | None = None
    feed_id: UUID | None = None
    category_id: str | None = None
    vendor: str | None = None
    availability: Availability = Availability.LISTED
    price_min: float | None = None
    price_max: float | None = None


async def list_products(
    tx: Tx,
    *,
    workspace_id: int,
    by: ProductFilter,
    order: ProductOrder = ProductOrder.NAME,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ProductRow]:
    """Return a page of products. `total` is null above COUNTED_MAX. Raises: BadCursor."""
    limit = clamp_limit(limit)
    p = t.products.c
    where = [p.workspace_id == workspace_id, *_conditions(by)]
    key: sa.ColumnElement[Any] = {
        ProductOrder.NAME: p.name,
        ProductOrder.CHEAP: p.price,
        ProductOrder.DEAR: p.price,
        ProductOrder.NEW: p.first_seen,
    }[order]
    down = order in {ProductOrder.DEAR, ProductOrder.NEW}
    if order in {ProductOrder.CHEAP, ProductOrder.DEAR}:
        where.append(p.price.is_not(None))
    after = []
    if cursor:
        last, product_id = decode_cursor(cursor, str, int)
        left, right = sa.tuple_(key, p.product_id), sa.tuple_(sa.cast(last, key.type), product_id)
        after.append(left < right if down else left > right)
    columns = [
        key.desc() if down else key.asc(),
        p.product_id.desc() if down else p.product_id.asc(),
    ]
    rows = (
        await tx.execute(
            sa.select(t.products, _PATH, sa.cast(key, sa.Text).label("sort_key"))
            .select_from(_JOINED)
            .where(*where, *after)
            .order_by(*columns)
            .limit(limit + 1)
        )
    ).all()
    total = None
    if cursor is None:
        some = sa.select(p.product_id).where(*where).limit(COUNTED_MAX + 1).subquery()
        counted = (await tx.execute(sa.select(sa.func.count()).select_from(some))).scalar_one()
        total = counted if counted <= COUNTED_MAX else None
    more = len(rows) > limit
    return Page(
        items=[ProductRow(**_row_of(row)) for row in rows[:limit]],
        next_cursor=encode_cursor(rows[limit - 1].sort_key, rows[limit - 1].product_id)
        if more
        else None,
        total=total,
    )


def _conditions(by: ProductFilter) -> Iterable[sa.ColumnElement[bool]]:
    p, c = t.products.c, t.product_categories.c
    if by.availability is Availability.GONE:
        yield p.gone_at.is_not(None)
    else:
        yield p.gone_at.is_(None)
    if by.availability is Availability.AVAILABLE:
        yield p.available.is_not(False)
    elif by.availability is Availability.UNAVAILABLE:
        yield p.available.is_(False)
    words = _words(by.search)
    if words:
        yield p.words.op("@@")(sa.func.to_tsquery("simple", words))
    if by.feed_id is not None:
        yield p.feed_id == by.feed_id
    if by.vendor is not None:
        yield p.vendor == by.vendor
    if by.price_min is not None:
        yield p.price >= by.price_min
    if by.price_max is not None:
        yield p.price <= by.price_max
    if by.category_id is not None:
        below = sa.select(c.category_id).where(
            c.workspace_id == p.workspace_id,
            c.feed_id == p.feed_id,
            c.path_ids.contains([by.category_id]),
        )
        yield p.category_id.in_(below.correlate(t.products))


def _words(search: str | None) -> str:
    """Return a query for beginnings of all words; quotes make every sign harmless in it."""
    words = (search or "").replace("\0", " ").replace("\\", " ").replace("'", " ").split()[:10]
    return " & ".join(f"'{word[:100]}':*" for word in words)


async def get_product(tx: Tx, *, workspace_id: int, product_id: int) -> Product:
    """Return a product with everything the shop says of it; raises ProductNotFound."""
    p, f = t.products.c, t.feeds.c
    row = (
        await tx.execute(
            sa.select(t.products, _PATH, f.name.label("feed_name"), f.fresh_at)
            .select_from(_JOINED.join(t.feeds, f.feed_id == p.feed_id))
            .where(p.workspace_id == workspace_id, p.product_id == product_id)
        )
    ).one_or_none()
    if row is None:
        raise ProductNotFound()
    variants: list[ProductRow] = []
    if row.group_id is not None:
        others = await tx.execute(
            sa.select(t.products, _PATH)
            .select_from(_JOINED)
            .where(
                p.workspace_id == workspace_id,
                p.feed_id == row.feed_id,
                p.group_id == row.group_id,
                p.product_id != product_id,
                p.gone_at.is_(None),
            )
            .order_by(p.name, p.product_id)
            .limit(_VARIANTS)
        )
        variants = [ProductRow(**_row_of(one)) for one in others]
    return Product(
        **_row_of(row),
        group_id=row.group_id,
        vendor_code=row.vendor_code,
        barcode=row.barcode,
        url=row.url,
        pictures=row.pictures,
        params=msgspec.convert(row.params, list[ProductParam]),
        description=row.description,
        feed_name=row.feed_name,
        first_seen=row.first_seen,
        last_seen=row.last_seen if row.gone_at else row.fresh_at,
        changed_at=row.changed_at,
        variants=variants,
    )


async def product_history(rt: Runtime, *, workspace_id: int, product: Product) -> list[ProductFact]:
    """Return the changes of price and stock of a product, oldest first; at most the last 2,000."""
    rows = await rt.ch.query(
        "SELECT at, price, old_price, currency, available, stock, gone FROM product_facts"
        " WHERE workspace_id = {ws:UInt32} AND feed_id = {feed:UUID} AND offer_id = {offer:String}"
        " ORDER BY at DESC LIMIT {many:UInt32}",
        {
            "ws": workspace_id,
            "feed": str(product.feed_id),
            "offer": product.offer_id,
            "many": _FACTS,
        },
    )
    return [
        ProductFact(
            at=at,
            price=_number(price),
            old_price=_number(old_price),
            currency=currency,
            available=bool(available),
            stock=stock,
            gone=bool(gone),
        )
        for at, price, old_price, currency, available, stock, gone in reversed(rows)
    ]


async def list_categories(
    tx: Tx, *, workspace_id: int, feed_id: UUID | None = None, search: str | None = None
) -> list[ProductCategory]:
    """Return categories in the order of their paths, with the products directly in each.

    At most 5,000; `search` narrows them to those whose path has this text.
    """
    c, p = t.product_categories.c, t.products.c
    counts = (
        sa.select(p.feed_id, p.category_id, sa.func.count().label("n"))
        .where(p.workspace_id == workspace_id, p.gone_at.is_(None))
        .group_by(p.feed_id, p.category_id)
        .subquery()
    )
    statement = (
        sa.select(t.product_categories, sa.func.coalesce(counts.c.n, 0).label("n"))
        .outerjoin(
            counts,
            sa.and_(counts.c.feed_id == c.feed_id, counts.c.category_id == c.category_id),
        )
        .where(c.workspace_id == workspace_id)
        .order_by(c.feed_id, c.path, c.category_id)
        .limit(_TREE)
    )
    if feed_id is not None:
        statement = statement.where(c.feed_id == feed_id)
    if search:
        statement = statement.where(
            sa.cast(c.path, sa.Text).icontains(search.replace("\0", ""), autoescape=True)
        )
    return [
        ProductCategory(
            feed_id=row.feed_id,
            id=row.category_id,
            parent_id=row.parent_id,
            name=row.name,
            path=row.path,
            products=row.n,
        )
        for row in await tx.execute(statement)
    ]


async def list_vendors(
    tx: Tx, *, workspace_id: int, search: str | None = None, limit: int = 50
) -> list[VendorCount]:
    """Return vendors with how many products each has in the feeds, the largest first."""
    p = t.products.c
    statement = (
        sa.select(p.vendor, sa.func.count().label("n"))
        .where(p.workspace_id == workspace_id, p.gone_at.is_(None), p.vendor.is_not(None))
        .group_by(p.vendor)
        .order_by(sa.func.count().desc(), p.vendor)
        .limit(clamp_limit(limit))
    )
    if search:
        statement = statement.where(p.vendor.icontains(search.replace("\0", ""), autoescape=True))
    return [VendorCount(row.vendor, row.n) for row in await tx.execute(statement)]
