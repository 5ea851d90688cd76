"""Imports from beginning to end: counted, resumed, cancelled, seen by the right people."""

from __future__ import annotations

import asyncio
import csv
import random
import sys
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Role, Workspace
from otklik.ingestion.imports import pieces, run
from otklik.ingestion.imports.model import ImportKind, ImportOptions, ImportState
from otklik.ingestion.imports.operations import cancel_import
from otklik.ingestion.public import (
    ImportView,
    failed_imports,
    get_import,
    has_import,
    import_file,
)
from otklik.runtime.public import Runtime
from tests.conftest import Cast, signed_in
from tests.ingestion.support import Ingestion

CUSTOMERS, ORDERS = ImportKind.CUSTOMERS, ImportKind.ORDERS


def write_csv(path: Path, rows: list[list[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def customers_csv(path: Path, count: int) -> Path:
    rows: list[list[Any]] = [["id", "email", "name", "age"]]
    rows += [[f"c{i}", f"c{i}@example.com", f"Name {i}", i % 90] for i in range(count)]
    return write_csv(path, rows)


async def the_import(
    rt: Runtime, seen: Ingestion, file: Path, kind: ImportKind = CUSTOMERS, **more: Any
) -> ImportView:
    return await import_file(
        rt, workspace_id=seen.workspace_id, kind=kind, file=file, carry=True, **more
    )


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


class Crash(BaseException):
    """The process was killed here."""


@pytest.mark.parametrize("kind", [CUSTOMERS, ORDERS])
async def test_a_killed_import_goes_on_where_it_was(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any, kind: ImportKind
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 7)
    monkeypatch.setattr(pieces, "ORDER_ROWS", 10)
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


async def test_a_cancelled_import_stops_after_the_piece_in_hand(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 10)
    views: list[ImportView] = []

    def watch(view: ImportView) -> None:
        views.append(view)

    honest = pieces._customers

    async def cancelling(tx: Any, row: Any, good: Any, now: Any) -> Any:
        if row.rows_read == 20:
            await cancel_import(tx, workspace_id=row.workspace_id, import_id=row.import_id)
        return await honest(tx, row, good, now)

    monkeypatch.setattr(pieces, "_customers", cancelling)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 100), progress=watch)
    assert (view.state, view.rows_read) == (ImportState.CANCELLED, 30)
    assert [v.rows_read for v in views] == [10, 20, 30, 30]
    assert len(await seen.stored()) == 30


async def test_lines_of_an_order_may_lie_anywhere(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 7)
    monkeypatch.setattr(pieces, "ORDER_ROWS", 6)
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
    honest = pieces._customers

    async def refuse(*_: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setattr(pieces, "_customers", refuse)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 3))
    assert view.state == ImportState.FAILED
    monkeypatch.setattr(pieces, "_customers", honest)
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

    monkeypatch.setattr(pieces, "_customers", refuse)
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 3))
    assert view.state == ImportState.FAILED
    assert "division by zero" in str(view.error)
    assert str(view.error).startswith("From line 1 on")


async def upload(client: httpx.AsyncClient, content: bytes) -> Any:
    answer = await client.post(
        "/api/v1/imports/files", files={"file": ("клиенты.csv", content, "text/csv")}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_whole_way_over_http(rt: Runtime, cast: Cast, seen: Ingestion) -> None:
    text = "Почта;Имя;Возраст\nanna@example.ru;Анна;31\nбез адреса;Пётр;44\n=2+2;Ева;x\n"
    file = await upload(cast.marketer, text.encode("windows-1251"))
    assert (file["encoding"], file["separator"], file["header"]) == ("windows-1251", ";", True)
    assert [c["suggested"] for c in file["columns"]] == [
        "email",
        "trait:first_name",
        "trait:возраст",
    ]
    assert file["columns"][0]["samples"][0] == "anna@example.ru"
    assert file["rows"][0]["values"] == {
        "email": "anna@example.ru",
        "first_name": "Анна",
        "возраст": "31",
    }
    assert [p["code"] for p in file["rows"][1]["problems"]] == ["bad_email"]
    mapping = {"Почта": "email", "Имя": "trait:first_name", "Возраст": "trait:age:number"}
    preview = await cast.marketer.post(
        "/api/v1/imports/preview",
        json={"file_id": file["file_id"], "kind": "customers", "mapping": mapping},
    )
    assert preview.status_code == 200, preview.text
    assert preview.json()["rows"][0]["values"]["age"] == 31
    assert [p["column"] for p in preview.json()["rows"][2]["problems"]] == ["Почта", "Возраст"]
    created = await cast.marketer.post(
        "/api/v1/imports",
        json={"file_id": file["file_id"], "kind": "customers", "mapping": mapping, "key": "email"},
    )
    assert created.status_code == 201, created.text
    import_id = created.json()["id"]
    assert created.json()["state"] == "queued"
    while await run.step_imports(rt):
        pass
    one = (await cast.colleague.get(f"/api/v1/imports/{import_id}")).json()
    assert (one["state"], one["rows_ok"], one["rows_failed"]) == ("done", 1, 2)
    assert (await cast.colleague.get("/api/v1/imports")).json()["items"][0]["id"] == import_id
    errors = await cast.colleague.get(f"/api/v1/imports/{import_id}/errors.csv")
    assert errors.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(errors.text.removeprefix("\ufeff").splitlines()))
    reason = "Почта: This is not an e-mail address (без адреса)"
    assert rows[0] == ["Почта;Имя;Возраст;Row of the file;What is wrong"]
    assert rows[1] == [f"без адреса;Пётр;44;3;{reason}"]
    assert rows[2][0].startswith("'=2+2;Ева;x;4;")
    assert "Возраст: This is not a number (x); Почта: This is not" in rows[2][0]
    stranger = cast.stranger
    assert (await stranger.get(f"/api/v1/imports/{import_id}")).status_code == 404
    assert (await stranger.get(f"/api/v1/imports/{import_id}/errors.csv")).status_code == 404
    assert (await stranger.put(f"/api/v1/imports/{import_id}/cancellation")).status_code == 404
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": mapping}
    assert (await stranger.post("/api/v1/imports", json=body)).status_code == 404
    assert (await stranger.get("/api/v1/imports")).json()["items"] == []


