"""Reads of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.catalog.errors import OrderNotFound
from otklik.catalog.model import Order, OrderLine, OrderStatus, OrderTotals
from otklik.catalog.tables import orders
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

_COUNTED = (OrderStatus.PLACED, OrderStatus.PAID)


async def list_orders(
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Order]:
    """Return orders, newest first: of one person, or of the workspace."""
    limit = clamp_limit(limit)
    query = (
        sa.select(orders)
        .where(orders.c.workspace_id == workspace_id)
        .order_by(orders.c.placed_at.desc(), orders.c.order_id.desc())
        .limit(limit + 1)
    )
    if profile_id is not None:
        query = query.where(orders.c.profile_id == profile_id)
    if cursor:
        at, order_id = decode_cursor(cursor, datetime, str)
        query = query.where(
            sa.tuple_(orders.c.placed_at, orders.c.order_id) < sa.tuple_(at, order_id)
        )
    rows = (await tx.execute(query)).all()
    items = [_order(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(
        items,
        encode_cursor(items[-1].placed_at, items[-1].order_id) if more else None,
    )


async def get_order(tx: Tx, *, workspace_id: int, order_id: str) -> Order:
    row = (
        await tx.execute(
            sa.select(orders).where(
                orders.c.workspace_id == workspace_id, orders.c.order_id == order_id
            )
        )
    ).one_or_none()
    if row is None:
        raise OrderNotFound(order_id=order_id)
    return _order(row)


async def order_totals(tx: Tx, *, workspace_id: int, profile_id: int) -> OrderTotals:
    """Return what a person bought; the currency is named when all orders share one."""
    row = (
        await tx.execute(
            sa.select(
                sa.func.count().label("number"),
                sa.func.coalesce(sa.func.sum(orders.c.total - orders.c.refunded), 0).label("total"),
                sa.func.max(orders.c.placed_at).label("last_at"),
                sa.func.min(orders.c.currency).label("low"),
                sa.func.max(orders.c.currency).label("high"),
            ).where(
                orders.c.workspace_id == workspace_id,
                orders.c.profile_id == profile_id,
                orders.c.status.in_(_COUNTED),
            )
        )
    ).one()
    return OrderTotals(
        count=row.number,
        total=row.total,
        last_at=row.last_at,
        currency=row.low if row.low and row.low == row.high else None,
    )


def _order(row: Any) -> Order:
    return Order(
        order_id=row.order_id,
        profile_id=row.profile_id,
        status=OrderStatus(row.status),
        placed_at=row.placed_at,
        total=row.total,
        currency=row.currency,
        refunded=row.refunded,
        lines=msgspec.convert(row.lines, list[OrderLine]),
        updated_at=row.updated_at,
    )
