"""The fields that a column can be mapped to, and the plan that a mapping makes.

- Customers: `user_id`, `email`, `phone`, `external:<kind>`, `first_seen`, and `trait:<name>` with
  an optional type (`trait:age:number`).
- Orders: `order_id`, `time`, `product_id`, `product_name`, `category`, `quantity`, `price`,
  `line_total`, `total`, `currency`, `status`, the customer by `user_id`, `email`, `phone`, and
  `property:<name>` with an optional type.
- Events: `event`, `time`, `message_id`, the customer also by `anonymous_id`, `property:<name>`.
- Consents: the customer, `status`, `time` (or `granted_at` and `withdrawn_at`, each for rows that
  say so), `purpose`, `channel`, `topic`, `text_version` (a text of the workspace, see `known.py`),
  `text` (any words, kept as the proof), `ip`, `form`, `note`, `trait:<name>`.
- The stop list: `email`, `phone` or `address` (either), `status` (the reason), `time`, `channel`.

`skip` leaves a column out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from otklik.ingestion.imports.errors import (
    FieldTwice,
    MissingField,
    UnknownColumn,
    UnknownField,
    UnknownZone,
)
from otklik.ingestion.imports.model import (
    STOPS,
    TRAIT_CHARS_MAX,
    FileFormat,
    ImportKind,
    ImportOptions,
    ImportPlan,
)

ValueType = Literal["text", "number", "date", "bool", "list"]
_SEVERAL: dict[str, frozenset[str]] = {
    "consents": frozenset({"time", "granted_at", "withdrawn_at", "ip", "note", "form"})
}
"""Fields that several columns may fill: of times the latest counts, of others the last that is not
empty (a consent may be asked for and confirmed later, from another address)."""
_TYPES: frozenset[str] = frozenset({"text", "number", "date", "bool", "list"})
IDENTIFIERS = ("user_id", "email", "phone")
FIELDS: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: (*IDENTIFIERS, "first_seen"),
    ImportKind.ORDERS: (
        "order_id",
        "time",
        "product_id",
        "product_name",
        "category",
        "quantity",
        "price",
        "line_total",
        "total",
        "currency",
        "status",
        *IDENTIFIERS,
    ),
    ImportKind.EVENTS: ("event", "time", "message_id", *IDENTIFIERS, "anonymous_id"),
    ImportKind.CONSENTS: (
        *IDENTIFIERS,
        "status",
        "time",
        "granted_at",
        "withdrawn_at",
        "purpose",
        "channel",
        "topic",
        "text_version",
        "text",
        "ip",
        "form",
        "note",
    ),
    ImportKind.SUPPRESSIONS: ("address", "email", "phone", "status", "time", "channel"),
}
_FREE: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: ("trait", "external"),
    ImportKind.ORDERS: ("property", "external"),
    ImportKind.EVENTS: ("property", "external"),
    ImportKind.CONSENTS: ("trait", "external"),
    ImportKind.SUPPRESSIONS: (),
}
NEEDED: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.ORDERS: ("order_id", "time"),
    ImportKind.EVENTS: ("time",),
}
"""Fields without which a row of a kind means nothing."""
_PEOPLE: dict[ImportKind, tuple[str, ...]] = {
    ImportKind.CUSTOMERS: IDENTIFIERS,
    ImportKind.EVENTS: (*IDENTIFIERS, "anonymous_id"),
    ImportKind.CONSENTS: IDENTIFIERS,
    ImportKind.SUPPRESSIONS: ("address", "email", "phone"),
}
"""Fields of which a file of a kind has at least one."""
_EXTERNAL = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Field(msgspec.Struct, frozen=True, gc=False):
    """A parsed field: `kind` is one of the fixed fields, or trait, property, external, skip."""

    kind: str
    name: str = ""
    type: ValueType = "text"


def parse_field(text: str, kind: ImportKind) -> Field:
    """Parse a field as it is written in a mapping. Raises: UnknownField."""
    head, _, rest = text.strip().partition(":")
    if head == "skip" or not head:
        return Field("skip")
    if not rest and head in FIELDS[kind]:
        return Field(head)
    if head == "external" and head in _FREE[kind] and _EXTERNAL.fullmatch(rest):
        return Field("external", rest)
    if head in _FREE[kind] and head != "external" and rest:
        name, _, type_ = rest.rpartition(":")
        if not name or type_ not in _TYPES:
            name, type_ = rest, "text"
        if len(name) <= TRAIT_CHARS_MAX and "\0" not in name:
            return Field(head, name, msgspec.convert(type_, ValueType))
    raise UnknownField(field=text, kind=kind.value, fields=", ".join(offered(kind)))


def may_repeat(field: str, kind: ImportKind) -> bool:
    """Tell whether several columns may be mapped to a field."""
    return field in _SEVERAL.get(kind.value, ())


def offered(kind: ImportKind) -> list[str]:
    """Return the fields of a kind as they are written."""
    free = [f"{head}:<name>" for head in _FREE[kind]]
    return [*FIELDS[kind], *free, "skip"]


def make_plan(
    *,
    kind: ImportKind,
    form: FileFormat,
    mapping: Mapping[str, str],
    key: str | None,
    options: ImportOptions,
    service: str = "",
) -> ImportPlan:
    """Check a mapping of column names to fields, and complete the choices that were left open.

    Raises: UnknownColumn, UnknownField, MissingField, FieldTwice, UnknownZone.
    """
    positions = {name: i for i, name in enumerate(form.columns)}
    used: dict[str, str] = {}
    by_position: dict[int, str] = {}
    for column, text in mapping.items():
        if column not in positions:
            raise UnknownColumn(column=column, columns=", ".join(form.columns[:50]))
        field = parse_field(text, kind)
        if field.kind == "skip":
            continue
        target = f"{field.kind}:{field.name}"
        if target in used and not may_repeat(field.kind, kind):
            raise FieldTwice(field=text, columns=f"{used[target]}, {column}")
        used[target] = column
        by_position[positions[column]] = text.strip()
    kinds = {parse_field(text, kind).kind for text in by_position.values()}
    key = _key(kind, kinds, key)
    for needed in NEEDED.get(kind, ()):
        if needed not in kinds:
            raise MissingField(field=needed)
    if kind is ImportKind.EVENTS and "event" not in kinds and not options.event_name.strip():
        raise MissingField(field="event")
    if kind is ImportKind.CONSENTS and "status" not in kinds and options.effect is None:
        raise MissingField(field="status")
    for column in (*options.empty_of, *options.date_order_of):
        if column not in positions:
            raise UnknownColumn(column=column, columns=", ".join(form.columns[:50]))
    try:
        ZoneInfo(options.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnknownZone(zone=options.timezone) from error
    options = msgspec.structs.replace(
        options,
        decimal=options.decimal or form.decimal,
        date_order=options.date_order or form.date_order,
    )
    if kind is ImportKind.SUPPRESSIONS:
        # What was chosen for consents means nothing on the stop list.
        options = msgspec.structs.replace(
            options,
            effect=options.effect if options.effect in STOPS else None,
            effects={word: effect for word, effect in options.effects.items() if effect in STOPS},
        )
    return ImportPlan(
        kind=kind, form=form, mapping=by_position, key=key, options=options, service=service
    )


def _key(kind: ImportKind, kinds: set[str], key: str | None) -> str:
    people = _PEOPLE.get(kind, IDENTIFIERS)
    mapped = [name for name in people if name in kinds]
    if not mapped and kind in _PEOPLE:
        raise MissingField(field=", ".join(people))
    if key is None or kind is ImportKind.SUPPRESSIONS:
        return mapped[0] if mapped else ""
    if key not in IDENTIFIERS:
        raise UnknownField(field=key, kind="key", fields=", ".join(IDENTIFIERS))
    if key not in mapped:
        raise MissingField(field=key)
    return key
