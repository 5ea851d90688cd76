"""Handing deliveries over: leases, retries, the circuit breaker, dead letters, the log."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.exports.forwarding.mixpanel import TIMEOUT_S as MIXPANEL_TIMEOUT_S
from otklik.exports.forwarding.mixpanel import send_mixpanel
from otklik.exports.forwarding.model import (
    TRIP_AFTER,
    AttemptOutcome,
    MixpanelTarget,
    Result,
    Sending,
    Target,
    luck,
    open_for,
    pause_after,
)
from otklik.exports.forwarding.preparing import DELIVERY_CHANNEL, pack, unpack
from otklik.exports.forwarding.webhook import send_webhook
from otklik.exports.tables import (
    forward_attempts,
    forward_captures,
    forward_changes,
    forward_deliveries,
    forward_hours,
    forwarding_segments,
    forwardings,
)
from otklik.kit.i18n import Lang, Text
from otklik.kit.ids import new_id
from otklik.runtime.public import Loop, Runtime, Tx, log

LEASE = timedelta(seconds=MIXPANEL_TIMEOUT_S + 60)
"""Longer than everything that is done with rows in hand: a round and its longest answer."""
ROUND = timedelta(seconds=30)
"""After so long no further row of those in hand is begun; the rest goes back."""
_ROUNDS = 10
LOG_KEPT = timedelta(days=7)
LOG_ROWS_MAX = 10_000
DEAD_KEPT = timedelta(days=30)


_UNEXPECTED = Text(en="an error on our side", ru="ошибка на нашей стороне")


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one forwarding in the hands of one worker."""

    owner: UUID
    workspace_id: int
    lang: Lang
    """The log is in the language of the workspace."""
    forwarding_id: UUID
    target: Target
    secrets: list[str]
    batch: int
    concurrency: int
    failures: int
    trips: int
    sendings: list[Sending]


async def step_deliveries(rt: Runtime) -> bool:
    """Send what is due of one forwarding; False when nothing is due."""
    begun = rt.clock()
    async with rt.db.begin() as tx:
        hand = await take(rt, tx, now=begun)
    if hand is None:
        return False
    gate = asyncio.Semaphore(hand.concurrency)

    async def send(sending: Sending) -> Result | None:
        async with gate:
            if rt.clock() - begun > ROUND:
                return None
            return await _send(rt, hand, sending)

    results = await asyncio.gather(*(send(one) for one in hand.sendings))
    async with rt.db.begin() as tx:
        await record(tx, hand, results, now=rt.clock())
    return True


