"""Orders: what an order event says, and how events add up to an order. Pure.

The names of events and fields are those of the Segment e-commerce specification
(https://segment.com/docs/connections/spec/ecommerce/v2/). "Order Paid" is ours.

An order is made of registers: status, content and refund each keep the event that is last by
(time, rank, content). So neither repeats nor the order of arrival change the outcome.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import msgspec

from otklik.kit.i18n import Text

LINES_MAX = 2_000
TEXT_MAX = 300
ORDER_ID_MAX = 200
AMOUNT_MAX = Decimal("9999999999999")
CENT = Decimal("0.01")


class OrderStatus(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    CANCELLED = "cancelled"
    RETURNED = "returned"


# A later step wins over an earlier one of the same moment.
_STATUS_OF: dict[str, tuple[OrderStatus, int]] = {
    "Order Completed": (OrderStatus.PLACED, 1),
    "Order Paid": (OrderStatus.PAID, 2),
    "Order Cancelled": (OrderStatus.CANCELLED, 4),
    "Order Refunded": (OrderStatus.RETURNED, 5),
}
_UPDATED = "Order Updated"
_UPDATE_RANK = 3
ORDER_EVENTS = frozenset({*_STATUS_OF, _UPDATED})


class OrderLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One product of an order. `price` is of one piece, in the order's currency."""

    product_id: str
    name: str = ""
    category: str = ""
    quantity: float = 1.0
    price: Decimal = Decimal(0)


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What one event says of one order. None: it says nothing of that."""

    order_id: str
    profile_id: int
    time: datetime
    rank: int
    status: OrderStatus | None
    total: Decimal | None
    currency: str
    lines: tuple[OrderLine, ...] | None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An order event that cannot be understood, and why."""

    code: str
    text: Text


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order in its current state. `refunded`: what was given back, at most once per order."""

    order_id: str
    profile_id: int
    status: OrderStatus
    placed_at: datetime
    total: Decimal
    currency: str
    refunded: Decimal
    lines: list[OrderLine]
    updated_at: datetime


class OrderTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of a person that count: placed and paid ones, what was refunded taken off."""

    count: int
    total: Decimal
    last_at: datetime | None
    currency: str | None


Stamp = tuple[datetime, int, str]
"""What decides which event is last: its time, its rank, a digest of what it says."""


