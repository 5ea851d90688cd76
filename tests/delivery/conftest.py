"""All tests of a run share the database; the sending loops see every workspace's mailings."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from otklik.channels.email.public import SmtpPool
from otklik.runtime.public import Runtime
from tests.delivery.dispatching import Pools
from tests.delivery.support import MailServer


@pytest.fixture(autouse=True)
async def only_own_mailings(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """End what other tests left running: a dispatcher works on this test's mailing alone.

    And leave no relay resting: the installation's own is the same one for every test.
    """
    if "rt" not in request.fixturenames:
        yield
        return
    rt: Runtime = request.getfixturevalue("rt")
    async with rt.db.begin() as tx:
        for table, state in (("mailings", "finished"), ("message_blocks", "done")):
            await tx.execute(
                sa.text(f"UPDATE {table} SET state = :state WHERE state <> :state"),
                {"state": state},
            )
    yield
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("DELETE FROM relay_states"))


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


@pytest.fixture
async def pool(server: MailServer) -> AsyncIterator[SmtpPool]:
    pool = server.pool(connections=4)
    yield pool
    await pool.close()


@pytest.fixture
async def pools() -> AsyncIterator[Pools]:
    """A way to open pools of connections to a server; they are closed after the test."""
    opened: list[SmtpPool] = []

    def open_one(server: MailServer) -> SmtpPool:
        opened.append(server.pool(connections=4))
        return opened[-1]

    yield open_one
    for pool in opened:
        await pool.close()
