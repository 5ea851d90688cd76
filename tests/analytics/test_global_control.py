"""The report of the global control group: its spans, a naive recount, and honest words."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from otklik.analytics.control.model import (
    ControlSpec,
    CountedMailings,
    Kind,
    MonthSide,
    Side,
    SideFigures,
)
from otklik.analytics.control.people import control_csv, control_people_csv
from otklik.analytics.control.queries import Behind, people_behind
from otklik.analytics.control.report import (
    build_control_report,
    global_control_report,
    no_control_report,
)
from otklik.analytics.queries import NO_LIMIT
from otklik.delivery.policy.control import ControlSetting, spans_of
from otklik.delivery.policy.model import GlobalControl
from otklik.delivery.public import ControlSpan
from otklik.runtime.public import Runtime
from tests.conftest import Cast

from .conftest import Store
from .recount import FactRow
from .test_channel import Sold

ZONE = ZoneInfo("Asia/Vladivostok")
SALT = b"salt"
SINCE = datetime(2026, 4, 10, tzinfo=UTC)
UNTIL = datetime(2026, 7, 1, tzinfo=ZONE)
AS_OF = datetime(2026, 8, 1, tzinfo=UTC)
SETTING = ControlSetting(SINCE, GlobalControl(20.0, 3))
MAILINGS = [UUID(int=number) for number in (1, 2, 3, 4)]
SERVICE = MAILINGS[3]
PARTED = MAILINGS[2]
REGULAR = MAILINGS[1]
TRANSACTIONAL = UUID(int=5)


def spans(*settings: ControlSetting, now: datetime = AS_OF) -> list[ControlSpan]:
    return list(spans_of(settings, zone=ZONE, salt=SALT, now=now))


def test_a_group_is_one_until_it_is_renewed_or_changed() -> None:
    quarters = spans(SETTING)
    july, october = UNTIL, datetime(2026, 10, 1, tzinfo=ZONE)
    assert [(one.since, one.until) for one in quarters] == [(SINCE, july), (july, october)]
    assert quarters[0].key != quarters[1].key
    # A larger share is another group of the same period, which holds the former one.
    more = ControlSetting(datetime(2026, 5, 1, tzinfo=UTC), GlobalControl(20.0, 0))
    off = ControlSetting(datetime(2026, 6, 1, tzinfo=UTC), GlobalControl(0.0, 0))
    first, second = spans(SETTING, more, off)
    assert (first.until, second.until) == (more.since, off.since)
    assert spans(off) == []
    (forever,) = spans(more)
    assert (forever.until, forever.share) == (None, 2_000)
    (new,) = spans(SETTING, now=SINCE)
    assert new.since == SINCE


async def store_all(store: Store) -> tuple[dict[UUID, list[FactRow]], list[Sold]]:
    """Mailings as the gate leaves them: who is in the group is skipped, the others assigned."""
    dice = Random(7)
    facts: dict[UUID, list[FactRow]] = {}
    for place, mailing in enumerate(MAILINGS):
        rows = []
        frozen = SINCE + timedelta(days=dice.choice([-3, 2, 40]) if place else 5)
        held = GlobalControl(20.0, 3).holds(
            np.arange(1, 121), salt=SALT, local=frozen.astimezone(ZONE)
        )
        for person in range(1, 121):
            if dice.random() < 0.3:
                continue
            number = 1000 * place + person
            if mailing != SERVICE and held[person - 1]:
                rows.append(FactRow(number, person, "", "skipped", frozen, reason="global_control"))
            elif dice.random() < 0.1:
                rows.append(FactRow(number, person, "", "skipped", frozen, reason="no_consent"))
            elif mailing == REGULAR and dice.random() < 0.3:
                # The gate asks for what is new after the group, of which nobody is asked.
                rows.append(FactRow(number, person, "", "skipped", frozen, reason="nothing_new"))
            else:
                late = timedelta(days=9 if mailing == PARTED and person > 20 else 0)
                rows.append(FactRow(number, person, "A", "assigned", frozen + late))
                rows.append(FactRow(number, person, "A", "sent", frozen + late))
        facts[mailing] = rows
        for wave in (0, 2):
            part = [
                row
                for row in rows
                if (mailing == PARTED and row.profile_id > 20 and row.fact != "skipped")
                == (wave == 2)
            ]
            await store.facts(part, source_id=mailing, wave=wave)
    facts[TRANSACTIONAL] = asked_for(dice)
    await store.facts(facts[TRANSACTIONAL], source_id=TRANSACTIONAL, source_kind="transactional")
    # Of other channels' messages nothing is known here.
    await store.facts(facts[MAILINGS[0]], source_id=UUID(int=9), source_kind="journey")
    sold = [
        Sold(
            f"o{number}",
            dice.randrange(1, 130),
            SINCE + timedelta(hours=dice.randrange(-24 * 100, 24 * 100)),
            Decimal("90000" if number % 25 == 0 else dice.choice(["10.50", "99", "250"])),
            dice.choice(["paid", "placed", "cancelled", "returned"]),
            dice.choice([0.0, 0.0, 0.25]),
            dice.choice(["RUB", "", "USD"]),
        )
        for number in range(400)
    ]
    await store.sold(sold)
    return facts, sold


def asked_for(dice: Random) -> list[FactRow]:
    """Letters that are asked for one at a time, each person's at moments of his own."""
    rows = []
    for number in range(150):
        at = SINCE + timedelta(hours=dice.randrange(-200, 24 * 80))
        person = dice.randrange(100, 180)
        (held,) = GlobalControl(20.0, 3).holds(
            np.array([person]), salt=SALT, local=at.astimezone(ZONE)
        )
        if held:
            reason = "global_control"
            rows.append(FactRow(9000 + number, person, "", "skipped", at, reason=reason))
        else:
            rows.append(FactRow(9000 + number, person, "1", "assigned", at))
            rows.append(FactRow(9000 + number, person, "1", "sent", at + timedelta(minutes=1)))
    return rows


