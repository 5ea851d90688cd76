"""The two commits around the network: what goes into hand, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError, OperationalError

from otklik.channels.email.public import SendResult, is_relay_trouble
from otklik.delivery.facts import FactBatch
from otklik.delivery.gate import Wait
from otklik.delivery.model import Mailing, MessageState, SkipReason, WaitReason
from otklik.delivery.operations.blocks import Block, Outcome, Row, mark_handing, record_outcomes
from otklik.delivery.operations.mailings import note_trouble
from otklik.delivery.operations.pace import note_pace
from otklik.delivery.operations.verdicts import take_refusals
from otklik.delivery.policy.hours import next_day
from otklik.delivery.policy.model import Allowance
from otklik.delivery.policy.operations import give_back, reserve
from otklik.delivery.sending.choice import Choice, later, skip
from otklik.delivery.sending.handover import Flag
from otklik.delivery.sending.letters import Ready, ReadyMailing
from otklik.delivery.sending.outcomes import outcome_of
from otklik.delivery.sending.routes import Seating
from otklik.runtime.public import EngineUnavailable, Runtime, Tx, log

R = TypeVar("R")


class Written(NamedTuple):
    """`mine`: the block is still this worker's."""

    mine: bool
    outcomes: list[Outcome]


class _NotOurs(Exception):
    """Takes back what was reserved for letters that may not go."""


async def mark(
    rt: Runtime, *, block: Block, owner: UUID, ready: ReadyMailing, choice: Choice
) -> list[Ready] | None:
    """Write down, before the network is touched, which messages go to it, and who gets none.

    Returns the letters that go: all of the choice, but those for which another mailing has just
    used up what the frequency rules allow. None if the block is not this worker's any more or the
    mailing was held back: then nothing may go.
    """
    now = rt.clock()
    mailing = ready.mailing

    async def write(tx: Tx) -> list[Ready] | None:
        refused = await reserve(
            tx,
            workspace_id=mailing.workspace_id,
            policy=ready.policy,
            mass=mailing.is_mass,
            wishes=choice.wishes,
        )
        kept_back = [
            *choice.kept_back,
            *(
                _refused(letter.row, said, choice, mailing, now)
                for letter in choice.letters
                if (said := refused.get(letter.row.message_id)) is not None
            ),
        ]
        if kept_back:
            mine = await record_outcomes(
                tx,
                block=block,
                owner=owner,
                outcomes=kept_back,
                facts=FactBatch(mailing),
                now=now,
            )
            await _give_back(tx, ready, kept_back)
            if not mine:
                _take_back(choice)
                return None
        letters = [one for one in choice.letters if one.row.message_id not in refused]
        ids = [letter.row.message_id for letter in letters]
        if not ids or await mark_handing(tx, block=block, owner=owner, ids=ids, now=now):
            return letters
        _take_back(choice)
        return None

    try:
        return await surely(rt, write)
    except _NotOurs:
        return None


def _take_back(choice: Choice) -> None:
    """Undo the whole transaction if something was reserved in it; else nothing has to be."""
    if choice.wishes:
        raise _NotOurs


def _refused(row: Row, said: Allowance, choice: Choice, mailing: Mailing, now: datetime) -> Outcome:
    """Return what becomes of a letter whose room was taken since it passed the gate."""
    if said is not Allowance.ANOTHER_DAY:
        return skip(row, SkipReason.FREQUENCY, None)
    wait = Wait(WaitReason.ANOTHER_DAY, next_day(choice.zones[row.message_id], now))
    if mailing.until is not None and wait.until > mailing.until:
        return skip(row, SkipReason.FREQUENCY, None)
    return later(row, wait)


_SURELY_NOT = (MessageState.SKIPPED, MessageState.FAILED, MessageState.BOUNCED)


async def _give_back(tx: Tx, ready: ReadyMailing, outcomes: Sequence[Outcome]) -> None:
    """What surely did not go does not count against the frequency rules."""
    if ready.is_counted:
        await give_back(
            tx,
            workspace_id=ready.mailing.workspace_id,
            messages={
                one.row.message_id: one.row.profile_id
                for one in outcomes
                if one.state in _SURELY_NOT
            },
        )


async def record(
    rt: Runtime,
    *,
    block: Block,
    owner: UUID,
    ready: ReadyMailing,
    letters: Sequence[Ready],
    results: dict[int, SendResult],
    seating: Seating,
    flag: Flag,
) -> Written:
    """Write down what became of the letters in hand; those without a result stay planned."""
    now = rt.clock()
    mailing = ready.mailing
    outcomes = [
        outcome_of(
            letter.row,
            result,
            attempts_max=rt.settings.delivery.attempts_max,
            now=now,
            via=seating.of(letter.row.message_id).name,
            lang=ready.workspace.lang,
        )
        for letter in letters
        if (result := results.get(letter.row.message_id)) is not None
        and not is_relay_trouble(result)
    ]

    async def write(tx: Tx) -> bool:
        mine = await record_outcomes(
            tx, block=block, owner=owner, outcomes=outcomes, facts=FactBatch(mailing), now=now
        )
        await _give_back(tx, ready, outcomes)
        await take_refusals(rt, tx, mailing=mailing, outcomes=outcomes, now=now)
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

    mine = await surely(rt, write)
    flag.cleared = flag.cleared or bool(outcomes)
    for outcome in outcomes:
        rt.metrics.messages.labels(mailing.channel, outcome.state.value).inc()
    return Written(mine, outcomes)


async def surely(rt: Runtime, work: Callable[[Tx], Awaitable[R]]) -> R:
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
