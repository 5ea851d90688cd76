"""Who may do what: roles, permissions, and the caller of a request."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang


class Role(StrEnum):
    OWNER = "owner"
    MARKETER = "marketer"
    ANALYST = "analyst"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What a route demands; every route of /api/v1 demands one."""

    VIEW = "view"
    EDIT = "edit"
    SEND = "send"
    MANAGE = "manage"
    INBOX = "inbox"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MARKETER: frozenset({Permission.VIEW, Permission.EDIT, Permission.SEND}),
    Role.ANALYST: frozenset({Permission.VIEW}),
    Role.OPERATOR: frozenset({Permission.VIEW, Permission.INBOX}),
}

KeyKind = Literal["public", "secret"]


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of a request: a user with a session, or a secret key."""

    workspace_id: int
    role: Role
    user_id: UUID | None = None
    key_id: UUID | None = None
    ip: str = ""

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A company's own world. `salt` keys its assignments and hashes; it never leaves the server."""

    id: int
    name: str
    timezone: str
    currency: str
    lang: Lang
    salt: bytes


class User(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    email: str
    name: str
    lang: Lang


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A user's place in a workspace."""

    user: User
    role: Role
    created_at: datetime
    last_seen_at: datetime | None


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An open session; `csrf_token` must come back with every writing request."""

    principal: Principal
    csrf_token: str


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of a workspace. `token` is kept for public keys only, since visitors see it anyway."""

    id: UUID
    kind: KeyKind
    name: str
    prefix: str
    token: str | None
    created_at: datetime
    last_used_at: datetime | None


class KeyOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a presented key belongs to."""

    workspace_id: int
    key_id: UUID
    kind: KeyKind


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: datetime
    actor: str
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, object]
