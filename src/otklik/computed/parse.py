"""From JSON to a definition: the only way in.

What a definition shares with conditions of segments (events, filters, windows, statuses) is read
by the parser of conditions, so both refuse the same things with the same words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import msgspec

from otklik.computed import model as m
from otklik.computed.errors import ComputedTraitInvalid
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.rules import tree
from otklik.rules.errors import DefinitionInvalid
from otklik.rules.parse import parse as parse_condition
from otklik.rules.shape import translate

_KINDS: dict[str, type[m.EventTrait | m.OrderTrait | m.RfmTrait | m.ScoreTrait]] = {
    "event": m.EventTrait,
    "orders": m.OrderTrait,
    "rfm": m.RfmTrait,
    "score": m.ScoreTrait,
}


def parse(value: object) -> m.Definition:
    """Return the definition. Raises: ComputedTraitInvalid with a problem per wrong place."""
    kind = value.get("kind") if isinstance(value, Mapping) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        allowed = ", ".join(_KINDS)
        raise ComputedTraitInvalid(
            problems=[
                Problem(
                    "$.kind",
                    Text(
                        en=f"Unknown kind of computed trait. Allowed: {allowed}.",
                        ru=f"Неизвестный вид вычисляемого свойства. Возможны: {allowed}.",
                    ),
                    code="unknown_kind",
                )
            ]
        )
    try:
        definition: m.Definition = msgspec.convert(value, _KINDS[kind])
    except (msgspec.ValidationError, RecursionError) as error:
        raise ComputedTraitInvalid(problems=[translate(error, "$")]) from error
    problems = list(_problems(definition))
    if problems:
        raise ComputedTraitInvalid(problems=problems)
    return definition


def of_stored(value: Any) -> m.Definition:
    """Return a stored definition; it was checked when it was saved."""
    definition: m.Definition = msgspec.convert(value, _KINDS[value["kind"]])
    return definition


def to_builtins(definition: m.Definition) -> dict[str, Any]:
    """Return the JSON form with every default written out, as it is stored."""
    result: dict[str, Any] = msgspec.to_builtins(definition)
    return result


def name_problems(name: str, title: str) -> list[Problem]:
    """Return what is wrong with the name and the title."""
    problems = []
    stripped = name.strip()
    if not 0 < len(stripped) <= m.NAME_MAX or not stripped.isprintable():
        problems.append(
            Problem(
                "$.name",
                Text(
                    en=f"The name of a trait has 1 to {m.NAME_MAX} printable characters.",
                    ru=f"Имя свойства — от 1 до {m.NAME_MAX} печатных символов.",
                ),
                code="bad_name",
            )
        )
    elif "." in stripped:
        problems.append(
            Problem(
                "$.name",
                Text(
                    en="The name of a computed trait has no dots.",
                    ru="В имени вычисляемого свойства не бывает точек.",
                ),
                code="bad_name",
            )
        )
    elif stripped in m.RESERVED:
        problems.append(
            Problem(
                "$.name",
                Text(
                    en="This trait says who a person is and can't be computed.",
                    ru="Это свойство говорит, кто человек; вычислять его нельзя.",
                ),
                code="reserved_name",
            )
        )
    if len(title.strip()) > m.TITLE_MAX or not title.isprintable():
        problems.append(
            Problem(
                "$.title",
                Text(
                    en=f"The title has at most {m.TITLE_MAX} printable characters.",
                    ru=f"В заголовке не больше {m.TITLE_MAX} печатных символов.",
                ),
                code="bad_title",
            )
        )
    return problems


def _problems(definition: m.Definition) -> Iterator[Problem]:
    match definition:
        case m.EventTrait():
            yield from _event(definition.event, definition.filters, definition.window, "$")
            path = getattr(definition.measure, "property", None)
            if path is not None:
                yield from _property(path)
        case m.OrderTrait():
            yield from _orders(definition)
        case m.RfmTrait():
            yield from _orders(m.OrderTrait("count", definition.statuses, definition.window))
            if definition.bounds is not None:
                yield from _bounds(definition.bounds)
        case m.ScoreTrait():
            yield from _score(definition)


def _event(
    event: str, filters: tuple[tree.PropertyFilter, ...], window: tree.Window, path: str
) -> Iterator[Problem]:
    node = tree.EventCondition(event=event, filters=filters, window=window)
    yield from _of_condition(node, path)


def _orders(trait: m.OrderTrait) -> Iterator[Problem]:
    yield from _of_condition(
        tree.OrdersCondition(
            measure=tree.OrderCount(test=tree.CountAtLeast(n=1)),
            statuses=trait.statuses,
            window=trait.window,
            products=trait.products,
            categories=trait.categories,
            vendors=trait.vendors,
        ),
        "$",
    )


def _property(path: str) -> Iterator[Problem]:
    node = tree.EventCondition(
        event="any", filters=(tree.PropertyFilter(path=path, test=tree.IsSet()),)
    )
    for problem in _of_condition(node, "$"):
        yield Problem("$.measure.property", problem.message, code=problem.code)


def _of_condition(node: tree.Node, path: str) -> Iterator[Problem]:
    try:
        parse_condition(tree.to_builtins(node))
    except DefinitionInvalid as error:
        for problem in error.problems:
            yield Problem(path + problem.path.removeprefix("$"), problem.message, code=problem.code)


def _bounds(bounds: m.RfmBounds) -> Iterator[Problem]:
    for name in ("recency", "frequency", "monetary"):
        values: m.Bounds = getattr(bounds, name)
        ascending = all(a < b for a, b in pairwise(values))
        if len(values) != m.PARTS - 1 or not ascending or not all(map(_usable, values)):
            yield Problem(
                f"$.bounds.{name}",
                Text(
                    en="Four numbers are needed, each greater than the one before.",
                    ru="Нужны четыре числа, каждое больше предыдущего.",
                ),
                code="bad_bounds",
            )


def _usable(value: float) -> bool:
    return math.isfinite(value) and abs(value) <= tree.AMOUNT_MAX


def _score(score: m.ScoreTrait) -> Iterator[Problem]:
    if not 1 <= len(score.actions) <= m.ACTIONS_MAX:
        yield Problem(
            "$.actions",
            Text(
                en=f"A score has 1 to {m.ACTIONS_MAX} actions.",
                ru=f"В оценке от 1 до {m.ACTIONS_MAX} действий.",
            ),
            code="bad_count",
        )
    for index, action in enumerate(score.actions):
        path = f"$.actions[{index}]"
        window = score.window if index == 0 else tree.ALL_TIME
        for problem in _event(action.event, action.filters, window, path):
            place = problem.path.replace(f"{path}.window", "$.window")
            yield Problem(place, problem.message, code=problem.code)
        if not action.points or abs(action.points) > m.POINTS_MAX:
            yield _out_of_range(f"{path}.points", 1, m.POINTS_MAX, either_sign=True)
        for name in ("day_cap", "cap"):
            cap = getattr(action, name)
            if cap is not None and not 1 <= cap <= m.CAP_MAX:
                yield _out_of_range(f"{path}.{name}", 1, m.CAP_MAX)
    half_life = score.half_life_days
    if half_life is not None and not 1 <= half_life <= m.HALF_LIFE_MAX:
        yield _out_of_range("$.half_life_days", 1, m.HALF_LIFE_MAX)
    yield from _limits(score)
    yield from _levels(score.levels)


def _limits(score: m.ScoreTrait) -> Iterator[Problem]:
    for name, value in (("low", score.low), ("high", score.high)):
        if value is not None and not (math.isfinite(value) and abs(value) <= m.CAP_MAX):
            yield _out_of_range(f"$.{name}", -m.CAP_MAX, m.CAP_MAX)
    if score.low is not None and score.high is not None and score.low >= score.high:
        yield Problem(
            "$.high",
            Text(
                en="The greatest score is not above the least one.",
                ru="Наибольшая оценка не выше наименьшей.",
            ),
            code="wrong_order",
        )


def _levels(levels: tuple[m.Level, ...]) -> Iterator[Problem]:
    if len(levels) > m.LEVELS_MAX:
        yield _out_of_range("$.levels", 0, m.LEVELS_MAX)
    for index, level in enumerate(levels):
        name = level.name.strip()
        if not 0 < len(name) <= m.NAME_MAX or not name.isprintable() or name != level.name:
            yield Problem(
                f"$.levels[{index}].name",
                Text(en="A level needs a name.", ru="У уровня должно быть название."),
                code="bad_name",
            )
        if not _usable(level.start):
            yield _out_of_range(f"$.levels[{index}].start", -m.CAP_MAX, m.CAP_MAX)
    if not _ascending(level.start for level in levels):
        yield Problem(
            "$.levels",
            Text(
                en="Each level begins above the one before.",
                ru="Каждый уровень начинается выше предыдущего.",
            ),
            code="wrong_order",
        )
    if len({level.name for level in levels}) != len(levels):
        yield Problem(
            "$.levels",
            Text(en="Two levels have one name.", ru="У двух уровней одно название."),
            code="duplicate",
        )


def _ascending(values: Iterable[float]) -> bool:
    return all(a < b for a, b in pairwise(values))


def _out_of_range(path: str, low: int, high: int, *, either_sign: bool = False) -> Problem:
    also_en = ", or below zero" if either_sign else ""
    also_ru = ", можно со знаком минус" if either_sign else ""
    return Problem(
        path,
        Text(
            en=f"A whole number from {low} to {high} is needed{also_en}.",
            ru=f"Нужно число от {low} до {high}{also_ru}.",
        ),
        code="out_of_range",
    )
