"""Who uses a letter? Upper slices know; they tell through look-ups that wiring puts here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from otklik.content.model import Reference
from otklik.runtime.public import Tx

# (tx, workspace_id, letter ids) → what uses each of them; letters that nothing uses may be absent.
UsageLookup = Callable[[Tx, int, Sequence[UUID]], Awaitable[dict[UUID, list[Reference]]]]

_lookups: list[UsageLookup] = []


def use_letter_usage(lookup: UsageLookup) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _lookups:
        _lookups.append(lookup)


async def letters_used_by(
    tx: Tx, *, workspace_id: int, letter_ids: Sequence[UUID]
) -> dict[UUID, list[Reference]]:
    """Return what uses each letter, one entry per letter."""
    found: dict[UUID, list[Reference]] = {letter_id: [] for letter_id in letter_ids}
    for lookup in _lookups if letter_ids else ():
        for letter_id, references in (await lookup(tx, workspace_id, letter_ids)).items():
            found[letter_id] += references
    return found
