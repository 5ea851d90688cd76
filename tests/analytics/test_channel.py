"""All mailings of a period against a naive recount: letters, readers, orders and their letters."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.analytics.channel.model import (
    Behind,
    Figure,
    MailingsReport,
    MailingsSpec,
    Model,
    Period,
    SegmentRef,
    Touch,
)
from otklik.analytics.channel.people import mailings_people_csv
from otklik.analytics.channel.queries import people_behind
from otklik.analytics.channel.reports import (
    mailings_csv,
    mailings_report,
    segments_csv,
    segments_report,
)
from otklik.analytics.errors import BadPeriod
from otklik.runtime.public import Runtime

from .conftest import Store
from .recount import FactRow

ZONE = ZoneInfo("Asia/Vladivostok")
MAILINGS = [UUID(int=n) for n in (1, 2, 3)]
MERGES = {1: 101, 2: 101, 3: 102}
SEGMENT = UUID(int=7)
# Profile 1 was merged into 101 after the segment was counted.
MEMBERS = (1, 4, 5, 6, 9, 102, 11, 12, 500)
INSIDE = {MERGES.get(one, one) for one in MEMBERS}
PERIOD = Period(date(2026, 5, 1), date(2026, 6, 30))
EDGE = datetime(2026, 5, 1, tzinfo=ZONE)


class Sold(msgspec.Struct):
    order_id: str
    profile_id: int
    at: datetime
    total: Decimal
    status: str = "paid"
    back: float = 0.0
    currency: str = "RUB"


async def names(_rt: Runtime, _workspace_id: int, ids: object) -> dict[UUID, str]:
    return {MAILINGS[0]: "=First", MAILINGS[1]: "Second"}


async def store_all(store: Store) -> tuple[dict[UUID, list[FactRow]], list[Sold]]:
    dice = Random(3)

    def moment() -> datetime:
        # Around the edges of the period, of a month, and anywhere.
        base = dice.choice(
            [EDGE, EDGE, datetime(2026, 6, 1, tzinfo=ZONE), datetime(2026, 7, 1, tzinfo=ZONE)]
        )
        return base + timedelta(hours=dice.choice([-200, -30, -1, 0, 5, 50, 100, 200, 500]))

    facts: dict[UUID, list[FactRow]] = {}
    for place, mailing in enumerate(MAILINGS):
        rows = []
        for person in range(1, 13):
            number = 1000 * place + person
            sent = moment()
            rows.append(FactRow(number, person, "A", "assigned", sent))
            for fact, chance in (
                ("sent", 0.9),
                ("bounced", 0.1),
                ("opened", 0.6),
                ("clicked", 0.5),
                ("unsubscribed", 0.1),
                ("complained", 0.1),
            ):
                for _ in range(2):
                    if dice.random() < chance:
                        later = sent + timedelta(hours=dice.choice([0, 1, 30, 100, 800]))
                        who = dice.choice(["person", "person", "machine"])
                        rows.append(FactRow(number, person, "A", fact, later, verdict=who))
        facts[mailing] = rows
        await store.facts(rows, source_id=mailing)
        await store.facts(rows, source_id=mailing, workspace_id=store.workspace_id + 1_000_000)
    await store.facts(facts[MAILINGS[0]], source_id=UUID(int=9), source_kind="journey")
    sold = [
        Sold(
            str(n),
            dice.randint(1, 13),
            moment(),
            Decimal(dice.randint(1, 5000)) / 100,
            dice.choice(["placed", "paid", "paid", "cancelled", "returned"]),
            dice.choice([0, 0, 0, 0.5]),
            dice.choice(["RUB", "RUB", "RUB", "", "USD"]),
        )
        for n in range(120)
    ]
    await store.sold(sold)
    await store.merges(MERGES)
    return facts, sold


def shares(model: Model, letters: list[UUID]) -> dict[UUID, float]:
    if not letters:
        return {}
    if model == "any":
        return dict.fromkeys(letters, 1.0)
    if model in ("last", "first"):
        return {letters[-1 if model == "last" else 0]: 1.0}
    if len(letters) < 3:
        return dict.fromkeys(letters, 1 / len(letters))
    inner = dict.fromkeys(letters[1:-1], 0.2 / (len(letters) - 2))
    return {letters[0]: 0.4, letters[-1]: 0.4, **inner}


def within(period: Period, at: datetime) -> bool:
    return period.since <= at.astimezone(ZONE).date() <= period.until


@pytest.mark.parametrize(
    ("model", "touch", "days", "segment"),
    [("last", "clicked", 7, None), ("first", "opened", 3, SEGMENT), ("any", "delivered", 30, None),
     ("position", "opened", 30, SEGMENT)],
)  # fmt: skip
async def test_the_figures_equal_a_recount(
    rt: Runtime, store: Store, model: Model, touch: Touch, days: int, segment: UUID | None
) -> None:
    facts, sold = await store_all(store)
    if segment:
        # An older recalculation does not count, nor what another segment holds.
        await store.segments({SEGMENT: [*range(13)], UUID(int=8): [*range(200)]}, hours=-1)
        await store.segments({SEGMENT: [*MEMBERS]})
        facts = {
            mailing: [row for row in rows if MERGES.get(row.profile_id, row.profile_id) in INSIDE]
            for mailing, rows in facts.items()
        }
        sold = [row for row in sold if MERGES.get(row.profile_id, row.profile_id) in INSIDE]
    spec = MailingsSpec(
        workspace_id=store.workspace_id,
        period=PERIOD,
        model=model,
        touch=touch,
        window_days=days,
        timezone=ZONE.key,
        currency="RUB",
        segment_id=segment,
    )
    report = await mailings_report(rt, spec, names)

    # Letters: each thing once for a letter, in the month of its first time in the period.
    counts: dict[tuple[str, str], dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    readers: dict[str, set[int]] = defaultdict(set)
    for mailing, rows in facts.items():
        inside = sorted((row for row in rows if within(PERIOD, row.at)), key=lambda row: row.at)
        seen: set[tuple[int, str]] = set()
        bounced = {row.message_id for row in inside if row.fact == "bounced"}
        for row in inside:
            month = row.at.astimezone(ZONE).strftime("%Y-%m")
            if row.fact == "sent":
                readers[month].add(MERGES.get(row.profile_id, row.profile_id))
                readers[""].add(MERGES.get(row.profile_id, row.profile_id))
            is_machine = row.fact in ("opened", "clicked") and row.verdict != "person"
            if is_machine or (row.message_id, row.fact) in seen:
                continue
            seen.add((row.message_id, row.fact))
            whats = [row.fact]
            if row.fact == "sent" and row.message_id not in bounced:
                whats.append("delivered")
            for what in whats:
                for when in (month, ""):
                    counts[str(mailing), when][what].add(row.message_id)
                    counts["", when][what].add(row.message_id)
    told = {"": report.totals, **{one.month: one.totals for one in report.months}}
    for month, totals in told.items():
        for what in ("assigned", "sent", "delivered", "bounced", "opened", "clicked",
                     "unsubscribed", "complained"):  # fmt: skip
            assert getattr(totals, what) == len(counts["", month][what]), (month, what)
        assert totals.people == len(readers[month]), month
    for one in report.mailings:
        for what, messages in counts[str(one.id), ""].items():
            assert getattr(one.totals, what) == len(messages), what

    # Orders: all there were, and what the rule gives to each letter.
    touches: dict[int, list[tuple[datetime, UUID]]] = defaultdict(list)
    kind = "sent" if touch == "delivered" else touch
    for mailing, rows in facts.items():
        for row in rows:
            if row.fact == kind and (touch == "delivered" or row.verdict == "person"):
                touches[MERGES.get(row.profile_id, row.profile_id)].append((row.at, mailing))
    given: dict[UUID, list[float]] = {one: [0.0, 0.0] for one in MAILINGS}
    whole, touched = [0, 0.0], [0, 0.0]
    for order in sold:
        if not within(PERIOD, order.at) or order.currency == "USD":
            continue
        if order.status in ("cancelled", "returned"):
            continue
        amount = float(order.total) * (1 - order.back)
        person = MERGES.get(order.profile_id, order.profile_id)
        last: dict[UUID, datetime] = {}
        for at, mailing in touches[person]:
            if order.at - timedelta(days=days) < at <= order.at:
                last[mailing] = max(at, last.get(mailing, at))
        letters = sorted(last, key=lambda one: (last[one], str(one)))
        whole = [whole[0] + 1, whole[1] + amount]
        if letters:
            touched = [touched[0] + 1, touched[1] + amount]
        for mailing, share in shares(model, letters).items():
            given[mailing][0] += share
            given[mailing][1] += share * amount
    totals = report.totals
    assert (totals.orders, totals.revenue) == (whole[0], pytest.approx(whole[1]))
    assert totals.attributed_orders == touched[0] > 0
    assert totals.attributed_revenue == pytest.approx(touched[1])
    for one in report.mailings:
        found = (one.totals.attributed_orders, one.totals.attributed_revenue)
        assert found == pytest.approx(tuple(given[one.id])), one.id
    if model != "any":
        assert sum(row[0] for row in given.values()) == pytest.approx(touched[0])
    assert sum(month.totals.orders or 0 for month in report.months) == totals.orders
    if model == "position":
        await the_people_add_up(rt, spec, report)


async def the_people_add_up(rt: Runtime, spec: MailingsSpec, report: MailingsReport) -> None:
    """Behind every figure stand people whose letters, orders and money come to it."""
    month = report.months[1]
    places = [
        (report.totals, None, None),
        (month.totals, None, month.month),
        (report.mailings[0].totals, report.mailings[0].id, None),
    ]
    for totals, mailing, when in places:
        for figure in get_args(Figure):
            behind = Behind(figure=figure, mailing=mailing, month=when)
            rows, total = await people_behind(rt, spec, behind, before=None, limit=500)
            assert total == len(rows) == len({row.profile_id for row in rows})
            things, money = sum(row.things for row in rows), sum(row.amount for row in rows)
            if figure == "buyers" and mailing is None:
                told: tuple[float | None, float | None] = (totals.orders, totals.revenue)
            elif figure in ("buyers", "attributed"):
                told = (totals.attributed_orders, totals.attributed_revenue)
            else:
                told = (getattr(totals, figure), 0)
            assert (things, money) == pytest.approx(told, abs=1e-4), (figure, mailing, when)
            if figure == "buyers":
                assert total == totals.buyers
            if figure == "sent" and mailing is None:
                assert total == totals.people
    parts = [part async for part in mailings_people_csv(rt, spec, Behind(figure="sent"))]
    assert b"".join(parts).count(b"\r\n") == 1 + (report.totals.people or 0)


async def test_segments_stand_side_by_side_in_the_figures_of_each(
    rt: Runtime, store: Store
) -> None:
    await store_all(store)
    await store.segments({SEGMENT: [*MEMBERS], UUID(int=8): []})
    spec = MailingsSpec(
        workspace_id=store.workspace_id, period=PERIOD, against="before", timezone=ZONE.key
    )
    segments = [SegmentRef(one, f"={one.int}", None, None) for one in (SEGMENT, UUID(int=8))]
    found = await segments_report(rt, spec, segments)
    for row in found.segments:
        one = msgspec.structs.replace(spec, segment_id=row.segment.id if row.segment else None)
        alone = await mailings_report(rt, one, names, segment=row.segment)
        assert (row.totals, row.totals_against) == (alone.totals, alone.totals_against)
    everybody, some, nobody = (row.totals for row in found.segments)
    assert everybody.sent > some.sent > nobody.sent == nobody.orders == 0
    rows = list(csv.reader(io.StringIO(segments_csv(found, "en").decode("utf-8-sig"))))
    assert [row[0] for row in rows[3:]] == ["Everybody", "Everybody", "'=7", "'=7", "'=8", "'=8"]
    assert rows[5][1:3] == ["2026-05-01", "2026-06-30"]


async def test_the_table_names_its_rule_and_keeps_formulas_out(rt: Runtime, store: Store) -> None:
    await store_all(store)
    spec = MailingsSpec(
        workspace_id=store.workspace_id, period=PERIOD, against="before", timezone=ZONE.key
    )
    report = await mailings_report(rt, spec, names)
    assert report.against == Period(date(2026, 3, 1), date(2026, 4, 30))
    assert report.totals_against is not None
    rows = list(csv.reader(io.StringIO(mailings_csv(report, "ru").decode("utf-8-sig"))))
    assert rows[0] == ["последнее касание", "переход", "дней до заказа: 7"]
    assert rows[3][:2] == ["2026-05-01", "2026-06-30"]
    assert {row[0] for row in rows[-3:]} == {"'=First", "Second", ""}
    nothing = MailingsSpec(
        workspace_id=store.workspace_id, period=Period(date(2020, 1, 1), date(2020, 1, 2))
    )
    empty = await mailings_report(rt, nothing, names)
    assert (empty.totals.sent, empty.totals.orders, empty.mailings) == (0, 0, [])


@pytest.mark.parametrize(
    ("since", "until", "before", "year"),
    [
        ("2026-05-01", "2026-12-31", ("2025-09-01", "2026-04-30"), ("2025-05-01", "2025-12-31")),
        ("2026-02-01", "2026-02-28", ("2026-01-01", "2026-01-31"), ("2025-02-01", "2025-02-28")),
        ("2025-02-01", "2025-02-28", ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29")),
        ("2026-11-09", "2026-11-15", ("2026-11-02", "2026-11-08"), ("2025-11-09", "2025-11-15")),
        ("2024-02-29", "2024-02-29", ("2024-02-28", "2024-02-28"), ("2023-02-28", "2023-02-28")),
    ],
)
def test_a_period_is_held_against_one_of_its_kind(
    since: str, until: str, before: tuple[str, str], year: tuple[str, str]
) -> None:
    period = Period(date.fromisoformat(since), date.fromisoformat(until))
    assert period.before() == Period(*map(date.fromisoformat, before))
    assert period.year_before() == Period(*map(date.fromisoformat, year))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 800))
def test_the_period_before_ends_where_this_one_begins(since: date, days: int) -> None:
    period = Period(since, since + timedelta(days=days))
    before = period.before()
    assert before.until + timedelta(days=1) == period.since
    assert before.since <= before.until
    assert period.year_before().since < period.since


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadPeriod):
        Period(date(2026, 5, 2), date(2026, 5, 1))
    with pytest.raises(BadPeriod):
        Period(date(2000, 1, 1), date(2020, 1, 1))
    for far in (date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(BadPeriod):
            Period(far, far)
