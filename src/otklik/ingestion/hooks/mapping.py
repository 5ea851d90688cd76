"""What a call becomes: a person, his traits, an event, an order, consents. Pure.

The same call and mapping give the same events with the same message ids. The id of the event and
of the order is the call's own, so that a changed mapping never makes a second one; that of what is
said about the person also holds what is said, so that a changed mapping can add to it.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from otklik.catalog.public import Refusal, order_event
from otklik.ingestion.hooks.bodies import at, read_body, read_query
from otklik.ingestion.hooks.model import (
    EACH_MAX,
    MESSAGE_PREFIX,
    ORDER_LINES_MAX,
    HookCondition,
    HookConsentRule,
    HookMapping,
    HookOrder,
    HookOrderLines,
    HookRule,
    HookService,
    MadeConsent,
    Reason,
    StoredCall,
)
from otklik.ingestion.imports.cells import Cells, Wrong
from otklik.ingestion.imports.model import ImportOptions
from otklik.kit.i18n import Text

YES = frozenset({"1", "true", "yes", "y", "on", "да", "checked", "agree", "agreed", "+"})
NAME_CHARS_MAX = 200
_QUESTIONS = ("q", "question", "title", "name")
_ANSWERS = ("a", "answer", "value")
_encode = msgspec.json.Encoder(order="sorted").encode

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


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a call becomes. `reason` says why there are no events, when there are none."""

    events: list[dict[str, Any]] = []
    consents: list[MadeConsent] = []
    problems: list[FieldProblem] = []
    reason: Reason | None = None
    detail: str = ""


def read_call(call: StoredCall) -> dict[str, Any]:
    """Return the tree of a call: fields of its body, `@query`, `@headers`, `@answers`.

    Raises: Unreadable.
    """
    if call.tree:
        tree: dict[str, Any] = msgspec.json.decode(call.body)
    else:
        tree = read_body(call.content_type, call.body)
    if call.query:
        tree["@query"] = read_query(call.query)
    if call.headers:
        tree["@headers"] = dict(call.headers)
    if answers := _answers(tree):
        tree["@answers"] = answers
    return tree


def is_service_check(service: HookService, tree: dict[str, Any]) -> bool:
    """Say whether a service only tries the address out.

    Tilda posts test=test when a webhook is connected, and expects 200
    (https://help-ru.tilda.cc/formsscript).
    """
    return service is HookService.TILDA and tree.get("test") == "test" and len(fields_of(tree)) == 1


