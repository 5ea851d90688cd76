"""Background work of privacy: erasures, copies of people's data, terms of keeping."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from otklik.privacy import tables as t
from otklik.privacy.operations.erasures import (
    defer_erasure,
    remove_marked,
    work_on_erasure,
)
from otklik.privacy.operations.pauses import forget_pauses
from otklik.privacy.operations.person_exports import build_export, forget_exports
from otklik.privacy.operations.retention import run_rules
from otklik.runtime.public import Runtime, job

_PATIENCE = timedelta(minutes=5)


@job("privacy.erase", retries=8)
async def erase(rt: Runtime, *, workspace_id: int, erasure_id: str) -> None:
    """Go on with an erasure; a second time is harmless."""
    later = await work_on_erasure(rt, workspace_id=workspace_id, erasure_id=UUID(erasure_id))
    if later is not None:
        async with rt.db.begin() as tx:
            await defer_erasure(
                rt, tx, workspace_id=workspace_id, erasure_id=UUID(erasure_id), at=later
            )


@job("privacy.look_after_erasures", cron="*/5 * * * *", retries=0)
async def look_after_erasures(rt: Runtime) -> None:
    """Take up erasures that nobody works on: their job failed, or waited for too long."""
    c = t.erasures.c
    async with rt.db.begin() as tx:
        rows = (
            await tx.execute(
                sa.select(c.workspace_id, c.id).where(
                    c.finished_at.is_(None),
                    sa.func.coalesce(c.waits_until, c.asked_at) < rt.clock() - _PATIENCE,
                )
            )
        ).all()
        for row in rows:
            await defer_erasure(rt, tx, workspace_id=row.workspace_id, erasure_id=row.id)


@job("privacy.build_export", retries=3)
async def build(rt: Runtime, *, workspace_id: int, export_id: str) -> None:
    """Write the copy of a person's data; a second time is harmless."""
    await build_export(rt, workspace_id=workspace_id, export_id=UUID(export_id))


@job("privacy.forget_exports", cron="13 * * * *")
async def forget(rt: Runtime) -> None:
    """Delete copies whose time is over."""
    async with rt.db.begin() as tx:
        await forget_exports(rt, tx, now=rt.clock())
        await forget_pauses(tx, now=rt.clock())


@job("privacy.keep_terms", cron="11 1 * * *", retries=0)
async def keep_terms(rt: Runtime) -> None:
    """Every night: remove what is older than its term, then everything that was only marked."""
    await run_rules(rt)
    await remove_marked(rt, at_night=True)
