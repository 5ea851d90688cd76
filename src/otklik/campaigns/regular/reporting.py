"""What a report has to know of the runs of a regular mailing together."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.campaigns.model import (
    SOURCE_KIND,
    CampaignVariant,
    Goal,
    ReportArm,
    arm_name,
    arm_shares,
)
from otklik.campaigns.regular.making import VARIANT
from otklik.campaigns.regular.model import RegularRunState
from otklik.campaigns.regular.queries import regular_row
from otklik.campaigns.regular.tables import regular_runs
from otklik.campaigns.tables import campaigns
from otklik.delivery.public import CONTROL
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import Tx

_EVERYBODY = Text(en="Everybody", ru="Все получатели")
_READERS = Text(en="Readers", ru="Читатели")


class SeriesRun(NamedTuple):
    """`moment`: when it was made."""

    campaign_id: UUID
    moment: datetime


class SeriesReportSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`runs`: those that went out, the oldest first.

    People are in one group for all runs, unless the share of the control group was changed
    between them: then the groups have no share to be checked by.
    """

    id: UUID
    name: str
    source_kind: str
    goals: tuple[Goal, ...]
    arms: tuple[ReportArm, ...]
    runs: tuple[SeriesRun, ...]
    started_at: datetime | None


async def series_report_spec(
    tx: Tx, *, workspace_id: int, regular_id: UUID, lang: Lang
) -> SeriesReportSpec:
    """Return what a report has to know. Raises: RegularNotFound."""
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id)
    r = regular_runs.c
    rows = (
        await tx.execute(
            sa.select(r.campaign_id, r.moment, campaigns.c.control_share)
            .join(campaigns, campaigns.c.id == r.campaign_id)
            .where(
                r.workspace_id == workspace_id,
                r.series_id == regular_id,
                r.state == RegularRunState.LAUNCHED,
            )
            .order_by(r.number)
        )
    ).all()
    return SeriesReportSpec(
        id=row.id,
        name=row.name,
        source_kind=SOURCE_KIND,
        goals=msgspec.convert([row.goal] if row.goal else [], tuple[Goal, ...]),
        arms=arms_of({one.control_share for one in rows} or {row.control_share}, lang),
        runs=tuple(SeriesRun(one.campaign_id, one.moment) for one in rows),
        started_at=rows[0].moment if rows else None,
    )


def arms_of(control_shares: set[float], lang: Lang) -> tuple[ReportArm, ...]:
    """Return the groups of runs that had these shares of the control group, in per cent; pure."""
    share, control = 0, 0
    if len(control_shares) == 1:
        shares = arm_shares([CampaignVariant(VARIANT)], *control_shares)
        (share,), control = shares or ([0], 0)
    if not any(control_shares):
        return (ReportArm(VARIANT, _EVERYBODY.of(lang), share, is_control=False),)
    name = arm_name(CONTROL, "", lang, is_control=True)
    return (
        ReportArm(VARIANT, _READERS.of(lang), share, is_control=False),
        ReportArm(CONTROL, name, control, is_control=True),
    )
