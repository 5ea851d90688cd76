"""Exports against the engines' own: SELECT … FORMAT of ClickHouse, COPY of PostgreSQL.

One million events with properties and one million customers, each export read to its end as a
client would. The references write the same columns in the same order. `--rows=200000` for less.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from benchmarks.harness import engines, report, runtime
from otklik.accounts.public import create_workspace
from otklik.entrypoints.engines import EngineUrls
from otklik.exports.public import ExportPlan, FileFormat, Subject, open_export, write_export
from otklik.runtime.public import Runtime

ROWS = 1_000_000
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
FORMATS = {
    FileFormat.CSV: "CSVWithNames",
    FileFormat.JSONL: "JSONEachRow",
    FileFormat.PARQUET: "Parquet",
}
COLUMNS = ["message_id", "profile_id", "name", "time", "user_id", "properties"]
BY_HAND = (
    "SELECT message_id, profile_id, name, time, user_id, toString(properties) FROM events "
    "WHERE workspace_id = {w:UInt32} ORDER BY workspace_id, name, profile_id, time, message_id"
)


async def fill(rt: Runtime, workspace_id: int, rows: int) -> None:
    """Make events and customers of plausible shape straight in the engines."""
    await rt.ch.command(
        "INSERT INTO events (workspace_id, profile_id, name, type, time, received_at, message_id,"
        " anonymous_id, user_id, properties, context, source)"
        " SELECT {w:UInt32}, cityHash64(number, 2) % 100000 + 1,"
        " ['Viewed', 'Viewed', 'Viewed', 'Bought', 'Other'][1 + number % 5], 'track',"
        " {now:DateTime64(3)} - toIntervalMinute(cityHash64(number, 3) % 129600),"
        " {now:DateTime64(3)}, toString(generateUUIDv4()), '', concat('u', toString(number)),"
        ' concat(\'{"price":\', toString(number % 100), \',"page":"/p/\', toString(number % 20),'
        " '\",\"title\":\"Чашка фарфоровая\"}'), '{}', 'server' FROM numbers({n:UInt64})",
        {"w": workspace_id, "n": rows, "now": NOW},
    )
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text(
                "INSERT INTO profiles (profile_id, workspace_id, head, first_seen, last_seen,"
                " version, known, name, email, user_id) SELECT n, :w, 'user_id:u' || n, :now, :now,"
                " 1, true, 'Анна ' || n, 'anna' || n || '@example.org', 'u' || n"
                " FROM generate_series(1, :n) n"
            ),
            {"w": workspace_id, "n": rows, "now": NOW},
        )
    async with rt.db.engine.connect() as held:
        free = await held.execution_options(isolation_level="AUTOCOMMIT")
        await free.execute(sa.text("VACUUM ANALYZE profiles"))


async def ours(rt: Runtime, workspace_id: int, plan: ExportPlan) -> tuple[float, int, int]:
    """Return seconds, rows and bytes of an export read to its end."""
    begun = time.perf_counter()
    export = await open_export(rt, plan, workspace_id=workspace_id, now=NOW)
    rows = size = 0
    async for piece in write_export(rt, export):
        rows, size = piece.rows, piece.size
    return time.perf_counter() - begun, rows, size


async def select(url: str, workspace_id: int, form: str) -> float:
    """Return the seconds of ClickHouse's own answer in a format, read to its end."""
    parts = urlsplit(url)
    begun = time.perf_counter()
    async with (
        httpx.AsyncClient(timeout=300, auth=(parts.username or "", parts.password or "")) as client,
        client.stream(
            "POST",
            f"{parts.scheme}://{parts.hostname}:{parts.port}/",
            content=f"{BY_HAND} FORMAT {form}",
            params={"param_w": workspace_id, "database": parts.path.strip("/")},
        ) as answer,
    ):
        async for _ in answer.aiter_raw():
            pass
        assert answer.status_code == 200, answer.status_code
    return time.perf_counter() - begun


async def copy(rt: Runtime, workspace_id: int) -> float:
    """Return the seconds of a COPY of the same columns of customers."""
    begun = time.perf_counter()
    async with rt.db.raw() as connection, connection.cursor() as cursor:
        statement = (
            "COPY (SELECT profile_id, name, email, phone, user_id, known, first_seen, last_seen "
            "FROM profiles WHERE workspace_id = %s AND merged_into IS NULL ORDER BY profile_id) "
            "TO STDOUT (FORMAT csv, HEADER)"
        )
        async with cursor.copy(statement, [workspace_id]) as blocks:
            async for _ in blocks:
                pass
    return time.perf_counter() - begun


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def run(urls: EngineUrls, rows: int) -> None:
    async with runtime(urls) as rt:
        async with rt.db.begin() as tx:
            workspace = await create_workspace(tx, name="Bench", lang="en", now=NOW)
        await fill(rt, workspace.id, rows)
        await ours(rt, workspace.id, ExportPlan(subject=Subject.EVENTS, limit=20_000))
        before = peak_mb()
        for form, name in FORMATS.items():
            reference = await select(urls.clickhouse_url, workspace.id, name)
            plan = ExportPlan(subject=Subject.EVENTS, format=form, columns=COLUMNS)
            took, count, size = await ours(rt, workspace.id, plan)
            _show(f"events as {form.value}", took, count, size, reference, before)
        reference = await copy(rt, workspace.id)
        for form in FORMATS:
            plan = ExportPlan(subject=Subject.PROFILES, format=form)
            took, count, size = await ours(rt, workspace.id, plan)
            _show(f"customers as {form.value}", took, count, size, reference, before)


def _show(name: str, took: float, count: int, size: int, reference: float, before: float) -> None:
    report(
        name,
        rows=count,
        mb=round(size / 1e6, 1),
        rows_per_s=round(count / took),
        reference_rows_per_s=round(count / reference),
        ratio=round(took / reference, 2),
        memory_above_start_mb=round(peak_mb() - before),
    )


def main() -> None:
    given = [one for one in sys.argv[1:] if one.startswith("--rows=")]
    rows = int(given[0].removeprefix("--rows=")) if given else ROWS
    with engines() as urls:
        asyncio.run(run(urls, rows))


if __name__ == "__main__":
    main()
