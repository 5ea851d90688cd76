"""Checks an AMP part against the published rules of AMP for Email, with lines of the author's text.

What it calls broken is what the official validator refuses (`tools/amp_official.py` compares
both); the rest is advice. It reads the source with its Liquid hidden: a hidden word may stand for
anything.
"""

from __future__ import annotations

from otklik.content.amp import frame, rules
from otklik.content.amp.attributes import check_attributes
from otklik.content.amp.components import COMPONENTS, NEED_BIND, Component
from otklik.content.amp.own import begin_form, end_form, form_field
from otklik.content.amp.places import check_children, check_place, close_implied
from otklik.content.amp.reading import Open, Reading
from otklik.content.amp.sizes import check_size
from otklik.content.amp.texts import BREAKING
from otklik.content.engine.markup import RAW_TEXT, VOID, Piece, read_markup
from otklik.content.engine.mask import Masked, mask
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

DEPTH_MAX = 200
FOUND_MAX = 200
# Browsers close these by themselves.
_CLOSES_ITSELF = rules.words(
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup rb rt rp html head body"
)


def check_amp(amp: str) -> list[LetterProblem]:
    """Return what is wrong with the source of an AMP part; none of it is an error.

    The Liquid of it must have been checked before.
    """
    found = _Check(mask(amp)).run()
    if len(amp.encode()) > rules.SIZE_MAX:
        found.insert(0, problem("amp_too_large", "amp", None, size=len(amp.encode()) // 1024))
    broken = sum(one.code in BREAKING for one in found)
    # Of a page that was written for something else nobody reads more.
    del found[FOUND_MAX:]
    if broken:
        found.append(problem("amp_not_shown", "amp", None, count=broken))
    return found


class _Check:
    """Walks through the tags and keeps the open elements."""

    def __init__(self, masked: Masked) -> None:
        self._reading = Reading(masked)

    def run(self) -> list[LetterProblem]:
        reading = self._reading
        pieces = list(read_markup(reading.text))
        frame.begin(reading, pieces)
        for place, piece in enumerate(pieces):
            if piece.kind == "open":
                if not self._finished(piece):
                    reading.add("amp_unfinished", piece.start)
                    break
                if piece.closed and piece.name in RAW_TEXT:
                    # The rest of the document is the text of this tag.
                    reading.add("amp_self_closed", piece.start, tag=piece.name)
                    break
                self._element(piece, pieces[place + 1] if place + 1 < len(pieces) else None)
            elif piece.kind == "close":
                self._close(piece)
            elif piece.kind == "text":
                self._words(piece)
            elif piece.kind == "declaration" and reading.text.startswith("<?", piece.start):
                self._unknown(piece, "?")
        for one in reversed(reading.open):
            self._ended(one, closed=False)
        frame.end(reading)
        return reading.found

    def _finished(self, piece: Piece) -> bool:
        """Tell whether a tag and its last value have an end."""
        text = self._reading.text
        if not text.endswith(">", piece.start, piece.end):
            return False
        return not any(
            one.value == "" and not one.quote and text[one.end : one.end + 1] in ("'", '"')
            for one in piece.attributes
        )

    def _words(self, piece: Piece) -> None:
        """Note text: in the head it begins the body, whether that is written or not."""
        reading = self._reading
        if not self._before_body():
            return
        text = reading.liquid.sub("", reading.text[piece.start : piece.end])
        if text.strip():
            self._no_body(piece)

    def _no_body(self, piece: Piece) -> None:
        reading = self._reading
        reading.once.add("body")
        reading.add("amp_body", piece.start)
        reading.open = [one for one in reading.open if one.name != "head"]

    def _element(self, piece: Piece, after: Piece | None) -> None:
        reading, name = self._reading, piece.name
        if name in rules.DROPPED:
            return
        if name == "form" and reading.inside("form"):
            # Readers of HTML leave it out, so that its end is the end of the outer one.
            reading.add("amp_form_nested", piece.start)
            return
        if name == "body":
            reading.once.add("body")
        self._begins_body(name, piece)
        for one in close_implied(reading, name):
            self._ended(one, closed=True)
        if reading.open:
            reading.open[-1].children.append(name)
        component = COMPONENTS.get(name)
        if component is None and name not in rules.TAGS:
            self._unknown(piece, name)
        else:
            self._known(piece, component, after)
        if reading.in_head and name not in ("html", "head", "meta"):
            reading.first_in_head = False
        if piece.closed and name not in VOID and name.startswith("amp-"):
            reading.add("amp_unclosed", piece.start, tag=name)
        # What nests deeper is not remembered: looking through the open elements must stay quick.
        if name not in VOID and len(reading.open) < DEPTH_MAX:
            reading.open.append(Open(name, reading.lines.of(piece.start), piece))

    def _begins_body(self, name: str, piece: Piece) -> None:
        """Begin the body where a tag of the body stands in the head."""
        if name not in _OF_HEAD and self._before_body():
            self._no_body(piece)

    def _before_body(self) -> bool:
        """Tell whether nothing but the head can stand here."""
        top = self._reading.parent
        return self._reading.in_head and (top is None or top.name in ("html", "head"))

    def _unknown(self, piece: Piece, name: str) -> None:
        other = rules.INSTEAD.get(name)
        self._reading.add(
            "amp_tag",
            piece.start,
            tag=name,
            instead=f" Use {other}." if other else "",
            instead_ru=f" Возьмите {other}." if other else "",
        )

    def _known(self, piece: Piece, component: Component | None, after: Piece | None) -> None:
        reading = self._reading
        check_place(reading, piece)
        check_attributes(reading, piece, component)
        if component is not None:
            self._component(piece, component)
        match piece.name:
            case "html":
                frame.check_html(reading, piece)
            case "meta":
                frame.check_meta(reading, piece)
            case "script":
                frame.check_script(reading, piece, after)
            case "style":
                frame.check_style(reading, piece, after)
            case "form":
                begin_form(reading, piece)
            case "input":
                form_field(reading, piece)
            case "template":
                reading.use("amp-mustache", piece.start)
                if piece.get("type") is None:
                    missing = {"tag": "template", "attribute": "type"}
                    reading.add("amp_attribute_missing", piece.start, **missing)
            case _:
                pass

    def _component(self, piece: Piece, component: Component) -> None:
        reading, name = self._reading, piece.name
        if name in NEED_BIND:
            reading.use("amp-bind", piece.start)
        elif component.script:
            reading.use(name, piece.start)
        for needed in sorted(component.required):
            if piece.get(needed) is None:
                reading.add("amp_attribute_missing", piece.start, tag=name, attribute=needed)
        check_size(reading, piece, component)

    def _close(self, piece: Piece) -> None:
        reading = self._reading
        opened = reading.open
        at = next((i for i in reversed(range(len(opened))) if opened[i].name == piece.name), None)
        if at is None:
            if piece.name not in _CLOSES_ITSELF and piece.name not in VOID:
                reading.add("amp_unclosed", piece.start, tag=piece.name)
            return
        ended = opened[at:]
        del opened[at:]
        for one in reversed(ended[1:]):
            self._ended(one, closed=False)
        self._ended(ended[0], closed=True)
        if piece.name == "form":
            end_form(reading)

    def _ended(self, one: Open, *, closed: bool) -> None:
        """Note the end of an element, written or not."""
        if not closed and one.name not in _CLOSES_ITSELF:
            self._reading.found.append(problem("amp_unclosed", "amp", one.line, tag=one.name))
        check_children(self._reading, one)


_OF_HEAD = rules.words(
    "base basefont bgsound body head html link meta noframes noscript script style template title"
)
