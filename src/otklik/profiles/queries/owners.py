"""Who is named by identifiers that come from outside, many at once."""

from __future__ import annotations

from collections.abc import Iterable

from otklik.runtime.public import Tx, driver

_KNOWN = """
SELECT given.value
FROM unnest(%s::text[]) AS given (value)
WHERE EXISTS (
  SELECT FROM identifiers i
  WHERE i.workspace_id = %s AND i.kind = %s AND i.value = given.value
)
"""


async def known_values(tx: Tx, *, workspace_id: int, kind: str, values: Iterable[str]) -> set[str]:
    """Return which of `values`, normalised identifiers of one kind, somebody has already."""
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_KNOWN, (text_array(values), workspace_id, kind))
        return {row[0] for row in await cursor.fetchall()}


def text_array(values: Iterable[str]) -> str:
    """Return values as one array literal: the driver needs microseconds for each of a list."""
    joined = '","'.join(
        value.replace("\\", "\\\\").replace('"', '\\"') if '"' in value or "\\" in value else value
        for value in values
    )
    return '{"' + joined + '"}' if joined else "{}"


_OWNERS = """
SELECT i.kind, i.value, coalesce(p.merged_into, p.profile_id)
FROM unnest(%s::text[], %s::text[]) AS given (kind, value)
JOIN identifiers i ON i.workspace_id = %s AND i.kind = given.kind AND i.value = given.value
JOIN profiles p ON p.profile_id = i.home_id
"""


async def owners_of(
    tx: Tx, *, workspace_id: int, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return today's profile of each identifier (kind, normalised value) that somebody has."""
    pairs = list(dict.fromkeys(names))
    connection = await driver(tx)
    cursor = await connection.execute(
        _OWNERS,
        (
            text_array(kind for kind, _ in pairs),
            text_array(value for _, value in pairs),
            workspace_id,
        ),
    )
    return {(kind, value): profile_id for kind, value, profile_id in await cursor.fetchall()}
