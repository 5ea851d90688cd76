"""Write keys in memory: a request must not cost a query, and a revoked key must stop at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

FRESH_S = 5.0
KNOWN_MAX = 10_000


class WriteKey(msgspec.Struct, frozen=True, gc=False):
    """What the event API must know about a key."""

    workspace_id: int
    key_id: UUID
    source: str
    """Where its events come from, as the interface shows it: the name of the key."""
    public: bool


Load = Callable[[str], Awaitable[WriteKey | None]]


class KeyCache:
    """Answers for a few seconds from memory; a wrong key is remembered as wrong, too.

    `load` asks the store. Many requests with one unknown key ask it once.
    """

    def __init__(self, load: Load, *, clock: Callable[[], float]) -> None:
        self._load = load
        self._clock = clock
        self._known: dict[str, tuple[float, WriteKey | None]] = {}
        self._asking: dict[str, asyncio.Task[WriteKey | None]] = {}
        self._epoch = 0

    def peek(self, token: str) -> WriteKey | None:
        """Return the key when it is known and fresh."""
        found = self._known.get(token)
        return found[1] if found is not None and found[0] > self._clock() else None

    async def find(self, token: str) -> WriteKey | None:
        """Return the key or None when there is no such key.

        Raises: what `load` raises when the store is away.
        """
        found = self._known.get(token)
        if found is not None and found[0] > self._clock():
            return found[1]
        task = self._asking.get(token)
        if task is None:
            task = asyncio.create_task(self._ask(token))
            self._asking[token] = task
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Forget all keys: one of them was made, changed or revoked."""
        self._epoch += 1
        self._known.clear()

    async def _ask(self, token: str) -> WriteKey | None:
        epoch = self._epoch
        try:
            key = await self._load(token)
        finally:
            self._asking.pop(token, None)
        if epoch == self._epoch:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[token] = (self._clock() + FRESH_S, key)
        return key
