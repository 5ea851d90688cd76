"""Texts in the two languages of the product, with correct plurals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["en", "ru"]
LANGS: tuple[Lang, ...] = ("en", "ru")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; `{name}` marks a fact put in by `of`."""

    en: str
    ru: str

    def of(self, lang: Lang, facts: Mapping[str, object] | None = None) -> str:
        """Return the sentence in `lang` with the facts in place.

        A fact that the sentence names but the caller did not give stays visible as `{name}`:
        an error text must never raise an error of its own.
        """
        template = self.ru if lang == "ru" else self.en
        return template.format_map(_Facts(facts or {}))


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def plural_form(lang: Lang, n: int) -> Literal["one", "few", "many", "other"]:
    """Return the CLDR plural category of a whole number."""
    n = abs(n)
    if lang == "en":
        return "one" if n == 1 else "other"
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14:
        return "few"
    return "many"


def plural(lang: Lang, n: int, *, en: tuple[str, str], ru: tuple[str, str, str]) -> str:
    """Return the noun for `n`: en=("person", "people"), ru=("человек", "человека", "человек")."""
    form = plural_form(lang, n)
    if lang == "en":
        return en[0] if form == "one" else en[1]
    return ru[("one", "few", "many").index(form)]


def group_digits(lang: Lang, n: int) -> str:
    """Return a whole number with the thousands separator of the language."""
    return f"{n:,}" if lang == "en" else f"{n:,}".replace(",", "\u00a0")
