"""AMP parts to begin with: a survey that is answered in the letter, and a choice of topics."""

from __future__ import annotations

import msgspec

from otklik.content.amp.components import script_of
from otklik.content.amp.rules import RUNTIME
from otklik.kit.i18n import Lang


class AmpExample(msgspec.Struct, frozen=True):
    """`key` is the same in both languages; `purpose`: what its reader can do, for people."""

    key: str
    lang: Lang
    name: str
    purpose: str
    amp: str


_STYLE = """\
    body{margin:0;background-color:#f6f7f9;color:#1d1d1b;font-family:Arial,Helvetica,sans-serif}
    .sheet{max-width:560px;margin:0 auto;padding:28px 24px;background-color:#ffffff}
    h1{margin:0 0 12px;font-size:24px;line-height:1.3}
    p,label,legend{font-size:16px;line-height:1.5}
    fieldset{margin:0 0 16px;padding:0;border:0}
    legend{padding:0 0 8px;font-weight:bold}
    label{display:block;padding:6px 0}
    textarea{width:100%;box-sizing:border-box;padding:10px;font-size:16px;
      border:1px solid #c9c9c4;border-radius:8px}
    .send{padding:12px 22px;font-size:16px;font-weight:bold;color:#ffffff;
      background-color:#1d1d1b;border:0;border-radius:8px;cursor:pointer}
    .more{padding:6px 0;background-color:#ffffff;text-decoration:underline;cursor:pointer}
    .said{padding:12px 16px;background-color:#eef1f5;border-radius:8px}
    .foot{padding-top:20px;font-size:13px;line-height:1.5;color:#6b6b66}
    .foot a{color:#6b6b66}"""

# The braces of amp-mustache are the mail service's; Liquid must leave them alone.
_SAID = """\
    <div submit-success>
      {% raw %}<template type="amp-mustache"><p class="said">{{message}}</p></template>{% endraw %}
    </div>
    <div submit-error>
      {% raw %}<template type="amp-mustache"><p class="said">{{message}}</p></template>{% endraw %}
    </div>"""


def _document(*, lang: Lang, scripts: tuple[str, ...], body: str, why: str) -> str:
    out = "Отписаться" if lang == "ru" else "Unsubscribe"
    loaded = "\n".join(f"  {script_of(name)}" for name in scripts)
    return f"""<!doctype html>
<html ⚡4email data-css-strict lang="{lang}">
<head>
  <meta charset="utf-8">
  <script async src="{RUNTIME}"></script>
{loaded}
  <style amp4email-boilerplate>body{{visibility:hidden}}</style>
  <style amp-custom>
{_STYLE}
  </style>
</head>
<body>
<div class="sheet">
{body}
  <p class="foot">{why} <a href="{{{{ unsubscribe_url }}}}">{out}</a></p>
</div>
</body>
</html>
"""


def survey(
    lang: Lang, *, event: str, title: str, lead: str, marks: tuple[str, ...], words: tuple[str, ...]
) -> str:
    """Return a form of one mark from 5 to 1 and a comment.

    `words`: over the marks, over the comment, on the button, and how the letter came.
    """
    question, comment, send, why = words
    choices = "\n".join(
        f'      <label><input type="radio" name="score" value="{5 - place}" required>'
        f" {mark}</label>"
        for place, mark in enumerate(marks)
    )
    body = f"""\
  <h1>{title}</h1>
  <p>{lead}</p>
  <form method="post" action-xhr="{{{{ answer_url }}}}">
    <input type="hidden" name="event" value="{event}">
    <fieldset>
      <legend>{question}</legend>
{choices}
    </fieldset>
    <fieldset>
      <legend>{comment}</legend>
      <textarea name="comment" rows="4" maxlength="1000" aria-label="{comment}"></textarea>
    </fieldset>
    <input class="send" type="submit" value="{send}">
{_SAID}
  </form>"""
    return _document(lang=lang, scripts=("amp-form", "amp-mustache"), body=body, why=why)


def _topics(lang: Lang, *, title: str, lead: str, send: str, wait: str, more: str, why: str) -> str:
    """Return a form of the topics that a workspace has, as the reader has chosen them by now."""
    # A template is read as HTML before its braces are: a section can't stand inside a tag.
    box = '<label><input type="checkbox" name="topic" value="{{id}}"{checked}> {{name}}</label>'
    body = f"""\
  <h1>{title}</h1>
  <p>{lead}</p>
  <form method="post" action-xhr="{{{{ answer_url }}}}/topics">
    <amp-list src="{{{{ answer_url }}}}/topics" layout="fixed-height" height="220" items="items">
      {{% raw %}}<template type="amp-mustache">
        {{{{#wanted}}}}{box.replace("{checked}", " checked")}{{{{/wanted}}}}
        {{{{^wanted}}}}{box.replace("{checked}", "")}{{{{/wanted}}}}
      </template>{{% endraw %}}
      <p placeholder>{wait}</p>
      <div overflow class="more" role="button" tabindex="0" aria-label="{more}">{more}</div>
      <p fallback><a href="{{{{ preferences_url }}}}">{title}</a></p>
    </amp-list>
    <input class="send" type="submit" value="{send}">
{_SAID}
  </form>"""
    return _document(
        lang=lang, scripts=("amp-form", "amp-list", "amp-mustache"), body=body, why=why
    )


SURVEY_EN = survey(
    "en",
    event="Survey answered",
    title="How was your last order?",
    lead="We want to know what to do better. Your answer goes straight from this letter.",
    marks=("5, great", "4, good", "3, all right", "2, poor", "1, bad"),
    words=(
        "Your mark",
        "A few words, if you like",
        "Send",
        "You receive this letter as a customer of {{ workspace.name }}.",
    ),
)
SURVEY_RU = survey(
    "ru",
    event="Ответ на опрос",
    title="Как вам последний заказ?",
    lead="Хотим понять, что делать лучше. Ответ уйдёт прямо из письма.",
    marks=("5, отлично", "4, хорошо", "3, нормально", "2, слабо", "1, плохо"),
    words=(
        "Ваша оценка",
        "Пара слов, если хотите",
        "Отправить",
        "Вы получили это письмо как покупатель «{{ workspace.name }}».",
    ),
)
EXAMPLES: tuple[AmpExample, ...] = (
    AmpExample(
        "survey",
        "en",
        "Survey",
        "A mark from 5 to 1 and a comment, sent without leaving the letter.",
        SURVEY_EN,
    ),
    AmpExample(
        "topics",
        "en",
        "Choice of topics",
        "The reader’s topics as they are now; he changes them in the letter.",
        _topics(
            "en",
            title="What shall we write to you about?",
            lead="What you don’t tick will not come.",
            send="Save",
            wait="One moment…",
            more="Show all",
            why="You receive this letter because you subscribed to our news.",
        ),
    ),
    AmpExample(
        "survey",
        "ru",
        "Опрос",
        "Оценка от 5 до 1 и комментарий; отвечают прямо в письме.",
        SURVEY_RU,
    ),
    AmpExample(
        "topics",
        "ru",
        "Выбор тем",
        "Темы читателя, какие они сейчас; он меняет их прямо в письме.",
        _topics(
            "ru",
            title="О чём вам писать?",
            lead="Что не отмечено, то приходить не будет.",
            send="Сохранить",
            wait="Минутку…",
            more="Показать все",
            why="Вы получили это письмо, потому что подписались на наши новости.",
        ),
    ),
)


def amp_examples(lang: Lang) -> list[AmpExample]:
    return [one for one in EXAMPLES if one.lang == lang]
