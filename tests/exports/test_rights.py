"""Who may let data out where: owners set places up, marketers use them, strangers see nothing."""

from __future__ import annotations

from typing import Any

import pytest

from otklik.accounts.public import Role
from otklik.exports.forwarding.model import MixpanelTarget, WebhookTarget, shown_target
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime
from tests.conftest import Cast, signed_in

from .world import World

URL = "https://hooks.example.org/services/T0/very-secret?key=also-secret"
HOOK = {"name": "Hook", "target": {"kind": "webhook", "url": URL}, "names": ["Bought"]}
STORE = {
    "kind": "s3",
    "endpoint": "https://s3.example.org",
    "bucket": "bucket",
    "access_key": "AKIAEXAMPLE",
}


def schedule(destination_id: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "name": "S",
        "plan": {"subject": "profiles"},
        "rhythm": {"every": "day", "hour": 3},
        "destination_id": destination_id,
        **more,
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x/y?z=1", "https://a.example/••••"),
        ("https://a.example:8443/?z=1", "https://a.example:8443/••••"),
        ("https://user:word@a.example/", "https://a.example"),
        ("https://a.example/#word", "https://a.example/••••"),
        ("https://a.example", "https://a.example"),
    ],
)
def test_only_the_host_of_an_address_is_shown(url: str, shown: str) -> None:
    assert shown_target(WebhookTarget(url), whole=False) == WebhookTarget(shown)
    assert shown_target(WebhookTarget(url), whole=True) == WebhookTarget(url)
    mixpanel = MixpanelTarget(region="eu", project_id="1")
    assert shown_target(mixpanel, whole=False) == mixpanel


async def test_an_owner_sets_up_a_forwarding_and_a_marketer_chooses_what_goes(
    world: World, cast: Cast
) -> None:
    for other in (cast.marketer, cast.colleague):
        assert (await other.post("/api/v1/forwardings", json=HOOK)).status_code == 403
    made = await cast.owner.post("/api/v1/forwardings", json=HOOK)
    assert made.status_code == 201
    assert made.json()["forwarding"]["target"]["url"] == URL
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    one = f"/api/v1/forwardings/{made.json()['forwarding']['id']}"
    for path in (one, "/api/v1/forwardings"):
        whole = await cast.owner.get(path)
        assert secret not in whole.text
        assert URL in whole.text
        for other in (cast.marketer, cast.colleague):
            told = (await other.get(path)).text
            assert "secret" not in told.replace("old_secret_until", "")
            assert "https://hooks.example.org/••••" in told
    choice = {"names": ["Seen", "Bought"], "imported": True}
    assert (await cast.colleague.put(f"{one}/choice", json=choice)).status_code == 403
    chosen = (await cast.marketer.put(f"{one}/choice", json=choice)).json()
    assert (chosen["names"], chosen["imported"]) == (["Seen", "Bought"], True)
    assert "very-secret" not in str(chosen)
    assert (await cast.owner.get(one)).json()["target"]["url"] == URL, "where to has not changed"
    # Whether names and addresses of people leave is the owner's to say.
    more = {**choice, "with_customer": True}
    assert (await cast.marketer.put(f"{one}/choice", json=more)).status_code in {400, 422}
    assert (await cast.marketer.put(one, json=HOOK)).status_code == 403
    assert (await cast.marketer.post(f"{one}/secret")).status_code == 403
    assert (await cast.marketer.delete(one)).status_code == 403
    paused = await cast.marketer.put(f"{one}/state", json={"state": "paused"})
    assert paused.json()["state"] == "paused"
    for call in (
        cast.stranger.get(one),
        cast.stranger.put(one, json=HOOK),
        cast.stranger.put(f"{one}/choice", json=choice),
        cast.stranger.put(f"{one}/state", json={"state": "off"}),
        cast.stranger.post(f"{one}/secret"),
        cast.stranger.post(f"{one}/replay", json={}),
        cast.stranger.get(f"{one}/attempts"),
        cast.stranger.get(f"{one}/dead"),
        cast.stranger.get(f"{one}/dead/{new_id()}"),
        cast.stranger.delete(one),
    ):
        assert (await call).status_code == 404
    assert (await cast.owner.post(f"{one}/secret")).json()["secret"] != secret
    assert (await cast.owner.delete(one)).status_code == 200


