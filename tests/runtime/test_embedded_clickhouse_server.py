"""The HTTP front of the embedded ClickHouse, asked over the wire as any client would."""

from __future__ import annotations

import asyncio
import gzip
import io
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pyarrow as pa
import pytest

from otklik.kit.ids import new_token
from otklik.runtime.embedded.supervisor import EmbeddedEngines


@pytest.fixture
async def http(engines: EmbeddedEngines) -> AsyncIterator[httpx.AsyncClient]:
    url = urlsplit(engines.clickhouse_url)
    async with httpx.AsyncClient(
        base_url=f"http://{url.hostname}:{url.port}",
        auth=(url.username or "", url.password or ""),
        timeout=60,
        trust_env=False,
    ) as client:
        yield client


@pytest.fixture
async def table(http: httpx.AsyncClient) -> AsyncIterator[str]:
    name = f"t_{new_token(64).replace('-', '_')}"
    made = await http.post(
        "/", content=f"CREATE TABLE {name} (a UInt64, s String) ENGINE = MergeTree ORDER BY a"
    )
    assert made.status_code == 200
    yield name
    await http.post("/", content=f"DROP TABLE {name}")


async def ask(http: httpx.AsyncClient, sql: str, **arguments: str) -> httpx.Response:
    return await http.post("/", content=sql.encode(), params=arguments)


async def test_it_answers_ping_without_a_password(http: httpx.AsyncClient) -> None:
    answer = await http.get("/ping", auth=("", ""))
    assert (answer.status_code, answer.text) == (200, "Ok.\n")


@pytest.mark.parametrize("auth", [("otklik", "wrong"), ("default", ""), ("", "")])
async def test_it_refuses_a_wrong_password(http: httpx.AsyncClient, auth: tuple[str, str]) -> None:
    answer = await http.post("/", content="SELECT 1", auth=auth)
    assert answer.status_code == 403
    assert answer.headers["X-ClickHouse-Exception-Code"] == "516"
    assert answer.text.startswith("Code: 516. DB::Exception: ")


async def test_it_answers_with_the_headers_of_a_server(http: httpx.AsyncClient) -> None:
    answer = await ask(
        http, "SELECT number FROM numbers(3)", query_id="mine", wait_end_of_query="1"
    )
    assert answer.text == "0\n1\n2\n"
    assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
    assert answer.headers["X-ClickHouse-Format"] == "TabSeparated"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    assert '"result_rows": "3"' in answer.headers["X-ClickHouse-Summary"]
    empty = await ask(http, "SELECT 1 WHERE 0", wait_end_of_query="1")
    assert (empty.text, empty.headers["X-ClickHouse-Format"]) == ("", "TabSeparated")
    control = await ask(http, "SYSTEM FLUSH LOGS")
    assert "X-ClickHouse-Format" not in control.headers


@pytest.mark.parametrize(
    ("sql", "status", "code"),
    [
        ("SELEC 1", 400, "62"),
        ("SELECT nope", 404, "47"),
        ("SELECT 1 FROM nope", 404, "60"),
        ("SELECT 1; SELECT 2", 400, "62"),
        ("SELECT throwIf(1)", 500, "395"),
        ("SELECT {x:UInt8}", 400, "456"),
    ],
)
async def test_it_gives_errors_their_codes(
    http: httpx.AsyncClient, sql: str, status: int, code: str
) -> None:
    for arguments in ({}, {"wait_end_of_query": "1"}):
        answer = await ask(http, sql, **arguments)
        assert answer.headers["X-ClickHouse-Exception-Code"] == code
        assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
        assert answer.status_code == status


async def test_it_refuses_unknown_databases_and_settings(http: httpx.AsyncClient) -> None:
    assert (await ask(http, "SELECT 1", database="no")).headers[
        "X-ClickHouse-Exception-Code"
    ] == "81"
    assert (await ask(http, "SELECT 1", nope="1")).headers["X-ClickHouse-Exception-Code"] == "115"


async def test_it_keeps_settings_to_the_request(http: httpx.AsyncClient) -> None:
    asked = "SELECT getSetting('max_block_size')"
    before = (await ask(http, asked)).text
    assert (await ask(http, asked, max_block_size="777")).text == "777\n"
    await ask(http, "SET max_block_size = 888")
    await ask(http, "USE system")
    assert (await ask(http, asked)).text == before
    assert (await ask(http, "SELECT currentDatabase()")).text == "otklik\n"


async def test_it_binds_values(http: httpx.AsyncClient) -> None:
    sql = "SELECT {x:String} AS x FORMAT JSONEachRow"
    answer = await ask(http, sql, param_x="a'b\\\\ \\n{y:String}")
    assert answer.json() == {"x": "a'b\\ \n{y:String}"}


