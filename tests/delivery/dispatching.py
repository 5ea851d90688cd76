"""How tests of delivery let a dispatcher work, and die."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from otklik.accounts.public import Workspace
from otklik.channels.email.public import SmtpPool
from otklik.delivery.jobs import tend
from otklik.delivery.model import Progress
from otklik.delivery.queries import progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.runtime.public import Runtime
from tests.delivery.support import (
    MailServer,
)


async def drain(dispatcher: Dispatcher, rt: Runtime) -> None:
    """Work until nothing is due, as the loop would."""
    while await dispatcher.step(rt):
        pass
    await tend(rt)


async def progress_of(rt: Runtime, workspace: Workspace, source_id: UUID) -> Progress:
    async with rt.db.begin() as tx:
        return await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())


Pools = Callable[[MailServer], SmtpPool]


class Crash(BaseException):
    """The process dies here; nothing that handles errors may catch it."""


def dying(place: str, at_call: int = 1) -> Callable[[str], Awaitable[None]]:
    calls = 0

    async def checkpoint(here: str) -> None:
        nonlocal calls
        if here == place:
            calls += 1
            if calls == at_call:
                raise Crash

    return checkpoint
