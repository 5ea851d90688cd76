"""Checks HTML for what must not, or can't, work in a letter."""

from __future__ import annotations

import html
import re

from otklik.content.engine.markup import VOID, Lines, Piece, read_markup
from otklik.content.engine.mask import Masked
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

DEPTH_MAX = 200

# Code, foreign content and redirection: never in a letter, whatever the mail program would do.
FORBIDDEN_TAGS = frozenset(
    [
        "script",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "base",
        "noscript",
        "portal",
        "template",
        "slot",
    ]
)
UNSUPPORTED_TAGS = frozenset(
    [
        "form",
        "input",
        "button",
        "select",
        "textarea",
        "video",
        "audio",
        "canvas",
        "svg",
        "math",
        "dialog",
    ]
)
URL_ATTRIBUTES = frozenset(
    ["href", "src", "action", "formaction", "background", "poster", "srcset", "cite", "xlink:href"]
)
_ACTIVE_SCHEME = re.compile(
    r"^[\x00-\x20]*(javascript|vbscript|data:text|data:application|file)", re.I
)


def check_html(masked: Masked) -> list[LetterProblem]:
    """Return what is wrong with the HTML whose Liquid is hidden in `masked`."""
    lines = Lines(masked.text)
    liquid = masked.pattern
    found: list[LetterProblem] = []
    depth = 0
    for piece in read_markup(masked.text):
        if piece.kind == "open":
            if not masked.text[piece.start : piece.end].endswith(">"):
                found.append(
                    problem("tag_unfinished", "source", lines.of(piece.start), tag=piece.name)
                )
                break
            found += check_tag(piece, lines, liquid)
            if not piece.closed and piece.name not in VOID:
                depth += 1
        elif piece.kind == "close":
            depth = max(0, depth - 1)
        elif piece.kind == "raw" and liquid.search(masked.text, piece.start, piece.end):
            found.append(problem("liquid_in_style", "source", lines.of(piece.start)))
        if depth > DEPTH_MAX:
            # A page of unclosed tags: html parsers nest them without end.
            found.append(
                problem("nesting_too_deep", "source", lines.of(piece.start), limit=DEPTH_MAX)
            )
            break
    return found


def check_tag(piece: Piece, lines: Lines, liquid: re.Pattern[str]) -> list[LetterProblem]:
    """Return what is wrong with one opening tag."""
    found: list[LetterProblem] = []
    line = lines.of(piece.start)
    if piece.name in FORBIDDEN_TAGS:
        found.append(problem("forbidden_tag", "source", line, tag=piece.name))
    elif piece.name in UNSUPPORTED_TAGS:
        found.append(problem("unsupported_tag", "source", line, tag=piece.name))
    elif piece.name == "meta" and (equiv := piece.get("http-equiv")) is not None:
        if (equiv.value or "").strip().lower() in ("refresh", "set-cookie"):
            found.append(problem("forbidden_tag", "source", line, tag="meta http-equiv"))
    elif piece.name == "link":
        href = piece.get("href")
        address = (href.value or "").strip().lower() if href else ""
        if not address.startswith(("https://", "http://")):
            found.append(problem("forbidden_tag", "source", line, tag="link"))
    for attribute in piece.attributes:
        at = lines.of(attribute.offset)
        value = attribute.value or ""
        if liquid.search(attribute.name):
            found.append(problem("liquid_between_attributes", "source", at, tag=piece.name))
        elif attribute.name.startswith("on") and attribute.name != "on":
            found.append(problem("forbidden_attribute", "source", at, attribute=attribute.name))
        elif value and not attribute.quote and liquid.search(value):
            found.append(problem("liquid_unquoted", "source", at, attribute=attribute.name))
        elif attribute.name in URL_ATTRIBUTES:
            scheme = _ACTIVE_SCHEME.match(_plain_url(value))
            if scheme:
                found.append(problem("link_scheme", "source", at, scheme=scheme.group(1).lower()))
        elif attribute.name == "style" and "expression(" in value.lower():
            found.append(problem("forbidden_attribute", "source", at, attribute="style"))
    return found


def _plain_url(value: str) -> str:
    # Browsers ignore these characters inside a scheme, so "java\nscript:" is one too.
    return re.sub(r"[\t\r\n]", "", html.unescape(value))
