"""A file of goods or offers into the products of a connection: whole or not at all.

1C tells of products in pieces: names in one file, prices and stock in others, often only what has
changed. What is known of each piece is kept, and products are what follows from all of them.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.catalog import tables as base
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.connections import put_feed
from otklik.catalog.exchange.model import (
    ExchangePart,
    Good,
    Group,
    Offer,
    PriceType,
    Property,
)
from otklik.catalog.exchange.reader import ExchangeReader
from otklik.catalog.feeds.model import (
    DESCRIPTION_LENGTH,
    ID_LENGTH,
    NAME_LENGTH,
    PARAMS,
    PICTURES,
    URL_LENGTH,
    VALUE_LENGTH,
    FeedCategory,
)
from otklik.catalog.products import swap
from otklik.catalog.products.model import HELD_FROM, RunChanges
from otklik.catalog.products.staging import COLUMNS, Tree, create_staging
from otklik.runtime.public import Runtime, Tx

_BATCH: Final = 500
_STOCK_MAX: Final = 10**15
_TERMS_MAX: Final = 200_000
_PRICE_MAX: Final = Decimal("1e13")
_ROUBLES: Final = re.compile(r"(руб|rur|rub|643|810|₽)", re.IGNORECASE)
_json = msgspec.json.Encoder(decimal_format="string")

_PUT_GOODS = """
INSERT INTO exchange_goods (exchange_id, workspace_id, session_id, good_id, name, vendor,
    vendor_code, barcode, category_id, pictures, params, description)
SELECT :exchange_id, :workspace_id, :session_id, good_id, name, vendor, vendor_code, barcode,
    category_id, pictures, params, description
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(good_id text, name text, vendor text,
    vendor_code text, barcode text, category_id text, pictures jsonb, params jsonb,
    description text)
ON CONFLICT (exchange_id, good_id) DO UPDATE SET session_id = excluded.session_id,
    name = coalesce(nullif(excluded.name, ''), exchange_goods.name), vendor = excluded.vendor,
    vendor_code = excluded.vendor_code, barcode = excluded.barcode,
    category_id = excluded.category_id, pictures = excluded.pictures, params = excluded.params,
    description = excluded.description
"""
# Files of prices do not speak of stock, nor those of stock of prices: what is not said stays.
_PUT_OFFERS = """
INSERT INTO exchange_offers AS o (exchange_id, workspace_id, session_id, offer_id, good_id, name,
    vendor_code, price, currency, stock, params)
SELECT :exchange_id, :workspace_id, :session_id, offer_id, good_id, nullif(name, ''), vendor_code,
    price, currency, stock, params
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(offer_id text, good_id text, name text,
    vendor_code text, price numeric, currency text, stock bigint, params jsonb)
ON CONFLICT (exchange_id, offer_id) DO UPDATE SET session_id = excluded.session_id,
    name = coalesce(excluded.name, o.name),
    vendor_code = coalesce(excluded.vendor_code, o.vendor_code),
    price = coalesce(excluded.price, o.price),
    currency = CASE WHEN excluded.price IS NULL THEN o.currency ELSE excluded.currency END,
    stock = coalesce(excluded.stock, o.stock),
    params = CASE WHEN excluded.params = '[]'::jsonb THEN o.params ELSE excluded.params END
"""
_PUT_TERMS = """
INSERT INTO exchange_terms (exchange_id, workspace_id, kind, term_id, told)
SELECT :exchange_id, :workspace_id, kind, term_id, told
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(kind text, term_id text, told jsonb)
ON CONFLICT (exchange_id, kind, term_id) DO UPDATE SET told = excluded.told
"""
_STAGE = f"""
INSERT INTO staged_products (seq, {", ".join(COLUMNS)})
SELECT row_number() OVER (ORDER BY g.good_id, o.offer_id), coalesce(o.offer_id, g.good_id),
    CASE WHEN o.offer_id <> g.good_id THEN g.good_id END, coalesce(o.name, g.name), g.vendor,
    coalesce(o.vendor_code, g.vendor_code), g.barcode, NULL, o.price, NULL, o.currency,
    g.category_id, g.pictures, g.params || coalesce(o.params, '[]'::jsonb), g.description,
    o.stock > 0, o.stock
FROM exchange_goods g
LEFT JOIN exchange_offers o ON o.exchange_id = g.exchange_id AND o.good_id = g.good_id
    AND (o.offer_id <> g.good_id OR NOT EXISTS (
        SELECT FROM exchange_offers v WHERE v.exchange_id = g.exchange_id
            AND v.good_id = g.good_id AND v.offer_id <> g.good_id))
