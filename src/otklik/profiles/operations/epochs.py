"""The log of changes of who is who, by which every process knows what to forget."""

from __future__ import annotations

from collections.abc import Iterable

from otklik.profiles.operations.statements import fetch, numbers, run
from otklik.runtime.public import Tx

EPOCHS_KEPT = 1_000


async def identity_epoch(tx: Tx, *, workspace_id: int) -> int:
    """Return the number of the last change of who is who, 0 when there was none."""
    found = await fetch(
        tx,
        "SELECT coalesce(max(epoch), 0) FROM identity_changes WHERE workspace_id = %s",
        (workspace_id,),
    )
    return int(found[0][0])


async def identity_changes(
    tx: Tx, *, workspace_id: int, since: int
) -> list[tuple[int, list[int] | None]]:
    """Return changes as (epoch, roots or None for everybody) from `since` on, in their order."""
    found = await fetch(
        tx,
        """
        SELECT epoch, roots FROM identity_changes
        WHERE workspace_id = %s AND epoch >= %s ORDER BY epoch
        """,
        (workspace_id, since),
    )
    return [(row[0], row[1]) for row in found]


async def note_identity_change(
    tx: Tx, *, workspace_id: int, roots: Iterable[int] | None, kept: int = EPOCHS_KEPT
) -> None:
    """Tell every process that remembers identities whom to forget; None: everybody.

    The caller holds the workspace's identity lock, so epochs have no gap. Of the rows as many as
    `kept` stay: a process that slept through more of them forgets everybody.
    """
    await run(
        tx,
        """
        WITH next AS (
          SELECT coalesce(max(epoch), 0) + 1 AS epoch
          FROM identity_changes WHERE workspace_id = %(ws)s
        ), old AS (
          DELETE FROM identity_changes i USING next
          WHERE i.workspace_id = %(ws)s AND i.epoch <= next.epoch - %(kept)s
        )
        INSERT INTO identity_changes (workspace_id, epoch, roots)
        SELECT %(ws)s, next.epoch, %(roots)s::bigint[] FROM next
        """,
        {"ws": workspace_id, "kept": kept, "roots": None if roots is None else numbers(roots)},
    )
