"""How many mailings are there, drafts included, and which did not start? Campaigns know, and stand
beside analytics; `entrypoints/wiring` puts a look-up here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from otklik.analytics.home.model import FailedLaunch
from otklik.runtime.public import Tx


class Launches(msgspec.Struct, frozen=True):
    """`total` counts drafts too."""

    total: int
    failed: list[FailedLaunch] = []


LaunchesOf = Callable[[Tx, int], Awaitable[Launches]]
"""(tx, workspace_id) → launches."""

_lookup: list[LaunchesOf] = []


def use_launches(lookup: LaunchesOf) -> None:
    """Set the look-up; called once per process."""
    _lookup[:] = [lookup]


async def launches(tx: Tx, *, workspace_id: int) -> Launches | None:
    """Return what campaigns tell, or None where nobody was asked to tell."""
    return await _lookup[0](tx, workspace_id) if _lookup else None