async def test_a_marketer_makes_changes_and_stops_schedules_to_what_an_owner_has_set_up(
    rt: Runtime, app: object, world: World, cast: Cast
) -> None:
    place = {"name": "Warehouse", "place": STORE, "secret": "very secret"}
    path = "/api/v1/exports/destinations"
    for other in (cast.marketer, cast.colleague):
        assert (await other.post(path, json=place)).status_code == 403
        assert (await other.post(f"{path}/trial", json={"place": STORE})).status_code == 403
    made = await cast.owner.post(path, json=place)
    assert made.status_code == 201
    assert "very secret" not in made.text
    destination = made.json()["id"]
    seen = await cast.marketer.get(path)
    assert [one["name"] for one in seen.json()] == ["Warehouse"]
    assert "AKIAEXAMPLE" not in seen.text
    assert (await cast.stranger.get(path)).json() == []
    for call in (
        cast.stranger.put(f"{path}/{destination}", json=place),
        cast.stranger.delete(f"{path}/{destination}"),
        cast.stranger.post("/api/v1/exports/schedules", json=schedule(destination)),
    ):
        assert (await call).status_code == 404

    path = "/api/v1/exports/schedules"
    assert (await cast.colleague.post(path, json=schedule(destination))).status_code == 403
    async with await signed_in(rt, app, world.workspace_id, Role.OPERATOR) as operator:
        assert (await operator.post(path, json=schedule())).status_code == 403
    kept = await cast.marketer.post(path, json=schedule(destination))
    assert kept.status_code == 201
    assert kept.json()["destination_name"] == "Warehouse"
    assert "AKIAEXAMPLE" not in kept.text
    one = f"{path}/{kept.json()['id']}"
    stopped = await cast.marketer.put(one, json=schedule(destination, enabled=False))
    assert stopped.json()["enabled"] is False
    listed = await cast.marketer.put(one, json=schedule(None))
    assert listed.json()["destination"] == {"kind": "download"}
    assert (await cast.marketer.put(one, json=schedule(destination))).status_code == 200
    assert (await cast.marketer.put(one, json=schedule(str(new_id())))).status_code == 404
    run = await cast.marketer.post(f"{one}/run")
    assert run.json()["destination"]["access_key"] == "••••"
    for call in (
        cast.stranger.put(one, json=schedule()),
        cast.stranger.delete(one),
        cast.stranger.post(f"{one}/run"),
    ):
        assert (await call).status_code == 404
    busy = await cast.owner.delete(f"/api/v1/exports/destinations/{destination}")
    assert (busy.status_code, busy.json()["code"]) == (409, "export_destination_in_use")
    assert (await cast.marketer.delete(one)).status_code == 200
    for other, status in ((cast.marketer, 403), (cast.owner, 200)):
        answer = await other.delete(f"/api/v1/exports/destinations/{destination}")
        assert answer.status_code == status


async def test_a_segment_that_leaves_regularly_can_not_be_deleted(world: World, cast: Cast) -> None:
    made = await cast.owner.post(
        "/api/v1/segments", json={"name": "All", "kind": "static", "profile_ids": []}
    )
    segment = f"/api/v1/segments/{made.json()['id']}"
    chosen = {"segment_id": made.json()["id"], "left": False}
    plan = {"subject": "profiles", "segment_id": made.json()["id"]}
    kept = await cast.owner.post("/api/v1/exports/schedules", json=schedule(plan=plan))
    hook = {**HOOK, "names": [], "segments": [chosen]}
    told = (await cast.owner.post("/api/v1/forwardings", json=hook)).json()["forwarding"]
    assert told["segments"] == [{**chosen, "name": "All", "entered": True}]
    uses = (await cast.owner.get(segment)).json()["used_by"]
    assert [(use["kind"], use["name"]) for use in uses] == [
        ("forwarding", "Hook"),
        ("schedule", "S"),
    ]
    refused = await cast.owner.delete(segment)
    assert (refused.status_code, refused.json()["code"]) == (409, "segment_in_use")
    foreign = await cast.stranger.post("/api/v1/forwardings", json=hook)
    assert foreign.status_code == 404, "nobody learns of another workspace's segment"
    await cast.owner.delete(f"/api/v1/exports/schedules/{kept.json()['id']}")
    await cast.owner.delete(f"/api/v1/forwardings/{told['id']}")
    assert (await cast.owner.delete(segment)).status_code == 204


@pytest.mark.parametrize(
    "segments",
    [
        [],
        [{"segment_id": "00000000-0000-7000-8000-000000000001", "entered": False, "left": False}],
        [{"segment_id": "00000000-0000-7000-8000-000000000001"}] * 2,
    ],
)
async def test_a_forwarding_of_nothing_is_refused(cast: Cast, segments: list[Any]) -> None:
    hook = {**HOOK, "names": [], "segments": segments}
    answer = await cast.owner.post("/api/v1/forwardings", json=hook)
    assert (answer.status_code, answer.json()["code"]) == (422, "forwarding_invalid")
