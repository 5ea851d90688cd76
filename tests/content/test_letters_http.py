"""Letters over HTTP: kept, listed, previewed, tried; by whom who may."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from otklik.accounts.public import Workspace
from otklik.catalog.public import OrderEvent, apply_order_events, order_event
from otklik.content import trial, usage, variables
from otklik.content.public import Reference, TrialLetter, TrialResult, traits_of_letters
from otklik.kit.uses import UseState
from otklik.profiles.public import set_traits
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.content.helpers import FOOTER
from tests.delivery.support import make_people

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


async def test_who_saves_second_is_told_and_changes_nothing(cast: Cast) -> None:
    made = await created(cast.marketer)
    path = f"/api/v1/letters/{made['id']}"
    first = await cast.owner.patch(path, json={"subject": "Mine", "version": 1})
    assert first.json()["version"] == 2
    late = await cast.marketer.patch(path, json={"subject": "Yours", "version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "letter_changed")
    assert (await cast.marketer.get(path)).json()["subject"] == "Mine"
    # A name may be changed by whoever comes.
    renamed = await cast.marketer.patch(path, json={"name": "June", "version": 1})
    assert renamed.json()["name"] == "June"
    gone = await cast.stranger.patch(path, json={"subject": "x", "version": 2})
    assert gone.status_code == 404


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
    use = {"kind": "campaign", "id": "1", "name": "Big sale"}
    assert shown["used_by"] == [{**use, "state": "running"}]

    async def over(tx: object, workspace_id: int, ids: Any) -> dict[Any, list[Reference]]:
        return {i: [Reference("campaign", "1", "Big sale", UseState.OVER)] for i in ids}

    monkeypatch.setattr(usage, "_lookups", [over])
    assert (await cast.marketer.get(path)).json()["used_by"] == [{**use, "state": "over"}]
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
    assert [p["code"] for p in made["problems"]] == ["preheader_empty", "loop_limit"]
    assert made["html"] == ""


async def test_letters_know_orders_and_computed_traits_and_tell_their_authors(
    rt: Runtime, workspace: Workspace, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def titles(tx: object, workspace_id: int) -> dict[str, str]:
        return {"engagement.points": "Engagement"}

    monkeypatch.setattr(variables, "_title_lookups", [titles])
    field = {"level": "order", "type": "date", "title": "Licence until", "source": "until"}
    for client, name in ((cast.owner, "licence_end"), (cast.stranger, "secret")):
        put = await client.put(f"/api/v1/order-fields/{name}", json=field)
        assert put.status_code == 200, put.text
    (person,) = await make_people(rt, workspace, ["ann"])
    async with rt.db.begin() as tx:
        traits = {"engagement": {"points": 12.5}, "тариф": "Про"}
        await set_traits(tx, workspace_id=workspace.id, profile_id=person, traits=traits, now=now)
        order = order_event(
            profile_id=person,
            name="Order Completed",
            time=now,
            properties={
                "order_id": "A-1",
                "total": 990,
                "until": "31.01.2027",
                "products": [{"product_id": "p1", "name": "Kettle", "price": 990}],
            },
        )
        assert isinstance(order, OrderEvent)
        await apply_order_events(tx, workspace_id=workspace.id, rows=[order], now=now)
    url = "/api/v1/letters/variables"
    found = {one["name"]: one for one in (await cast.colleague.get(url)).json()}
    assert found["last_order.fields.licence_end"] == {
        "name": "last_order.fields.licence_end",
        "group": "order",
        "type": "date",
        "title": "Licence until",
        "sample": "2027-01-31",
    }
    points = found["customer.engagement.points"]
    assert (points["group"], points["title"], points["sample"]) == (
        "computed",
        "Engagement",
        "12.5",
    )
    assert (found["customer.тариф"]["sample"], found["line.name"]["sample"]) == ("Про", "Kettle")
    assert "last_order.fields.secret" not in found
    in_russian = (await cast.owner.get(url, headers={"accept-language": "ru"})).json()
    titles_of = {one["name"]: one["title"] for one in in_russian}
    assert (titles_of["last_order.total"], titles_of["customer.тариф"]) == ("Сумма заказа", "")
    theirs = {one["name"]: one for one in (await cast.stranger.get(url)).json()}
    assert theirs["last_order.total"]["sample"] is None
    assert (await cast.stranger.get(url, params={"profile_id": person})).status_code == 404
    said = (
        '{{ last_order.fields.licence_end | date: "%d.%m.%Y" }} {% for order in orders %}'
        "{{ order.lines[0].name }} {{ order.total | number }}{% endfor %}"
        " {{ customer.engagement.points }}"
    )
    source = SOURCE.replace("Hello", said)
    made = await preview(cast.colleague, source=source, profile_id=person)
    assert [p["code"] for p in made["problems"]] == ["preheader_empty"]
    assert "31.01.2027 Kettle 990 12.5" in made["text"]
    wrong = SOURCE.replace("Hello", "{{ last_order.fields.license_end }}")
    _, problem = (await preview(cast.colleague, source=wrong))["problems"]
    assert problem["code"] == "unknown_variable"
    assert "last_order.fields.licence_end" in problem["message"]


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
    made = await created(cast.marketer, amp="<p>{{ customer.first_name }}: {{ answer_url }}</p>")
    path = f"/api/v1/letters/{made['id']}/test"
    answer = await cast.marketer.post(path, json={"addresses": ["me@shop.example"]})
    assert answer.json() == [{"address": "me@shop.example", "accepted": True, "text": "250 OK"}]
    assert sent[0].subject == "Hi Emma"
    assert "Hello Emma" in sent[0].html
    assert sent[0].amp == "<p>Emma: http://otklik.test/a/preview</p>"
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


async def test_an_amp_part_is_kept_and_checked_and_has_examples(
    rt: Runtime, workspace: Workspace, cast: Cast
) -> None:
    answer = await cast.colleague.get(
        "/api/v1/letters/amp-examples", headers={"accept-language": "ru"}
    )
    survey, topics = answer.json()
    assert (survey["key"], survey["name"], topics["key"]) == ("survey", "Опрос", "topics")
    made = await created(cast.marketer, amp=survey["amp"])
    assert made["amp"] == survey["amp"]
    named = survey["amp"].replace("<h1>", "<h1>{{ customer.plan.name }}")
    await cast.marketer.patch(f"/api/v1/letters/{made['id']}", json={"amp": named})
    async with rt.db.begin() as tx:
        [(_, _, traits)] = await traits_of_letters(tx, workspace_id=workspace.id)
    assert traits == {"first_name", "plan.name"}
    changed = await cast.marketer.patch(f"/api/v1/letters/{made['id']}", json={"amp": ""})
    assert (changed.json()["amp"], changed.json()["version"]) == ("", 3)
    shown = await preview(cast.colleague, amp=f"{survey['amp']}<img>")
    said = {p["code"]: (p["part"], p["level"], p["line"]) for p in shown["problems"]}
    line = survey["amp"].count("\n") + 1
    assert said["amp_tag"] == ("amp", "warning", line)
    assert said["amp_not_shown"] == ("amp", "warning", None)
    assert "Hello Emma" in shown["html"]
    assert (await cast.stranger.get(f"/api/v1/letters/{made['id']}")).status_code == 404


async def test_starters_come_in_the_callers_language(cast: Cast) -> None:
    for lang in ("en", "ru"):
        answer = await cast.colleague.get("/api/v1/starters", headers={"accept-language": lang})
        assert len(answer.json()) == 12
        assert all(s["preview_html"] and s["purpose"] for s in answer.json())
        assert {s["lang"] for s in answer.json()} == {lang}
    asked = await cast.colleague.get("/api/v1/starters?lang=ru", headers={"accept-language": "en"})
    assert {s["lang"] for s in asked.json()} == {"ru"}


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
