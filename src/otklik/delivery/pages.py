"""The small pages that a reader of a letter may see: plain HTML, no script, no cookie, no tracking.

They stand on their own, so they work in the oldest phone and in a text browser; every value in them
is escaped.
"""

from __future__ import annotations

from html import escape

from otklik.kit.i18n import Lang, Text

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
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
@media(prefers-color-scheme:dark){body{background:#161615;color:#ededea}main{background:#222220;
box-shadow:none}button{background:#ededea;color:#161615;border-color:#ededea}
button.second{border-color:#55554f}small{color:#a5a59e}}
"""

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


def confirm_page(*, lang: Lang, workspace: str, topic: str | None) -> str:
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
        f'<p>{escape(intro)}</p><form method="post">{buttons}</form>',
    )


def done_page(*, lang: Lang, workspace: str, topic: str | None) -> str:
    facts = {"workspace": workspace, "topic": topic or ""}
    what = (_TOPIC_DONE if topic else _ALL_DONE).of(lang, facts)
    return _page(
        lang,
        _DONE.of(lang),
        f"<p>{escape(what)}</p><small>{escape(_NOTE.of(lang))}</small>",
    )


def broken_page(*, lang: Lang, gone: bool = False) -> str:
    why = (_GONE_WHY if gone else _BROKEN_WHY).of(lang)
    return _page(lang, _BROKEN.of(lang), f"<p>{escape(why)}</p>")


def _button(scope: str, label: str, *, second: bool = False) -> str:
    css = ' class="second"' if second else ""
    return f'<button type="submit" name="scope" value="{scope}"{css}>{escape(label)}</button>'


def _page(lang: Lang, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
