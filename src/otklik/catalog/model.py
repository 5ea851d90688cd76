"""What an event says about an order; `register` puts the sayings together.

The fields are those of the Segment e-commerce specification (v2): order_id, total or revenue,
currency, products[{product_id, sku, name, price, quantity, category}].
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from otklik.catalog.fields import Scalar, told
from otklik.kit.i18n import Text

ORDER_ID_MAX: Final = 200
TEXT_MAX: Final = 500
LINES_MAX: Final = 1_000
AMOUNT_MAX: Final = Decimal("1e14")
_AMOUNTS: Final = ("total", "revenue", "value")
_CENT = Decimal("0.01")


class OrderStatus(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class _Kind(NamedTuple):
    """`rank` decides between events of one moment: the later step of an order's life wins."""

    status: OrderStatus | None
    rank: int
    has_content: bool


_KINDS: Final[dict[str, _Kind]] = {
    "Order Completed": _Kind(OrderStatus.PLACED, 0, has_content=True),
    "Order Updated": _Kind(None, 1, has_content=True),
    "Order Paid": _Kind(OrderStatus.PAID, 2, has_content=False),
    "Order Cancelled": _Kind(OrderStatus.CANCELLED, 3, has_content=False),
    "Order Refunded": _Kind(OrderStatus.RETURNED, 4, has_content=False),
}
ORDER_EVENTS: Final = frozenset(_KINDS)
"""Names of the events that orders are made of."""
REFUND: Final = "Order Refunded"
SALES: Final = frozenset({"Order Completed", "Order Updated", "Order Paid"})
"""Those that tell of money that comes in."""

STATUS_WORDS: Final[dict[str, OrderStatus]] = {
    **dict.fromkeys(
        ("placed", "completed", "new", "pending", "новый", "новая", "принят",
         "оформлен"),
        OrderStatus.PLACED,
    ),
    **dict.fromkeys(
        ("paid", "delivered", "fulfilled", "оплачен", "оплачено", "выполнен", "выполнено",
         "доставлен", "завершен", "завершён"),
        OrderStatus.PAID,
    ),
    **dict.fromkeys(
        ("cancelled", "canceled", "отменен", "отменён", "отменено", "отмена", "аннулирован"),
        OrderStatus.CANCELLED,
    ),
    **dict.fromkeys(
        ("returned", "refunded", "возврат", "возвращен", "возвращён", "возвращено"),
        OrderStatus.RETURNED,
    ),
}  # fmt: skip
"""What the usual words of shops mean, where the workspace says nothing else."""
WORD_LENGTH: Final = 100
_KNOWN: Final = frozenset(
    {"order_id", "orderId", "total", "revenue", "value", "currency", "products", "status"}
)
_KNOWN_OF_LINE: Final = frozenset(
    {"product_id", "productId", "sku", "id", "name", "price", "quantity", "category"}
)


class Refusal(StrEnum):
    """Why an order event says nothing about an order."""

    NO_ORDER_ID = "no_order_id"
    BAD_ORDER_ID = "bad_order_id"
    BAD_AMOUNT = "bad_amount"
    BAD_CURRENCY = "bad_currency"
    BAD_PRODUCTS = "bad_products"

    @property
    def code(self) -> str:
        return self.value

    @property
    def text(self) -> Text:
        return REFUSAL_TEXTS[self]


