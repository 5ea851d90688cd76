"""Housekeeping of ingestion."""

from __future__ import annotations

from datetime import timedelta

from otklik.ingestion import batches, dedup, rejects
from otklik.ingestion.imports import files
from otklik.runtime.public import Runtime, job

_REJECTS_KEPT = timedelta(days=14)
_FILES_KEPT = timedelta(days=7)


@job("ingestion.purge", cron="17 * * * *")
async def purge(rt: Runtime) -> None:
    """Delete chunks that were kept long enough, and old rejects, a little per transaction."""
    now = rt.clock()
    before = now - timedelta(hours=rt.settings.ingestion.keep_chunks_h)
    while True:
        async with rt.db.begin() as tx:
            if not await batches.purge(tx, before=before):
                break
    while True:
        async with rt.db.begin() as tx:
            if not await rejects.purge_rejects(tx, before=now - _REJECTS_KEPT):
                break


@job("ingestion.empty_oldest_dedup", cron="43 3 * * *")
async def empty_oldest_dedup(rt: Runtime) -> None:
    """Empty the table of message ids that tomorrow will write into."""
    async with rt.db.begin() as tx:
        await dedup.empty_oldest(tx, now=rt.clock())


@job("ingestion.purge_import_files", cron="37 4 * * *")
async def purge_import_files(rt: Runtime) -> None:
    """Delete uploaded files that no import has asked for within a week."""
    async with rt.db.begin() as tx:
        await files.purge_files(rt, tx, before=rt.clock() - _FILES_KEPT)
