"""Relays and warm-ups of a workspace: added, changed, removed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.errors import RelayExists, RelayNotFound, RelayPasswordInTheClear
from otklik.channels.email.relays.model import RelayTls
from otklik.channels.email.relays.tables import (
    domain_warmups,
    relay_limits,
    relay_states,
    relays,
    warmup_days,
)
from otklik.channels.email.relays.warmup import WarmupPlan
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace says about a relay; the password is sealed already."""

    name: str
    host: str
    port: int
    tls: RelayTls
    username: str | None
    password_sealed: str | None
    weight: int
    enabled: bool
    connections: int
    letters_per_connection: int
    letters_per_s: float | None
    sender_domains: tuple[str, ...]
    warmup: WarmupPlan | None

    def values(self) -> dict[str, Any]:
        """Return the columns. Raises: RelayPasswordInTheClear."""
        if self.password_sealed and self.tls == "none" and self.host not in _LOOPBACK:
            raise RelayPasswordInTheClear()
        found = msgspec.structs.asdict(self)
        found["name"] = self.name.strip()
        found["host"] = self.host.strip().lower()
        found["sender_domains"] = sorted({one.strip().lower() for one in self.sender_domains})
        found["warmup"] = None if self.warmup is None else msgspec.to_builtins(self.warmup)
        return found


async def create_relay(
    tx: Tx, *, workspace_id: int, settings: RelaySettings, now: datetime
) -> UUID:
    """Add a relay. Raises: RelayExists, RelayPasswordInTheClear."""
    relay_id = new_id()
    made = await tx.execute(
        insert(relays)
        .values(
            id=relay_id,
            workspace_id=workspace_id,
            **settings.values(),
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(relays.c.id)
    )
    if made.first() is None:
        raise RelayExists(name=settings.name)
    return relay_id


async def change_relay(
    tx: Tx, *, workspace_id: int, relay_id: UUID, settings: RelaySettings, now: datetime
) -> None:
    """Give a relay other settings. Raises: RelayNotFound, RelayExists, RelayPasswordInTheClear."""
    values = settings.values()
    other = await tx.execute(
        sa.select(relays.c.id).where(
            relays.c.workspace_id == workspace_id,
            relays.c.name == values["name"],
            relays.c.id != relay_id,
        )
    )
    if other.first():
        raise RelayExists(name=settings.name)
    changed = await tx.execute(
        relays.update()
        .where(relays.c.workspace_id == workspace_id, relays.c.id == relay_id)
        .values(**values, updated_at=now)
    )
    if not changed.rowcount:
        raise RelayNotFound()
    # What was learnt about the old settings says nothing about the new ones.
    await tx.execute(
        relay_states.update()
        .where(relay_states.c.relay_id == relay_id)
        .values(trouble=None, trouble_kind=None, trouble_at=None, rests_until=None)
    )


async def delete_relay(tx: Tx, *, workspace_id: int, relay_id: UUID) -> None:
    """Remove a relay; letters wait for another, or go by the installation's own.

    Raises: RelayNotFound.
    """
    gone = await tx.execute(
        relays.delete().where(relays.c.workspace_id == workspace_id, relays.c.id == relay_id)
    )
    if not gone.rowcount:
        raise RelayNotFound()
    await tx.execute(relay_states.delete().where(relay_states.c.relay_id == relay_id))
    await tx.execute(relay_limits.delete().where(relay_limits.c.relay_id == relay_id))
    await tx.execute(
        warmup_days.delete().where(
            warmup_days.c.workspace_id == workspace_id, warmup_days.c.subject == str(relay_id)
        )
    )


async def forget_limits(tx: Tx, *, workspace_id: int, relay_id: UUID) -> None:
    """Let a relay begin anew with all providers: somebody has talked to them."""
    await tx.execute(
        relay_limits.delete().where(
            relay_limits.c.workspace_id == workspace_id, relay_limits.c.relay_id == relay_id
        )
    )


async def put_domain_warmup(
    tx: Tx, *, workspace_id: int, domain: str, plan: WarmupPlan, now: datetime
) -> None:
    """Set the warm-up of a domain of senders; days that were made count for the new plan too."""
    values = {"plan": msgspec.to_builtins(plan)}
    await tx.execute(
        insert(domain_warmups)
        .values(workspace_id=workspace_id, domain=domain.lower(), created_at=now, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "domain"], set_=values)
    )


async def delete_domain_warmup(tx: Tx, *, workspace_id: int, domain: str) -> None:
    """End the warm-up of a domain: there is no limit any more."""
    await tx.execute(
        domain_warmups.delete().where(
            domain_warmups.c.workspace_id == workspace_id,
            domain_warmups.c.domain == domain.lower(),
        )
    )
