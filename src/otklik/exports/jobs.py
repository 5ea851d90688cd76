"""Housekeeping of exports."""

from __future__ import annotations

from otklik.exports.files.members import forget_members
from otklik.exports.files.operations import JOB
from otklik.exports.files.work import forget_files, step_exports
from otklik.exports.forwarding.deliver import forget_old
from otklik.runtime.public import Runtime, job


@job(JOB, queue="imports", retries=0, cron="* * * * *")
async def write_files(rt: Runtime) -> None:
    """Write the exports that are due; every minute too, for retries and what a dead process left.

    A shutdown does not wait for a long one: its lease expires, and it is begun anew.
    """
    while await step_exports(rt):
        pass


@job("exports.forget_files", cron="23 * * * *")
async def forget_old_files(rt: Runtime) -> None:
    """Delete files whose days are over, and kept lists of members."""
    await forget_files(rt)
    await forget_members(rt, now=rt.clock())


@job("exports.forget_forwarded", cron="37 * * * *")
async def forget_forwarded(rt: Runtime) -> None:
    """Delete old lines of the log of forwarding, and dead letters after a month."""
    await forget_old(rt)
