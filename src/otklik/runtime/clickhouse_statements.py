"""Texts and bodies of ClickHouse statements: bound values, settings, rows as Arrow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from otklik.kit.clickhouse_sql import quote_name, quote_text

if TYPE_CHECKING:
    import pyarrow as pa

_PLACEHOLDER: Final = re.compile(r"\{\s*(\w+)\s*:")


def bound(sql: str, parameters: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the values to bind. Every one must be named in the text as `{name:Type}`.

    The driver would put values of any other text into it by itself, as Python's `%` does; here
    the engine does it or nobody.
    """
    if not parameters:
        return None
    named = set(_PLACEHOLDER.findall(sql))
    unknown = parameters.keys() - named
    if unknown:
        raise ValueError(f"The query does not name the parameters {sorted(unknown)}")
    return dict(parameters)


def texts(settings: Mapping[str, Any] | None) -> dict[str, str]:
    return {
        name: ("1" if value else "0") if isinstance(value, bool) else str(value)
        for name, value in (settings or {}).items()
    }


def arrow_statement(
    table: str, columns: list[str], types: Mapping[str, str]
) -> tuple[str, Mapping[str, str]]:
    """Return the INSERT for an Arrow body and the settings that go with it.

    ClickHouse turns Arrow strings into JSON values with the settings of a new installation, not
    with those of the query, and would take the string "2024-01-01" for a date. In a SELECT it
    heeds them, so a table with JSON columns is filled through one.
    """
    names = ", ".join(quote_name(column) for column in columns)
    if not any(types.get(column, "").startswith("JSON") for column in columns):
        return f"INSERT INTO {quote_name(table)} ({names}) FORMAT Arrow", {}
    structure: list[str] = []
    values: list[str] = []
    for column in columns:
        kind = types.get(column, "String")
        if kind.startswith("JSON"):
            structure.append(f"{quote_name(column)} String")
            values.append(f"CAST({quote_name(column)} AS {kind})")
        else:
            structure.append(f"{quote_name(column)} {kind}")
            values.append(quote_name(column))
    statement = (
        f"INSERT INTO {quote_name(table)} ({names}) SELECT {', '.join(values)} "
        f"FROM input({quote_text(', '.join(structure))}) FORMAT Arrow"
    )
    # In one thread the rows keep their order, so a repeat has the same blocks and is recognised.
    return statement, {"max_threads": "1", "max_insert_threads": "1"}


def arrow_bytes(arrow: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, arrow.schema) as writer:
        # One batch is one block for ClickHouse: it is stored whole or not at all.
        writer.write_table(arrow.combine_chunks())
    block: bytes = sink.getvalue().to_pybytes()
    return block
