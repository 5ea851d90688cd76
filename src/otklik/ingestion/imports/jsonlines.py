"""JSON lines: one object per line, nested keys joined by dots, turned into a numbered table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from otklik.ingestion.imports.errors import EmptyFile, TooManyColumns
from otklik.ingestion.imports.model import COLUMNS_MAX, Encoding
from otklik.ingestion.imports.reader import BadLine, Lines
from otklik.ingestion.imports.stored import Table

KEY_LINES = 1_000
"""Lines whose keys become columns."""
_DEPTH_MAX = 10
_DIGITS_MAX = 40
_KEY_SHOWN = 200
_DOCUMENT = re.compile(r'\s*(?:\[\s*\{|\{\s*"(?:[^"\\]|\\.)*"\s*:)')

# A number keeps the digits that it is written with: a float would change amounts.
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def are_json_lines(text: str) -> bool:
    """Tell whether a text begins with JSON objects, one on each line.

    One line of the first ones may be damaged: it costs itself, as in any file.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return False
    lines = [line for line in text.lstrip("\ufeff").split("\n", 20)[:20] if line.strip()]
    return any(_object(line) is not None for line in lines)


def is_json_document(text: str) -> bool:
    """Tell whether a text is the beginning of one JSON value that goes over many lines."""
    return _DOCUMENT.match(text.lstrip("\ufeff")) is not None


def convert(source: Path, encoding: Encoding, table: Table) -> None:
    """Write the objects of a file as rows below a header.

    The keys of the first 1,000 lines are the columns, in the order in which they are met. A line
    with a value under another key is a problem of that line, as a row with too many cells is.
    Raises: EmptyFile, TooManyColumns, UnpackedTooLarge.
    """
    keys: dict[str, int] = {}
    for number, found in _objects(source, encoding):
        if number > KEY_LINES:
            break
        if isinstance(found, dict):
            for key in found:
                keys.setdefault(key, len(keys))
        if len(keys) > COLUMNS_MAX:
            raise TooManyColumns(count=len(keys), limit=COLUMNS_MAX)
    if not keys:
        raise EmptyFile()
    table.row(0, [key.replace("\0", "")[:_KEY_SHOWN] or f"Column {keys[key] + 1}" for key in keys])
    for number, found in _objects(source, encoding):
        if table.full:
            return
        if isinstance(found, str):
            table.problem(number, "", found, "")
            continue
        late = [key for key, cell in found.items() if key not in keys and cell]
        if late:
            table.problem(number, ", ".join(late[:20]), "late_key", found[late[0]])
            continue
        cells = [""] * len(keys)
        for key, cell in found.items():
            if cell:
                cells[keys[key]] = cell
        if any(cells):
            table.row(number, cells)


def _objects(source: Path, encoding: Encoding) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Give each line's number with its cells by key, or with the code of what is wrong."""
    with source.open("rb") as file:
        lines = Lines(file, encoding, 0, 0)
        lines.skip_bom()
        while True:
            try:
                text = lines.next()
            except StopIteration:
                return
            except BadLine as bad:
                yield lines.number, bad.code
                continue
            if text.strip():
                yield lines.number, _row(text)


def _row(text: str) -> dict[str, str] | str:
    found = _object(text)
    if found is None:
        return "bad_json"
    cells: dict[str, str] = {}
    try:
        clash = _flatten(found, "", cells, 1)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "bad_json"
    return "key_twice" if clash else cells


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = _decode(text)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flatten(value: dict[str, Any], before: str, cells: dict[str, str], depth: int) -> bool:
    """Put the leaves of an object into cells; True when two of them have one name."""
    clash = False
    for name, inner in value.items():
        key = before + name
        # Under a long name every leaf would repeat it: a megabyte could become gigabytes.
        if isinstance(inner, dict) and depth < _DEPTH_MAX and len(key) <= _KEY_SHOWN:
            clash |= _flatten(inner, key + ".", cells, depth + 1)
        else:
            clash |= key in cells
            cells[key] = _cell(inner)
    return clash


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return number_text(value)
    return _encode(value).decode()


def number_text(number: Decimal) -> str:
    """Return a number without an exponent, and without cents where it is whole."""
    if not number.is_finite() or abs(number.adjusted()) > _DIGITS_MAX:
        return str(number)
    text = format(number, "f")
    whole, _, cents = text.partition(".")
    return whole if not cents.strip("0") else text