REFUSAL_TEXTS: Final[dict[Refusal, Text]] = {
    Refusal.NO_ORDER_ID: Text(en="The event has no order_id.", ru="В событии нет order_id."),
    Refusal.BAD_ORDER_ID: Text(
        en="order_id is a text or a whole number of at most 200 characters.",
        ru="order_id — текст или целое число, не длиннее 200 символов.",
    ),
    Refusal.BAD_AMOUNT: Text(
        en="The total of the order is not a number.", ru="Сумма заказа — не число."
    ),
    Refusal.BAD_CURRENCY: Text(
        en="The currency is a code of three letters, such as RUB.",
        ru="Валюта — код из трёх букв, например RUB.",
    ),
    Refusal.BAD_PRODUCTS: Text(
        en="products is a list of at most 1,000 objects with names, prices and quantities.",
        ru="products — список не больше чем из 1000 объектов с названием, ценой и количеством.",
    ),
}


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One product in an order. `price`: of one piece, in the order's currency.

    `extra`: what else was told of it, see `fields`.
    """

    product_id: str
    name: str
    quantity: float
    price: float
    category: str | None = None
    extra: dict[str, Scalar] = {}


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is shown. `vendor`: see `vendors`. `fields`: those of the workspace."""

    product_id: str
    name: str
    quantity: float
    price: float
    category: str | None = None
    vendor: str | None = None
    fields: dict[str, Scalar] = {}


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an order that was given back at `at` (epoch ms).

    `amount`: in the order's currency, positive; None: that of the lines. `lines`: what came back;
    a price of 0 stands for the price of the order.
    """

    at: int
    amount: Decimal | None = None
    lines: tuple[OrderLine, ...] = ()


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What one event says about one order.

    None means that the event does not speak of it. `rank`: see `_Kind`. `weak`: its content is
    that of a payment or refund, which may be partial; it counts only where nothing else is known.
    `refund`: what is given back when the event names products or an amount; a refund that names
    neither is of the whole order and has the status `returned` instead. `word`: the status as it
    was written; what it means is the workspace's to say. `extra`: what else was told.
    """

    profile_id: int
    order_id: str
    time: datetime
    rank: int
    status: OrderStatus | None = None
    total: Decimal | None = None
    currency: str | None = None
    lines: tuple[OrderLine, ...] | None = None
    weak: bool = False
    refund: Refund | None = None
    word: str | None = None
    extra: dict[str, Scalar] = {}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands now.

    `total` and `lines` are without what was given back, `refunded` is how much that was. A returned
    order keeps its `total` and `lines`: they say what came back. `number`: the one that the buyer
    knows it by; `source` and `shop`: where it was made. `fields`: see `fields.OrderField`.
    """

    order_id: str
    profile_id: int
    status: OrderStatus
    placed_at: datetime
    total: float
    refunded: float
    currency: str
    number: str | None
    source: str | None
    shop: str | None
    fields: dict[str, Scalar]
    lines: list[SoldLine]


class OrderStatusWord(msgspec.Struct, frozen=True, kw_only=True):
    """A status as shops write it. `status`: what the workspace says it means; `usual`: what it
    means where the workspace says nothing; both null: orders wait for an explanation. `orders`: how
    many came with it unexplained, `example` is one of them."""

    word: str
    status: OrderStatus | None
    usual: OrderStatus | None
    orders: int
    example: str | None
    last_seen: datetime | None


class OrderTotals(msgspec.Struct, frozen=True, kw_only=True):
    """A person's orders that were neither cancelled nor returned.

    `total` is in `currency`, the one of most of them; `count` counts all currencies.
    """

    count: int
    total: float
    last_at: datetime | None
    currency: str


def order_event(
    *, profile_id: int, name: str, time: datetime, properties: dict[str, Any]
) -> OrderEvent | Refusal | None:
    """Return what an event says about an order.

    None: not an order event. Refusal: it is one, but cannot be understood.
    """
    kind = _KINDS.get(name)
    if kind is None:
        return None
    order_id = _order_id(properties)
    if isinstance(order_id, Refusal):
        return order_id
    status, word = kind.status, None
    if kind.has_content:
        word = status_word(properties.get("status"))
        status = STATUS_WORDS.get(word, status) if word else status
    lines = _lines(properties.get("products"))
    if isinstance(lines, Refusal):
        return lines
    currency = properties.get("currency")
    if currency is not None and not _is_currency(currency):
        return Refusal.BAD_CURRENCY
    total = _total(properties, lines)
    if isinstance(total, Refusal):
        return total
    refund = _refund(time, properties, lines) if name == REFUND else None
    return OrderEvent(
        weak=not kind.has_content,
        refund=refund,
        profile_id=profile_id,
        order_id=order_id,
        time=time,
        rank=kind.rank,
        status=status if refund is None else None,
        total=total,
        currency=currency.strip().upper() if isinstance(currency, str) else None,
        lines=lines,
        word=word,
        extra=told(properties, _KNOWN),
    )


def status_word(written: object) -> str | None:
    """Return a foreign status as it is looked up: in lower case, with single spaces."""
    if not isinstance(written, str):
        return None
    return " ".join(written.replace("\0", "").lower().split())[:WORD_LENGTH] or None


def _order_id(properties: dict[str, Any]) -> str | Refusal:
    raw = properties.get("order_id", properties.get("orderId"))
    if raw is None or raw == "":
        return Refusal.NO_ORDER_ID
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return Refusal.BAD_ORDER_ID
    text = str(raw).strip()
    if not text:
        return Refusal.NO_ORDER_ID
    return text if len(text) <= ORDER_ID_MAX and text.isprintable() else Refusal.BAD_ORDER_ID


def _is_currency(value: object) -> bool:
    return isinstance(value, str) and len(value.strip()) == 3 and value.strip().isalpha()


def amount(value: object) -> Decimal | None:
    """Return a number or a text with a number as an amount in whole cents; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
        if not number.is_finite() or abs(number) > AMOUNT_MAX:
            return None
        return number.quantize(_CENT, rounding=ROUND_HALF_EVEN)
    except InvalidOperation:
        return None


