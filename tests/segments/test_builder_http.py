"""What the builder needs over HTTP: counts of parts, facts behind answers, values, folders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from otklik.kit.i18n import LANGS
from otklik.rules.describe import describe
from otklik.runtime.public import Runtime
from otklik.segments.templates import templates
from tests.conftest import NOW, Cast
from tests.segments.conftest import World

API = "/api/v1/segments"
OMSK = {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": "Omsk"}}
ADULT = {"kind": "trait", "trait": "age", "test": {"op": "gte", "value": 18}}


async def made(client: httpx.AsyncClient, name: str, **given: Any) -> dict[str, Any]:
    answer = await client.post(API, json={"name": name, "definition": OMSK, **given})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_preview_tells_how_many_each_condition_keeps(cast: Cast, world: World) -> None:
    await world.people(
        {"city": "Omsk", "age": 30}, {"city": "Omsk", "age": 10}, {"city": "Perm", "age": 40}, {}
    )
    definition = {"kind": "all", "of": [OMSK, ADULT, {"kind": "none", "of": [OMSK, ADULT]}]}
    body = (await cast.colleague.post(f"{API}/preview", json={"definition": definition})).json()
    assert (body["count"], body["total"]) == (0, 4)
    assert body["parts"] == [
        {"path": "$.of[0]", "count": 2, "left": 2},
        {"path": "$.of[1]", "count": 2, "left": 1},
        {"path": "$.of[2]", "count": 1, "left": 0},
        {"path": "$.of[2].of[0]", "count": 2, "left": 2},
        {"path": "$.of[2].of[1]", "count": 2, "left": 1},
    ]


async def test_an_unsaved_definition_is_explained_with_the_facts_behind_it(
    cast: Cast, world: World, rt: Runtime
) -> None:
    anna, boris = await world.people({"city": "Omsk"}, {"city": "Perm"})
    await world.event(anna, "Product Added", at=NOW - timedelta(hours=5), price=900)
    await world.event(boris, "Product Added", at=NOW - timedelta(hours=5), price=900)
    await world.event(boris, "Order Completed", at=NOW - timedelta(hours=4))
    await world.orders(anna, 3, total="77.50")
    definition = {
        "kind": "all",
        "of": [
            {
                "kind": "not_followed",
                "event": "Product Added",
                "filters": [{"path": "price", "test": {"op": "gte", "value": 500}}],
                "next": {"event": "Order Completed"},
                "within": {"amount": 3, "unit": "hours"},
            },
            {"kind": "orders", "measure": {"kind": "count", "test": {"op": "at_least", "n": 1}}},
        ],
    }
    counted = await cast.owner.post(f"{API}/preview", json={"definition": definition})
    assert counted.json()["count"] == 1
    answer = await cast.colleague.post(
        f"{API}/explain", json={"definition": definition, "profile_id": anna}
    )
    body = answer.json()
    assert body["member"] is True
    cart, orders = body["explanation"]["children"]
    assert cart["evidence"] == [
        {
            "kind": "event",
            "at": "2026-06-15T07:00:00Z",
            "name": "Product Added",
            "details": {"price": "900"},
        }
    ]
    assert orders["evidence"][0]["kind"] == "order"
    assert orders["evidence"][0]["details"] == {"total": "77.50", "status": "paid"}
    answer = await cast.colleague.post(
        f"{API}/explain", json={"definition": definition, "profile_id": boris}
    )
    assert [one["holds"] for one in answer.json()["explanation"]["children"]] == [False, False]
    stranger = await cast.stranger.post(
        f"{API}/explain", json={"definition": definition, "profile_id": anna}
    )
    assert stranger.status_code == 404


async def test_values_of_fields_come_from_what_happened(
    cast: Cast, world: World, rt: Runtime
) -> None:
    anna, boris = await world.people({"email": "a@mail.ru"}, {"email": "B@Mail.ru"})
    for person, source in ((anna, "yandex"), (anna, "yandex"), (boris, "vk")):
        await world.event(person, "Page viewed", context={"campaign": {"source": source}})
    await world._insert(
        "orders",
        [
            {
                "order_id": f"v{number}",
                "profile_id": anna,
                "status": "paid",
                "placed_at": "2026-06-01 10:00:00.000",
                "total": "10",
                "product_ids": ["sku-1", "sku-2"][: number + 1],
                "product_names": ["Red shoes", "Hat"][: number + 1],
                "categories": ["Shoes", "Hats"][: number + 1],
                "version": 1,
            }
            for number in range(2)
        ],
    )

    async def values(of: str, prefix: str = "") -> list[tuple[str, str, int]]:
        answer = await cast.colleague.get(
            "/api/v1/schema/values", params={"of": of, "prefix": prefix}
        )
        assert answer.status_code == 200, answer.text
        return [(one["value"], one["label"], one["count"]) for one in answer.json()]

    assert await values("utm_source") == [("yandex", "yandex", 2), ("vk", "vk", 1)]
    assert await values("utm_source", "V") == [("vk", "vk", 1)]
    assert await values("product", "hat") == [("sku-2", "Hat", 1)]
    assert await values("product", "sku-1") == [("sku-1", "Red shoes", 2)]
    assert await values("category") == [("Shoes", "Shoes", 2), ("Hats", "Hats", 1)]
    assert await values("domain", "mail") == [("mail.ru", "mail.ru", 2)]
    assert await values("vendor") == []
    assert await values("link") == []
    mine = await cast.stranger.get("/api/v1/schema/values", params={"of": "utm_source"})
    assert mine.json() == []
    assert (await cast.colleague.get("/api/v1/schema/campaigns")).json() == []
    bad = await cast.colleague.get("/api/v1/schema/values", params={"of": "nonsense"})
    assert bad.status_code == 422


async def test_visits_are_derived_from_the_context_of_events(cast: Cast, world: World) -> None:
    anna, boris = await world.people({}, {})
    phone = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1"
    )
    await world.event(
        anna,
        "Page viewed",
        at=NOW - timedelta(days=2),
        context={"userAgent": phone, "location": {"city": "Omsk", "country": "RU"}},
    )
    await world.event(
        anna, "Page viewed", at=NOW - timedelta(days=1), context={"location": {"city": "Perm"}}
    )
    await world.event(boris, "Page viewed", context={"device": {"type": "Tablet"}})

    async def count(field: str, value: str, touch: str = "any") -> int:
        definition = {
            "kind": "visit",
            "field": field,
            "touch": touch,
            "test": {"op": "eq", "value": value},
        }
        answer = await cast.owner.post(f"{API}/preview", json={"definition": definition})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["count"])

    assert [await count("city", "Omsk"), await count("city", "Perm")] == [1, 1]
    assert [await count("city", "Omsk", "first"), await count("city", "Omsk", "last")] == [1, 0]
    assert await count("os", "iOS") == 1
    assert await count("browser", "Safari") == 1
    assert [await count("device", "mobile"), await count("device", "tablet")] == [1, 1]


async def test_folders_hold_segments(cast: Cast, world: World) -> None:
    folder = (await cast.marketer.post(f"{API}/folders", json={"name": " VIP "})).json()
    assert folder["name"] == "VIP"
    again = await cast.marketer.post(f"{API}/folders", json={"name": "VIP"})
    assert (again.status_code, again.json()["code"]) == (409, "folder_exists")
    inside = await made(cast.marketer, "In it", folder_id=folder["id"])
    outside = await made(cast.marketer, "Outside")
    listed = await cast.marketer.get(API, params={"folder_id": folder["id"]})
    assert [one["name"] for one in listed.json()["items"]] == ["In it"]
    refused = await cast.marketer.delete(f"{API}/folders/{folder['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "folder_not_empty")
    moved = await cast.marketer.patch(f"{API}/{inside['id']}", json={"folder_id": None})
    assert moved.json()["folder_id"] is None
    wrong = await cast.marketer.patch(f"{API}/{outside['id']}", json={"folder_id": str(uuid4())})
    assert wrong.json()["code"] == "folder_not_found"
    url = f"{API}/folders/{folder['id']}"
    assert (await cast.marketer.patch(url, json={"name": "Best"})).status_code == 204
    assert [one["name"] for one in (await cast.marketer.get(f"{API}/folders")).json()] == ["Best"]
    assert (await cast.stranger.get(f"{API}/folders")).json() == []
    assert (await cast.stranger.delete(url)).status_code == 404
    assert (await cast.colleague.delete(url)).status_code == 403
    assert (await cast.marketer.delete(url)).status_code == 204


async def test_an_archived_segment_rests(cast: Cast, world: World, rt: Runtime) -> None:
    inner = await made(cast.owner, "Inner")
    outer = await made(
        cast.owner, "Outer", definition={"kind": "segment", "segment_id": inner["id"]}
    )
    refused = await cast.owner.patch(f"{API}/{inner['id']}", json={"archived": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "segment_in_use")
    assert (await cast.owner.patch(f"{API}/{outer['id']}", json={"archived": True})).json()[
        "archived_at"
    ]
    assert [one["name"] for one in (await cast.owner.get(API)).json()["items"]] == ["Inner"]
    listed = await cast.owner.get(API, params={"archived": True})
    assert [one["name"] for one in listed.json()["items"]] == ["Outer"]
    leaning = await cast.owner.post(
        API, json={"name": "x", "definition": {"kind": "segment", "segment_id": outer["id"]}}
    )
    assert leaning.status_code == 422
    back = await cast.owner.patch(f"{API}/{outer['id']}", json={"archived": False})
    assert back.json()["archived_at"] is None


async def test_the_list_has_an_order_that_pages_keep(cast: Cast, world: World) -> None:
    await world.people({"city": "Omsk"}, {"city": "Omsk"}, {"city": "Perm"})
    perm = {"kind": "trait", "trait": "city", "test": {"op": "eq", "value": "Perm"}}
    await made(cast.owner, "b one")
    await made(cast.owner, "A two", definition=perm)
    await made(cast.owner, "c three", definition={"kind": "everyone"})

    async def names(sort: str) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            params = {"sort": sort, "limit": 2, **({"cursor": cursor} if cursor else {})}
            page = (await cast.owner.get(API, params=params)).json()
            found += [one["name"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert await names("name") == ["A two", "b one", "c three"]
    assert await names("size") == ["c three", "b one", "A two"]
    assert await names("created") == ["c three", "A two", "b one"]
    assert sorted(await names("computed")) == ["A two", "b one", "c three"]


async def test_three_segments_cannot_make_a_circle(cast: Cast, world: World) -> None:
    def of(segment: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "segment", "segment_id": segment["id"]}

    one = await made(cast.owner, "One")
    two = await made(cast.owner, "Two", definition=of(one))
    three = await made(cast.owner, "Three", definition=of(two))
    answer = await cast.owner.patch(f"{API}/{one['id']}", json={"definition": of(three)})
    assert answer.json()["code"] == "segment_cycle"
    assert "«One» → «Three» → «Two» → «One»" in answer.json()["detail"]


async def test_a_list_is_filled_from_a_text(cast: Cast, world: World) -> None:
    ids = await world.people({}, {}, {})
    people = await made(cast.marketer, "List", kind="static", definition=None)
    url = f"{API}/{people['id']}/members/listed"
    answer = await cast.marketer.post(
        url, json={"text": "\ufeffU0@otklik.test\r\nu1; nobody@otklik.test\n\nu1,'u0'"}
    )
    assert answer.json() == {
        "values": 4,
        "found": 2,
        "unknown": 1,
        "examples": ["nobody@otklik.test"],
        "size": 2,
    }
    answer = await cast.marketer.post(url, json={"text": str(ids[2]), "kind": "profile_id"})
    assert answer.json()["size"] == 3
    empty = await cast.marketer.post(url, json={"text": " , ;\n"})
    assert (empty.status_code, empty.json()["errors"][0]["path"]) == (422, "$.text")
    dynamic = await made(cast.marketer, "Dynamic")
    refused = await cast.marketer.post(f"{API}/{dynamic['id']}/members/listed", json={"text": "x"})
    assert refused.json()["code"] == "segment_is_dynamic"
    assert (await cast.stranger.post(url, json={"text": "u0"})).status_code == 404
    assert (await cast.colleague.post(url, json={"text": "u0"})).status_code == 403


async def test_a_past_moment_becomes_a_list(cast: Cast, world: World) -> None:
    await world.people({"city": "Omsk"}, {"city": "Perm"})
    segment = await made(cast.marketer, "Omsk")
    url = f"{API}/{segment['id']}"
    await cast.marketer.patch(url, json={"definition": {"kind": "everyone"}})
    first = (await cast.marketer.get(f"{url}/history")).json()[0]
    frozen = await cast.marketer.post(f"{url}/frozen", json={"at": first["at"], "name": "Then"})
    assert frozen.status_code == 201, frozen.text
    assert (frozen.json()["kind"], frozen.json()["count"]) == ("static", 1)
    before = await cast.marketer.post(
        f"{url}/frozen", json={"at": "2020-01-01T00:00:00Z", "name": "Then"}
    )
    assert (before.status_code, before.json()["code"]) == (404, "moment_unknown")
    assert (
        await cast.stranger.post(f"{url}/frozen", json={"at": first["at"], "name": "x"})
    ).status_code == 404


async def test_templates_can_be_counted_and_read(cast: Cast, world: World) -> None:
    for template in (await cast.colleague.get(f"{API}/templates")).json():
        answer = await cast.colleague.post(
            f"{API}/preview", json={"definition": template["definition"]}
        )
        assert answer.status_code == 200, answer.text
    for lang in LANGS:
        ready = templates(lang)
        assert len({one.name for one in ready}) == len(ready)
        assert all(describe(one.definition, lang).endswith(".") for one in ready)


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = OMSK
    for _ in range(depth):
        node = {"kind": "all", "of": [node]}
    return node


@pytest.mark.parametrize(
    ("definition", "path", "code"),
    [
        (nested(200), "$" + ".of[0]" * 10, "too_deep"),
        ({"kind": "any", "of": [OMSK] * 10_000}, "$.of[199]", "too_many_nodes"),
        (
            {"kind": "all", "of": [OMSK, {**OMSK, "trait": "a\0b"}]},
            "$.of[1].trait",
            "bad_character",
        ),
        (
            {"kind": "sequence", "steps": [{"event": "A"}, {"event": ""}]},
            "$.steps[1].event",
            "empty",
        ),
        ({"kind": "sequence", "steps": [{"event": "A"}]}, "$.steps", "out_of_range"),
        (
            {"kind": "message", "fact": "opened", "link": "x"},
            "$.link",
            "not_allowed",
        ),
        (
            {"kind": "visit", "field": "city", "test": {"op": "gt", "value": 5}},
            "$.test.op",
            "not_allowed",
        ),
        ({"kind": "email_domain", "domains": ["@x"]}, "$.domains[0]", "bad_domain"),
        (
            {"kind": "event", "event": "A", "times": {"start": "25:00"}},
            "$.times.start",
            "bad_time",
        ),
        (
            {"kind": "event", "event": "A", "window": {"kind": "ago", "low": 7, "high": 7}},
            "$.window.high",
            "wrong_order",
        ),
        (
            {
                "kind": "event_measure",
                "event": "A",
                "measure": {"kind": "sum", "path": "", "test": {"op": "at_least", "amount": 1}},
            },
            "$.measure.path",
            "empty",
        ),
        ({"kind": "segment", "segment_id": 5}, "$.segment_id", "wrong_type"),
    ],
)
async def test_a_bad_definition_is_refused_with_the_place(
    cast: Cast, definition: Any, path: str, code: str
) -> None:
    answer = await cast.owner.post(
        f"{API}/preview",
        content=msgspec.json.encode({"definition": definition}),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422, answer.text
    first = answer.json()["errors"][0]
    assert (first["path"], first["code"]) == (path, code)
