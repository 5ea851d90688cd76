"""Everything that should be known about a letter before it goes to thousands of people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from liquid import BoundTemplate
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.tags.case_tag import CaseNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode

from otklik.content.amp.check import check_amp
from otklik.content.amp.own import liquid_in_templates
from otklik.content.engine.compiler import CompiledLetter, try_compile
from otklik.content.engine.context import LetterContext
from otklik.content.engine.elements import element_fields
from otklik.content.engine.grammar import column_of, line_of
from otklik.content.engine.links import judge_link
from otklik.content.engine.liquid import AUTHOR_HTML, AUTHOR_PLAIN, BLOCKS_HTML, LetterEnvironment
from otklik.content.engine.markup import Lines, read_markup
from otklik.content.engine.mask import Masked, mask
from otklik.content.engine.problems import problem
from otklik.content.engine.renderer import render
from otklik.content.engine.variables import (
    ANSWER_URL,
    EVENTS,
    KnownVariables,
    known_variables,
    variable_name,
)
from otklik.content.errors import RenderFailed
from otklik.content.model import LetterKind, LetterProblem, LetterSource, Limits, Part, Tracking

GMAIL_CLIP_BYTES = 102 * 1024
SUBJECT_LONG = 70
LINKS_MANY = 40
WORDS_FEW = 60
"""Letters of the alphabet in a text that is hardly there."""
# Spammers hide behind them, so filters distrust every letter that has one.
SHORTENERS = frozenset(
    ["bit.ly", "buff.ly", "clck.ru", "cutt.ly", "goo.gl", "goo.su", "is.gd", "ow.ly", "t.co"]
) | frozenset(
    ["rebrand.ly", "shorturl.at", "t.ly", "tiny.cc", "tinyurl.com", "u.to", "v.gd", "vk.cc"]
)
_LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_PART_ORDER: tuple[Part, ...] = ("subject", "preheader", "source", "text", "amp")


def check_letter(
    source: LetterSource,
    *,
    known: KnownVariables | None = None,
    context: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
) -> list[LetterProblem]:
    """Return the problems of a letter, by part and line; `error` blocks sending.

    known: the variables that exist (`known_variables(traits)`); None accepts any customer trait.
    context: a person to try the letter on, for what only shows in the result (limits, size).
    """
    return check_compiled(source, known=known, context=context, limits=limits)[1]


def check_compiled(
    source: LetterSource,
    *,
    known: KnownVariables | None = None,
    context: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
) -> tuple[CompiledLetter | None, list[LetterProblem]]:
    """Like `check_letter`, and returns the compiled letter too, None when it can't be compiled."""
    compiled, problems = try_compile(source, limits or Limits())
    problems = [*problems, *_check_subject(source)]
    if compiled is not None:
        shown = compiled.shown or source
        masked = mask(shown.source, html=shown.kind is LetterKind.HTML)
        environment = AUTHOR_HTML if compiled.shown is None else BLOCKS_HTML
        found = _check_variables(shown, known or known_variables(), environment)
        found += _check_addresses(masked)
        found += _check_unsubscribe(compiled)
        found += _check_result(shown, compiled, context)
        found += _check_manners(shown, compiled)
        found += _check_amp(source, compiled, context)
        problems += map(compiled.placed, found)
    return compiled, sorted(_unique(problems), key=_place)


def _place(found: LetterProblem) -> tuple[int, int, int]:
    return _PART_ORDER.index(found.part), found.line or 0, found.level == "warning"


def _unique(problems: list[LetterProblem]) -> Iterator[LetterProblem]:
    seen: set[tuple[object, ...]] = set()
    for found in problems:
        place = (found.line, found.row_id, found.block_id)
        key = (found.code, found.part, *place, *sorted(found.facts.items()))
        if key not in seen:
            seen.add(key)
            yield found


def _check_subject(source: LetterSource) -> list[LetterProblem]:
    subject = source.subject.strip()
    if not subject:
        return [problem("subject_empty", "subject", 1)]
    shown = _LIQUID.sub("", subject)
    problems: list[LetterProblem] = []
    if len(shown) > SUBJECT_LONG:
        problems.append(problem("subject_long", "subject", 1, length=len(shown)))
    letters = [one for one in shown if one.isalpha()]
    if len(letters) >= 8 and sum(map(str.isupper, letters)) > 0.7 * len(letters):
        problems.append(problem("subject_shouts", "subject", 1))
    if shown.count("!") > 1:
        problems.append(problem("subject_exclaims", "subject", 1))
    return problems


