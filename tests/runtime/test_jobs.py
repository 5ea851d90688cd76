"""Jobs of workers that died run again, and those that kill their workers are given up."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from otklik.runtime.jobs import STARTS_MAX, Backoff
from otklik.runtime.public import Runtime


async def dead(rt: Runtime, *, attempts: int = 0, single: str | None = None) -> int:
    """Make a job that a worker took which is not there any more."""
    async with rt.db.begin() as tx:
        made = await tx.execute(
            sa.text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts,"
                " queueing_lock) VALUES ('mailings', 'campaigns.start', 'doing', :attempts,"
                " :single) RETURNING id"
            ),
            {"attempts": attempts, "single": single},
        )
        return int(made.scalar_one())


async def state(rt: Runtime, job_id: int) -> Any:
    async with rt.db.begin() as tx:
        row = await tx.execute(
            sa.text("SELECT status, attempts FROM procrastinate_jobs WHERE id = :id"),
            {"id": job_id},
        )
        return row.one_or_none()


@pytest.fixture(autouse=True)
async def no_jobs(rt: Runtime) -> None:
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("DELETE FROM procrastinate_jobs WHERE status = 'doing'"))


async def test_a_job_whose_worker_died_waits_again(rt: Runtime) -> None:
    job_id = await dead(rt)
    assert await rt.jobs.retry_stalled() == 1
    assert tuple(await state(rt, job_id)) == ("todo", 1)
    assert await rt.jobs.retry_stalled() == 0


async def test_a_job_that_its_workers_die_of_is_given_up(rt: Runtime) -> None:
    job_id = await dead(rt, attempts=STARTS_MAX)
    assert await rt.jobs.retry_stalled() == 1
    assert tuple(await state(rt, job_id)) == ("failed", STARTS_MAX + 1)


async def test_a_job_is_dropped_when_one_like_it_waits(rt: Runtime) -> None:
    job_id = await dead(rt, single="one at a time")
    async with rt.db.begin() as tx:
        await rt.jobs.defer(tx, "delivery.poll_mailboxes", single="one at a time")
    assert await rt.jobs.retry_stalled() == 1
    assert await state(rt, job_id) is None


def test_pauses_grow_and_stay_within_five_minutes() -> None:
    assert [Backoff(20).pause_s(number) for number in range(8)] == [
        *(3, 9, 27, 81, 243),
        *(300, 300, 300),
    ]
    assert Backoff(20).pause_s(20) is None
    assert Backoff(0).pause_s(0) is None
