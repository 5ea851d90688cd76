"""The two commits around the network: what goes into hand, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError, OperationalError

from otklik.channels.email.public import SendResult
from otklik.delivery.facts import FactBatch
from otklik.delivery.model import Mailing, MessageState
from otklik.delivery.operations.blocks import Block, Outcome, mark_handing, record_outcomes
from otklik.delivery.operations.mailings import note_trouble
from otklik.delivery.operations.pace import note_pace
from otklik.delivery.sending.choice import Choice
from otklik.delivery.sending.handover import Flag
from otklik.delivery.sending.letters import Ready
from otklik.delivery.sending.outcomes import is_relay_trouble, outcome_of
from otklik.privacy.public import SuppressionReason, suppress
from otklik.runtime.public import EngineUnavailable, Runtime, Tx, log

R = TypeVar("R")


class Written(NamedTuple):
    """`mine`: the block is still this worker's."""

    mine: bool
    outcomes: list[Outcome]


async def mark(rt: Runtime, *, block: Block, owner: UUID, mailing: Mailing, choice: Choice) -> bool:
    """Write down, before the network is touched, which messages go to it, and who gets none.

    Returns False if the block is not this worker's any more or the mailing was held back: then
    nothing may go.
    """
    now = rt.clock()

    async def write(tx: Tx) -> bool:
        if choice.kept_back:
            mine = await record_outcomes(
                tx,
                block=block,
                owner=owner,
                outcomes=choice.kept_back,
                facts=FactBatch(mailing),
                now=now,
            )
            if not mine:
                return False
        ids = [letter.row.message_id for letter in choice.letters]
        return not ids or await mark_handing(tx, block=block, owner=owner, ids=ids, now=now)

    return await surely(rt, write)


async def record(
    rt: Runtime,
    *,
    block: Block,
    owner: UUID,
    mailing: Mailing,
    letters: Sequence[Ready],
    results: dict[int, SendResult],
    flag: Flag,
) -> Written:
    """Write down what became of the letters in hand; those without a result stay planned."""
    now = rt.clock()
    outcomes = [
        outcome_of(letter.row, result, attempts_max=rt.settings.delivery.attempts_max, now=now)
        for letter in letters
        if (result := results.get(letter.row.message_id)) is not None
        and not is_relay_trouble(result)
    ]

    async def write(tx: Tx) -> bool:
        mine = await record_outcomes(
            tx, block=block, owner=owner, outcomes=outcomes, facts=FactBatch(mailing), now=now
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
