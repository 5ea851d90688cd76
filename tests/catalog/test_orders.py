"""Orders out of events: the same for any order of arrival, any repeats, any split into batches."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.catalog.model import (
    ORDER_EVENTS,
    OrderEvent,
    OrderStatus,
    Refusal,
    Registers,
    as_order,
    fold,
    order_event,
)
from otklik.catalog.public import apply_order_events, get_order, list_orders, order_totals
from otklik.kit.errors import OtklikError
from otklik.runtime import outbox
from otklik.runtime.public import Runtime
from tests.conftest import NOW


def event(name: str = "Order Completed", *, minute: int = 0, **properties: Any) -> OrderEvent:
    made = order_event(
        profile_id=properties.pop("profile_id", 7),
        name=name,
        time=NOW + timedelta(minutes=minute),
        properties={"order_id": "A-1", "currency": "gbp", **properties},
    )
    assert isinstance(made, OrderEvent)
    return made


events = st.builds(
    lambda name, minute, total, profile: event(
        name, minute=minute, profile_id=profile, **({} if total is None else {"total": total})
    ),
    st.sampled_from(sorted(ORDER_EVENTS)),
    st.integers(0, 3),
    st.none() | st.integers(0, 30),
    st.integers(1, 3),
)


def folded(found: list[OrderEvent]) -> Registers | None:
    state = None
    for one in found:
        state = fold(state, one)
    return state


@given(st.lists(events, min_size=1, max_size=6), st.randoms())
def test_neither_order_nor_repeats_matter(found: list[OrderEvent], random: Any) -> None:
    expected = folded(found)
    again = [*found, *found[: len(found) // 2]]
    random.shuffle(again)
    mixed = folded(again)
    assert expected is not None
    assert mixed is not None
    assert as_order(mixed) == as_order(expected)


def test_an_order_is_placed_paid_and_returned() -> None:
    steps = [
        event(
            total=100,
            products=[{"product_id": 85123, "name": "Lamp", "price": "50", "quantity": 2}],
        ),
        event("Order Paid", minute=1),
        event("Order Refunded", minute=2, total=30),
    ]
    order = as_order(folded(steps[:1]))  # type: ignore[arg-type]
    assert (order.status, order.total, order.currency) == (OrderStatus.PLACED, Decimal(100), "GBP")
    assert order.lines[0].product_id == "85123"
    order = as_order(folded(steps))  # type: ignore[arg-type]
    assert (order.status, order.refunded) == (OrderStatus.PAID, Decimal(30))
    order = as_order(folded([*steps, event("Order Refunded", minute=3, total=100)]))  # type: ignore[arg-type]
    assert order.status is OrderStatus.RETURNED


def test_a_return_of_an_unknown_order_is_an_order_of_its_own() -> None:
    order = as_order(folded([event("Order Refunded", total=12.5)]))  # type: ignore[arg-type]
    assert (order.status, order.total) == (OrderStatus.RETURNED, Decimal("12.50"))


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "no_order_id"),
        ({"order_id": ""}, "no_order_id"),
        ({"order_id": None}, "no_order_id"),
        ({"order_id": ["x"]}, "no_order_id"),
        ({"order_id": "1", "total": "many"}, "bad_amount"),
        ({"order_id": "1", "total": float("inf")}, "bad_amount"),
        ({"order_id": "1", "total": 1e300}, "bad_amount"),
        ({"order_id": "1", "total": True}, "bad_amount"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_reason(
    properties: dict[str, Any], code: str
) -> None:
    made = order_event(profile_id=1, name="Order Completed", time=NOW, properties=properties)
    assert isinstance(made, Refusal)
    assert made.code == code
    assert made.text.ru != made.text.en


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
fields = st.sampled_from(
    ["order_id", "total", "revenue", "products", "currency", "status", "price"]
)


@given(st.dictionaries(fields, json_values, max_size=6), st.sampled_from(sorted(ORDER_EVENTS)))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_rubbish_is_read_or_refused_but_never_breaks(properties: dict[str, Any], name: str) -> None:
    made = order_event(profile_id=1, name=name, time=NOW, properties=properties)
    if isinstance(made, OrderEvent):
        as_order(fold(None, made))


def test_other_events_are_not_orders() -> None:
    assert order_event(profile_id=1, name="Viewed", time=NOW, properties={"order_id": "1"}) is None


async def apply(rt: Runtime, workspace: Workspace, *rows: OrderEvent) -> list[str]:
    async with rt.db.begin() as tx:
        return await apply_order_events(tx, workspace_id=workspace.id, rows=rows, now=NOW)


async def test_orders_are_stored_once_and_reach_clickhouse(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace
) -> None:
    first = [event(order_id=f"A-{i}", minute=i, total=10 + i) for i in range(5)]
    assert len(await apply(rt, workspace, *first)) == 5
    assert await apply(rt, workspace, *first) == [], "a repeat changes nothing"
    assert await apply(rt, workspace, event("Order Cancelled", order_id="A-0", minute=9)) == ["A-0"]
    async with rt.db.begin() as tx:
        page = await list_orders(tx, workspace_id=workspace.id, profile_id=7, limit=3)
        assert [o.order_id for o in page.items] == ["A-4", "A-3", "A-2"]
        rest = await list_orders(tx, workspace_id=workspace.id, cursor=page.next_cursor, limit=3)
        assert [o.order_id for o in rest.items] == ["A-1", "A-0"]
        totals = await order_totals(tx, workspace_id=workspace.id, profile_id=7)
        assert (totals.count, totals.total, totals.currency) == (4, Decimal(50), "GBP")
        assert (await list_orders(tx, workspace_id=other_workspace.id)).items == []
        with pytest.raises(OtklikError) as missing:
            await get_order(tx, workspace_id=other_workspace.id, order_id="A-1")
        assert missing.value.status == 404
    while await outbox.carry_facts(rt):
        pass
    stored = await rt.ch.query(
        "SELECT order_id, status, toString(total) FROM orders FINAL "
        "WHERE workspace_id = {w:UInt32} ORDER BY order_id",
        {"w": workspace.id},
    )
    assert stored[0] == ("A-0", "cancelled", "10")
    assert len(stored) == 5


async def test_a_hostile_product_name_is_kept_as_it_is(rt: Runtime, workspace: Workspace) -> None:
    name = "'; DROP TABLE orders; -- {{7*7}} <script> \u202e 😀"
    await apply(rt, workspace, event(products=[{"product_id": "1", "name": name}]))
    async with rt.db.begin() as tx:
        order = await get_order(tx, workspace_id=workspace.id, order_id="A-1")
    assert order.lines[0].name == name
