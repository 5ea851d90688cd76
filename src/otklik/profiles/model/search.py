"""Finding a profile by a part of its name, address, phone or id: prefixes of words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from otklik.profiles.model.identifiers import ANONYMOUS_ID, EMAIL, PHONE, normal_phone

WORD_MAX = 100
WORDS_PER_PROFILE_MAX = 100
_WORDS = re.compile(r"\w+")
_PHONE_LIKE = re.compile(r"[+\d][\d\s().\-]{3,}\Z")


def search_words(workspace_id: int, name: str, identifiers: Iterable[tuple[str, str]]) -> list[str]:
    """Return the words under which a profile is found, each behind its workspace.

    A phone is found by its beginning with or without the country code, and by its last digits.
    """
    words: set[str] = set(_WORDS.findall(name.casefold()))
    for kind, value in identifiers:
        plain = value.casefold()
        if kind == EMAIL:
            local, _, domain = plain.rpartition("@")
            words |= {plain, domain, *_WORDS.findall(local)}
        elif kind == PHONE:
            digits = plain.lstrip("+")
            words |= {digits, digits[1:], digits[2:], digits[3:], digits[-7:], digits[-4:]}
        elif kind != ANONYMOUS_ID:
            words.add(plain)
    kept = sorted(word[:WORD_MAX] for word in words if word)[:WORDS_PER_PROFILE_MAX]
    return [f"{workspace_id}:{word}" for word in kept]


def search_query(workspace_id: int, text: str, region: str | None = None) -> str | None:
    """Return the tsquery for what somebody typed, or None when there is nothing to look for.

    Every word must be found, each as the beginning of a word of the profile.
    """
    text = text.strip().casefold()[:200]
    if not text:
        return None
    if _PHONE_LIKE.match(text) and (digits := re.sub(r"\D", "", text)):
        forms = {digits}
        whole = normal_phone(text, region)
        if whole.startswith("+") and len(whole) > 10:
            forms.add(whole[1:])
        elif digits[0] in "08":
            # The beginning of a number as it is dialled inside the country.
            forms.add(digits[1:])
        return " | ".join(_prefix(workspace_id, form) for form in sorted(forms))
    parts: list[str] = []
    for token in text.split()[:8]:
        word = token.lstrip("@")
        if not word:
            continue
        found = _WORDS.findall(word)
        if found != [word]:
            # An address or an id is one word; in a name its pieces are words: either may match.
            pieces = " & ".join(_prefix(workspace_id, piece) for piece in found)
            whole_word = _prefix(workspace_id, word)
            parts.append(f"({whole_word} | ({pieces}))" if pieces else whole_word)
        else:
            parts.append(_prefix(workspace_id, word))
    return " & ".join(parts) or None


def _prefix(workspace_id: int, word: str) -> str:
    quoted = f"{workspace_id}:{word[:WORD_MAX]}".replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"
