"""How statements of this slice are run: one round trip with whole columns as parameters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from otklik.runtime.public import Tx, driver

_LOCK_CLASS = 0x0F11E5
"""First key of the advisory lock: it must differ from every other two-key lock of the program."""
Parameters = Sequence[Any] | Mapping[str, Any]


async def lock_identities(tx: Tx, *, workspace_id: int) -> None:
    """Let nobody else change who is who in a workspace until the transaction ends.

    Every writer of this slice begins with it, so no two of them can wait for each other's rows.
    """
    await fetch(tx, "SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK_CLASS, workspace_id))


@asynccontextmanager
async def probing(tx: Tx) -> AsyncIterator[None]:
    """Run statements that look rows up by key, and nothing else.

    A table that was filled a moment ago has no statistics, and the planner would read all of it
    for each of ten thousand keys, or once for all of them. Neither is ever right here.
    """
    await fetch(tx, _PLANNER, ("off",) * 3)
    yield
    # After an error the transaction is rolled back, and the settings with it.
    await fetch(tx, _PLANNER, ("on",) * 3)


_PLANNER = """
SELECT set_config('enable_seqscan', %s, true), set_config('enable_hashjoin', %s, true),
       set_config('enable_mergejoin', %s, true)
"""


@lru_cache(maxsize=100)
def _prepared(sql: str) -> bytes:
    return sql.replace("%s::text[]", "string_to_array(%s, chr(31))").encode()


async def fetch(tx: Tx, sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_prepared(sql), parameters)
        return await cursor.fetchall() if cursor.description else []


async def run(tx: Tx, sql: str, parameters: Parameters) -> None:
    connection = await driver(tx)
    async with connection.cursor() as cursor:
        await cursor.execute(_prepared(sql), parameters)


def texts(values: Iterable[str | None]) -> str:
    """Return an array of texts for `%s::text[]` in a statement; None becomes an empty text.

    The driver needs microseconds for each element of a list; this is a tenth of that. The
    separator cannot occur: identifiers have no control characters and JSON escapes them.
    """
    return "\x1f".join([value or "" for value in values])


def numbers(values: Iterable[int | None]) -> str:
    """Return an array literal of whole numbers."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def flags(values: Iterable[bool]) -> str:
    """Return an array literal of truth values."""
    return "{" + ",".join(["t" if value else "f" for value in values]) + "}"


def columns(keys: Iterable[str]) -> tuple[str, str]:
    """Return the kinds and the values of keys as two arrays."""
    pairs = [key.split(":", 1) for key in keys]
    return texts([pair[0] for pair in pairs]), texts([pair[1] for pair in pairs])