def fields_of(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the body alone."""
    return {key: value for key, value in tree.items() if not key.startswith("@")}


def make(
    mapping: HookMapping,
    tree: dict[str, Any],
    *,
    call_id: UUID,
    received: datetime,
    source_name: str,
    caller_ip: str,
    event_bytes_max: int,
) -> Made:
    """Return what a call becomes by a mapping."""

    def one(tree: dict[str, Any], row: int) -> Made:
        return _make_one(
            mapping,
            tree,
            row,
            call_id=call_id,
            received=received,
            source_name=source_name,
            caller_ip=caller_ip,
            event_bytes_max=event_bytes_max,
        )

    if mapping.each is None:
        return one(tree, 0)
    rows = rows_of(tree, mapping.each)
    if rows is None:
        return Made(reason=Reason.NOT_A_LIST)
    if len(rows) > EACH_MAX:
        return Made(reason=Reason.TOO_MANY_ROWS, detail=str(EACH_MAX))
    return _together([one(tree, row) for row, tree in enumerate(rows)], mapping.each)


def rows_of(tree: dict[str, Any], path: Sequence[str]) -> list[dict[str, Any]] | None:
    """Return the call once for each row of a list, with the row in the list's place.

    A single object where a list is expected stands for its only row; None: there is neither.
    """
    found = at(tree, path)
    if isinstance(found, dict) and found:
        # Forms write lists as objects whose names are numbers.
        rows = list(found.values()) if all(key.isdigit() for key in found) else [found]
    elif isinstance(found, list):
        rows = found
    else:
        return None
    return [_with(tree, path, row) for row in rows]


def _with(tree: Any, path: Sequence[str], value: Any) -> Any:
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return {**tree, head: _with(tree.get(head), rest, value)}
    copy = list(tree)
    copy[int(head)] = _with(copy[int(head)], rest, value)
    return copy


def _together(parts: Sequence[Made], each: Sequence[str]) -> Made:
    """Return what the rows of a call become, as one; some of them may become nothing."""
    problems = [
        msgspec.structs.replace(problem, path=[*each, str(row), *problem.path[len(each) :]])
        if problem.path[: len(each)] == list(each)
        else problem
        for row, part in enumerate(parts)
        for problem in part.problems
    ]
    events = [event for part in parts for event in part.events]
    if not events:
        why = next((part for part in parts if part.reason not in {None, Reason.CONDITION}), None)
        first = why or next(iter(parts), Made(reason=Reason.NOTHING_MADE))
        return Made(problems=problems, reason=first.reason, detail=first.detail)
    consents = [one for part in parts for one in part.consents]
    return Made(events=events, consents=consents, problems=problems)


def _make_one(
    mapping: HookMapping,
    tree: dict[str, Any],
    row: int,
    *,
    call_id: UUID,
    received: datetime,
    source_name: str,
    caller_ip: str,
    event_bytes_max: int,
) -> Made:
    if mapping.only_if is not None and not holds(mapping.only_if, tree):
        return Made(reason=Reason.CONDITION)
    maker = _Maker(mapping, tree, received, row)
    maker.read_rules()
    consents = maker.consents(source_name, call_id, caller_ip)
    events = maker.events(call_id, consents)
    problems = maker.problems
    if not events:
        return Made(problems=problems, reason=Reason.NOTHING_MADE)
    if not maker.has_identity():
        return Made(problems=problems, reason=Reason.NO_IDENTITY)
    if any(len(_encode(event)) > event_bytes_max for event in events):
        return Made(problems=problems, reason=Reason.TOO_LARGE_EVENT, detail=str(event_bytes_max))
    return Made(events=events, consents=consents, problems=problems)


def holds(condition: HookCondition, tree: dict[str, Any]) -> bool:
    """Say whether a call passes a condition; a list passes when one of its values does."""
    found = at(tree, condition.path)
    values = found if isinstance(found, list) else [found]
    wanted = condition.value.strip().casefold()
    same = any((_text(value) or "").strip().casefold() == wanted for value in values)
    return same is not condition.negated


def is_ticked(consent: HookConsentRule, value: Any) -> bool:
    """Say whether a box was ticked: by its own value, or by a word that means yes everywhere."""
    values = value if isinstance(value, list) else [value]
    words = {(_text(one) or "").strip().casefold() for one in values}
    own = consent.value.strip().casefold()
    return own in words if own else bool(words & YES)


class _Maker:
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
                if text := _first(value):
                    self._ids.setdefault(rule.to, self._cells.identifier(rule.to, text))
            case "external":
                if text := _first(value):
                    self._external[rule.name] = self._cells.identifier(rule.name, text)
            case "trait":
                self._traits[rule.name] = self._value(rule, value)
            case "property":
                self._properties[rule.name] = self._value(rule, value)
            case "time":
                self._time = self._moment(value)
            case "ip":
                self._ip = _address(_first(value))
            case "page":
                self._page = _first(value)[:2_000]

    def _value(self, rule: HookRule, value: Any) -> Any:
        if rule.type == "auto":
            return value
        if rule.type == "list":
            if isinstance(value, list):
                return value
            return self._cells.value("list", _first(value))
        if rule.type == "bool" and isinstance(value, bool):
            return value
        if rule.type == "number" and isinstance(value, int | float) and not isinstance(value, bool):
            return value
        if rule.type == "text" and isinstance(value, list):
            return ", ".join(text for text in map(_text, value) if text)
        text = _first(value).strip()
        return self._cells.value(rule.type, text) if text else None

    def _moment(self, value: Any) -> datetime:
        text = _first(value).strip()
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
                "value": (_text(value) or _first(value))[:200],
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
            said = [traits, self._external, self._ids, [_encode(one).decode() for one in consents]]
            digest = hashlib.sha256(_encode(said)).hexdigest()[:16]
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
        own = _first(at(self._tree, path)).strip()[:NAME_CHARS_MAX] if path else ""
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
        number = _first(at(self._tree, order.order_id)).strip()
        if not number:
            return {}
        properties: dict[str, Any] = {"order_id": number}
        if order.total is not None and (total := self._number(order.total)) is not None:
            properties["total"] = total
        currency = order.currency
        if order.currency_path is not None:
            currency = _first(at(self._tree, order.currency_path)).strip().upper() or currency
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
            return number_of(self._cells.value("number", _first(value).strip()))
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
                if text := _first(row.get(getattr(lines, ours))).strip():
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


def number_of(value: Any) -> int | float:
    """Return a number as JSON has it: a whole one without a point."""
    return int(value) if float(value).is_integer() else float(value)


def _answers(tree: dict[str, Any]) -> dict[str, Any]:
    """Return answers by their questions, of lists of pairs such as {q: …, a: …}.

    In a quiz the place of a question changes with the way through it; its text does not.
    """
    found: dict[str, Any] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for child in value.values():
                walk(child)
        elif isinstance(value, list):
            for row in value:
                pair = _pair(row)
                if pair is None:
                    walk(row)
                else:
                    found.setdefault(pair[0], pair[1])

    walk(fields_of(tree))
    return found


def _pair(row: Any) -> tuple[str, Any] | None:
    if not isinstance(row, dict):
        return None
    question = next((row[key] for key in _QUESTIONS if isinstance(row.get(key), str)), None)
    answer = next((key for key in _ANSWERS if key in row), None)
    if not question or not question.strip() or answer is None:
        return None
    return question.strip()[:200], row[answer]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _first(value: Any) -> str:
    """Return the first filled value of a list, or the value, as text; '' when there is none."""
    for one in value if isinstance(value, list) else [value]:
        if text := _text(one):
            return text
    return ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.partition(",")[0].strip()))
    except ValueError as error:
        raise Wrong("bad_ip") from error
