"""Letters to begin with: a win-back pair in each language, a discount and a personal note."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from otklik.content.model import LetterKind, LetterSource
from otklik.kit.i18n import Lang


class Starter(msgspec.Struct, frozen=True):
    """A ready letter. `key` is the same in both languages: winback_discount, winback_note."""

    key: str
    lang: Lang
    name: str
    kind: LetterKind
    subject: str
    preheader: str
    source: str
    text: str = ""

    @property
    def as_source(self) -> LetterSource:
        return LetterSource(self.kind, self.subject, self.source, self.preheader, self.text)


_GREETED = "{% if customer.first_name != blank %}{{ customer.first_name }}, {% endif %}"

_LETTERS: tuple[tuple[str, Lang, str, str, str], ...] = (
    (
        "winback_discount",
        "en",
        "Win-back: a discount",
        "{% if customer.first_name != blank %}{{ customer.first_name }}, 15% off{% else %}15% off"
        "{% endif %} your whole basket",
        "The code works once and for two weeks",
    ),
    (
        "winback_discount",
        "ru",
        "Возвращение: скидка",
        _GREETED + "скидка 15 % на всю корзину",
        "Код действует один раз, две недели",
    ),
    (
        "winback_note",
        "en",
        "Win-back: a personal note",
        "{% if customer.first_name != blank %}{{ customer.first_name }}, may{% else %}May"
        "{% endif %} I ask you something?",
        "A short note from Emma at {{ workspace.name }}",
    ),
    (
        "winback_note",
        "ru",
        "Возвращение: личное письмо",
        "{% if customer.first_name != blank %}{{ customer.first_name }}, можно{% else %}Можно"
        "{% endif %} спросить?",
        "Короткое письмо от Анны из «{{ workspace.name }}»",
    ),
)


@cache
def starters() -> tuple[Starter, ...]:
    """Return all starter letters, in both languages."""
    folder = files("otklik.content") / "letters"
    return tuple(
        Starter(
            key=key,
            lang=lang,
            name=name,
            kind=LetterKind.MJML,
            subject=subject,
            preheader=preheader,
            source=(folder / f"{key}_{lang}.mjml").read_text(encoding="utf-8"),
        )
        for key, lang, name, subject, preheader in _LETTERS
    )
