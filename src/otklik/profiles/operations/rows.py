"""What identity resolution writes: each statement serves a batch of any size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from otklik.kit.ids import new_id
from otklik.profiles.model.identity import Home, Known, Link
from otklik.profiles.model.traits import TraitState, encode_state
from otklik.profiles.operations.statements import columns, fetch, flags, numbers, run, texts
from otklik.runtime.public import Tx


async def take_profile_ids(tx: Tx, count: int) -> list[int]:
    if not count:
        return []
    rows = await fetch(
        tx, "SELECT nextval('profile_ids') FROM generate_series(1, %s::int)", (count,)
    )
    return sorted(row[0] for row in rows)


async def insert_profiles(
    tx: Tx, *, workspace_id: int, rows: Sequence[tuple[int, str, int, int]]
) -> None:
    """Insert profiles as (profile_id, head, first_seen_ms, last_seen_ms)."""
    if not rows:
        return
    ids, heads, first, last = (list(column) for column in zip(*rows, strict=True))
    await run(
        tx,
        """
        INSERT INTO profiles (profile_id, workspace_id, head, first_seen, last_seen, version, known)
        SELECT u.id, %s, u.head, to_timestamp(u.first_ms / 1000.0),
               to_timestamp(u.last_ms / 1000.0), nextval('profile_versions'), false
        FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[])
          AS u (id, head, first_ms, last_ms)
        """,
        (workspace_id, numbers(ids), texts(heads), numbers(first), numbers(last)),
    )


async def insert_identifiers(
    tx: Tx, *, workspace_id: int, rows: Sequence[tuple[str, Known, int]]
) -> None:
    """Insert identifiers as (key, registers, first_seen_ms)."""
    if not rows:
        return
    kinds, values = columns(row[0] for row in rows)
    await run(
        tx,
        """
        INSERT INTO identifiers
          (workspace_id, kind, value, home_id, owner, device_at, device, first_seen)
        SELECT %s, u.kind, u.value, u.home_id, nullif(u.owner, ''), u.device_at,
               nullif(u.device, ''),
               to_timestamp(u.first_ms / 1000.0)
        FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[],
                    %s::bigint[]) AS u (kind, value, home_id, owner, device_at, device, first_ms)
        """,
        (
            workspace_id,
            kinds,
            values,
            numbers([row[1].home for row in rows]),
            texts([row[1].owner for row in rows]),
            numbers([row[1].device_at for row in rows]),
            texts([row[1].device for row in rows]),
            numbers([row[2] for row in rows]),
        ),
    )


async def update_identifiers(
    tx: Tx, *, workspace_id: int, rows: Sequence[tuple[str, Known]]
) -> None:
    if not rows:
        return
    kinds, values = columns(row[0] for row in rows)
    await run(
        tx,
        """
        UPDATE identifiers i
        SET home_id = s.home_id, owner = nullif(s.owner, ''), device_at = s.device_at,
            device = nullif(s.device, '')
        FROM (
          SELECT f.place, u.home_id, u.owner, u.device_at, u.device
          FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::text[])
            AS u (kind, value, home_id, owner, device_at, device)
          CROSS JOIN LATERAL (
            SELECT k.ctid AS place FROM identifiers k
            WHERE k.workspace_id = %s AND k.kind = u.kind AND k.value = u.value LIMIT 1
          ) f
        ) s
        WHERE i.ctid = s.place
        """,
        (
            kinds,
            values,
            numbers([row[1].home for row in rows]),
            texts([row[1].owner for row in rows]),
            numbers([row[1].device_at for row in rows]),
            texts([row[1].device for row in rows]),
            workspace_id,
        ),
    )


async def lower_first_seen(tx: Tx, *, workspace_id: int, first_ms: dict[str, int]) -> list[str]:
    """Move the first moment of identifiers back where events came late; returns those moved."""
    if not first_ms:
        return []
    keys = list(first_ms)
    found = await fetch(
        tx,
        """
        UPDATE identifiers i
        SET first_seen = s.first_at
        FROM (
          SELECT u.ord, u.first_at, f.place
          FROM (
            SELECT a.ord, a.kind, a.value, to_timestamp(a.first_ms / 1000.0) AS first_at
            FROM unnest(%s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
              AS a (kind, value, first_ms, ord)
          ) u
          CROSS JOIN LATERAL (
            SELECT k.ctid AS place FROM identifiers k
            WHERE k.workspace_id = %s AND k.kind = u.kind AND k.value = u.value
              AND k.first_seen > u.first_at
            LIMIT 1
          ) f
        ) s
        WHERE i.ctid = s.place
        RETURNING s.ord
        """,
        (*columns(keys), numbers(first_ms.values()), workspace_id),
    )
    return [keys[row[0] - 1] for row in found]


async def update_homes(tx: Tx, *, workspace_id: int, homes: Sequence[Home]) -> None:
    if not homes:
        return
    await run(
        tx,
        """
        UPDATE profiles p
        SET head = u.head, merged_into = u.merged_into, apart = u.apart,
            version = nextval('profile_versions')
        FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bool[])
          AS u (id, head, merged_into, apart)
        WHERE p.profile_id = u.id AND p.workspace_id = %s
        """,
        (
            numbers([home.id for home in homes]),
            texts([home.head for home in homes]),
            numbers([home.merged_into for home in homes]),
            flags([home.apart for home in homes]),
            workspace_id,
        ),
    )


async def write_links(
    tx: Tx, *, workspace_id: int, added: Sequence[Link], ended: Sequence[UUID], now: datetime
) -> None:
    if ended:
        await run(
            tx,
            "UPDATE merges SET undone_at = %s WHERE workspace_id = %s AND id = ANY(%s)",
            (now, workspace_id, list(ended)),
        )
    if added:
        await run(
            tx,
            """
            INSERT INTO merges (id, workspace_id, from_id, into_id, reason, forced, merged_at)
            SELECT u.id, %s, u.from_id, u.into_id, u.reason, u.forced, %s
            FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::bool[])
              AS u (id, from_id, into_id, reason, forced)
            """,
            (
                workspace_id,
                now,
                [new_id() for _ in added],
                numbers([link.from_id for link in added]),
                numbers([link.into_id for link in added]),
                texts([link.reason.value for link in added]),
                flags([link.forced for link in added]),
            ),
        )


async def write_shared(tx: Tx, *, workspace_id: int, shared: dict[str, set[str]]) -> None:
    """Note identifiers that a trusted source gave to two users or more."""
    pairs = sorted((key, user) for key, users in shared.items() for user in users)
    if not pairs:
        return
    kinds, values = columns(pair[0] for pair in pairs)
    await run(
        tx,
        """
        INSERT INTO shared_identifiers (workspace_id, kind, value, user_id)
        SELECT %s, u.kind, u.value, u.user_id
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS u (kind, value, user_id)
        ON CONFLICT DO NOTHING
        """,
        (workspace_id, kinds, values, columns(pair[1] for pair in pairs)[1]),
    )


async def write_states(tx: Tx, *, workspace_id: int, states: dict[str, TraitState]) -> None:
    if not states:
        return
    kinds, values = columns(states)
    await run(
        tx,
        """
        INSERT INTO trait_states (workspace_id, kind, value, state)
        SELECT %s, u.kind, u.value, u.state
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS u (kind, value, state)
        ON CONFLICT (workspace_id, kind, value) DO UPDATE SET state = excluded.state
        """,
        (workspace_id, kinds, values, texts([encode_state(state) for state in states.values()])),
    )


async def touch(
    tx: Tx, *, workspace_id: int, seen: dict[int, tuple[int, int]], step_ms: int
) -> list[int]:
    """Move the first and last moment of profiles; returns those that were moved.

    The last moment is written when it moves by more than `step_ms`: a row per event would cost
    more than everything else that is done for the event.
    """
    if not seen:
        return []
    rows = await fetch(
        tx,
        """
        UPDATE profiles p
        SET first_seen = least(p.first_seen, s.first_at),
            last_seen = greatest(p.last_seen, s.last_at),
            version = nextval('profile_versions')
        FROM (
          SELECT f.place, u.first_at, u.last_at
          FROM (
            SELECT id, to_timestamp(first_ms / 1000.0) AS first_at,
                   to_timestamp(last_ms / 1000.0) AS last_at
            FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS a (id, first_ms, last_ms)
          ) u
          CROSS JOIN LATERAL (
            SELECT k.ctid AS place FROM profiles k
            WHERE k.profile_id = u.id AND k.workspace_id = %s
              AND (k.first_seen > u.first_at
                   OR k.last_seen < u.last_at - %s * interval '1 millisecond')
            LIMIT 1
          ) f
        ) s
        WHERE p.ctid = s.place
        RETURNING p.profile_id
        """,
        (
            numbers(seen),
            numbers([moments[0] for moments in seen.values()]),
            numbers([moments[1] for moments in seen.values()]),
            workspace_id,
            step_ms,
        ),
    )
    return [row[0] for row in rows]
