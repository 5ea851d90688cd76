"""Reads of orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.catalog import tables as t
from otklik.catalog.errors import OrderNotFound
from otklik.catalog.fields import (
    MADE_AT,
    FieldChoice,
    FieldLevel,
    FieldType,
    FoundField,
    OrderField,
    Scalar,
    suggest,
)
from otklik.catalog.model import (
    STATUS_WORDS,
    Order,
    OrderStatus,
    OrderStatusWord,
    OrderTotals,
    SoldLine,
)
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

_LINES = list[SoldLine]
_LATEST = 1_000
_SAMPLES = 5
_CHOICES = 20


def order_of(row: Any) -> Order:
    status = OrderStatus(row.status)
    before = row.total if row.told_total is None else row.told_total
    return Order(
        order_id=row.order_id,
        profile_id=row.profile_id,
        status=status,
        placed_at=row.placed_at,
        total=float(row.total),
        refunded=float(row.total if status is OrderStatus.RETURNED else before - row.total),
        currency=row.currency,
        number=row.number,
        source=row.source,
        shop=row.shop,
        fields=row.fields,
        lines=msgspec.convert(row.lines, _LINES),
    )


async def list_orders(
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int | None = None,
    status: OrderStatus | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Order]:
    """Return orders, newest first; of one person, or of all. Raises: BadCursor."""
    limit = clamp_limit(limit)
    c = t.orders.c
    statement = (
        sa.select(t.orders)
        .where(c.workspace_id == workspace_id)
        .order_by(c.placed_at.desc(), c.order_id.desc())
        .limit(limit + 1)
    )
    if profile_id is not None:
        statement = statement.where(c.profile_id == profile_id)
    if status is not None:
        statement = statement.where(c.status == status.value)
    if cursor:
        ms, order_id = decode_cursor(cursor, int, str)
        moment = datetime.fromtimestamp(ms / 1000, UTC)
        statement = statement.where(
            sa.tuple_(c.placed_at, c.order_id) < sa.tuple_(moment, order_id)
        )
    rows = (await tx.execute(statement)).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(
        items=[order_of(row) for row in rows[:limit]],
        next_cursor=None
        if last is None
        else encode_cursor(round(last.placed_at.timestamp() * 1000), last.order_id),
    )


async def get_order(tx: Tx, *, workspace_id: int, order_id: str) -> Order:
    """Return an order; raises OrderNotFound."""
    c = t.orders.c
    row = (
        await tx.execute(
            sa.select(t.orders).where(c.workspace_id == workspace_id, c.order_id == order_id)
        )
    ).one_or_none()
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return order_of(row)


async def order_totals(tx: Tx, *, workspace_id: int, profile_id: int) -> OrderTotals:
    """Return count and sum of a person's orders, cancelled and returned ones left out."""
    c = t.orders.c
    rows = (
        await tx.execute(
            sa.select(
                c.currency,
                sa.func.count().label("n"),
                sa.func.sum(c.total).label("total"),
                sa.func.max(c.placed_at).label("last_at"),
            )
            .where(
                c.workspace_id == workspace_id,
                c.profile_id == profile_id,
                c.status.in_([OrderStatus.PLACED.value, OrderStatus.PAID.value]),
            )
            .group_by(c.currency)
            .order_by(sa.func.count().desc(), c.currency)
        )
    ).all()
    if not rows:
        return OrderTotals(count=0, total=0.0, last_at=None, currency="")
    return OrderTotals(
        count=sum(row.n for row in rows),
        total=float(rows[0].total),
        last_at=max(row.last_at for row in rows),
        currency=rows[0].currency,
    )


async def count_orders(tx: Tx, *, workspace_id: int) -> int:
    """Return how many orders a workspace has."""
    c = t.orders.c
    return int(
        (
            await tx.execute(sa.select(sa.func.count()).where(c.workspace_id == workspace_id))
        ).scalar_one()
    )


async def stored(tx: Tx, *, workspace_id: int, order_ids: Sequence[str]) -> dict[str, Any]:
    """Return rows of orders by id, for the one who is about to change them."""
    c = t.orders.c
    rows = await tx.execute(
        sa.select(t.orders).where(
            c.workspace_id == workspace_id,
            c.order_id == sa.func.any(sa.literal(list(order_ids), sa.ARRAY(sa.Text))),
        )
    )
    return {row.order_id: row for row in rows}


async def order_fields(tx: Tx, *, workspace_id: int) -> list[OrderField]:
    """Return the fields that a workspace has given to orders and their lines, by title."""
    c = t.order_fields.c
    rows = await tx.execute(
        sa.select(t.order_fields).where(c.workspace_id == workspace_id).order_by(c.title, c.field)
    )
    return [
        OrderField(
            field=row.field,
            level=FieldLevel(row.level),
            type=FieldType(row.type),
            title=row.title,
            source=row.source,
        )
        for row in rows
    ]


