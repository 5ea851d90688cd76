"""Finding a profile by any part of its name, address, phone or id.

What a profile can be found by is one text, a field a line. Its trigrams are numbers in an array, so
that the index PostgreSQL has for arrays finds the few texts that can match (the embedded server has
no pg_trgm); whether one does is seen by looking at the text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from otklik.profiles.model.identifiers import ANONYMOUS_ID, normal_phone

FIELD_MAX = 100
TEXT_MAX = 2_000
TOKENS_MAX = 8
_WORDS = re.compile(r"\w+")
_PHONE_LIKE = re.compile(r"[+\d][\d\s().\-]{3,}\Z")
_FOLDED = str.maketrans({"ё": "е"})


class Part(msgspec.Struct, frozen=True):
    """Something that a text must hold: anywhere, or (`begins`) at the beginning of a word.

    `grams`: numbers that are among those of every text that holds it.
    """

    text: str
    begins: bool
    grams: tuple[int, ...]


def fold(text: str) -> str:
    """Return a text in the one spelling in which texts are compared."""
    return text.casefold().translate(_FOLDED)


def searched_text(name: str, identifiers: Iterable[tuple[str, str]]) -> str:
    """Return what a profile is found by. Devices are no part of it, phones are digits only."""
    fields = {fold(name)}
    fields |= {fold(value.lstrip("+")) for kind, value in identifiers if kind != ANONYMOUS_ID}
    return "\n".join([one[:FIELD_MAX] for one in sorted(fields) if one])[:TEXT_MAX]


def grams_of(workspace_id: int, text: str) -> list[int]:
    """Return the numbers of a text: of every three characters, and of how each word begins."""
    seed = _seed(workspace_id)
    grams: set[int] = set()
    for chunk in text.split():
        grams.update(_trigrams(chunk, seed))
    for word in _WORDS.findall(text):
        grams |= _beginning(word[:2], seed)
    return list(grams)


def search_query(
    workspace_id: int, text: str, region: str | None = None
) -> list[list[Part]] | None:
    """Return what somebody typed as alternatives, each of which asks for all of its parts.

    None when there is nothing to look for. `region`: the country of numbers without a code.
    A part of one or two characters is looked for at the beginning of words only.
    """
    text = fold(text.strip())[:200]
    tokens = list(dict.fromkeys(text.split()))[:TOKENS_MAX]
    if not tokens:
        return None
    alternatives = [tokens]
    if _PHONE_LIKE.match(text) and (digits := re.sub(r"\D", "", text)):
        forms = {digits}
        whole = normal_phone(text, region)
        if whole.startswith("+") and len(whole) > 10:
            forms.add(whole[1:])
        elif digits[0] in "08":
            # The beginning of a number as it is dialled inside the country.
            forms.add(digits[1:])
        alternatives = [[form] for form in sorted(forms)]
        if text not in forms:
            # An id may look like a number: 1234-56.
            alternatives.append(tokens)
    return [[_part(workspace_id, token) for token in tokens] for tokens in alternatives]


def _part(workspace_id: int, token: str) -> Part:
    seed = _seed(workspace_id)
    if len(token) >= 3:
        return Part(token, False, tuple(set(_trigrams(token, seed))))
    begins = _WORDS.fullmatch(token) is not None
    return Part(token, begins, tuple(_beginning(token, seed)) if begins else ())


def _trigrams(chunk: str, seed: int) -> list[int]:
    # Four bytes a character, so that three characters are twelve bytes in any alphabet. The
    # columns of numbers are signed.
    raw, crc = chunk.encode("utf-32-le", "replace"), zlib.crc32
    return [crc(raw[i : i + 12], seed) - 0x8000_0000 for i in range(0, len(raw) - 8, 4)]


@lru_cache(maxsize=20_000)
def _beginning(word: str, seed: int) -> frozenset[int]:
    """Return the numbers of how a word begins, by one and by two characters."""
    return frozenset(
        zlib.crc32(f"^{word[:size]}".encode("utf-8", "replace"), seed) - 0x8000_0000
        for size in range(1, len(word) + 1)
    )


def _seed(workspace_id: int) -> int:
    return zlib.crc32(b"%d:" % workspace_id)
