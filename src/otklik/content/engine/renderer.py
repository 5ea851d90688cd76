"""Makes a compiled letter for one person: substitution only, nothing is parsed."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from liquid.exceptions import LiquidError, LiquidInterrupt

from otklik.content.engine.compiler import CompiledLetter, ReadyPart
from otklik.content.engine.liquid import Buffer, Clock, LetterContext, explain
from otklik.content.engine.problems import problem
from otklik.content.errors import RenderFailed
from otklik.content.model import Limits, Part, Rendered, Tracking

SUBJECT_CHARACTERS_MAX = 300

_NO_TRACKING = Tracking()
# Control characters would break a header; direction marks let a name turn the subject around.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_PLAIN = frozenset({str, int, float, bool, type(None), datetime, date, Decimal})


def render(
    compiled: CompiledLetter,
    context: Mapping[str, Any],
    tracking: Tracking | None = None,
    *,
    clock: Clock = time.perf_counter,
) -> Rendered:
    """Return the letter for one person.

    `context` holds plain values only (dicts, lists, texts, numbers, dates): see `letter_context`.
    Values are data: they are escaped in HTML, kept on one line in the subject, and never read as
    Liquid again.

    Raises: RenderFailed when a limit is reached or a value does not fit a filter (line included);
        TypeError when `context` holds an object, which is a fault of the caller.
    """
    _require_plain(context, 0)
    made = _Maker(compiled, context, tracking or _NO_TRACKING, clock)
    subject = one_line(made.part("subject", compiled.subject))[:SUBJECT_CHARACTERS_MAX]
    preheader = one_line(made.part("preheader", compiled.preheader))
    made.preheader = preheader
    html = made.part("source", compiled.html)
    return Rendered(
        subject=subject,
        preheader=preheader,
        html=html,
        text=made.part("text", compiled.text),
        dropped_links=made.dropped,
    )


def one_line(text: str) -> str:
    """Return `text` as one printable line, without control and direction characters."""
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub(" ", text)
    return " ".join(text.split())


class _Maker:
    def __init__(
        self, compiled: CompiledLetter, values: Mapping[str, Any], tracking: Tracking, clock: Clock
    ) -> None:
        self.limits: Limits = compiled.limits
        self.values = values
        self.tracking = tracking
        self.clock = clock
        self.preheader = ""
        self.dropped = 0

    def part(self, name: Part, ready: ReadyPart) -> str:
        if ready.constant is not None:
            return ready.constant
        context = LetterContext(
            ready.template,
            self.values,
            limits=self.limits,
            tracking=self.tracking,
            preheader=self.preheader,
            clock=self.clock,
        )
        buffer: Any = Buffer(self.limits.output_bytes_max)
        node = None
        try:
            for node in ready.template.nodes:
                node.render_to_output(context, buffer)
        except LiquidInterrupt as error:
            at = node.token.start_index if node is not None else -1
            raise RenderFailed(
                problem("liquid_syntax", name, ready.line_at(at), detail=error)
            ) from error
        except Exception as error:
            # Whatever a template does to the engine is the template's fault, and must cost only
            # this letter: a filter may raise anything (an overflow, a recursion) on odd values.
            token = getattr(error, "token", None) if isinstance(error, LiquidError) else None
            token = token or (node.token if node is not None else None)
            line = ready.line_at(token.start_index) if token is not None else None
            raise RenderFailed(explain(error, name, line, self.limits)) from error
        if name == "source":
            self.dropped = context.dropped
        return str(buffer.getvalue())


def _require_plain(value: Any, depth: int) -> None:
    kind = type(value)
    if kind in _PLAIN:
        return
    if depth > 32:
        raise TypeError("the context of a letter is nested too deep")
    if isinstance(value, Mapping) and (kind is dict or depth == 0):
        for item in value.values():
            _require_plain(item, depth + 1)
    elif kind is list or kind is tuple:
        for item in value:
            _require_plain(item, depth + 1)
    else:
        raise TypeError(f"the context of a letter must be plain data, not {kind.__name__}")
