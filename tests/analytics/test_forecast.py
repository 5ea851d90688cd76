"""What a mailing will bring, against a naive recount of former ones."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest

from otklik.accounts.public import Workspace
from otklik.analytics.forecast.forecast import ForecastSpec, forecast
from otklik.analytics.public import GoalSpec
from otklik.experiments.public import Arm, detectable_lift, predict_rate
from otklik.runtime.public import Runtime
from tests.conftest import Cast

from .conftest import START, Store
from .recount import EventRow, FactRow

IN, OUT = UUID(int=71), UUID(int=72)
MERGES = {1: 300}
NOW = START + timedelta(days=40)


async def history(store: Store) -> dict[UUID, dict[str, Arm]]:
    """Store five mailings and return what those who are in the audience did, by what."""
    dice = Random(8)
    await store.merges(MERGES)
    # The audience is the people from 1 to 150 (1 is 300 now) without those of the tens.
    await store.segments({IN: [*range(2, 151), 300], OUT: [*range(10, 151, 10)]})
    audience = ({*range(2, 151)} | {300}) - {*range(10, 151, 10)}
    told: dict[UUID, dict[str, Arm]] = {}
    events = [
        EventRow(i, "Order Completed", START + timedelta(days=d), {"total": 9})
        for i in range(1, 200)
        for d in (2, 21)
        if dice.random() < 0.2
    ]
    await store.events(events)
    for place in range(5):
        mailing = UUID(int=500 + place)
        sent_at = START + timedelta(days=9 * place)
        rows = []
        counts = dict.fromkeys(("sent", "delivered", "opened", "clicked", "asked", "done"), 0)
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
            if MERGES.get(i, i) not in audience:
                continue
            counts["sent"] += 1
            counts["delivered"] += not bounced
            for fact in ("opened", "clicked"):
                counts[fact] += not bounced and did.get(fact, timedelta(9)) < timedelta(days=3)
            window = timedelta(days=7)
            if sent_at + window <= NOW:
                counts["asked"] += 1
                counts["done"] += any(
                    MERGES.get(e.profile_id, e.profile_id) == MERGES.get(i, i)
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
                "targets": Arm(counts["asked"], counts["done"]),
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
        goal=GoalSpec("Order Completed", [], 168),
    )
    found = await forecast(rt, spec, now=NOW)
    assert (found.basis, found.mailings) == ("audience", len(told))
    assert found.letters_before == sum(one["delivered"].users for one in told.values())
    reached = 0
    for one in found.expected:
        arms = [mailing[one.what] for mailing in told.values()]
        people = 48_000 if one.what in ("delivered", "targets") else reached
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
        "targets",
    ]
    rate = found.expected[-1].rate
    assert found.detectable_lift == pytest.approx(detectable_lift(rate, 12_000, 48_000))
    needed = found.control_needed
    assert needed is not None
    assert 0.098 < (detectable_lift(rate, needed, 60_000 - needed) or 0) <= 0.1
    assert (found.per_second, found.takes_s) == (None, None)
    slow = await forecast(rt, msgspec.structs.replace(spec, rate_per_s=4), now=NOW)
    assert (slow.per_second, slow.takes_s) == (4.0, 12_000)


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
    assert [one.what for one in found.expected][-1] == "unsubscribed"
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
