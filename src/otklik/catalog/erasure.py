"""The orders of one person: his copy of them, their destruction, and what reports keep."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa

from otklik.catalog import tables as t
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx, delete_rows

_OF_PERSON = "workspace_id = {ws:UInt32} AND profile_id IN {ids:Array(UInt64)}"


def _mine(traces: Traces) -> sa.ColumnElement[bool]:
    c = t.orders.c
    ids = sa.literal(list(traces.profile_ids), sa.ARRAY(sa.BigInteger))
    return sa.and_(
        c.workspace_id == traces.workspace_id,
        sa.or_(c.profile_id == sa.func.any(ids), c.origin_id == sa.func.any(ids)),
    )


async def count_person_orders(rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many rows of orders both engines hold of the person."""
    stored = await tx.execute(sa.select(sa.func.count()).where(_mine(traces)))
    (row,) = await rt.ch.query(f"SELECT count() FROM orders WHERE {_OF_PERSON}", _given(traces))
    return int(stored.scalar_one()) + int(row[0])


async def export_orders(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield every order of the person with its lines, oldest first."""
    c = t.orders.c
    hidden = {"workspace_id", "profile_id", "origin_id", "version"}
    rows = await tx.execute(
        sa.select(*[column for column in c if column.name not in hidden])
        .where(_mine(traces))
        .order_by(c.placed_at, c.order_id)
    )
    for row in rows:
        yield {name: value for name, value in row._mapping.items() if not name.endswith("_key")}


async def erase_orders(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy the person's orders. Repeatable.

    A bare copy stays in ClickHouse for the sums of reports: status, moment, sum and products,
    under a number that leads to nobody and an order number made anew.
    """
    gone = (await tx.execute(t.orders.delete().where(_mine(traces)))).rowcount
    (row,) = await rt.ch.query(f"SELECT count() FROM orders WHERE {_OF_PERSON}", _given(traces))
    if row[0]:
        await _keep_sums(rt, traces)
        await delete_rows(rt.ch, "orders", _OF_PERSON, _given(traces))
    return Erased(gone + int(row[0]))


async def _keep_sums(rt: Runtime, traces: Traces) -> None:
    if not traces.stand_in:
        return
    table = await rt.ch.query_arrow(
        f"SELECT * FROM orders FINAL WHERE {_OF_PERSON} ORDER BY order_id", _given(traces)
    )
    if not table.num_rows:
        return
    token = f"erasure-{traces.workspace_id}-{traces.stand_in}-{table.num_rows}-" + _digest(
        table.column("order_id").to_pylist()
    )
    await rt.ch.insert_arrow("orders", await asyncio.to_thread(_bare, table, traces), token=token)


def _bare(table: Any, traces: Traces) -> Any:
    import pyarrow as pa

    rows = range(table.num_rows)
    given = {
        "order_id": pa.array([f"erased-{traces.stand_in}-{row + 1}" for row in rows]),
        "profile_id": pa.array([traces.stand_in] * table.num_rows, pa.uint64()),
    }
    kept = {
        "workspace_id",
        "status",
        "placed_at",
        "total",
        "currency",
        "product_ids",
        "product_names",
        "categories",
        "vendors",
        "quantities",
        "prices",
        "given_back_at",
        "given_back_share",
        "version",
    }
    given |= {name: table.column(name) for name in table.column_names if name in kept}
    return pa.table(given)


def _digest(order_ids: list[str]) -> str:
    return hashlib.sha256("\n".join(order_ids).encode()).hexdigest()[:16]


def _given(traces: Traces) -> dict[str, Any]:
    return {"ws": traces.workspace_id, "ids": list(traces.profile_ids)}
