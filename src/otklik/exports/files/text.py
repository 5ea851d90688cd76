"""Columns as text, for CSV and JSON lines: whole columns at a time, no object for each cell."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from otklik.exports.files.columns import Kind

FORMULA: Final = r"^[=+\-@\t\r']"
"""Texts that a spreadsheet might take for a formula, and those that begin with the guard itself."""
_PLAIN_JSON: Final = r'^[^"\\\x00-\x1f\x7f]*$'


def plain(values: Any, kind: Kind, zone: str = "UTC") -> Any:
    """Return a column as an array of strings (null stays null): what CSV and Parquet's text show.

    Times are ISO 8601 with milliseconds, `Z` for UTC and an offset otherwise; whole numbers and
    decimals are exact; numbers have the fewest digits that name them; bool is true or false. A
    JSON value that is a string is shown without its quotes.
    """
    match kind:
        case "text":
            return values.cast(pa.string())
        case "time":
            return _times(values, zone)
        case "json":
            return _unquoted(values.cast(pa.string()))
        case "whole" | "number" | "decimal" | "bool":
            return values.cast(pa.string())


def guarded(text: Any) -> Any:
    """Put an apostrophe before texts that a spreadsheet might carry out as a formula.

    Reversible: every text that begins with an apostrophe gets one too, so that a reader who takes
    one away from each cell that begins with it has exactly what was stored.
    """
    hit = pc.match_substring_regex(text, FORMULA)
    if not pc.any(hit).as_py():
        return text
    return pc.if_else(hit, pc.binary_join_element_wise("'", text, ""), text)


def csv_cells(text: Any, separator: Literal[",", ";"]) -> Any:
    """Quote where RFC 4180 wants it. Null is nothing, an empty text is a pair of quotes."""
    needs = pc.or_kleene(
        pc.match_substring_regex(text, f'[{separator}"\r\n]|^[ \\t]|[ \\t]$'),
        pc.equal(text, ""),
    )
    if pc.any(needs).as_py():
        doubled = pc.replace_substring(text, '"', '""')
        text = pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), text)
    return pc.fill_null(text, "")


def json_values(values: Any, kind: Kind, zone: str = "UTC") -> Any:
    """Return a column as JSON texts; null is `null`. Decimals are strings, so that none rounds."""
    match kind:
        case "whole" | "bool":
            text = values.cast(pa.string())
        case "number":
            finite = pc.is_finite(values)
            text = pc.if_else(finite, values, pa.scalar(None, values.type)).cast(pa.string())
        case "decimal":
            text = pc.binary_join_element_wise('"', values.cast(pa.string()), '"', "")
        case "time":
            text = pc.binary_join_element_wise('"', _times(values, zone), '"', "")
        case "json":
            text = values.cast(pa.string())
        case "text":
            text = _json_strings(values.cast(pa.string()))
    return pc.fill_null(text, "null")


def lines(cells: list[Any], separator: str, *, begin: str = "", end: str) -> bytes:
    """Join columns of cells to lines and return their bytes.

    Shapes: arrays of one length without nulls. The joined array's own buffer is the text.
    """
    joined = cells[0] if len(cells) == 1 else pc.binary_join_element_wise(*cells, separator)
    joined = pc.binary_join_element_wise(begin, joined, end, "")
    data, length = joined.buffers()[2], pc.sum(pc.binary_length(joined)).as_py()
    return b"" if data is None or not length else data.slice(0, length).to_pybytes()


def _times(values: Any, zone: str) -> Any:
    if zone == "UTC":
        return pc.strftime(values.cast(pa.timestamp("ms", "UTC")), format="%Y-%m-%dT%H:%M:%SZ")
    local = values.cast(pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms", zone))
    text = pc.strftime(local, format="%Y-%m-%dT%H:%M:%S%z")
    # +0300 becomes +03:00, as RFC 3339 wants it.
    return pc.replace_substring_regex(text, r"([+-]\d\d)(\d\d)$", r"\1:\2")


def _unquoted(text: Any) -> Any:
    """Take a JSON string for what it says; leave other JSON as it is written."""
    quoted = pc.starts_with(text, '"')
    if not pc.any(quoted).as_py():
        return text
    inner = pc.utf8_slice_codeunits(text, 1, -1)
    escaped = pc.and_kleene(quoted, pc.match_substring(text, "\\"))
    result = pc.if_else(quoted, inner, text)
    if not pc.any(escaped).as_py():
        return result
    hit = pc.fill_null(escaped, False)
    decoded = [
        _storable(msgspec.json.decode(one, type=str)) for one in text.filter(hit).to_pylist()
    ]
    return pc.replace_with_mask(result, hit, pa.array(decoded, pa.string()))


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _json_strings(text: Any) -> Any:
    simple = pc.match_substring_regex(text, _PLAIN_JSON)
    quoted = pc.binary_join_element_wise('"', text, '"', "")
    hit = pc.fill_null(pc.invert(simple), False)
    if not pc.any(hit).as_py():
        return quoted
    encoded = [msgspec.json.encode(one).decode() for one in text.filter(hit).to_pylist()]
    return pc.replace_with_mask(quoted, hit, pa.array(encoded, pa.string()))
