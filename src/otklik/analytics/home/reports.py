"""What other slices say needs somebody: each brings lines, and the start page knows none of them.

`entrypoints/wiring` puts the reporters here, since some stand beside analytics.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from otklik.analytics.home.model import Attention
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx

Reporter = Callable[[Tx, int, datetime, Lang], Awaitable[list[Attention]]]
"""(tx, workspace_id, now, lang) → lines. A few cheap reads of PostgreSQL."""

_reporters: list[Reporter] = []


def use_reporters(reporters: list[Reporter]) -> None:
    """Set the reporters; called once per process."""
    _reporters[:] = reporters


async def reported(tx: Tx, *, workspace_id: int, now: datetime, lang: Lang) -> list[Attention]:
    return [line for reporter in _reporters for line in await reporter(tx, workspace_id, now, lang)]
