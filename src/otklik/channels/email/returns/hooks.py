"""Addresses to which sending services report: one per workspace and provider."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.channels.email.errors import ReportHookNotFound
from otklik.channels.email.tables import report_hooks
from otklik.channels.email.verdicts.reports import Provider
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx


class ReportHook(msgspec.Struct, frozen=True, kw_only=True):
    """An address for reports as the interface shows it; its token and key are not in it."""

    provider: Provider
    has_secret: bool
    """Whether its reports must carry the service's signature, where the service has one."""
    last_at: datetime | None
    created_at: datetime
    updated_at: datetime


class HookToRead(msgspec.Struct, frozen=True, kw_only=True):
    """An address as its receiver needs it."""

    id: UUID
    workspace_id: int
    provider: Provider
    secret_sealed: str | None
    topic: str | None


async def list_hooks(tx: Tx, *, workspace_id: int) -> list[ReportHook]:
    rows = await tx.execute(
        sa.select(report_hooks)
        .where(report_hooks.c.workspace_id == workspace_id)
        .order_by(report_hooks.c.provider)
    )
    return [_shown(row) for row in rows]


async def put_hook(
    tx: Tx,
    *,
    workspace_id: int,
    provider: Provider,
    token: str,
    secret_sealed: str | None,
    now: datetime,
) -> ReportHook:
    """Make the address of a provider, or replace it by a new one."""
    changed = {
        "token_hash": _hash(token),
        "secret_sealed": secret_sealed,
        "topic": None,
        "updated_at": now,
    }
    row = await tx.execute(
        insert(report_hooks)
        .values(
            id=new_id(),
            workspace_id=workspace_id,
            provider=provider.value,
            created_at=now,
            **changed,
        )
        .on_conflict_do_update(index_elements=["workspace_id", "provider"], set_=changed)
        .returning(report_hooks)
    )
    return _shown(row.one())


async def change_hook_secret(
    tx: Tx, *, workspace_id: int, provider: Provider, secret_sealed: str, now: datetime
) -> ReportHook:
    """Give another key of the service; the address stays. Raises: ReportHookNotFound."""
    row = (
        await tx.execute(
            report_hooks.update()
            .where(
                report_hooks.c.workspace_id == workspace_id,
                report_hooks.c.provider == provider.value,
            )
            .values(secret_sealed=secret_sealed, updated_at=now)
            .returning(report_hooks)
        )
    ).one_or_none()
    if row is None:
        raise ReportHookNotFound()
    return _shown(row)


async def delete_hook(tx: Tx, *, workspace_id: int, provider: Provider) -> None:
    """Close an address. Raises: ReportHookNotFound."""
    gone = await tx.execute(
        report_hooks.delete().where(
            report_hooks.c.workspace_id == workspace_id, report_hooks.c.provider == provider.value
        )
    )
    if not gone.rowcount:
        raise ReportHookNotFound()


async def hook_of_token(tx: Tx, *, token: str) -> HookToRead:
    """Return whose address a token is. Raises: ReportHookNotFound."""
    row = (
        await tx.execute(sa.select(report_hooks).where(report_hooks.c.token_hash == _hash(token)))
    ).one_or_none()
    if row is None:
        raise ReportHookNotFound()
    return HookToRead(
        id=row.id,
        workspace_id=row.workspace_id,
        provider=Provider(row.provider),
        secret_sealed=row.secret_sealed,
        topic=row.topic,
    )


async def note_hook_call(tx: Tx, *, hook_id: UUID, now: datetime, topic: str | None = None) -> None:
    values: dict[str, Any] = {"last_at": now}
    if topic is not None:
        values["topic"] = topic
    await tx.execute(report_hooks.update().where(report_hooks.c.id == hook_id).values(**values))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _shown(row: Any) -> ReportHook:
    return ReportHook(
        provider=Provider(row.provider),
        has_secret=row.secret_sealed is not None,
        last_at=row.last_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
