"""What senders write down about relays and providers: set-based, by chunk, never by letter."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.relays.control import PaceLimit, recovered, slowed
from otklik.channels.email.relays.tables import relay_limits, relay_states, warmup_days
from otklik.channels.email.relays.warmup import WarmupDay, WarmupPlan, allowance
from otklik.runtime.public import Tx

SPAN_S: Final = 10
"""Letters are counted in spans of so many seconds."""
KEEP_COUNTS: Final = timedelta(hours=2)
_ANSWER_MAX: Final = 500
_HISTORY: Final = timedelta(days=400)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")


class Counts(NamedTuple):
    """Letters of one relay to one provider: accepted, told to come later, refused for good."""

    taken: int
    delayed: int
    refused: int


class WarmupClaim(NamedTuple):
    """So many letters are wanted of the day's allowance of a relay or a domain."""

    subject: str
    plan: WarmupPlan
    wanted: int


_COUNT: Final = sa.text(
    """
    INSERT INTO relay_counts AS c (relay_id, provider, at, workspace_id, taken, delayed, refused)
    SELECT relay_id, provider,
           to_timestamp(floor(extract(epoch FROM CAST(:now AS timestamptz)) / :span) * :span),
           workspace_id, taken, delayed, refused
      FROM unnest(CAST(:relays AS uuid[]), CAST(:providers AS text[]), CAST(:workspaces AS int[]),
                  CAST(:taken AS int[]), CAST(:delayed AS int[]), CAST(:refused AS int[]))
           AS n(relay_id, provider, workspace_id, taken, delayed, refused)
     ORDER BY 1, 2, 4
    ON CONFLICT (relay_id, provider, at, workspace_id) DO UPDATE
       SET taken = c.taken + excluded.taken, delayed = c.delayed + excluded.delayed,
           refused = c.refused + excluded.refused
    """
)


async def count_letters(
    tx: Tx, *, counts: Mapping[tuple[UUID, str, int], Counts], now: datetime
) -> None:
    """Add to the counts by (relay, provider, workspace)."""
    if not counts:
        return
    keys, numbers = list(counts), list(counts.values())
    await tx.execute(
        _COUNT,
        {
            "relays": [relay_id for relay_id, _, _ in keys],
            "providers": [provider for _, provider, _ in keys],
            "workspaces": [workspace_id for _, _, workspace_id in keys],
            "taken": [one.taken for one in numbers],
            "delayed": [one.delayed for one in numbers],
            "refused": [one.refused for one in numbers],
            "now": now,
            "span": SPAN_S,
        },
    )


async def forget_counts(tx: Tx, *, now: datetime) -> None:
    """Remove counts that no page shows any more. For all workspaces."""
    await tx.execute(
        sa.text("DELETE FROM relay_counts WHERE at < :limit"), {"limit": now - KEEP_COUNTS}
    )
    await tx.execute(
        sa.text("DELETE FROM warmup_days WHERE day < :limit"), {"limit": now.date() - _HISTORY}
    )


async def slow_down(
    tx: Tx,
    *,
    relay_id: UUID,
    workspace_id: int,
    provider: str,
    measured_per_s: float,
    answer: str,
    now: datetime,
) -> PaceLimit:
    """Lower the pace of a relay to a provider after an answer that asked for it.

    workspace_id: whose relay it is, 0 for the installation's own.
    """
    known = await _locked_limit(tx, relay_id, provider)
    limit = slowed(known, measured_per_s=measured_per_s, now=now)
    if limit != known:
        values = {
            "workspace_id": workspace_id,
            "rate_per_s": limit.rate_per_s,
            "ceiling_per_s": limit.ceiling_per_s,
            "slowed_at": limit.slowed_at,
            "answer": _shown(answer),
        }
        await tx.execute(
            insert(relay_limits)
            .values(relay_id=relay_id, provider=provider, **values)
            .on_conflict_do_update(index_elements=["relay_id", "provider"], set_=values)
        )
    return limit


