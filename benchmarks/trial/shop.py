"""People and campaigns that are launched at their moments, made before the program starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.prepare_mailing import add_people
from otklik.accounts.public import Workspace, create_workspace
from otklik.campaigns.model import Audience, CampaignVariant, First, NewCampaign, Schedule
from otklik.campaigns.operations import create_campaign, order_launch
from otklik.channels.email.public import create_sender
from otklik.content.public import LetterKind, LetterSource, create_letter
from otklik.entrypoints.engines import open_engines
from otklik.entrypoints.process import open_runtime
from otklik.profiles.operations.refresh import note_changes
from otklik.profiles.public import store_changes
from otklik.runtime.public import Runtime, Settings
from otklik.segments.public import SegmentKind, change_members, create_segment


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Runtime]:
    """Open the data folder's engines with a wired runtime."""
    settings = Settings(data=str(data))
    async with (
        open_engines(settings) as urls,
        open_runtime(settings, urls=urls) as rt,
        rt.jobs.app.open_async(),
    ):
        yield rt


async def make_workspace(rt: Runtime) -> tuple[Workspace, UUID]:
    """Make a workspace and the sender of its letters."""
    async with rt.db.begin() as tx:
        workspace = await create_workspace(tx, name="Trial", lang="en", now=rt.clock())
        sender = await create_sender(
            tx, workspace_id=workspace.id, name="Shop", address="news@shop.example", now=rt.clock()
        )
    return workspace, sender.id


async def make_audience(rt: Runtime, workspace: Workspace, people: int) -> UUID:
    """Make people and a segment of all of them."""
    ids = np.asarray(await add_people(rt, workspace, people)).tolist()
    for first in range(0, len(ids), 10_000):
        async with rt.db.begin() as tx:
            await note_changes(tx, workspace_id=workspace.id, changed=ids[first : first + 10_000])
    while await store_changes(rt):
        pass
    async with rt.db.begin() as tx:
        segment_id = await create_segment(
            tx,
            workspace_id=workspace.id,
            name=f"{people} people",
            kind=SegmentKind.STATIC,
            now=rt.clock(),
        )
        for first in range(0, len(ids), 10_000):
            await change_members(
                rt,
                tx,
                workspace_id=workspace.id,
                segment_id=segment_id,
                add=ids[first : first + 10_000],
                now=rt.clock(),
            )
    return segment_id


async def launch(
    rt: Runtime,
    workspace: Workspace,
    *,
    name: str,
    sender_id: UUID,
    audience: UUID,
    people: int,
    at: datetime | None,
    source: str,
    **more: Any,
) -> UUID:
    """Order the launch of a campaign with two variants, whose subjects begin with its name."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        letters = [
            (
                await create_letter(
                    tx,
                    workspace_id=workspace.id,
                    name=f"{name} {key}",
                    content=LetterSource(LetterKind.HTML, f"{name} {key}", source),
                    now=now,
                )
            ).id
            for key in "AB"
        ]
        made = await create_campaign(
            tx,
            workspace_id=workspace.id,
            new=NewCampaign(
                name=name,
                audience=Audience([audience]),
                sender_id=sender_id,
                variants=[
                    CampaignVariant(key, "", letter, 50.0)
                    for key, letter in zip("AB", letters, strict=True)
                ],
                schedule=Schedule("at", at) if at else Schedule(),
                **more,
            ),
            now=now,
        )
        await order_launch(
            tx,
            rt.jobs,
            workspace_id=workspace.id,
            campaign_id=made.id,
            checks=[],
            confirmed=people,
            actual=people,
            now=now,
        )
    return made.id


async def launch_several(
    rt: Runtime, *, campaigns: int, people: int, every: timedelta, begin: datetime, source: str
) -> None:
    """Order campaigns of different kinds, one after the other; each has people of its own."""
    workspace, sender_id = await make_workspace(rt)
    for number in range(campaigns):
        audience = await make_audience(rt, workspace, people)
        kinds: list[dict[str, Any]] = [
            {},
            {"control_share": 10.0},
            {"priority": "high"},
            {"first": First(share=20.0, decide="winner", hours=1)},
            {"rate_per_s": 40},
        ]
        # The rest of a part first would wait an hour: such a one is launched for its part alone.
        kind = kinds[number % len(kinds)]
        await launch(
            rt,
            workspace,
            name=f"Mailing{number}",
            sender_id=sender_id,
            audience=audience,
            people=people,
            at=begin + every * number,
            source=source,
            **kind,
        )
