"""The facts of single people, for showing why they have the value they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from otklik.accounts.public import get_workspace
from otklik.computed import model as m
from otklik.computed.engine import PREVIEW_S, ask
from otklik.computed.evaluate import ComputedWhy, Event, Facts, Line, Order, evaluate
from otklik.computed.queries.records import get_record
from otklik.computed.queries.values import run_facts, value_of
from otklik.profiles.public import ProfileNotFound, current_ids
from otklik.rules.moments import Frame
from otklik.runtime.public import CURRENT_PROFILE, Runtime

EVENTS_MAX = 100_000
"""Events that are looked at together; who has more is a robot, and the latest ones are shown."""


class ComputedExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """A person's value: as stored by the latest run, as it is now, and the facts behind that."""

    stored: Any
    computed_at: datetime | None
    why: ComputedWhy


async def explain(
    rt: Runtime, *, workspace_id: int, trait_id: UUID, profile_id: int, now: datetime
) -> ComputedExplanation:
    """Say why a person has the value of a computed trait.

    Raises: ComputedTraitNotFound, ProfileNotFound, ComputationTooHeavy.
    """
    async with rt.db.begin() as tx:
        record = await get_record(tx, workspace_id=workspace_id, trait_id=trait_id)
        present = await current_ids(tx, workspace_id=workspace_id, profile_ids=[profile_id])
        if profile_id not in present:
            raise ProfileNotFound(profile_id=profile_id)
        zone = (await get_workspace(tx, workspace_id=workspace_id)).timezone
    person = present[profile_id]
    frame = Frame(now=now, zone=zone)
    facts = await load_facts(
        rt, workspace_id=workspace_id, profile_ids=[person], definition=record.definition
    )
    run = record.facts
    if m.is_relative(record.definition) and run.bounds is None:
        run = await run_facts(
            rt,
            workspace_id=workspace_id,
            definition=record.definition,
            frame=frame,
            limit_s=PREVIEW_S,
        )
    return ComputedExplanation(
        stored=await _stored(rt, workspace_id, record.name, record.definition, person),
        computed_at=record.computed_at,
        why=evaluate(record.definition, facts[person], frame, run),
    )


async def _stored(
    rt: Runtime, workspace_id: int, name: str, definition: m.Definition, person: int
) -> Any:
    outputs = m.outputs_of(definition)
    names = [m.full_name(name, output) for output in outputs]
    rows = await ask(
        rt,
        "SELECT trait, toString(type), str, num FROM profile_traits FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND profile_id = {person:UInt64}"
        " AND trait IN {names:Array(String)}",
        {"workspace": workspace_id, "person": person, "names": names},
        limit_s=PREVIEW_S,
    )
    kinds = {"string": 1, "date": 1, "number": 2, "bool": 3}
    found = {trait: (kinds.get(kind, 0), text, number) for trait, kind, text, number in rows}
    ordered = [found.get(name, (0, "", 0.0)) for name in names]
    return value_of(outputs, *zip(*ordered, strict=True))


async def load_facts(
    rt: Runtime, *, workspace_id: int, profile_ids: Sequence[int], definition: m.Definition
) -> dict[int, Facts]:
    """Return what the definition reads of some (present) people, by id."""
    values: dict[str, Any] = {"workspace": workspace_id, "ids": list(profile_ids)}
    mine = (
        "workspace_id = {workspace:UInt32} AND profile_id IN (SELECT arrayJoin({ids:Array(UInt64)})"
        " UNION ALL SELECT from_id FROM profile_merges FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND undone = 0"
        " AND into_id IN {ids:Array(UInt64)})"
    )
    if m.reads_orders(definition):
        orders = await _orders(rt, mine, values)
        return {one: Facts(orders=tuple(orders.get(one, ()))) for one in profile_ids}
    events = await _events(rt, mine, {**values, "names": list(m.events_of(definition))})
    return {one: Facts(events=tuple(events.get(one, ()))) for one in profile_ids}


async def _events(rt: Runtime, mine: str, values: Mapping[str, Any]) -> dict[int, list[Event]]:
    rows = await ask(
        rt,
        f"SELECT {CURRENT_PROFILE}, name, toUnixTimestamp64Milli(time), message_id,"
        f" toJSONString(properties) FROM events WHERE {mine} AND name IN {{names:Array(String)}}"
        f" ORDER BY time DESC LIMIT {EVENTS_MAX}",
        values,
        limit_s=PREVIEW_S,
    )
    found: dict[int, list[Event]] = {}
    for person, name, millis, message_id, properties in rows:
        found.setdefault(int(person), []).append(
            Event(
                name=name,
                time=_at(millis),
                message_id=message_id,
                properties=msgspec.json.decode(properties),
            )
        )
    return found


async def _orders(rt: Runtime, mine: str, values: Mapping[str, Any]) -> dict[int, list[Order]]:
    rows = await ask(
        rt,
        f"SELECT {CURRENT_PROFILE}, order_id, status, toUnixTimestamp64Milli(placed_at), total,"
        " product_ids, product_names, categories, vendors, quantities"
        f" FROM orders FINAL WHERE {mine}"
        f" ORDER BY placed_at DESC LIMIT {EVENTS_MAX}",
        values,
        limit_s=PREVIEW_S,
    )
    found: dict[int, list[Order]] = {}
    for person, order_id, status, millis, total, *parts in rows:
        ids, names, categories, vendors, quantities = parts
        length = max(len(ids), len(categories), len(vendors))
        lines = tuple(
            Line(
                product_id=_at_index(ids, n, ""),
                name=_at_index(names, n, ""),
                category=_at_index(categories, n, ""),
                vendor=_at_index(vendors, n, ""),
                quantity=_at_index(quantities, n, 1.0),
            )
            for n in range(length)
        )
        found.setdefault(int(person), []).append(
            Order(
                order_id=order_id,
                status=status,
                placed_at=_at(millis),
                total=Decimal(total),
                lines=lines,
            )
        )
    return found


def _at_index(values: Sequence[Any], n: int, default: Any) -> Any:
    return values[n] if n < len(values) else default


def _at(millis: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(millis))
