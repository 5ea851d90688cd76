"""The packed data set is the published one: counts and total as its authors give them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from otklik.entrypoints.demo.people import person_of
from otklik.entrypoints.demo.shop import LINES, Shop, load_shop, order_event


@cache
def shop() -> Shop:
    return load_shop(yesterday=date(2026, 6, 14))


def test_it_has_the_published_counts_and_total() -> None:
    lines = [line for order in shop().orders for line in order.lines]
    assert len(lines) == LINES == 541_909
    assert len(shop().orders) == 25_900
    assert len({line.product for line in lines}) == 4_070
    assert len({line.customer for line in lines} - {None}) == 4_372
    assert len({line.country for line in lines}) == 38
    assert sum(line.customer is None for line in lines) == 135_080
    assert sum(line.invoice.startswith("C") for line in lines) == 9_288
    assert sum(line.quantity < 0 for line in lines) == 10_624
    assert sum(line.price < 0 for line in lines) == 2
    assert sum(line.price == 0 for line in lines) == 2_515
    assert sum(line.name == "" for line in lines) == 1_454
    total = sum((line.quantity * line.price for line in lines), Decimal(0))
    assert total.quantize(Decimal("0.01")) == Decimal("9747747.93")


def test_the_last_day_is_yesterday_and_the_split_is_complete() -> None:
    assert shop().orders[-1].at.date() == date(2026, 6, 14)
    assert shop().start == datetime(2026, 5, 16, tzinfo=UTC)
    assert len(shop().before) + len(shop().after) == 25_900
    assert all(order.at < shop().start for order in shop().before)


def test_people_are_invented_and_always_the_same() -> None:
    assert person_of(17850) == person_of(17850)
    assert {person_of(n).email for n in range(100)} == {
        f"customer{n}@example.com" for n in range(100)
    }
    assert {person_of(n).language for n in range(100)} == {"en", "ru"}


def test_an_order_event_carries_the_order_and_its_own_moment() -> None:
    order = next(o for o in shop().orders if o.customer and not o.is_return and len(o.lines) > 1)
    event = order_event(order)
    assert event["timestamp"] == order.at.isoformat().replace("+00:00", "Z")
    properties = event["properties"]
    assert isinstance(properties, dict)
    assert Decimal(str(properties["total"])) == order.total
    assert len(properties["products"]) == len(order.lines)
    long = max(shop().after, key=lambda o: len(o.lines))
    cut = order_event(long)["properties"]
    assert isinstance(cut, dict)
    assert cut["products_left_out"] == len(long.lines) - len(cut["products"]) > 0
    assert len(json.dumps(order_event(long))) < 32 * 1024
    back = next(o for o in shop().orders if o.customer and o.is_return)
    assert order_event(back)["event"] == "Order Refunded"
