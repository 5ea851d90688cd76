"""Putting many addresses on the stop list at once, as imports and migrations do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.kit.ids import new_id
from otklik.privacy import tables as t
from otklik.privacy.model import SuppressionReason, address_hash, address_hint
from otklik.privacy.operations.ledger import check_channel
from otklik.runtime.public import Tx

_WEIGHT = {
    SuppressionReason.MANUAL: 0,
    SuppressionReason.UNSUBSCRIBED: 1,
    SuppressionReason.SOFT_BOUNCES: 2,
    SuppressionReason.HARD_BOUNCE: 3,
    SuppressionReason.COMPLAINT: 4,
    SuppressionReason.ERASED: 5,
}
"""Which of two reasons is kept for one address: the one that weighs more."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """One address that gets nothing on a channel from now on. `at`: since when (aware)."""

    channel: str
    address: str
    reason: SuppressionReason
    at: datetime


async def suppress_many(tx: Tx, *, workspace_id: int, stops: Sequence[Stop], now: datetime) -> int:
    """Stop everything to these addresses; returns how many were not on the list before.

    One statement for all. Of several lines for one address the reason that weighs more counts, and
    of equal ones the earlier moment; so neither their order nor a repeat changes the outcome.
    Raises: UnknownChannel; then nothing is written.
    """
    if not stops:
        return 0
    for channel in {stop.channel for stop in stops}:
        check_channel(channel)
    salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    chosen: dict[tuple[str, bytes], Stop] = {}
    for stop in stops:
        key = (stop.channel, address_hash(salt, stop.channel, stop.address))
        known = chosen.get(key)
        if known is None or _rank(stop) < _rank(known):
            chosen[key] = stop
    c = t.suppressions.c
    statement = insert(t.suppressions)
    new = statement.excluded
    weight = {reason.value: weight for reason, weight in _WEIGHT.items()}
    told, kept = (sa.case(weight, value=column, else_=0) for column in (new.reason, c.reason))
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "channel", "address_hash"],
        set_={"reason": new.reason, "at": new.at},
        where=sa.or_(told > kept, sa.and_(told == kept, new.at < c.at)),
    )
    before = await _known(tx, workspace_id, list(chosen))
    # In one order everywhere, so that two imports never wait for each other's rows.
    ordered = sorted(chosen.items(), key=lambda item: item[0])
    await tx.execute(
        statement,
        [
            {
                "id": new_id(),
                "workspace_id": workspace_id,
                "channel": channel,
                "address_hash": hashed,
                "hint": address_hint(channel, stop.address),
                "reason": stop.reason.value,
                # A moment in the future would be no fact.
                "at": min(stop.at, now),
            }
            for (channel, hashed), stop in ordered
        ],
    )
    return len(chosen) - before


def _rank(stop: Stop) -> tuple[int, datetime]:
    return -_WEIGHT[stop.reason], stop.at


async def _known(tx: Tx, workspace_id: int, keys: list[tuple[str, bytes]]) -> int:
    c = t.suppressions.c
    count = 0
    for channel in {channel for channel, _ in keys}:
        hashes = [hashed for one, hashed in keys if one == channel]
        count += (
            await tx.execute(
                sa.select(sa.func.count()).where(
                    c.workspace_id == workspace_id,
                    c.channel == channel,
                    c.address_hash == sa.func.any(sa.literal(hashes, sa.ARRAY(sa.LargeBinary))),
                )
            )
        ).scalar_one()
    return count
