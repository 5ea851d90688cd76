"""Which days a report may be asked for."""

from __future__ import annotations

from datetime import date
from typing import Final

from otklik.analytics.errors import BadPeriod

DAYS_MAX: Final = 3_700
YEARS: Final = (1900, 2200)
"""Within what the engine can hold, with room on both sides for zones, windows and other periods."""


def check_days(since: date | None, until: date) -> None:
    """Raise BadPeriod unless a report can be made of these days, `until` included; `since` None:
    of as many as there may be."""
    first = until if since is None else since
    in_reach = YEARS[0] <= first.year and until.year <= YEARS[1]
    if not in_reach or not 0 <= (until - first).days < DAYS_MAX:
        raise BadPeriod(since=first, until=until, days=DAYS_MAX, first=YEARS[0], last=YEARS[1])
