"""Who uses a sender? Upper slices know; they tell through look-ups that wiring puts here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from otklik.runtime.public import Tx

# (tx, workspace_id, sender_id) → names of what uses the sender.
UsageLookup = Callable[[Tx, int, UUID], Awaitable[list[str]]]

_lookups: list[UsageLookup] = []


def use_sender_usage(lookup: UsageLookup) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _lookups:
        _lookups.append(lookup)


async def used_by(tx: Tx, *, workspace_id: int, sender_id: UUID) -> list[str]:
    """Return the names of everything that uses the sender."""
    names: list[str] = []
    for lookup in _lookups:
        names += await lookup(tx, workspace_id, sender_id)
    return names