WHERE g.exchange_id = :exchange_id
"""


class FileRead(msgspec.Struct, kw_only=True):
    """What a file of goods held."""

    counts: dict[str, int]
    whole_goods: bool | None
    whole_offers: bool | None
    changes: RunChanges


class _Terms:
    """Groups, properties and types of prices, by their ids; those of before stay."""

    def __init__(self, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
        self._rows = rows
        self._new: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, kind: str, term_id: str, told: dict[str, Any]) -> None:
        if 0 < len(term_id) <= ID_LENGTH and len(self._rows) < _TERMS_MAX:
            self._rows[kind, term_id] = self._new[kind, term_id] = told

    def get(self, kind: str, term_id: str) -> dict[str, Any]:
        return self._rows.get((kind, term_id), {})

    def new(self) -> list[dict[str, Any]]:
        return [
            {"kind": kind, "term_id": one, "told": told} for (kind, one), told in self._new.items()
        ]

    def tree(self) -> Tree:
        tree = Tree()
        for (kind, one), told in self._rows.items():
            if kind == "group":
                tree.add(FeedCategory(one, told["parent"], told["name"], 0))
        return tree


async def read_goods(
    rt: Runtime, tx: Tx, connection: Any, *, session_id: UUID, path: Path, now: datetime
) -> FileRead:
    """Read a file of CommerceML into the catalogue, in the caller's transaction.

    Repeatable. Raises: FeedRefused, when nothing may stay of it.
    """
    await swap.lock_feed(tx, connection.feed_id)
    terms = await _terms(tx, connection.exchange_id)
    file = _File(path, terms, connection.price_type)
    bound = {
        "exchange_id": connection.exchange_id,
        "workspace_id": connection.workspace_id,
        "session_id": session_id,
    }
    batches = file.batches()
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        goods, offers, deleted = batch
        if deleted:
            for table in (t.exchange_goods, t.exchange_offers):
                await tx.execute(
                    table.delete().where(
                        table.c.exchange_id == connection.exchange_id,
                        table.c.good_id.in_(deleted),
                    )
                )
        if goods:
            await tx.execute(sa.text(_PUT_GOODS), bound | {"rows": _text(goods)})
        if offers:
            await tx.execute(sa.text(_PUT_OFFERS), bound | {"rows": _text(offers)})
    if terms.new():
        await tx.execute(
            sa.text(_PUT_TERMS),
            {name: bound[name] for name in ("exchange_id", "workspace_id")}
            | {"rows": _text(terms.new())},
        )
    changes = await _rebuild(rt, tx, connection, terms, now=now)
    return FileRead(
        counts={name: count for name, count in file.counts.items() if count},
        whole_goods=file.whole_goods,
        whole_offers=file.whole_offers,
        changes=changes,
    )


def _text(rows: list[dict[str, Any]]) -> str:
    # A character that PostgreSQL cannot keep is no part of any name.
    return _json.encode(rows).decode().replace("\\u0000", "")


async def _terms(tx: Tx, exchange_id: UUID) -> _Terms:
    c = t.exchange_terms.c
    rows = await tx.execute(sa.select(t.exchange_terms).where(c.exchange_id == exchange_id))
    return _Terms({(row.kind, row.term_id): row.told for row in rows})


async def _rebuild(
    rt: Runtime, tx: Tx, connection: Any, terms: _Terms, *, now: datetime
) -> RunChanges:
    """Make the catalogue what the pieces say."""
    mine = {"workspace_id": connection.workspace_id, "feed_id": connection.feed_id}
    await put_feed(tx, connection, now=now)
    await create_staging(tx)
    await tx.execute(sa.text(_STAGE), {"exchange_id": connection.exchange_id})
    changes = await swap.compare(tx, **mine, is_whole=True)
    await swap.apply(rt, tx, **mine, now=now)
    await swap.put_tree(tx, terms.tree(), **mine, is_whole=True)
    f = base.feeds.c
    await tx.execute(
        base.feeds.update()
        .where(f.workspace_id == connection.workspace_id, f.feed_id == connection.feed_id)
        .values(products=changes.offers, fresh_at=now)
    )
    return changes


async def drop_unnamed(
    rt: Runtime,
    tx: Tx,
    connection: Any,
    *,
    session_id: UUID,
    goods: bool,
    offers: bool,
    now: datetime,
) -> int | None:
    """Take away what a session with the whole catalogue did not name; returns how many products.

    None: more than half would go at once, so nothing was done.
    """
    await swap.lock_feed(tx, connection.feed_id)
    for table, key, is_meant in (
        (t.exchange_goods, t.exchange_goods.c.good_id, goods),
        (t.exchange_offers, t.exchange_offers.c.offer_id, offers),
    ):
        if not is_meant:
            continue
        mine = table.c.exchange_id == connection.exchange_id
        unnamed = table.c.session_id != session_id
        row = (
            await tx.execute(
                sa.select(sa.func.count(key), sa.func.count(key).filter(unnamed)).where(mine)
            )
        ).one()
        if row[0] >= HELD_FROM and row[1] * 2 > row[0]:
            return None
        await tx.execute(table.delete().where(mine, unnamed))
    terms = await _terms(tx, connection.exchange_id)
    changes = await _rebuild(rt, tx, connection, terms, now=now)
    return changes.gone


class _File:
    """One file on its way: rows for the stores, in batches, and what was counted."""

    def __init__(self, path: Path, terms: _Terms, price_type: str | None) -> None:
        self._path, self._terms, self._price_type = path, terms, price_type
        self.counts: Counter[str] = Counter()
        self.whole_goods: bool | None = None
        self.whole_offers: bool | None = None

    def batches(
        self,
    ) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]], list[str]]]:
        goods: dict[str, dict[str, Any]] = {}
        offers: dict[str, dict[str, Any]] = {}
        deleted: list[str] = []
        with self._path.open("rb") as source:
            for item in ExchangeReader(source):
                match item:
                    case ExchangePart():
                        self._part(item)
                    case Group():
                        self.counts["groups"] += 1
                        group: dict[str, Any] = {"name": item.name[:NAME_LENGTH]}
                        self._terms.add("group", item.id, group | {"parent": item.parent_id})
                    case Property():
                        self.counts["properties"] += 1
                        named: dict[str, Any] = {"name": item.name[:NAME_LENGTH]}
                        self._terms.add("property", item.id, named | {"values": item.values})
                    case PriceType():
                        self.counts["price_types"] += 1
                        price: dict[str, Any] = {"name": item.name[:NAME_LENGTH]}
                        self._terms.add("price", item.id, price | {"currency": item.currency})
                    case Good():
                        self.counts["products"] += 1
                        if len(item.id) > ID_LENGTH:
                            self.counts["skipped"] += 1
                        elif item.deleted:
                            goods.pop(item.id, None)
                            deleted.append(item.id)
                        else:
                            goods[item.id] = self._good(item)
                    case Offer():
                        self.counts["offers"] += 1
                        if len(item.id) > ID_LENGTH:
                            self.counts["skipped"] += 1
                        else:
                            offers[item.id] = self._offer(item, offers.get(item.id))
                if len(goods) + len(offers) + len(deleted) >= _BATCH:
                    yield list(goods.values()), list(offers.values()), deleted
                    goods, offers, deleted = {}, {}, []
        yield list(goods.values()), list(offers.values()), deleted

    def _part(self, part: ExchangePart) -> None:
        is_whole = part.only_changes is False
        if part.kind == "Каталог":
            self.whole_goods = is_whole and self.whole_goods is not False
        else:
            self.whole_offers = is_whole and self.whole_offers is not False

    def _good(self, good: Good) -> dict[str, Any]:
        params = []
        for id_, value in list(good.properties.items())[:PARAMS]:
            told = self._terms.get("property", id_)
            said = told.get("values", {}).get(value, value)
            if told.get("name") and said:
                params.append({"name": told["name"], "value": said[:VALUE_LENGTH], "unit": None})
        return {
            "good_id": good.id,
            "name": good.name[:NAME_LENGTH],
            "vendor": good.vendor and good.vendor[:NAME_LENGTH],
            "vendor_code": good.article and good.article[:NAME_LENGTH],
            "barcode": good.barcode and good.barcode[:NAME_LENGTH],
            "category_id": next(iter(good.group_ids), None),
            # Files of pictures stay in 1C; addresses can be shown.
            "pictures": [
                one
                for one in good.pictures
                if one.startswith(("http://", "https://")) and len(one) <= URL_LENGTH
            ][:PICTURES],
            "params": params,
            "description": good.description and good.description[:DESCRIPTION_LENGTH],
        }

    def _offer(self, offer: Offer, before: dict[str, Any] | None) -> dict[str, Any]:
        wanted = self._price_type
        price = next(
            (
                one
                for one in offer.prices
                if wanted is None
                or wanted in {one.type_id, self._terms.get("price", one.type_id).get("name")}
            ),
            None,
        )
        currency = None
        if price is not None:
            currency = price.currency or self._terms.get("price", price.type_id).get("currency")
        made = {
            "offer_id": offer.id,
            "good_id": offer.good_id,
            "name": offer.name[:NAME_LENGTH],
            "vendor_code": offer.article and offer.article[:NAME_LENGTH],
            "price": None if price is None else min(price.amount, _PRICE_MAX),
            "currency": currency_code(currency),
            "stock": None if offer.stock is None else max(0, min(int(offer.stock), _STOCK_MAX)),
            "params": [
                {"name": name[:NAME_LENGTH], "value": value[:VALUE_LENGTH], "unit": None}
                for name, value in list(offer.characteristics.items())[:PARAMS]
                if name and value
            ],
        }
        if before is not None:
            made = {
                name: before[name] if value in (None, "", []) else value
                for name, value in made.items()
            }
        return made


def currency_code(written: str | None) -> str | None:
    """Return the code of three letters, or None for what is none."""
    bare = (written or "").strip()
    if _ROUBLES.match(bare):
        return "RUB"
    return bare.upper() if len(bare) == 3 and bare.isascii() and bare.isalpha() else None
