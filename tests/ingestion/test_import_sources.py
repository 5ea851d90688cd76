"""Gzip, JSON lines and workbooks become the table that every import reads, or are refused."""

from __future__ import annotations

import csv
import gzip
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otklik.ingestion.imports import files, xlsx
from otklik.ingestion.imports.errors import (
    DamagedFile,
    EmptyFile,
    FirstLineTooLong,
    JsonDocument,
    NotCsv,
    OldExcel,
    ProtectedFile,
    TooManyColumns,
    UnpackedTooLarge,
    UnsafeFile,
)
from otklik.ingestion.imports.model import ImportKind
from otklik.ingestion.public import error_file, import_file, recognise_file
from otklik.kit.errors import OtklikError
from otklik.runtime.public import Runtime
from tests.ingestion.support import Ingestion
from tests.ingestion.test_import_files import codes, prepared, read_all

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="[Red]0.00&quot;days&quot;"/></numFmts><cellStyleXfs>'
    '<xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs></styleSheet>'
)


def workbook(*sheets: str, shared: str = "", hidden: int = 0, **parts: str) -> bytes:
    """Write a workbook of sheets' rows in XML; `parts` come on top, under other names."""
    out = io.BytesIO()
    listed = "".join(
        f'<sheet name="S{i}" sheetId="{i}" r:id="r{i}"'
        f' state="{"hidden" if i <= hidden else "visible"}"/>'
        for i in range(1, len(sheets) + 1)
    )
    links = "".join(
        f'<Relationship Id="r{i}" Type="{LINK}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook {MAIN} xmlns:r="{LINK}"><sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships>{links}<Relationship Id="s" Type="{LINK}/styles" Target="styles.xml"/>'
            f'<Relationship Id="t" Type="{LINK}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
            "</Relationships>",
        )
        archive.writestr("xl/styles.xml", STYLES)
        archive.writestr("xl/sharedStrings.xml", f"<sst {MAIN}>{shared}</sst>")
        for i, rows in enumerate(sheets, 1):
            archive.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
            )
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def texts(*rows: list[str]) -> str:
    return "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c t="inlineStr"><is><t xml:space="preserve">{_xml(cell)}</t></is></c>'
            for cell in row
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )


def _xml(cell: str) -> str:
    kept = cell.replace("_x", "_x005F_x")
    return escape("".join(f"_x{ord(c):04X}_" if c < " " else c for c in kept))


def test_a_packed_csv_is_the_csv(tmp_path: Path) -> None:
    content = "почта;имя\na@b.co;Анна\n".encode("windows-1251")
    path, form = prepared(tmp_path, gzip.compress(content[:9]) + gzip.compress(content[9:]))
    assert path.read_bytes() == content
    assert (form.source, form.encoding, form.columns) == ("csv", "windows-1251", ["почта", "имя"])


def test_json_lines_become_columns_with_dots(tmp_path: Path) -> None:
    content = (
        '{"id": 1, "name": {"first": "Анна"}, "sum": 10.50, "vip": true}\n'
        "\n"
        '{"id": 2.0, "name": {"last": "К"}, "tags": ["a", 1.5], "note": null, "sum": 1e3}\n'
        '{"id": 3, broken\n'
        "[1]\n"
        '{"id": 6, "a": {"b": 1}, "a.b": 2}\n'
        '{"id": 7, "name": {"first": "x\\ny, \\"z\\""}}\n'
    )
    path, form = prepared(tmp_path, content.encode())
    assert form.source == "jsonl"
    assert form.columns[:7] == ["id", "name.first", "sum", "vip", "name.last", "tags", "note"]
    rows, problems = read_all(path, form)
    assert [(row.line, row.cells) for row in rows] == [
        (1, ["1", "Анна", "10.50", "true", "", "", ""]),
        (3, ["2", "", "1000", "", "К", '["a",1.5]', ""]),
        (7, ["7", 'x\ny, "z"', "", "", "", "", ""]),
    ]
    assert codes(problems) == [(4, "bad_json"), (5, "bad_json"), (6, "key_twice")]


