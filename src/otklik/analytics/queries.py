"""The figures of a report from ClickHouse: a few set-based queries, no row per person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final

import msgspec

from otklik.analytics.model import (
    ArmFigures,
    By,
    GoalSpec,
    LinkClicks,
    Overview,
    ReportSpec,
    Rise,
    SkipCount,
)
from otklik.catalog.public import SALES
from otklik.kit.clickhouse_sql import json_path
from otklik.rules.compile import Binder, filters_sql
from otklik.rules.moments import Frame
from otklik.rules.parse import parse_filters
from otklik.runtime.public import CURRENT_PROFILE, Runtime

if TYPE_CHECKING:
    import pyarrow as pa

# Few profiles were ever merged away, and a look into a bitmap costs a fifth of a look into the
# dictionary.
PERSON: Final = (
    "if(bitmapContains((SELECT groupBitmapState(from_id) FROM profile_merges FINAL"
    " WHERE workspace_id = {workspace:UInt32} AND undone = 0), profile_id),"
    f" {CURRENT_PROFILE}, profile_id)"
)
# As the catalogue reads the number of an order: a text without spaces around it, or a whole number.
_ORDER_ID: Final = "coalesce({}, '')".format(
    ", ".join(
        f"nullIf(trim({json_path('properties', name, 'string')}), ''),"
        f" toString({json_path('properties', name, 'number')})"
        for name in ("order_id", "orderId")
    )
)
_TEXTS: Final = (
    "arrayFilter(text -> text != '', multiIf(type = 'list', arrayDistinct(list),"
    " type = 'number', [toString(num)], type = 'bool', [if(num = 1, 'true', 'false')],"
    " type = 'date', [toString(toDate(fromUnixTimestamp64Milli(toInt64(num * 1000), 'UTC')))],"
    " type = 'object', ['{}'], [str]))"
)
"""The values of one row of profile_traits as texts: several of a list, none of an empty one."""
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
NO_LIMIT: Final = 1e300
HISTORY_DAYS: Final = 90
"""Revenue of so many days before the assignment is a person's history."""
PEOPLE_PAGE: Final = 250_000
"""Each page computes everybody anew; this many rows are some tens of megabytes."""
PEOPLE_COLUMNS: Final = (
    "person", "arm", "assigned_at", "skipped", "sent", "delivered", "bounced", "failed",
    "in_doubt", "opened_person", "opened_machine", "clicked_person", "clicked_machine",
    "unsubscribed", "complained", "first_opened_at", "first_clicked_at", "target",
    "target_events", "first_target_at", "revenue", "revenue_before",
)  # fmt: skip
"""Columns of the export per person, in their order."""


async def overview(rt: Runtime, spec: ReportSpec) -> Overview:
    """Return who was assigned at all, and who was kept back before."""
    rows = await rt.ch.query(_sql("overview", wave=_wave(spec)), _values(spec))
    assigned = [row for row in rows if row[0] == "assigned"]
    return Overview(
        assigned=sum(row[2] for row in assigned),
        first_at=min((row[3] for row in assigned), default=None),
        last_at=max((row[4] for row in assigned), default=None),
        skips=[SkipCount(row[1], row[2]) for row in rows if row[0] == "skipped"],
        variants=sorted({variant for row in assigned for variant in row[5]}),
    )


async def arm_figures(
    rt: Runtime, spec: ReportSpec, people: Overview, *, check_limit: float = NO_LIMIT
) -> tuple[dict[str, ArmFigures], list[Rise]]:
    """Return the figures of every arm by its key, and the hours in which they came about."""
    sql, values = _people(spec, people, check_limit=check_limit)
    rows = await rt.ch.query(_sql("arms", people=sql), {**values, "zone": spec.timezone})
    figures = {row[0]: ArmFigures(*row[4:]) for row in rows}
    return figures, [rise for row in rows for rise in _rises(row[0], row[1:4])]


def _rises(arm: str, maps: Sequence[tuple[Sequence[int], Sequence[int]]]) -> list[Rise]:
    targets, opens, clicks = (dict(zip(hours, counts, strict=True)) for hours, counts in maps)
    return [
        Rise(
            datetime.fromtimestamp(hour, UTC),
            arm,
            targets.get(hour, 0),
            opens.get(hour, 0),
            clicks.get(hour, 0),
        )
        for hour in sorted({*targets, *opens, *clicks})
    ]


async def link_clicks(rt: Runtime, spec: ReportSpec) -> list[LinkClicks]:
    """Return who followed each address, the most followed first; at most 500."""
    rows = await rt.ch.query(_sql("links", person=PERSON), _values(spec))
    return [LinkClicks(*row) for row in rows]


class LetterClicks(msgspec.Struct, frozen=True):
    """The row of clicked_letter.sql. `reader`: a profile, 0 when the letter reached nobody."""

    delivered: int
    clicked: int
    machines: int
    hidden: int
    reader: int


