"""The e-mail test of Kevin Hillstrom (2008), carried through the product itself.

64,000 customers of a shop were divided at random: a letter about men's clothes, one about women's,
none. Here they are imported, a mailing goes to them, their visits and orders come in by the event
API, and the report is asked. One thing is put in place of ours: the draw, which is the historic
one. Every figure must be the published one.

The file of the test is not part of the project. Where it is absent, people are made from the
published counts; only the spread of the orders' amounts is unknown then and is not looked at.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest

from otklik.accounts.public import Workspace
from otklik.campaigns.jobs import start_campaign
from otklik.campaigns.tables import campaigns
from otklik.delivery import gate
from otklik.delivery.jobs import tend
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.ingestion.public import imports_loop, open_event_service, pipeline_loop
from otklik.profiles.public import PROFILES_LOOP
from otklik.runtime.outbox import OUTBOX_LOOP
from otklik.runtime.public import Runtime
from tests.conftest import Cast, Clock
from tests.delivery.support import LETTER, MailServer

FILE = Path(__file__).resolve().parents[2].parent / "shared/data/hillstrom/hillstrom.csv.gz"
ARM_OF = {"Mens E-Mail": "A", "Womens E-Mail": "B", "No E-Mail": "control"}
ARMS = list(ARM_OF.values())
ASSIGNED = {"A": 21307, "B": 21387, "control": 21306}
VISITS = {"A": 3894, "B": 3238, "control": 2262}
ORDERS = {"A": 267, "B": 189, "control": 122}
SPENT = {"A": 30311.69, "B": 23038.11, "control": 13908.33}
BATCH = 500
LETTERS_SEEN = 300
"""So many letters are waited for before the mailing is ended. Who got one is of no account: a
person counts in the group that he was assigned to."""


@dataclass
class Customer:
    arm: str
    visited: bool
    spent: float
    """0 without an order."""


def customers() -> list[Customer]:
    if FILE.exists():
        with gzip.open(FILE, "rt", encoding="ascii") as lines:
            return [
                Customer(ARM_OF[row["segment"]], row["visit"] == "1", float(row["spend"]))
                for row in csv.DictReader(lines)
            ]
    sys.stdout.write(f"{FILE.name} is absent: the customers are made from the published counts\n")
    made = []
    for arm in ARMS:
        orders, cents = ORDERS[arm], round(SPENT[arm] * 100)
        for i in range(ASSIGNED[arm]):
            spent = (cents // orders + (i < cents % orders)) / 100 if i < orders else 0.0
            made.append(Customer(arm, i < VISITS[arm], spent))
    return made


class Shop:
    """The shop's side of the API, with the work of the background done in between."""

    def __init__(self, rt: Runtime, workspace: Workspace, owner: httpx.AsyncClient) -> None:
        self.rt, self.workspace, self._owner = rt, workspace, owner

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        answer = await self._owner.request(method, f"/api/v1{path}", timeout=60, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def post(self, path: str, **body: Any) -> Any:
        return await self.ask("POST", path, json=body)

    async def work(self) -> None:
        """Let the loops of a worker run until none of them finds anything."""
        loops = [imports_loop(), pipeline_loop(), PROFILES_LOOP, OUTBOX_LOOP]
        while any([await loop.step(self.rt) for loop in loops]):
            pass

    async def bring_people(self, people: list[Customer]) -> None:
        file = io.StringIO()
        rows = csv.writer(file)
        rows.writerow(["number", "email", "drawn"])
        rows.writerows((i, f"c{i}@shop.example", one.arm) for i, one in enumerate(people, start=1))
        body = {"file": ("customers.csv", file.getvalue().encode(), "text/csv")}
        uploaded = await self.ask("POST", "/imports/files?kind=customers", files=body)
        made = await self.post(
            "/imports",
            file_id=uploaded["file_id"],
            kind="customers",
            mapping={"number": "user_id", "email": "email", "drawn": "trait:drawn"},
            key="user_id",
        )
        await self.work()
        done = await self.ask("GET", f"/imports/{made['id']}")
        assert (done["state"], done["rows_ok"]) == ("done", len(people)), done

    async def letter(self, subject: str) -> str:
        made = await self.post(
            "/letters", name=subject, kind="html", subject=subject, source=LETTER
        )
        letter_id: str = made["id"]
        return letter_id

    async def mailing(self) -> str:
        await self.ask("PATCH", "/consent-policy", json={"email_needs_consent": False})
        sender = await self.post("/senders", name="Shop", email="shop@shop.example")
        everybody = await self.post("/segments", name="All", definition={"kind": "everyone"})
        letters = [await self.letter("For men"), await self.letter("For women")]
        made = await self.post(
            "/campaigns",
            name="Spring",
            audience={"segment_ids": [everybody["id"]]},
            sender_id=sender["id"],
            variants=[
                {"key": key, "name": name, "letter_id": letter, "share": 50}
                for key, name, letter in zip("AB", ("Mens", "Womens"), letters, strict=True)
            ],
            control_share=33.33,
            goal={
                "event": "Order Completed",
                "window_hours": 336,
                "revenue_property": "total",
            },
        )
        campaign_id: str = made["id"]
        return campaign_id

    async def launch(self, campaign_id: str, people: int) -> None:
        seen = await self.ask("GET", f"/campaigns/{campaign_id}/audience")
        assert (seen["total"], seen["remaining"]) == (people, people)
        await self.ask("PUT", f"/campaigns/{campaign_id}/launch", json={"confirm_count": people})
        async with self.rt.db.begin() as tx:
            one = campaigns.select().where(campaigns.c.id == UUID(campaign_id))
            launch_id = str((await tx.execute(one)).one().launch_id)
        await start_campaign(
            self.rt,
            workspace_id=self.workspace.id,
            campaign_id=campaign_id,
            launch_id=launch_id,
        )

    async def send_some(self, campaign_id: str) -> None:
        """Let the first letters out, then end the mailing."""
        async with MailServer() as server:
            pool = server.pool(connections=8)
            dispatcher = Dispatcher(pool)
            while len(server.taken) < LETTERS_SEEN and await dispatcher.step(self.rt):
                pass
            assert len(server.taken) >= LETTERS_SEEN
            await self.ask("PUT", f"/campaigns/{campaign_id}/finish")
            while await dispatcher.step(self.rt):
                pass
            await tend(self.rt)
            await pool.close()
        assert (await self.ask("GET", f"/campaigns/{campaign_id}"))["state"] == "finished"

    async def report(self, campaign_id: str, **choice: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask(
            "GET", f"/campaigns/{campaign_id}/report", params=choice
        )
        return found

    @asynccontextmanager
    async def event_api(self) -> AsyncIterator[httpx.AsyncClient]:
        key = await self.post("/keys", kind="secret", name="Server")
        async with (
            open_event_service(self.rt) as service,
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=service),  # type: ignore[arg-type]  # its own ASGI
                base_url="http://otklik.test",
                auth=(key["secret"], ""),
            ) as client,
        ):
            yield client