def test_a_key_that_comes_late_is_a_problem_of_its_line(tmp_path: Path) -> None:
    lines = [json.dumps({"id": i}) for i in range(1, 1001)]
    lines += ['{"id": 1001, "city": "Omsk"}', '{"id": 1002, "city": null}']
    path, form = prepared(tmp_path, "\n".join(lines).encode())
    rows, problems = read_all(path, form, 300)
    assert len(rows) == 1001
    assert [(p.line, p.column, p.code, p.value) for p in problems] == [
        (1001, "city", "late_key", "Omsk")
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_json_lines_come_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    content = '{"имя": "Анна Каренина", "город": "Нижний Новгород"}\n' * 3
    path, form = prepared(tmp_path, content.encode(encoding))
    assert form.columns == ["имя", "город"]
    assert [row.cells[0] for row in read_all(path, form)[0]] == ["Анна Каренина"] * 3


def test_a_workbook_shows_what_its_cells_show(tmp_path: Path) -> None:
    shared = "<si><t>почта</t></si><si><r><t>Ан</t></r><r><t>на</t></r><rPh><t>x</t></rPh></si>"
    rows = (
        '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="str"><v>день</v></c>'
        '<c r="D2" t="inlineStr"><is><t>сумма</t></is></c></row>'
        '<row r="4"><c r="A4" t="s"><v>1</v></c><c r="B4" s="1"><v>45306</v></c>'
        '<c r="C4" t="b"><v>1</v></c><c r="D4"><v>1.1000000000000001</v></c></row>'
        '<row r="5"><c r="B5" s="2"><v>45306.75</v></c><c r="D5"><v>100.0</v></c></row>'
        '<row r="6"><c r="B6" s="3"><v>5.5</v></c><c r="C6" t="e"><v>#N/A</v></c>'
        '<c r="D6"><v>7.9261234567E10</v></c></row>'
        '<row r="7"><c r="B7" s="4"><v>0.5</v></c><c r="E7"><v>1</v></c></row>'
        '<row r="8"><c r="B8" s="1"><v>59</v></c><c r="D8"><v>12345678901234567</v></c></row>'
    )
    path, form = prepared(tmp_path, workbook("<row/>", rows, shared=shared))
    assert (form.source, form.columns) == ("xlsx", ["почта", "день", "Column 3", "сумма"])
    found, problems = read_all(path, form)
    assert [(row.line, row.cells) for row in found] == [
        (4, ["Анна", "2024-01-15", "true", "1.1"]),
        (5, ["", "2024-01-15T18:00:00", "", "100"]),
        (6, ["", "5.5", "#N/A", "79261234567"]),
        (8, ["", "1900-02-28", "", "12345678901234567"]),
    ]
    assert codes(problems) == [(7, "wrong_column_count")]


def test_a_sheet_that_is_shown_comes_before_a_hidden_one(tmp_path: Path) -> None:
    content = workbook(texts(["secret"], ["1"]), texts(["open"], ["2"]), hidden=1)
    assert prepared(tmp_path, content)[1].columns == ["open"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("General", ""),
        ("0.00E+00", ""),
        ('#,##0.00" days"', ""),
        ("[$-419]d mmmm yyyy;@", "date"),
        ("mm:ss", "time"),
        ("[h]:mm", ""),
        ("[Red]0", ""),
        ("mmm", "date"),
        ("h:mm AM/PM", "time"),
    ],
)
def test_a_number_format_tells_dates(code: str, kind: str) -> None:
    assert xlsx.format_kind(code) == kind


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    f'<worksheet {MAIN}><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'
)
OUTSIDE = BOMB.replace('<!ENTITY a "aaaaaaaaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">')
DIRECTORY = b"PK\x03\x04" + struct.pack(
    "<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 8_000_000, 4, 0
)


def replaced(content: bytes, name: str, part: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for info in old.infolist():
            new.writestr(info.filename, part if info.filename == name else old.read(info))
    return out.getvalue()


GOOD = workbook(texts(["email"], ["a@b.co"]))
SHEET = "xl/worksheets/sheet1.xml"


def str_of_case(value: object) -> str:
    return value.__name__ if isinstance(value, type) else "file"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (replaced(GOOD, SHEET, BOMB), UnsafeFile),
        (replaced(GOOD, SHEET, OUTSIDE), UnsafeFile),
        (replaced(GOOD, "xl/workbook.xml", BOMB), UnsafeFile),
        (replaced(GOOD, SHEET, b"<worksheet>" + b" " * 40_000_000), UnsafeFile),
        (replaced(GOOD, SHEET, b"<a>" * 1000), UnsafeFile),
        (replaced(GOOD, SHEET, "<worksheet><row>"), DamagedFile),
        (replaced(GOOD, SHEET, "<w><row r='x'/></w>"), DamagedFile),
        (workbook('<row><c r="ZZZ1"><v>1</v></c></row>'), DamagedFile),
        (workbook('<row><c t="s"><v>7</v></c></row>'), DamagedFile),
        (GOOD[:-30], DamagedFile),
        (DIRECTORY + bytes(8_000_000), DamagedFile),
        (bytes(8_000_000).join([b"PK\x03\x04", DIRECTORY[4:]]), UnsafeFile),
        (workbook("<row/>"), EmptyFile),
        (workbook(texts(["h" * 200_000], ["1"])), FirstLineTooLong),
        (workbook(texts([f"c{i}" for i in range(2000)])), TooManyColumns),
        (replaced(GOOD, "no", "").replace(b"workbook.xml", b"workbook.bin"), OldExcel),
        (replaced(GOOD, "no", "").replace(b"xl/workbook.xml", b"xl/something.xm"), NotCsv),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 900, OldExcel),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + b"\0" * 1_048_560
            + "EncryptedPackage".encode("utf-16-le"),
            ProtectedFile,
        ),
        (gzip.compress(b"a,b\n1,2\n")[:-9], DamagedFile),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), NotCsv),
        (b'[{"id": 1},\n {"id": 2}]', JsonDocument),
        (b'{\n  "id": 1\n}\n', JsonDocument),
        (b"{}\n{}\n", EmptyFile),
        (json.dumps({f"k{i}": 1 for i in range(1001)}).encode(), TooManyColumns),
    ],
    # Packed bytes hold the time of their making, so they are no names of cases.
    ids=str_of_case,
)
def test_it_refuses_hostile_and_foreign_files_clearly(
    tmp_path: Path, content: bytes, error: type[OtklikError]
) -> None:
    with pytest.raises(error) as caught:
        prepared(tmp_path, content)
    assert caught.value.text("ru") != caught.value.text("en")
    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]
    (tmp_path / "given").write_bytes(content)
    with pytest.raises(error):
        recognise_file(tmp_path / "given")


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000),
        b'{"a": 1, "'
        + b'": 1, "'.join(b"k%d" % i for i in range(900))
        + b'": 2}\n'
        + b'{"k899": 1}\n' * 3000,
    ],
    # Packed bytes hold the time of their making, so they are no names of cases.
    ids=str_of_case,
)
def test_what_grows_too_much_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UnpackedTooLarge):
        files.prepare(path, bytes_max=1_000_000)
    assert path.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 1


