"""Writes of regular mailings: drafts, their course, their moments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.campaigns.errors import OwnApproval
from otklik.campaigns.model import Finding
from otklik.campaigns.regular.errors import (
    NoMomentLeft,
    RegularApprovalOutdated,
    RegularBlocked,
    RegularChanged,
    WrongRegularState,
)
from otklik.campaigns.regular.model import (
    TOLERANCE,
    NewRegular,
    RegularApproval,
    RegularChanges,
    RegularPlan,
    RegularRunState,
    RegularState,
)
from otklik.campaigns.regular.queries import approval_mark, plan_of, regular_row
from otklik.campaigns.regular.schedule import next_moment, wall_of
from otklik.campaigns.regular.tables import regular_items, regular_mailings, regular_runs
from otklik.kit.errors import Problem
from otklik.kit.ids import new_id
from otklik.runtime.public import Jobs, Tx

RUN_JOB = "campaigns.make_regular_run"
_COLUMNS = {"order": "item_order"}
_MOMENTS_MAX = 60


async def create_regular(
    tx: Tx, *, workspace_id: int, new: NewRegular, now: datetime, regular_id: UUID | None = None
) -> UUID:
    """Make a draft; a reproducible run may fix its id."""
    regular_id = regular_id or new_id()
    values = {
        _COLUMNS.get(name, name): _stored(name, getattr(new, name))
        for name in new.__struct_fields__
    }
    await tx.execute(
        regular_mailings.insert().values(
            **values,
            id=regular_id,
            workspace_id=workspace_id,
            state=RegularState.DRAFT,
            created_at=now,
            updated_at=now,
        )
    )
    return regular_id


async def change_regular(
    tx: Tx, *, workspace_id: int, regular_id: UUID, changes: RegularChanges, now: datetime
) -> None:
    """Change fields; what runs already is not touched by it.

    Raises: RegularNotFound; RegularChanged; WrongRegularState if it is finished; NoMomentLeft.
    """
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    if changes.version is not msgspec.UNSET and changes.version != row.version:
        raise RegularChanged()
    state = RegularState(row.state)
    if state is RegularState.FINISHED:
        raise WrongRegularState(state)
    values: dict[str, Any] = {
        _COLUMNS.get(name, name): _stored(name, value)
        for name in changes.__struct_fields__
        if name != "version" and (value := getattr(changes, name)) is not msgspec.UNSET
    }
    if not values:
        return
    if isinstance(changes.plan, RegularPlan) and state is RegularState.ACTIVE:
        values["next_at"] = await _next(tx, workspace_id, changes.plan, now)
        values["skip_at"] = None
    await _write(tx, row, now, **values)


async def delete_regular(tx: Tx, *, workspace_id: int, regular_id: UUID) -> None:
    """Remove a regular mailing that never ran. Raises: WrongRegularState."""
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    if row.state == RegularState.ACTIVE or row.runs:
        raise WrongRegularState(RegularState(row.state))
    for table, column in (
        (regular_items, regular_items.c.series_id),
        (regular_runs, regular_runs.c.series_id),
        (regular_mailings, regular_mailings.c.id),
    ):
        await tx.execute(table.delete().where(column == row.id))


async def start_regular(
    tx: Tx, *, workspace_id: int, regular_id: UUID, checks: list[Finding], now: datetime
) -> None:
    """Let a draft, or a paused one, go out at its moments from now on.

    Raises: WrongRegularState; RegularBlocked; NoMomentLeft.
    """
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    state = RegularState(row.state)
    if state not in (RegularState.DRAFT, RegularState.PAUSED):
        raise WrongRegularState(state)
    blocks = [check for check in checks if check.level == "block"]
    if blocks:
        raise RegularBlocked(
            [Problem(b.section, b.message, code=b.code, line=b.line) for b in blocks]
        )
    await _write(
        tx,
        row,
        now,
        state=RegularState.ACTIVE,
        next_at=await _next(tx, workspace_id, plan_of(row), now),
        skip_at=None,
        started_at=row.started_at or now,
    )


async def pause_regular(tx: Tx, *, workspace_id: int, regular_id: UUID, now: datetime) -> None:
    """Let no more runs begin; those under way go on. Raises: WrongRegularState."""
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    if row.state != RegularState.ACTIVE:
        raise WrongRegularState(RegularState(row.state))
    await _write(tx, row, now, state=RegularState.PAUSED, next_at=None, skip_at=None)


async def finish_regular(tx: Tx, *, workspace_id: int, regular_id: UUID, now: datetime) -> None:
    """End it for good; runs under way go on. Raises: WrongRegularState for a draft."""
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    if row.state not in (RegularState.ACTIVE, RegularState.PAUSED):
        raise WrongRegularState(RegularState(row.state))
    await _write(
        tx, row, now, state=RegularState.FINISHED, next_at=None, skip_at=None, finished_at=now
    )


async def skip_next(
    tx: Tx, *, workspace_id: int, regular_id: UUID, skip: bool, now: datetime
) -> None:
    """Leave the next moment out, or don't. Raises: WrongRegularState unless it is active."""
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    if row.state != RegularState.ACTIVE:
        raise WrongRegularState(RegularState(row.state))
    await _write(tx, row, now, skip_at=row.next_at if skip else None)


