"""Requests that fail before their handler runs give their connections back."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.pool import QueuePool

from otklik.runtime.public import Runtime
from tests.conftest import Cast

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/forwardings/{NOBODY}/dead?limit=x",
        f"/api/v1/campaigns/{NOBODY}/report/by/colour",
        "/api/v1/profiles?limit=x",
        "/api/v1/profiles?cursor=x",
    ],
)
async def test_a_refused_request_gives_its_connection_back(
    rt: Runtime, cast: Cast, path: str
) -> None:
    pool = rt.db.engine.pool
    assert isinstance(pool, QueuePool)
    before = pool.checkedout()
    answers = await asyncio.gather(*(cast.owner.get(path) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {400, 404, 422}
    assert pool.checkedout() == before
