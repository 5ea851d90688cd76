"""From an author's source to a compiled letter: parsed once, made for each person by substitution.

    source → checks of grammar, with lines → MJML or CSS tools (Liquid hidden) → links found and
    replaced by nodes → Liquid parsed → CompiledLetter

The author's source is never changed; compiling the same source gives the same letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import css_inline
import msgspec
from liquid import BoundTemplate
from liquid.exceptions import LiquidError, LiquidSyntaxError
from mjml import mjml2html

from otklik.content.engine.html_check import check_html
from otklik.content.engine.links import (
    Edit,
    LinkTable,
    apply_edits,
    link_edits,
    text_edits,
)
from otklik.content.engine.liquid import (
    AUTHOR_HTML,
    AUTHOR_PLAIN,
    COMPILED_HTML,
    COMPILED_PLAIN,
    LINK_END,
    LINK_TAG,
    PIXEL_TAG,
    PREHEADER_TAG,
    TRAP_TAG,
    LetterEnvironment,
    explain,
)
from otklik.content.engine.markup import read_markup
from otklik.content.engine.mask import (
    Masked,
    UnclosedLiquid,
    Unmasked,
    check_spans,
    mask,
    unmask,
)
from otklik.content.engine.mjml_check import check_mjml
from otklik.content.engine.plaintext import to_plain_text
from otklik.content.engine.plan import Plan, fixed_plan, plan_of
from otklik.content.engine.problems import problem
from otklik.content.engine.variables import LAST_ORDER, ORDERS
from otklik.content.errors import LetterBroken
from otklik.content.model import LetterKind, LetterProblem, LetterSource, Limits, Link, Part

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ORDERS = re.compile(rf"\{{[{{%][^}}]*\b(?:{ORDERS}|{LAST_ORDER})\b")
INTERNAL_TAGS = frozenset({LINK_TAG, LINK_END, PIXEL_TAG, TRAP_TAG, PREHEADER_TAG})


class ReadyPart(msgspec.Struct, frozen=True):
    """A parsed part and how to find the author's line for a place in it."""

    template: Any
    line_at: Callable[[int], int | None]
    plan: Plan


class CompiledLetter(msgspec.Struct, frozen=True):
    """A letter ready to be made for many people. Immutable; safe to share between threads."""

    subject: ReadyPart
    preheader: ReadyPart
    html: ReadyPart
    text: ReadyPart
    links: tuple[Link, ...]
    limits: Limits
    html_bytes: int
    """Size of the HTML part before personal values and tracking."""
    names_orders: bool = False
    """Whether the letter may ask for the person's orders; else they need not be read."""


def compile_letter(source: LetterSource, *, limits: Limits | None = None) -> CompiledLetter:
    """Compile a letter.

    Raises: LetterBroken with every error of grammar, each with its part and line. What only makes
    a letter unwise to send (no unsubscribe link, a broken address) is found by `check_letter`.
    """
    compiled, problems = try_compile(source, limits or Limits())
    if compiled is None:
        raise LetterBroken([p for p in problems if p.level == "error"])
    return compiled


def try_compile(
    source: LetterSource, limits: Limits
) -> tuple[CompiledLetter | None, list[LetterProblem]]:
    """Return the compiled letter, or None, and all problems of grammar."""
    problems = _check_texts(source, limits)
    if problems:
        return None, problems
    parts: tuple[tuple[Part, str, LetterEnvironment], ...] = (
        ("subject", source.subject, AUTHOR_PLAIN),
        ("preheader", source.preheader, AUTHOR_PLAIN),
        ("source", source.source, AUTHOR_HTML),
        ("text", source.text, AUTHOR_PLAIN),
    )
    for part, text, environment in parts:
        problems += check_liquid(part, text, environment, limits)
    if any(p.code == "unclosed_liquid" for p in problems):
        return None, problems
    is_html = source.kind is LetterKind.HTML
    masked = mask(source.source, html=is_html)
    problems += check_html(masked) if is_html else check_mjml(masked)
    if any(p.level == "error" for p in problems):
        return None, problems
    try:
        markup = _inline_styles(masked.text) if is_html else _from_mjml(masked.text)
        return _assemble(source, masked, markup, limits), problems
    except LetterBroken as broken:
        return None, problems + broken.letter_problems


def check_liquid(
    part: Part, text: str, environment: LetterEnvironment, limits: Limits
) -> list[LetterProblem]:
    """Return what is wrong with the Liquid of one part, with lines of the author's text."""
    try:
        check_spans(text)
    except UnclosedLiquid as unclosed:
        return [problem("unclosed_liquid", part, unclosed.line, opening=unclosed.opening)]
    try:
        template = environment.from_string(text)
    except LiquidError as error:
        return [_syntax_problem(error, part, text, limits)]
    found = template.analyze(include_partials=False)
    return [
        problem("liquid_unknown_filter", part, line_of(text, span.index), filter=name)
        for name, spans in found.filters.items()
        if name not in environment.filters
        for span in spans
    ]


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, max(0, offset)) + 1


