"""XLSX workbooks (ECMA-376), read as a stream: one part after another, one row at a time.

Nothing in a workbook is trusted: no part is written to disk under its name, a document type (and so
any entity) is refused, and what is read is bounded by its size and by how tightly it is packed.
"""

from __future__ import annotations

import mmap
import posixpath
import re
import zipfile
from array import array
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from otklik.ingestion.imports.errors import (
    DamagedFile,
    EmptyFile,
    NotCsv,
    OldExcel,
    ProtectedFile,
    UnpackedTooLarge,
    UnsafeFile,
)
from otklik.ingestion.imports.guarded import Guarded
from otklik.ingestion.imports.jsonlines import number_text
from otklik.ingestion.imports.model import CELL_CHARS_MAX, LINE_BYTES_MAX
from otklik.ingestion.imports.stored import Table

_BLOCK = 256 * 1024
_RATIO_MAX = 250
_RATIO_FROM = 16 * 1024 * 1024
_TOKEN_MAX = 16 * 1024 * 1024
_SMALL_PART_MAX = 32 * 1024 * 1024
_DEPTH_MAX = 100
_COLUMNS_MAX = 16_384
_ROW_MAX = 10**9
_STRINGS_MAX = 50_000_000
_TITLE_MAX = 100
_SHEETS_MAX = 500
_DAY_S = 86_400
# Numbers of built-in formats that show dates (18.8.30 of ECMA-376, the East Asian ones included).
_DATE_FORMATS = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
_FORMAT_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"([A-Z]{1,3})\d{1,10}")
_INTEGER = re.compile(r"-?\d{1,40}")
_NUMBER = re.compile(r"-?\d{0,40}\.?\d{1,40}(?:[eE][-+]?\d{1,3})?")

Attributes = dict[str, str]


def convert(
    path: Path, spool: BinaryIO, table: Table, *, bytes_max: int, wanted: int | None = None
) -> tuple[list[str], int]:
    """Write the rows of one sheet; return the names of all, and the number of that one.

    `wanted`: which sheet; None: the first that holds data, of those that are shown before others.
    `spool`: an empty file for the texts that cells share; `bytes_max`: of a part, unpacked.
    Raises: NotCsv, OldExcel, ProtectedFile, DamagedFile, UnsafeFile, UnpackedTooLarge, EmptyFile.
    """
    with (
        path.open("rb", buffering=0) as raw,
        Guarded(raw) as file,
        zipfile.ZipFile(file) as archive,
    ):
        names = set(archive.namelist())
        if "xl/workbook.bin" in names:
            raise OldExcel()
        if "xl/workbook.xml" not in names:
            raise NotCsv()
        package = _Package(archive, bytes_max)
        book = _Workbook()
        package.parse("xl/workbook.xml", book, bytes_max=_SMALL_PART_MAX)
        targets = _Relations()
        package.parse("xl/_rels/workbook.xml.rels", targets, bytes_max=_SMALL_PART_MAX)
        styles = _Styles()
        if targets.styles in names:
            package.parse(targets.styles, styles, bytes_max=_SMALL_PART_MAX)
        shared = _Shared(spool)
        if targets.shared in names:
            package.parse(targets.shared, shared)
        shared.close()
        sheets = [
            (name, targets.parts[relation])
            for relation, name in [*book.shown, *book.hidden]
            if targets.parts.get(relation, "") in names
        ]
        if len(sheets) > _SHEETS_MAX:
            raise UnsafeFile()
        titles = [name for name, _ in sheets]
        for number, (_, part) in enumerate(sheets):
            if wanted not in {None, number}:
                continue
            sheet = _Sheet(table, styles, shared, book.first_day)
            try:
                package.parse(part, sheet)
            except _Enough:
                return titles, number
            if table.rows:
                return titles, number
    raise EmptyFile()


class _Enough(Exception):
    """As many rows were read as were wanted."""


