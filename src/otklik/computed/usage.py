"""Who uses a computed trait? Other slices know and tell through look-ups that wiring puts here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from otklik.computed.model import ComputedUse
from otklik.runtime.public import Tx

UsageLookup = Callable[[Tx, int, Sequence[str]], Awaitable[dict[str, list[ComputedUse]]]]
"""(tx, workspace_id, names of computed traits) → what uses each, by itself or a part of it
("engagement.points"); names that nothing uses may be absent."""

_lookups: list[UsageLookup] = []


def register_usage(lookup: UsageLookup) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _lookups:
        _lookups.append(lookup)


async def used_by(
    tx: Tx, *, workspace_id: int, names: Sequence[str]
) -> dict[str, list[ComputedUse]]:
    """Return what the registered slices know of, one entry per name."""
    found: dict[str, list[ComputedUse]] = {name: [] for name in names}
    for lookup in _lookups if names else ():
        for name, uses in (await lookup(tx, workspace_id, names)).items():
            found.setdefault(name, []).extend(uses)
    return found
