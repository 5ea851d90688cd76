"""Accounts over HTTP: signing in, the user himself, workspace, users, keys, audit."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts import operations, queries
from otklik.accounts.errors import WrongPassword
from otklik.accounts.guards import COOKIE, Who, authenticate, requires
from otklik.accounts.letters import letters_stay
from otklik.accounts.model import (
    PERMISSIONS,
    ApiKey,
    AuditEntry,
    KeyKind,
    Permission,
    Principal,
    Role,
    User,
)
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.edge import client_ip
from otklik.runtime.web.providers import Now, OpenTx, Rt

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    email: Annotated[str, msgspec.Meta(max_length=320)]
    password: Annotated[str, msgspec.Meta(max_length=1024)]


class WorkspaceView(msgspec.Struct):
    id: int
    name: str
    timezone: str
    currency: str
    lang: Lang


class WorkspaceRef(msgspec.Struct):
    id: int
    name: str


class Me(msgspec.Struct):
    user: User | None
    workspace: WorkspaceView
    role: Role
    permissions: list[Permission]
    csrf_token: str | None
    development: bool
    """Letters of this workspace, or of some of its senders, go to the mail catcher."""
    workspaces: list[WorkspaceRef]


class MeChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    lang: Lang | msgspec.UnsetType = msgspec.UNSET


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    current: str
    new: str


class WorkspaceChoice(msgspec.Struct, forbid_unknown_fields=True):
    workspace_id: int


class WorkspaceChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    lang: Lang | msgspec.UnsetType = msgspec.UNSET


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    name: Annotated[str, msgspec.Meta(max_length=200)]
    password: str
    role: Role
    lang: Lang = "ru"


class UserView(msgspec.Struct):
    id: UUID
    email: str
    name: str
    lang: Lang
    role: Role
    created_at: datetime
    last_seen_at: datetime | None


class RoleChange(msgspec.Struct, forbid_unknown_fields=True):
    role: Role


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    kind: KeyKind
    name: Name


class CreatedKey(msgspec.Struct):
    key: ApiKey
    secret: str
    """The whole key. A secret key is never shown again."""


class SignIn(Controller):
    path = "/session"
    tags = ["Accounts"]

    @post("/", operation_id="login", status_code=200, opt={"public": True}, security=[])
    async def login(
        self, request: Request[Any, Any, Any], data: JSONBody[Credentials], rt: Rt, now: Now
    ) -> Response[Me]:
        """Sign in by e-mail and password; the answer sets the session cookie."""
        ip = client_ip(request.scope, rt.settings.trusted_proxies)
        async with rt.db.begin() as tx:
            await operations.check_attempts(tx, email=data.email, ip=ip, now=now)
        try:
            async with rt.db.begin() as tx:
                token, _, user_id = await operations.sign_in(
                    tx,
                    email=data.email,
                    password=data.password,
                    ip=ip,
                    user_agent=request.headers.get("user-agent", ""),
                    now=now,
                )
                session = await queries.find_session(tx, token=token, ip=ip, now=now)
                await operations.write_audit(
                    tx,
                    who=session.principal,
                    action="signed_in",
                    object_kind="user",
                    object_id=user_id,
                    now=now,
                )
                me = await _me(tx, session.principal, session.csrf_token, rt)
        except WrongPassword:
            # A transaction of its own: the failed one rolls back, its trace must stay.
            async with rt.db.begin() as tx:
                await operations.note_failure(tx, email=data.email, ip=ip, now=now)
            raise
        return Response(me, cookies=[_cookie(token, rt)])

    @delete("/", operation_id="logout", guards=[requires(Permission.VIEW)])
    async def logout(self, request: Request[Any, Any, Any], tx: OpenTx, rt: Rt) -> Response[None]:
        """End the session."""
        token = request.scope["state"].get("session_token")
        if token:
            await operations.sign_out(tx, token=token)
        cookie = _cookie("", rt)
        cookie.max_age = 0
        return Response(None, status_code=204, cookies=[cookie])


class Myself(Controller):
    path = "/me"
    tags = ["Accounts"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="me")
    async def me(self, request: Request[Any, Any, Any], tx: OpenTx, who: Who, rt: Rt) -> Me:
        """Who is calling, in which workspace, and what is allowed."""
        return await _me(tx, who, request.scope["state"].get("csrf_token"), rt)

    @patch("/", operation_id="change_me")
    async def change_me(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[MeChanges],
        tx: OpenTx,
        who: Who,
        rt: Rt,
    ) -> Me:
        """Change name or language."""
        await operations.change_user(tx, user_id=_user_id(who), changes=given(data))
        return await _me(tx, who, request.scope["state"].get("csrf_token"), rt)

    @put("/password", operation_id="change_password", status_code=204)
    async def change_password(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[PasswordChange],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> None:
        """Change the password; every other session of the user ends."""
        token = request.scope["state"].get("session_token")
        await operations.change_password(
            tx,
            user_id=_user_id(who),
            current=data.current,
            new=data.new,
            keep_session=operations.hash_token(token) if token else None,
        )
        await operations.write_audit(
            tx,
            who=who,
            action="changed_password",
            object_kind="user",
            object_id=who.user_id,
            now=now,
        )

    @put("/workspace", operation_id="switch_workspace", status_code=204)
    async def switch_workspace(
        self, request: Request[Any, Any, Any], data: JSONBody[WorkspaceChoice], tx: OpenTx, who: Who
    ) -> None:
        """Go to another workspace of the user."""
        await operations.switch_workspace(
            tx,
            token=request.scope["state"].get("session_token", ""),
            user_id=_user_id(who),
            workspace_id=data.workspace_id,
        )


class WorkspaceSettings(Controller):
    path = "/workspace"
    tags = ["Settings"]

    @get("/", operation_id="get_workspace", guards=[requires(Permission.VIEW)])
    async def get_workspace(self, tx: OpenTx, who: Who) -> WorkspaceView:
        """Name, time zone, currency and language of the workspace."""
        return await _workspace_view(tx, who.workspace_id)

    @patch("/", operation_id="change_workspace", guards=[requires(Permission.MANAGE)])
    async def change_workspace(
        self, data: JSONBody[WorkspaceChanges], tx: OpenTx, who: Who, now: Now
    ) -> WorkspaceView:
        """Change the workspace's settings."""
        changes = given(data)
        await operations.change_workspace(tx, workspace_id=who.workspace_id, changes=changes)
        await operations.write_audit(
            tx,
            who=who,
            action="changed",
            object_kind="workspace",
            object_id=who.workspace_id,
            now=now,
            detail={"fields": sorted(changes)},
        )
        return await _workspace_view(tx, who.workspace_id)