class _Reader:
    """What is done with the elements of a part; names come without their namespace."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the begin of an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""

    def text(self, data: str) -> None:
        """Take text."""


class _Package:
    """The parts of a workbook, each parsed as it is unpacked."""

    def __init__(self, archive: zipfile.ZipFile, bytes_max: int) -> None:
        self._archive = archive
        self._bytes_max = bytes_max

    def parse(self, name: str, reader: _Reader, bytes_max: int | None = None) -> None:
        """Give the elements of a part to a reader. Raises: DamagedFile, UnsafeFile, …"""
        try:
            info = self._archive.getinfo(name)
        except KeyError as error:
            raise DamagedFile() from error
        if info.flag_bits & 1:
            raise ProtectedFile()
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise DamagedFile()
        limit = min(bytes_max or self._bytes_max, self._bytes_max)
        parser = _parser(reader)
        size = 0
        with self._archive.open(info) as part:
            try:
                while block := part.read(_BLOCK):
                    size += len(block)
                    if size > limit:
                        raise UnpackedTooLarge(limit=limit)
                    if size > _RATIO_FROM and size > _RATIO_MAX * max(info.compress_size, 1):
                        raise UnsafeFile()
                    parser.Parse(block, False)
                    if size - parser.CurrentByteIndex > _TOKEN_MAX:
                        raise UnsafeFile()
                parser.Parse(b"", True)
            except (expat.ExpatError, ValueError, LookupError) as error:
                raise DamagedFile() from error


def _parser(reader: _Reader) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    depth = 0
    local: dict[str, str] = {}

    def plain(name: str) -> str:
        found = local.get(name)
        if found is None:
            found = name.rpartition("}")[2]
            if len(local) < 1_000:
                local[name] = found
        return found

    def start(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH_MAX:
            raise UnsafeFile()
        reader.start(plain(name), {plain(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        reader.end(plain(name))

    def refuse(*_: object) -> int:
        raise UnsafeFile()

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = reader.text
    # Entities live in a document type; without one there is nothing to expand or to fetch.
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


class _Workbook(_Reader):
    def __init__(self) -> None:
        # Where each sheet is found, with the name that people see.
        self.shown: list[tuple[str, str]] = []
        self.hidden: list[tuple[str, str]] = []
        self.first_day = date(1899, 12, 30)

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "sheet":
            shown = attributes.get("state", "visible") == "visible"
            title = attributes.get("name", "")[:_TITLE_MAX]
            (self.shown if shown else self.hidden).append((attributes.get("id", ""), title))
        elif name == "workbookPr" and attributes.get("date1904") in {"1", "true", "on"}:
            self.first_day = date(1904, 1, 1)


class _Relations(_Reader):
    """Where the parts are; names are only looked up in the archive."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.styles = ""
        self.shared = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name != "Relationship" or attributes.get("TargetMode") == "External":
            return
        part = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", ""))).lstrip("/")
        kind = attributes.get("Type", "").rpartition("/")[2]
        if kind == "worksheet":
            self.parts[attributes.get("Id", "")] = part
        elif kind == "styles":
            self.styles = part
        elif kind == "sharedStrings":
            self.shared = part


class _Styles(_Reader):
    """Which cell styles show a date, and which of them a time without one."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self._formats: dict[str, str] = {}
        self._inside = False

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self._formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            self.kinds.append(self._kind(attributes.get("numFmtId", "0")))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False

    def _kind(self, number: str) -> str:
        if number in self._formats:
            return format_kind(self._formats[number])
        if number in {"18", "19", "20", "21"}:
            return "time"
        return "date" if number.isdecimal() and int(number[:9]) in _DATE_FORMATS else ""


def format_kind(code: str) -> str:
    """Return what a number format shows: `date`, `time`, or nothing of the two."""
    first = code.split(";", 1)[0]
    if _ELAPSED.search(first):
        return ""
    signs = set(_FORMAT_NOISE.sub("", first).lower().replace("general", ""))
    if signs & {"d", "y"}:
        return "date"
    if signs & {"h", "s"}:
        return "time"
    return "date" if "m" in signs else ""


class _Shared(_Reader):
    """Texts that cells share, on disk: they may be larger than memory."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._ends = array("Q", [0])
        self._text = _CellText()
        self._map: mmap.mmap | None = None

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "si":
            self._text.clear()
        else:
            self._text.start(name)

    def end(self, name: str) -> None:
        if name != "si":
            self._text.end(name)
            return
        if len(self._ends) > _STRINGS_MAX:
            raise UnsafeFile()
        data = self._text.value().encode("utf-8", "replace")
        self._spool.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def text(self, data: str) -> None:
        self._text.text(data)

    def close(self) -> None:
        """End writing; from here on texts are read."""
        self._spool.flush()
        if self._ends[-1]:
            self._map = mmap.mmap(self._spool.fileno(), 0, access=mmap.ACCESS_READ)

    def at(self, index: str) -> str:
        """Return a text by its number. Raises: DamagedFile."""
        if not index.isdecimal() or len(index) > 9 or int(index) >= len(self._ends) - 1:
            raise DamagedFile()
        begin, end = self._ends[int(index)], self._ends[int(index) + 1]
        return "" if self._map is None else self._map[begin:end].decode()