def test_names_inside_a_workbook_write_nothing(tmp_path: Path) -> None:
    content = workbook(texts(["email"], ["a@b.co"]), **{"../../evil.txt": "x", "/evil.txt": "x"})
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    prepared(folder, content)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["file.csv"]


# What would mislead the guess about a CSV is left out: control characters and other separators.
plain_cells = st.text(
    alphabet=st.characters(
        exclude_characters=";|\ufffe\uffff\ufeff",
        exclude_categories=["Cs", "Cc"],
        include_characters="\n",
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(
    table=st.lists(st.lists(plain_cells, min_size=3, max_size=3), min_size=1, max_size=12),
    rows_max=st.integers(1, 5),
)
def test_one_table_gives_the_same_rows_through_every_format(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]], rows_max: int
) -> None:
    # A first row of words makes the encoding and the separator of the CSV plain to see.
    table = [["anna", "bob", "eve"], *table]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([["x", "y", "z"], *table])
    text = out.getvalue().encode()
    lines = "".join(json.dumps(dict(zip("xyz", row, strict=True))) + "\n" for row in table)
    book = workbook(texts(["x", "y", "z"], *table))
    contents = [text, lines.encode(), book]
    for content in [*contents, *map(gzip.compress, contents)]:
        path, form = prepared(tmp_path_factory.mktemp("one"), content)
        assert form.columns == ["x", "y", "z"]
        rows, problems = read_all(path, form, rows_max)
        assert problems == []
        assert [row.cells for row in rows] == [row for row in table if any(row)]


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255))
def test_a_damaged_workbook_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    content = GOOD[:place] + bytes([value]) + GOOD[place + 1 :]
    try:
        prepared(tmp_path_factory.mktemp("book"), content)
    except OtklikError:
        return


@pytest.mark.parametrize("packed", [False, True])
async def test_the_terminal_imports_them_and_errors_name_the_row_of_the_file(
    rt: Runtime, seen: Ingestion, tmp_path: Path, packed: bool
) -> None:
    rows: list[Any] = [{"id": "c1", "email": "a@b.co"}, {"id": "c2", "email": "no address"}]
    lines = "\n\n".join(json.dumps(row) for row in [*rows, {"id": "c3", "email": "c@b.co"}])
    file = tmp_path / "people.jsonl"
    file.write_bytes(gzip.compress(lines.encode()) if packed else lines.encode())
    before = file.read_bytes()
    assert recognise_file(file).columns == ["id", "email"]
    view = await import_file(
        rt, workspace_id=seen.workspace_id, kind=ImportKind.CUSTOMERS, file=file, carry=True
    )
    assert (view.state, view.rows_ok, view.rows_failed) == ("done", 2, 1)
    assert file.read_bytes() == before
    parts = error_file(rt, workspace_id=seen.workspace_id, import_id=view.id, lang="en")
    errors = b"".join([part async for part in parts]).decode("utf-8-sig")
    header, wrong = csv.reader(io.StringIO(errors))
    assert header == ["id", "email", "Row of the file", "What is wrong"]
    assert wrong[:3] == ["c2", "no address", "3"]
    assert wrong[3] == "email: This is not an e-mail address (no address)"
