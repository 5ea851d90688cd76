"""Cutting a person out of the profiles: what leads to him goes, and nobody gets his numbers."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from otklik.kit.traces import Erased, Traces
from otklik.profiles.operations import statements
from otklik.profiles.operations.epochs import note_identity_change
from otklik.profiles.queries.person import person_traces
from otklik.runtime.public import Runtime, Tx, delete_rows

_AGAIN = timedelta(seconds=3)
_WHERE = {
    "profiles": "profile_id IN {ids:Array(UInt64)}",
    "profile_traits": "profile_id IN {ids:Array(UInt64)}",
    "profile_merges": "(from_id IN {ids:Array(UInt64)} OR into_id IN {ids:Array(UInt64)})",
}


async def cut_person(tx: Tx, *, workspace_id: int, profile_id: int, now: datetime) -> Traces:
    """Take a person out of who is who, and return what has to be looked for elsewhere.

    From the commit on the identifiers are free: whoever comes with one of them is somebody new.
    Raises: ProfileNotFound.
    """
    await statements.lock_identities(tx, workspace_id=workspace_id)
    traces = await person_traces(tx, workspace_id=workspace_id, profile_id=profile_id, now=now)
    (row,) = await statements.fetch(tx, "SELECT nextval('profile_ids')", ())
    await _delete(tx, traces)
    await note_identity_change(tx, workspace_id=workspace_id, roots=None)
    return msgspec.structs.replace(traces, stand_in=int(row[0]))


async def _delete(tx: Tx, traces: Traces) -> int:
    given = {"ws": traces.workspace_id, "ids": statements.numbers(traces.profile_ids)}
    of_ids = "workspace_id = %(ws)s AND profile_id = ANY(%(ids)s::bigint[])"
    gone = 0
    for sql in (
        """
        WITH gone AS (
          DELETE FROM identifiers WHERE workspace_id = %(ws)s AND home_id = ANY(%(ids)s::bigint[])
          RETURNING kind, value
        ), states AS (
          DELETE FROM trait_states s USING gone g
          WHERE s.workspace_id = %(ws)s AND s.kind = g.kind AND s.value = g.value RETURNING 1
        )
        SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM states)
        """,
        f"WITH gone AS (DELETE FROM profile_search WHERE {of_ids} RETURNING 1)"
        " SELECT count(*) FROM gone",
        """
        WITH gone AS (
          DELETE FROM merges WHERE workspace_id = %(ws)s
            AND (from_id = ANY(%(ids)s::bigint[]) OR into_id = ANY(%(ids)s::bigint[])) RETURNING 1
        ) SELECT count(*) FROM gone
        """,
        f"WITH gone AS (DELETE FROM profile_notes WHERE {of_ids} RETURNING 1)"
        " SELECT count(*) FROM gone",
        f"WITH gone AS (DELETE FROM trait_edits WHERE {of_ids} RETURNING 1)"
        " SELECT count(*) FROM gone",
        *(
            f"""
            WITH gone AS (
              DELETE FROM {table} WHERE workspace_id = %(ws)s
                AND (left_id = ANY(%(ids)s::bigint[]) OR right_id = ANY(%(ids)s::bigint[]))
              RETURNING 1
            ) SELECT count(*) FROM gone
            """
            for table in ("duplicate_pairs", "duplicate_refusals")
        ),
        f"WITH gone AS (DELETE FROM profiles WHERE {of_ids} RETURNING 1) SELECT count(*) FROM gone",
    ):
        (row,) = await statements.fetch(tx, sql, given)
        gone += int(row[0])
    return gone


async def cut_revived(tx: Tx, traces: Traces) -> list[int]:
    """Cut out whom events from before the cut, identified after it, have made of the person again.

    Such a profile has one of his identifiers, seen at a moment before the cut. Returns the ids.
    """
    await statements.lock_identities(tx, workspace_id=traces.workspace_id)
    rows = await statements.fetch(
        tx,
        """
        SELECT DISTINCT x.profile_id
        FROM unnest(%s::text[], %s::text[]) AS k (kind, value)
        JOIN identifiers i ON i.workspace_id = %s AND i.kind = k.kind AND i.value = k.value
        JOIN profiles p ON p.profile_id = i.home_id
        JOIN profiles x ON x.profile_id = coalesce(p.merged_into, p.profile_id)
          OR x.merged_into = coalesce(p.merged_into, p.profile_id)
        WHERE i.first_seen <= %s
        ORDER BY x.profile_id
        """,
        (
            statements.texts([kind for kind, _ in traces.identifiers]),
            statements.texts([value for _, value in traces.identifiers]),
            traces.workspace_id,
            traces.until,
        ),
    )
    ids = [int(row[0]) for row in rows]
    if ids:
        await _delete(tx, msgspec.structs.replace(traces, profile_ids=tuple(ids)))
        await note_identity_change(tx, workspace_id=traces.workspace_id, roots=None)
    return ids


async def erase_profile(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy what is left of a person that was cut out, in both engines. Repeatable."""
    gone = await _delete(tx, traces)
    await forget_claims(tx, traces)
    stored = await _delete_stored(rt, traces)
    if stored:
        # The dictionary of merges may still know the numbers.
        await rt.ch.command("SYSTEM RELOAD DICTIONARY profile_merge_map", repeatable=True)
    # While a note of a change waits, somebody may be carrying the rows over from before the cut.
    waiting = await statements.fetch(
        tx,
        "SELECT 1 FROM profile_changes WHERE workspace_id = %s AND profile_ids && %s::bigint[]"
        " LIMIT 1",
        (traces.workspace_id, statements.numbers(traces.profile_ids)),
    )
    return Erased(gone + stored, rt.clock() + _AGAIN if waiting else None)


