"""The page with the form of a letter, for readers whose mail service shows no AMP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from otklik.content.public import AnswerField, AnswerForm
from otklik.delivery.pages import Look, small_page
from otklik.kit.i18n import Lang, Text

_STYLE = """<style>
.ask{margin:0 0 1.25rem}.ask b{display:block;margin:0 0 .25rem}
.ask input:not([type=radio],[type=checkbox]),.ask textarea{width:100%;height:auto;
box-sizing:border-box;padding:.65rem .75rem;font:inherit;color:inherit;background:transparent;
border:1px solid #8b8b85;border-radius:8px}
[role=alert]{padding:.75rem 1rem;border:1px solid #c0392b;border-radius:10px}
</style>"""
_TITLE = Text(en="Your answer", ru="Ваш ответ")
_SEND = Text(en="Send", ru="Отправить")
THANKS = Text(en="Thank you, your answer is received.", ru="Спасибо, ваш ответ получен.")
_THANKS_TITLE = Text(en="Thank you", ru="Спасибо")
_THANKS_WHAT = Text(en="Your answer is received.", ru="Ваш ответ получен.")
_TRIAL_TITLE = Text(en="This is a test letter", ru="Это тестовое письмо")
TRIAL = Text(
    en="This is a test letter: the answer is not kept.",
    ru="Это тестовое письмо: ответ не сохраняется.",
)
_TRIAL_WHAT = Text(
    en="In a real one its form opens here.", ru="В настоящем здесь откроется его форма."
)
SAVED = Text(
    en="Saved. From now on letters follow your choice.",
    ru="Сохранено. Теперь письма приходят по вашему выбору.",
)


Posted = Mapping[str, Sequence[str]]
_NOTHING: Posted = MappingProxyType({})


def form_page(
    *,
    lang: Lang,
    forms: Sequence[AnswerForm],
    look: Look,
    problem: str | None = None,
    posted: Posted = _NOTHING,
) -> str:
    """Return the page of a GET, or of an answer that lacks something: with what was posted."""
    warning = f"<p role=alert>{escape(problem)}</p>" if problem else ""
    body = _STYLE + warning + "".join(_form(form, lang, posted) for form in forms)
    title = next((form.title for form in forms if form.title), _TITLE.of(lang))
    return small_page(lang=lang, title=title, body=body, look=look)


def thanks_page(*, lang: Lang, look: Look) -> str:
    body = f"<p>{escape(_THANKS_WHAT.of(lang))}</p>"
    return small_page(lang=lang, title=_THANKS_TITLE.of(lang), body=body, look=look)


def trial_page(*, lang: Lang) -> str:
    """Return the page of a test letter's link, which belongs to no message."""
    body = f"<p>{escape(_TRIAL_WHAT.of(lang))}</p>"
    return small_page(lang=lang, title=_TRIAL_TITLE.of(lang), body=body, look=Look())


def _form(form: AnswerForm, lang: Lang, posted: Posted) -> str:
    fields = "".join(
        _field(field, posted.get(field.name)) for field in form.fields if field.kind != "hidden"
    )
    event = f'<input type="hidden" name="event" value="{escape(form.event)}">'
    send = escape(form.send or _SEND.of(lang))
    return f'<form method="post">{event}{fields}<button type="submit">{send}</button></form>'


def _field(field: AnswerField, posted: Sequence[str] | None) -> str:
    """Return one question; `posted`: what was answered to it before, None: it was not there."""
    given = set(posted or ())
    value = escape((posted or [field.value])[0])
    name, label = escape(field.name), escape(field.label or field.name)
    needed = " required" if field.required else ""
    match field.kind:
        case "one" | "many":
            kind = "radio" if field.kind == "one" else "checkbox"
            needed = needed if field.kind == "one" else ""
            boxes = "".join(
                f'<label><input type="{kind}" name="{name}" value="{escape(one.value)}"{needed}'
                f"{' checked' if one.value in given else ''}>"
                f"<span>{escape(one.label)}</span></label>"
                for one in field.options
            )
            return f"<fieldset class=ask><legend>{label}</legend>{boxes}</fieldset>"
        case "yes":
            return (
                f'<div class=ask><label><input type="checkbox" name="{name}" value="on"{needed}'
                f"{' checked' if given else ''}>"
                f"<span>{label}</span></label></div>"
            )
        case "long":
            return (
                f'<div class=ask><b id="l-{name}">{label}</b><textarea name="{name}" rows="4" '
                f'maxlength="{field.limit}" aria-labelledby="l-{name}"{needed}>'
                f"{value if posted else ''}</textarea></div>"
            )
        case _:
            kind = "number" if field.kind == "number" else "text"
            more = ' step="any"' if kind == "number" else f' maxlength="{field.limit}"'
            return (
                f'<div class=ask><b id="l-{name}">{label}</b><input type="{kind}" name="{name}"'
                f'{more} value="{value}" aria-labelledby="l-{name}"{needed}></div>'
            )
