"""A small world in which everything happens to somebody, and statistics made a second way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import msgspec
import numpy as np
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import betaln, xlog1py, xlogy

from otklik.analytics.public import ArmSpec, GoalSpec

from .conftest import START, Store
from .recount import EventRow, FactRow, OrderRow

MAILINGS = (UUID(int=21), UUID(int=22), UUID(int=23))
BEGAN = (START, START + timedelta(days=2), START + timedelta(days=5))
ARMS = (
    ArmSpec("A", "Spring", 4000),
    ArmSpec("B", "Sale", 3000),
    ArmSpec("control", "", 3000, is_control=True),
)
ORDER = GoalSpec("Order Completed", [], 72, "total")
VISIT = GoalSpec("Page Viewed", [], 24)
PEOPLE = range(1, 241)
# Two profiles of one person, found out in the middle; two of another that were in different groups.
MERGES = {7: 8, 30: 301, 31: 301}
AGENTS = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148": "phone",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130": "desktop",
    "Mozilla/5.0 (Linux; Android 14; SM-X910) Chrome/130 Safari/537.36": "tablet",
}
PROXY = "Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)"
URLS = ("https://shop.test/spring", "https://shop.test/sale?a=1")
SEGMENT = UUID(int=77)
MEMBERS = (*range(20, 130), 700)


class Sold(msgspec.Struct):
    order_id: str
    profile_id: int
    at: datetime
    total: Decimal
    status: str = "paid"
    back: float = 0.0
    currency: str = "RUB"


class World(msgspec.Struct):
    facts: dict[UUID, list[FactRow]]
    events: list[EventRow]
    sold: list[Sold]
    domains: dict[int, list[str]]

    @property
    def given_back(self) -> list[OrderRow]:
        """What the catalogue keeps of returned and cancelled orders, as shares of the total."""
        at = datetime(2026, 5, 1, tzinfo=UTC)
        return [OrderRow(one.order_id, [(at, one.back)]) for one in self.sold if one.back]


def person_of(profile_id: int) -> int:
    return MERGES.get(profile_id, profile_id)


async def make(store: Store) -> World:
    dice = Random(41)
    gone: set[int] = set()
    facts: dict[UUID, list[FactRow]] = {}
    for place, (mailing, began) in enumerate(zip(MAILINGS, BEGAN, strict=True)):
        facts[mailing] = _letters(dice, place, began, gone)
        await store.facts(facts[mailing], source_id=mailing)
    sold, events = _orders(dice, facts)
    await store.sold(sold)
    await store.events(events)
    await store.merges(MERGES)
    domains = {
        one: [dice.choice(["gmail.com", "mail.ru", "ya.ru"])]
        for one in {*map(person_of, PEOPLE)}
        if dice.random() < 0.9
    }
    await store.domains(domains)
    await store.segments({SEGMENT: [*MEMBERS]})
    return World(facts, events, sold, domains)


def _letters(dice: Random, place: int, began: datetime, gone: set[int]) -> list[FactRow]:
    """One mailing; who unsubscribed by an earlier one is kept back before the groups."""
    rows = []
    for profile in PEOPLE:
        number = 1000 * place + profile
        at = began + timedelta(minutes=dice.randrange(90))

        def add(
            fact: str, hours: float, *, number: int = number, profile: int = profile,
            variant: str = "", at: datetime = at, **more: str,
        ) -> None:  # fmt: skip
            rows.append(
                FactRow(number, profile, variant, fact, at + timedelta(hours=hours), **more)
            )

        fixed = {30: "A", 31: "B"}.get(profile)
        if profile in gone or (dice.random() < 0.05 and not fixed):
            add("skipped", 0, reason="withdrawn" if profile in gone else "no_consent")
            continue
        arm = fixed or dice.choices(["A", "B", "control"], [4, 3, 3])[0]
        add("assigned", 0, variant=arm)
        if arm == "control":
            continue
        if dice.random() < 0.03:
            add("skipped", 1, variant=arm, reason="frequency")
            continue
        add("sent", 1, variant=arm)
        if dice.random() < 0.05:
            add("bounced", 2, variant=arm)
            continue
        if dice.random() < 0.4:
            more = {"verdict": "machine", "reason": "image_proxy", "user_agent": PROXY}
            add("opened", 1.1, variant=arm, **more)
        if dice.random() < 0.2:
            more = {"verdict": "scanner", "reason": "burst", "url": dice.choice(URLS)}
            add("clicked", 1.1, variant=arm, **more)
        agent = dice.choice([*AGENTS])
        who = {"verdict": "person", "reason": "", "user_agent": agent}
        if dice.random() < (0.5 if arm == "A" else 0.35):
            add("opened", dice.uniform(2, 60), variant=arm, **who)
            if dice.random() < 0.4:
                add("clicked", dice.uniform(60, 70), variant=arm, url=dice.choice(URLS), **who)
            if dice.random() < 0.1:
                # Later than the report speaks of.
                add("opened", 24 * 30, variant=arm, **who)
        if dice.random() < 0.04:
            add("unsubscribed", 3, variant=arm)
            add("left_because", 3.1, variant=arm, reason=dice.choice(["too_often", "other"]))
            gone |= {profile} - {30, 31}
        if dice.random() < 0.02:
            add("complained", 4, variant=arm)
    return rows


def _orders(dice: Random, facts: dict[UUID, list[FactRow]]) -> tuple[list[Sold], list[EventRow]]:
    """Orders before, within, at the edge of and after the windows; visits beside them."""
    sold, events = [], []
    habit = {profile: dice.lognormvariate(3, 1) for profile in PEOPLE}
    moments: list[tuple[int, datetime]] = []
    for rows in facts.values():
        for row in rows:
            if row.fact != "assigned":
                continue
            hours = [0.0, 72.0, -0.001, dice.uniform(1, 71), dice.uniform(73, 400)]
            chances = [0.01, 0.01, 0.02, 0.3 if row.variant == "A" else 0.2, 0.3]
            moments += [
                (row.profile_id, row.at + timedelta(hours=hour))
                for hour, chance in zip(hours, chances, strict=True)
                if dice.random() < chance
            ]
            if dice.random() < 0.5:
                at = row.at + timedelta(hours=dice.uniform(-10, 40))
                events.append(EventRow(row.profile_id, "Page Viewed", at))
    moments += [
        (profile, START - timedelta(days=dice.uniform(0.1, 120)))
        for profile in PEOPLE
        if dice.random() < 0.7
    ]
    # Of somebody to whom nothing was ever sent.
    moments.append((999, START + timedelta(days=1)))
    for number, (profile, moment) in enumerate(moments):
        total = Decimal(f"{habit.get(profile, 9) * dice.uniform(0.5, 1.5):.2f}")
        if number % 97 == 5:
            total *= 60
        cancelled = dice.random() < 0.08
        back = 1.0 if cancelled else dice.choice([0.0, 0.0, 0.0, 0.0, 0.5])
        at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        status = "cancelled" if cancelled else dice.choice(["paid", "placed"])
        sold.append(Sold(f"o{number}", profile, at, total, status, back))
        told = {"order_id": f"o{number}", "total": str(total)}
        events.append(EventRow(profile, "Order Completed", at, told))
    return sold, events


# Statistics, each from its definition.


def p_of_shares(control: tuple[int, int], variant: tuple[int, int]) -> float:
    """The chi-square test with N-1, Fisher's where a success or failure is hardly expected."""
    (n0, k0), (n1, k1) = control, variant
    n, k = n0 + n1, k0 + k1
    if min(n0, n1) * min(k, n - k) / n < 1:
        return float(stats.fisher_exact([[k1, n1 - k1], [k0, n0 - k0]]).pvalue)
    variance = k / n * (1 - k / n) * (1 / n0 + 1 / n1) * n / (n - 1)
    return float(stats.chi2.sf((k1 / n1 - k0 / n0) ** 2 / variance, 1))