class _CellText:
    """The text inside `t` elements, but for the readings of East Asian characters."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._inside = False
        self._reading = False

    def start(self, name: str) -> None:
        if name == "rPh":
            self._reading = True
        elif name in {"t", "v"}:
            self._inside = True

    def end(self, name: str) -> None:
        if name == "rPh":
            self._reading = False
        elif name in {"t", "v"}:
            self._inside = False

    def text(self, data: str) -> None:
        # One character over the limit is enough for the cell to be refused as too long.
        if self._inside and not self._reading and self._size <= CELL_CHARS_MAX * 2:
            self._parts.append(data)
            self._size += len(data)

    def value(self) -> str:
        return _ESCAPED.sub(_unescape, "".join(self._parts))


class _Sheet(_Reader):
    """The rows of a sheet, written as they end."""

    def __init__(self, table: Table, styles: _Styles, shared: _Shared, first_day: date) -> None:
        self._table = table
        self._styles = styles.kinds
        self._shared = shared
        self._first_day = first_day
        self._line = 0
        self._cells: list[str] = []
        self._column = -1
        self._type = "n"
        self._style = ""
        self._size = 0
        self._text = _CellText()

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            # Numbers only grow: each names one row in the list of errors.
            self._line = max(self._line + 1, _row_number(attributes.get("r", "")))
            self._cells = []
            self._column = -1
            self._size = 0
        elif name == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._type = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._text.clear()
        else:
            self._text.start(name)

    def end(self, name: str) -> None:
        if name == "c":
            value = self._value(self._text.value())
            self._size += len(value)
            # What is over the limit of a row is not kept: cells may repeat one long shared text.
            if value and self._size <= LINE_BYTES_MAX:
                self._cells.extend([""] * (self._column + 1 - len(self._cells)))
                self._cells[self._column] = value
        elif name == "row":
            if self._size > LINE_BYTES_MAX:
                self._table.refuse(self._line, "line_too_long")
            elif self._cells:
                self._table.row(self._line, self._cells)
            if self._table.full:
                raise _Enough
        else:
            self._text.end(name)

    def text(self, data: str) -> None:
        self._text.text(data)

    def _value(self, raw: str) -> str:
        if not raw:
            return ""
        match self._type:
            case "s":
                return self._shared.at(raw.strip())
            case "b":
                return "true" if raw.strip() == "1" else "false"
            case "n":
                style = self._style
                kind = ""
                if style.isdecimal() and len(style) < 7 and int(style) < len(self._styles):
                    kind = self._styles[int(style)]
                return number_cell(raw.strip(), kind, self._first_day)
            case _:
                return raw


def number_cell(raw: str, kind: str, first_day: date) -> str:
    """Return a number as a spreadsheet shows it: a date in ISO form, or at most 15 digits."""
    if _INTEGER.fullmatch(raw) and not kind:
        return raw
    if not _NUMBER.fullmatch(raw):
        return raw
    value = float(raw)
    if kind:
        shown = _moment(value, kind, first_day)
        if shown is not None:
            return shown
    return number_text(Decimal(f"{value:.15g}"))


def _moment(value: float, kind: str, first_day: date) -> str | None:
    seconds = round(value * _DAY_S) if 0 <= value < 3_000_000 else -1
    if seconds < 0:
        return None
    if kind == "time" and seconds < _DAY_S:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if first_day.year == 1899 and seconds < 61 * _DAY_S:
        # Lotus took 1900 for a leap year, and spreadsheets still do: day 60 never was.
        if seconds >= 60 * _DAY_S or seconds < _DAY_S:
            return None
        first_day += timedelta(days=1)
    try:
        moment = datetime.combine(first_day, time()) + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return moment.isoformat() if seconds % _DAY_S else moment.date().isoformat()


def _unescape(found: re.Match[str]) -> str:
    sign = chr(int(found.group(1), 16))
    return found.group(0) if "\ud800" <= sign <= "\udfff" else sign


def _row_number(text: str) -> int:
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 10 or int(text) > _ROW_MAX:
        raise DamagedFile()
    return int(text)


def _column(reference: str, following: int) -> int:
    if reference:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise DamagedFile()
        following = 0
        for letter in found.group(1):
            following = following * 26 + ord(letter) - 64
        following -= 1
    if following >= _COLUMNS_MAX:
        raise DamagedFile()
    return following
