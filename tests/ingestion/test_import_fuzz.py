"""Whatever a file holds: rows, or a clear refusal; never a traceback, in bounded memory."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.ingestion.imports import files
from otklik.ingestion.imports.errors import MissingField
from otklik.ingestion.imports.fields import make_plan
from otklik.ingestion.imports.guess import make_guess
from otklik.ingestion.imports.make import make_rows
from otklik.ingestion.imports.model import (
    FileFormat,
    ImportKind,
    ImportOptions,
    problem_text,
)
from otklik.ingestion.imports.reader import read_piece
from otklik.ingestion.imports.shown import shown
from otklik.ingestion.imports.suggest import questions
from otklik.kit.errors import OtklikError
from tests.ingestion.test_import_sources import workbook

MB = 1024 * 1024
CHOICES = ImportOptions(event_name="Seen", effect="granted")

cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "a@b.example",
            "+7 916 123-45-67",
            "03.04.2026",
            "1 234,5",
            "да",
            "=1+1",
            "'=1+1",
            "\u202eтекст",
            "😀",
            "\0",
            '"',
            'a "quoted" word',
            "\r",
            "a\nb",
            "9" * 400,
            "1e999",
            "NaN",
            "\ufeff",
            "[" * 60,
        ]
    ),
)
headers = st.lists(
    cells
    | st.sampled_from(
        ["email", "phone", "date", "status", "order_id", "sum", "event", "reason", "ip", "Имя"]
    ),
    min_size=1,
    max_size=6,
)
tables = st.tuples(headers, st.lists(st.lists(cells, max_size=7), max_size=6))
ends = st.sampled_from(["\n", "\r\n", "\r", "\n\r\n"])
encodings = st.sampled_from(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1251", "koi8-r", "ibm866", "utf-16-be"]
)


def written(table: Any, separator: str, end: str, encoding: str) -> bytes:
    header, rows = table
    lines = [separator.join(row) for row in (header, *rows)]
    return end.join(lines).encode(encoding, "replace")


csvs = st.builds(written, tables, st.sampled_from(",;\t|"), ends, encodings)
jsons = st.builds(
    lambda rows: "\n".join(json.dumps(row) for row in rows).encode(),
    st.lists(st.dictionaries(cells, cells | st.lists(cells, max_size=2), max_size=4), max_size=5),
)


def cut(content: bytes, at: int, flip: int) -> bytes:
    """Damage a file: cut its end, change one byte."""
    damaged = bytearray(content[: max(1, len(content) - at)])
    if damaged:
        damaged[flip % len(damaged)] ^= 0x5A
    return bytes(damaged)


packed = st.builds(gzip.compress, csvs | jsons)
books = st.builds(
    lambda text: workbook(f'<row r="1"><c t="inlineStr"><is><t>{text}</t></is></c></row>'),
    st.text(alphabet="ab1@.&;<>é", max_size=12),
)
anything = st.one_of(
    st.binary(max_size=400),
    csvs,
    jsons,
    packed,
    st.builds(gzip.compress, packed),
    st.builds(cut, packed | books | csvs, st.integers(0, 60), st.integers(0, 5_000)),
)


def go(path: Path, content: bytes, kinds: list[ImportKind]) -> int:
    """Take a file the whole way to rows, for every kind; returns how many rows were read."""
    path.write_bytes(content)
    try:
        form = files.prepare(path)
    except OtklikError as error:
        refused = error
    else:
        return _read(path, form, kinds)
    assert refused.text("ru") != refused.text("en")
    return 0


def _read(path: Path, form: FileFormat, kinds: list[ImportKind]) -> int:
    read, offset, line = 0, 0, 0
    while True:
        piece = read_piece(path, form, offset=offset, line=line, rows_max=50, bytes_max=MB)
        read += len(piece.rows) + len(piece.problems)
        assert piece.offset > offset or piece.ended
        offset, line = piece.offset, piece.line
        rows = [row.cells for row in piece.rows]
        for kind in kinds:
            guess = make_guess(form, rows, kind)
            questions(form, rows, guess.mapping, kind, CHOICES)
            try:
                plan = make_plan(
                    kind=kind, form=form, mapping=guess.mapping, key=None, options=CHOICES
                )
            except MissingField:
                continue
            good, problems = make_rows(plan, piece.rows)
            assert len(good) + len({p.line for p in problems}) == len(rows)
            for made in good:
                assert isinstance(shown(made), dict)
            assert all(problem_text(p.code) for p in [*problems, *piece.problems])
        if piece.ended:
            assert offset == path.stat().st_size
            return read


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(content=anything)
def test_any_file_becomes_rows_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    go(tmp_path / "f.csv", content, list(ImportKind))


@pytest.mark.parametrize(
    "content",
    [
        b"email,name\n" + b"a@b.example," + b"x" * (10 * MB) + b"\nc@d.example,ok\n",
        b'email,name\n"a@b.example","' + b"x" * (10 * MB) + b"\nc@d.example,ok\n" * 5,
        b",".join(b"c%d" % i for i in range(100_000)) + b"\n" + b"1," * 99_999 + b"1\n",
        b"a" * (8 * MB),
        gzip.compress(b"email\n" + b"a@b.example\n" * 500_000),
        b'{"email": "' + b"x" * (10 * MB) + b'"}\n{"email": "a@b.example"}\n',
        b"email\r" + b"a@b.example\r" * 100_000,
        b"email,name\n" + b"\0" * MB + b"\na@b.example,ok\n",
    ],
    ids=["cell", "open quote", "columns", "line", "gzip", "json", "mac", "nul"],
)
def test_huge_things_are_read_in_bounded_memory(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    refused: OtklikError | None = None
    tracemalloc.start()
    try:
        form = files.prepare(path)
        offset = line = 0
        while True:
            piece = read_piece(
                path, form, offset=offset, line=line, rows_max=4_000, bytes_max=4 * MB
            )
            offset, line = piece.offset, piece.line
            if piece.ended:
                break
    except OtklikError as error:
        refused = error
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 90 * MB
    assert refused is None or refused.text("ru")


def test_an_archive_inside_an_archive_is_left_alone(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("customers.csv", "email\na@b.example\n")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("xl/workbook.xml.zip", inner.getvalue())
        archive.writestr("../../escape.csv", "email\n")
    packed = gzip.compress(outer.getvalue())
    for content, rows in ((inner.getvalue(), 1), (outer.getvalue(), 0), (packed, 0)):
        assert go(tmp_path / "f.csv", content, [ImportKind.CUSTOMERS]) == rows
    assert not (tmp_path.parent / "escape.csv").exists()
