"""The figures of all mailings from ClickHouse: three queries for a period."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import datetime, time, timedelta
from functools import cache
from importlib import resources
from string import Template
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from otklik.analytics.channel.model import MailingsSpec, Period, Totals
from otklik.analytics.queries import NEVER, PERSON
from otklik.runtime.public import Runtime

WHOLE: Final = ""
"""Stands for the whole period where months have their names, and for all mailings together."""


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
    touches = {
        "touched_since": values["since"] - timedelta(days=spec.window_days),
        "window_hours": 24 * spec.window_days,
        "touch": spec.touch,
        "model": spec.model,
        "currency": spec.currency or "",
    }
    letters, readers, orders = await asyncio.gather(
        rt.ch.query(_sql("letters"), values),
        rt.ch.query(_sql("readers"), values),
        rt.ch.query(_sql("orders"), {**values, **touches}),
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


def _values(spec: MailingsSpec, period: Period) -> dict[str, Any]:
    zone = ZoneInfo(spec.timezone)
    until = period.until + timedelta(days=1)
    return {
        "workspace": spec.workspace_id,
        "since": datetime.combine(period.since, time(), zone),
        "until": datetime.combine(until, time(), zone),
        "zone": spec.timezone,
    }


@cache
def _sql(name: str) -> str:
    text = resources.files("otklik.analytics.channel").joinpath(f"sql/{name}.sql")
    lines = [line for line in text.read_text("utf-8").splitlines() if not line.startswith("--")]
    return Template("\n".join(lines)).substitute({"person": PERSON})
