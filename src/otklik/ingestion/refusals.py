"""A batch that ClickHouse refuses: finding the events that it can't take, and storing the others.

The batch is halved until the refused events stand alone. Each part has a token of its own, and
that a part was refused is remembered before a half of it is stored. So whoever repeats the work
cuts in the same places, and no event is stored under two tokens, even if ClickHouse should take
tomorrow what it refuses today.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pyarrow as pa

from otklik.runtime.public import ClickHouseError

Part = tuple[int, int]
"""Rows from the first number up to, but without, the second."""

REFUSED_MAX = 50
"""Events that are taken out of one batch; if there are more, something else is wrong."""

_OF_CONTENT = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        36,  # BAD_ARGUMENTS
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        306,  # TOO_DEEP_RECURSION
        407,  # DECIMAL_OVERFLOW
    }
)
"""Codes that speak of a value. Others (memory, disk, a missing table) would be met by each part,
and every event of the batch would be put aside for nothing."""


async def store_parts(
    table: pa.Table,
    *,
    token: str,
    refused: set[Part],
    insert: Callable[[pa.Table, str], Awaitable[object]],
    remember: Callable[[set[Part]], Awaitable[None]],
) -> list[tuple[int, str]]:
    """Store all rows that can be stored; return the others, each with the reason.

    `refused`: parts that were refused before; `remember` makes them last.
    Raises: what `insert` raises for other reasons than a value; ClickHouseError if more than
    REFUSED_MAX rows are refused.
    """
    alone: list[tuple[int, str]] = []
    waiting = [(0, table.num_rows)]
    while waiting:
        part = waiting.pop()
        begin, end = part
        if part not in refused:
            whole = end - begin == table.num_rows
            try:
                await insert(
                    table.slice(begin, end - begin), token if whole else f"{token}:{begin}-{end}"
                )
                continue
            except ClickHouseError as error:
                if error.number not in _OF_CONTENT or len(alone) >= REFUSED_MAX:
                    raise
                if end - begin == 1:
                    alone.append((begin, error.detail))
                    continue
            refused.add(part)
            await remember(refused)
        middle = (begin + end) // 2
        waiting += [(middle, end), (begin, middle)]
    return sorted(alone)
