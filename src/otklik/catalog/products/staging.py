"""A feed on its way into a staging table: read in a thread, written by COPY, flat in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from otklik.catalog.feeds.errors import FeedBeyondLimits
from otklik.catalog.feeds.model import FeedCategory, FeedItem, FeedOffer
from otklik.runtime.public import Tx, driver

CATEGORIES_MAX: Final = 200_000
_DEPTH_MAX: Final = 50
_BLOCK: Final = 256 * 1024
_STOCK_MAX: Final = 10**15

COLUMNS: Final = (
    "offer_id",
    "group_id",
    "name",
    "vendor",
    "vendor_code",
    "barcode",
    "url",
    "price",
    "old_price",
    "currency",
    "category_id",
    "pictures",
    "params",
    "description",
    "available",
    "stock",
)
"""What a product is made of, in the order of the staging table and of its digest."""
CONTENT: Final = COLUMNS[1:]

_CREATE = """
CREATE TEMPORARY TABLE staged_products (
    seq bigint, offer_id text COLLATE "C", group_id text, name text, vendor text, vendor_code text,
    barcode text, url text, price numeric(18, 4), old_price numeric(18, 4), currency text,
    category_id text, pictures jsonb, params jsonb, description text, available boolean,
    stock bigint, digest text
) ON COMMIT DROP
"""
_json = msgspec.json.Encoder()
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


class Tree:
    """The categories of a feed: of two with one id the first counts."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[str | None, str]] = {}

    def add(self, category: FeedCategory) -> None:
        if category.id is None or category.id in self._of:
            return
        if len(self._of) >= CATEGORIES_MAX:
            raise FeedBeyondLimits(
                line=category.line,
                what=f"there are more than {CATEGORIES_MAX} categories",
                what_ru=f"категорий больше {CATEGORIES_MAX}",
            )
        self._of[category.id] = (category.parent_id, category.name)

    def rows(self) -> Iterator[tuple[str, str | None, str, list[str], list[str]]]:
        """Yield (id, parent id, name, names from the root, ids from the root) of each."""
        for id_, (parent, name) in self._of.items():
            ids, names, above = [id_], [name], parent
            # A tree that bites its own tail ends where it does.
            while above in self._of and above not in ids and len(ids) < _DEPTH_MAX:
                ids.append(above)
                above, upper = self._of[above]
                names.append(upper)
            yield id_, parent, name, names[::-1], ids[::-1]


async def create_staging(tx: Tx) -> None:
    """Make the staging table of this transaction; it goes with it."""
    await tx.execute(sa.text(_CREATE))


async def stage(tx: Tx, items: Iterable[FeedItem], tree: Tree) -> None:
    """Write the offers of a feed into the staging table, and its categories into `tree`.

    An offer without an id cannot be told from others and is left out; the report speaks of it.
    """
    blocks = _blocks(items, tree)
    connection = await driver(tx)
    statement = f"COPY staged_products (seq, {', '.join(COLUMNS)}) FROM STDIN"
    async with connection.cursor() as cursor, cursor.copy(statement) as copy:
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            await copy.write(block)


def _blocks(items: Iterable[FeedItem], tree: Tree) -> Iterator[bytes]:
    lines: list[str] = []
    size = seq = 0
    for item in items:
        if isinstance(item, FeedCategory):
            tree.add(item)
        if not isinstance(item, FeedOffer) or item.id is None:
            continue
        seq += 1
        line = _line(seq, item)
        lines.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield "".join(lines).encode()
            lines, size = [], 0
    yield "".join(lines).encode()


def _line(seq: int, offer: FeedOffer) -> str:
    stock = None if offer.stock is None else min(offer.stock, _STOCK_MAX)
    values: tuple[Any, ...] = (
        seq,
        offer.id,
        offer.group_id,
        offer.name,
        offer.vendor,
        offer.vendor_code,
        offer.barcode,
        offer.url,
        offer.price,
        offer.old_price,
        # RUR went out of use in 1998, and feeds still write it.
        "RUB" if offer.currency == "RUR" else offer.currency,
        offer.category_id,
        _json.encode(offer.pictures).decode(),
        _json.encode(offer.params).decode(),
        offer.description,
        offer.available,
        stock,
    )
    return "\t".join(_field(value) for value in values) + "\n"


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if value is True or value is False:
        return "t" if value else "f"
    return str(value).translate(_ESCAPES)
