"""Erasing a person: nothing is left in either engine, whatever happens on the way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import zstandard

from otklik.accounts.public import Workspace
from otklik.channels.email.tables import caught_letters
from otklik.ingestion.log import append_in, unpack
from otklik.ingestion.model import Record, Reject, RejectCode
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.rejects import put_rejects
from otklik.kit.ids import new_id
from otklik.privacy import jobs
from otklik.privacy import tables as t
from otklik.privacy.erasing import Basis
from otklik.privacy.keepers import Keeper, keepers, register_keeper
from otklik.privacy.operations.erasures import order_erasure, work_on_erasure
from otklik.privacy.operations.own import erase_copies, export_path
from otklik.privacy.operations.person_exports import build_export, order_export
from otklik.privacy.public import (
    Action,
    ConsentEntry,
    Purpose,
    Source,
    SuppressionReason,
    record_consents,
    suppressed,
)
from otklik.privacy.queries.erasures import get_erasure
from otklik.privacy.queries.proofs import check_chain
from otklik.profiles.public import (
    ProfileNotFound,
    get_profile,
    list_profiles,
    person_traces,
    store_changes,
)
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime, metadata
from tests.conftest import Cast
from tests.delivery.support import mailing_to

EMAIL = "anna.secretova@mail.example"
PHONE = "+79161234567"
NAME = "Secretova"
USER = "shop-user-774411"
DEVICE = "device-998877-anna"


@dataclass
class Person:
    """Anna with everything that a company may know of her, and Boris who has to stay."""

    anna: int
    boris: int


def _event(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2026-06-14T10:00:00Z", **more}


EVENTS = [
    _event(
        "identify",
        userId=USER,
        anonymousId=DEVICE,
        messageId="m1",
        traits={
            "email": EMAIL,
            "phone": "8 (916) 123-45-67",
            "first_name": "Anna",
            "last_name": NAME,
        },
    ),
    _event(
        "track",
        event="Contact left",
        userId=USER,
        messageId="m2",
        properties={"mail": EMAIL, "comment": f"call {NAME}", "score": 7},
    ),
    _event(
        "track",
        event="Order Completed",
        userId=USER,
        messageId="m3",
        properties={
            "order_id": "A-1",
            "total": 120.5,
            "currency": "RUB",
            "products": [{"product_id": "p1", "name": "Cup", "quantity": 1, "price": 120.5}],
        },
    ),
    _event("page", anonymousId=DEVICE, name="Home"),
    _event(
        "identify",
        userId="boris-5",
        traits={"email": "boris@mail.example", "first_name": "Boris"},
    ),
    _event("track", event="Contact left", userId="boris-5", properties={"mail": "b@x.example"}),
]


async def send(rt: Runtime, workspace_id: int, *events: dict[str, Any]) -> None:
    record = Record(
        "batch",
        int(rt.clock().timestamp() * 1000),
        "server",
        None,
        "",
        None,
        json.dumps(list(events)).encode(),
    )
    async with rt.db.begin() as tx:
        await append_in(tx, workspace_id=workspace_id, records=[record], events=len(events))


async def settle(rt: Runtime) -> None:
    """Let everything that is on its way arrive."""
    pipeline = Pipeline()
    while await pipeline.step(rt):
        pass
    while await store_changes(rt) or await carry_facts(rt):
        pass


async def find(rt: Runtime, workspace_id: int, **by: str) -> int:
    (value,) = by.values()
    async with rt.db.begin() as tx:
        page = await list_profiles(tx, workspace_id=workspace_id, search=value)
    return page.items[0].id


@pytest.fixture
async def person(rt: Runtime, workspace: Workspace) -> Person:
    ws, now = workspace.id, rt.clock()
    await send(rt, ws, *EVENTS)
    await settle(rt)
    anna = await find(rt, ws, email=EMAIL)
    boris = await find(rt, ws, email="boris@mail.example")
    async with rt.db.begin() as tx:
        await record_consents(
            tx,
            workspace_id=ws,
            entries=[
                ConsentEntry(
                    profile_id=one,
                    purpose=purpose,
                    channel="email" if purpose is Purpose.ADVERTISING else "",
                    action=Action.GRANTED,
                    source=Source.FORM,
                    at=now,
                    ip="192.0.2.77",
                    proof={"email": EMAIL if one == anna else "boris@mail.example"},
                )
                for one in (anna, boris)
                for purpose in (Purpose.ADVERTISING, Purpose.PROCESSING)
            ],
            now=now,
        )
        await put_rejects(
            tx,
            workspace_id=ws,
            rejects=[
                (
                    int(now.timestamp() * 1000),
                    "server",
                    Reject(
                        code=RejectCode.TOO_DEEP,
                        detail="32",
                        type="track",
                        message_id="r1",
                        body=json.dumps({"traits": {"phone": "+7 916 123-45-67"}}),
                    ),
                )
            ],
        )
        await tx.execute(
            caught_letters.insert().values(
                workspace_id=ws,
                caught_at=now,
                envelope_from="shop@shop.example",
                envelope_to=EMAIL,
                from_shown="Shop",
                to_shown=f"Anna {NAME} <{EMAIL}>",
                subject=f"Dear {NAME}",
                size_bytes=10,
                source_zstd=zstandard.compress(f"To: {EMAIL}".encode()),
            )
        )
    await mailing_to(rt, workspace, [anna, boris])
    await settle(rt)
    return Person(anna, boris)


async def order(rt: Runtime, workspace: Workspace, profile_id: int) -> UUID:
    async with rt.db.begin() as tx:
        return await order_erasure(
            rt,
            tx,
            workspace_id=workspace.id,
            profile_id=profile_id,
            confirm=profile_id,
            basis=Basis.REQUEST,
            reason="request 1",
            request_id=None,
            user_id=None,
            now=rt.clock(),
        )


async def finish(rt: Runtime, workspace: Workspace, erasure_id: UUID) -> None:
    for _ in range(20):
        await settle(rt)
        later = await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id)
        if later is None:
            return
        rt.clock.now = max(later, rt.clock())  # type: ignore[attr-defined]  # the tests' clock
    pytest.fail("the erasure never ended")


NEEDLES = [EMAIL, "9161234567", NAME, USER, DEVICE, "anna.secretova"]


async def everything(rt: Runtime, workspace_id: int) -> AsyncIterator[tuple[str, str]]:
    """Yield (table, text) of every row of the workspace in both engines, packed ones unpacked."""
    async with rt.db.begin() as tx:
        for table in metadata.sorted_tables:
            statement = sa.select(table)
            if "workspace_id" in table.c:
                statement = statement.where(table.c.workspace_id == workspace_id)
            for row in await tx.execute(statement):
                yield table.name, " ".join(_text(value) for value in row)
        for row in await tx.execute(sa.text("SELECT args::text FROM procrastinate_jobs")):
            yield "procrastinate_jobs", str(row[0])
    tables = await rt.ch.query(
        "SELECT DISTINCT table FROM system.columns WHERE database = currentDatabase()"
        " AND name = 'workspace_id' AND table NOT LIKE '.%'"
    )
    for (name,) in tables:
        lines = await rt.ch.query(
            f"SELECT formatRow('JSONEachRow', *) FROM {name} WHERE workspace_id = {{ws:UInt32}}",
            {"ws": workspace_id},
        )
        for (line,) in lines:
            yield f"clickhouse:{name}", str(line)


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        raw = bytes(value)
        try:
            raw = zstandard.decompress(raw)
        except zstandard.ZstdError:
            pass
        return raw.decode("utf-8", "replace")
    return str(value)


async def mentions(rt: Runtime, workspace_id: int) -> list[tuple[str, str]]:
    found = []
    async for table, text in everything(rt, workspace_id):
        tight = re.sub(r"[\s()+-]", "", text)
        found += [
            (table, needle)
            for needle in NEEDLES
            if needle.lower() in text.lower() or needle.lower() in tight.lower()
        ]
    return found


async def test_nothing_of_the_person_is_left_in_any_table_of_both_engines(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    before = {table for table, _ in await mentions(rt, workspace.id)}
    # The test itself sees: each of these held something of her.
    assert before >= {
        "profiles",
        "identifiers",
        "trait_states",
        "profile_search",
        "event_chunks",
        "event_rejects",
        "caught_letters",
        "messages",
        "consent_entries",
        "event_properties",
        "clickhouse:events",
        "clickhouse:profile_traits",
    }
    erasure_id = await order(rt, workspace, person.anna)
    await finish(rt, workspace, erasure_id)
    assert await mentions(rt, workspace.id) == []
    async with rt.db.begin() as tx:
        with pytest.raises(ProfileNotFound):
            await get_profile(tx, workspace_id=workspace.id, profile_id=person.anna)
        boris = await get_profile(tx, workspace_id=workspace.id, profile_id=person.boris)
        act = await get_erasure(tx, workspace_id=workspace.id, erasure_id=erasure_id, lang="en")
        chain = await check_chain(tx, workspace_id=workspace.id)
    assert boris.email == "boris@mail.example"
    assert (act.state, act.finished_at is not None) == ("done", True)
    destroyed = {step.name: step.destroyed for step in act.steps}
    assert all(
        destroyed[name] > 0
        for name in ("profile", "consents", "messages", "letters", "orders", "raw", "events")
    )
    # Lines without the person are still links of the chain.
    assert (chain.whole, chain.length) == (True, 4)
    marked = await rt.ch.query(
        "SELECT count() FROM system.parts WHERE active AND has_lightweight_delete"
        " AND database = currentDatabase()"
        " AND table IN ('events', 'profiles', 'profile_traits', 'consents', 'message_facts')"
    )
    assert marked[0][0] == 0


async def test_the_events_of_others_stay_with_the_ids_they_had(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    ids = (
        "SELECT message_id FROM events WHERE workspace_id = {ws:UInt32} AND profile_id = {p:UInt64}"
    )
    given = {"ws": workspace.id, "p": person.boris}
    before = await rt.ch.query(ids + " ORDER BY message_id", given)
    await finish(rt, workspace, await order(rt, workspace, person.anna))
    assert await rt.ch.query(ids + " ORDER BY message_id", given) == before
    async with rt.db.begin() as tx:
        bodies = await tx.execute(
            sa.text("SELECT body FROM event_chunks WHERE workspace_id = :ws"), {"ws": workspace.id}
        )
        left = [
            item
            for body in bodies.scalars()
            for record in unpack(body)
            for item in json.loads(record.body)
        ]
    assert [item["userId"] for item in left] == ["boris-5", "boris-5"]
    # A replay of the log names them as before.
    assert sorted(item["messageId"] for item in left) == [row[0] for row in before]


async def test_it_may_be_killed_after_every_keeper_and_begun_again(
    rt: Runtime, workspace: Workspace, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure_id = await order(rt, workspace, person.anna)
    await settle(rt)
    known = list(keepers())

    class Killed(Exception):
        pass

    for victim in known:

        async def dies(_rt: Any, _tx: Any, _traces: Any, victim: Keeper = victim) -> Any:
            # The statements of ClickHouse are done and those of PostgreSQL are rolled back.
            await victim.erase(_rt, _tx, _traces)
            raise Killed

        register_keeper(_with(victim, dies))
        try:
            with pytest.raises(Killed):
                await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id)
        finally:
            register_keeper(victim)
    await finish(rt, workspace, erasure_id)
    assert await mentions(rt, workspace.id) == []
    # A second call after the end finds nothing to do.
    assert await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id) is None
    async with rt.db.begin() as tx:
        act = await get_erasure(tx, workspace_id=workspace.id, erasure_id=erasure_id, lang="ru")
    assert {step.name: step.destroyed for step in act.steps}["events"] > 0


def _with(keeper: Keeper, erase: Any) -> Keeper:
    return Keeper(
        name=keeper.name,
        title=keeper.title,
        tables=keeper.tables,
        export=keeper.export,
        count=keeper.count,
        erase=erase,
    )


async def test_the_same_identifiers_make_somebody_new_who_gets_no_mail(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    await finish(rt, workspace, await order(rt, workspace, person.anna))
    await send(
        rt,
        workspace.id,
        _event("identify", userId=USER, anonymousId=DEVICE, traits={"email": EMAIL}),
    )
    await settle(rt)
    fresh = await find(rt, workspace.id, email=EMAIL)
    assert fresh != person.anna
    async with rt.db.begin() as tx:
        for channel, address in (("email", EMAIL), ("sms", PHONE)):
            stopped = await suppressed(
                tx, workspace_id=workspace.id, channel=channel, addresses=[address]
            )
            assert stopped == {address: SuppressionReason.ERASED}
        hints = await tx.execute(
            sa.select(t.suppressions.c.hint).where(t.suppressions.c.workspace_id == workspace.id)
        )
        assert set(hints.scalars()) == {""}


async def test_the_figures_of_reports_are_what_they_were(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    async def figures() -> list[tuple[Any, ...]]:
        facts = await rt.ch.query(
            "SELECT fact, reason, count(), uniqExact(profile_id) FROM message_facts"
            " WHERE workspace_id = {ws:UInt32} GROUP BY fact, reason ORDER BY fact, reason",
            {"ws": workspace.id},
        )
        orders = await rt.ch.query(
            "SELECT status, count(), sum(total), uniqExact(profile_id) FROM orders FINAL"
            " WHERE workspace_id = {ws:UInt32} GROUP BY status",
            {"ws": workspace.id},
        )
        return [*facts, *orders]

    before = await figures()
    assert before
    await finish(rt, workspace, await order(rt, workspace, person.anna))
    assert await figures() == before


async def test_events_in_the_pipelines_hands_are_waited_for(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    await send(
        rt, workspace.id, _event("track", event="Late", userId=USER, properties={"mail": EMAIL})
    )
    erasure_id = await order(rt, workspace, person.anna)
    while await store_changes(rt) or await carry_facts(rt):
        pass
    later = await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id)
    assert later is not None
    async with rt.db.begin() as tx:
        act = await get_erasure(tx, workspace_id=workspace.id, erasure_id=erasure_id, lang="en")
    assert (act.state, act.finished_at) == ("waiting", None)
    # Identified after the cut, the event makes somebody of the same address: he is cut out too.
    await finish(rt, workspace, erasure_id)
    assert await mentions(rt, workspace.id) == []
    async with rt.db.begin() as tx:
        act = await get_erasure(tx, workspace_id=workspace.id, erasure_id=erasure_id, lang="en")
    assert len(act.profile_ids) == 2


async def test_a_copy_holds_every_kind_and_goes_with_the_person(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    import zipfile

    async with rt.db.begin() as tx:
        export_id = await order_export(
            rt,
            tx,
            workspace_id=workspace.id,
            profile_id=person.anna,
            request_id=None,
            user_id=None,
            now=rt.clock(),
        )
    await build_export(rt, workspace_id=workspace.id, export_id=export_id)
    path = export_path(rt, workspace_id=workspace.id, export_id=export_id)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        assert names == {
            "manifest.json",
            "readable.en.html",
            "readable.ru.html",
            *(f"{keeper.name}.json" for keeper in keepers()),
        }
        counts = {one["file"]: one["records"] for one in manifest["files"]}
        assert counts["events.json"] == 4
        assert counts["orders.json"] == 1
        assert counts["consents.json"] == 2
        assert len(json.loads(archive.read("events.json"))) == 4
        assert EMAIL in archive.read("readable.ru.html").decode()
        assert b"default-src 'none'" in archive.read("readable.en.html")
        assert "boris" not in b"".join(archive.read(name) for name in names).decode()
    await finish(rt, workspace, await order(rt, workspace, person.anna))
    assert not path.exists()


async def test_a_copy_that_is_being_written_goes_with_the_person(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    async with rt.db.begin() as tx:
        traces = await person_traces(
            tx, workspace_id=workspace.id, profile_id=person.anna, now=rt.clock()
        )
        export_id = await order_export(
            rt,
            tx,
            workspace_id=workspace.id,
            profile_id=person.anna,
            request_id=None,
            user_id=None,
            now=rt.clock(),
        )

    async def erase() -> int:
        async with rt.db.begin() as tx:
            return (await erase_copies(rt, tx, traces)).count

    path = export_path(rt, workspace_id=workspace.id, export_id=export_id)
    async with rt.db.begin() as tx:
        # What build_export does: it holds the row and puts the file there at the end.
        held = t.person_exports.select().where(t.person_exports.c.id == export_id)
        await tx.execute(held.with_for_update())
        erasing = asyncio.create_task(erase())
        await asyncio.wait({erasing}, timeout=0.5)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"anna")
    assert await erasing == 1
    assert not path.exists()


async def test_a_file_of_an_export_in_the_making_is_waited_for(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    async with rt.db.begin() as tx:
        await tx.execute(
            metadata.tables["exports"]
            .insert()
            .values(
                export_id=(export_id := new_id()),
                workspace_id=workspace.id,
                name="all",
                plan={},
                destination={"kind": "download"},
                file_name="all.csv",
                state="running",
                as_of=rt.clock(),
                due_at=rt.clock(),
                created_at=rt.clock(),
            )
        )
    erasure_id = await order(rt, workspace, person.anna)
    for _ in range(5):
        await settle(rt)
        later = await work_on_erasure(rt, workspace_id=workspace.id, erasure_id=erasure_id)
        assert later is not None
        rt.clock.now = max(later, rt.clock())  # type: ignore[attr-defined]  # the tests' clock
    exports = metadata.tables["exports"]
    async with rt.db.begin() as tx:
        await tx.execute(exports.delete().where(exports.c.export_id == export_id))
    await finish(rt, workspace, erasure_id)


async def test_only_the_owner_erases_and_types_the_number(
    rt: Runtime, workspace: Workspace, person: Person, cast: Cast
) -> None:
    path = "/api/v1/erasures"
    body = {"profile_id": person.anna, "confirm": person.anna, "basis": "request"}
    assert (await cast.marketer.post(path, json=body)).status_code == 403
    assert (await cast.stranger.post(path, json=body)).status_code == 404
    wrong = await cast.owner.post(path, json={**body, "confirm": person.boris})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "erasure_unconfirmed")
    named = await cast.owner.post(path, json={**body, "reason": f"{NAME} asked"})
    assert (named.status_code, named.json()["code"]) == (422, "reason_names_person")
    ordered = await cast.owner.post(path, json=body)
    assert ordered.status_code == 201
    erasure = ordered.json()
    page = await cast.colleague.get(f"{path}/{erasure['id']}/act", params={"in_lang": "ru"})
    assert "Акт № 1" in page.text
    assert "не окончателен" in page.text
    for tail in ("", "/act"):
        assert (await cast.stranger.get(f"{path}/{erasure['id']}{tail}")).status_code == 404
    assert (await cast.stranger.get(path)).json()["items"] == []
    await finish(rt, workspace, UUID(erasure["id"]))
    page = await cast.owner.get(f"{path}/{erasure['id']}/act", params={"in_lang": "ru"})
    assert "Уничтожено всё" in page.text
    assert EMAIL not in page.text
    assert NAME not in page.text
    again = await cast.owner.post(path, json=body)
    assert again.status_code == 404


async def test_the_job_comes_back_by_itself(
    rt: Runtime, workspace: Workspace, person: Person
) -> None:
    erasure_id = await order(rt, workspace, person.anna)
    await jobs.erase(rt, workspace_id=workspace.id, erasure_id=str(erasure_id))
    rt.clock.now += timedelta(hours=1)  # type: ignore[attr-defined]  # the tests' clock
    await jobs.look_after_erasures(rt)
    async with rt.db.begin() as tx:
        waiting = await tx.execute(
            sa.text(
                "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'privacy.erase'"
                " AND args->>'erasure_id' = :id AND status = 'todo'"
            ),
            {"id": str(erasure_id)},
        )
    assert waiting.scalar_one() >= 1
