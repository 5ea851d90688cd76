"""Letting the garbage collector rest while batches are in hand.

A batch is half a million small objects that live until its end and hold no cycles. By its usual
settings Python's collector walks through all of them again and again as they are made and finds
nothing: that took half of the pipeline's processor time. While a batch is in hand it therefore
begins a walk only after many more new objects; it is never off, so cycles of other work in the
process are found, only later.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (200_000, 20, 20)


class Collector:
    """The collector of this process, and how many blocks ask it to rest."""

    def __init__(self) -> None:
        self._holders = 0
        self._usual = gc.get_threshold()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Collect rarely until the block ends; blocks of several tasks may overlap."""
        if not self._holders:
            self._usual = gc.get_threshold()
            gc.set_threshold(*RARELY)
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders:
                gc.set_threshold(*self._usual)


collector = Collector()
