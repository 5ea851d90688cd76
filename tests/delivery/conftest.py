"""The database is shared by all tests of a run; the sending loops see every workspace's mailings."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from otklik.runtime.public import Runtime


@pytest.fixture(autouse=True)
async def only_own_mailings(request: pytest.FixtureRequest) -> None:
    """End what other tests left running, so that a dispatcher works on this test's mailing alone."""
    if "rt" not in request.fixturenames:
        return
    rt: Runtime = request.getfixturevalue("rt")
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text("UPDATE mailings SET state = 'finished' WHERE state <> 'finished'")
        )
        await tx.execute(sa.text("UPDATE message_blocks SET state = 'done' WHERE state <> 'done'"))
