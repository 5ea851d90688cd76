"""Segments over HTTP: who may, what comes back, what is refused and how."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.rules.test_parse import json_junk
from tests.segments.conftest import World

OMSK = {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": "Omsk"}}
API = "/api/v1/segments"


async def created(client: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await client.post(API, json={"name": "Omsk", "definition": OMSK, **given})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_marketer_works_with_a_segment(cast: Cast, world: World) -> None:
    omsk, perm = await world.people({"city": "Omsk", "name": "Anna"}, {"city": "Perm"})
    segment = await created(cast.marketer, description="From Omsk")
    assert segment["count"] == 1
    assert segment["definition"] == OMSK
    assert segment["used_by"] == []
    url = f"{API}/{segment['id']}"
    members = (await cast.marketer.get(f"{url}/members")).json()
    assert [one["id"] for one in members["items"]] == [omsk]
    assert members["total"] == 1
    changed = await cast.marketer.patch(
        url, json={"name": "Not Omsk", "definition": {"kind": "none", "of": [OMSK]}}
    )
    assert changed.status_code == 200
    assert (changed.json()["count"], changed.json()["name"]) == (1, "Not Omsk")
    assert changed.json()["description"] == "From Omsk"
    history = (await cast.marketer.get(f"{url}/history")).json()
    assert [point["size"] for point in history] == [1, 1]
    runs = (await cast.marketer.get(f"{url}/runs")).json()
    assert {run["reason"] for run in runs} == {"created", "changed"}
    explained = (await cast.marketer.get(f"{url}/explanation", params={"profile_id": perm})).json()
    assert explained["member"] is True
    assert explained["explanation"]["children"] == [
        {
            "path": "$.of[0]",
            "text": "have “city” equal to “Omsk”",
            "holds": False,
            "fact": "Perm",
            "evidence": [],
            "children": [],
        }
    ]
    assert (await cast.marketer.post(f"{url}/refresh")).json()["count"] == 1
    assert [one["id"] for one in (await cast.marketer.get(API)).json()["items"]] == [segment["id"]]
    assert (await cast.marketer.delete(url)).status_code == 204
    assert (await cast.marketer.get(url)).status_code == 404


async def test_a_preview_counts_what_is_not_saved(cast: Cast, world: World) -> None:
    await world.people({"city": "Omsk"}, {"city": "Perm"})
    answer = await cast.colleague.post(f"{API}/preview", json={"definition": OMSK})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["count"], body["total"]) == (1, 2)
    assert isinstance(body["took_ms"], int)
    assert body["as_of"].startswith("2026-06-15T12:00:00")


async def test_a_definition_is_read_back_in_the_readers_language(cast: Cast) -> None:
    answers = [
        (
            await cast.colleague.post(
                f"{API}/describe",
                json={"definition": OMSK},
                headers={"accept-language": lang},
            )
        ).json()
        for lang in ("en", "ru")
    ]
    assert answers[0]["text"] == "People who have “city” equal to “Omsk”."
    assert answers[1]["text"] == "Клиенты, у которых свойство «city» равно «Omsk»."
    assert [one["code"] for one in answers[0]["warnings"]] == ["unknown_trait"]


async def test_a_mistake_is_named_by_its_place(cast: Cast) -> None:
    definition = {"kind": "all", "of": [OMSK, {"kind": "event", "event": 5}]}
    answer = await cast.owner.post(
        f"{API}/preview", json={"definition": definition}, headers={"accept-language": "ru"}
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "definition_invalid"
    assert body["errors"] == [
        {
            "path": "$.of[1].event",
            "message": "Ожидается текст, а не целое число.",
            "code": "wrong_type",
        }
    ]


async def test_a_list_is_made_of_ids_and_changed(cast: Cast, world: World) -> None:
    one, two = await world.people({}, {})
    segment = await created(
        cast.owner, kind="static", definition=None, profile_ids=[one], name="List"
    )
    assert (segment["count"], segment["definition"]) == (1, None)
    url = f"{API}/{segment['id']}/members"
    changed = await cast.owner.put(url, json={"add": [two], "remove": [one]})
    assert changed.json()["count"] == 1
    assert [item["id"] for item in (await cast.owner.get(url)).json()["items"]] == [two]
    dynamic = await created(cast.owner)
    refused = await cast.owner.put(f"{API}/{dynamic['id']}/members", json={"add": [one]})
    assert (refused.status_code, refused.json()["code"]) == (409, "segment_is_dynamic")


async def test_members_come_in_pages(cast: Cast, world: World) -> None:
    ids = await world.people(*[{"city": "Omsk"}] * 5)
    segment = await created(cast.owner)
    url = f"{API}/{segment['id']}/members"
    seen: list[int] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await cast.owner.get(url, params=params)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ids
    assert cursor is None


async def test_a_stranger_sees_nothing(cast: Cast, world: World) -> None:
    (person,) = await world.people({"city": "Omsk"})
    segment = await created(cast.owner)
    url = f"{API}/{segment['id']}"
    assert (await cast.stranger.get(API)).json()["items"] == []
    for answer in (
        await cast.stranger.get(url),
        await cast.stranger.patch(url, json={"name": "Mine"}),
        await cast.stranger.delete(url),
        await cast.stranger.post(f"{url}/refresh"),
        await cast.stranger.get(f"{url}/members"),
        await cast.stranger.put(f"{url}/members", json={"add": [1]}),
        await cast.stranger.get(f"{url}/history"),
        await cast.stranger.get(f"{url}/runs"),
        await cast.stranger.get(f"{url}/explanation", params={"profile_id": person}),
    ):
        assert answer.status_code == 404, answer.text
    preview = await cast.stranger.post(f"{API}/preview", json={"definition": {"kind": "everyone"}})
    assert preview.json()["count"] == 0
    inside = {"kind": "segment", "segment_id": segment["id"]}
    answer = await cast.stranger.post(API, json={"name": "x", "definition": inside})
    assert answer.status_code == 422
    assert (await cast.stranger.get("/api/v1/schema")).json()["traits"] == []


async def test_an_analyst_may_look_and_not_touch(cast: Cast, world: World) -> None:
    segment = await created(cast.owner)
    url = f"{API}/{segment['id']}"
    assert (await cast.colleague.get(url)).status_code == 200
    for answer in (
        await cast.colleague.post(API, json={"name": "x", "definition": OMSK}),
        await cast.colleague.patch(url, json={"name": "x"}),
        await cast.colleague.delete(url),
        await cast.colleague.post(f"{url}/refresh"),
        await cast.colleague.put(f"{url}/members", json={}),
    ):
        assert answer.status_code == 403
    assert (await cast.nobody.get(url)).status_code == 401


async def test_the_schema_offers_what_exists(cast: Cast, world: World) -> None:
    await world.people({"city": "Omsk", "tags": ["a", "b"]}, {"city": "Omsk"}, {"city": "Orel"})
    schema = (await cast.colleague.get("/api/v1/schema")).json()
    assert {"name": "city", "type": "string", "count": 3} in schema["traits"]
    assert "email" in schema["identifiers"]
    values = await cast.colleague.get("/api/v1/schema/traits/city/values", params={"prefix": "o"})
    assert values.json() == [{"value": "Omsk", "count": 2}, {"value": "Orel", "count": 1}]
    values = await cast.colleague.get("/api/v1/schema/traits/values", params={"name": "tags"})
    assert [one["value"] for one in values.json()] == ["a", "b"]


@pytest.mark.parametrize(
    "body", [b"", b"[", b"{}", b"[" * 10_000, b'{"definition":' + b"[" * 50_000, b"\xff\xfe"]
)
async def test_a_broken_body_is_a_clear_refusal(cast: Cast, body: bytes) -> None:
    answer = await cast.owner.post(
        f"{API}/preview", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(junk=json_junk)
async def test_no_definition_breaks_the_preview(cast: Cast, junk: Any) -> None:
    import msgspec

    answer = await cast.owner.post(
        f"{API}/preview",
        content=msgspec.json.encode({"definition": junk}),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (200, 422), answer.text


async def test_a_repeated_creation_gives_the_first_answer(cast: Cast, rt: Runtime) -> None:
    answers = [
        await cast.owner.post(
            API, json={"name": "Once", "definition": OMSK}, headers={"idempotency-key": "k1"}
        )
        for _ in range(2)
    ]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert UUID(answers[0].json()["id"])
    assert (await cast.owner.get(API)).json()["total"] == 1
