from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.di import Provide

from otklik.accounts.public import Role, Workspace, provide_principal
from otklik.analytics.channel import http as channel_http
from otklik.analytics.errors import NoTargetAction
from otklik.analytics.http import handlers
from otklik.analytics.model import GoalChoice
from otklik.analytics.public import ArmSpec, GoalSpec, ReportSpec
from otklik.kit.errors import NotFound
from otklik.kit.i18n import Lang
from otklik.profiles.public import Observation, resolve_identities
from otklik.runtime.public import Runtime
from otklik.runtime.web.app import create_app
from otklik.segments.public import SegmentKind, create_segment
from tests.conftest import client_of, signed_in

from .conftest import START, Store
from .recount import EventRow, FactRow, TraitRow

ARMS = (ArmSpec("A", "Spring", 8000), ArmSpec("control", "", 2000, is_control=True))


@pytest.fixture
async def store(rt: Runtime, workspace: Workspace) -> Store:
    made = Store(rt)
    made.workspace_id = workspace.id
    later = START + timedelta(hours=5)
    # Fifty people: 40 with the letter, of whom 10 buy; 10 without, of whom 2 buy.
    await made.facts(
        [FactRow(i, i, "A" if i <= 40 else "control", "assigned", START) for i in range(1, 51)]
        + [FactRow(i, i, "A", "sent", START) for i in range(1, 41)]
        + [
            FactRow(1, 1, "A", "clicked", START, "person", url="https://shop.test/?a=1&b=<x>"),
            FactRow(2, 2, "A", "clicked", START, "scanner", url="https://shop.test/?a=1&b=<x>"),
            FactRow(1, 1, "A", "opened", START, "person"),
            FactRow(99, 99, "", "skipped", START, reason="no_consent"),
            *(FactRow(i, i, "A", "unsubscribed", START, "person") for i in (3, 4, 5)),
            FactRow(3, 3, "A", "left_because", START, "person", reason="other"),
            FactRow(3, 3, "A", "left_because", later, "person", reason="too_often"),
            FactRow(4, 4, "A", "left_because", START, "person", reason="too_often"),
            # Who did not leave after all is not among those who left.
            FactRow(6, 6, "A", "left_because", START, "person", reason="too_often"),
        ]
    )
    buyers = [*range(1, 11), 41, 42]
    await made.events([EventRow(i, "Order Completed", later, {"total": "10.5"}) for i in buyers])
    return made


@pytest.fixture
def reports(rt: Runtime, store: Store) -> object:
    async def spec_of(
        _rt: Runtime, workspace_id: int, campaign_id: UUID, as_of: datetime, _lang: Lang
    ) -> ReportSpec:
        if (workspace_id, campaign_id) != (store.workspace_id, store.source_id):
            raise NotFound(what="campaign")
        goal = GoalSpec("Order Completed", [], 24, "total")
        return store.spec(arms=ARMS, goal=goal, as_of=as_of, currency="GBP")

    async def names_of(_rt: Runtime, _workspace_id: int, _ids: Sequence[UUID]) -> dict[UUID, str]:
        return {store.source_id: "Come back"}

    return create_app(
        rt,
        api=[*handlers(spec_of), *channel_http.handlers(spec_of, names_of)],
        dependencies={"who": Provide(provide_principal)},
    )


@pytest.fixture
async def colleague(
    rt: Runtime, reports: object, workspace: Workspace
) -> AsyncIterator[httpx.AsyncClient]:
    """An analyst, who may look at everything and change nothing."""
    client = await signed_in(rt, reports, workspace.id, Role.ANALYST)
    yield client
    await client.aclose()


