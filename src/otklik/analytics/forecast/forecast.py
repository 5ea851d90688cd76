"""The forecast of a mailing from what this audience did with former ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from string import Template
from typing import Final, Literal
from uuid import UUID

import msgspec

from otklik.analytics.model import GoalSpec
from otklik.analytics.queries import PERSON
from otklik.delivery.public import usual_pace
from otklik.experiments.public import (
    Arm,
    EmptyArm,
    detectable_lift,
    predict_rate,
)
from otklik.rules.compile import Binder, filters_sql
from otklik.rules.moments import Frame
from otklik.rules.parse import parse_filters
from otklik.runtime.public import Runtime

HISTORY: Final = timedelta(days=365)
DAYS: Final = 3
"""Openings, clicks and unsubscriptions are counted for so long after sending: then nearly all of
them are there, so that a mailing of last week may count as well as one of last year."""
ORDER_HOURS: Final = 7 * 24
"""Orders are counted for so long after each letter, whatever the goal is."""
ORDER: Final = "Order Completed"
ENOUGH_MAILINGS: Final = 3
ENOUGH_LETTERS: Final = 300
"""With less of its own history an audience is forecast by that of all readers."""
WORTH_LIFT: Final = 0.10
_POWER: Final = 0.8

What = Literal["delivered", "opened", "clicked", "unsubscribed", "orders", "targets"]


class ForecastSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing to be. `letters` people get one, `control` more are in the control group.
    `rate_per_s`: the highest rate it was given."""

    workspace_id: int
    include: tuple[UUID, ...]
    exclude: tuple[UUID, ...] = ()
    letters: int
    control: int = 0
    goal: GoalSpec | None = None
    rate_per_s: int | None = None
    timezone: str = "UTC"


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """How many people will do it: between `low` and `high` with probability `level`.

    `rate` is of all who get a letter (for opened, clicked, unsubscribed: of those it reaches).
    `within_hours`: how long after the letter; null for `delivered`. `orders` are people with an
    order that was neither cancelled nor returned, within 7 days; where the goal is to order, and
    no more than that, it stands there instead, in its own window (once that was over for anybody),
    and `targets` are left out.
    """

    what: What
    count: int
    low: int
    high: int
    rate: float
    level: float
    within_hours: int | None


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """`basis`: whose history it rests on; `none`: there is not any, and nothing is expected.

    `mailings` and `letters_before` are the size of that history. `detectable_lift`: of the target
    action, what the control group of this size will show with 80 % power; `control_needed`: people
    of a control group that would show a lift of `worth_lift`; null where it can't be told.
    `per_second`: letters a second, by the last mailings, the mailing's own limit and that of the
    installation; `takes_s`: how long sending will take; null before the first mailing.
    """

    basis: Literal["audience", "everybody", "none"]
    mailings: int
    letters_before: int
    days: int
    expected: list[Expected]
    detectable_lift: float | None
    worth_lift: float
    control_needed: int | None
    per_second: float | None
    takes_s: int | None


class _Mailing(msgspec.Struct, frozen=True):
    source_id: str
    sent: int
    delivered: int
    opened: int
    clicked: int
    unsubscribed: int
    asked: int
    done: int
    buyers_asked: int
    buyers: int


async def forecast(rt: Runtime, spec: ForecastSpec, *, now: datetime) -> Forecast:
    """Return what a mailing will bring. Raises: DefinitionInvalid for filters of the goal that the
    segment language does not know."""
    basis: Literal["audience", "everybody", "none"] = "audience"
    history = await _history(rt, spec, now=now, everybody=False)
    if len(history) < ENOUGH_MAILINGS or sum(one.sent for one in history) < ENOUGH_LETTERS:
        everybody = await _history(rt, spec, now=now, everybody=True)
        if sum(one.sent for one in everybody) > sum(one.sent for one in history):
            basis, history = "everybody", everybody
    if not history:
        basis = "none"
    expected = _expected(spec, history)
    pace = await _pace(rt, spec)
    return Forecast(
        basis=basis,
        mailings=len(history),
        letters_before=sum(one.sent for one in history),
        days=DAYS,
        expected=expected,
        per_second=pace,
        takes_s=None if pace is None else math.ceil(spec.letters / pace),
        worth_lift=WORTH_LIFT,
        detectable_lift=_detectable(spec, expected),
        control_needed=_control_needed(spec, expected),
    )