async def ask_approval(
    tx: Tx,
    *,
    workspace_id: int,
    regular_id: UUID,
    by: UUID,
    by_name: str,
    note: str,
    now: datetime,
) -> None:
    """Ask for the approval of the letter for the audience, as both are now."""
    row = await _living(tx, workspace_id, regular_id)
    asked = RegularApproval(
        state="requested", mark=await approval_mark(tx, row), by=by, by_name=by_name, at=now,
        note=note,
    )  # fmt: skip
    await _keep_approval(tx, row, asked)


async def take_back_approval(tx: Tx, *, workspace_id: int, regular_id: UUID) -> None:
    """Take a request, or its answer, back."""
    row = await _living(tx, workspace_id, regular_id)
    await _keep_approval(tx, row, None)


async def decide_approval(
    tx: Tx,
    *,
    workspace_id: int,
    regular_id: UUID,
    approve: bool,
    by: UUID,
    by_name: str,
    note: str,
    now: datetime,
) -> None:
    """Approve or reject. Raises: RegularApprovalOutdated; OwnApproval."""
    row = await _living(tx, workspace_id, regular_id)
    asked = msgspec.convert(row.approval, RegularApproval | None, strict=False)
    if asked is None or asked.state != "requested" or asked.mark != await approval_mark(tx, row):
        raise RegularApprovalOutdated()
    if asked.by == by:
        raise OwnApproval()
    decided = msgspec.structs.replace(
        asked,
        state="approved" if approve else "rejected",
        decided_by=by,
        decided_by_name=by_name,
        decided_at=now,
        decided_note=note,
    )
    await _keep_approval(tx, row, decided)


async def _living(tx: Tx, workspace_id: int, regular_id: UUID) -> Any:
    row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id, lock=True)
    if row.state == RegularState.FINISHED:
        raise WrongRegularState(RegularState.FINISHED)
    return row


async def _keep_approval(tx: Tx, row: Any, approval: RegularApproval | None) -> None:
    await tx.execute(
        regular_mailings.update()
        .where(regular_mailings.c.id == row.id)
        .values(approval=None if approval is None else msgspec.to_builtins(approval))
    )


async def take_due(tx: Tx, jobs: Jobs, *, now: datetime, limit: int = 50) -> int:
    """Write the runs of all moments that have come, of all workspaces; returns how many begin.

    A moment is one row whoever asks and how often: a process that was killed on the way has
    written either all of it or nothing. What is later than `TOLERANCE` is written as missed.
    """
    m = regular_mailings.c
    rows = (
        await tx.execute(
            sa.select(regular_mailings)
            .where(m.state == RegularState.ACTIVE, m.next_at <= now)
            .order_by(m.next_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    return sum([await _take(tx, jobs, row, now) for row in rows])


async def _take(tx: Tx, jobs: Jobs, row: Any, now: datetime) -> int:
    workspace = await get_workspace(tx, workspace_id=row.workspace_id)
    plan, zone = plan_of(row), ZoneInfo(workspace.timezone)
    at: datetime | None = row.next_at
    number, begun = row.runs, 0
    while at is not None and at <= now and number < row.runs + _MOMENTS_MAX:
        state = RegularRunState.QUEUED
        if row.skip_at == at:
            state = RegularRunState.SKIPPED
        elif now - at > TOLERANCE:
            state = RegularRunState.MISSED
        run_id = new_id()
        made = await tx.execute(
            insert(regular_runs)
            .values(
                run_id=run_id,
                workspace_id=row.workspace_id,
                series_id=row.id,
                number=number + 1,
                moment=at,
                wall=wall_of(plan, zone, at).isoformat(timespec="minutes"),
                state=state,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(regular_runs.c.run_id)
        )
        if made.one_or_none() is not None:
            number += 1
            if state is RegularRunState.QUEUED:
                begun += 1
                await order_run(tx, jobs, row.workspace_id, row.id, run_id)
        following = next_moment(plan, zone, after=at)
        at = None if following is None else following.at
    values: dict[str, Any] = {"next_at": at, "runs": number}
    if row.skip_at is not None and row.skip_at <= now:
        values["skip_at"] = None
    if at is None:
        values |= {"state": RegularState.FINISHED, "finished_at": now}
    await tx.execute(
        regular_mailings.update().where(regular_mailings.c.id == row.id).values(values)
    )
    return begun


async def order_run(tx: Tx, jobs: Jobs, workspace_id: int, series_id: UUID, run_id: UUID) -> None:
    await jobs.defer(
        tx,
        RUN_JOB,
        args={"workspace_id": workspace_id, "run_id": str(run_id)},
        lock=f"regular:{series_id}",
    )


async def _next(tx: Tx, workspace_id: int, plan: RegularPlan, now: datetime) -> datetime:
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    found = next_moment(plan, ZoneInfo(workspace.timezone), after=now)
    if found is None:
        raise NoMomentLeft()
    return found.at


async def _write(tx: Tx, row: Any, now: datetime, **values: Any) -> None:
    await tx.execute(
        regular_mailings.update()
        .where(
            regular_mailings.c.id == row.id,
            regular_mailings.c.workspace_id == row.workspace_id,
        )
        .values(**values, version=row.version + 1, updated_at=now)
    )


def _stored(name: str, value: Any) -> Any:
    return value if name.endswith("_id") or value is None else msgspec.to_builtins(value)
