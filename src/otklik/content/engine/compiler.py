"""From an author's source to a compiled letter: parsed once, made for each person by substitution.

    source → checks of grammar, with lines → (blocks → MJML) → MJML or CSS tools (Liquid hidden)
    → links found and replaced by nodes → Liquid parsed → CompiledLetter

The author's source is never changed; compiling the same source gives the same letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import css_inline
import msgspec
from liquid import BoundTemplate
from liquid.exceptions import LiquidError
from mjml import mjml2html

from otklik.content.blocks.check import check_document
from otklik.content.blocks.read import read_document
from otklik.content.blocks.to_mjml import Mjml, in_code, to_mjml
from otklik.content.engine.amp_part import amp_template
from otklik.content.engine.grammar import check_liquid, line_of
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
    LetterEnvironment,
)
from otklik.content.engine.markup import Piece, read_markup
from otklik.content.engine.mask import (
    Masked,
    Unmasked,
    mask,
    unmask,
)
from otklik.content.engine.mjml_check import check_mjml
from otklik.content.engine.own_nodes import (
    AMP_PIXEL_TAG,
    LINK_END,
    LINK_TAG,
    PIXEL_TAG,
    PREHEADER_TAG,
    TRAP_TAG,
)
from otklik.content.engine.plaintext import to_plain_text
from otklik.content.engine.plan import Plan, fixed_plan, plan_of
from otklik.content.engine.problems import problem
from otklik.content.engine.variables import ANSWER_URL, LAST_ORDER, ORDERS
from otklik.content.errors import LetterBroken
from otklik.content.model import LetterKind, LetterProblem, LetterSource, Limits, Link, Part

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ORDERS = re.compile(rf"\{{[{{%][^}}]*\b(?:{ORDERS}|{LAST_ORDER})\b")
INTERNAL_TAGS = frozenset({LINK_TAG, LINK_END, PIXEL_TAG, AMP_PIXEL_TAG, TRAP_TAG, PREHEADER_TAG})


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
    names_answer: bool = False
    """Whether it names the address that takes answers; else none need be signed."""
    amp: ReadyPart | None = None
    shown: LetterSource | None = None
    """The MJML of a block letter, for checks that read markup; None: the source itself."""
    made: Mjml | None = None
    """Where each line of that MJML comes from."""

    def placed(self, found: LetterProblem) -> LetterProblem:
        """Return a problem with the place that the author knows: in a block letter, the block."""
        return placed(found, self.made) if self.made is not None else found


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
    if source.kind is LetterKind.BLOCKS:
        return _try_blocks(source, limits)
    parts: tuple[tuple[Part, str, LetterEnvironment], ...] = (
        ("subject", source.subject, AUTHOR_PLAIN),
        ("preheader", source.preheader, AUTHOR_PLAIN),
        ("source", source.source, AUTHOR_HTML),
        ("text", source.text, AUTHOR_PLAIN),
        ("amp", source.amp, AUTHOR_HTML),
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


def _try_blocks(
    source: LetterSource, limits: Limits
) -> tuple[CompiledLetter | None, list[LetterProblem]]:
    """Compile the document of a block letter by way of the MJML made of it."""
    problems: list[LetterProblem] = []
    parts: tuple[tuple[Part, str, LetterEnvironment], ...] = (
        ("subject", source.subject, AUTHOR_PLAIN),
        ("preheader", source.preheader, AUTHOR_PLAIN),
        ("text", source.text, AUTHOR_PLAIN),
        ("amp", source.amp, AUTHOR_HTML),
    )
    for part, text, environment in parts:
        problems += check_liquid(part, text, environment, limits)
    document, misfits = read_document(source.source)
    problems += misfits
    if document is not None:
        problems += check_document(document, limits)
    if document is None or any(p.level == "error" for p in problems):
        return None, problems
    made = to_mjml(document, nonce=_free_word(source.source))
    control = _CONTROL.search(made.text)
    if control:  # written in JSON as \\u0001, it was not seen before
        line, code = line_of(made.text, control.start()), f"{ord(control.group()):02X}"
        found = problem("control_character", "source", line, character=code)
        return None, [*problems, placed(found, made)]
    masked = mask(made.text)
    problems += (placed(p, made) for p in check_mjml(masked))
    if any(p.level == "error" for p in problems):
        return None, problems
    shown = msgspec.structs.replace(source, kind=LetterKind.MJML, source=made.text)
    try:
        markup = _from_blocks(masked.text, made.nonce)
        compiled = _assemble(shown, masked, markup, limits)
    except LetterBroken as broken:
        return None, problems + [placed(p, made) for p in broken.letter_problems]
    return msgspec.structs.replace(compiled, shown=shown, made=made), problems


def html_of(source: LetterSource) -> str:
    """Return the HTML of an MJML or block letter, with its Liquid. Raises: LetterBroken."""
    compiled = compile_letter(source)
    shown = compiled.shown or source
    masked = mask(shown.source)
    if compiled.made is None:
        return unmask(_from_mjml(masked.text), masked).text
    return in_code(unmask(_from_blocks(masked.text, compiled.made.nonce), masked).text)


def placed(found: LetterProblem, made: Mjml) -> LetterProblem:
    """Return a problem of the MJML of a block letter with its block instead of its line."""
    if found.part != "source" or found.block_id is not None:
        return found
    place = made.place(found.line)
    return msgspec.structs.replace(
        found, line=place.line, column=None, row_id=place.row_id, block_id=place.block_id
    )


def _free_word(source: str) -> str:
    """Return a word that the source does not have."""
    number = 0
    while f"okraw{number}" in source:
        number += 1
    return f"okraw{number}z"


def _from_blocks(text: str, nonce: str) -> str:
    """Run MJML with raw HTML in it, which the renderer must not read: it takes XML only."""
    mark = f"<!--{nonce}-->"
    pieces = text.split(mark)
    if len(pieces) == 1:
        return _from_mjml(text)
    # Every second piece is HTML; it need not be kept from being seen twice: a word stands for it.
    inner = pieces[1::2]
    outer = [
        piece + (f"{nonce}{number}z" if number < len(inner) else "")
        for number, piece in enumerate(pieces[::2])
    ]
    markup = _from_mjml("".join(outer))
    return re.sub(rf"{nonce}(\d+)z", lambda found: inner[int(found[1])], markup)


def _check_texts(source: LetterSource, limits: Limits) -> list[LetterProblem]:
    problems: list[LetterProblem] = []
    parts: tuple[tuple[Part, str], ...] = (
        ("subject", source.subject),
        ("preheader", source.preheader),
        ("source", source.source),
        ("text", source.text),
        ("amp", source.amp),
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
    pieces = list(read_markup(markup))
    link_nodes = link_edits(pieces, masked, table)
    own = _own_edits(pieces, len(markup), bool(source.preheader.strip()))
    html_source = unmask(apply_edits(markup, link_nodes + own), masked)
    if source.text.strip():
        text_mask = mask(source.text)
        plain = apply_edits(text_mask.text, text_edits(text_mask.text, text_mask, table))
    else:
        text_mask = masked
        plain = to_plain_text(apply_edits(markup, link_nodes), is_tag=masked.is_tag)
    text_source = unmask(plain, text_mask)
    # After the others, so that a letter's links keep their numbers when it gets an AMP part.
    amp = (
        _ready("amp", amp_template(source.amp, table), COMPILED_HTML)
        if source.amp.strip()
        else None
    )
    texts = (source.subject, source.preheader, source.source, source.text, source.amp)
    return CompiledLetter(
        subject=_ready_line(source.subject),
        preheader=_ready_line(source.preheader),
        html=_ready("source", html_source, COMPILED_HTML),
        text=_ready("text", text_source, COMPILED_PLAIN),
        links=tuple(table.links),
        limits=limits,
        html_bytes=len(unmask(markup, masked).text.encode()),
        names_orders=any(_ORDERS.search(text) for text in texts),
        names_answer=any(ANSWER_URL in text for text in texts),
        amp=amp,
    )


def _own_edits(pieces: Iterable[Piece], end: int, preheader: bool) -> list[Edit]:
    """Return the edits that put the preheader, the open pixel and the trap link into the body."""
    body_start, body_end = 0, end
    for piece in pieces:
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
