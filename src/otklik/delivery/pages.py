"""The small pages that a reader of a letter may see: plain HTML, no script, no cookie, no tracking.

They stand on their own, so they work in the oldest phone and in a text browser; every value in them
is escaped.
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import msgspec

from otklik.delivery.model import LeavingReason
from otklik.delivery.operations.preferences import Preferences, TopicChoice
from otklik.kit.calendar import day_text
from otklik.kit.i18n import Lang, Text

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; "
        "form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

_STYLE = """
:root{color-scheme:light dark}
body{margin:0;font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
background:#f6f6f4;color:#1d1d1b;display:grid;min-height:100vh;place-items:center}
main{max-width:27rem;margin:1.5rem;padding:2.25rem;background:#fff;border-radius:14px;
box-shadow:0 1px 2px rgb(0 0 0/.08),0 8px 32px rgb(0 0 0/.06)}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .75rem;font-weight:650}
p{margin:0 0 1.25rem}
button{display:block;width:100%;box-sizing:border-box;margin:.75rem 0 0;padding:.8rem 1rem;
font:inherit;font-weight:600;border-radius:10px;border:1px solid #1d1d1b;cursor:pointer;
background:#1d1d1b;color:#fff}
button.second{background:transparent;color:inherit;border-color:#c9c9c4}
button:focus-visible{outline:3px solid #5b8def;outline-offset:2px}
small{color:#6b6b66}
a{color:inherit}
.more{margin:1rem 0 0;text-align:center}
.logo{display:block;max-width:100%;max-height:3rem;margin:0 0 1.25rem}
fieldset{border:0;margin:0;padding:0}
legend{padding:0;margin:1.5rem 0 .25rem;font-weight:600}
label{display:flex;gap:.65rem;align-items:flex-start;padding:.45rem 0;cursor:pointer}
label.sub{margin-left:1.75rem}
label small{display:block}
input{flex:none;width:1.15rem;height:1.15rem;margin:.25rem 0 0;accent-color:currentcolor}
form+form{margin-top:0}
.why{margin-top:1.75rem}
@media(prefers-color-scheme:dark){body{background:#161615;color:#ededea}main{background:#222220;
box-shadow:none}button{background:#ededea;color:#161615;border-color:#ededea}
button.second{border-color:#55554f}small{color:#a5a59e}}
"""

_TITLE = Text(en="What shall we write to you about?", ru="О чём вам писать?")
_CHOOSE = Text(
    en="Letters from {workspace}. What you don't tick will not come.",
    ru="Письма от «{workspace}». Что не отмечено, то приходить не будет.",
)
_NO_TOPICS = Text(en="Letters from {workspace}.", ru="Письма от «{workspace}».")
_NOTHING_COMES = Text(en="You get no letters now.", ru="Сейчас письма вам не приходят.")
_SAVE = Text(en="Save", ru="Сохранить")
_PAUSE_BUTTON = Text(en="No letters for a month", ru="Не писать месяц")
_PAUSED = Text(en="You have paused letters until {day}.", ru="Письма приостановлены до {day}.")
_RESUME = Text(en="Write to me again", ru="Снова получать письма")
_SAVED = Text(en="Saved", ru="Сохранено")
_SAVED_WHAT = Text(
    en="From now on letters follow your choice.", ru="Теперь письма приходят по вашему выбору."
)
_PAUSE_DONE = Text(en="Letters are paused", ru="Письма приостановлены")
_PAUSE_WHAT = Text(
    en="Until {day} nothing will come from {workspace}. After that letters go on as before.",
    ru="До {day} от «{workspace}» ничего не придёт. Потом письма пойдут как прежде.",
)
_RESUME_DONE = Text(en="Letters will come again", ru="Письма снова будут приходить")
_BACK = Text(en="Back to the settings", ru="К настройкам")
_OTHER = Text(en="Choose topics or pause letters", ru="Выбрать темы или взять паузу")
_WHY = Text(en="Why do you leave?", ru="Почему вы уходите?")
_WHY_SEND = Text(en="Send", ru="Отправить")
_THANKS = Text(en="Thank you", ru="Спасибо")
_THANKS_WHAT = Text(
    en="Your answer helps us to write better.", ru="Ваш ответ поможет нам писать лучше."
)
REASONS: dict[LeavingReason, Text] = {
    LeavingReason.TOO_OFTEN: Text(en="Too many letters", ru="Слишком много писем"),
    LeavingReason.NOT_INTERESTING: Text(en="Not interesting to me", ru="Мне это неинтересно"),
    LeavingReason.NOT_NEEDED: Text(en="I don't need it any more", ru="Мне это больше не нужно"),
    LeavingReason.NEVER_ASKED: Text(en="I never subscribed", ru="Я не подписывался"),
    LeavingReason.OTHER: Text(en="Something else", ru="Другое"),
}
_QUESTION = Text(en="Unsubscribe from our letters?", ru="Отписаться от наших писем?")
_TOPIC_INTRO = Text(
    en="You get letters from {workspace} about “{topic}”.",
    ru="Вы получаете письма от «{workspace}» на тему «{topic}».",
)
_ALL_INTRO = Text(
    en="You get letters from {workspace}.", ru="Вы получаете письма от «{workspace}»."
)
_TOPIC_BUTTON = Text(en="Unsubscribe from “{topic}”", ru="Отписаться от темы «{topic}»")
_ALL_BUTTON = Text(en="Unsubscribe from all letters", ru="Отписаться от всех писем")
_DONE = Text(en="You are unsubscribed", ru="Вы отписаны")
_TOPIC_DONE = Text(
    en="{workspace} will not write to you about “{topic}” any more.",
    ru="«{workspace}» больше не будет писать вам на тему «{topic}».",
)
_ALL_DONE = Text(
    en="{workspace} will not send you letters any more.",
    ru="«{workspace}» больше не будет присылать вам письма.",
)
_NOTE = Text(
    en="Letters that are on their way now may still arrive.",
    ru="Письма, которые уже в пути, ещё могут прийти.",
)
_BROKEN = Text(en="This link does not work", ru="Ссылка не работает")
_BROKEN_WHY = Text(
    en="It was cut off or changed on its way. Please open the link from the letter itself.",
    ru="По дороге она обрезалась или изменилась. Откройте её прямо из письма.",
)
_GONE_WHY = Text(
    en="The letter that it belongs to is no longer kept here.",
    ru="Письмо, к которому она относится, здесь больше не хранится.",
)


class Look(msgspec.Struct, frozen=True):
    """How a workspace looks: its button's colours (#rrggbb) and the address of its logo."""

    button: str = ""
    button_text: str = ""
    logo: str = ""
    logo_alt: str = ""


def confirm_page(
    *, lang: Lang, workspace: str, topic: str | None, preferences: str, look: Look
) -> str:
    """Return the page of a GET: it asks, and changes nothing."""
    facts = {"workspace": workspace, "topic": topic or ""}
    intro = (_TOPIC_INTRO if topic else _ALL_INTRO).of(lang, facts)
    buttons = ""
    if topic:
        buttons += _button("topic", _TOPIC_BUTTON.of(lang, facts))
    buttons += _button("all", _ALL_BUTTON.of(lang), second=bool(topic))
    return _page(
        lang,
        _QUESTION.of(lang),
        f'<p>{escape(intro)}</p><form method="post">{buttons}</form>'
        f"<p class=more>{_link(preferences, _OTHER.of(lang))}</p>",
        look,
    )


def done_page(
    *, lang: Lang, workspace: str, topic: str | None, preferences: str, look: Look
) -> str:
    """Return the page after unsubscribing; it asks why, and needs no answer."""
    facts = {"workspace": workspace, "topic": topic or ""}
    what = (_TOPIC_DONE if topic else _ALL_DONE).of(lang, facts)
    return _page(
        lang,
        _DONE.of(lang),
        f"<p>{escape(what)}</p><small>{escape(_NOTE.of(lang))}</small>{_why(lang, preferences)}",
        look,
    )


def preferences_page(
    *, lang: Lang, workspace: str, chosen: Preferences, zone: str, look: Look
) -> str:
    """Return the page of topics, of a pause, and of leaving altogether."""
    facts = {"workspace": workspace}
    parts = []
    if chosen.paused_until is not None:
        day = day_text(lang, chosen.paused_until.astimezone(ZoneInfo(zone)).date())
        parts.append(f"<p role=status>{escape(_PAUSED.of(lang, {'day': day}))}</p>")
        parts.append(_form(_action("resume", _RESUME.of(lang))))
    elif not chosen.letters:
        parts.append(f"<p role=status>{escape(_NOTHING_COMES.of(lang))}</p>")
    if chosen.topics:
        boxes = "".join(map(_box, chosen.topics))
        parts.append(f"<p>{escape(_CHOOSE.of(lang, facts))}</p>")
        parts.append(_form(f"<fieldset>{boxes}</fieldset>{_action('save', _SAVE.of(lang))}"))
    else:
        parts.append(f"<p>{escape(_NO_TOPICS.of(lang, facts))}</p>")
    if chosen.letters and chosen.paused_until is None:
        parts.append(_form(_action("pause", _PAUSE_BUTTON.of(lang), second=True)))
    if chosen.letters:
        parts.append(_form(_action("all", _ALL_BUTTON.of(lang), second=True)))
    return _page(lang, _TITLE.of(lang), "".join(parts), look)


def saved_page(*, lang: Lang, preferences: str, look: Look) -> str:
    return _page(
        lang,
        _SAVED.of(lang),
        f"<p>{escape(_SAVED_WHAT.of(lang))}</p>"
        f"<p class=more>{_link(preferences, _BACK.of(lang))}</p>",
        look,
    )


def paused_page(
    *, lang: Lang, workspace: str, until: datetime, zone: str, preferences: str, look: Look
) -> str:
    day = day_text(lang, until.astimezone(ZoneInfo(zone)).date())
    what = _PAUSE_WHAT.of(lang, {"day": day, "workspace": workspace})
    return _page(
        lang,
        _PAUSE_DONE.of(lang),
        f"<p>{escape(what)}</p><p class=more>{_link(preferences, _BACK.of(lang))}</p>",
        look,
    )


def resumed_page(*, lang: Lang, preferences: str, look: Look) -> str:
    return _page(
        lang, _RESUME_DONE.of(lang), f"<p class=more>{_link(preferences, _BACK.of(lang))}</p>", look
    )


def thanks_page(*, lang: Lang, look: Look) -> str:
    return _page(lang, _THANKS.of(lang), f"<p>{escape(_THANKS_WHAT.of(lang))}</p>", look)


def _why(lang: Lang, preferences: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="why" value="{reason.value}" required>'
        f"<span>{escape(text.of(lang))}</span></label>"
        for reason, text in REASONS.items()
    )
    return (
        f'<form method="post" action="{escape(preferences)}" class="why"><fieldset>'
        f"<legend>{escape(_WHY.of(lang))}</legend>{choices}</fieldset>"
        f"{_action('why', _WHY_SEND.of(lang), second=True)}</form>"
    )


def _box(choice: TopicChoice) -> str:
    about = choice.topic.description.strip()
    checked = " checked" if choice.wanted else ""
    inside = " class=sub" if choice.topic.parent_id is not None else ""
    more = f"<small>{escape(about)}</small>" if about else ""
    return (
        f'<label{inside}><input type="checkbox" name="topic" value="{choice.topic.id}"{checked}>'
        f"<span>{escape(choice.topic.name)}{more}</span></label>"
    )


def _form(inside: str) -> str:
    return f'<form method="post">{inside}</form>'


def _action(action: str, label: str, *, second: bool = False) -> str:
    css = ' class="second"' if second else ""
    return f'<button type="submit" name="action" value="{action}"{css}>{escape(label)}</button>'


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def broken_page(*, lang: Lang, gone: bool = False) -> str:
    why = (_GONE_WHY if gone else _BROKEN_WHY).of(lang)
    return _page(lang, _BROKEN.of(lang), f"<p>{escape(why)}</p>")


def _button(scope: str, label: str, *, second: bool = False) -> str:
    css = ' class="second"' if second else ""
    return f'<button type="submit" name="scope" value="{scope}"{css}>{escape(label)}</button>'


def small_page(*, lang: Lang, title: str, body: str, look: Look) -> str:
    """Return a page in the same look; `body` is HTML whose values are escaped already."""
    return _page(lang, title, body, look)


def _page(lang: Lang, title: str, body: str, look: Look = Look()) -> str:  # noqa: B008 (frozen)
    own = ""
    if look.button:
        own = (
            f"button:not(.second){{background:{look.button};border-color:{look.button};"
            f"color:{look.button_text or '#ffffff'}}}"
        )
    logo = (
        f'<img class=logo src="{escape(look.logo)}" alt="{escape(look.logo_alt)}">'
        if look.logo
        else ""
    )
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{own}</style></head>"
        f"<body><main>{logo}<h1>{escape(title)}</h1>{body}</main></body></html>"
    )
