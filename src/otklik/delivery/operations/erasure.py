"""The messages of one person: his copy of them, and what an erasure makes of them.

A message row is a number of a mailing's count as well as a trace of a person. So it stays, under a
number that leads to nobody, without its address and without the server's answer; one that was not
sent yet finds no consent at the gate and is skipped. The same goes for its facts in ClickHouse, so
the figures of a mailing's report are after an erasure what they were before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from otklik.delivery.policy.operations import forget_people
from otklik.delivery.policy.tables import frequency_ledger
from otklik.delivery.tables import mailings, messages, tracking_hits
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx, delete_rows

_OF_PERSON = "workspace_id = {ws:UInt32} AND profile_id IN {ids:Array(UInt64)}"


def _mine(traces: Traces) -> sa.ColumnElement[bool]:
    # One probe of the unique index per mailing: no index by profile is kept for this.
    ours = sa.select(mailings.c.mailing_id).where(mailings.c.workspace_id == traces.workspace_id)
    ids = sa.literal(list(traces.profile_ids), sa.ARRAY(sa.BigInteger))
    return sa.and_(
        messages.c.mailing_id == sa.func.any(sa.func.array(ours.scalar_subquery())),
        messages.c.profile_id == sa.func.any(ids),
    )


async def count_person_messages(rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many messages and facts of messages lead to the person."""
    stored = await tx.execute(sa.select(sa.func.count()).select_from(messages).where(_mine(traces)))
    counted = await tx.execute(
        sa.select(sa.func.count())
        .select_from(frequency_ledger)
        .where(
            frequency_ledger.c.workspace_id == traces.workspace_id,
            frequency_ledger.c.profile_id
            == sa.func.any(sa.literal(list(traces.profile_ids), sa.ARRAY(sa.BigInteger))),
        )
    )
    return int(stored.scalar_one()) + int(counted.scalar_one()) + await _facts(rt, traces)


async def _facts(rt: Runtime, traces: Traces) -> int:
    (row,) = await rt.ch.query(
        f"SELECT count() FROM message_facts WHERE {_OF_PERSON}", _given(traces)
    )
    return int(row[0])


async def export_messages(rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield every message to the person with its fate, then what is known of its reading."""
    rows = await tx.execute(
        sa.select(
            messages.c.message_id,
            mailings.c.name.label("mailing"),
            mailings.c.channel,
            messages.c.variant,
            messages.c.address,
            messages.c.state,
            messages.c.reason,
            messages.c.at,
            messages.c.answer,
        )
        .join_from(messages, mailings, mailings.c.mailing_id == messages.c.mailing_id)
        .where(_mine(traces))
        .order_by(messages.c.message_id)
    )
    for row in rows:
        yield {"record": "message", **row._mapping}
    facts = await rt.ch.query(
        f"""
        SELECT message_id, fact, verdict, reason, url, user_agent, at
        FROM message_facts WHERE {_OF_PERSON} ORDER BY at, message_id
        """,
        _given(traces),
    )
    names = ("message_id", "fact", "verdict", "reason", "url", "user_agent", "at")
    for fact in facts:
        yield {"record": "fact", **dict(zip(names, fact, strict=True))}


async def erase_messages(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Take the person out of his messages and their facts. Repeatable."""
    changed = (
        (
            await tx.execute(
                messages.update()
                .where(_mine(traces))
                .values(profile_id=traces.stand_in, address="", answer=None)
                .returning(messages.c.message_id)
            )
        )
        .scalars()
        .all()
    )
    counted = await forget_people(
        tx, workspace_id=traces.workspace_id, profile_ids=traces.profile_ids
    )
    if changed:
        await tx.execute(
            tracking_hits.delete().where(
                tracking_hits.c.workspace_id == traces.workspace_id,
                tracking_hits.c.message_id
                == sa.func.any(sa.literal(list(changed), sa.ARRAY(sa.BigInteger))),
            )
        )
    facts = await _facts(rt, traces)
    if facts:
        await _keep_counts(rt, traces)
        await delete_rows(rt.ch, "message_facts", _OF_PERSON, _given(traces))
    return Erased(len(changed) + counted + facts)


async def _keep_counts(rt: Runtime, traces: Traces) -> None:
    table = await rt.ch.query_arrow(
        f"""
        SELECT workspace_id, message_id, channel, source_kind, source_id, variant, fact, verdict,
               reason, link, at, fact_id, wave
        FROM message_facts WHERE {_OF_PERSON} ORDER BY fact_id, at
        """,
        _given(traces),
    )
    token = f"erasure-{traces.workspace_id}-{traces.stand_in}-{table.num_rows}"
    await rt.ch.insert_arrow(
        "message_facts", await asyncio.to_thread(_with_stand_in, table, traces), token=token
    )


def _with_stand_in(table: Any, traces: Traces) -> Any:
    import pyarrow as pa

    number = pa.array([traces.stand_in] * table.num_rows, pa.uint64())
    return table.append_column("profile_id", number)


def _given(traces: Traces) -> dict[str, Any]:
    return {"ws": traces.workspace_id, "ids": list(traces.profile_ids)}


def _old(workspace_id: int, before: datetime) -> sa.ColumnElement[bool]:
    ours = sa.select(mailings.c.mailing_id).where(
        mailings.c.workspace_id == workspace_id, mailings.c.finished_at < before
    )
    return sa.and_(messages.c.mailing_id.in_(ours), messages.c.address != "")


async def count_old_addresses(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many messages of mailings that ended before a moment still have an address."""
    found = await tx.execute(
        sa.select(sa.func.count()).select_from(messages).where(_old(workspace_id, before))
    )
    return int(found.scalar_one())


async def erase_old_addresses(rt: Runtime, *, workspace_id: int, before: datetime) -> int:
    """Empty addresses and answers of those messages, a mailing per transaction."""
    async with rt.db.begin() as tx:
        ids = (
            (
                await tx.execute(
                    sa.select(mailings.c.mailing_id).where(
                        mailings.c.workspace_id == workspace_id, mailings.c.finished_at < before
                    )
                )
            )
            .scalars()
            .all()
        )
    count = 0
    for mailing_id in ids:
        async with rt.db.begin() as tx:
            changed = await tx.execute(
                messages.update()
                .where(messages.c.mailing_id == mailing_id, messages.c.address != "")
                .values(address="", answer=None)
            )
            count += changed.rowcount
    return count
