"""A run from its moment to an ordinary campaign; every step may be repeated after a crash.

queued ─► items frozen + campaign, in one transaction ─► made ─► checks ─► launched
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.campaigns.audience import Counted, count_audience
from otklik.campaigns.checks import gather_materials, letter_gaps, run_checks
from otklik.campaigns.errors import LaunchBlocked, WrongCampaignState
from otklik.campaigns.model import (
    Approval,
    Audience,
    Campaign,
    CampaignState,
    CampaignVariant,
    Finding,
    Goal,
    NewCampaign,
    Schedule,
)
from otklik.campaigns.operations import create_campaign, delete_campaign, order_launch
from otklik.campaigns.queries import get_campaign
from otklik.campaigns.regular.errors import RunLost
from otklik.campaigns.regular.freezing import (
    draft_items,
    forget_frozen,
    give_items_back,
    keep_frozen,
    new_items,
    take_items,
)
from otklik.campaigns.regular.model import TOLERANCE, RegularApproval, RegularRunState, RunProblem
from otklik.campaigns.regular.queries import is_approved, plan_of, regular_row
from otklik.campaigns.regular.schedule import Moment, ends_at
from otklik.campaigns.regular.tables import regular_mailings, regular_runs
from otklik.campaigns.regular.words import in_words_of_series
from otklik.campaigns.tables import campaigns
from otklik.content.public import FRESH_ENOUGH, refresh_feed
from otklik.delivery.public import SkipReason
from otklik.kit.calendar import day_text
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang
from otklik.runtime.public import EngineUnavailable, Runtime, Tx, log

VARIANT = "A"


async def make_run(rt: Runtime, *, workspace_id: int, run_id: UUID) -> None:
    """Bring a run to its end: launched, nothing new, or failed with its reason."""
    found = await _begun(rt, workspace_id, run_id)
    if found is None:
        return
    series, run = found
    try:
        if run.state == RegularRunState.QUEUED:
            if rt.clock() - run.created_at > TOLERANCE:
                raise RunLost()
            # Fresh items matter more than a few seconds; what fails is written in the feed.
            await asyncio.gather(
                *(
                    refresh_feed(
                        rt,
                        workspace_id=workspace_id,
                        feed_id=UUID(feed_id),
                        older_than=FRESH_ENOUGH,
                    )
                    for feed_id in series.feed_ids
                )
            )
            async with rt.db.begin() as tx:
                made = await make_campaign(
                    tx, workspace_id=workspace_id, run_id=run_id, now=rt.clock()
                )
            if not made:
                return
        await launch_run(rt, workspace_id=workspace_id, run_id=run_id)
    except EngineUnavailable:
        raise
    except OtklikError as error:
        await _fail(rt, workspace_id, run_id, error)


async def _begun(rt: Runtime, workspace_id: int, run_id: UUID) -> tuple[Any, Any] | None:
    r, m = regular_runs.c, regular_mailings.c
    async with rt.db.begin() as tx:
        run = (
            await tx.execute(
                sa.select(regular_runs).where(
                    r.workspace_id == workspace_id,
                    r.run_id == run_id,
                    r.state.in_([RegularRunState.QUEUED, RegularRunState.MADE]),
                )
            )
        ).one_or_none()
        if run is None:
            return None
        series = (
            await tx.execute(sa.select(regular_mailings).where(m.id == run.series_id))
        ).one_or_none()
    return None if series is None else (series, run)


async def make_campaign(tx: Tx, *, workspace_id: int, run_id: UUID, now: datetime) -> bool:
    """Freeze the items of a queued run and make its campaign; False if there is nothing new.

    All of it is one transaction, and the campaign's id is the run's own: a second time finds it.
    """
    run = await _run_row(tx, workspace_id, run_id)
    if run.state != RegularRunState.QUEUED:
        return bool(run.state == RegularRunState.MADE)
    series = await regular_row(tx, workspace_id=workspace_id, regular_id=run.series_id, lock=True)
    frozen = await draft_items(tx, series, number=run.number, moment=run.moment)
    new = new_items(frozen)
    if not new:
        await _set(tx, run_id, now, state=RegularRunState.NOTHING_NEW, new_items=0)
        log.info("a regular mailing has nothing new", run=run.number, workspace=workspace_id)
        return False
    campaign_id = uuid5(run_id, "campaign")
    await create_campaign(
        tx,
        workspace_id=workspace_id,
        new=await _campaign(tx, series, run),
        now=now,
        campaign_id=campaign_id,
    )
    await _approve(tx, series, campaign_id)
    await take_items(tx, workspace_id=workspace_id, series_id=series.id, frozen=frozen)
    await keep_frozen(tx, workspace_id=workspace_id, campaign_id=campaign_id, frozen=frozen)
    await _set(
        tx, run_id, now, state=RegularRunState.MADE, campaign_id=campaign_id, new_items=len(new)
    )
    return True


async def launch_run(rt: Runtime, *, workspace_id: int, run_id: UUID) -> None:
    """Launch the campaign of a run that is made; a second time changes nothing."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        run = await _run_row(tx, workspace_id, run_id)
        if run.state != RegularRunState.MADE:
            return
        campaign = await get_campaign(
            tx, workspace_id=workspace_id, campaign_id=run.campaign_id, now=now
        )
    if campaign.state is CampaignState.DRAFT:
        counted, checks = await examine(rt, workspace_id=workspace_id, campaign=campaign, now=now)
        if _nothing_for_anybody(counted, checks):
            async with rt.db.begin() as tx:
                await _undo(tx, run, now, state=RegularRunState.NOTHING_NEW)
            return
        async with rt.db.begin() as tx:
            try:
                await order_launch(
                    tx,
                    rt.jobs,
                    workspace_id=workspace_id,
                    campaign_id=campaign.id,
                    checks=checks,
                    confirmed=counted.view.remaining,
                    actual=counted.view.remaining,
                    now=now,
                )
            except WrongCampaignState:
                # It was launched in the moment between: by the same job, run twice.
                pass
            await _set(tx, run_id, now, state=RegularRunState.LAUNCHED)
        return
    async with rt.db.begin() as tx:
        await _set(tx, run_id, now, state=RegularRunState.LAUNCHED)


