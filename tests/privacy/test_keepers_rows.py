"""Keepers of rows that other tests lack: each hands hers out, destroys them, and no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa
import zstandard

from otklik.accounts.public import Workspace
from otklik.kit.traces import Traces
from otklik.privacy.keepers import Keeper, keepers
from otklik.runtime.public import Runtime, Tx, metadata

ANNA, BORIS = 710_001, 710_002
EMAIL, OTHER = "anna.rows@mail.example", "boris.rows@mail.example"
Put = Callable[[Runtime, Tx, int, datetime], Awaitable[None]]


def traces(workspace: Workspace, now: datetime) -> Traces:
    return Traces(
        workspace_id=workspace.id,
        profile_ids=(ANNA,),
        identifiers=(("email", EMAIL), ("user_id", "anna-rows-77")),
        words=(),
        until=now,
    )


async def insert(tx: Tx, table: str, *rows: dict[str, Any]) -> None:
    await tx.execute(metadata.tables[table].insert(), list(rows))


async def put_notes(_rt: Runtime, tx: Tx, ws: int, now: datetime) -> None:
    for person, text in ((ANNA, "calls at night"), (BORIS, "likes tea")):
        note = {"id": uuid4(), "workspace_id": ws, "profile_id": person, "text": text}
        await insert(tx, "profile_notes", {**note, "author_id": uuid4(), "created_at": now})
        edit = {"id": uuid4(), "workspace_id": ws, "profile_id": person, "trait": "city"}
        values = {"before": "Perm", "after": text, "user_id": uuid4(), "ip": "192.0.2.9", "at": now}
        await insert(tx, "trait_edits", {**edit, **values})


async def put_duplicates(rt: Runtime, tx: Tx, ws: int, now: datetime) -> None:
    pair = {"workspace_id": ws, "probability": 0.9, "prior_bits": -3.0, "evidence": [],
            "run_id": uuid4(), "found_at": now}  # fmt: skip
    refusal = {"workspace_id": ws, "refused_at": now}
    shared = {"workspace_id": ws, "kind": "email"}
    for left, right in ((ANNA - 1, ANNA), (ANNA, BORIS), (BORIS, BORIS + 1)):
        await insert(tx, "duplicate_pairs", {**pair, "left_id": left, "right_id": right})
        await insert(tx, "duplicate_refusals", {**refusal, "left_id": left, "right_id": right})
    await insert(
        tx,
        "shared_identifiers",
        {**shared, "value": EMAIL, "user_id": "u1"},
        {**shared, "value": "shared@mail.example", "user_id": "anna-rows-77"},
        {**shared, "value": OTHER, "user_id": "boris-rows"},
    )
    for person in (ANNA, BORIS):
        await rt.ch.command(
            "INSERT INTO duplicate_people (workspace_id, run_id, profile_id, emails)"
            " VALUES ({ws:UInt32}, generateUUIDv4(), {p:UInt64}, [{e:String}])",
            {"ws": ws, "p": person, "e": EMAIL if person == ANNA else OTHER},
        )


async def put_calls(_rt: Runtime, tx: Tx, ws: int, now: datetime) -> None:
    bodies = {
        "json": b'{"mail": "Anna.Rows@mail.example"}',
        "form": b"mail=anna.rows%40mail.example&x=1",
        "of her by number": b"{}",
        "other": f'{{"mail": "{OTHER}"}}'.encode(),
    }
    for name, body in bodies.items():
        await insert(
            tx,
            "hook_calls",
            {
                "call_id": uuid4(), "workspace_id": ws, "source_id": uuid4(),
                "received_at": now, "state": "waiting" if name == "json" else "mapped",
                "reason": "", "detail": "", "size": len(body), "ip": "192.0.2.1",
                "body": zstandard.compress(msgspec.msgpack.encode(["", "", {}, body, False])),
                "repeat_key": name.encode(), "repeat_slot": 0, "repeats": 0, "made": [],
                "problems": [], "consents": [],
                "profile_id": ANNA if name == "of her by number" else None,
            },
        )  # fmt: skip


async def put_bad_rows(_rt: Runtime, tx: Tx, ws: int, _now: datetime) -> None:
    row = {"import_id": uuid4(), "workspace_id": ws}
    await insert(
        tx,
        "import_bad_rows",
        {**row, "line": 2, "cells": [EMAIL, "x"]},
        {**row, "line": 3, "cells": [OTHER, "x"]},
    )


async def put_answers(_rt: Runtime, tx: Tx, ws: int, now: datetime) -> None:
    row = {
        "workspace_id": ws, "forwarding_id": uuid4(), "delivery_id": uuid4(), "event": "E",
        "events": 1, "attempt": 1, "at": now, "outcome": "retry", "took_ms": 1,
    }  # fmt: skip
    await insert(
        tx,
        "forward_attempts",
        {**row, "answer": f"no such user {EMAIL}"},
        {**row, "answer": f"no such user {OTHER}"},
    )


CASES: list[tuple[str, Put, int, str]] = [
    ("notes", put_notes, 2, "calls at night"),
    ("duplicates", put_duplicates, 7, EMAIL),
    ("calls", put_calls, 3, "Anna.Rows@mail.example"),
    ("bad_rows", put_bad_rows, 1, EMAIL),
    ("answers", put_answers, 1, EMAIL),
]


@pytest.mark.parametrize(("name", "put", "count", "said"), CASES, ids=[case[0] for case in CASES])
async def test_a_keeper_hands_out_and_destroys_the_rows_of_one_person_alone(
    rt: Runtime, workspace: Workspace, now: datetime, name: str, put: Put, count: int, said: str
) -> None:
    keeper: Keeper = {one.name: one for one in keepers()}[name]
    hers = traces(workspace, now)
    async with rt.db.begin() as tx:
        await put(rt, tx, workspace.id, now)
    async with rt.db.begin() as tx:
        assert await keeper.count(rt, tx, hers) == count
        handed = [record async for record in keeper.export(rt, tx, hers)]
    shown = msgspec.json.encode(handed, enc_hook=str).decode()
    assert said in shown
    assert "boris" not in shown
    assert "likes tea" not in shown
    # Which colleague wrote of her, and from where, is nothing of hers.
    assert "192.0.2.9" not in shown
    assert not {"author_id", "workspace_id", "run_id"} & {key for one in handed for key in one}
    for expected in (count, 0):
        async with rt.db.begin() as tx:
            erased = await keeper.erase(rt, tx, hers)
            assert (erased.count, erased.until) == (expected, None)
    async with rt.db.begin() as tx:
        assert await keeper.count(rt, tx, hers) == 0
        for table in keeper.tables:
            if ":" not in table and (table, name) != ("import_bad_rows", ""):
                left = sa.select(sa.func.count()).select_from(metadata.tables[table])
                mine = metadata.tables[table].c.workspace_id == workspace.id
                assert (await tx.execute(left.where(mine))).scalar_one() >= 1, table


async def test_the_line_of_an_erased_call_stays_without_her(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    keeper = {one.name: one for one in keepers()}["calls"]
    async with rt.db.begin() as tx:
        await put_calls(rt, tx, workspace.id, now)
        await keeper.erase(rt, tx, traces(workspace, now))
        c = metadata.tables["hook_calls"].c
        rows = await tx.execute(
            sa.select(c.state, c.body.is_(None), c.ip, c.profile_id).where(
                c.workspace_id == workspace.id
            )
        )
        # The one that waited would have become her again.
        assert sorted(map(tuple, rows), key=str) == [
            ("ignored", True, "", None),
            ("mapped", False, "192.0.2.1", None),
            ("mapped", True, "", None),
            ("mapped", True, "", None),
        ]


async def test_a_file_of_sales_from_1c_is_read_before_the_end(
    rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    session_id, file_id = uuid4(), uuid4()
    async with rt.db.begin() as tx:
        await tx.execute(
            metadata.tables["exchange_sessions"]
            .insert()
            .values(
                session_id=session_id,
                workspace_id=workspace.id,
                exchange_id=uuid4(),
                kind="sale",
                token_hash=file_id.bytes,
                state="open",
                created_at=now,
                last_at=now,
            )
        )
        await tx.execute(
            metadata.tables["exchange_files"]
            .insert()
            .values(
                file_id=file_id,
                workspace_id=workspace.id,
                session_id=session_id,
                name="orders.xml",
                state="waiting",
                bytes=1,
                created_at=now,
            )
        )
    path = rt.settings.data_dir / "exchanges" / str(session_id) / str(file_id)
    path.parent.mkdir(parents=True)
    contact = "<Контакт><Тип>Почта</Тип><Значение>{}</Значение></Контакт>"
    path.write_text(
        "<КоммерческаяИнформация>"
        + "".join(
            f"<Документ><Ид>{id_}</Ид><Контрагенты><Контрагент><Наименование>X</Наименование>"
            f"<Контакты>{contact.format(mail)}</Контакты></Контрагент></Контрагенты></Документ>"
            for id_, mail in (("o1", EMAIL.upper()), ("o2", OTHER))
        )
        + "</КоммерческаяИнформация>"
    )
    keeper = {one.name: one for one in keepers()}["sale_files"]
    hers = traces(workspace, now)
    async with rt.db.begin() as tx:
        handed = [record async for record in keeper.export(rt, tx, hers)]
        assert await keeper.count(rt, tx, hers) == 1
        erased = await keeper.erase(rt, tx, hers)
    assert [record["document"]["id"] for record in handed] == ["o1"]
    # Somebody will read it in a moment, and what it makes of her is cut out again.
    assert (erased.count, erased.until is not None, path.exists()) == (0, True, True)
    # It was read, and its process died before the file was deleted.
    files = metadata.tables["exchange_files"]
    async with rt.db.begin() as tx:
        await tx.execute(files.update().where(files.c.file_id == file_id).values(state="done"))
        erased = await keeper.erase(rt, tx, hers)
        assert await keeper.count(rt, tx, hers) == 0
    assert (erased.count, erased.until, path.exists()) == (1, None, False)
