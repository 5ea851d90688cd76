"""Exports over HTTP: rights, links, the audit, readers who leave."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Role
from otklik.exports.files import pages as pages_module
from otklik.exports.files import work as files
from otklik.exports.files.work import step_exports
from otklik.exports.http.data import _audits
from otklik.exports.schedules.sinks import data_file
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime
from tests.conftest import Cast, signed_in

from .world import START, World

PEOPLE = [{"name": f"n{i}", "email": f"{i}@example.org"} for i in range(5)]


async def audit(rt: Runtime, workspace_id: int, action: str) -> list[Any]:
    while _audits:
        await asyncio.gather(*_audits)
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.text(
                "SELECT user_id, detail FROM audit_entries "
                "WHERE workspace_id = :w AND action = :a ORDER BY id"
            ),
            {"w": workspace_id, "a": action},
        )
        return list(rows)


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_people_come_in_one_request_and_the_audit_knows(world: World, cast: Cast) -> None:
    await world.add_people(PEOPLE)
    answer = await cast.colleague.get("/api/v1/exports/profiles.csv", params={"columns": "email"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="profiles-2026')
    assert answer.headers["cache-control"] == "no-store"
    assert [row["email"] for row in rows_of(answer)] == [p["email"] for p in PEOPLE]
    (begun,) = await audit(world.rt, world.workspace_id, "export.downloaded")
    assert begun.user_id is not None
    assert (begun.detail["subject"], begun.detail["columns"]) == ("profiles", ["email"])
    (ended,) = await audit(world.rt, world.workspace_id, "export.finished")
    assert (ended.detail["rows"], ended.detail["whole"]) == (5, True)
    assert "example.org" not in str((begun.detail, ended.detail))


async def test_the_header_holds_a_cursor_for_the_same_rows(world: World, cast: Cast) -> None:
    await world.add_people(PEOPLE)
    first = await cast.owner.get("/api/v1/exports/profiles.csv")
    cursor = first.headers["otklik-cursor"]
    await world.add_people([{"name": "later", "email": "later@example.org"}])
    again = await cast.owner.get("/api/v1/exports/profiles.csv", params={"cursor": cursor})
    assert again.content == first.content


async def test_answers_are_packed_for_who_takes_them(world: World, cast: Cast) -> None:
    await world.add_people(PEOPLE * 40)
    packed = await cast.owner.get(
        "/api/v1/exports/profiles.jsonl", headers={"accept-encoding": "gzip"}
    )
    plain = await cast.owner.get(
        "/api/v1/exports/profiles.jsonl", headers={"accept-encoding": "identity"}
    )
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content


async def test_nobody_else_gets_anything(
    rt: Runtime, app: object, world: World, cast: Cast
) -> None:
    await world.add_people(PEOPLE)
    path = "/api/v1/exports/profiles.csv"
    assert (await cast.nobody.get(path)).status_code == 401
    assert rows_of(await cast.stranger.get(path)) == []
    async with await signed_in(rt, app, world.workspace_id, Role.OPERATOR) as operator:
        refused = await operator.get(path)
        assert refused.status_code == 403
        assert refused.json()["code"] == "export_forbidden"
        asked = await operator.post("/api/v1/exports", json={"plan": {"subject": "profiles"}})
        assert asked.status_code == 403


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
async def test_a_segment_has_an_address_of_its_own(world: World, cast: Cast, suffix: str) -> None:
    await world.add_people(PEOPLE)
    made = await cast.owner.post(
        "/api/v1/segments",
        json={"name": "All", "kind": "dynamic", "definition": {"kind": "everyone"}},
    )
    path = f"/api/v1/exports/segments/{made.json()['id']}.{suffix}"
    answer = await cast.owner.get(path)
    assert answer.status_code == 200
    assert len(answer.content) > 100
    assert (await cast.stranger.get(path)).status_code == 404
    assert (await cast.owner.get(f"/api/v1/exports/segments/{new_id()}.csv")).status_code == 404
    assert (await cast.owner.get("/api/v1/exports/segments/x.exe")).status_code == 404


async def test_mistakes_are_told_before_anything_is_sent(world: World, cast: Cast) -> None:
    answer = await cast.owner.get("/api/v1/exports/orders.csv", params={"columns": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "export_unknown_column")
    answer = await cast.owner.get("/api/v1/exports/orders.csv", params={"cursor": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")
    answer = await cast.owner.get("/api/v1/exports/orders.csv", params={"since": "yesterday"})
    assert answer.status_code == 422


async def test_a_reader_who_leaves_ends_the_reading(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.accounts.public import Principal
    from otklik.exports.files.stream import open_export
    from otklik.exports.http.data import _noted
    from otklik.exports.model import ExportPlan, Subject

    monkeypatch.setattr(pages_module, "FIRST_PAGE", 1)
    monkeypatch.setattr(pages_module, "PAGE_MAX", 1)
    await world.add_people(PEOPLE)
    rt = world.rt
    plan = ExportPlan(subject=Subject.PROFILES)
    export = await open_export(rt, plan, workspace_id=world.workspace_id, now=rt.clock())
    who = Principal(workspace_id=world.workspace_id, role=Role.OWNER)
    stream = _noted(rt, who, export, new_id())
    for _ in range(3):
        await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]  # what the server does with a gone reader
    (ended,) = await audit(rt, world.workspace_id, "export.finished")
    assert ended.detail["whole"] is False
    assert ended.detail["rows"] < 5


async def test_a_background_export_is_made_linked_and_fetched(world: World, cast: Cast) -> None:
    await world.add_people(PEOPLE)
    asked = await cast.owner.post(
        "/api/v1/exports",
        json={"name": "Для бухгалтерии", "plan": {"subject": "profiles", "columns": ["email"]}},
    )
    assert asked.status_code == 201
    export_id = asked.json()["id"]
    path = f"/api/v1/exports/files/{export_id}"
    early = await cast.owner.post(f"{path}/link")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    assert await step_exports(world.rt)
    view = (await cast.owner.get(path)).json()
    assert (view["state"], view["rows"], view["rows_expected"]) == ("done", 5, 5)
    assert view["created_by"] == "Owner"
    link = (await cast.owner.post(f"{path}/link")).json()
    address = link["url"].removeprefix("http://otklik.test")
    fetched = await cast.nobody.get(address)
    assert len(rows_of(fetched)) == 5
    rest = await cast.nobody.get(address, headers={"range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, fetched.content[10:])
    assert rest.headers["content-range"] == f"bytes 10-{view['size'] - 1}/{view['size']}"
    packed = {"accept-encoding": "gzip", "range": "bytes=3-7"}
    part = await cast.nobody.get(address, headers=packed)
    assert (part.status_code, part.content) == (206, fetched.content[3:8])
    assert "content-encoding" not in part.headers, "parts are counted in the bytes of the file"
    beyond = await cast.nobody.get(address, headers={"range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "export_range")
    clock: Any = world.rt.clock
    clock.move(minutes=61)
    assert (await cast.nobody.get(address)).status_code == 410
    assert (await cast.nobody.get(address[:-3] + "abc")).status_code == 410
    for call in (
        cast.stranger.get(path),
        cast.stranger.post(f"{path}/link"),
        cast.stranger.delete(path),
        cast.stranger.put(f"{path}/cancellation"),
    ):
        assert (await call).status_code == 404
    assert (await cast.stranger.get("/api/v1/exports")).json()["items"] == []
    listed = (await cast.colleague.get("/api/v1/exports")).json()["items"]
    assert [item["id"] for item in listed] == [export_id]


async def test_a_waiting_export_can_be_cancelled(world: World, cast: Cast) -> None:
    asked = await cast.owner.post("/api/v1/exports", json={"plan": {"subject": "events"}})
    path = f"/api/v1/exports/files/{asked.json()['id']}"
    assert (await cast.owner.put(f"{path}/cancellation")).status_code == 200
    assert not await step_exports(world.rt)
    assert (await cast.owner.get(path)).json()["state"] == "cancelled"
    assert (await cast.owner.put(f"{path}/cancellation")).status_code == 409


async def test_nobody_fills_the_disk_by_asking_again_and_again(world: World, cast: Cast) -> None:
    body = {"plan": {"subject": "events"}}
    asked = [await cast.colleague.post("/api/v1/exports", json=body) for _ in range(21)]
    assert [one.status_code for one in asked] == [201] * 20 + [409]
    assert asked[-1].json()["code"] == "export_too_many"
    assert (await cast.stranger.post("/api/v1/exports", json=body)).status_code == 201
    path = f"/api/v1/exports/files/{asked[0].json()['id']}"
    assert (await cast.owner.put(f"{path}/cancellation")).status_code == 200
    assert (await cast.colleague.post("/api/v1/exports", json=body)).status_code == 201


async def test_an_export_that_kills_its_process_is_given_up(world: World, cast: Cast) -> None:
    asked = await cast.owner.post("/api/v1/exports", json={"plan": {"subject": "events"}})
    clock: Any = world.rt.clock
    for _ in range(files.ATTEMPTS_MAX):
        async with world.rt.db.begin() as tx:
            assert await files.take(tx, now=world.rt.clock()) is not None
        clock.move(seconds=61)
    async with world.rt.db.begin() as tx:
        assert await files.take(tx, now=world.rt.clock()) is None
    view = (await cast.owner.get(f"/api/v1/exports/files/{asked.json()['id']}")).json()
    assert view["state"] == "failed"


async def test_a_wish_to_stop_that_comes_when_the_file_is_whole_leaves_no_file(
    world: World, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.add_people(PEOPLE)
    asked = await cast.owner.post("/api/v1/exports", json={"plan": {"subject": "profiles"}})
    export_id = asked.json()["id"]

    async def fill(*given: Any, **more: Any) -> None:
        await files.fill_whole(*given, **more)
        assert data_file(world.rt, world.workspace_id, export_id).exists()
        raise files.Cancelled

    monkeypatch.setattr(files, "fill_whole", files.fill, raising=False)
    monkeypatch.setattr(files, "fill", fill)
    assert await step_exports(world.rt)
    view = (await cast.owner.get(f"/api/v1/exports/files/{export_id}")).json()
    assert view["state"] == "cancelled"
    assert not data_file(world.rt, world.workspace_id, export_id).exists()


async def test_columns_name_what_the_workspace_has(world: World, cast: Cast) -> None:
    await world.add_people([{"city": "Тула"}])
    found = (await cast.owner.get("/api/v1/exports/columns?subject=profiles")).json()
    names = {column["name"]: column for column in found}
    assert names["traits.city"]["usual"] is False
    assert names["email"]["label"] == "E-mail"
    assert (await cast.owner.get("/api/v1/exports/columns?subject=x")).status_code == 422


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "ftp://example.org", "http://10.0.0.1/"])
async def test_a_hook_into_the_own_network_is_refused(cast: Cast, url: str) -> None:
    target = {"kind": "webhook", "url": url}
    answer = await cast.owner.post("/api/v1/forwardings", json={"name": "x", "target": target})
    assert answer.status_code in {400, 422}


async def test_columns_may_be_named_one_by_one(world: World, cast: Cast) -> None:
    (one,) = await world.add_people([{"name": "n", "email": "n@example.org"}])
    await world.add_events([(one, "Bought", START, "m1", {"sku": "=x"})])
    answer = await cast.owner.get(
        "/api/v1/exports/events.csv",
        params=[("columns", "customer.email"), ("columns", "properties.sku"), ("name", "Bought")],
    )
    assert rows_of(answer) == [{"customer.email": "n@example.org", "properties.sku": "'=x"}]