@pytest.fixture
def shop(rt: Runtime, workspace: Workspace, cast: Cast) -> Shop:
    return Shop(rt, workspace, cast.owner)


async def historic_draw(rt: Runtime, workspace: Workspace) -> Callable[..., Any]:
    """Return what stands in for our `assign`: everybody's arm as it was drawn in 2008."""
    rows = await rt.ch.query(
        "SELECT profile_id, str FROM profile_traits FINAL"
        " WHERE workspace_id = {w:UInt32} AND trait = 'drawn' ORDER BY profile_id",
        {"w": workspace.id},
    )
    ids = np.array([row[0] for row in rows], np.uint64)
    drawn = np.array([ARMS.index(row[1]) for row in rows], np.int8)

    def assign(profile_ids: Any, **_: object) -> Any:
        return drawn[np.searchsorted(ids, profile_ids)]

    return assign


def what_happened(people: list[Customer], start: Any) -> Iterator[dict[str, Any]]:
    """Yield visits and orders as calls of the event API, within the two weeks of the test."""
    for i, one in enumerate(people, start=1):
        at = (start + timedelta(days=i % 13, hours=1)).isoformat()
        call = {"type": "track", "userId": str(i), "timestamp": at}
        if one.visited:
            yield {**call, "event": "Shop Visited", "messageId": f"v{i}"}
        if one.spent:
            order = {"order_id": f"o{i}", "total": one.spent, "currency": "USD"}
            yield {
                **call,
                "event": "Order Completed",
                "messageId": f"o{i}",
                "properties": order,
            }


