"""How fast events may come: by write key over all processes, by address in each process.

The bucket of a key stands in PostgreSQL, so that its limit is one limit however many processes
accept events. A process takes a portion of a tenth of a second from it and spends that without
asking: a busy key costs a process ten small queries a second, a quiet one a query now and then.
What processes hold at a moment comes on top of the limit, at most a tenth of it for each.

The bucket of an address stands in the memory of each process: every visitor is an address, and a
query for each of them would cost more than his event. So with N processes an address may reach up
to N times the limit, and that is enough for what it is for: one machine that floods a public key,
or tries out keys.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.keys import WriteKey
from otklik.runtime.public import Tx

BURST_S = 2.0
"""Seconds' worth of events that a full bucket holds."""
PORTION_S = 0.1
ADDRESSES_MAX = 50_000
UNKNOWN_KEY_COST = 20
"""Events that a request with an unknown key counts as: it costs a query, and may be a guess."""


class Portion(msgspec.Struct, frozen=True, gc=False):
    """What a process got from a shared bucket; `wait_s`: until it holds what was asked for."""

    granted: int
    wait_s: float


Lease = Callable[[WriteKey, int], Awaitable[Portion]]


class _Held(msgspec.Struct, gc=False):
    """What a process holds of one key's events."""

    tokens: int = 0
    shut_until: float = 0.0


class KeyLimit:
    """The limit of a write key, shared by all processes. `clock` gives seconds."""

    def __init__(self, lease: Lease, *, per_s: int, clock: Callable[[], float]) -> None:
        self._lease = lease
        self._full = max(1, int(BURST_S * per_s))
        self._portion = max(1, int(PORTION_S * per_s))
        self._clock = clock
        self._held: dict[UUID, _Held] = {}
        self._asking: dict[UUID, asyncio.Task[None]] = {}

    def take_held(self, key: WriteKey, events: int) -> bool:
        """Take from what the process holds; False when that is not enough."""
        held = self._held.get(key.key_id)
        if held is None or held.tokens < min(events, self._full):
            return False
        # A batch larger than the bucket passes when the bucket is full, or it never could; what
        # it is larger stays as a debt.
        held.tokens -= events
        return True

    async def take(self, key: WriteKey, events: int) -> int:
        """Take `events` tokens; returns 0, or the whole seconds to wait when there are too few.

        Raises: what `lease` raises when the store is away.
        """
        while not self.take_held(key, events):
            held = self._held.setdefault(key.key_id, _Held())
            now = self._clock()
            if now < held.shut_until:
                return math.ceil(held.shut_until - now)
            task = self._asking.get(key.key_id)
            if task is None:
                missing = min(events, self._full) - held.tokens
                want = max(missing, self._portion)
                task = asyncio.create_task(self._ask(key, held, missing, want))
                self._asking[key.key_id] = task
            await asyncio.shield(task)
        return 0

    async def _ask(self, key: WriteKey, held: _Held, missing: int, want: int) -> None:
        try:
            portion = await self._lease(key, want)
        finally:
            del self._asking[key.key_id]
        held.tokens += portion.granted
        if portion.granted < missing:
            # Till then nobody else of this process need ask either.
            held.shut_until = self._clock() + max(portion.wait_s, PORTION_S)


class AddressLimit:
    """One bucket of tokens per address: `per_s` events a second. `clock` gives seconds."""

    def __init__(self, *, per_s: int, clock: Callable[[], float]) -> None:
        self.per_s = per_s
        self._full = BURST_S * per_s
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str, events: int) -> int:
        """Take `events` tokens; returns 0, or the whole seconds to wait when there are too few."""
        wait = self.wait(address, events)
        if not wait:
            self.charge(address, events)
        return wait

    def wait(self, address: str, events: int) -> int:
        """Return the whole seconds until `events` tokens are there, 0 when they are."""
        wanted, tokens = min(events, self._full), self._tokens(address)
        return 0 if tokens >= wanted else max(1, math.ceil((wanted - tokens) / self.per_s))

    def charge(self, address: str, events: int) -> None:
        """Take `events` tokens whether they are there or not; what is missing is a debt."""
        tokens = self._tokens(address)
        if len(self._buckets) >= ADDRESSES_MAX and address not in self._buckets:
            self._sweep()
        self._buckets[address] = (max(tokens - events, -self._full), self._clock())

    def _tokens(self, address: str) -> float:
        found = self._buckets.get(address)
        if found is None:
            return self._full
        return min(self._full, found[0] + (self._clock() - found[1]) * self.per_s)

    def _sweep(self) -> None:
        """Forget addresses whose buckets are full again; of too many that are not, the oldest."""
        used = [item for item in self._buckets.items() if self._tokens(item[0]) < self._full]
        self._buckets = dict(used[-ADDRESSES_MAX // 2 :])


async def lease_events(tx: Tx, *, key: WriteKey, want: int, per_s: int) -> Portion:
    """Take up to `want` events from the shared bucket of a key, by the clock of the database."""
    row = (
        await tx.execute(
            _LEASE,
            {
                "workspace_id": key.workspace_id,
                "key_id": key.key_id,
                "want": want,
                "per_s": float(per_s),
                "full": max(1.0, BURST_S * per_s),
            },
        )
    ).one()
    missing = want - row.granted
    return Portion(granted=int(row.granted), wait_s=max(0.0, missing - row.spare) / per_s)


_LEASE = sa.text(
    """
    INSERT INTO event_buckets AS b (workspace_id, key_id, spare, granted, filled_at)
    VALUES (:workspace_id, :key_id, CAST(:full AS float8),
            least(CAST(:want AS float8), floor(CAST(:full AS float8))), clock_timestamp())
    ON CONFLICT (workspace_id, key_id) DO UPDATE
    SET (spare, granted, filled_at) = (
      SELECT now.spare, least(CAST(:want AS float8), greatest(0, floor(now.spare))), now.at
      FROM (
        -- The clock of a server may be set back; then nothing flows in.
        SELECT least(CAST(:full AS float8), b.spare - b.granted + CAST(:per_s AS float8)
                 * greatest(0, extract(epoch FROM at.at - b.filled_at))) AS spare, at.at
        FROM (SELECT clock_timestamp() AS at) at
      ) now
    )
    RETURNING b.spare - b.granted AS spare, b.granted
    """
)
