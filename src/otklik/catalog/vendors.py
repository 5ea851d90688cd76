"""Who made what was bought: as the line says, or else as the catalogue knows the product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import sqlalchemy as sa

from otklik.catalog.fields import FieldType, Scalar, typed
from otklik.catalog.model import TEXT_MAX, OrderLine
from otklik.runtime.public import Runtime, Tx

SAID_BY_LINES: Final = ("brand", "vendor", "manufacturer")
"""Names under which events and imports tell it; `brand` is that of the Segment specification."""
REREAD_JOB: Final = "catalog.reread_vendors"

# Of a product in several feeds, one that is still sold speaks first, then the oldest. It is looked
# for feed by feed, since the index of offers begins with the feed.
_KNOWN: Final = f"""
SELECT DISTINCT ON (p.offer_id) p.offer_id, left(btrim(p.vendor), {TEXT_MAX}) AS vendor
FROM feeds f CROSS JOIN LATERAL (
    SELECT * FROM products
    WHERE workspace_id = f.workspace_id AND feed_id = f.feed_id AND btrim(vendor) <> ''
        {{narrowed}} OFFSET 0
) p
WHERE f.workspace_id = :workspace_id
ORDER BY p.offer_id, p.gone_at IS NOT NULL, p.product_id
"""
_OF_PRODUCTS: Final = _KNOWN.format(narrowed="AND offer_id = ANY(:ids)")
_STALE: Final = f"""
WITH known AS MATERIALIZED ({_KNOWN.format(narrowed="")})
SELECT DISTINCT o.order_id
FROM orders o CROSS JOIN LATERAL jsonb_array_elements(o.lines) AS l(line)
LEFT JOIN known k ON k.offer_id = l.line->>'product_id'
WHERE o.workspace_id = :workspace_id AND o.order_id > :after
    AND CASE WHEN jsonb_exists_any(l.line->'extra', :said) THEN NOT jsonb_exists(l.line, 'vendor')
        ELSE k.vendor IS NOT NULL AND k.vendor IS DISTINCT FROM l.line->>'vendor' END
ORDER BY o.order_id LIMIT :limit
"""


def vendor_of(line: OrderLine, known: Mapping[str, str]) -> str | None:
    """Return who made what a line is of. `known`: by product id, see `product_vendors`."""
    for name in SAID_BY_LINES:
        if name in line.extra and (said := _text(line.extra[name])):
            return said
    return known.get(line.product_id)


def _text(value: Scalar) -> str:
    return str(typed(value, FieldType.TEXT) or "")[:TEXT_MAX]


async def product_vendors(
    tx: Tx, *, workspace_id: int, lines: Iterable[OrderLine]
) -> dict[str, str]:
    """Return the vendor of every product of these lines that the catalogue knows it of."""
    ids = sorted({line.product_id for line in lines if line.product_id})
    if not ids:
        return {}
    rows = await tx.execute(
        sa.text(_OF_PRODUCTS).bindparams(sa.bindparam("ids", ids, sa.ARRAY(sa.Text))),
        {"workspace_id": workspace_id},
    )
    return {row.offer_id: row.vendor for row in rows}


async def orders_of_other_vendors(
    tx: Tx, *, workspace_id: int, after: str = "", limit: int = 20_000
) -> list[str]:
    """Return ids of orders whose lines name another vendor than they would today, sorted."""
    rows = await tx.execute(
        sa.text(_STALE).bindparams(
            sa.bindparam("said", list(SAID_BY_LINES), sa.ARRAY(sa.Text)),
        ),
        {"workspace_id": workspace_id, "after": after, "limit": limit},
    )
    return list(rows.scalars())


async def defer_reread(rt: Runtime, tx: Tx, *, workspace_id: int) -> None:
    """Have the orders follow what the catalogue says of vendors now."""
    await rt.jobs.defer(
        tx,
        REREAD_JOB,
        args={"workspace_id": workspace_id},
        lock=f"catalog.reread:{workspace_id}",
        single=f"catalog.vendors:{workspace_id}",
    )
