"""Writes of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.catalog.model import Order, OrderEvent, Registers, as_order, fold
from otklik.catalog.tables import order_versions, orders
from otklik.profiles.public import ProfilesMerged, ProfilesParted
from otklik.runtime.public import Tx, driver, put_fact_lines

_FACTS = msgspec.json.Encoder(decimal_format="string")

# Two batches of one workspace may touch one order; they take turns.
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext('catalog.orders'), :workspace_id)")

_UPSERT = """
INSERT INTO orders (workspace_id, order_id, profile_id, status, placed_at, total, refunded,
                    currency, lines, registers, updated_at, version)
SELECT %(workspace_id)s, o.order_id, o.profile_id, o.status, o.placed_at, o.total, o.refunded,
       o.currency, o.lines::jsonb, o.registers::jsonb, o.updated_at, nextval('order_versions')
FROM unnest(%(order_id)s::text[], %(profile_id)s::bigint[], %(status)s::text[],
            %(placed_at)s::timestamptz[], %(total)s::numeric[], %(refunded)s::numeric[],
            %(currency)s::text[], %(lines)s::text[], %(registers)s::text[],
            %(updated_at)s::timestamptz[])
     AS o(order_id, profile_id, status, placed_at, total, refunded, currency, lines, registers,
          updated_at)
ON CONFLICT (workspace_id, order_id) DO UPDATE SET
    profile_id = excluded.profile_id, status = excluded.status, placed_at = excluded.placed_at,
    total = excluded.total, refunded = excluded.refunded, currency = excluded.currency,
    lines = excluded.lines, registers = excluded.registers, updated_at = excluded.updated_at,
    version = excluded.version
RETURNING order_id, version
"""


async def apply_order_events(
    tx: Tx, *, workspace_id: int, rows: Iterable[OrderEvent], now: datetime
) -> list[str]:
    """Bring orders up to date with events; returns the ids of the orders that changed.

    Three statements whatever the size of the batch. Repeats and any order of events give the same
    orders. `now` is not stored: an order's times are those of its events.
    """
    del now
    by_order: dict[str, list[OrderEvent]] = {}
    for row in rows:
        by_order.setdefault(row.order_id, []).append(row)
    if not by_order:
        return []
    await tx.execute(_LOCK, {"workspace_id": workspace_id})
    known = await _known(tx, workspace_id, list(by_order))
    changed: list[Registers] = []
    for order_id, events in by_order.items():
        before = state = known.get(order_id)
        for event in events:
            state = fold(state, event)
        if state is not None and state != before:
            changed.append(state)
    await _write(tx, workspace_id, changed)
    return [state.order_id for state in changed]


async def on_profiles_merged(news: ProfilesMerged, tx: Tx) -> None:
    """Give the orders of merged profiles to the surviving ones."""
    await _hand_over(tx, news.workspace_id, dict(news.pairs))


async def on_profiles_parted(news: ProfilesParted, tx: Tx) -> None:
    """Give orders back to profiles that stand on their own again: those that were theirs."""
    rows = await tx.execute(
        sa.select(orders.c.order_id, orders.c.registers).where(
            orders.c.workspace_id == news.workspace_id,
            orders.c.profile_id.in_([into for _, into in news.pairs]),
        )
    )
    back = {profile for profile, _ in news.pairs}
    states = [_registers(row.registers) for row in rows]
    await _write(tx, news.workspace_id, [s for s in states if s.profile_id in back])


async def _hand_over(tx: Tx, workspace_id: int, moves: dict[int, int]) -> None:
    rows = await tx.execute(
        sa.select(orders.c.profile_id, orders.c.registers).where(
            orders.c.workspace_id == workspace_id, orders.c.profile_id.in_(list(moves))
        )
    )
    found = [(row.profile_id, _registers(row.registers)) for row in rows]
    await _write(
        tx, workspace_id, [s for _, s in found], owners={s.order_id: moves[p] for p, s in found}
    )


async def _known(tx: Tx, workspace_id: int, order_ids: Sequence[str]) -> dict[str, Registers]:
    rows = await tx.execute(
        sa.text(
            "SELECT registers FROM orders "
            "WHERE workspace_id = :workspace_id AND order_id = ANY(:order_ids) FOR UPDATE"
        ),
        {"workspace_id": workspace_id, "order_ids": list(order_ids)},
    )
    states = [_registers(row.registers) for row in rows]
    return {state.order_id: state for state in states}


async def _write(
    tx: Tx, workspace_id: int, states: list[Registers], owners: dict[str, int] | None = None
) -> None:
    """Store orders and their facts. `owners` names another current profile than the event's."""
    if not states:
        return
    shown = [as_order(state) for state in states]
    if owners:
        shown = [msgspec.structs.replace(o, profile_id=owners[o.order_id]) for o in shown]
    connection = await driver(tx)
    cursor = await connection.execute(
        _UPSERT,
        {
            "workspace_id": workspace_id,
            "order_id": [o.order_id for o in shown],
            "profile_id": [o.profile_id for o in shown],
            "status": [o.status.value for o in shown],
            "placed_at": [o.placed_at for o in shown],
            "total": [o.total for o in shown],
            "refunded": [o.refunded for o in shown],
            "currency": [o.currency for o in shown],
            "lines": [msgspec.json.encode(o.lines).decode() for o in shown],
            "registers": [msgspec.json.encode(s).decode() for s in states],
            "updated_at": [o.updated_at for o in shown],
        },
    )
    versions: dict[str, int] = dict(await cursor.fetchall())
    facts = [_fact(workspace_id, order, versions[order.order_id]) for order in shown]
    await put_fact_lines(
        tx,
        workspace_id=workspace_id,
        table="orders",
        body=_FACTS.encode_lines(facts),
        rows=len(facts),
    )


def _fact(workspace_id: int, order: Order, version: int) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "order_id": order.order_id,
        "profile_id": order.profile_id,
        "status": order.status,
        "placed_at": order.placed_at,
        # A partial refund takes its amount off; a returned order keeps what it was worth.
        "total": order.total - (order.refunded if order.refunded < order.total else 0),
        "currency": order.currency,
        "product_ids": [line.product_id for line in order.lines],
        "product_names": [line.name for line in order.lines],
        "categories": [line.category for line in order.lines],
        "quantities": [line.quantity for line in order.lines],
        "prices": [float(line.price) for line in order.lines],
        "version": version,
    }


def _registers(stored: Any) -> Registers:
    return msgspec.convert(stored, Registers)


__all__ = [
    "apply_order_events",
    "on_profiles_merged",
    "on_profiles_parted",
    "order_versions",
]