def counted(
    span: ControlSpan, facts: dict[UUID, list[FactRow]], merges: dict[int, int]
) -> list[CountedMailings]:
    found = []
    kinds: dict[Kind, list[UUID]] = {
        "mass": [MAILINGS[0], PARTED], "regular": [REGULAR], "transactional": [TRANSACTIONAL]
    }  # fmt: skip
    for kind, mailings in kinds.items():
        meant: dict[int, bool] = {}
        sources, letters = set(), 0
        for mailing in mailings:
            frozen = min(row.at for row in facts[mailing])
            for row in facts[mailing]:
                entry = frozen if mailing == PARTED and row.profile_id > 20 else row.at
                letters += row.fact == "sent" and span.since <= row.at < (span.until or AS_OF)
                if row.fact == "sent" or row.reason == "no_consent":
                    continue
                if span.since <= entry < (span.until or AS_OF):
                    one = merges.get(row.profile_id, row.profile_id)
                    meant[one] = meant.get(one, False) or row.reason == "global_control"
                    sources.add(mailing)
        found.append(
            CountedMailings(
                kind=kind, mailings=len(sources), people=len(meant), kept=sum(meant.values()),
                letters=letters,
            )
        )  # fmt: skip
    return found


def recount(
    span: ControlSpan, facts: dict[UUID, list[FactRow]], sold: list[Sold], merges: dict[int, int]
) -> dict[int, tuple[bool, datetime, list[Sold]]]:
    """Return whether each person was kept out, since when he counts, and what he bought then."""
    holds = GlobalControl(20.0, 3).holds(
        np.arange(0, 200), salt=SALT, local=span.since.astimezone(ZONE)
    )
    came: dict[int, tuple[datetime, bool]] = {}
    for mailing, rows in facts.items():
        if mailing == SERVICE:
            continue
        frozen = min(row.at for row in rows)
        for row in rows:
            if row.fact != "assigned" and row.reason not in ("global_control", "nothing_new"):
                continue
            entry = frozen if mailing == PARTED and row.profile_id > 20 else row.at
            if span.since <= entry < (span.until or AS_OF):
                one = merges.get(row.profile_id, row.profile_id)
                found = (entry, bool(holds[row.profile_id]))
                came[one] = min(came.get(one, found), found)
    people = {}
    for person, (entry, held) in came.items():
        bought = [
            order
            for order in sold
            if merges.get(order.profile_id, order.profile_id) == person
            and entry <= order.at < (span.until or AS_OF)
            and order.status in ("paid", "placed")
            and order.currency != "USD"
        ]
        people[person] = (held, entry, bought)
    return people


