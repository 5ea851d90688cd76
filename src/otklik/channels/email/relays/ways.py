"""Where a sender's letters really go: its workspace's relays, the installation's, the catcher."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.channels.email.relays.model import RelayKind
from otklik.channels.email.relays.tables import relays
from otklik.channels.email.tables import senders
from otklik.runtime.public import Tx


class SenderWay(msgspec.Struct, frozen=True, kw_only=True):
    """Where the letters of one sender go; `relays` are the names of its workspace's own."""

    sender_id: UUID
    is_default: bool
    kind: RelayKind
    relays: list[str]


_CARRIES: Final = sa.and_(
    relays.c.workspace_id == senders.c.workspace_id,
    relays.c.enabled,
    sa.or_(
        sa.func.cardinality(relays.c.sender_domains) == 0,
        sa.func.lower(senders.c.domain) == sa.any_(relays.c.sender_domains),
    ),
)


async def sender_ways(tx: Tx, *, workspace_id: int, own: RelayKind) -> list[SenderWay]:
    """Return the way of each sender's letters, the default one first.

    own: what stands where a workspace has no relay for a sender.
    """
    names = sa.func.array_remove(sa.func.array_agg(relays.c.name), None)
    rows = await tx.execute(
        sa.select(senders.c.id, senders.c.is_default, names.label("names"))
        .select_from(senders.outerjoin(relays, _CARRIES))
        .where(senders.c.workspace_id == workspace_id)
        .group_by(senders.c.id)
        .order_by(senders.c.is_default.desc(), senders.c.name, senders.c.id)
    )
    return [
        SenderWay(
            sender_id=row.id,
            is_default=row.is_default,
            kind="workspace" if row.names else own,
            relays=sorted(row.names),
        )
        for row in rows
    ]


async def has_own_relays(tx: Tx, *, workspace_id: int, domain: str | None = None) -> bool:
    """Tell whether letters go by relays of the workspace itself.

    domain: of one sender; without it those of every sender, or of any where there is none yet.
    """
    mine = sa.and_(relays.c.workspace_id == workspace_id, relays.c.enabled)
    if domain is not None:
        mine = sa.and_(
            mine,
            sa.or_(
                sa.func.cardinality(relays.c.sender_domains) == 0,
                sa.literal(domain.lower()) == sa.any_(relays.c.sender_domains),
            ),
        )
    found = sa.select(sa.exists(sa.select(relays.c.id).where(mine)))
    if not await tx.scalar(found):
        return False
    if domain is not None:
        return True
    left_out = sa.select(senders.c.id).where(
        senders.c.workspace_id == workspace_id, ~sa.exists(sa.select(relays.c.id).where(_CARRIES))
    )
    return not await tx.scalar(sa.select(sa.exists(left_out)))
