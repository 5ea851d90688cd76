"""Orders in the database and in ClickHouse."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from otklik.accounts.public import Workspace
from otklik.catalog.public import (
    OrderNotFound,
    OrderStatus,
    apply_order_events,
    get_order,
    list_orders,
    order_totals,
)
from otklik.profiles.public import list_merges, merge_profiles, undo_merge
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Bus, Runtime, Tx
from tests.catalog.conftest import PRODUCTS, event, make_profiles
from tests.conftest import Cast

API = "/api/v1"


async def test_an_order_goes_through_its_life_in_any_order(
    tx: Tx, workspace: Workspace, now: datetime
) -> None:
    ws = {"workspace_id": workspace.id, "now": now}
    paid = event(now, "Order Paid", 10)
    placed = event(now, "Order Completed", 0, total=20, products=PRODUCTS)
    assert await apply_order_events(tx, rows=[paid], **ws) == ["1"]
    assert await apply_order_events(tx, rows=[placed], **ws) == ["1"]
    assert await apply_order_events(tx, rows=[placed, paid], **ws) == []
    order = await get_order(tx, workspace_id=workspace.id, order_id="1")
    assert (order.status, order.total, order.placed_at) == (OrderStatus.PAID, 20.0, now)
    # No event named a currency, so it is the workspace's.
    assert (order.currency, len(order.lines)) == (workspace.currency, 2)
    refund = event(now, "Order Refunded", 20)
    await apply_order_events(tx, rows=[refund], **ws)
    order = await get_order(tx, workspace_id=workspace.id, order_id="1")
    assert order.status is OrderStatus.RETURNED
    assert await apply_order_events(tx, rows=[], **ws) == []


async def test_a_partial_refund_leaves_the_order_with_less_in_it(
    rt: Runtime, workspace: Workspace, now: datetime, bus: Bus
) -> None:
    ws = {"workspace_id": workspace.id, "now": now}
    async with rt.db.begin() as tx:
        one, two = await make_profiles(tx, workspace.id, now, 2)
        some = event(now, "Order Refunded", 20, products=[{"product_id": "p1", "quantity": 2}])
        paid = event(now, "Order Paid", 10)
        placed = event(now, "Order Completed", profile_id=one, total=20, products=PRODUCTS)
        for late in (some, paid, placed, some):
            await apply_order_events(tx, rows=[late], **ws)
        order = await get_order(tx, workspace_id=workspace.id, order_id="1")
        assert (order.status, order.total, order.refunded) == (OrderStatus.PAID, 15.0, 5.0)
        assert [line.quantity for line in order.lines] == [2.0, 1.0]
        assert await apply_order_events(tx, rows=[some, placed], **ws) == []
        totals = await order_totals(tx, workspace_id=workspace.id, profile_id=one)
        assert (totals.count, totals.total) == (1, 15.0)
        # A merge writes the order again; nothing of it gets lost.
        await merge_profiles(tx, from_id=one, into_id=two, bus=bus, **ws)

    async def stored() -> tuple[object, ...]:
        while await carry_facts(rt):
            pass
        (row,) = await rt.ch.query(
            "SELECT profile_id, status, total, quantities, given_back_share,"
            " arrayMap(at -> toUnixTimestamp(at), given_back_at)"
            " FROM orders FINAL WHERE workspace_id = {ws:UInt32}",
            {"ws": workspace.id},
        )
        return tuple(row)

    at = round(now.timestamp())
    assert await stored() == (two, "paid", Decimal(15), [2.0, 1.0], [0.25], [at + 20])
    async with rt.db.begin() as tx:
        rest = event(now, "Order Refunded", 30, total=15)
        await apply_order_events(tx, rows=[rest], **ws)
        order = await get_order(tx, workspace_id=workspace.id, order_id="1")
    assert (order.status, order.total, order.refunded) == (OrderStatus.RETURNED, 20.0, 20.0)
    given_back = [0.25, 0.75], [at + 20, at + 30]
    assert await stored() == (two, "returned", Decimal(20), [4.0, 1.0], *given_back)


async def test_orders_follow_their_person(
    tx: Tx, workspace: Workspace, now: datetime, bus: Bus
) -> None:
    ws = {"workspace_id": workspace.id, "now": now}
    one, two = await make_profiles(tx, workspace.id, now, 2)
    rows = [
        event(now, "Order Completed", i, profile_id=who, order_id=str(i), total=10)
        for i, who in enumerate([one, two, two])
    ]
    await apply_order_events(tx, rows=rows, **ws)
    await merge_profiles(tx, from_id=two, into_id=one, bus=bus, **ws)
    page = await list_orders(tx, workspace_id=workspace.id, profile_id=one)
    assert [order.order_id for order in page.items] == ["2", "1", "0"]
    # An event under the old id finds the present profile.
    late = event(now, "Order Completed", 9, profile_id=two, order_id="9", total=5)
    await apply_order_events(tx, rows=[late], **ws)
    totals = await order_totals(tx, workspace_id=workspace.id, profile_id=one)
    assert (totals.count, totals.total) == (4, 35.0)

    (merge,) = await list_merges(tx, workspace_id=workspace.id, profile_id=one)
    await undo_merge(tx, profile_id=one, merge_id=merge.id, bus=bus, **ws)
    page = await list_orders(tx, workspace_id=workspace.id, profile_id=two)
    assert [order.order_id for order in page.items] == ["9", "2", "1"]
    page = await list_orders(tx, workspace_id=workspace.id, profile_id=one)
    assert [order.order_id for order in page.items] == ["0"]


async def test_pages_follow_each_other_newest_first(
    tx: Tx, workspace: Workspace, now: datetime
) -> None:
    # Several orders of one moment must not be lost between two pages.
    rows = [event(now, "Order Completed", i // 3, order_id=f"o{i}", total=1) for i in range(8)]
    await apply_order_events(tx, workspace_id=workspace.id, rows=rows, now=now)
    listed: list[str] = []
    cursor = None
    while True:
        page = await list_orders(tx, workspace_id=workspace.id, limit=3, cursor=cursor)
        listed += [order.order_id for order in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert listed == ["o7", "o6", "o5", "o4", "o3", "o2", "o1", "o0"]
    returned = await list_orders(tx, workspace_id=workspace.id, status=OrderStatus.RETURNED)
    assert returned.items == []


async def test_orders_reach_clickhouse(rt: Runtime, workspace: Workspace, now: datetime) -> None:
    async with rt.db.begin() as tx:
        (one,) = await make_profiles(tx, workspace.id, now, 1)
        placed = event(
            now, "Order Completed", profile_id=one, total="19.99", products=PRODUCTS, currency="RUB"
        )
        await apply_order_events(tx, workspace_id=workspace.id, rows=[placed], now=now)
    async with rt.db.begin() as tx:
        paid = event(now, "Order Paid", 5, profile_id=one)
        await apply_order_events(tx, workspace_id=workspace.id, rows=[paid], now=now)
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT order_id, profile_id, status, total, currency, product_ids, quantities "
        "FROM orders FINAL WHERE workspace_id = {ws:UInt32}",
        {"ws": workspace.id},
    )
    assert [tuple(row) for row in rows] == [
        ("1", one, "paid", Decimal("19.99"), "RUB", ["p1", "p2"], [4.0, 1.0])
    ]


async def test_orders_are_shown_to_their_workspace_alone(
    cast: Cast, rt: Runtime, workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    async with rt.db.begin() as tx:
        (one,) = await make_profiles(tx, workspace.id, now, 1)
        rows = [event(now, "Order Completed", profile_id=one, order_id="№ 7/1", total=5)]
        await apply_order_events(tx, workspace_id=workspace.id, rows=rows, now=now)
        with pytest.raises(OrderNotFound):
            await get_order(tx, workspace_id=other_workspace.id, order_id="№ 7/1")
    listed = (await cast.colleague.get(f"{API}/orders")).json()["items"]
    assert [(order["order_id"], order["total"]) for order in listed] == [("№ 7/1", 5.0)]
    path = f"{API}/profiles/{one}/orders"
    assert len((await cast.colleague.get(path)).json()["items"]) == 1
    assert (await cast.stranger.get(path)).status_code == 404
    assert (await cast.stranger.get(f"{API}/orders")).json()["items"] == []
    assert (await cast.colleague.get(f"{API}/orders/nope")).json()["code"] == "order_not_found"
    assert (await cast.nobody.get(f"{API}/orders")).status_code == 401
