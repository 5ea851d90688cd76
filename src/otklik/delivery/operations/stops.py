"""Addresses that get no more: dead ones at once, full and refusing ones after a row of failures.

All of it works on many addresses with a few statements: a chunk of letters may be refused whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import Consequence, count_soft_bounces, forget_soft_bounces
from otklik.delivery.model import Mailing
from otklik.privacy.public import Stop, SuppressionReason, address_hash, suppress_many
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime, Tx


class SoftBounce(msgspec.Struct, frozen=True, kw_only=True):
    """One letter that was not delivered. `sent_at`: when it was handed over."""

    message_id: int
    profile_id: int
    address: str
    sent_at: datetime


async def stop_addresses(
    tx: Tx,
    *,
    mailing: Mailing,
    addresses: Sequence[str],
    reason: SuppressionReason,
    now: datetime,
) -> None:
    """Put addresses on the stop list of the mailing's channel."""
    await suppress_many(
        tx,
        workspace_id=mailing.workspace_id,
        stops=[
            Stop(channel=mailing.channel, address=address, reason=reason, at=now)
            for address in addresses
        ],
        now=now,
    )


class SoftOutcome(msgspec.Struct, frozen=True):
    """How many letters in a row were not delivered to an address, and what that led to."""

    count: int
    became: Consequence


async def count_soft(
    rt: Runtime, tx: Tx, *, mailing: Mailing, bounces: Sequence[SoftBounce], now: datetime
) -> dict[str, SoftOutcome]:
    """Count a soft bounce of each address; too many in a row stop it. Returns it by address.

    A row ends with a letter that was sent between two of them and has not come back, or with an
    opening or a click of the person. Two people with one address count once.
    """
    if not bounces:
        return {}
    workspace_id = mailing.workspace_id
    salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    of = {address_hash(salt, mailing.channel, one.address): one for one in bounces}

    async def delivered_since(since: dict[bytes, datetime]) -> set[bytes]:
        return await _delivered(tx, workspace_id, of, since) if since else set()

    rows = await count_soft_bounces(
        tx,
        workspace_id=workspace_id,
        sent={hashed: one.sent_at for hashed, one in of.items()},
        delivered_since=delivered_since,
    )
    most = rt.settings.delivery.soft_bounces_max
    found = {
        of[hashed].address: SoftOutcome(row.count, Consequence.COUNTED)
        for hashed, row in rows.items()
    }
    full = {hashed: row.first_at for hashed, row in rows.items() if row.count >= most}
    if not full:
        return found
    alive = await _alive(rt, tx, workspace_id, of, full)
    if alive:
        await forget_soft_bounces(tx, workspace_id=workspace_id, address_hashes=sorted(alive))
    await stop_addresses(
        tx,
        mailing=mailing,
        addresses=[of[hashed].address for hashed in sorted(full.keys() - alive)],
        reason=SuppressionReason.SOFT_BOUNCES,
        now=now,
    )
    for hashed in full:
        became = Consequence.ROW_ENDED if hashed in alive else Consequence.STOPPED
        found[of[hashed].address] = SoftOutcome(rows[hashed].count, became)
    return found


_DELIVERED: Final = sa.text(
    """
    SELECT w.hash
      FROM unnest(CAST(:hashes AS bytea[]), CAST(:profiles AS bigint[]),
                  CAST(:messages AS bigint[]), CAST(:addresses AS text[]),
                  CAST(:since AS timestamptz[]), CAST(:sent AS timestamptz[]))
           AS w(hash, profile_id, message_id, address, since, sent_at)
     WHERE EXISTS (
           SELECT 1 FROM messages m
            -- One probe of the unique index per mailing, as for a person's messages.
            WHERE m.mailing_id = ANY(ARRAY(
                      SELECT mailing_id FROM mailings WHERE workspace_id = :workspace_id))
              AND m.profile_id = w.profile_id
              AND m.message_id <> w.message_id
              AND m.state = 'sent'
              AND m.address = w.address
              AND m.at > w.since AND m.at < w.sent_at)
    """
)


async def _delivered(
    tx: Tx, workspace_id: int, of: dict[bytes, SoftBounce], since: dict[bytes, datetime]
) -> set[bytes]:
    """Return the addresses to which a letter was sent since a moment and has not come back."""
    chosen = [of[hashed] for hashed in since]
    found = await tx.execute(
        _DELIVERED,
        {
            "workspace_id": workspace_id,
            "hashes": list(since),
            "profiles": [one.profile_id for one in chosen],
            "messages": [one.message_id for one in chosen],
            "addresses": [one.address for one in chosen],
            "since": list(since.values()),
            "sent": [one.sent_at for one in chosen],
        },
    )
    return {bytes(row[0]) for row in found}


_SIGNS_OF_LIFE: Final = """
    SELECT profile_id, max(at) FROM message_facts
    WHERE workspace_id = {ws:UInt32} AND profile_id IN {ids:Array(UInt64)}
      AND fact IN ('opened', 'clicked') AND verdict = 'person' AND at > {since:DateTime64(3, 'UTC')}
    GROUP BY profile_id
"""


async def _alive(
    rt: Runtime,
    tx: Tx,
    workspace_id: int,
    of: dict[bytes, SoftBounce],
    since: dict[bytes, datetime],
) -> set[bytes]:
    """Return the addresses whose person opened or clicked since a moment."""
    ids = sorted({of[hashed].profile_id for hashed in since})
    current = await current_ids(tx, workspace_id=workspace_id, profile_ids=ids)
    given = {
        "ws": workspace_id,
        "ids": sorted({*ids, *current.values()}),
        "since": min(since.values()),
    }
    seen = {int(row[0]): row[1] for row in await rt.ch.query(_SIGNS_OF_LIFE, given)}

    def last(profile_id: int) -> list[datetime]:
        homes = {profile_id, current.get(profile_id, profile_id)}
        return [seen[home] for home in homes if home in seen]

    return {
        hashed
        for hashed, at in since.items()
        if any(one > at for one in last(of[hashed].profile_id))
    }
