"""Every figure of the reports of three mailings, against plain Python over the raw facts."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from scipy import stats

from otklik.analytics.behind import BehindSpec, people_of_figure
from otklik.analytics.channel.model import MailingsSpec, Model, Period
from otklik.analytics.channel.reports import mailings_report
from otklik.analytics.goals import report_goals
from otklik.analytics.hits import report_hits
from otklik.analytics.model import By, Report, ReportArm, ReportComparison, ReportSpec
from otklik.analytics.parts import report_by
from otklik.analytics.public import campaign_report
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import Person, amount_of, figures_of, links_of, order_of, people_of
from .test_channel import shares
from .world import (
    AGENTS,
    ARMS,
    BEGAN,
    MAILINGS,
    MEMBERS,
    MERGES,
    ORDER,
    PROXY,
    SEGMENT,
    VISIT,
    World,
    always_valid_p,
    holm,
    make,
    p_of_shares,
    person_of,
    score_of,
    welch,
    without_history,
)

ZONE = ZoneInfo("Asia/Yekaterinburg")
AS_OF = START + timedelta(days=20)
Z = float(stats.norm.ppf(0.975))


async def test_every_figure_equals_plain_python(rt: Runtime, store: Store) -> None:
    world = await make(store)
    for mailing, began in zip(MAILINGS, BEGAN, strict=True):
        spec = store.spec(
            source_id=mailing, arms=ARMS, goal=ORDER, goals=(ORDER, VISIT), launched_at=began,
            as_of=AS_OF, timezone=ZONE.key, currency="RUB",
        )  # fmt: skip
        await the_report(rt, spec, world)
    # The last one also in every other way; the ways are the same for all.
    await the_report(rt, msgspec.structs.replace(spec, without_outliers=True), world)
    await the_goals(rt, spec, world)
    await the_parts(rt, spec, world)
    inside = msgspec.structs.replace(spec, segment_id=SEGMENT)
    await the_report(rt, inside, world)
    for model in ("last", "first", "any", "position"):
        await the_attribution(rt, store, world, model)


def people_in(spec: ReportSpec, world: World) -> dict[int, Person]:
    people = people_of(spec, world.facts[spec.source_id], world.events, MERGES)
    if spec.segment_id is None:
        return people
    members = {*map(person_of, MEMBERS)}
    return {one: person for one, person in people.items() if one in members}


def money_of(
    spec: ReportSpec, world: World, people: dict[int, Person], limit: float
) -> dict[str, list[tuple[float, float]]]:
    """Return what each person of each group spent in the window, and in the 90 days before."""
    kept = {row.order_id: 1 - sum(share for _, share in row.given_back) for row in world.given_back}
    cut = limit if spec.without_outliers else float("inf")
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for person in people.values():
        after = [amount_of(spec, one) * kept.get(order_of(one), 1) for one in person.targets]
        before = [amount_of(spec, one) for one in person.earlier]
        found[person.arm].append(
            (sum(one for one in after if one <= cut), sum(one for one in before if one <= cut))
        )
    return found


async def the_report(rt: Runtime, spec: ReportSpec, world: World) -> None:
    people = people_in(spec, world)
    report = await campaign_report(rt, spec, "en")
    # What stands out: over ten times the mean check of all groups.
    plain = msgspec.structs.replace(spec, without_outliers=False)
    raw = figures_of(plain, people, world.given_back).values()
    limit = 10 * sum(one.checks_sum for one in raw) / sum(one.checks for one in raw)
    figures = figures_of(spec, people, world.given_back, limit)
    assert report.outliers is not None
    assert report.outliers.limit == pytest.approx(limit)
    for told in report.outliers.arms:
        mine = figures[told.key]
        assert (told.checks, told.revenue) == (mine.outliers, pytest.approx(mine.outlier_revenue))
    for arm in report.arms:
        for name in ReportArm.__struct_fields__:
            if hasattr(figures[arm.key], name):
                told_of = getattr(arm, name)
                assert told_of == pytest.approx(getattr(figures[arm.key], name), abs=1e-5), name
        the_rates(arm)
    assert report.crossed == sum(one.crossed for one in figures.values()) > 0
    the_sizes(report)
    the_comparisons(spec, report, money_of(spec, world, people, limit))
    if spec.segment_id is None:
        the_rest(spec, report, world, people)
        await the_hits(rt, spec, world)
    the_hours(report, people)


def the_rates(arm: ReportArm) -> None:
    bases = {
        "delivered": (arm.delivered, arm.sent), "bounced": (arm.bounced, arm.sent),
        "opened": (arm.opened_person, arm.delivered),
        "clicked": (arm.clicked_person, arm.delivered),
        "click_to_open": (arm.clicked_person, arm.opened_person),
        "unsubscribed": (arm.unsubscribed, arm.delivered),
        "complained": (arm.complained, arm.delivered), "targets": (arm.targets, arm.assigned),
        "revenue_per_person": (arm.revenue, arm.assigned),
    }  # fmt: skip
    expected = {name: part / whole for name, (part, whole) in bases.items() if whole}
    assert arm.rates == pytest.approx(expected)


def the_sizes(report: Report) -> None:
    sizes = [arm.assigned for arm in report.arms]
    ordered = [arm.share / 10_000 * sum(sizes) for arm in report.arms]
    assert report.sample_ratio is not None
    assert report.sample_ratio.p_value == pytest.approx(stats.chisquare(sizes, ordered).pvalue)
    assert [*report.sample_ratio.expected.values()] == pytest.approx(ordered)


def the_comparisons(
    spec: ReportSpec, report: Report, money: dict[str, list[tuple[float, float]]]
) -> None:
    arms = {arm.key: arm for arm in report.arms}
    fields = {"targets": "targets", "opens": "opened_person", "clicks": "clicked_person"}
    families: dict[str, list[ReportComparison]] = defaultdict(list)
    for one in report.comparisons:
        families[one.metric].append(one)
    pairs = [("A", "control"), ("B", "control"), ("B", "A")]
    for metric, rows in families.items():
        letters = metric in ("opens", "clicks")
        assert [(row.arm, row.against) for row in rows] == (pairs[2:] if letters else pairs)
        if metric == "revenue_per_person":
            raw, history = the_money(rows, money)
            assert [row.with_history.p_value for row in rows if row.with_history] == pytest.approx(
                holm(history)
            )
        else:
            counts = {
                key: (arm.assigned, getattr(arm, fields[metric])) for key, arm in arms.items()
            }
            raw = [the_share(row, counts[row.against], counts[row.arm]) for row in rows]
            early = [always_valid_p(counts[row.against], counts[row.arm]) for row in rows]
            assert [row.always_valid.p_value for row in rows if row.always_valid] == pytest.approx(
                holm(early)
            )
        assert [row.p_value_raw for row in rows] == pytest.approx(raw)
        assert [row.p_value for row in rows] == pytest.approx(holm(raw))
        assert [row.significant for row in rows] == [one < 1 - spec.level for one in holm(raw)]


def the_share(row: ReportComparison, control: tuple[int, int], variant: tuple[int, int]) -> float:
    (n0, k0), (n1, k1) = control, variant
    assert row.difference == pytest.approx(k1 / n1 - k0 / n0)
    for end in row.interval:
        assert score_of(control, variant, shift=end) == pytest.approx(Z, abs=1e-3)
    if k0:
        assert row.lift == pytest.approx(k1 / n1 / (k0 / n0) - 1)
        assert row.lift_interval is not None
        for end in row.lift_interval:
            assert score_of(control, variant, ratio=1 + end) == pytest.approx(Z, abs=1e-3)
    return p_of_shares(control, variant)


def the_money(
    rows: list[ReportComparison], money: dict[str, list[tuple[float, float]]]
) -> tuple[list[float], list[float]]:
    raw, adjusted = [], []
    for row in rows:
        control, variant = money[row.against], money[row.arm]
        spent = [one for one, _ in control], [one for one, _ in variant]
        means = [sum(one) / len(one) for one in spent]
        p, low, high = welch(*spent)
        assert row.difference == pytest.approx(means[1] - means[0], abs=1e-6)
        assert row.interval == pytest.approx((low, high), rel=1e-5)
        assert row.lift == pytest.approx(means[1] / means[0] - 1)
        raw.append(p)
        freed = without_history(control, variant)
        p, low, high = welch(*freed)
        assert row.with_history is not None
        assert row.with_history.difference == pytest.approx(
            sum(freed[1]) / len(freed[1]) - sum(freed[0]) / len(freed[0]), abs=1e-6
        )
        assert row.with_history.interval == pytest.approx((low, high), rel=1e-5)
        errors = [sum(float(stats.sem(one)) ** 2 for one in groups) for groups in (freed, spent)]
        assert row.with_history.narrower == pytest.approx(max(0.0, 1 - errors[0] / errors[1]))
        adjusted.append(p)
    return raw, adjusted


def the_rest(spec: ReportSpec, report: Report, world: World, people: dict[int, Person]) -> None:
    facts = [row for row in world.facts[spec.source_id] if row.at <= spec.as_of]
    links = {one.url: (one.clicks_person, one.clicks_machine) for one in report.links}
    assert links == links_of(people, facts, MERGES, spec.as_of)
    before = Counter(row.reason for row in facts if row.fact == "skipped" and not row.variant)
    assert {one.reason: one.count for one in report.skips} == before
    said = {
        person: [row for row in one.facts if row.fact == "left_because"]
        for person, one in people.items()
        if any(row.fact == "unsubscribed" for row in one.facts)
    }
    left = Counter(max(rows, key=lambda row: row.at).reason for rows in said.values() if rows)
    assert {one.reason: one.count + one.rest for one in report.leaving} == left
    last = max(row.at for row in facts if row.fact == "assigned")
    assert report.window_ends_at == last + timedelta(hours=ORDER.window_hours)
    assert report.complete == (spec.as_of >= report.window_ends_at)
    ends = {point.arm: point for point in report.series}
    for arm in report.arms:
        told = (ends[arm.key].targets, ends[arm.key].opens, ends[arm.key].clicks)
        assert told == (arm.targets, arm.opened_person, arm.clicked_person)


def first_times(person: Person) -> dict[str, datetime]:
    found = {"targets": [one.time for one in person.targets]}
    for name, fact in (("opens", "opened"), ("clicks", "clicked")):
        found[name] = [
            row.at for row in person.facts if row.fact == fact and row.verdict == "person"
        ]
    return {name: min(moments) for name, moments in found.items() if moments}


def the_hours(report: Report, people: dict[int, Person]) -> None:
    counts: Counter[tuple[str, int, str]] = Counter()
    for person in people.values():
        for name, at in first_times(person).items():
            counts[person.arm, at.astimezone(ZONE).hour, name] += 1
    told = {
        (point.arm, point.hour, name): getattr(point, name)
        for point in report.hours
        for name in ("targets", "opens", "clicks")
        if getattr(point, name)
    }
    assert told == counts


async def the_hits(rt: Runtime, spec: ReportSpec, world: World) -> None:
    rows: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, set(), 0, set()])
    for row in world.facts[spec.source_id]:
        if row.at <= spec.as_of and row.fact in ("opened", "clicked"):
            one, place = rows[row.verdict, row.reason], 0 if row.fact == "opened" else 2
            one[place] += 1
            one[place + 1].add(person_of(row.profile_id))
    for group in await report_hits(rt, spec, "en"):
        opened, openers, clicked, clickers = rows.pop((group.verdict, group.reason))
        assert (group.openings, group.opened_people) == (opened, len(openers))
        assert (group.clicks, group.clicked_people) == (clicked, len(clickers))
        for figure, who in (("opened", openers), ("clicked", clickers)):
            behind = BehindSpec(figure=figure, verdict=group.verdict, sign=group.reason)
            page = await people_of_figure(rt, spec, behind, limit=200)
            assert page.total == len(who)
            assert {one.profile_id for one in page.items} <= who
    assert not rows


async def the_goals(rt: Runtime, spec: ReportSpec, world: World) -> None:
    for found in await report_goals(rt, spec, "en"):
        one = msgspec.structs.replace(spec, goal=found.goal)
        figures = figures_of(one, people_in(one, world), world.given_back)
        for arm in found.arms:
            mine = figures[arm.key]
            assert (arm.assigned, arm.targets, arm.target_events) == (
                mine.assigned, mine.targets, mine.target_events
            )  # fmt: skip
            assert arm.revenue == pytest.approx(mine.revenue)


async def the_parts(rt: Runtime, spec: ReportSpec, world: World) -> None:
    people = people_in(spec, world)
    devices = {
        one: {
            "hidden" if row.user_agent == PROXY else AGENTS[row.user_agent]
            for row in person.facts
            if row.fact in ("opened", "clicked") and row.verdict == "person"
        }
        for one, person in people.items()
    }
    members = {*map(person_of, MEMBERS)}
    inside = {one: {str(SEGMENT)} if one in members else set() for one in people}
    domains = {one: {*world.domains.get(one, [])} for one in people}
    for by, had in (
        (By("domain"), domains),
        (By("device"), devices),
        (By("segment", segment_ids=(SEGMENT,)), inside),
    ):
        for part in (await report_by(rt, spec, by)).parts:
            who = {
                one: people[one]
                for one, values in had.items()
                if (part.value in values if part.kind == "value" else not values)
            }
            figures = figures_of(spec, who, world.given_back)
            for arm in part.arms:
                mine = figures.get(arm.key)
                told = (arm.assigned, arm.sent, arm.delivered, arm.bounced, arm.opened,
                        arm.clicked, arm.unsubscribed, arm.complained, arm.targets)  # fmt: skip
                assert told == ((0,) * 9 if mine is None else (
                    mine.assigned, mine.sent, mine.delivered, mine.bounced, mine.opened_person,
                    mine.clicked_person, mine.unsubscribed, mine.complained, mine.targets,
                ))  # fmt: skip
                assert arm.revenue == pytest.approx(mine.revenue if mine else 0)


async def the_attribution(rt: Runtime, store: Store, world: World, model: Model) -> None:
    """Orders of June to the letters that were clicked in the week before them."""
    period = Period(date(2026, 6, 1), date(2026, 6, 30))
    spec = MailingsSpec(
        workspace_id=store.workspace_id, period=period, model=model, timezone=ZONE.key,
        currency="RUB",
    )  # fmt: skip

    async def names(_rt: Runtime, _workspace_id: int, _ids: object) -> dict[UUID, str]:
        return {}

    report = await mailings_report(rt, spec, names)
    given: dict[UUID, list[float]] = {one: [0.0, 0.0] for one in MAILINGS}
    whole, touched = [0, 0.0], [0, 0.0]
    for order in world.sold:
        if not period.since <= order.at.astimezone(ZONE).date() <= period.until:
            continue
        if order.status == "cancelled":
            continue
        amount = float(order.total) * (1 - order.back)
        last: dict[UUID, datetime] = {}
        for mailing, rows in world.facts.items():
            for row in rows:
                if (
                    row.fact == "clicked"
                    and row.verdict == "person"
                    and person_of(row.profile_id) == person_of(order.profile_id)
                    and order.at - timedelta(days=7) < row.at <= order.at
                ):
                    last[mailing] = max(row.at, last.get(mailing, row.at))
        letters = sorted(last, key=lambda one: (last[one], str(one)))
        whole = [whole[0] + 1, whole[1] + amount]
        touched = [touched[0] + bool(letters), touched[1] + (amount if letters else 0)]
        for mailing, share in shares(model, letters).items():
            given[mailing][0] += share
            given[mailing][1] += share * amount
    totals = report.totals
    assert (totals.orders, totals.revenue) == (whole[0], pytest.approx(whole[1]))
    assert (totals.attributed_orders, totals.attributed_revenue) == pytest.approx(tuple(touched))
    assert totals.attributed_orders > 0
    for one in report.mailings:
        told = (one.totals.attributed_orders, one.totals.attributed_revenue)
        assert told == pytest.approx(tuple(given[one.id]))
