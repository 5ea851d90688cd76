"""The web application as a whole: its description, its headers, its pages."""

from __future__ import annotations

import re

from litestar import get
from litestar.exceptions import InternalServerException

from otklik.runtime.public import Runtime
from otklik.runtime.web.app import create_app
from otklik.runtime.web.edge import Edge
from tests.conftest import Cast, client_of


async def test_the_api_describes_itself(cast: Cast) -> None:
    answer = await cast.nobody.get("/api/openapi.json")
    assert answer.status_code == 200
    described = answer.json()
    assert described["openapi"].startswith("3.1")
    names = [
        operation["operationId"]
        for path in described["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "operationId" in operation
    ]
    assert len(names) == len(set(names)) > 70
    for name in names:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name), name


async def test_the_description_knows_how_failures_and_streams_look(cast: Cast) -> None:
    described = (await cast.nobody.get("/api/openapi.json")).json()
    asked = described["paths"]["/api/v1/profiles"]["get"]["responses"]
    assert "400" not in asked
    form = asked["default"]["content"]["application/problem+json"]["schema"]["$ref"]
    shape = described["components"]["schemas"][form.rsplit("/", 1)[-1]]
    failed = await cast.owner.get("/api/v1/profiles?limit=many")
    assert failed.status_code == 422
    assert failed.headers["content-type"] == "application/problem+json"
    assert set(shape["required"]) <= set(failed.json()) <= set(shape["properties"])
    live = described["paths"]["/api/v1/events/live"]["get"]["responses"]["200"]
    assert list(live["content"]) == ["text/event-stream"]


async def test_every_answer_carries_the_headers_of_safety(cast: Cast) -> None:
    for path in ("/api/v1/me", "/", "/healthz", "/nothing/here", "/api/v1/nothing"):
        answer = await cast.nobody.get(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-request-id"]


async def test_a_page_answers_head_and_a_counted_link_does_not(cast: Cast) -> None:
    for path in ("/", "/mailings", "/healthz"):
        assert (await cast.nobody.head(path)).status_code == 200, path
    for path in ("/t/c/token", "/u/token", "/api/v1/events/live"):
        assert (await cast.nobody.head(path)).status_code in {404, 405}, path


async def test_an_unknown_address_of_the_api_is_a_problem_and_no_page(cast: Cast) -> None:
    answer = await cast.owner.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_files_of_the_interface_have_their_types(cast: Cast) -> None:
    page = await cast.nobody.get("/mailings/anything")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    for file in re.findall(r'src="(/[^"]+\.js)"', page.text):
        script = await cast.nobody.get(file)
        assert script.headers["content-type"].split(";")[0] in {
            "text/javascript",
            "application/javascript",
        }, file


async def test_a_path_can_not_leave_the_folder(cast: Cast) -> None:
    for path in ("/../pyproject.toml", "/assets/../../settings.py", "/..%2f..%2fsettings.py"):
        answer = await cast.nobody.get(path)
        assert "hatchling" not in answer.text
        assert "OTKLIK_" not in answer.text


async def test_health_speaks_for_machines(cast: Cast) -> None:
    assert (await cast.nobody.get("/healthz")).json() == {"status": "ok"}
    ready = await cast.nobody.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"postgresql": "ok", "clickhouse": "ok"})
    metrics = await cast.nobody.get("/metrics")
    assert "otklik_http_request_seconds" in metrics.text


async def test_a_body_of_brackets_is_refused_and_breaks_nothing(cast: Cast) -> None:
    for path in ("/api/v1/topics", "/api/v1/letters", "/api/v1/segments", "/api/v1/campaigns"):
        answer = await cast.owner.post(
            path, content=b"[" * 100_000, headers={"content-type": "application/json"}
        )
        assert answer.status_code in {400, 413, 422}, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_postgresql_can_not_hold_is_refused_in_words(cast: Cast) -> None:
    nul = {"name": "Autumn \x00 sale"}
    large = "9" * 20
    calls = [
        cast.owner.post("/api/v1/campaigns", json=nul),
        cast.owner.get("/api/v1/campaigns", params={"search": "\x00"}),
        cast.nobody.get("/.well-known/otklik/%00"),
        cast.owner.get(f"/api/v1/returned-mails/{large}"),
        cast.owner.get("/api/v1/returned-mails", params={"message_id": large}),
    ]
    for call in calls:
        answer = await call
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
        assert "detail" in answer.json()
    russian = await cast.owner.post(
        "/api/v1/campaigns", json=nul, headers={"accept-language": "ru"}
    )
    assert "знак с номером 0" in russian.json()["detail"]


async def test_a_fault_of_the_framework_is_logged_under_a_number(rt: Runtime) -> None:
    @get("/broken", opt={"public": True})
    async def broken() -> None:
        raise InternalServerException("a file is gone")

    async with client_of(Edge(create_app(rt, api=[broken]), rt)) as client:
        answer = await client.get("/api/v1/broken", headers={"accept-language": "ru"})
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    number = answer.json()["request_id"]
    assert number == answer.headers["x-request-id"]
    assert number in answer.json()["detail"]
    assert "file" not in answer.text


async def test_a_value_out_of_bounds_is_told_in_the_readers_language(cast: Cast) -> None:
    asked = {"source": "", "subject": "x" * 1_001}
    for lang, said in (
        ("ru", "subject: длиннее допустимого"),
        ("en", "subject: longer than 1,000"),
    ):
        answer = await cast.owner.post(
            "/api/v1/letters/preview", json=asked, headers={"accept-language": lang}
        )
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
        assert "Expected" not in answer.text
    unnamed = await cast.owner.post(
        "/api/v1/letters", json={"name": ""}, headers={"accept-language": "ru"}
    )
    assert "name: не должно быть пустым" in unnamed.json()["detail"]


async def test_what_is_too_large_is_refused_in_the_readers_language(cast: Cast) -> None:
    answer = await cast.owner.post(
        "/api/v1/letters/preview",
        json={"source": "x" * (5 * 1024 * 1024)},
        headers={"accept-language": "ru"},
    )
    assert answer.status_code == 413
    assert answer.json()["detail"] == "Вы отправили больше, чем здесь принимается."
