"""The outermost layer: request ids, timing, security headers, the caller's address."""

from __future__ import annotations

import time
from typing import cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from otklik.kit.ids import new_token
from otklik.runtime.context import Runtime

_CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: https: http:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_NO_HEAD = ("/api/v1/", "/t/", "/u/")
REQUEST_ID = "otklik.request_id"
HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]


class Edge:
    """ASGI middleware around everything, so that even an unknown address passes it."""

    def __init__(self, app: ASGIApp, rt: Runtime) -> None:
        self.app = app
        self._rt = rt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request_id = new_token(96)
        # Not in scope["state"]: the framework empties that.
        scope[REQUEST_ID] = request_id  # type: ignore[literal-required] # a key of our own
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begun = time.perf_counter()
        status = 500

        async def outgoing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in HEADERS if pair[0] not in own),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self.app(_as_get(scope), receive, outgoing)
        finally:
            route = getattr(scope.get("route_handler"), "operation_id", None) or "other"
            self._rt.metrics.requests.labels(str(route), f"{status // 100}xx").observe(
                time.perf_counter() - begun
            )


def _as_get(scope: HTTPScope) -> HTTPScope:
    """Answer HEAD for a page as its GET; the server itself leaves the body of such an answer out.

    Not for the API, whose streams have no end, nor for links of letters, where a request counts.
    """
    if scope["method"] != "HEAD" or scope["path"].startswith(_NO_HEAD):
        return scope
    return cast("HTTPScope", {**scope, "method": "GET"})


def client_ip(scope: Scope, trusted_proxies: int) -> str:
    """Return the caller's address; of X-Forwarded-For only what our own proxies appended counts."""
    client = scope.get("client")
    peer = client[0] if client else ""
    if trusted_proxies <= 0:
        return peer
    # A proxy may append a line of its own instead of a word to the line that came: all lines are
    # one list (RFC 9110, section 5.3), or the stranger's own line would be believed.
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    if not lines:
        return peer
    hops = [hop.strip() for hop in b",".join(lines).decode("latin-1").split(",")]
    return hops[-trusted_proxies] if len(hops) >= trusted_proxies else hops[0]


def lone_client_ip(scope: Scope, trusted_proxies: int) -> str:
    """Return the caller's address if it is surely one caller's own, else "".

    When more proxies stand on the way than the settings name, the address that is seen may be
    shared by everybody who comes through one of them.
    """
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = b",".join(lines).count(b",") + 1 if lines else 0
    return client_ip(scope, trusted_proxies) if hops == max(trusted_proxies, 0) else ""
