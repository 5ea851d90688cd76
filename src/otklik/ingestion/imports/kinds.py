"""What the good rows of a piece become: calls in the event log, and lines of the stop list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from otklik.ingestion.imports.calls import append_calls
from otklik.ingestion.imports.facts import (
    GRANTED,
    WITHDRAWN,
    ConsentMaker,
    ConsentRow,
    EventRow,
    StopRow,
)
from otklik.ingestion.imports.known import Known
from otklik.ingestion.imports.met import count_new, new_events, unseen
from otklik.ingestion.imports.model import Counts, ImportPlan
from otklik.ingestion.imports.rows import Customer
from otklik.privacy.public import Stop, SuppressionReason, suppress_many, suppressed
from otklik.runtime.public import Tx

_REFUSALS = frozenset({"withdrawn", "unsubscribed", "complaint"})
"""Effects that say a person wants nothing more; an address may be stopped besides."""


async def put_customers(
    tx: Tx, row: Any, good: Sequence[Customer], now: datetime
) -> dict[str, Any]:
    """Put the identify calls of a piece into the log; counts who was not known."""
    created = await count_new(tx, row, [(customer.kind, customer.key) for customer in good])
    if not row.dry_run:
        said, prefix = row.created_at.isoformat(), f"import:{row.import_id}:"
        calls = []
        for customer in good:
            call = customer.call
            call["messageId"] = f"{prefix}{customer.line}"
            call["timestamp"] = said
            calls.append(call)
        await append_calls(tx, row, calls, now)
    return {"created": row.created + created, "updated": row.updated + len(good) - created}


async def put_events(tx: Tx, row: Any, good: Sequence[EventRow], now: datetime) -> dict[str, Any]:
    """Put the events of a piece into the log, but for those that were imported before."""
    first: dict[str, EventRow] = {}
    for event in good:
        first.setdefault(event.key, event)
    fresh = [first[key] for key in await new_events(tx, row, list(first))]
    created = await count_new(tx, row, [event.people[0] for event in fresh])
    people = len({event.people[0] for event in fresh})
    if not row.dry_run:
        await append_calls(tx, row, [event.call for event in fresh], now)
    counts = _counts(row)
    counts.events += len(fresh)
    counts.repeats += len(good) - len(fresh)
    return {
        "created": row.created + created,
        "updated": row.updated + people - created,
        "counts": msgspec.to_builtins(counts),
    }


async def put_consents(
    tx: Tx, row: Any, plan: ImportPlan, good: Sequence[ConsentRow], now: datetime
) -> dict[str, Any]:
    """Put what people said into the log; addresses that are dead go to the stop list."""
    created = await count_new(tx, row, [consent.people[0] for consent in good])
    counts = _counts(row)
    said, prefix = row.created_at.isoformat(), f"import:{row.import_id}:"
    agreed = plan.options.agreed_at or row.created_at
    maker = ConsentMaker(plan, Known())
    calls, stops = [], []
    for consent in good:
        message_id = f"{prefix}{consent.line}"
        call = consent.identify
        calls.append({**call, "messageId": message_id, "timestamp": said})
        granted = consent.effect == "granted"
        counts.granted += granted
        if granted or consent.effect in _REFUSALS:
            counts.withdrawn += not granted
            at = consent.at or (agreed if granted else row.created_at)
            calls.append(_said_call(call, consent, at, message_id, plan))
        elif consent.effect == "none":
            counts.silent += 1
        stop = maker.stop_row(consent)
        if stop is not None:
            stops.append(stop)
    if not row.dry_run:
        await append_calls(tx, row, calls, now)
    await _stop(tx, row, stops, counts, now)
    return {
        "created": row.created + created,
        "updated": row.updated + len(good) - created,
        "counts": msgspec.to_builtins(counts),
    }


def _said_call(
    call: dict[str, Any], consent: ConsentRow, at: datetime, message_id: str, plan: ImportPlan
) -> dict[str, Any]:
    """Return the event of a consent or a refusal: by it the ledger learns of it."""
    properties = dict(consent.said)
    if plan.options.note:
        properties.setdefault("note", plan.options.note)
    said: dict[str, Any] = {
        "type": "track",
        "event": GRANTED if consent.effect == "granted" else WITHDRAWN,
        "messageId": f"{message_id}:said",
        "timestamp": at.isoformat(),
        "properties": properties,
    }
    if "userId" in call:
        said["userId"] = call["userId"]
    context = dict(call.get("context", {}))
    known = {name: call["traits"][name] for name in ("email", "phone") if call["traits"].get(name)}
    if known:
        context["traits"] = known
    if context:
        said["context"] = context
    return said


async def put_suppressions(
    tx: Tx, row: Any, good: Sequence[list[StopRow]], now: datetime
) -> dict[str, Any]:
    """Put addresses on the stop list. It knows them by a hash, so no profile is made of them."""
    counts = _counts(row)
    await _stop(tx, row, [stop for stops in good for stop in stops], counts, now)
    return {"counts": msgspec.to_builtins(counts)}


async def _stop(tx: Tx, row: Any, stops: Sequence[StopRow], counts: Counts, now: datetime) -> None:
    addresses = {(stop.channel, stop.address) for stop in stops}
    if row.dry_run:
        fresh = await unseen(tx, row, [f"{channel}:{address}" for channel, address in addresses])
        known = 0
        for channel in {channel for channel, _ in addresses}:
            mine = [a for c, a in addresses if c == channel and f"{c}:{a}" in fresh]
            known += len(
                await suppressed(tx, workspace_id=row.workspace_id, channel=channel, addresses=mine)
            )
        new = len(fresh) - known
    else:
        new = await suppress_many(
            tx,
            workspace_id=row.workspace_id,
            stops=[
                Stop(
                    channel=stop.channel,
                    address=stop.address,
                    reason=SuppressionReason(stop.reason),
                    at=stop.at or row.created_at,
                )
                for stop in stops
            ],
            now=now,
        )
    counts.suppressed += new
    counts.suppressed_known += len(stops) - new


def _counts(row: Any) -> Counts:
    return msgspec.convert(row.counts, Counts)
