"""One request is one transaction, ended before the answer, whatever happens on the way to it.

The framework opens what a handler asks for side by side. When one of these fails (a parameter that
does not fit), it forgets those it has opened already, and cancels those that are being opened: the
connections would stay taken. So a transaction is opened without being cancelled in the middle, and
what the framework forgot is ended with the request.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, cast

import anyio
from litestar import Request
from litestar.datastructures import State
from litestar.types import ASGIApp, Receive, Scope, Send

from otklik.runtime.context import Runtime
from otklik.runtime.postgres import Tx
from otklik.runtime.web.idempotency import claim_key

_OPEN = "otklik.transactions"


class _Forgotten(Exception):
    """Rolls back what nobody ended."""


async def provide_tx(request: Request[Any, Any, Any], state: State) -> AsyncIterator[Tx]:
    """Open the transaction of a request; it is committed before the answer is sent."""
    rt: Runtime = state.rt
    stack = AsyncExitStack()
    cast("dict[str, Any]", request.scope).setdefault(_OPEN, []).append(stack)
    with anyio.CancelScope(shield=True):
        tx = await stack.enter_async_context(rt.db.begin())
        await claim_key(request, tx, rt)
    async with stack:
        yield tx


def end_transactions(app: ASGIApp) -> ASGIApp:
    """ASGI middleware that rolls back the transactions that a request left open."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                for stack in cast("dict[str, Any]", scope).get(_OPEN, []):
                    await stack.__aexit__(_Forgotten, _Forgotten(), None)

    return middleware