async def examine(
    rt: Runtime, *, workspace_id: int, campaign: Campaign, now: datetime, lang: Lang = "en"
) -> tuple[Counted, list[Finding]]:
    """Return who would get a campaign now, and the checks of a launch."""
    counted = await count_audience(
        rt, workspace_id=workspace_id, campaign=campaign, lang=lang, now=now
    )
    async with rt.db.begin() as tx:
        materials = await gather_materials(
            tx,
            workspace_id=workspace_id,
            campaign=campaign,
            audience=counted.view,
            development=rt.settings.development,
            now=now,
        )
    gaps = await letter_gaps(
        rt, workspace_id=workspace_id, letters=materials.letters, people=counted.people
    )
    return counted, in_words_of_series(run_checks(msgspec.structs.replace(materials, gaps=gaps)))


def _nothing_for_anybody(counted: Counted, checks: list[Finding]) -> bool:
    """Tell whether nobody is left, and only for want of something new."""
    blocks = {check.code for check in checks if check.level == "block"}
    reasons = {skip.reason for skip in counted.view.skips}
    return blocks == {"audience_all_skipped"} and SkipReason.NOTHING_NEW in reasons


def series_campaign(row: Any, *, approved: bool, now: datetime) -> Campaign:
    """Return a series as a campaign that is not kept, for checks and counts before its runs."""
    return Campaign(
        id=row.id,
        name=row.name,
        state=CampaignState.DRAFT,
        audience=msgspec.convert(row.audience, Audience, strict=False),
        topic_id=row.topic_id,
        sender_id=row.sender_id,
        variants=[CampaignVariant(VARIANT, letter_id=row.letter_id)],
        control_share=row.control_share,
        goal=msgspec.convert(row.goal, Goal | None),
        more_goals=[],
        schedule=Schedule(),
        rate_per_s=row.rate_per_s,
        priority=row.priority,
        service=False,
        until=None,
        first=None,
        choice=None,
        approval=_approval(row) if approved else None,
        version=1,
        problem=None,
        created_at=row.created_at,
        updated_at=now,
        launched_at=None,
        finished_at=None,
    )


