"""Recognising and reading files, the hostile ones included."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.ingestion.imports import files, recognise
from otklik.ingestion.imports.errors import (
    DamagedFile,
    EmptyFile,
    FirstLineTooLong,
    NotCsv,
    TooManyColumns,
)
from otklik.ingestion.imports.model import FileFormat
from otklik.ingestion.imports.reader import read_piece

RUSSIAN = "Имя;Почта;Город\n" + "Анна Каренина;anna@example.ru;Нижний Новгород\n" * 5


def read_all(path: Path, form: FileFormat, rows_max: int = 3) -> tuple[list[Any], list[Any]]:
    """Read a file in small pieces, each from where the last one ended."""
    rows, problems, offset, line = [], [], 0, 0
    while True:
        piece = read_piece(
            path, form, offset=offset, line=line, rows_max=rows_max, bytes_max=10_000_000
        )
        rows += piece.rows
        problems += piece.problems
        offset, line = piece.offset, piece.line
        if piece.ended:
            assert offset == path.stat().st_size
            return rows, problems


def prepared(tmp_path: Path, content: bytes) -> tuple[Path, FileFormat]:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    return path, files.prepare(path)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (RUSSIAN.encode(), "utf-8"),
        (RUSSIAN.encode("utf-8-sig"), "utf-8-sig"),
        (RUSSIAN.encode("utf-16"), "utf-16"),
        (RUSSIAN.encode("utf-16-le"), "utf-16"),
        (b"\xfe\xff" + RUSSIAN.encode("utf-16-be"), "utf-16"),
        (RUSSIAN.encode("windows-1251"), "windows-1251"),
        (RUSSIAN.encode("koi8-r"), "koi8-r"),
        (b"id,email\n1,a@b.co\n", "utf-8"),
        (RUSSIAN.replace("\n", "\r\n").encode("windows-1251"), "windows-1251"),
        (RUSSIAN.replace("\n", "\r").encode("windows-1251"), "windows-1251"),
        (RUSSIAN.replace("\n", "\r\n").encode("utf-16"), "utf-16"),
    ],
)
def test_it_recognises_the_encoding(tmp_path: Path, content: bytes, encoding: str) -> None:
    path, form = prepared(tmp_path, content)
    assert form.original_encoding == encoding
    rows, problems = read_all(path, form)
    assert problems == []
    if content != b"id,email\n1,a@b.co\n":
        assert form.columns == ["Имя", "Почта", "Город"]
        assert [row.cells for row in rows] == [
            ["Анна Каренина", "anna@example.ru", "Нижний Новгород"]
        ] * 5
        assert [row.line for row in rows] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_it_recognises_the_separator(tmp_path: Path, separator: str) -> None:
    text = "\n".join(separator.join(row) for row in [("a", "b", "c"), ("x", "y z", "1")] * 9)
    _, form = prepared(tmp_path, text.encode())
    assert form.separator == separator
    assert len(form.columns) == 3


def test_a_separator_inside_quotes_does_not_count(tmp_path: Path) -> None:
    text = 'name;note\nAnn;"a, b, c, d"\nBob;"e, f, g, h"\n'
    assert prepared(tmp_path, text.encode())[1].separator == ";"


@pytest.mark.parametrize(
    ("first", "header"),
    [
        ("id,email,sum", True),
        ("1,a@b.co,5.5", False),
        ("ann,a@b.co,x", False),
        ("2026-01-01,b,c", False),
    ],
)
def test_it_recognises_the_header(tmp_path: Path, first: str, header: bool) -> None:
    path, form = prepared(tmp_path, f"{first}\n2,b@b.co,6\n3,c@b.co,7\n".encode())
    assert form.header is header
    rows, _ = read_all(path, form)
    assert len(rows) == (2 if header else 3)
    if not header:
        assert form.columns == ["Column 1", "Column 2", "Column 3"]


@pytest.mark.parametrize(
    ("cells", "decimal", "order"),
    [
        (["1,5", "01.02.2026"], "comma", "dmy"),
        (["1.5", "2026-02-01"], "point", "ymd"),
        (["1,234.5", "12/25/2026"], "point", "mdy"),
        (["1 234,50", "25/12/2026"], "comma", "dmy"),
        (["1234", "1/2/2026"], "point", "mdy"),
    ],
)
def test_it_recognises_numbers_and_dates(
    tmp_path: Path, cells: list[str], decimal: str, order: str
) -> None:
    _, form = prepared(tmp_path, ("a;b\n" + ";".join(cells) + "\n").encode())
    assert (form.decimal, form.date_order) == (decimal, order)


def test_repeated_and_empty_headers_get_names_of_their_own(tmp_path: Path) -> None:
    _, form = prepared(tmp_path, b"a,a,,b,a\n1,2,3,4,5\n")
    assert form.columns == ["a", "a (2)", "Column 3", "b", "a (3)"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFile),
        (b"\n\n \n", EmptyFile),
        (b"PK\x03\x04" + bytes(200), DamagedFile),
        (b"%PDF-1.7\n", NotCsv),
        (bytes(range(1, 32)) * 300, NotCsv),
        (b",".join(b"c%d" % i for i in range(100_000)) + b"\n1\n", TooManyColumns),
        (b'"' + b"x" * 11_000_000, FirstLineTooLong),
        (b"x" * 11_000_000, FirstLineTooLong),
    ],
)
def test_it_refuses_what_is_no_csv(tmp_path: Path, content: bytes, error: type) -> None:
    with pytest.raises(error) as caught:
        prepared(tmp_path, content)
    assert caught.value.text("ru")


def codes(problems: list[Any]) -> list[tuple[int, str]]:
    return [(p.line, p.code) for p in problems]


def test_a_bad_line_costs_itself_and_no_other(tmp_path: Path) -> None:
    good = b"%d,ann,1\n"
    content = (
        b"id,name,n\n"
        + good % 2
        + b"3,\x00\x01,1\n"  # bytes that are no text
        + good % 4
        + b"5,too,many,cells,here\n"
        + b"6,few\n"
        + good % 7
        + b"8,"
        + b"x" * 10_000_000
        + b",1\n"  # a cell of 10 MB
        + good % 9
        + b'10,"'
        + b"y" * 200_000
        + b'",1\n'  # a cell over the limit
        + good % 11
        + b"12,\xff\xfe,1\n"  # not UTF-8
        + good % 13
        + b'14,5" pipe,1\n'  # an inch in the middle of a cell
        + b'15,"open,1\n'  # a quote that is never closed
        + good % 16
        + b'17,"two\nlines",1\n'
        + b"19,=cmd|' /C calc'!A0,1\n"
        + b"20,last,1"
    )
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    form = FileFormat(
        encoding="utf-8",
        original_encoding="utf-8",
        separator=",",
        header=True,
        columns=["id", "name", "n"],
    )
    rows, problems = read_all(path, form)
    assert codes(problems) == [
        (3, "binary"),
        (5, "wrong_column_count"),
        (6, "wrong_column_count"),
        (8, "line_too_long"),
        (10, "cell_too_long"),
        (12, "bad_encoding"),
        (15, "unclosed_quote"),
    ]
    assert [int(row.cells[0]) for row in rows] == [2, 4, 7, 9, 11, 13, 14, 16, 17, 19, 20]
    assert [row.line for row in rows] == [2, 4, 7, 9, 11, 13, 14, 16, 17, 19, 20]
    assert rows[6].cells[1] == '5" pipe'
    assert rows[8].cells[1] == "two\nlines"


def test_an_open_quote_near_the_end_swallows_nothing(tmp_path: Path) -> None:
    content = b'id,name\n1,ann\n2,"bob\n3,eve\n4,dan\n'
    path, form = prepared(tmp_path, content)
    rows, problems = read_all(path, form)
    assert [row.cells[0] for row in rows if row.cells[0] in {"1", "3", "4"}] == ["1", "3", "4"]
    assert len(rows) + len(problems) == 4


cells = st.text(
    alphabet=st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=30),
    rows_max=st.integers(1, 7),
)
def test_reading_in_pieces_gives_what_the_csv_module_gives(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], rows_max: int
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["a", "b", "c"], *table])
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    path.write_bytes(out.getvalue().encode())
    form = FileFormat(
        encoding="utf-8",
        original_encoding="utf-8",
        separator=",",
        header=True,
        columns=["a", "b", "c"],
    )
    rows, problems = read_all(path, form, rows_max)
    assert problems == []
    assert [row.cells for row in rows] == [row for row in table if any(row)]


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=400), rows_max=st.integers(1, 5))
def test_any_bytes_are_read_to_the_end(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, rows_max: int
) -> None:
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    path.write_bytes(content)
    form = FileFormat(
        encoding="windows-1251",
        original_encoding="windows-1251",
        separator=";",
        header=False,
        columns=["a", "b"],
    )
    whole, whole_problems = read_all(path, form, 10_000)
    pieces, piece_problems = read_all(path, form, rows_max)
    assert whole == pieces
    assert whole_problems == piece_problems


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_recognised_or_refused(content: bytes) -> None:
    try:
        form = recognise.recognise(content, whole=True)
    except (NotCsv, EmptyFile, TooManyColumns):
        return
    assert form.columns
    assert len(set(form.columns)) == len(form.columns)
