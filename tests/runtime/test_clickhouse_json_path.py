"""Names that users give to properties, inside the SQL, against the real engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from otklik.kit.clickhouse_sql import JsonKind, json_exists, json_path, quote_name, quote_text
from otklik.kit.ids import new_token
from otklik.runtime.clickhouse import ClickHouse
from otklik.runtime.embedded.supervisor import EmbeddedEngines

VALUES: dict[JsonKind, object] = {
    "number": 7,
    "string": "v",
    "bool": True,
    "strings": ["x", "y"],
}
PIECES = [
    *"`.:^@'\"\\ab[]()\n\t\r{}%#;,0-=$?/* ",
    "Int64",
    "String",
    "null",
    "size0",
    "--",
    "/*",
    "ж",
    "😀",
    "\x7f",
    "\u2028",
    "{x:String}",
    "') OR 1=1 --",
]
names = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10
)


class Json:
    """One client on one loop, so that hypothesis can ask from plain functions."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._ch = ClickHouse(url, pool_size=1)
        self._table = f"j_{new_token(64).replace('-', '_')}"
        self.run(
            self._ch.command(f"CREATE TABLE {self._table} (id UInt64, p JSON) ENGINE = Memory")
        )

    def run(self, work: object) -> object:
        return self._loop.run_until_complete(work)  # type: ignore[arg-type]

    def read(self, documents: list[object], *expressions: str) -> list[tuple[object, ...]]:
        table = pa.table(
            {
                "id": pa.array(range(len(documents)), pa.uint64()),
                "p": [msgspec.json.encode(document).decode() for document in documents],
            }
        )
        self.run(self._ch.command(f"TRUNCATE TABLE {self._table}"))
        self.run(self._ch.insert_arrow(self._table, table))
        sql = f"SELECT {', '.join(expressions)} FROM {self._table} ORDER BY id"
        found = self.run(self._ch.query(sql))
        assert isinstance(found, list)
        return found

    def close(self) -> None:
        self.run(self._ch.command(f"DROP TABLE {self._table}"))
        self.run(self._ch.close())
        self._loop.close()


@pytest.fixture(scope="module")
def base(engines: EmbeddedEngines) -> Iterator[Json]:
    made = Json(engines.clickhouse_url)
    yield made
    made.close()


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=names)
@example(name="")
@example(name=".")
@example(name="a.:`Int64`")
@example(name=":`Int64`")
@example(name="^`a`")
@example(name="a.^`b`")
@example(name="@`a`")
@example(name="a\\")
@example(name="\\`")
def test_it_reads_any_name_and_only_that(base: Json, name: str) -> None:
    documents: list[object] = [*({name: value} for value in VALUES.values()), {}, {name + "x": 1}]
    rows = base.read(
        documents,
        *(json_path("p", name, kind) for kind in VALUES),
        json_exists("p", name),
    )
    for index, row in enumerate(rows):
        for column, (kind, value) in enumerate(VALUES.items()):
            nothing: object = [] if kind == "strings" else None
            assert row[column] == (value if index == column else nothing)
        assert bool(row[-1]) is (index < len(VALUES))


def test_it_reads_nested_objects_by_dots(base: Json) -> None:
    rows = base.read(
        [{"a": {"b": {"c": 1}}}, {"a.b": {"c": 2}}],
        json_path("p", "a.b.c", "number"),
        json_exists("p", "a.b"),
    )
    assert rows == [(1.0, False), (2.0, False)]


def test_it_reads_every_kind_of_number(base: Json) -> None:
    numbers = [0, -5, 2**63, 2**64 - 1, 1.5, -1e300, "5", True, None]
    rows = base.read([{"n": number} for number in numbers], json_path("p", "n", "number"))
    assert [row[0] for row in rows] == [0.0, -5.0, 2.0**63, 2.0**64, 1.5, -1e300, None, None, None]


@pytest.mark.parametrize("name", ["l", ":`l`"])
def test_it_reads_lists_as_texts(base: Json, name: str) -> None:
    lists = [["a", None, "б'"], [1, 2], [1.5, 2], [True], [1, "a", None], [], "a", [{"x": 1}]]
    rows = base.read([{name: value} for value in lists], json_path("p", name, "strings"))
    assert [row[0] for row in rows] == [
        ["a", "б'"],
        ["1", "2"],
        ["1.5", "2"],
        ["true"],
        ["1", "a"],
        [],
        [],
        [],
    ]


def test_it_takes_plain_columns_only() -> None:
    assert json_path("e.properties", "a", "string") == "e.properties.`a`.:String"
    for column in ("p)", "a.b.c", "", "`p`", "p\n"):
        with pytest.raises(ValueError, match="not a column"):
            json_path(column, "a", "string")
        with pytest.raises(ValueError, match="not a column"):
            json_exists(column, "a")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_it_quotes_texts_and_names(base: Json, text: str) -> None:
    assert base.read([{}], quote_text(text)) == [(text,)]
    # The engine keeps the name `null` of a tuple's part for itself.
    if text and "\0" not in text and text != "null":
        quoted = f"tupleElement(CAST(tuple(1) AS Tuple({quote_name(text)} UInt8)), 1)"
        assert base.read([{}], quoted) == [(1,)]
    assert json.loads(json.dumps(text)) == text
