"""Reading a CSV file from any byte on, a bounded piece at a time, whatever the file holds.

A piece always ends between two records, so its end is where the next piece begins, also in another
process after a crash. A record that can't be read costs its own first line and nothing more.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from otklik.ingestion.imports.model import (
    CELL_CHARS_MAX,
    LINE_BYTES_MAX,
    RECORD_LINES_MAX,
    Encoding,
    FileFormat,
    RowProblem,
)

_BOM = b"\xef\xbb\xbf"
_PLAIN_BLOCK = 256 * 1024


class Row(msgspec.Struct, frozen=True, gc=False):
    """One record. `line` is the number of its first line in the file, from 1."""

    line: int
    cells: list[str]


class Piece(msgspec.Struct, frozen=True, gc=False):
    """What one reading gave. `offset` and `line` are where the next reading begins."""

    rows: list[Row]
    problems: list[RowProblem]
    offset: int
    line: int
    ended: bool


def read_piece(
    path: Path, form: FileFormat, *, offset: int, line: int, rows_max: int, bytes_max: int
) -> Piece:
    """Read up to `rows_max` records, or `bytes_max` bytes, from byte `offset` on.

    `line`: lines before the offset. At offset 0 a byte order mark and the header are passed over.
    """
    csv.field_size_limit(CELL_CHARS_MAX)
    rows: list[Row] = []
    problems: list[RowProblem] = []
    with path.open("rb") as file:
        file.seek(offset)
        lines = Lines(file, form.encoding, offset, line)
        if offset == 0:
            lines.skip_bom()
            if form.header:
                _skip_header(lines, form)
        begun = lines.offset
        if form.source == "csv":
            _plain_rows(lines, form, rows, problems, rows_max, bytes_max)
        records = _records if form.source == "csv" else _numbered
        if len(rows) + len(problems) >= rows_max or lines.offset - begun >= bytes_max:
            return Piece(rows, problems, lines.offset, lines.number, lines.at_end())
        for outcome in records(lines, form):
            if isinstance(outcome, RowProblem):
                problems.append(outcome)
            elif any(outcome.cells):
                rows.append(outcome)
            if len(rows) + len(problems) >= rows_max or lines.offset - begun >= bytes_max:
                return Piece(rows, problems, lines.offset, lines.number, lines.at_end())
        return Piece(rows, problems, lines.offset, lines.number, True)


class BadLine(Exception):
    """A line that can't be text."""

    def __init__(self, code: str) -> None:
        self.code = code


class Lines:
    """The lines of a file as text, with the place after the last one given."""

    def __init__(self, file: BinaryIO, encoding: Encoding, offset: int, number: int) -> None:
        self._file = file
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self.offset = offset
        self.number = number

    def skip_bom(self) -> None:
        start = self._file.read(3)
        if start == _BOM:
            self.offset += 3
        else:
            self._file.seek(0)

    def next(self) -> str:
        """Return the next line. Raises: BadLine, StopIteration."""
        raw = self._file.readline(LINE_BYTES_MAX)
        if not raw:
            raise StopIteration
        size = len(raw)
        too_long = size >= LINE_BYTES_MAX and not raw.endswith(b"\n")
        while too_long and size and not raw.endswith(b"\n"):
            raw = self._file.readline(LINE_BYTES_MAX)
            if not raw:
                break
            size += len(raw)
        self.offset += size
        self.number += 1
        if too_long:
            raise BadLine("line_too_long")
        if b"\0" in raw:
            raise BadLine("binary")
        try:
            return raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise BadLine("bad_encoding") from error

    def plain_block(self, count: int) -> tuple[list[str], int]:
        """Return the next lines, at most `count`, and their size in bytes; none where they need
        care. The place is not moved: `advance` does that."""
        block = self._file.read(_PLAIN_BLOCK)
        self._file.seek(self.offset)
        cut = block.rfind(b"\n") + 1
        block = block[:cut]
        if not block or b'"' in block or b"\0" in block:
            return [], 0
        if b"\r" in block:
            block_text = block.replace(b"\r\n", b"\n")
            if b"\r" in block_text:
                return [], 0
        lines = block.split(b"\n", count)
        rest = lines.pop()
        used = len(block) - len(rest)
        if max(map(len, lines)) > CELL_CHARS_MAX:
            return [], 0
        try:
            text = block[: used - 1].decode(self._encoding)
        except UnicodeDecodeError:
            return [], 0
        return text.replace("\r\n", "\n").removesuffix("\r").split("\n"), used

    def advance(self, size: int) -> None:
        self.offset += size
        self._file.seek(self.offset)

    def go_back(self, offset: int, number: int) -> None:
        self._file.seek(offset)
        self.offset, self.number = offset, number

    def at_end(self) -> bool:
        at_end = not self._file.read(1)
        self._file.seek(self.offset)
        return at_end


