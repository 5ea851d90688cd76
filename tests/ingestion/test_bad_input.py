"""Bad input: the reason is said clearly, and what was good beside it is not lost."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from otklik.ingestion.public import (
    ImportKind,
    ImportOptions,
    ImportView,
    error_file,
    import_file,
    list_rejects,
)
from otklik.profiles.public import ProfileItem, list_profiles
from otklik.runtime.public import Runtime
from tests.ingestion.support import Ingestion, track

HOSTILE = [
    "<script>alert(1)</script>",
    "{{7*7}}",
    "{% for x in y %}",
    "'; DROP TABLE profiles; --",
    "=HYPERLINK(0)",
    "\u202eannA",
]


async def people(rt: Runtime, seen: Ingestion) -> dict[str | None, ProfileItem]:
    """Return everybody by his user id."""
    async with rt.db.begin() as tx:
        page = await list_profiles(tx, workspace_id=seen.workspace_id, limit=200)
    return {one.user_id: one for one in page.items}


async def the_import(rt: Runtime, seen: Ingestion, file: Path, **options: Any) -> ImportView:
    return await import_file(
        rt,
        workspace_id=seen.workspace_id,
        kind=ImportKind.CUSTOMERS,
        file=file,
        carry=True,
        options=ImportOptions(**options),
    )


async def errors(rt: Runtime, seen: Ingestion, view: ImportView, lang: Any) -> list[list[str]]:
    parts = [
        part
        async for part in error_file(
            rt, workspace_id=seen.workspace_id, import_id=view.id, lang=lang
        )
    ]
    return list(csv.reader(io.StringIO(b"".join(parts).decode("utf-8-sig"))))


@pytest.mark.parametrize("address", ["batch", "track"])
@pytest.mark.parametrize("body", [b"{", b"", b"not json", b'{"event": "x",}', b"\xff\xfe\x00"])
async def test_malformed_json_is_refused_and_the_next_request_is_taken(
    api: httpx.AsyncClient, seen: Ingestion, address: str, body: bytes
) -> None:
    answer = await api.post(f"/v1/{address}", content=body, headers={"accept-language": "ru"})
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "неправильный JSON" in answer.json()["detail"]
    assert await seen.logged() == 0
    assert (await api.post("/v1/track", json=track())).status_code == 200
    assert await seen.logged() == 1


async def test_an_oversized_event_is_put_aside_and_the_others_are_stored(
    api: httpx.AsyncClient, seen: Ingestion, rt: Runtime
) -> None:
    big = track(properties={"text": "x" * 40_000})
    answer = await api.post("/v1/batch", json={"batch": [track(), big, track()]})
    assert answer.status_code == 200
    await seen.drain()
    assert len(await seen.stored()) == 2
    async with rt.db.begin() as tx:
        (reject,) = (await list_rejects(tx, workspace_id=seen.workspace_id, lang="ru")).items
    assert reject.reason == "Событие больше 32768 байт."


async def test_unknown_keys_are_passed_over(api: httpx.AsyncClient, seen: Ingestion) -> None:
    event = track(event="Bought", unknownKey={"a": [1]}, __proto__={"x": 1}, **{"": 1})
    assert (await api.post("/v1/batch", json={"batch": [event], "more": 1})).status_code == 200
    await seen.drain()
    assert await seen.stored("name, toString(properties)") == [
        ("Bought", '{"amount":5,"plan":"pro"}')
    ]
    assert await seen.rejects() == []


async def test_a_wrong_key_is_refused_with_what_to_do(
    bare_api: httpx.AsyncClient, seen: Ingestion
) -> None:
    answer = await bare_api.post(
        "/v1/track", json={**track(), "writeKey": "wrong"}, headers={"accept-language": "ru"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_key")
    assert answer.json()["hint"].startswith("Передайте ключ")
    assert await seen.logged() == 0


async def test_hostile_names_are_kept_as_the_text_they_are(
    rt: Runtime, api: httpx.AsyncClient, seen: Ingestion
) -> None:
    calls = [
        {"type": "identify", "userId": f"u{i}", "traits": {"name": name, name: name}}
        for i, name in enumerate(HOSTILE)
    ]
    calls += [track(f"u{i}", event=name) for i, name in enumerate(HOSTILE)]
    assert (await api.post("/v1/batch", json={"batch": calls})).status_code == 200
    await seen.drain()
    found = await people(rt, seen)
    assert [found[f"u{i}"].name for i in range(len(HOSTILE))] == HOSTILE
    names = await seen.stored("name, type")
    assert sorted(name for name, kind in names if kind == "track") == sorted(HOSTILE)
    async with rt.db.begin() as tx:
        page = await list_profiles(tx, workspace_id=seen.workspace_id, search="{{7*7}}")
    assert [one.user_id for one in page.items] == ["u1"]


@pytest.mark.parametrize(
    "address",
    ["anna@shop.example\nBcc: all@shop.example", "anna@shop.example\r\n.\r\nRCPT", "a\0@b.co"],
)
async def test_a_line_break_in_an_address_is_refused_and_the_event_is_stored(
    rt: Runtime, api: httpx.AsyncClient, seen: Ingestion, address: str
) -> None:
    call = {"userId": "u1", "traits": {"email": address, "name": "Anna"}}
    assert (await api.post("/v1/identify", json=call)).status_code == 200
    await seen.drain()
    person = (await people(rt, seen))["u1"]
    assert (person.name, person.email) == ("Anna", None)
    async with rt.db.begin() as tx:
        rejects = (await list_rejects(tx, workspace_id=seen.workspace_id, lang="en")).items
    assert any(one.code == "part_refused" and "email" in one.reason for one in rejects)
    assert len(await seen.stored()) == 1


async def test_bad_rows_of_a_file_are_named_and_the_others_imported(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    huge = b"x" * 10 * 1024 * 1024
    file.write_bytes(
        b"id,email,name\n"
        b"1,anna@shop.example,Anna\n"
        b"2,boris@shop.example,Bo\0ris\n"
        b"3,clara@shop.example," + huge + b"\n"
        b'4,dora@shop.example,"' + huge + b'"\n'
        b'5,"eva@shop.example\nBcc: all@shop.example",Eva\n'
        b"6,fred@shop.example,\xff\xfe\xfd\n"
        b"7,gala@shop.example,Gala,one cell too many\n"
        b"8,no address,Hugo\n"
        b"9,ivan@shop.example,<script>alert(1)</script>\n"
        b"10,jan@shop.example,{{7*7}}\n"
    )
    view = await the_import(rt, seen, file)
    assert (view.state, view.rows_read, view.rows_ok, view.rows_failed) == ("done", 10, 3, 7)
    found = await people(rt, seen)
    assert {user: one.name for user, one in found.items()} == {
        "1": "Anna",
        "9": "<script>alert(1)</script>",
        "10": "{{7*7}}",
    }
    header, *rows = await errors(rt, seen, view, "ru")
    assert header == ["id", "email", "name", "Строка файла", "Что не так"]
    assert [(row[3], row[4]) for row in rows] == [
        ("3", "В строке есть байты, которые не текст"),
        ("4", "Строка длиннее 1 МБ"),
        ("5", "Строка длиннее 1 МБ"),
        ("6", "email: Это не адрес почты (eva@shop.example\nBcc: all@shop.example)"),
        ("8", "Строка не читается в кодировке файла"),
        ("9", "Число ячеек не равно числу столбцов (4)"),
        ("10", "email: Это не адрес почты (no address)"),
    ]
    assert (await errors(rt, seen, view, "en"))[1][4] == "The line holds bytes that are not text"


async def test_a_file_of_an_old_spreadsheet_is_read_in_its_encoding(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    file = tmp_path / "1251.csv"
    rows = [f"{i};покупатель{i}@почта.рф;Анна Ёлкина-{i}" for i in range(1, 51)]
    file.write_bytes("\r\n".join(["номер клиента;почта;имя", *rows, ""]).encode("cp1251"))
    view = await import_file(
        rt,
        workspace_id=seen.workspace_id,
        kind=ImportKind.CUSTOMERS,
        file=file,
        mapping={"номер клиента": "user_id", "почта": "email", "имя": "trait:name"},
        key="user_id",
        carry=True,
    )
    assert (view.state, view.rows_ok, view.rows_failed) == ("done", 50, 0)
    found = await people(rt, seen)
    assert (found["7"].name, found["7"].email) == ("Анна Ёлкина-7", "покупатель7@почта.рф")


async def test_a_body_that_is_json_but_no_batch_is_refused(
    api: httpx.AsyncClient, seen: Ingestion
) -> None:
    for body in ({"batch": "x"}, {"events": []}, [], 7, {"batch": {"a": 1}}):
        answer = await api.post("/v1/batch", content=json.dumps(body))
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_body")
        assert answer.json()["detail"].startswith("The batch can't be read: ")
    assert await seen.logged() == 0
