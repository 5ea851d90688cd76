"""The program's own client of ClickHouse: values, tokens, waiting, errors."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.entrypoints.engines import EngineUrls
from otklik.kit.ids import new_token
from otklik.runtime.clickhouse_migrations import migrate_clickhouse
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.errors import EngineUnavailable
from otklik.runtime.public import (
    CURRENT_PROFILE,
    ClickHouse,
    ClickHouseError,
    OutcomeUnknown,
)

DEAD = "http://otklik:secret-word@127.0.0.1:9/otklik"


@pytest.fixture(scope="module")
async def ch(engines: EngineUrls) -> AsyncIterator[ClickHouse]:
    made = ClickHouse(engines.clickhouse_url)
    await migrate_clickhouse(engines.clickhouse_url, engines.database_url)
    yield made
    await made.close()


@pytest.fixture
async def table(ch: ClickHouse) -> AsyncIterator[str]:
    name = f"c_{new_token(64).replace('-', '_')}"
    await ch.command(
        f"CREATE TABLE {name} (id UInt64, at DateTime64(3, 'UTC'), properties JSON) "
        "ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100"
    )
    yield name
    await ch.command(f"DROP TABLE {name}")


AT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)


def rows(*documents: str) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(range(len(documents)), pa.uint64()),
            "at": pa.array([AT] * len(documents), pa.timestamp("ms", "UTC")),
            "properties": list(documents),
        }
    )


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    | st.sampled_from("'\\`\"\n\t{}$%"),
    max_size=20,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.fixed_dictionaries(
        {
            "a": texts,
            "b": st.lists(texts, max_size=4),
            "c": st.integers(-(2**63), 2**63 - 1),
            "d": st.floats(allow_nan=False),
            "e": st.booleans(),
            "f": st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)).map(
                lambda d: d.replace(tzinfo=UTC, microsecond=d.microsecond // 1000 * 1000)
            ),
            "g": st.none(),
        }
    )
)
def test_it_binds_every_value_as_it_is(engines: EngineUrls, values: dict[str, object]) -> None:

    async def ask() -> list[tuple[object, ...]]:
        client = ClickHouse(engines.clickhouse_url, pool_size=1)
        try:
            return await client.query(
                "SELECT {a:String}, {b:Array(String)}, {c:Int64}, {d:Float64}, {e:Bool}, "
                "{f:DateTime64(3, 'UTC')}, {g:Nullable(String)}",
                values,
            )
        finally:
            await client.close()

    (row,) = asyncio.run(ask())
    found = dict(zip("abcdefg", row, strict=True))
    assert math.isclose(float(str(found.pop("d"))), float(str(values["d"])), rel_tol=1e-15)
    assert found == {name: value for name, value in values.items() if name != "d"}


async def test_it_refuses_a_value_that_the_text_does_not_name(ch: ClickHouse) -> None:
    with pytest.raises(ValueError, match="does not name"):
        await ch.query("SELECT %(x)s", {"x": 1})


async def test_it_keeps_strings_in_json_strings(ch: ClickHouse, table: str) -> None:
    document = (
        '{"day":"2026-01-02","moment":"2026-01-02T03:04:05Z","number":"12","yes":"true",'
        '"list":["2026-01-02"],"int":1,"float":1.5,"bool":true,"in":{"day":"2026-01-02"}}'
    )
    await ch.insert_arrow(table, rows(document))
    line = f'{{"id":9,"at":"{AT.isoformat()}","properties":{document}}}\n'
    await ch.insert_lines(table, line.encode())
    expected = {
        "day": "String",
        "moment": "String",
        "number": "String",
        "yes": "String",
        "list": "Array(Nullable(String))",
        "int": "Int64",
        "float": "Float64",
        "bool": "Bool",
        "in.day": "String",
    }
    found = await ch.query(f"SELECT at, JSONAllPathsWithTypes(properties) FROM {table}")
    assert found == [(AT, expected), (AT, expected)]


@pytest.mark.parametrize("kind", ["arrow", "lines"])
async def test_it_stores_an_insert_with_a_known_token_once(
    ch: ClickHouse, table: str, kind: str
) -> None:
    for token in ("one", "one", "two", "one", None):
        if kind == "arrow":
            assert await ch.insert_arrow(table, rows("{}", "{}"), token=token) == 2
        else:
            await ch.insert_lines(table, b'{"id":1}\n{"id":2}\n', token=token)
    assert await ch.query(f"SELECT count() FROM {table}") == [(6,)]


async def test_it_recognises_the_token_of_an_insert_of_many_blocks(
    ch: ClickHouse, table: str
) -> None:
    many = rows(*(f'{{"n":{i}}}' for i in range(300_000)))
    for _ in range(2):
        await ch.insert_arrow(table, many, token="many", settings={"max_insert_block_size": 50_000})
    assert await ch.query(f"SELECT count(), uniqExact(properties.n) FROM {table}") == [
        (300_000, 300_000)
    ]


async def test_it_compresses_on_the_way_to_another_machine(engines: EngineUrls, table: str) -> None:
    far = ClickHouse(engines.clickhouse_url, compress=True)
    await far.insert_arrow(table, rows('{"a":"x"}'), token="a")
    await far.insert_lines(table, b'{"id":1}\n', token="b")
    assert await far.query(f"SELECT id FROM {table} ORDER BY id") == [(0,), (1,)]
    assert (await far.query_arrow(f"SELECT id FROM {table}")).num_rows == 2
    await far.close()


async def test_it_inserts_nothing_for_nothing(ch: ClickHouse, table: str) -> None:
    assert await ch.insert_arrow(table, rows().schema.empty_table()) == 0
    await ch.insert_lines(table, b"\n")
    assert await ch.query(f"SELECT count() FROM {table}") == [(0,)]


async def test_it_refuses_a_line_with_an_unknown_key(ch: ClickHouse, table: str) -> None:
    with pytest.raises(ClickHouseError) as caught:
        await ch.insert_lines(table, b'{"id":1,"nope":"secret-value"}\n')
    assert caught.value.number == 117
    assert "secret-value" not in str(caught.value)


async def test_it_raises_the_error_of_clickhouse(ch: ClickHouse) -> None:
    with pytest.raises(ClickHouseError, match="Unknown expression identifier `nope`") as caught:
        await ch.query("SELECT nope")
    assert (caught.value.number, caught.value.status) == (47, 500)


async def test_it_reads_arrow(ch: ClickHouse, table: str) -> None:
    await ch.insert_arrow(table, rows('{"a":"x"}', "{}"))
    found = await ch.query_arrow(
        f"SELECT id, at, toString(properties) AS p FROM {table} "
        "WHERE id >= {least:UInt64} ORDER BY id",
        {"least": 0},
    )
    assert found.column("id").to_pylist() == [0, 1]
    assert found.column("at").to_pylist() == [AT, AT]
    assert found.column("p").to_pylist() == ['{"a":"x"}', "{}"]


async def test_it_runs_queries_side_by_side(ch: ClickHouse) -> None:
    began = time.monotonic()
    await asyncio.gather(*(ch.query("SELECT sleep(0.5)") for _ in range(6)))
    assert time.monotonic() - began < 2.5


async def test_it_sees_merges_at_once(ch: ClickHouse) -> None:
    workspace = int.from_bytes(os.urandom(3), "big")
    sql = (
        f"SELECT profile_id, {CURRENT_PROFILE} FROM (SELECT {{workspace:UInt32}} AS workspace_id, "
        "arrayJoin([1, 2, 3]::Array(UInt64)) AS profile_id) ORDER BY profile_id"
    )

    def merge(from_id: int, into_id: int, undone: int, version: int) -> pa.Table:
        return pa.table(
            {
                "workspace_id": pa.array([workspace], pa.uint32()),
                "from_id": pa.array([from_id], pa.uint64()),
                "into_id": pa.array([into_id], pa.uint64()),
                "undone": pa.array([undone], pa.uint8()),
                "version": pa.array([version], pa.uint64()),
            }
        )

    token = new_token()
    assert await ch.query(sql, {"workspace": workspace}) == [(1, 1), (2, 2), (3, 3)]
    await ch.insert_arrow("profile_merges", merge(1, 3, 0, 1), token=f"{token}1")
    await ch.insert_arrow("profile_merges", merge(2, 3, 0, 2), token=f"{token}2")
    assert await ch.query(sql, {"workspace": workspace}) == [(1, 3), (2, 3), (3, 3)]
    await ch.insert_arrow("profile_merges", merge(1, 3, 1, 3), token=f"{token}3")
    assert await ch.query(sql, {"workspace": workspace}) == [(1, 1), (2, 3), (3, 3)]
    # Another workspace's ids are another's.
    other = await ch.query(sql, {"workspace": workspace + 1})
    assert other == [(1, 1), (2, 2), (3, 3)]


async def test_it_returns_uuids_and_bitmaps(ch: ClickHouse) -> None:
    ref = UUID("11111111-2222-4333-8444-555555555555")
    found = await ch.query(
        "SELECT {r:UUID}, bitmapToArray(groupBitmapState(number)) FROM numbers(3)", {"r": ref}
    )
    assert found == [(ref, [0, 1, 2])]


async def test_it_gives_up_after_its_budget(caplog: pytest.LogCaptureFixture) -> None:
    away = ClickHouse(DEAD, wait_budget_s=0.3)
    with caplog.at_level(logging.DEBUG):
        for attempt in (away.query("SELECT 1"), away.command("SELECT 1"), away.wait_ready(0.2)):
            began = time.monotonic()
            with pytest.raises(EngineUnavailable) as caught:
                await attempt
            assert time.monotonic() - began < 2
            assert caught.value.status == 503
    assert "secret-word" not in caplog.text
    await away.close()


async def test_it_tells_that_it_was_closed(engines: EngineUrls) -> None:
    client = ClickHouse(engines.clickhouse_url)
    await client.query("SELECT 1")
    await client.close()
    with pytest.raises(EngineUnavailable):
        await client.query("SELECT 1")


async def test_it_does_not_wait_where_the_password_is_wrong(engines: EngineUrls) -> None:
    scheme, rest = engines.clickhouse_url.split("://")
    client = ClickHouse(f"{scheme}://otklik:wrong@{rest.split('@')[1]}")
    with pytest.raises(ClickHouseError) as caught:
        await client.wait_ready()
    assert caught.value.number == 516
    await client.close()


async def test_it_knows_a_column_that_was_added_later(ch: ClickHouse, table: str) -> None:
    await ch.insert_arrow(table, rows("{}"))
    await ch.command(f"ALTER TABLE {table} ADD COLUMN more JSON", repeatable=True)
    await ch.insert_arrow(table, rows("{}").append_column("more", [['{"day":"2026-01-02"}']]))
    found = await ch.query(f"SELECT dynamicType(more.day) FROM {table} ORDER BY 1")
    assert found == [("None",), ("String",)]


def test_it_refuses_a_strange_address() -> None:
    with pytest.raises(ValueError, match="http"):
        ClickHouse("clickhouse://localhost/otklik")


async def test_it_says_when_the_outcome_of_a_write_is_unknown(tmp_path: Path) -> None:
    async with EmbeddedEngines(tmp_path, postgres=False) as engines:
        client = ClickHouse(engines.clickhouse_url)
        await client.command("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        slow = asyncio.create_task(
            client.command("INSERT INTO t SELECT sleepEachRow(0.1) FROM numbers(25)")
        )
        slow_read = asyncio.create_task(
            client.query("SELECT sum(sleepEachRow(0.1)) FROM numbers(12)")
        )
        await asyncio.sleep(0.5)
        assert engines.clickhouse_pid
        os.kill(engines.clickhouse_pid, signal.SIGKILL)
        with pytest.raises(OutcomeUnknown):
            await slow
        # A read is simply asked again.
        assert await slow_read == [(0,)]
        await client.close()


async def test_it_outlives_a_planned_stop_of_the_engine(tmp_path: Path) -> None:
    async with EmbeddedEngines(tmp_path, postgres=False) as engines:
        client = ClickHouse(engines.clickhouse_url)
        reads = [
            asyncio.create_task(client.query("SELECT sum(number) FROM numbers(3000000000)"))
            for _ in range(3)
        ]
        await asyncio.sleep(0.3)
        assert engines.clickhouse_pid
        os.kill(engines.clickhouse_pid, signal.SIGTERM)
        for read in reads:
            assert await read == [(4499999998500000000,)]
        await client.close()
