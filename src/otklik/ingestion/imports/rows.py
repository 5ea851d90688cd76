"""From a row of a file to what goes into the event log: an identify call, or a line of an order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from otklik.ingestion.imports.cells import Cells, Wrong, clean, id_text, plain
from otklik.ingestion.imports.fields import IDENTIFIERS, parse_field
from otklik.ingestion.imports.model import DateOrder, ImportPlan, RowProblem
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
    status: str = ""


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
        self._ids = [
            (position, field.kind) for position, field in self._fields if field.kind in IDENTIFIERS
        ]
        self._external = [
            (position, field.name) for position, field in self._fields if field.kind == "external"
        ]
        self._texts = [
            (position, field.name, clears(plan, position))
            for position, field in self._fields
            if field.kind == "trait" and field.type == "text"
        ]
        self._typed = [
            (position, field, order_of(plan, position), clears(plan, position))
            for position, field in self._fields
            if field.kind == "trait" and field.type != "text"
        ]
        self._first_seen = next(
            (position for position, field in self._fields if field.kind == "first_seen"), None
        )

    def customer(self, row: Row) -> Customer | list[RowProblem]:
        """Return the identify call of a row, or everything that is wrong with it."""
        identifiers, external, traits, problems = self.person(row)
        if self._first_seen is not None and (cell := clean(row.cells[self._first_seen])):
            try:
                at = self._cells.moment(cell, order_of(self._plan, self._first_seen)).at
                traits.setdefault("created_at", at.isoformat())
            except Wrong as wrong:
                problems.append(self._problem(row, self._first_seen, wrong.code))
        key = identifiers.get(self._plan.key, "")
        if not key and not problems:
            position = self._position(self._plan.key)
            problems.append(self._problem(row, position, "no_key"))
        if problems:
            problems.sort(key=lambda problem: self._columns.index(problem.column))
            return problems
        return Customer(row.line, identify_call(identifiers, external, traits), self._plan.key, key)

    def person(
        self, row: Row
    ) -> tuple[dict[str, str], list[dict[str, str]], dict[str, Any], list[RowProblem]]:
        """Return the identifiers, the further ones, the traits, and what is wrong with them."""
        problems: list[RowProblem] = []
        identifiers: dict[str, str] = {}
        external: list[dict[str, str]] = []
        traits: dict[str, Any] = {}
        cells = row.cells
        read = self._cells
        for position, kind in self._ids:
            if cell := clean(cells[position]):
                try:
                    identifiers[kind] = read.identifier(kind, cell)
                except Wrong as wrong:
                    problems.append(self._problem(row, position, wrong.code))
        for position, kind in self._external:
            if cell := clean(cells[position]):
                try:
                    external.append({"type": kind, "id": read.identifier(kind, cell)})
                except Wrong as wrong:
                    problems.append(self._problem(row, position, wrong.code))
        for position, name, cleared in self._texts:
            if cell := clean(cells[position]):
                traits[name] = cell
            elif cleared:
                traits[name] = None
        for position, field, order, cleared in self._typed:
            if cell := clean(cells[position]):
                try:
                    traits[field.name] = read.value(field.type, cell, order)
                except Wrong as wrong:
                    problems.append(self._problem(row, position, wrong.code))
            elif cleared:
                traits[field.name] = None
        return identifiers, external, traits, problems

    def order_row(self, row: Row) -> OrderRow | list[RowProblem]:
        """Return the order line of a row, or everything that is wrong with it."""
        problems: list[RowProblem] = []
        found: dict[str, Any] = {}
        external: list[tuple[str, str]] = []
        properties: dict[str, Any] = {}
        for position, field in self._fields:
            cell = clean(row.cells[position])
            if not cell:
                continue
            try:
                if field.kind == "external":
                    external.append((field.name, self._cells.identifier(field.name, cell)))
                elif field.kind == "property":
                    order = order_of(self._plan, position)
                    properties[field.name] = self._cells.value(field.type, cell, order)
                elif field.kind == "time":
                    order = order_of(self._plan, position)
                    found["time"] = self._cells.moment(cell, order).at
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
            status=found.get("status", ""),
        )

    def _order_value(self, kind: str, cell: str) -> Any:
        match kind:
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
        value = row.cells[position][:_VALUE_SHOWN]
        return RowProblem(row.line, self._columns[position], code, value, row.cells)


def order_call(rows: Sequence[OrderRow], plan: ImportPlan) -> dict[str, Any] | None:
    """Return the track call of one order from all of its lines.

    None for an order without a customer when such orders are skipped. The time is the earliest.
    The total is the file's own, or else the sum of the lines, rounded to cents once. Where lines
    say different things of one order, the choice does not depend on which comes first.
    """
    first = rows[0]
    named = [row for row in rows if row.user_id or row.email or row.phone]
    person = min(
        named,
        key=lambda row: (not row.user_id, row.user_id or "", row.email or "", row.phone or ""),
        default=None,
    )
    if person is None and plan.options.anonymous == "skip":
        return None
    total = max((row.total for row in rows if row.total is not None), default=None)
    if total is None:
        total = sum((row.amount for row in rows), Decimal(0)).quantize(Decimal("0.01"))
    prefix = plan.options.return_prefix
    refund = bool(prefix and first.order_id.startswith(prefix)) or all(
        row.quantity < 0 for row in rows
    )
    properties: dict[str, Any] = {}
    for row in rows:
        for name, value in row.properties.items():
            known = properties.setdefault(name, value)
            properties[name] = value if str(value) < str(known) else known
    # What was given back is told as a positive amount, whatever sign the file uses for it.
    properties |= {"order_id": first.order_id, "total": plain(-total if refund else total)}
    # The catalogue explains the words of statuses, by a table of the workspace.
    status = min((row.status for row in rows if row.status), default="")
    if status and not refund:
        properties["status"] = status
    currency = min((row.currency for row in rows if row.currency), default=plan.options.currency)
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


def identify_call(
    identifiers: dict[str, str], external: list[dict[str, str]], traits: dict[str, Any]
) -> dict[str, Any]:
    """Return an identify call, which says its addresses as traits."""
    for name in ("email", "phone"):
        if name in identifiers:
            traits[name] = identifiers[name]
    call: dict[str, Any] = {"type": "identify", "traits": traits}
    if "user_id" in identifiers:
        call["userId"] = identifiers["user_id"]
    if external:
        call["context"] = {"externalIds": external}
    return call


def clears(plan: ImportPlan, position: int) -> bool:
    """Tell whether an empty cell of a column clears what is known."""
    column = plan.form.columns[position]
    return plan.options.empty_of.get(column, plan.options.empty) == "clear"


def order_of(plan: ImportPlan, position: int) -> DateOrder:
    """Return the order of day and month in a column: chosen for it, for all, told by its values."""
    options, form = plan.options, plan.form
    chosen = options.date_order_of.get(form.columns[position])
    return chosen or form.date_orders.get(position) or options.date_order or form.date_order


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()