def by_key(report: dict[str, Any], field: str) -> dict[str, Any]:
    return {arm["key"]: arm[field] for arm in report["arms"]}


def compared(report: dict[str, Any], metric: str, arm: str) -> dict[str, Any]:
    (found,) = (
        one
        for one in report["comparisons"]
        if (one["metric"], one["arm"], one["against"]) == (metric, arm, "control")
    )
    comparison: dict[str, Any] = found
    return comparison


@pytest.mark.timeout(600)
async def test_the_report_gives_the_published_figures(
    rt: Runtime,
    clock: Clock,
    workspace: Workspace,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = customers()
    await shop.ask("PATCH", "/workspace", json={"currency": "USD"})
    await shop.bring_people(people)
    campaign_id = await shop.mailing()
    monkeypatch.setattr(gate, "assign", await historic_draw(rt, workspace))
    await shop.launch(campaign_id, len(people))
    await shop.send_some(campaign_id)
    start = clock()
    clock.move(days=15)
    async with shop.event_api() as events:
        calls = list(what_happened(people, start))
        for first in range(0, len(calls), BATCH):
            answer = await events.post("/v1/batch", json={"batch": calls[first : first + BATCH]})
            assert answer.status_code == 200, answer.text
    await shop.work()

    orders = await shop.report(campaign_id)
    visits = await shop.report(campaign_id, event="Shop Visited")
    assert orders["complete"]
    assert by_key(orders, "assigned") == by_key(visits, "assigned") == ASSIGNED
    assert by_key(visits, "targets") == VISITS
    assert by_key(orders, "targets") == ORDERS
    assert {key: round(spent, 2) for key, spent in by_key(orders, "revenue").items()} == SPENT
    assert orders["sample_ratio"]["ok"]
    assert orders["verdict"]["code"] == visits["verdict"]["code"] == "better"
    assert sum(by_key(orders, "sent").values()) >= LETTERS_SEEN
    assert by_key(orders, "sent")["control"] == 0

    # The published effects of the men's letter; ours are score intervals, theirs Wald's.
    visit = compared(visits, "targets", "A")
    assert visit["difference"] == pytest.approx(0.07658956365153125, rel=1e-9)
    assert visit["interval"] == pytest.approx([0.0699533792766632, 0.08322574802639929], abs=2e-5)
    assert visit["p_value"] < 1e-100
    conversion = compared(orders, "targets", "A")
    assert conversion["difference"] == pytest.approx(0.006805006519615695, rel=1e-9)
    assert conversion["interval"] == pytest.approx(
        [0.005000138215573684, 0.008609874823657705], abs=4e-5
    )
    assert conversion["p_value_raw"] == pytest.approx(1.47e-13, rel=0.5)
    spend = compared(orders, "revenue_per_person", "A")
    assert spend["difference"] == pytest.approx(0.7698271558945364, rel=1e-6)
    if FILE.exists():
        assert spend["interval"] == pytest.approx(
            [0.48513973256840726, 1.0545145792206656], rel=1e-6
        )
        assert spend["p_value_raw"] == pytest.approx(1.1638149682254893e-07, rel=1e-5)
