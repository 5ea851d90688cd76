"""The steps of the demo, each told to the terminal, timed and verified."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from otklik.campaigns.public import NewCampaign, create_campaign
from otklik.entrypoints.demo.api import Api, DemoError
from otklik.entrypoints.demo.clock import TravelClock
from otklik.entrypoints.demo.readers import Readers
from otklik.entrypoints.demo.shop import (
    Order,
    Shop,
    customers_csv,
    order_event,
    orders_csv,
    registration,
)
from otklik.ingestion.public import backlog
from otklik.runtime.public import Runtime, waiting_facts

CAMPAIGN_ID = UUID("0197f3a0-0000-7000-8000-00000000d340")
SENDER_EMAIL = "shop@example.com"
CONTROL_SHARE = 20.0
WINDOW_HOURS = 30 * 24
GOALS = ("targets", "revenue_per_person")
BATCH_BYTES = 400_000
_WAIT_S = 300.0

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
    """The demo's steps over a running program. `times` collects (step, seconds)."""

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
        console: Console,
    ) -> None:
        self.workspace_id = workspace_id
        self.rt, self.api, self.readers, self.shop = rt, api, readers, shop
        self.clock, self.folder, self.console = clock, folder, console
        self.times: list[tuple[str, float]] = []
        self.failed: list[str] = []

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
        return not self.failed

    async def bring_in_customers(self) -> None:
        customers = self.shop.customers()
        file = self.folder / "customers.csv"
        await asyncio.to_thread(write_file, file, customers_csv(customers))
        async with self.step("import customers"):
            done = await self.run_import(
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
            await self.drained()
        self.verify(
            done["rows_ok"] == len(customers) and done["created"] == len(customers),
            f"{len(customers):,} customers became as many profiles",
        )

    async def bring_in_orders(self) -> None:
        before = self.shop.before
        file = self.folder / "orders.csv"
        await asyncio.to_thread(write_file, file, orders_csv(before))
        lines = sum(len(order.lines) for order in before)
        nobody = sum(len(order.lines) for order in before if order.customer is None)
        async with self.step("import orders"):
            done = await self.run_import(
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
            await self.drained()
        placed = sum(o.customer is not None and not o.is_return for o in before)
        returns = sum(o.customer is not None and o.is_return for o in before)
        self.verify(done["rows_read"] == lines, f"{lines:,} order lines were read")
        self.verify(
            done["rows_anonymous"] == nobody,
            f"{nobody:,} of them have no customer, and were counted",
        )
        self.verify(
            (done["orders"], done["refunds"]) == (placed, returns),
            f"{placed:,} orders and {returns:,} returns were made of them",
        )

    async def cut_segment(self) -> dict[str, Any]:
        self.clock.set_to(self.shop.start)
        async with self.step("cut the segment"):
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
        self.verify(
            preview["count"] == expected,
            f"“bought at least 3 times, but not in the last 60 days”: {preview['count']} people, "
            f"counted in {preview['took_ms']} ms (raw file: {expected})",
        )
        found: dict[str, Any] = segment
        return found

    async def prepare_mailing(self, segment: dict[str, Any]) -> dict[str, Any]:
        async with self.step("prepare the mailing"):
            starters = await self.api.get("/letters/starters")
            letters = {}
            for key, name in (("A", "winback_discount"), ("B", "winback_note")):
                ready = next(s for s in starters if s["key"] == name and s["lang"] == "en")
                letters[key] = await self.api.post(
                    "/letters",
                    {
                        field: ready[field]
                        for field in ("name", "kind", "subject", "preheader", "source", "text")
                    },
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
                            "name": "15 % off",
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
        self.verify(not blocks, f"nothing blocks the launch {'; '.join(blocks)}".strip())
        self.verify(
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
        async with self.step("send the mailing"):
            with self.bar("letters", None) as (bar, task):
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
        self.verify(
            seen["sent"] == len(self.caught) == len(addresses) and seen["in_doubt"] == 0,
            f"{seen['sent']} letters went out over SMTP; each address got exactly one",
        )
        self.verify(
            seen["control"] + seen["sent"] + seen["skipped"] == len(self.shop.lapsed()),
            f"{seen['control']} people of the control group got none",
        )

    async def let_readers_read(self) -> None:
        async with self.step("let readers open and click"):
            self.clock.set_to(self.shop.start + timedelta(hours=6))
            letters = [await self.api.get(f"/catcher/letters/{c['id']}") for c in self.caught]
            await asyncio.gather(*(self.readers.treat(letter) for letter in letters))
            await self.drained()
        habits = self.readers.habits
        self.verify(
            habits.clicked > 0 and habits.scanned > 0,
            f"readers made {habits.requests} requests: {habits.opened} people opened, "
            f"{habits.clicked} clicked, {habits.unsubscribed} unsubscribed; "
            f"{habits.prefetched + habits.scanned} letters were touched by machines only",
        )

    async def replay_orders(self) -> None:
        after = [order for order in self.shop.after if order.customer is not None]
        known = {number for number, _ in self.shop.customers()}
        async with self.step("replay the last 30 days"):
            with self.bar("orders", len(after)) as (bar, task):
                for day, orders in by_day(after):
                    self.clock.set_to(day + timedelta(hours=23))
                    new = [o for o in orders if o.customer not in known]
                    known |= {o.customer for o in new if o.customer is not None}
                    for batch in batches([*map(registration, new), *map(order_event, orders)]):
                        await self.api.send_events(batch, self.clock().isoformat())
                        bar.advance(task, sum(e["type"] == "track" for e in batch))
                    # Leases run out when the clock jumps, so nothing may be in hand by then.
                    await self.drained()
                self.clock.set_to(self.shop.start + timedelta(days=30, minutes=5))
        rejects = [item async for item in self.api.pages("/rejects")]
        reasons = ", ".join(sorted({item["reason"] for item in rejects}))
        self.verify(
            not rejects,
            f"{len(after):,} orders and returns came as events, {len(rejects)} refused {reasons}",
        )

    async def read_report(self, campaign: dict[str, Any]) -> None:
        async with self.step("read the report"):
            report = await self.api.get(f"/campaigns/{campaign['id']}/report")
        people = [item async for item in self.api.pages("/profiles")]
        number_of = {p["id"]: int(p["user_id"]) for p in people if p["user_id"]}
        arm_of = {number_of[profile]: arm for profile, arm in self.arm_of.items()}
        expected = direct_count(self.shop.after, arm_of)
        self.print_report(report)
        for arm in report["arms"]:
            people_n, orders_n, revenue = expected[arm["key"]]
            counted = (arm["targets"], arm["target_events"], Decimal(str(round(arm["revenue"], 2))))
            self.verify(
                counted == (people_n, orders_n, revenue),
                f"{arm['name']}: {orders_n} orders of {people_n} people for £{revenue:,} "
                "in the report and in the raw file",
            )
        habits = self.readers.habits
        totals = {
            key: sum(arm[key] for arm in report["arms"])
            for key in ("opened_person", "clicked_person", "unsubscribed")
        }
        self.verify(
            (totals["opened_person"], totals["clicked_person"], totals["unsubscribed"])
            == (habits.opened, habits.clicked, habits.unsubscribed),
            f"{totals['opened_person']} openings, {totals['clicked_person']} clicks and "
            f"{totals['unsubscribed']} unsubscriptions by people, as the readers did",
        )
        self.verify(
            report["sample_ratio"]["ok"], "the groups have the sizes they were meant to have"
        )
        self.verify(
            report["verdict"]["code"] == "no_difference"
            and not any(c["significant"] for c in report["comparisons"] if c["metric"] in GOALS),
            "the report claims no effect on orders or revenue",
        )
        self.console.print()
        self.console.print(f"Verdict: {report['verdict']['text']}", style="bold", markup=False)
        self.console.print(
            "It is the right one: these buyers lived years ago and never saw our letter, so "
            "nothing that they bought can come from it. A report that found an effect would lie.",
        )

    # Telling.

    def verify(self, right: bool, what: str) -> None:
        if right:
            self.console.print(f"  [green]✓[/] {what}", highlight=False)
        else:
            self.failed.append(what)
            self.console.print(f"  [red]✗ NOT TRUE:[/] {what}", highlight=False)

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        self.console.print(f"[bold]{name[0].upper()}{name[1:]}[/]")
        begun = time.perf_counter()
        yield
        self.times.append((name, time.perf_counter() - begun))

    def bar(self, what: str, total: int | None) -> Bar:
        return Bar(self.console, what, total)

    def print_report(self, report: dict[str, Any]) -> None:
        table = Table(title=f"Report: {report['campaign']['name']}", title_style="bold")
        columns = [
            ("Group", "name"),
            ("People", "assigned"),
            ("Sent", "sent"),
            ("Delivered", "delivered"),
            ("Opened", "opened_person"),
            ("by machines", "opened_machine"),
            ("Clicked", "clicked_person"),
            ("by machines", "clicked_machine"),
            ("Unsubscribed", "unsubscribed"),
            ("Bought", "targets"),
            ("Orders", "target_events"),
            ("Revenue, £", "revenue"),
        ]
        for title, key in columns:
            table.add_column(title, justify="left" if key == "name" else "right")
        for arm in report["arms"]:
            table.add_row(
                *(
                    f"{arm[key]:,.2f}"
                    if key == "revenue"
                    else f"{arm[key]:,}"
                    if key != "name"
                    else arm[key]
                    for _, key in columns
                )
            )
        self.console.print(table)
        table = Table(title="The groups compared", title_style="bold")
        for title in ("Group", "Against", "Figure", "Lift", "95 % interval", "p", "Noticed from"):
            table.add_column(
                title, justify="left" if title in {"Group", "Against", "Figure"} else "right"
            )
        for c in report["comparisons"]:
            if c["metric"] in GOALS:
                table.add_row(
                    c["arm"],
                    c["against"],
                    c["metric"].replace("_", " "),
                    percent(c["lift"]),
                    " … ".join(percent(v) for v in c["lift_interval"])
                    if c["lift_interval"]
                    else "–",
                    f"{c['p_value']:.2f}",
                    percent(c["detectable_lift"]),
                )
        self.console.print(table)

    def print_times(self, total: float) -> None:
        table = Table(title="Time", title_style="bold")
        table.add_column("Step")
        table.add_column("Seconds", justify="right")
        for name, seconds in self.times:
            table.add_row(name, f"{seconds:.1f}")
        table.add_row("[bold]all together[/]", f"[bold]{total:.1f}[/]")
        self.console.print(table)
        if self.failed:
            self.console.print(f"[red]{len(self.failed)} of the checks failed.[/]")
        else:
            self.console.print("[green]Every step was verified.[/]")

    # Waiting.

    async def run_import(
        self,
        file: Path,
        *,
        kind: str,
        key: str | None,
        mapping: dict[str, str],
        options: dict[str, Any],
    ) -> dict[str, Any]:
        uploaded = await self.api.upload("/imports/files", file, kind=kind)
        ordered = await self.api.post(
            "/imports",
            {
                "file_id": uploaded["file_id"],
                "kind": kind,
                "mapping": mapping,
                "key": key,
                "options": options,
            },
        )
        with self.bar("bytes", ordered["bytes_total"]) as (bar, task):
            async for _ in patience("the import did not end"):
                seen: dict[str, Any] = await self.api.get(f"/imports/{ordered['id']}")
                bar.update(task, completed=seen["bytes_done"])
                if seen["state"] == "done":
                    return seen
                if seen["state"] in {"failed", "cancelled"}:
                    raise DemoError(f"the import ended as {seen['state']}: {seen['error']}")
        raise AssertionError("patience ends with an error")

    async def drained(self) -> None:
        """Wait until everything accepted has reached ClickHouse and its consequences are drawn."""
        async for _ in patience("the backlog did not empty"):
            async with self.rt.db.begin() as tx:
                waiting = await backlog(tx, workspace_id=self.workspace_id)
                if waiting.quarantined:
                    raise DemoError(f"a batch was set apart: {waiting.quarantined[0].error}")
                if not waiting.events and not await waiting_facts(tx) and await self.settled(tx):
                    return

    async def settled(self, tx: Any) -> bool:
        from otklik.delivery.public import waiting_hits
        from otklik.profiles.public import waiting_changes

        return not await waiting_hits(tx) and not await waiting_changes(
            tx, workspace_id=self.workspace_id
        )


class Bar:
    """A progress bar as a context: gives (progress, task)."""

    def __init__(self, console: Console, what: str, total: int | None) -> None:
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(what, total=total)

    def __enter__(self) -> tuple[Progress, Any]:
        self._progress.start()
        return self._progress, self._task

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


async def patience(complaint: str) -> AsyncIterator[None]:
    """Yield every tenth of a second, for at most five minutes."""
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        yield
        await asyncio.sleep(0.1)
    raise DemoError(complaint)


def write_file(file: Path, rows: Iterable[bytes]) -> None:
    with file.open("wb") as out:
        out.writelines(rows)


def by_day(orders: list[Order]) -> list[tuple[datetime, list[Order]]]:
    days: dict[datetime, list[Order]] = {}
    for order in orders:
        day = order.at.replace(hour=0, minute=0, second=0, microsecond=0)
        days.setdefault(day, []).append(order)
    return sorted(days.items())


def batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Cut a day's events into batches below the limit of the event API."""
    found: list[list[dict[str, Any]]] = [[]]
    size = 0
    for event in events:
        length = len(msgspec.json.encode(event))
        if found[-1] and size + length > BATCH_BYTES:
            found.append([])
            size = 0
        found[-1].append(event)
        size += length
    return found


def direct_count(
    orders: list[Order], arm_of: dict[int, str]
) -> dict[str, tuple[int, int, Decimal]]:
    """Count (people, orders, revenue) per arm straight from the raw lines."""
    buyers: dict[str, set[int]] = {}
    count: Counter[str] = Counter()
    revenue: dict[str, Decimal] = {}
    for arm in set(arm_of.values()):
        buyers[arm], revenue[arm] = set(), Decimal(0).quantize(Decimal("0.01"))
    for order in orders:
        arm_here = arm_of.get(order.customer) if order.customer is not None else None
        if arm_here is not None and not order.is_return and order.customer is not None:
            buyers[arm_here].add(order.customer)
            count[arm_here] += 1
            revenue[arm_here] += order.total
    return {arm: (len(buyers[arm]), count[arm], revenue[arm]) for arm in buyers}


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:+.1%}".replace("%", " %")
