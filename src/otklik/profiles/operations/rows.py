"""The statements of identity resolution: each one serves a batch of any size."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from otklik.kit.ids import new_id
from otklik.profiles.model.identity import Home, Known, Link
from otklik.profiles.model.structs import MergeReason
from otklik.profiles.model.traits import TraitState, decode_state, encode_state
from otklik.runtime.public import Tx, driver

_LOCK_CLASS = 0x0F11E5
"""First key of the advisory lock: it must differ from every other two-key lock of the program."""


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


async def fetch(tx: Tx, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(_prepared(sql), parameters)
        return await cursor.fetchall() if cursor.description else []


async def run(tx: Tx, sql: str, parameters: Sequence[Any]) -> None:
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


def columns(keys: Iterable[str]) -> tuple[str, str]:
    """Return the kinds and the values of keys as two arrays."""
    pairs = [key.split(":", 1) for key in keys]
    return texts([pair[0] for pair in pairs]), texts([pair[1] for pair in pairs])


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
        {"ws": workspace_id, "ids": list(home_ids)},  # type: ignore[arg-type]
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
            [home.apart for home in homes],
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
                [link.forced for link in added],
            ),
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
