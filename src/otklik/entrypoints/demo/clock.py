"""The demo's clock: it goes at the usual speed, but elsewhere in time.

The mailing has to be sent before the orders that are replayed after it. So the program lives
through the last 30 days of the data and ends at the present.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class TravelClock:
    """`set_to` moves the clock; from there it goes on by itself, never backwards."""

    def __init__(self, start: datetime) -> None:
        self._base = start
        self._at = time.monotonic()

    def __call__(self) -> datetime:
        return self._base + timedelta(seconds=time.monotonic() - self._at)

    def set_to(self, moment: datetime) -> None:
        if moment > self():
            self._base = moment
            self._at = time.monotonic()

    def set_to_present(self) -> None:
        self.set_to(datetime.now(UTC))
