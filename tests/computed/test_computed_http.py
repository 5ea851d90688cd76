"""Computed traits over HTTP, with the whole cast."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from otklik.computed import jobs
from tests.computed.conftest import World
from tests.conftest import Cast

URL = "/api/v1/computed-traits"
COUNT = {"kind": "event", "event": "Viewed", "measure": {"kind": "count"}}


async def created(cast: Cast, name: str = "views", **definition: Any) -> dict[str, Any]:
    answer = await cast.owner.post(
        URL, json={"name": name, "title": "Views", "definition": definition or COUNT}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_trait_is_made_computed_and_removed(world: World, cast: Cast) -> None:
    (one,) = await world.people({})
    await world.event(one, "Viewed")
    made = await created(cast)
    assert made["computed_at"] is None
    assert made["outputs"] == ["views"]
    await jobs.run(world.rt, workspace_id=world.workspace_id, trait_id=made["id"])
    (row,) = (await cast.colleague.get(URL, params={"search": "VIE"})).json()
    assert (row["people"], row["changed"], row["running"]) == (1, 1, False)
    (run,) = (await cast.colleague.get(f"{URL}/{made['id']}/runs")).json()
    assert (run["reason"], run["scope"], run["changed"]) == ("created", "all", 1)
    asked = await cast.marketer.put(f"{URL}/{made['id']}/recomputation")
    assert asked.status_code == 202
    changed = await cast.marketer.patch(f"{URL}/{made['id']}", json={"title": "Seen"})
    assert changed.json()["title"] == "Seen"
    removed = await cast.owner.delete(f"{URL}/{made['id']}")
    assert (removed.status_code, removed.json()["state"]) == (202, "removing")
    again = await cast.owner.delete(f"{URL}/{made['id']}")
    assert again.status_code == 404
    await jobs.remove(world.rt, workspace_id=world.workspace_id, trait_id=made["id"])
    assert (await cast.owner.get(URL)).json() == []


async def test_a_colleague_may_look_and_a_stranger_sees_nothing(world: World, cast: Cast) -> None:
    made = await created(cast)
    url = f"{URL}/{made['id']}"
    assert (await cast.colleague.get(url)).status_code == 200
    assert (
        await cast.colleague.post(URL, json={"name": "x", "definition": COUNT})
    ).status_code == 403
    assert (await cast.colleague.delete(url)).status_code == 403
    assert (await cast.colleague.put(f"{url}/recomputation")).status_code == 403
    assert (await cast.stranger.get(URL)).json() == []
    for answer in (
        await cast.stranger.get(url),
        await cast.stranger.delete(url),
        await cast.stranger.patch(url, json={"title": "x"}),
        await cast.stranger.put(f"{url}/recomputation"),
        await cast.stranger.get(f"{url}/runs"),
        await cast.stranger.get(f"{url}/explanation", params={"profile_id": 1}),
    ):
        assert answer.status_code == 404
    assert (await cast.nobody.get(URL)).status_code == 401


async def test_what_a_segment_or_a_letter_uses_cannot_be_removed(world: World, cast: Cast) -> None:
    made = await created(
        cast, "engagement", kind="score", actions=[{"event": "Viewed", "points": 5}]
    )
    condition = {"kind": "trait", "trait": "engagement.points", "test": {"op": "gt", "value": 1}}
    segment = await cast.owner.post(
        "/api/v1/segments", json={"name": "Warm", "definition": {"kind": "all", "of": [condition]}}
    )
    assert segment.status_code == 201
    used = (await cast.owner.get(f"{URL}/{made['id']}")).json()["used_by"]
    assert [(use["kind"], use["name"]) for use in used] == [("segment", "Warm")]
    answer = await cast.owner.delete(f"{URL}/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "computed_trait_in_use")
    assert (await cast.owner.delete(f"/api/v1/segments/{segment.json()['id']}")).status_code < 300
    letter = {"name": "Hello", "source": '{% if customer["engagement"].points > 9 %}!{% endif %}'}
    letter_id = (await cast.owner.post("/api/v1/letters", json=letter)).json()["id"]
    await cast.owner.post("/api/v1/letters", json={"name": "x", "source": "{{ customer.engaged }}"})
    await cast.stranger.post("/api/v1/letters", json=letter)
    used = (await cast.owner.get(f"{URL}/{made['id']}")).json()["used_by"]
    assert [(use["kind"], use["id"]) for use in used] == [("letter", letter_id)]
    assert (await cast.owner.delete(f"{URL}/{made['id']}")).status_code == 409
    assert (await cast.owner.delete(f"/api/v1/letters/{letter_id}")).status_code < 300
    assert (await cast.owner.delete(f"{URL}/{made['id']}")).status_code == 202


async def test_a_preview_shows_the_spread_and_people_whose_facts_add_up(
    world: World, cast: Cast
) -> None:
    people = await world.people(*[{"name": f"Person {n}"} for n in range(12)])
    for number, one in enumerate(people):
        for n in range(number):
            await world.event(one, "Viewed", days_ago=n * 3)
    definition = {
        "kind": "score",
        "actions": [{"event": "Viewed", "points": 10}],
        "half_life_days": 9,
        "levels": [{"name": "cold", "start": 0}, {"name": "hot", "start": 30}],
    }
    answer = await cast.colleague.post(f"{URL}/preview", json={"definition": definition})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["people"], shown["total"], shown["shown"]) == (11, 12, "number")
    assert shown["least"] == 10
    assert sum(one["people"] for one in shown["bins"]) == 11
    assert sum(one["people"] for one in shown["top"]) == 11
    assert len(shown["samples"]) == 10
    made = await created(cast, "engagement", **definition)
    await jobs.run(world.rt, workspace_id=world.workspace_id, trait_id=made["id"])
    for sample in shown["samples"]:
        assert sample["name"].startswith("Person ")
        assert sample["value"] == sample["why"]["value"]
        total = sum(fact["counted"] for fact in sample["why"]["facts"])
        assert abs(total - sample["value"]["points"]) < 0.006
        assert await world.value(sample["profile_id"], "engagement") == sample["value"]


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        ({"kind": "last_at"}, "date"),
        ({"kind": "most_frequent", "property": "city"}, None),
        ({"kind": "sum", "property": "city"}, None),
        ({"kind": "unique_count", "property": "city"}, "number"),
    ],
)
async def test_a_preview_takes_every_type_of_value(
    world: World, cast: Cast, measure: dict[str, str], shown: str | None
) -> None:
    people = await world.people({}, {}, {})
    for number, one in enumerate(people):
        await world.event(one, "Viewed", days_ago=number, city="AB"[number % 2])
    answer = await cast.owner.post(
        f"{URL}/preview", json={"definition": {**COUNT, "measure": measure}}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["shown"] == shown
    if measure["kind"] == "most_frequent":
        assert answer.json()["top"] == [
            {"value": "A", "people": 2},
            {"value": "B", "people": 1},
        ]


async def test_the_plane_of_rfm_counts_people_and_revenue(world: World, cast: Cast) -> None:
    people = await world.people({}, {}, {})
    for number, one in enumerate(people):
        await world.order(one, "100.00", days_ago=number * 100)
    bounds = {
        "recency": [30, 60, 90, 120],
        "frequency": [1, 2, 3, 4],
        "monetary": [10, 20, 30, 40],
    }
    answer = await cast.colleague.post(
        f"{URL}/grid", json={"definition": {"kind": "rfm", "bounds": bounds}}
    )
    assert answer.status_code == 200, answer.text
    grid = answer.json()
    assert (grid["people"], grid["revenue"]) == (3, 300)
    assert [(c["recency"], c["frequency"], c["group"], c["people"]) for c in grid["cells"]] == [
        (1, 1, "lost", 1),
        (2, 1, "hibernating", 1),
        (5, 1, "new", 1),
    ]
    wrong = await cast.colleague.post(f"{URL}/grid", json={"definition": COUNT})
    assert wrong.status_code == 422


async def test_a_clash_of_names_is_said_before_it_happens(world: World, cast: Cast) -> None:
    await world.people({"views": 5}, {"address": {"city": "A"}})

    async def codes(name: str) -> list[str]:
        answer = await cast.owner.post(f"{URL}/check", json={"definition": COUNT, "name": name})
        return [one["code"] for one in answer.json()["warnings"]]

    assert "name_clash" in await codes("views")
    assert "name_clash" in await codes("address")
    assert "name_clash" not in await codes("new_views")
    assert "unknown_event" in await codes("new_views")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "bad_name"),
        ("a.b", "bad_name"),
        ("a\nb", "bad_name"),
        ("x" * 101, "bad_name"),
        ("email", "reserved_name"),
        ("views", "name_taken"),
    ],
)
async def test_names_that_cannot_be_are_refused(cast: Cast, name: str, code: str) -> None:
    await created(cast)
    answer = await cast.owner.post(URL, json={"name": name, "definition": COUNT})
    assert problem_codes(answer) == [code]


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        (None, "$.kind"),
        ({"kind": "magic"}, "$.kind"),
        ({**COUNT, "event": ""}, "$.event"),
        ({**COUNT, "extra": 1}, "$"),
        ({**COUNT, "measure": {"kind": "sum", "property": ""}}, "$.measure.property"),
        ({**COUNT, "measure": {"kind": "sum"}}, "$.measure"),
        ({**COUNT, "window": {"kind": "last", "amount": 0}}, "$.window.amount"),
        ({**COUNT, "filters": [{"path": "", "test": {"op": "is_set"}}]}, "$.filters[0].path"),
        ({"kind": "orders", "measure": "count", "statuses": []}, "$.statuses"),
        (
            {
                "kind": "rfm",
                "bounds": {
                    "recency": [1, 2, 3],
                    "frequency": [1, 2, 3, 4],
                    "monetary": [4, 3, 2, 1],
                },
            },
            "$.bounds.recency",
        ),
        ({"kind": "score", "actions": []}, "$.actions"),
        ({"kind": "score", "actions": [{"event": "a", "points": 0}]}, "$.actions[0].points"),
        ({"kind": "score", "actions": [{"event": "", "points": 1}]}, "$.actions[0].event"),
        (
            {"kind": "score", "actions": [{"event": "a", "points": 1}], "half_life_days": 0},
            "$.half_life_days",
        ),
        (
            {
                "kind": "score",
                "actions": [{"event": "a", "points": 1}],
                "levels": [{"name": "b", "start": 5}, {"name": "a", "start": 5}],
            },
            "$.levels",
        ),
        (
            {"kind": "score", "actions": [{"event": "a", "points": 1}], "low": 5, "high": 5},
            "$.high",
        ),
    ],
)
async def test_definitions_that_cannot_be_are_refused_by_place(
    cast: Cast, definition: Any, path: str
) -> None:
    answer = await cast.owner.post(f"{URL}/preview", json={"definition": definition})
    assert answer.status_code == 422, answer.text
    assert path in [problem["path"] for problem in answer.json()["errors"]]


def problem_codes(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [problem["code"] for problem in answer.json()["errors"]]


async def test_hundreds_of_traits_are_listed_and_the_next_is_refused(
    cast: Cast, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.computed import model

    monkeypatch.setattr(model, "TRAITS_MAX", 3)
    for number in range(3):
        await created(cast, f"views_{number}")
    answer = await cast.owner.post(URL, json={"name": "one_more", "definition": COUNT})
    assert problem_codes(answer) == ["too_many"]
    assert len((await cast.owner.get(URL)).json()) == 3
