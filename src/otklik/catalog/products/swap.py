"""From the staging table into the catalogue: set by set, in one transaction, only what changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.catalog.products.model import RunChanges
from otklik.catalog.products.staging import COLUMNS, CONTENT, Tree
from otklik.catalog.vendors import defer_reread
from otklik.runtime.public import Runtime, Tx, driver, put_facts

_LOCK_CLASS: Final = 0x0CDE26
_FACTS: Final = 20_000

_PREPARE = f"""
DELETE FROM staged_products s USING (
    SELECT offer_id, min(seq) AS first FROM staged_products GROUP BY offer_id HAVING count(*) > 1
) d WHERE s.offer_id = d.offer_id AND s.seq > d.first;
UPDATE staged_products SET digest = md5(ROW({", ".join(CONTENT)})::text);
CREATE UNIQUE INDEX ON staged_products (offer_id);
ANALYZE staged_products
"""

_COMPARE = """
CREATE TEMPORARY TABLE product_changes ON COMMIT DROP AS
SELECT row_number() OVER () AS n, s.offer_id,
    p.product_id IS NULL AS is_new,
    p.gone_at IS NOT NULL AS is_back,
    false AS is_gone,
    p.product_id IS NOT NULL AND p.price IS DISTINCT FROM s.price AS is_price,
    p.product_id IS NOT NULL AND p.stock IS DISTINCT FROM s.stock AS is_stock,
    p.product_id IS NULL OR p.gone_at IS NOT NULL
        OR (p.price, p.old_price, p.currency, p.available, p.stock)
            IS DISTINCT FROM (s.price, s.old_price, s.currency, s.available, s.stock) AS is_fact,
    p.vendor IS DISTINCT FROM s.vendor AS is_vendor,
    s.price, s.old_price, s.currency, s.available, s.stock
FROM staged_products s
LEFT JOIN products p
    ON p.workspace_id = :workspace_id AND p.feed_id = :feed_id AND p.offer_id = s.offer_id
WHERE p.product_id IS NULL OR p.gone_at IS NOT NULL OR p.digest <> s.digest
"""
_MISSING = """
INSERT INTO product_changes
SELECT (SELECT coalesce(max(n), 0) FROM product_changes) + row_number() OVER (), p.offer_id,
    false, false, true, false, false, true, false, p.price, p.old_price, p.currency, false, p.stock
FROM products p
WHERE p.workspace_id = :workspace_id AND p.feed_id = :feed_id AND p.gone_at IS NULL
    AND NOT EXISTS (SELECT FROM staged_products s WHERE s.offer_id = p.offer_id)
"""
_COUNT = """
SELECT
    (SELECT count(*) FROM products
        WHERE workspace_id = :workspace_id AND feed_id = :feed_id AND gone_at IS NULL) AS before,
    (SELECT count(*) FROM staged_products) AS offers,
    count(*) FILTER (WHERE is_new) AS added,
    count(*) FILTER (WHERE is_back) AS returned,
    count(*) FILTER (WHERE is_gone) AS gone,
    count(*) FILTER (WHERE NOT is_new AND NOT is_back AND NOT is_gone) AS changed,
    count(*) FILTER (WHERE is_price) AS price_changed,
    count(*) FILTER (WHERE is_stock) AS stock_changed
FROM product_changes
"""
_WORDS = (
    "to_tsvector('simple', left(concat_ws(' ', s.name, s.vendor, s.vendor_code, s.barcode,"
    " s.offer_id), 4000))"
)
_INSERT = f"""
INSERT INTO products (workspace_id, feed_id, {", ".join(COLUMNS)}, digest, words, first_seen,
    changed_at)
SELECT :workspace_id, :feed_id, {", ".join(f"s.{c}" for c in COLUMNS)}, s.digest, {_WORDS}, :now,
    :now
FROM staged_products s JOIN product_changes c USING (offer_id) WHERE c.is_new
"""
_UPDATE = f"""
UPDATE products p SET {", ".join(f"{c} = s.{c}" for c in CONTENT)}, digest = s.digest,
    words = {_WORDS}, changed_at = :now, gone_at = NULL, last_seen = NULL
FROM staged_products s JOIN product_changes c USING (offer_id)
WHERE p.workspace_id = :workspace_id AND p.feed_id = :feed_id AND p.offer_id = s.offer_id
    AND NOT c.is_new
"""
_GO = """
UPDATE products p SET gone_at = :now, changed_at = :now,
    last_seen = (SELECT fresh_at FROM feeds WHERE feed_id = :feed_id)
FROM product_changes c
WHERE c.is_gone AND p.workspace_id = :workspace_id AND p.feed_id = :feed_id
    AND p.offer_id = c.offer_id
