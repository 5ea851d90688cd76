"""Possible duplicates: searched for as sets, judged as the pure method does, decided by people."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from otklik.accounts.public import Workspace, workspace_ids
from otklik.profiles.jobs import merge_duplicates, search_duplicates, search_nightly
from otklik.profiles.model.likeness import find_duplicates, person_of
from otklik.profiles.model.runs import PeopleRunKind
from otklik.profiles.operations import runs
from otklik.profiles.operations.duplicates import reading, search, weighing
from otklik.profiles.public import current_ids, merge_profiles, resolve_identities
from otklik.profiles.queries.people import load_people
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.profiles.conftest import said
from tests.profiles.test_likeness import crowd

API = "/api/v1/duplicates"


async def add(rt: Runtime, workspace: Workspace, now: datetime, people: Sequence[Any]) -> list[int]:
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[said(now, i, index=i, **one) for i, one in enumerate(people)],
            now=now,
        )
    return found.profile_ids


def anna(user_id: str, **traits: Any) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "traits": {
            "first_name": "Анна",
            "last_name": "Королёва",
            "birth_date": "1990-05-07",
            "city": "Тверь",
            **traits,
        },
    }


@pytest.fixture
async def ids(rt: Runtime, workspace: Workspace, now: datetime) -> list[int]:
    others = [
        {
            "user_id": f"c{at}",
            "email": one.emails[0],
            "phone": one.phones[0],
            "traits": {
                "first_name": one.first_name,
                "last_name": one.last_name,
                "birth_date": one.birth_date,
                "city": one.city,
            },
        }
        for at, one in enumerate(crowd())
    ]
    same = anna("a2", first_name="Королева", last_name="анна", phone="8 916 123-45-67")
    first = anna("a1", phone="+7 916 123 45 67")
    return await add(rt, workspace, now, [first, same, *others])


async def run_search(rt: Runtime, workspace: Workspace, now: datetime) -> UUID:
    async with rt.db.begin() as tx:
        run_id = await runs.open_run(
            tx, workspace_id=workspace.id, kind=PeopleRunKind.DUPLICATES, now=now
        )
    assert run_id is not None
    await search_duplicates(rt, workspace_id=workspace.id, run_id=str(run_id))
    return run_id


async def pairs_of(client: Any, **query: Any) -> list[tuple[int, int]]:
    page = (await client.get(API, params=query)).json()
    return [(one["left"]["id"], one["right"]["id"]) for one in page["items"]]


async def test_names_exchanged_and_in_other_letters_are_found_with_the_evidence(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime, ids: list[int]
) -> None:
    await run_search(rt, workspace, now)
    page = (await cast.colleague.get(API)).json()
    assert page["total"] == 1
    (pair,) = page["items"]
    assert (pair["left"]["id"], pair["right"]["id"]) == (ids[0], ids[1])
    said_of = {one["field"]: one for one in pair["evidence"]}
    assert said_of["first_name"]["level"] == "same"
    assert said_of["first_name"]["exchanged"]
    assert said_of["phone"]["level"] == "same"
    assert said_of["email"]["level"] == "missing"
    assert await pairs_of(cast.colleague, profile_id=ids[1]) == [(ids[0], ids[1])]
    assert await pairs_of(cast.colleague, profile_id=ids[5]) == []
    assert await pairs_of(cast.stranger, least=0.5) == []
    state = (await cast.colleague.get(f"{API}/state")).json()
    assert state["search"]["state"] == "done"
    assert state["finished"]["counts"]["people"] == len(ids)


async def test_the_search_at_scale_says_what_the_method_says(
    rt: Runtime, workspace: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    rng = random.Random(5)
    people = []
    for at, one in enumerate(crowd(150)):
        for copy in range(1 + (at % 3 == 0)):
            names = [one.first_name, one.last_name]
            rng.shuffle(names)
            address = one.emails[0] if not copy else one.emails[0].replace("shop", "post")
            people.append(
                {
                    "user_id": f"{at}-{copy}",
                    "email": address,
                    "traits": {
                        "name": " ".join(names),
                        "birthday": one.birth_date,
                        "address": {"city": one.city},
                    },
                }
            )
    ids = await add(rt, workspace, now, people)
    monkeypatch.setattr(reading, "READ_AT_ONCE", 37)
    monkeypatch.setattr(search, "COMPARED_AT_ONCE", 11)
    await run_search(rt, workspace, now)
    async with rt.db.begin() as tx:
        loaded = await load_people(tx, workspace_id=workspace.id, profile_ids=ids)
    whole = find_duplicates(
        [
            person_of(str(one.id), [(m.kind, m.value) for m in one.identifiers], one.traits)
            for one in loaded.values()
        ],
        region="RU",
        threshold=search.KEPT_FROM,
    )
    expected = {tuple(sorted((int(p.left), int(p.right)))): p.probability for p in whole}
    page = (await cast.owner.get(API, params={"least": 0.5, "limit": 200})).json()
    found = {(p["left"]["id"], p["right"]["id"]): p["probability"] for p in page["items"]}
    assert len(expected) > 40
    assert found == pytest.approx(expected, abs=1e-6)


async def test_a_part_of_a_large_base_teaches_nearly_the_same(
    cast: Cast,
    rt: Runtime,
    workspace: Workspace,
    now: datetime,
    ids: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weighing, "PAIRS_LEARNED", 60)
    monkeypatch.setattr(weighing, "PAIRS_OF_RULE", 20)
    monkeypatch.setattr(weighing, "PEOPLE_LEARNED", 40)
    await run_search(rt, workspace, now)
    assert await pairs_of(cast.owner) == [(ids[0], ids[1])]


async def test_two_people_stay_two_for_ever_also_after_merges(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime, ids: list[int]
) -> None:
    await run_search(rt, workspace, now)
    body = {"left_id": ids[1], "right_id": ids[0]}
    assert (await cast.marketer.post(f"{API}/refusals", json=body)).status_code == 200
    assert await pairs_of(cast.owner) == []
    assert await pairs_of(cast.owner, refused=True) == [(ids[0], ids[1])]
    async with rt.db.begin() as tx:
        await merge_profiles(tx, workspace_id=workspace.id, from_id=ids[0], into_id=ids[2], now=now)
    await run_search(rt, workspace, now)
    assert (min(ids[1:3]), max(ids[1:3])) not in await pairs_of(cast.owner, least=0.5)
    taken = await cast.marketer.delete(
        f"{API}/refusals", params={"left_id": ids[0], "right_id": ids[1]}
    )
    assert taken.status_code == 200
    refused = await cast.stranger.post(f"{API}/refusals", json=body)
    assert (refused.status_code, refused.json()["code"]) == (404, "profile_not_found")
    assert (await cast.colleague.post(f"{API}/refusals", json=body)).status_code == 403


async def test_a_pair_goes_when_merged_and_comes_again_when_that_is_undone(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime, ids: list[int]
) -> None:
    await run_search(rt, workspace, now)
    merges = f"/api/v1/profiles/{ids[1]}/merges"
    made = await cast.marketer.post(
        merges, json={"from_id": ids[0], "traits": {"first_name": "Анна", "last_name": "Королёва"}}
    )
    assert made.status_code == 201
    assert await pairs_of(cast.owner) == []
    card = (await cast.owner.get(f"/api/v1/profiles/{ids[1]}")).json()
    assert (card["traits"]["first_name"], card["traits"]["last_name"]) == ("Анна", "Королёва")
    assert (await cast.marketer.delete(f"{merges}/{made.json()['id']}")).status_code == 200
    assert await pairs_of(cast.owner) == [(ids[0], ids[1])]


async def test_all_likely_pairs_are_merged_after_their_count_was_confirmed(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime, ids: list[int]
) -> None:
    await run_search(rt, workspace, now)
    told = (await cast.colleague.get(f"{API}/merges/preview")).json()
    assert told == {"pairs": 1, "people": 2, "into": 1, "two_users": 1, "left_out": 0}
    body = {"least": 0.95, "people": 2}
    wrong = await cast.marketer.post(f"{API}/merges", json={**body, "people": 5})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "count_changed")
    assert (await cast.colleague.post(f"{API}/merges", json=body)).status_code == 403
    low = await cast.marketer.post(f"{API}/merges", json={**body, "least": 0.1})
    assert low.status_code in (400, 422)
    state = (await cast.marketer.post(f"{API}/merges", json=body)).json()
    again = await cast.marketer.post(f"{API}/merges", json=body)
    assert again.json()["code"] == "merges_running"
    await merge_duplicates(rt, workspace_id=workspace.id, run_id=state["merging"]["id"])
    async with rt.db.begin() as tx:
        people = await current_ids(tx, workspace_id=workspace.id, profile_ids=ids[:2])
    assert people == {ids[0]: ids[0], ids[1]: ids[0]}
    state = (await cast.colleague.get(f"{API}/state")).json()
    assert (state["merging"]["state"], state["merging"]["counts"]["merged"]) == ("done", 1)


async def test_one_search_runs_at_a_time(cast: Cast, workspace: Workspace) -> None:
    assert (await cast.marketer.post(f"{API}/searches")).status_code == 202
    again = await cast.marketer.post(f"{API}/searches")
    assert (again.status_code, again.json()["code"]) == (409, "search_running")
    assert (await cast.colleague.post(f"{API}/searches")).status_code == 403
    assert (await cast.nobody.get(API)).status_code == 401
    assert (await cast.stranger.get(f"{API}/state")).json()["search"] is None


async def test_an_empty_workspace_is_searched_in_no_time(
    rt: Runtime, workspace: Workspace, now: datetime, cast: Cast
) -> None:
    await run_search(rt, workspace, now)
    assert (await cast.owner.get(f"{API}/state")).json()["finished"]["counts"]["pairs"] == 0


async def test_every_night_each_workspace_waits_for_its_search(
    rt: Runtime, workspace: Workspace, cast: Cast
) -> None:
    await search_nightly(rt)
    assert (await cast.owner.get(f"{API}/state")).json()["search"]["state"] == "queued"
    async with rt.db.begin() as tx:
        assert workspace.id in await workspace_ids(tx)


async def test_nothing_of_a_search_is_left_in_clickhouse(
    rt: Runtime, workspace: Workspace, now: datetime, ids: list[int]
) -> None:
    await run_search(rt, workspace, now)
    for table in ("duplicate_people", "duplicate_keys", "duplicate_candidates"):
        rows = await rt.ch.query(
            f"SELECT count() FROM {table} WHERE workspace_id = {{ws:UInt32}}", {"ws": workspace.id}
        )
        assert rows[0][0] == 0