def net(order: Sold) -> float:
    return float(order.total) * (1 - order.back)


async def test_every_figure_equals_a_naive_recount(rt: Runtime, store: Store) -> None:
    facts, sold = await store_all(store)
    # A merge within one side, so that nobody is on both.
    first, later = spans(SETTING)
    plain = recount(first, facts, sold, {})
    one, other = [person for person, (held, _, _) in plain.items() if not held][:2]
    merges = {one: other}
    await store.merges(merges)
    people = recount(first, facts, sold, merges)
    spec = ControlSpec(
        workspace_id=store.workspace_id,
        span=first,
        as_of=AS_OF,
        unsettled=(str(SERVICE),),
        regular=(str(REGULAR),),
        timezone=ZONE.key,
        currency="RUB",
    )
    report = await global_control_report(rt, spec, [later, first], "en")
    months: dict[tuple[str, Side], set[int]] = defaultdict(set)
    for side in report.sides:
        held = side.key == "kept"
        mine = {p: bought for p, (kept, _, bought) in people.items() if kept == held}
        orders = [order for bought in mine.values() for order in bought]
        assert side.people == len(mine)
        assert side.buyers == sum(bool(bought) for bought in mine.values())
        assert side.orders == len(orders)
        assert side.revenue == pytest.approx(sum(map(net, orders)))
        assert (side.letters > 0) == (not held)
        for person, bought in mine.items():
            for order in bought:
                months[f"{order.at.astimezone(ZONE):%Y-%m}", side.key].add(person)
        rows, total = await people_behind(
            rt, spec, Behind(figure="buyers", side=side.key), before=None, limit=500
        )
        assert total == len(rows) == side.buyers
        assert {row.profile_id for row in rows} == {p for p, bought in mine.items() if bought}
    for month in report.months:
        for key, one_side in (("rest", month.rest), ("kept", month.kept)):
            assert one_side.buyers == len(months[month.month, key])
    assert sum(side.share for side in report.sides) == 1
    assert report.counted == counted(first, facts, merges)
    assert all(one.kept > 0 for one in report.counted)
    assert report.complete
    assert report.sample_ratio is not None
    assert report.sample_ratio.ok
    by_month = Behind(figure="buyers", side="rest", month=report.months[1].month)
    rows, total = await people_behind(rt, spec, by_month, before=None, limit=500)
    assert total == report.months[1].rest.buyers > 0
    # Large checks are told of; cut, they are no revenue, but their buyers stay buyers.
    assert report.outliers is not None
    cut = await global_control_report(
        rt, msgspec.structs.replace(spec, without_outliers=True), [first], "ru"
    )
    assert [side.buyers for side in cut.sides] == [side.buyers for side in report.sides]
    for side, whole, out in zip(cut.sides, report.sides, report.outliers.arms, strict=True):
        assert side.revenue == pytest.approx(whole.revenue - out.revenue)
    parts = [part async for part in control_people_csv(rt, spec, Behind())]
    lines = list(csv.DictReader(io.StringIO(b"".join(parts).decode("utf-8-sig"))))
    assert len(lines) == len(people)
    assert sum(float(line["revenue"]) for line in lines) == pytest.approx(
        sum(side.revenue for side in report.sides)
    )
    table = control_csv(report, "en").decode()
    assert report.verdict.text in table
    assert "Transactional letters that are no service messages" in table
    # Of the next group nobody heard yet.
    empty = await global_control_report(
        rt, msgspec.structs.replace(spec, span=later), [later, first], "ru"
    )
    assert empty.verdict.code == "nobody"
    assert [side.people for side in empty.sides] == [0, 0]


def figures(people: int, buyers: int, *, revenue: float = 100.0) -> SideFigures:
    """So many people, of whom some bought for `revenue` each."""
    return SideFigures(
        people=people,
        buyers=buyers,
        orders=buyers,
        revenue=buyers * revenue,
        revenue_squares=buyers * revenue**2,
        checks=buyers,
        checks_sum=buyers * revenue,
        largest_check=revenue,
        first_at=int(SINCE.timestamp() * 1000),
    )


