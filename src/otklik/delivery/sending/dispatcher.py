"""The sender's work in one process: claim a block, pass the gate, hand over, write down.

    claim ─► [ reserve rate ─► rows ─► gate ─► relays ─► letters ─► MARK ─► network ─► RECORD ]…
          ─► release

MARK and RECORD are commits. A message is in doubt only if the process dies between the two, so
the part in hand is small: half a second's worth of the relays' speed, and `CHUNK` at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import KeyUnreadable, SenderNotFound, SendResult
from otklik.delivery.model import MailingState
from otklik.delivery.operations.blocks import (
    Block,
    claim_block,
    live_mailings,
    release_block,
    renew_lease,
)
from otklik.delivery.operations.mailings import note_trouble
from otklik.delivery.operations.pace import reserve_slot
from otklik.delivery.queries import mailing_state
from otklik.delivery.sending.choice import choose
from otklik.delivery.sending.fleet import Fleet
from otklik.delivery.sending.handover import Flag, HandOver, Transport
from otklik.delivery.sending.letters import Ready, ReadyMailing, load_mailing
from otklik.delivery.sending.portion import IN_HAND_S, Portions
from otklik.delivery.sending.routes import Seating, Trip
from otklik.delivery.sending.writing import mark, record, surely
from otklik.kit.ids import new_id
from otklik.runtime.public import EngineUnavailable, Runtime

CHUNK = 150
"""Letters that are in hand together at most; so many at most are in doubt after a crash."""
STOP_CHUNK = 1_000
TURN_S = 2.0
"""A block is given back after this time, so that a worker that is asked to stop can."""
WATCH_S = 0.3
"""How often a running hand-over looks whether the mailing was paused."""
RENEW_S = 10.0
ROOM = 1_000
"""So many messages at most are reserved at once from the rate of the installation."""
_MAILINGS_KEPT = 8
_AFTER_ERROR = timedelta(seconds=10)


async def _no_checkpoint(_place: str) -> None:
    """Tests put a crash here; the program does nothing."""


@dataclass(slots=True)
class Dispatcher:
    """Sends messages; one for a process, its `step` is run by several loops at once.

    `transport` is the installation's own relay: workspaces without relays of their own use it.
    `parallel` letters of a chunk are offered to it at one time.
    """

    transport: Transport
    parallel: int = 8
    chunk: int = CHUNK
    turn_s: float = TURN_S
    checkpoint: Callable[[str], Awaitable[None]] = _no_checkpoint
    owner: UUID = field(default_factory=new_id)
    _ready: dict[int, ReadyMailing] = field(default_factory=dict)
    _fleet: Fleet = field(init=False)
    _portions: Portions = field(init=False)
    _resting: dict[int, float] = field(default_factory=dict)
    """Mailings none of whose relays takes letters, and until when they are left alone."""
    _room: int = 0
    """Messages that may go, from `_room_from` on, by what was reserved of the whole rate before."""
    _room_from: float = 0.0
    _last: int = 0

    def __post_init__(self) -> None:
        self._fleet = Fleet(self.transport, self.parallel)
        self._portions = Portions(self.chunk)

    async def close(self) -> None:
        """End the connections to relays of workspaces; `transport` is the caller's."""
        await self._fleet.close()

    async def step(self, rt: Runtime) -> bool:
        """Work on one block for one turn; returns False when nothing is due."""
        block = await self._claim(rt)
        if block is None:
            await self._fleet.write(rt, surely=True)
            return False
        await self.checkpoint("claimed")
        try:
            ready = await self._prepare(rt, block)
            if ready is not None:
                await self._work(rt, block, ready)
        except Exception:
            await self._give_back(rt, block, _AFTER_ERROR)
            raise
        waits_s = max(0.0, self._resting.get(block.mailing_id, 0.0) - _moment())
        rest = timedelta(seconds=waits_s) if ready is not None else _AFTER_ERROR
        await self._give_back(rt, block, rest)
        return True

    async def _claim(self, rt: Runtime) -> Block | None:
        now, moment = rt.clock(), _moment()
        self._resting = {one: until for one, until in self._resting.items() if until > moment}
        async with rt.db.begin() as tx:
            live = await live_mailings(tx, now=now)
            # Mailings take turns, so a large one does not hold up a small one.
            for mailing_id in sorted(live, key=lambda number: (number <= self._last, number)):
                if mailing_id in self._resting:
                    continue
                block = await claim_block(tx, mailing_id=mailing_id, owner=self.owner, now=now)
                if block is not None:
                    self._last = mailing_id
                    return block
        return None

    async def _prepare(self, rt: Runtime, block: Block) -> ReadyMailing | None:
        """Load the mailing; a sender that was removed is a trouble that a person must see."""
        known = self._ready.pop(block.mailing_id, None)
        try:
            async with rt.db.begin() as tx:
                ready = await load_mailing(
                    tx,
                    mailing_id=block.mailing_id,
                    signer=rt.signer,
                    inbound=rt.settings.inbound,
                    base_url=rt.settings.base_url,
                    known=known,
                )
        except (SenderNotFound, KeyUnreadable) as error:
            async with rt.db.begin() as tx:
                lang = (await get_workspace(tx, workspace_id=block.workspace_id)).lang
                await note_trouble(
                    tx, mailing_id=block.mailing_id, text=error.text(lang), now=rt.clock()
                )
            return None
        self._ready[block.mailing_id] = ready
        while len(self._ready) > _MAILINGS_KEPT:
            del self._ready[next(iter(self._ready))]
        return ready

    async def _work(self, rt: Runtime, block: Block, ready: ReadyMailing) -> None:
        ends = _moment() + self.turn_s
        async with self._watched(rt, block) as flag:
            while await self._send_chunk(rt, block, ready, flag):
                if flag.stopped or _moment() > ends:
                    break

    async def _send_chunk(self, rt: Runtime, block: Block, ready: ReadyMailing, flag: Flag) -> bool:
        """Send one chunk; returns False when there is nothing more to do in this block now."""
        trip, most, near_s = await self._depart(rt, ready)
        if trip is None:
            return False
        if most == 0:
            return await _wait(min(near_s, self.turn_s), flag)
        limit, wait_s = await self._reserve(rt, ready, most=most)
        if not await _wait(wait_s, flag):
            return False
        choice = await choose(rt, block, ready, seats=self._fleet.seats, trip=trip, limit=limit)
        await self.checkpoint("made")
        if not choice:
            return False
        results: dict[int, SendResult] = {}
        try:
            letters = await mark(rt, block=block, owner=self.owner, ready=ready, choice=choice)
            if letters is None:
                return False
            flag.seen_at = _moment()
            await self.checkpoint("marked")
            if letters and choice.seating is not None:
                hand_over = HandOver(ready, choice.seating, flag)
                results = await hand_over.send(letters)
                if not (hand_over.failed or flag.stopped or ready.mailing.rate_per_s):
                    self._portions.learn(
                        trip, letters=len(letters), seconds=_moment() - flag.seen_at
                    )
                self._fleet.note(choice.seating, letters, results, hand_over.failed)
                await self.checkpoint("handed")
                if not await self._record(rt, block, ready, letters, results, choice.seating, flag):
                    return False
                await self.checkpoint("recorded")
        finally:
            if choice.seating is not None:
                await self._fleet.learn(rt, choice.seating, results)
        return True

    async def _depart(self, rt: Runtime, ready: ReadyMailing) -> tuple[Trip | None, int, float]:
        """Return the relays that take letters now, and how many; none: the mailing waits.

        If the relays' own rates let none go, the third is the seconds until they do.
        """
        mailing, moment = ready.mailing, _moment()
        ways = await self._fleet.ways(
            rt, workspace_id=mailing.workspace_id, domain=ready.sender.domain
        )
        if mailing.state == MailingState.STOPPING:
            return Trip(ways, ()), STOP_CHUNK, 0.0
        trip = ways.now(moment)
        if ways.trouble is not None:
            async with rt.db.begin() as tx:
                await note_trouble(
                    tx, mailing_id=mailing.mailing_id, text=ways.trouble, now=rt.clock()
                )
        if not trip.routes:
            self._resting[mailing.mailing_id] = max(ways.rests_until(), moment + 1.0)
            return None, 0, 0.0
        most, near_s = await self._fleet.seats.make_room(rt, trip, wanted=self._portions.size(trip))
        return trip, most, near_s

    async def _record(
        self,
        rt: Runtime,
        block: Block,
        ready: ReadyMailing,
        letters: Sequence[Ready],
        results: dict[int, SendResult],
        seating: Seating,
        flag: Flag,
    ) -> bool:
        written = await record(
            rt,
            block=block,
            owner=self.owner,
            ready=ready,
            letters=letters,
            results=results,
            seating=seating,
            flag=flag,
        )
        if flag.trouble is not None:
            until = seating.trip.ways.rests_until()
            self._resting[ready.mailing.mailing_id] = until
        return written.mine

    async def _reserve(self, rt: Runtime, ready: ReadyMailing, *, most: int) -> tuple[int, float]:
        """Return how many messages may go next, and in how many seconds the first of them may.

        Of the installation's rate half a second's worth is reserved at once, so that a fast
        sender asks seldom; what is left over serves the next chunk of any mailing.
        """
        mailing, limit, wait_s = ready.mailing, most, 0.0
        if mailing.state == MailingState.STOPPING:
            return STOP_CHUNK, wait_s
        rates: list[tuple[str, int, int, float]] = []
        if mailing.rate_per_s:
            limit = max(1, min(limit, int(mailing.rate_per_s * IN_HAND_S)))
            rates.append(
                (
                    f"mailing:{mailing.mailing_id}",
                    mailing.workspace_id,
                    limit,
                    float(mailing.rate_per_s),
                )
            )
        self._room -= limit
        if self._room < 0:
            rate = float(rt.settings.delivery.messages_per_s_max)
            more = max(limit, min(ROOM, int(rate * IN_HAND_S)))
            self._room += more
            rates.append(("all", 0, more, rate))
        if rates:
            async with rt.db.begin() as tx:
                for key, workspace_id, count, rate in rates:
                    slot_s = await reserve_slot(
                        tx, key=key, workspace_id=workspace_id, count=count, rate_per_s=rate
                    )
                    wait_s = max(wait_s, slot_s)
                    if key == "all":
                        self._room_from = _moment() + slot_s
        return limit, max(wait_s, self._room_from - _moment())

    @asynccontextmanager
    async def _watched(self, rt: Runtime, block: Block) -> AsyncIterator[Flag]:
        """Watch, beside the work, whether the mailing was held back, and keep the lease alive."""
        flag = Flag()

        async def watch() -> None:
            renewed = _moment()
            while True:
                await asyncio.sleep(WATCH_S)
                if _moment() - flag.seen_at < WATCH_S:
                    # Marking letters has just looked, and renewed the lease.
                    renewed = flag.seen_at
                    continue
                try:
                    async with rt.db.begin() as tx:
                        state = await mailing_state(tx, mailing_id=block.mailing_id)
                        if _moment() - renewed > RENEW_S:
                            renewed = _moment()
                            kept = await renew_lease(
                                tx, block=block, owner=self.owner, now=rt.clock()
                            )
                            flag.stopped = flag.stopped or not kept
                except (EngineUnavailable, DBAPIError):
                    # Nobody can pause a mailing while the database is away.
                    continue
                if state != MailingState.RUNNING:
                    flag.stopped = True

        task = asyncio.create_task(watch())
        try:
            yield flag
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _give_back(self, rt: Runtime, block: Block, rest: timedelta) -> None:
        due_at = rt.clock() + rest
        await surely(rt, lambda tx: release_block(tx, block=block, owner=self.owner, due_at=due_at))


async def _wait(seconds: float, flag: Flag) -> bool:
    """Wait for the reserved moment, in short steps; False when the mailing was held back."""
    ends = _moment() + seconds
    while not flag.stopped:
        rest = ends - _moment()
        if rest <= 0:
            return True
        await asyncio.sleep(min(rest, WATCH_S))
    return False


def _moment() -> float:
    return asyncio.get_running_loop().time()
