"""Computed traits: values that the workspace works out itself, written for many people at once.

A computed value lives in a trait state beside what was said, under a moment that no event reaches:
an event under the same name can't win against it. All of a person's states are cleared of the name
first, so there is one value, and nothing said before shows through when there is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from otklik.profiles.model.identity import order_of
from otklik.profiles.model.traits import FlatTrait, TraitState, decode_state, flatten
from otklik.profiles.operations import rows, statements
from otklik.profiles.queries.facts import TRAITS
from otklik.runtime.public import Runtime, Tx

BAND_MS: Final = 10**13
"""Added to the moment of writing: three centuries beyond any event, and still later each time."""


async def write_computed_traits(
    tx: Tx,
    *,
    workspace_id: int,
    trait: str,
    ids: Sequence[int],
    values: Sequence[Any],
    flat_names: Sequence[str],
    now: datetime,
) -> pa.Table:
    """Give each of the profiles `ids` its value of a computed trait; None takes it away.

    `values`: scalars, or objects of scalars that become "trait.part". `flat_names`: every flat name
    that the trait may have or had; those that a value does not fill are cleared.
    Ids that are unknown, of other workspaces, or merged away meanwhile are left out. Returns the
    rows that ClickHouse must learn: hand them to `store_computed_traits` after the commit. Should
    that fail, writing the same values again is harmless. About 10,000 people at a time; takes the
    workspace's identity lock. The name must not be one that lists and search are made of.
    """
    await statements.lock_identities(tx, workspace_id=workspace_id)
    wanted = dict(zip(ids, values, strict=True))
    async with statements.probing(tx):
        found = await statements.fetch(tx, _STATES, (statements.numbers(wanted), workspace_id))
    members: dict[int, dict[str, TraitState]] = {}
    for profile_id, kind, value, state in found:
        states = members.setdefault(profile_id, {})
        states[f"{kind}:{value}"] = {} if state is None else decode_state(state)
    ms = BAND_MS + round(now.timestamp() * 1000)
    changed: dict[str, TraitState] = {}
    for profile_id, states in members.items():
        for key, state in states.items():
            if trait in state:
                del state[trait]
                changed[key] = state
        if wanted[profile_id] is not None:
            key = min(states, key=order_of)
            states[key][trait] = [wanted[profile_id], ms]
            changed[key] = states[key]
    await rows.write_states(tx, workspace_id=workspace_id, states=changed)
    versions = await _new_versions(tx, workspace_id, list(members))
    return _table(workspace_id, trait, wanted, versions, flat_names)


async def store_computed_traits(rt: Runtime, table: pa.Table) -> None:
    """Carry the rows of `write_computed_traits` to ClickHouse, after their commit.

    A change of a person in between carries all of the person's traits, these among them, with a
    later version; so nothing is lost and nothing is overwritten by what is older.
    """
    if not table.num_rows:
        return
    digest = hashlib.sha256()
    for batch in table.combine_chunks().to_batches():
        for column in batch.columns:
            for buffer in column.buffers():
                digest.update(buffer or b"")
    await rt.ch.insert_arrow("profile_traits", table, token=f"computed-{digest.hexdigest()}")


async def register_computed_trait(
    tx: Tx,
    *,
    workspace_id: int,
    flat_names: Sequence[str],
    counts: Mapping[tuple[str, str], int],
    now: datetime,
) -> None:
    """Say which flat traits a computed one has, so that they can be chosen and travel with people.

    `counts`: people by flat name and type; names of `flat_names` that are not in it are forgotten.
    """
    await statements.run(
        tx,
        "DELETE FROM trait_names WHERE workspace_id = %s AND trait = ANY(%s::text[])",
        (workspace_id, statements.texts(flat_names)),
    )
    await statements.run(
        tx,
        """
        INSERT INTO trait_names (workspace_id, trait, type, count, last_seen)
        SELECT %s, u.trait, u.type, u.n, %s
        FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS u (trait, type, n)
        """,
        (
            workspace_id,
            now,
            statements.texts([name for name, _ in counts]),
            statements.texts([kind for _, kind in counts]),
            statements.numbers(counts.values()),
        ),
    )


async def _new_versions(tx: Tx, workspace_id: int, ids: Sequence[int]) -> dict[int, int]:
    found = await statements.fetch(
        tx,
        """
        UPDATE profiles SET version = nextval('profile_versions')
        WHERE workspace_id = %s AND profile_id = ANY(%s::bigint[])
        RETURNING profile_id, version
        """,
        (workspace_id, statements.numbers(ids)),
    )
    return {row[0]: row[1] for row in found}


def _table(
    workspace_id: int,
    trait: str,
    wanted: Mapping[int, Any],
    versions: Mapping[int, int],
    flat_names: Sequence[str],
) -> pa.Table:
    ids: list[int] = []
    flat: list[FlatTrait] = []
    for profile_id in versions:
        value = wanted[profile_id]
        given = [] if value is None else flatten(trait, value)
        present = {row.name for row in given}
        given += [FlatTrait(name, "null") for name in flat_names if name not in present]
        flat += given
        ids += [profile_id] * len(given)
    return pa.table(
        {
            "workspace_id": [workspace_id] * len(flat),
            "trait": [row.name for row in flat],
            "profile_id": ids,
            "type": [row.type for row in flat],
            "str": [row.text for row in flat],
            "num": [row.number for row in flat],
            "list": [row.items for row in flat],
            "version": [versions[profile_id] for profile_id in ids],
        },
        schema=TRAITS,
    )


# The identifiers under which a person's values may stand: those with a state, all that are no
# devices, and the one the profile was made for. A visitor with many devices has few of them.
_STATES = """
SELECT q.id, i.kind, i.value, t.state
FROM unnest(%s::bigint[]) AS q (id)
CROSS JOIN LATERAL (
  SELECT x.workspace_id, x.profile_id, x.head FROM profiles x
  WHERE x.profile_id = q.id AND x.workspace_id = %s AND x.merged_into IS NULL LIMIT 1
) p
CROSS JOIN LATERAL (
  SELECT p.profile_id AS home_id
  UNION ALL
  SELECT x.profile_id FROM profiles x WHERE x.merged_into = p.profile_id
) h
JOIN identifiers i ON i.home_id = h.home_id
LEFT JOIN LATERAL (
  SELECT s.state FROM trait_states s
  WHERE s.workspace_id = i.workspace_id AND s.kind = i.kind AND s.value = i.value LIMIT 1
) t ON true
WHERE i.kind <> 'anonymous_id' OR t.state IS NOT NULL OR i.kind || ':' || i.value = p.head
"""
