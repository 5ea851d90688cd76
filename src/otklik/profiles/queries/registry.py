"""Small reads: rules of identity, names of traits, who an old id is today."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.profiles import tables as t
from otklik.profiles.model.identifiers import DEFAULT_PRIORITY
from otklik.profiles.model.structs import IdentityRules, TraitName
from otklik.runtime.public import Tx, driver

_REGION_OF_CURRENCY = {
    "RUB": "RU",
    "BYN": "BY",
    "KZT": "KZ",
    "UAH": "UA",
    "UZS": "UZ",
    "GEL": "GE",
    "AMD": "AM",
    "GBP": "GB",
    "USD": "US",
    "CAD": "CA",
    "AUD": "AU",
    "PLN": "PL",
    "TRY": "TR",
}


async def get_rules(tx: Tx, *, workspace_id: int) -> IdentityRules:
    """Return the workspace's rules of identity, the safe defaults where none were set.

    The country for phones without a code is guessed from the workspace's currency.
    """
    row = (
        await tx.execute(
            sa.select(t.identity_rules).where(t.identity_rules.c.workspace_id == workspace_id)
        )
    ).first()
    if row is not None:
        return IdentityRules(
            merge_by_email=row.merge_by_email,
            merge_by_phone=row.merge_by_phone,
            default_region=row.default_region,
            merge_by=tuple(row.merge_by),
            shared_kinds=tuple(row.shared_kinds),
            priority=tuple(row.priority) or DEFAULT_PRIORITY,
        )
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    region = _REGION_OF_CURRENCY.get(workspace.currency)
    return IdentityRules(default_region=region or ("RU" if workspace.lang == "ru" else None))


async def trait_names(tx: Tx, *, workspace_id: int) -> list[TraitName]:
    """Return every trait that can be filtered by, with its types and how often it occurs."""
    rows = await tx.execute(
        sa.select(t.trait_names)
        .where(t.trait_names.c.workspace_id == workspace_id)
        .order_by(t.trait_names.c.trait, t.trait_names.c.count.desc(), t.trait_names.c.type)
    )
    # A row is a tuple too, and its `count` is the tuple's method.
    return [
        TraitName(trait=row.trait, type=row.type, count=row[3], last_seen=row.last_seen)
        for row in rows
    ]


async def registered(tx: Tx, *, workspace_id: int) -> set[str]:
    """Return the names of all traits that are registered."""
    rows = await tx.execute(
        sa.select(t.trait_names.c.trait)
        .where(t.trait_names.c.workspace_id == workspace_id)
        .distinct()
    )
    return set(rows.scalars())


async def current_ids(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> dict[int, int]:
    """Return the present profile of each id, merged ones resolved; unknown ids are left out."""
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        # An array literal is one text: the driver needs longer for a list than the server.
        await cursor.execute(_CURRENT, ("{" + ",".join(map(str, profile_ids)) + "}", workspace_id))
        return dict(await cursor.fetchall())


_CURRENT = b"""
SELECT profile_id, coalesce(merged_into, profile_id) FROM profiles
WHERE profile_id = ANY(%s::bigint[]) AND workspace_id = %s
"""


async def count_profiles(tx: Tx, *, workspace_id: int, known: bool | None = None) -> int:
    """Return how many people a workspace has; `known` counts only those with a name or without."""
    where = [t.profiles.c.workspace_id == workspace_id, t.profiles.c.merged_into.is_(None)]
    if known is not None:
        where.append(t.profiles.c.known.is_(known))
    return int((await tx.execute(sa.select(sa.func.count()).where(*where))).scalar_one())
