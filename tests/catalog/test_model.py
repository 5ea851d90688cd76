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
    order_event,
)
from otklik.catalog.register import fold, owner_of, standing
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


CUP = {"product_id": "p1", "quantity": 1}
ALL_BACK = [{"product_id": "p1", "quantity": 4}, {"sku": "p2"}]


@pytest.mark.parametrize(
    ("refunds", "status", "total", "left"),
    [
        # Neither products nor an amount: the whole order.
        ([{}], "returned", "20.00", {"p1": 4, "p2": 1}),
        ([{"products": []}], "returned", "20.00", {"p1": 4, "p2": 1}),
        ([{"total": 1}], "paid", "19.00", {"p1": 4, "p2": 1}),
        ([{"revenue": -1}], "paid", "19.00", {"p1": 4, "p2": 1}),
        ([{"total": 0}], "paid", "20.00", {"p1": 4, "p2": 1}),
        # A product without a price has the price of the order.
        ([{"products": [CUP]}], "paid", "17.50", {"p1": 3, "p2": 1}),
        ([{"products": [{**CUP, "price": 2}]}], "paid", "18.00", {"p1": 3, "p2": 1}),
        ([{"products": [CUP], "total": 1}], "paid", "19.00", {"p1": 3, "p2": 1}),
        ([{"products": [{**CUP, "quantity": -4}]}], "paid", "10.00", {"p2": 1}),
        ([{"products": [{"sku": "p2"}]}], "paid", "10.00", {"p1": 4}),
        # What was never bought can't come back, but money can.
        ([{"products": [{"sku": "p9", "price": 3}]}], "paid", "17.00", {"p1": 4, "p2": 1}),
        (
            [{"products": [CUP]}, {"products": [CUP], "value": 2}],
            "paid",
            "15.50",
            {"p1": 2, "p2": 1},
        ),
        # Everything came back, at once or bit by bit.
        ([{"total": 20}], "returned", "20.00", {"p1": 4, "p2": 1}),
        ([{"total": 500}], "returned", "20.00", {"p1": 4, "p2": 1}),
        ([{"total": 12}, {"total": 8}], "returned", "20.00", {"p1": 4, "p2": 1}),
        ([{"products": ALL_BACK}], "returned", "20.00", {"p1": 4, "p2": 1}),
        ([{"products": ALL_BACK, "total": 18}], "returned", "20.00", {"p1": 4, "p2": 1}),
    ],
)
def test_a_refund_takes_away_what_it_names(
    purchase: OrderEvent,
    refunds: list[dict[str, Any]],
    status: str,
    total: str,
    left: dict[str, int],
) -> None:
    paid = event(NOW, "Order Paid", 1)
    given = [event(NOW, "Order Refunded", 5 + i, **one) for i, one in enumerate(refunds)]
    made = standing(fold(None, [*reversed(given), paid, purchase, *given]))
    assert (made.status.value, made.total) == (status, Decimal(total))
    assert {line.product_id: line.quantity for line in made.lines} == left


def test_the_shares_that_went_back_have_their_moments(purchase: OrderEvent) -> None:
    ms = round(NOW.timestamp() * 1000)
    some, more = (event(NOW, "Order Refunded", at, total=5) for at in (1, 2))
    made = standing(fold(None, [purchase, more, some]))
    assert made.given_back == ((ms + 1000, 0.25), (ms + 2000, 0.25))
    whole = event(NOW, "Order Refunded", 3)
    made = standing(fold(None, [purchase, whole, some]))
    assert made.given_back == ((ms + 1000, 0.25), (ms + 3000, 0.75))
    cancelled = event(NOW, "Order Cancelled", 4)
    assert standing(fold(None, [purchase, cancelled])).given_back == ((ms + 4000, 1.0),)
    assert standing(fold(None, [purchase])).given_back == ()


def test_a_refund_of_an_unknown_order_is_a_returned_order() -> None:
    """Shops that number their returns apart tell them so."""
    alone = event(NOW, "Order Refunded", total=20, products=PRODUCTS)
    made = standing(fold(None, [alone]))
    assert (made.status, made.total, len(made.lines)) == (OrderStatus.RETURNED, Decimal(20), 2)
    # The purchase comes later after all: then it was a part of it.
    late = event(NOW, "Order Completed", -60, total=30, products=PRODUCTS)
    made = standing(fold(fold(None, [alone]), [late]))
    assert made.total == Decimal(30)
    assert made.status is OrderStatus.RETURNED
    late = event(NOW, "Order Completed", -60, total=30)
    made = standing(fold(fold(None, [alone]), [late]))
    assert (made.status, made.total) == (OrderStatus.PLACED, Decimal(10))


def test_what_a_payment_tells_counts_before_what_a_refund_tells() -> None:
    refund = event(NOW, "Order Refunded", 9, total=30)
    paid = event(NOW, "Order Paid", 5, total=100)
    made = standing(fold(None, [refund, paid]))
    assert (made.status, made.total) == (OrderStatus.PAID, Decimal(70))


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
    products=st.sampled_from([None, [CUP], PRODUCTS]),
)


@given(events=st.lists(EVENTS, min_size=1, max_size=8), order=st.randoms(), cut=st.integers(0, 8))
def test_neither_order_nor_repeats_nor_cutting_matter(
    events: list[OrderEvent], order: Any, cut: int
) -> None:
    shuffled = [*events, *events[:2]]
    order.shuffle(shuffled)
    first = fold(None, shuffled[:cut]) if shuffled[:cut] else None
    made = fold(first, shuffled[cut:] or events[:1])
    assert made == fold(None, events)
    stands = standing(made)
    assert sum(one.share for one in stands.given_back) <= 1 + 1e-9
    assert Decimal(0) <= stands.total <= max(made.total, Decimal(0))
