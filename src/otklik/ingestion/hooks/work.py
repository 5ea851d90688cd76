"""From waiting calls to events: mapped and put into the log in one transaction.

So a process may be killed anywhere: a call either still waits, or its events are in the log and it
says so. And when its events have been stored, the call learns whose they are.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.hooks import operations, queries
from otklik.ingestion.hooks.errors import Unreadable
from otklik.ingestion.hooks.mapping import Made, is_service_check, make, read_call
from otklik.ingestion.hooks.model import (
    EVENT_SOURCE,
    MESSAGE_PREFIX,
    OPEN_SOURCE,
    HookCallState,
    HookConsent,
    HookMapping,
    HookService,
    MadeConsent,
    Reason,
)
from otklik.ingestion.hooks.queries import Finished, HookEvent
from otklik.ingestion.hooks.receive import unpack_call
from otklik.ingestion.log import append_in
from otklik.ingestion.model import EventsStored, Record
from otklik.runtime.public import Loop, Runtime, Tx, log

CALLS_AT_ONCE = 200
_SOURCES = frozenset({EVENT_SOURCE, OPEN_SOURCE})
_encode = msgspec.json.Encoder().encode


async def step_hooks(rt: Runtime) -> bool:
    """Map the calls that have waited longest; False when none waits."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        rows = await queries.waiting_calls(tx, limit=CALLS_AT_ONCE)
        if not rows:
            return False
        finished = []
        by_workspace: dict[int, tuple[list[Record], int]] = {}
        for row in rows:
            end, events = _map(row, rt.settings.ingestion.event_bytes_max)
            finished.append(end)
            if events:
                records, count = by_workspace.get(row.workspace_id, ([], 0))
                checked = unpack_call(row.body).checked
                records.append(_record(events, row.received_at, checked=checked))
                by_workspace[row.workspace_id] = (records, count + len(events))
        for workspace_id, (records, count) in by_workspace.items():
            await append_in(tx, workspace_id=workspace_id, records=records, events=count)
        await queries.finish_calls(tx, calls=finished, now=now)
    return True


def hooks_loop() -> Loop:
    """Return the loop that maps calls; several processes may run it."""
    return Loop(name="ingestion.hooks", step=step_hooks, channel=operations.CHANNEL, idle_s=5.0)


def _map(row: Any, event_bytes_max: int) -> tuple[Finished, list[dict[str, Any]]]:
    """Return how a call ends, and those of its events that it has not given before."""
    before = msgspec.convert(row.made, list[HookEvent])
    if row.mapping is None:
        return Finished(call_id=row.call_id, state=HookCallState.CAUGHT, made=before), []
    try:
        made = _made(row, event_bytes_max)
    except Unreadable as error:
        made = Made(reason=Reason.UNREADABLE, detail=error.text("en"))
    except Exception as error:
        # One odd call must not hold up the others; its values must not get into the log.
        log.error("a webhook could not be mapped", error=type(error).__name__)
        made = Made(reason=Reason.UNEXPECTED, detail=type(error).__name__)
    if made.reason is not None:
        is_left_out = made.reason in {Reason.CONDITION, Reason.SERVICE_CHECK}
        end = Finished(
            call_id=row.call_id,
            state=HookCallState.IGNORED if is_left_out else HookCallState.FAILED,
            reason=made.reason,
            detail=made.detail[:500].replace("\0", ""),
            made=before,
            problems=[msgspec.structs.asdict(one) for one in made.problems],
        )
        return end, []
    given = {one.id for one in before}
    fresh = [event for event in made.events if event["messageId"] not in given]
    end = Finished(
        call_id=row.call_id,
        state=HookCallState.MAPPED,
        made=[*before, *(HookEvent(e["messageId"], e.get("event", "")) for e in fresh)],
        problems=[msgspec.structs.asdict(one) for one in made.problems],
        consents=[msgspec.structs.asdict(one) for one in made.consents],
    )
    return end, fresh


def _made(row: Any, event_bytes_max: int) -> Made:
    tree = read_call(unpack_call(row.body))
    if is_service_check(HookService(row.service), tree):
        return Made(reason=Reason.SERVICE_CHECK)
    return make(
        msgspec.convert(row.mapping, HookMapping),
        tree,
        call_id=row.call_id,
        received=row.received_at,
        source_name=row.name,
        caller_ip=row.ip,
        event_bytes_max=event_bytes_max,
    )


def _record(events: list[dict[str, Any]], received: datetime, *, checked: bool) -> Record:
    source = EVENT_SOURCE if checked else OPEN_SOURCE
    return Record(
        "batch", int(received.timestamp() * 1000), source, None, "", None, _encode(events)
    )


async def consents_of_hooks(tx: Tx, news: EventsStored) -> list[HookConsent]:
    """Return the consents that came with the calls of a batch, and note whose the calls are.

    To be called in the transaction of the batch. The key of each makes a repeated batch harmless.
    """
    if not _SOURCES & set(news.events.sources):
        return []
    people: dict[tuple[UUID, int], tuple[int, int]] = {}
    for i, source in enumerate(news.events.sources):
        message_id = news.events.message_ids[i]
        if source in _SOURCES and message_id.startswith(MESSAGE_PREFIX):
            _, call_id, what = message_id.split(":", 2)
            row_text = what.partition(":")[0]
            place = (UUID(call_id), int(row_text) if row_text.isdigit() else 0)
            people[place] = (news.events.profile_ids[i], news.events.times_ms[i])
    if not people:
        return []
    # A call with a list has many people; its line in the log leads to the first of them.
    owners: dict[UUID, int] = {}
    for (call, _), (profile, _) in sorted(people.items(), reverse=True):
        owners[call] = profile
    rows = [{"id": str(call_id), "p": profile} for call_id, profile in owners.items()]
    found = await tx.execute(
        _OWNERS,
        {"rows": msgspec.json.encode(rows).decode(), "workspace_id": news.workspace_id},
    )
    consents = []
    for row in found:
        for one in msgspec.convert(row.consents, list[MadeConsent]):
            if (row.call_id, one.row) not in people:
                # Its row was no event in the end.
                continue
            profile_id, at_ms = people[row.call_id, one.row]
            tail = f":{one.row}" if one.row else ""
            consents.append(
                HookConsent(
                    profile_id=profile_id,
                    channel=one.channel,
                    topic_id=one.topic_id,
                    text_id=one.text_id,
                    at_ms=at_ms,
                    ip=one.ip,
                    proof=one.proof,
                    key=f"{MESSAGE_PREFIX}{row.call_id}:{one.channel}:{one.topic_id or ''}{tail}",
                )
            )
    return consents


_OWNERS = sa.text(
    """
    UPDATE hook_calls c SET profile_id = r.p
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, p bigint)
    WHERE c.call_id = r.id AND c.workspace_id = :workspace_id
    RETURNING c.call_id, c.consents
    """
)
