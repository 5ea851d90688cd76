"""The sending policy through the API: who sets it, what a draft takes from it, a person's card."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx

from otklik.accounts.public import Workspace
from otklik.delivery.policy.model import FrequencyLimit, SendingPolicy
from otklik.delivery.policy.operations import Wish, reserve
from otklik.profiles.public import set_traits, store_changes
from otklik.runtime.public import Runtime
from tests.campaigns.calls import API, create
from tests.campaigns.conftest import Shop
from tests.conftest import Cast, Clock

RULES = "/api/v1/sending-policy"


async def put(client: httpx.AsyncClient, version: int, **policy: Any) -> httpx.Response:
    return await client.put(RULES, json={"policy": policy, "version": version})


async def test_it_is_set_by_the_owner_and_seen_by_all_of_the_workspace(cast: Cast) -> None:
    empty = (await cast.colleague.get(RULES)).json()
    assert (empty["version"], empty["policy"]["limits"]) == (0, [])
    rules = {
        "limits": [{"count": 3, "per": "week"}],
        "quiet_weekdays": {"from": "22:00", "until": "09:00"},
        "holidays": (await cast.owner.get(f"{RULES}/holidays/russia?lang=ru")).json(),
        "global_control": {"share": 5, "renew_months": 3},
    }
    assert len(rules["holidays"]) == 14
    for client in (cast.marketer, cast.colleague):
        assert (await put(client, 0, **rules)).status_code == 403
    assert (await cast.nobody.get(RULES)).status_code == 401
    saved = await put(cast.owner, 0, **rules)
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 1
    seen = (await cast.colleague.get(RULES)).json()
    assert seen == saved.json()
    assert seen["policy"]["quiet_weekdays"] == {"from": "22:00", "until": "09:00"}
    assert (await cast.stranger.get(RULES)).json()["version"] == 0
    # On top of somebody else's change nothing is saved, and of wrong values the place is named.
    assert (await put(cast.owner, 0)).json()["code"] == "sending_policy_changed"
    wrong = await put(cast.owner, 1, holidays=[{"day": "02-31"}])
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["path"] == "holidays.0.day"
    log = (await cast.owner.get("/api/v1/audit")).json()["items"]
    assert log[0]["object_kind"] == "sending_policy"
    assert set(log[0]["detail"]["fields"]) == {
        "limits",
        "quiet_weekdays",
        "holidays",
        "global_control",
    }


async def test_only_the_owner_marks_a_service_message_and_it_is_written_down(
    cast: Cast, shop: Shop
) -> None:
    refused = await cast.marketer.post(API, json=shop.draft(service=True))
    assert refused.status_code == 403
    made = await create(cast.marketer, shop.draft(priority="high"))
    path = f"{API}/{made['id']}"
    assert (made["priority"], made["service"], made["until"]) == ("high", False, None)
    assert (await cast.marketer.patch(path, json={"service": True})).status_code == 403
    marked = await cast.owner.patch(path, json={"service": True, "until": "2026-07-01T10:00:00Z"})
    assert marked.json()["service"] is True
    # Whoever only changes something else, or takes the mark away, needs no right for it.
    assert (await cast.marketer.patch(path, json={"name": "x", "service": True})).status_code == 200
    copy = (await cast.marketer.post(f"{path}/duplicate")).json()
    assert (copy["service"], copy["priority"]) == (False, "high")
    assert (await cast.marketer.patch(path, json={"service": False})).status_code == 200
    log = (await cast.owner.get("/api/v1/audit")).json()["items"]
    assert [one["action"] for one in log if one["action"].startswith("service")] == [
        "service_off",
        "service_on",
    ]


async def test_the_checks_tell_of_quiet_hours_and_of_the_latest_moment(
    rt: Runtime, clock: Clock, cast: Cast, shop: Shop
) -> None:
    clock.now = datetime(2026, 6, 16, 20, tzinfo=UTC)  # 23:00 in Moscow
    await put(cast.owner, 0, quiet_weekdays={"from": "22:00", "until": "09:00"})
    made = await create(cast.owner, shop.draft())
    path = f"{API}/{made['id']}"

    async def lines() -> dict[str, str]:
        found = (await cast.owner.get(f"{path}/checks?lang=en")).json()
        return {line["code"]: line["message"] for line in found if line["section"] == "schedule"}

    found = await lines()
    assert list(found) == ["quiet_now"]
    assert "17\u00a0June 2026 09:00" in found["quiet_now"]
    await cast.owner.patch(path, json={"until": "2026-06-17T05:00:00Z"})
    assert list(await lines()) == ["quiet_past_until"]
    await cast.owner.patch(path, json={"until": "2026-06-16T19:00:00Z"})
    assert list(await lines()) == ["until_past"]
    await cast.owner.patch(path, json={"until": None, "service": True})
    assert list(await lines()) == ["service"]


async def test_the_forecast_counts_whom_the_limits_leave_out_and_says_when_it_ends(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    await put(cast.owner, 0, limits=[{"count": 1}])
    made = await create(cast.owner, shop.draft(rate_per_s=1))
    path = f"{API}/{made['id']}"
    policy = SendingPolicy(limits=[FrequencyLimit(1)])
    today = date(2026, 6, 15).toordinal()
    async with rt.db.begin() as tx:
        # The last one lives where the day has begun that comes next in Moscow.
        await set_traits(
            tx,
            workspace_id=workspace.id,
            profile_id=shop.people[3],
            traits={"timezone": "Pacific/Kiritimati"},
            now=rt.clock(),
        )
        await reserve(
            tx,
            workspace_id=workspace.id,
            policy=policy,
            mass=True,
            wishes=[
                Wish(9_000_001 + place, one, today) for place, one in enumerate(shop.people[:4])
            ],
        )
    while await store_changes(rt):
        pass

    async def seen() -> tuple[int, set[str], dict[str, Any]]:
        audience = (await cast.owner.get(f"{path}/audience")).json()
        checks = (await cast.owner.get(f"{path}/checks")).json()
        lines = {line["code"] for line in checks if line["section"] == "schedule"}
        return audience["limited"], lines, audience["timing"]

    limited, lines, timing = await seen()
    assert (limited, lines) == (3, {"audience_limited"})
    assert timing["begins_at"] == "2026-06-15T12:00:00Z"
    assert timing["ends_at"] == "2026-06-15T12:00:20Z"
    # Tomorrow everybody may hear again, and a service message is not held back at all.
    tomorrow = {"kind": "at", "at": "2026-06-16T07:00:00Z"}
    await cast.owner.patch(path, json={"schedule": tomorrow})
    assert (await seen())[:2] == (0, set())
    await cast.owner.patch(path, json={"schedule": {"kind": "now"}, "service": True})
    assert (await seen())[0] == 0
    # A time of people's own clocks that is quiet there.
    await put(cast.owner, 1, quiet_weekdays={"from": "22:00", "until": "09:00"})
    own = {"kind": "own", "own_time": "2026-06-17T23:00"}
    await cast.owner.patch(path, json={"schedule": own, "service": False})
    assert (await seen())[1] == {"own_time_quiet"}


async def test_more_variants_than_people_are_told_of(cast: Cast, shop: Shop) -> None:
    few = await shop.segment("Few", shop.people[:5])
    variants = [{"key": key, "letter_id": str(shop.letter_id), "share": 12.5} for key in "ABCDEFGH"]
    draft = shop.draft(variants=variants, audience={"segment_ids": [str(few)]}, control_share=1)
    made = await create(cast.owner, draft)
    checks = (await cast.owner.get(f"{API}/{made['id']}/checks")).json()
    arms = (await cast.owner.get(f"{API}/{made['id']}/audience")).json()["arms"]
    empty = {arm["key"] for arm in arms if not arm["count"]}
    assert len(empty - {"control"}) >= 3
    told = {line["variant"] for line in checks if line["code"] == "variant_empty"}
    assert told == empty - {"control"}
    assert ("control" in empty) == any(line["code"] == "control_empty" for line in checks)


async def test_a_card_says_what_the_policy_means_for_the_person(
    clock: Clock, cast: Cast, shop: Shop
) -> None:
    await put(
        cast.owner,
        0,
        limits=[{"count": 1}],
        quiet_weekdays={"from": "10:00", "until": "20:00"},
        global_control={"share": 20},
    )
    path = f"/api/v1/profiles/{shop.people[0]}/sending"
    seen = (await cast.colleague.get(path)).json()
    assert (seen["mass_free"], seen["timezone"], seen["own_timezone"]) == (
        True,
        "Europe/Moscow",
        False,
    )
    assert seen["quiet_until"] == "2026-06-15T17:00:00Z"
    assert seen["limits"] == [{"limit": {"count": 1, "per": "days", "days": 1}, "used": 0}]
    groups = [
        (await cast.owner.get(f"/api/v1/profiles/{one}/sending")).json()["global_control"]
        for one in shop.people
    ]
    made = await create(cast.owner, shop.draft())
    audience = (await cast.owner.get(f"{API}/{made['id']}/audience")).json()
    skips = {skip["reason"]: skip["count"] for skip in audience["skips"]}
    assert skips.get("global_control", 0) == sum(groups)
    assert audience["remaining"] == 20 - sum(groups)
    assert (await cast.stranger.get(path)).status_code == 404
