"""Marks of letters: an approval holds for what was seen, however a letter is changed after it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from otklik.campaigns.model import CampaignVariant
from otklik.content.public import Letter, LetterNotFound, get_letter
from otklik.runtime.public import Tx


async def marks_of_letters(
    tx: Tx, *, workspace_id: int, variants: Sequence[CampaignVariant]
) -> dict[str, str]:
    """Return the mark of each variant's letter as it would be sent now."""
    letters: dict[str, Letter | None] = {}
    for variant in variants:
        try:
            letters[variant.key] = (
                None
                if variant.letter_id is None
                else await get_letter(tx, workspace_id=workspace_id, letter_id=variant.letter_id)
            )
        except LetterNotFound:
            letters[variant.key] = None
    return marks(letters)


def marks(letters: Mapping[str, Letter | None]) -> dict[str, str]:
    """Return the marks of letters by variant, "" where there is none; pure."""
    return {
        key: "" if letter is None else hashlib.sha256(_bytes(letter)).hexdigest()
        for key, letter in letters.items()
    }


def _bytes(letter: Letter) -> bytes:
    return msgspec.json.encode(letter.as_source)
