"""Background work of exchanges with 1C."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.sessions import CLOSE_JOB, FILE_JOB, sweep
from otklik.catalog.exchange.work import close_session, read_file
from otklik.runtime.public import Runtime, job

_LOG_KEPT: Final = timedelta(days=90)
_FILES_KEPT: Final = timedelta(days=1)


@job(FILE_JOB, queue="imports", retries=5)
async def read(rt: Runtime, *, workspace_id: int, file_id: str) -> None:
    """Read one file of 1C; a second time is harmless."""
    await read_file(rt, workspace_id=workspace_id, file_id=UUID(file_id))


@job(CLOSE_JOB, queue="imports", retries=5)
async def close(rt: Runtime, *, workspace_id: int, session_id: str) -> None:
    """End one exchange; a second time is harmless."""
    await close_session(rt, workspace_id=workspace_id, session_id=UUID(session_id))


@job("catalog.sweep_exchanges", cron="* * * * *", retries=0)
async def sweep_exchanges(rt: Runtime) -> None:
    """Every minute: read what waits without being asked for, end what has fallen silent."""
    async with rt.db.begin() as tx:
        await sweep(rt, tx, now=rt.clock())


@job("catalog.clean_exchanges", cron="17 4 * * *")
async def clean_exchanges(rt: Runtime) -> None:
    """Every night: the log of long ago, and files that no exchange waits for."""
    now = rt.clock()
    s, f = t.exchange_sessions.c, t.exchange_files.c
    old = sa.select(s.session_id).where(s.state == "closed", s.created_at < now - _LOG_KEPT)
    async with rt.db.begin() as tx:
        await tx.execute(t.exchange_files.delete().where(f.session_id.in_(old)))
        await tx.execute(t.exchange_sessions.delete().where(s.session_id.in_(old)))
    await asyncio.to_thread(_clean_folder, rt.settings.data_dir / "exchanges", now)


def _clean_folder(folder: Path, now: datetime) -> None:
    for path in folder.glob("*") if folder.exists() else ():
        if path.stat().st_mtime < (now - _FILES_KEPT).timestamp():
            shutil.rmtree(path, ignore_errors=True)