"""
_TREE = """
CREATE TEMPORARY TABLE staged_categories (
    category_id text COLLATE "C", parent_id text, name text, path jsonb, path_ids jsonb
) ON COMMIT DROP
"""
_TREE_OUT = """
DELETE FROM product_categories c
WHERE c.workspace_id = :workspace_id AND c.feed_id = :feed_id
    AND NOT EXISTS (SELECT FROM staged_categories s WHERE s.category_id = c.category_id)
"""
_TREE_IN = """
INSERT INTO product_categories AS c
    (workspace_id, feed_id, category_id, parent_id, name, path, path_ids)
SELECT :workspace_id, :feed_id, category_id, parent_id, name, path, path_ids
FROM staged_categories
ON CONFLICT (workspace_id, feed_id, category_id) DO UPDATE SET parent_id = excluded.parent_id,
    name = excluded.name, path = excluded.path, path_ids = excluded.path_ids
WHERE (c.path, c.path_ids) IS DISTINCT FROM (excluded.path, excluded.path_ids)
"""


async def lock_feed(tx: Tx, feed_id: UUID) -> None:
    """Let one loading of a feed run at a time, also when a job was taken for dead and was not."""
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(:space, hashtext(:feed))"),
        {"space": _LOCK_CLASS, "feed": str(feed_id)},
    )


async def compare(tx: Tx, *, workspace_id: int, feed_id: UUID, is_whole: bool) -> RunChanges:
    """Say what the staged products change; nothing is changed yet.

    `is_whole`: the staged products are all there are; those that are not among them are gone.
    """
    bound = {"workspace_id": workspace_id, "feed_id": feed_id}
    for statement in _PREPARE.split(";\n"):
        await tx.execute(sa.text(statement))
    await tx.execute(sa.text(_COMPARE), bound)
    if is_whole:
        await tx.execute(sa.text(_MISSING), bound)
    await tx.execute(sa.text("CREATE INDEX ON product_changes (offer_id)"))
    await tx.execute(sa.text("CREATE INDEX ON product_changes (n)"))
    await tx.execute(sa.text("ANALYZE product_changes"))
    row = (await tx.execute(sa.text(_COUNT), bound)).one()
    return RunChanges(**row._mapping)


async def apply(rt: Runtime, tx: Tx, *, workspace_id: int, feed_id: UUID, now: datetime) -> None:
    """Do what `compare` found; ClickHouse learns of prices and stock, and orders of vendors."""
    bound = {"workspace_id": workspace_id, "feed_id": feed_id, "now": now}
    for statement in (_INSERT, _UPDATE, _GO):
        await tx.execute(sa.text(statement), bound)
    await _tell(tx, workspace_id, feed_id, now)
    other = await tx.execute(sa.text("SELECT EXISTS (SELECT FROM product_changes WHERE is_vendor)"))
    if other.scalar_one():
        await defer_reread(rt, tx, workspace_id=workspace_id)


async def put_tree(tx: Tx, tree: Tree, *, workspace_id: int, feed_id: UUID, is_whole: bool) -> None:
    """Make the categories of a feed what `tree` says."""
    bound = {"workspace_id": workspace_id, "feed_id": feed_id}
    await tx.execute(sa.text(_TREE))
    connection = await driver(tx)
    async with (
        connection.cursor() as cursor,
        cursor.copy("COPY staged_categories FROM STDIN") as copy,
    ):
        for id_, parent, name, path, ids in tree.rows():
            await copy.write_row((id_, parent, name, _text(path), _text(ids)))
    if is_whole:
        await tx.execute(sa.text(_TREE_OUT), bound)
    await tx.execute(sa.text(_TREE_IN), bound)


def _text(value: Iterable[str]) -> str:
    return msgspec.json.encode(value).decode()


async def _tell(tx: Tx, workspace_id: int, feed_id: UUID, now: datetime) -> None:
    after = 0
    while True:
        rows = (
            await tx.execute(
                sa.text(
                    "SELECT * FROM product_changes WHERE is_fact AND n > :after ORDER BY n"
                    " LIMIT :many"
                ),
                {"after": after, "many": _FACTS},
            )
        ).all()
        if not rows:
            return
        after = rows[-1].n
        await put_facts(
            tx,
            workspace_id=workspace_id,
            table="product_facts",
            rows=[_fact(row, feed_id, now) for row in rows],
        )


def _fact(row: Any, feed_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "feed_id": str(feed_id),
        "offer_id": row.offer_id,
        "at": now,
        "price": row.price,
        "old_price": row.old_price,
        "currency": row.currency or "",
        "available": int(not row.is_gone and row.available is not False),
        "stock": row.stock,
        "gone": int(row.is_gone),
    }
