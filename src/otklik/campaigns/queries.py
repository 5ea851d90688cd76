"""Reads of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from otklik.campaigns.errors import CampaignNotFound
from otklik.campaigns.model import (
    SOURCE_KIND,
    Approval,
    Audience,
    Campaign,
    CampaignReportSpec,
    CampaignState,
    CampaignVariant,
    Choice,
    Counts,
    First,
    Goal,
    ReportArm,
    Schedule,
    arm_name,
    arm_shares,
)
from otklik.campaigns.problems import problem_text
from otklik.campaigns.tables import campaigns
from otklik.delivery.public import CONTROL, Progress, progress_of
from otklik.kit.i18n import Lang, Text
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx

_CALENDAR_MAX = 1_000


class FailedStart(msgspec.Struct, frozen=True):
    """A draft whose ordered launch did not happen; `problem` is whole in both languages."""

    id: UUID
    name: str
    problem: Text
    updated_at: datetime


class UsedBy(msgspec.Struct, frozen=True):
    """A campaign that uses something of another slice."""

    kind: str
    id: UUID
    name: str
    state: CampaignState


async def get_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime, lang: Lang = "en"
) -> Campaign:
    """Return a campaign with its counts, its `problem` in `lang`; raises CampaignNotFound."""
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id)
    found = await progress_of(tx, workspace_id=workspace_id, source_ids=[campaign_id], now=now)
    return _campaign(row, found, lang)


async def list_campaigns(
    tx: Tx,
    *,
    workspace_id: int,
    now: datetime,
    state: CampaignState | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
    lang: Lang = "en",
) -> Page[Campaign]:
    """Return campaigns, the newest first, their `problem` in `lang`."""
    limit = clamp_limit(limit)
    query = (
        sa.select(campaigns)
        .where(campaigns.c.workspace_id == workspace_id)
        .order_by(campaigns.c.id.desc())
        .limit(limit + 1)
    )
    if state is not None:
        query = query.where(campaigns.c.state == state)
    if search.strip():
        query = query.where(campaigns.c.name.icontains(search.strip(), autoescape=True))
    if cursor:
        query = query.where(campaigns.c.id < decode_cursor(cursor, UUID)[0])
    rows = (await tx.execute(query)).all()
    found = await progress_of(
        tx, workspace_id=workspace_id, source_ids=[row.id for row in rows[:limit]], now=now
    )
    items = [_campaign(row, found, lang) for row in rows[:limit]]
    return Page(items, encode_cursor(str(items[-1].id)) if len(rows) > limit else None)


async def campaign_report_spec(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, lang: Lang
) -> CampaignReportSpec:
    """Return what a report has to know; raises CampaignNotFound.

    Shapes: the control group, if there is one, is the last arm.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id)
    variants = msgspec.convert(row.variants, list[CampaignVariant])
    shares, control = arm_shares(variants, row.control_share) or ([0] * len(variants), 0)
    arms = [
        ReportArm(
            variant.key,
            arm_name(variant.key, variant.name, lang, is_control=False),
            share,
            is_control=False,
        )
        for variant, share in zip(variants, shares, strict=True)
    ]
    if control:
        name = arm_name(CONTROL, "", lang, is_control=True)
        arms.append(ReportArm(CONTROL, name, control, is_control=True))
    return CampaignReportSpec(
        id=row.id,
        workspace_id=workspace_id,
        name=row.name,
        state=CampaignState(row.state),
        source_kind=SOURCE_KIND,
        arms=tuple(arms),
        goals=msgspec.convert(
            [*([row.goal] if row.goal else []), *row.more_goals], tuple[Goal, ...]
        ),
        launched_at=row.launched_at,
        finished_at=row.finished_at,
        in_parts=row.first is not None,
    )


async def campaigns_using(tx: Tx, *, workspace_id: int, sender_id: UUID) -> list[UsedBy]:
    """Return the campaigns that are sent by a sender, the newest first."""
    rows = await tx.execute(
        sa.select(campaigns.c.id, campaigns.c.name, campaigns.c.state)
        .where(campaigns.c.workspace_id == workspace_id, campaigns.c.sender_id == sender_id)
        .order_by(campaigns.c.id.desc())
    )
    return [UsedBy(SOURCE_KIND, row.id, row.name, CampaignState(row.state)) for row in rows]


async def campaigns_using_each(
    tx: Tx,
    *,
    workspace_id: int,
    segment_ids: Sequence[UUID] = (),
    letter_ids: Sequence[UUID] = (),
) -> dict[UUID, list[UsedBy]]:
    """Return the campaigns that use each of many segments and letters, the newest first; one query.

    What no campaign uses is left out.
    """
    wanted = {str(one): one for one in (*segment_ids, *letter_ids)}
    if not wanted:
        return {}
    ids = sa.literal(list(wanted), sa.ARRAY(sa.Text))
    c = campaigns.c
    letters: sa.ColumnElement[Any] = sa.literal_column(
        "jsonb_path_query_array(campaigns.variants, '$[*].letter_id')"
    )
    rows = await tx.execute(
        sa.select(c.id, c.name, c.state, c.audience, c.variants)
        .where(
            c.workspace_id == workspace_id,
            sa.or_(
                *(
                    sa.func.jsonb_exists_any(place, ids)
                    for place in (
                        c.audience["segment_ids"],
                        c.audience["exclude_segment_ids"],
                        letters,
                    )
                )
            ),
        )
        .order_by(c.id.desc())
    )
    found: dict[UUID, list[UsedBy]] = {}
    for row in rows:
        use = UsedBy(SOURCE_KIND, row.id, row.name, CampaignState(row.state))
        used = {
            *row.audience["segment_ids"],
            *row.audience["exclude_segment_ids"],
            *(variant["letter_id"] for variant in row.variants),
        }
        for one in used & wanted.keys():
            found.setdefault(wanted[one], []).append(use)
    return found


