"""Files are what is stored: read back by other programs, resumed anywhere, seen by nobody else."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from otklik.exports.errors import BadPlan, CursorExpired, OtherCursor, UnknownColumn
from otklik.exports.files import pages as pages_module
from otklik.exports.model import Compression, ExportPlan, FileFormat, Subject
from otklik.kit.pagination import BadCursor
from otklik.rules.parse import parse
from otklik.segments.public import create_segment

from .world import START, World

PEOPLE = [
    {"name": "Анна", "email": "anna@example.org", "city": "=Тула", "age": 31, "vip": True},
    {
        "name": 'Ann "x", y',
        "email": "ann@example.org",
        "city": "line\nbreak\r\n;",
        "tags": ["a", "b"],
    },
    {"name": "No city", "email": "no@example.org", "born": "1990-05-17", "score": 0.1},
]
COLUMNS = ["profile_id", "name", "email", "traits.city", "traits.age", "traits.vip", "traits.tags"]


def read_csv(body: bytes, separator: str = ",") -> list[dict[str, str]]:
    text = body.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def read_lines(body: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body.split(b"\n") if line]


async def test_it_writes_people_with_traits_as_csv(world: World) -> None:
    ids = await world.add_people(PEOPLE)
    body = await world.export(ExportPlan(subject=Subject.PROFILES, columns=COLUMNS))
    rows = read_csv(body)
    assert [int(row["profile_id"]) for row in rows] == sorted(ids)
    found = {row["email"]: row for row in rows}
    anna = found["anna@example.org"]
    assert anna["name"] == "Анна"
    # The guard against formulas is one apostrophe, which a reader takes away again.
    assert anna["traits.city"] == "'=Тула"
    assert (anna["traits.age"], anna["traits.vip"], anna["traits.tags"]) == ("31", "true", "")
    assert found["ann@example.org"]["traits.city"] == "line\nbreak\r\n;"
    assert json.loads(found["ann@example.org"]["traits.tags"]) == ["a", "b"]


async def test_json_lines_and_parquet_are_exact(world: World) -> None:
    await world.add_people(PEOPLE)
    lines = read_lines(
        await world.export(
            ExportPlan(subject=Subject.PROFILES, columns=COLUMNS, format=FileFormat.JSONL)
        )
    )
    anna = next(row for row in lines if row["email"] == "anna@example.org")
    assert anna["traits.city"] == "=Тула"
    assert (anna["traits.age"], anna["traits.vip"], anna["traits.tags"]) == (31, True, None)
    table = pq.read_table(
        io.BytesIO(
            await world.export(
                ExportPlan(subject=Subject.PROFILES, columns=COLUMNS, format=FileFormat.PARQUET)
            )
        )
    )
    assert [row["name"] for row in table.to_pylist()] == [row["name"] for row in lines]
    assert [row["traits.city"] for row in table.to_pylist()] == [r["traits.city"] for r in lines]


async def test_a_russian_spreadsheet_gets_its_mark_and_semicolons(world: World) -> None:
    await world.add_people(PEOPLE)
    plan = ExportPlan(subject=Subject.PROFILES, columns=COLUMNS, separator=";", bom=True)
    body = await world.export(plan)
    assert body.startswith("\ufeffprofile_id;name".encode())
    assert body.count(b"\r\n") >= 4
    assert {row["email"] for row in read_csv(body, ";")} == {str(p["email"]) for p in PEOPLE}


async def test_events_come_with_their_properties_and_customers(world: World) -> None:
    first, second, _ = await world.add_people(PEOPLE)
    properties = {"sum": 10.5, "sku": "A", "cart": {"n": 2}, "list": [1, "x"], "ok": True}
    await world.add_events(
        [
            (first, "Bought", START, "m1", properties),
            (second, "Bought", START + timedelta(seconds=1.5), "m2", {}),
            (second, "Seen", START, "m3", {"sku": 'say "hi"'}),
        ]
    )
    columns = [
        "customer.email",
        "message_id",
        "time",
        "properties.sum",
        "properties.cart",
        "properties.cart.n",
        "properties.list",
        "properties.sku",
        "properties",
    ]
    plan = ExportPlan(subject=Subject.EVENTS, columns=columns, format=FileFormat.JSONL)
    rows = read_lines(await world.export(plan))
    assert [row["message_id"] for row in rows] == ["m1", "m2", "m3"]
    assert rows[0]["customer.email"] == "anna@example.org"
    assert rows[0]["time"] == "2026-06-01T09:00:00.000Z"
    assert rows[1]["time"] == "2026-06-01T09:00:01.500Z"
    assert rows[0]["properties.sum"] == 10.5
    assert rows[0]["properties.cart"] == {"n": 2}
    assert rows[0]["properties.cart.n"] == 2
    assert rows[1]["properties.sum"] is None
    assert rows[0]["properties"]["ok"] is True
    assert rows[2]["properties.sku"] == 'say "hi"'
    text = read_csv(
        await world.export(
            ExportPlan(subject=Subject.EVENTS, columns=["message_id", "properties.sku"])
        )
    )
    assert [row["properties.sku"] for row in text] == ["A", "", 'say "hi"']


async def test_names_periods_and_segments_choose_rows(world: World) -> None:
    first, second, third = await world.add_people(PEOPLE)
    await world.add_events(
        [
            (first, "Bought", START, "m1", {}),
            (second, "Bought", START + timedelta(days=2), "m2", {}),
            (third, "Seen", START, "m3", {}),
        ]
    )
    await world.add_orders([("o1", first, "paid", Decimal("10.10")), ("o2", second, "paid", 0)])
    await world.add_messages([first, second], at=START)
    async with world.rt.db.begin() as tx:
        segment = await create_segment(
            tx,
            workspace_id=world.workspace_id,
            name="One",
            definition=parse(
                {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": "=Тула"}}
            ),
            now=world.rt.clock(),
        )

    async def ids(key: str, **choice: Any) -> list[Any]:
        plan = ExportPlan(format=FileFormat.JSONL, **choice)
        return [row[key] for row in read_lines(await world.export(plan))]

    assert await ids("message_id", subject=Subject.EVENTS, names=["Bought"]) == ["m1", "m2"]
    later = START + timedelta(days=1)
    assert await ids("message_id", subject=Subject.EVENTS, since=later) == ["m2"]
    assert await ids("message_id", subject=Subject.EVENTS, until=later) == ["m1", "m3"]
    for subject, key, found in (
        (Subject.PROFILES, "profile_id", [first]),
        (Subject.EVENTS, "message_id", ["m1"]),
        (Subject.ORDERS, "order_id", ["o1"]),
        (Subject.MESSAGES, "profile_id", [first]),
    ):
        assert await ids(key, subject=subject, segment_id=segment) == found


async def test_orders_keep_their_decimals(world: World) -> None:
    (one,) = await world.add_people(PEOPLE[:1])
    totals = [Decimal("0.10"), Decimal("9999999999999999.99"), Decimal("-5.05")]
    await world.add_orders([(f"o{i}", one, "paid", t) for i, t in enumerate(totals)])
    rows = read_csv(await world.export(ExportPlan(subject=Subject.ORDERS)))
    assert [Decimal(row["total"]) for row in rows] == totals
    assert json.loads(rows[0]["product_names"]) == ["Чашка", 'a "b"']
    plan = ExportPlan(subject=Subject.ORDERS, format=FileFormat.PARQUET)
    table = pq.read_table(io.BytesIO(await world.export(plan)))
    assert table["total"].to_pylist() == totals
    lines = read_lines(
        await world.export(ExportPlan(subject=Subject.ORDERS, format=FileFormat.JSONL))
    )
    assert [row["total"] for row in lines] == [str(t) for t in totals]
    assert lines[0]["quantities"] == [1, 2.5]


async def test_messages_tell_their_fate(world: World) -> None:
    first, second, _ = await world.add_people(PEOPLE)
    source_id = await world.add_messages([first, second], at=START)
    await world.add_messages([second], at=START)
    plan = ExportPlan(subject=Subject.MESSAGES, source_id=source_id, format=FileFormat.JSONL)
    rows = read_lines(await world.export(plan))
    assert [row["profile_id"] for row in rows] == [first, second]
    assert rows[0]["source_name"] == "June"
    assert rows[0]["delivered_at"] == "2026-06-01T09:00:00.000Z"
    assert rows[0]["opened_at"] is None, "a machine opened it, nobody else"
    assert rows[0]["clicked_at"] == "2026-06-01T09:02:00.000Z"
    assert rows[1]["delivered_at"] is None
    everything = ExportPlan(subject=Subject.MESSAGES)
    assert len(read_csv(await world.export(everything))) == 3


async def test_times_may_be_those_of_the_workspace(world: World) -> None:
    (one,) = await world.add_people(PEOPLE[:1])
    await world.add_events([(one, "Bought", START, "m1", {})])
    plan = ExportPlan(subject=Subject.EVENTS, columns=["time"], zone="workspace")
    (row,) = read_csv(await world.export(plan))
    moment = datetime.fromisoformat(row["time"])
    assert moment == START
    assert moment.utcoffset() is not None


@pytest.mark.parametrize("form", [FileFormat.CSV, FileFormat.JSONL])
@pytest.mark.parametrize("subject", list(Subject))
async def test_a_cursor_gives_exactly_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch, form: FileFormat, subject: Subject
) -> None:
    monkeypatch.setattr(pages_module, "FIRST_PAGE", 3)
    monkeypatch.setattr(pages_module, "PAGE_MAX", 4)
    people = await world.add_people([{"name": f"n{i}", "email": f"{i}@e.org"} for i in range(11)])
    await world.add_events(
        [
            (people[i % 11], f"E{i % 3}", START + timedelta(seconds=i // 4), f"m{i}", {})
            for i in range(11)
        ]
    )
    await world.add_orders([(f"o{i:02}", people[i], "paid", i) for i in range(11)])
    await world.add_messages(people, at=START)
    plan = ExportPlan(subject=subject, format=form, marks=True)
    body = await world.export(plan)
    read = read_csv if form is FileFormat.CSV else read_lines
    rows = read(body)
    assert len(rows) == 11
    marks = [(i, row["_cursor"]) for i, row in enumerate(rows) if row.get("_cursor")]
    assert len(marks) >= 3
    header = body.split(b"\r\n")[0] + b"\r\n" if form is FileFormat.CSV else b""
    later = world.rt.clock() + timedelta(hours=1)
    for place, cursor in marks:
        rest = await world.export(plan, cursor=cursor, now=later)
        kept = [{**row, "_cursor": ""} for row in rows[place + 1 :]]
        assert [{**row, "_cursor": ""} for row in read(header + rest)] == kept
        assert not rest.startswith(b"message_id"), "a continuation has no second header"


async def test_a_limit_ends_where_the_next_begins(world: World) -> None:
    people = await world.add_people([{"name": f"n{i}"} for i in range(7)])
    plan = ExportPlan(subject=Subject.PROFILES, format=FileFormat.PARQUET, limit=3)
    seen: list[int] = []
    cursor = None
    for _ in range(3):
        file = pq.ParquetFile(io.BytesIO(await world.export(plan, cursor=cursor)))
        seen += file.read()["profile_id"].to_pylist()
        cursor = file.metadata.metadata[b"otklik.cursor"].decode()
    assert seen == sorted(people)


async def test_what_comes_after_the_start_is_not_in_the_file(world: World) -> None:
    (one,) = await world.add_people(PEOPLE[:1])
    now = world.rt.clock()
    await world.add_events([(one, "Bought", START, "m1", {})], received_at=now)
    after = now + timedelta(seconds=1)
    await world.add_events([(one, "Bought", START, "m2", {})], received_at=after)
    plan = ExportPlan(subject=Subject.EVENTS)
    assert [row["message_id"] for row in read_csv(await world.export(plan))] == ["m1"]


@pytest.mark.parametrize("subject", list(Subject))
async def test_a_stranger_sees_nothing(world: World, elsewhere: World, subject: Subject) -> None:
    (one,) = await world.add_people(PEOPLE[:1])
    await world.add_events([(one, "Bought", START, "m1", {})])
    await world.add_orders([("o1", one, "paid", 1)])
    await world.add_messages([one], at=START)
    assert len(read_csv(await world.export(ExportPlan(subject=subject)))) == 1
    assert read_csv(await elsewhere.export(ExportPlan(subject=subject))) == []


async def test_a_kept_set_of_members_belongs_to_its_workspace(
    world: World, elsewhere: World
) -> None:
    await world.add_people(PEOPLE)
    async with world.rt.db.begin() as tx:
        segment = await create_segment(
            tx,
            workspace_id=world.workspace_id,
            name="All",
            definition=parse({"kind": "everyone"}),
            now=world.rt.clock(),
        )
    plan = ExportPlan(
        subject=Subject.PROFILES, segment_id=segment, format=FileFormat.JSONL, marks=True
    )
    rows = read_lines(await world.export(plan))
    with pytest.raises(CursorExpired):
        await elsewhere.export(plan, cursor=rows[-1]["_cursor"])


async def test_a_cursor_of_another_choice_is_refused(world: World) -> None:
    await world.add_people(PEOPLE)
    plan = ExportPlan(subject=Subject.PROFILES, format=FileFormat.JSONL, marks=True)
    cursor = read_lines(await world.export(plan))[-1]["_cursor"]
    other = ExportPlan(subject=Subject.PROFILES, since=START, format=FileFormat.JSONL)
    with pytest.raises(OtherCursor):
        await world.export(other, cursor=cursor)
    with pytest.raises(BadCursor):
        await world.export(plan, cursor="nonsense")


@pytest.mark.parametrize(
    ("how", "unpack"),
    [
        (Compression.GZIP, gzip.decompress),
        (Compression.ZSTD, lambda b: zstandard.ZstdDecompressor().decompressobj().decompress(b)),
    ],
)
async def test_a_packed_file_holds_the_same(world: World, how: Compression, unpack: Any) -> None:
    await world.add_people(PEOPLE)
    plain = await world.export(ExportPlan(subject=Subject.PROFILES))
    packed = await world.export(ExportPlan(subject=Subject.PROFILES, compress=how))
    assert unpack(packed) == plain


async def test_an_empty_export_is_a_file_all_the_same(world: World) -> None:
    body = await world.export(ExportPlan(subject=Subject.ORDERS))
    assert body.startswith(b"order_id,profile_id")
    assert body.count(b"\r\n") == 1
    plan = ExportPlan(subject=Subject.ORDERS, format=FileFormat.PARQUET)
    assert pq.read_table(io.BytesIO(await world.export(plan))).num_rows == 0


@pytest.mark.parametrize(
    ("plan", "error"),
    [
        (ExportPlan(subject=Subject.ORDERS, columns=["nonsense"]), UnknownColumn),
        (ExportPlan(subject=Subject.ORDERS, columns=["traits.city"]), UnknownColumn),
        (ExportPlan(subject=Subject.ORDERS, names=["Bought"]), BadPlan),
        (ExportPlan(subject=Subject.EVENTS, columns=["time", "time"]), BadPlan),
        (
            ExportPlan(
                subject=Subject.EVENTS,
                since=datetime(2026, 2, 1, tzinfo=UTC),
                until=datetime(2026, 1, 1, tzinfo=UTC),
            ),
            BadPlan,
        ),
        (
            ExportPlan(
                subject=Subject.EVENTS, format=FileFormat.PARQUET, compress=Compression.GZIP
            ),
            BadPlan,
        ),
    ],
)
async def test_a_senseless_plan_is_refused(
    world: World, plan: ExportPlan, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await world.export(plan)


async def test_events_of_one_key_stay_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_module, "FIRST_PAGE", 2)
    monkeypatch.setattr(pages_module, "PAGE_MAX", 2)
    (one,) = await world.add_people(PEOPLE[:1])
    same = [(one, "Bought", START, "m2", {"n": i}) for i in range(3)]
    await world.add_events(
        [(one, "Bought", START, "m1", {}), *same, (one, "Seen", START, "m3", {})]
    )
    rows = read_csv(await world.export(ExportPlan(subject=Subject.EVENTS)))
    assert [row["message_id"] for row in rows] == ["m1", "m2", "m2", "m2", "m3"]
