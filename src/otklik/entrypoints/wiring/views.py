"""Views that bring several slices together for one that may not know the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from otklik.accounts.public import (
    get_workspace,
)
from otklik.analytics.forecast.forecast import ForecastSpec
from otklik.analytics.home.launches import Launches
from otklik.analytics.home.model import FailedLaunch
from otklik.analytics.ongoing import EVERYBODY, Asked
from otklik.analytics.public import ArmSpec, GoalSpec, ReportSpec, campaign_report
from otklik.campaigns.public import (
    ArmResult,
    Goal,
    campaign_names,
    campaign_report_spec,
    count_campaigns,
    failed_launches,
    get_campaign,
    series_report_spec,
    transactional_report_spec,
)
from otklik.catalog import public as catalog
from otklik.delivery.public import SHARES_TOTAL
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang, Text
from otklik.privacy import public as privacy
from otklik.profiles import http as profiles_http
from otklik.profiles.public import Ids, Newest
from otklik.runtime.public import Runtime, Tx
from otklik.segments.public import (
    memberships,
    newest_members,
    segment_names,
)

_EVERYBODY = Text(en="Everybody", ru="Все получатели")
_EDITION = Text(en="Edition {number}", ru="Редакция {number}")


async def launches_of(tx: Tx, workspace_id: int) -> Launches:
    """Tell the home page of campaigns that never became a mailing."""
    failed = await failed_launches(tx, workspace_id=workspace_id)
    return Launches(
        await count_campaigns(tx, workspace_id=workspace_id),
        [FailedLaunch(c.id, c.name, c.problem, c.updated_at) for c in failed],
    )


async def card_sections(
    rt: Runtime, tx: Tx, workspace_id: int, profile_id: int
) -> profiles_http.CardSections:
    """Bring together what the slices above profiles know of a person."""
    consents = await privacy.consent_states(tx, workspace_id=workspace_id, profile_id=profile_id)
    totals = await catalog.order_totals(tx, workspace_id=workspace_id, profile_id=profile_id)
    found = await memberships(rt, workspace_id=workspace_id, profile_id=profile_id)
    names = await segment_names(tx, workspace_id=workspace_id)
    return profiles_http.CardSections(
        consents=[
            profiles_http.CardConsent(
                channel=c.channel, topic_id=c.topic_id, state=c.state, at=c.at, source=c.source
            )
            for c in consents
        ],
        segments=[
            profiles_http.CardSegment(id=one, name=names[one]) for one in found if one in names
        ],
        orders=profiles_http.CardOrders(
            count=totals.count,
            total=float(totals.total),
            last_at=totals.last_at,
            currency=totals.currency or "",
        ),
    )


async def segment_members(rt: Runtime, workspace_id: int, segment_id: UUID) -> Newest:
    """Return a reader of a segment's members for the list of profiles; it raises NotFound."""

    async def read(before: int | None, limit: int | None) -> Ids:
        return await newest_members(
            rt,
            workspace_id=workspace_id,
            segment_id=segment_id,
            now=rt.clock(),
            before=before,
            limit=limit,
        )

    return read


async def report_spec(
    rt: Runtime, workspace_id: int, campaign_id: UUID, as_of: datetime, lang: Lang
) -> ReportSpec:
    """Tell a report what it has to know of a campaign; the two slices don't know each other."""
    async with rt.db.begin() as tx:
        spec = await campaign_report_spec(
            tx, workspace_id=workspace_id, campaign_id=campaign_id, lang=lang
        )
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    goals = tuple(map(_goal_spec, spec.goals))
    return ReportSpec(
        workspace_id=workspace_id,
        source_kind=spec.source_kind,
        source_id=spec.id,
        name=spec.name,
        arms=tuple(
            ArmSpec(key=arm.key, name=arm.name, share=arm.share, is_control=arm.is_control)
            for arm in spec.arms
        ),
        goal=goals[0] if goals else None,
        goals=goals,
        launched_at=spec.launched_at,
        in_parts=spec.in_parts,
        as_of=as_of,
        timezone=workspace.timezone,
        currency=workspace.currency,
    )