async def count_campaigns(tx: Tx, *, workspace_id: int) -> int:
    count = await tx.execute(
        sa.select(sa.func.count())
        .select_from(campaigns)
        .where(campaigns.c.workspace_id == workspace_id)
    )
    return int(count.scalar_one())


async def failed_launches(tx: Tx, *, workspace_id: int) -> list[FailedStart]:
    """Return drafts whose ordered launch did not happen, the latest first."""
    rows = await tx.execute(
        sa.select(campaigns)
        .where(
            campaigns.c.workspace_id == workspace_id,
            campaigns.c.state == CampaignState.DRAFT,
            campaigns.c.problem.is_not(None),
        )
        .order_by(campaigns.c.updated_at.desc())
        .limit(20)
    )
    return [
        FailedStart(row.id, row.name, problem_text(row.problem, row.problem_facts), row.updated_at)
        for row in rows
    ]


class PlannedCampaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign in the calendar. `own_time`: it goes at that time of each person's own clock."""

    id: UUID
    name: str
    state: CampaignState
    at: datetime
    own_time: str | None


async def campaign_calendar(
    tx: Tx, *, workspace_id: int, since: datetime, until: datetime, timezone: str
) -> list[PlannedCampaign]:
    """Return campaigns that went out, or are to, from `since` on and before `until`, in order.

    Drafts with a time of sending are among them, as what is planned; one by people's own clocks
    stands at its time in the zone of the workspace.
    """
    rows = await tx.execute(
        sa.select(
            campaigns.c.id,
            campaigns.c.name,
            campaigns.c.state,
            campaigns.c.schedule,
            campaigns.c.launched_at,
        )
        .where(
            campaigns.c.workspace_id == workspace_id,
            sa.or_(
                sa.and_(campaigns.c.launched_at >= since, campaigns.c.launched_at < until),
                sa.and_(
                    campaigns.c.state.in_([CampaignState.DRAFT, CampaignState.SCHEDULED]),
                    campaigns.c.schedule["kind"].astext != "now",
                ),
            ),
        )
        .order_by(campaigns.c.id.desc())
        .limit(_CALENDAR_MAX)
    )
    found = []
    for row in rows:
        schedule = msgspec.convert(row.schedule, Schedule, strict=False)
        wall = schedule.wall()
        planned = schedule.at if wall is None else wall.replace(tzinfo=ZoneInfo(timezone))
        at = row.launched_at or planned
        if at is not None and since <= at < until:
            found.append(
                PlannedCampaign(
                    id=row.id,
                    name=row.name,
                    state=CampaignState(row.state),
                    at=at.astimezone(UTC),
                    own_time=schedule.own_time if wall is not None else None,
                )
            )
    return sorted(found, key=lambda one: (one.at, one.id))


class AskedApproval(msgspec.Struct, frozen=True):
    """A draft that waits for a second person."""

    id: UUID
    name: str
    by_name: str
    at: datetime


async def asked_approvals(tx: Tx, *, workspace_id: int) -> list[AskedApproval]:
    """Return drafts whose present version waits for an approval, the latest first."""
    rows = await tx.execute(
        sa.select(campaigns.c.id, campaigns.c.name, campaigns.c.approval, campaigns.c.version)
        .where(
            campaigns.c.workspace_id == workspace_id,
            campaigns.c.state == CampaignState.DRAFT,
            campaigns.c.approval["state"].astext == "requested",
        )
        .order_by(campaigns.c.updated_at.desc())
        .limit(20)
    )
    asked = [(row, msgspec.convert(row.approval, Approval, strict=False)) for row in rows]
    return [
        AskedApproval(row.id, row.name, approval.by_name, approval.at)
        for row, approval in asked
        if approval.version == row.version
    ]


async def campaign_row(tx: Tx, *, workspace_id: int, campaign_id: UUID, lock: bool = False) -> Any:
    """Return the row, locked if it is going to change; raises CampaignNotFound."""
    query = sa.select(campaigns).where(
        campaigns.c.workspace_id == workspace_id, campaigns.c.id == campaign_id
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise CampaignNotFound()
    return row


def _campaign(row: Any, found: Mapping[UUID, Progress], lang: Lang) -> Campaign:
    done = found.get(row.id)
    return Campaign(
        id=row.id,
        name=row.name,
        state=CampaignState(row.state),
        audience=msgspec.convert(row.audience, Audience, strict=False),
        topic_id=row.topic_id,
        sender_id=row.sender_id,
        variants=msgspec.convert(row.variants, list[CampaignVariant], strict=False),
        control_share=row.control_share,
        goal=msgspec.convert(row.goal, Goal | None),
        more_goals=msgspec.convert(row.more_goals, list[Goal]),
        schedule=msgspec.convert(row.schedule, Schedule, strict=False),
        rate_per_s=row.rate_per_s,
        priority=row.priority,
        service=row.service,
        until=row.until,
        first=msgspec.convert(row.first, First | None),
        choice=msgspec.convert(row.choice, Choice | None, strict=False),
        approval=msgspec.convert(row.approval, Approval | None, strict=False),
        version=row.version,
        problem=None
        if row.problem is None
        else problem_text(row.problem, row.problem_facts).of(lang),
        created_at=row.created_at,
        updated_at=row.updated_at,
        launched_at=row.launched_at,
        finished_at=row.finished_at,
        counts=Counts()
        if done is None
        else Counts(
            total=done.total,
            pending=done.pending + done.sending,
            sent=done.sent,
            bounced=done.bounced,
            failed=done.failed,
            skipped=done.skipped,
            in_doubt=done.in_doubt,
            control=done.control,
        ),
    )
