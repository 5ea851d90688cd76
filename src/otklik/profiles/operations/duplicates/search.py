"""The search from its beginning to its end, a short transaction at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.profiles import tables as t
from otklik.profiles.model.likeness import Pair
from otklik.profiles.model.runs import PeopleRunStage, PeopleRunState
from otklik.profiles.operations import runs
from otklik.profiles.operations.duplicates.pairing import Step
from otklik.profiles.operations.duplicates.reading import read_some
from otklik.profiles.operations.duplicates.weighing import judge_some, weigh
from otklik.profiles.operations.statements import numbers, run, texts
from otklik.profiles.queries.registry import count_profiles, get_rules
from otklik.runtime.public import Runtime, Tx

KEPT_FROM = 0.5
"""Less likely pairs are not written down."""
COMPARED_AT_ONCE = 20_000


async def search(rt: Runtime, *, workspace_id: int, run_id: UUID) -> None:
    """Find the pairs of a workspace's people that may be one person, and write them down.

    Single flight by the run; repeatable from the beginning. Memory does not grow with the base:
    people are read in chunks, paired in ClickHouse, and compared some pairs at a time.
    """
    async with rt.db.begin() as tx:
        row = await runs.take_run(tx, workspace_id=workspace_id, run_id=run_id, now=rt.clock())
        if row is None:
            return
        region = (await get_rules(tx, workspace_id=workspace_id)).default_region
        total = await count_profiles(tx, workspace_id=workspace_id)
    book = _Book(rt, workspace_id, run_id)
    step = Step(rt, workspace_id, run_id)
    await step.clear()
    try:
        people = await _read(rt, book, workspace_id, run_id, region, total)
        await book.note(PeopleRunStage.PAIRING, 0, people, people=people)
        candidates = await step.make_pairs()
        await step.clear("duplicate_keys")
        await book.note(PeopleRunStage.WEIGHING, 0, candidates, candidates=candidates)
        found = 0
        if candidates:
            scales = await weigh(step, run_id=run_id, pairs=candidates, region=region)
            left, right, done = 0, 0, 0
            while True:
                some = await step.pairs_after(left, right, COMPARED_AT_ONCE)
                if not len(some.left):
                    break
                left, right = int(some.left[-1]), int(some.right[-1])
                pairs = await judge_some(step, scales, some, KEPT_FROM)
                done, found = done + len(some.left), found + len(pairs)
                async with rt.db.begin() as tx:
                    await write_pairs(
                        tx, workspace_id=workspace_id, run_id=run_id, pairs=pairs, now=rt.clock()
                    )
                await book.note(PeopleRunStage.COMPARING, done, candidates, pairs=found)
        async with rt.db.begin() as tx:
            await forget_others(tx, workspace_id=workspace_id, run_id=run_id)
            await mark_refused(tx, workspace_id=workspace_id)
            await runs.note_progress(
                tx,
                workspace_id=workspace_id,
                run_id=run_id,
                stage=PeopleRunStage.NONE,
                done=candidates,
                total=candidates,
                facts={"pairs": found},
            )
            await runs.end_run(
                tx,
                workspace_id=workspace_id,
                run_id=run_id,
                state=PeopleRunState.DONE,
                now=rt.clock(),
            )
    finally:
        await step.clear()


class _Book:
    """Where a run writes how far it is."""

    def __init__(self, rt: Runtime, workspace_id: int, run_id: UUID) -> None:
        self._rt, self._workspace_id, self._run_id = rt, workspace_id, run_id

    async def note(self, stage: PeopleRunStage, done: int, total: int, **facts: int) -> None:
        async with self._rt.db.begin() as tx:
            await runs.note_progress(
                tx,
                workspace_id=self._workspace_id,
                run_id=self._run_id,
                stage=stage,
                done=min(done, total),
                total=total,
                facts=dict(facts),
            )


async def _read(
    rt: Runtime, book: _Book, workspace_id: int, run_id: UUID, region: str | None, total: int
) -> int:
    after, done = 0, 0
    while True:
        count, last = await read_some(
            rt, workspace_id=workspace_id, run_id=run_id, region=region, after=after
        )
        if not count:
            return done
        after, done = last, done + count
        await book.note(PeopleRunStage.READING, done, max(total, done))


async def write_pairs(
    tx: Tx, *, workspace_id: int, run_id: UUID, pairs: Sequence[Pair], now: datetime
) -> None:
    """Write pairs down, over what an earlier search had said of them."""
    if not pairs:
        return
    ordered = [_ordered(pair) for pair in pairs]
    await run(
        tx,
        """
        INSERT INTO duplicate_pairs
          (workspace_id, left_id, right_id, probability, prior_bits, evidence, run_id, found_at)
        SELECT %s, u.l, u.r, u.probability::float8, u.prior::float8, u.evidence::jsonb, %s, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])
          AS u (l, r, probability, prior, evidence)
        ON CONFLICT (workspace_id, left_id, right_id) DO UPDATE
        SET probability = excluded.probability, prior_bits = excluded.prior_bits,
            evidence = excluded.evidence, run_id = excluded.run_id
        """,
        (
            workspace_id,
            run_id,
            now,
            numbers([one[0] for one in ordered]),
            numbers([one[1] for one in ordered]),
            texts([repr(pair.probability) for pair in pairs]),
            texts([repr(pair.prior_bits) for pair in pairs]),
            texts([msgspec.json.encode(pair.evidence).decode() for pair in pairs]),
        ),
    )


def _ordered(pair: Pair) -> tuple[int, int]:
    left, right = int(pair.left), int(pair.right)
    return (left, right) if left < right else (right, left)


async def forget_others(tx: Tx, *, workspace_id: int, run_id: UUID) -> None:
    """Drop the pairs that this run has not found again."""
    p = t.duplicate_pairs.c
    await tx.execute(
        t.duplicate_pairs.delete().where(p.workspace_id == workspace_id, p.run_id != run_id)
    )


async def mark_refused(tx: Tx, *, workspace_id: int) -> None:
    """Mark pairs of which somebody has said that they are two people.

    What was said of a profile that was merged away since holds for the one that it is part of.
    """
    await tx.execute(
        sa.text(
            """
            UPDATE duplicate_pairs p SET refused = true
            FROM (
              SELECT coalesce(a.merged_into, a.profile_id) AS one,
                     coalesce(b.merged_into, b.profile_id) AS other
              FROM duplicate_refusals r
              JOIN profiles a ON a.profile_id = r.left_id AND a.workspace_id = r.workspace_id
              JOIN profiles b ON b.profile_id = r.right_id AND b.workspace_id = r.workspace_id
              WHERE r.workspace_id = :workspace_id
            ) said
            WHERE p.workspace_id = :workspace_id AND NOT p.refused
              AND p.left_id = least(said.one, said.other)
              AND p.right_id = greatest(said.one, said.other)
            """
        ),
        {"workspace_id": workspace_id},
    )
