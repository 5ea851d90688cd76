"""Approval by a second person, and the calendar, through the API."""

from __future__ import annotations

from otklik.accounts.public import Workspace
from otklik.profiles.public import set_traits, store_changes
from otklik.runtime.public import Runtime
from tests.campaigns.calls import API, codes, create, launch, run_start
from tests.campaigns.conftest import Shop
from tests.campaigns.test_sending_policy_http import put
from tests.conftest import Cast


async def test_a_second_person_approves_before_the_launch(cast: Cast, shop: Shop) -> None:
    await put(cast.owner, 0, approval_required=True)
    made = await create(cast.marketer, shop.draft())
    path = f"{API}/{made['id']}"
    blocked = await launch(cast.marketer, made["id"], 20)
    assert blocked.json()["code"] == "launch_blocked"
    asked = await cast.marketer.put(f"{path}/approval", json={"note": "For Monday"})
    assert asked.json()["approval"]["state"] == "requested"
    home = (await cast.owner.get("/api/v1/home?lang=en")).json()
    assert "approval_asked" in {item["kind"] for item in home["attention"]}
    decision = f"{path}/approval/decision"
    own = await cast.marketer.put(decision, json={"approve": True})
    assert (own.status_code, own.json()["code"]) == (403, "own_approval")
    for client, status in ((cast.colleague, 403), (cast.stranger, 404), (cast.nobody, 401)):
        assert (await client.put(decision, json={"approve": True})).status_code == status
    rejected = await cast.owner.put(decision, json={"approve": False, "note": "The price"})
    assert rejected.json()["approval"]["decided_note"] == "The price"
    assert (await launch(cast.marketer, made["id"], 20)).status_code == 422
    # What was answered can't be answered again; a change needs a new request.
    assert (await cast.owner.put(decision, json={"approve": True})).status_code == 409
    await cast.marketer.put(f"{path}/approval", json={})
    await cast.marketer.patch(path, json={"name": "Autumn"})
    late = await cast.owner.put(decision, json={"approve": True})
    assert late.json()["code"] == "approval_outdated"
    await cast.marketer.put(f"{path}/approval", json={})
    approved = await cast.owner.put(decision, json={"approve": True})
    assert approved.json()["approval"]["state"] == "approved"
    codes = [line["code"] for line in (await cast.owner.get(f"{path}/checks")).json()]
    assert "approved" in codes
    launched = await launch(cast.marketer, made["id"], 20)
    assert launched.json()["state"] == "preparing"
    log = (await cast.owner.get("/api/v1/audit")).json()["items"]
    assert [one["action"] for one in log[:3]] == ["launched", "approved", "approval_asked"]


async def test_an_approval_holds_for_the_letters_that_were_seen_and_is_given_by_a_person(
    cast: Cast, shop: Shop
) -> None:
    await put(cast.owner, 0, approval_required=True)
    made = await create(cast.marketer, shop.draft())
    path = f"{API}/{made['id']}"
    letter = f"/api/v1/letters/{shop.letter_id}"
    secret = (
        await cast.owner.post("/api/v1/keys", json={"name": "Shop", "kind": "secret"})
    ).json()["secret"]
    await cast.marketer.put(f"{path}/approval", json={})
    by_key = await cast.nobody.put(
        f"{path}/approval/decision",
        json={"approve": True},
        headers={"authorization": f"Bearer {secret}"},
    )
    assert (by_key.status_code, by_key.json()["code"]) == (403, "approval_by_program")
    # Changed between the question and the answer, then between the answer and the launch.
    await cast.marketer.patch(letter, json={"subject": "Sale today"})
    late = await cast.owner.put(f"{path}/approval/decision", json={"approve": True})
    assert (late.status_code, late.json()["code"]) == (409, "approval_outdated")
    await cast.marketer.put(f"{path}/approval", json={})
    approved = await cast.owner.put(f"{path}/approval/decision", json={"approve": True})
    assert approved.status_code == 200
    await cast.marketer.patch(letter, json={"name": "Only its name"})
    assert "approved" in codes((await cast.owner.get(f"{path}/checks")).json(), "ok")
    await cast.marketer.patch(letter, json={"subject": "Another offer"})
    blocks = codes((await cast.owner.get(f"{path}/checks")).json(), "block")
    assert blocks == {"approved_before_a_change"}
    refused = await launch(cast.marketer, made["id"], 20)
    assert (refused.status_code, refused.json()["code"]) == (422, "launch_blocked")