@pytest.mark.parametrize(
    ("rest", "kept", "as_of", "code", "words"),
    [
        ((9_500, 950), (500, 30), AS_OF, "better", "+67%"),
        ((9_500, 475), (500, 50), AS_OF, "worse", "between −"),
        ((9_500, 480), (500, 25), AS_OF, "no_difference", "No difference was found"),
        ((9_500, 480), (500, 25), SINCE + timedelta(days=20), "too_early", "on 1\u00a0July 2026"),
        (
            (950_000, 48_000),
            (50_000, 2_500),
            SINCE + timedelta(days=50),
            "too_early",
            "No difference has been found so far",
        ),
        ((95_000, 9_500), (5_000, 200), SINCE + timedelta(days=20), "early_better", "already"),
        ((8_000, 480), (500, 25), AS_OF, "sample_ratio_mismatch", "proves nothing"),
        ((9_500, 0), (500, 0), AS_OF, "nothing_to_compare", "nobody has bought"),
    ],
)
def test_it_says_what_came_out_and_what_did_not(
    rest: tuple[int, int], kept: tuple[int, int], as_of: datetime, code: str, words: str
) -> None:
    span = msgspec.structs.replace(spans(SETTING)[0], share=500)
    spec = ControlSpec(workspace_id=1, span=span, as_of=as_of, timezone=ZONE.key)
    months = {"2026-04": {"rest": MonthSide(people=9, buyers=1, orders=1, revenue=1.0)}}
    sides: dict[Side, SideFigures] = {"rest": figures(*rest), "kept": figures(*kept)}
    report = build_control_report(
        spec, [span], sides=sides, months=months, check_limit=NO_LIMIT, lang="en"
    )
    assert report.verdict.code == code
    assert words in report.verdict.text
    assert report.months[0].difference is None
    russian = build_control_report(
        spec, [span], sides=sides, months={}, check_limit=NO_LIMIT, lang="ru"
    )
    assert "{" not in russian.verdict.text + report.verdict.text


def test_it_tells_how_long_until_something_shows() -> None:
    span = ControlSpan(SINCE, None, 500, b"0" * 16)
    spec = ControlSpec(workspace_id=1, span=span, as_of=SINCE + timedelta(days=30))
    sides: dict[Side, SideFigures] = {
        "rest": figures(95_000, 9_500),
        "kept": figures(5_000, 480),
    }
    report = build_control_report(
        spec, [span], sides=sides, months={}, check_limit=NO_LIMIT, lang="en"
    )
    lift = next(one.detectable_lift for one in report.comparisons if one.metric == "targets")
    assert lift is not None
    assert report.days_needed == pytest.approx(30 * ((lift / 0.1) ** 2 - 1), abs=1)
    assert f"{report.days_needed} days" in report.verdict.text
    assert no_control_report(currency=None, as_of=AS_OF, lang="en").verdict.code == "no_group"


async def test_it_is_read_through_the_api_by_those_of_the_workspace(cast: Cast) -> None:
    path = "/api/v1/reports/global-control"
    bare = (await cast.colleague.get(path)).json()
    assert (bare["span"], bare["verdict"]["code"]) == (None, "no_group")
    assert (await cast.colleague.get(f"{path}/people")).status_code == 404
    rules = (await cast.owner.get("/api/v1/sending-policy")).json()
    policy = {**rules["policy"], "global_control": {"share": 5, "renew_months": 3}}
    saved = await cast.owner.put("/api/v1/sending-policy", json={"policy": policy, "version": 0})
    assert saved.status_code == 200, saved.text
    report = (await cast.colleague.get(path)).json()
    assert (report["span"]["share"], report["verdict"]["code"]) == (0.05, "nobody")
    group = {"group": report["span"]["since"]}
    assert (await cast.colleague.get(path, params=group)).json()["span"] == report["span"]
    assert (await cast.colleague.get(f"{path}/people", params=group)).json()["total"] == 0
    for suffix in (".csv", "/people.csv"):
        assert (await cast.colleague.get(path + suffix)).status_code == 200
    assert (await cast.stranger.get(path, params=group)).json()["code"] == "no_such_control_group"
    assert (await cast.nobody.get(path)).status_code == 401
    other = {"group": "2020-01-01T00:00:00Z"}
    assert (await cast.colleague.get(path, params=other)).status_code == 404
