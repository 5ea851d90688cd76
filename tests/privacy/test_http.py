"""Privacy over HTTP: who may, what is answered, what a stranger sees."""

from __future__ import annotations

from datetime import datetime

import pytest

from otklik.accounts.public import Workspace
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.privacy.conftest import make_profiles

API = "/api/v1"


@pytest.fixture
async def person(rt: Runtime, workspace: Workspace, now: datetime) -> int:
    async with rt.db.begin() as tx:
        return (await make_profiles(tx, workspace.id, now, 1))[0]


async def test_topics_are_made_renamed_and_archived(cast: Cast) -> None:
    path = f"{API}/topics"
    made = await cast.marketer.post(path, json={"name": "News", "description": "Weekly"})
    assert made.status_code == 201
    topic = made.json()
    again = await cast.marketer.post(path, json={"name": "News"})
    assert (again.status_code, again.json()["code"]) == (409, "topic_exists")
    child = await cast.marketer.post(path, json={"name": "Digest", "parent_id": topic["id"]})
    nested = await cast.marketer.post(path, json={"name": "Deep", "parent_id": child.json()["id"]})
    assert nested.json()["code"] == "topic_nested_too_deep"
    changed = await cast.marketer.patch(
        f"{path}/{topic['id']}", json={"name": "Product news", "archived": True}
    )
    assert (changed.json()["name"], changed.json()["archived"]) == ("Product news", True)
    listed = (await cast.colleague.get(path, params={"archived": "false"})).json()
    assert [one["name"] for one in listed] == ["Digest"]
    assert (await cast.stranger.get(path)).json() == []
    stolen = await cast.stranger.patch(f"{path}/{topic['id']}", json={"name": "Mine"})
    assert stolen.status_code == 404
    assert (await cast.colleague.post(path, json={"name": "X"})).status_code == 403


async def test_a_consent_is_written_down_and_read(cast: Cast, person: int) -> None:
    path = f"{API}/profiles/{person}"
    for action in ("granted", "withdrawn"):
        written = await cast.marketer.post(
            f"{path}/consents", json={"channel": "email", "action": action, "topic_id": None}
        )
        assert written.status_code == 201
    lines = (await cast.colleague.get(f"{path}/consents")).json()["items"]
    assert [(one["action"], one["source"]) for one in lines] == [
        ("withdrawn", "operator"),
        ("granted", "operator"),
    ]
    (state,) = (await cast.colleague.get(f"{path}/consent-states")).json()
    assert (state["channel"], state["topic_id"], state["state"]) == ("email", None, "withdrawn")
    past = await cast.colleague.get(f"{path}/consent-states", params={"at": "2020-01-01T00:00:00Z"})
    assert past.json() == []
    wrong = await cast.marketer.post(
        f"{path}/consents", json={"channel": "pigeon", "action": "granted"}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_channel")
    for client in (cast.stranger, cast.nobody):
        assert (await client.get(f"{path}/consents")).status_code in {401, 404}
    body = {"channel": "email", "action": "granted"}
    assert (await cast.stranger.post(f"{path}/consents", json=body)).status_code == 404
    assert (await cast.colleague.post(f"{path}/consents", json=body)).status_code == 403


async def test_the_stop_list_is_kept_with_an_audit(cast: Cast) -> None:
    path = f"{API}/suppressions"
    body = {"channel": "email", "address": "anna@shop.example"}
    assert (await cast.marketer.post(path, json=body)).status_code == 201
    (found,) = (await cast.colleague.get(path, params={"address": "Anna@shop.example"})).json()[
        "items"
    ]
    assert (found["reason"], found["hint"]) == ("manual", "a•••@shop.example")
    assert (await cast.stranger.get(path)).json()["items"] == []
    assert (await cast.marketer.delete(f"{path}/{found['id']}")).status_code == 403
    assert (await cast.stranger.delete(f"{path}/{found['id']}")).status_code == 404
    assert (await cast.owner.delete(f"{path}/{found['id']}")).status_code == 200
    gone = await cast.owner.delete(f"{path}/{found['id']}")
    assert gone.json()["code"] == "suppression_not_found"


async def test_texts_have_versions_and_the_policy_is_the_owners(cast: Cast) -> None:
    body = {"name": "Letters", "lang": "en", "text": "I agree"}
    first = await cast.owner.post(f"{API}/consent-texts", json=body)
    second = await cast.owner.post(f"{API}/consent-texts", json={**body, "text": "I do agree"})
    assert [first.json()["version"], second.json()["version"]] == [1, 2]
    assert len((await cast.colleague.get(f"{API}/consent-texts")).json()) == 2
    path = f"{API}/consent-policy"
    assert (await cast.colleague.get(path)).json() == {"email_needs_consent": True}
    change = {"email_needs_consent": False}
    assert (await cast.marketer.patch(path, json=change)).status_code == 403
    assert (await cast.owner.patch(path, json=change)).json() == change
