"""Importing a file of customers: rows a second into the durable log, and the memory it takes.

Each row is read, checked, normalised, compared with who is known already, and written to the log
as an identify call. The reference is the least that one could do: PostgreSQL's own COPY of the
same file into a plain table. Three sizes show that neither the cost of a row nor the memory grows
with the file.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.harness import engines, memory_mb, report, runtime
from otklik.accounts.public import create_workspace
from otklik.ingestion.imports import pieces, run
from otklik.ingestion.public import ImportKind, ImportState, ImportView, import_file
from otklik.runtime.public import Runtime, driver

SIZES = (10_000, 100_000, 1_000_000)
_BLOCK = 1024 * 1024


def main() -> None:
    with engines() as urls, tempfile.TemporaryDirectory(prefix="otklik-rows-") as folder:
        uvloop.run(_measure(urls, Path(folder)))


async def _measure(urls: Any, folder: Path) -> None:
    # What the pipeline does with the rows is measured by whole_way; here it does not run, and the
    # import must not wait for it.
    run.BACKLOG_MAX = 10**9
    async with runtime(urls) as rt:
        for rows in SIZES:
            file = _customers(folder / f"{rows}.csv", rows)
            copied_s = await _copy(rt, file)
            await _import(rt, file, rows, copied_s)
            file.unlink()


async def _import(rt: Runtime, file: Path, rows: int, copied_s: float) -> None:
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
    before = most = memory_mb()

    def watch(view: ImportView) -> None:
        nonlocal most
        if view.rows_read % 50_000 < pieces.PIECE_ROWS:
            most = max(most, memory_mb())

    begun, cpu = time.perf_counter(), time.process_time()
    view = await import_file(
        rt, workspace_id=workspace.id, kind=ImportKind.CUSTOMERS, file=file, progress=watch
    )
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    assert (view.state, view.rows_ok, view.created) == (ImportState.DONE, rows, rows)
    report(
        f"import {rows:,} customers",
        rows_per_s=rows / took,
        seconds=took,
        cpu_us_a_row=cpu / rows * 1e6,
        copy_rows_per_s=rows / copied_s,
        ratio=copied_s / took,
        memory_grew_mb=max(most, memory_mb()) - before,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


async def _copy(rt: Runtime, file: Path) -> float:
    """Copy the file into a plain table; returns the seconds it took."""
    begun = time.perf_counter()
    async with rt.db.begin() as tx:
        connection = await driver(tx)
        await connection.execute("DROP TABLE IF EXISTS plain_rows")
        await connection.execute(
            "CREATE TABLE plain_rows (id text, email text, name text, city text, age int)"
        )
        async with (
            connection.cursor() as cursor,
            cursor.copy("COPY plain_rows FROM STDIN (FORMAT CSV, HEADER)") as copy,
        ):
            with file.open("rb") as source:
                while block := await asyncio.to_thread(source.read, _BLOCK):
                    await copy.write(block)
    return time.perf_counter() - begun


def _customers(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8") as out:
        out.write("id,email,name,city,age\n")
        for i in range(rows):
            out.write(f"c{i},customer{i}@example.com,Name {i},City {i % 100},{i % 90}\n")
    return path