def _check_manners(source: LetterSource, compiled: CompiledLetter) -> list[LetterProblem]:
    """Look for what spam filters, and people, hold against a letter."""
    problems: list[LetterProblem] = []
    if not source.preheader.strip() and not re.search(r"<mj-preview\b", source.source):
        problems.append(problem("preheader_empty", "preheader", 1))
    fixed = [link for link in compiled.links if not link.dynamic]
    short = {host for link in fixed if (host := _host(link.url)) in SHORTENERS}
    for host in sorted(short):
        problems.append(problem("link_shortened", "source", None, host=host))
    if len(compiled.links) > LINKS_MANY:
        problems.append(problem("many_links", "source", None, count=len(compiled.links)))
    text = "".join(
        node.text for node in compiled.text.template.nodes if isinstance(node, ContentNode)
    )
    if "!!!" in text:
        problems.append(problem("text_exclaims", "source", None))
    # Addresses stand in brackets behind their words.
    shown = (token for token in text.split() if not token.startswith("("))
    words = sum(sum(map(str.isalpha, token)) for token in shown)
    if words < WORDS_FEW and re.search(r"<(?:mj-image|img)\b", source.source, re.IGNORECASE):
        problems.append(problem("image_only", "source", None))
    return problems


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


# What may come tomorrow is no mistake: the place is empty until then.
_UNSEEN = {"customer": "unseen_trait", EVENTS: "unseen_event"}


def _check_variables(
    source: LetterSource, known: KnownVariables, of_source: LetterEnvironment
) -> list[LetterProblem]:
    parts: tuple[tuple[Part, str], ...] = (
        ("subject", source.subject),
        ("preheader", source.preheader),
        ("source", source.source),
        ("text", source.text),
        ("amp", source.amp),
    )
    environments = {"source": of_source, "amp": AUTHOR_HTML}
    problems: list[LetterProblem] = []
    for part, text in parts:
        environment = environments.get(part, AUTHOR_PLAIN)
        template = environment.from_string(text)
        analysis = template.analyze(include_partials=False)
        for variable in (v for group in analysis.globals.values() for v in group):
            name = variable_name(variable)
            if not known.has(name):
                code = _UNSEEN.get(name.partition(".")[0], "unknown_variable")
                place = (part, text, variable.span.index)
                problems.append(_unknown(code, place, name, known.guess(name)))
        problems += _check_elements(part, text, template, known)
    return problems


def _check_elements(
    part: Part, text: str, template: BoundTemplate, known: KnownVariables
) -> Iterator[LetterProblem]:
    """Check what is asked of single orders, lines and items, in loops and outside."""
    for asked in element_fields(template):
        if known.has_field(asked.kind, asked.field):
            continue
        near = known.guess_field(asked.kind, asked.field)
        guess = asked.shown.removesuffix(asked.field) + near if near else None
        yield _unknown("unknown_variable", (part, text, asked.offset), asked.shown, guess)


def _unknown(
    code: str, place: tuple[Part, str, int], name: str, guess: str | None
) -> LetterProblem:
    """Say that there is no such name; `place`: the part, its text and the offset in it."""
    part, text, offset = place
    found = problem(
        code,
        part,
        line_of(text, offset),
        variable=name,
        guess=f" Perhaps {guess}?" if guess else "",
        guess_ru=f" Может быть, {guess}?" if guess else "",
    )
    return msgspec.structs.replace(found, column=column_of(text, offset))


def _check_addresses(masked: Masked) -> list[LetterProblem]:
    """Judge the links and images of the author's source, where lines are the author's."""
    lines = Lines(masked.text)
    problems: list[LetterProblem] = []
    in_preview = False
    for piece in read_markup(masked.text):
        in_preview = piece.name == "mj-preview" if piece.kind == "open" else in_preview
        if piece.kind != "open":
            continue
        line = lines.of(piece.start)
        if piece.name in ("a", "area") or piece.name.startswith("mj-"):
            href = piece.get("href")
            if href is not None and piece.name != "mj-font":
                found = judge_link(href.value or "", "source", lines.of(href.offset))
                problems += [found] if found else []
            elif piece.name == "mj-button":
                problems.append(problem("link_empty", "source", line))
        if piece.name in ("img", "mj-image", "mj-carousel-image"):
            problems += _check_image(piece.get("src"), masked, line)
            if piece.get("alt") is None:
                problems.append(problem("missing_alt", "source", line))
    return problems


