"""Fields of a workspace's own on orders and their lines: what they are, and how values are read.

An event may say anything about an order: a licence's last day, a delivery slot, a cashier. What it
says is kept as it was told (bounded), and the workspace names the parts that matter, with types.
So a field that is named today is filled for the orders of yesterday too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

Scalar = str | float | bool
"""A typed value as it is kept: dates are texts in ISO 8601, in UTC when they have a time."""

NAMES_MAX: Final = 40
NAME_LENGTH: Final = 100
VALUE_LENGTH: Final = 300
DEPTH_MAX: Final = 3
FIELDS_MAX: Final = 50

MADE_AT: Final = {
    "source": ("source", "order_source", "channel"),
    "shop": ("shop", "store", "affiliation"),
    "number": ("number", "order_number"),
}
"""Where an order was made and the number that the buyer knows, by the usual names of each."""

_SPACES: Final = re.compile(r"[\s\u00a0\u202f]+")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,15}(?:[.,][0-9]{1,9})?")
_DAY: Final = re.compile(
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_TRUE: Final = frozenset({"true", "1", "yes", "y", "да", "истина"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "нет", "ложь"})


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOL = "bool"


class FieldLevel(StrEnum):
    ORDER = "order"
    LINE = "line"


class OrderField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a workspace. `field`: its name in segments and letters. `source`: its name in
    events and imports; a dot goes inside an object ("delivery.city")."""

    field: str
    level: FieldLevel
    type: FieldType
    title: str
    source: str


class FoundField(msgspec.Struct, frozen=True, kw_only=True):
    """Something that orders say and no field takes yet; `orders`: of the latest 1,000."""

    source: str
    level: FieldLevel
    orders: int
    samples: list[str]
    suggested: FieldType


class FieldChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A field as conditions offer it. `samples`: its commonest values in the latest 1,000 orders,
    as they are kept (a date in ISO 8601, a bool as true or false), at most 20."""

    field: str
    level: FieldLevel
    type: FieldType
    title: str
    samples: list[Scalar]


def told(properties: Mapping[str, Any], known: frozenset[str]) -> dict[str, Scalar]:
    """Return what properties say beyond the `known` ones: texts, numbers, truths; bounded."""
    found: dict[str, Scalar] = {}
    _gather(found, "", {k: v for k, v in properties.items() if k not in known}, 1)
    return found


def _gather(found: dict[str, Scalar], before: str, inside: Mapping[str, Any], depth: int) -> None:
    # Sorted, so that which names fit does not depend on the order in which they were written.
    for name in sorted(key for key in inside if isinstance(key, str)):
        value, path = inside[name], clean(f"{before}{name}")
        if isinstance(value, dict):
            if depth < DEPTH_MAX:
                _gather(found, f"{path}.", value, depth + 1)
            continue
        if isinstance(value, str):
            value = clean(value)[:VALUE_LENGTH]
        if not isinstance(value, str | int | float | bool) or value == "" or not path:
            continue
        if not isinstance(value, str) and not abs(value) < 1e15:  # Nor is it when it is no number.
            continue
        if len(path) <= NAME_LENGTH and len(found) < NAMES_MAX:
            found[path] = value


def clean(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip()


def project(
    extra: Mapping[str, Scalar], fields: Iterable[OrderField], level: FieldLevel
) -> dict[str, Scalar]:
    """Return the values of the fields of one level; what cannot be read as its type is left out."""
    found: dict[str, Scalar] = {}
    for field in fields:
        if field.level is level and field.source in extra:
            value = typed(extra[field.source], field.type)
            if value is not None:
                found[field.field] = value
    return found


def typed(value: Scalar, as_type: FieldType) -> Scalar | None:
    """Read a value as a type; None when it is none."""
    if as_type is FieldType.TEXT:
        return str(value).lower() if isinstance(value, bool) else _plain(value)
    if as_type is FieldType.BOOL:
        word = _plain(value).lower()
        return True if word in _TRUE else False if word in _FALSE else None
    if as_type is FieldType.NUMBER:
        if isinstance(value, bool):
            return None
        bare = _SPACES.sub("", _plain(value))
        return float(Decimal(bare.replace(",", "."))) if _NUMBER.fullmatch(bare) else None
    moment = date_of(value)
    return None if moment is None else moment[0]


def _plain(value: Scalar) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def date_of(value: Scalar) -> tuple[str, float] | None:
    """Read a date or a moment: (ISO 8601, seconds of the epoch), or None.

    ISO 8601, 31.01.2027 [10:00[:00]], or seconds or milliseconds of the epoch. Without a zone: UTC.
    """
    if isinstance(value, bool):
        return None
    written = _plain(value)
    found = _DAY.fullmatch(written)
    try:
        if found:
            day, month, year, hour, minute, second = found.groups()
            moment = datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
                tzinfo=UTC,
            )  # fmt: skip
            has_time = hour is not None
        elif written.isascii() and written.isdigit() and len(written) in {10, 13}:
            moment = datetime.fromtimestamp(int(written) / (1000 if len(written) == 13 else 1), UTC)
            has_time = True
        elif len(written) >= 10 and written[4:5] == "-":
            moment = datetime.fromisoformat(written)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            has_time = len(written) > 10
        else:
            return None
    except (ValueError, OverflowError):
        return None
    shown = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    return (shown if has_time else moment.date().isoformat()), moment.timestamp()


def number_of(value: Scalar, as_type: FieldType) -> float | None:
    """Return a typed value as ClickHouse compares it; None for texts."""
    if as_type is FieldType.TEXT:
        return None
    if as_type is FieldType.DATE:
        found = date_of(value)
        return None if found is None else found[1]
    return float(value)


def suggest(samples: Iterable[Scalar]) -> FieldType:
    """Return the narrowest type that all samples can be read as."""
    kept = list(samples)
    for one in (FieldType.BOOL, FieldType.DATE, FieldType.NUMBER):
        if kept and all(typed(value, one) is not None for value in kept):
            only_digits = one is FieldType.BOOL and all(_plain(v) in {"0", "1"} for v in kept)
            if not only_digits:
                return one
    return FieldType.TEXT