class Registers(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an order as it is stored: each part with the stamp of the event it came from."""

    order_id: str
    profile_id: int
    placed_at: datetime
    placed_by_completion: bool
    updated_at: datetime
    status: OrderStatus | None = None
    status_stamp: Stamp | None = None
    total: Decimal | None = None
    currency: str = ""
    lines: tuple[OrderLine, ...] = ()
    content_stamp: Stamp | None = None
    refunded: Decimal | None = None
    refund_stamp: Stamp | None = None
    owner_stamp: Stamp | None = None


def order_event(
    *, profile_id: int, name: str, time: datetime, properties: dict[str, Any]
) -> OrderEvent | Refusal | None:
    """Read an order event. None: it is no order event.

    `revenue` is what the shop earned, `total` what was paid; `total` is taken where both are there.
    """
    if name not in ORDER_EVENTS:
        return None
    order_id = _text(properties.get("order_id"), ORDER_ID_MAX)
    if not order_id:
        return Refusal(
            code="no_order_id",
            text=Text(en="it has no order_id", ru="в нём нет order_id"),
        )
    total = None
    for field in ("total", "revenue", "value"):
        if properties.get(field) is not None:
            total = _amount(properties[field])
            if total is None:
                return Refusal(
                    code="bad_amount",
                    text=Text(en=f"{field} is not an amount", ru=f"{field} — не сумма"),
                )
            break
    lines = _lines(properties.get("products"))
    if total is None and lines:
        total = sum((line.price * Decimal(str(line.quantity)) for line in lines), Decimal(0))
        total = total.quantize(CENT)
    status, rank = _STATUS_OF.get(name, (_named_status(properties), _UPDATE_RANK))
    return OrderEvent(
        order_id=order_id,
        profile_id=profile_id,
        time=time,
        rank=rank,
        status=status,
        total=total,
        currency=_text(properties.get("currency"), 3).upper(),
        lines=lines,
    )


def fold(known: Registers | None, event: OrderEvent) -> Registers:
    """Return the order with one more event; the same for any order of events and any repeats."""
    digest = hashlib.sha256(msgspec.json.encode(event)).hexdigest()[:16]
    stamp = (event.time, event.rank, digest)
    state = known or Registers(
        order_id=event.order_id,
        profile_id=event.profile_id,
        placed_at=event.time,
        placed_by_completion=False,
        updated_at=event.time,
    )
    changes: dict[str, Any] = {"updated_at": max(state.updated_at, event.time)}
    completes = event.rank == 1
    if completes and not state.placed_by_completion:
        changes |= {"placed_at": event.time, "placed_by_completion": True}
    elif completes == state.placed_by_completion:
        changes["placed_at"] = min(state.placed_at, event.time)
    if _later(stamp, state.owner_stamp):
        changes |= {"profile_id": event.profile_id, "owner_stamp": stamp}
    if event.rank == 5:
        if _later(stamp, state.refund_stamp):
            changes |= {"refunded": event.total, "refund_stamp": stamp}
            if state.content_stamp is None:
                changes |= {"lines": event.lines or (), "currency": event.currency}
        return msgspec.structs.replace(state, **changes)
    if event.status is not None and _later(stamp, state.status_stamp):
        changes |= {"status": event.status, "status_stamp": stamp}
    if (event.total is not None or event.lines is not None) and _later(stamp, state.content_stamp):
        changes |= {
            "total": event.total,
            "lines": event.lines or (),
            "currency": event.currency,
            "content_stamp": stamp,
        }
    return msgspec.structs.replace(state, **changes)


def as_order(state: Registers) -> Order:
    """Return the order as people see it.

    A refund of the whole amount, of no stated amount, or of an order that we know nothing else of
    makes it returned; a smaller one leaves its status and is taken off the totals.
    """
    status = state.status or OrderStatus.PLACED
    total = state.total if state.total is not None else Decimal(0)
    refunded = Decimal(0)
    if state.refund_stamp is not None:
        refunded = state.refunded if state.refunded is not None else total
        if state.content_stamp is None:
            total = refunded
        if refunded >= total:
            status = OrderStatus.RETURNED
    return Order(
        order_id=state.order_id,
        profile_id=state.profile_id,
        status=status,
        placed_at=state.placed_at,
        total=total,
        currency=state.currency,
        refunded=refunded,
        lines=list(state.lines),
        updated_at=state.updated_at,
    )


def _later(stamp: Stamp, known: Stamp | None) -> bool:
    return known is None or stamp > known


def _named_status(properties: dict[str, Any]) -> OrderStatus | None:
    try:
        return OrderStatus(str(properties.get("status", "")).lower())
    except ValueError:
        return None


def _lines(value: Any) -> tuple[OrderLine, ...] | None:
    if not isinstance(value, list):
        return None
    found = []
    for item in value[:LINES_MAX]:
        if not isinstance(item, dict):
            continue
        product_id = _text(item.get("product_id") or item.get("sku"), TEXT_MAX)
        name = _text(item.get("name"), TEXT_MAX)
        if not product_id and not name:
            continue
        quantity = item.get("quantity", 1)
        found.append(
            OrderLine(
                product_id=product_id,
                name=name,
                category=_text(item.get("category"), TEXT_MAX),
                quantity=float(quantity)
                if isinstance(quantity, int | float) and abs(quantity) < 1e12
                else 1.0,
                price=_amount(item.get("price")) or Decimal(0),
            )
        )
    return tuple(found)


def _text(value: Any, longest: int) -> str:
    """Return an identifier or a name as text; numbers are common where texts are meant."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, str | int):
        return str(value).replace("\0", "").strip()[:longest]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return ""


def _amount(value: Any) -> Decimal | None:
    """Return an amount in whole cents, from a number or a text like "12.30"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip()).quantize(CENT)
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and abs(amount) <= AMOUNT_MAX else None