class _Feed:
    """Lines for one csv reader; remembers where the record in hand began."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.begin()

    def begin(self) -> None:
        self.start = (self.lines.offset, self.lines.number)
        self.first: str | None = None
        self.after_first = self.start
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self.lines.next()
        if self.first is None:
            self.first = text
            self.after_first = (self.lines.offset, self.lines.number)
        self.count += 1
        if self.count > RECORD_LINES_MAX:
            raise csv.Error("unclosed")
        return text


def _plain_rows(
    lines: Lines,
    form: FileFormat,
    rows: list[Row],
    problems: list[RowProblem],
    rows_max: int,
    bytes_max: int,
) -> None:
    """Read as many records as can be had without the care that quotes and damage need.

    In a block without quotes, without NUL and in the right encoding a record is a line and a cell
    is what stands between two separators, which is ten times faster to find.
    """
    width, separator = len(form.columns), form.separator
    end = lines.offset + bytes_max
    while len(rows) + len(problems) < rows_max and lines.offset < end:
        texts, sizes = lines.plain_block(rows_max - len(rows) - len(problems))
        if not texts:
            return
        for text in texts:
            cells = text.split(separator)
            lines.number += 1
            if len(cells) == width:
                if any(cells):
                    rows.append(Row(lines.number, cells))
                continue
            outcome = _sized(lines.number, cells if text else [], width)
            if isinstance(outcome, RowProblem):
                problems.append(outcome)
            elif any(outcome.cells):
                rows.append(outcome)
        lines.advance(sizes)


def _records(lines: Lines, form: FileFormat) -> Iterator[Row | RowProblem]:
    width = len(form.columns)
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=form.separator, strict=True)
    while True:
        feed.begin()
        line = feed.start[1] + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except BadLine as bad:
            if feed.first is not None:
                # A quote was opened above and ran into this line: only its own line is lost.
                lines.go_back(*feed.after_first)
                yield _alone(feed.first, line, form, "unclosed_quote")
            else:
                yield RowProblem(line, "", bad.code, "")
            reader = csv.reader(feed, delimiter=form.separator, strict=True)
            continue
        except csv.Error as error:
            assert feed.first is not None
            lines.go_back(*feed.after_first)
            code = "cell_too_long" if len(feed.first) > CELL_CHARS_MAX else "unclosed_quote"
            if "field larger" in str(error) and feed.count == 1:
                code = "cell_too_long"
            yield _alone(feed.first, line, form, code)
            reader = csv.reader(feed, delimiter=form.separator, strict=True)
            continue
        yield _sized(line, cells, width)


def _numbered(lines: Lines, form: FileFormat) -> Iterator[Row | RowProblem]:
    """Give the records of a file that `stored.Table` has written, under their own numbers."""
    width = len(form.columns)
    feed = _Feed(lines)
    for number, code, *cells in csv.reader(feed, strict=True):
        feed.begin()
        line = int(number)
        if code:
            yield RowProblem(line, cells[0], code, cells[1])
        else:
            yield _sized(line, [*cells, *[""] * (width - len(cells))], width)


def _alone(text: str, line: int, form: FileFormat, code: str) -> Row | RowProblem:
    """Try a line by itself, leniently: a quote in the middle of a cell is often just an inch."""
    try:
        cells = next(csv.reader([text], delimiter=form.separator), [])
    except csv.Error:
        return RowProblem(line, "", code, "", [text.rstrip("\r\n")])
    row = _sized(line, cells, len(form.columns))
    return row if isinstance(row, Row) else RowProblem(line, "", code, "", cells)


def _sized(line: int, cells: list[str], width: int) -> Row | RowProblem:
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    if len(cells) != width and any(cells):
        return RowProblem(line, "", "wrong_column_count", str(len(cells)), cells)
    return Row(line, cells)


def _skip_header(lines: Lines, form: FileFormat) -> None:
    feed = _Feed(lines)
    reader = csv.reader(feed, delimiter=form.separator)
    while True:
        feed.begin()
        try:
            if any(cell.strip() for cell in next(reader)):
                return
        except StopIteration:
            return
        except (BadLine, csv.Error):
            return
