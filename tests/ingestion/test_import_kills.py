"""Imports whose process dies go on where they were."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.ingestion.imports import ending, order_lines, pieces, run
from otklik.ingestion.imports.model import ImportKind
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.ingestion.importing import (
    CUSTOMERS,
    ORDERS,
    Crash,
    customers_csv,
    the_import,
    upload,
    write_csv,
)
from tests.ingestion.support import Ingestion


@pytest.mark.parametrize("kind", [CUSTOMERS, ORDERS])
async def test_a_killed_import_goes_on_where_it_was(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any, kind: ImportKind
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 7)
    monkeypatch.setattr(order_lines, "ORDER_ROWS", 10)
    if kind is CUSTOMERS:
        file = customers_csv(tmp_path / "c.csv", 60)
    else:
        lines = [[f"o{i % 20}", "2026-01-01", f"c{i % 5}", f"p{i}", 1, 2] for i in range(60)]
        header = ["order_id", "date", "customer id", "sku", "quantity", "price"]
        file = write_csv(tmp_path / "o.csv", [header, *lines])
    chance = random.Random(5)
    honest, deaths = pieces.change, 0

    async def dies(*args: Any, **values: Any) -> None:
        nonlocal deaths
        await honest(*args, **values)
        if chance.random() < 0.6:
            deaths += 1
            raise Crash

    monkeypatch.setattr(pieces, "change", dies)
    monkeypatch.setattr(ending, "change", dies)
    monkeypatch.setattr(order_lines, "change", dies)
    with pytest.raises(Crash):
        await the_import(rt, seen, file, kind)
    for _ in range(200):
        try:
            if not await run.step_imports(rt):
                break
        except Crash:
            continue
    assert deaths > 3
    await seen.drain()
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.text("SELECT * FROM imports WHERE workspace_id = :w"), {"w": seen.workspace_id}
            )
        ).one()
    assert (row.state, row.rows_read, row.rows_ok) == ("done", 60, 60)
    stored = await seen.stored("message_id")
    assert len(stored) == len(set(stored)) == (60 if kind is CUSTOMERS else 20)


async def test_two_workers_share_imports_and_do_nothing_twice(
    rt: Runtime, cast: Cast, seen: Ingestion, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 7)
    for number in range(3):
        rows = "".join(f"c{i},{number}\n" for i in range(50))
        file = await upload(cast.owner, f"customer id,batch\n{rows}".encode())
        body = {
            "file_id": file["file_id"],
            "kind": "customers",
            "mapping": {"customer id": "user_id"},
        }
        assert (await cast.owner.post("/api/v1/imports", json=body)).status_code == 201

    async def worker() -> None:
        while await run.step_imports(rt):
            pass

    await asyncio.gather(worker(), worker())
    await worker()
    items = (await cast.owner.get("/api/v1/imports")).json()["items"]
    assert [(one["state"], one["rows_ok"]) for one in items] == [("done", 50)] * 3
    await seen.drain()
    assert len(await seen.stored()) == 150
    assert len(await seen.stored("DISTINCT profile_id")) == 50


_CHILD = """
import asyncio, sys
from pathlib import Path
from otklik.entrypoints import wiring
from otklik.ingestion.imports import pieces
from otklik.ingestion.public import ImportKind, import_file
from otklik.runtime.public import Settings, make_runtime

async def main():
    pieces.PIECE_ROWS = 20
    rt = make_runtime(Settings(data=sys.argv[1], secret_key="only for tests"),
        database_url=sys.argv[2], clickhouse_url=sys.argv[3])
    wiring.connect(rt)
    async with rt.jobs.app.open_async():
        await import_file(rt, workspace_id=int(sys.argv[4]), kind=ImportKind.EVENTS,
            file=Path(sys.argv[5]), progress=lambda view: print(view.rows_read, flush=True))

asyncio.run(main())
"""


async def test_an_import_that_is_killed_with_9_loses_and_repeats_nothing(
    rt: Runtime, seen: Ingestion, engines: Any, settings: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    rows = [["event", "time", "user id"]]
    rows += [[f"Visit {i}", "2026-01-01T00:00:00Z", f"c{i % 30}"] for i in range(2_000)]
    file = write_csv(tmp_path / "e.csv", rows)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _CHILD,
        settings.data,
        engines.database_url,
        engines.clickhouse_url,
        str(seen.workspace_id),
        str(file),
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    while int(await child.stdout.readline()) < 200:
        pass
    child.kill()
    await child.wait()
    before = await seen.logged()
    assert 200 <= before < 2_000
    while await run.step_imports(rt):
        pass
    await seen.drain()
    assert len(await seen.stored("DISTINCT name")) == len(await seen.stored()) == 2_000