async def test_an_approval_is_taken_back(cast: Cast, shop: Shop) -> None:
    await put(cast.owner, 0, approval_required=True)
    made = await create(cast.owner, shop.draft())
    path = f"{API}/{made['id']}/approval"
    await cast.owner.put(path, json={})
    await cast.marketer.put(f"{path}/decision", json={"approve": True})
    assert (await cast.owner.delete(path)).json()["approval"] is None
    assert (await launch(cast.owner, made["id"], 20)).json()["code"] == "launch_blocked"


async def test_the_calendar_shows_what_went_and_what_is_planned(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    went = await create(cast.owner, shop.draft(name="Went"))
    await launch(cast.owner, went["id"], 20)
    await run_start(rt, workspace, went["id"])
    at = {"kind": "at", "at": "2026-06-20T07:00:00Z"}
    planned = await create(cast.owner, shop.draft(name="Planned", schedule=at))
    assert (await launch(cast.owner, planned["id"], 20)).json()["state"] == "scheduled"
    own = {"kind": "own", "own_time": "2026-06-18T10:00"}
    await create(cast.owner, shop.draft(name="Own", schedule=own))
    await create(cast.owner, shop.draft(name="No time"))
    await create(
        cast.owner, shop.draft(name="Later", schedule={"kind": "at", "at": "2026-07-02T07:00:00Z"})
    )
    span = {"since": "2026-06-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}
    found = (await cast.colleague.get(f"{API}/calendar", params=span)).json()
    assert [(one["name"], one["state"], one["at"]) for one in found] == [
        ("Went", "running", "2026-06-15T12:00:00Z"),
        ("Own", "draft", "2026-06-18T07:00:00Z"),
        ("Planned", "scheduled", "2026-06-20T07:00:00Z"),
    ]
    assert (await cast.stranger.get(f"{API}/calendar", params=span)).json() == []
    wide = {**span, "until": "2026-12-01T00:00:00Z"}
    refused = await cast.owner.get(f"{API}/calendar", params=wide)
    assert refused.json()["code"] == "bad_calendar_span"
    no_zone = {"since": "2026-06-01T00:00:00", "until": "2026-07-01T00:00:00Z"}
    assert (await cast.owner.get(f"{API}/calendar", params=no_zone)).json() == found
    last = {"since": "9999-12-31T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    assert (await cast.owner.get(f"{API}/calendar", params=last)).json() == []


async def test_a_launch_by_own_clocks_is_ordered_before_the_first_of_them(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    schedule = {"kind": "own", "own_time": "2026-06-17T10:00"}
    made = await create(cast.owner, shop.draft(schedule=schedule))
    path = f"{API}/{made['id']}"
    launched = await launch(cast.owner, made["id"], 20)
    assert launched.json()["state"] == "scheduled"

    async def codes(**schedule: object) -> set[str]:
        draft = await create(cast.owner, shop.draft(**schedule))
        found = (await cast.owner.get(f"{API}/{draft['id']}/checks")).json()
        return {line["code"] for line in found if line["section"] == "schedule"}

    assert await codes(schedule={"kind": "own", "own_time": "2026-06-15T15:00"}) == {
        "schedule_past"
    }
    # Nobody here lives so far to the east that 20:00 is over.
    evening = {"kind": "own", "own_time": "2026-06-15T20:00"}
    assert await codes(schedule=evening) == set()
    async with rt.db.begin() as tx:
        for person in shop.people[:3]:
            await set_traits(
                tx,
                workspace_id=workspace.id,
                profile_id=person,
                traits={"timezone": "Asia/Vladivostok"},
                now=rt.clock(),
            )
    while await store_changes(rt):
        pass
    assert await codes(schedule=evening) == {"own_time_passed"}
    late = await create(cast.owner, shop.draft(schedule=evening))
    own = (await cast.owner.get(f"{API}/{late['id']}/audience")).json()["own"]
    assert own == {
        "first_at": "2026-06-15T10:00:00Z",
        "last_at": "2026-06-15T17:00:00Z",
        "late": 3,
    }
    assert await codes(schedule={"kind": "own", "own_time": "2026-02-31T10:00"}) == {
        "schedule_without_time"
    }
    spread = {"kind": "now", "spread_hours": 4}
    assert await codes(schedule=spread) == set()
    assert "spread_with_another" in await codes(schedule=spread, first={"people": 2})
    assert await codes(schedule=spread, until="2026-06-15T14:00:00Z") == {"spread_past_until"}
    assert (await cast.owner.put(f"{path}/finish")).json()["state"] == "cancelled"
