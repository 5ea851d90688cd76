"""Pauses: a person wants nothing through a channel for a while, and takes back no consent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.privacy import tables as t
from otklik.profiles.public import ProfilesMerged
from otklik.runtime.public import Tx


async def pause_channel(
    tx: Tx, *, workspace_id: int, profile_id: int, channel: str, until: datetime, now: datetime
) -> None:
    """Send a person nothing through a channel until then; a later call moves the moment."""
    statement = insert(t.pauses).values(
        workspace_id=workspace_id, profile_id=profile_id, channel=channel, until=until, at=now
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "profile_id", "channel"],
            set_={"until": statement.excluded.until, "at": statement.excluded.at},
        )
    )


async def resume_channel(tx: Tx, *, workspace_id: int, profile_id: int, channel: str) -> None:
    """End a pause; without one nothing happens."""
    c = t.pauses.c
    await tx.execute(
        t.pauses.delete().where(
            c.workspace_id == workspace_id, c.profile_id == profile_id, c.channel == channel
        )
    )


async def paused(
    tx: Tx, *, workspace_id: int, channel: str, profile_ids: Collection[int], now: datetime
) -> dict[int, datetime]:
    """Return who of these people has a pause, and until when. One statement for any number."""
    c = t.pauses.c
    rows = await tx.execute(
        sa.select(c.profile_id, c.until).where(
            c.workspace_id == workspace_id,
            c.channel == channel,
            c.until > now,
            c.profile_id == sa.any_(sa.cast(list(profile_ids), sa.ARRAY(sa.BigInteger))),
        )
    )
    return {row.profile_id: row.until for row in rows}


async def has_pauses(tx: Tx, *, workspace_id: int, now: datetime) -> bool:
    """Say whether anybody in a workspace has a pause, so that a gate need not ask for a million."""
    c = t.pauses.c
    asked = sa.select(sa.exists().where(c.workspace_id == workspace_id, c.until > now))
    return bool((await tx.execute(asked)).scalar())


async def forget_pauses(tx: Tx, *, now: datetime) -> None:
    """Remove the pauses that are over."""
    await tx.execute(t.pauses.delete().where(t.pauses.c.until <= now))


async def move_pauses(event: ProfilesMerged, tx: Tx) -> None:
    """Keep the longest pause of people who became one."""
    await tx.execute(
        sa.text(
            """
            WITH pairs AS (
                SELECT * FROM unnest(CAST(:olds AS bigint[]), CAST(:news AS bigint[]))
                    AS p(old_id, new_id)),
            taken AS (
                DELETE FROM pauses USING pairs
                 WHERE pauses.workspace_id = :workspace_id AND pauses.profile_id = pairs.old_id
                RETURNING pairs.new_id, pauses.channel, pauses.until, pauses.at)
            INSERT INTO pauses (workspace_id, profile_id, channel, until, at)
            SELECT :workspace_id, new_id, channel, max(until), max(at)
              FROM taken GROUP BY new_id, channel
            ON CONFLICT (workspace_id, profile_id, channel) DO UPDATE
               SET until = greatest(pauses.until, excluded.until),
                   at = greatest(pauses.at, excluded.at)
            """
        ),
        {
            "workspace_id": event.workspace_id,
            "olds": [old for old, _ in event.pairs],
            "news": [new for _, new in event.pairs],
        },
    )
