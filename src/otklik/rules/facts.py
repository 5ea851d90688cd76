"""What is known about one profile, in the form in which conditions ask for it.

`value_of` is the one place that says what type a JSON value has: the tables that segments read are
written by it, and the evaluator in memory uses it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from otklik.rules.moments import parse_moment

ValueType = Literal["null", "string", "number", "bool", "date", "list", "object"]
INT64_MIN, UINT64_MAX = -(2**63), 2**64 - 1


class Value(msgspec.Struct, frozen=True):
    """A typed value. `text`: of a string or date, as it came. `number`: of a number; 0 or 1 of a
    bool; epoch seconds of a date (its wall clock read as UTC when it names no zone). `items`: the
    texts and whole numbers in a list."""

    type: ValueType
    text: str = ""
    number: float = 0.0
    items: tuple[str, ...] = ()


NULL = Value(type="null")
OBJECT = Value(type="object")


def value_of(value: object) -> Value:
    """Return a decoded JSON value with its type. Text that is a date has the type date."""
    match value:
        case None:
            return NULL
        case bool():
            return Value(type="bool", number=float(value))
        case int() if not INT64_MIN <= value <= UINT64_MAX:
            # The event store keeps whole numbers that no machine word holds as their digits.
            return Value(type="string", text=str(value))
        case int() | float():
            return Value(type="number", number=float(value))
        case str():
            moment = parse_moment(value)
            if moment is None:
                return Value(type="string", text=value)
            return Value(type="date", text=value, number=moment.millis / 1000)
        case list() | tuple():
            return Value(type="list", items=tuple(_items(value)))
        case _:
            return OBJECT


def _items(values: list[object] | tuple[object, ...]) -> Iterator[str]:
    given = [value for value in values if value is not None]
    numbers = all(isinstance(value, int | float) for value in given)
    # The event store gives all numbers of a list one type: one fraction makes all of them
    # fractions, and true among numbers is 1.
    if numbers and any(isinstance(value, float) for value in given):
        given = [float(value) for value in given if isinstance(value, int | float)]
    elif numbers and not all(isinstance(value, bool) for value in given):
        given = [int(value) for value in given if isinstance(value, int)]
    for value in given:
        match value:
            case str():
                yield value
            case bool():
                yield "true" if value else "false"
            case int():
                yield str(value)
            case float():
                yield number_text(value)


def number_text(value: float) -> str:
    """Return a number as the event store and JavaScript write it: the fewest digits that name it,
    with an exponent only below 1e-6 and from 1e21."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    point = len(digits) + exponent
    text = "".join(map(str, digits))
    minus = "-" if sign else ""
    if -6 < point <= 21:
        if exponent >= 0:
            return minus + text + "0" * exponent
        if point > 0:
            return f"{minus}{text[:point]}.{text[point:]}"
        return f"{minus}0.{'0' * -point}{text}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{fraction}e{point - 1}"


def flatten(tree: Mapping[str, object]) -> dict[str, object]:
    """Return nested objects as one level with names joined by dots.

    An empty object stays, as the value of its own name. Of two names that become one
    (`{"a": {"b": 1}, "a.b": 2}`) the first wins.
    """
    flat: dict[str, object] = {}
    stack: list[tuple[str, object]] = [(key, tree[key]) for key in reversed(list(tree))]
    while stack:
        path, value = stack.pop()
        if isinstance(value, Mapping) and value:
            stack.extend((f"{path}.{key}", value[key]) for key in reversed(list(value)))
        else:
            flat.setdefault(path, value)
    return flat


def values_of(tree: Mapping[str, object]) -> dict[str, Value]:
    """Return the typed values of a JSON object by their dotted names."""
    return {path: value_of(value) for path, value in flatten(tree).items()}


class EventFact(msgspec.Struct, frozen=True):
    """`context`: what its context says of the visit, by the fields of a visit condition."""

    name: str
    time: datetime
    properties: Mapping[str, object] = {}
    context: Mapping[str, str] = {}


class LineFact(msgspec.Struct, frozen=True):
    """`fields`: of the workspace's own; a text, or a number (0 or 1 for true or false, seconds of
    the epoch for a date)."""

    product: str
    category: str = ""
    vendor: str = ""
    price: float = 0.0
    quantity: float = 1.0
    fields: Mapping[str, str | float] = {}


class OrderFact(msgspec.Struct, frozen=True):
    order_id: str
    status: str
    placed_at: datetime
    total: Decimal
    lines: tuple[LineFact, ...] = ()
    fields: Mapping[str, str | float] = {}


class MessageFact(msgspec.Struct, frozen=True):
    """Something that happened to a message; `verdict`: "person", "machine", "scanner" or ""."""

    message_id: int
    fact: str
    at: datetime
    channel: str = "email"
    source_id: UUID | None = None
    verdict: str = ""
    url: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a definition may ask about one profile.

    `consents`: state by (channel, topic), for a purpose other than advertising by (channel,
    topic, purpose). `identifiers`: the kinds that the profile has. `email_domains`: of all its
    addresses, in lower case.
    `segments`: those whose member it is.
    """

    traits: Mapping[str, Value] = {}
    events: tuple[EventFact, ...] = ()
    orders: tuple[OrderFact, ...] = ()
    messages: tuple[MessageFact, ...] = ()
    consents: Mapping[tuple[str, ...], str] = {}
    identifiers: frozenset[str] = frozenset()
    email_domains: frozenset[str] = frozenset()
    segments: frozenset[UUID] = frozenset()
    first_seen: datetime | None = None
    last_seen: datetime | None = None
