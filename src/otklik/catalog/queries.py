"""Reads of orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.catalog import tables as t
from otklik.catalog.errors import OrderNotFound
from otklik.catalog.model import Order, OrderLine, OrderStatus, OrderTotals
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

_LINES = list[OrderLine]


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
