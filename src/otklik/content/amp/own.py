"""What only this program knows of an AMP part: forms that answer here, and Liquid in templates."""

from __future__ import annotations

from otklik.content.amp import rules
from otklik.content.amp.raw import raw_stretches
from otklik.content.amp.reading import OwnForm, Reading
from otklik.content.engine.markup import Lines, Piece, read_markup
from otklik.content.engine.mask import Masked
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

EVENT_FIELD = "event"
ANSWER_VARIABLE = "answer_url"


def begin_form(reading: Reading, piece: Piece) -> None:
    """Check a form, and note whether its answers come here."""
    reading.use("amp-form", piece.start)
    address = piece.get("action-xhr")
    if address is None:
        post = reading.value(piece, "method").lower() == "post"
        if post:
            facts = {"tag": "form", "attribute": "action-xhr"}
            reading.add("amp_attribute_missing", piece.start, **facts)
        else:
            reading.add("amp_form_nowhere", piece.start)
    goal = address.value or "" if address is not None else ""
    shown = reading.liquid.sub(reading.span, goal)
    here = ANSWER_VARIABLE in shown
    line = reading.lines.of(piece.start)
    reading.form = OwnForm(line, here=here and "/topics" not in shown)
    if goal and not here:
        variable = f"{{{{ {ANSWER_VARIABLE} }}}}"
        reading.add("amp_form_elsewhere", piece.start, variable=variable)
    elif here and reading.value(piece, "method").lower() != "post":
        reading.add("amp_form_get", piece.start)


def form_field(reading: Reading, piece: Piece) -> None:
    """Note the field that names the event of a form."""
    if reading.form is not None and reading.value(piece, "name") == EVENT_FIELD:
        reading.form.event = reading.value(piece, "value")
        if rules.RESERVED_EVENT.match(reading.form.event):
            reading.add("amp_form_reserved", piece.start, event=reading.form.event)


def end_form(reading: Reading) -> None:
    form, reading.form = reading.form, None
    if form is not None and form.here and not form.event:
        reading.found.append(problem("amp_form_event", "amp", form.line))


def liquid_in_templates(masked: Masked) -> list[LetterProblem]:
    """Return warnings for Liquid inside <template>, where braces mostly mean amp-mustache."""
    raw = raw_stretches(masked)
    lines = Lines(masked.text)
    found: list[LetterProblem] = []
    begins: int | None = None
    for piece in read_markup(masked.text):
        if piece.name != "template":
            continue
        if piece.kind == "open":
            begins = piece.end
        elif piece.kind == "close" and begins is not None:
            for word in masked.pattern.finditer(masked.text, begins, piece.start):
                span = masked.spans[int(word[1] or word[2])]
                if span.startswith("{{") and not raw.covers(word.start()):
                    found.append(
                        problem(
                            "amp_liquid_in_template",
                            "amp",
                            lines.of(word.start()),
                            raw="{% raw %}…{% endraw %}",
                        )
                    )
            begins = None
    return found
