"""Which mail provider takes the mail of a domain; pure.

A provider limits how fast letters come to it, whatever the domain in the address. Where it has
several domains they are counted together. Companies that rent their mail from a provider are not
recognised (that would need a look into DNS for every domain); their domains stand for themselves.
"""

from __future__ import annotations

from typing import Final

OTHERS: Final = ""
"""All domains that are not counted one by one."""
WHOLE: Final = "*"
"""All letters of a relay, whoever takes them."""

_FAMILIES: Final = {
    "gmail.com": "googlemail.com",
    "yandex.ru": "ya.ru yandex.com yandex.by yandex.kz yandex.ua yandex.uz yandex.com.tr narod.ru",
    "mail.ru": "bk.ru inbox.ru list.ru internet.ru xmail.ru vk.com mail.ua",
    "rambler.ru": "lenta.ru autorambler.ru myrambler.ru ro.ru rambler.ua",
    "outlook.com": "hotmail.com live.com msn.com live.ru hotmail.co.uk hotmail.fr hotmail.de "
    "hotmail.it hotmail.es live.co.uk live.fr outlook.de outlook.fr outlook.es windowslive.com",
    "yahoo.com": "ymail.com rocketmail.com aol.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it "
    "yahoo.es yahoo.co.in yahoo.in yahoo.com.br yahoo.ca myyahoo.com aim.com",
    "icloud.com": "me.com mac.com",
    "gmx.de": "gmx.net gmx.com gmx.at gmx.ch web.de mail.com",
    "proton.me": "protonmail.com protonmail.ch pm.me",
    "zoho.com": "zohomail.com zoho.eu",
    "qq.com": "foxmail.com",
    "163.com": "126.com yeah.net",
    "ukr.net": "",
    "seznam.cz": "email.cz post.cz",
    "orange.fr": "wanadoo.fr",
    "free.fr": "",
    "libero.it": "",
    "wp.pl": "",
    "t-online.de": "",
    "comcast.net": "",
}

PROVIDERS: Final[dict[str, str]] = {
    domain: provider
    for provider, others in _FAMILIES.items()
    for domain in (provider, *others.split())
}
"""{domain: provider} of the big ones; any other domain is its own provider."""

BIG: Final = frozenset(_FAMILIES)


def provider_of(address: str) -> str:
    """Return the provider of an address: one of the big ones, or the domain itself."""
    domain = address[address.rfind("@") + 1 :]
    return PROVIDERS.get(domain) or PROVIDERS.get(domain := domain.lower()) or domain
