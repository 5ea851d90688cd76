"""The event API: what it takes, what it refuses and with which words."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import zlib
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from otklik.ingestion.model import ENDPOINTS
from otklik.ingestion.public import EventService
from otklik.runtime.public import Runtime
from tests.ingestion.support import Ingestion, track

ITEMS = {
    "track": {"event": "Signed up", "userId": "u"},
    "identify": {"userId": "u", "traits": {"plan": "pro"}},
    "page": {"anonymousId": "a", "name": "Docs"},
    "screen": {"anonymousId": "a"},
    "group": {"userId": "u", "groupId": "g"},
    "alias": {"userId": "u", "previousId": "a"},
}


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
async def test_it_takes_every_call_at_every_address(
    api: httpx.AsyncClient, seen: Ingestion, endpoint: str
) -> None:
    kind = ENDPOINTS[endpoint]
    body = (
        {"batch": [{"type": k, **v} for k, v in ITEMS.items()]} if kind == "batch" else ITEMS[kind]
    )
    answer = await api.post(f"/v1/{endpoint}", json=body)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert await seen.logged() == (6 if kind == "batch" else 1)


async def test_it_keeps_the_body_as_it_came(api: httpx.AsyncClient, seen: Ingestion) -> None:
    item = track(extra={"deep": [1, {"a": None}]}, properties={"ru": "Привет", "n": 1.50})
    await api.post("/v1/batch", json={"batch": [item], "sentAt": "2026-06-15T12:00:00Z"})
    assert await seen.bodies() == [[item]]


async def test_it_takes_the_key_from_the_body_of_a_beacon(
    bare_api: httpx.AsyncClient, public_key: str, seen: Ingestion
) -> None:
    body = json.dumps({**ITEMS["page"], "writeKey": public_key})
    answer = await bare_api.post(
        "/v1/p", content=body, headers={"content-type": "text/plain;charset=UTF-8"}
    )
    assert answer.status_code == 200
    batch = json.dumps({"batch": [track()], "writeKey": public_key})
    assert (await bare_api.post("/v1/batch", content=batch)).status_code == 200
    assert await seen.logged() == 2


async def test_it_takes_a_bearer_token(
    bare_api: httpx.AsyncClient, secret_key: str, seen: Ingestion
) -> None:
    headers = {"authorization": f"Bearer {secret_key}"}
    assert (await bare_api.post("/v1/track", json=track(), headers=headers)).status_code == 200
    assert await seen.logged() == 1


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic " + base64.b64encode(b"nobody:").decode(),
        "Basic %%%",
        "Basic " + base64.b64encode(b"\xff\xfe:").decode(),
        "Digest x",
        "Bearer ",
        "Basic",
        "Bearer " + "x" * 5000,
    ],
)
async def test_it_refuses_a_wrong_key(
    bare_api: httpx.AsyncClient, seen: Ingestion, authorization: str
) -> None:
    answer = await bare_api.post(
        "/v1/track", json=track(), headers={"authorization": authorization}
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "wrong_key"
    assert await seen.logged() == 0


async def test_it_refuses_a_body_without_any_key(bare_api: httpx.AsyncClient) -> None:
    assert (await bare_api.post("/v1/track", json=track())).status_code == 401
    assert (await bare_api.post("/v1/batch", json={"batch": []})).status_code == 401


async def test_it_stops_taking_a_key_that_was_revoked(
    rt: Runtime, service: EventService, api: httpx.AsyncClient
) -> None:
    import sqlalchemy as sa

    assert (await api.post("/v1/track", json=track())).status_code == 200
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("UPDATE api_keys SET revoked_at = now()"))
    assert (await api.post("/v1/track", json=track())).status_code == 200
    service.keys.forget()
    assert (await api.post("/v1/track", json=track())).status_code == 401


async def test_it_answers_the_preflight_of_a_browser(bare_api: httpx.AsyncClient) -> None:
    answer = await bare_api.options(
        "/v1/batch",
        headers={
            "origin": "https://shop.example",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"]
    assert {"authorization", "content-type"} <= set(allowed.split(", "))
    assert "access-control-allow-credentials" not in answer.headers


async def test_it_lets_a_browser_read_success_and_failure(
    api: httpx.AsyncClient, bare_api: httpx.AsyncClient
) -> None:
    good = await api.post("/v1/track", json=track())
    bad = await bare_api.post("/v1/track", content=b"{")
    assert good.headers["access-control-allow-origin"] == "*"
    assert bad.headers["access-control-allow-origin"] == "*"


async def test_it_reads_gzip(api: httpx.AsyncClient, seen: Ingestion) -> None:
    body = gzip.compress(json.dumps({"batch": [track(), track()]}).encode())
    answer = await api.post("/v1/batch", content=body, headers={"content-encoding": "gzip"})
    assert answer.status_code == 200
    assert await seen.logged() == 2


async def test_it_does_not_unpack_a_bomb(api: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b'{"batch":[' + b" " * 300_000_000 + b"]}", 9)
    assert len(bomb) < 500 * 1024
    answer = await api.post("/v1/batch", content=bomb, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")


@pytest.mark.parametrize(
    "body",
    [b"", b"not gzip", gzip.compress(b"{}" * 400)[:-9], zlib.compress(b"{}")],
    ids=["empty", "text", "cut off", "deflate"],
)
async def test_it_refuses_damaged_gzip(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/v1/batch", content=body, headers={"content-encoding": "gzip"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_compression")


async def test_it_names_the_encoding_that_it_does_not_know(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/batch", content=b"{}", headers={"content-encoding": "br"})
    assert answer.status_code == 415
    assert "br" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"batch": 5}', "bad_body"),
        (b'{"batch": {}}', "bad_body"),
        (b"{}", "bad_body"),
        (b"[]", "bad_body"),
        (b"null", "bad_body"),
        (b'{"batch": [' + b"[" * 100_000, "not_json"),
        (b'{"batch": []} trailing', "not_json"),
    ],
)
async def test_it_says_why_a_batch_can_not_be_read(
    api: httpx.AsyncClient, seen: Ingestion, body: bytes, code: str
) -> None:
    answer = await api.post("/v1/batch", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert len(answer.json()["message"]) > 10
    assert await seen.logged() == 0


async def test_it_refuses_what_is_too_large(api: httpx.AsyncClient, seen: Ingestion) -> None:
    event = track(properties={"x": "y" * 33_000})
    assert (await api.post("/v1/track", json=event)).json()["code"] == "too_large"
    batch = {"batch": [track(properties={"x": "y" * 30_000}) for _ in range(18)]}
    answer = await api.post("/v1/batch", json=batch)
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")
    assert await seen.logged() == 0


async def test_it_drops_a_huge_body_without_keeping_it(api: httpx.AsyncClient) -> None:
    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100_000

    answer = await api.post("/v1/batch", content=blocks())
    assert (answer.status_code, answer.json()["code"]) == (400, "too_large")


async def test_it_refuses_a_batch_of_too_many_events(api: httpx.AsyncClient) -> None:
    body = b'{"batch":[' + b",".join([b"{}"] * 5001) + b"]}"
    answer = await api.post("/v1/batch", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_events")


async def test_it_stores_the_good_events_of_a_batch_and_shows_the_bad_ones(
    api: httpx.AsyncClient, seen: Ingestion
) -> None:
    good = track()
    big = track(properties={"x": "y" * 33_000}, messageId="m-big")
    bad: list[object] = [
        5,
        {"type": "purchase", "userId": "u"},
        {"type": "track", "userId": "u"},
        {"type": "track", "event": "  ", "userId": "u"},
        {"type": "track", "event": "x"},
        {"type": "track", "event": "x", "userId": ""},
        {"type": "alias", "userId": "u"},
        {"type": "group", "userId": "u"},
        {"type": "track", "event": "x", "userId": True},
        {"type": "track", "event": "x" * 201, "userId": "u"},
        {"type": "identify", "userId": "u", "traits": []},
        big,
    ]
    answer = await api.post("/v1/batch", json={"batch": [bad[0], good, *bad[1:]]})
    assert answer.status_code == 200
    assert await seen.bodies() == [[good]]
    rejects = await seen.rejects()
    assert Counter(r.code for r in rejects) == Counter(
        [
            "not_an_object",
            "unknown_type",
            "no_event_name",
            "no_event_name",
            "no_identity",
            "no_identity",
            "no_previous_id",
            "no_group_id",
            "bad_field",
            "too_long",
            "bad_field",
            "too_large",
        ]
    )
    by_code = {r.code: r for r in rejects}
    assert by_code["too_large"].body == json.dumps(big, separators=(",", ":"))[:4096]
    assert by_code["too_large"].message_id == ""
    assert by_code["unknown_type"].type == "purchase"
    details = " ".join(r.detail for r in rejects)
    assert "$.userId" in details
    assert "$.traits" in details


async def test_it_says_why_a_single_event_is_refused_and_shows_it(
    api: httpx.AsyncClient, seen: Ingestion
) -> None:
    answer = await api.post("/v1/track", json={"userId": "u"}, headers={"accept-language": "en"})
    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "bad_event",
        "detail": "A track call needs the event's name in `event`.",
        "message": "A track call needs the event's name in `event`.",
    }
    assert [r.code for r in await seen.rejects()] == ["no_event_name"]


async def test_it_refuses_events_that_are_nested_too_deep(
    api: httpx.AsyncClient, seen: Ingestion
) -> None:
    for levels in (40, 5_000):
        deep = '{"a":' * levels + "1" + "}" * levels
        body = f'{{"event":"x","userId":"u","properties":{deep}}}'
        assert (await api.post("/v1/track", content=body)).status_code == 400
    fine = '{"a":' * 20 + "1" + "}" * 20
    body = f'{{"event":"x","userId":"u","properties":{fine}}}'
    assert (await api.post("/v1/track", content=body)).status_code == 200
    assert {r.code for r in await seen.rejects()} == {"too_deep"}


async def test_it_passes_over_a_byte_order_mark(api: httpx.AsyncClient, seen: Ingestion) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(track()).encode()
    assert (await api.post("/v1/track", content=body)).status_code == 200
    assert await seen.logged() == 1


async def test_it_knows_no_other_address_and_no_other_method(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/nothing", json={})).status_code == 404
    assert (await api.post("/v1/", json={})).status_code == 404
    answer = await api.get("/v1/track")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_it_slows_down_a_key_that_sends_too_fast(
    rt: Runtime, secret_key: str, seen: Ingestion
) -> None:
    import msgspec

    from otklik.ingestion.public import open_event_service

    slow = msgspec.structs.replace(
        rt.settings, ingestion=msgspec.structs.replace(rt.settings.ingestion, events_per_s_max=10)
    )
    before, rt.settings = rt.settings, slow
    try:
        async with open_event_service(rt) as service:
            transport = httpx.ASGITransport(app=service)  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
            async with httpx.AsyncClient(
                transport=transport, base_url="http://t", auth=(secret_key, "")
            ) as client:
                batch = {"batch": [track() for _ in range(20)]}
                first = await client.post("/v1/batch", json=batch)
                second = await client.post("/v1/batch", json=batch)
    finally:
        rt.settings = before
    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (429, "too_fast")
    assert 1 <= int(second.headers["retry-after"]) <= 3
    assert await seen.logged() == 20


async def test_it_speaks_russian_to_those_who_ask(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/batch", content=b"{", headers={"accept-language": "ru"})
    assert "неправильный JSON" in answer.json()["message"]


async def test_it_keeps_the_address_of_a_browser_and_not_of_a_server(
    rt: Runtime,
    api: httpx.AsyncClient,
    bare_api: httpx.AsyncClient,
    public_key: str,
    seen: Ingestion,
) -> None:
    await api.post("/v1/track", json=track(messageId="1"))
    await bare_api.post("/v1/track", json={**track(messageId="2"), "writeKey": public_key})
    await seen.drain()
    rows = await seen.stored("message_id, JSONExtractString(context, 'ip'), source")
    assert rows == [("1", "", "server"), ("2", "127.0.0.1", "browser")]


async def test_it_makes_one_commit_of_many_requests(
    api: httpx.AsyncClient, seen: Ingestion, rt: Runtime
) -> None:
    answers = await asyncio.gather(*[api.post("/v1/track", json=track()) for _ in range(200)])
    assert {a.status_code for a in answers} == {200}
    assert await seen.logged() == 200
    async with rt.db.begin() as tx:
        import sqlalchemy as sa

        chunks = await tx.execute(
            sa.text("SELECT count(*) FROM event_chunks WHERE workspace_id = :w"),
            {"w": seen.workspace_id},
        )
    assert chunks.scalar_one() < 100