async def found_fields(tx: Tx, *, workspace_id: int) -> list[FoundField]:
    """Return what the latest orders say and no field takes, most frequent first."""
    c = t.orders.c
    taken = {(f.level, f.source) for f in await order_fields(tx, workspace_id=workspace_id)}
    taken |= {(FieldLevel.ORDER, name) for names in MADE_AT.values() for name in names}
    rows = await tx.execute(
        sa.select(c.told_extra, c.lines)
        .where(c.workspace_id == workspace_id)
        .order_by(c.placed_at.desc(), c.order_id.desc())
        .limit(_LATEST)
    )
    counts: Counter[tuple[FieldLevel, str]] = Counter()
    samples: dict[tuple[FieldLevel, str], list[Scalar]] = {}
    for extra, lines in rows:
        said = {(FieldLevel.ORDER, name): value for name, (_, value) in extra.items()}
        for line in lines:
            for name, value in line.get("extra", {}).items():
                said.setdefault((FieldLevel.LINE, name), value)
        counts.update(said.keys() - taken)
        for key, value in said.items():
            kept = samples.setdefault(key, [])
            if len(kept) < _SAMPLES and value not in kept:
                kept.append(value)
    return [
        FoundField(
            source=name,
            level=level,
            orders=count,
            samples=[str(value) for value in samples[level, name]],
            suggested=suggest(samples[level, name]),
        )
        for (level, name), count in sorted(
            counts.items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1])
        )
    ]


async def field_choices(tx: Tx, *, workspace_id: int) -> list[FieldChoice]:
    """Return the fields of a workspace with their commonest values, by title."""
    fields = await order_fields(tx, workspace_id=workspace_id)
    if not fields:
        return []
    c = t.orders.c
    rows = await tx.execute(
        sa.select(c.fields, c.lines)
        .where(c.workspace_id == workspace_id)
        .order_by(c.placed_at.desc(), c.order_id.desc())
        .limit(_LATEST)
    )
    counts: dict[tuple[FieldLevel, str], Counter[Scalar]] = {
        (field.level, field.field): Counter() for field in fields
    }
    for of_order, lines in rows:
        said = [(FieldLevel.ORDER, of_order)]
        said += [(FieldLevel.LINE, line.get("fields", {})) for line in lines]
        for level, values in said:
            for name, value in values.items():
                # Orders that were not read again yet may have fields that are no more.
                if (level, name) in counts:
                    counts[level, name][value] += 1
    return [
        FieldChoice(
            field=field.field,
            level=field.level,
            type=field.type,
            title=field.title,
            samples=[value for value, _ in counts[field.level, field.field].most_common(_CHOICES)],
        )
        for field in fields
    ]


async def status_meanings(tx: Tx, *, workspace_id: int) -> dict[str, OrderStatus]:
    """Return the words of statuses that a workspace has explained."""
    c = t.order_status_words.c
    rows = await tx.execute(
        sa.select(c.word, c.status).where(c.workspace_id == workspace_id, c.status.is_not(None))
    )
    return {row.word: OrderStatus(row.status) for row in rows}


async def status_words(tx: Tx, *, workspace_id: int) -> list[OrderStatusWord]:
    """Return the words of statuses: those that nobody explained first, the usual ones last."""
    c = t.order_status_words.c
    rows = await tx.execute(
        sa.select(t.order_status_words)
        .where(c.workspace_id == workspace_id)
        .order_by(c.orders.desc(), c.word)
    )
    own = {
        row.word: OrderStatusWord(
            word=row.word,
            status=None if row.status is None else OrderStatus(row.status),
            usual=STATUS_WORDS.get(row.word),
            orders=row.orders,
            example=row.example,
            last_seen=row.last_seen,
        )
        for row in rows
        if row.status is not None or row.word not in STATUS_WORDS
    }
    usual = [
        OrderStatusWord(
            word=word, status=None, usual=status, orders=0, example=None, last_seen=None
        )
        for word, status in STATUS_WORDS.items()
        if word not in own
    ]
    return [
        *(one for one in own.values() if one.status is None),
        *(one for one in own.values() if one.status is not None),
        *usual,
    ]


async def letter_orders(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int], limit: int = 3
) -> dict[int, list[dict[str, Any]]]:
    """Return the latest orders of people as plain values for letters, newest first; one query.

    Shapes: {order_id, number, status, placed_at (ISO 8601), total, currency, source, shop, fields,
    lines: [{product_id, name, quantity, price, category, fields}]}. Who has none is left out.
    """
    c = t.orders.c
    people = (
        sa.func.unnest(sa.literal(sorted(set(profile_ids)), sa.ARRAY(sa.BigInteger)))
        .table_valued("profile_id")
        .render_derived(name="people")
    )
    latest = (
        sa.select(t.orders)
        .where(c.workspace_id == workspace_id, c.profile_id == people.c.profile_id)
        .order_by(c.placed_at.desc(), c.order_id.desc())
        .limit(limit)
        .lateral("latest")
    )
    rows = await tx.execute(
        sa.select(latest)
        .select_from(people.join(latest, sa.true()))
        .order_by(latest.c.profile_id, latest.c.placed_at.desc(), latest.c.order_id.desc())
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        plain = msgspec.to_builtins(order_of(row))
        found.setdefault(plain.pop("profile_id"), []).append(plain)
    return found
