"""What a letter asks of single orders, lines of orders and items of feeds.

Names that stand in loops belong to whatever list the loop goes through, so the engine's own
analysis has nothing to say of them. Here the names of loops and `assign` are followed back to the
lists that letters know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.expression import Expression

from otklik.content.engine.variables import (
    ARTICLES,
    FEEDS,
    ITEM,
    LAST_ORDER,
    LINE,
    ORDER,
    ORDERS,
)

_ALL = "all "
_FEEDS_BY_KEY = "feeds by key"
_ROOTS = {
    ORDERS: _ALL + ORDER,
    LAST_ORDER: ORDER,
    ARTICLES: _ALL + ITEM,
    FEEDS: _FEEDS_BY_KEY,
}
_KEEP_LISTS = frozenset(
    ["compact", "concat", "reverse", "slice", "sort", "sort_natural", "uniq", "where"]
)
_TAKE_ONE = frozenset(["first", "last"])
# It serves templates that load others, which letters can't.
_NO_CONTEXT = cast("RenderContext", None)
_Scope = Mapping[str, str | None]
"""What a name stands for: an element, "all " of an element, or nothing that is known."""


class ElementField(NamedTuple):
    """`kind` and `field` as the known names have them ("line", "price"); `shown`: as written.

    `offset` is the place of the name in the source.
    """

    kind: str
    field: str
    shown: str
    offset: int


def element_fields(template: BoundTemplate) -> Iterator[ElementField]:
    """Yield what is asked of elements of lists: in loops, by number, by `first` and `last`."""
    given: dict[str, str | None] = {}
    for node in template.nodes:
        yield from _of_node(node, given, {})


def _of_node(
    node: Node, given: dict[str, str | None], loops: Mapping[str, str | None]
) -> Iterator[ElementField]:
    scope: _Scope = {**given, **loops}
    for expression in node.expressions():
        yield from _of_expression(expression, scope)
    for name in node.template_scope():
        given[str(name)] = _given(node, scope)
    inside = dict(loops)
    if isinstance(node, ForNode):
        inside["forloop"] = None
        inside[str(node.expression.identifier)] = _one_of(_kind(node.expression.iterable, scope))
    for child in node.children(_NO_CONTEXT, include_partials=False):
        yield from _of_node(child, given, inside)


def _given(node: Node, scope: _Scope) -> str | None:
    if not isinstance(node, AssignNode):
        return None
    expression = node.expression
    if not isinstance(expression, FilteredExpression):
        return None
    kind = _kind(expression.left, scope)
    for one in expression.filters or ():
        if one.name in _TAKE_ONE:
            kind = _one_of(kind)
        elif one.name not in _KEEP_LISTS or not (kind or "").startswith(_ALL):
            return None
    return kind


def _kind(expression: Expression, scope: _Scope) -> str | None:
    if isinstance(expression, FilteredExpression) and not expression.filters:
        expression = expression.left
    return _walk(expression, scope)[0] if isinstance(expression, Path) else None


def _one_of(kind: str | None) -> str | None:
    return kind.removeprefix(_ALL) if kind is not None and kind.startswith(_ALL) else None


def _of_expression(expression: Expression, scope: _Scope) -> Iterator[ElementField]:
    if isinstance(expression, Path):
        asked = _walk(expression, scope)[1]
        if asked is not None:
            yield asked
    for child in expression.children():
        yield from _of_expression(child, scope)


def _walk(path: Path, scope: _Scope) -> tuple[str | None, ElementField | None]:
    """Return what a path leads to, and the field of an element that it asks for, if any."""
    root = path.path[0]
    if not isinstance(root, str):
        return None, None
    kind = scope[root] if root in scope else _ROOTS.get(root)
    # `last_order.total` is a name of its own, which is known as a whole.
    by_list = root in scope
    for place, step in enumerate(path.path[1:], start=1):
        if kind is None:
            return None, None
        if kind == _FEEDS_BY_KEY:
            kind = _ALL + ITEM if isinstance(step, str) else None
        elif kind.startswith(_ALL):
            one = isinstance(step, int | Path) or step in _TAKE_ONE
            kind, by_list = (_one_of(kind) if one else None), True
        elif not isinstance(step, str):
            return None, None
        elif kind == ORDER and step == "lines":
            kind = _ALL + LINE
        else:
            return None, _asked(path, place, kind) if by_list else None
    return kind, None


def _asked(path: Path, place: int, kind: str) -> ElementField | None:
    steps = path.path[place : place + 2]
    if steps[0] != "fields":
        steps = steps[:1]
    if not all(isinstance(step, str) for step in steps):
        return None
    field = ".".join(map(str, steps))
    return ElementField(kind, field, str(path), path.token.start_index)
