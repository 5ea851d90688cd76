"""What a message needs of its recipients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import sql

from otklik.profiles.model.identifiers import EMAIL, PHONE
from otklik.profiles.model.traits import first_name, last_name
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Tx, driver

ADDRESS_KINDS: dict[str, str] = {
    "email": EMAIL,
    "sms": PHONE,
    "whatsapp": PHONE,
    "viber": PHONE,
    "calls": PHONE,
}
_COLUMNS: dict[str, LiteralString] = {EMAIL: "email", PHONE: "phone"}

# The ids come from a subquery so that the planner does not look at each of twenty thousand: that
# would take it as long as the reading. A tombstone keeps old columns; its person's are asked.
_ADDRESSES: LiteralString = """
SELECT found.profile_id, found.address
FROM (
  SELECT p.profile_id,
         CASE WHEN p.merged_into IS NULL THEN p.{column}
              ELSE (SELECT r.{column} FROM profiles r WHERE r.profile_id = p.merged_into)
         END AS address
  FROM profiles p
  WHERE p.profile_id = ANY((SELECT %s::bigint[])::bigint[]) AND p.workspace_id = %s
) found
WHERE found.address IS NOT NULL
"""


async def profile_addresses(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int], channel: str
) -> dict[int, str]:
    """Return the address of each profile on a channel; those without one are left out.

    The address is the latest one that was said of the person (trait `email` or `phone`), or the
    newest identifier of that kind. A profile merged away answers with its present person's.
    """
    kind = ADDRESS_KINDS.get(channel, channel)
    if kind in _COLUMNS:
        return await _columns(tx, workspace_id, profile_ids, _COLUMNS[kind])
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    addresses: dict[int, str] = {}
    for one, person in people.items():
        mine = [m for m in person.identifiers if m.kind == kind]
        if mine:
            addresses[one] = max(mine, key=lambda m: (m.first_seen, m.value)).value
    return addresses


async def _columns(
    tx: Tx, workspace_id: int, profile_ids: Sequence[int], column: LiteralString
) -> dict[int, str]:
    """Return what lists show of the profiles; it is worked out at every change of a person."""
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            sql.SQL(_ADDRESSES).format(column=sql.Identifier(column)),
            ("{" + ",".join(map(str, profile_ids)) + "}", workspace_id),
        )
        return dict(await cursor.fetchall())


async def render_context(
    tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """Return per profile what a letter may name: {"customer": {…}}, plain values only.

    `customer` has every trait under its own name, and always `id`, `name`, `first_name`,
    `last_name`, `email`, `phone`, `user_id` (texts, empty where nothing is known).
    """
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    return {
        one: {
            "customer": {
                **person.traits,
                "id": one,
                "name": person.name,
                "first_name": first_name(person.traits),
                "last_name": last_name(person.traits),
                "email": person.email or "",
                "phone": person.phone or "",
                "user_id": person.user_id or "",
            }
        }
        for one, person in people.items()
    }
