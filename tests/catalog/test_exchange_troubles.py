"""Connections of 1C that need somebody are named on the start page; strangers are slowed down."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from otklik.accounts.public import Workspace
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.sessions import FAILURES_MAX
from otklik.catalog.exchange.strangers import SECONDS_PER_TRY, TRIES_MAX, Strangers
from otklik.entrypoints.wiring.attention import troubled_exchanges
from otklik.kit.i18n import LANGS
from otklik.runtime.public import Runtime
from tests.catalog.onec import API, OneC, document, documents, goods
from tests.conftest import Cast, Clock


async def shown(rt: Runtime, workspace: Workspace) -> list[tuple[str, str, str]]:
    async with rt.db.begin() as tx:
        lines = [await troubled_exchanges(tx, workspace.id, rt.clock(), lang) for lang in LANGS]
    assert [line.kind for line in lines[0]] == [line.kind for line in lines[1]]
    assert all(line.title and line.detail for both in lines for line in both)
    return [(line.kind, line.detail, line.link) for line in lines[0]]


async def test_an_exchange_that_failed_is_named_until_one_of_its_kind_went_well(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, onec: OneC, sale: OneC
) -> None:
    assert await shown(rt, workspace) == []
    await onec.exchange(import_xml=goods("a"))
    await onec.finish()
    assert await shown(rt, workspace) == []
    await onec.login()
    await onec.send("import.xml", "<КоммерческаяИнформация><Каталог>")
    assert (await onec.read("import.xml")).startswith("failure")
    await onec.finish()
    ((kind, detail, link),) = await shown(rt, workspace)
    assert (kind, link) == ("exchange_failed", f"/sources/exchanges/{onec.id}")
    assert detail.startswith("import.xml: ")
    assert await shown(rt, other_workspace) == []
    # Orders that come through say nothing of the catalogue.
    await sale.exchange(documents_xml=documents(document("o1")))
    await sale.finish()
    assert len(await shown(rt, workspace)) == 1
    await onec.exchange(import_xml=goods("a"))
    assert await shown(rt, workspace) == []


async def test_a_wrong_password_and_silence_are_named(
    rt: Runtime, workspace: Workspace, onec: OneC, clock: Clock
) -> None:
    async with rt.db.begin() as tx:
        await tx.execute(
            t.exchanges.update()
            .where(t.exchanges.c.exchange_id == UUID(onec.id))
            .values(failures=FAILURES_MAX, failures_from=clock())
        )
    assert [line[0] for line in await shown(rt, workspace)] == ["exchange_locked"]
    clock.move(hours=2)
    assert await shown(rt, workspace) == []
    await onec.exchange(import_xml=goods("a"))
    await onec.finish()
    clock.move(days=2)
    assert await shown(rt, workspace) == []
    clock.move(days=2)
    assert [line[0] for line in await shown(rt, workspace)] == ["exchange_silent"]


async def test_products_of_1c_have_a_feed_of_their_own_kind(
    cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    await onec.exchange(import_xml=goods("a"))
    (feed,) = (await cast.owner.get("/api/v1/feeds")).json()
    assert (feed["kind"], feed["exchange_id"], feed["products"]) == ("exchange", onec.id, 1)
    path = f"/api/v1/feeds/{feed['id']}"
    refused = await cast.owner.post(f"{path}/runs", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "feed_of_exchange")
    renamed = await cast.owner.patch(path, json={"name": "Shop", "url": "https://shop.example/f"})
    assert (renamed.json()["name"], renamed.json()["url"]) == ("Shop", None)
    assert (await cast.owner.delete(f"{API}/{onec.id}")).status_code == 204
    assert (await cast.owner.get(path)).json()["exchange_id"] is None


def test_strangers_have_so_many_tries_and_get_them_back() -> None:
    door = Strangers()
    for n in range(TRIES_MAX):
        assert door.wait_s("10.0.0.1", f"guess{n}", 0.0) == 0
        door.note("10.0.0.1", f"guess{n}", 0.0, known=False)
    assert door.wait_s("10.0.0.1", "one-more", 0.0) == SECONDS_PER_TRY
    assert door.wait_s("10.0.0.1", "one-more", SECONDS_PER_TRY) == 0
    assert door.wait_s("10.0.0.2", "one-more", 0.0) == 0
    door.note("10.0.0.2", "real", 0.0, known=True)
    assert door.wait_s("10.0.0.1", "real", 0.0) == 0


async def test_unknown_addresses_are_answered_without_a_query_after_some_tries(
    cast: Cast, onec: OneC, clock: Clock
) -> None:
    query = {"type": "catalog", "mode": "checkauth"}
    clock.move(hours=1)
    answers = [
        (await cast.nobody.get(f"/1c/unknown{n}", params=query)).status_code
        for n in range(TRIES_MAX + 2)
    ]
    assert answers == [200] * TRIES_MAX + [429] * 2
    assert (await onec.login()).startswith("failure")
    clock.move(minutes=2)
    assert (await onec.login()).startswith("success")
    for n in range(TRIES_MAX + 1):
        await cast.nobody.get(f"/1c/unknown{n}", params=query)
    # An address that is known goes on, whoever else is behind the same network.
    assert (await onec.text("init")).startswith("zip")
    clock.move(minutes=20)
