"""What the rules of `agents.py` say, for people who read a report."""

from __future__ import annotations

from typing import Final

from otklik.kit.i18n import Text

HIT_TEXTS: Final[dict[str, Text]] = {
    "": Text(en="nothing speaks against a person", ru="ничто не говорит против человека"),
    "honeypot": Text(
        en="followed a link that nobody sees", ru="прошли по ссылке, которую никто не видит"
    ),
    "method": Text(en="asked as no browser asks", ru="запрос не такой, как у браузера"),
    "no_agent": Text(en="did not say who asks", ru="не назвались"),
    "prefetch": Text(en="loaded ahead of the reader", ru="загружено впрок, до читателя"),
    "mailbox_proxy": Text(
        en="the mailbox's proxy (Gmail, Yahoo, Outlook.com, Yandex, Mail.ru and the like)",
        ru="прокси почтового ящика (Gmail, Yahoo, Outlook.com, Яндекс, Mail.ru и подобные)",
    ),
    "apple_privacy": Text(
        en="Apple Mail's protection of privacy", ru="защита конфиденциальности Apple Mail"
    ),
    "robot": Text(en="the name of a robot", ru="имя робота"),
    "library": Text(en="the name of a programming library", ru="имя программной библиотеки"),
    "no_browser": Text(en="no name that a browser has", ru="имя не похоже на браузер"),
    "source": Text(
        en="the same source followed a link that nobody sees",
        ru="тот же источник прошёл по ссылке, которую никто не видит",
    ),
    "many_letters": Text(
        en="one source, letters of many people within seconds",
        ru="один источник, письма многих людей за секунды",
    ),
    "tried_first": Text(
        en="the same source tried the link before", ru="тот же источник сначала проверил ссылку"
    ),
    "burst": Text(
        en="most links of one letter within seconds", ru="большинство ссылок письма за секунды"
    ),
    "too_soon": Text(
        en="sooner than anybody could read", ru="раньше, чем кто-либо успел бы прочитать"
    ),
    "bare_request": Text(en="a click without a word about language", ru="клик без слова о языке"),
}
"""By the code of the rule."""
