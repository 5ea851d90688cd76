"""The raw orders cut into files and batches, and counted directly for comparison."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from otklik.entrypoints.demo.shop import Order

BATCH_BYTES = 400_000


def write_file(file: Path, rows: Iterable[bytes]) -> None:
    with file.open("wb") as out:
        out.writelines(rows)


def by_day(orders: list[Order]) -> list[tuple[datetime, list[Order]]]:
    days: dict[datetime, list[Order]] = {}
    for order in orders:
        day = order.at.replace(hour=0, minute=0, second=0, microsecond=0)
        days.setdefault(day, []).append(order)
    return sorted(days.items())


def batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Cut a day's events into batches below the limit of the event API."""
    found: list[list[dict[str, Any]]] = [[]]
    size = 0
    for event in events:
        length = len(msgspec.json.encode(event))
        if found[-1] and size + length > BATCH_BYTES:
            found.append([])
            size = 0
        found[-1].append(event)
        size += length
    return found


def direct_count(
    orders: list[Order], arm_of: dict[int, str]
) -> dict[str, tuple[int, int, Decimal]]:
    """Count (people, orders, revenue) per arm straight from the raw lines."""
    buyers: dict[str, set[int]] = {}
    count: Counter[str] = Counter()
    revenue: dict[str, Decimal] = {}
    for arm in set(arm_of.values()):
        buyers[arm], revenue[arm] = set(), Decimal(0).quantize(Decimal("0.01"))
    for order in orders:
        arm_here = arm_of.get(order.customer) if order.customer is not None else None
        if arm_here is not None and not order.is_return and order.customer is not None:
            buyers[arm_here].add(order.customer)
            count[arm_here] += 1
            revenue[arm_here] += order.total
    return {arm: (len(buyers[arm]), count[arm], revenue[arm]) for arm in buyers}
