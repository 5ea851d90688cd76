"""The HTTP front of the embedded ClickHouse: the parts that need no engine."""

from __future__ import annotations

import base64
import contextlib
import gzip
import zlib
from urllib.parse import urlencode

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from otklik.runtime.embedded.clickhouse_http import (
    EngineError,
    Request,
    build_request,
    credentials,
    decode_body,
    first_word,
    output_format,
    split_arguments,
)


def request(arguments: dict[str, str], body: bytes = b"", content_type: str = "") -> Request:
    return build_request(arguments, body, content_type=content_type, default_database="otklik")


@pytest.mark.parametrize(
    ("query", "body", "sql", "data", "form"),
    [
        ("", b"SELECT 1 FORMAT Native", "SELECT 1 FORMAT Native", None, ""),
        ("INSERT INTO t FORMAT Arrow", b"\x00;'\n", "INSERT INTO t ", b"\x00;'\n", "Arrow"),
        ("", b"INSERT INTO t FORMAT Native\n\xff\x01", "INSERT INTO t ", b"\xff\x01", "Native"),
        ("", b"insert into t (a)\nformat CSV\n1\n", "insert into t (a)\n", b"1\n", "CSV"),
        (
            "",
            b"INSERT INTO `a format b` (`x format y`) FORMAT TSV\n1",
            "INSERT INTO `a format b` (`x format y`) ",
            b"1",
            "TSV",
        ),
        (
            "",
            b"/* INSERT format X */ INSERT INTO t SETTINGS a='format Y' FORMAT TSV\n1",
            "/* INSERT format X */ INSERT INTO t SETTINGS a='format Y' ",
            b"1",
            "TSV",
        ),
        ("", b"INSERT INTO t VALUES (1, 'format X')", None, None, ""),
        ("", b"INSERT INTO t FORMAT Values (1)", None, None, ""),
        ("", b"INSERT INTO t SELECT 1 FORMAT Null", None, None, ""),
        ("SELECT 1", b"", "SELECT 1", None, ""),
        ("", b"-- INSERT\nSELECT 'FORMAT x'", None, None, ""),
    ],
)
def test_it_cuts_rows_off_a_statement(
    query: str, body: bytes, sql: str | None, data: bytes | None, form: str
) -> None:
    made = request({"query": query}, body)
    assert made.sql == (sql if sql is not None else body.decode())
    assert made.data == data
    assert made.input_format == form


def test_it_finds_the_place_where_a_select_reads_the_rows() -> None:
    body = b"INSERT INTO t SELECT a, 'input(' FROM input('a UInt8') WHERE (a) FORMAT Arrow\nrows"
    made = request({}, body)
    assert made.input_call == (
        "INSERT INTO t SELECT a, 'input(' FROM ",
        "'a UInt8') WHERE (a) ",
    )
    assert made.data == b"rows"
    assert made.input_format == "Arrow"


@given(st.binary(max_size=200))
def test_it_passes_rows_through_unchanged(rows: bytes) -> None:
    assert request({}, b"INSERT INTO t (`a`) FORMAT Native\n" + rows).data == rows
    assert request({"query": "INSERT INTO t FORMAT Native"}, rows).data == rows


@given(st.binary(max_size=300))
def test_it_answers_any_body_with_a_request_or_an_engine_error(body: bytes) -> None:
    made = request({}, body)
    assert made.data is None or isinstance(made.data, bytes)
    with contextlib.suppress(EngineError):
        request({}, body, "multipart/form-data; boundary=x")


def test_it_tells_values_settings_and_transport_apart() -> None:
    arguments = {
        "query": "SELECT {a:String}",
        "param_a": "x",
        "max_threads": "2",
        "database": "d",
        "session_id": "s",
        "query_id": "q",
        "wait_end_of_query": "1",
        "client_protocol_version": "54405",
    }
    made = request(arguments)
    assert made.parameters == {"a": "x"}
    assert made.settings == {"max_threads": "2"}
    assert (made.database, made.query_id, made.streamed) == ("d", "q", False)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"max threads": "1"}, 115),
        ({"a;b": "1"}, 115),
        ({"param_a b": "1"}, 36),
        ({"decompress": "1"}, 48),
    ],
)
def test_it_refuses_what_it_does_not_understand(arguments: dict[str, str], code: int) -> None:
    with pytest.raises(EngineError) as caught:
        request({"query": "SELECT 1", **arguments})
    assert caught.value.code == code


