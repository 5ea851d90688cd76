"""Reads of regular mailings and their runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from otklik.accounts.public import get_workspace
from otklik.campaigns.model import Audience, Counts, Goal
from otklik.campaigns.regular.errors import RegularNotFound
from otklik.campaigns.regular.model import (
    RegularApproval,
    RegularMailing,
    RegularPlan,
    RegularRun,
    RegularRunState,
    RegularState,
    RunProblem,
)
from otklik.campaigns.regular.schedule import moments
from otklik.campaigns.regular.tables import regular_mailings, regular_runs
from otklik.content.public import LetterNotFound, get_letter
from otklik.delivery.public import Progress, progress_of
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx

RUNS_SHOWN = 100
_PLANNED_MAX = 400
TROUBLE_KEPT = timedelta(days=14)


async def regular_row(tx: Tx, *, workspace_id: int, regular_id: UUID, lock: bool = False) -> Any:
    """Return the row, locked if it is going to change; raises RegularNotFound."""
    query = sa.select(regular_mailings).where(
        regular_mailings.c.workspace_id == workspace_id, regular_mailings.c.id == regular_id
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise RegularNotFound()
    return row


async def list_regular(
    tx: Tx, *, workspace_id: int, now: datetime, lang: Lang, regular_id: UUID | None = None
) -> list[RegularMailing]:
    """Return the regular mailings of a workspace with their last run, the newest first."""
    m, r = regular_mailings.c, regular_runs.c
    query = sa.select(regular_mailings).where(m.workspace_id == workspace_id).order_by(m.id.desc())
    if regular_id is not None:
        query = query.where(m.id == regular_id)
    rows = (await tx.execute(query)).all()
    last = await tx.execute(
        sa.select(regular_runs)
        .where(r.workspace_id == workspace_id, r.series_id.in_([row.id for row in rows]))
        .order_by(r.series_id, r.number.desc())
        .ext(distinct_on(r.series_id))
    )
    runs = await _runs(tx, workspace_id, last.all(), now, lang)
    return [regular_of(row, runs.get(row.id), approved=await is_approved(tx, row)) for row in rows]


async def get_regular(
    tx: Tx, *, workspace_id: int, regular_id: UUID, now: datetime, lang: Lang = "en"
) -> RegularMailing:
    """Return one regular mailing; raises RegularNotFound."""
    found = await list_regular(
        tx, workspace_id=workspace_id, now=now, lang=lang, regular_id=regular_id
    )
    if not found:
        raise RegularNotFound()
    return found[0]


async def list_runs(
    tx: Tx, *, workspace_id: int, regular_id: UUID, now: datetime, lang: Lang
) -> list[RegularRun]:
    """Return the last 100 runs, the newest first; raises RegularNotFound."""
    await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id)
    r = regular_runs.c
    rows = (
        await tx.execute(
            sa.select(regular_runs)
            .where(r.workspace_id == workspace_id, r.series_id == regular_id)
            .order_by(r.number.desc())
            .limit(RUNS_SHOWN)
        )
    ).all()
    progress = await _progress(tx, workspace_id, rows, now)
    return [_run(row, progress, lang) for row in rows]


async def _runs(
    tx: Tx, workspace_id: int, rows: Sequence[Any], now: datetime, lang: Lang
) -> dict[UUID, RegularRun]:
    progress = await _progress(tx, workspace_id, rows, now)
    return {row.series_id: _run(row, progress, lang) for row in rows}


async def _progress(
    tx: Tx, workspace_id: int, rows: Sequence[Any], now: datetime
) -> dict[UUID, Progress]:
    ids = [row.campaign_id for row in rows if row.campaign_id is not None]
    if not ids:
        return {}
    return await progress_of(tx, workspace_id=workspace_id, source_ids=ids, now=now)


def _run(row: Any, progress: Mapping[UUID, Progress], lang: Lang) -> RegularRun:
    problem = msgspec.convert(row.problem, RunProblem | None)
    done = progress.get(row.campaign_id)
    return RegularRun(
        id=row.run_id,
        number=row.number,
        moment=row.moment,
        wall=row.wall,
        state=RegularRunState(row.state),
        campaign_id=row.campaign_id,
        new_items=row.new_items,
        problem=None if problem is None else (problem.ru if lang == "ru" else problem.en),
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


async def approval_mark(tx: Tx, row: Any) -> str:
    """Return what an approval is for: this letter, as it is now, for this audience."""
    version = 0
    if row.letter_id is not None:
        try:
            letter = await get_letter(tx, workspace_id=row.workspace_id, letter_id=row.letter_id)
            version = letter.version
        except LetterNotFound:
            pass
    what = [
        str(row.letter_id),
        version,
        row.audience,
        str(row.topic_id),
        str(row.sender_id),
        row.feed_ids,
        row.control_share,
    ]
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()


async def is_approved(tx: Tx, row: Any) -> bool:
    approval = msgspec.convert(row.approval, RegularApproval | None, strict=False)
    if approval is None or approval.state != "approved":
        return False
    return approval.mark == await approval_mark(tx, row)


def regular_of(row: Any, last_run: RegularRun | None, *, approved: bool) -> RegularMailing:
    return RegularMailing(
        id=row.id,
        name=row.name,
        state=RegularState(row.state),
        plan=plan_of(row),
        audience=msgspec.convert(row.audience, Audience, strict=False),
        topic_id=row.topic_id,
        sender_id=row.sender_id,
        letter_id=row.letter_id,
        control_share=row.control_share,
        goal=msgspec.convert(row.goal, Goal | None),
        rate_per_s=row.rate_per_s,
        priority=row.priority,
        feed_ids=msgspec.convert(row.feed_ids, list[UUID], strict=False),
        items_max=row.items_max,
        order=row.item_order,
        approval=msgspec.convert(row.approval, RegularApproval | None, strict=False),
        approved=approved,
        version=row.version,
        next_at=row.next_at if row.state == RegularState.ACTIVE else None,
        next_skipped=row.next_at is not None and row.skip_at == row.next_at,
        runs=row.runs,
        last_run=last_run,
        created_at=row.created_at,
        updated_at=row.updated_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def plan_of(row: Any) -> RegularPlan:
    return msgspec.convert(row.plan, RegularPlan, strict=False)


class PlannedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of an active regular mailing that is still to come.

    `own_time`: it goes at that time of each reader's own clock; `at` is then the workspace's.
    """

    regular_id: UUID
    name: str
    at: datetime
    own_time: str | None
    skipped: bool


