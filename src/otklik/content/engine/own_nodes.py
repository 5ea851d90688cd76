"""Our own nodes: they exist only in compiled letters, an author can't write them."""

from __future__ import annotations

import html
import re
from abc import abstractmethod
from collections.abc import Iterable
from typing import Protocol, TextIO, cast

from liquid import RenderContext
from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import BooleanExpression
from liquid.builtin.expressions.logical import (
    LogicalAndExpression,
    LogicalOrExpression,
    is_truthy,
)
from liquid.builtin.tags import if_tag
from liquid.exceptions import LiquidTypeError
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import TOKEN_TAG, Token

from otklik.content.engine.blank import knowing_blank
from otklik.content.engine.context import LetterContext
from otklik.content.model import Tracking

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
        condition = knowing_blank(BooleanExpression.parse(self.env, stream.into_inner(tag=token)))
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


BLOCK_TAGS: tuple[type[Tag], ...] = (_SafeIfTag,)
"""What the renderer of block letters writes."""
COMPILED_TAGS: tuple[type[Tag], ...] = (_LinkTag, _PixelTag, _AmpPixelTag, _TrapTag, _PreheaderTag)
"""What the compiler puts in."""
