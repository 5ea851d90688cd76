"""Who was merged into whom, for many people at once."""

from __future__ import annotations

from collections.abc import Sequence

from otklik.runtime.public import Tx, driver

_MERGED = b"""
SELECT profile_id, merged_into FROM profiles
WHERE merged_into = ANY(%s::bigint[]) AND workspace_id = %s
"""


async def merged_into(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> dict[int, int]:
    """Return the profiles that were merged into any of these, each with where it lives now."""
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_MERGED, ("{" + ",".join(map(str, profile_ids)) + "}", workspace_id))
        return dict(await cursor.fetchall())