async def _campaign(tx: Tx, series: Any, run: Any) -> NewCampaign:
    workspace = await get_workspace(tx, workspace_id=series.workspace_id)
    plan, zone = plan_of(series), ZoneInfo(workspace.timezone)
    wall = datetime.fromisoformat(run.wall)
    ending = f" — {day_text(workspace.lang, wall.date())}"
    own = plan.zone == "own"
    return NewCampaign(
        name=series.name[: 200 - len(ending)] + ending,
        audience=msgspec.convert(series.audience, Audience, strict=False),
        topic_id=series.topic_id,
        sender_id=series.sender_id,
        variants=[CampaignVariant(VARIANT, letter_id=series.letter_id)],
        control_share=series.control_share,
        goal=msgspec.convert(series.goal, Goal | None),
        schedule=Schedule(kind="own", own_time=run.wall) if own else Schedule(),
        rate_per_s=series.rate_per_s,
        priority=series.priority,
        until=ends_at(plan, zone, Moment(wall, run.moment)),
    )


async def _approve(tx: Tx, series: Any, campaign_id: UUID) -> None:
    """The approval of a series holds for each of its runs."""
    if not await is_approved(tx, series):
        return
    await tx.execute(
        campaigns.update()
        .where(campaigns.c.id == campaign_id)
        .values(approval=msgspec.to_builtins(_approval(series)))
    )


def _approval(series: Any) -> Approval:
    said = msgspec.convert(series.approval, RegularApproval, strict=False)
    return Approval(
        state=said.state,
        version=1,
        by=said.by,
        by_name=said.by_name,
        at=said.at,
        note=said.note,
        decided_by=said.decided_by,
        decided_by_name=said.decided_by_name,
        decided_at=said.decided_at,
        decided_note=said.decided_note,
    )


async def _run_row(tx: Tx, workspace_id: int, run_id: UUID) -> Any:
    return (
        await tx.execute(
            sa.select(regular_runs)
            .where(regular_runs.c.workspace_id == workspace_id, regular_runs.c.run_id == run_id)
            .with_for_update()
        )
    ).one()


async def _set(tx: Tx, run_id: UUID, now: datetime, **values: Any) -> None:
    await tx.execute(
        regular_runs.update()
        .where(regular_runs.c.run_id == run_id)
        .values(**values, updated_at=now)
    )


async def _fail(rt: Runtime, workspace_id: int, run_id: UUID, error: OtklikError) -> None:
    now = rt.clock()
    log.warning("a regular mailing was not made", workspace=workspace_id, code=error.code)
    async with rt.db.begin() as tx:
        run = await _run_row(tx, workspace_id, run_id)
        problem = msgspec.to_builtins(problem_of(error))
        await _undo(tx, run, now, state=RegularRunState.FAILED, problem=problem)


async def _undo(tx: Tx, run: Any, now: datetime, **values: Any) -> None:
    """Take back the campaign of a run that does not go out; its items wait for the next one."""
    if run.campaign_id is not None:
        await delete_campaign(tx, workspace_id=run.workspace_id, campaign_id=run.campaign_id)
        await forget_frozen(tx, campaign_id=run.campaign_id)
    await give_items_back(tx, series_id=run.series_id, run=run.number)
    await _set(tx, run.run_id, now, campaign_id=None, **values)


def problem_of(error: OtklikError) -> RunProblem:
    """Return an error as a text in both languages that can be kept; of checks, all that block."""

    def said(lang: Lang) -> str:
        if isinstance(error, LaunchBlocked):
            return " ".join(problem.message.of(lang) for problem in error.problems)
        hint = error.hint_text(lang)
        return f"{error.text(lang)} {hint}" if hint else error.text(lang)

    return RunProblem(error.code, said("en"), said("ru"))
