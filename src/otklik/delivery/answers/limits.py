"""How often one letter may be answered."""

from __future__ import annotations

from datetime import datetime

BURST = 10
REFILL_S = 6.0
MESSAGES_MAX = 20_000


class AnswerLimit:
    """One bucket per message, in the memory of a process: ten answers, then one in six seconds.

    Mail services ask from few addresses for all their readers, so the address says nothing; an
    address of a letter is its reader's own.
    """

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[float, float]] = {}

    def take(self, message_id: int, now: datetime) -> bool:
        """Take one; False when there is none."""
        at = now.timestamp()
        tokens, before = self._buckets.pop(message_id, (float(BURST), at))
        tokens = min(float(BURST), tokens + max(0.0, at - before) / REFILL_S)
        may = tokens >= 1
        self._buckets[message_id] = (tokens - may, at)
        while len(self._buckets) > MESSAGES_MAX:
            del self._buckets[next(iter(self._buckets))]
        return may