async def _pace(rt: Runtime, spec: ForecastSpec) -> float | None:
    async with rt.db.begin() as tx:
        usual = await usual_pace(tx, workspace_id=spec.workspace_id)
    if usual is None and spec.rate_per_s is None:
        return None
    limits = [rt.settings.delivery.messages_per_s_max, spec.rate_per_s, usual]
    return min(float(one) for one in limits if one)


def _expected(spec: ForecastSpec, history: Sequence[_Mailing]) -> list[Expected]:
    if not history or spec.letters < 1:
        return []
    found: list[Expected] = []

    def add(what: What, arms: list[Arm], people: int, hours: int | None = DAYS * 24) -> None:
        try:
            told = predict_rate(arms, max(people, 1))
        except EmptyArm:
            return
        found.append(
            Expected(
                what=what,
                count=round(told.rate * people),
                low=round(told.low * people),
                high=round(told.high * people),
                rate=told.rate,
                level=told.level,
                within_hours=hours,
            )
        )

    add("delivered", [Arm(one.sent, one.delivered) for one in history], spec.letters, None)
    reached = found[0].count
    add("opened", [Arm(one.delivered, one.opened) for one in history], reached)
    add("clicked", [Arm(one.delivered, one.clicked) for one in history], reached)
    add("unsubscribed", [Arm(one.delivered, one.unsubscribed) for one in history], reached)
    goal = spec.goal
    if _goal_line(goal) != "orders" or not any(one.asked for one in history):
        buyers = [Arm(one.buyers_asked, one.buyers) for one in history]
        add("orders", buyers, spec.letters, ORDER_HOURS)
    if goal is not None:
        done = [Arm(one.asked, one.done) for one in history]
        add(_goal_line(goal), done, spec.letters, goal.window_hours)
    return found


def _goal_line(goal: GoalSpec | None) -> What:
    """Return which line tells of the goal: two lines would say the same where it is any order."""
    return "orders" if goal is not None and goal.event == ORDER and not goal.filters else "targets"


def _target_rate(spec: ForecastSpec, expected: Sequence[Expected]) -> float | None:
    """Return the rate of the target action, where a lift worth having still is a rate."""
    if spec.goal is None:
        return None
    line = (_goal_line(spec.goal), spec.goal.window_hours)
    rate = next((one.rate for one in expected if (one.what, one.within_hours) == line), 0.0)
    return rate if 0 < rate * (1 + WORTH_LIFT) < 1 else None


def _detectable(spec: ForecastSpec, expected: Sequence[Expected]) -> float | None:
    rate = _target_rate(spec, expected)
    if rate is None or not spec.control:
        return None
    return detectable_lift(rate, spec.control, spec.letters, power=_POWER)


def _control_needed(spec: ForecastSpec, expected: Sequence[Expected]) -> int | None:
    """Return the least control group that shows the lift worth having.

    Null when not even half of the people would.
    """
    rate, people = _target_rate(spec, expected), spec.letters + spec.control
    if rate is None or people < 2:
        return None

    def shows(control: int) -> bool:
        lift = detectable_lift(rate, control, people - control, power=_POWER)
        return lift is not None and lift <= WORTH_LIFT

    low, high = 1, people // 2
    if not shows(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if shows(middle):
            high = middle
        else:
            low = middle + 1
    return low


async def _history(
    rt: Runtime, spec: ForecastSpec, *, now: datetime, everybody: bool
) -> list[_Mailing]:
    goal = spec.goal or GoalSpec(event="", window_hours=0)
    binder = Binder(spec.workspace_id)
    frame = Frame(now=now, zone=spec.timezone)
    conditions = filters_sql(parse_filters(goal.filters), binder, frame)
    sql = _template().substitute(person=PERSON, goal=" AND ".join(["1", *conditions]))
    rows = await rt.ch.query(
        sql,
        {
            **binder.parameters,
            "workspace": spec.workspace_id,
            "since": now - HISTORY,
            "until": now - timedelta(days=DAYS),
            "days": DAYS,
            "everybody": int(everybody),
            "include": [str(one) for one in spec.include],
            "exclude": [str(one) for one in spec.exclude],
            "event": goal.event,
            "window_hours": goal.window_hours,
            "order_hours": ORDER_HOURS,
            "as_of": now,
        },
    )
    return [_Mailing(row[0], *map(int, row[1:])) for row in rows]


@cache
def _template() -> Template:
    text = resources.files("otklik.analytics.forecast").joinpath("sql/history.sql")
    lines = [line for line in text.read_text("utf-8").splitlines() if not line.startswith("--")]
    return Template("\n".join(lines))
