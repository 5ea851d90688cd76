"""The devices of people, for services that know people by them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from otklik.runtime.public import Tx

# Two ways to belong to a person: lived in from the start, or come with a profile merged into it.
_NEWEST = """
SELECT DISTINCT ON (person) person, value FROM (
  SELECT i.home_id AS person, i.value, i.first_seen FROM identifiers i
  WHERE i.home_id = ANY(CAST(:ids AS bigint[])) AND i.workspace_id = :workspace_id
    AND i.kind = 'anonymous_id'
  UNION ALL
  SELECT p.merged_into, i.value, i.first_seen
  FROM profiles p JOIN identifiers i ON i.home_id = p.profile_id
  WHERE p.merged_into = ANY(CAST(:ids AS bigint[])) AND i.workspace_id = :workspace_id
    AND i.kind = 'anonymous_id'
) AS mine
ORDER BY person, first_seen DESC, value
"""


async def newest_devices(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, str]:
    """Return the anonymous id that each profile was seen with last for the first time; profiles
    without any are left out."""
    rows = await tx.execute(
        sa.text(_NEWEST), {"ids": list(profile_ids), "workspace_id": workspace_id}
    )
    return {row.person: row.value for row in rows}
