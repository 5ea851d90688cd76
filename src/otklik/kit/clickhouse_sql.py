"""Pieces of ClickHouse SQL that hold names chosen by users.

Values are always bound; names of properties cannot be. Measured: `getSubcolumn(column, {path})`
with a bound path reads the whole JSON column (33 times the bytes), a quoted path only the values.
"""

from __future__ import annotations

import re
from typing import Final, Literal

JsonKind = Literal["number", "string", "bool", "strings"]

_COLUMN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?\Z")
# After a dot, these begin a type or a part of an object in ClickHouse's own notation, and no
# quoting tells it otherwise. Such names exist only in attacks and in tests.
_NOTATION: Final = re.compile(r"(?:^|\.)[:^@]*`")


def quote_name(name: str) -> str:
    """Return an identifier in backticks, whatever characters it has."""
    return f"`{_escape(name).replace('`', chr(92) + '`')}`"


def quote_text(value: str) -> str:
    """Return a string literal, whatever characters it has. Prefer a bound value."""
    return "'" + _escape(value).replace("'", "\\'") + "'"


def json_path(column: str, path: str, kind: JsonKind) -> str:
    """Return an expression for the value at `path` of the JSON column `column`.

    `path` is any string as the registry of properties has it: keys joined with dots (ClickHouse
    itself takes a key with a dot for two keys). `column` is a name from the code.

    "number" is Nullable(Float64), "string" Nullable(String), "bool" Nullable(Bool): NULL where the
    path is missing or holds another type, never a conversion. "strings" is Array(String): the
    elements of a list as text, without nulls, lists and objects; empty where there is no list.
    Raises: ValueError if `column` is not a plain name.
    """
    if not _COLUMN.match(column):
        raise ValueError(f"not a column: {column!r}")
    if path == "" or _NOTATION.search(path):
        return _from_text(column, path, kind)
    place = f"{column}.{quote_name(path)}"
    match kind:
        case "number":
            return (
                f"coalesce(toFloat64({place}.:Int64), toFloat64({place}.:UInt64), {place}.:Float64)"
            )
        case "string":
            return f"{place}.:String"
        case "bool":
            return f"{place}.:Bool"
        case "strings":
            lists = [
                f"arrayMap(v -> assumeNotNull(toString(v)), "
                f"arrayFilter(v -> isNotNull(v), {place}.:`Array(Nullable({of}))`))"
                for of in ("String", "Int64", "UInt64", "Float64", "Bool")
            ]
            mixed = (
                f"arrayMap(v -> assumeNotNull(toString(v)), arrayFilter(v -> "
                f"dynamicType(v) IN ('String', 'Int64', 'UInt64', 'Float64', 'Bool'), "
                f"{place}.:`Array(Dynamic)`))"
            )
            return f"arrayConcat({', '.join([*lists, mixed])})"


def json_exists(column: str, path: str) -> str:
    """Return a condition: the path holds something that is not null (objects do not count)."""
    if not _COLUMN.match(column):
        raise ValueError(f"not a column: {column!r}")
    if path == "" or _NOTATION.search(path):
        text, keys = _text_and_keys(column, path)
        return f"(JSONType({text}, {keys}) NOT IN ('Null', 'Object'))"
    return f"isNotNull({column}.{quote_name(path)})"


def _from_text(column: str, path: str, kind: JsonKind) -> str:
    """The slow way for paths that ClickHouse's notation cannot name: through the JSON text."""
    text, keys = _text_and_keys(column, path)
    kept = f"JSONType({text}, {keys})"
    match kind:
        case "number":
            return (
                f"if({kept} IN ('Int64', 'UInt64', 'Double'), "
                f"JSONExtract({text}, {keys}, 'Nullable(Float64)'), NULL)"
            )
        case "string":
            return f"if({kept} = 'String', JSONExtract({text}, {keys}, 'Nullable(String)'), NULL)"
        case "bool":
            return f"if({kept} = 'Bool', JSONExtract({text}, {keys}, 'Nullable(Bool)'), NULL)"
        case "strings":
            return (
                f"arrayMap(r -> if(startsWith(r, '\"'), JSONExtractString(r), r), "
                f"arrayFilter(r -> r != 'null' AND NOT match(r, '^[\\\\[{{]'), "
                f"JSONExtractArrayRaw({text}, {keys})))"
            )


def _text_and_keys(column: str, path: str) -> tuple[str, str]:
    return f"toJSONString({column})", ", ".join(quote_text(key) for key in path.split("."))


def _escape(text: str) -> str:
    return (
        text.replace("\\", "\\\\")
        .replace("\0", "\\0")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\t", "\\t")
    )
