"""The figures of the global control group from ClickHouse: sets, no row per person in Python."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final

import msgspec

from otklik.analytics.control.model import (
    KINDS,
    SOURCE_KINDS,
    ControlSpec,
    CountedMailings,
    Figure,
    MonthSide,
    Side,
    SideFigures,
)
from otklik.analytics.queries import HISTORY_DAYS, NEVER, NO_LIMIT, PERSON, in_pages
from otklik.runtime.public import Runtime

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES: Final[dict[int, Side]] = {0: "rest", 1: "kept"}
CONDITIONS: Final[dict[Figure, str]] = {
    "people": "true",
    "buyers": "bought",
    "outliers": "notEmpty(outlying)",
    "written": "letters > 0",
}
PEOPLE_COLUMNS: Final = (
    "person", "kept", "entered_at", "letters", "orders", "first_order_at", "revenue",
    "revenue_before",
)  # fmt: skip
"""Columns of the export per person, in their order."""


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a figure counts: on one side or (null) both; `month`: only who bought in it, or for
    `people` had come in by its end."""

    figure: Figure = "people"
    side: Side | None = None
    month: str | None = None


async def side_figures(
    rt: Runtime, spec: ControlSpec, *, check_limit: float = NO_LIMIT
) -> dict[Side, SideFigures]:
    """Return the figures of both sides; a side without people is left out."""
    rows = await rt.ch.query(_sql("sides", people=_people()), _values(spec, check_limit))
    return {_NAMES[int(row[0])]: SideFigures(*row[1:]) for row in rows}


async def month_figures(
    rt: Runtime, spec: ControlSpec, *, check_limit: float = NO_LIMIT
) -> dict[str, dict[Side, MonthSide]]:
    """Return the figures by month and side; `people` are those who came in in that month."""
    rows = await rt.ch.query(
        _sql("months", people=_people()), {**_values(spec, check_limit), "zone": spec.timezone}
    )
    found: dict[str, dict[Side, MonthSide]] = {}
    for month, kept, people, buyers, orders, revenue in rows:
        found.setdefault(month, {})[_NAMES[int(kept)]] = MonthSide(
            people=int(people), buyers=int(buyers), orders=int(orders), revenue=float(revenue)
        )
    return found


async def counted_mailings(rt: Runtime, spec: ControlSpec) -> list[CountedMailings]:
    """Return by kind the mailings that were meant to people while the group was in force."""
    rows = await rt.ch.query(
        _sql("counted", meant=_meant()), {**_mailings(spec), "regular": [*spec.regular]}
    )
    found = {row[0]: [int(count) for count in row[1:]] for row in rows}
    return [
        CountedMailings(kind=kind, mailings=mailings, people=people, kept=kept, letters=letters)
        for kind in KINDS
        if kind in found
        for mailings, people, kept, letters in [found[kind]]
    ]


class ControlPersonRow(msgspec.Struct, frozen=True, kw_only=True):
    profile_id: int
    side: Side
    entered_at: datetime
    letters: int
    orders: int
    revenue: float


async def people_behind(
    rt: Runtime,
    spec: ControlSpec,
    behind: Behind,
    *,
    before: int | None,
    limit: int,
    check_limit: float = NO_LIMIT,
) -> tuple[list[ControlPersonRow], int]:
    """Return people below the id `before`, descending, and how many there are in all."""
    where, more = _chosen(behind, spec)
    values = {**_values(spec, check_limit), **more}
    rows = await rt.ch.query(
        "SELECT person, kept, toUnixTimestamp64Milli(entered_at), letters, orders, revenue"
        f" FROM ({_people()}) WHERE {where} AND person < {{before:UInt64}}"
        " ORDER BY person DESC LIMIT {limit:UInt64}",
        {**values, "before": before or 1 << 63, "limit": limit},
    )
    total = await rt.ch.query(f"SELECT count() FROM ({_people()}) WHERE {where}", values)
    return [
        ControlPersonRow(
            profile_id=int(person),
            side=_NAMES[int(kept)],
            entered_at=NEVER + timedelta(milliseconds=int(entered)),
            letters=int(letters),
            orders=int(orders),
            revenue=float(revenue),
        )
        for person, kept, entered, letters, orders, revenue in rows
    ], int(total[0][0])


async def people_pages(
    rt: Runtime, spec: ControlSpec, behind: Behind, *, check_limit: float = NO_LIMIT
) -> AsyncIterator[pa.Table]:
    """Yield the rows of the chosen people, ascending by profile id, in pages."""
    where, more = _chosen(behind, spec)
    page = (
        f"SELECT {', '.join(PEOPLE_COLUMNS)} FROM ({_people()}) WHERE {where}"
        " AND person > {after:UInt64} ORDER BY person LIMIT {limit:UInt64}"
    )
    async for table in in_pages(rt, page, {**_values(spec, check_limit), **more}):
        yield table


def _chosen(behind: Behind, spec: ControlSpec) -> tuple[str, dict[str, Any]]:
    where, values = CONDITIONS[behind.figure], dict[str, Any]()
    if behind.side is not None:
        where += " AND kept = {kept:UInt8}"
        values["kept"] = int(behind.side == "kept")
    if behind.month is not None:
        values |= {"month": behind.month, "zone": spec.timezone}
        month = "formatDateTime({}, '%Y-%m', {{zone:String}})"
        if behind.figure == "people":
            where += f" AND {month.format('entered_at')} <= {{month:String}}"
        else:
            bought = f"at -> {month.format('at')} = {{month:String}}"
            where += f" AND arrayExists({bought}, moments)"
    return f"({where})", values


def _values(spec: ControlSpec, check_limit: float) -> dict[str, Any]:
    key = spec.span.key
    return {
        **_mailings(spec),
        "k0": int.from_bytes(key[:8], "little"),
        "k1": int.from_bytes(key[8:], "little"),
        "share": spec.span.share,
        "before_days": HISTORY_DAYS,
        "currency": spec.currency or "",
        "check_limit": check_limit,
        "cut": int(spec.without_outliers),
    }


def _mailings(spec: ControlSpec) -> dict[str, Any]:
    """Return which mailings count, and of which time."""
    return {
        "workspace": spec.workspace_id,
        "since": spec.span.since,
        "until": spec.until,
        "as_of": spec.as_of,
        "kinds": [*SOURCE_KINDS],
        "unsettled": [*spec.unsettled],
    }


def _people() -> str:
    return _sql("people", person=PERSON, meant=_meant())


def _meant() -> str:
    return _sql("meant", person=PERSON)


def _sql(name: str, **parts: str) -> str:
    return _template(name).substitute(parts)


@cache
def _template(name: str) -> Template:
    text = resources.files("otklik.analytics.control").joinpath(f"sql/{name}.sql")
    lines = [line for line in text.read_text("utf-8").splitlines() if not line.startswith("--")]
    return Template("\n".join(lines))
