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
from otklik.catalog.errors import FieldNotFound, TooManyFields
from otklik.catalog.fields import (
    FIELDS_MAX,
    MADE_AT,
    FieldLevel,
    FieldType,
    OrderField,
    Scalar,
    clean,
    number_of,
    project,
    typed,
)
from otklik.catalog.model import STATUS_WORDS, OrderEvent, OrderLine, OrderStatus, Refund
from otklik.catalog.queries import order_fields, status_meanings, stored
from otklik.catalog.register import Register, explain, fold, owner_of, standing
from otklik.catalog.vendors import product_vendors, vendor_of
from otklik.profiles.public import ProfilesMerged, ProfilesParted, current_ids
from otklik.runtime.public import Tx, put_facts

_LOCK_CLASS = 0x0CDE25
_LINES = tuple[OrderLine, ...]
_REFUNDS = tuple[Refund, ...]
_EXTRA = dict[str, tuple[str, Scalar]]
_WORDS = dict[str, str]
_IDS = sa.ARRAY(sa.BigInteger)
_TEXT_MAX = 200


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
    meanings = await status_meanings(tx, workspace_id=workspace_id)
    by_order: dict[str, list[OrderEvent]] = {}
    for event in rows:
        by_order.setdefault(event.order_id, []).append(_understood(event, meanings))
    known = await stored(tx, workspace_id=workspace_id, order_ids=sorted(by_order))
    changed: dict[str, Register] = {}
    unknown: dict[str, list[str]] = {}
    for order_id, events in by_order.items():
        row = known.get(order_id)
        before = None if row is None else _register(row._mapping)
        after = fold(before, events)
        if after != before:
            changed[order_id] = after
            for word in after.words.keys() - (before.words.keys() if before else ()):
                unknown.setdefault(word, []).append(order_id)
    if not changed:
        return []
    currency = (await get_workspace(tx, workspace_id=workspace_id)).currency
    owners = {order_id: owner_of(register.owner) for order_id, register in changed.items()}
    current = await current_ids(
        tx, workspace_id=workspace_id, profile_ids=sorted({one for one, _ in owners.values()})
    )
    await _note_words(tx, workspace_id, unknown, now)
    fields = await order_fields(tx, workspace_id=workspace_id)
    vendors = await _vendors(tx, workspace_id, changed.values())
    versions = await _versions(tx, len(changed))
    written = [
        _written(register, version, fields, vendors)
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
    await _tell(tx, workspace_id, written, fields)
    return sorted(changed)


def _understood(event: OrderEvent, meanings: Mapping[str, OrderStatus]) -> OrderEvent:
    """Return an event with what the workspace takes its status to be.

    Only a word that nobody explains stays in it.
    """
    if event.word is None:
        return event
    status = meanings.get(event.word)
    if status is not None:
        return msgspec.structs.replace(event, status=status, word=None)
    return msgspec.structs.replace(event, word=None) if event.word in STATUS_WORDS else event


async def _note_words(
    tx: Tx, workspace_id: int, unknown: Mapping[str, Sequence[str]], now: datetime
) -> None:
    if not unknown:
        return
    statement = insert(t.order_status_words)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "word"],
            set_={
                "orders": t.order_status_words.c.orders + statement.excluded.orders,
                "example": statement.excluded.example,
                "last_seen": now,
            },
        ),
        [
            {
                "workspace_id": workspace_id,
                "word": word,
                "orders": len(orders),
                "example": orders[-1],
                "first_seen": now,
                "last_seen": now,
            }
            for word, orders in sorted(unknown.items())
        ],
    )


async def _vendors(tx: Tx, workspace_id: int, registers: Iterable[Register]) -> dict[str, str]:
    lines = [line for register in registers for line in register.lines]
    return await product_vendors(tx, workspace_id=workspace_id, lines=lines)


def _written(
    register: Register, version: int, fields: Sequence[OrderField], vendors: Mapping[str, str]
) -> dict[str, Any]:
    """Return the columns that follow from a register."""
    stands = standing(register)
    said = {name: value for name, (_, value) in register.extra.items()}
    is_less = (stands.total, stands.lines) != (register.total, register.lines)
    return {
        "status": stands.status.value,
        "total": stands.total,
        "lines": [_line(line, fields, vendors) for line in stands.lines],
        "told_total": register.total if is_less else None,
        "told_lines": msgspec.to_builtins(register.lines) if is_less else None,
        "refunds": msgspec.to_builtins(register.refunds),
        "owner_key": register.owner,
        "stated_key": register.stated,
        "told_key": register.told,
        "told_currency": register.currency,
        "told_extra": register.extra,
        "told_words": register.words,
        "fields": project(said, fields, FieldLevel.ORDER),
        **{column: _first_text(said, names) for column, names in MADE_AT.items()},
        "version": version,
    }


def _line(
    line: OrderLine, fields: Sequence[OrderField], vendors: Mapping[str, str]
) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.to_builtins(line)
    made["fields"] = project(line.extra, fields, FieldLevel.LINE)
    vendor = vendor_of(line, vendors)
    return made | ({"vendor": vendor} if vendor else {})


def _first_text(said: Mapping[str, Scalar], names: Iterable[str]) -> str | None:
    for name in names:
        if name in said and (text := typed(said[name], FieldType.TEXT)):
            return str(text)[:_TEXT_MAX]
    return None


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
        msgspec.convert(row["told_extra"], _EXTRA),
        msgspec.convert(row["told_words"], _WORDS),
    )


async def _lock(tx: Tx, workspace_id: int) -> None:
    # Two batches with events of one new order would each miss what the other says.
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, workspace_id)))


