"""How many connections to a relay a process has at once: as many as are set, or as it bears.

A relay that has enough answers one more with 421 "too many connections". Then there are at most as
many as were open at that moment, and the letter goes by one of them. Every two minutes one more is
tried; when it is refused, the next try is twice as far away, up to half an hour. Each process
learns its own number: what a relay refuses to one of several is what the others have.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

TRY_AFTER_S: Final = 120.0
TRY_AFTER_LONGEST_S: Final = 1800.0


class Doors:
    """Lets at most `most` lanes in at once; `allowed` is what the settings say.

    moment: seconds that only go on.
    """

    def __init__(self, allowed: int, *, moment: Callable[[], float] | None = None) -> None:
        self.allowed = self.most = allowed
        self.busy = 0
        self._moment = moment or (lambda: asyncio.get_running_loop().time())
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._wait_s = 0.0
        self._try_at = 0.0
        self._trying = False

    async def enter(self) -> None:
        """Wait for a place and take it."""
        while not self._finds_room():
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                if place in self._waiting:
                    self._waiting.remove(place)
                elif not place.cancelled():
                    # It was this one's turn: somebody else has it now.
                    self._wake()
                raise
        self.busy += 1

    def leave(self) -> None:
        """Give a place up."""
        self.busy -= 1
        self._wake()

    def refused(self, have: int) -> None:
        """Note that one more than the `have` open connections was too many."""
        self.most = max(1, min(self.most, have))
        if self._trying or not self._wait_s:
            self._wait_s = min(max(TRY_AFTER_S, self._wait_s * 2), TRY_AFTER_LONGEST_S)
            self._trying = False
        self._try_at = self._moment() + self._wait_s

    def opened(self, have: int) -> None:
        """Note that so many are open: as many it bears."""
        self.most = min(self.allowed, max(self.most, have))

    def _finds_room(self) -> bool:
        if self.busy < self.most:
            return True
        if self.most >= self.allowed or self._moment() < self._try_at:
            return False
        if self._trying:
            # The one before has held, so the relay bears more than it did.
            self._wait_s = TRY_AFTER_S
        self._trying = True
        self._try_at = self._moment() + self._wait_s
        self.most += 1
        return True

    def _wake(self) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