class Users(Controller):
    path = "/users"
    tags = ["Settings"]
    guards = [requires(Permission.MANAGE)]

    @get("/", operation_id="list_users")
    async def list_users(self, tx: OpenTx, who: Who) -> list[UserView]:
        """The people of the workspace."""
        return await _user_views(tx, who.workspace_id)

    @post("/", operation_id="create_user")
    async def create_user(
        self, data: JSONBody[NewUser], tx: OpenTx, who: Who, now: Now
    ) -> UserView:
        """Add a person with a first password."""
        user = await operations.create_user(
            tx,
            workspace_id=who.workspace_id,
            email=data.email,
            name=data.name,
            password=data.password,
            role=data.role,
            lang=data.lang,
            now=now,
        )
        await operations.write_audit(
            tx,
            who=who,
            action="created",
            object_kind="user",
            object_id=user.id,
            now=now,
            detail={"role": data.role},
        )
        return next(v for v in await _user_views(tx, who.workspace_id) if v.id == user.id)

    @patch("/{user_id:uuid}", operation_id="change_user_role")
    async def change_role(
        self, user_id: FromPath[UUID], data: JSONBody[RoleChange], tx: OpenTx, who: Who, now: Now
    ) -> UserView:
        """Give a person another role."""
        await operations.change_role(
            tx, workspace_id=who.workspace_id, user_id=user_id, role=data.role
        )
        await operations.write_audit(
            tx,
            who=who,
            action="changed",
            object_kind="user",
            object_id=user_id,
            now=now,
            detail={"role": data.role},
        )
        return next(v for v in await _user_views(tx, who.workspace_id) if v.id == user_id)

    @delete("/{user_id:uuid}", operation_id="remove_user")
    async def remove_user(self, user_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Take a person out of the workspace; his sessions here end."""
        await operations.remove_member(tx, workspace_id=who.workspace_id, user_id=user_id)
        await operations.write_audit(
            tx, who=who, action="removed", object_kind="user", object_id=user_id, now=now
        )


class Keys(Controller):
    path = "/keys"
    tags = ["Settings"]
    guards = [requires(Permission.MANAGE)]

    @get("/", operation_id="list_keys")
    async def list_keys(self, tx: OpenTx, who: Who) -> list[ApiKey]:
        """API keys that are in force."""
        return await queries.list_keys(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="create_key")
    async def create_key(
        self, data: JSONBody[NewKey], tx: OpenTx, who: Who, now: Now
    ) -> CreatedKey:
        """Make a key. A public key may only write events; a secret one opens this API."""
        key, token = await operations.create_key(
            tx, workspace_id=who.workspace_id, kind=data.kind, name=data.name, now=now
        )
        await operations.write_audit(
            tx,
            who=who,
            action="created",
            object_kind="key",
            object_id=key.id,
            now=now,
            detail={"kind": data.kind},
        )
        return CreatedKey(key=key, secret=token)

    @delete("/{key_id:uuid}", operation_id="revoke_key")
    async def revoke_key(self, key_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """End a key at once."""
        await operations.revoke_key(tx, workspace_id=who.workspace_id, key_id=key_id, now=now)
        await operations.write_audit(
            tx, who=who, action="revoked", object_kind="key", object_id=key_id, now=now
        )


@get(
    "/audit",
    operation_id="list_audit",
    guards=[requires(Permission.MANAGE)],
    tags=["Settings"],
)
async def list_audit(
    tx: OpenTx,
    who: Who,
    cursor: FromQuery[str | None] = None,
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> Page[AuditEntry]:
    """Who did what, newest first."""
    return await queries.list_audit(tx, workspace_id=who.workspace_id, cursor=cursor, limit=limit)


HANDLERS: list[Any] = [SignIn, Myself, WorkspaceSettings, Users, Keys, list_audit]


def given(changes: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that the caller sent; what was left out stays as it is."""
    return {
        name: value
        for name in changes.__struct_fields__
        if (value := getattr(changes, name)) is not msgspec.UNSET
    }


def _user_id(who: Principal) -> UUID:
    if who.user_id is None:
        raise WrongPassword()
    return who.user_id


def _cookie(token: str, rt: Runtime) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        max_age=int(operations.SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=rt.settings.base_url.startswith("https://"),
        path="/",
    )


async def _me(tx: Tx, who: Principal, csrf_token: str | None, rt: Runtime) -> Me:
    user = await queries.get_user(tx, user_id=who.user_id) if who.user_id else None
    listed = await queries.workspaces_of(tx, user_id=who.user_id) if who.user_id else []
    return Me(
        user=user,
        workspace=await _workspace_view(tx, who.workspace_id),
        role=who.role,
        permissions=sorted(PERMISSIONS[who.role]),
        csrf_token=csrf_token,
        development=rt.settings.development and await letters_stay(tx, who.workspace_id),
        workspaces=[WorkspaceRef(id=i, name=n) for i, n in listed],
    )


async def _workspace_view(tx: Tx, workspace_id: int) -> WorkspaceView:
    found = await queries.get_workspace(tx, workspace_id=workspace_id)
    return WorkspaceView(
        id=found.id,
        name=found.name,
        timezone=found.timezone,
        currency=found.currency,
        lang=found.lang,
    )


async def _user_views(tx: Tx, workspace_id: int) -> list[UserView]:
    return [
        UserView(
            id=m.user.id,
            email=m.user.email,
            name=m.user.name,
            lang=m.user.lang,
            role=m.role,
            created_at=m.created_at,
            last_seen_at=m.last_seen_at,
        )
        for m in await queries.list_members(tx, workspace_id=workspace_id)
    ]


__all__ = ["HANDLERS", "authenticate", "given"]
