"""Writes of orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.catalog import tables as t
from otklik.catalog.model import OrderEvent, OrderLine, Refund
from otklik.catalog.queries import stored
from otklik.catalog.register import Register, fold, owner_of, standing
from otklik.profiles.public import ProfilesMerged, ProfilesParted, current_ids
from otklik.runtime.public import Tx, put_facts

_LOCK_CLASS = 0x0CDE25
_LINES = tuple[OrderLine, ...]
_REFUNDS = tuple[Refund, ...]
_IDS = sa.ARRAY(sa.BigInteger)


async def apply_order_events(
    tx: Tx, *, workspace_id: int, rows: Sequence[OrderEvent], now: datetime
) -> list[str]:
    """Bring orders up to date with events; returns the ids of those that changed.

    A few statements for any number of events. Repeated events and events in any order, in one
    batch or in many, give the same orders. ClickHouse learns of them through the outbox.
    """
    if not rows:
        return []
    await _lock(tx, workspace_id)
    by_order: dict[str, list[OrderEvent]] = {}
    for event in rows:
        by_order.setdefault(event.order_id, []).append(event)
    known = await stored(tx, workspace_id=workspace_id, order_ids=sorted(by_order))
    changed: dict[str, Register] = {}
    for order_id, events in by_order.items():
        row = known.get(order_id)
        before = None if row is None else _register(row._mapping)
        after = fold(before, events)
        if after != before:
            changed[order_id] = after
    if not changed:
        return []
    currency = (await get_workspace(tx, workspace_id=workspace_id)).currency
    owners = {order_id: owner_of(register.owner) for order_id, register in changed.items()}
    current = await current_ids(
        tx, workspace_id=workspace_id, profile_ids=sorted({one for one, _ in owners.values()})
    )
    versions = await _versions(tx, len(changed))
    written = [
        _written(register, version)
        | {
            "workspace_id": workspace_id,
            "order_id": order_id,
            "profile_id": current.get(owners[order_id][0], owners[order_id][0]),
            "origin_id": owners[order_id][0],
            "placed_at": datetime.fromtimestamp(owners[order_id][1] / 1000, UTC),
            "currency": register.currency or currency,
            "updated_at": now,
        }
        for (order_id, register), version in zip(sorted(changed.items()), versions, strict=True)
    ]
    statement = insert(t.orders)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "order_id"],
            set_={
                column.name: statement.excluded[column.name]
                for column in t.orders.columns
                if not column.primary_key
            },
        ),
        written,
    )
    await _tell(tx, workspace_id, written)
    return sorted(changed)


def _written(register: Register, version: int) -> dict[str, Any]:
    """Return the columns that follow from a register."""
    stands = standing(register)
    is_less = (stands.total, stands.lines) != (register.total, register.lines)
    return {
        "status": stands.status.value,
        "total": stands.total,
        "lines": msgspec.to_builtins(stands.lines),
        "told_total": register.total if is_less else None,
        "told_lines": msgspec.to_builtins(register.lines) if is_less else None,
        "refunds": msgspec.to_builtins(register.refunds),
        "owner_key": register.owner,
        "stated_key": register.stated,
        "told_key": register.told,
        "told_currency": register.currency,
        "version": version,
    }


def _register(row: Mapping[str, Any]) -> Register:
    is_less = row["told_total"] is not None
    return Register(
        row["owner_key"],
        row["stated_key"],
        row["told_key"],
        Decimal(row["told_total"] if is_less else row["total"]),
        row["told_currency"],
        msgspec.convert(row["told_lines"] if is_less else row["lines"], _LINES),
        msgspec.convert(row["refunds"], _REFUNDS),
    )


async def _lock(tx: Tx, workspace_id: int) -> None:
    # Two batches with events of one new order would each miss what the other says.
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, workspace_id)))


async def _versions(tx: Tx, count: int) -> list[int]:
    rows = await tx.execute(
        sa.text("SELECT nextval('order_versions') FROM generate_series(1, :n)"), {"n": count}
    )
    return list(rows.scalars())


async def _tell(tx: Tx, workspace_id: int, written: Iterable[Mapping[str, Any]]) -> None:
    await put_facts(
        tx,
        workspace_id=workspace_id,
        table="orders",
        rows=[
            {
                "order_id": row["order_id"],
                "profile_id": row["profile_id"],
                "status": row["status"],
                "placed_at": row["placed_at"],
                "total": row["total"],
                "currency": row["currency"],
                "product_ids": [line["product_id"] for line in row["lines"]],
                "product_names": [line["name"] for line in row["lines"]],
                "categories": [line["category"] or "" for line in row["lines"]],
                "quantities": [line["quantity"] for line in row["lines"]],
                "prices": [line["price"] for line in row["lines"]],
                "given_back_at": [datetime.fromtimestamp(one.at / 1000, UTC) for one in given_back],
                "given_back_share": [one.share for one in given_back],
                "version": row["version"],
            }
            for row in written
            for given_back in [standing(_register(row)).given_back]
        ],
    )


async def on_profiles_merged(event: ProfilesMerged, tx: Tx) -> None:
    """Orders go with the person to whom their profile belongs now."""
    await _move(tx, event.workspace_id, t.orders.c.profile_id, dict(event.pairs))


async def on_profiles_parted(event: ProfilesParted, tx: Tx) -> None:
    """Orders go back with the profile under which they were placed."""
    await _move(tx, event.workspace_id, t.orders.c.origin_id, {one: one for one, _ in event.pairs})


async def _move(
    tx: Tx, workspace_id: int, column: sa.ColumnElement[int], targets: dict[int, int]
) -> None:
    if not targets:
        return
    c = t.orders.c
    has_orders = await tx.execute(
        sa.select(column)
        .where(
            c.workspace_id == workspace_id,
            column == sa.func.any(sa.literal(sorted(targets), sa.ARRAY(sa.BigInteger))),
        )
        .distinct()
    )
    moving = sorted(has_orders.scalars())
    if not moving:
        return
    await _lock(tx, workspace_id)
    into = (
        sa.func.unnest(sa.literal(moving, _IDS), sa.literal([targets[one] for one in moving], _IDS))
        .table_valued("from_id", "into_id")
        .render_derived(name="moves")
    )
    rows = (
        await tx.execute(
            t.orders.update()
            .where(c.workspace_id == workspace_id, column == into.c.from_id)
            .values(profile_id=into.c.into_id, version=t.order_versions.next_value())
            .returning(*t.orders.c)
        )
    ).mappings()
    await _tell(tx, workspace_id, [dict(row) for row in rows])
