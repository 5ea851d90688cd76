"""How tests take a campaign through the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from otklik.accounts.public import Workspace
from otklik.campaigns.jobs import start_campaign
from otklik.campaigns.tables import campaigns
from otklik.delivery.jobs import tend
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.runtime.public import Runtime
from tests.delivery.support import MailServer

API = "/api/v1/campaigns"


async def create(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(API, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def run_start(rt: Runtime, workspace: Workspace, campaign_id: str) -> None:
    """Do what the background job of a launch does."""
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(campaigns.select().where(campaigns.c.id == UUID(campaign_id)))
        ).one()
    await start_campaign(
        rt,
        workspace_id=workspace.id,
        campaign_id=campaign_id,
        launch_id=str(row.launch_id),
    )


async def launch(client: httpx.AsyncClient, campaign_id: str, count: int) -> httpx.Response:
    return await client.put(f"{API}/{campaign_id}/launch", json={"confirm_count": count})


async def deliver(rt: Runtime, server: MailServer) -> None:
    pool = server.pool(connections=4)
    dispatcher = Dispatcher(pool)
    while await dispatcher.step(rt):
        pass
    await tend(rt)
    await pool.close()


def codes(checks: list[dict[str, Any]], level: str) -> set[str]:
    return {check["code"] for check in checks if check["level"] == level}
