"""Profiles over HTTP: who may, what is answered, what a stranger sees."""

from __future__ import annotations

from datetime import datetime

import pytest

from otklik.accounts.public import Workspace
from otklik.profiles.public import resolve_identities
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.profiles.conftest import said

API = "/api/v1"


@pytest.fixture
async def ids(rt: Runtime, workspace: Workspace, now: datetime) -> list[int]:
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                said(now, user_id="u1", email="a@b.ru", traits={"name": "Анна"}),
                said(now, user_id="u2", traits={"city": "Псков"}),
            ],
            now=now,
        )
    return found.profile_ids


async def test_the_list_and_the_card_are_shown(cast: Cast, ids: list[int]) -> None:
    page = (await cast.colleague.get(f"{API}/profiles", params={"search": "анна"})).json()
    assert [(item["id"], item["name"], item["known"]) for item in page["items"]] == [
        (ids[0], "Анна", True)
    ]
    card = (await cast.colleague.get(f"{API}/profiles/{ids[0]}")).json()
    assert card["traits"] == {"email": "a@b.ru", "name": "Анна"}
    assert {one["kind"] for one in card["identifiers"]} == {"user_id", "email"}
    assert (card["consents"], card["segments"], card["orders"]["count"]) == ([], [], 0)


async def test_an_edit_changes_traits_and_is_refused_whole(cast: Cast, ids: list[int]) -> None:
    path = f"{API}/profiles/{ids[0]}"
    changed = await cast.marketer.patch(path, json={"traits": {"name": None, "city": "Омск"}})
    assert changed.json()["traits"] == {"city": "Омск", "email": "a@b.ru"}
    refused = await cast.marketer.patch(path, json={"traits": {"city": "Тверь", "x" * 300: 1}})
    assert refused.status_code == 422
    assert refused.json()["code"] == "bad_traits"
    assert refused.json()["errors"][0]["code"] == "bad_trait_name"
    assert (await cast.owner.get(path)).json()["traits"]["city"] == "Омск"


async def test_a_merge_is_made_shown_and_undone(cast: Cast, ids: list[int]) -> None:
    path = f"{API}/profiles/{ids[0]}/merges"
    made = await cast.marketer.post(path, json={"from_id": ids[1]})
    assert made.status_code == 201
    assert (made.json()["from_id"], made.json()["into_id"]) == (ids[1], ids[0])
    card = (await cast.owner.get(f"{API}/profiles/{ids[1]}")).json()
    assert card["id"] == ids[0]
    assert [one["from_id"] for one in card["merged_from"]] == [ids[1]]
    again = await cast.marketer.post(path, json={"from_id": ids[1]})
    assert (again.status_code, again.json()["code"]) == (409, "unable_to_merge")
    undone = await cast.marketer.delete(f"{path}/{made.json()['id']}")
    assert undone.status_code == 200
    assert (await cast.owner.get(f"{API}/profiles/{ids[1]}")).json()["id"] == ids[1]
    (logged,) = (await cast.colleague.get(path)).json()
    assert logged["undone_at"] is not None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/profiles/{id}", None),
        ("PATCH", "/profiles/{id}", {"traits": {"a": 1}}),
        ("GET", "/profiles/{id}/merges", None),
        ("POST", "/profiles/{id}/merges", {"from_id": 1}),
    ],
)
async def test_a_stranger_sees_nothing(
    method: str, path: str, body: object, cast: Cast, ids: list[int]
) -> None:
    answer = await cast.stranger.request(method, API + path.format(id=ids[0]), json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "profile_not_found")
    assert (await cast.stranger.get(f"{API}/profiles")).json()["items"] == []


async def test_one_who_may_only_look_changes_nothing(cast: Cast, ids: list[int]) -> None:
    path = f"{API}/profiles/{ids[0]}"
    assert (await cast.colleague.patch(path, json={"traits": {}})).status_code == 403
    answer = await cast.colleague.post(f"{path}/merges", json={"from_id": ids[1]})
    assert answer.status_code == 403
    assert (await cast.nobody.get(path)).status_code == 401
    assert (await cast.marketer.patch(f"{API}/identity-rules", json={})).status_code == 403


async def test_rules_of_identity_are_set_by_the_owner(cast: Cast) -> None:
    path = f"{API}/identity-rules"
    shown = (await cast.colleague.get(path)).json()
    assert shown == {
        "merge_by_email": True,
        "merge_by_phone": False,
        "default_region": "RU",
        "merge_by": [],
        "shared_kinds": [],
        "priority": ["*", "email", "phone"],
    }
    changed = await cast.owner.patch(path, json={**shown, "default_region": "KZ"})
    assert changed.json()["default_region"] == "KZ"
    refused = await cast.owner.patch(path, json={**shown, "default_region": "XX"})
    assert refused.status_code == 422


@pytest.mark.parametrize("profile_id", ["0", "-1", str(2**63), "9" * 30])
async def test_an_impossible_number_is_not_found(profile_id: str, cast: Cast) -> None:
    answer = await cast.owner.get(f"{API}/profiles/{profile_id}")
    assert answer.status_code == 404
