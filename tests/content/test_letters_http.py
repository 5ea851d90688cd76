"""Letters over HTTP: kept, listed, previewed, tried; by whom who may."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from otklik.content import trial, usage
from otklik.content.public import Reference, TrialLetter, TrialResult
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.content.helpers import FOOTER

SOURCE = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>Hello {{ customer.first_name }} "
    f"{FOOTER}</mj-text></mj-column></mj-section></mj-body></mjml>"
)
LETTER = {
    "name": "Spring",
    "kind": "mjml",
    "subject": "Hi {{ customer.first_name }}",
    "source": SOURCE,
}


async def created(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/letters", json={**LETTER, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_letter_is_kept_exactly_as_written(cast: Cast) -> None:
    source = SOURCE.replace("Hello", "Hello\r\n\t <br> é \U0001f600 &nbsp;")
    made = await created(cast.marketer, source=source, preheader="p", text="t")
    assert made["source"] == source
    assert made["version"] == 1
    assert made["used_by"] == []
    again = (await cast.colleague.get(f"/api/v1/letters/{made['id']}")).json()
    assert again == made


async def test_a_draft_may_be_empty_or_wrong(cast: Cast) -> None:
    made = await created(cast.marketer, source="<mj-nonsense>{{", subject="")
    assert made["source"] == "<mj-nonsense>{{"


async def test_changing_the_text_makes_a_new_version_and_the_name_does_not(cast: Cast) -> None:
    made = await created(cast.marketer)
    path = f"/api/v1/letters/{made['id']}"
    renamed = (await cast.marketer.patch(path, json={"name": "Summer"})).json()
    assert (renamed["name"], renamed["version"], renamed["subject"]) == (
        "Summer",
        1,
        LETTER["subject"],
    )
    changed = (await cast.marketer.patch(path, json={"source": "x"})).json()
    assert (changed["name"], changed["version"], changed["source"]) == ("Summer", 2, "x")


async def test_letters_are_listed_in_pages_and_found_by_name(cast: Cast) -> None:
    names = [f"Letter {i}" for i in range(5)] + ["50%_off"]
    for name in names:
        await created(cast.marketer, name=name)
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await cast.colleague.get("/api/v1/letters", params=params)).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(names)
    assert "source" not in page["items"][0]
    found = (await cast.colleague.get("/api/v1/letters", params={"search": "%_O"})).json()
    assert [item["name"] for item in found["items"]] == ["50%_off"]
    wrong = await cast.colleague.get("/api/v1/letters", params={"cursor": "nonsense"})
    assert wrong.json()["code"] == "bad_cursor"


async def test_a_letter_in_use_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await created(cast.marketer)

    async def campaigns(tx: object, workspace_id: int, ids: Any) -> dict[Any, list[Reference]]:
        return {i: [Reference("campaign", "1", "Big sale")] for i in ids if str(i) == made["id"]}

    monkeypatch.setattr(usage, "_lookups", [campaigns])
    path = f"/api/v1/letters/{made['id']}"
    refused = await cast.marketer.delete(path)
    assert refused.status_code == 409
    assert refused.json()["code"] == "letter_in_use"
    assert "Big sale" in refused.json()["detail"]
    shown = (await cast.marketer.get(path)).json()
    assert shown["used_by"] == [{"kind": "campaign", "id": "1", "name": "Big sale"}]
    monkeypatch.setattr(usage, "_lookups", [])
    assert (await cast.marketer.delete(path)).status_code == 204
    assert (await cast.marketer.get(path)).status_code == 404


async def test_a_stranger_sees_nothing_and_an_analyst_changes_nothing(cast: Cast) -> None:
    made = await created(cast.marketer)
    path = f"/api/v1/letters/{made['id']}"
    assert (await cast.stranger.get(path)).status_code == 404
    assert (await cast.stranger.patch(path, json={"name": "x"})).status_code == 404
    assert (await cast.stranger.delete(path)).status_code == 404
    test = await cast.stranger.post(f"{path}/test", json={"addresses": ["a@b.ru"]})
    assert test.status_code == 404
    assert (await cast.stranger.get("/api/v1/letters")).json()["items"] == []
    assert (await cast.colleague.post("/api/v1/letters", json=LETTER)).status_code == 403
    assert (await cast.colleague.patch(path, json={"name": "x"})).status_code == 403
    assert (await cast.colleague.delete(path)).status_code == 403
    assert (await cast.nobody.get(path)).status_code == 401


async def preview(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post(
        "/api/v1/letters/preview",
        json={"source": SOURCE, "subject": "Hi {{ customer.first_name }}", **fields},
    )
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_preview_shows_the_letter_and_its_problems(cast: Cast) -> None:
    made = await preview(cast.colleague, preheader="Only today")
    assert made["subject"] == "Hi Emma"
    assert made["preheader"] == "Only today"
    assert "Hello Emma" in made["html"]
    assert "Hello Emma" in made["text"]
    assert made["size_bytes"] > 1000
    assert made["problems"] == []
    assert "Content-Security-Policy" in made["html"]


async def test_a_preview_of_a_broken_letter_says_what_is_wrong_in_the_readers_language(
    cast: Cast,
) -> None:
    source = SOURCE.replace("Hello", "\n<mj-oops>")
    made = await preview(cast.colleague, source=source)
    assert made["html"] == ""
    assert ("mjml_unknown_tag", 2) in [(p["code"], p["line"]) for p in made["problems"]]
    answer = await cast.colleague.post(
        "/api/v1/letters/preview", json={"source": source}, headers={"accept-language": "ru"}
    )
    assert any("нет" in p["message"] for p in answer.json()["problems"])


async def test_a_preview_ends_even_when_the_template_would_not(cast: Cast) -> None:
    source = SOURCE.replace("Hello", "{% for i in (1..900000000) %}x{% endfor %}")
    made = await preview(cast.colleague, source=source)
    assert [p["code"] for p in made["problems"]] == ["loop_limit"]
    assert made["html"] == ""


async def test_a_preview_of_a_strangers_customer_is_not_found(cast: Cast) -> None:
    answer = await cast.stranger.post(
        "/api/v1/letters/preview", json={"source": SOURCE, "profile_id": 1}
    )
    assert answer.status_code == 404


async def test_a_test_letter_goes_where_its_author_wants(
    rt: Runtime, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[TrialLetter] = []

    async def mailer(runtime: Runtime, letter: TrialLetter) -> list[TrialResult]:
        assert runtime is rt
        sent.append(letter)
        return [TrialResult(a, accepted=True, text="250 OK") for a in letter.addresses]

    monkeypatch.setattr(trial, "_mailers", [mailer])
    made = await created(cast.marketer)
    path = f"/api/v1/letters/{made['id']}/test"
    answer = await cast.marketer.post(path, json={"addresses": ["me@shop.example"]})
    assert answer.json() == [{"address": "me@shop.example", "accepted": True, "text": "250 OK"}]
    assert sent[0].subject == "Hi Emma"
    assert "Hello Emma" in sent[0].html
    assert (await cast.colleague.post(path, json={"addresses": ["a@b.ru"]})).status_code == 403
    broken = await created(cast.marketer, source="<mjml>")
    answer = await cast.marketer.post(
        f"/api/v1/letters/{broken['id']}/test", json={"addresses": ["a@b.ru"]}
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "letter_broken"
    assert answer.json()["errors"][0]["line"] == 1
    monkeypatch.setattr(trial, "_mailers", [])
    answer = await cast.marketer.post(path, json={"addresses": ["a@b.ru"]})
    assert answer.json()["code"] == "trial_impossible"


async def test_starters_come_in_the_callers_language(cast: Cast) -> None:
    for lang in ("en", "ru"):
        answer = await cast.colleague.get(
            "/api/v1/letters/starters", headers={"accept-language": lang}
        )
        assert [s["key"] for s in answer.json()] == ["winback_discount", "winback_note"]
        assert {s["lang"] for s in answer.json()} == {lang}


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"kind": "docx"},
        {"subject": "x" * 1001},
        {"source": 1},
        {"unknown": 1},
        {"source": "a\x00b"},
    ],
)
async def test_wrong_input_is_refused_clearly(cast: Cast, body: dict[str, Any]) -> None:
    answer = await cast.marketer.post("/api/v1/letters", json={**LETTER, **body})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")
