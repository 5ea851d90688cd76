"""Who is calling: by session cookie or secret key; and whether he may.

This file belongs to the HTTP shell of the slice; other slices get `requires` and
`provide_principal` through `public.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler

from otklik.accounts.errors import Forbidden, NotSignedIn, WrongCsrfToken
from otklik.accounts.model import Permission, Principal, Role, SessionInfo
from otklik.accounts.queries import find_key, find_session
from otklik.runtime.public import Runtime
from otklik.runtime.web.edge import client_ip

COOKIE = "otklik_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def requires(permission: Permission) -> Guard:
    """Return a guard that lets in who has the permission; every route of /api/v1 has one."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        principal = await authenticate(connection)
        if not principal.may(permission):
            raise Forbidden(role=principal.role)

    guard.permission = permission  # type: ignore[attr-defined]
    return guard


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    """Find the caller and keep him in the request's state.

    Raises: NotSignedIn; WrongCsrfToken for a writing request with a cookie and no token.
    """
    state = connection.scope["state"]
    known = state.get("principal")
    if known is not None:
        found: Principal = known
        return found
    rt: Runtime = connection.app.state.rt
    ip = client_ip(connection.scope, rt.settings.trusted_proxies)
    bearer = connection.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        principal = await _by_key(rt, bearer[7:].strip(), ip)
    else:
        token = connection.cookies.get(COOKIE)
        if not token:
            raise NotSignedIn()
        async with rt.db.begin() as tx:
            session = await find_session(tx, token=token, ip=ip, now=rt.clock())
        _check_csrf(connection, session)
        state["session_token"], state["csrf_token"] = token, session.csrf_token
        principal = session.principal
    state["principal"] = principal
    return principal


async def provide_principal(request: Request[Any, Any, Any]) -> Principal:
    """The dependency `who`; the guard of the route has found the caller already."""
    return await authenticate(request)


Who = NamedDependency[Principal]


async def _by_key(rt: Runtime, token: str, ip: str) -> Principal:
    async with rt.db.begin() as tx:
        owner = await find_key(tx, token=token)
    if owner is None or owner.kind != "secret":
        raise NotSignedIn()
    # A secret key does what the owner's server may do, but it can't manage people and keys.
    return Principal(
        workspace_id=owner.workspace_id, role=Role.MARKETER, key_id=owner.key_id, ip=ip
    )


def _check_csrf(connection: ASGIConnection[Any, Any, Any, Any], session: SessionInfo) -> None:
    method = connection.scope.get("method", "GET")
    if method not in _SAFE and connection.headers.get("x-csrf-token") != session.csrf_token:
        raise WrongCsrfToken()
