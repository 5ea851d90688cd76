"""From a row of a file to what goes into the event log: an identify call, or a line of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from otklik.ingestion.imports.cells import Cells, Wrong, id_text, plain
from otklik.ingestion.imports.fields import Field, parse_field
from otklik.ingestion.imports.model import ImportKind, ImportPlan, RowProblem
from otklik.ingestion.imports.reader import Row

_VALUE_SHOWN = 200
_ORDER_ID_MAX = 200


class Customer(msgspec.Struct, frozen=True, gc=False):
    """One good customer row. `call` is the identify call; `key` names the person for counting."""

    line: int
    call: dict[str, Any]
    kind: str
    key: str


class OrderRow(msgspec.Struct, array_like=True, gc=False):
    """One good line of an order, as it waits for the others of its order. Times are epoch ms."""

    line: int
    order_id: str
    time_ms: int
    user_id: str | None
    email: str | None
    phone: str | None
    external: list[tuple[str, str]]
    product: dict[str, Any]
    quantity: Decimal
    amount: Decimal
    total: Decimal | None
    currency: str | None
    properties: dict[str, Any]


class RowMaker:
    """Turns rows into customers or order lines by a plan; pure, and made once per piece."""

    def __init__(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._options = plan.options
        self._columns = plan.form.columns
        self._cells = Cells(plan.options)
        self._fields = [
            (position, parse_field(text, plan.kind))
            for position, text in sorted(plan.mapping.items())
        ]

    def customer(self, row: Row) -> Customer | list[RowProblem]:
        """Return the identify call of a row, or everything that is wrong with it."""
        problems: list[RowProblem] = []
        identifiers: dict[str, str] = {}
        external: list[dict[str, str]] = []
        traits: dict[str, Any] = {}
        first_seen: datetime | None = None
        for position, field in self._fields:
            cell = row.cells[position].strip() if position < len(row.cells) else ""
            try:
                match field.kind:
                    case "user_id" | "email" | "phone":
                        if cell:
                            identifiers[field.kind] = self._cells.identifier(field.kind, cell)
                    case "external":
                        if cell:
                            value = self._cells.identifier(field.name, cell)
                            external.append({"type": field.name, "id": value})
                    case "first_seen":
                        first_seen = self._cells.moment(cell) if cell else None
                    case _:
                        self._put_trait(traits, field, cell)
            except Wrong as wrong:
                problems.append(self._problem(row, position, wrong.code))
        key = identifiers.get(self._plan.key, "")
        if not key and not problems:
            position = self._position(self._plan.key)
            problems.append(self._problem(row, position, "no_key"))
        if problems:
            return problems
        for name in ("email", "phone"):
            if name in identifiers:
                traits[name] = identifiers[name]
        call: dict[str, Any] = {"type": "identify", "traits": traits}
        if "user_id" in identifiers:
            call["userId"] = identifiers["user_id"]
        if external:
            call["context"] = {"externalIds": external}
        if first_seen is not None:
            traits.setdefault("created_at", first_seen.isoformat())
        return Customer(row.line, call, self._plan.key, key)

    def order_row(self, row: Row) -> OrderRow | list[RowProblem]:
        """Return the order line of a row, or everything that is wrong with it."""
        problems: list[RowProblem] = []
        found: dict[str, Any] = {}
        external: list[tuple[str, str]] = []
        properties: dict[str, Any] = {}
        for position, field in self._fields:
            cell = row.cells[position].strip() if position < len(row.cells) else ""
            if not cell:
                continue
            try:
                if field.kind == "external":
                    external.append((field.name, self._cells.identifier(field.name, cell)))
                elif field.kind == "property":
                    properties[field.name] = self._cells.value(field.type, cell)
                else:
                    found[field.kind] = self._order_value(field.kind, cell)
            except Wrong as wrong:
                problems.append(self._problem(row, position, wrong.code))
        for needed, code in (("order_id", "no_order_id"), ("time", "no_time")):
            if needed not in found and not any(
                p.column == self._columns[self._position(needed)] for p in problems
            ):
                problems.append(self._problem(row, self._position(needed), code))
        if problems:
            return problems
        quantity = found.get("quantity", Decimal(1))
        price = found.get("price")
        amount = found.get("line_total")
        if amount is None:
            amount = price * quantity if price is not None else Decimal(0)
        product: dict[str, Any] = {"quantity": plain(quantity)}
        if price is not None:
            product["price"] = plain(price)
        for name, key in (
            ("product_id", "product_id"),
            ("product_name", "name"),
            ("category", "category"),
        ):
            if name in found:
                product[key] = found[name]
        return OrderRow(
            line=row.line,
            order_id=found["order_id"],
            time_ms=round(found["time"].timestamp() * 1000),
            user_id=found.get("user_id"),
            email=found.get("email"),
            phone=found.get("phone"),
            external=external,
            product=product,
            quantity=quantity,
            amount=amount,
            total=found.get("total"),
            currency=found.get("currency"),
            properties=properties,
        )

    def _put_trait(self, traits: dict[str, Any], field: Field, cell: str) -> None:
        if cell:
            traits[field.name] = self._cells.value(field.type, cell)
        elif self._options.empty == "clear":
            traits[field.name] = None

    def _order_value(self, kind: str, cell: str) -> Any:
        match kind:
            case "time":
                return self._cells.moment(cell)
            case "quantity" | "price" | "line_total" | "total":
                return self._cells.number(cell)
            case "user_id" | "email" | "phone":
                return self._cells.identifier(kind, cell)
            case "order_id":
                if len(cell) > _ORDER_ID_MAX:
                    raise Wrong("bad_id")
                return id_text(cell)
            case "currency":
                return self._cells.currency(cell)
            case _:
                return cell

    def _position(self, kind: str) -> int:
        return next(position for position, field in self._fields if field.kind == kind)

    def _problem(self, row: Row, position: int, code: str) -> RowProblem:
        cell = row.cells[position] if position < len(row.cells) else ""
        return RowProblem(row.line, self._columns[position], code, cell[:_VALUE_SHOWN])


def order_call(rows: Sequence[OrderRow], plan: ImportPlan) -> dict[str, Any] | None:
    """Return the track call of one order from all of its lines, in their order in the file.

    None for an order without a customer when such orders are skipped. The customer is the first
    that a line names; the time is the earliest. The total is the file's own, or else the sum of
    the lines, rounded to cents once.
    """
    first = rows[0]
    person = next((row for row in rows if row.user_id or row.email or row.phone), None)
    if person is None and plan.options.anonymous == "skip":
        return None
    total = next((row.total for row in rows if row.total is not None), None)
    if total is None:
        total = sum((row.amount for row in rows), Decimal(0)).quantize(Decimal("0.01"))
    prefix = plan.options.return_prefix
    refund = bool(prefix and first.order_id.startswith(prefix)) or all(
        row.quantity < 0 for row in rows
    )
    properties: dict[str, Any] = {}
    for row in rows:
        for name, value in row.properties.items():
            properties.setdefault(name, value)
    # What was given back is told as a positive amount, whatever sign the file uses for it.
    properties |= {"order_id": first.order_id, "total": plain(-total if refund else total)}
    currency = next((row.currency for row in rows if row.currency), plan.options.currency)
    if currency:
        properties["currency"] = currency
    properties["products"] = [_returned(row.product) if refund else row.product for row in rows]
    call: dict[str, Any] = {
        "type": "track",
        "event": "Order Refunded" if refund else "Order Completed",
        "timestamp": _iso(min(row.time_ms for row in rows)),
        "properties": properties,
    }
    if person is None:
        call["anonymousId"] = f"order:{first.order_id}"
        return call
    if person.user_id:
        call["userId"] = person.user_id
    known = {"email": person.email, "phone": person.phone}
    context: dict[str, Any] = {}
    if any(known.values()):
        context["traits"] = {name: value for name, value in known.items() if value}
    if person.external:
        context["externalIds"] = [{"type": kind, "id": value} for kind, value in person.external]
    if context:
        call["context"] = context
    return call


def _returned(product: dict[str, Any]) -> dict[str, Any]:
    return {**product, "quantity": -product["quantity"]}


def is_refund(call: dict[str, Any]) -> bool:
    return bool(call["event"] == "Order Refunded")


def make_rows(plan: ImportPlan, rows: Sequence[Row]) -> tuple[list[Any], list[RowProblem]]:
    """Return the good rows as customers or order lines, and the problems of the others."""
    maker = RowMaker(plan)
    make = maker.customer if plan.kind is ImportKind.CUSTOMERS else maker.order_row
    good: list[Any] = []
    problems: list[RowProblem] = []
    for row in rows:
        made = make(row)
        if isinstance(made, list):
            problems.extend(made)
        else:
            good.append(made)
    return good, problems


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def shown(made: Customer | OrderRow) -> dict[str, Any]:
    """Return a good row for the preview, by the names of what it will become."""
    if isinstance(made, Customer):
        external = made.call.get("context", {}).get("externalIds", [])
        return {
            **({"user_id": made.call["userId"]} if "userId" in made.call else {}),
            **{entry["type"]: entry["id"] for entry in external},
            **made.call["traits"],
        }
    person = {"user_id": made.user_id, "email": made.email, "phone": made.phone}
    return {
        "order_id": made.order_id,
        "time": _iso(made.time_ms),
        **{name: value for name, value in person.items() if value},
        **dict(made.external),
        **made.product,
        "amount": plain(made.amount),
        **({"total": plain(made.total)} if made.total is not None else {}),
        **({"currency": made.currency} if made.currency else {}),
        **made.properties,
    }
