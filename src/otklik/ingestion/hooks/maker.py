"""One row of a call by a mapping: the person, traits, the event, the order, consents. Pure.

The id of the event and of the order is the call's own, so that a changed mapping never makes a
second one; that of what is said about the person also holds what is said, so that a changed mapping
can add to it.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from otklik.catalog.public import Refusal, order_event
from otklik.ingestion.hooks.bodies import at
from otklik.ingestion.hooks.model import (
    MESSAGE_PREFIX,
    ORDER_LINES_MAX,
    HookConsentRule,
    HookMapping,
    HookOrder,
    HookOrderLines,
    HookRule,
    MadeConsent,
)
from otklik.ingestion.imports.cells import Cells, Wrong
from otklik.ingestion.imports.model import ImportOptions
from otklik.kit.i18n import Text

YES = frozenset({"1", "true", "yes", "y", "on", "да", "checked", "agree", "agreed", "+"})
NAME_CHARS_MAX = 200
encode = msgspec.json.Encoder(order="sorted").encode

PROBLEMS: dict[str, Text] = {
    "bad_email": Text(en="this is not an e-mail address", ru="это не адрес почты"),
    "bad_phone": Text(en="this is not a phone number", ru="это не номер телефона"),
    "bad_id": Text(en="this can't be an identifier", ru="это не может быть идентификатором"),
    "bad_number": Text(en="this is not a number", ru="это не число"),
    "bad_date": Text(en="this is not a date", ru="это не дата"),
    "bad_bool": Text(en="this is neither yes nor no", ru="это не «да» и не «нет»"),
    "bad_ip": Text(en="this is not an address of a computer", ru="это не IP-адрес"),
    "not_a_list": Text(en="this is not a list of products", ru="это не список товаров"),
    "no_order_id": Text(en="the order has no number", ru="у заказа нет номера"),
    "bad_order_id": Text(en="this can't be the number of an order", ru="это не номер заказа"),
    "bad_amount": Text(en="the sum of the order is not a number", ru="сумма заказа — не число"),
    "bad_currency": Text(en="this is not a code of a currency", ru="это не код валюты"),
    "bad_products": Text(en="the products can't be read", ru="товары не читаются"),
}


class FieldProblem(msgspec.Struct, frozen=True):
    """A field whose value does not fit; the rest of the call goes on without it."""

    path: list[str]
    code: str


class Maker:
    """Reads one row; what does not fit is kept in `problems`."""

    def __init__(
        self, mapping: HookMapping, tree: dict[str, Any], received: datetime, row: int
    ) -> None:
        self._row = row
        self._mapping = mapping
        self._tree = tree
        self._received = received
        self._cells = Cells(
            ImportOptions(
                timezone=mapping.timezone,
                phone_region=mapping.phone_region or None,
                date_order="dmy",
            )
        )
        self._ids: dict[str, str] = {}
        self._external: dict[str, str] = {}
        self._traits: dict[str, Any] = {}
        self._properties: dict[str, Any] = {}
        self._time = received
        self._ip: str | None = None
        self._page = ""
        self.problems: list[FieldProblem] = []

    def read_rules(self) -> None:
        for rule in self._mapping.rules:
            value = at(self._tree, rule.path)
            if value is None or value in ("", []):
                continue
            try:
                self._read(rule, value)
            except Wrong as wrong:
                self.problems.append(FieldProblem(rule.path, wrong.code))

    def has_identity(self) -> bool:
        return bool(self._ids or self._external)

    def _read(self, rule: HookRule, value: Any) -> None:
        match rule.to:
            case "user_id" | "anonymous_id" | "email" | "phone":
                if text := first_of(value):
                    self._ids.setdefault(rule.to, self._cells.identifier(rule.to, text))
            case "external":
                if text := first_of(value):
                    self._external[rule.name] = self._cells.identifier(rule.name, text)
            case "trait":
                self._traits[rule.name] = self._value(rule, value)
            case "property":
                self._properties[rule.name] = self._value(rule, value)
            case "time":
                self._time = self._moment(value)
            case "ip":
                self._ip = _address(first_of(value))
            case "page":
                self._page = first_of(value)[:2_000]

    def _value(self, rule: HookRule, value: Any) -> Any:
        if rule.type == "auto":
            return value
        if rule.type == "list":
            if isinstance(value, list):
                return value
            return self._cells.value("list", first_of(value))
        if rule.type == "bool" and isinstance(value, bool):
            return value
        if rule.type == "number" and isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if rule.type == "text" and isinstance(value, list):
            return ", ".join(text for text in map(text_of, value) if text)
        text = first_of(value).strip()
        return self._cells.value(rule.type, text) if text else None

    def _moment(self, value: Any) -> datetime:
        text = first_of(value).strip()
        if text.isascii() and text.isdigit() and 9 <= len(text) <= 13:
            seconds = int(text) / 1000 if len(text) > 11 else int(text)
            return datetime.fromtimestamp(seconds, UTC)
        moment = datetime.fromisoformat(self._cells.value("date", text))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self._mapping.timezone))
        return moment.astimezone(UTC)

    def consents(self, source: str, call_id: UUID, caller_ip: str) -> list[MadeConsent]:
        found = []
        for consent in self._mapping.consents:
            value = at(self._tree, consent.path)
            if not is_ticked(consent, value):
                continue
            proof = {
                "source": source,
                "call_id": str(call_id),
                "field": " › ".join(consent.path),
                "value": (text_of(value) or first_of(value))[:200],
            }
            if self._page:
                proof["form"] = self._page
            if caller_ip:
                # A service sends in the visitor's name: this is its address, not his.
                proof["sent_from"] = caller_ip
            found.append(
                MadeConsent(
                    channel=consent.channel,
                    topic_id=consent.topic_id,
                    text_id=consent.text_id,
                    ip=self._ip,
                    proof=proof,
                    row=self._row,
                )
            )
        return found

    def events(self, call_id: UUID, consents: list[MadeConsent]) -> list[dict[str, Any]]:
        begin = f"{MESSAGE_PREFIX}{call_id}"
        if self._row:
            # The first row has the ids of a call without a list: one that is told to be a list
            # later gives it no second time.
            begin += f":{self._row}"
        addresses = {k: v for k, v in self._ids.items() if k in {"email", "phone"}}
        traits = {**self._traits, **addresses}
        events = []
        if traits or self._external or consents:
            said = [traits, self._external, self._ids, [encode(one).decode() for one in consents]]
            digest = hashlib.sha256(encode(said)).hexdigest()[:16]
            events.append(
                self._call(f"{begin}:person:{digest}", "identify", {"traits": traits}, addresses={})
            )
        if name := self._event_name():
            told = {"event": name, "properties": self._properties}
            events.append(self._call(f"{begin}:event", "track", told, addresses=addresses))
        if (order := self._mapping.order) is not None and (told := self._order(order)):
            events.append(self._call(f"{begin}:order", "track", told, addresses=addresses))
        return events

    def _event_name(self) -> str:
        path = self._mapping.event_path
        own = first_of(at(self._tree, path)).strip()[:NAME_CHARS_MAX] if path else ""
        return own or self._mapping.event.strip()

    def _call(
        self, message_id: str, kind: str, told: dict[str, Any], *, addresses: dict[str, str]
    ) -> dict[str, Any]:
        call = {"type": kind, "messageId": message_id, "timestamp": self._time.isoformat(), **told}
        if "user_id" in self._ids:
            call["userId"] = self._ids["user_id"]
        if "anonymous_id" in self._ids:
            call["anonymousId"] = self._ids["anonymous_id"]
        context: dict[str, Any] = {}
        if addresses:
            context["traits"] = addresses
        if self._external:
            context["externalIds"] = [{"type": k, "id": v} for k, v in self._external.items()]
        if self._page:
            context["page"] = {"url": self._page}
        if self._ip:
            context["ip"] = self._ip
        if context:
            call["context"] = context
        return call

    def _order(self, order: HookOrder) -> dict[str, Any]:
        number = first_of(at(self._tree, order.order_id)).strip()
        if not number:
            return {}
        properties: dict[str, Any] = {"order_id": number}
        if order.total is not None and (total := self._number(order.total)) is not None:
            properties["total"] = total
        currency = order.currency
        if order.currency_path is not None:
            currency = first_of(at(self._tree, order.currency_path)).strip().upper() or currency
        if currency:
            properties["currency"] = currency
        if order.lines is not None:
            properties["products"] = self._lines(order.lines)
        made = order_event(profile_id=0, name=order.event, time=self._time, properties=properties)
        if isinstance(made, Refusal):
            self.problems.append(FieldProblem(order.order_id, made.value))
            return {}
        return {"event": order.event, "properties": properties}

    def _number(self, path: list[str]) -> int | float | None:
        value = at(self._tree, path)
        if value is None or value == "":
            return None
        try:
            return number_of(self._cells.value("number", first_of(value).strip()))
        except Wrong as wrong:
            self.problems.append(FieldProblem(path, wrong.code))
            return None

    def _lines(self, lines: HookOrderLines) -> list[dict[str, Any]]:
        found = at(self._tree, lines.path)
        rows = list(found.values()) if isinstance(found, dict) else found
        if not isinstance(rows, list):
            self.problems.append(FieldProblem(lines.path, "not_a_list"))
            return []
        products = []
        for place, row in enumerate(rows[:ORDER_LINES_MAX]):
            if isinstance(row, str) and row.strip():
                products.append({"name": row.strip()[:500], "quantity": 1})
            if not isinstance(row, dict):
                continue
            product: dict[str, Any] = {}
            for ours in ("product_id", "name", "category"):
                if text := first_of(row.get(getattr(lines, ours))).strip():
                    product[ours] = text[:500]
            path = [*lines.path, str(place)]
            for ours in ("price", "quantity"):
                key = getattr(lines, ours)
                if key and (number := self._number([*path, key])) is not None:
                    product[ours] = number
            if product:
                product.setdefault("quantity", 1)
                products.append(product)
        return products


def is_ticked(consent: HookConsentRule, value: Any) -> bool:
    """Say whether a box was ticked: by its own value, or by a word that means yes everywhere."""
    values = value if isinstance(value, list) else [value]
    words = {(text_of(one) or "").strip().casefold() for one in values}
    own = consent.value.strip().casefold()
    return own in words if own else bool(words & YES)


def number_of(value: Any) -> int | float:
    """Return a number as JSON has it: a whole one without a point."""
    return int(value) if float(value).is_integer() else float(value)


def text_of(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def first_of(value: Any) -> str:
    """Return the first filled value of a list, or the value, as text; '' when there is none."""
    for one in value if isinstance(value, list) else [value]:
        if text := text_of(one):
            return text
    return ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.partition(",")[0].strip()))
    except ValueError as error:
        raise Wrong("bad_ip") from error