async def test_a_colleague_gets_the_report(colleague: httpx.AsyncClient, store: Store) -> None:
    answer = await colleague.get(f"/api/v1/campaigns/{store.source_id}/report")
    assert answer.status_code == 200
    report: dict[str, Any] = answer.json()
    letter, control = report["arms"]
    assert (letter["assigned"], letter["targets"], letter["revenue"]) == (40, 10, 105.0)
    assert (control["assigned"], control["targets"], control["sent"]) == (10, 2, 0)
    assert report["verdict"]["code"] == "too_small"
    assert report["complete"] is True
    assert report["campaign"]["currency"] == "GBP"
    assert report["sample_ratio"]["expected"] == {"A": 40, "control": 10}
    assert report["skips"] == [{"reason": "no_consent", "count": 1}]
    assert report["leaving"] == [{"reason": "too_often", "count": 2, "rest": 0}]
    assert report["links"] == [
        {
            "url": "https://shop.test/?a=1&b=<x>",
            "clicks_person": 1,
            "clicks_machine": 1,
            "rest_person": 0,
            "rest_machine": 0,
        }
    ]
    assert {c["metric"] for c in report["comparisons"]} == {"targets", "revenue_per_person"}


async def test_the_verdict_is_in_the_language_of_the_reader(
    colleague: httpx.AsyncClient, store: Store
) -> None:
    url = f"/api/v1/campaigns/{store.source_id}/report"
    answer = await colleague.get(url, headers={"accept-language": "ru"})
    assert answer.json()["verdict"]["text"].startswith("Группы слишком малы, чтобы судить")


async def test_it_can_be_looked_at_by_another_target_action(
    colleague: httpx.AsyncClient, store: Store
) -> None:
    at = START + timedelta(hours=30)
    await store.events([EventRow(i, "Order Paid", at, {"paid": 3}) for i in (1, 2, 41)])
    url = f"/api/v1/campaigns/{store.source_id}/report"

    async def asked(**choice: str | int) -> list[tuple[int, float]]:
        answer = await colleague.get(url, params=choice)
        assert answer.status_code == 200, answer.text
        return [(arm["targets"], arm["revenue"]) for arm in answer.json()["arms"]]

    assert await asked() == [(10, 105.0), (2, 21.0)]
    # The window is the mailing's own, one day, unless another is asked for.
    assert await asked(event="Order Paid") == [(0, 0.0), (0, 0.0)]
    wide = {"event": "Order Paid", "window_hours": 48}
    assert await asked(**wide) == [(2, 0.0), (1, 0.0)]
    assert await asked(**wide, revenue_property="paid") == [(2, 6.0), (1, 3.0)]
    assert await asked(event="Order Completed", window_hours=1) == [(0, 0.0), (0, 0.0)]
    people = await colleague.get(f"{url}/people.csv", params=wide)
    rows = csv.DictReader(io.StringIO(people.content.decode("utf-8-sig")))
    assert [row["person"] for row in rows if row["target"] == "1"] == ["1", "2", "41"]
    assert (await colleague.get(url, params={"window_hours": 0})).status_code == 422


async def test_it_can_be_read_by_a_trait(colleague: httpx.AsyncClient, store: Store) -> None:
    await store.traits("tier", [TraitRow(i, "string", "gold") for i in (1, 2, 3, 41)])
    url = f"/api/v1/campaigns/{store.source_id}/report/by/trait"
    answer = await colleague.get(url, params={"trait": "tier"})
    assert answer.status_code == 200, answer.text
    gold, none = answer.json()["parts"]
    assert (gold["kind"], gold["value"], none["kind"]) == ("value", "gold", "none")
    assert [(arm["key"], arm["assigned"], arm["targets"]) for arm in gold["arms"]] == [
        ("A", 3, 3),
        ("control", 1, 1),
    ]
    assert [arm["assigned"] for arm in none["arms"]] == [37, 9]
    # By another target action too, and never without a trait.
    other = await colleague.get(url, params={"trait": "tier", "event": "Order Paid"})
    assert [arm["targets"] for arm in other.json()["parts"][0]["arms"]] == [0, 0]
    assert (await colleague.get(url)).status_code in (400, 422)
    assert (await colleague.get(url, params={"trait": ""})).status_code in (400, 422)
    assert (await colleague.get(url.replace("trait", "segment"))).status_code == 422
    assert (await colleague.get(url.replace("trait", "colour"))).status_code == 404
    for dimension, kinds in (("domain", ["none"]), ("device", ["value", "none"])):
        answer = await colleague.get(url.replace("trait", dimension))
        assert [part["kind"] for part in answer.json()["parts"]] == kinds


