"""What a frozen chunk becomes: rows of messages, blocks that count them, facts for ClickHouse."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg import sql
from pyarrow import csv

from otklik.delivery.gate import PASSED, REASONS, People, number_of, reason_of
from otklik.delivery.model import (
    BLOCK_SIZE,
    BlockState,
    Fact,
    Mailing,
    MessageState,
    SkipReason,
    tally_key,
)
from otklik.delivery.tables import message_blocks
from otklik.runtime.public import Tx, driver

_CONTROL_NUMBER = number_of(SkipReason.CONTROL_GROUP)
_LABELS = ("", *(reason.value for reason in REASONS))
"""The column `reason` by the number that the gate gives. (Not an Arrow array: making one loads
pandas where it is installed, which takes seconds of every start.)"""


async def take_message_ids(tx: Tx, count: int) -> NDArray[np.int64]:
    blocks = -(-count // BLOCK_SIZE)
    firsts = (
        await tx.execute(
            sa.text("SELECT nextval('message_ids') FROM generate_series(1, :blocks)"),
            {"blocks": blocks},
        )
    ).scalars()
    runs = [np.arange(first, first + BLOCK_SIZE, dtype=np.int64) for first in sorted(firsts)]
    return np.concatenate(runs)[:count]


async def copy_messages(
    tx: Tx,
    mailing: Mailing,
    people: People,
    message_ids: NDArray[np.int64],
    now: datetime,
    *,
    waves: NDArray[np.int16] | None = None,
    due: NDArray[np.datetime64] | None = None,
) -> None:
    """Write the rows by COPY; their text is made column by column, not row by row."""
    reasons, states = states_of(people)
    at = pa.scalar(now.isoformat())
    planned = pc.equal(states, MessageState.PLANNED.value)
    table = pa.table(
        {
            "message_id": message_ids,
            "profile_id": people.ids,
            "workspace_id": pa.repeat(mailing.workspace_id, len(message_ids)),
            "mailing_id": pa.repeat(mailing.mailing_id, len(message_ids)),
            "state": states,
            "reason": reasons,
            "variant": variants_of(mailing, people.arms),
            "address": pa.array(people.addresses, pa.string()),
            "at": pc.if_else(planned, pa.scalar(None, pa.string()), at),
        }
    )
    if due is not None:
        moments = pc.strftime(pa.array(due), "%Y-%m-%dT%H:%M:%SZ")
        table = table.append_column(
            "next_at", pc.if_else(planned, moments, pa.scalar(None, pa.string()))
        )
    if waves is not None:
        table = table.append_column("wave", pa.array(waves))
    out = io.BytesIO()
    csv.write_csv(table, out, csv.WriteOptions(include_header=False, quoting_style="needed"))
    connection = await driver(tx)
    async with (
        connection.cursor() as cursor,
        # An empty text comes in quotes, so what has none is NULL.
        cursor.copy(
            sql.SQL("COPY messages ({}) FROM STDIN (FORMAT csv)").format(
                sql.SQL(", ").join(map(sql.Identifier, table.column_names))
            )
        ) as copy,
    ):
        await copy.write(out.getbuffer())


def states_of(people: People) -> tuple[pa.Array, pa.Array]:
    """Return the columns `reason` and `state` of a set of people."""
    reasons = pa.array(_LABELS).take(pa.array(people.reasons))
    states = pa.array([_state(number)[0].value for number in range(len(_LABELS))]).take(
        pa.array(people.reasons)
    )
    return reasons, states


def variants_of(mailing: Mailing, arms: NDArray[np.int8]) -> pa.Array:
    """Return the keys of arms; "" for who has none (-1, the last label)."""
    labels = pa.array([*(key for key, _ in mailing.arms), ""])
    return labels.take(pa.array(np.where(arms < 0, len(mailing.arms), arms)))


async def insert_blocks(
    tx: Tx,
    mailing: Mailing,
    people: People,
    message_ids: NDArray[np.int64],
    now: datetime,
    *,
    held: bool = False,
    due: NDArray[np.datetime64] | None = None,
) -> None:
    rows = []
    for start in range(0, len(message_ids), BLOCK_SIZE):
        part = slice(start, start + BLOCK_SIZE)
        ids = message_ids[part]
        tally = _tally(mailing, people.reasons[part], people.arms[part])
        planned = any(key.startswith("planned|") for key in tally)
        rows.append(
            {
                "block_id": int(ids[0]),
                "workspace_id": mailing.workspace_id,
                "mailing_id": mailing.mailing_id,
                "last_id": int(ids[-1]),
                "state": _block_state(planned=planned, held=held),
                "due_at": now if due is None else _moment(due[part].min()),
                "tally": tally,
            }
        )
    await tx.execute(message_blocks.insert(), rows)


def spread(
    mailing: Mailing, start: int, count: int, audience: int
) -> NDArray[np.datetime64] | None:
    """Return when the people at places `start`… of an audience are due (UTC, to the minute).

    None for a mailing that is not spread. Neighbours of the audience are neighbours in time, so a
    block is due within a small part of the whole and is not looked at before.
    """
    if not mailing.spread_minutes:
        return None
    places = np.arange(start, start + count)
    minutes = places * mailing.spread_minutes // max(audience, 1)
    base = np.datetime64(mailing.created_at.astimezone(UTC).replace(tzinfo=None), "s")
    return np.asarray(base + minutes * np.timedelta64(60, "s"))


def _moment(due: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(due.astype("datetime64[s]").astype(np.int64)), UTC)


def _block_state(*, planned: bool, held: bool) -> BlockState:
    if not planned:
        return BlockState.DONE
    return BlockState.HELD if held else BlockState.READY


def _tally(mailing: Mailing, reasons: NDArray[np.int8], arms: NDArray[np.int8]) -> dict[str, int]:
    # Each pair of a reason and an arm is one number: counting those needs no sorting.
    width = len(mailing.arms) + 1
    counts = np.bincount(reasons.astype(np.intp) * width + (arms + 1))
    tally: Counter[str] = Counter()
    for pair in np.flatnonzero(counts).tolist():
        reason, arm = divmod(pair, width)
        state, why = _state(reason)
        key = tally_key(state, why, mailing.arms[arm - 1][0] if arm else "")
        tally[key] += int(counts[pair])
    return dict(tally)


def _state(number: int) -> tuple[MessageState, str]:
    if number == PASSED:
        return MessageState.PLANNED, ""
    state = MessageState.CONTROL if number == _CONTROL_NUMBER else MessageState.SKIPPED
    return state, reason_of(number) or ""


def facts_table(
    mailing: Mailing,
    *,
    message_ids: NDArray[np.int64],
    profile_ids: NDArray[np.int64],
    variants: pa.Array,
    reasons: pa.Array,
    at: datetime,
    waves: NDArray[np.int16] | None = None,
) -> pa.Table:
    """Return `assigned` facts for those in an arm and `skipped` facts for the others."""
    count = len(message_ids)
    facts = pc.if_else(pc.equal(variants, ""), Fact.SKIPPED.value, Fact.ASSIGNED.value)
    texts = pa.array(message_ids).cast(pa.string())
    return pa.table(
        {
            "workspace_id": pa.repeat(pa.scalar(mailing.workspace_id, pa.uint32()), count),
            "message_id": message_ids.astype(np.uint64),
            "profile_id": profile_ids.astype(np.uint64),
            "channel": pa.repeat(mailing.channel, count),
            "source_kind": pa.repeat(mailing.source_kind, count),
            "source_id": pa.repeat(str(mailing.source_id), count),
            "variant": variants,
            "fact": facts,
            "verdict": pa.repeat("", count),
            # That somebody is in the control group is an assignment, not a skip.
            "reason": pc.if_else(pc.equal(facts, Fact.SKIPPED.value), reasons, ""),
            "link": pa.repeat(pa.scalar(0, pa.uint16()), count),
            "url": pa.repeat("", count),
            "user_agent": pa.repeat("", count),
            "at": pa.repeat(pa.scalar(at, pa.timestamp("ms", tz="UTC")), count),
            "wave": np.zeros(count, np.uint8) if waves is None else waves.astype(np.uint8),
            "fact_id": pc.binary_join_element_wise(texts, facts, ":"),
        }
    )
