"""The steps of the demo, each told to the terminal, timed and verified."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from otklik.campaigns.public import NewCampaign, create_campaign
from otklik.entrypoints.demo.api import Api
from otklik.entrypoints.demo.clock import TravelClock
from otklik.entrypoints.demo.counting import batches, by_day, direct_count, write_file
from otklik.entrypoints.demo.readers import Readers
from otklik.entrypoints.demo.shop import (
    Shop,
    customers_csv,
    order_event,
    orders_csv,
    registration,
)
from otklik.entrypoints.demo.telling import GOALS, Teller
from otklik.entrypoints.demo.waiting import Waiter, patience
from otklik.runtime.public import Runtime

CAMPAIGN_ID = UUID("0197f3a0-0000-7000-8000-00000000d340")
SENDER_EMAIL = "shop@example.com"
CONTROL_SHARE = 20.0
WINDOW_HOURS = 30 * 24
_OF_A_LETTER = ("name", "kind", "subject", "preheader", "source", "text", "amp")

LAPSED = {
    "kind": "all",
    "of": [
        {"kind": "orders", "measure": {"kind": "count", "test": {"op": "at_least", "n": 3}}},
        {
            "kind": "orders",
            "measure": {
                "kind": "last_at",
                "test": {"op": "more_than_ago", "amount": 60, "unit": "days"},
            },
        },
    ],
}


class Story:
    """The demo's steps over a running program."""

    def __init__(
        self,
        *,
        rt: Runtime,
        workspace_id: int,
        api: Api,
        readers: Readers,
        shop: Shop,
        clock: TravelClock,
        folder: Path,
        teller: Teller,
    ) -> None:
        self.workspace_id = workspace_id
        self.rt, self.api, self.readers, self.shop = rt, api, readers, shop
        self.clock, self.folder, self.teller = clock, folder, teller
        self.waiter = Waiter(rt, workspace_id, api, teller)

    async def tell(self) -> bool:
        """Go through all steps; returns whether everything was verified."""
        await self.bring_in_customers()
        await self.bring_in_orders()
        segment = await self.cut_segment()
        campaign = await self.prepare_mailing(segment)
        await self.send_mailing(campaign)
        await self.let_readers_read()
        await self.replay_orders()
        await self.read_report(campaign)
        return not self.teller.failed

    async def bring_in_customers(self) -> None:
        customers = self.shop.customers()
        file = self.folder / "customers.csv"
        await asyncio.to_thread(write_file, file, customers_csv(customers))
        async with self.teller.step("import customers"):
            done = await self.waiter.run_import(
                file,
                kind="customers",
                key="user_id",
                mapping={
                    "customer_number": "user_id",
                    "email": "email",
                    "first_name": "trait:first_name",
                    "last_name": "trait:last_name",
                    "country": "trait:country",
                    "language": "trait:language",
                },
                options={
                    "consent": {
                        "channel": "email",
                        "note": "Invented for the demo: customers of the shop agreed at checkout.",
                    }
                },
            )
            await self.waiter.drained()
        self.teller.verify(
            done["rows_ok"] == len(customers) and done["created"] == len(customers),
            f"{len(customers):,} customers became as many profiles",
        )

    async def bring_in_orders(self) -> None:
        before = self.shop.before
        file = self.folder / "orders.csv"
        await asyncio.to_thread(write_file, file, orders_csv(before))
        lines = sum(len(order.lines) for order in before)
        nobody = sum(len(order.lines) for order in before if order.customer is None)
        async with self.teller.step("import orders"):
            done = await self.waiter.run_import(
                file,
                kind="orders",
                key=None,
                mapping={
                    "InvoiceNo": "order_id",
                    "StockCode": "product_id",
                    "Description": "product_name",
                    "Quantity": "quantity",
                    "InvoiceDate": "time",
                    "UnitPrice": "price",
                    "CustomerID": "user_id",
                    "Country": "skip",
                },
                options={"currency": "GBP", "return_prefix": "C", "anonymous": "skip"},
            )
            await self.waiter.drained()
        placed = sum(o.customer is not None and not o.is_return for o in before)
        returns = sum(o.customer is not None and o.is_return for o in before)
        self.teller.verify(done["rows_read"] == lines, f"{lines:,} order lines were read")
        self.teller.verify(
            done["rows_anonymous"] == nobody,
            f"{nobody:,} of them have no customer, and were counted",
        )
        self.teller.verify(
            (done["orders"], done["refunds"]) == (placed, returns),
            f"{placed:,} orders and {returns:,} returns were made of them",
        )

    async def cut_segment(self) -> dict[str, Any]:
        self.clock.set_to(self.shop.start)
        async with self.teller.step("cut the segment"):
            preview = await self.api.post("/segments/preview", {"definition": LAPSED})
            segment = await self.api.post(
                "/segments",
                {
                    "name": "Lapsed regulars",
                    "description": "Bought at least 3 times, but not in the last 60 days",
                    "definition": LAPSED,
                },
            )
        expected = len(self.shop.lapsed())
        self.teller.verify(
            preview["count"] == expected,
            f"“bought at least 3 times, but not in the last 60 days”: {preview['count']} people, "
            f"counted in {preview['took_ms']} ms (raw file: {expected})",
        )
        found: dict[str, Any] = segment
        return found

    async def prepare_mailing(self, segment: dict[str, Any]) -> dict[str, Any]:
        async with self.teller.step("prepare the mailing"):
            starters = await self.api.get("/starters?lang=en")
            letters = {}
            for key, name in (("A", "winback"), ("B", "note")):
                ready = next(s for s in starters if s["key"] == name)
                letters[key] = await self.api.post(
                    "/letters",
                    {field: ready[field] for field in _OF_A_LETTER},
                )
            sender = (await self.api.get("/senders"))[0]
            new = msgspec.convert(
                {
                    "name": "Win back lapsed regulars",
                    "audience": {"segment_ids": [segment["id"]], "exclude_segment_ids": []},
                    "sender_id": sender["id"],
                    "variants": [
                        {
                            "key": "A",
                            "name": "15% off",
                            "letter_id": letters["A"]["id"],
                            "share": 50,
                        },
                        {
                            "key": "B",
                            "name": "Personal note",
                            "letter_id": letters["B"]["id"],
                            "share": 50,
                        },
                    ],
                    "control_share": CONTROL_SHARE,
                    "goal": {
                        "event": "Order Completed",
                        "window_hours": WINDOW_HOURS,
                        "revenue_property": "total",
                    },
                },
                NewCampaign,
            )
            # The one step that does not go through the REST API: a fixed id, together with the
            # fixed salt of the workspace, gives everybody the same groups at every run.
            async with self.rt.db.begin() as tx:
                made = await create_campaign(
                    tx,
                    workspace_id=self.workspace_id,
                    new=new,
                    now=self.clock(),
                    campaign_id=CAMPAIGN_ID,
                )
            campaign = await self.api.get(f"/campaigns/{made.id}")
            checks = await self.api.get(f"/campaigns/{campaign['id']}/checks")
            audience = await self.api.get(f"/campaigns/{campaign['id']}/audience")
        blocks = [check["message"] for check in checks if check["level"] == "block"]
        self.teller.verify(not blocks, f"nothing blocks the launch {'; '.join(blocks)}".strip())
        self.teller.verify(
            audience["remaining"] == len(self.shop.lapsed()),
            f"{audience['remaining']} people in {len(audience['arms'])} groups: "
            + ", ".join(f"{arm['name']} {arm['count']}" for arm in audience["arms"]),
        )
        await self.api.put(
            f"/campaigns/{campaign['id']}/launch", {"confirm_count": audience["remaining"]}
        )
        found: dict[str, Any] = campaign
        return found

    async def send_mailing(self, campaign: dict[str, Any]) -> None:
        path = f"/campaigns/{campaign['id']}"
        async with self.teller.step("send the mailing"):
            with self.teller.bar("letters", None) as (bar, task):
                async for _ in patience("the mailing did not finish"):
                    seen = await self.api.get(f"{path}/progress")
                    bar.update(
                        task,
                        total=max(seen["total"] - seen["control"], 1),
                        completed=seen["sent"] + seen["failed"],
                    )
                    if seen["state"] == "finished":
                        break
        self.arm_of = {
            one["profile_id"]: one["variant"] async for one in self.api.pages(f"{path}/recipients")
        }
        self.caught = [item async for item in self.api.pages("/catcher/letters")]
        addresses = Counter(item["to"] for item in self.caught)
        self.teller.verify(
            seen["sent"] == len(self.caught) == len(addresses) and seen["in_doubt"] == 0,
            f"{seen['sent']} letters went out over SMTP; each address got exactly one",
        )
        self.teller.verify(
            seen["control"] + seen["sent"] + seen["skipped"] == len(self.shop.lapsed()),
            f"{seen['control']} people of the control group got none",
        )

    async def let_readers_read(self) -> None:
        async with self.teller.step("let readers open and click"):
            self.clock.set_to(self.shop.start + timedelta(hours=6))
            letters = [await self.api.get(f"/catcher/letters/{c['id']}") for c in self.caught]
            await asyncio.gather(*(self.readers.treat(letter) for letter in letters))
            # An opening is judged when nothing can speak about it any more; nobody waits for that.
            self.clock.set_to(self.clock() + timedelta(minutes=1))
            await self.waiter.drained()
        habits = self.readers.habits
        self.teller.verify(
            habits.clicked > 0 and habits.scanned > 0,
            f"readers made {habits.requests} requests: {habits.opened} people opened, "
            f"{habits.clicked} clicked, {habits.unsubscribed} unsubscribed; "
            f"{habits.prefetched + habits.scanned} letters were touched by machines only",
        )

    async def replay_orders(self) -> None:
        after = [order for order in self.shop.after if order.customer is not None]
        known = {number for number, _ in self.shop.customers()}
        async with self.teller.step("replay the last 30 days"):
            with self.teller.bar("orders", len(after)) as (bar, task):
                for day, orders in by_day(after):
                    self.clock.set_to(day + timedelta(hours=23))
                    new = [o for o in orders if o.customer not in known]
                    known |= {o.customer for o in new if o.customer is not None}
                    for batch in batches([*map(registration, new), *map(order_event, orders)]):
                        await self.api.send_events(batch, self.clock().isoformat())
                        bar.advance(task, sum(e["type"] == "track" for e in batch))
                    # Leases run out when the clock jumps, so nothing may be in hand by then.
                    await self.waiter.drained()
                self.clock.set_to(self.shop.start + timedelta(days=30, minutes=5))
        rejects = [item async for item in self.api.pages("/rejects")]
        reasons = ", ".join(sorted({item["reason"] for item in rejects}))
        self.teller.verify(
            not rejects,
            f"{len(after):,} orders and returns came as events, {len(rejects)} refused {reasons}",
        )

    async def read_report(self, campaign: dict[str, Any]) -> None:
        async with self.teller.step("read the report"):
            report = await self.api.get(f"/campaigns/{campaign['id']}/report")
        people = [item async for item in self.api.pages("/profiles")]
        number_of = {p["id"]: int(p["user_id"]) for p in people if p["user_id"]}
        arm_of = {number_of[profile]: arm for profile, arm in self.arm_of.items()}
        expected = direct_count(self.shop.after, arm_of)
        self.teller.print_report(report)
        for arm in report["arms"]:
            people_n, orders_n, revenue = expected[arm["key"]]
            counted = (arm["targets"], arm["target_events"], Decimal(str(round(arm["revenue"], 2))))
            self.teller.verify(
                counted == (people_n, orders_n, revenue),
                f"{arm['name']}: {orders_n} orders of {people_n} people for £{revenue:,} "
                "in the report and in the raw file",
            )
        habits = self.readers.habits
        totals = {
            key: sum(arm[key] for arm in report["arms"])
            for key in ("opened_person", "clicked_person", "unsubscribed")
        }
        self.teller.verify(
            (totals["opened_person"], totals["clicked_person"], totals["unsubscribed"])
            == (habits.opened, habits.clicked, habits.unsubscribed),
            f"{totals['opened_person']} openings, {totals['clicked_person']} clicks and "
            f"{totals['unsubscribed']} unsubscriptions by people, as the readers did",
        )
        self.teller.verify(
            report["sample_ratio"]["ok"], "the groups have the sizes they were meant to have"
        )
        self.teller.verify(
            report["verdict"]["code"] == "no_difference"
            and not any(c["significant"] for c in report["comparisons"] if c["metric"] in GOALS),
            "the report claims no effect on orders or revenue",
        )
        self.teller.print_verdict(report["verdict"]["text"])
