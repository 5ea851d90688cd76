"""Sources over HTTP: a form is connected by clicking."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from otklik.ingestion.hooks import work
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.ingestion.hooking import FORM
from tests.ingestion.support import Ingestion


async def new_source(cast: Cast, service: str = "tilda") -> dict[str, Any]:
    answer = await cast.marketer.post("/api/v1/sources", json={"name": "Site", "service": service})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def call(cast: Cast, made: dict[str, Any], **body: Any) -> httpx.Response:
    path = httpx.URL(made["source"]["url"]).path
    headers = {"X-Otklik-Secret": made["secret"]} if made["secret"] else {}
    return await cast.nobody.post(path, headers=headers, **body)


async def test_a_marketer_connects_a_form_by_clicking(
    cast: Cast, rt: Runtime, seen: Ingestion
) -> None:
    made = await new_source(cast)
    where = f"/api/v1/sources/{made['source']['id']}"
    assert made["source"]["state"] == "new"
    assert len(made["secret"]) >= 32
    assert (await call(cast, made, data={"test": "test"})).status_code == 200
    assert (
        await call(cast, made, data={"Name": "Anna", "Email": "anna@example.com"})
    ).status_code == 200
    source = (await cast.marketer.get(where)).json()
    assert (source["state"], source["caught"], source["has_secret"]) == ("catching", 2, True)
    assert "secret" not in source
    preview = (await cast.marketer.post(f"{where}/preview", json={})).json()
    assert [event["type"] for event in preview["events"]] == ["identify", "track"]
    assert [field["path"] for field in preview["fields"]][:2] == [["Name"], ["Email"]]
    saved = await cast.marketer.put(f"{where}/mapping", json={"mapping": preview["suggested"]})
    assert saved.json() == {"calls": 2}
    await work.step_hooks(rt)
    await seen.drain()
    calls = (await cast.marketer.get(f"{where}/calls")).json()["items"]
    assert [one["state"] for one in calls] == ["mapped", "ignored"]
    assert calls[1]["reason"] == "The service only checked the address."
    detail = (await cast.marketer.get(f"{where}/calls/{calls[0]['id']}")).json()
    assert "anna%40example.com" in detail["body"]
    assert detail["call"]["profile_id"] is not None
    assert made["secret"] not in json.dumps(detail)
    failed = (await cast.marketer.get(f"{where}/calls", params={"status": "failed"})).json()
    assert failed["items"] == []
    again = await cast.marketer.post(f"{where}/replays", json={"call_id": calls[0]["id"]})
    assert again.json() == {"calls": 1}
    await work.step_hooks(rt)
    await seen.drain()
    assert len(await seen.stored()) == 2


async def test_a_secret_is_shown_once_and_can_be_replaced(cast: Cast) -> None:
    made = await new_source(cast)
    where = f"/api/v1/sources/{made['source']['id']}"
    check = {"method": "standard", "tolerance_s": 300}
    fresh = (await cast.owner.put(f"{where}/check", json={"check": check})).json()
    assert fresh["secret"].startswith("whsec_")
    assert fresh["secret"] not in (await cast.owner.get(where)).text
    assert fresh["secret"] not in (await cast.owner.get("/api/v1/audit")).text
    own = {"check": {"method": "basic", "user": "bot"}, "secret": "my own secret"}
    answer = await cast.owner.put(f"{where}/check", json=own)
    assert answer.json()["secret"] is None
    assert "my own secret" not in answer.text
    short = await cast.owner.put(f"{where}/check", json={**own, "secret": "x"})
    assert (short.status_code, short.json()["code"]) == (422, "bad_check")


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"event": "Sent"}, "bad_mapping"),
        ({"rules": [{"path": ["a"], "to": "trait"}]}, "bad_mapping"),
        ({"rules": [{"path": ["a"], "to": "external", "name": "Big Kind"}]}, "bad_mapping"),
        ({"rules": [{"path": ["a"], "to": "email"}], "timezone": "Nowhere"}, "bad_mapping"),
        (
            {
                "rules": [{"path": ["a"], "to": "email"}],
                "consents": [
                    {
                        "path": ["b"],
                        "channel": "email",
                        "topic_id": "01900000-0000-7000-8000-000000000009",
                    }
                ],
            },
            "topic_not_found",
        ),
        ({"rules": [{"path": [], "to": "email"}]}, "invalid"),
    ],
)
async def test_a_mapping_that_could_not_work_is_refused(
    cast: Cast, mapping: dict[str, Any], code: str
) -> None:
    made = await new_source(cast)
    answer = await cast.owner.put(
        f"/api/v1/sources/{made['source']['id']}/mapping", json={"mapping": mapping}
    )
    assert answer.status_code in {400, 404, 422}
    assert answer.json()["code"] == code


async def test_a_colleague_sees_and_a_stranger_does_not(cast: Cast) -> None:
    made = await new_source(cast)
    where = f"/api/v1/sources/{made['source']['id']}"
    await call(cast, made, data=FORM)
    calls = (await cast.owner.get(f"{where}/calls")).json()["items"]
    one = f"{where}/calls/{calls[0]['id']}"
    reads = ["/api/v1/sources", where, f"{where}/calls", one]
    for path in reads:
        assert (await cast.colleague.get(path)).status_code == 200
        assert (await cast.nobody.get(path)).status_code == 401
    assert (await cast.stranger.get("/api/v1/sources")).json() == []
    for path in reads[1:]:
        assert (await cast.stranger.get(path)).status_code == 404
    mapping = {"mapping": {"rules": [{"path": ["Email"], "to": "email"}]}}
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", where, {"name": "Mine"}),
        ("PUT", f"{where}/check", {"check": {"method": "none"}}),
        ("PUT", f"{where}/mapping", mapping),
        ("POST", f"{where}/replays", {}),
        ("DELETE", where, {}),
    ]
    for method, path, body in writes:
        send = {"json": body} if body or method == "POST" else {}
        assert (await cast.colleague.request(method, path, **send)).status_code == 403
        assert (await cast.stranger.request(method, path, **send)).status_code == 404
    assert (
        await cast.colleague.post("/api/v1/sources", json={"name": "x", "service": "other"})
    ).status_code == 403
    assert (await cast.stranger.post(f"{where}/preview", json={})).status_code == 404
    assert (await cast.owner.delete(where)).status_code == 200
    assert (await call(cast, made, data={"a": "b"})).status_code in {200, 404}
    assert (await cast.owner.get(where)).status_code == 404


async def test_a_source_without_a_check_needs_none(cast: Cast) -> None:
    made = await new_source(cast, "other")
    assert made["secret"] is None
    assert made["source"]["check"] == {"method": "none"}
    assert (await call(cast, made, json={"a": 1})).status_code == 200
