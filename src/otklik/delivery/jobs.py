"""Background work of delivery: thin shells around operations."""

from __future__ import annotations

import asyncio
import gc
from functools import partial
from typing import Any
from uuid import UUID

from otklik.channels.email.public import enabled_mailboxes
from otklik.delivery.operations.mailings import CHANNEL, finish_done_mailings, hurry_stopping
from otklik.delivery.operations.pace import forget_slots
from otklik.delivery.operations.parts import note_first_parts, release_rest
from otklik.delivery.operations.recovery import ClockWatch, pull_back, recover_blocks
from otklik.delivery.operations.tracking import CHANNEL as TRACKING
from otklik.delivery.operations.tracking import forget_hits, judge_hits
from otklik.delivery.operations.verdicts import RECOUNT_JOB, recount_returned
from otklik.delivery.policy.filling import FILL_JOB, fill_ledger
from otklik.delivery.policy.operations import thin_ledger
from otklik.delivery.policy.waking import WAKE_JOB, wake_waiting
from otklik.delivery.polling import poll_mailbox
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.standing.gathering import gather
from otklik.delivery.standing.operations import CHANNEL as REQUESTS
from otklik.runtime.public import Loop, Runtime, Tx, job

LANES = 2
"""Blocks that one process works on at once: while one waits for the database, another sends."""


async def tend(rt: Runtime, watch: ClockWatch | None = None) -> bool:
    """Take back what dead workers held, let decided rests go, and finish what is done.

    watch: notices that the clock was set back; then blocks that it put off are due when they were.
    """
    now = rt.clock()
    async with rt.db.begin() as tx:
        recovered = await recover_blocks(tx, now=now)
        if watch is not None and watch.went_back(now, asyncio.get_running_loop().time()):
            recovered += await pull_back(tx, now=now)
        await hurry_stopping(tx)
        await note_first_parts(tx, now=now)
        released = await release_rest(tx, now=now)
    async with rt.db.begin() as tx:
        await finish_done_mailings(tx, rt.bus, now=now)
    return recovered > 0 or released > 0


async def judge(rt: Runtime) -> bool:
    """Judge openings and clicks whose company is known."""
    async with rt.db.begin() as tx:
        return await judge_hits(tx, now=rt.clock()) > 0


@job(RECOUNT_JOB)
async def recount(rt: Runtime, *, block_id: int, **_: Any) -> None:
    """Count a block anew in which letters came back while a worker held it."""
    async with rt.db.begin() as tx:
        await recount_returned(rt, tx, block_id=block_id, now=rt.clock())


@job("delivery.poll_mailboxes", cron="*/2 * * * *")
async def poll_all(rt: Runtime, **_: Any) -> None:
    """Have every mailbox looked into that is set up for returned mail."""
    async with rt.db.begin() as tx:
        for mailbox_id in await enabled_mailboxes(tx):
            await _look_into(rt, tx, str(mailbox_id))


@job("delivery.poll_mailbox", retries=0)
async def poll(rt: Runtime, *, mailbox_id: str, **_: Any) -> None:
    """Take what is new in one mailbox, and come again while there is more."""
    if await poll_mailbox(rt, mailbox_id=UUID(mailbox_id)):
        async with rt.db.begin() as tx:
            await _look_into(rt, tx, mailbox_id)


async def _look_into(rt: Runtime, tx: Tx, mailbox_id: str) -> None:
    mark = f"mailbox:{mailbox_id}"
    args = {"mailbox_id": mailbox_id}
    await rt.jobs.defer(tx, "delivery.poll_mailbox", args=args, lock=mark, single=mark)


@job("delivery.forget_hits", cron="23 * * * *")
async def forget(rt: Runtime, **_: Any) -> None:
    """Remove raw hits that have been facts for two days."""
    async with rt.db.begin() as tx:
        await forget_hits(tx, now=rt.clock())


@job(FILL_JOB)
async def fill(rt: Runtime, *, workspace_id: int, **_: Any) -> None:
    """Count what a workspace sent before it had a limit."""
    await fill_ledger(rt, workspace_id=workspace_id)


@job(WAKE_JOB)
async def wake(rt: Runtime, *, workspace_id: int, **_: Any) -> None:
    """Look again at what a worker put off by the rules of a moment before."""
    async with rt.db.begin() as tx:
        await wake_waiting(tx, workspace_id=workspace_id, now=rt.clock())


@job("delivery.thin_frequency_ledger", cron="47 3 * * *")
async def thin(rt: Runtime, **_: Any) -> None:
    """Remove people to whom nothing has gone for longer than any limit reaches back."""
    async with rt.db.begin() as tx:
        await thin_ledger(tx, today=rt.clock().date())


@job("delivery.forget_slots", cron="53 3 * * *")
async def forget_rates(rt: Runtime, **_: Any) -> None:
    """Remove rates of providers and relays by which nothing has gone for a day."""
    async with rt.db.begin() as tx:
        await forget_slots(tx, now=rt.clock())


def settle_in() -> None:
    """Take what the process has loaded out of the garbage collector's sight.

    A sender makes so many objects a second that the collector looks through everything again and
    again; the modules of a started process are a million objects that never become garbage. That
    look took a sixth of a sender's time.
    """
    gc.collect()
    gc.freeze()


def delivery_loops(dispatcher: Dispatcher) -> list[Loop]:
    """Return the loops of a worker process that hands messages over by `dispatcher`.

    To be called when the process has loaded what it needs: it settles in.
    """
    settle_in()
    return [
        Loop(name="delivery.send", step=dispatcher.step, channel=CHANNEL, idle_s=1.0, copies=LANES),
        Loop(name="delivery.gather", step=gather, channel=REQUESTS, idle_s=1.0),
        Loop(
            name="delivery.tend",
            step=partial(tend, watch=ClockWatch()),
            channel=CHANNEL,
            idle_s=2.0,
            gathers_s=0.5,
        ),
        Loop(name="delivery.judge", step=judge, channel=TRACKING, idle_s=1.0, gathers_s=0.3),
    ]
