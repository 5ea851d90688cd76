"""How many letters are in hand together: as many as the relays take in half a second.

A letter is in doubt if the process dies while it is in hand, offered or not. So a slow relay gets
few at once, and a fast one so many that the two commits around them cost little.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from otklik.delivery.sending.routes import Trip

IN_HAND_S: Final = 0.5
FIRST: Final = 40
"""Letters of the first portion, before anything is known of a relay."""
_NEWEST: Final = 0.5
"""What the newest portion counts for against all before it."""
_KEPT: Final = 64

_Key = tuple[UUID, ...]


@dataclass(slots=True)
class Portions:
    """Learns how fast the relays of a trip take letters of one chunk; one for a process."""

    most: int
    _per_s: OrderedDict[_Key, float] = field(default_factory=OrderedDict)

    def size(self, trip: Trip) -> int:
        """Return how many letters to take in hand: at least one for each lane, at most `most`."""
        per_s = self._per_s.get(_key(trip))
        wanted = FIRST if per_s is None else int(per_s * IN_HAND_S)
        lanes = sum(route.lanes for route in trip.routes)
        return min(self.most, max(lanes, wanted))

    def learn(self, trip: Trip, *, letters: int, seconds: float) -> None:
        """Note how long a portion took; a few letters of a large one say nothing of its pace."""
        if seconds <= 0 or 2 * letters < self.size(trip):
            return
        key, per_s = _key(trip), letters / seconds
        before = self._per_s.pop(key, per_s)
        self._per_s[key] = before + (per_s - before) * _NEWEST
        if len(self._per_s) > _KEPT:
            self._per_s.popitem(last=False)


def _key(trip: Trip) -> _Key:
    return tuple(route.relay_id for route in trip.routes)
