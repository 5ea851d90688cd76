"""From JSON to a condition tree: the only way in.

Whatever comes in, the answer is a tree within the limits or `DefinitionInvalid` that names every
wrong place by its JSON path. Nothing here looks at which traits or events exist: see `check`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.rules import tree
from otklik.rules.errors import DefinitionInvalid
from otklik.rules.parse_values import PROBLEMS_MAX, ValueChecks, shown
from otklik.rules.shape import literal, translate

_GROUPS: dict[str, type[tree.AllOf | tree.AnyOf | tree.NoneOf]] = {
    "all": tree.AllOf,
    "any": tree.AnyOf,
    "none": tree.NoneOf,
}
_LEAVES: dict[str, type[Any]] = {
    "everyone": tree.Everyone,
    "trait": tree.TraitCondition,
    "event": tree.EventCondition,
    "event_measure": tree.EventMeasureCondition,
    "sequence": tree.SequenceCondition,
    "not_followed": tree.UnfollowedCondition,
    "orders": tree.OrdersCondition,
    "product": tree.ProductCondition,
    "consent": tree.ConsentCondition,
    "message": tree.MessageCondition,
    "visit": tree.VisitCondition,
    "identifier": tree.IdentifierCondition,
    "seen": tree.SeenCondition,
    "email_domain": tree.EmailDomainCondition,
    "segment": tree.SegmentCondition,
}
_DOMAIN = re.compile(r"[^\s@,/]{1,190}\.[^\s@,/.]{2,63}")
_VISIT_TESTS = (
    tree.Eq,
    tree.Neq,
    tree.In,
    tree.NotIn,
    tree.Contains,
    tree.StartsWith,
    tree.EndsWith,
    tree.IsSet,
    tree.IsNotSet,
)


def parse_json(source: bytes | str) -> tree.Node:
    """Parse a definition from JSON text. Raises: DefinitionInvalid."""
    try:
        value = msgspec.json.decode(source)
    except (msgspec.MsgspecError, UnicodeError) as error:
        detail = literal(str(error))
        raise _invalid(
            [
                Problem(
                    "$",
                    Text(en=f"This is not JSON: {detail}.", ru=f"Это не JSON: {detail}."),
                    code="not_json",
                )
            ]
        ) from error
    except RecursionError as error:
        raise too_deep() from error
    return parse(value)


def parse(value: object) -> tree.Node:
    """Parse a definition from decoded JSON. Raises: DefinitionInvalid."""
    reader = _Reader()
    node = reader.node(value, "$", depth=1)
    if reader.problems or node is None:
        raise _invalid(reader.problems)
    return node


def parse_filters(value: object) -> tuple[tree.PropertyFilter, ...]:
    """Parse a list of property filters alone, as goals of campaigns have. Raises the same."""
    reader = _Reader()
    try:
        filters = msgspec.convert(value, tuple[tree.PropertyFilter, ...])
    except (msgspec.ValidationError, RecursionError) as error:
        raise _invalid([translate(error, "$")]) from error
    reader.filters(filters, "$")
    if reader.problems:
        raise _invalid(reader.problems)
    return filters


def _invalid(problems: list[Problem]) -> DefinitionInvalid:
    return DefinitionInvalid(problems=problems, count=len(problems))


def too_deep() -> DefinitionInvalid:
    """Return the error for JSON that is nested deeper than a decoder goes."""
    return _invalid([_too_deep("$")])


def _too_deep(path: str) -> Problem:
    return Problem(
        path,
        Text(
            en=f"Groups may be nested at most {tree.DEPTH_MAX} deep.",
            ru=f"Группы можно вкладывать не глубже {tree.DEPTH_MAX} уровней.",
        ),
        code="too_deep",
    )


class _Reader(ValueChecks):
    """Walks the input once, collecting problems instead of stopping at the first."""

    def node(self, value: object, path: str, depth: int) -> tree.Node | None:
        self.count += 1
        if self.count > tree.NODES_MAX:
            if self.count == tree.NODES_MAX + 1:
                self.say(
                    path,
                    f"A definition may have at most {tree.NODES_MAX} conditions and groups.",
                    f"В сегменте может быть не больше {tree.NODES_MAX} условий и групп.",
                    code="too_many_nodes",
                )
            return None
        if depth > tree.DEPTH_MAX:
            self.problems.append(_too_deep(path))
            return None
        if not isinstance(value, dict):
            self.say(
                path,
                "A condition must be an object with the field “kind”.",
                "Условие должно быть объектом с полем «kind».",
                code="wrong_type",
            )
            return None
        kind = value.get("kind")
        if isinstance(kind, str) and kind in _GROUPS:
            return self.group(_GROUPS[kind], value, path, depth)
        if isinstance(kind, str) and kind in _LEAVES:
            return self.leaf(_LEAVES[kind], value, path)
        allowed = ", ".join([*_GROUPS, *_LEAVES])
        self.say(
            f"{path}.kind",
            f"Unknown kind of condition. Allowed: {allowed}.",
            f"Неизвестный вид условия. Возможны: {allowed}.",
            code="unknown_kind",
        )
        return None

    def group(
        self,
        group: type[tree.AllOf | tree.AnyOf | tree.NoneOf],
        value: dict[Any, Any],
        path: str,
        depth: int,
    ) -> tree.Node | None:
        for key in value:
            if key not in ("kind", "of"):
                self.say(
                    f"{path}.{shown(key)}",
                    "A group has only the fields “kind” and “of”.",
                    "У группы есть только поля «kind» и «of».",
                    code="unknown_field",
                )
        children = value.get("of")
        if not isinstance(children, list | tuple):
            self.say(
                f"{path}.of",
                "A group needs a list of conditions.",
                "Группе нужен список условий.",
                code="wrong_type",
            )
            return None
        if not children:
            self.say(
                f"{path}.of",
                "The group is empty. Add a condition, or use “everyone”.",
                "Группа пуста. Добавьте условие или выберите «все».",
                code="empty_group",
            )
            return None
        nodes = []
        for index, child in enumerate(children):
            nodes.append(self.node(child, f"{path}.of[{index}]", depth + 1))
            if self.count > tree.NODES_MAX:
                return None
        if any(node is None for node in nodes):
            return None
        return group(of=tuple(node for node in nodes if node is not None))

    def leaf(self, kind: type[Any], value: dict[Any, Any], path: str) -> tree.Node | None:
        try:
            node: tree.Node = msgspec.convert(value, kind)
        except (msgspec.ValidationError, RecursionError) as error:
            if len(self.problems) < PROBLEMS_MAX:
                self.problems.append(translate(error, path))
            return None
        match node:
            case tree.TraitCondition():
                self.name(node.trait, f"{path}.trait")
                self.test(node.test, f"{path}.test")
            case tree.EventCondition():
                self.name(node.event, f"{path}.event")
                self.count_test(node.test, f"{path}.test")
                self.window(node.window, f"{path}.window")
                self.filters(node.filters, f"{path}.filters")
                self.times(node.times, f"{path}.times")
            case tree.EventMeasureCondition():
                self.name(node.event, f"{path}.event")
                self.event_measure(node.measure, f"{path}.measure")
                self.window(node.window, f"{path}.window")
                self.filters(node.filters, f"{path}.filters")
                self.times(node.times, f"{path}.times")
            case tree.SequenceCondition():
                self.sequence(node, path)
            case tree.UnfollowedCondition():
                self.step(node.event, node.filters, path)
                self.step(node.next.event, node.next.filters, f"{path}.next")
                self.within(node.within, f"{path}.within")
                self.window(node.window, f"{path}.window")
            case tree.OrdersCondition():
                self.orders(node, path)
            case tree.ProductCondition():
                self.product(node, path)
            case tree.MessageCondition():
                self.message(node, path)
            case tree.SeenCondition(test=date):
                self.test(date, f"{path}.test")
            case tree.VisitCondition():
                self.visit(node, path)
            case tree.EmailDomainCondition():
                self.values(node.domains, f"{path}.domains")
                for index, domain in enumerate(node.domains):
                    if not _DOMAIN.fullmatch(domain):
                        self.say(
                            f"{path}.domains[{index}]",
                            "A domain such as “example.com” is needed, without the sign @.",
                            "Нужен домен вида «example.com», без знака @.",
                            code="bad_domain",
                        )
            case tree.ConsentCondition():
                if node.channel or not node.purpose:
                    self.name(node.channel, f"{path}.channel")
                if node.purpose:
                    self.name(node.purpose, f"{path}.purpose")
                if node.topic:
                    self.name(node.topic, f"{path}.topic")
        return node

    def orders(self, node: tree.OrdersCondition, path: str) -> None:
        at = f"{path}.measure.test"
        match node.measure:
            case tree.OrderCount(test=test):
                self.count_test(test, at)
            case (
                tree.OrderSum(test=amount)
                | tree.OrderAverage(test=amount)
                | tree.OrderLargest(test=amount)
                | tree.OrderUnits(test=amount)
                | tree.OrderLinesSum(test=amount)
            ):
                self.amount_test(amount, at)
            case tree.FirstOrder(test=date) | tree.LastOrder(test=date):
                self.test(date, at)
        self.values(node.statuses, f"{path}.statuses")
        self.window(node.window, f"{path}.window")
        self.lists(node, path)
        if node.price is not None:
            self.amount_test(node.price, f"{path}.price")
        if len(node.fields) > tree.FILTERS_MAX:
            self.say(
                f"{path}.fields",
                f"At most {tree.FILTERS_MAX} fields are allowed.",
                f"Можно задать не больше {tree.FILTERS_MAX} полей.",
                code="too_many",
            )
        self.count += len(node.fields)
        for index, item in enumerate(node.fields):
            self.name(item.name, f"{path}.fields[{index}].name")
            self.test(item.test, f"{path}.fields[{index}].test")
            if isinstance(item.test, tree.ListTest):
                self.say(
                    f"{path}.fields[{index}].test.op",
                    "A field of an order holds one value.",
                    "В поле заказа одно значение.",
                    code="not_allowed",
                )

    def product(self, node: tree.ProductCondition, path: str) -> None:
        self.count_test(node.test, f"{path}.test")
        self.window(node.window, f"{path}.window")
        self.lists(node, path)
        if node.price is not None:
            self.amount_test(node.price, f"{path}.price")

    def lists(self, node: tree.OrdersCondition | tree.ProductCondition, path: str) -> None:
        """Check which products, by id, by category and by vendor."""
        for name in ("products", "categories", "vendors"):
            values = getattr(node, name)
            if values:
                self.values(values, f"{path}.{name}")

    def message(self, node: tree.MessageCondition, path: str) -> None:
        if node.channel:
            self.name(node.channel, f"{path}.channel")
        self.text(node.link, f"{path}.link")
        if node.link and node.fact != "clicked":
            self.say(
                f"{path}.link",
                "Only a click has a link.",
                "Ссылка есть только у клика.",
                code="not_allowed",
            )
        if len(node.sources) > tree.SOURCES_MAX:
            self.say(
                f"{path}.sources",
                f"At most {tree.SOURCES_MAX} campaigns are allowed.",
                f"Можно выбрать не больше {tree.SOURCES_MAX} рассылок.",
                code="too_many",
            )
        self.count_test(node.test, f"{path}.test")
        self.window(node.window, f"{path}.window")

    def visit(self, node: tree.VisitCondition, path: str) -> None:
        self.window(node.window, f"{path}.window")
        self.test(node.test, f"{path}.test")
        if not isinstance(node.test, _VISIT_TESTS):
            self.say(
                f"{path}.test.op",
                "Visits are described by texts; only tests of texts fit.",
                "Визиты описаны текстами, подходят только проверки текста.",
                code="not_allowed",
            )
            return
        values = getattr(node.test, "values", (getattr(node.test, "value", ""),))
        if not all(isinstance(value, str) for value in values):
            self.say(f"{path}.test", "A text is needed.", "Нужен текст.", code="wrong_type")

    def sequence(self, node: tree.SequenceCondition, path: str) -> None:
        if not 2 <= len(node.steps) <= tree.STEPS_MAX:
            self.say(
                f"{path}.steps",
                f"A sequence has 2 to {tree.STEPS_MAX} steps.",
                f"В цепочке должно быть от 2 до {tree.STEPS_MAX} шагов.",
                code="out_of_range",
            )
        for index, step in enumerate(node.steps[: tree.STEPS_MAX]):
            self.count += 1
            self.step(step.event, step.filters, f"{path}.steps[{index}]")
        self.within(node.within, f"{path}.within")
        self.window(node.window, f"{path}.window")

    def step(self, event: str, filters: tuple[tree.PropertyFilter, ...], path: str) -> None:
        self.name(event, f"{path}.event")
        self.filters(filters, f"{path}.filters")

    def within(self, period: tree.Period | None, path: str) -> None:
        if period is not None:
            self.amount_of_time(period.amount, period.unit, f"{path}.amount")

    def event_measure(self, measure: tree.EventMeasure, path: str) -> None:
        match measure:
            case (
                tree.EventSum(path=name, test=amount)
                | tree.EventAverage(path=name, test=amount)
                | tree.EventSmallest(path=name, test=amount)
                | tree.EventLargest(path=name, test=amount)
            ):
                self.property_path(name, f"{path}.path")
                self.amount_test(amount, f"{path}.test")
            case tree.EventValues(path=name, test=count):
                self.property_path(name, f"{path}.path")
                self.count_test(count, f"{path}.test")
            case tree.EventDays(test=count):
                self.count_test(count, f"{path}.test")
            case tree.EventFirst(test=date) | tree.EventLast(test=date):
                self.test(date, f"{path}.test")
