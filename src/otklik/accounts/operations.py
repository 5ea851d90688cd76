"""Writes of accounts."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email

from otklik.accounts.errors import (
    AddressTaken,
    LastOwner,
    TooManyAttempts,
    UnknownTimeZone,
    WrongAddress,
    WrongPassword,
)
from otklik.accounts.model import ApiKey, KeyKind, Principal, Role, User, Workspace
from otklik.accounts.passwords import check_strength, hash_password, password_matches
from otklik.accounts.tables import (
    api_keys,
    audit_entries,
    login_failures,
    memberships,
    sessions,
    users,
    workspaces,
)
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_id, new_token
from otklik.runtime.public import Tx, notify

SESSION_LIFE = timedelta(days=14)
FAILURES_MAX = 10
FAILURES_WINDOW = timedelta(minutes=15)
KEYS_CHANNEL = "api_keys"
_PREFIXES: dict[KeyKind, str] = {"public": "otk_pub_", "secret": "otk_sec_"}


async def create_workspace(
    tx: Tx,
    *,
    name: str,
    timezone: str = "Europe/Moscow",
    currency: str = "RUB",
    lang: Lang = "ru",
    salt: bytes | None = None,
    now: datetime,
) -> Workspace:
    """Create a workspace. `salt` is random unless a reproducible run needs a fixed one."""
    _check_timezone(timezone)
    salt = salt or secrets.token_bytes(32)
    workspace_id = (
        await tx.execute(
            workspaces.insert()
            .values(
                name=name,
                timezone=timezone,
                currency=currency,
                lang=lang,
                salt=salt,
                created_at=now,
            )
            .returning(workspaces.c.id)
        )
    ).scalar_one()
    return Workspace(
        id=workspace_id, name=name, timezone=timezone, currency=currency, lang=lang, salt=salt
    )


async def change_workspace(tx: Tx, *, workspace_id: int, changes: dict[str, Any]) -> None:
    if "timezone" in changes:
        _check_timezone(changes["timezone"])
    if changes:
        await tx.execute(
            workspaces.update().where(workspaces.c.id == workspace_id).values(**changes)
        )


async def create_user(
    tx: Tx,
    *,
    workspace_id: int,
    email: str,
    name: str,
    password: str,
    role: Role,
    lang: Lang,
    now: datetime,
) -> User:
    """Create a user as a member of a workspace.

    Raises: WrongAddress, WeakPassword, AddressTaken.
    """
    address = normal_address(email)
    check_strength(password)
    taken = await tx.execute(sa.select(users.c.id).where(users.c.email == address))
    if taken.first() is not None:
        raise AddressTaken(email=address)
    user = User(id=new_id(), email=address, name=name.strip() or address, lang=lang)
    await tx.execute(
        users.insert().values(
            id=user.id,
            email=address,
            name=user.name,
            password_hash=await hash_password(password),
            lang=lang,
            created_at=now,
        )
    )
    await tx.execute(
        memberships.insert().values(
            workspace_id=workspace_id, user_id=user.id, role=role, created_at=now
        )
    )
    return user


async def change_role(tx: Tx, *, workspace_id: int, user_id: UUID, role: Role) -> None:
    await _member_role(tx, workspace_id, user_id)
    await tx.execute(
        memberships.update()
        .where(memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id)
        .values(role=role)
    )
    await _keep_an_owner(tx, workspace_id)


async def remove_member(tx: Tx, *, workspace_id: int, user_id: UUID) -> None:
    await _member_role(tx, workspace_id, user_id)
    await tx.execute(
        memberships.delete().where(
            memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id
        )
    )
    await tx.execute(
        sessions.delete().where(
            sessions.c.workspace_id == workspace_id, sessions.c.user_id == user_id
        )
    )
    await _keep_an_owner(tx, workspace_id)


async def change_user(tx: Tx, *, user_id: UUID, changes: dict[str, Any]) -> None:
    if changes:
        await tx.execute(users.update().where(users.c.id == user_id).values(**changes))


async def change_password(
    tx: Tx, *, user_id: UUID, current: str, new: str, keep_session: bytes | None
) -> None:
    """Set a new password and end every session of the user but the one at hand."""
    row = (await tx.execute(sa.select(users).where(users.c.id == user_id).with_for_update())).one()
    if not await password_matches(row.password_hash, current):
        raise WrongPassword()
    check_strength(new)
    await tx.execute(
        users.update()
        .where(users.c.id == user_id)
        .values(password_hash=await hash_password(new), epoch=row.epoch + 1)
    )
    await tx.execute(
        sessions.update()
        .where(sessions.c.user_id == user_id, sessions.c.token_hash == keep_session)
        .values(epoch=row.epoch + 1)
    )


async def check_attempts(tx: Tx, *, email: str, ip: str, now: datetime) -> None:
    """Raise TooManyAttempts when this address or this network failed too often lately."""
    count = (
        await tx.execute(
            sa.select(sa.func.count())
            .where(
                login_failures.c.subject_hash.in_(_subjects(email, ip)),
                login_failures.c.at > now - FAILURES_WINDOW,
            )
            .group_by(login_failures.c.subject_hash)
            .order_by(sa.desc(sa.func.count()))
            .limit(1)
        )
    ).scalar()
    if (count or 0) >= FAILURES_MAX:
        raise TooManyAttempts()


async def note_failure(tx: Tx, *, email: str, ip: str, now: datetime) -> None:
    await tx.execute(login_failures.delete().where(login_failures.c.at < now - FAILURES_WINDOW))
    await tx.execute(
        login_failures.insert(),
        [{"subject_hash": subject, "at": now} for subject in _subjects(email, ip)],
    )


async def sign_in(
    tx: Tx, *, email: str, password: str, ip: str, user_agent: str, now: datetime
) -> tuple[str, int, UUID]:
    """Open a session; returns (token of the cookie, workspace, user).

    Raises: WrongPassword, whether it is the address or the password that is wrong.
    """
    row = (
        await tx.execute(sa.select(users).where(users.c.email == email.strip().lower()))
    ).one_or_none()
    if not await password_matches(row.password_hash if row else None, password) or row is None:
        raise WrongPassword()
    workspace_id = (
        await tx.execute(
            sa.select(memberships.c.workspace_id)
            .where(memberships.c.user_id == row.id)
            .order_by(memberships.c.created_at)
            .limit(1)
        )
    ).scalar_one_or_none()
    if workspace_id is None:
        raise WrongPassword()
    token = new_token(256)
    await tx.execute(
        sessions.insert().values(
            token_hash=hash_token(token),
            user_id=row.id,
            workspace_id=workspace_id,
            csrf_token=new_token(192),
            epoch=row.epoch,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_LIFE,
            ip=ip,
            user_agent=user_agent[:300],
        )
    )
    await tx.execute(sessions.delete().where(sessions.c.expires_at < now))
    return token, workspace_id, row.id


async def sign_out(tx: Tx, *, token: str) -> None:
    await tx.execute(sessions.delete().where(sessions.c.token_hash == hash_token(token)))


async def switch_workspace(tx: Tx, *, token: str, user_id: UUID, workspace_id: int) -> None:
    await _member_role(tx, workspace_id, user_id)
    await tx.execute(
        sessions.update()
        .where(sessions.c.token_hash == hash_token(token))
        .values(workspace_id=workspace_id)
    )


async def create_key(
    tx: Tx, *, workspace_id: int, kind: KeyKind, name: str, now: datetime
) -> tuple[ApiKey, str]:
    """Create a key; returns it with its token, which for a secret key is never shown again."""
    token = _PREFIXES[kind] + new_token(240)
    key = ApiKey(
        id=new_id(),
        kind=kind,
        name=name,
        prefix=token[:14],
        token=token if kind == "public" else None,
        created_at=now,
        last_used_at=None,
    )
    await tx.execute(
        api_keys.insert().values(
            id=key.id,
            workspace_id=workspace_id,
            kind=kind,
            name=name,
            prefix=key.prefix,
            token=key.token,
            token_hash=hash_token(token),
            created_at=now,
        )
    )
    return key, token


async def revoke_key(tx: Tx, *, workspace_id: int, key_id: UUID, now: datetime) -> None:
    done = await tx.execute(
        api_keys.update()
        .where(
            api_keys.c.workspace_id == workspace_id,
            api_keys.c.id == key_id,
            api_keys.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    if not done.rowcount:
        raise NotFound(what="key")
    await notify(tx, KEYS_CHANNEL)


async def write_audit(
    tx: Tx,
    *,
    who: Principal,
    action: str,
    object_kind: str,
    object_id: object,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Note who did what; `detail` holds names of fields and counts, never personal data."""
    await tx.execute(
        audit_entries.insert().values(
            workspace_id=who.workspace_id,
            at=now,
            user_id=who.user_id,
            key_id=who.key_id,
            action=action,
            object_kind=object_kind,
            object_id=str(object_id),
            detail=detail or {},
            ip=who.ip,
        )
    )