def test_it_reads_a_form() -> None:
    fields = {"query": "SELECT {x:String}", "param_x": "a\r\nb; ж"}
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = ("".join(parts) + "--XX--\r\n").encode()
    made = request({}, body, "multipart/form-data; boundary=XX")
    assert made.sql == "SELECT {x:String}"
    assert made.parameters == {"x": "a\r\nb; ж"}


@given(st.lists(st.binary(max_size=1000), min_size=1, max_size=4))
def test_it_decodes_several_frames_as_one_body(frames: list[bytes]) -> None:
    plain = b"".join(frames)
    packed = {
        "lz4": b"".join(lz4.frame.compress(frame) for frame in frames),
        "zstd": b"".join(zstandard.compress(frame) for frame in frames),
        "gzip": b"".join(gzip.compress(frame) for frame in frames),
        "deflate": zlib.compress(plain),
        "identity": plain,
        "": plain,
    }
    for encoding, body in packed.items():
        assert decode_body([body[:7], body[7:]], encoding, limit=10_000) == plain


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate", "br"])
def test_it_refuses_a_damaged_body(encoding: str) -> None:
    with pytest.raises(EngineError):
        decode_body([b"not compressed at all"], encoding, limit=1000)


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_it_refuses_a_body_that_unpacks_beyond_the_limit(encoding: str) -> None:
    plain = bytes(100_000)
    body = {
        "lz4": lz4.frame.compress(plain),
        "zstd": zstandard.compress(plain),
        "gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
    }[encoding]
    with pytest.raises(EngineError) as caught:
        decode_body([body], encoding, limit=10_000)
    assert caught.value.status == 413


def test_it_takes_credentials_from_all_three_places() -> None:
    basic = b"Basic " + base64.b64encode(b"u:p:q")
    assert credentials({b"authorization": basic}, {}) == ("u", "p:q")
    assert credentials({b"x-clickhouse-user": b"u", b"x-clickhouse-key": b"k"}, {}) == ("u", "k")
    assert credentials({}, {"user": "u", "password": "p"}) == ("u", "p")
    assert credentials({}, {}) == ("default", "")
    assert credentials({b"authorization": b"Basic %%%"}, {}) == ("", "")


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4))
def test_it_reads_arguments_of_any_text(values: dict[str, str]) -> None:
    values = {k: v.encode("utf-8", "replace").decode() for k, v in values.items()}
    values = {k.encode("utf-8", "replace").decode(): v for k, v in values.items()}
    assert split_arguments(urlencode(values).encode()) == values


def test_it_sees_what_kind_of_statement_it_is() -> None:
    assert first_word("-- hello\n/* x */ ( Select 1)") == "SELECT"
    assert first_word("exists table t") == "EXISTS"
    assert first_word("'select'") == ""


def test_it_names_the_format_of_an_answer() -> None:
    assert output_format("SELECT 1\n FORMAT Native", "TabSeparated") == "Native"
    assert output_format("SELECT 1 format JSON ;", "TabSeparated") == "JSON"
    assert output_format("SELECT 1", "CSV") == "CSV"


def test_it_words_an_error_as_a_server_does() -> None:
    error = EngineError.from_engine(RuntimeError("xx Code: 60. DB::Exception: No. (A)"), "26.9")
    assert (error.code, error.status) == (60, 404)
    assert error.text == "Code: 60. DB::Exception: No. (A) (version 26.9)"
    unknown = EngineError.from_engine(RuntimeError("odd"), "26.9")
    assert (unknown.code, unknown.status) == (1002, 500)
