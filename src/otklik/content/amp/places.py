"""Where tags may stand, and what may stand right in them."""

from __future__ import annotations

from typing import Final

from otklik.content.amp import rules
from otklik.content.amp.reading import Open, Reading
from otklik.content.engine.markup import Piece
from otklik.content.engine.problems import problem

_ENDS_P: Final = rules.words(
    "address article aside blockquote details div dl fieldset figcaption figure footer form h1 h2 "
    "h3 h4 h5 h6 header hr main nav ol p pre section summary table ul"
)
_ITEMS: Final = {
    "dd": rules.words("dd dt"),
    "dt": rules.words("dd dt"),
    "li": rules.words("li"),
    "optgroup": rules.words("optgroup option"),
    "option": rules.words("option"),
    "tbody": rules.words("tbody td tfoot th thead tr"),
    "td": rules.words("td th"),
    "tfoot": rules.words("tbody td tfoot th thead tr"),
    "th": rules.words("td th"),
    "thead": rules.words("tbody td tfoot th thead tr"),
    "tr": rules.words("td th tr"),
}
"""What ends before a tag begins, without an end of its own being written."""


def close_implied(reading: Reading, name: str) -> list[Open]:
    """Take off the open elements that end because `name` begins; return them."""
    ended: list[Open] = []
    ends = _ITEMS.get(name, frozenset())
    if name in _ENDS_P:
        ends |= {"p"}
    while reading.open and reading.open[-1].name in ends:
        ended.append(reading.open.pop())
    return ended


def check_place(reading: Reading, piece: Piece) -> None:
    """Check what a tag stands in."""
    name = piece.name
    parent = reading.parent.name if reading.parent is not None else ""
    for other in sorted(rules.NOT_INSIDE.get(name, ())):
        if reading.inside(other):
            _misplaced(reading, piece, other)
    if name == "template" or (name == "script" and piece.get("template") is not None):
        part = _form_part(reading)
        if part:
            _misplaced(reading, piece, f"div {part}")
        elif name == "script" and reading.inside("template"):
            _misplaced(reading, piece, "template")
    if parent == "amp-accordion" and name != "section":
        _misplaced(reading, piece, "amp-accordion")
    elif name == "section" and parent != "amp-accordion" and reading.inside("amp-accordion"):
        _misplaced(reading, piece, "amp-accordion section")
    wanted = rules.PARENTS.get(name)
    if wanted is not None and parent != wanted:
        reading.add("amp_parent", piece.start, tag=name, parent=wanted)


def check_children(reading: Reading, one: Open) -> None:
    """Check what stood right in an element, when it ends."""
    parent = reading.parent.name if reading.parent is not None else ""
    children = one.children
    if one.name == "section" and parent == "amp-accordion":
        if len(children) != 2 or children[0] not in rules.HEADINGS:
            reading.found.append(problem("amp_section", "amp", one.line))
    elif one.name == "amp-state" and children and children[0] != "script":
        facts = {"tag": children[0], "parent": "amp-state"}
        reading.found.append(problem("amp_place", "amp", one.line, **facts))
    elif one.name == "nav" and one.piece.get("toolbar") is not None:
        fits = len(children) == 1 and children[0] in ("ol", "ul")
        if not fits:
            reading.found.append(problem("amp_toolbar", "amp", one.line))


def _form_part(reading: Reading) -> str:
    """Return the part of a form in which no template may stand, if this is one; "" if not."""
    for one in reading.open:
        if one.name != "div":
            continue
        if one.piece.get("submitting") is not None:
            return "submitting"
        for part in ("submit-success", "submit-error"):
            if one.piece.get(part) is not None and one.piece.get("template") is not None:
                return f"{part} template"
    return ""


def _misplaced(reading: Reading, piece: Piece, parent: str) -> None:
    reading.add("amp_place", piece.start, tag=piece.name, parent=parent)
