"""Recognising a file from its beginning: encoding, separator, header, how numbers and dates look.

Everything here is a guess that the person sees and may change before the import starts.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from otklik.ingestion.imports.errors import EmptyFile, NotCsv, TooManyColumns
from otklik.ingestion.imports.model import (
    COLUMNS_MAX,
    DateOrder,
    Decimal_,
    Encoding,
    FileFormat,
    Separator,
    Source,
)
from otklik.ingestion.imports.stored import NUMBERED_CELLS

_SIGNATURES = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"SQLite format 3\0")
_SEPARATORS: tuple[Separator, ...] = (",", ";", "\t", "|")
_SAMPLE_ROWS = 200
# The letters that make up most of any Russian text; in a wrong single-byte encoding they become
# capitals, signs and rare letters.
_COMMON = frozenset("оеаинтсрвлкмдпу")
_NUMBER = re.compile(r"[-+]?[\d\s\u00a0\u202f']*\d(?:[.,]\d+)?")
_COMMA_DECIMAL = re.compile(r"[-+]?\d[\d\s\u00a0\u202f.]*,\d+")
_POINT_DECIMAL = re.compile(r"[-+]?\d[\d\s\u00a0\u202f,]*\.\d+")
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T,].*)?")
_HIGH_RUNS = re.compile(rb"[\x80-\xff]{2,}")
_EITHER_DECIMAL = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def recognise(
    sample: bytes,
    *,
    whole: bool,
    encoding: Encoding | None = None,
    separator: Separator | None = None,
    header: bool | None = None,
    source: Source = "csv",
) -> FileFormat:
    """Return the format of a file from its first bytes; given parts are taken as they are.

    `whole`: the sample is the whole file; otherwise its last, cut line is left out. `source`: of
    other files than CSV the sample is that of the numbered table they were turned into.
    Raises: NotCsv, EmptyFile, TooManyColumns.
    """
    if source != "csv":
        return _of_table(sample, source, whole=whole, header=header)
    if sample.startswith(_SIGNATURES):
        raise NotCsv()
    original = encoding or encoding_of(sample)
    text = decode_sample(sample, original, whole=whole)
    if not text.strip():
        raise EmptyFile()
    control = sum(1 for c in text if c < " " and c not in "\t\r\n\f")
    if control > len(text) // 50 + 2:
        raise NotCsv()
    separator = separator or separator_of(text)
    rows = [row for row in parse(text, separator) if any(cell.strip() for cell in row)]
    if not rows:
        raise NotCsv()
    if len(rows[0]) > COLUMNS_MAX:
        raise TooManyColumns(count=len(rows[0]), limit=COLUMNS_MAX)
    header = has_header(rows) if header is None else header
    names = rows[0] if header else [f"Column {i + 1}" for i in range(max(map(len, rows[:50])))]
    values = rows[1:] if header else rows
    return FileFormat(
        encoding="utf-8" if original == "utf-16" else original,
        original_encoding=original,
        separator=separator,
        header=header,
        columns=unique(names),
        decimal=decimal_of(values),
        decimal_unsure=decimal_unsure(values),
        **_orders(values),
    )


def _of_table(sample: bytes, source: Source, *, whole: bool, header: bool | None) -> FileFormat:
    records = parse(decode_sample(sample, "utf-8", whole=whole), ",")
    rows = [record[NUMBERED_CELLS:] for record in records if not record[1]]
    if not rows:
        raise EmptyFile()
    if len(rows[0]) > COLUMNS_MAX:
        raise TooManyColumns(count=len(rows[0]), limit=COLUMNS_MAX)
    if source == "jsonl":
        header = True
    elif header is None:
        header = has_header(rows)
    width = max(map(len, rows))
    names = rows[0] if header else [f"Column {i + 1}" for i in range(width)]
    values = rows[1:] if header else rows
    # Numbers of these files are written with a point; only texts can hold commas.
    points = any(_POINT_DECIMAL.fullmatch(cell) for row in values for cell in row)
    return FileFormat(
        encoding="utf-8",
        original_encoding="utf-8",
        separator=",",
        header=header,
        columns=unique(names),
        decimal="point" if points else decimal_of(values),
        decimal_unsure="" if points else decimal_unsure(values),
        source=source,
        **_orders(values),
    )


def encoding_of(sample: bytes) -> Encoding:
    """Guess the encoding from marks, from zero bytes, from validity, from the letters."""
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if sample[:4096].count(0) > len(sample[:4096]) // 5:
        # Without its mark only the little-endian form of Windows is met in practice.
        return "utf-16"
    try:
        # A character cut by the end of the sample is no fault.
        sample[: len(sample) - 4].decode() if len(sample) > 64 else sample.decode()
        return "utf-8"
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end >= len(sample) - 4:
            return "utf-8"
    high = sum(1 for byte in sample if byte >= 0x80)
    valid = len(sample.decode("utf-8", "ignore").encode()) - (len(sample) - high)
    if high and valid > 0.9 * high:
        # A few damaged lines don't make the file another encoding.
        return "utf-8"
    # Cyrillic letters stand beside each other; accents of Western languages stand alone.
    if high and sum(map(len, _HIGH_RUNS.findall(sample))) < high / 2:
        return "windows-1252"
    cp1251 = sum(1 for c in sample.decode("windows-1251", "replace") if c in _COMMON)
    koi8 = sum(1 for c in sample.decode("koi8-r", "replace") if c in _COMMON)
    return "koi8-r" if koi8 > cp1251 else "windows-1251"


def decode_sample(sample: bytes, encoding: Encoding, *, whole: bool) -> str:
    """Decode a sample leniently, without the line that its end has cut."""
    if encoding == "utf-16" and not sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = sample.decode("utf-16-le", "replace")
    else:
        text = sample.decode(encoding, "replace")
    if not whole:
        cut = max(text.rfind("\n"), text.rfind("\r"))
        text = text[:cut] if cut > 0 else text
    return text


def parse(text: str, separator: Separator, rows: int = _SAMPLE_ROWS) -> list[list[str]]:
    """Parse the beginning of a text leniently."""
    found = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            found.append(row)
            if len(found) >= rows:
                break
    except csv.Error:
        pass
    return found


def separator_of(text: str) -> Separator:
    """Return the separator that cuts most rows into the same number of cells, above one."""

    def score(separator: Separator) -> tuple[float, int]:
        widths = [len(row) for row in parse(text, separator, 60) if row]
        if not widths:
            return 0.0, 0
        width, count = Counter(widths).most_common(1)[0]
        return (count / len(widths) if width > 1 else 0.0), width

    return max(_SEPARATORS, key=score)


def has_header(rows: list[list[str]]) -> bool:
    """A first line of names: no cell in it is a number, a date or an address."""
    first = [cell.strip() for cell in rows[0]]
    if sum(map(bool, first)) * 2 < len(first):
        return False
    return not any(
        _NUMBER.fullmatch(cell) or _DATE.fullmatch(cell) or _EMAIL.fullmatch(cell)
        for cell in first
        if cell
    )


def unique(names: list[str]) -> list[str]:
    """Give every column a name of its own: empty ones get a number, repeated ones a suffix."""
    found: list[str] = []
    taken: set[str] = set()
    for i, raw in enumerate(names):
        name = " ".join(raw.replace("\0", "").split())[:200] or f"Column {i + 1}"
        candidate, n = name, 2
        while candidate in taken:
            candidate, n = f"{name} ({n})", n + 1
        taken.add(candidate)
        found.append(candidate)
    return found


def decimal_of(rows: list[list[str]]) -> Decimal_:
    """Return which sign the cents stand after."""
    commas = points = 0
    for row in rows:
        for cell in row:
            value = cell.strip()
            commas += bool(_COMMA_DECIMAL.fullmatch(value))
            points += bool(_POINT_DECIMAL.fullmatch(value))
    return "comma" if commas > points else "point"


def decimal_unsure(rows: list[list[str]]) -> str:
    """Return a number such as 1,234 that has two readings, when no number of the file has one."""
    found = ""
    for row in rows:
        for cell in row:
            value = cell.strip()
            if _EITHER_DECIMAL.fullmatch(value):
                found = found or value
            elif _COMMA_DECIMAL.fullmatch(value) or _POINT_DECIMAL.fullmatch(value):
                return ""
    return found


def date_order_of(rows: list[list[str]]) -> DateOrder:
    """Return the order of day and month; where no date tells, dots mean Europe, slashes America."""
    return _order([cell for row in rows for cell in row])[0]


def _orders(rows: list[list[str]]) -> dict[str, Any]:
    """Return what the values say of the order of day and month, column by column."""
    orders: dict[int, DateOrder] = {}
    unsure = []
    for i in range(max(map(len, rows), default=0)):
        order, told, dates = _order([row[i] for row in rows if i < len(row)])
        if told:
            orders[i] = order
        elif dates:
            unsure.append(i)
    return {"date_order": date_order_of(rows), "date_orders": orders, "date_unsure": unsure}


def _order(cells: Iterable[str]) -> tuple[DateOrder, bool, bool]:
    """Return the order of day and month, whether a date tells it, and whether there are such."""
    first_over = second_over = slashes = dots = 0
    for cell in cells:
        found = _DATE.fullmatch(cell.strip())
        if found is None:
            continue
        a, sign, b = found.group(1), found.group(2), found.group(3)
        if len(a) <= 2 and len(found.group(4)) in {2, 4}:
            first_over += int(a) > 12
            second_over += int(b) > 12
            slashes += sign == "/"
            dots += sign != "/"
    if first_over or second_over:
        return "dmy" if first_over >= second_over else "mdy", True, True
    if slashes or dots:
        return "mdy" if slashes > dots else "dmy", False, True
    return "ymd", False, False


def is_email(value: str) -> bool:
    return bool(_EMAIL.fullmatch(value.strip()))


def is_number(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value.strip()))