def _check_texts(source: LetterSource, limits: Limits) -> list[LetterProblem]:
    problems: list[LetterProblem] = []
    parts: tuple[tuple[Part, str], ...] = (
        ("subject", source.subject),
        ("preheader", source.preheader),
        ("source", source.source),
        ("text", source.text),
    )
    for part, text in parts:
        match = _CONTROL.search(text)
        if match:
            line, code = line_of(text, match.start()), f"{ord(match.group()):02X}"
            problems.append(problem("control_character", part, line, character=code))
            continue
        size, limit = len(text.encode()), limits.source_bytes_max
        if size > limit:
            problems.append(
                problem("source_too_large", part, None, size=size // 1024, limit=limit // 1024)
            )
    if not source.source.strip():
        problems.append(problem("source_empty", "source", None))
    if "\n" in source.subject.strip() or "\r" in source.subject.strip():
        problems.append(problem("subject_newline", "subject", 1))
    return problems


_UNEXPECTED_TAG = re.compile(r"unexpected tag '(.*)'")


def _syntax_problem(error: LiquidError, part: Part, text: str, limits: Limits) -> LetterProblem:
    line = None
    if error.token is not None and error.token.start_index >= 0:
        line = line_of(text, error.token.start_index)
    if isinstance(error.__cause__, RecursionError):
        return problem("liquid_nesting", part, line, limit=limits.nesting_max)
    message = str(error.message)
    unknown = _UNEXPECTED_TAG.match(message)
    if unknown:
        return problem("liquid_unknown_tag", part, line, tag=unknown.group(1))
    if isinstance(error, LiquidSyntaxError):
        return problem("liquid_syntax", part, line, detail=message)
    return explain(error, part, line, limits)


def _is_panic(error: BaseException) -> bool:
    """Tell whether a tool written in Rust gave up; its panic is no subclass of Exception."""
    return type(error).__name__ == "PanicException"


def _from_mjml(text: str) -> str:
    try:
        # No fonts of third parties unless the author asks by <mj-font>: they see every opening.
        return mjml2html(text, fonts={})
    except BaseException as error:
        if not (isinstance(error, ValueError) or _is_panic(error)):
            raise
        match = re.search(r"position (\d+):", str(error))
        line = line_of(text, int(match.group(1))) if match else None
        raise LetterBroken([problem("mjml_rejected", "source", line, detail=error)]) from error


def _inline_styles(text: str) -> str:
    if not re.search(r"<style", text, re.IGNORECASE):
        return text
    try:
        # Style tags stay for what can't be written inline: media queries, dark mode, :hover.
        return css_inline.inline(
            text, keep_style_tags=True, keep_link_tags=True, load_remote_stylesheets=False
        )
    except BaseException as error:
        if not (isinstance(error, ValueError) or _is_panic(error)):
            raise
        raise LetterBroken([problem("css_rejected", "source", None, detail=error)]) from error


_HIDDEN = (
    "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;"
    "mso-hide:all;"
)


def _assemble(source: LetterSource, masked: Masked, markup: str, limits: Limits) -> CompiledLetter:
    table = LinkTable()
    link_nodes = link_edits(markup, masked, table)
    own = _own_edits(markup, bool(source.preheader.strip()))
    html_source = unmask(apply_edits(markup, link_nodes + own), masked)
    if source.text.strip():
        text_mask = mask(source.text)
        plain = apply_edits(text_mask.text, text_edits(text_mask.text, text_mask, table))
    else:
        text_mask = masked
        plain = to_plain_text(apply_edits(markup, link_nodes))
    text_source = unmask(plain, text_mask)
    return CompiledLetter(
        subject=_ready_line(source.subject),
        preheader=_ready_line(source.preheader),
        html=_ready("source", html_source, COMPILED_HTML),
        text=_ready("text", text_source, COMPILED_PLAIN),
        links=tuple(table.links),
        limits=limits,
        html_bytes=len(unmask(markup, masked).text.encode()),
        names_orders=any(
            _ORDERS.search(text)
            for text in (source.subject, source.preheader, source.source, source.text)
        ),
    )


def _own_edits(markup: str, preheader: bool) -> list[Edit]:
    """Return the edits that put the preheader, the open pixel and the trap link into the body."""
    body_start, body_end = 0, len(markup)
    for piece in read_markup(markup):
        if piece.kind == "open" and piece.name == "body":
            body_start = piece.end
        elif piece.kind == "close" and piece.name == "body":
            body_end = piece.start
        elif piece.kind == "declaration" and piece.start == body_start == 0:
            body_start = piece.end
    top = f'<div style="{_HIDDEN}">{{% {PREHEADER_TAG} %}}</div>' if preheader else ""
    return [
        Edit(body_start, body_start, top),
        Edit(body_end, body_end, f"{{% {TRAP_TAG} %}}{{% {PIXEL_TAG} %}}"),
    ]


def _ready(part: Part, source: Unmasked, environment: LetterEnvironment) -> ReadyPart:
    try:
        template = environment.from_string(source.text)
    except LiquidError as error:
        # The author's own text was parsed before; the tools must have moved a block out of order.
        at = error.token.start_index if error.token is not None else -1
        line = source.line_at(at) if at >= 0 else None
        raise LetterBroken([problem("liquid_syntax", part, line, detail=error.message)]) from error
    return ReadyPart(template=template, line_at=source.line_at, plan=plan_of(template))


def _ready_line(text: str) -> ReadyPart:
    template: BoundTemplate = AUTHOR_PLAIN.from_string(text)
    return ReadyPart(
        template=template,
        line_at=lambda offset: line_of(text, offset),
        plan=plan_of(template) if "{{" in text or "{%" in text else fixed_plan(text),
    )
