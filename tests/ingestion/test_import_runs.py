"""Imports from beginning to end: counted, cancelled, ended with a reason."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from otklik.ingestion.imports import order_lines, pieces, run
from otklik.ingestion.imports.model import ImportOptions, ImportState
from otklik.ingestion.imports.operations import cancel_import
from otklik.ingestion.public import (
    ImportView,
    failed_imports,
    get_import,
    has_import,
)
from otklik.runtime.public import Runtime
from tests.ingestion.importing import (
    ORDERS,
    customers_csv,
    the_import,
    write_csv,
)
from tests.ingestion.support import Ingestion


async def test_customers_become_profiles(rt: Runtime, seen: Ingestion, tmp_path: Path) -> None:
    file = customers_csv(tmp_path / "c.csv", 25)
    view = await the_import(rt, seen, file)
    assert (view.state, view.rows_read, view.rows_ok, view.rows_failed) == ("done", 25, 25, 0)
    assert (view.created, view.updated, view.rows_total) == (25, 0, 25)
    assert view.bytes_done == view.bytes_total == file.stat().st_size
    rows = await seen.stored("user_id, properties.email, properties.age, source")
    assert sorted(rows)[3] == ("c11", "c11@example.com", 11, "import")
    again = await the_import(rt, seen, customers_csv(tmp_path / "c2.csv", 30))
    assert (again.created, again.updated) == (5, 25)
    assert len(await seen.stored("DISTINCT profile_id")) == 30


async def test_a_row_that_is_in_the_file_twice_is_created_once(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    rows = [["email", "city"], ["a@b.co", "Omsk"], ["A@B.co", "Perm"], ["c@d.co", "Ufa"]]
    view = await the_import(rt, seen, write_csv(tmp_path / "c.csv", rows))
    assert (view.created, view.updated) == (2, 1)
    assert len(await seen.stored("DISTINCT profile_id")) == 2


async def test_a_dry_run_counts_and_stores_nothing(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    file = customers_csv(tmp_path / "c.csv", 10)
    with file.open("a") as out:
        out.write("c11,not an address,X,5\n")
    dry = await the_import(rt, seen, file, dry_run=True)
    assert (dry.created, dry.updated, dry.rows_failed) == (10, 0, 1)
    assert await seen.logged() == 0
    real = await the_import(rt, seen, file)
    assert (real.created, real.updated, real.rows_failed) == (10, 0, 1)
    dry = await the_import(rt, seen, file, dry_run=True)
    assert (dry.created, dry.updated, dry.rows_failed) == (0, 10, 1)


async def test_a_cancelled_import_stops_after_the_piece_in_hand(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 10)
    views: list[ImportView] = []

    def watch(view: ImportView) -> None:
        views.append(view)

    honest = pieces.put_customers

    async def cancelling(tx: Any, row: Any, good: Any, now: Any) -> Any:
        if row.rows_read == 20:
            await cancel_import(tx, workspace_id=row.workspace_id, import_id=row.import_id)
        return await honest(tx, row, good, now)

    monkeypatch.setattr(pieces, "put_customers", cancelling)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 100), progress=watch)
    assert (view.state, view.rows_read) == (ImportState.CANCELLED, 30)
    assert [v.rows_read for v in views] == [10, 20, 30, 30]
    assert len(await seen.stored()) == 30


async def test_lines_of_an_order_may_lie_anywhere(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 7)
    monkeypatch.setattr(order_lines, "ORDER_ROWS", 6)
    lines = [[f"o{i // 4}", "2026-01-01", "ann", f"p{i % 4}", i % 4 + 1, "2.5"] for i in range(40)]
    lines += [["big", "2026-01-01", "ann", f"p{i}", 1, 1] for i in range(15)]
    random.Random(1).shuffle(lines)
    header = ["order_id", "date", "customer id", "sku", "quantity", "price"]
    view = await the_import(rt, seen, write_csv(tmp_path / "o.csv", [header, *lines]), ORDERS)
    assert (view.rows_ok, view.orders, view.refunds) == (55, 11, 0)
    rows = await seen.stored(
        "toString(properties.order_id), toFloat64(properties.total), length(properties.products[])"
    )
    assert sorted(rows) == sorted([("big", 15.0, 15)] + [(f"o{i}", 25.0, 4) for i in range(10)])


def retail_sample(path: Path, rows: int) -> Path:
    """Write the first rows of the Online Retail data in their published form."""
    import pyarrow.parquet as pq

    source = Path(run.__file__).parents[2] / "entrypoints/demo/data/online_retail.parquet"
    table = pq.read_table(source).slice(0, rows)
    lines: list[list[Any]] = [table.schema.names]
    for row in table.to_pylist():
        customer = row["CustomerID"]
        row["CustomerID"] = "" if customer is None else f"{customer}.0"
        lines.append([("" if v is None else v) for v in row.values()])
    return write_csv(path, lines)


async def test_the_orders_of_a_real_shop_add_up(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    file = retail_sample(tmp_path / "online_retail.csv", 12_000)
    options = ImportOptions(return_prefix="C", currency="GBP")
    view = await the_import(rt, seen, file, ORDERS, options=options)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    nobody, quantities = 0, defaultdict(list)
    with file.open(newline="", encoding="utf-8") as source:
        for row in csv.DictReader(source):
            if not row["CustomerID"]:
                nobody += 1
                continue
            amount = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
            totals[row["InvoiceNo"]] += amount
            quantities[row["InvoiceNo"]].append(int(row["Quantity"]))
    refunds = {
        order for order, numbers in quantities.items() if order.startswith("C") or max(numbers) < 0
    }
    assert nobody > 1000
    assert len(refunds) > 40
    assert (view.rows_read, view.rows_failed) == (12_000, 0)
    assert (view.rows_skipped, view.rows_anonymous) == (nobody, nobody)
    assert (view.orders, view.refunds) == (len(totals) - len(refunds), len(refunds))
    rows = await seen.stored(
        "name, toString(properties.order_id), toFloat64(properties.total),"
        " length(properties.products[])"
    )
    assert len(rows) == len(totals)
    for name, order, total, lines in rows:
        sign = -1 if name == "Order Refunded" else 1
        assert (name == "Order Refunded") == (order in refunds)
        assert Decimal(str(total)) * sign == totals[order].quantize(Decimal("0.01"))
        assert lines == len(quantities[order])


async def test_orders_of_nobody_are_kept_when_asked(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    header = ["order_id", "date", "customer id", "total"]
    file = write_csv(
        tmp_path / "o.csv", [header, ["1", "2026-01-01", "", 5], ["2", "2026-01-01", "ann", 6]]
    )
    view = await the_import(rt, seen, file, ORDERS, options=ImportOptions(anonymous="keep"))
    assert (view.orders, view.rows_anonymous, view.rows_skipped) == (2, 1, 0)
    assert sorted(await seen.stored("user_id, anonymous_id")) == [("", "order:1"), ("ann", "")]


async def test_an_import_waits_while_the_log_is_full(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run, "BACKLOG_MAX", 15)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 10)
    file = customers_csv(tmp_path / "c.csv", 50)
    view = await the_import(rt, seen, file, dry_run=True)
    assert view.rows_read == 50
    worked = [await run.step_imports(rt) for _ in range(2)]
    assert worked == [False, False]


async def test_a_lost_file_ends_the_import_with_a_reason(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    from otklik.ingestion.imports import files

    honest = files.path_of
    monkeypatch.setattr(pieces, "PIECE_ROWS", 5)
    steps = 0

    def lost(rt: Runtime, **ids: Any) -> Path:
        nonlocal steps
        steps += 1
        path = honest(rt, **ids)
        if steps == 4:
            path.unlink()
        return path

    monkeypatch.setattr(files, "path_of", lost)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 60))
    assert (view.state, view.error) == (ImportState.FAILED, "The uploaded file is gone.")
    assert view.error_code == "file_gone"
    async with rt.db.begin() as tx:
        russian = await get_import(
            tx, workspace_id=seen.workspace_id, import_id=view.id, lang="ru", now=rt.clock()
        )
        (failed,) = await failed_imports(
            tx, workspace_id=seen.workspace_id, since=rt.clock() - timedelta(days=1), lang="ru"
        )
        assert not await has_import(tx, workspace_id=seen.workspace_id)
    assert russian.error == failed.reason == "Загруженного файла больше нет."
    assert failed.id == view.id


async def test_an_import_that_went_well_at_the_second_try_is_no_failed_one(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any, clock: Any
) -> None:
    honest = pieces.put_customers

    async def refuse(*_: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setattr(pieces, "put_customers", refuse)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 3))
    assert view.state == ImportState.FAILED
    monkeypatch.setattr(pieces, "put_customers", honest)
    clock.move(minutes=1)
    await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 3))
    async with rt.db.begin() as tx:
        assert not await failed_imports(
            tx, workspace_id=seen.workspace_id, since=rt.clock() - timedelta(days=1), lang="en"
        )
        assert await has_import(tx, workspace_id=seen.workspace_id)


async def test_a_piece_that_can_not_be_stored_ends_the_import_with_a_reason(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    async def refuse(tx: Any, *_: Any) -> Any:
        await tx.execute(sa.text("SELECT 1/0"))

    monkeypatch.setattr(pieces, "put_customers", refuse)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 3))
    assert view.state == ImportState.FAILED
    assert "division by zero" in str(view.error)
    assert str(view.error).startswith("From line 1 on")
