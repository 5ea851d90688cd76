"""Liquid, shut in: a closed set of tags and filters, no files, no clock, bounds on everything.

Two environments parse an author's text: one escapes values for HTML, one (subjects, text parts)
does not. A value is only ever data: what a customer's name contains is never parsed again.
"""

from __future__ import annotations

import html
import re
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol, TextIO, cast

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.content import Literal
from liquid.builtin.expressions import BooleanExpression
from liquid.builtin.expressions.logical import (
    EqExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    NeExpression,
    is_truthy,
)
from liquid.builtin.expressions.primitive import Blank
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
    LiquidError,
    LiquidTypeError,
    LocalNamespaceLimitError,
    UnknownFilterError,
)
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_TAG, Token
from liquid.undefined import is_undefined

from otklik.content.engine.filters import FILTERS, PLAIN_FILTERS, ValueTooLarge
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem, Limits, Part, Tracking

Clock = Callable[[], float]

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


class LoopLimit(LiquidError):
    pass


class TimeLimit(LiquidError):
    pass


class OutputLimit(LiquidError):
    pass


class Buffer:
    """Collects output and counts it. It stands where python-liquid expects a text file."""

    __slots__ = ("limit", "parts", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        size = len(text)
        self.size += size
        if self.size > self.limit:
            raise OutputLimit("output limit", token=None)
        self.parts.append(text)
        return size

    def getvalue(self) -> str:
        return "".join(self.parts)


class LetterContext(RenderContext):
    """The state of making one part of one person's letter."""

    __slots__ = ("clock", "deadline", "dropped", "limits", "preheader", "steps", "tracking")

    def __init__(
        self,
        template: BoundTemplate,
        values: Mapping[str, object],
        *,
        limits: Limits,
        tracking: Tracking,
        preheader: str = "",
        clock: Clock = time.perf_counter,
    ) -> None:
        super().__init__(template, globals=values)
        self.preheader = preheader
        self.limits = limits
        self.tracking = tracking
        self.clock = clock
        self.deadline = clock() + limits.render_ms_max / 1000
        self.steps = 0
        self.dropped = 0

    def step(self) -> None:
        """Count one turn of a loop; together with the deadline it ends any letter."""
        self.steps += 1
        if self.steps > self.limits.loop_steps_max:
            raise LoopLimit("loop limit", token=None)
        if self.clock() > self.deadline:
            raise TimeLimit("time limit", token=None)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        if self.clock() > self.deadline:
            raise TimeLimit("time limit", token=token)
        return super().filter(name, token=token)

    def get_buffer(self, buf: TextIO | None = None) -> Any:
        size = buf.size if isinstance(buf, Buffer) else 0
        return Buffer(self.limits.output_bytes_max - size)


class _IsBlank(EqExpression):
    """`x == blank`, where nothing at all is blank too, as the language's own documentation has it;
    the library takes only empty texts and lists for blank."""

    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return _is_blank(self.left.evaluate(context))


class _IsNotBlank(NeExpression):
    __slots__ = ()

    def evaluate(self, context: RenderContext) -> object:
        return not _is_blank(self.left.evaluate(context))


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or is_undefined(value) or value in ([], {})


def _knowing_blank(expression: Expression) -> Expression:
    """Return a condition in which `blank` is also what a person does not have."""
    match expression:
        case BooleanExpression():
            expression.expression = _knowing_blank(expression.expression)
        case LogicalAndExpression() | LogicalOrExpression():
            expression.left = _knowing_blank(expression.left)
            expression.right = _knowing_blank(expression.right)
        case EqExpression() | NeExpression():
            left, right = expression.left, expression.right
            if isinstance(left, Blank):
                left, right = right, left
            if isinstance(right, Blank):
                kind = _IsBlank if isinstance(expression, EqExpression) else _IsNotBlank
                return kind(expression.token, left, right)
        case _:
            pass
    return expression


class _IfTag(if_tag.IfTag):
    def parse(self, stream: TokenStream) -> Node:
        return _conditioned(super().parse(stream))


class _UnlessTag(unless_tag.UnlessTag):
    def parse(self, stream: TokenStream) -> Node:
        return _conditioned(super().parse(stream))


def _conditioned(node: Node) -> Node:
    if isinstance(node, if_tag.IfNode | unless_tag.UnlessNode):
        node.condition = _knowing_blank(node.condition)
        for other in node.alternatives:
            other.expression = _knowing_blank(other.expression)
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


# --- Our own nodes: they exist only in compiled letters, an author can't write them. -------------

SAFE_IF_TAG, SAFE_IF_END = "okif", "endokif"


class SafeIfNode(if_tag.IfNode):
    """The condition of a block: a value of another type than it expects is no match, and no error.

    Who set the condition chose from a list and wrote no template; one odd value of one person must
    not cost him the letter.
    """

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return self.consequence.render(context, buffer) if self.holds(context) else 0

    def holds(self, context: RenderContext) -> bool:
        """Tell whether the person meets the condition."""
        return _holds(cast("BooleanExpression", self.condition).expression, context)


def _holds(condition: Expression, context: RenderContext) -> bool:
    match condition:
        case LogicalOrExpression():
            return _holds(condition.left, context) or _holds(condition.right, context)
        case LogicalAndExpression():
            return _holds(condition.left, context) and _holds(condition.right, context)
        case _:
            try:
                return is_truthy(condition.evaluate(context))
            except LiquidTypeError:
                return False


class _SafeIfTag(Tag):
    name = SAFE_IF_TAG
    end = SAFE_IF_END

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        condition = _knowing_blank(BooleanExpression.parse(self.env, stream.into_inner(tag=token)))
        block = get_parser(self.env).parse_block(stream, frozenset((SAFE_IF_END,)))
        stream.expect(TOKEN_TAG, value=SAFE_IF_END)
        return SafeIfNode(token, condition, block, alternatives=[], default=None)


LINK_TAG, LINK_END = "oklink", "endoklink"
PIXEL_TAG, TRAP_TAG, PREHEADER_TAG = "okpixel", "oktrap", "okpreheader"
AMP_PIXEL_TAG = "okamppixel"
SAFE_URL = re.compile(r"^(?:https?://[^\s<>\"]+|mailto:[^\s<>\"]+|tel:[+0-9().-]+)$", re.IGNORECASE)


def escaped(text: str) -> str:
    """Return what `markupsafe.escape` makes of a plain text, in a third of its time."""
    return (
        text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace('"', "&#34;")
    )


class Readable(Protocol):
    """What our own nodes need to know of the letter that is being made."""

    @property
    def tracking(self) -> Tracking: ...

    @property
    def preheader(self) -> str: ...


class OwnNode(Node):
    """A node whose text depends on nothing that a template can change."""

    @abstractmethod
    def text(self, letter: Readable) -> str:
        """Return what stands in the place of the node."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text(cast("LetterContext", context)))


class LinkNode(OwnNode):
    """The address of one link: the person's own URL, replaced by a tracking address if asked.

    `fixed` is the URL when it is the same for everybody.
    """

    __slots__ = ("block", "escape", "fixed", "index", "tracked")

    def __init__(self, token: Token, index: int, tracked: bool, block: BlockNode, escape: bool):
        super().__init__(token)
        self.blank = False
        self.index, self.tracked, self.block, self.escape = index, tracked, block, escape
        texts = [getattr(node, "text", None) for node in block.nodes]
        known = [text for text in texts if isinstance(text, str)]
        whole = "".join(known)
        fixed = html.unescape(whole) if escape else whole
        self.fixed: str | None = fixed if len(known) == len(texts) else None

    @property
    def inert(self) -> str:
        """What stands in the place of an address that can't be used."""
        return "#" if self.escape else ""

    def text(self, letter: Readable) -> str:
        assert self.fixed is not None, "an address of one person is made by his values"
        return self.shown(self.fixed, letter.tracking)

    def shown(self, url: str, tracking: Tracking) -> str:
        if self.tracked and tracking.link is not None:
            url = tracking.link(self.index, url)
        return escaped(url) if self.escape else url

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        letter = cast("LetterContext", context)
        url = self.fixed
        if url is None:
            inner = letter.get_buffer(buffer)
            self.block.render(context, inner)
            url = inner.getvalue().strip()
            if self.escape:
                url = html.unescape(url)
            if not SAFE_URL.match(url):
                letter.dropped += 1
                return buffer.write(self.inert)
        return buffer.write(self.shown(url, letter.tracking))

    def children(
        self, static_context: RenderContext, *, include_partials: bool = True
    ) -> Iterable[Node]:
        return self.block.nodes


class _LinkTag(Tag):
    name = LINK_TAG
    end = LINK_END

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        number, tracked = stream.current.value.split()
        next(stream)
        block = get_parser(self.env).parse_block(stream, frozenset((LINK_END,)))
        stream.expect(TOKEN_TAG, value=LINK_END)
        return LinkNode(token, int(number), tracked == "1", block, self.env.autoescape)


class FramedNode(OwnNode):
    """A node of one value between two fixed texts; nothing at all where there is no value."""

    before = ""
    after = ""

    @abstractmethod
    def value(self, letter: Readable) -> str | None:
        """Return the value, None where there is none."""

    def text(self, letter: Readable) -> str:
        value = self.value(letter)
        return "" if value is None else f"{self.before}{escaped(value)}{self.after}"


class _PixelNode(FramedNode):
    before = '<img src="'
    after = '" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0;" />'

    def value(self, letter: Readable) -> str | None:
        return letter.tracking.pixel_url


class _PixelTag(Tag):
    name = PIXEL_TAG
    block = False

    def parse(self, stream: TokenStream) -> Node:
        return _PixelNode(stream.current)


class _AmpPixelNode(FramedNode):
    before = '<amp-img src="'
    after = '" width="1" height="1" layout="fixed" alt=""></amp-img>'

    def value(self, letter: Readable) -> str | None:
        url = letter.tracking.pixel_url
        # Any other address would make the mail service refuse the whole part.
        return url if url is not None and url.startswith("https://") else None


class _AmpPixelTag(Tag):
    name = AMP_PIXEL_TAG
    block = False

    def parse(self, stream: TokenStream) -> Node:
        return _AmpPixelNode(stream.current)


class _TrapNode(FramedNode):
    before = '<a href="'
    after = (
        '" tabindex="-1" aria-hidden="true" '
        'style="display:none;font-size:0;line-height:0;max-height:0;overflow:hidden;"></a>'
    )

    def value(self, letter: Readable) -> str | None:
        return letter.tracking.honeypot_url


class _TrapTag(Tag):
    name = TRAP_TAG
    block = False

    def parse(self, stream: TokenStream) -> Node:
        return _TrapNode(stream.current)


class _PreheaderNode(OwnNode):
    def text(self, letter: Readable) -> str:
        return escaped(letter.preheader)


class _PreheaderTag(Tag):
    name = PREHEADER_TAG
    block = False

    def parse(self, stream: TokenStream) -> Node:
        return _PreheaderNode(stream.current)


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
        for tag in _TAGS:
            self.add_tag(tag)
        for own in (_ForTag, _IfTag, _UnlessTag):
            self.add_tag(own)
        if self._blocks:
            self.add_tag(_SafeIfTag)
        if self._compiled:
            for tag in (_LinkTag, _PixelTag, _AmpPixelTag, _TrapTag, _PreheaderTag):
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
        limit = f"{limits.local_bytes_max // 1024} KB"
        return problem("value_limit", part, line, detail=limit)
    if isinstance(error, ValueTooLarge):
        return problem("value_limit", part, line, detail=error.message)
    if isinstance(error, UnknownFilterError):
        name = error.token.value if error.token else ""
        return problem("liquid_unknown_filter", part, line, filter=name)
    detail = error.message if isinstance(error, LiquidError) else type(error).__name__
    return problem("liquid_value", part, line, detail=detail)