async def test_the_rest_of_a_mailing_stands_apart_from_its_first_part(
    colleague: httpx.AsyncClient, store: Store
) -> None:
    # Ten people got the better letter later; three of them bought.
    later = [FactRow(200 + i, 200 + i, "A", "assigned", START) for i in range(10)]
    later += [FactRow(200 + i, 200 + i, "A", "sent", START) for i in range(10)]
    shop = "https://shop.test/?a=1&b=<x>"
    later += [FactRow(i, i, "A", "clicked", START, "person", url=shop) for i in (200, 201)]
    later += [FactRow(202, 202, "A", "clicked", START, "scanner", url=shop)]
    await store.facts(later, wave=2)
    at = START + timedelta(hours=2)
    await store.events([EventRow(200 + i, "Order Completed", at, {"total": 2}) for i in range(3)])
    url = f"/api/v1/campaigns/{store.source_id}/report"
    report = (await colleague.get(url)).json()
    assert [arm["assigned"] for arm in report["arms"]] == [40, 10]
    assert report["sample_ratio"]["observed"] == {"A": 40, "control": 10}
    (rest,) = report["rest"]
    assert (rest["key"], rest["assigned"], rest["delivered"], rest["targets"]) == ("A", 10, 10, 3)
    assert rest["revenue"] == 6
    people = await colleague.get(f"{url}/people", params={"figure": "targets", "part": "rest"})
    assert [one["profile_id"] for one in people.json()["items"]] == [202, 201, 200]
    first = await colleague.get(f"{url}/people", params={"figure": "targets"})
    assert first.json()["total"] == 12
    (link,) = report["links"]
    assert link == {
        "url": shop,
        "clicks_person": 1,
        "clicks_machine": 1,
        "rest_person": 2,
        "rest_machine": 1,
    }
    followed = {"figure": "clicked_person", "url": shop}
    for part, ids in (("first", [1]), ("rest", [201, 200])):
        page = (await colleague.get(f"{url}/people", params={**followed, "part": part})).json()
        assert [one["profile_id"] for one in page["items"]] == ids
    table = list(csv.reader(io.StringIO((await colleague.get(f"{url}.csv")).text)))
    assert [shop, "1", "1", "2", "1"] in table
    assert ["too_often", "2", "0"] in table
    assert [row[:5] for row in table if row[:1] == ["A"]][-1] == ["A", "Spring", "10", "0", "10"]


async def test_an_order_in_another_currency_is_no_revenue(
    colleague: httpx.AsyncClient, store: Store
) -> None:
    at = START + timedelta(hours=2)
    told = (" usd ", "gbp", "", "№", "pounds")
    await store.events(
        [
            EventRow(20 + i, "Order Completed", at, {"total": 100, "currency": one})
            for i, one in enumerate(told)
        ]
    )
    url = f"/api/v1/campaigns/{store.source_id}/report"
    report = (await colleague.get(url)).json()
    letter, _ = report["arms"]
    assert report["foreign_events"] == 1
    # Everybody did the target action; what can't be a currency is taken for the workspace's.
    assert (letter["targets"], letter["revenue"]) == (15, 505.0)
    foreign = await colleague.get(f"{url}/people", params={"figure": "targets", "arm": "A"})
    assert {one["profile_id"]: one["amount"] for one in foreign.json()["items"]}[20] == 0


