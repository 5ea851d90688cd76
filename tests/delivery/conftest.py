"""All tests of a run share the database; the sending loops see every workspace's mailings."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from otklik.runtime.public import Runtime


@pytest.fixture(autouse=True)
async def only_own_mailings(request: pytest.FixtureRequest) -> None:
    """End what other tests left running: a dispatcher works on this test's mailing alone."""
    if "rt" not in request.fixturenames:
        return
    rt: Runtime = request.getfixturevalue("rt")
    async with rt.db.begin() as tx:
        for table, state in (("mailings", "finished"), ("message_blocks", "done")):
            await tx.execute(
                sa.text(f"UPDATE {table} SET state = :state WHERE state <> :state"),
                {"state": state},
            )
