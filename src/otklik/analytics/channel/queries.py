"""The figures of all mailings from ClickHouse: three queries for a period, one for its people."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from otklik.analytics.channel.model import Behind, MailingsSpec, Period, Totals
from otklik.analytics.queries import NEVER, PERSON, in_pages, of_segment
from otklik.runtime.public import Runtime

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE: Final = ""
"""Stands for the whole period where months have their names, and for all mailings together."""


class PersonRow(NamedTuple):
    profile_id: int
    things: float
    amount: float
    at: datetime


class Figures:
    """Figures by (mailing, month); WHOLE in either place adds up over it."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        self.sent_at: dict[str, datetime] = {}

    def add(self, mailing: str, month: str, **more: float) -> None:
        counts = self._counts[mailing, month]
        for name, value in more.items():
            counts[name] = counts.get(name, 0) + value

    def began(self, mailing: str, at: datetime) -> None:
        self.sent_at[mailing] = min(at, self.sent_at.get(mailing, at))

    def totals(self, mailing: str, month: str) -> Totals:
        counts: dict[str, Any] = dict(self._counts.get((mailing, month), {}))
        for name in ("attributed_orders", "attributed_revenue", "revenue"):
            if name in counts:
                counts[name] = round(counts[name], 6)
        if mailing == WHOLE:
            counts = {"people": 0, "orders": 0, "revenue": 0.0, **counts}
        return Totals(**counts)

    def months(self) -> list[str]:
        return sorted({month for mailing, month in self._counts if mailing == WHOLE and month})

    def mailings(self) -> list[UUID]:
        return [UUID(mailing) for mailing, month in self._counts if mailing and month == WHOLE]


async def figures(rt: Runtime, spec: MailingsSpec, period: Period) -> Figures:
    """Return the figures of a period: of all mailings and of each, of the whole and by month."""
    values = _values(spec, period)
    letters, readers, orders = await asyncio.gather(
        rt.ch.query(_sql("letters", happened=_happened(spec)), values),
        rt.ch.query(_sql("readers", person=PERSON, among=_among(spec)), values),
        rt.ch.query(_sql("orders", shares=_shares(spec)), {**values, **_touches(spec, values)}),
    )
    found = Figures()
    for mailing, month, what, count, first in letters:
        if what == "sent":
            found.began(mailing, NEVER + timedelta(milliseconds=int(first)))
        for one in (mailing, WHOLE):
            for when in (month, WHOLE):
                found.add(one, when, **{what: int(count)})
    for mailing, month in {(row[0], row[1]) for row in letters if row[2] == "sent"}:
        found.add(WHOLE, month, mailings=1)
        found.add(mailing, month, mailings=1)
    for mailing in {row[0] for row in letters if row[2] == "sent"}:
        found.add(WHOLE, WHOLE, mailings=1)
        found.add(mailing, WHOLE, mailings=1)
    for month, people in readers:
        found.add(WHOLE, month, people=int(people))
    for what, mailing, month, count, revenue, buyers in orders:
        match what:
            case "all":
                found.add(
                    WHOLE, month, orders=round(count), revenue=float(revenue), buyers=int(buyers)
                )
            case "touched":
                found.add(WHOLE, month, attributed_orders=count, attributed_revenue=float(revenue))
            case _:
                found.add(
                    mailing,
                    month,
                    attributed_orders=count,
                    attributed_revenue=float(revenue),
                    buyers=int(buyers),
                )
    return found


async def people_behind(
    rt: Runtime, spec: MailingsSpec, behind: Behind, *, before: int | None, limit: int
) -> tuple[list[PersonRow], int]:
    """Return people below the id `before`, descending, and how many there are in all."""
    sql, values = _people(spec, behind)
    rows = await rt.ch.query(
        "SELECT person, things, amount, toUnixTimestamp64Milli(at)"
        f" FROM ({sql}) WHERE person < {{before:UInt64}}"
        " ORDER BY person DESC LIMIT {limit:UInt64}",
        {**values, "before": before or 1 << 63, "limit": limit},
    )
    total = await rt.ch.query(f"SELECT count() FROM ({sql})", values)
    return [
        PersonRow(
            int(person),
            round(float(things), 6),
            round(float(amount), 6),
            NEVER + timedelta(milliseconds=int(at)),
        )
        for person, things, amount, at in rows
    ], int(total[0][0])


async def people_pages(rt: Runtime, spec: MailingsSpec, behind: Behind) -> AsyncIterator[pa.Table]:
    """Yield the people behind a figure, ascending by profile id, in pages: person, things, amount,
    at."""
    sql, values = _people(spec, behind)
    page = (
        f"SELECT person, things, amount, at FROM ({sql}) WHERE person > {{after:UInt64}}"
        " ORDER BY person LIMIT {limit:UInt64}"
    )
    async for table in in_pages(rt, page, values):
        yield table


def _people(spec: MailingsSpec, behind: Behind) -> tuple[str, dict[str, Any]]:
    """Return the query of the people behind a figure, and its bound values."""
    values = _values(spec, spec.period) | {
        "mailing": str(behind.mailing) if behind.mailing else "",
        "month": behind.month or "",
    }
    if behind.figure in ("buyers", "attributed"):
        # Of one mailing all of its orders are those that the rule gives to it.
        whose = "all" if behind.figure == "buyers" else "touched"
        return _sql("orders_people", shares=_shares(spec)), {
            **values,
            **_touches(spec, values),
            "figure": "letter" if behind.mailing else whose,
        }
    happened = _happened(spec, columns=f"any({PERSON}) AS person,")
    return _sql("letters_people", happened=happened), {**values, "figure": behind.figure}


def _happened(spec: MailingsSpec, *, columns: str = "") -> str:
    return _sql("happened", columns=columns, among=_among(spec))


def _shares(spec: MailingsSpec) -> str:
    return _sql("shares", person=PERSON, among=_among(spec))


def _among(spec: MailingsSpec) -> str:
    """Return the condition that leaves only people of the segment."""
    return "true" if spec.segment_id is None else of_segment()


def _touches(spec: MailingsSpec, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "touched_since": values["since"] - timedelta(days=spec.window_days),
        "window_hours": 24 * spec.window_days,
        "touch": spec.touch,
        "model": spec.model,
        "currency": spec.currency or "",
    }


def _values(spec: MailingsSpec, period: Period) -> dict[str, Any]:
    zone = ZoneInfo(spec.timezone)
    until = period.until + timedelta(days=1)
    return {
        "workspace": spec.workspace_id,
        "since": datetime.combine(period.since, time(), zone),
        "until": datetime.combine(until, time(), zone),
        "zone": spec.timezone,
        **({} if spec.segment_id is None else {"segment": str(spec.segment_id)}),
    }


def _sql(name: str, **parts: str) -> str:
    return _template(name).substitute(parts)


@cache
def _template(name: str) -> Template:
    text = resources.files("otklik.analytics.channel").joinpath(f"sql/{name}.sql")
    lines = [line for line in text.read_text("utf-8").splitlines() if not line.startswith("--")]
    return Template("\n".join(lines))
