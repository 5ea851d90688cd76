"""One spelling for names written in two alphabets, and for dates written in two ways."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final

_LATIN: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i",
        "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s",
        "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "ch", "ш": "sh", "щ": "sh",
        "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "iu", "я": "ia", "і": "i", "ї": "i", "є": "e",
        "ґ": "g", "ў": "u",
    }
)  # fmt: skip
_SOUNDS: Final = (
    ("shch", "sh"), ("sch", "sh"), ("kh", "h"), ("ph", "f"), ("tz", "c"), ("ts", "c"),
    ("x", "ks"), ("w", "v"), ("j", "i"), ("y", "i"),
)  # fmt: skip
"""Where passports, banks and people themselves write one Russian sound in different ways."""
_DOUBLE = re.compile(r"(.)\1+")
_NOT_LETTERS = re.compile(r"[\W\d_]+")
_PATRONYMIC = re.compile(r"\w{2,}(?:ович|евич|ьич|овна|евна|ична|инична)\Z")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?\Z", re.ASCII)
_DOTTED = re.compile(r"(\d\d?)[./](\d\d?)[./](\d{4})\Z", re.ASCII)


def is_patronymic(word: str) -> bool:
    return _PATRONYMIC.match(word.casefold()) is not None


@lru_cache(maxsize=50_000)
def plain_name(text: str) -> str:
    """Return a name in small letters without marks, ё as е, and without a patronymic."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    # The breve of й is a letter's own part, other marks are not: José is Jose.
    kept = "".join(
        one if one in "йїў" else unicodedata.normalize("NFD", one)[0] if one.isalpha() else one
        for one in text
    )
    words = _NOT_LETTERS.sub(" ", re.sub(r"['’`ʼ]", "", kept)).split()
    return "".join(words[:1] + [one for one in words[1:] if not _PATRONYMIC.match(one)])


@lru_cache(maxsize=50_000)
def sound(name: str) -> str:
    """Return what a plain name is in any alphabet: Юлия, Yulia and Julia are all `iulia`."""
    text = name.translate(_LATIN)
    for written, sounded in _SOUNDS:
        text = text.replace(written, sounded)
    # Ye and Ie begin names that are Е in Russian: Yelena is Елена.
    text = _DOUBLE.sub(r"\1", text)
    return text[1:] if text.startswith("ie") and len(text) > 3 else text


@lru_cache(maxsize=50_000)
def day_of(text: str) -> str:
    """Return a date as YYYYMMDD, or an empty text for what is no date: 1990-05-17, 17.05.1990."""
    found = _ISO.match(text.strip())
    parts = found.groups() if found else ()
    if not parts and (dotted := _DOTTED.match(text.strip())):
        parts = dotted.groups()[::-1]
    try:
        return date(*map(int, parts)).strftime("%Y%m%d").zfill(8) if parts else ""
    except ValueError:
        return ""
