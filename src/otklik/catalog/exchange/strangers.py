"""Who tries out addresses of exchanges: so many a minute from one computer, in each process.

Every unknown address costs a query and may be a guess. One that is known is let through whatever
others behind the same network do; its passwords have a limit of their own (`sessions.sign_in`).
"""

from __future__ import annotations

import math
from typing import Final

TRIES_MAX: Final = 20
SECONDS_PER_TRY: Final = 3.0
ADDRESSES_MAX: Final = 20_000
KNOWN_S: Final = 600.0


class Strangers:
    """In memory only: a restart forgives. Seconds are those of any one clock."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[float, float]] = {}
        self._known: dict[str, float] = {}

    def wait_s(self, ip: str, address: str, now_s: float) -> int:
        """Return how many seconds a computer waits before an address is looked up; 0: none."""
        if self._known.get(address, 0.0) > now_s:
            return 0
        spent = self._spent(ip, now_s)
        return 0 if spent < TRIES_MAX else math.ceil((spent - TRIES_MAX + 1) * SECONDS_PER_TRY)

    def note(self, ip: str, address: str, now_s: float, *, known: bool) -> None:
        """Say what an address that was looked up turned out to be."""
        if known:
            if len(self._known) >= ADDRESSES_MAX:
                self._known.clear()
            self._known[address] = now_s + KNOWN_S
            return
        if len(self._tries) >= ADDRESSES_MAX and ip not in self._tries:
            self._tries = {
                one: tried for one, tried in self._tries.items() if self._spent(one, now_s) > 0
            }
            if len(self._tries) >= ADDRESSES_MAX:
                self._tries.clear()
        self._tries[ip] = (self._spent(ip, now_s) + 1, now_s)

    def _spent(self, ip: str, now_s: float) -> float:
        spent, at = self._tries.get(ip, (0.0, now_s))
        return max(0.0, spent - max(0.0, now_s - at) / SECONDS_PER_TRY)