async def letter_report_spec(
    rt: Runtime, workspace_id: int, letter_id: UUID, asked: Asked, as_of: datetime, lang: Lang
) -> ReportSpec:
    """Tell a report what it has to know of a transactional letter."""
    async with rt.db.begin() as tx:
        found = await transactional_report_spec(tx, workspace_id=workspace_id, letter_id=letter_id)
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    if asked.edition is not None and not 1 <= int(asked.edition) <= found.editions:
        raise NotFound(what=f"edition {asked.edition}")
    name = _EDITION.of(lang, {"number": asked.edition}) if asked.edition else _EVERYBODY.of(lang)
    goals = tuple(map(_goal_spec, found.goals))
    return ReportSpec(
        workspace_id=workspace_id,
        source_kind=found.source_kind,
        source_id=found.id,
        name=found.name,
        arms=(ArmSpec(EVERYBODY, name, SHARES_TOTAL),),
        goal=goals[0] if goals else None,
        goals=goals,
        launched_at=found.created_at if found.editions else None,
        as_of=as_of,
        timezone=workspace.timezone,
        currency=workspace.currency,
        repeated=True,
        since=asked.span.since if asked.span else None,
        until=asked.span.until if asked.span else None,
        edition=asked.edition,
    )


async def series_spec(
    rt: Runtime, workspace_id: int, regular_id: UUID, asked: Asked, as_of: datetime, lang: Lang
) -> ReportSpec:
    """Tell a report what it has to know of the runs of a regular mailing that began in a period."""
    async with rt.db.begin() as tx:
        found = await series_report_spec(
            tx, workspace_id=workspace_id, regular_id=regular_id, lang=lang
        )
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    goals = tuple(map(_goal_spec, found.goals))
    return ReportSpec(
        workspace_id=workspace_id,
        source_kind=found.source_kind,
        source_id=found.id,
        name=found.name,
        arms=tuple(
            ArmSpec(
                key=arm.key if arm.is_control else EVERYBODY,
                name=arm.name,
                share=arm.share,
                is_control=arm.is_control,
            )
            for arm in found.arms
        ),
        goal=goals[0] if goals else None,
        goals=goals,
        launched_at=found.started_at,
        as_of=as_of,
        timezone=workspace.timezone,
        currency=workspace.currency,
        repeated=True,
        sources=tuple(
            run.campaign_id
            for run in found.runs
            if asked.span is None or asked.span.since <= run.moment < asked.span.until
        ),
    )


async def results_of(
    rt: Runtime, workspace_id: int, campaign_id: UUID, now: datetime
) -> list[ArmResult]:
    """Tell campaigns what people of each variant did, as the report counts it.

    While the rest of a campaign waits for a choice, nobody of it is assigned yet: these are the
    figures of the first part.
    """
    report = await campaign_report(
        rt, await report_spec(rt, workspace_id, campaign_id, now, "en"), "en"
    )
    return [
        ArmResult(
            key=arm.key,
            assigned=arm.assigned,
            sent=arm.sent,
            opened=arm.opened_person,
            clicked=arm.clicked_person,
            targets=arm.targets,
            revenue=arm.revenue,
        )
        for arm in report.arms
        if not arm.is_control
    ]


async def names_of_campaigns(
    rt: Runtime, workspace_id: int, ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Tell a report what campaigns are called."""
    async with rt.db.begin() as tx:
        names = await campaign_names(tx, workspace_id=workspace_id)
    return {one: names[one] for one in ids if one in names}


async def forecast_plan(rt: Runtime, workspace_id: int, campaign_id: UUID) -> ForecastSpec:
    """Tell a forecast what it has to know of a campaign; how many people, its caller tells."""
    async with rt.db.begin() as tx:
        campaign = await get_campaign(
            tx, workspace_id=workspace_id, campaign_id=campaign_id, now=rt.clock()
        )
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    return ForecastSpec(
        workspace_id=workspace_id,
        include=tuple(campaign.audience.segment_ids),
        exclude=tuple(campaign.audience.exclude_segment_ids),
        letters=0,
        goal=None if campaign.goal is None else _goal_spec(campaign.goal),
        rate_per_s=campaign.rate_per_s,
        timezone=workspace.timezone,
    )


def _goal_spec(goal: Goal) -> GoalSpec:
    return GoalSpec(
        event=goal.event,
        filters=goal.filters,
        window_hours=goal.window_hours,
        revenue_property=goal.revenue_property,
    )
