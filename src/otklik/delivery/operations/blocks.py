"""The life of a block in SQL: claimed, handed over message by message, recorded, given back.

    ready ──claim──► claimed ──release──► ready (due later) | done
                        └──lease over──► ready; what was in `handing` becomes in_doubt

Every write of an owner names the owner and the lease, so a worker that slept through its lease can
still write down what happened to the messages it had in hand, but can't begin anything new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from otklik.delivery.facts import FactBatch
from otklik.delivery.model import Fact, MailingState, MessageState, tally_key
from otklik.delivery.operations.mailings import CHANNEL
from otklik.runtime.public import Tx, notify

LEASE = timedelta(seconds=45)


class Block(msgspec.Struct, kw_only=True):
    """A claimed block; `tally` is changed in memory by its one owner."""

    block_id: int
    last_id: int
    mailing_id: int
    workspace_id: int
    tally: Counter[str]


class Row(msgspec.Struct, frozen=True, gc=False):
    """One planned message of a block."""

    message_id: int
    profile_id: int
    variant: str
    address: str
    attempts: int
    wave: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message; `state` planned means: again at `next_at`."""

    row: Row
    state: MessageState
    reason: str = ""
    answer: str | None = None
    tried: bool = True
    next_at: datetime | None = None


_LIVE = sa.text(
    """
    SELECT m.mailing_id
      FROM mailings m
     WHERE m.state IN ('running', 'stopping')
       AND EXISTS (SELECT FROM message_blocks b
                    WHERE b.mailing_id = m.mailing_id AND b.state = 'ready' AND b.due_at <= :now)
     ORDER BY m.mailing_id
    """
)

_CLAIM = sa.text(
    """
    WITH chosen AS (
        SELECT block_id FROM message_blocks
         WHERE mailing_id = :mailing_id AND state = 'ready' AND due_at <= :now
         ORDER BY due_at, block_id
         LIMIT 1
           FOR UPDATE SKIP LOCKED)
    UPDATE message_blocks b
       SET state = 'claimed', owner = :owner, lease_until = :lease_until
      FROM chosen
     WHERE b.block_id = chosen.block_id
    RETURNING b.block_id, b.last_id, b.mailing_id, b.workspace_id, b.tally
    """
)

# A mailing that is being stopped also gives those who wait for another attempt, to skip them.
_ROWS = sa.text(
    """
    SELECT g.state, m.message_id, m.profile_id, m.variant, m.address, m.attempts,
           m.wave
      FROM mailings g
      JOIN messages m ON m.message_id BETWEEN :first_id AND :last_id
     WHERE g.mailing_id = :mailing_id AND g.state IN ('running', 'stopping')
       AND m.state = 'planned'
       AND (m.next_at IS NULL OR m.next_at <= :now OR g.state = 'stopping')
     ORDER BY m.message_id
     LIMIT :limit
    """
)

_MARK = sa.text(
    """
    UPDATE message_blocks b
       SET handing = :handing, lease_until = :lease_until
      FROM mailings m
     WHERE b.block_id = :block_id AND b.owner = :owner AND b.state = 'claimed'
       AND b.lease_until > :now
       AND m.mailing_id = b.mailing_id AND m.state = 'running'
    """
)

# A planned message takes any outcome. One in doubt takes only a final outcome from the worker that
# had it in hand: then the doubt is over. Everything else stays, so a repeat changes nothing.
_RECORD = sa.text(
    """
    UPDATE messages m
       SET state = o.state, reason = o.reason, answer = o.answer,
           attempts = m.attempts + o.tried, next_at = o.next_at, at = :now
      FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                  CAST(:answers AS text[]), CAST(:tried AS int[]),
                  CAST(:next_ats AS timestamptz[]))
           AS o(message_id, state, reason, answer, tried, next_at)
     WHERE m.message_id = o.message_id
       AND (m.state = 'planned' OR (m.state = 'in_doubt' AND o.state <> 'planned'))
    RETURNING m.message_id
    """
)

_CLEAR = sa.text(
    """
    UPDATE message_blocks
       SET handing = '{}', tally = :tally, lease_until = :lease_until
     WHERE block_id = :block_id AND owner = :owner AND state = 'claimed'
    """
).bindparams(sa.bindparam("tally", type_=JSONB))

_RECOUNT = sa.text(
    """
    UPDATE message_blocks b
       SET tally = coalesce(
               (SELECT jsonb_object_agg(k, n)
                  FROM (SELECT concat_ws('|', state,
                                         CASE state WHEN 'planned' THEN '' ELSE reason END,
                                         variant) AS k,
                               count(*) AS n
                          FROM messages
                         WHERE message_id BETWEEN b.block_id AND b.last_id
                         GROUP BY 1) counted), '{}'::jsonb)
     WHERE b.block_id = :block_id
    """
)

_RELEASE = sa.text(
    """
    UPDATE message_blocks b
       SET state = CASE WHEN waiting.n = 0 THEN 'done' ELSE 'ready' END,
           due_at = greatest(coalesce(waiting.due_at, :due_at), :due_at),
           owner = NULL, lease_until = NULL
      FROM (SELECT count(*) AS n, min(coalesce(next_at, :due_at)) AS due_at
              FROM messages
             WHERE message_id BETWEEN :block_id AND :last_id AND state = 'planned') waiting
     WHERE b.block_id = :block_id AND b.owner = :owner AND b.state = 'claimed'
       AND b.handing = '{}'
    """
)

_RENEW = sa.text(
    """
    UPDATE message_blocks
       SET lease_until = :lease_until
     WHERE block_id = :block_id AND owner = :owner AND state = 'claimed' AND lease_until > :now
    """
)


