"""Liquid, shut in: a closed set of tags and filters, no files, no clock, bounds on everything.

Two environments parse an author's text: one escapes values for HTML, one (subjects, text parts)
does not. A value is only ever data: what a customer's name contains is never parsed again.
"""

from __future__ import annotations

from typing import ClassVar, TextIO, cast

from liquid import Environment, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin.content import Literal
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    cycle_tag,
    echo_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.exceptions import (
    BlockNestingError,
    BreakLoop,
    ContinueLoop,
    FilterArgumentError,
    FilterError,
    LiquidError,
    LiquidTypeError,
    LocalNamespaceLimitError,
    UnknownFilterError,
)
from liquid.stream import TokenStream
from liquid.tag import Tag

from otklik.content.engine.blank import knowing_blank
from otklik.content.engine.context import LetterContext, LoopLimit, OutputLimit, TimeLimit
from otklik.content.engine.filters import FILTERS, PLAIN_FILTERS, ValueTooLarge
from otklik.content.engine.liquid_faults import fault_of
from otklik.content.engine.own_nodes import BLOCK_TAGS, COMPILED_TAGS
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem, Limits, Part

_TAGS: tuple[type[Tag], ...] = (
    Literal,
    Output,
    Illegal,
    assign_tag.AssignTag,
    capture_tag.CaptureTag,
    case_tag.CaseTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
    cycle_tag.CycleTag,
    echo_tag.EchoTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
)
RANGE_MAX = 100_000


class _IfTag(if_tag.IfTag):
    # The library lets {% else if %} pass as a plain else, and what follows it as nothing.
    mode = Mode.STRICT

    def parse(self, stream: TokenStream) -> Node:
        return _conditioned(super().parse(stream))


class _UnlessTag(unless_tag.UnlessTag):
    mode = Mode.STRICT

    def parse(self, stream: TokenStream) -> Node:
        return _conditioned(super().parse(stream))


def _conditioned(node: Node) -> Node:
    if isinstance(node, if_tag.IfNode | unless_tag.UnlessNode):
        node.condition = knowing_blank(node.condition)
        for other in node.alternatives:
            other.expression = knowing_blank(other.expression)
    return node


class _ForNode(for_tag.ForNode):
    """`for` that counts its turns, in all loops of the letter together."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        iterable = self.expression.iterable.evaluate(context)
        if isinstance(iterable, range) and iterable.stop - iterable.start > RANGE_MAX:
            # Stepping over the first billion numbers of a range takes time even with `limit: 1`.
            raise LoopLimit("loop limit", token=self.token)
        items, length = self.expression.evaluate(context)
        if not length:
            return self.default.render(context, buffer) if self.default else 0
        name = self.expression.identifier
        loop = for_tag.ForLoop(
            name=f"{name}-{self.expression.iterable}",
            it=items,
            length=length,
            parentloop=context.parentloop(),
        )
        namespace: dict[str, object] = {"forloop": loop, name: None}
        step = cast("LetterContext", context).step
        count = 0
        with context.loop(namespace, loop):
            for item in loop:
                try:
                    step()
                except LiquidError as error:
                    error.token = error.token or self.token
                    raise
                namespace[name] = item
                try:
                    count += self.block.render(context, buffer)
                except ContinueLoop:
                    continue
                except BreakLoop:
                    break
        return count


class _ForTag(for_tag.ForTag):
    node_class = _ForNode


class _Placed(Tag):
    """A tag that owns what is missing at its end: there the engine names no place."""

    def get_node(self, stream: TokenStream) -> Node:
        opening = stream.current
        try:
            return super().get_node(stream)
        except LiquidError as error:
            if error.token is None or error.token.start_index < 0:
                error.token = opening
            raise


class LetterEnvironment(Environment):
    """The dialect of letters. `blocks` also knows the conditions that the renderer of block letters
    writes, `compiled` these and the nodes that the compiler puts in."""

    block_nesting_limit: ClassVar[int] = Limits().nesting_max
    context_depth_limit: ClassVar[int] = 60
    loop_iteration_limit: ClassVar[int | None] = None  # counted by _ForNode over the whole letter
    local_namespace_limit: ClassVar[int | None] = Limits().local_bytes_max
    suppress_blank_control_flow_blocks = False

    def __init__(self, *, escape: bool, blocks: bool = False, compiled: bool = False) -> None:
        self._blocks, self._compiled = blocks or compiled, compiled
        super().__init__(autoescape=escape)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        own: tuple[type[Tag], ...] = (_ForTag, _IfTag, _UnlessTag)
        for tag in _TAGS + own:
            self.add_tag(type(tag.__name__, (_Placed, tag), {}))
        own_tags = (BLOCK_TAGS if self._blocks else ()) + (COMPILED_TAGS if self._compiled else ())
        for tag in own_tags:
            self.add_tag(tag)
        self.filters.update(FILTERS if self.autoescape else PLAIN_FILTERS)


AUTHOR_HTML = LetterEnvironment(escape=True)
AUTHOR_PLAIN = LetterEnvironment(escape=False)
BLOCKS_HTML = LetterEnvironment(escape=True, blocks=True)
COMPILED_HTML = LetterEnvironment(escape=True, compiled=True)
COMPILED_PLAIN = LetterEnvironment(escape=False, compiled=True)


def explain(error: Exception, part: Part, line: int | None, limits: Limits) -> LetterProblem:
    """Turn an error of the template engine into a sentence for the author."""
    if isinstance(error, LoopLimit):
        return problem("loop_limit", part, line, limit=limits.loop_steps_max)
    if isinstance(error, TimeLimit):
        return problem("time_limit", part, line, limit=limits.render_ms_max)
    if isinstance(error, OutputLimit):
        return problem("output_limit", part, line, limit=limits.output_bytes_max // 1024)
    if isinstance(error, BlockNestingError):
        return problem("liquid_nesting", part, line, limit=limits.nesting_max)
    if isinstance(error, LocalNamespaceLimitError):
        detail = f"assign, capture: > {limits.local_bytes_max}"
        return problem("value_limit", part, line, detail=detail)
    if isinstance(error, ValueTooLarge):
        return problem("value_limit", part, line, detail=error.message)
    if isinstance(error, UnknownFilterError):
        name = error.token.value if error.token else ""
        return problem("liquid_unknown_filter", part, line, filter=name)
    if not isinstance(error, LiquidError):
        # What a filter or a loop stumbles over is always a value: an infinite number, a negative
        # limit, a list where a text is meant.
        return problem("liquid_kind", part, line)
    known = fault_of(str(error.message))
    if known is None:
        return problem("liquid_value", part, line, detail=error.message)
    code, facts = known
    if isinstance(error, LiquidTypeError | FilterError | FilterArgumentError):
        # The token of such an error is the name of the filter.
        facts = {"filter": error.token.value if error.token else "", **facts}
    return problem(code, part, line, **facts)
