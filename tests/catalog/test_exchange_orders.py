"""Orders and 1C: ours go out until they are confirmed, and its documents make and move them."""

from __future__ import annotations

from typing import Any

from otklik.accounts.public import Workspace
from otklik.catalog.exchange import jobs as exchange_jobs
from otklik.catalog.operations import apply_order_events
from otklik.profiles.public import Observation, resolve_identities
from otklik.runtime.public import Runtime
from tests.catalog.conftest import event
from tests.catalog.onec import API, OneC, document, documents, log, orders
from tests.conftest import Cast, Clock


async def test_our_orders_go_out_until_1c_has_confirmed_them(
    rt: Runtime, workspace: Workspace, cast: Cast, made: dict[str, Any], sale: OneC, clock: Clock
) -> None:
    now = clock()
    async with rt.db.begin() as tx:
        found = await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                Observation(
                    index=0, time=now, email="anna@shop.example", phone="+79161234567",
                    traits={"name": "Анна <Ли> ☺"},
                )
            ],
            now=now,
        )  # fmt: skip
        bought = event(
            now,
            "Order Completed",
            profile_id=found.profile_ids[0],
            order_id="S-1",
            products=[{"product_id": "t1", "name": "Чай & кофе", "price": 50, "quantity": 2}],
        )
        await apply_order_events(tx, workspace_id=workspace.id, rows=[bought], now=now)
    await cast.owner.patch(f"{API}/{sale.id}", json={"encoding": "windows-1251"})
    await sale.login()
    for _ in range(2):
        answer = await sale.ask("query")
        told = answer.content.decode("cp1251")
        for part in ("<Ид>S-1</Ид>", "anna@shop.example", "+79161234567", "Чай &amp; кофе",
                     "Анна &lt;Ли&gt; &#9786;", "<Сумма>100.00</Сумма>"):  # fmt: skip
            assert part in told
    assert await sale.text("success") == "success"
    assert "<Документ>" not in (await sale.ask("query")).content.decode("cp1251")
    assert (await log(cast, made))[0]["orders_taken"] == 1


async def test_documents_of_1c_make_and_move_orders(
    cast: Cast, sale: OneC, made: dict[str, Any]
) -> None:
    first = documents(document("o1"), document("o2", mail=""))
    await sale.exchange(documents_xml=first)
    found = await orders(cast)
    assert set(found) == {"o1"}
    assert (found["o1"]["status"], found["o1"]["total"], found["o1"]["currency"]) == (
        "placed", 100, "RUB",
    )  # fmt: skip
    assert (found["o1"]["number"], found["o1"]["source"]) == ("М-o1", "1C")
    counts = (await log(cast, made))[0]["files"][0]
    assert counts["counts"]["without_contacts"] == 1
    assert counts["problems"]
    # The same file once more, and what 1C said itself is not handed back to it.
    await sale.exchange(documents_xml=first)
    assert "changed_orders" not in (await log(cast, made))[0]["files"][0]["counts"]
    assert await orders(cast) == found
    assert "<Документ>" not in (await sale.ask("query")).text

    paid = document("p1", kind="Выплата безналичных денег", more="<Основание>o1</Основание>")
    await sale.text("success")
    await sale.exchange(documents_xml=documents(paid))
    assert (await orders(cast))["o1"]["status"] == "paid"
    off = document("o1", status="Собирается", facts="<ЗначениеРеквизита><Наименование>Отменен"
                   "</Наименование><Значение>true</Значение></ЗначениеРеквизита>")  # fmt: skip
    await sale.exchange(documents_xml=documents(off, at="2025-12-03T10:00:00"))
    assert (await orders(cast))["o1"]["status"] == "cancelled"
    words = (await cast.owner.get("/api/v1/order-statuses")).json()
    assert words[0]["word"] == "собирается"


async def test_an_old_1c_that_never_asks_for_the_reading_is_read_after_a_minute(
    rt: Runtime, cast: Cast, sale: OneC, clock: Clock
) -> None:
    await sale.login()
    await sale.send("orders.xml", documents(document("o1")))
    clock.move(minutes=2)
    await exchange_jobs.sweep_exchanges(rt)
    await sale.work()
    assert set(await orders(cast)) == {"o1"}
