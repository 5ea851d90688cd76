"""Erasing a person: nothing is left in either engine, whatever happens on the way."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.ingestion.log import unpack
from otklik.privacy import jobs
from otklik.privacy import tables as t
from otklik.privacy.keepers import Keeper, keepers, register_keeper
from otklik.privacy.operations.erasures import work_on_erasure
from otklik.privacy.public import (
    SuppressionReason,
    suppressed,
)
from otklik.privacy.queries.erasures import get_erasure
from otklik.privacy.queries.proofs import check_chain
from otklik.profiles.public import (
    ProfileNotFound,
    get_profile,
    store_changes,
)
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.conftest import Cast
from tests.privacy.erasing import (
    DEVICE,
    EMAIL,
    NAME,
    PHONE,
    USER,
    Person,
    event,
    find,
    finish,
    mentions,
    order,
    send,
    settle,
)

HELD_SOMETHING = {
    "consents",
    "events",
    "message_facts",
    "orders",
    "profile_traits",
    "profiles",
}
"""The tables of ClickHouse in which the fixture leaves something of Anna."""


async def rewritten(rt: Runtime) -> set[tuple[str, str]]:
    """Return the orders to write parts of a table anew that ClickHouse remembers."""
    rows = await rt.ch.query(
        "SELECT table, mutation_id FROM system.mutations WHERE database = currentDatabase()"
    )
    return {(str(table), str(one)) for table, one in rows}


async def marked_tables(rt: Runtime) -> set[str]:
    """Return the tables with rows that are deleted and still on the disk."""
    rows = await rt.ch.query(
        "SELECT DISTINCT table FROM system.parts"
        " WHERE active AND has_lightweight_delete AND database = currentDatabase()"
    )
    return {str(table) for (table,) in rows}


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
    earlier = await rewritten(rt)
    erasure_id = await order(rt, workspace, person.anna)
    await finish(rt, workspace, erasure_id)
    assert await mentions(rt, workspace.id) == []
    # Only tables that held something of hers were taken in hand; none was only marked.
    assert {table for table, _ in await rewritten(rt) - earlier} == HELD_SOMETHING
    assert not await marked_tables(rt) & HELD_SOMETHING
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
        event("identify", userId=USER, anonymousId=DEVICE, traits={"email": EMAIL}),
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
        rt, workspace.id, event("track", event="Late", userId=USER, properties={"mail": EMAIL})
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
