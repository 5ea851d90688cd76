"""Reads of accounts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.errors import NotSignedIn
from otklik.accounts.model import (
    ApiKey,
    AuditEntry,
    KeyOwner,
    Member,
    Principal,
    Role,
    SessionInfo,
    User,
    Workspace,
)
from otklik.accounts.operations import hash_token
from otklik.accounts.tables import (
    api_keys,
    audit_entries,
    memberships,
    sessions,
    users,
    workspaces,
)
from otklik.kit.errors import NotFound
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


async def get_workspace(tx: Tx, *, workspace_id: int) -> Workspace:
    row = (
        await tx.execute(sa.select(workspaces).where(workspaces.c.id == workspace_id))
    ).one_or_none()
    if row is None:
        raise NotFound(what="workspace")
    return Workspace(
        id=row.id,
        name=row.name,
        timezone=row.timezone,
        currency=row.currency,
        lang=row.lang,
        salt=row.salt,
    )


async def workspace_ids(tx: Tx) -> list[int]:
    """Return every workspace, for background work that goes through all of them."""
    return list((await tx.execute(sa.select(workspaces.c.id).order_by(workspaces.c.id))).scalars())


async def list_workspaces(tx: Tx) -> list[tuple[int, str]]:
    """Return (id, name) of every workspace, for the administrator at the terminal."""
    rows = await tx.execute(
        sa.select(workspaces.c.id, workspaces.c.name).order_by(workspaces.c.created_at)
    )
    return [(row.id, row.name) for row in rows]


async def find_session(tx: Tx, *, token: str, ip: str, now: datetime) -> SessionInfo:
    """Return the open session of a cookie's token; raises NotSignedIn."""
    row = (
        await tx.execute(
            sa.select(
                sessions.c.workspace_id,
                sessions.c.user_id,
                sessions.c.csrf_token,
                memberships.c.role,
            )
            .join(users, (users.c.id == sessions.c.user_id) & (users.c.epoch == sessions.c.epoch))
            .join(
                memberships,
                (memberships.c.user_id == sessions.c.user_id)
                & (memberships.c.workspace_id == sessions.c.workspace_id),
            )
            .where(sessions.c.token_hash == hash_token(token), sessions.c.expires_at > now)
        )
    ).one_or_none()
    if row is None:
        raise NotSignedIn()
    return SessionInfo(
        principal=Principal(
            workspace_id=row.workspace_id, role=Role(row.role), user_id=row.user_id, ip=ip
        ),
        csrf_token=row.csrf_token,
    )


async def find_key(tx: Tx, *, token: str) -> KeyOwner | None:
    """Return whom a presented key belongs to, or None when it is unknown or revoked."""
    row = (
        await tx.execute(
            sa.select(api_keys.c.workspace_id, api_keys.c.id, api_keys.c.kind).where(
                api_keys.c.token_hash == hash_token(token), api_keys.c.revoked_at.is_(None)
            )
        )
    ).one_or_none()
    return KeyOwner(workspace_id=row.workspace_id, key_id=row.id, kind=row.kind) if row else None


async def get_user(tx: Tx, *, user_id: UUID) -> User:
    row = (await tx.execute(sa.select(users).where(users.c.id == user_id))).one_or_none()
    if row is None:
        raise NotFound(what="user")
    return User(id=row.id, email=row.email, name=row.name, lang=row.lang)


async def workspaces_of(tx: Tx, *, user_id: UUID) -> list[tuple[int, str]]:
    rows = await tx.execute(
        sa.select(workspaces.c.id, workspaces.c.name)
        .join(memberships, memberships.c.workspace_id == workspaces.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(workspaces.c.name)
    )
    return [(row.id, row.name) for row in rows]


async def list_members(tx: Tx, *, workspace_id: int) -> list[Member]:
    seen = (
        sa.select(sessions.c.user_id, sa.func.max(sessions.c.last_seen_at).label("at"))
        .where(sessions.c.workspace_id == workspace_id)
        .group_by(sessions.c.user_id)
        .subquery()
    )
    rows = await tx.execute(
        sa.select(users, memberships.c.role, memberships.c.created_at.label("since"), seen.c.at)
        .join(memberships, memberships.c.user_id == users.c.id)
        .outerjoin(seen, seen.c.user_id == users.c.id)
        .where(memberships.c.workspace_id == workspace_id)
        .order_by(memberships.c.created_at)
    )
    return [
        Member(
            user=User(id=r.id, email=r.email, name=r.name, lang=r.lang),
            role=Role(r.role),
            created_at=r.since,
            last_seen_at=r.at,
        )
        for r in rows
    ]


async def list_keys(tx: Tx, *, workspace_id: int) -> list[ApiKey]:
    rows = await tx.execute(
        sa.select(api_keys)
        .where(api_keys.c.workspace_id == workspace_id, api_keys.c.revoked_at.is_(None))
        .order_by(api_keys.c.created_at)
    )
    return [
        ApiKey(
            id=r.id,
            kind=r.kind,
            name=r.name,
            prefix=r.prefix,
            token=r.token,
            created_at=r.created_at,
            last_used_at=r.last_used_at,
        )
        for r in rows
    ]


async def list_audit(
    tx: Tx, *, workspace_id: int, cursor: str | None, limit: int
) -> Page[AuditEntry]:
    limit = clamp_limit(limit)
    query = (
        sa.select(audit_entries, users.c.name.label("user_name"), api_keys.c.name.label("key_name"))
        .outerjoin(users, users.c.id == audit_entries.c.user_id)
        .outerjoin(api_keys, api_keys.c.id == audit_entries.c.key_id)
        .where(audit_entries.c.workspace_id == workspace_id)
        .order_by(audit_entries.c.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        query = query.where(audit_entries.c.id < decode_cursor(cursor, int)[0])
    rows = (await tx.execute(query)).all()
    items = [
        AuditEntry(
            id=r.id,
            at=r.at,
            actor=r.user_name or r.key_name or "system",
            action=r.action,
            object_kind=r.object_kind,
            object_id=r.object_id,
            detail=r.detail,
        )
        for r in rows[:limit]
    ]
    return Page(items, encode_cursor(items[-1].id) if len(rows) > limit else None)
