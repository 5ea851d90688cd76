"""The short way to make a part: what is the same for everybody stands ready, the rest is fetched.

A parsed template is a list of nodes. Here it becomes fixed texts with steps between them; a step
gives the text of one person. A step for `{{ customer.first_name }}` goes down the dicts by itself;
whatever is more than that is left to the template engine, in the same order and with one context,
so that its state (cycles, assigned names) is what it would have been.

The short way never decides about trouble: whatever goes wrong on it, the caller takes the long
way, which gives the error its name and its line. A property test holds both to the same text.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import msgspec
from liquid import BoundTemplate, RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.stringify import to_liquid_string

from otklik.content.engine.context import Buffer, Clock, LetterContext
from otklik.content.engine.own_nodes import (
    SAFE_URL,
    FramedNode,
    LinkNode,
    OwnNode,
    SafeIfNode,
    escaped,
)
from otklik.content.model import Limits, Mixture, Tracking

URL_MAX = 32 * 1024
"""A longer personal address is left to the long way, which counts what it writes."""

# Names that Liquid gives to values by itself; the engine knows when they apply.
_LIQUID_NAMES = frozenset({"size", "first", "last"})


class Detour(Exception):
    """The short way ends here."""


class Making:
    """What the steps of one part share while it is made for one person."""

    __slots__ = (
        "_clock",
        "_context",
        "_dropped",
        "_template",
        "limits",
        "preheader",
        "tracking",
        "values",
        "written",
    )

    def __init__(
        self,
        template: BoundTemplate,
        values: Mapping[str, Any],
        *,
        limits: Limits,
        tracking: Tracking,
        preheader: str,
        clock: Clock,
    ) -> None:
        self.values = values
        self.limits = limits
        self.tracking = tracking
        self.preheader = preheader
        self.written = 0
        self._template = template
        self._clock = clock
        self._dropped = 0
        self._context: LetterContext | None = None

    @property
    def context(self) -> LetterContext:
        """The engine's own state, made when the first node asks for it."""
        if self._context is None:
            self._context = LetterContext(
                self._template,
                self.values,
                limits=self.limits,
                tracking=self.tracking,
                preheader=self.preheader,
                clock=self._clock,
            )
        return self._context

    @property
    def dropped(self) -> int:
        """How many links had no usable address."""
        return self._dropped + (self._context.dropped if self._context is not None else 0)

    def drop_link(self) -> None:
        self._dropped += 1


Step = Callable[[Making], str]


class Plan(msgspec.Struct, frozen=True):
    """`fixed` has one text more than there are steps; they take turns, `fixed` first and last."""

    fixed: tuple[str, ...]
    steps: tuple[Step, ...]

    def make(self, making: Making) -> Mixture:
        """Return the part for one person. Raises whatever comes; then take the long way."""
        own: list[str] = []
        making.written = len(self.fixed[0])
        for step, after in zip(self.steps, self.fixed[1:], strict=True):
            text = step(making)
            own.append(text)
            making.written += len(text) + len(after)
        if making.written > making.limits.output_bytes_max:
            raise Detour
        return Mixture(self.fixed, tuple(own))


def plan_of(template: BoundTemplate) -> Plan:
    """Return the short way of a parsed template."""
    # A name that the template itself gives hides the value of the same name from its place on.
    by_hand = not any(_names_something(node) for node in template.nodes)
    fixed: list[str] = [""]
    steps: list[list[Step]] = []
    for node in template.nodes:
        if type(node) is ContentNode:
            fixed[-1] += node.text
            continue
        if isinstance(node, FramedNode):
            fixed[-1] += node.before
            steps.append([_framed_step(node)])
            fixed.append(node.after)
            continue
        step = _step(node, by_hand=by_hand, escaping=template.env.autoescape)
        if steps and not fixed[-1]:
            steps[-1].append(step)
        else:
            steps.append([step])
            fixed.append("")
    return Plan(tuple(fixed), tuple(map(_in_turn, steps)))


