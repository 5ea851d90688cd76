"""Regular mailings with the engines: who gets what, once, whatever is killed on the way."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import numpy as np
import sqlalchemy as sa

from otklik.campaigns.regular.jobs import start_regular_runs
from otklik.campaigns.regular.making import make_campaign, make_run
from otklik.delivery.public import NEVER, heard_of
from otklik.privacy.public import Action
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.campaigns.calls import deliver, run_start
from tests.campaigns.digest import Digest, article, rss, titles
from tests.campaigns.test_sending_policy_http import put
from tests.conftest import Cast, Clock
from tests.delivery.support import MailServer, grant


async def test_each_reader_gets_what_is_new_of_his_subtopics_and_nothing_twice(
    rt: Runtime, cast: Cast, clock: Clock, digest: Digest
) -> None:
    hour = timedelta(hours=1)
    first = [article(1, "Servers", clock.now - hour), article(2, "DNS", clock.now - 2 * hour)]
    digest.site.body = rss(*first, article(3, "Servers", clock.now - 90 * hour))
    await digest.set_up()
    checks = (await cast.colleague.get(f"{digest.path}/checks")).json()
    assert not [one for one in checks["checks"] if one["level"] == "block"]
    assert checks["audience"]["remaining"] == 2
    assert (await cast.colleague.put(f"{digest.path}/start")).status_code == 403
    assert (await cast.stranger.put(f"{digest.path}/start")).status_code == 404
    started = (await cast.marketer.put(f"{digest.path}/start")).json()
    assert (started["state"], started["next_at"]) == ("active", "2026-06-15T15:00:00Z")
    shown = (
        await cast.colleague.get(
            f"{digest.path}/preview", params={"profile_id": digest.people["ann"]}
        )
    ).json()
    assert shown["gets"]
    assert {one["title"]: one["verdict"] for one in shown["items"]} == {
        "Story 1": "shown",
        "Story 2": "other_topic",
    }
    assert "*Story 1*" in shown["html"]

    clock.move(hours=3, minutes=1)
    async with MailServer() as server:
        await digest.go()
        await deliver(rt, server)
        assert titles(server.letter_to("ann@example.com")) == ["Story 1"]
        assert titles(server.letter_to("bob@example.com")) == ["Story 2"]
        assert set(server.copies()) == {"ann@example.com", "bob@example.com"}
    [run] = (await cast.owner.get(f"{digest.path}/runs")).json()
    assert (run["state"], run["new_items"], run["counts"]["sent"]) == ("launched", 2, 2)
    assert await digest.fates(UUID(run["campaign_id"])) == {
        "ann": "sent",
        "bob": "sent",
        "cid": "nothing_new",
        "dan": "no_consent",
    }

    # The second run: one new item; and bob now reads of servers too, but not what he missed.
    await grant(rt, digest.workspace, [digest.people["bob"]], topic_id=digest.topics["Mail"].id)
    digest.site.body = rss(
        *first, article(4, "Servers", clock.now), article(5, "Mail", clock.now - hour)
    )
    clock.move(days=1)
    async with MailServer() as server:
        await digest.go()
        await deliver(rt, server)
        assert set(titles(server.letter_to("ann@example.com"))) == {"Story 4"}
        assert set(titles(server.letter_to("bob@example.com"))) == {"Story 5"}
        assert set(titles(server.letter_to("cid@example.com"))) == {"Story 5"}

    # The third: the feed has nothing new, so there is no campaign at all.
    clock.move(days=1)
    await digest.go()
    runs = (await cast.owner.get(f"{digest.path}/runs")).json()
    assert [one["state"] for one in runs] == ["nothing_new", "launched", "launched"]
    assert runs[0]["campaign_id"] is None
    report = (await cast.colleague.get(f"{digest.path}/report")).json()
    assert (report["counts"]["sent"], report["total"]["items"]) == (5, 4)
    assert {one["reason"] for one in report["skips"]} == {"nothing_new", "no_consent"}
    while await carry_facts(rt):
        pass
    series = (await cast.colleague.get(f"{digest.path}/series/report")).json()
    [everybody] = series["arms"]
    # Five letters to three readers.
    assert (series["messages"], everybody["assigned"], everybody["sent"]) == (5, 3, 3)
    first_day = {"since": "2026-06-15", "until": "2026-06-15"}
    one_run = (await cast.colleague.get(f"{digest.path}/series/report", params=first_day)).json()
    assert (one_run["messages"], one_run["arms"][0]["assigned"]) == (2, 2)
    readers = f"{digest.path}/series/report/people?figure=delivered"
    assert (await cast.colleague.get(readers)).json()["total"] == 3
    assert (await cast.stranger.get(readers)).status_code == 404


async def test_a_scheduler_killed_anywhere_makes_one_run_and_one_campaign(
    rt: Runtime, cast: Cast, clock: Clock, digest: Digest
) -> None:
    digest.site.body = rss(article(1, "Servers", clock.now))
    await digest.set_up()
    await cast.owner.put(f"{digest.path}/start")
    clock.move(hours=4)
    await start_regular_runs(rt)
    await start_regular_runs(rt)
    [run] = await digest.runs()
    async with rt.db.begin() as tx:
        assert await make_campaign(
            tx, workspace_id=digest.workspace.id, run_id=run.run_id, now=clock.now
        )
    # Here the process dies: the campaign is made and not launched. Ten minutes later …
    clock.move(minutes=11)
    await start_regular_runs(rt)
    for _ in range(2):
        await make_run(rt, workspace_id=digest.workspace.id, run_id=run.run_id)
    [run] = await digest.runs()
    assert run.state == "launched"
    async with MailServer() as server:
        await run_start(rt, digest.workspace, str(run.campaign_id))
        await deliver(rt, server)
        assert dict(server.copies()) == {"ann@example.com": 1}
    found = (await cast.owner.get("/api/v1/campaigns/")).json()["items"]
    assert [one["name"] for one in found] == ["Digest — 15\xa0June 2026"]

    # Whoever was kept out as the control group has heard it like the others; who was skipped not.
    for state, last in (("control", 0), ("skipped", NEVER)):
        async with rt.db.begin() as tx:
            await tx.execute(
                sa.text("UPDATE messages SET state = :state WHERE profile_id = :ann"),
                {"state": state, "ann": digest.people["ann"]},
            )
            heard = await heard_of(
                tx,
                workspace_id=digest.workspace.id,
                source_kind="campaign",
                source_ids=[run.campaign_id],
                profile_ids=np.array([digest.people["ann"]]),
            )
        assert heard.last.tolist() == [last]

    # A moment that was left out, one that the program slept through, and one that comes late.
    digest.site.body = rss(article(2, "Servers", clock.now))
    await digest.fetch()
    assert (await cast.owner.put(f"{digest.path}/skip")).json()["next_skipped"]
    clock.move(days=2, hours=4)
    await digest.go()
    assert [one.state for one in (await digest.runs())[1:]] == ["skipped", "launched"]
    clock.move(days=1, hours=3)
    await digest.go()
    assert (await digest.runs())[-1].state == "missed"
    seen = (await cast.owner.get(digest.path)).json()
    assert (seen["last_run"]["state"], seen["next_at"]) == ("missed", "2026-06-19T15:00:00Z")
    home = (await cast.owner.get("/api/v1/home")).json()
    assert "regular_missed" in {one["kind"] for one in home["attention"]}


async def test_an_approval_holds_for_every_run_until_the_letter_changes(
    rt: Runtime, cast: Cast, clock: Clock, digest: Digest
) -> None:
    digest.site.body = rss(article(1, "Servers", clock.now))
    await digest.set_up()
    await put(cast.owner, 0, approval_required=True)
    blocked = await cast.owner.put(f"{digest.path}/start")
    assert (blocked.status_code, blocked.json()["code"]) == (422, "regular_blocked")
    await cast.marketer.put(f"{digest.path}/approval", json={"note": "Every day"})
    own = await cast.marketer.put(f"{digest.path}/approval/decision", json={"approve": True})
    assert own.json()["code"] == "own_approval"
    key = (await cast.owner.post("/api/v1/keys", json={"name": "Shop", "kind": "secret"})).json()
    by_key = await cast.nobody.put(
        f"{digest.path}/approval/decision",
        json={"approve": True},
        headers={"authorization": f"Bearer {key['secret']}"},
    )
    assert by_key.json()["code"] == "approval_by_program"
    said = await cast.owner.put(f"{digest.path}/approval/decision", json={"approve": True})
    assert said.json()["approved"]
    plan = {"every": "day", "time": "19:00"}
    changed = (await cast.marketer.patch(digest.path, json={"plan": plan})).json()
    assert changed["approved"]
    assert (await cast.marketer.put(f"{digest.path}/start")).json()["state"] == "active"
    clock.move(hours=5)
    await digest.go()
    assert [one.state for one in await digest.runs()] == ["launched"]

    letter = f"/api/v1/letters/{changed['letter_id']}"
    await cast.marketer.patch(letter, json={"subject": "Other news"})
    assert not (await cast.owner.get(digest.path)).json()["approved"]
    digest.site.body = rss(article(2, "Servers", clock.now))
    clock.move(days=1)
    await digest.go()
    run = (await cast.owner.get(f"{digest.path}/runs")).json()[0]
    assert run["state"] == "failed"
    assert "approv" in run["problem"]
    in_use = await cast.owner.delete(letter)
    assert in_use.status_code == 409
    feed = await cast.owner.delete(f"/api/v1/content-feeds/{digest.feed_id}")
    assert feed.json()["code"] == "content_feed_in_use"


async def test_an_ordinary_mailing_shows_each_reader_the_newest_of_his_topics(
    rt: Runtime, cast: Cast, clock: Clock, digest: Digest
) -> None:
    digest.site.body = rss(article(1, "Servers", clock.now), article(2, "DNS", clock.now))
    await digest.set_up()
    mailing = (await cast.owner.get(digest.path)).json()
    ids = list(digest.people.values())
    await grant(rt, digest.workspace, ids, topic_id=digest.topics["News"].id)
    await grant(
        rt,
        digest.workspace,
        [digest.people["bob"]],
        topic_id=digest.topics["Servers"].id,
        action=Action.WITHDRAWN,
    )
    names = ("audience", "topic_id", "sender_id")
    body = {"name": "Sale", **{name: mailing[name] for name in names}}
    body["variants"] = [{"key": "A", "name": "", "letter_id": mailing["letter_id"], "share": 100}]
    made = (await cast.owner.post("/api/v1/campaigns/", json=body)).json()
    await cast.owner.put(f"/api/v1/campaigns/{made['id']}/launch", json={"confirm_count": 4})
    await run_start(rt, digest.workspace, made["id"])
    async with MailServer() as server:
        await deliver(rt, server)
        assert set(titles(server.letter_to("ann@example.com"))) == {"Story 1", "Story 2"}
        assert set(titles(server.letter_to("bob@example.com"))) == {"Story 2"}
