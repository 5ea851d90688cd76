"""Names of workspaces: hosts at which only the public links of letters are served.

A workspace may let the links of its letters lead to a name of its own that comes to this program.
At such a name there is neither interface nor API, no cookie is read or set, and only what belongs
to that workspace is shown. Which names these are, the application says; an unknown name is served
as ever, so a made-up Host header opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import urlsplit

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from otklik.runtime.context import Runtime

WorkspaceOf = Callable[[str], Awaitable[int | None]]
"""The workspace that a name belongs to, in lower case without port and final dot."""
_PUBLIC = re.compile(r"/(?:(?:t/[oc]|u|p|m|a|\.well-known/otklik)/[^/]+|a/[^/]+/topics)")
"""What is served at a name of a workspace: the routes of letters, exactly."""
_OWNER = "otklik.host_workspace"
_NOT_HERE = b"Not found\n"


class Hosts:
    """ASGI middleware that keeps the names of workspaces to the links of their letters."""

    def __init__(self, app: ASGIApp, rt: Runtime, workspace_of: WorkspaceOf) -> None:
        self._app = app
        self._own = urlsplit(rt.settings.base_url).hostname or ""
        self._workspace_of = workspace_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        owner = await self._owner(scope)
        if owner is None:
            await self._app(scope, receive, send)
            return
        if _PUBLIC.fullmatch(scope["path"]) is None:
            await _refuse(send)
            return
        headers = [pair for pair in scope["headers"] if pair[0].lower() != b"cookie"]
        guarded = cast("Any", {**scope, "headers": headers, _OWNER: owner})

        async def without_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    pair for pair in message["headers"] if pair[0].lower() != b"set-cookie"
                ]
            await send(message)

        await self._app(guarded, receive, without_cookies)

    async def _owner(self, scope: Scope) -> int | None:
        # Of several Host lines each counts: one of them may be what a proxy believed.
        for name, value in scope["headers"]:
            if name == b"host":
                host = bare_host(value.decode("latin-1"))
                if host and host != self._own:
                    owner = await self._workspace_of(host)
                    if owner is not None:
                        return owner
        return None


def bare_host(value: str) -> str:
    """Return the name in a Host header: lower case, without port and final dot."""
    host = value.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def is_of_host(request: Request[Any, Any, Any], workspace_id: int) -> bool:
    """Tell whether something of a workspace may be shown at the name that was asked: at the
    program's own address anything, at a workspace's name only what is that workspace's."""
    owner = cast("dict[str, Any]", request.scope).get(_OWNER)
    return owner is None or owner == workspace_id


async def _refuse(send: Send) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 404,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(_NOT_HERE)).encode()),
                (b"cache-control", b"no-store"),
                (b"x-robots-tag", b"noindex, nofollow"),
                (b"x-content-type-options", b"nosniff"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": _NOT_HERE, "more_body": False})