def fixed_plan(text: str) -> Plan:
    """Return the plan of a text without Liquid."""
    return Plan((text,), ())


# It serves templates that load others, which letters can't.
_NO_CONTEXT = cast("RenderContext", None)


def _names_something(node: Node) -> bool:
    return bool(list(node.template_scope())) or any(
        _names_something(child) for child in _children(node)
    )


def _children(node: Node) -> Iterable[Node]:
    return node.children(_NO_CONTEXT, include_partials=False)


def _in_turn(steps: list[Step]) -> Step:
    """Return one step for steps with no fixed text between them."""
    if len(steps) == 1:
        return steps[0]

    def step(making: Making) -> str:
        before = making.written
        text = ""
        for one in steps:
            making.written = before + len(text)
            text += one(making)
        making.written = before
        return text

    return step


def _step(node: Node, *, by_hand: bool, escaping: bool) -> Step:
    if isinstance(node, LinkNode):
        return _link_step(node, by_hand=by_hand)
    if isinstance(node, OwnNode):
        return node.text
    if type(node) is ContentNode:
        return _fixed_step(node.text)
    if by_hand and type(node) is SafeIfNode:
        return _condition_step(node, escaping=escaping)
    if by_hand and type(node) is OutputNode:
        keys = _plain_keys(node)
        if keys is not None:
            return _value_step(node, keys, escaping=escaping)
    return _engine_step(node)


def _plain_keys(node: OutputNode) -> tuple[str, ...] | None:
    """Return the keys of `{{ a.b.c }}`, or None when the output is more than that."""
    expression = node.expression
    if type(expression) is not FilteredExpression or expression.filters:
        return None
    path = expression.left
    if type(path) is not Path:
        return None
    keys = tuple(key for key in path.path if isinstance(key, str) and key not in _LIQUID_NAMES)
    return keys if len(keys) == len(path.path) else None


def _value_step(node: Node, keys: tuple[str, ...], *, escaping: bool) -> Step:
    root, *rest = keys
    by_engine = _engine_step(node)

    def step(making: Making) -> str:
        try:
            value = making.values[root]
            for key in rest:
                if type(value) is not dict:
                    return by_engine(making)
                value = value[key]
        except KeyError:
            # A name that is not there: the engine knows what stands in its place.
            return by_engine(making)
        if type(value) is str:
            return escaped(value) if escaping else value
        return str(to_liquid_string(value, escaping))

    return step


def _condition_step(node: SafeIfNode, *, escaping: bool) -> Step:
    """The engine decides; what stands under the condition is made by hand again."""
    inner = [_step(one, by_hand=True, escaping=escaping) for one in node.consequence.nodes]
    if not inner:
        return _fixed_step("")
    block = _in_turn(inner)
    return lambda making: block(making) if node.holds(making.context) else ""


def _link_step(node: LinkNode, *, by_hand: bool) -> Step:
    if node.fixed is not None:
        return node.text
    inner = [_step(one, by_hand=by_hand, escaping=node.escape) for one in node.block.nodes]
    address = _in_turn(inner)

    def step(making: Making) -> str:
        url = address(making)
        if len(url) > URL_MAX:
            raise Detour
        url = url.strip()
        if node.escape:
            url = html.unescape(url)
        if not SAFE_URL.match(url):
            making.drop_link()
            return node.inert
        return node.shown(url, making.tracking)

    return step


def _fixed_step(text: str) -> Step:
    return lambda _making: text


def _framed_step(node: FramedNode) -> Step:
    def step(making: Making) -> str:
        value = node.value(making)
        if value is None:
            # The texts around it are fixed already; without a value they have no place.
            raise Detour
        return escaped(value)

    return step


def _engine_step(node: Node) -> Step:
    render = node.render_to_output

    def step(making: Making) -> str:
        buffer: Any = Buffer(making.limits.output_bytes_max)
        buffer.size = making.written
        render(making.context, buffer)
        return str(buffer.getvalue())

    return step
