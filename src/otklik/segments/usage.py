"""What upper slices know of segments and campaigns: they tell through look-ups that wiring puts
here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from uuid import UUID

from otklik.runtime.public import Tx
from otklik.segments.model import Use

UsageLookup = Callable[[Tx, int, Sequence[UUID]], Awaitable[dict[UUID, list[Use]]]]
"""(tx, workspace_id, segment ids) → what uses each; segments that nothing uses may be absent."""


class SourceLookup(Protocol):
    """Returns the names of what sends messages (campaigns), by id, the newest first."""

    async def __call__(self, tx: Tx, /, *, workspace_id: int) -> dict[UUID, str]: ...


_lookups: list[UsageLookup] = []
_sources: list[SourceLookup] = []


def register_sources(lookup: SourceLookup) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _sources:
        _sources.append(lookup)


async def source_names(tx: Tx, *, workspace_id: int) -> dict[UUID, str]:
    """Return the names of all campaigns of a workspace."""
    names: dict[UUID, str] = {}
    for lookup in _sources:
        names |= await lookup(tx, workspace_id=workspace_id)
    return names


def register_usage(lookup: UsageLookup) -> None:
    """Add a look-up; called by `entrypoints/wiring` once per process."""
    if lookup not in _lookups:
        _lookups.append(lookup)


async def uses_elsewhere(
    tx: Tx, *, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[Use]]:
    """Return what the registered slices know of, one entry per segment."""
    found: dict[UUID, list[Use]] = {segment_id: [] for segment_id in segment_ids}
    for lookup in _lookups if segment_ids else ():
        for segment_id, uses in (await lookup(tx, workspace_id, segment_ids)).items():
            found.setdefault(segment_id, []).extend(uses)
    return found
