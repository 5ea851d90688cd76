"""Setting up names, noting what a look at them found, retiring them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.channels.email.addresses import parse_address
from otklik.channels.email.errors import BadAddress
from otklik.channels.email.tables import senders
from otklik.channels.email.tracking_domain.errors import (
    BadHost,
    HostExists,
    HostTaken,
    NoSuchSenderDomain,
    OwnHost,
    SenderDomainTaken,
)
from otklik.channels.email.tracking_domain.model import Finding, TrackingDomain, state_after
from otklik.channels.email.tracking_domain.queries import get_domain, read
from otklik.channels.email.tracking_domain.tables import tracking_domains as table
from otklik.kit.ids import new_id, new_token
from otklik.runtime.public import Tx


async def add_domain(
    tx: Tx,
    *,
    workspace_id: int,
    host: str,
    sender_domain: str,
    secure: bool,
    base_url: str,
    now: datetime,
) -> TrackingDomain:
    """Set up a name; letters use it once it was seen to lead here.

    Raises: BadHost, OwnHost, HostExists, HostTaken, NoSuchSenderDomain, SenderDomainTaken.
    """
    host = plain_host(host)
    if host == urlsplit(base_url).hostname:
        raise OwnHost(host=host)
    await _check_senders(tx, workspace_id, sender_domain)
    known = (await tx.execute(sa.select(table).where(table.c.host == host))).all()
    if any(one.workspace_id != workspace_id and one.verified_at for one in known):
        raise HostTaken(host=host)
    own = next((one for one in known if one.workspace_id == workspace_id), None)
    if own is not None and own.retired_at is None:
        raise HostExists(host=host)
    await _keep_apart(tx, workspace_id, sender_domain, None)
    values: dict[str, Any] = {
        "sender_domain": sender_domain,
        "secure": secure,
        "state": "waiting",
        "failures": 0,
        "checks": [],
        "checked_at": None,
        "trouble_at": None,
        "retired_at": None,
    }
    if own is not None:
        made = await tx.execute(
            table.update().where(table.c.id == own.id).values(**values).returning(table)
        )
    else:
        made = await tx.execute(
            table.insert()
            .values(
                id=new_id(),
                workspace_id=workspace_id,
                host=host,
                token=new_token(),
                created_at=now,
                **values,
            )
            .returning(table)
        )
    return read(made.one())


async def change_domain(
    tx: Tx,
    *,
    workspace_id: int,
    domain_id: UUID,
    sender_domain: str | None,
    secure: bool | None,
) -> TrackingDomain:
    """Change whose letters use a name, or whether it is asked by https (it then waits for a look).

    Raises: TrackingDomainNotFound, NoSuchSenderDomain, SenderDomainTaken.
    """
    domain = await get_domain(tx, workspace_id=workspace_id, domain_id=domain_id)
    values: dict[str, Any] = {}
    if sender_domain is not None and sender_domain != domain.sender_domain:
        await _check_senders(tx, workspace_id, sender_domain)
        await _keep_apart(tx, workspace_id, sender_domain, domain_id)
        values["sender_domain"] = sender_domain
    if secure is not None and secure != domain.secure:
        values |= {"secure": secure, "state": "waiting", "failures": 0, "trouble_at": None}
    if values:
        await tx.execute(table.update().where(table.c.id == domain_id).values(**values))
    return await get_domain(tx, workspace_id=workspace_id, domain_id=domain_id)


async def note_findings(
    tx: Tx, *, domain: TrackingDomain, findings: list[Finding], now: datetime
) -> TrackingDomain:
    """Keep what a look at a name found, and let letters use it or pass it over from now on.

    A name that leads here belongs to the first workspace that showed it.
    """
    # Two workspaces may be looking at one name at this moment; one of them is first.
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(domain.host))))
    good = any(one.kind == "answer" and one.level == "ok" for one in findings)
    if good and domain.verified_at is None:
        taken = await tx.execute(
            sa.select(table.c.id).where(
                table.c.host == domain.host,
                table.c.verified_at.is_not(None),
                table.c.id != domain.id,
            )
        )
        if taken.first() is not None:
            good = False
            findings = [
                *(one for one in findings if one.kind != "answer"),
                Finding("answer", "fail", "answer_taken", {"host": domain.host}),
            ]
    state, failures = state_after(domain, good=good)
    changed = await tx.execute(
        table.update()
        # Whoever changed the name meanwhile wants another look.
        .where(table.c.id == domain.id, table.c.secure == domain.secure)
        .values(
            state=state,
            failures=failures,
            checks=msgspec.to_builtins(findings),
            checked_at=now,
            verified_at=(domain.verified_at or now) if good else domain.verified_at,
            trouble_at=(domain.trouble_at or now) if state == "trouble" else None,
        )
        .returning(table)
    )
    row = changed.one_or_none()
    return domain if row is None else read(row)


async def remove_domain(tx: Tx, *, workspace_id: int, domain_id: UUID, now: datetime) -> None:
    """Stop using a name. Letters that went out with it keep working while it leads here.

    Raises: TrackingDomainNotFound.
    """
    domain = await get_domain(tx, workspace_id=workspace_id, domain_id=domain_id)
    if domain.verified_at is None:
        await tx.execute(table.delete().where(table.c.id == domain_id))
        return
    await tx.execute(table.update().where(table.c.id == domain_id).values(retired_at=now))


def plain_host(text: str) -> str:
    """Return a domain name in lower-case ASCII. Raises: BadHost."""
    host = text.strip().rstrip(".")
    try:
        return parse_address(f"links@{host}").domain
    except BadAddress as error:
        raise BadHost(host=text.strip()[:200]) from error


async def _check_senders(tx: Tx, workspace_id: int, sender_domain: str) -> None:
    if not sender_domain:
        return
    found = await tx.execute(
        sa.select(senders.c.id)
        .where(senders.c.workspace_id == workspace_id, senders.c.domain == sender_domain)
        .limit(1)
    )
    if found.first() is None:
        raise NoSuchSenderDomain(domain=sender_domain)


async def _keep_apart(
    tx: Tx, workspace_id: int, sender_domain: str, domain_id: UUID | None
) -> None:
    found = await tx.execute(
        sa.select(table.c.id, table.c.host).where(
            table.c.workspace_id == workspace_id,
            table.c.sender_domain == sender_domain,
            table.c.retired_at.is_(None),
        )
    )
    other = next((one for one in found if one.id != domain_id), None)
    if other is not None:
        raise SenderDomainTaken(host=other.host)