async def clicked_letter(rt: Runtime, spec: ReportSpec, *, variant: str) -> LetterClicks:
    """Return how many people the letter of a variant reached, and how many followed anything."""
    rows = await rt.ch.query(
        _sql("clicked_letter", person=PERSON, wave=_wave(spec)),
        {**_values(spec), "variant": variant},
    )
    return LetterClicks(*map(int, rows[0]))


async def clicked_links(
    rt: Runtime, spec: ReportSpec, *, variant: str, apart: bool
) -> dict[tuple[int, str], tuple[int, int]]:
    """Return (people, machines only) by link and address, the most followed first.

    `apart`: addresses of one link each for itself; else all together under "".
    """
    address = "url" if apart else "''"
    rows = await rt.ch.query(
        _sql("clicked_links", person=PERSON, wave=_wave(spec), address=address),
        {**_values(spec), "variant": variant},
    )
    return {(int(row[0]), row[1]): (int(row[2]), int(row[3])) for row in rows}


async def hit_rows(rt: Runtime, spec: ReportSpec) -> list[tuple[Any, ...]]:
    """Return the rows of hits.sql."""
    return await rt.ch.query(_sql("hits", person=PERSON, wave=_wave(spec)), _values(spec))


async def leaving_reasons(rt: Runtime, spec: ReportSpec) -> list[SkipCount]:
    """Return why readers unsubscribed, of those who said so, the most frequent reason first."""
    rows = await rt.ch.query(_sql("leaving"), _values(spec))
    return [SkipCount(*row) for row in rows]


class Spread(msgspec.Struct, frozen=True):
    """What values the people of a mailing have: the most frequent with how many people have them;
    of how many there is a number, a date, anything; how many different numbers (dates too), and
    four that cut them into fifths."""

    values: list[tuple[str, int]]
    numbers: int = 0
    dates: int = 0
    people: int = 0
    different: int = 0
    fifths: list[float] = []


async def spread_of(rt: Runtime, spec: ReportSpec, by: By, *, most: int) -> Spread:
    """Return what values the assigned people have now, the `most` frequent ones."""
    sql, values = _by(spec, by)
    rows = await rt.ch.query(_sql("spread", values=sql), {**values, "most": most})
    return Spread([(row[0], row[1]) for row in rows], *(rows[0][2:] if rows else ()))


async def figures_of_parts(
    rt: Runtime,
    spec: ReportSpec,
    people: Overview,
    by: By,
    *,
    cuts: Sequence[float],
    shown: Sequence[str],
    check_limit: float = NO_LIMIT,
) -> list[tuple[Any, ...]]:
    """Return the rows of parts.sql."""
    sql, values = _people(spec, people, check_limit=check_limit)
    by_sql, by_values = _by(spec, by)
    return await rt.ch.query(
        _sql("parts", people=sql, values=by_sql),
        {**values, **by_values, "cuts": list(cuts), "shown": list(shown)},
    )


def _by(spec: ReportSpec, by: By) -> tuple[str, dict[str, Any]]:
    """Return the query of what people are told apart by, and its bound values."""
    given = {"texts": _TEXTS} if by.dimension == "trait" else {}
    sql = _sql(
        f"by/{by.dimension}",
        assigned=_sql("assigned", person=PERSON, wave=_wave(spec)),
        person=PERSON,
        **given,
    )
    values = _values(spec)
    if by.dimension == "trait":
        values["trait"] = by.trait
    elif by.dimension == "segment":
        values["segments"] = [str(one) for one in by.segment_ids]
    return sql, values


class Chosen(msgspec.Struct, frozen=True):
    """Which of the assigned people: `condition` and `moment` are texts of ours over the columns of
    people.sql; `arm`, `url` (an address that was followed) and `link` (the number of a link in the
    letter of the variant `arm` that was followed) limit them further."""

    condition: str = "true"
    moment: str = "assigned_at"
    arm: str | None = None
    url: str | None = None
    link: int | None = None


async def people_behind(
    rt: Runtime,
    spec: ReportSpec,
    people: Overview,
    chosen: Chosen,
    *,
    before: int | None,
    limit: int,
    check_limit: float = NO_LIMIT,
) -> tuple[list[tuple[int, str, datetime, int, float]], int]:
    """Return (profile, arm, moment, target events, revenue) of people below the id `before`,
    descending, and how many there are in all."""
    if people.assigned == 0:
        return [], 0
    sql, values = _people(spec, people, check_limit=check_limit)
    where, more = _chosen(chosen)
    values |= more
    rows = await rt.ch.query(
        f"SELECT person, arm, toUnixTimestamp64Milli({chosen.moment}), target_events, revenue"
        f" FROM ({sql}) WHERE {where} AND person < {{before:UInt64}}"
        " ORDER BY person DESC LIMIT {limit:UInt64}",
        {**values, "before": before or 1 << 63, "limit": limit},
    )
    total = await rt.ch.query(f"SELECT count() FROM ({sql}) WHERE {where}", values)
    return [
        (int(person), arm, NEVER + timedelta(milliseconds=int(at)), int(events), float(revenue))
        for person, arm, at, events, revenue in rows
    ], int(total[0][0])


