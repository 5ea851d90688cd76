"""Possible duplicates as they are shown: pairs with both people and the evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles import tables as t
from otklik.profiles.model.likeness import THRESHOLD, Evidence
from otklik.profiles.model.structs import ProfileItem
from otklik.profiles.queries.cards import item_of
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Tx

COUNTED_MAX = 10_000


class DuplicateEvidence(Evidence, frozen=True):
    """What one field says of a pair; see `Evidence`."""


class DuplicatePair(msgspec.Struct, frozen=True, kw_only=True):
    """Two people who may be one. `evidence`: what each field says, in bits; their sum and
    `prior_bits` are the odds of `probability`. `refused`: somebody said that they are two."""

    left: ProfileItem
    right: ProfileItem
    probability: float
    prior_bits: float
    evidence: list[DuplicateEvidence]
    found_at: datetime
    refused: bool


async def list_pairs(
    tx: Tx,
    *,
    workspace_id: int,
    least: float = THRESHOLD,
    profile_id: int | None = None,
    refused: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DuplicatePair]:
    """Return pairs, the likeliest first; of one (present) profile, or of all.

    `least`: the least probability. `refused`: those that were said to be two people instead.
    `total` counts up to 10,000. Raises: BadCursor.
    """
    limit = clamp_limit(limit)
    d = t.duplicate_pairs.c
    where = [
        d.workspace_id == workspace_id,
        d.probability >= least,
        d.refused.is_(refused),
        *(_is_present(column) for column in (d.left_id, d.right_id)),
    ]
    if profile_id is not None:
        where.append(sa.or_(d.left_id == profile_id, d.right_id == profile_id))
    counted = sa.select(sa.literal(1)).where(*where).limit(COUNTED_MAX).subquery()
    total = (await tx.execute(sa.select(sa.func.count()).select_from(counted))).scalar_one()
    if cursor:
        probability, left, right = decode_cursor(cursor, float, int, int)
        where.append(
            sa.or_(
                d.probability < probability,
                sa.and_(
                    d.probability == probability,
                    sa.tuple_(d.left_id, d.right_id) > sa.tuple_(left, right),
                ),
            )
        )
    rows = (
        await tx.execute(
            sa.select(t.duplicate_pairs)
            .where(*where)
            .order_by(d.probability.desc(), d.left_id, d.right_id)
            .limit(limit + 1)
        )
    ).all()
    shown = rows[:limit]
    ids = sorted({one for row in shown for one in (row.left_id, row.right_id)})
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=ids)
    last = shown[-1] if len(rows) > limit else None
    return Page(
        items=[
            DuplicatePair(
                left=item_of(people[row.left_id]),
                right=item_of(people[row.right_id]),
                probability=row.probability,
                prior_bits=row.prior_bits,
                evidence=msgspec.convert(row.evidence, list[DuplicateEvidence]),
                found_at=row.found_at,
                refused=row.refused,
            )
            for row in shown
        ],
        next_cursor=None
        if last is None
        else encode_cursor(last.probability, last.left_id, last.right_id),
        total=total,
    )


def _is_present(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Who was merged away is shown by nobody's pair; a merge that is undone brings it back."""
    p = t.profiles.alias()
    return (
        sa.select(sa.literal(1))
        .where(p.c.profile_id == column, p.c.merged_into.is_(None))
        .correlate(t.duplicate_pairs)
        .exists()
    )
