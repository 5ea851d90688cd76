"""Nasty texts come back as they were, from every format."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from otklik.exports.files.columns import Column
from otklik.exports.files.text import plain
from otklik.exports.files.writers import make_writer
from otklik.exports.model import ExportPlan, FileFormat, Subject
from otklik.kit.i18n import Text

NASTY = st.text(
    st.one_of(
        st.sampled_from("=+-@'\"\t\r\n,;\\ \0\x1f\x7f\u2028\ufeff\u202e😀Яé"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
TEXTS = st.lists(st.one_of(st.none(), NASTY), min_size=1, max_size=12)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), NASTY),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NASTY, inner, max_size=3)),
    max_leaves=6,
)


def columns(*kinds: Any) -> list[Column]:
    return [Column(f"c{i}", kind, Text(en="c", ru="c")) for i, kind in enumerate(kinds)]


def written(plan: ExportPlan, table: pa.Table, of: list[Column]) -> bytes:
    writer = make_writer(plan, of, zone="UTC", header=True)
    return writer.begin() + writer.page(table, "cursor") + writer.end()


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


@given(TEXTS, st.sampled_from([",", ";"]))
def test_csv_gives_back_every_text(texts: list[str | None], separator: Literal[",", ";"]) -> None:
    plan = ExportPlan(subject=Subject.PROFILES, separator=separator)
    table = pa.table({"c0": pa.array(texts, pa.string()), "c1": pa.array(texts, pa.string())})
    body = written(plan, table, columns("text", "text")).decode()
    rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True))
    assert [[unguarded(cell) for cell in row] for row in rows[1:]] == [
        [text or "", text or ""] for text in texts
    ]
    for row in rows[1:]:
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))


@given(TEXTS)
def test_json_lines_give_back_every_text(texts: list[str | None]) -> None:
    plan = ExportPlan(subject=Subject.PROFILES, format=FileFormat.JSONL)
    body = written(plan, pa.table({"c0": pa.array(texts, pa.string())}), columns("text"))
    # By the newline alone: other marks that some readers take for line ends belong to the texts.
    rows = [json.loads(line) for line in body.split(b"\n")[:-1]]
    assert [row["c0"] for row in rows] == texts


@given(TEXTS)
def test_parquet_gives_back_every_text(texts: list[str | None]) -> None:
    plan = ExportPlan(subject=Subject.PROFILES, format=FileFormat.PARQUET)
    body = written(plan, pa.table({"c0": pa.array(texts, pa.string())}), columns("text"))
    assert pq.read_table(io.BytesIO(body))["c0"].to_pylist() == texts


@given(st.lists(JSON, min_size=1, max_size=8))
def test_json_values_stay_json_and_strings_lose_only_their_quotes(values: list[Any]) -> None:
    texts = [msgspec.json.encode(value).decode() for value in values]
    array = pa.array(texts, pa.string())
    plan = ExportPlan(subject=Subject.EVENTS, format=FileFormat.JSONL)
    body = written(plan, pa.table({"c0": array}), columns("json"))
    assert [json.loads(line)["c0"] for line in body.split(b"\n")[:-1]] == values
    shown = plain(array, "json").to_pylist()
    assert shown == [v if isinstance(v, str) else t for v, t in zip(values, texts, strict=True)]


@given(st.lists(st.floats(), min_size=1, max_size=8))
def test_numbers_come_back_and_what_json_cannot_say_is_null(values: list[float]) -> None:
    plan = ExportPlan(subject=Subject.EVENTS, format=FileFormat.JSONL)
    body = written(plan, pa.table({"c0": pa.array(values)}), columns("number"))
    found = [json.loads(line)["c0"] for line in body.split(b"\n")[:-1]]
    assert found == [v if math.isfinite(v) else None for v in values]


@given(st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=5))
def test_times_are_the_same_moment_in_every_zone(moments: list[datetime]) -> None:
    aware = [m.replace(microsecond=m.microsecond // 1000 * 1000, tzinfo=UTC) for m in moments]
    array = pa.array(aware, pa.timestamp("ms", "UTC"))
    for zone in ("UTC", "Europe/Moscow", "America/New_York", "Asia/Kathmandu"):
        read = [datetime.fromisoformat(text) for text in plain(array, "time", zone).to_pylist()]
        assert read == aware