async def live_mailings(tx: Tx, *, now: datetime) -> list[int]:
    """Return the mailings that have a block to work on now."""
    return list((await tx.execute(_LIVE, {"now": now})).scalars())


async def claim_block(tx: Tx, *, mailing_id: int, owner: UUID, now: datetime) -> Block | None:
    """Take the next due block of a mailing under a lease, or None when there is none."""
    row = (
        await tx.execute(
            _CLAIM,
            {
                "mailing_id": mailing_id,
                "owner": owner,
                "now": now,
                "lease_until": now + LEASE,
            },
        )
    ).one_or_none()
    if row is None:
        return None
    return Block(
        block_id=row.block_id,
        last_id=row.last_id,
        mailing_id=row.mailing_id,
        workspace_id=row.workspace_id,
        tally=Counter(row.tally),
    )


async def due_rows(
    tx: Tx, *, block: Block, limit: int, now: datetime
) -> tuple[MailingState, list[Row]]:
    """Return the state of the mailing and up to `limit` messages of the block to work on.

    There are none in a mailing that is held back.
    """
    rows = (
        await tx.execute(
            _ROWS,
            {
                "mailing_id": block.mailing_id,
                "first_id": block.block_id,
                "last_id": block.last_id,
                "now": now,
                "limit": limit,
            },
        )
    ).all()
    if not rows:
        return MailingState.PAUSED, []
    return MailingState(rows[0].state), [Row(*row[1:]) for row in rows]


async def mark_handing(
    tx: Tx, *, block: Block, owner: UUID, ids: Sequence[int], now: datetime
) -> bool:
    """Write down which messages go to the network next; commit before the first of them goes.

    Returns False if the lease is lost or the mailing is no longer running: then nothing may go.
    """
    marked = await tx.execute(
        _MARK,
        {
            "block_id": block.block_id,
            "owner": owner,
            "handing": list(ids),
            "now": now,
            "lease_until": now + LEASE,
        },
    )
    return bool(marked.rowcount)


async def record_outcomes(
    tx: Tx,
    *,
    block: Block,
    owner: UUID,
    outcomes: Sequence[Outcome],
    facts: FactBatch,
    now: datetime,
) -> bool:
    """Write down what became of messages, their facts, and that none is in hand any more.

    Repeating it changes nothing. Returns False if the lease was lost meanwhile; the outcomes are
    recorded all the same, since they are the truth about messages that nobody else may touch.
    """
    changed: set[int] = set()
    if outcomes:
        changed = set(
            (
                await tx.execute(
                    _RECORD,
                    {
                        "ids": [outcome.row.message_id for outcome in outcomes],
                        "states": [outcome.state.value for outcome in outcomes],
                        "reasons": [outcome.reason for outcome in outcomes],
                        "answers": [outcome.answer for outcome in outcomes],
                        "tried": [int(outcome.tried) for outcome in outcomes],
                        "next_ats": [outcome.next_at for outcome in outcomes],
                        "now": now,
                    },
                )
            ).scalars()
        )
        await _put_facts(tx, outcomes, changed, facts, now)
    tally = _tally_after(block.tally, outcomes, changed)
    kept = await tx.execute(
        _CLEAR,
        {
            "block_id": block.block_id,
            "owner": owner,
            "tally": dict(tally),
            "lease_until": now + LEASE,
        },
    )
    if kept.rowcount:
        block.tally = tally
        return True
    await recount(tx, block_id=block.block_id)
    return False


async def release_block(tx: Tx, *, block: Block, owner: UUID, due_at: datetime) -> None:
    """Give a block back: done if nothing is planned in it, else due at the earliest retry.

    A block with messages in hand is not given back; its lease decides about them.
    """
    await tx.execute(
        _RELEASE,
        {
            "block_id": block.block_id,
            "last_id": block.last_id,
            "owner": owner,
            "due_at": due_at,
        },
    )
    await notify(tx, CHANNEL)


async def renew_lease(tx: Tx, *, block: Block, owner: UUID, now: datetime) -> bool:
    renewed = await tx.execute(
        _RENEW,
        {"block_id": block.block_id, "owner": owner, "now": now, "lease_until": now + LEASE},
    )
    return bool(renewed.rowcount)


async def recount(tx: Tx, *, block_id: int) -> None:
    """Count the messages of a block anew, when nobody's memory of it can be trusted."""
    await tx.execute(_RECOUNT, {"block_id": block_id})


def _tally_after(
    tally: Counter[str], outcomes: Sequence[Outcome], changed: set[int]
) -> Counter[str]:
    after = Counter(tally)
    for outcome in outcomes:
        row = outcome.row
        if row.message_id in changed and outcome.state != MessageState.PLANNED:
            after[tally_key(MessageState.PLANNED, "", row.variant)] -= 1
            after[tally_key(outcome.state, outcome.reason, row.variant)] += 1
    return +after


_FACT_OF = {
    MessageState.SENT: Fact.SENT,
    MessageState.BOUNCED: Fact.BOUNCED,
    MessageState.FAILED: Fact.FAILED,
    MessageState.SKIPPED: Fact.SKIPPED,
    MessageState.IN_DOUBT: Fact.IN_DOUBT,
}


async def _put_facts(
    tx: Tx, outcomes: Sequence[Outcome], changed: set[int], facts: FactBatch, now: datetime
) -> None:
    for outcome in outcomes:
        fact = _FACT_OF.get(outcome.state)
        if fact is not None and outcome.row.message_id in changed:
            facts.add(
                fact,
                message_id=outcome.row.message_id,
                profile_id=outcome.row.profile_id,
                variant=outcome.row.variant,
                wave=outcome.row.wave,
                reason=outcome.reason,
                at=now,
            )
    await facts.put(tx)