def score_of(
    control: tuple[int, int], variant: tuple[int, int], *, ratio: float = 1.0, shift: float = 0.0
) -> float:
    """How far the data are from p1 = ratio * p0 + shift, in standard errors (Miettinen and
    Nurminen), the likeliest such rates found by search."""
    (n0, k0), (n1, k1) = control, variant
    low, high = max(0.0, -shift / ratio), min(1.0, (1 - shift) / ratio)

    def unlikely(rate: float) -> float:
        other = ratio * rate + shift
        return -float(
            xlogy(k0, rate) + xlog1py(n0 - k0, -rate) + xlogy(k1, other) + xlog1py(n1 - k1, -other)
        )

    p0 = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-12}).x
    p1 = ratio * p0 + shift
    variance = (p1 * (1 - p1) / n1 + ratio**2 * p0 * (1 - p0) / n0) * (n0 + n1) / (n0 + n1 - 1)
    return float(abs(k1 / n1 - ratio * k0 / n0 - shift) / math.sqrt(variance))


def always_valid_p(control: tuple[int, int], variant: tuple[int, int]) -> float:
    """One over the mixture likelihood ratio of from which group responses come; the prior is worth
    sixty of them."""
    (n0, k0), (n1, k1) = control, variant
    share = n1 / (n0 + n1)
    a, b = 60 * share, 60 * (1 - share)
    ratio = betaln(a + k1, b + k0) - betaln(a, b) - xlogy(k1, share) - xlogy(k0, 1 - share)
    return min(1.0, math.exp(-float(ratio)))


def welch(control: Sequence[float], variant: Sequence[float]) -> tuple[float, float, float]:
    """Return the p-value and the 95 % interval of the difference of means."""
    test = stats.ttest_ind(variant, control, equal_var=False)
    interval = test.confidence_interval(0.95)
    return float(test.pvalue), float(interval.low), float(interval.high)


def without_history(
    control: Sequence[tuple[float, float]], variant: Sequence[tuple[float, float]]
) -> tuple[list[float], list[float]]:
    """Return what both groups spent, freed of what people spent before: CUPED, by regression over
    both groups together. Pairs are (after, before)."""
    after, before = np.array([*control, *variant], dtype=float).T
    slope = np.cov(after, before)[0, 1] / np.var(before, ddof=1)
    freed = after - slope * (before - before.mean())
    return freed[: len(control)].tolist(), freed[len(control) :].tolist()


def holm(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted, worst = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, values[place] * (len(values) - rank)))
        adjusted[place] = worst
    return adjusted
