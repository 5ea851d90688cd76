"""Which names are set up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.channels.email.tracking_domain.errors import TrackingDomainNotFound
from otklik.channels.email.tracking_domain.model import Finding, TrackingDomain
from otklik.channels.email.tracking_domain.tables import tracking_domains as table
from otklik.runtime.public import Tx


async def list_domains(tx: Tx, *, workspace_id: int) -> list[TrackingDomain]:
    """Return the names of a workspace; the one for all senders first."""
    rows = await tx.execute(
        sa.select(table)
        .where(table.c.workspace_id == workspace_id, table.c.retired_at.is_(None))
        .order_by(table.c.sender_domain, table.c.host)
    )
    return [read(row) for row in rows]


async def get_domain(tx: Tx, *, workspace_id: int, domain_id: UUID) -> TrackingDomain:
    """Return a name. Raises: TrackingDomainNotFound."""
    row = (
        await tx.execute(
            sa.select(table).where(
                table.c.workspace_id == workspace_id,
                table.c.id == domain_id,
                table.c.retired_at.is_(None),
            )
        )
    ).one_or_none()
    if row is None:
        raise TrackingDomainNotFound()
    return read(row)


async def to_check(tx: Tx) -> list[TrackingDomain]:
    """Return the names of all workspaces that are in use or wait to be."""
    rows = await tx.execute(
        sa.select(table).where(table.c.retired_at.is_(None)).order_by(table.c.id)
    )
    return [read(row) for row in rows]


async def of_token(tx: Tx, *, token: str) -> str | None:
    """Return the name that a token of the well-known path belongs to."""
    found = await tx.execute(sa.select(table.c.host).where(table.c.token == token))
    host: str | None = found.scalar_one_or_none()
    return host


async def tracking_url(tx: Tx, *, workspace_id: int, sender_domain: str) -> str | None:
    """Return the address that links of a sender's letters begin with; None: the program's own.

    A name that does not work now is passed over.
    """
    row = (
        await tx.execute(
            sa.select(table.c.host, table.c.secure)
            .where(
                table.c.workspace_id == workspace_id,
                table.c.state == "working",
                table.c.retired_at.is_(None),
                table.c.sender_domain.in_(("", sender_domain)),
            )
            .order_by(table.c.sender_domain.desc())
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else f"{'https' if row.secure else 'http'}://{row.host}"


async def owners(tx: Tx) -> dict[str, int]:
    """Return whose each name is that was ever seen to lead here, also of retired ones."""
    rows = await tx.execute(
        sa.select(table.c.host, table.c.workspace_id).where(table.c.verified_at.is_not(None))
    )
    return {row.host: row.workspace_id for row in rows}


async def troubled_domains(tx: Tx, *, workspace_id: int) -> list[TrackingDomain]:
    """Return the names that worked once and don't now."""
    found = await list_domains(tx, workspace_id=workspace_id)
    return [one for one in found if one.state == "trouble"]


def read(row: Any) -> TrackingDomain:
    return TrackingDomain(
        id=row.id,
        workspace_id=row.workspace_id,
        host=row.host,
        sender_domain=row.sender_domain,
        secure=row.secure,
        token=row.token,
        state=row.state,
        failures=row.failures,
        findings=msgspec.convert(row.checks, list[Finding]),
        checked_at=row.checked_at,
        verified_at=row.verified_at,
        trouble_at=row.trouble_at,
    )
