"""The forms of an AMP part: what they ask, and what an answer to them is.

A form of a sent letter is the only definition of what may be answered to it. So a reader can
neither invent a field nor the name of an event, and the same form can be shown as a page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec
from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from otklik.content.amp.own import ANSWER_VARIABLE, EVENT_FIELD
from otklik.content.amp.rules import RESERVED_EVENT
from otklik.content.engine.context import Buffer, LetterContext
from otklik.content.engine.liquid import AUTHOR_HTML
from otklik.content.engine.markup import Piece, read_markup
from otklik.content.model import Limits, Tracking
from otklik.kit.i18n import Text

DEFAULT_EVENT = "Letter answered"
EVENT_CHARS_MAX = 200
TEXT_CHARS_MAX = 2_000
FIELDS_MAX = 50
OPTIONS_MAX = 100

FieldKind = Literal["text", "long", "number", "one", "many", "yes", "hidden"]
"""`one` and `many` of some options; `yes`: one box that is ticked or not."""
Value = str | int | float | bool | list[str]


class AnswerOption(msgspec.Struct, frozen=True):
    value: str
    label: str


class AnswerField(msgspec.Struct, frozen=True, kw_only=True):
    """One question. `value`: what it holds before anything is answered."""

    name: str
    kind: FieldKind
    label: str = ""
    options: tuple[AnswerOption, ...] = ()
    required: bool = False
    value: str = ""
    limit: int = TEXT_CHARS_MAX


class AnswerForm(msgspec.Struct, frozen=True):
    """A form that sends its answers here. `title`: the heading before it; `send`: its button."""

    event: str
    title: str
    send: str
    fields: tuple[AnswerField, ...]


class NotAnswered(Exception):
    """An answer lacks something, or has what the form does not offer; `text` says what."""

    def __init__(self, text: Text, label: str) -> None:
        self.text, self.label = text, label
        super().__init__(text.en)


_MISSING = Text(en="Please answer: {label}.", ru="Пожалуйста, ответьте: {label}.")
_UNKNOWN = Text(
    en="“{label}” does not offer this answer.", ru="В вопросе «{label}» нет такого ответа."
)


def answer_forms(amp: str, context: Mapping[str, Any]) -> list[AnswerForm]:
    """Return the forms of an AMP part, for one person, that send their answers here.

    A part that can't be made for him has none.
    """
    # A word that no author writes marks the forms that lead here.
    here = "https://here.invalid/a"
    values = {**context, ANSWER_VARIABLE: here}
    try:
        template = _parsed(amp)
        made = LetterContext(template, values, limits=Limits(), tracking=Tracking())
        buffer: Any = Buffer(made.limits.output_bytes_max)
        for node in template.nodes:
            node.render_to_output(made, buffer)
    except (LiquidError, ValueError, TypeError, ArithmeticError, RecursionError):
        return []
    return list(_Reader(str(buffer.getvalue()), here).run())


@lru_cache(maxsize=32)
def _parsed(amp: str) -> BoundTemplate:
    return AUTHOR_HTML.from_string(amp)


def read_answer(form: AnswerForm, posted: Mapping[str, Sequence[str]]) -> dict[str, Value]:
    """Return what was answered to the fields of a form; other fields are left out.

    Numbers and marks that are numbers come as numbers, so that they can be compared.
    Raises: NotAnswered.
    """
    found: dict[str, Value] = {}
    for field in form.fields:
        given = [text.strip() for text in posted.get(field.name, ())]
        given = [text for text in given if text]
        if field.kind == "hidden":
            found[field.name] = _typed(field.value)
        elif not given:
            if field.required:
                raise NotAnswered(_MISSING, field.label or field.name)
        else:
            found[field.name] = _value(field, given)
    return found


def _value(field: AnswerField, given: list[str]) -> Value:
    if field.kind in ("one", "many"):
        offered = {option.value for option in field.options}
        if not offered.issuperset(given):
            raise NotAnswered(_UNKNOWN, field.label or field.name)
        return list(dict.fromkeys(given)) if field.kind == "many" else _typed(given[0])
    if field.kind == "yes":
        return True
    if field.kind == "number":
        return _typed(given[0])
    return given[0][: field.limit]


def _typed(text: str) -> str | int | float:
    if re.fullmatch(r"-?(?:0|[1-9][0-9]{0,14})", text, re.ASCII):
        return int(text)
    if re.fullmatch(r"-?[0-9]{1,15}\.[0-9]{1,6}", text, re.ASCII):
        return float(text)
    return text[:TEXT_CHARS_MAX]


_LONG = frozenset({"submit-success", "submit-error", "submitting"})
_TYPES: dict[str, FieldKind] = {"number": "number", "range": "number", "hidden": "hidden"}
_WITHOUT_VALUE = frozenset({"submit", "reset", "button", "image", "file", "password"})


class _Draft(msgspec.Struct):
    """A field while its options are gathered."""

    name: str
    kind: FieldKind
    legend: str
    ids: list[str]
    required: bool = False
    value: str = ""
    limit: int = TEXT_CHARS_MAX
    label: str = ""
    options: list[AnswerOption] = []
    boxes: int = 0


class _Reader:
    """Reads finished markup, in one pass."""

    def __init__(self, markup: str, here: str) -> None:
        self._markup = markup
        self._here = here
        self._title = ""
        self._form: list[_Draft] | None = None
        self._event = ""
        self._send = ""
        self._words: list[str] = []
        self._legend = ""
        self._labels: dict[str, str] = {}
        self._in_label: list[tuple[_Draft, str | None]] = []
        self._selector: _Draft | None = None
        self._skip_until: str | None = None
        self._depth = 0

    def run(self) -> list[AnswerForm]:
        forms: list[AnswerForm] = []
        for piece in read_markup(self._markup):
            if self._skip_until is not None:
                self._depth += (
                    (piece.kind == "open") - (piece.kind == "close")
                    if (piece.name == self._skip_until)
                    else 0
                )
                if self._depth == 0:
                    self._skip_until = None
                continue
            if piece.kind == "open":
                self._open(piece)
            elif piece.kind == "close":
                if piece.name == "form" and self._form is not None:
                    form = self._finished()
                    if form is not None:
                        forms.append(form)
                else:
                    self._close(piece.name)
            elif piece.kind in ("text", "raw") and piece.name not in ("style", "script"):
                self._words.append(html.unescape(self._markup[piece.start : piece.end]))
        return forms

    def _text(self) -> str:
        text = " ".join("".join(self._words).split())
        self._words = []
        return text[:500]

    def _open(self, piece: Piece) -> None:
        name = piece.name
        if name == "option" and self._in_label:
            self._choices(self._text())  # its end may be left out
        if name in ("h1", "h2", "legend", "label", "option", "button"):
            self._words = []
        if name == "form":
            goal = _of(piece, "action-xhr")
            self._form = [] if goal == self._here else None
            self._event, self._send, self._labels = "", "", {}
        if self._form is None:
            return
        if name == "template" or any(piece.get(one) is not None for one in _LONG):
            self._skip_until, self._depth = name, 1
        elif name == "fieldset":
            self._legend = ""
        elif name == "input":
            self._input(piece)
        elif name == "textarea":
            self._add(piece, "long")
        elif name in ("select", "amp-selector") and _of(piece, "name"):
            kind: FieldKind = "many" if piece.get("multiple") is not None else "one"
            self._selector = self._add(piece, kind)
        elif self._selector is not None and piece.get("option") is not None:
            self._in_label = [(self._selector, _of(piece, "option"))]
            self._words = []
        elif self._selector is not None and name == "option":
            own = piece.get("value") is not None
            self._in_label = [(self._selector, _of(piece, "value") if own else None)]
        elif name == "label" and _of(piece, "for"):
            self._labels[_of(piece, "for")] = ""

    def _input(self, piece: Piece) -> None:
        kind = _of(piece, "type").lower()
        name, value = _of(piece, "name"), _of(piece, "value")
        if kind == "submit":
            self._send = value or self._send
        if not name or kind in _WITHOUT_VALUE:
            return
        if name == EVENT_FIELD:
            self._event = value
        elif kind in ("radio", "checkbox"):
            draft = self._add(piece, "one" if kind == "radio" else "many")
            draft.boxes += 1
            self._in_label.append((draft, value or "on"))
        else:
            self._add(piece, _TYPES.get(kind, "text"))

    def _add(self, piece: Piece, kind: FieldKind) -> _Draft:
        assert self._form is not None
        name = _of(piece, "name")
        known = next((one for one in self._form if one.name == name), None)
        if known is None:
            limit = _of(piece, "maxlength")
            known = _Draft(
                name=name,
                kind=kind,
                legend=self._legend,
                ids=[],
                value=_of(piece, "value"),
                label=_of(piece, "aria-label") or _of(piece, "placeholder"),
                limit=min(TEXT_CHARS_MAX, int(limit)) if limit.isdecimal() else TEXT_CHARS_MAX,
            )
            if name and name != EVENT_FIELD and len(self._form) < FIELDS_MAX:
                self._form.append(known)
        known.required = known.required or piece.get("required") is not None
        known.ids.append(_of(piece, "id"))
        return known

    def _close(self, name: str) -> None:
        if name in ("h1", "h2") and self._form is None:
            self._title = self._text()
        elif self._form is None:
            return
        elif name == "legend":
            self._legend = self._text()
        elif name == "fieldset":
            self._legend = ""
        elif name in ("select", "amp-selector"):
            self._choices(self._text())
            self._selector = None
        elif name == "button":
            self._send = self._send or self._text()
        elif name == "label":
            text = self._text()
            waiting = next((one for one, said in self._labels.items() if not said), None)
            if waiting is not None:
                self._labels[waiting] = text
            self._choices(text)
        elif self._in_label and name not in ("input", "span", "b", "i", "strong", "em", "amp-img"):
            self._choices(self._text())

    def _choices(self, text: str) -> None:
        """Give the options that stood in a label, or in an option, their words."""
        for draft, own in self._in_label:
            value = text if own is None else own
            # Without a value it is no answer: “choose …” at the top of a list.
            if value and len(draft.options) < OPTIONS_MAX:
                draft.options.append(AnswerOption(value, text or value))
        self._in_label = []

    def _finished(self) -> AnswerForm | None:
        drafts, self._form = self._form or [], None
        self._choices("")
        fields = tuple(map(self._field, drafts))
        event = " ".join(self._event.split())[:EVENT_CHARS_MAX]
        if not event or RESERVED_EVENT.match(event):
            event = DEFAULT_EVENT
        title, self._title = self._title, ""
        return AnswerForm(event, title, self._send, fields) if fields else None

    def _field(self, draft: _Draft) -> AnswerField:
        kind = draft.kind
        label = draft.legend or next(
            (self._labels[one] for one in draft.ids if self._labels.get(one)), draft.label
        )
        if kind == "many" and draft.boxes == 1:
            kind = "yes"
            label = draft.options[0].label if draft.options else label
        return AnswerField(
            name=draft.name[:200],
            kind=kind,
            label=label,
            options=tuple(draft.options),
            required=draft.required,
            value=draft.value,
            limit=draft.limit,
        )


def _of(piece: Piece, name: str) -> str:
    attribute = piece.get(name)
    return html.unescape(attribute.value or "").strip() if attribute is not None else ""
