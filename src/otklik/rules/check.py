"""Warnings about a definition that is well formed: what it names may not exist, or has other types.

Never errors: a trait or an event may be about to appear, and a segment for it made beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.rules import tree
from otklik.rules.shape import literal

Types = frozenset[str]
_STRING: Types = frozenset({"string"})
_TEXT: Types = frozenset({"string", "date"})
_NUMBER: Types = frozenset({"number"})
_BOOL: Types = frozenset({"bool"})
_DATE: Types = frozenset({"date"})
_LIST: Types = frozenset({"list"})
_TYPES_EN = {
    "string": "text",
    "date": "dates",
    "number": "numbers",
    "bool": "true or false",
    "list": "lists",
    "object": "objects",
    "objects": "lists of objects",
}
_TYPES_RU = {
    "string": "текст",
    "date": "даты",
    "number": "числа",
    "bool": "да или нет",
    "list": "списки",
    "object": "объекты",
    "objects": "списки объектов",
}


class Registry(msgspec.Struct, frozen=True):
    """What exists: types by trait, by event and property, by level and name of an order's field."""

    traits: Mapping[str, Types] = {}
    events: Mapping[str, Mapping[str, Types]] = {}
    order_fields: Mapping[tuple[str, str], Types] = {}


def check(node: tree.Node, registry: Registry) -> list[Problem]:
    """Return a warning for every name that was never seen and every type that was never seen."""
    return list(_check(node, registry, "$"))


def _check(node: tree.Node, registry: Registry, path: str) -> Iterator[Problem]:
    match node:
        case tree.AllOf(of=of) | tree.AnyOf(of=of) | tree.NoneOf(of=of):
            for index, child in enumerate(of):
                yield from _check(child, registry, f"{path}.of[{index}]")
        case tree.TraitCondition(trait=trait, test=test):
            if trait not in registry.traits:
                yield _unknown(f"{path}.trait", "trait", trait)
            else:
                yield from _types(registry.traits[trait], test, f"{path}.test")
        case tree.EventCondition(event=event, filters=filters):
            yield from _events(event, filters, registry, path)
        case tree.EventMeasureCondition(event=event, filters=filters, measure=measure):
            yield from _events(event, filters, registry, path)
            name = getattr(measure, "path", None)
            if name is not None and name not in registry.events.get(event, {name: _TEXT}):
                yield _unknown(f"{path}.measure.path", "property", name)
        case tree.SequenceCondition(steps=steps):
            for index, step in enumerate(steps):
                yield from _events(step.event, step.filters, registry, f"{path}.steps[{index}]")
        case tree.UnfollowedCondition(event=event, filters=filters, next=then):
            yield from _events(event, filters, registry, path)
            yield from _events(then.event, then.filters, registry, f"{path}.next")
        case tree.OrdersCondition(fields=fields):
            for index, field in enumerate(fields):
                place = f"{path}.fields[{index}]"
                types = registry.order_fields.get((field.level, field.name))
                if types is None:
                    yield _unknown(f"{place}.name", "field", field.name)
                else:
                    # A date of an order is no text besides, as one among traits is.
                    yield from _types(types, field.test, f"{place}.test", text=_STRING)
        case _:
            return


def _events(
    event: str, filters: tuple[tree.PropertyFilter, ...], registry: Registry, path: str
) -> Iterator[Problem]:
    properties = registry.events.get(event)
    if properties is None:
        yield _unknown(f"{path}.event", "event", event)
        return
    for index, item in enumerate(filters):
        place = f"{path}.filters[{index}]"
        if item.path not in properties:
            yield _unknown(f"{place}.path", "property", item.path)
        else:
            # Whether a text is a date is only known of each value.
            types = properties[item.path]
            dates = _DATE if "string" in types else frozenset()
            yield from _types(types | dates, item.test, f"{place}.test")


_UNKNOWN = {
    "field": (
        "Orders have no field “{name}”.",
        "У заказов нет поля «{name}».",
    ),
    "trait": (
        "The trait “{name}” has not been seen yet.",
        "Свойство «{name}» пока не встречалось.",
    ),
    "event": ("The event “{name}” has not been seen yet.", "Событие «{name}» пока не встречалось."),
    "property": (
        "The event has not had the property “{name}” yet.",
        "У события пока не было параметра «{name}».",
    ),
}


def _unknown(path: str, what: str, name: str) -> Problem:
    en, ru = (text.replace("{name}", literal(name)) for text in _UNKNOWN[what])
    return Problem(path, Text(en=en, ru=ru), code=f"unknown_{what}")


def _types(seen: Types, test: tree.Test, path: str, *, text: Types = _TEXT) -> Iterator[Problem]:
    wanted = types_of(test)
    if wanted == _TEXT:
        wanted = text
    if wanted is None or wanted & seen:
        return
    en = " or ".join(sorted(_TYPES_EN.get(name, name) for name in wanted))
    ru = " или ".join(sorted(_TYPES_RU.get(name, name) for name in wanted))
    has_en = ", ".join(sorted(_TYPES_EN.get(name, name) for name in seen))
    has_ru = ", ".join(sorted(_TYPES_RU.get(name, name) for name in seen))
    yield Problem(
        path,
        Text(
            en=f"This test is for {en}, but the values seen so far are {has_en}.",
            ru=f"Проверка рассчитана на {ru}, а пока встречались только {has_ru}.",
        ),
        code="type_mismatch",
    )


def types_of(test: tree.Test) -> Types | None:
    """Return the types of values that the test can tell apart; None: any type."""
    match test:
        case tree.Eq(value=value) | tree.Neq(value=value):
            return _of_scalar(value)
        case tree.In(values=values) | tree.NotIn(values=values):
            return frozenset().union(*(_of_scalar(value) for value in values))
        case tree.Contains() | tree.StartsWith() | tree.EndsWith():
            return _TEXT
        case tree.Gt() | tree.Gte() | tree.Lt() | tree.Lte() | tree.Between():
            return _NUMBER
        case tree.IsTrue() | tree.IsFalse():
            return _BOOL
        case tree.HasAny() | tree.HasNone():
            return _LIST
        case tree.IsSet() | tree.IsNotSet():
            return None
        case _:
            return _DATE


def _of_scalar(value: tree.Scalar) -> Types:
    match value:
        case bool():
            return _BOOL
        case str():
            return _TEXT
        case _:
            return _NUMBER
