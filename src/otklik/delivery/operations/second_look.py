"""A returned mail judged a second time, and what it led to taken back by a person."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import (
    CameBy,
    Consequence,
    Followed,
    JudgedElsewhere,
    Judgement,
    NothingToLift,
    ReturnItem,
    ReturnReason,
    ReturnVerdict,
    forget_soft_bounces,
    get_return,
    get_return_raw,
    judge_return,
    note_corrected,
    write_judgement,
)
from otklik.delivery.operations.returns import EMAIL, kind_of, message_row, own_verdict
from otklik.delivery.operations.verdicts import apply_verdict
from otklik.privacy.public import (
    Suppression,
    SuppressionReason,
    address_hash,
    lift_suppression,
    list_suppressions,
)
from otklik.runtime.public import Runtime, Tx

_STOPPED_FOR: Final = {
    ReturnVerdict.HARD: SuppressionReason.HARD_BOUNCE,
    ReturnVerdict.SOFT: SuppressionReason.SOFT_BOUNCES,
    ReturnVerdict.COMPLAINT: SuppressionReason.COMPLAINT,
}


async def judge_again(
    rt: Runtime, tx: Tx, *, workspace_id: int, return_id: int, now: datetime
) -> ReturnItem:
    """Judge a kept mail by the rules of today, and do what follows if it means something else now.

    A stop that the first judgement had put is taken back when the second would not put it. The
    message keeps its state, since a report was sent out with it; a consent is never given back by a
    program. Raises: ReturnedMailNotFound, JudgedElsewhere.
    """
    raw = await get_return_raw(tx, workspace_id=workspace_id, return_id=return_id)
    before = await get_return(tx, workspace_id=workspace_id, return_id=return_id, lang="en")
    if before.came_by is CameBy.REPORT:
        raise JudgedElsewhere()
    mail = await asyncio.to_thread(judge_return, raw)
    message = None
    if before.message_id is not None:
        message = await message_row(tx, workspace_id, before.message_id)
    address = message.address if message is not None else ""
    verdict = own_verdict(mail, address)
    judgement = Judgement(
        kind=kind_of(mail, verdict),
        verdict=verdict.verdict if verdict else ReturnVerdict.NONE,
        reason=verdict.reason if verdict else None,
        status=verdict.status if verdict else "",
        diagnostic=verdict.diagnostic if verdict else "",
    )
    reason = ReturnReason(before.reason) if before.reason else None
    followed = Followed()
    if (
        message is not None
        and address
        and (judgement.verdict, judgement.reason)
        != (
            before.verdict,
            reason,
        )
    ):
        did: list[Consequence] = []
        if Consequence.STOPPED in before.followed and judgement.verdict != before.verdict:
            stop = await stop_of(tx, workspace_id=workspace_id, address=address)
            if stop is not None and stop.reason is _STOPPED_FOR.get(before.verdict):
                await lift_suppression(tx, workspace_id=workspace_id, suppression_id=stop.id)
                did.append(Consequence.LIFTED)
        if verdict is not None:
            more = await apply_verdict(rt, tx, message, verdict, now)
            followed = Followed(did=(*did, *more.did), soft_count=more.soft_count)
        else:
            followed = Followed(did=tuple(did))
    await write_judgement(tx, return_id=return_id, judgement=judgement, followed=followed, now=now)
    return await get_return(tx, workspace_id=workspace_id, return_id=return_id, lang="en")


async def lift_stop(tx: Tx, *, workspace_id: int, return_id: int, now: datetime) -> Suppression:
    """Take the address of a returned mail off the stop list, and begin its row anew.

    A consent that was withdrawn stays so: only its owner gives it again. Returns the stop that was.
    Raises: ReturnedMailNotFound, NothingToLift.
    """
    item = await get_return(tx, workspace_id=workspace_id, return_id=return_id, lang="en")
    address = await address_of(tx, workspace_id=workspace_id, item=item)
    stop = await stop_of(tx, workspace_id=workspace_id, address=address) if address else None
    if stop is None:
        raise NothingToLift()
    await lift_suppression(tx, workspace_id=workspace_id, suppression_id=stop.id)
    salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    await forget_soft_bounces(
        tx, workspace_id=workspace_id, address_hashes=[address_hash(salt, EMAIL, address)]
    )
    await note_corrected(tx, return_id=return_id, now=now)
    return stop


async def address_of(tx: Tx, *, workspace_id: int, item: ReturnItem) -> str:
    """Return the address that a mail's verdict is about; "" where none is known."""
    if item.message_id is not None:
        message = await message_row(tx, workspace_id, item.message_id)
        if message is not None:
            address: str = message.address
            return address
    return item.recipient if item.came_by is CameBy.REPORT else ""


async def stop_of(tx: Tx, *, workspace_id: int, address: str) -> Suppression | None:
    """Return the line of the stop list for an address."""
    found = await list_suppressions(
        tx, workspace_id=workspace_id, channel=EMAIL, address=address, limit=1
    )
    return found.items[0] if found.items else None