def _total(
    properties: dict[str, Any], lines: tuple[OrderLine, ...] | None
) -> Decimal | Refusal | None:
    for name in _AMOUNTS:
        if properties.get(name) is not None:
            found = amount(properties[name])
            return Refusal.BAD_AMOUNT if found is None else found
    if lines is None:
        return None
    total = sum((Decimal(str(li.price)) * Decimal(str(li.quantity)) for li in lines), Decimal(0))
    return total.quantize(_CENT) if abs(total) <= AMOUNT_MAX else Refusal.BAD_AMOUNT


def _refund(
    time: datetime, properties: dict[str, Any], lines: tuple[OrderLine, ...] | None
) -> Refund | None:
    """Return what a refund names; None: nothing, so it is of the whole order."""
    named = next((v for n in _AMOUNTS if (v := properties.get(n)) is not None), None)
    given = None if named is None else amount(named)
    if given is None and not lines:
        return None
    # Some shops tell what they gave back as negative amounts and quantities.
    return Refund(
        at=epoch_ms(time),
        amount=None if given is None else abs(given),
        lines=tuple(
            msgspec.structs.replace(line, quantity=abs(line.quantity), price=abs(line.price))
            for line in lines or ()
        ),
    )


def epoch_ms(time: datetime) -> int:
    """Return a moment as a number of at most 14 digits, so that as text it sorts by time."""
    return min(max(round(time.timestamp() * 1000), 0), 99_999_999_999_999)


def _lines(raw: object) -> tuple[OrderLine, ...] | Refusal | None:
    if raw is None:
        return None
    if not isinstance(raw, list) or len(raw) > LINES_MAX:
        return Refusal.BAD_PRODUCTS
    lines = []
    for item in raw:
        if not isinstance(item, dict):
            return Refusal.BAD_PRODUCTS
        price = _number(item.get("price", 0))
        quantity = _number(item.get("quantity", 1))
        if price is None or quantity is None:
            return Refusal.BAD_PRODUCTS
        category = _text(item.get("category"))
        lines.append(
            OrderLine(
                product_id=next(
                    (
                        text
                        for field in ("product_id", "productId", "sku", "id")
                        if (text := _text(item.get(field)))
                    ),
                    "",
                ),
                name=_text(item.get("name")),
                quantity=quantity,
                price=price,
                category=category or None,
                extra=told(item, _KNOWN_OF_LINE),
            )
        )
    return tuple(lines)


def _number(value: object) -> float | None:
    if value is None:
        return 0.0
    found = None if isinstance(value, bool) else amount(value)
    return None if found is None else float(Decimal(str(value).strip()))


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode().strip()[:TEXT_MAX]
