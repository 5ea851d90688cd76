"""When letters go: by each person's own clock, or spread evenly over hours."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import SmtpPool
from otklik.delivery.jobs import tend
from otklik.delivery.operations.mailings import stop_mailing
from otklik.delivery.queries import progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.tables import mailings, messages
from otklik.profiles.public import set_traits
from otklik.runtime.public import Runtime
from tests.conftest import NOW, Clock
from tests.delivery.support import fates, mailing_to, make_people


async def drain(rt: Runtime, pool: SmtpPool) -> None:
    dispatcher = Dispatcher(pool)
    while await dispatcher.step(rt):
        pass
    await tend(rt)


async def test_each_person_gets_it_when_his_own_clock_shows_the_time(
    rt: Runtime, clock: Clock, workspace: Workspace, pool: SmtpPool
) -> None:
    zones = {
        "kiri": "Pacific/Kiritimati",
        "moscow": None,
        "berlin": "Europe/Berlin",
        "baker": "Etc/GMT+12",
    }
    ids = dict(zip(zones, await make_people(rt, workspace, list(zones)), strict=True))
    async with rt.db.begin() as tx:
        for name, zone in zones.items():
            if zone:
                await set_traits(
                    tx,
                    workspace_id=workspace.id,
                    profile_id=ids[name],
                    traits={"timezone": zone},
                    now=rt.clock(),
                )
    # A night on which the clocks of Berlin are set forward, past the time that was asked for.
    wall = datetime(2027, 3, 28, 2, 30)
    clock.now = datetime(2027, 3, 27, 13, tzinfo=UTC)
    source_id = await mailing_to(rt, workspace, list(ids.values()), own_time=wall)
    went: dict[str, datetime] = {}
    for hours in range(28):
        clock.now = datetime(2027, 3, 27, 13, tzinfo=UTC) + timedelta(hours=hours)
        for minutes in (0, 30):
            clock.now = clock.now.replace(minute=minutes)
            await drain(rt, pool)
            found = await fates(rt, source_id)
            for name, one in ids.items():
                if found[one] == ("sent", ""):
                    went.setdefault(name, clock.now)
            if "kiri" in went and clock.now == went["kiri"]:
                async with rt.db.begin() as tx:
                    seen = await progress(
                        tx, workspace_id=workspace.id, source_id=source_id, now=clock.now
                    )
                # The others wait for hours, whatever the pace of the first was.
                assert (seen.rate_per_s > 0, seen.eta_s) == (True, None)
        if len(went) == len(ids):
            break
    assert went == {
        # Its time had passed before the launch.
        "kiri": datetime(2027, 3, 27, 13, tzinfo=UTC),
        "moscow": datetime(2027, 3, 27, 23, 30, tzinfo=UTC),
        "berlin": datetime(2027, 3, 28, 1, tzinfo=UTC),
        "baker": datetime(2027, 3, 28, 14, 30, tzinfo=UTC),
    }


async def test_it_spreads_letters_evenly_over_hours(
    monkeypatch: pytest.MonkeyPatch,
    rt: Runtime,
    clock: Clock,
    workspace: Workspace,
    pool: SmtpPool,
) -> None:
    monkeypatch.setattr("otklik.delivery.operations.freeze.CHUNK", 16)
    ids = await make_people(rt, workspace, [f"p{number}" for number in range(40)])
    source_id = await mailing_to(rt, workspace, ids, spread_minutes=240)
    async with rt.db.begin() as tx:
        due = await tx.execute(
            sa.select(messages.c.next_at)
            .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
            .where(mailings.c.source_id == source_id)
            .order_by(messages.c.profile_id)
        )
        moments = list(due.scalars())
    assert moments == [NOW + timedelta(minutes=6 * place) for place in range(40)]
    sent = []
    for _ in range(4):
        clock.move(minutes=60)
        await drain(rt, pool)
        sent.append(Counter((await fates(rt, source_id)).values())["sent", ""])
    assert sent == [11, 21, 31, 40]


async def test_stopping_does_not_wait_for_what_is_due_later(
    rt: Runtime, workspace: Workspace, pool: SmtpPool
) -> None:
    ids = await make_people(rt, workspace, ["anna", "boris"])
    source_id = await mailing_to(rt, workspace, ids, own_time=datetime(2026, 6, 20, 10, 0))
    await drain(rt, pool)
    assert set((await fates(rt, source_id)).values()) == {("planned", "waits_own_time")}
    async with rt.db.begin() as tx:
        await stop_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    await drain(rt, pool)
    assert set((await fates(rt, source_id)).values()) == {("skipped", "campaign_stopped")}
