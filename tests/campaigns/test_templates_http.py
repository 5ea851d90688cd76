"""Templates of mailings through the API: kept, listed, renamed, used, and who may do what."""

from __future__ import annotations

from tests.campaigns.calls import API, create
from tests.campaigns.conftest import Shop
from tests.conftest import Cast

TEMPLATES = "/api/v1/campaign-templates"


async def test_a_template_keeps_everything_but_the_moment(cast: Cast, shop: Shop) -> None:
    made = await create(
        cast.owner,
        shop.draft(
            schedule={"kind": "at", "at": "2026-06-20T07:00:00Z", "spread_hours": 3},
            until="2026-06-21T07:00:00Z",
            control_share=10,
            goal={"event": "Order placed", "window_hours": 24},
            service=True,
        ),
    )
    body = {"campaign_id": made["id"], "name": "Monthly", "description": "News of the month"}
    saved = await cast.marketer.post(TEMPLATES, json=body)
    assert saved.status_code == 201, saved.text
    path = f"{TEMPLATES}/{saved.json()['id']}"
    # The mailing it was made from may change and go: the template stays as it was.
    await cast.owner.patch(f"{API}/{made['id']}", json={"control_share": 50})
    draft = (await cast.owner.post(f"{path}/campaigns", json={"name": "June"})).json()
    assert (draft["name"], draft["state"], draft["version"]) == ("June", "draft", 1)
    for field in ("audience", "variants", "goal", "sender_id", "priority", "service"):
        assert draft[field] == made[field], field
    assert (draft["control_share"], draft["until"]) == (10, None)
    assert draft["schedule"] == {"kind": "at", "at": None, "own_time": None, "spread_hours": 3}
    # Who may not make service messages makes an ordinary one.
    ordinary = (await cast.marketer.post(f"{path}/campaigns", json={})).json()
    assert (ordinary["name"], ordinary["service"]) == ("Monthly", False)


async def test_templates_are_listed_renamed_and_removed(cast: Cast, shop: Shop) -> None:
    made = await create(cast.owner, shop.draft())
    for name in ("b", "A"):
        await cast.owner.post(TEMPLATES, json={"campaign_id": made["id"], "name": name})
    first, second = (await cast.colleague.get(TEMPLATES)).json()
    assert [first["name"], second["name"]] == ["A", "b"]
    path = f"{TEMPLATES}/{first['id']}"
    renamed = await cast.owner.patch(path, json={"name": "C", "description": "For the shop"})
    assert (renamed.json()["name"], renamed.json()["description"]) == ("C", "For the shop")
    other = await create(cast.owner, shop.draft(control_share=25))
    await cast.owner.patch(path, json={"campaign_id": other["id"]})
    assert (await cast.owner.get(path)).json()["control_share"] == 25
    assert (await cast.colleague.patch(path, json={"name": "D"})).status_code == 403
    assert (await cast.colleague.post(f"{path}/campaigns", json={})).status_code == 403
    assert (await cast.stranger.get(TEMPLATES)).json() == []
    body = {"campaign_id": made["id"], "name": "Mine"}
    for answer in (
        await cast.stranger.patch(path, json={"name": "D"}),
        await cast.stranger.post(f"{path}/campaigns", json={}),
        await cast.stranger.post(TEMPLATES, json=body),
        await cast.stranger.delete(path),
    ):
        assert answer.status_code == 404
    assert (await cast.owner.delete(path)).status_code == 204
    assert [one["name"] for one in (await cast.owner.get(TEMPLATES)).json()] == ["b"]