async def test_every_figure_opens_the_people_behind_it(
    rt: Runtime, colleague: httpx.AsyncClient, workspace: Workspace, store: Store
) -> None:
    async with rt.db.begin() as tx:
        known = Observation(index=0, time=START, email="ann@shop.test")
        made = await resolve_identities(
            tx, workspace_id=workspace.id, observations=[known], now=START, bus=rt.bus
        )
    ann = made.profile_ids[0]
    await store.facts([FactRow(777, ann, "A", "complained", START)])
    await store.facts([FactRow(777, ann, "A", "assigned", START)])
    url = f"/api/v1/campaigns/{store.source_id}/report/people"
    answer = await colleague.get(url, params={"figure": "targets", "arm": "A", "limit": 4})
    page = answer.json()
    assert (len(page["items"]), page["total"]) == (4, 10)
    first = page["items"][0]
    assert (first["profile_id"], first["amount"]) == (10, 10.5)
    last = await colleague.get(
        url, params={"figure": "targets", "arm": "A", "cursor": page["next_cursor"]}
    )
    assert [one["profile_id"] for one in last.json()["items"]] == [6, 5, 4, 3, 2, 1]
    named = (await colleague.get(url, params={"figure": "complained"})).json()["items"]
    assert [one["person"]["email"] for one in named] == ["ann@shop.test"]
    assert (await colleague.get(url, params={"figure": "1 OR 1"})).status_code in (400, 422)
    assert (await colleague.get(url, params={"cursor": "x"})).status_code == 400
    left = {"figure": "unsubscribed", "why": "too_often"}
    answer = (await colleague.get(url, params=left)).json()
    assert ([one["profile_id"] for one in answer["items"]], answer["total"]) == ([4, 3], 2)
    assert (await colleague.get(url, params={**left, "why": "other"})).json()["total"] == 0
    assert (await colleague.get(url, params={**left, "part": "rest"})).json()["total"] == 0
    lines = (await colleague.get(f"{url}.csv", params=left)).text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["3", "4"]
    for verdict, reader in (("person", 1), ("scanner", 2)):
        by = {"figure": "clicked", "verdict": verdict}
        answer = (await colleague.get(url, params=by)).json()
        assert ([one["profile_id"] for one in answer["items"]], answer["total"]) == ([reader], 1)
        assert (await colleague.get(url, params={**by, "sign": "honeypot"})).json()["total"] == 0
    totals = [
        (await colleague.get(url, params=asked)).json()["total"]
        for asked in ({}, {"lettered": True}, {"arm": "control"})
    ]
    assert totals[0] == totals[1] + totals[2] > totals[1] >= 40
    table = await colleague.get(f"{url}.csv", params={"figure": "clicked_person"})
    assert [row.split(",")[0] for row in table.text.splitlines()[1:]] == ["1"]


def test_a_mailing_without_a_target_action_needs_one_for_a_window(store: Store) -> None:
    spec = store.spec(arms=ARMS, goal=None, as_of=START)
    assert spec.by(GoalChoice()).goal is None
    assert spec.by(GoalChoice(event="Order Paid")).goal == GoalSpec("Order Paid")
    with pytest.raises(NoTargetAction):
        spec.by(GoalChoice(window_hours=5))


async def test_the_table_and_the_people_come_as_files(
    colleague: httpx.AsyncClient, store: Store
) -> None:
    url = f"/api/v1/campaigns/{store.source_id}/report"
    table = await colleague.get(f"{url}.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert "attachment" in table.headers["content-disposition"]
    assert "Order" not in table.text
    people = await colleague.get(f"{url}/people.csv")
    rows = list(csv.DictReader(io.StringIO(people.content.decode("utf-8-sig"))))
    assert len(rows) == 50
    assert sum(float(row["revenue"]) for row in rows) == pytest.approx(126.0)
    assert {row["arm"] for row in rows if row["target"] == "1"} == {"A", "control"}


async def test_all_mailings_of_a_period_are_one_report(
    rt: Runtime, reports: object, colleague: httpx.AsyncClient, other_workspace: Workspace
) -> None:
    url = "/api/v1/reports/mailings"
    days = {"since": "2026-06-01", "until": "2026-06-30", "against": "year", "model": "position"}
    answer = await colleague.get(url, params=days)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["totals"]["sent"], report["totals"]["clicked"]) == (40, 1)
    assert report["against"] == {"since": "2025-06-01", "until": "2025-06-30"}
    assert [one["name"] for one in report["mailings"]] == ["Come back"]
    table = await colleague.get(f"{url}.csv", params=days)
    assert "40/20/40" in table.text
    stranger = await signed_in(rt, reports, other_workspace.id, Role.OWNER)
    assert (await stranger.get(url, params=days)).json()["totals"]["sent"] == 0
    await stranger.aclose()
    for wrong in ({"until": "2026-05-01"}, {"model": "best"}, {"window_days": 0}, {"since": "x"}):
        assert (await colleague.get(url, params={**days, **wrong})).status_code in (400, 422), wrong


