"""The bus: how a lower slice tells news to upper ones without knowing them.

Subscribers run in the publisher's transaction, in the order of `entrypoints/wiring`, so either
all of an event's consequences are there or none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from otklik.runtime.postgres import Tx

E = TypeVar("E", bound=msgspec.Struct)
Subscriber = Callable[[Any, Tx], Awaitable[None]]


class Bus:
    def __init__(self) -> None:
        self._subscribers: dict[type, list[Subscriber]] = defaultdict(list)

    def subscribe(self, kind: type[E], subscriber: Callable[[E, Tx], Awaitable[None]]) -> None:
        self._subscribers[kind].append(subscriber)

    async def publish(self, tx: Tx, event: msgspec.Struct) -> None:
        """Call every subscriber of the event's type, one after another."""
        for subscriber in self._subscribers[type(event)]:
            await subscriber(event, tx)
