"""The words of events, and the rule that finds the properties of an event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

NAMES_MAX = 5_000
"""Event names of one workspace that are registered; later ones are stored but not offered."""
PATHS_MAX = 500
"""Properties of one event name that are registered."""
LEVELS_MAX = 8
"""Nesting below which properties are stored but not registered."""
_ITEMS_LOOKED_AT = 20
_SAMPLE_CHARS = 100


class PropertyType(StrEnum):
    """What a value is to a condition: the JSON types, with lists of objects apart."""

    STRING = "string"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"
    OBJECTS = "objects"


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event as it is read. `profile_id` is the profile of today, after merges."""

    message_id: str
    profile_id: int
    name: str
    type: str
    time: datetime
    received_at: datetime
    user_id: str
    anonymous_id: str
    properties: dict[str, Any]
    context: dict[str, Any]
    source: str


class PropertyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A property of an event name. One path may have several types: then it is listed twice."""

    path: str
    type: PropertyType
    sample: Any


class EventName(msgspec.Struct, frozen=True, kw_only=True):
    """A registered event name with its properties."""

    name: str
    type: str
    first_seen: datetime
    last_seen: datetime
    properties: list[PropertyInfo]


class EventCount(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    total: int
    last_day: int
    """In the last 24 hours."""


class DayCount(msgspec.Struct, frozen=True, kw_only=True):
    """`date` is YYYY-MM-DD in the workspace's time zone; `people` counts profiles."""

    date: str
    events: int
    people: int


class ValueCount(msgspec.Struct, frozen=True, kw_only=True):
    value: str
    count: int


def paths_of(properties: dict[str, Any]) -> Iterator[tuple[str, PropertyType, Any]]:
    """Give (path, type, sample) of every property, nested ones by their dotted path.

    A key that has a dot itself names the same path as an object would: so ClickHouse stores it.
    """
    stack: list[tuple[str, Any, int]] = [(k, v, 1) for k, v in reversed(properties.items())]
    while stack:
        path, value, level = stack.pop()
        if isinstance(value, bool):
            yield path, PropertyType.BOOL, value
        elif isinstance(value, str):
            yield path, PropertyType.STRING, value[:_SAMPLE_CHARS]
        elif isinstance(value, int | float):
            yield path, PropertyType.NUMBER, value
        elif level > LEVELS_MAX:
            continue
        elif isinstance(value, dict):
            stack.extend((f"{path}.{k}", v, level + 1) for k, v in reversed(value.items()))
        elif isinstance(value, list) and value:
            objects = [v for v in value[:_ITEMS_LOOKED_AT] if isinstance(v, dict)]
            yield path, PropertyType.OBJECTS if objects else PropertyType.LIST, None
            for entry in objects:
                stack.extend((f"{path}[].{k}", v, level + 1) for k, v in entry.items())


def shape_of(properties: dict[str, Any], level: int = 0) -> tuple[Any, ...]:
    """Return something hashable that is equal for properties with the same paths and types."""
    kinds = tuple(map(type, properties.values()))
    if dict not in kinds and list not in kinds:
        return (*properties, *kinds)
    if level > LEVELS_MAX:
        return ()
    nested = tuple(
        shape_of(v, level + 1) if isinstance(v, dict) else _list_shape(v, level + 1)
        for v in properties.values()
        if isinstance(v, dict | list)
    )
    return (*properties, *kinds, nested)


def _list_shape(values: list[Any], level: int) -> Any:
    objects = [v for v in values[:_ITEMS_LOOKED_AT] if isinstance(v, dict)]
    if not objects:
        return bool(values)
    return frozenset(shape_of(v, level) for v in objects)