async def forget_claims(tx: Tx, traces: Traces) -> None:
    """Take the person's identifiers out of what other people's rows say of them.

    A device that two people shared notes by whom it was claimed first, and a profile the
    identifier that it was made for.
    """
    keys = sorted({f"{kind}:{value}" for kind, value in traces.identifiers})
    if not keys:
        return
    given = {"ws": traces.workspace_id, "keys": statements.texts(keys)}
    kinds, values = statements.columns(keys)
    users = [value for kind, value in traces.identifiers if kind == "user_id"]
    await statements.run(
        tx,
        """
        DELETE FROM shared_identifiers s
        WHERE s.workspace_id = %s AND (
          s.user_id = ANY(%s::text[]) OR (s.kind, s.value) IN (
            SELECT k.kind, k.value FROM unnest(%s::text[], %s::text[]) AS k (kind, value)
          )
        )
        """,
        (traces.workspace_id, statements.texts(users), kinds, values),
    )
    await statements.run(
        tx,
        """
        UPDATE identifiers SET owner = NULL
        WHERE workspace_id = %(ws)s AND owner IS NOT NULL
          AND substr(owner, 16) = ANY(string_to_array(%(keys)s, chr(31)))
        """,
        given,
    )
    await statements.run(
        tx,
        """
        UPDATE identifiers SET device = NULL, device_at = NULL
        WHERE workspace_id = %(ws)s AND device = ANY(string_to_array(%(keys)s, chr(31)))
        """,
        given,
    )


async def count_profile(rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many rows of profiles lead to the person."""
    (row,) = await statements.fetch(
        tx,
        """
        SELECT (SELECT count(*) FROM profiles WHERE workspace_id = %(ws)s
                  AND profile_id = ANY(%(ids)s::bigint[]))
             + (SELECT count(*) FROM profile_search WHERE workspace_id = %(ws)s
                  AND profile_id = ANY(%(ids)s::bigint[]))
             + (SELECT count(*) FROM identifiers WHERE workspace_id = %(ws)s
                  AND home_id = ANY(%(ids)s::bigint[]))
             + (SELECT count(*) FROM merges WHERE workspace_id = %(ws)s
                  AND (from_id = ANY(%(ids)s::bigint[]) OR into_id = ANY(%(ids)s::bigint[])))
        """,
        {"ws": traces.workspace_id, "ids": statements.numbers(traces.profile_ids)},
    )
    return int(row[0]) + await stored_rows(rt, traces)


async def stored_rows(rt: Runtime, traces: Traces) -> int:
    """Return how many rows ClickHouse holds of the person's profiles, traits and merges."""
    total = 0
    for table, where in _WHERE.items():
        (row,) = await rt.ch.query(
            f"SELECT count() FROM {table} WHERE workspace_id = {{ws:UInt32}} AND {where}",
            {"ws": traces.workspace_id, "ids": list(traces.profile_ids)},
        )
        total += int(row[0])
    return total


async def _delete_stored(rt: Runtime, traces: Traces) -> int:
    given = {"ws": traces.workspace_id, "ids": list(traces.profile_ids)}
    return sum(
        [
            await delete_rows(rt.ch, table, f"workspace_id = {{ws:UInt32}} AND {where}", given)
            for table, where in _WHERE.items()
        ]
    )


async def erase_visitors(
    rt: Runtime, tx: Tx, *, workspace_id: int, profile_ids: list[int], before: datetime
) -> int:
    """Cut those visitors out who are still unknown and were not seen since `before`.

    Returns how many; the facts under these ids are the caller's to delete, before this.
    """
    await statements.lock_identities(tx, workspace_id=workspace_id)
    still = await statements.fetch(
        tx,
        """
        SELECT profile_id FROM profiles WHERE workspace_id = %s AND merged_into IS NULL
          AND NOT known AND last_seen < %s AND profile_id = ANY(%s::bigint[])
        """,
        (workspace_id, before, statements.numbers(profile_ids)),
    )
    ids = [int(row[0]) for row in still]
    if not ids:
        return 0
    traces = Traces(
        workspace_id=workspace_id,
        profile_ids=tuple(ids),
        identifiers=(),
        words=(),
        until=before,
    )
    await _delete(tx, traces)
    await note_identity_change(tx, workspace_id=workspace_id, roots=ids)
    await _delete_stored(rt, traces)
    return len(ids)


async def idle_visitors(tx: Tx, *, workspace_id: int, before: datetime, limit: int) -> list[int]:
    rows = await statements.fetch(
        tx,
        """
        SELECT profile_id FROM profiles p
        WHERE workspace_id = %s AND merged_into IS NULL AND NOT known AND last_seen < %s
          AND NOT EXISTS (SELECT FROM profiles x WHERE x.merged_into = p.profile_id)
        ORDER BY profile_id LIMIT %s
        """,
        (workspace_id, before, limit),
    )
    return [int(row[0]) for row in rows]


async def count_idle_visitors(tx: Tx, *, workspace_id: int, before: datetime) -> int:
    """Return how many visitors `erase_visitors` would take."""
    (row,) = await statements.fetch(
        tx,
        """
        SELECT count(*) FROM profiles p
        WHERE workspace_id = %s AND merged_into IS NULL AND NOT known AND last_seen < %s
          AND NOT EXISTS (SELECT FROM profiles x WHERE x.merged_into = p.profile_id)
        """,
        (workspace_id, before),
    )
    return int(row[0])
