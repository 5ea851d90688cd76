"""Makes a compiled letter for one person: substitution only, nothing is parsed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from liquid.exceptions import LiquidError, LiquidInterrupt

from otklik.content.engine.compiler import CompiledLetter, ReadyPart
from otklik.content.engine.context import Buffer, Clock, LetterContext
from otklik.content.engine.liquid import explain
from otklik.content.engine.plan import Making
from otklik.content.engine.problems import problem
from otklik.content.errors import RenderFailed
from otklik.content.model import Limits, Mixture, Part, Rendered, Tracking

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
    subject = one_line(str(made.part("subject", compiled.subject)))[:SUBJECT_CHARACTERS_MAX]
    preheader = one_line(str(made.part("preheader", compiled.preheader)))
    made.preheader = preheader
    html = made.part("source", compiled.html)
    amp = made.part("amp", compiled.amp) if compiled.amp is not None else None
    return Rendered(
        subject=subject,
        preheader=preheader,
        html_mixture=html,
        text_mixture=made.part("text", compiled.text),
        dropped_links=made.dropped,
        amp_mixture=amp,
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
        self.placed = compiled.placed
        self.limits: Limits = compiled.limits
        self.values = values
        self.tracking = tracking
        self.clock = clock
        self.preheader = ""
        self.dropped = 0

    def part(self, name: Part, ready: ReadyPart) -> Mixture:
        if not ready.plan.steps:
            return Mixture(ready.plan.fixed, ())
        making = Making(
            ready.template,
            self.values,
            limits=self.limits,
            tracking=self.tracking,
            preheader=self.preheader,
            clock=self.clock,
        )
        try:
            made = ready.plan.make(making)
            dropped = making.dropped
        except Exception:
            # Whatever it was, the long way meets it too, and gives it its name and its line.
            text, dropped = self.the_long_way(name, ready)
            made = Mixture(("", ""), (text,))
        if name == "source":
            self.dropped = dropped
        return made

    def the_long_way(self, name: Part, ready: ReadyPart) -> tuple[str, int]:
        """Return a part as the template engine makes it, and how many links it dropped."""
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
            found = problem("liquid_outside_loop", name, ready.line_at(at), tag=error)
            raise RenderFailed(self.placed(found)) from error
        except Exception as error:
            # Whatever a template does to the engine is the template's fault, and must cost only
            # this letter: a filter may raise anything (an overflow, a recursion) on odd values.
            token = getattr(error, "token", None) if isinstance(error, LiquidError) else None
            token = token or (node.token if node is not None else None)
            line = ready.line_at(token.start_index) if token is not None else None
            raise RenderFailed(self.placed(explain(error, name, line, self.limits))) from error
        return str(buffer.getvalue()), context.dropped


def _require_plain(value: Any, depth: int) -> None:
    kind = type(value)
    if kind in _PLAIN:
        return
    if depth > 32:
        raise TypeError("the context of a letter is nested too deep")
    if isinstance(value, Mapping) and (kind is dict or depth == 0):
        items: Iterable[Any] = value.values()
    elif kind is list or kind is tuple:
        items = value
    else:
        raise TypeError(f"the context of a letter must be plain data, not {kind.__name__}")
    for item in items:
        if type(item) not in _PLAIN:
            _require_plain(item, depth + 1)
