"""Importing a file of customers: rows a second into the durable log, and the memory it takes.

Each row is read, checked, normalised, compared with who is known already, and written to the log
as an identify call. The reference is the least that one could do: PostgreSQL's own COPY of the
same file into a plain table. `machine_s` is processor time of this process and of PostgreSQL, and
`beyond_copy_s` is what of it the COPY does not need: a shared machine does not change them. Three
sizes show that neither the cost of a row nor the memory grows with the file.
"""

from __future__ import annotations

import asyncio
import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.harness import engines, family, memory_mb, report, runtime
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
            begun = _machine_s()
            copied_s = await _copy(rt, file)
            await _import(rt, file, rows, copied_s, _machine_s() - begun)
            file.unlink()


async def _import(
    rt: Runtime, file: Path, rows: int, copied_s: float, copy_machine_s: float
) -> None:
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Bench", lang="en", now=rt.clock())
    before = most = memory_mb()

    def watch(view: ImportView) -> None:
        nonlocal most
        if view.rows_read % 50_000 < pieces.PIECE_ROWS:
            most = max(most, memory_mb())

    begun, cpu, machine = time.perf_counter(), time.process_time(), _machine_s()
    view = await import_file(
        rt, workspace_id=workspace.id, kind=ImportKind.CUSTOMERS, file=file, progress=watch
    )
    took, cpu = time.perf_counter() - begun, time.process_time() - cpu
    machine = _machine_s() - machine
    assert (view.state, view.rows_ok, view.created) == (ImportState.DONE, rows, rows)
    report(
        f"import {rows:,} customers",
        rows_per_s=rows / took,
        seconds=took,
        cpu_us_a_row=cpu / rows * 1e6,
        machine_s=machine,
        beyond_copy_s=machine - copy_machine_s,
        machine_ratio=copy_machine_s / machine,
        copy_rows_per_s=rows / copied_s,
        ratio=copied_s / took,
        memory_grew_mb=max(most, memory_mb()) - before,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _machine_s() -> float:
    """Return the processor time that this process and its engines have used, in seconds.

    ClickHouse is left out: nothing of an import waits for it before the pipeline runs.
    """
    ticks = 0
    for pid in family():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if b"clickhouse" not in command:
            # User and system time, with that of children that have ended.
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


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
