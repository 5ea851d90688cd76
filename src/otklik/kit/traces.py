"""What a person leaves behind: the numbers and values by which an erasure finds him."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cached_property

import msgspec

NEEDLE_CHARS_MIN = 4
"""A shorter identifier, such as the user id 42, says nothing in the middle of a free text."""
_PHONE_DIGITS = 10
_SEPARATORS = b" ()-.\t"
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")


class Traces(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A person of a workspace, as every keeper of personal data needs to know him.

    `profile_ids`: the present profile first, then those merged into it. `identifiers`: pairs of
    kind and value in their one spelling. `words`: his name and other texts of his own.
    `until`: what came in later belongs to somebody new, even under the same identifiers.
    `stand_in`: a number that was never given to anybody; counts in reports go on under it.
    """

    workspace_id: int
    profile_ids: tuple[int, ...]
    identifiers: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    until: datetime
    stand_in: int = 0

    def values(self, *kinds: str) -> list[str]:
        """Return the identifiers of these kinds."""
        return [value for kind, value in self.identifiers if kind in kinds]

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """What a free text is searched for, folded; phones go by their digits, see `phones`."""
        found = {
            value.casefold().encode()
            for kind, value in self.identifiers
            if kind != "phone" and len(value) >= NEEDLE_CHARS_MIN
        }
        return tuple(sorted(found))

    @cached_property
    def phones(self) -> tuple[bytes, ...]:
        """The last ten digits of every phone: they are written with 8, with +7 and with neither."""
        digits = {re.sub(r"\D", "", value)[-_PHONE_DIGITS:] for value in self.values("phone")}
        return tuple(sorted(one.encode() for one in digits if len(one) >= 7))

    def mentioned_in(self, raw: bytes | str) -> bool:
        """Return whether a text names one of the identifiers, in any case and spelling of phones.

        An identifier inside a longer word is another one: `ann@x.org` is not in `joann@x.org`.
        """
        body = (raw.encode() if isinstance(raw, str) else raw).lower()
        if any(_stands_in(needle, body) for needle in self.needles):
            return True
        if not self.phones:
            return False
        tight = body.translate(None, _SEPARATORS)
        return any(_ends_number(phone, tight) for phone in self.phones)


def _stands_in(needle: bytes, body: bytes) -> bool:
    at = body.find(needle)
    while at >= 0:
        end = at + len(needle)
        before = body[at - 1] if at else 0
        after = body[end] if end < len(body) else 0
        if before not in _WORD_BYTES and after not in _WORD_BYTES:
            return True
        at = body.find(needle, at + 1)
    return False


def _ends_number(digits: bytes, body: bytes) -> bool:
    at = body.find(digits)
    while at >= 0:
        end = at + len(digits)
        if end >= len(body) or not body[end : end + 1].isdigit():
            return True
        at = body.find(digits, at + 1)
    return False


class Erased(msgspec.Struct, frozen=True):
    """What one pass of a keeper has done.

    `count`: how many things it destroyed. `until`: some can't be touched yet; the keeper is to be
    asked again at this moment, and until then the erasure isn't complete.
    """

    count: int = 0
    until: datetime | None = None
