"""The outbox: facts arrive once, whatever dies in between."""

from __future__ import annotations

import pytest

from otklik.accounts.public import Workspace
from otklik.runtime import outbox
from otklik.runtime.public import Runtime, put_facts, waiting_facts
from tests.conftest import NOW, Clock


def orders(*ids: str) -> list[dict[str, object]]:
    return [
        {
            "order_id": i,
            "profile_id": 1,
            "status": "placed",
            "placed_at": NOW,
            "total": "12.30",
            "currency": "GBP",
            "version": 1,
        }
        for i in ids
    ]


async def stored(rt: Runtime, workspace: Workspace) -> list[str]:
    rows = await rt.ch.query(
        "SELECT order_id FROM orders WHERE workspace_id = {w:UInt32} ORDER BY order_id",
        {"w": workspace.id},
    )
    return [row[0] for row in rows]


async def drain(rt: Runtime) -> None:
    while await outbox.carry_facts(rt):
        pass


async def test_facts_of_a_committed_transaction_arrive(rt: Runtime, workspace: Workspace) -> None:
    async with rt.db.begin() as tx:
        await put_facts(tx, workspace_id=workspace.id, table="orders", rows=orders("a", "b"))
        await put_facts(tx, workspace_id=workspace.id, table="orders", rows=orders("c"))
    await drain(rt)
    assert await stored(rt, workspace) == ["a", "b", "c"]
    async with rt.db.begin() as tx:
        assert await waiting_facts(tx) == 0


async def test_facts_of_a_failed_transaction_do_not(rt: Runtime, workspace: Workspace) -> None:
    with pytest.raises(RuntimeError):
        async with rt.db.begin() as tx:
            await put_facts(tx, workspace_id=workspace.id, table="orders", rows=orders("x"))
            raise RuntimeError("the use case failed")
    await drain(rt)
    assert await stored(rt, workspace) == []


@pytest.mark.parametrize("died", ["before the insert", "after the insert"])
async def test_a_carrier_that_died_is_replaced_and_nothing_doubles(
    rt: Runtime,
    workspace: Workspace,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    died: str,
) -> None:
    async with rt.db.begin() as tx:
        await put_facts(tx, workspace_id=workspace.id, table="orders", rows=orders("a", "b"))
    real = rt.ch.insert_lines

    async def dying(table: str, body: bytes, token: str) -> None:
        if died == "after the insert":
            await real(table, body, token)
        raise ConnectionError("killed")

    monkeypatch.setattr(rt.ch, "insert_lines", dying)
    with pytest.raises(ConnectionError):
        await outbox.carry_facts(rt)
    monkeypatch.setattr(rt.ch, "insert_lines", real)
    assert not await outbox.carry_facts(rt), "the lease still holds"
    async with rt.db.begin() as tx:
        await put_facts(tx, workspace_id=workspace.id, table="orders", rows=orders("c"))
    clock.move(minutes=3)
    await drain(rt)
    assert await stored(rt, workspace) == ["a", "b", "c"]