async def test_it_never_writes_on_a_get(http: httpx.AsyncClient, table: str) -> None:
    assert (await http.get("/", params={"query": f"SELECT count() FROM {table}"})).text == "0\n"
    answer = await http.get("/", params={"query": f"DROP TABLE {table}"})
    assert answer.headers["X-ClickHouse-Exception-Code"] == "164"


async def test_it_tolerates_sessions(http: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await ask(http, "SELECT 1", session_id="s", session_timeout="60")
        assert answer.text == "1\n"


async def test_it_reads_compressed_rows(http: httpx.AsyncClient, table: str) -> None:
    answer = await http.post(
        "/",
        params={"query": f"INSERT INTO {table} FORMAT CSV"},
        content=gzip.compress(b"1,one\n2,two\n"),
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.status_code == 200
    assert '"written_rows": "2"' in answer.headers["X-ClickHouse-Summary"]
    assert (await ask(http, f"SELECT * FROM {table} ORDER BY a")).text == "1\tone\n2\ttwo\n"


async def test_it_stores_nothing_of_a_bad_insert(http: httpx.AsyncClient, table: str) -> None:
    answer = await ask(http, f"INSERT INTO {table} FORMAT CSV\n1,one\nx,two\n")
    assert answer.status_code == 400
    assert (await ask(http, f"SELECT count() FROM {table}")).text == "0\n"


async def test_it_takes_a_body_of_fifty_megabytes(http: httpx.AsyncClient, table: str) -> None:
    rows = 500_000
    arrow = pa.table({"a": pa.array(range(rows), pa.uint64()), "s": ["x" * 90] * rows})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, arrow.schema) as writer:
        writer.write_table(arrow)
    assert len(sink.getvalue()) > 50_000_000
    answer = await http.post(
        "/", params={"query": f"INSERT INTO {table} FORMAT Arrow"}, content=sink.getvalue()
    )
    assert answer.status_code == 200
    assert (await ask(http, f"SELECT count(), sum(length(s)) FROM {table}")).text == (
        f"{rows}\t{rows * 90}\n"
    )
    back = await ask(http, f"SELECT * FROM {table} ORDER BY a FORMAT Arrow")
    assert pa.ipc.open_file(back.content).read_all().num_rows == rows


async def test_it_streams_a_large_result_in_parts(http: httpx.AsyncClient) -> None:
    size = 0
    sql = "SELECT number, repeat('x', 100) FROM numbers(2000000) FORMAT TabSeparated"
    async with http.stream("POST", "/", content=sql) as answer:
        assert "X-ClickHouse-Summary" not in answer.headers
        async for part in answer.aiter_bytes():
            size += len(part)
    assert size > 200_000_000


async def test_it_bounds_a_result_that_is_not_streamed(http: httpx.AsyncClient) -> None:
    sql = "SELECT number FROM numbers(1000000) FORMAT Native"
    answer = await ask(http, sql, wait_end_of_query="1", max_result_bytes="1000000")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "396"


async def test_it_says_a_late_error_inside_the_stream(http: httpx.AsyncClient) -> None:
    sql = "SELECT throwIf(number = 5000000) FROM numbers(10000000) FORMAT TabSeparated"
    answer = await ask(http, sql, max_threads="1")
    assert answer.status_code == 200
    tag = answer.headers["X-ClickHouse-Exception-Tag"]
    assert f"__exception__\r\n{tag}\r\nCode: 395." in answer.text


async def test_it_stops_a_query_at_its_time_limit(http: httpx.AsyncClient) -> None:
    began = time.monotonic()
    sql = "SELECT sum(number) FROM numbers(100000000000)"
    answer = await ask(http, sql, max_execution_time="0.3", wait_end_of_query="1")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "159"
    assert time.monotonic() - began < 5


async def test_it_stops_a_read_whose_client_went_away(http: httpx.AsyncClient) -> None:
    sql = "SELECT sum(number) FROM numbers(1000000000000)"
    with pytest.raises(httpx.ReadTimeout):
        await http.post("/", content=sql, params={"wait_end_of_query": "1"}, timeout=0.3)
    running = "SELECT count() FROM system.processes WHERE query LIKE '%1000000000000%'"
    for _ in range(100):
        # The question itself runs too and holds the number.
        if (await ask(http, running)).text == "1\n":
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the query still runs")


async def test_it_refuses_a_query_that_wants_too_much_memory(http: httpx.AsyncClient) -> None:
    sql = "SELECT groupArray(number) FROM numbers(100000000)"
    answer = await ask(http, sql, max_memory_usage="100000000", wait_end_of_query="1")
    assert answer.headers["X-ClickHouse-Exception-Code"] == "241"
    assert (await ask(http, "SELECT 1")).text == "1\n"
