"""A regular mailing by each reader's own clock, from its plan to the letters."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import sqlalchemy as sa

from otklik.campaigns.regular.jobs import start_regular_runs
from otklik.campaigns.regular.making import make_run
from otklik.profiles.public import set_traits, store_changes
from otklik.runtime.public import Runtime
from tests.campaigns.calls import deliver, run_start
from tests.campaigns.digest import Digest, article, rss, titles
from tests.conftest import Cast, Clock
from tests.delivery.support import MailServer


async def test_own_clocks_make_one_run_a_day_whatever_they_are_set_to(
    rt: Runtime, cast: Cast, clock: Clock, digest: Digest
) -> None:
    async def two_workers() -> None:
        """Both look at the same moment, and both get every run."""
        await asyncio.gather(start_regular_runs(rt), start_regular_runs(rt))
        for run in await digest.runs():
            await asyncio.gather(
                *(
                    make_run(rt, workspace_id=digest.workspace.id, run_id=run.run_id)
                    for _ in range(2)
                )
            )
        for run in await digest.runs():
            if run.campaign_id is not None:
                await run_start(rt, digest.workspace, str(run.campaign_id))

    async def went(server: MailServer, *moments: datetime) -> list[set[str]]:
        """Who has got a letter by each of the moments."""
        found = []
        for moment in moments:
            clock.now = moment
            await deliver(rt, server)
            found.append({address.partition("@")[0] for address in server.copies()})
        return found

    # Ann lives in Berlin; Bob names no zone, so he lives in the workspace's, Moscow.
    clock.now = datetime(2026, 10, 24, 10, tzinfo=UTC)
    digest.site.body = rss(article(1, "Servers", clock.now), article(2, "DNS", clock.now))
    await digest.set_up(plan={"every": "day", "time": "02:30", "zone": "own"})
    async with rt.db.begin() as tx:
        await set_traits(
            tx,
            workspace_id=digest.workspace.id,
            profile_id=digest.people["ann"],
            traits={"timezone": "Europe/Berlin"},
            now=clock.now,
        )
    while await store_changes(rt):
        pass
    started = (await cast.owner.put(f"{digest.path}/start")).json()
    assert started["next_at"] == "2026-10-24T11:30:00Z"
    clock.now = datetime(2026, 10, 24, 11, 29, tzinfo=UTC)
    await two_workers()
    assert await digest.runs() == []

    # An hour before it is 02:30 anywhere: the run is made and its letters wait for their clocks.
    clock.now = datetime(2026, 10, 24, 11, 31, tzinfo=UTC)
    await two_workers()
    [run] = await digest.runs()
    assert (run.wall, run.state, run.new_items) == ("2026-10-25T02:30", "launched", 2)
    async with rt.db.begin() as tx:
        ordered = await tx.execute(
            sa.text(
                "SELECT count(*) FROM procrastinate_jobs"
                " WHERE task_name = 'campaigns.make_regular_run' AND args ->> 'run_id' = :run"
            ),
            {"run": str(run.run_id)},
        )
        assert ordered.scalar_one() == 1
    async with MailServer() as server:
        # In this night 02:30 comes twice in Berlin: at 00:30 UTC and an hour later.
        assert await went(
            server,
            datetime(2026, 10, 24, 23, 29, tzinfo=UTC),
            datetime(2026, 10, 24, 23, 31, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 29, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 31, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 31, tzinfo=UTC),
        ) == [set(), {"bob"}, {"bob"}, {"ann", "bob"}, {"ann", "bob"}]
        assert server.copies() == Counter(["ann@example.com", "bob@example.com"])
        assert titles(server.letter_to("ann@example.com")) == ["Story 1"]
        assert titles(server.letter_to("bob@example.com")) == ["Story 2"]

    # The next day the feed has nothing new.
    clock.now = datetime(2026, 10, 25, 11, 31, tzinfo=UTC)
    await two_workers()
    last = (await cast.owner.get(f"{digest.path}/runs")).json()[0]
    assert (last["state"], last["campaign_id"]) == ("nothing_new", None)
    campaigns = (await cast.owner.get("/api/v1/campaigns/")).json()["items"]
    assert len(campaigns) == 1

    # In a night of March 02:30 does not come in Berlin: her letter goes when clocks jump over it.
    await cast.owner.put(f"{digest.path}/pause")
    clock.now = datetime(2027, 3, 27, 10, tzinfo=UTC)
    digest.site.body = rss(article(3, "Servers", clock.now), article(4, "DNS", clock.now))
    await cast.owner.put(f"{digest.path}/start")
    clock.now = datetime(2027, 3, 27, 11, 31, tzinfo=UTC)
    await two_workers()
    assert [one.state for one in await digest.runs()] == ["launched", "nothing_new", "launched"]
    async with MailServer() as server:
        assert await went(
            server,
            datetime(2027, 3, 27, 23, 29, tzinfo=UTC),
            datetime(2027, 3, 27, 23, 31, tzinfo=UTC),
            datetime(2027, 3, 28, 0, 59, tzinfo=UTC),
            datetime(2027, 3, 28, 1, 1, tzinfo=UTC),
        ) == [set(), {"bob"}, {"bob"}, {"ann", "bob"}]
        assert titles(server.letter_to("ann@example.com")) == ["Story 3"]
        assert server.copies() == Counter(["ann@example.com", "bob@example.com"])