async def _versions(tx: Tx, count: int) -> list[int]:
    rows = await tx.execute(
        sa.text("SELECT nextval('order_versions') FROM generate_series(1, :n)"), {"n": count}
    )
    return list(rows.scalars())


async def _tell(
    tx: Tx,
    workspace_id: int,
    written: Iterable[Mapping[str, Any]],
    fields: Sequence[OrderField],
) -> None:
    types = {field.field: field.type for field in fields}
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
                "vendors": [line.get("vendor", "") for line in row["lines"]],
                "quantities": [line["quantity"] for line in row["lines"]],
                "prices": [line["price"] for line in row["lines"]],
                "given_back_at": [datetime.fromtimestamp(one.at / 1000, UTC) for one in given_back],
                "given_back_share": [one.share for one in given_back],
                "source": row["source"] or "",
                "shop": row["shop"] or "",
                "number": row["number"] or "",
                "fields_text": _texts(row["fields"], types),
                "fields_num": _numbers(row["fields"], types),
                "line_fields_text": [_texts(li.get("fields", {}), types) for li in row["lines"]],
                "line_fields_num": [_numbers(li.get("fields", {}), types) for li in row["lines"]],
                "version": row["version"],
            }
            for row in written
            for given_back in [standing(_register(row)).given_back]
        ],
    )


def _texts(values: Mapping[str, Scalar], types: Mapping[str, FieldType]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items() if types.get(name) is FieldType.TEXT}


def _numbers(values: Mapping[str, Scalar], types: Mapping[str, FieldType]) -> dict[str, float]:
    found = {name: number_of(value, types[name]) for name, value in values.items() if name in types}
    return {name: value for name, value in found.items() if value is not None}


async def put_field(tx: Tx, *, workspace_id: int, field: OrderField, now: datetime) -> None:
    """Make or change a field; orders take it over by `reread_orders`. Raises: TooManyFields."""
    known = await order_fields(tx, workspace_id=workspace_id)
    if len(known) >= FIELDS_MAX and field.field not in {one.field for one in known}:
        raise TooManyFields(limit=FIELDS_MAX)
    values = {
        "level": field.level.value,
        "type": field.type.value,
        "title": clean(field.title),
        "source": clean(field.source),
    }
    await tx.execute(
        insert(t.order_fields)
        .values(workspace_id=workspace_id, field=field.field, created_at=now, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "field"], set_=values)
    )


async def delete_field(tx: Tx, *, workspace_id: int, field: str) -> None:
    """Forget a field; what was told of it stays. Raises: FieldNotFound."""
    c = t.order_fields.c
    gone = await tx.execute(
        t.order_fields.delete().where(c.workspace_id == workspace_id, c.field == field)
    )
    if not gone.rowcount:
        raise FieldNotFound(field=field)


async def set_status_word(
    tx: Tx, *, workspace_id: int, word: str, status: OrderStatus | None, now: datetime
) -> None:
    """Say what a word of shops means, or (None) leave it to the usual meaning again."""
    values = {"status": None if status is None else status.value}
    await tx.execute(
        insert(t.order_status_words)
        .values(workspace_id=workspace_id, word=word, first_seen=now, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "word"], set_=values)
    )


async def reread_orders(
    tx: Tx,
    *,
    workspace_id: int,
    after: str = "",
    limit: int = 2_000,
    only: Sequence[str] | None = None,
) -> str | None:
    """Read the next orders again by the fields, words and vendors of today.

    `only`: none but these. Returns the last id, to go on after, or None at the end. Only what
    changes is written.
    """
    await _lock(tx, workspace_id)
    c = t.orders.c
    statement = (
        sa.select(t.orders)
        .where(c.workspace_id == workspace_id, c.order_id > after)
        .order_by(c.order_id)
        .limit(limit)
    )
    if only is not None:
        mine = sa.func.any(sa.literal(list(only), sa.ARRAY(sa.Text)))
        statement = statement.where(c.order_id == mine)
    rows = [dict(row._mapping) for row in await tx.execute(statement)]
    if not rows:
        return None
    meanings = await status_meanings(tx, workspace_id=workspace_id)
    fields = await order_fields(tx, workspace_id=workspace_id)
    registers = [_explained(row, meanings) for row in rows]
    vendors = await _vendors(tx, workspace_id, registers)
    written = []
    for row, register in zip(rows, registers, strict=True):
        read = _written(register, row["version"], fields, vendors)
        if any(read[name] != row[name] for name in ("status", "lines", "fields", "told_words")):
            written.append({**row, **read})
    if written:
        versions = await _versions(tx, len(written))
        for row, version in zip(written, versions, strict=True):
            row["version"] = version
        statement_of_rows = insert(t.orders)
        await tx.execute(
            statement_of_rows.on_conflict_do_update(
                index_elements=["workspace_id", "order_id"],
                set_={
                    name: statement_of_rows.excluded[name] for name in _written_names(written[0])
                },
            ),
            written,
        )
        await _tell(tx, workspace_id, written, fields)
    return str(rows[-1]["order_id"]) if len(rows) == limit else None


def _explained(row: Mapping[str, Any], meanings: Mapping[str, OrderStatus]) -> Register:
    register = _register(row)
    for word in list(register.words):
        if word in meanings:
            register = explain(register, word, meanings[word])
    return register


def _written_names(row: Mapping[str, Any]) -> list[str]:
    return [name for name in row if name not in {"workspace_id", "order_id"}]


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
    fields = await order_fields(tx, workspace_id=workspace_id)
    await _tell(tx, workspace_id, [dict(row) for row in rows], fields)