async def planned_runs(
    tx: Tx, *, workspace_id: int, since: datetime, until: datetime, now: datetime
) -> list[PlannedRun]:
    """Return the moments of active regular mailings between two moments, in order."""
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    zone = ZoneInfo(workspace.timezone)
    m = regular_mailings.c
    rows = await tx.execute(
        sa.select(regular_mailings).where(
            m.workspace_id == workspace_id, m.state == RegularState.ACTIVE
        )
    )
    found = []
    for row in rows:
        plan = plan_of(row)
        for moment in moments(plan, zone, after=now):
            at = (
                moment.wall.replace(tzinfo=zone).astimezone(UTC)
                if plan.zone == "own"
                else moment.at
            )
            if at >= until:
                break
            if at >= since:
                found.append(
                    PlannedRun(
                        regular_id=row.id,
                        name=row.name,
                        at=at,
                        own_time=moment.wall.isoformat(timespec="minutes")
                        if plan.zone == "own"
                        else None,
                        skipped=row.skip_at == moment.at,
                    )
                )
            if len(found) >= _PLANNED_MAX:
                break
    return sorted(found, key=lambda one: (one.at, one.regular_id))


class RegularTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A regular mailing whose newest run failed or was missed, or that waits for an approval."""

    regular_id: UUID
    name: str
    kind: str
    problem: str | None
    at: datetime


async def regular_troubles(
    tx: Tx, *, workspace_id: int, now: datetime, lang: Lang
) -> list[RegularTrouble]:
    found = []
    for one in await list_regular(tx, workspace_id=workspace_id, now=now, lang=lang):
        run, approval = one.last_run, one.approval
        if (
            run is not None
            and run.state in (RegularRunState.FAILED, RegularRunState.MISSED)
            and run.moment > now - TROUBLE_KEPT
            and one.state is not RegularState.FINISHED
        ):
            found.append(
                RegularTrouble(
                    regular_id=one.id,
                    name=one.name,
                    kind=run.state.value,
                    problem=run.problem,
                    at=run.moment,
                )
            )
        if approval is not None and approval.state == "requested":
            found.append(
                RegularTrouble(
                    regular_id=one.id,
                    name=one.name,
                    kind="approval",
                    problem=approval.by_name,
                    at=approval.at,
                )
            )
    return found


class RegularUse(msgspec.Struct, frozen=True):
    """A regular mailing that uses something of another slice."""

    id: UUID
    name: str
    state: RegularState


async def regular_using(
    tx: Tx,
    *,
    workspace_id: int,
    segment_ids: Sequence[UUID] = (),
    letter_ids: Sequence[UUID] = (),
    feed_ids: Sequence[UUID] = (),
    sender_ids: Sequence[UUID] = (),
) -> dict[UUID, list[RegularUse]]:
    """Return the regular mailings that use each of these, the newest first; one query."""
    wanted = {*segment_ids, *letter_ids, *feed_ids, *sender_ids}
    if not wanted:
        return {}
    m = regular_mailings.c
    rows = await tx.execute(
        sa.select(regular_mailings).where(m.workspace_id == workspace_id).order_by(m.id.desc())
    )
    found: dict[UUID, list[RegularUse]] = {}
    for row in rows:
        audience = msgspec.convert(row.audience, Audience, strict=False)
        used = {
            *audience.segment_ids,
            *audience.exclude_segment_ids,
            *msgspec.convert(row.feed_ids, list[UUID], strict=False),
            row.letter_id,
            row.sender_id,
        }
        for one in used & wanted:
            use = RegularUse(row.id, row.name, RegularState(row.state))
            found.setdefault(one, []).append(use)
    return found