async def recover(tx: Tx, *, taken: Mapping[tuple[UUID, str], int], now: datetime) -> None:
    """Raise the limits of (relay, provider) by the letters that were accepted."""
    for (relay_id, provider), count in sorted(taken.items(), key=lambda one: str(one[0])):
        known = await _locked_limit(tx, relay_id, provider)
        if known is None:
            continue
        limit = recovered(known, taken=count, now=now)
        own = sa.and_(relay_limits.c.relay_id == relay_id, relay_limits.c.provider == provider)
        if limit is None:
            await tx.execute(relay_limits.delete().where(own))
        else:
            await tx.execute(relay_limits.update().where(own).values(rate_per_s=limit.rate_per_s))


async def _locked_limit(tx: Tx, relay_id: UUID, provider: str) -> PaceLimit | None:
    row = (
        await tx.execute(
            sa.select(
                relay_limits.c.rate_per_s, relay_limits.c.ceiling_per_s, relay_limits.c.slowed_at
            )
            .where(relay_limits.c.relay_id == relay_id, relay_limits.c.provider == provider)
            .with_for_update()
        )
    ).one_or_none()
    return None if row is None else PaceLimit(*row)


async def note_relay_trouble(
    tx: Tx,
    *,
    relay_id: UUID,
    workspace_id: int,
    text: str,
    kind: str,
    rests_until: datetime,
    now: datetime,
) -> None:
    """Write down how a relay failed, and until when it is left alone."""
    values = {
        "trouble": _shown(text),
        "trouble_kind": kind,
        "trouble_at": now,
        "rests_until": rests_until,
    }
    await tx.execute(
        insert(relay_states)
        .values(relay_id=relay_id, workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["relay_id"], set_=values)
    )


async def note_relay_worked(tx: Tx, *, relay_id: UUID, workspace_id: int, now: datetime) -> None:
    """Write down that a relay takes letters; its last trouble stays for the record."""
    values = {"worked_at": now, "rests_until": None}
    await tx.execute(
        insert(relay_states)
        .values(relay_id=relay_id, workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["relay_id"], set_=values)
    )


async def claim_allowance(
    tx: Tx, *, workspace_id: int, claims: Sequence[WarmupClaim], today: date
) -> dict[str, int]:
    """Take letters out of today's allowances; returns how many each subject gave.

    What is not used is given back by `return_allowance`; after a crash it is lost for the day, so
    that a plan is never exceeded. A subject whose plan is over gives all.
    """
    granted: dict[str, int] = {}
    for claim in sorted(claims, key=lambda one: one.subject):
        history = await warmup_history(tx, workspace_id=workspace_id, subject=claim.subject)
        allowed = allowance(claim.plan, history, today)
        if allowed is None:
            granted[claim.subject] = claim.wanted
            continue
        own = {"workspace_id": workspace_id, "subject": claim.subject, "day": today}
        await tx.execute(
            insert(warmup_days).values(**own, allowed=allowed, taken=0).on_conflict_do_nothing()
        )
        row = (
            await tx.execute(
                sa.select(warmup_days.c.allowed, warmup_days.c.taken)
                .filter_by(**own)
                .with_for_update()
            )
        ).one()
        granted[claim.subject] = grant = max(0, min(claim.wanted, row.allowed - row.taken))
        if grant:
            await tx.execute(warmup_days.update().filter_by(**own).values(taken=row.taken + grant))
    return granted


async def return_allowance(
    tx: Tx, *, workspace_id: int, unused: Mapping[str, int], today: date
) -> None:
    """Give back what was claimed for letters that were surely not taken."""
    for subject, count in sorted(unused.items()):
        await tx.execute(
            warmup_days.update()
            .filter_by(workspace_id=workspace_id, subject=subject, day=today)
            .values(taken=sa.func.greatest(warmup_days.c.taken - count, 0))
        )


async def warmup_history(tx: Tx, *, workspace_id: int, subject: str) -> list[WarmupDay]:
    """Return the days on which letters were allowed, the oldest first."""
    rows = await tx.execute(
        sa.select(warmup_days.c.day, warmup_days.c.allowed, warmup_days.c.taken)
        .where(warmup_days.c.workspace_id == workspace_id, warmup_days.c.subject == subject)
        .order_by(warmup_days.c.day)
    )
    return [WarmupDay(*row) for row in rows]


def _shown(answer: str) -> str:
    """Return an answer without addresses: it stands beside a relay, and no person belongs there."""
    return _ADDRESS.sub("…", answer)[:_ANSWER_MAX]