async def test_segments_are_reported_to_those_of_their_workspace(
    rt: Runtime,
    reports: object,
    colleague: httpx.AsyncClient,
    other_workspace: Workspace,
    store: Store,
    now: datetime,
) -> None:
    async with rt.db.begin() as tx:
        segment = await create_segment(
            tx,
            workspace_id=store.workspace_id,
            name="Some",
            kind=SegmentKind.STATIC,
            now=now,
        )
    await store.segments({segment: [*range(31, 46)]})
    url = "/api/v1/reports/mailings"
    days = {"since": "2026-06-01", "until": "2026-06-30"}
    chosen = {**days, "segment": str(segment)}
    report = (await colleague.get(url, params=chosen)).json()
    assert (report["segment"]["name"], report["totals"]["sent"]) == ("Some", 10)
    several = {**days, "segment_id": str(segment)}
    rows = (await colleague.get(f"{url}/segments", params=several)).json()["segments"]
    assert [row["totals"]["sent"] for row in rows] == [40, 10]
    assert "Some" in (await colleague.get(f"{url}/segments.csv", params=several)).text
    sent = {**chosen, "figure": "sent"}
    assert (await colleague.get(f"{url}/people", params=sent)).json()["total"] == 10
    assert (await colleague.get(f"{url}/people.csv", params=sent)).text.count("\r\n") == 11
    one = f"/api/v1/campaigns/{store.source_id}/report"
    inside = {"segment": str(segment)}
    arms = (await colleague.get(one, params=inside)).json()["arms"]
    assert [arm["assigned"] for arm in arms] == [10, 5]
    compared = {"campaign_id": str(store.source_id), **inside}
    answer = await colleague.get("/api/v1/reports/compare", params=compared)
    assert answer.json()[0]["arms"][0]["assigned"] == 10
    stranger = await signed_in(rt, reports, other_workspace.id, Role.OWNER)
    for path, asked in ((url, chosen), (f"{url}/segments", several), (f"{url}/people", sent)):
        assert (await stranger.get(path, params=asked)).status_code == 404
    await stranger.aclose()


async def test_mailings_are_held_side_by_side(colleague: httpx.AsyncClient, store: Store) -> None:
    url = "/api/v1/reports/compare"
    twice = [("campaign_id", str(store.source_id))] * 2
    answer = await colleague.get(url, params=twice)
    assert [one["arms"][0]["targets"] for one in answer.json()] == [10, 10]
    table = await colleague.get(f"{url}.csv", params=twice)
    assert answer.json()[0]["verdict"]["text"] in table.text.replace('""', '"')
    missing = [*twice, ("campaign_id", "00000000-0000-0000-0000-000000000001")]
    assert (await colleague.get(url, params=missing)).status_code == 404
    assert (await colleague.get(url, params=twice * 6)).status_code in (400, 422)


async def test_a_stranger_and_a_passer_by_see_nothing(
    rt: Runtime, reports: object, other_workspace: Workspace, store: Store
) -> None:
    url = f"/api/v1/campaigns/{store.source_id}/report"
    stranger = await signed_in(rt, reports, other_workspace.id, Role.OWNER)
    nobody = client_of(reports)
    for path in (
        url,
        f"{url}/by/trait?trait=tier",
        f"{url}/people",
        f"{url}.csv",
        f"{url}/people.csv",
    ):
        assert (await stranger.get(path)).status_code == 404
        assert (await nobody.get(path)).status_code == 401
    await stranger.aclose()
    await nobody.aclose()
