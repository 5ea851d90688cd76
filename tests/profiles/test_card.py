"""The card: notes, changes by hand, and one line of time that has everything once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Role, Workspace
from otklik.events.public import Registry, events_before
from otklik.profiles.model.timeline import TimelineItem, TimelineKind, newest, place_of
from otklik.profiles.operations.erasure import forget_claims
from otklik.profiles.public import cut_person, resolve_identities
from otklik.runtime.public import Runtime, Tx
from tests.conftest import NOW, Cast, signed_in
from tests.profiles.conftest import said


@pytest.fixture
async def ids(rt: Runtime, workspace: Workspace, now: datetime) -> list[int]:
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                said(now, user_id="u1", traits={"city": "Псков"}),
                said(now, 1, index=1, user_id="u2"),
            ],
            now=now,
        )
    return found.profile_ids


def card(profile_id: int, rest: str = "") -> str:
    return f"/api/v1/profiles/{profile_id}{rest}"


async def test_a_note_is_written_changed_and_deleted_by_its_author(
    cast: Cast, ids: list[int]
) -> None:
    path = card(ids[0], "/notes")
    made = await cast.marketer.post(path, json={"text": "  Звонить после 18:00\x00\u202e \n"})
    assert (made.status_code, made.json()["text"]) == (201, "Звонить после 18:00\u202e")
    assert made.json()["author"] == "Marketer"
    one = f"{path}/{made.json()['id']}"
    changed = await cast.marketer.patch(one, json={"text": "Не звонить"})
    assert (changed.json()["text"], changed.json()["updated_at"] is not None) == (
        "Не звонить",
        True,
    )
    assert [note["text"] for note in (await cast.colleague.get(path)).json()] == ["Не звонить"]
    assert (await cast.colleague.post(path, json={"text": "x"})).status_code == 403
    assert (await cast.colleague.delete(one)).status_code == 403
    assert (await cast.stranger.get(path)).json()["code"] == "profile_not_found"
    assert (await cast.stranger.delete(one)).status_code == 404
    assert (await cast.nobody.get(path)).status_code == 401
    elsewhere = card(ids[1], f"/notes/{made.json()['id']}")
    assert (await cast.owner.delete(elsewhere)).json()["code"] == "note_not_found"
    assert (await cast.owner.delete(one)).status_code == 200
    assert (await cast.owner.get(path)).json() == []


async def test_an_operator_writes_notes_but_changes_only_his_own(
    cast: Cast, ids: list[int], rt: Runtime, app: object, workspace: Workspace
) -> None:
    operator = await signed_in(rt, app, workspace.id, Role.OPERATOR)
    path = card(ids[0], "/notes")
    mine = (await operator.post(path, json={"text": "просил скидку"})).json()
    other = (await cast.marketer.post(path, json={"text": "дали скидку"})).json()
    assert (await operator.patch(f"{path}/{mine['id']}", json={"text": "ок"})).status_code == 200
    refused = await operator.patch(f"{path}/{other['id']}", json={"text": "нет"})
    assert (refused.status_code, refused.json()["code"]) == (403, "note_of_another")
    await operator.aclose()


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x01", "я" * 10_001])
async def test_an_empty_or_giant_note_is_refused(text: str, cast: Cast, ids: list[int]) -> None:
    answer = await cast.owner.post(card(ids[0], "/notes"), json={"text": text})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_note")


async def test_a_note_moves_with_a_merge_and_goes_back_when_it_is_undone(
    cast: Cast, ids: list[int]
) -> None:
    await cast.owner.post(card(ids[1], "/notes"), json={"text": "о втором"})
    merge = (await cast.owner.post(card(ids[0], "/merges"), json={"from_id": ids[1]})).json()
    assert len((await cast.owner.get(card(ids[0], "/notes"))).json()) == 1
    await cast.owner.delete(card(ids[0], f"/merges/{merge['id']}"))
    assert (await cast.owner.get(card(ids[0], "/notes"))).json() == []
    assert len((await cast.owner.get(card(ids[1], "/notes"))).json()) == 1


async def test_a_change_by_hand_tells_who_when_and_from_where(cast: Cast, ids: list[int]) -> None:
    await cast.marketer.patch(card(ids[0]), json={"traits": {"city": "Омск", "vip": True}})
    await cast.marketer.patch(card(ids[0]), json={"traits": {"city": "Омск", "vip": None}})
    edits = (await cast.colleague.get(card(ids[0], "/edits"))).json()
    told = {(one["trait"], one["before"], one["after"]) for one in edits}
    assert told == {("city", "Псков", "Омск"), ("vip", None, True), ("vip", True, None)}
    assert {(one["actor"], one["ip"], one["by_key"]) for one in edits} == {
        ("Marketer", "192.0.2.1", False)
    }
    shown = (await cast.owner.get(card(ids[0]))).json()
    assert shown["trait_times"]["city"].startswith("2026-06-15T12:00:00")
    assert shown["computed"] == []
    assert (await cast.stranger.get(card(ids[0], "/edits"))).status_code == 404


async def store_events(
    rt: Runtime, workspace: Workspace, profile_id: int, names: list[str], now: datetime
) -> None:
    """Write an event a minute, the newest now, and register the names."""
    count = len(names)
    registry = Registry()
    found = registry.look_at(workspace.id, names, ["track"] * count, [{}] * count, now=now)
    async with rt.db.begin() as tx:
        await registry.write(tx, found, now=now)
    moment = pa.timestamp("ms", "UTC")
    await rt.ch.insert_arrow(
        "events",
        pa.table(
            {
                "workspace_id": pa.array([workspace.id] * count, pa.uint32()),
                "profile_id": pa.array([profile_id] * count, pa.uint64()),
                "name": names,
                "type": ["track"] * count,
                "time": pa.array([now - timedelta(minutes=at) for at in range(count)], moment),
                "received_at": pa.array([now] * count, moment),
                "message_id": [f"m{at}" for at in range(count)],
                "properties": ["{}"] * count,
                "context": ["{}"] * count,
                "source": ["server"] * count,
            }
        ),
    )


async def test_events_stand_among_the_rest_and_are_filtered_by_name_and_period(
    cast: Cast, ids: list[int], rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    await store_events(rt, workspace, ids[0], ["Bought", "Viewed", "Bought"], now)
    await cast.owner.post(card(ids[0], "/notes"), json={"text": "заметка"})
    page = (await cast.owner.get(card(ids[0], "/timeline"))).json()
    assert [one["name"] for one in page["items"]] == ["Owner", "Bought", "Viewed", "Bought"]
    only = (await cast.owner.get(card(ids[0], "/timeline"), params={"names": ["Bought"]})).json()
    assert [one["id"] for one in only["items"]] == ["m0", "m2"]
    since = {"since": (now - timedelta(seconds=70)).isoformat(), "kinds": ["event"]}
    late = (await cast.owner.get(card(ids[0], "/timeline"), params=since)).json()
    assert [one["id"] for one in late["items"]] == ["m0", "m1"]
    rest = await events_before(
        rt, workspace_id=workspace.id, profile_id=ids[0], before=(now, "m0"), limit=1
    )
    assert [row.message_id for row in rest] == ["m1"]


async def test_no_question_of_a_card_reads_a_workspace_whole(
    cast: Cast, ids: list[int], rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    """With the tables made to look large, every plan goes through an index."""
    tables = {
        "profile_notes": "profile_id IN (1, 2)",
        "trait_edits": "profile_id IN (1, 2)",
        "duplicate_pairs": "(left_id = 1 OR right_id = 1)",
        "merges": "(from_id IN (1, 2) OR into_id IN (1, 2))",
    }
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        for table, where in tables.items():
            rows = await tx.execute(
                sa.text(f"EXPLAIN SELECT * FROM {table} WHERE workspace_id = 1 AND {where}")
            )
            plan = "\n".join(row[0] for row in rows)
            conditions = "\n".join(line for line in plan.splitlines() if "Index Cond" in line)
            assert "Seq Scan" not in plan
            assert "_id = " in conditions.replace("workspace_id = ", "")


async def test_the_timeline_has_everything_once_in_its_order(cast: Cast, ids: list[int]) -> None:
    for at in range(5):
        await cast.owner.post(card(ids[0], "/notes"), json={"text": f"заметка {at}"})
        await cast.owner.patch(card(ids[0]), json={"traits": {"step": at}})
    await cast.owner.post(card(ids[0], "/merges"), json={"from_id": ids[1]})
    seen: list[tuple[str, str]] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = (await cast.colleague.get(card(ids[0], "/timeline"), params=query)).json()
        seen += [(one["kind"], one["id"]) for one in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 11
    kinds = [kind for kind, _ in seen]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"note": 5, "edit": 5, "merge": 1}
    # Everything of one moment stands by its kind.
    assert kinds == sorted(kinds, reverse=True)
    only = await cast.owner.get(card(ids[0], "/timeline"), params={"kinds": ["merge", "order"]})
    assert [one["kind"] for one in only.json()["items"]] == ["merge"]
    events = await cast.owner.get(card(ids[0], "/timeline"), params={"names": ["Nothing"]})
    assert events.json()["items"] == []
    late = (NOW + timedelta(hours=1)).isoformat()
    after = await cast.owner.get(card(ids[0], "/timeline"), params={"since": late})
    before = await cast.owner.get(card(ids[0], "/timeline"), params={"until": late, "limit": 200})
    assert (len(after.json()["items"]), len(before.json()["items"])) == (0, 11)
    assert (await cast.stranger.get(card(ids[0], "/timeline"))).status_code == 404
    bad = await cast.owner.get(card(ids[0], "/timeline"), params={"cursor": "x\x00"})
    assert bad.json()["code"] == "bad_cursor"


def test_a_page_goes_on_where_the_last_one_ended_whatever_the_kind() -> None:
    items = [
        TimelineItem(kind=kind, id=str(at), at=NOW + timedelta(seconds=at // 3), name="", facts={})
        for at in range(9)
        for kind in TimelineKind
    ]
    seen: list[TimelineItem] = []
    cursor = None
    while True:
        left: list[TimelineItem] = []
        for kind in TimelineKind:
            place = place_of(kind, cursor) if cursor else (NOW + timedelta(days=1), "")
            left += newest(
                (one for one in items if one.kind is kind and (one.at, one.id) < place), 3
            )
        page = newest(left, 2)
        if not page:
            break
        seen += page
        cursor = (page[-1].at, page[-1].kind.value, page[-1].id)
    assert seen == newest(items, len(items))


async def test_segments_of_a_stranger_are_not_shown(cast: Cast, ids: list[int]) -> None:
    assert (await cast.colleague.get(card(ids[0], "/segments"))).json() == []
    assert (await cast.stranger.get(card(ids[0], "/segments"))).status_code == 404


async def test_an_erasure_takes_notes_changes_pairs_and_shared_identifiers(
    cast: Cast, ids: list[int], rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    address = {"email": "one@x.ru", "trusted": True}
    async with rt.db.begin() as tx:
        await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                said(now, at, index=at, user_id=f"u{at + 1}", **address) for at in range(2)
            ],
            now=now,
        )
    await cast.owner.post(card(ids[0], "/notes"), json={"text": "личное"})
    await cast.owner.patch(card(ids[0]), json={"traits": {"city": "Омск"}})
    tables = ("profile_notes", "trait_edits", "shared_identifiers")
    async with rt.db.begin() as tx:
        assert await counts(tx, workspace, tables) == [1, 1, 2]
        traces = await cut_person(tx, workspace_id=workspace.id, profile_id=ids[0], now=now)
        await forget_claims(tx, traces)
        assert await counts(tx, workspace, tables) == [0, 0, 0]


async def counts(tx: Tx, workspace: Workspace, tables: tuple[str, ...]) -> list[int]:
    found = []
    for table in tables:
        rows = await tx.execute(
            sa.text(f"SELECT count(*) FROM {table} WHERE workspace_id = :ws"), {"ws": workspace.id}
        )
        found.append(rows.scalar_one())
    return found