async def take(rt: Runtime, tx: Tx, *, now: datetime) -> Hand | None:
    """Lease due rows of the forwarding that was served longest ago.

    One worker at a time has rows of a forwarding, so its `concurrency` holds over all processes.
    A forwarding whose circuit is open is left alone; when its time has come one row is tried.
    """
    f, d = forwardings.c, forward_deliveries.c
    due = sa.exists().where(
        d.forwarding_id == f.forwarding_id, d.state == "waiting", d.due_at <= now
    )
    taken = sa.exists().where(
        d.forwarding_id == f.forwarding_id, d.state == "waiting", d.lease_until > now
    )
    one = (
        await tx.execute(
            sa.select(forwardings)
            .where(
                f.state == "on",
                sa.or_(f.open_until.is_(None), f.open_until <= now),
                due,
                ~taken,
            )
            .order_by(f.served_at.asc().nulls_first(), f.forwarding_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    if one is None:
        return None
    probing = one.failures >= TRIP_AFTER
    rows = (
        await tx.execute(
            sa.select(forward_deliveries)
            .where(
                d.forwarding_id == one.forwarding_id,
                d.state == "waiting",
                d.due_at <= now,
                sa.or_(d.lease_until.is_(None), d.lease_until <= now),
            )
            .order_by(d.due_at, d.delivery_id)
            .limit(1 if probing else one.concurrency * _ROUNDS)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not rows:
        return None
    owner = new_id()
    await tx.execute(
        forward_deliveries.update()
        .where(d.delivery_id.in_([row.delivery_id for row in rows]))
        .values(lease_until=now + LEASE, owner=owner)
    )
    await tx.execute(
        forwardings.update().where(f.forwarding_id == one.forwarding_id).values(served_at=now)
    )
    return Hand(
        owner=owner,
        workspace_id=one.workspace_id,
        lang=(await get_workspace(tx, workspace_id=one.workspace_id)).lang,
        forwarding_id=one.forwarding_id,
        target=msgspec.convert(one.target, Target),
        secrets=secrets_of(rt, one, now),
        batch=one.batch,
        concurrency=one.concurrency,
        failures=one.failures,
        trips=one.trips,
        sendings=[
            Sending(
                id=row.delivery_id,
                workspace_id=row.workspace_id,
                forwarding_id=row.forwarding_id,
                event=row.event,
                events=unpack(row.body),
                attempt=row.attempts + 1,
                created_at=row.created_at,
            )
            for row in rows
        ],
    )


def secrets_of(rt: Runtime, row: Any, now: datetime) -> list[str]:
    """Return the secrets to sign with: the present one, and the old one while it holds."""
    secrets = [rt.vault.open(row.secret)]
    if row.old_secret is not None and row.old_secret_until > now:
        secrets.append(rt.vault.open(row.old_secret))
    return secrets


async def _send(rt: Runtime, hand: Hand, sending: Sending) -> Result:
    now = rt.clock()
    try:
        if isinstance(hand.target, MixpanelTarget):
            return await send_mixpanel(
                rt, hand.target, hand.secrets[0], sending, now=now, lang=hand.lang
            )
        return await send_webhook(
            rt, hand.target, hand.secrets, sending, batch=hand.batch > 1, now=now, lang=hand.lang
        )
    except Exception as error:
        log.error(
            "a delivery failed on our side",
            delivery=str(sending.id),
            error=type(error).__name__,
            exc_info=True,
        )
        return Result(outcome=AttemptOutcome.RETRY, error=_UNEXPECTED.of(hand.lang))


async def record(tx: Tx, hand: Hand, results: list[Result | None], *, now: datetime) -> None:
    """Write down what became of the rows in hand. Rows that another worker has by now are left."""
    d = forward_deliveries.c
    mine = set(
        (
            await tx.execute(
                sa.select(d.delivery_id)
                .where(d.owner == hand.owner, d.state == "waiting")
                .with_for_update()
            )
        ).scalars()
    )
    pairs = [
        (sending, result)
        for sending, result in zip(hand.sendings, results, strict=True)
        if sending.id in mine
    ]
    done: list[UUID] = []
    fresh: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    delivered = failed = 0
    for sending, result in pairs:
        if result is None:
            await _put(tx, sending.id, {"lease_until": None, "owner": None})
            continue
        outcome = result.outcome
        if outcome is AttemptOutcome.DELIVERED:
            done.append(sending.id)
            delivered += len(sending.events)
        elif outcome is AttemptOutcome.PARTLY:
            done.append(sending.id)
            delivered += len(sending.events) - len(result.refused)
            failed += len(result.refused)
            fresh += [_dead(sending, i, why, result, now) for i, why in result.refused.items()]
        elif result.split:
            done.append(sending.id)
            half = len(sending.events) // 2
            fresh += [_again(sending, part, now) for part in (slice(half), slice(half, None))]
        else:
            failed += len(sending.events)
            outcome = await _not_taken(tx, sending, result, now)
        notes.append(_note(sending, result, outcome, now))
    if done:
        await tx.execute(forward_deliveries.delete().where(d.delivery_id.in_(done)))
    if fresh:
        await tx.execute(forward_deliveries.insert(), fresh)
    # Of what went well the first of each round is enough to see that it goes.
    shown = [n for n in notes if n["outcome"] != AttemptOutcome.DELIVERED.value]
    shown += [n for n in notes if n["outcome"] == AttemptOutcome.DELIVERED.value][:1]
    if shown:
        await tx.execute(forward_attempts.insert(), shown)
    await _count(tx, hand, delivered, failed, now)
    await _break_circuit(tx, hand, [r for _, r in pairs if r is not None], now)


async def _not_taken(tx: Tx, sending: Sending, result: Result, now: datetime) -> AttemptOutcome:
    pause = None
    if result.outcome is AttemptOutcome.RETRY:
        pause = pause_after(sending.attempt, wait=result.wait, luck=luck())
    common = {
        "attempts": sending.attempt,
        "status": result.status,
        "error": result.error,
        "lease_until": None,
        "owner": None,
    }
    if pause is None:
        await _put(tx, sending.id, {**common, "state": "dead", "dead_at": now})
        return AttemptOutcome.DEAD
    await _put(tx, sending.id, {**common, "due_at": now + pause})
    return AttemptOutcome.RETRY


async def _put(tx: Tx, delivery_id: UUID, values: dict[str, Any]) -> None:
    await tx.execute(
        forward_deliveries.update()
        .where(forward_deliveries.c.delivery_id == delivery_id)
        .values(**values)
    )


def _dead(sending: Sending, place: int, why: str, result: Result, now: datetime) -> dict[str, Any]:
    event = sending.events[place]
    return {
        **_again(sending, slice(place, place + 1), now),
        "state": "dead",
        "event": event.name,
        "attempts": sending.attempt,
        "status": result.status,
        "error": why,
        "dead_at": now,
    }


def _again(sending: Sending, part: slice, now: datetime) -> dict[str, Any]:
    events = sending.events[part]
    return {
        "delivery_id": new_id(),
        "workspace_id": sending.workspace_id,
        "forwarding_id": sending.forwarding_id,
        "state": "waiting",
        "event": events[0].name,
        "events": len(events),
        "body": pack(events),
        "attempts": sending.attempt - 1,
        "due_at": now,
        "status": None,
        "error": None,
        "created_at": sending.created_at,
        "dead_at": None,
    }


def _note(
    sending: Sending, result: Result, outcome: AttemptOutcome, now: datetime
) -> dict[str, Any]:
    return {
        "workspace_id": sending.workspace_id,
        "forwarding_id": sending.forwarding_id,
        "delivery_id": sending.id,
        "event": sending.event,
        "events": len(sending.events),
        "attempt": sending.attempt,
        "at": now,
        "outcome": outcome.value,
        "status": result.status,
        "took_ms": result.took_ms,
        "error": result.error,
        "answer": result.answer,
    }


async def _count(tx: Tx, hand: Hand, delivered: int, failed: int, now: datetime) -> None:
    if not delivered and not failed:
        return
    statement = insert(forward_hours).values(
        forwarding_id=hand.forwarding_id,
        hour=now.replace(minute=0, second=0, microsecond=0),
        workspace_id=hand.workspace_id,
        delivered=delivered,
        failed=failed,
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["forwarding_id", "hour"],
            set_={
                "delivered": forward_hours.c.delivered + statement.excluded.delivered,
                "failed": forward_hours.c.failed + statement.excluded.failed,
            },
        )
    )


async def _break_circuit(tx: Tx, hand: Hand, results: list[Result], now: datetime) -> None:
    """Leave a receiver alone that fails again and again; let it in again when one row went well."""
    if not results:
        return
    f = forwardings.c
    if any(result.gone for result in results):
        values: dict[str, Any] = {"state": "off", "stopped_by": "gone", "updated_at": now}
        log.warning("a receiver is gone for good", forwarding=str(hand.forwarding_id))
    elif any(
        r.outcome in {AttemptOutcome.DELIVERED, AttemptOutcome.PARTLY} or r.split for r in results
    ):
        values = {"failures": 0, "trips": 0, "open_until": None}
    elif all(r.outcome is AttemptOutcome.DEAD for r in results):
        return
    else:
        failures = hand.failures + len(results)
        values = {"failures": failures}
        waits = [r.wait for r in results if r.wait is not None]
        if failures >= TRIP_AFTER:
            pause = max([open_for(hand.trips), *waits])
            values |= {"trips": hand.trips + 1, "open_until": now + pause}
        elif waits:
            # "Come back later" is said of the receiver, not of this one message.
            values["open_until"] = now + max(waits)
    await tx.execute(
        forwardings.update().where(f.forwarding_id == hand.forwarding_id).values(**values)
    )


DELIVERIES_LOOP = Loop(
    name="exports.deliveries",
    step=step_deliveries,
    channel=DELIVERY_CHANNEL,
    idle_s=3.0,
    copies=3,
)


async def forget_old(rt: Runtime) -> None:
    """Delete old lines of the log, counts, and dead letters that nobody replayed for a month."""
    now = rt.clock()
    a, d = forward_attempts.c, forward_deliveries.c
    async with rt.db.begin() as tx:
        await tx.execute(forward_attempts.delete().where(a.at < now - LOG_KEPT))
        ids = (await tx.execute(sa.select(forwardings.c.forwarding_id))).scalars().all()
        for one in ids:
            beyond = (
                sa.select(a.attempt_id)
                .where(a.forwarding_id == one)
                .order_by(a.attempt_id.desc())
                .offset(LOG_ROWS_MAX)
                .limit(1)
                .scalar_subquery()
            )
            await tx.execute(
                forward_attempts.delete().where(a.forwarding_id == one, a.attempt_id <= beyond)
            )
        await tx.execute(
            forward_deliveries.delete().where(d.state == "dead", d.dead_at < now - DEAD_KEPT)
        )
        await tx.execute(
            forward_hours.delete().where(forward_hours.c.hour < now - timedelta(days=90))
        )


async def forget_forwarding(tx: Tx, *, forwarding_id: UUID) -> None:
    """Delete everything that belongs to a removed forwarding."""
    for table in (
        forward_changes,
        forward_deliveries,
        forward_attempts,
        forward_hours,
        forwarding_segments,
    ):
        await tx.execute(table.delete().where(table.c.forwarding_id == forwarding_id))
    await tx.execute(
        forward_captures.delete().where(
            forward_captures.c.forwarding_ids == sa.cast([forwarding_id], _ids)
        )
    )


_ids = forward_captures.c.forwarding_ids.type