def _check_image(src: Any, masked: Masked, line: int) -> list[LetterProblem]:
    url = (src.value or "").strip() if src is not None else ""
    if masked.pattern.match(url) or url.lower().startswith(("https://", "http://", "cid:")):
        return []
    if url.lower().startswith("data:"):
        return [problem("image_embedded", "source", line)]
    if not url:
        return [problem("image_none", "source", line)]
    return [problem("image_source", "source", line, url=url[:100])]


def _check_unsubscribe(compiled: CompiledLetter) -> list[LetterProblem]:
    problems: list[LetterProblem] = []
    html_places = list(_places_of("unsubscribe_url", compiled.html.template))
    if not html_places:
        variable = "{{ unsubscribe_url }}"
        problems.append(problem("no_unsubscribe_link", "source", None, variable=variable))
    elif all(conditional for _, conditional in html_places):
        line = compiled.html.line_at(html_places[0][0])
        problems.append(problem("unsubscribe_in_condition", "source", line))
    elif not any(True for _ in _places_of("unsubscribe_url", compiled.text.template)):
        problems.append(problem("text_no_unsubscribe", "text", None))
    return problems


def _check_amp(
    source: LetterSource, compiled: CompiledLetter, context: Mapping[str, Any] | None
) -> list[LetterProblem]:
    """Return what is to be said of the AMP part, if there is one."""
    answered = "action-xhr" in source.amp and ANSWER_URL in source.amp
    lost = [problem("answer_no_form", "source", None, variable="{{ answer_url }}")]
    if compiled.amp is None:
        return lost if compiled.names_answer else []
    problems = [*check_amp(source.amp), *liquid_in_templates(mask(source.amp))]
    if not answered and any(ANSWER_URL in text for text in (source.source, source.text)):
        problems += lost
    if not any(True for _ in _places_of("unsubscribe_url", compiled.amp.template)):
        variable = "{{ unsubscribe_url }}"
        problems.append(problem("amp_no_unsubscribe", "amp", None, variable=variable))
    if context is not None:
        address = str(context.get(ANSWER_URL, ""))
        if ANSWER_URL in source.amp and address.startswith("http://"):
            problems.append(problem("amp_answer_http", "amp", None))
    return problems


def _places_of(name: str, template: Any) -> Iterator[tuple[int, bool]]:
    """Yield (offset, stands in a condition) of every output of the variable `name`."""
    context = LetterContext(template, {}, limits=Limits(), tracking=Tracking())

    def visit(nodes: Any, conditional: bool) -> Iterator[tuple[int, bool]]:
        for node in nodes:
            if isinstance(node, ContentNode):
                continue
            if _outputs(node, name):
                yield node.token.start_index, conditional
            inside = conditional or isinstance(node, (IfNode, UnlessNode, CaseNode, ForNode))
            yield from visit(node.children(context, include_partials=False), inside)

    yield from visit(template.nodes, False)


def _outputs(node: Node, name: str) -> bool:
    for expression in node.expressions():
        left = getattr(expression, "left", None)
        path = getattr(left, "path", None)
        if path and path[0] == name and type(node).__name__ in ("OutputNode", "EchoNode"):
            return True
    return False


def _check_result(
    source: LetterSource, compiled: CompiledLetter, context: Mapping[str, Any] | None
) -> list[LetterProblem]:
    problems: list[LetterProblem] = []
    size = compiled.html_bytes
    if context is not None:
        try:
            size = len(render(compiled, context).html.encode())
        except RenderFailed as failed:
            problems.append(failed.problem)
    if size > GMAIL_CLIP_BYTES:
        problems.append(problem("size_clipped", "source", None, size=size // 1024))
    if not "".join(str(node) for node in compiled.text.template.nodes).strip():
        problems.append(problem("text_empty", "text", None))
    if source.preheader.strip() and re.search(r"<mj-preview\b", source.source):
        problems.append(problem("two_preheaders", "preheader", 1))
    return problems
