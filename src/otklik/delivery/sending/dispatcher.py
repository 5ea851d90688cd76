"""The sender's work in one process: claim a block, pass the gate, hand over, write down.

    claim ─► [ reserve rate ─► rows ─► gate ─► letters ─► MARK ─► network ─► RECORD ]… ─► release

MARK and RECORD are commits. A message is in doubt only if the process dies between the two, so
the part in hand is small: `CHUNK` letters, or half a second's worth of a slow rate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError, OperationalError

from otklik.channels.email.public import SenderNotFound, SendResult, SendState
from otklik.delivery.facts import FactBatch
from otklik.delivery.gate import Passage, People, When, pass_gate
from otklik.delivery.model import MailingState, MessageState, SkipReason
from otklik.delivery.operations.blocks import (
    Block,
    Outcome,
    Row,
    claim_block,
    due_rows,
    live_mailings,
    mailing_state,
    mark_handing,
    note_pace,
    record_outcomes,
    release_block,
    renew_lease,
    reserve_slot,
)
from otklik.delivery.operations.mailings import note_trouble
from otklik.delivery.queries import with_own_message
from otklik.delivery.sending.letters import Ready, ReadyMailing, Unmade, load_mailing, make_letter
from otklik.delivery.sending.outcomes import is_relay_trouble, outcome_of
from otklik.kit.ids import new_id
from otklik.privacy.public import SuppressionReason, suppress
from otklik.profiles.public import current_ids, render_context
from otklik.runtime.public import EngineUnavailable, Runtime, Tx, log

R = TypeVar("R")

CHUNK = 100
"""Letters that are in hand together; so many at most are in doubt after a crash."""
STOP_CHUNK = 1_000
TURN_S = 2.0
"""A block is given back after this time, so that a worker that is asked to stop can."""
WATCH_S = 0.3
"""How often a running hand-over looks whether the mailing was paused."""
RENEW_S = 10.0
_RATE_PART_S = 0.5
_RELAY_WAIT_MAX_S = 60.0
_MAILINGS_KEPT = 8
_AFTER_ERROR = timedelta(seconds=10)


class Transport(Protocol):
    """Hands one letter to the next mail server; never raises."""

    async def send(self, return_path: str, to_address: str, data: bytes) -> SendResult: ...


async def _no_checkpoint(_place: str) -> None:
    """Tests put a crash here; the program does nothing."""


@dataclass(slots=True)
class _Flag:
    """Says to the letters not yet handed over that they should wait."""

    stopped: bool = False
    trouble: str | None = None
    cleared: bool = False
    """An old trouble of the mailing was taken back in this turn; once is enough."""


@dataclass(slots=True)
class _Relay:
    """How long this process leaves the relay alone after it failed."""

    wait_s: float = 0.0
    until: float = 0.0

    def failed(self, moment: float) -> None:
        self.wait_s = min(max(1.0, self.wait_s * 2), _RELAY_WAIT_MAX_S)
        self.until = moment + self.wait_s

    def worked(self) -> None:
        self.wait_s = self.until = 0.0


@dataclass(slots=True)
class Dispatcher:
    """Sends messages; one for a process, its `step` is run by several loops at once.

    `parallel` letters of a chunk are offered to the transport at one time.
    """

    transport: Transport
    parallel: int = 8
    chunk: int = CHUNK
    turn_s: float = TURN_S
    checkpoint: Callable[[str], Awaitable[None]] = _no_checkpoint
    owner: UUID = field(default_factory=new_id)
    _ready: dict[int, ReadyMailing] = field(default_factory=dict)
    _relay: _Relay = field(default_factory=_Relay)
    _last: int = 0

    async def step(self, rt: Runtime) -> bool:
        """Work on one block for one turn; returns False when nothing is due."""
        if self._relay.until > _moment():
            return False
        block = await self._claim(rt)
        if block is None:
            return False
        await self.checkpoint("claimed")
        try:
            ready = await self._prepare(rt, block)
            if ready is not None:
                await self._work(rt, block, ready)
        except Exception:
            await self._give_back(rt, block, rt.clock() + _AFTER_ERROR)
            raise
        rest = timedelta(seconds=self._relay.wait_s) if ready is not None else _AFTER_ERROR
        await self._give_back(rt, block, rt.clock() + rest)
        return True

    async def _claim(self, rt: Runtime) -> Block | None:
        now = rt.clock()
        async with rt.db.begin() as tx:
            live = await live_mailings(tx, now=now)
            # Mailings take turns, so a large one does not hold up a small one.
            for mailing_id in sorted(live, key=lambda number: (number <= self._last, number)):
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
                ready = await load_mailing(tx, mailing_id=block.mailing_id, known=known)
        except SenderNotFound as error:
            async with rt.db.begin() as tx:
                await note_trouble(
                    tx, mailing_id=block.mailing_id, text=error.text("en"), now=rt.clock()
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

    async def _send_chunk(
        self, rt: Runtime, block: Block, ready: ReadyMailing, flag: _Flag
    ) -> bool:
        """Send one chunk; returns False when there is nothing more to do in this block now."""
        limit, wait_s = await self._reserve(rt, ready)
        if not await _wait(wait_s, flag):
            return False
        rows, letters, kept_back = await self._choose(rt, block, ready, limit)
        await self.checkpoint("made")
        if not rows:
            return False
        now = rt.clock()

        async def mark(tx: Tx) -> bool:
            if kept_back:
                facts = FactBatch(ready.mailing)
                mine = await record_outcomes(
                    tx, block=block, owner=self.owner, outcomes=kept_back, facts=facts, now=now
                )
                if not mine:
                    return False
            ids = [letter.row.message_id for letter in letters]
            return not ids or await mark_handing(
                tx, block=block, owner=self.owner, ids=ids, now=now
            )

        if not await _surely(rt, mark):
            return False
        await self.checkpoint("marked")
        if letters:
            spacing = 1.0 / ready.mailing.rate_per_s if ready.mailing.rate_per_s else 0.0
            results = await self._hand_over(ready, letters, flag, spacing)
            await self.checkpoint("handed")
            if not await self._record(
                rt, block=block, ready=ready, letters=letters, results=results, flag=flag
            ):
                return False
            await self.checkpoint("recorded")
        return True

    async def _reserve(self, rt: Runtime, ready: ReadyMailing) -> tuple[int, float]:
        """Return how many messages may go next, and in how many seconds the first of them may."""
        mailing, limit, wait_s = ready.mailing, self.chunk, 0.0
        if mailing.state == MailingState.STOPPING:
            return STOP_CHUNK, wait_s
        rates = [("all", 0, float(rt.settings.delivery.messages_per_s_max))]
        if mailing.rate_per_s:
            limit = max(1, min(limit, int(mailing.rate_per_s * _RATE_PART_S)))
            rates.append(
                (f"mailing:{mailing.mailing_id}", mailing.workspace_id, float(mailing.rate_per_s))
            )
        async with rt.db.begin() as tx:
            for key, workspace_id, rate in rates:
                slot_s = await reserve_slot(
                    tx, key=key, workspace_id=workspace_id, count=limit, rate_per_s=rate
                )
                wait_s = max(wait_s, slot_s)
        return limit, wait_s

    async def _choose(
        self, rt: Runtime, block: Block, ready: ReadyMailing, limit: int
    ) -> tuple[list[Row], list[Ready], list[Outcome]]:
        """Take due rows through the gate and make their letters."""
        now = rt.clock()
        mailing = ready.mailing
        async with rt.db.begin() as tx:
            state = await mailing_state(tx, mailing_id=mailing.mailing_id)
            stopping = state == MailingState.STOPPING
            if state not in (MailingState.RUNNING, MailingState.STOPPING):
                return [], [], []
            rows = await due_rows(tx, block=block, limit=limit, now=now, all_rows=stopping)
            if not rows:
                return [], [], []
            # Since the freezing a profile may have been merged into another one.
            current = await current_ids(
                tx,
                workspace_id=mailing.workspace_id,
                profile_ids=[row.profile_id for row in rows],
            )
            ids = [current.get(row.profile_id, row.profile_id) for row in rows]
            people = People.of(ids, [row.address for row in rows])
            merged = {one for row, one in zip(rows, ids, strict=True) if one != row.profile_id}
            doubled = await with_own_message(
                tx, mailing_id=mailing.mailing_id, profile_ids=sorted(merged)
            )
            # Two profiles of the audience turned out to be one person: he gets one letter.
            people.keep_back(
                [
                    place
                    for place, row in enumerate(rows)
                    if ids[place] != row.profile_id and ids[place] in doubled
                ],
                SkipReason.PROFILE_GONE,
            )
            await pass_gate(
                Passage(
                    tx=tx,
                    workspace_id=mailing.workspace_id,
                    channel=mailing.channel,
                    topic_id=mailing.topic_id,
                    now=now,
                    stopped=stopping,
                    salt=ready.workspace.salt,
                ),
                people,
                When.SEND,
            )
            places = people.passing().tolist()
            persons = (
                await render_context(
                    tx,
                    workspace_id=mailing.workspace_id,
                    profile_ids=[ids[place] for place in places],
                )
                if places
                else {}
            )
        kept_back = [
            _skip(row, reason, None)
            for place, row in enumerate(rows)
            if (reason := people.reason(place)) is not None
        ]
        letters: list[Ready] = []
        for number, place in enumerate(places):
            made = make_letter(
                ready,
                rows[place],
                persons.get(ids[place]),
                signer=rt.signer,
                base_url=rt.settings.base_url,
                now=now,
            )
            if isinstance(made, Unmade):
                kept_back.append(_skip(made.row, made.reason, made.detail))
            else:
                letters.append(made)
            if number % 8 == 7:
                # Making letters is work for the processor; connections of other lanes go on.
                await asyncio.sleep(0)
        return rows, letters, kept_back

    async def _hand_over(
        self, ready: ReadyMailing, letters: Sequence[Ready], flag: _Flag, spacing: float
    ) -> dict[int, SendResult]:
        """Offer letters to the relay; those not offered because of the flag have no result."""
        results: dict[int, SendResult] = {}
        queue = iter(enumerate(letters))
        begun = _moment()

        async def offer() -> None:
            for number, letter in queue:
                late = begun + number * spacing - _moment()
                if late > 0:
                    await asyncio.sleep(late)
                if flag.stopped:
                    return
                result = await self._offer(ready, letter)
                results[letter.row.message_id] = result
                if is_relay_trouble(result):
                    flag.stopped, flag.trouble = True, result.text

        await asyncio.gather(*(offer() for _ in range(min(self.parallel, len(letters)))))
        return results

    async def _offer(self, ready: ReadyMailing, letter: Ready) -> SendResult:
        try:
            return await self.transport.send(
                ready.sender.return_path, letter.row.address, letter.data
            )
        except Exception as error:
            # A transport that raises has broken its promise; nobody knows what the server got.
            log.error("transport failed", message_id=letter.row.message_id, exc_info=error)
            return SendResult(
                state=SendState.UNKNOWN,
                code=None,
                enhanced=None,
                text=type(error).__name__,
                phase="body",
            )

    async def _record(
        self,
        rt: Runtime,
        *,
        block: Block,
        ready: ReadyMailing,
        letters: Sequence[Ready],
        results: dict[int, SendResult],
        flag: _Flag,
    ) -> bool:
        now = rt.clock()
        mailing = ready.mailing
        outcomes = [
            outcome_of(
                letter.row,
                results[letter.row.message_id],
                attempts_max=rt.settings.delivery.attempts_max,
                now=now,
            )
            for letter in letters
            if letter.row.message_id in results
            and not is_relay_trouble(results[letter.row.message_id])
        ]

        async def write(tx: Tx) -> bool:
            mine = await record_outcomes(
                tx,
                block=block,
                owner=self.owner,
                outcomes=outcomes,
                facts=FactBatch(mailing),
                now=now,
            )
            for outcome in outcomes:
                if outcome.state == MessageState.BOUNCED:
                    await suppress(
                        tx,
                        workspace_id=mailing.workspace_id,
                        channel=mailing.channel,
                        address=outcome.row.address,
                        reason=SuppressionReason.HARD_BOUNCE,
                        now=now,
                    )
            if outcomes:
                await note_pace(
                    tx,
                    mailing_id=mailing.mailing_id,
                    workspace_id=mailing.workspace_id,
                    done=len(outcomes),
                    now=now,
                )
            if flag.trouble is not None:
                await note_trouble(tx, mailing_id=mailing.mailing_id, text=flag.trouble, now=now)
            elif outcomes and not flag.cleared:
                await note_trouble(tx, mailing_id=mailing.mailing_id, text=None, now=now)
            return mine

        mine = await _surely(rt, write)
        flag.cleared = flag.cleared or bool(outcomes)
        if flag.trouble is not None:
            self._relay.failed(_moment())
        elif outcomes:
            self._relay.worked()
        for outcome in outcomes:
            rt.metrics.messages.labels(mailing.channel, outcome.state.value).inc()
        return mine

    @asynccontextmanager
    async def _watched(self, rt: Runtime, block: Block) -> AsyncIterator[_Flag]:
        """Watch, beside the work, whether the mailing was held back, and keep the lease alive."""
        flag = _Flag()

        async def watch() -> None:
            renewed = _moment()
            while True:
                await asyncio.sleep(WATCH_S)
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

    async def _give_back(self, rt: Runtime, block: Block, due_at: datetime) -> None:
        async def release(tx: Tx) -> None:
            await release_block(tx, block=block, owner=self.owner, due_at=due_at)

        await _surely(rt, release)


async def _wait(seconds: float, flag: _Flag) -> bool:
    """Wait for the reserved moment, in short steps; False when the mailing was held back."""
    ends = _moment() + seconds
    while not flag.stopped:
        rest = ends - _moment()
        if rest <= 0:
            return True
        await asyncio.sleep(min(rest, WATCH_S))
    return False


def _skip(row: Row, reason: SkipReason, detail: str | None) -> Outcome:
    return Outcome(
        row=row, state=MessageState.SKIPPED, reason=reason.value, answer=detail, tried=False
    )


async def _surely(rt: Runtime, work: Callable[[Tx], Awaitable[R]]) -> R:
    """Write what must not be lost: wait as long as the database is away.

    Every such write changes nothing when it is repeated, so an unknown commit does no harm.
    """
    while True:
        try:
            return await rt.db.run(work)
        except (EngineUnavailable, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
                raise
            log.warning("the database is away, an outcome waits", error=type(error).__name__)
            await asyncio.sleep(1.0)


def _moment() -> float:
    return asyncio.get_running_loop().time()
