"""The official driver, unchanged, against the embedded ClickHouse."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from otklik.kit.ids import new_token
from otklik.runtime.embedded.supervisor import EmbeddedEngines


def make_client(engines: EmbeddedEngines, **options: Any) -> Any:
    url = urlsplit(engines.clickhouse_url)
    given = {"password": url.password, "username": url.username, "database": "otklik", **options}
    return clickhouse_connect.get_client(
        host=url.hostname, port=url.port, dedicated_pool=True, **given
    )


@pytest.fixture
def client(engines: EmbeddedEngines) -> Iterator[Any]:
    made = make_client(engines)
    yield made
    made.close()


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    name = f"d_{new_token(64).replace('-', '_')}"
    client.command(
        f"CREATE TABLE {name} (id UInt64, name LowCardinality(String), at DateTime64(3, 'UTC'), "
        "tags Array(String), score Nullable(Float64), ref UUID, properties JSON) "
        "ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100"
    )
    yield name
    client.command(f"DROP TABLE {name}")


AT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
REF = UUID("11111111-2222-4333-8444-555555555555")
ROW = [1, "имя", AT, ["a", "б"], None, REF, {"a": 1, "b": {"c": "x"}}]
COLUMNS = ["id", "name", "at", "tags", "score", "ref", "properties"]


def test_it_says_hello_as_a_server_does(client: Any) -> None:
    assert client.ping()
    assert int(client.server_version.split(".")[0]) >= 26
    assert str(client.server_tz) == "UTC"
    assert len(client.server_settings) > 500


@pytest.mark.parametrize("compress", [False, "lz4", "zstd", "gzip"])
def test_it_inserts_and_reads_rows_with_any_compression(
    engines: EmbeddedEngines, table: str, compress: str | bool
) -> None:
    client = make_client(engines, compress=compress, tz_mode="aware")
    summary = client.insert(table, [ROW], column_names=COLUMNS)
    assert summary.written_rows == 1
    result = client.query(f"SELECT * FROM {table}")
    assert tuple(result.column_names) == tuple(COLUMNS)
    assert list(result.result_rows[0]) == ROW
    client.close()


def test_it_reads_and_writes_arrow(client: Any, table: str) -> None:
    arrow = pa.table(
        {
            "id": pa.array([1, 2], pa.uint64()),
            "name": ["x", "y"],
            "at": pa.array([AT, AT], pa.timestamp("ms", "UTC")),
            "properties": ['{"k": 1}', "{}"],
        }
    )
    for _ in range(2):
        client.insert_arrow(table, arrow, settings={"insert_deduplication_token": "once"})
    back = client.query_arrow(f"SELECT id, name, at FROM {table} ORDER BY id")
    assert back.column("id").to_pylist() == [1, 2]
    assert back.column("name").to_pylist() == ["x", "y"]
    assert back.column("at").to_pylist() == [AT, AT]
    stream = client.query_arrow_stream("SELECT number FROM numbers(200000)")
    with stream:
        assert sum(batch.num_rows for batch in stream) == 200_000


def test_it_binds_values_in_the_address_and_in_a_form(client: Any) -> None:
    values = {"s": "it's\t\\ \n", "n": 5, "l": ["a'b", "c"], "d": AT, "b": True, "z": None}
    sql = (
        "SELECT {s:String}, {n:UInt8}, {l:Array(String)}, {d:DateTime64(3, 'UTC')}, {b:Bool}, "
        "{z:Nullable(String)}"
    )
    (row,) = client.query(sql, parameters=values).result_rows
    assert row[:3] == ("it's\t\\ \n", 5, ["a'b", "c"])
    assert row[4:] == (True, None)
    ids = list(range(20_000))
    found = client.query("SELECT arraySum({ids:Array(UInt64)})", parameters={"ids": ids})
    assert found.result_rows == [(sum(ids),)]


def test_it_runs_commands(client: Any, table: str) -> None:
    assert client.command("SELECT 1") == 1
    assert client.command(f"EXISTS TABLE {table}") == 1
    assert client.command("SELECT 'a', 'b'") == ["a", "b"]
    assert client.command("SELECT 1 WHERE 0") == ""
    columns = client.query(f"SELECT id, name FROM {table} LIMIT 0")
    assert columns.column_names == ("id", "name")


def test_it_raises_errors_with_their_codes(client: Any) -> None:
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT nope")
    assert (caught.value.code, caught.value.name) == (47, "UNKNOWN_IDENTIFIER")
    with pytest.raises(DatabaseError) as caught:
        client.insert("no_such_table", [[1]], column_names=["a"], column_type_names=["UInt8"])
    assert caught.value.code == 60


def test_it_raises_an_error_that_comes_in_the_middle_of_a_stream(client: Any) -> None:
    sql = "SELECT throwIf(number = 5000000, 'late') FROM numbers(10000000)"
    with (
        pytest.raises(StreamFailureError, match="late"),
        client.query_row_block_stream(sql, settings={"max_threads": 1}) as stream,
    ):
        for _ in stream:
            pass


def test_it_refuses_a_wrong_password(engines: EmbeddedEngines) -> None:
    with pytest.raises(DatabaseError) as caught:
        make_client(engines, password="wrong")
    assert caught.value.code == 516


def test_it_serves_several_clients_at_once(engines: EmbeddedEngines) -> None:
    answers: list[int] = []

    def work(number: int) -> None:
        client = make_client(engines)
        for _ in range(5):
            sql = "SELECT sum(number) + {n:UInt64} FROM numbers(1000000)"
            answers.append(client.command(sql, parameters={"n": number}) - 499999500000)
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == sorted(number for number in range(6) for _ in range(5))
