"""Writing pages as CSV, JSON lines or Parquet, piece by piece."""

from __future__ import annotations

import io
import zlib
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from otklik.exports.files.columns import Column
from otklik.exports.files.text import csv_cells, guarded, json_values, lines, plain
from otklik.exports.model import Compression, ExportPlan, FileFormat

MARK = "_cursor"
"""The column of cursors: filled in the last row of each page, empty in all others."""


class Writer(Protocol):
    """`page` and `end` return the next bytes of the file; called in this order, from one thread."""

    def begin(self) -> bytes: ...

    def page(self, table: pa.Table, cursor: str) -> bytes: ...

    def end(self) -> bytes: ...


def make_writer(plan: ExportPlan, columns: list[Column], *, zone: str, header: bool) -> Writer:
    """Return the writer of a plan. `header`: False for a continuation, whose first part has it."""
    text_zone = zone if plan.zone == "workspace" else "UTC"
    writer: Writer
    match plan.format:
        case FileFormat.CSV:
            writer = _Csv(plan, columns, text_zone, header)
        case FileFormat.JSONL:
            writer = _JsonLines(plan, columns, text_zone)
        case FileFormat.PARQUET:
            writer = _Parquet(columns)
    if plan.compress is Compression.NONE:
        return writer
    return _Compressed(writer, plan.compress)


class _Csv:
    def __init__(self, plan: ExportPlan, columns: list[Column], zone: str, header: bool) -> None:
        self._plan, self._columns, self._zone, self._header = plan, columns, zone, header

    def begin(self) -> bytes:
        if not self._header:
            return b""
        names = [c.name for c in self._columns] + ([MARK] if self._plan.marks else [])
        cells = csv_cells(guarded(pa.array(names, pa.string())), self._plan.separator)
        row = self._plan.separator.join(cells.to_pylist()) + "\r\n"
        return ("\ufeff" if self._plan.bom else "").encode() + row.encode()

    def page(self, table: pa.Table, cursor: str) -> bytes:
        if not table.num_rows:
            return b""
        cells = [
            csv_cells(
                _texts(plain(_whole(table, c.name), c.kind, self._zone), c), self._plan.separator
            )
            for c in self._columns
        ]
        if self._plan.marks:
            cells.append(_marks(table.num_rows, cursor))
        return lines(cells, self._plan.separator, end="\r\n")

    def end(self) -> bytes:
        return b""


class _JsonLines:
    def __init__(self, plan: ExportPlan, columns: list[Column], zone: str) -> None:
        self._plan, self._columns, self._zone = plan, columns, zone

    def begin(self) -> bytes:
        return b""

    def page(self, table: pa.Table, cursor: str) -> bytes:
        if not table.num_rows:
            return b""
        cells = [
            _named(c.name, json_values(_whole(table, c.name), c.kind, self._zone))
            for c in self._columns
        ]
        if not self._plan.marks:
            return lines(cells, ",", begin="{", end="}\n")
        # Only the last row of a page says where it ends.
        head = lines([one.slice(0, table.num_rows - 1) for one in cells], ",", begin="{", end="}\n")
        last = [one.slice(table.num_rows - 1) for one in cells]
        mark = _named(MARK, pa.array([f'"{cursor}"'], pa.string()))
        return head + lines([*last, mark], ",", begin="{", end="}\n")

    def end(self) -> bytes:
        return b""


class _Parquet:
    """Row groups are written as pages come; what is behind them (the footer) is small."""

    def __init__(self, columns: list[Column]) -> None:
        self._columns = columns
        self._out = _Drain()
        self._cursor = ""
        self._writer = pq.ParquetWriter(
            self._out,
            pa.schema([(c.name, _ARROW[c.kind]) for c in columns]),
            compression="zstd",
        )

    def begin(self) -> bytes:
        return self._out.take()

    def page(self, table: pa.Table, cursor: str) -> bytes:
        self._cursor = cursor
        if table.num_rows:
            arrays = [self._array(table, column) for column in self._columns]
            self._writer.write_table(pa.table(arrays, schema=self._writer.schema))
        return self._out.take()

    def _array(self, table: pa.Table, column: Column) -> Any:
        values = _whole(table, column.name)
        if column.kind == "json":
            # A trait or property is the text of what it says, a list or an object its JSON.
            return plain(values, "json")
        return values.cast(_ARROW[column.kind])

    def end(self) -> bytes:
        self._writer.add_key_value_metadata({"otklik.cursor": self._cursor})
        self._writer.close()
        return self._out.take()


class _Drain(io.RawIOBase):
    """A sink that is emptied while it is written to, but knows its whole length."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken, self._held = bytes(self._held), bytearray()
        return taken


class _Compressed:
    def __init__(self, inner: Writer, how: Compression) -> None:
        self._inner = inner
        # 16 + 15: a gzip header and trailer around the deflated bytes.
        self._pack: Any = (
            zlib.compressobj(5, zlib.DEFLATED, 31)
            if how is Compression.GZIP
            else zstandard.ZstdCompressor(level=3).compressobj()
        )

    def begin(self) -> bytes:
        return bytes(self._pack.compress(self._inner.begin()))

    def page(self, table: pa.Table, cursor: str) -> bytes:
        return bytes(self._pack.compress(self._inner.page(table, cursor)))

    def end(self) -> bytes:
        return bytes(self._pack.compress(self._inner.end())) + bytes(self._pack.flush())


_ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "decimal": pa.decimal128(18, 2),
    "bool": pa.bool_(),
    "time": pa.timestamp("ms", "UTC"),
    "json": pa.string(),
}


def _whole(table: pa.Table, name: str) -> Any:
    return table[name].combine_chunks()


def _texts(text: Any, column: Column) -> Any:
    """Guard what people typed; what the program itself writes begins with no formula."""
    return guarded(text) if column.kind in {"text", "json"} else text


def _named(name: str, values: Any) -> Any:
    return pc.binary_join_element_wise(msgspec.json.encode(name).decode() + ":", values, "")


def _marks(rows: int, cursor: str) -> Any:
    return pa.array([""] * (rows - 1) + [cursor], pa.string())