async def test_rows_with_errors_are_for_who_may_take_data_out_and_the_audit_knows(
    rt: Runtime, app: object, cast: Cast, seen: Ingestion, workspace: Workspace
) -> None:
    file = await upload(cast.owner, b"e-mail\nanna\n")
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": {"e-mail": "email"}}
    created = await cast.owner.post("/api/v1/imports", json=body)
    while await run.step_imports(rt):
        pass
    address = f"/api/v1/imports/{created.json()['id']}/errors.csv"
    async with await signed_in(rt, app, workspace.id, Role.OPERATOR) as operator:
        assert (await operator.get(address)).status_code == 403
    assert (await cast.colleague.get(address)).status_code == 200
    async with rt.db.begin() as tx:
        noted = await tx.execute(
            sa.text(
                "SELECT user_id FROM audit_entries"
                " WHERE workspace_id = :w AND action = 'import.errors_downloaded'"
            ),
            {"w": workspace.id},
        )
        assert [row.user_id is not None for row in noted] == [True]


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


async def test_an_import_can_be_cancelled_over_http(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    file = await upload(cast.owner, b"email\na@b.co\n")
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": {"email": "email"}}
    import_id = (await cast.owner.post("/api/v1/imports", json=body)).json()["id"]
    assert (await cast.owner.put(f"/api/v1/imports/{import_id}/cancellation")).status_code == 200
    while await run.step_imports(rt):
        pass
    assert (await cast.owner.get(f"/api/v1/imports/{import_id}")).json()["state"] == "cancelled"


async def test_a_large_file_goes_to_disk_and_not_into_memory(
    rt: Runtime, cast: Cast, seen: Ingestion
) -> None:
    from otklik.ingestion.imports import files

    content = b"email,name\n" + b"a@b.co,some name that is long enough\n" * 200_000
    file = await upload(cast.owner, content)
    path = files.path_of(rt, workspace_id=seen.workspace_id, file_id=file["file_id"])
    assert file["size"] == path.stat().st_size == len(content) > 4 * 1024 * 1024
    assert path.read_bytes() == content


async def test_a_file_over_the_limit_leaves_nothing_behind(
    rt: Runtime, cast: Cast, seen: Ingestion, monkeypatch: Any
) -> None:
    from otklik.ingestion.imports import files

    monkeypatch.setattr(files.receive_file, "__kwdefaults__", {"bytes_max": 1000})
    answer = await cast.owner.post(
        "/api/v1/imports/files", files={"file": ("a.csv", b"email\n" + b"a@b.co\n" * 500)}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    folder = files.path_of(rt, workspace_id=seen.workspace_id, file_id=uuid4()).parent
    assert list(folder.iterdir()) == []


async def test_who_may_only_look_can_not_import(cast: Cast) -> None:
    answer = await cast.colleague.post(
        "/api/v1/imports/files", files={"file": ("a.csv", b"email\na@b.co\n")}
    )
    assert answer.status_code == 403
    assert (await cast.nobody.get("/api/v1/imports")).status_code == 401


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"PK\x03\x04" + bytes(100), "damaged_file"),
        (b",".join([b"x"] * 100_000), "too_many_columns"),
        (b"y" * 3_000_000, "first_line_too_long"),
    ],
)
async def test_a_file_that_can_not_be_read_is_refused_with_a_reason(
    cast: Cast, content: bytes, code: str
) -> None:
    answer = await cast.owner.post(
        "/api/v1/imports/files", files={"file": ("a.csv", content, "text/csv")}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"not multipart", "text/plain"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut',
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_a_request_without_a_whole_file_is_refused(
    cast: Cast, content: bytes, kind: str
) -> None:
    answer = await cast.owner.post(
        "/api/v1/imports/files", content=content, headers={"content-type": kind}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_upload")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"mapping": {"nothing": "email"}}, "unknown_column"),
        ({"mapping": {"email": "order_id"}}, "unknown_field"),
        ({"mapping": {}}, "missing_field"),
        ({"key": "phone"}, "missing_field"),
        ({"options": {"timezone": "Mars"}}, "unknown_timezone"),
    ],
)
async def test_a_plan_that_can_not_be_done_is_refused_with_a_reason(
    cast: Cast, change: dict[str, Any], code: str
) -> None:
    file = await upload(cast.owner, b"email,b\na@b.co,1\n")
    body = {"file_id": file["file_id"], "kind": "customers", "mapping": {"email": "email"}}
    answer = await cast.owner.post("/api/v1/imports", json={**body, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]