def hash_token(token: str) -> bytes:
    """Tokens are random, so a plain hash is enough to keep a leaked table useless."""
    return hashlib.sha256(token.encode()).digest()


def normal_address(email: str) -> str:
    try:
        return validate_email(
            email.strip(), check_deliverability=False, test_environment=True
        ).normalized.lower()
    except EmailNotValidError as error:
        raise WrongAddress(email=email[:100]) from error


def _subjects(email: str, ip: str) -> list[bytes]:
    return [hash_token("email:" + email.strip().lower()), hash_token("ip:" + ip)]


def _check_timezone(timezone: str) -> None:
    if timezone not in available_timezones():
        raise UnknownTimeZone(timezone=timezone)


async def _member_role(tx: Tx, workspace_id: int, user_id: UUID) -> str:
    role = (
        await tx.execute(
            sa.select(memberships.c.role).where(
                memberships.c.workspace_id == workspace_id, memberships.c.user_id == user_id
            )
        )
    ).scalar_one_or_none()
    if role is None:
        raise NotFound(what="user")
    return str(role)


async def _keep_an_owner(tx: Tx, workspace_id: int) -> None:
    # The lock on the workspace makes two owners who remove each other wait for one another.
    await tx.execute(
        sa.select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update()
    )
    owners = (
        await tx.execute(
            sa.select(sa.func.count()).where(
                memberships.c.workspace_id == workspace_id, memberships.c.role == Role.OWNER
            )
        )
    ).scalar_one()
    if not owners:
        raise LastOwner()
