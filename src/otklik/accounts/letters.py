"""Do the letters of a workspace stay here? The slice of the channel knows; wiring puts it here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from otklik.runtime.public import Tx

# (tx, workspace_id) → whether no relay of the workspace's own takes them all.
LettersLookup = Callable[[Tx, int], Awaitable[bool]]

_lookups: list[LettersLookup] = []


def use_letters_stay(lookup: LettersLookup) -> None:
    """Set the look-up; called by `entrypoints/wiring` once per process."""
    _lookups[:] = [lookup]


async def letters_stay(tx: Tx, workspace_id: int) -> bool:
    """Tell whether letters of a workspace go nowhere while the installation has no relay."""
    return not _lookups or await _lookups[0](tx, workspace_id)
