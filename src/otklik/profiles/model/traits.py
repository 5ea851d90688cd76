"""Traits: what is known of a person, with the moment from which each value holds.

A trait state maps a name to `[value, epoch_ms]`; null is a removal that is remembered. Of two
values the later one holds, and of two of one moment the greater in canonical JSON: so the outcome
depends on what was said, never on the order in which it arrived.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from otklik.kit.i18n import Text

TraitState = dict[str, list[Any]]

NAME_MAX: Final = 200
STRING_MAX: Final = 8_000
DEPTH_MAX: Final = 6
VALUE_BYTES_MAX: Final = 16_000
TRAITS_PER_OBSERVATION_MAX: Final = 300
TRAITS_PER_STATE_MAX: Final = 1_000
FLAT_PER_TRAIT_MAX: Final = 50
"""An object with more leaves than this is a map keyed by data; it is kept as one JSON text."""

_ISO_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?\Z"
)
_canonical = msgspec.json.Encoder(order="deterministic")
_encode = msgspec.json.Encoder()
_decode = msgspec.json.Decoder(TraitState)


class TraitRefusal(StrEnum):
    """Why a trait is not taken."""

    BAD_NAME = "bad_trait_name"
    TOO_LONG = "trait_too_long"
    TOO_DEEP = "trait_too_deep"
    TOO_MANY = "too_many_traits"
    BAD_VALUE = "bad_trait_value"


TRAIT_REFUSAL_TEXTS: Final[dict[TraitRefusal, Text]] = {
    TraitRefusal.BAD_NAME: Text(
        en="The name of a trait has 1 to 200 printable characters.",
        ru="Имя свойства — от 1 до 200 печатных символов.",
    ),
    TraitRefusal.TOO_LONG: Text(
        en="The value of a trait has more than 16 KB, or a text of more than 8,000 characters.",
        ru="Значение свойства больше 16 КБ или содержит текст длиннее 8000 символов.",
    ),
    TraitRefusal.TOO_DEEP: Text(
        en="The value of a trait is nested more than 6 levels deep.",
        ru="Значение свойства вложено глубже 6 уровней.",
    ),
    TraitRefusal.TOO_MANY: Text(
        en="There are more than 300 traits in one event, or 1,000 in one profile.",
        ru="Больше 300 свойств в одном событии или 1000 в одном профиле.",
    ),
    TraitRefusal.BAD_VALUE: Text(
        en="The value of a trait is not JSON: a number without a value, or a broken character.",
        ru="Значение свойства — не JSON: число без значения или испорченный символ.",
    ),
}


class FlatTrait(msgspec.Struct, frozen=True):
    """One trait as segments read it. `number`: also 0/1 for a bool, epoch seconds for a date."""

    name: str
    type: str
    text: str = ""
    number: float = 0.0
    items: tuple[str, ...] = ()


def check_traits(raw: dict[Any, Any]) -> tuple[dict[str, Any], list[tuple[str, TraitRefusal]]]:
    """Return the traits that can be stored, and the names of the others with the reason."""
    kept: dict[str, Any] = {}
    refused: list[tuple[str, TraitRefusal]] = []
    for name, value in raw.items():
        reason = _name_refusal(name)
        if reason is None and len(kept) >= TRAITS_PER_OBSERVATION_MAX:
            reason = TraitRefusal.TOO_MANY
        if reason is None:
            reason = _value_refusal(value)
        if reason is None:
            kept[name.strip()] = value
        else:
            refused.append((str(name)[:NAME_MAX].encode("utf-8", "replace").decode(), reason))
    return kept, refused


def _name_refusal(name: object) -> TraitRefusal | None:
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_MAX:
        return TraitRefusal.BAD_NAME
    return None if name.isprintable() else TraitRefusal.BAD_NAME


def _value_refusal(value: object) -> TraitRefusal | None:
    if value is None or isinstance(value, bool):
        return None
    if type(value) is str and len(value) < 1000 and value.isascii() and "\0" not in value:
        return None
    reason = _walk(value, DEPTH_MAX)
    if reason is not None:
        return reason
    try:
        size = len(_encode.encode(value))
    except (TypeError, ValueError, OverflowError):
        return TraitRefusal.BAD_VALUE
    return TraitRefusal.TOO_LONG if size > VALUE_BYTES_MAX else None


def _walk(value: object, depth: int) -> TraitRefusal | None:
    if isinstance(value, str):
        if len(value) > STRING_MAX:
            return TraitRefusal.TOO_LONG
        broken = "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)
        return TraitRefusal.BAD_VALUE if broken else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return TraitRefusal.BAD_VALUE if abs(value) >= 10**300 else None
    if isinstance(value, float):
        return None if math.isfinite(value) else TraitRefusal.BAD_VALUE
    if not isinstance(value, dict | list | tuple):
        return TraitRefusal.BAD_VALUE
    if depth == 0:
        return TraitRefusal.TOO_DEEP
    inside: Iterable[object] = value
    if isinstance(value, dict):
        if any(_name_refusal(name) for name in value):
            return TraitRefusal.BAD_NAME
        inside = value.values()
    for item in inside:
        reason = _walk(item, depth - 1)
        if reason is not None:
            return reason
    return None


def put_trait(state: TraitState, name: str, value: Any, ms: int) -> bool:
    """Put one value into a state; returns whether the state is another one now."""
    known = state.get(name)
    if known is None:
        if len(state) >= TRAITS_PER_STATE_MAX:
            return False
        state[name] = [value, ms]
        return True
    if known[1] > ms:
        return False
    if known[1] == ms and _canonical.encode(value) <= _canonical.encode(known[0]):
        return False
    state[name] = [value, ms]
    return True


def join_states(states: Iterable[TraitState]) -> TraitState:
    """Return what several states say together; the order of them does not matter."""
    joined: TraitState = {}
    for state in states:
        for name, (value, ms) in state.items():
            known = joined.get(name)
            if (
                known is None
                or ms > known[1]
                or (ms == known[1] and _canonical.encode(value) > _canonical.encode(known[0]))
            ):
                joined[name] = [value, ms]
    return joined


def values_of(state: TraitState) -> dict[str, Any]:
    """Return the traits that hold now, removed ones left out, sorted by name."""
    return {name: state[name][0] for name in sorted(state) if state[name][0] is not None}


def same_values(a: TraitState, b: TraitState) -> bool:
    return _canonical.encode(values_of(a)) == _canonical.encode(values_of(b))


def encode_state(state: TraitState) -> str:
    return _encode.encode(state).decode()


def decode_state(text: str | bytes) -> TraitState:
    return _decode.decode(text)


def flatten(name: str, value: Any) -> list[FlatTrait]:
    """Return a trait as flat rows; nested objects become "address.city"."""
    if isinstance(value, dict) and value:
        rows = [row for key, item in value.items() for row in flatten(f"{name}.{key}", item)]
        if len(rows) <= FLAT_PER_TRAIT_MAX:
            return rows
    return [_flat(name, value)]


def _flat(name: str, value: Any) -> FlatTrait:
    if value is None:
        return FlatTrait(name, "null")
    if isinstance(value, bool):
        return FlatTrait(name, "bool", "true" if value else "false", float(value))
    if isinstance(value, int | float):
        return FlatTrait(name, "number", _canonical.encode(value).decode(), float(value))
    if isinstance(value, str):
        seconds = date_seconds(value)
        if seconds is not None:
            return FlatTrait(name, "date", value, seconds)
        return FlatTrait(name, "string", value)
    if isinstance(value, list | tuple):
        return FlatTrait(name, "list", items=tuple(_item(item) for item in value))
    return FlatTrait(name, "object", _canonical.encode(value).decode())


def _item(value: Any) -> str:
    if isinstance(value, str):
        return value
    return _canonical.encode(value).decode()


def date_seconds(text: str) -> float | None:
    """Return the epoch seconds of an ISO 8601 date or moment; a bare one is read as UTC."""
    if len(text) < 10 or text[4] != "-" or not _ISO_DATE.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def full_name(traits: dict[str, Any]) -> str:
    """Return the person's name out of the usual traits: name, or first and last name."""
    name = _text(traits, "name") or _text(traits, "full_name") or _text(traits, "fullName")
    if name:
        return name
    return f"{first_name(traits)} {last_name(traits)}".strip()


def first_name(traits: dict[str, Any]) -> str:
    return _text(traits, "first_name") or _text(traits, "firstName")


def last_name(traits: dict[str, Any]) -> str:
    return _text(traits, "last_name") or _text(traits, "lastName")


def _text(traits: dict[str, Any], name: str) -> str:
    value = traits.get(name)
    return " ".join(value.split())[:300] if isinstance(value, str) else ""
