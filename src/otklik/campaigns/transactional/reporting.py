"""What a report has to know of a transactional letter."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from otklik.campaigns.model import Goal
from otklik.campaigns.transactional.model import SOURCE_KIND
from otklik.campaigns.transactional.queries import transactional_row
from otklik.runtime.public import Tx


class TransactionalReportSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`editions`: how many there are, numbered from 1; none before it was published."""

    id: UUID
    name: str
    source_kind: str
    goals: tuple[Goal, ...]
    editions: int
    created_at: datetime


async def transactional_report_spec(
    tx: Tx, *, workspace_id: int, letter_id: UUID
) -> TransactionalReportSpec:
    """Return what a report has to know. Raises: TransactionalNotFound."""
    row = await transactional_row(tx, workspace_id=workspace_id, letter_id=letter_id)
    return TransactionalReportSpec(
        id=row.id,
        name=row.name,
        source_kind=SOURCE_KIND,
        goals=msgspec.convert([row.goal] if row.goal else [], tuple[Goal, ...]),
        editions=row.edition,
        created_at=row.created_at,
    )
