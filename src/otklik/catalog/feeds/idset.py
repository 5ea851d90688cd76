"""Which ids a feed has used, in little memory."""

from __future__ import annotations

from array import array


class IdSet:
    """Which ids have been seen, in 16 to 32 bytes each, whatever their length.

    An open-addressing table of 64-bit hashes. Two different ids are taken for one with a chance
    of about 1 in 4 million for 3 million ids. Hashes of a process are salted: nobody can
    choose ids that collide.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))
        self._used = 0

    def add(self, value: str) -> bool:
        """Put an id in; False when it was there."""
        if 2 * self._used >= len(self._slots):
            old = self._slots
            self._slots = array("Q", bytes(8 * 2 * len(old)))
            for mark in old:
                if mark:
                    self._slots[self._place(mark)] = mark
        mark = self._mark(value)
        place = self._place(mark)
        if self._slots[place]:
            return False
        self._slots[place] = mark
        self._used += 1
        return True

    def __contains__(self, value: str) -> bool:
        return bool(self._slots[self._place(self._mark(value))])

    @staticmethod
    def _mark(value: str) -> int:
        return (hash(value) & 0xFFFF_FFFF_FFFF_FFFF) or 1

    def _place(self, mark: int) -> int:
        slots = self._slots
        mask = len(slots) - 1
        place = mark & mask
        while slots[place] and slots[place] != mark:
            place = (place + 1) & mask
        return place
