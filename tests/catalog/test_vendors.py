"""Who made what was bought: as the line says it, or as the catalogue knows, also later."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.catalog import tables as t
from otklik.catalog.jobs import reread_vendors, reread_vendors_nightly
from otklik.catalog.model import OrderLine
from otklik.catalog.products import swap
from otklik.catalog.products.staging import create_staging
from otklik.catalog.public import apply_order_events, get_order
from otklik.catalog.vendors import orders_of_other_vendors, vendor_of
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.catalog.conftest import event, make_profiles
from tests.conftest import Clock

LINES = [
    {"product_id": "p1", "name": "Cup", "price": 5},
    {"product_id": "p2", "name": "Lamp", "price": 7, "brand": " Own "},
    {"product_id": "p3", "name": "Pen", "price": 1},
]


def test_a_line_speaks_before_the_catalogue() -> None:
    def line(**extra: str) -> OrderLine:
        return OrderLine(product_id="p1", name="Cup", quantity=1, price=1, extra=dict(extra))

    known = {"p1": "Factory"}
    assert vendor_of(line(brand="Own"), known) == "Own"
    assert vendor_of(line(manufacturer="Third", vendor="Second"), known) == "Second"
    assert vendor_of(line(colour="red"), known) == "Factory"
    assert vendor_of(line(), {}) is None


async def put_products(rt: Runtime, workspace: Workspace, clock: Clock, **vendors: str) -> None:
    """Load a feed of products with these vendors."""
    async with rt.db.begin() as tx:
        found = await tx.execute(
            sa.select(t.feeds.c.feed_id).where(t.feeds.c.workspace_id == workspace.id)
        )
        feed_id = found.scalar_one_or_none() or uuid4()
        await tx.execute(
            sa.text(
                "INSERT INTO feeds (feed_id, workspace_id, name, kind, created_at)"
                " VALUES (:feed, :ws, 'F', 'upload', :now) ON CONFLICT DO NOTHING"
            ),
            {"feed": feed_id, "ws": workspace.id, "now": clock()},
        )
        await create_staging(tx)
        await tx.execute(
            sa.text(
                "INSERT INTO staged_products (seq, offer_id, name, vendor, pictures, params)"
                " SELECT row_number() OVER (), o, o, v, '[]', '[]'"
                " FROM unnest(CAST(:ids AS text[]), CAST(:vendors AS text[])) AS u (o, v)"
            ),
            {"ids": list(vendors), "vendors": list(vendors.values())},
        )
        mine = {"workspace_id": workspace.id, "feed_id": feed_id}
        await swap.compare(tx, **mine, is_whole=True)
        await swap.apply(rt, tx, **mine, now=clock())


async def stored(rt: Runtime, workspace: Workspace) -> list[list[str]]:
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT vendors FROM orders FINAL WHERE workspace_id = {ws:UInt32} ORDER BY order_id",
        {"ws": workspace.id},
    )
    return [list(row[0]) for row in rows]


async def waiting(rt: Runtime, workspace: Workspace) -> int:
    async with rt.db.begin() as tx:
        found = await tx.execute(
            sa.text(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
                " AND task_name = 'catalog.reread_vendors'"
                " AND (args->>'workspace_id')::int = :ws"
            ),
            {"ws": workspace.id},
        )
    return int(found.scalar_one())


async def test_lines_get_the_vendors_of_the_catalogue_whenever_it_learns_of_them(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace, clock: Clock
) -> None:
    now = clock()
    await put_products(rt, other_workspace, clock, p1="Stranger")
    async with rt.db.begin() as tx:
        (person,) = await make_profiles(tx, workspace.id, now, 1)
        old = event(now, "Order Completed", profile_id=person, order_id="old", products=LINES)
        await apply_order_events(tx, workspace_id=workspace.id, rows=[old], now=now)
    assert await stored(rt, workspace) == [["", "Own", ""]]
    assert await waiting(rt, workspace) == 0
    # The catalogue comes later: a job is asked for, and only orders that change are written.
    await put_products(rt, workspace, clock, p1="Factory", p2="Other", p9="Nobody's")
    assert await waiting(rt, workspace) == 1
    async with rt.db.begin() as tx:
        assert await orders_of_other_vendors(tx, workspace_id=workspace.id) == ["old"]
    await reread_vendors(rt, workspace_id=workspace.id)
    assert await stored(rt, workspace) == [["Factory", "Own", ""]]
    async with rt.db.begin() as tx:
        assert await orders_of_other_vendors(tx, workspace_id=workspace.id) == []
        new = event(now, "Order Completed", 1, profile_id=person, order_id="new", products=LINES)
        await apply_order_events(tx, workspace_id=workspace.id, rows=[new], now=now)
        order = await get_order(tx, workspace_id=workspace.id, order_id="new")
    assert [line.vendor for line in order.lines] == ["Factory", "Own", None]
    assert await stored(rt, workspace) == [["Factory", "Own", ""]] * 2
    # A feed that says the same asks for nothing; a product that is renamed does.
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("DELETE FROM procrastinate_jobs"))
    await put_products(rt, workspace, clock, p1="Factory", p2="Other", p9="Nobody's")
    assert await waiting(rt, workspace) == 0
    await put_products(rt, workspace, clock, p1="Works", p2="Other", p9="Nobody's")
    assert await waiting(rt, workspace) == 1
    await reread_vendors(rt, workspace_id=workspace.id)
    assert await stored(rt, workspace) == [["Works", "Own", ""]] * 2
    # What stands in the table from before vendors were kept is found at night.
    async with rt.db.begin() as tx:
        await tx.execute(sa.text("DELETE FROM procrastinate_jobs"))
        await tx.execute(
            sa.text(
                "UPDATE orders SET lines = jsonb_path_query_array(lines, '$[*]')"
                " #- '{0,vendor}' #- '{1,vendor}' WHERE order_id = 'old' AND workspace_id = :ws"
            ),
            {"ws": workspace.id},
        )
    await reread_vendors_nightly(rt)
    assert await waiting(rt, workspace) == 1
    await reread_vendors(rt, workspace_id=workspace.id)
    async with rt.db.begin() as tx:
        order = await get_order(tx, workspace_id=workspace.id, order_id="old")
    assert [line.vendor for line in order.lines] == ["Works", "Own", None]
