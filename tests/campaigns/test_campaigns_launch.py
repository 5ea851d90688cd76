"""Campaigns through the API, from the launch to the end."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import pytest

from otklik.accounts.public import Workspace
from otklik.campaigns.jobs import start_campaign
from otklik.campaigns.queries import campaign_report_spec, campaigns_using_each, failed_launches
from otklik.campaigns.tables import campaigns
from otklik.runtime.public import Runtime
from tests.campaigns.calls import API, codes, create, deliver, launch, run_start
from tests.campaigns.conftest import Shop
from tests.conftest import Cast, Clock
from tests.delivery.support import MailServer, fates


async def test_it_goes_from_launch_to_finish(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    other = await shop.letter("Other {{ last_order.number }}")
    await cast.owner.patch(f"/api/v1/letters/{other}", json={"amp": "<p>An AMP part</p>"})
    made = await create(
        cast.owner,
        shop.draft(
            variants=[
                {"key": "A", "letter_id": str(shop.letter_id), "share": 50},
                {"key": "B", "letter_id": str(other), "share": 50},
            ],
            control_share=25,
        ),
    )
    campaign_id = made["id"]
    launched = await launch(cast.owner, campaign_id, 20)
    assert launched.status_code == 200, launched.text
    assert launched.json()["state"] == "preparing"
    again = await launch(cast.owner, campaign_id, 20)
    assert again.status_code == 409
    # A change of the letter after the launch does not change the mailing.
    changed = await cast.owner.patch(
        f"/api/v1/letters/{shop.letter_id}", json={"subject": "Changed"}
    )
    assert changed.status_code == 200
    await run_start(rt, workspace, campaign_id)
    running = (await cast.owner.get(f"{API}/{campaign_id}")).json()
    assert running["state"] == "running"
    # A further target action may be named later; the main one stays as it was launched.
    further = [{"event": "Channel Connected", "window_hours": 24}]
    more = await cast.owner.patch(f"{API}/{campaign_id}", json={"more_goals": further})
    assert more.json()["more_goals"][0]["event"] == "Channel Connected"
    main = await cast.owner.patch(f"{API}/{campaign_id}", json={"goal": further[0]})
    assert main.status_code == 409
    async with MailServer() as server:
        await deliver(rt, server)
    done = (await cast.owner.get(f"{API}/{campaign_id}")).json()
    assert done["state"] == "finished"
    assert done["finished_at"]
    counts = done["counts"]
    assert counts["sent"] + counts["control"] == counts["total"] == 20
    assert len(server.taken) == counts["sent"]
    assert not any(b"Changed" in data for _, data in server.taken)
    with_amp = [b"text/x-amp-html" in data for _, data in server.taken]
    assert with_amp == [b"Subject: Other" in data for _, data in server.taken]
    assert any(with_amp)
    progress = (await cast.colleague.get(f"{API}/{campaign_id}/progress")).json()
    assert (progress["state"], progress["pending"]) == ("finished", 0)
    people = (
        await cast.colleague.get(f"{API}/{campaign_id}/recipients?state=control&limit=200")
    ).json()
    assert len(people["items"]) == counts["control"]
    async with rt.db.begin() as tx:
        spec = await campaign_report_spec(
            tx, workspace_id=workspace.id, campaign_id=UUID(campaign_id), lang="en"
        )
        used = await campaigns_using_each(
            tx, workspace_id=workspace.id, letter_ids=[other], segment_ids=[shop.everybody]
        )
    assert [goal.event for goal in spec.goals][-1] == "Channel Connected"
    assert [(arm.key, arm.share) for arm in spec.arms] == [
        ("A", 3750),
        ("B", 3750),
        ("control", 2500),
    ]
    assert {one: [(use.name, use.state) for use in uses] for one, uses in used.items()} == {
        other: [("Summer", "finished")],
        shop.everybody: [("Summer", "finished")],
    }


async def test_it_asks_again_when_the_audience_moved(cast: Cast, shop: Shop) -> None:
    made = await create(cast.owner, shop.draft())
    answer = await launch(cast.owner, made["id"], 17)
    assert answer.status_code == 409
    assert answer.json()["code"] == "audience_moved"
    assert (await cast.owner.get(f"{API}/{made['id']}")).json()["state"] == "draft"


async def test_it_launches_at_the_scheduled_moment(
    rt: Runtime, clock: Clock, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    past = (clock().replace(hour=1)).isoformat()
    future = (clock().replace(hour=18)).isoformat()
    made = await create(cast.owner, shop.draft(schedule={"kind": "at", "at": past}))
    checks = (await cast.owner.get(f"{API}/{made['id']}/checks")).json()
    assert "schedule_past" in codes(checks, "block")
    await cast.owner.patch(f"{API}/{made['id']}", json={"schedule": {"kind": "at", "at": future}})
    launched = (await launch(cast.owner, made["id"], 20)).json()
    assert (launched["state"], launched["launched_at"]) == ("scheduled", None)
    locked = await cast.owner.patch(f"{API}/{made['id']}", json={"control_share": 10})
    assert locked.status_code == 409
    clock.move(hours=7)
    await run_start(rt, workspace, made["id"])
    assert (await cast.owner.get(f"{API}/{made['id']}")).json()["state"] == "running"


async def test_it_takes_a_scheduled_launch_back(
    rt: Runtime, clock: Clock, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    future = (clock().replace(hour=18)).isoformat()
    made = await create(cast.owner, shop.draft(schedule={"kind": "at", "at": future}))
    await launch(cast.owner, made["id"], 20)
    async with rt.db.begin() as tx:
        row = (await tx.execute(campaigns.select().where(campaigns.c.id == UUID(made["id"])))).one()
    finished = (await cast.owner.put(f"{API}/{made['id']}/finish")).json()
    assert finished["state"] == "cancelled"
    await start_campaign(
        rt,
        workspace_id=workspace.id,
        campaign_id=made["id"],
        launch_id=str(row.launch_id),
    )
    assert (await cast.owner.get(f"{API}/{made['id']}")).json()["state"] == "cancelled"
    assert await fates(rt, UUID(made["id"])) == {}
    assert (await cast.owner.delete(f"{API}/{made['id']}")).status_code == 204


async def test_it_is_a_draft_again_when_the_launch_could_not_begin(
    rt: Runtime,
    workspace: Workspace,
    cast: Cast,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from otklik.segments.public import SegmentNotFound

    made = await create(cast.owner, shop.draft())
    await launch(cast.owner, made["id"], 20)

    async def gone(*_: object, **__: object) -> None:
        raise SegmentNotFound()

    with monkeypatch.context() as patched:
        patched.setattr("otklik.campaigns.audience.members", gone)
        await run_start(rt, workspace, made["id"])
    draft = (await cast.owner.get(f"{API}/{made['id']}")).json()
    assert draft["state"] == "draft"
    for lang, said in (("en", "The segment was not found."), ("ru", "Сегмент не найден.")):
        headers = {"accept-language": lang}
        shown = (await cast.owner.get(f"{API}/{made['id']}", headers=headers)).json()
        listed = (await cast.colleague.get(API, headers=headers)).json()["items"]
        saved = await cast.owner.patch(
            f"{API}/{made['id']}", json={"name": "Again"}, headers=headers
        )
        assert {shown["problem"], listed[0]["problem"], saved.json()["problem"]} == {said}
    async with rt.db.begin() as tx:
        (failed,) = await failed_launches(tx, workspace_id=workspace.id)
        stored = (
            await tx.execute(campaigns.select().where(campaigns.c.id == UUID(made["id"])))
        ).one()
    assert failed.problem.of("ru") == "Сегмент не найден."
    assert (stored.problem, stored.problem_facts) == ("segment_not_found", {})
    assert (await launch(cast.owner, made["id"], 20)).status_code == 200
    await run_start(rt, workspace, made["id"])
    assert (await cast.owner.get(f"{API}/{made['id']}")).json()["state"] == "running"


async def test_it_pauses_goes_on_and_ends_early(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    made = await create(cast.owner, shop.draft())
    path = f"{API}/{made['id']}"
    assert (await cast.owner.put(f"{path}/pause")).status_code == 409
    await launch(cast.owner, made["id"], 20)
    await run_start(rt, workspace, made["id"])
    assert (await cast.owner.put(f"{path}/pause")).json()["state"] == "paused"
    assert (await cast.owner.put(f"{path}/pause")).json()["state"] == "paused"
    async with MailServer() as server:
        await deliver(rt, server)
        assert server.taken == []
        assert (await cast.owner.delete(f"{path}/pause")).json()["state"] == "running"
        assert (await cast.owner.put(f"{path}/finish")).status_code == 200
        await deliver(rt, server)
        assert server.taken == []
    done = (await cast.owner.get(path)).json()
    assert done["state"] == "finished"
    assert Counter((await fates(rt, UUID(made["id"]))).values()) == Counter(
        {("skipped", "campaign_stopped"): 20}
    )
    progress = (await cast.owner.get(f"{path}/progress")).json()
    assert progress["by_reason"] == [
        {"state": "skipped", "reason": "campaign_stopped", "count": 20}
    ]


async def test_it_shows_live_progress_until_the_end(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    made = await create(cast.owner, shop.draft())
    await launch(cast.owner, made["id"], 20)
    await run_start(rt, workspace, made["id"])
    async with MailServer() as server:
        await deliver(rt, server)
    answer = await cast.colleague.get(f"{API}/{made['id']}/progress/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: progress" in answer.text
    assert '"sent":20' in answer.text
