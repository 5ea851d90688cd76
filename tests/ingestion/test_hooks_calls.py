"""Calls: caught, mapped, and what becomes of them."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.ingestion.hooks import erasure, jobs, queries, work
from otklik.ingestion.hooks.model import (
    HookConsentRule,
    HookMapping,
)
from otklik.ingestion.hooks.receive import unpack_call
from otklik.kit.traces import Traces
from otklik.privacy.public import State, consent_states
from tests.conftest import Clock
from tests.ingestion.hooking import EMAIL, FORM, Hook
from tests.ingestion.support import Ingestion


async def test_a_call_is_caught_mapped_and_becomes_a_customer(hook: Hook, seen: Ingestion) -> None:
    answer = await hook.send(data=FORM)
    assert (answer.status_code, answer.text) == (200, "ok")
    (row,) = await hook.rows()
    assert row.state == "caught"
    await hook.drain()
    assert await seen.logged() == 0
    assert await hook.map() == 1
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    assert row.state == "mapped"
    assert [one["name"] for one in row.made] == ["", "Form Submitted"]
    stored = await seen.stored("name, source, profile_id")
    assert {(name, source) for name, source, _ in stored} == {
        ("Identified", "form"),
        ("Form Submitted", "form"),
    }
    assert {profile for _, _, profile in stored} == {row.profile_id}


async def test_every_content_type_is_taken(hook: Hook, seen: Ingestion) -> None:
    await hook.map()
    bodies: list[dict[str, Any]] = [
        {"json": {"Email": "a@example.com"}},
        {"data": {"Email": "b@example.com"}},
        {"data": {"Email": "c@example.com"}, "files": {"cv": ("cv.txt", b"x")}},
        {"content": b'{"Email":"d@example.com"}', "headers": {"content-type": "text/plain"}},
        {"content": b"Email=e@example.com"},
        {
            "content": gzip.compress(b'{"Email":"f@example.com"}'),
            "headers": {"content-type": "application/json", "content-encoding": "gzip"},
        },
    ]
    for call in bodies:
        assert (await hook.send(**call)).status_code == 200
    await hook.drain()
    states = [row.state for row in await hook.rows()]
    assert states == ["mapped"] * len(bodies)
    people = [body[0]["traits"]["email"] for body in await seen.bodies()]
    assert sorted(people) == [f"{letter}@example.com" for letter in "abcdef"]


async def test_what_cannot_be_read_is_kept_and_says_why(hook: Hook) -> None:
    await hook.map()
    answer = await hook.send(content=b"{broken", headers={"content-type": "application/json"})
    assert answer.status_code == 200
    await hook.drain()
    (row,) = await hook.rows()
    assert (row.state, row.reason) == ("failed", "unreadable")
    assert unpack_call(row.body).body == b"{broken"


async def test_fields_are_shown_of_the_newest_call_that_can_be_read(hook: Hook) -> None:
    await hook.map()

    async def shown() -> bytes:
        async with hook.rt.db.begin() as tx:
            call = await queries.get_call(
                tx,
                workspace_id=hook.workspace_id,
                source_id=hook.source_id,
                call_id=None,
                lang="en",
            )
        return unpack_call(call.body).body if call.body else b""

    broken: dict[str, Any] = {
        "content": b"{broken",
        "headers": {"content-type": "application/json"},
    }
    await hook.send(**broken)
    await hook.drain()
    assert await shown() == b"{broken"
    await hook.send(content=b"Email=a@example.com")
    await hook.send(**broken)
    await hook.drain()
    assert await shown() == b"Email=a@example.com"


async def test_one_odd_call_does_not_hold_up_the_others(
    hook: Hook, seen: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.map()
    await hook.send(data={"Email": "odd@example.com"})
    await hook.send(data={"Email": "good@example.com"})
    true_make = work.make

    def sometimes(mapping: HookMapping, tree: dict[str, Any], **more: Any) -> Any:
        if tree["Email"].startswith("odd"):
            raise ZeroDivisionError
        return true_make(mapping, tree, **more)

    monkeypatch.setattr(work, "make", sometimes)
    await hook.drain()
    found = {(row.state, row.reason, row.detail) for row in await hook.rows()}
    assert found == {("failed", "unexpected", "ZeroDivisionError"), ("mapped", "", "")}
    monkeypatch.undo()
    assert await hook.replay(states=[queries.HookCallState.FAILED]) == 1
    await hook.drain()
    assert {row.state for row in await hook.rows()} == {"mapped"}


async def test_a_paused_source_keeps_what_it_is_sent(hook: Hook, seen: Ingestion) -> None:
    await hook.map()
    await hook.change(is_on=False)
    await hook.send(data=FORM)
    await hook.drain()
    assert [row.state for row in await hook.rows()] == ["caught"]
    assert await hook.map() == 1
    await hook.drain()
    assert [row.state for row in await hook.rows()] == ["mapped"]


async def test_a_consent_of_a_form_reaches_the_ledger_once(
    hook: Hook, seen: Ingestion, workspace: Workspace
) -> None:
    agreed = HookMapping(
        event="Sent", rules=[EMAIL], consents=[HookConsentRule(path=["box"], channel="email")]
    )
    await hook.map(agreed)
    await hook.send(data={**FORM, "box": "yes"})
    await hook.drain()
    await seen.drain()
    await hook.replay()
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    async with hook.rt.db.begin() as tx:
        (state,) = await consent_states(tx, workspace_id=workspace.id, profile_id=row.profile_id)
        lines = await tx.execute(
            sa.text("SELECT source, proof FROM consent_entries WHERE workspace_id = :w"),
            {"w": workspace.id},
        )
        ((source, proof),) = lines.all()
    assert (state.channel, state.state) == ("email", State.GRANTED)
    assert source == "form"
    assert proof["call_id"] == str(row.call_id)


async def test_a_consent_added_to_the_mapping_reaches_earlier_callers(
    hook: Hook, seen: Ingestion, workspace: Workspace
) -> None:
    await hook.map(HookMapping(event="Sent", rules=[EMAIL]))
    await hook.send(data={**FORM, "box": "yes"})
    await hook.drain()
    await seen.drain()
    await hook.map(
        HookMapping(
            event="Sent", rules=[EMAIL], consents=[HookConsentRule(path=["box"], channel="email")]
        )
    )
    await hook.replay()
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    async with hook.rt.db.begin() as tx:
        states = await consent_states(tx, workspace_id=workspace.id, profile_id=row.profile_id)
    assert [one.state for one in states] == [State.GRANTED]


async def test_old_bodies_are_deleted_and_their_lines_stay(hook: Hook, clock: Clock) -> None:
    await hook.change(keep_days=7)
    await hook.send(data=FORM)
    clock.move(days=6)
    await jobs.purge_hooks(hook.rt)
    assert (await hook.rows())[0].body is not None
    clock.move(days=2)
    await jobs.purge_hooks(hook.rt)
    (row,) = await hook.rows()
    assert (row.body, row.ip) == (None, "")
    await hook.map(replay=False)
    assert await hook.replay() == 0
    clock.move(days=500)
    await jobs.purge_hooks(hook.rt)
    assert await hook.rows() == []


async def test_an_erased_person_leaves_no_call(hook: Hook, clock: Clock) -> None:
    await hook.send(data=FORM)
    await hook.send(json={"who": {"mail": "ANNA@example.com"}})
    await hook.send(data={"Email": "joanna@example.com"})
    traces = Traces(
        workspace_id=hook.workspace_id,
        profile_ids=(0,),
        identifiers=(("email", "anna@example.com"),),
        words=(),
        until=clock.now,
    )
    async with hook.rt.db.begin() as tx:
        assert await erasure.count_calls(hook.rt, tx, traces) == 2
        found = [one async for one in erasure.export_calls(hook.rt, tx, traces)]
        assert (await erasure.erase_calls(hook.rt, tx, traces)).count == 2
        assert await erasure.count_calls(hook.rt, tx, traces) == 0
    assert "anna" in found[0]["body"]
    assert [row.body is None for row in await hook.rows()] == [True, True, False]


async def test_a_source_that_fails_is_named(hook: Hook, workspace: Workspace, clock: Clock) -> None:
    await hook.map()
    await hook.send(data={"Name": "nobody"})
    await hook.drain()
    async with hook.rt.db.begin() as tx:
        (found,) = await queries.failing_sources(
            tx, workspace_id=workspace.id, since=hook.rt.clock()
        )
    assert (found.name, found.failed, found.refused) == ("Shop", 1, 0)
