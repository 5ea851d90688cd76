"""Checks of a campaign in the words of a series: it has one letter, and no variants."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from otklik.campaigns.model import Finding
from otklik.kit.i18n import Text

_TEXTS: dict[str, Text] = {
    "no_letter": Text(en="The letter is not written yet.", ru="Письмо ещё не написано."),
    "letter_missing": Text(
        en="The letter was removed. Choose another or write a new one.",
        ru="Письмо удалено. Выберите другое или напишите новое.",
    ),
    "letter_ok": Text(en="The letter is in order.", ru="Письмо в порядке."),
}


def in_words_of_series(found: Sequence[Finding]) -> list[Finding]:
    """Return the same checks; what names a variant speaks of the letter instead."""
    return [
        msgspec.structs.replace(one, message=_TEXTS[one.code]) if one.code in _TEXTS else one
        for one in found
    ]