def _chosen(chosen: Chosen) -> tuple[str, dict[str, Any]]:
    """Return the condition over people.sql, and its bound values."""
    where = f"({chosen.condition})"
    values: dict[str, Any] = {}
    if chosen.arm is not None:
        values["arm"] = chosen.arm
        if chosen.link is None:
            where += " AND arm = {arm:String}"
    followed = []
    if chosen.url is not None:
        followed.append("url = {url:String}")
        values["url"] = chosen.url
    if chosen.link is not None:
        # Links are numbered in each variant's letter; what counts is the letter that was followed.
        followed.append("link = {link:UInt32} AND variant = {arm:String}")
        values |= {"link": chosen.link, "arm": chosen.arm or ""}
    if followed:
        which = " AND ".join(followed)
        where += f" AND person IN ({_sql('followers', person=PERSON, followed=which)})"
    return where, values


async def people_pages(
    rt: Runtime,
    spec: ReportSpec,
    people: Overview,
    chosen: Chosen,
    *,
    check_limit: float = NO_LIMIT,
) -> AsyncIterator[pa.Table]:
    """Yield the rows of the chosen people, ascending by profile id, in pages.

    Columns: `PEOPLE_COLUMNS`; flags are 0 or 1, a moment that never came is 1970-01-01.
    """
    sql, values = _people(spec, people, check_limit=check_limit)
    where, more = _chosen(chosen)
    values |= more
    page = (
        f"SELECT {', '.join(PEOPLE_COLUMNS)} FROM ({sql}) WHERE {where}"
        " AND person > {after:UInt64} ORDER BY person LIMIT {limit:UInt64}"
    )
    after = 0
    while True:
        table = await rt.ch.query_arrow(page, {**values, "after": after, "limit": PEOPLE_PAGE})
        if table.num_rows:
            yield table
            after = table["person"][-1].as_py()
        if table.num_rows < PEOPLE_PAGE:
            return


def _people(
    spec: ReportSpec, people: Overview, *, check_limit: float = NO_LIMIT
) -> tuple[str, dict[str, Any]]:
    """Return the query of one row per assigned person and its bound values."""
    # Without a goal the same query runs over no events at all.
    goal = spec.goal or GoalSpec(event="", window_hours=0)
    binder = Binder(spec.workspace_id)
    frame = Frame(now=spec.as_of, zone=spec.timezone)
    conditions = filters_sql(parse_filters(goal.filters), binder, frame)
    sql = _sql(
        "people",
        person=PERSON,
        wave=_wave(spec),
        goal=" AND ".join(["1", *conditions]),
        revenue=_revenue(goal.revenue_property),
        **_given_back(goal),
    )
    window = timedelta(hours=goal.window_hours)
    before = timedelta(days=HISTORY_DAYS if goal.revenue_property else 0)
    first_at, last_at = people.first_at or spec.as_of, people.last_at or spec.as_of
    return sql, {
        **binder.parameters,
        **_values(spec),
        "variants": people.variants,
        "event": goal.event,
        "window_hours": goal.window_hours,
        "before_hours": int(before / timedelta(hours=1)),
        "check_limit": check_limit,
        "cut": int(spec.without_outliers),
        "from_at": first_at - before,
        "until_at": last_at + window,
    }


def _revenue(path: str | None) -> str:
    """Return the amount of one event; 0 where there is none.

    Shops send amounts as numbers or as texts; a text counts when it is nothing but a number.
    """
    if path is None:
        return "toFloat64(0)"
    number = json_path("properties", path, "number")
    text = f"toFloat64OrNull(trim({json_path('properties', path, 'string')}))"
    amount = f"ifNull(coalesce({number}, {text}), 0)"
    return f"if(isFinite({amount}), {amount}, 0)"


def _given_back(goal: GoalSpec) -> dict[str, str]:
    """Return how the revenue of a sale is reduced by what went back to the buyer."""
    if goal.event not in SALES or goal.revenue_property is None:
        return {"kept": "1", "orders": ""}
    return {"kept": "(1 - back.share)", "orders": _sql("given_back", order_id=_ORDER_ID)}


def _wave(spec: ReportSpec) -> str:
    """Return the condition of the part that is reported: the rest is the wave 2 of a mailing."""
    return "wave = 2" if spec.part == "rest" else "wave != 2"


def _values(spec: ReportSpec) -> dict[str, Any]:
    return {
        "workspace": spec.workspace_id,
        "source_kind": spec.source_kind,
        "source_id": str(spec.source_id),
        "as_of": spec.as_of,
    }


def _sql(name: str, **parts: str) -> str:
    return _template(name).substitute(parts)


@cache
def _template(name: str) -> Template:
    text = resources.files("otklik.analytics").joinpath(f"sql/{name}.sql").read_text("utf-8")
    # The header is for the reader; the engine needs none of it, nor the names that it mentions.
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return Template("\n".join(lines))


def window_end(spec: ReportSpec, last_at: datetime | None) -> datetime | None:
    """Return when the window of the last assigned person is over."""
    if spec.goal is None or last_at is None:
        return None
    return last_at + timedelta(hours=spec.goal.window_hours)
