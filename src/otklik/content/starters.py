"""Letters to begin with: twelve kinds of letters in each language, as documents of blocks."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import msgspec

from otklik.content.letters.english import ENGLISH
from otklik.content.letters.russian import RUSSIAN
from otklik.content.preview import make_many, preview_context, sample_customer, sample_orders
from otklik.content.starter import Starter
from otklik.kit.i18n import Lang

# What the previews are dated with: any day will do, and the same one makes the same pictures.
_DAY = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def starters() -> tuple[Starter, ...]:
    """Return all starter letters, in both languages, without previews."""
    return RUSSIAN + ENGLISH


@cache
def shown_starters(lang: Lang) -> tuple[Starter, ...]:
    """Return the starters of a language with previews. Takes a moment at the first call."""
    currency = "RUB" if lang == "ru" else "EUR"
    context = preview_context(
        customer=sample_customer(lang),
        orders=sample_orders(lang, currency, _DAY),
        workspace={
            "name": "Лавка" if lang == "ru" else "The Corner Shop",
            "timezone": "UTC",
            "currency": currency,
            "lang": lang,
        },
        base_url="https://shop.example",
        now=_DAY,
        lang=lang,
    )
    return tuple(
        msgspec.structs.replace(one, preview_html=made.html)
        for one in starters()
        if one.lang == lang
        for made in make_many(one.as_source, [context])
    )
