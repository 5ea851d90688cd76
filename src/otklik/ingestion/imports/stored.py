"""The form in which JSON lines and spreadsheets wait to be imported: CSV with numbered records.

Every record is the number of its row in the original file, a code of what is wrong (or nothing),
and the cells. So a place in the stored file is a number of bytes, as in any CSV, and an error still
names the row that the person sees.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from otklik.ingestion.imports.errors import FirstLineTooLong, UnpackedTooLarge
from otklik.ingestion.imports.model import CELL_CHARS_MAX, LINE_BYTES_MAX, RECORD_LINES_MAX

NUMBERED_CELLS = 2
_VALUE_SHOWN = 200


class Table:
    """Writes numbered records; raises UnpackedTooLarge, FirstLineTooLong."""

    def __init__(self, out: BinaryIO, bytes_max: int, rows_max: int | None = None) -> None:
        self._out = out
        self._bytes_max = bytes_max
        self._rows_max = rows_max
        self._size = 0
        self._buffer = io.StringIO(newline="")
        # With this line end the csv module also quotes cells that hold a lone CR.
        self._writer = csv.writer(self._buffer, lineterminator="\r\n")
        self.rows = 0

    @property
    def full(self) -> bool:
        """Whether as many rows were written as the caller asked for."""
        return self._rows_max is not None and self.rows >= self._rows_max

    def row(self, line: int, cells: Sequence[str]) -> None:
        """Write a row without its empty tail; one that could not be read back is a problem."""
        end = len(cells)
        while end and not cells[end - 1]:
            end -= 1
        code = ""
        for cell in cells[:end]:
            if len(cell) > CELL_CHARS_MAX:
                code = "cell_too_long"
            elif "\0" in cell:
                code = "binary"
        if not code and sum(cell.count("\n") for cell in cells[:end]) >= RECORD_LINES_MAX - 1:
            code = "too_many_breaks"
        if not code and self._put([str(line), "", *cells[:end]]):
            self.rows += 1
        else:
            self.refuse(line, code or "line_too_long")

    def refuse(self, line: int, code: str) -> None:
        """Leave out a row that is too large, or not text, as a whole."""
        if not self.rows:
            # Without its first row nobody can say what the columns are.
            raise FirstLineTooLong(limit=LINE_BYTES_MAX)
        self.problem(line, "", code, "")

    def problem(self, line: int, column: str, code: str, value: str) -> None:
        """Write down what is wrong with a row that can't be imported."""
        clean = [text.replace("\0", "\ufffd")[:_VALUE_SHOWN] for text in (column, value)]
        self._put([str(line), code, *clean])
        self.rows += 1

    def _put(self, cells: list[str]) -> bool:
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.writerow(cells)
        data = self._buffer.getvalue().encode("utf-8", "replace")
        if len(data) >= LINE_BYTES_MAX:
            return False
        self._size += len(data)
        if self._size > self._bytes_max:
            raise UnpackedTooLarge(limit=self._bytes_max)
        self._out.write(data)
        return True


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place for the new content of a file; it takes effect only if nothing fails."""
    part = path.with_suffix(f"{path.suffix}.{secrets.token_hex(4)}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
