"""What identity resolution reads: each statement serves a batch of any size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from otklik.profiles.model.identity import Home, Known, Link
from otklik.profiles.model.structs import MergeReason
from otklik.profiles.model.traits import TraitState, decode_state
from otklik.profiles.operations.statements import columns, fetch, numbers, texts
from otklik.runtime.public import Tx


async def load_known(
    tx: Tx, *, workspace_id: int, keys: Sequence[str]
) -> tuple[dict[str, Known], dict[int, Home]]:
    """Return the stored identifiers among `keys`, and their homes."""
    if not keys:
        return {}, {}
    rows = await fetch(
        tx,
        """
        SELECT k.ord, f.home_id, f.owner, f.device_at, f.device, f.head, f.merged_into, f.apart
        FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS k (kind, value, ord)
        CROSS JOIN LATERAL (
          SELECT i.home_id, i.owner, i.device_at, i.device, p.head, p.merged_into, p.apart
          FROM identifiers i JOIN profiles p ON p.profile_id = i.home_id
          WHERE i.workspace_id = %s AND i.kind = k.kind AND i.value = k.value
          LIMIT 1
        ) f
        """,
        (*columns(keys), workspace_id),
    )
    known: dict[str, Known] = {}
    homes: dict[int, Home] = {}
    for ord_, home_id, owner, device_at, device, head, merged_into, apart in rows:
        known[keys[ord_ - 1]] = Known(home_id, owner, device_at, device)
        if home_id not in homes:
            homes[home_id] = Home(home_id, head, merged_into, apart)
    return known, homes


async def load_people(tx: Tx, *, workspace_id: int, home_ids: Iterable[int]) -> dict[int, Home]:
    """Return every home of the people to whom `home_ids` belong."""
    rows = await fetch(
        tx,
        """
        WITH roots AS (
          SELECT DISTINCT coalesce(f.merged_into, f.profile_id) AS root
          FROM unnest(%s::bigint[]) AS k (id)
          CROSS JOIN LATERAL (
            SELECT p.profile_id, p.merged_into FROM profiles p
            WHERE p.profile_id = k.id AND p.workspace_id = %s LIMIT 1
          ) f
        )
        SELECT f.profile_id, f.head, f.merged_into, f.apart
        FROM roots CROSS JOIN LATERAL (
          SELECT p.* FROM profiles p WHERE p.profile_id = roots.root
          UNION ALL
          SELECT p.* FROM profiles p WHERE p.merged_into = roots.root
        ) f
        """,
        (numbers(home_ids), workspace_id),
    )
    return {row[0]: Home(*row) for row in rows}


async def load_members(
    tx: Tx, *, workspace_id: int, home_ids: Sequence[int], anonymous: bool
) -> dict[str, Known]:
    """Return the identifiers of homes; anonymous ones only where asked for, or when heads."""
    rows = await fetch(
        tx,
        """
        SELECT f.kind, f.value, f.home_id, f.owner, f.device_at, f.device
        FROM unnest(%s::bigint[]) AS k (id)
        JOIN profiles p ON p.profile_id = k.id
        CROSS JOIN LATERAL (
          SELECT * FROM identifiers i
          WHERE i.home_id = k.id
            AND (%s OR i.kind <> 'anonymous_id' OR i.kind || ':' || i.value = p.head)
        ) f
        WHERE p.workspace_id = %s
        """,
        (numbers(home_ids), anonymous, workspace_id),
    )
    return {f"{row[0]}:{row[1]}": Known(*row[2:]) for row in rows}


async def load_candidates(
    tx: Tx, *, workspace_id: int, home_ids: Sequence[int], per_device: int
) -> dict[str, Known]:
    """Return identifiers first seen with a device that lives in one of the homes."""
    rows = await fetch(
        tx,
        """
        SELECT f.kind, f.value, f.home_id, f.owner, f.device_at, f.device
        FROM unnest(%s::bigint[]) AS k (id)
        JOIN identifiers d ON d.home_id = k.id AND d.kind = 'anonymous_id'
        CROSS JOIN LATERAL (
          SELECT * FROM identifiers i
          WHERE i.workspace_id = d.workspace_id AND i.device = 'anonymous_id:' || d.value
          ORDER BY i.device_at, i.kind, i.value
          LIMIT %s
        ) f
        WHERE d.workspace_id = %s
        """,
        (numbers(home_ids), per_device, workspace_id),
    )
    return {f"{row[0]}:{row[1]}": Known(*row[2:]) for row in rows}


async def load_shared(
    tx: Tx, *, workspace_id: int, users: Sequence[str], kinds: Sequence[str], per_value: int
) -> dict[str, set[str]]:
    """Return by identifier the users to whom it was given, for those given to one of `users`.

    Of an identifier with more than `per_value` users only so many are read.
    """
    rows = await fetch(
        tx,
        """
        SELECT s.kind, s.value, o.user_id
        FROM (
          SELECT DISTINCT f.kind, f.value
          FROM unnest(%s::text[]) AS u (user_id)
          CROSS JOIN LATERAL (
            SELECT i.kind, i.value FROM shared_identifiers i
            WHERE i.workspace_id = %s AND i.user_id = u.user_id AND i.kind = ANY(%s)
          ) f
        ) s
        CROSS JOIN LATERAL (
          SELECT i.user_id FROM shared_identifiers i
          WHERE i.workspace_id = %s AND i.kind = s.kind AND i.value = s.value
          ORDER BY i.user_id LIMIT %s
        ) o
        """,
        (columns(users)[1], workspace_id, list(kinds), workspace_id, per_value),
    )
    shared: dict[str, set[str]] = {}
    for kind, value, user_id in rows:
        shared.setdefault(f"{kind}:{value}", set()).add(f"user_id:{user_id}")
    return shared


async def load_users_of(
    tx: Tx, *, workspace_id: int, shared: Sequence[tuple[str, str]], per_value: int
) -> set[str]:
    """Return users to whom one of these identifiers was given, `per_value` of each."""
    rows = await fetch(
        tx,
        """
        SELECT DISTINCT o.user_id
        FROM unnest(%s::text[], %s::text[]) AS s (kind, value)
        CROSS JOIN LATERAL (
          SELECT i.user_id FROM shared_identifiers i
          WHERE i.workspace_id = %s AND i.kind = s.kind AND i.value = s.value
          ORDER BY i.user_id LIMIT %s
        ) o
        """,
        (
            texts([one[0] for one in shared]),
            texts([one[1] for one in shared]),
            workspace_id,
            per_value,
        ),
    )
    return {f"user_id:{row[0]}" for row in rows}


async def load_links(tx: Tx, *, workspace_id: int, home_ids: Sequence[int]) -> dict[Link, UUID]:
    """Return the active edges of the merge log that begin or end in one of the homes."""
    rows = await fetch(
        tx,
        """
        SELECT m.id, m.from_id, m.into_id, m.reason, m.forced FROM merges m
        WHERE m.workspace_id = %(ws)s AND m.undone_at IS NULL AND m.from_id = ANY(%(ids)s)
        UNION
        SELECT m.id, m.from_id, m.into_id, m.reason, m.forced FROM merges m
        WHERE m.workspace_id = %(ws)s AND m.undone_at IS NULL AND m.into_id = ANY(%(ids)s)
        """,
        {"ws": workspace_id, "ids": list(home_ids)},
    )
    return {Link(row[1], row[2], MergeReason(row[3]), row[4]): row[0] for row in rows}


async def load_states(tx: Tx, *, workspace_id: int, keys: Sequence[str]) -> dict[str, TraitState]:
    if not keys:
        return {}
    rows = await fetch(
        tx,
        """
        SELECT k.ord, f.state
        FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS k (kind, value, ord)
        CROSS JOIN LATERAL (
          SELECT t.state FROM trait_states t
          WHERE t.workspace_id = %s AND t.kind = k.kind AND t.value = k.value LIMIT 1
        ) f
        """,
        (*columns(keys), workspace_id),
    )
    return {keys[row[0] - 1]: decode_state(row[1]) for row in rows}
