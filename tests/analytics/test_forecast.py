"""What a mailing will bring, against a naive recount of former ones."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.analytics.forecast.forecast import ForecastSpec, _expected, _Mailing, forecast
from otklik.analytics.public import GoalSpec
from otklik.experiments.public import Arm, detectable_lift, predict_rate
from otklik.runtime.public import Runtime
from tests.conftest import Cast

from .conftest import START, Store
from .recount import EventRow, FactRow
from .test_channel import Sold

IN, OUT = UUID(int=71), UUID(int=72)
MERGES = {1: 300}
NOW = START + timedelta(days=40)
COUNTED = ("sent", "delivered", "opened", "clicked", "asked", "done", "bought", "completed")


async def history(store: Store) -> dict[UUID, dict[str, Arm]]:
    """Store five mailings and return what those who are in the audience did, by what."""
    dice = Random(8)
    await store.merges(MERGES)
    # The audience is the people from 1 to 150 (1 is 300 now) without those of the tens.
    await store.segments({IN: [*range(2, 151), 300], OUT: [*range(10, 151, 10)]})
    audience = ({*range(2, 151)} | {300}) - {*range(10, 151, 10)}
    told: dict[UUID, dict[str, Arm]] = {}
    events = [
        EventRow(i, "Signed Up", START + timedelta(days=d), {"total": 9})
        for i in range(1, 200)
        for d in (2, 21)
        if dice.random() < 0.2
    ]
    await store.events(events)
    orders = [
        Sold(
            f"{i}-{day}",
            i,
            START + timedelta(days=day),
            Decimal(9),
            dice.choice(["paid", "placed", "cancelled", "returned"]),
        )
        for i in range(1, 200)
        for day in (0, 7, 12, 33)
        if dice.random() < 0.3
    ]
    await store.sold(orders)
    await store.events([EventRow(o.profile_id, "Order Completed", o.at) for o in orders])
    for place in range(5):
        mailing = UUID(int=500 + place)
        sent_at = START + timedelta(days=9 * place)
        rows = []
        counts = dict.fromkeys(COUNTED, 0)
        for i in range(1, 200):
            rows.append(FactRow(place * 1000 + i, i, "A", "assigned", sent_at))
            if dice.random() < 0.1:
                continue
            bounced = dice.random() < 0.05
            late = timedelta(days=dice.choice([0, 1, 4]))
            did = {
                "sent": timedelta(),
                **({"bounced": timedelta()} if bounced else {}),
                **({"opened": late} if dice.random() < 0.4 + place / 20 else {}),
                **({"clicked": late} if dice.random() < 0.2 else {}),
            }
            rows += [
                FactRow(place * 1000 + i, i, "A", fact, sent_at + after, "person")
                for fact, after in did.items()
            ]
            rows.append(FactRow(place * 1000 + i, i, "A", "opened", sent_at, "machine"))
            person = MERGES.get(i, i)
            if person not in audience:
                continue
            counts["sent"] += 1
            counts["delivered"] += not bounced
            for fact in ("opened", "clicked"):
                counts[fact] += not bounced and did.get(fact, timedelta(9)) < timedelta(days=3)
            window = timedelta(days=7)
            if sent_at + window <= NOW:
                mine = [o for o in orders if MERGES.get(o.profile_id, o.profile_id) == person]
                made = [o for o in mine if sent_at <= o.at < sent_at + window]
                counts["asked"] += 1
                counts["bought"] += any(o.status in ("paid", "placed") for o in made)
                counts["completed"] += bool(made)
                counts["done"] += any(
                    MERGES.get(e.profile_id, e.profile_id) == person
                    and sent_at <= e.time < sent_at + window
                    for e in events
                )
        await store.facts(rows, source_id=mailing)
        if sent_at < NOW - timedelta(days=3):
            told[mailing] = {
                "delivered": Arm(counts["sent"], counts["delivered"]),
                "opened": Arm(counts["delivered"], counts["opened"]),
                "clicked": Arm(counts["delivered"], counts["clicked"]),
                "unsubscribed": Arm(counts["delivered"], 0),
                "orders": Arm(counts["asked"], counts["bought"]),
                "targets": Arm(counts["asked"], counts["done"]),
                "completed": Arm(counts["asked"], counts["completed"]),
            }
    return told


async def test_it_rests_on_what_this_audience_did(rt: Runtime, store: Store) -> None:
    told = await history(store)
    spec = ForecastSpec(
        workspace_id=store.workspace_id,
        include=(IN,),
        exclude=(OUT,),
        letters=48_000,
        control=12_000,
        goal=GoalSpec("Signed Up", [], 168),
    )
    found = await forecast(rt, spec, now=NOW)
    assert (found.basis, found.mailings) == ("audience", len(told))
    assert found.letters_before == sum(one["delivered"].users for one in told.values())
    reached = 0
    for one in found.expected:
        arms = [mailing[one.what] for mailing in told.values()]
        people = 48_000 if one.what in ("delivered", "orders", "targets") else reached
        mine = predict_rate(arms, people)
        assert (one.count, one.low, one.high) == tuple(
            round(rate * people) for rate in (mine.rate, mine.low, mine.high)
        ), one.what
        if one.what == "delivered":
            reached = one.count
    assert [one.what for one in found.expected] == [
        "delivered",
        "opened",
        "clicked",
        "unsubscribed",
        "orders",
        "targets",
    ]
    assert [one.within_hours for one in found.expected] == [None, 72, 72, 72, 168, 168]
    rate = found.expected[-1].rate
    assert found.detectable_lift == pytest.approx(detectable_lift(rate, 12_000, 48_000))
    needed = found.control_needed
    assert needed is not None
    assert 0.098 < (detectable_lift(rate, needed, 60_000 - needed) or 0) <= 0.1
    assert (found.per_second, found.takes_s) == (None, None)
    slow = await forecast(rt, msgspec.structs.replace(spec, rate_per_s=4), now=NOW)
    assert (slow.per_second, slow.takes_s) == (4.0, 12_000)
    # Without a goal the orders are told all the same; a goal that is any order is told once.
    bare = await forecast(rt, msgspec.structs.replace(spec, goal=None), now=NOW)
    assert bare.expected == found.expected[:-1]
    goal = GoalSpec("Order Completed", [], 168)
    ordered = await forecast(rt, msgspec.structs.replace(spec, goal=goal), now=NOW)
    assert [one.what for one in ordered.expected] == [one.what for one in bare.expected]
    told_of = predict_rate([mailing["completed"] for mailing in told.values()], 48_000)
    assert ordered.expected[-1].rate == pytest.approx(told_of.rate)
    assert ordered.detectable_lift == pytest.approx(detectable_lift(told_of.rate, 12_000, 48_000))


def test_orders_stand_beside_any_other_goal_and_only_where_there_are_orders() -> None:
    spec = ForecastSpec(workspace_id=1, include=(IN,), letters=1_000)

    def lines(
        goal: GoalSpec | None, *, asked: int = 300, buyers_asked: int = 400
    ) -> list[tuple[str, int | None]]:
        mailing = _Mailing(
            "m", 400, 390, 90, 20, 1, asked, asked // 25, buyers_asked, buyers_asked // 50
        )
        named = msgspec.structs.replace(spec, goal=goal)
        return [(one.what, one.within_hours) for one in _expected(named, [mailing] * 3)][4:]

    dear = [{"property": "total", "op": "gt", "value": 100}]
    assert lines(None) == [("orders", 168)]
    assert lines(GoalSpec("Signed Up", [], 24)) == [("orders", 168), ("targets", 24)]
    assert lines(GoalSpec("Order Completed", dear, 48)) == [("orders", 168), ("targets", 48)]
    assert lines(GoalSpec("Order Completed", [], 72)) == [("orders", 72)]
    # Of a long window that is not over yet for anybody nothing is known; of a week it is.
    assert lines(GoalSpec("Order Completed", [], 720), asked=0) == [("orders", 168)]
    assert lines(None, buyers_asked=0) == []  # What the query says where no order ever was.
    assert lines(GoalSpec("Signed Up", [], 24), buyers_asked=0) == [("targets", 24)]


async def test_an_audience_without_history_is_forecast_by_everybody(
    rt: Runtime, store: Store
) -> None:
    await history(store)
    newcomers = UUID(int=79)
    await store.segments({newcomers: [9_001, 9_002]})
    spec = ForecastSpec(workspace_id=store.workspace_id, include=(newcomers,), letters=2)
    found = await forecast(rt, spec, now=NOW)
    assert found.basis == "everybody"
    assert found.letters_before > 600
    assert [one.what for one in found.expected][-1] == "orders"
    assert all(0 <= one.low <= one.count <= one.high <= 2 for one in found.expected)


async def test_before_the_first_mailing_nothing_is_expected(rt: Runtime, store: Store) -> None:
    spec = ForecastSpec(workspace_id=store.workspace_id, include=(IN,), letters=100)
    found = await forecast(rt, spec, now=NOW)
    assert (found.basis, found.expected, found.control_needed) == ("none", [], None)


async def test_the_forecast_of_a_campaign_is_asked_over_http(
    cast: Cast, workspace: Workspace
) -> None:
    made = await cast.owner.post("/api/v1/campaigns", json={"name": "June", "rate_per_s": 2})
    url = f"/api/v1/campaigns/{made.json()['id']}/forecast"
    answer = await cast.colleague.get(url, params={"letters": 100, "control": 10})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["basis"], answer.json()["takes_s"]) == ("none", 50)
    assert (await cast.stranger.get(url, params={"letters": 1})).status_code == 404
    assert (await cast.nobody.get(url, params={"letters": 1})).status_code == 401
    assert (await cast.owner.get(url, params={"letters": -1})).status_code in (400, 422)
