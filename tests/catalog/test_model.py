"""What events say about orders, without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.catalog.model import (
    REFUSAL_TEXTS,
    OrderEvent,
    OrderStatus,
    Refusal,
    fold,
    order_event,
    owner_of,
    status_of,
)
from tests.catalog.conftest import PRODUCTS, event

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def purchase() -> OrderEvent:
    return event(NOW, "Order Completed", products=PRODUCTS, currency="gbp", total=20)


def test_lines_have_ids_names_prices_and_quantities(purchase: OrderEvent) -> None:
    assert (purchase.total, purchase.currency) == (Decimal("20.00"), "GBP")
    assert purchase.lines is not None
    cup, lamp = purchase.lines
    assert (cup.product_id, cup.name, cup.quantity, cup.price, cup.category) == (
        "p1",
        "Cup",
        4.0,
        2.5,
        "Kitchen",
    )
    assert (lamp.product_id, lamp.price, lamp.category) == ("p2", 10.0, None)


@pytest.mark.parametrize(
    ("properties", "total"),
    [
        ({"total": 10, "revenue": 9}, "10.00"),
        ({"revenue": "9.999"}, "10.00"),
        ({"value": 3}, "3.00"),
        ({"products": PRODUCTS}, "20.00"),
        ({"total": -5}, "-5.00"),
        ({}, None),
    ],
)
def test_the_total_is_found_where_it_is_said(properties: dict[str, Any], total: str | None) -> None:
    made = event(NOW, "Order Completed", **properties)
    assert made.total == (None if total is None else Decimal(total))


@pytest.mark.parametrize(
    ("properties", "refusal"),
    [
        ({}, Refusal.NO_ORDER_ID),
        ({"order_id": "  "}, Refusal.NO_ORDER_ID),
        ({"order_id": ["1"]}, Refusal.BAD_ORDER_ID),
        ({"order_id": True}, Refusal.BAD_ORDER_ID),
        ({"order_id": "x" * 201}, Refusal.BAD_ORDER_ID),
        ({"order_id": "a\0b"}, Refusal.BAD_ORDER_ID),
        ({"order_id": "1", "total": "much"}, Refusal.BAD_AMOUNT),
        ({"order_id": "1", "total": 1e30}, Refusal.BAD_AMOUNT),
        ({"order_id": "1", "total": float("nan")}, Refusal.BAD_AMOUNT),
        ({"order_id": "1", "currency": "rubles"}, Refusal.BAD_CURRENCY),
        ({"order_id": "1", "products": "cup"}, Refusal.BAD_PRODUCTS),
        ({"order_id": "1", "products": [1]}, Refusal.BAD_PRODUCTS),
        ({"order_id": "1", "products": [{"price": "cheap"}]}, Refusal.BAD_PRODUCTS),
        ({"order_id": "1", "products": [{}] * 1001}, Refusal.BAD_PRODUCTS),
    ],
)
def test_what_cannot_be_understood_is_refused(properties: dict[str, Any], refusal: Refusal) -> None:
    made = order_event(profile_id=1, name="Order Completed", time=NOW, properties=properties)
    assert made is refusal
    assert refusal.text is REFUSAL_TEXTS[refusal]


def test_other_events_are_no_orders() -> None:
    assert order_event(profile_id=1, name="Cart Viewed", time=NOW, properties={}) is None


def test_a_number_without_a_fraction_is_the_same_id_as_its_text() -> None:
    made = [
        order_event(profile_id=1, name="Order Paid", time=NOW, properties={"order_id": raw})
        for raw in ("17850", 17850, 17850.0)
    ]
    assert {one.order_id for one in made if isinstance(one, OrderEvent)} == {"17850"}


def test_a_partial_refund_does_not_change_the_total(purchase: OrderEvent) -> None:
    refund = event(NOW, "Order Refunded", 5, total=1)
    made = fold(None, [refund, purchase])
    assert (status_of(made.stated), made.total) == (OrderStatus.RETURNED, Decimal("20.00"))


def test_the_buyer_is_the_one_of_the_purchase(purchase: OrderEvent) -> None:
    earlier = event(NOW, "Order Paid", -60, profile_id=9)
    made = fold(None, [earlier, purchase])
    assert owner_of(made.owner) == (1, round(NOW.timestamp() * 1000))


EVENTS = st.builds(
    event,
    st.just(NOW),
    st.sampled_from(
        ["Order Completed", "Order Updated", "Order Paid", "Order Cancelled", "Order Refunded"]
    ),
    st.integers(0, 3),
    profile_id=st.integers(1, 3),
    total=st.one_of(st.none(), st.integers(1, 3)),
    status=st.sampled_from(["", "paid", "returned"]),
    currency=st.sampled_from([None, "RUB", "GBP"]),
)


@given(events=st.lists(EVENTS, min_size=1, max_size=8), order=st.randoms(), cut=st.integers(0, 8))
def test_neither_order_nor_repeats_nor_cutting_matter(
    events: list[OrderEvent], order: Any, cut: int
) -> None:
    shuffled = [*events, *events[:2]]
    order.shuffle(shuffled)
    first = fold(None, shuffled[:cut]) if shuffled[:cut] else None
    assert fold(first, shuffled[cut:] or events[:1]) == fold(None, events)
