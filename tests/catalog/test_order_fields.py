"""Fields of a workspace's own on orders, and what foreign statuses mean."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.catalog.fields import (
    NAMES_MAX,
    FieldType,
    date_of,
    number_of,
    suggest,
    told,
    typed,
)
from otklik.catalog.jobs import reread
from otklik.catalog.public import apply_order_events, get_order, letter_orders
from otklik.catalog.register import fold, standing
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.catalog.conftest import event, make_profiles
from tests.conftest import NOW, Cast

API = "/api/v1"
LICENCE: dict[str, Any] = {
    "products": [
        {"product_id": "p1", "name": "Editor", "price": 10, "licence": {"until": "31.01.2027"}}
    ],
    "manager": "Анна",
    "gift": "да",
    "weight": "1 250,5",
}


@pytest.mark.parametrize(
    ("value", "as_type", "expected"),
    [
        ("2027-01-31", FieldType.DATE, "2027-01-31"),
        ("31.01.2027", FieldType.DATE, "2027-01-31"),
        ("31.01.2027 10:30", FieldType.DATE, "2027-01-31T10:30:00Z"),
        ("2027-01-31T10:00:00+03:00", FieldType.DATE, "2027-01-31T07:00:00Z"),
        (1801353600, FieldType.DATE, "2027-01-31T00:00:00Z"),
        ("31.02.2027", FieldType.DATE, None),
        ("soon", FieldType.DATE, None),
        (True, FieldType.DATE, None),
        ("1 299,50", FieldType.NUMBER, 1299.5),
        ("1\u00a0299", FieldType.NUMBER, 1299.0),
        (-3, FieldType.NUMBER, -3.0),
        ("12 pieces", FieldType.NUMBER, None),
        (True, FieldType.NUMBER, None),
        ("Да", FieldType.BOOL, True),
        ("0", FieldType.BOOL, False),
        ("perhaps", FieldType.BOOL, None),
        (5.0, FieldType.TEXT, "5"),
        (False, FieldType.TEXT, "false"),
    ],
)
def test_a_value_is_read_as_its_type(value: Any, as_type: FieldType, expected: object) -> None:
    assert typed(value, as_type) == expected


def test_a_date_is_a_number_for_comparisons() -> None:
    assert number_of("2027-01-31", FieldType.DATE) == 1801353600.0
    assert number_of("text", FieldType.TEXT) is None
    assert date_of("9" * 10 + "9999") is None


def test_a_type_is_suggested_by_the_samples() -> None:
    assert suggest(["2027-01-31", "31.01.2027"]) is FieldType.DATE
    assert suggest([0, 1]) is FieldType.NUMBER
    assert suggest(["yes", "нет"]) is FieldType.BOOL
    assert suggest(["10", "x"]) is FieldType.TEXT
    assert suggest([]) is FieldType.TEXT


values = st.one_of(
    st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())
)


@given(st.dictionaries(st.text(), st.one_of(values, st.dictionaries(st.text(), values))))
def test_whatever_is_told_stays_small_and_plain(properties: dict[str, Any]) -> None:
    found = told(properties, frozenset())
    assert len(found) <= NAMES_MAX
    for name, value in found.items():
        assert "\0" not in name
        assert isinstance(value, str | int | float | bool)
        assert "\0" not in str(value)
        for one in FieldType:
            typed(value, one)


def test_what_is_told_of_an_order_does_not_depend_on_the_order_of_events() -> None:
    events = [
        event(NOW, "Order Completed", 0, total=5, status="На складе", manager="A", note="x"),
        event(NOW, "Order Updated", 10, status="Едет", manager="B"),
        event(NOW, "Order Updated", 5, manager="C", slot="evening"),
        event(NOW, "Order Updated", 10, **{f"n{i:03d}": i for i in range(60)}),
    ]
    (first, *others) = [fold(None, some) for some in permutations(events)]
    assert all(other == first for other in others)
    assert first.extra["manager"][1] == "B"
    assert set(first.words) == {"на складе", "едет"}
    assert standing(first).status == "placed"


async def test_a_field_is_filled_for_old_and_new_orders_and_reaches_clickhouse(
    rt: Runtime, workspace: Workspace, cast: Cast, now: datetime
) -> None:
    async with rt.db.begin() as tx:
        (person,) = await make_profiles(tx, workspace.id, now, 1)
        old = event(now, "Order Completed", profile_id=person, order_id="old", **LICENCE)
        await apply_order_events(tx, workspace_id=workspace.id, rows=[old], now=now)
    found = (await cast.owner.get(f"{API}/order-fields/found")).json()
    assert {(f["source"], f["level"], f["suggested"]) for f in found} == {
        ("licence.until", "line", "date"),
        ("manager", "order", "text"),
        ("gift", "order", "bool"),
        ("weight", "order", "number"),
    }
    for name, level, kind, source in (
        ("licence_end", "line", "date", "licence.until"),
        ("manager", "order", "text", "manager"),
        ("gift", "order", "bool", "gift"),
        ("weight", "order", "number", "weight"),
    ):
        body = {"level": level, "type": kind, "title": name.title(), "source": source}
        for person_, status in ((cast.colleague, 403), (cast.nobody, 401), (cast.owner, 200)):
            answer = await person_.put(f"{API}/order-fields/{name}", json=body)
            assert answer.status_code == status, answer.text
    await reread(rt, workspace_id=workspace.id)
    async with rt.db.begin() as tx:
        new = event(now, "Order Completed", 1, profile_id=person, order_id="new", **LICENCE)
        await apply_order_events(tx, workspace_id=workspace.id, rows=[new], now=now)
        letters = await letter_orders(tx, workspace_id=workspace.id, profile_ids=[person, 5])
    for order in letters[person]:
        assert order["fields"] == {"manager": "Анна", "gift": True, "weight": 1250.5}
        assert order["lines"][0]["fields"] == {"licence_end": "2027-01-31"}
    assert [order["order_id"] for order in letters[person]] == ["new", "old"]
    choices = {
        one["field"]: one for one in (await cast.owner.get(f"{API}/order-fields/choices")).json()
    }
    assert choices["licence_end"] == {
        "field": "licence_end",
        "level": "line",
        "type": "date",
        "title": "Licence_End",
        "samples": ["2027-01-31"],
    }
    assert [choices[name]["samples"] for name in ("manager", "gift", "weight")] == [
        ["Анна"],
        [True],
        [1250.5],
    ]
    assert (await cast.stranger.get(f"{API}/order-fields/choices")).json() == []
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT fields_text['manager'], fields_num['weight'], fields_num['gift'],"
        " line_fields_num[1]['licence_end'], mapContains(fields_num, 'none')"
        " FROM orders FINAL WHERE workspace_id = {ws:UInt32}",
        {"ws": workspace.id},
    )
    assert [tuple(row) for row in rows] == [("Анна", 1250.5, 1.0, 1801353600.0, 0)] * 2
    assert (await cast.stranger.get(f"{API}/order-fields")).json() == []
    assert (await cast.stranger.delete(f"{API}/order-fields/gift")).status_code == 404
    assert (await cast.owner.delete(f"{API}/order-fields/gift")).status_code == 204
    await reread(rt, workspace_id=workspace.id)
    async with rt.db.begin() as tx:
        order_now = await get_order(tx, workspace_id=workspace.id, order_id="old")
    assert order_now.fields == {"manager": "Анна", "weight": 1250.5}
    bad = {"level": "order", "type": "text", "title": "X", "source": "x"}
    assert (await cast.owner.put(f"{API}/order-fields/Bad name", json=bad)).status_code == 422


async def test_an_unknown_status_waits_until_somebody_says_what_it_means(
    rt: Runtime, workspace: Workspace, cast: Cast, now: datetime
) -> None:
    ws = {"workspace_id": workspace.id, "now": now}
    async with rt.db.begin() as tx:
        rows = [
            event(now, "Order Completed", 0, total=5),
            event(now, "Order Updated", 5, status="  Передан в  СДЭК "),
            event(now, "Order Updated", 9, status="Оплачен", order_id="2", total=1),
        ]
        await apply_order_events(tx, rows=rows, **ws)
        await apply_order_events(tx, rows=rows, **ws)
        assert (await get_order(tx, workspace_id=workspace.id, order_id="1")).status == "placed"
        assert (await get_order(tx, workspace_id=workspace.id, order_id="2")).status == "paid"
    (unknown, *_) = (await cast.owner.get(f"{API}/order-statuses")).json()
    assert unknown["word"] == "передан в сдэк"
    assert (unknown["status"], unknown["usual"], unknown["orders"]) == (None, None, 1)
    params = {"word": "Передан в СДЭК"}
    body = {"status": "paid"}
    refused = await cast.colleague.put(f"{API}/order-statuses", params=params, json=body)
    assert refused.status_code == 403
    answer = await cast.owner.put(f"{API}/order-statuses", params=params, json=body)
    assert answer.status_code == 200, answer.text
    await reread(rt, workspace_id=workspace.id)
    async with rt.db.begin() as tx:
        assert (await get_order(tx, workspace_id=workspace.id, order_id="1")).status == "paid"
        # A later event with the word is understood at once, and a usual word may be given another
        # meaning.
        await cast.owner.put(
            f"{API}/order-statuses", params={"word": "оплачен"}, json={"status": "cancelled"}
        )
        late = [
            event(now, "Order Completed", 1, total=5, order_id="3", status="передан в сдэк"),
            event(now, "Order Updated", 20, order_id="1", status="оплачен"),
        ]
        await apply_order_events(tx, rows=late, **ws)
        assert (await get_order(tx, workspace_id=workspace.id, order_id="3")).status == "paid"
        order = await get_order(tx, workspace_id=workspace.id, order_id="1")
        assert order.status == "cancelled"
    words = (await cast.stranger.get(f"{API}/order-statuses")).json()
    assert all(word["status"] is None for word in words)


async def test_an_offline_order_says_where_it_was_made(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    made = event(now, "Order Completed", total=5, source="offline", store="Тверская, 1", number=17)
    async with rt.db.begin() as tx:
        await apply_order_events(tx, workspace_id=workspace.id, rows=[made], now=now)
        order = await get_order(tx, workspace_id=workspace.id, order_id="1")
    assert (order.source, order.shop, order.number) == ("offline", "Тверская, 1", "17")
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT source, shop, number FROM orders WHERE workspace_id = {ws:UInt32}",
        {"ws": workspace.id},
    )
    assert [tuple(row) for row in rows] == [("offline", "Тверская, 1", "17")]
