"""The orders of the demo: the Online Retail data set, with dates moved to end yesterday.

Source: Daqing Chen, London South Bank University; UCI Machine Learning Repository, CC BY 4.0.
541,909 lines of a British gift shop, December 2010 to December 2011, kept as they are: with
returns, lines without a customer, exact duplicates and free items.

Everything here is counted straight from the raw lines and knows nothing of the product, so that
the product's numbers can be held against it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files

from otklik.entrypoints.demo.people import Person, person_of

LINES = 541_909
REPLAY_DAYS = 30
LAST_DAY = date(2011, 12, 9)
CURRENCY = "GBP"
PRODUCTS_SENT_MAX = 250


@dataclass(slots=True)
class Line:
    invoice: str
    product: str
    name: str
    quantity: int
    at: datetime
    price: Decimal
    customer: int | None
    country: str


@dataclass(slots=True)
class Order:
    """All lines of one invoice number."""

    invoice: str
    at: datetime
    customer: int | None
    country: str
    lines: list[Line] = field(default_factory=list)

    @property
    def is_return(self) -> bool:
        return self.invoice.startswith("C")

    @property
    def total(self) -> Decimal:
        """Sum of quantity × price in pounds, rounded to pennies."""
        return sum((line.quantity * line.price for line in self.lines), Decimal(0)).quantize(
            Decimal("0.01")
        )


@dataclass(slots=True)
class Shop:
    """The data set on the calendar of this run.

    `start`: the first moment of the last 30 days; orders before it are imported, later ones are
    replayed.
    """

    orders: list[Order]
    start: datetime

    @property
    def before(self) -> list[Order]:
        return [order for order in self.orders if order.at < self.start]

    @property
    def after(self) -> list[Order]:
        return [order for order in self.orders if order.at >= self.start]

    def customers(self) -> list[tuple[int, str]]:
        """Return (number, country) of everyone who ordered before `start`."""
        found: dict[int, str] = {}
        for order in self.before:
            if order.customer is not None:
                found.setdefault(order.customer, order.country)
        return sorted(found.items())

    def lapsed(self, *, at_least: int = 3, quiet_days: int = 60) -> set[int]:
        """Return who bought at least three times before `start`, but not in the last 60 days.

        The naive count of the demo's segment: placed orders only, returns don't count.
        """
        bought: dict[int, list[datetime]] = {}
        for order in self.before:
            if order.customer is not None and not order.is_return:
                bought.setdefault(order.customer, []).append(order.at)
        edge = self.start - timedelta(days=quiet_days)
        return {
            customer
            for customer, days in bought.items()
            if len(days) >= at_least and max(days) < edge
        }


def load_shop(*, yesterday: date) -> Shop:
    """Read the packed lines and move them so that the last day of the data is `yesterday`."""
    import pyarrow.parquet as pq

    packed = files("otklik.entrypoints.demo") / "data" / "online_retail.parquet"
    table = pq.read_table(io.BytesIO(packed.read_bytes()))
    shift = yesterday - LAST_DAY
    columns = [
        table[name].to_pylist()
        for name in (
            "InvoiceNo",
            "StockCode",
            "Description",
            "Quantity",
            "InvoiceDate",
            "UnitPrice",
            "CustomerID",
            "Country",
        )
    ]
    orders: dict[str, Order] = {}
    for invoice, product, name, quantity, at, price, customer, country in zip(
        *columns, strict=True
    ):
        moved = at.replace(tzinfo=UTC) + shift
        order = orders.get(invoice)
        if order is None:
            order = orders[invoice] = Order(invoice, moved, customer, country)
        order.lines.append(Line(invoice, product, name, quantity, moved, price, customer, country))
    midnight = datetime.combine(yesterday, datetime.min.time(), UTC) + timedelta(days=1)
    return Shop(
        orders=sorted(orders.values(), key=lambda order: (order.at, order.invoice)),
        start=midnight - timedelta(days=REPLAY_DAYS),
    )


def customers_csv(customers: list[tuple[int, str]]) -> Iterator[bytes]:
    """Yield the customers' file: invented people, real numbers and countries."""
    yield _row(["customer_number", "first_name", "last_name", "email", "country", "language"])
    for number, country in customers:
        person: Person = person_of(number)
        yield _row(
            [
                str(number),
                person.first_name,
                person.last_name,
                person.email,
                country,
                person.language,
            ]
        )


def orders_csv(orders: list[Order]) -> Iterator[bytes]:
    """Yield the orders' file in the columns and the row order of the original, dates moved."""
    yield _row(
        [
            "InvoiceNo",
            "StockCode",
            "Description",
            "Quantity",
            "InvoiceDate",
            "UnitPrice",
            "CustomerID",
            "Country",
        ]
    )
    for order in orders:
        for line in order.lines:
            yield _row(
                [
                    line.invoice,
                    line.product,
                    line.name,
                    str(line.quantity),
                    line.at.strftime("%Y-%m-%d %H:%M:%S"),
                    str(line.price),
                    "" if line.customer is None else str(line.customer),
                    line.country,
                ]
            )


def _row(cells: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue().encode()


def registration(order: Order) -> dict[str, object]:
    """Return the `identify` call that the shop's server sends when a new customer registers."""
    assert order.customer is not None, "only customers register"
    person = person_of(order.customer)
    return {
        "type": "identify",
        "userId": str(order.customer),
        "messageId": f"shop:customer:{order.customer}",
        "timestamp": order.at.isoformat().replace("+00:00", "Z"),
        "traits": {
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "country": order.country,
            "language": person.language,
        },
    }


def order_event(order: Order) -> dict[str, object]:
    """Return an order as the shop's server would send it: a Segment `track` call.

    The shop's own returns are separate invoices with a C and negative quantities; they go as
    "Order Refunded". An event may have 32 KB, which some orders of this shop exceed: of those the
    first lines go along, and the number of lines that were left out.
    """
    products = [
        {
            "product_id": line.product,
            "name": line.name,
            "price": float(line.price),
            "quantity": abs(line.quantity),
        }
        for line in order.lines
    ]
    sent = products[:PRODUCTS_SENT_MAX]
    left_out = {"products_left_out": len(products) - len(sent)} if sent != products else {}
    return {
        "type": "track",
        "event": "Order Refunded" if order.is_return else "Order Completed",
        "userId": str(order.customer),
        "messageId": f"shop:{order.invoice}",
        "timestamp": order.at.isoformat().replace("+00:00", "Z"),
        "properties": {
            "order_id": order.invoice,
            "total": float(abs(order.total)),
            "revenue": float(abs(order.total)),
            "currency": CURRENCY,
            "products": sent,
            **left_out,
        },
    }
