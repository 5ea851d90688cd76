"""The figures of a report from ClickHouse: a few set-based queries, no row per person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any, Final

import msgspec

from otklik.analytics.amounts import FOREIGN, ORDER_ID, amount_sql
from otklik.analytics.model import (
    ArmFigures,
    By,
    GoalSpec,
    LeavingCount,
    LinkClicks,
    Overview,
    ReportSpec,
    Rise,
    SkipCount,
)
from otklik.catalog.public import SALES
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
_ONE: Final = {
    "bounced": "bitTest(people.marks, 2)",
    "delivered": "was_sent AND NOT bounced",
    "within": "hit.1 >= assigned_at AND hit.1 < addHours(assigned_at, {window_hours:UInt32})",
    "several": "",
}
"""What became of a person who has one message."""
_SEVERAL: Final = {
    "bounced": "bitTest(people.marks, 2) AND NOT delivered",
    "delivered": "arrayExists(id -> NOT has(people.returned, id), people.reached)",
    "within": (
        "arrayExists(since -> hit.1 >= since"
        " AND hit.1 < addHours(since, {window_hours:UInt32}), people.moments)"
    ),
    "several": (
        ",\n        groupUniqArrayIf(message_id, fact IN ('sent', 'delivered')) AS reached,"
        "\n        groupUniqArrayIf(message_id, fact = 'bounced') AS returned,"
        "\n        groupArrayIf(at, fact = 'assigned') AS moments"
    ),
}
"""What best became of one who has several, with a window from each."""
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
    rows = await rt.ch.query(
        _sql("overview", facts=_facts(spec), arm=_arm(spec), wave=_wave(spec)),
        {**_values(spec), **_arm_values(spec)},
    )
    assigned = [row for row in rows if row[0] == "assigned"]
    return Overview(
        assigned=sum(row[2] for row in assigned),
        first_at=min((row[3] for row in assigned), default=None),
        last_at=max((row[4] for row in assigned), default=None),
        skips=[SkipCount(row[1], row[2]) for row in rows if row[0] == "skipped"],
        variants=sorted({variant for row in assigned for variant in row[5]}),
        letters=sum(row[6] for row in assigned),
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
    rows = await rt.ch.query(_sql("links", facts=_facts(spec), person=PERSON), _values(spec))
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
        _sql("clicked_letter", facts=_facts(spec), person=PERSON, wave=_wave(spec)),
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
        _sql("clicked_links", facts=_facts(spec), person=PERSON, wave=_wave(spec), address=address),
        {**_values(spec), "variant": variant},
    )
    return {(int(row[0]), row[1]): (int(row[2]), int(row[3])) for row in rows}


async def hit_rows(rt: Runtime, spec: ReportSpec) -> list[tuple[Any, ...]]:
    """Return the rows of hits.sql."""
    return await rt.ch.query(
        _sql("hits", facts=_facts(spec), person=PERSON, wave=_wave(spec)), _values(spec)
    )


async def letter_rows(rt: Runtime, spec: ReportSpec) -> list[tuple[Any, ...]]:
    """Return the rows of letters.sql."""
    return await rt.ch.query(_sql("letters", facts=_facts(spec)), _values(spec))


async def leaving_reasons(rt: Runtime, spec: ReportSpec) -> list[LeavingCount]:
    """Return why readers unsubscribed, of those who said so, the most frequent reason first."""
    rows = await rt.ch.query(
        f"SELECT why, countIf(NOT in_rest), countIf(in_rest) FROM ({_leavers(spec)})"
        " GROUP BY why ORDER BY count() DESC, why",
        _values(spec),
    )
    return [LeavingCount(*row) for row in rows]


def _leavers(spec: ReportSpec) -> str:
    return _sql("leavers", facts=_facts(spec), person=PERSON)


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
        _sql("parts", people=sql, values=by_sql, places=_sql("places")),
        {**values, **by_values, "cuts": list(cuts), "shown": list(shown)},
    )


def in_part(
    spec: ReportSpec,
    by: By,
    place: tuple[str, str, int],
    cuts: Sequence[float],
    shown: Sequence[str],
) -> tuple[str, dict[str, Any]]:
    """Return the condition that a person stands in one part of `figures_of_parts`."""
    sql, values = _by(spec, by)
    if place[0] == "none":
        return f"person NOT IN (SELECT profile_id FROM ({sql}) WHERE notEmpty(texts))", values
    row = "({place:String}, {part_value:String}, {part_number:UInt8})"
    return (
        f"person IN (SELECT profile_id FROM ({sql}) AS had WHERE has({_sql('places')}, {row}))",
        {
            **values,
            **dict(zip(("place", "part_value", "part_number"), place, strict=True)),
            "cuts": list(cuts),
            "shown": list(shown),
        },
    )


def _by(spec: ReportSpec, by: By) -> tuple[str, dict[str, Any]]:
    """Return the query of what people are told apart by, and its bound values."""
    given = {"texts": _TEXTS} if by.dimension == "trait" else {}
    sql = _sql(
        f"by/{by.dimension}",
        assigned=_sql("assigned", facts=_facts(spec), person=PERSON, wave=_wave(spec)),
        facts=_facts(spec),
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
    people.sql; `arm`, `url` (an address that was followed), `link` (the number of a link in the
    letter of the variant `arm` that was followed), `why` (the reason of leaving), `hit` (what was
    done, who is held for it, and by which sign), `hour` (of the day in which the moment lies) and
    `part` (made by `in_part`) limit them further; `lettered`: without the control group."""

    condition: str = "true"
    moment: str = "assigned_at"
    arm: str | None = None
    url: str | None = None
    link: int | None = None
    why: str | None = None
    hit: tuple[str, str, str] | None = None
    hour: int | None = None
    lettered: bool = False
    part: tuple[str, dict[str, Any]] | None = None

    @property
    def of_outliers(self) -> bool:
        """Whether the condition can't be told without the limit of a check."""
        return "outlying" in self.condition


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
    where, more = _chosen(spec, chosen)
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


def _chosen(spec: ReportSpec, chosen: Chosen) -> tuple[str, dict[str, Any]]:
    """Return the condition over people.sql, and its bound values."""
    where = f"({chosen.condition})"
    values: dict[str, Any] = {}
    if chosen.arm is not None:
        values["arm"] = chosen.arm
        if chosen.link is None:
            where += " AND arm = {arm:String}"
    if chosen.lettered:
        where += " AND arm != 'control'"
    if chosen.hit is not None:
        signed = _sql("signed", facts=_facts(spec), person=PERSON, wave=_wave(spec))
        where += f" AND person IN ({signed})"
        values |= dict(zip(("done", "verdict", "sign"), chosen.hit, strict=True))
    if chosen.hour is not None:
        where += f" AND toHour({chosen.moment}, {{zone:String}}) = {{hour:UInt8}}"
        values |= {"hour": chosen.hour, "zone": spec.timezone}
    if chosen.why is not None:
        rest = "in_rest" if spec.part == "rest" else "NOT in_rest"
        where += (
            f" AND person IN (SELECT person FROM ({_leavers(spec)})"
            f" WHERE why = {{why:String}} AND {rest})"
        )
        values["why"] = chosen.why
    if chosen.part is not None:
        where += f" AND {chosen.part[0]}"
        values |= chosen.part[1]
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
        people = _sql("followers", facts=_facts(spec), person=PERSON, followed=which)
        where += f" AND person IN ({people})"
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
    where, more = _chosen(spec, chosen)
    values |= more
    page = (
        f"SELECT {', '.join(PEOPLE_COLUMNS)} FROM ({sql}) WHERE {where}"
        " AND person > {after:UInt64} ORDER BY person LIMIT {limit:UInt64}"
    )
    async for table in in_pages(rt, page, values):
        yield table


async def in_pages(rt: Runtime, page: str, values: dict[str, Any]) -> AsyncIterator[pa.Table]:
    """Yield the rows of a query of people in pages; it goes on after {after:UInt64} in the order of
    `person`, {limit:UInt64} rows at a time."""
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
        facts=_facts(spec),
        arm=_arm(spec),
        person=PERSON,
        wave=_wave(spec),
        **(_SEVERAL if spec.repeated else _ONE),
        goal=" AND ".join(["1", *conditions]),
        **_amount(goal),
    )
    window = timedelta(hours=goal.window_hours)
    before = timedelta(days=HISTORY_DAYS if goal.revenue_property else 0)
    first_at, last_at = people.first_at or spec.as_of, people.last_at or spec.as_of
    return sql, {
        **binder.parameters,
        **_values(spec),
        **_arm_values(spec),
        "variants": people.variants,
        "event": goal.event,
        "window_hours": goal.window_hours,
        "before_hours": int(before / timedelta(hours=1)),
        "check_limit": check_limit,
        "cut": int(spec.without_outliers),
        "from_at": first_at - before,
        "until_at": last_at + window,
        **({"currency": spec.currency or ""} if _is_sale(goal) else {}),
    }


def _is_sale(goal: GoalSpec) -> bool:
    """Whether money is added up that the catalogue knows of too."""
    return goal.event in SALES and goal.revenue_property is not None


def _amount(goal: GoalSpec) -> dict[str, str]:
    """Return the amount of an event, and how that of a sale is reduced by what went back to the
    buyer. A sale in another currency counts as a target action, but has no amount."""
    revenue = amount_sql(goal.revenue_property)
    if not _is_sale(goal):
        return {"revenue": revenue, "kept": "1", "orders": "", "foreign": "false"}
    return {
        "foreign": FOREIGN,
        "revenue": f"if({FOREIGN}, 0, {revenue})",
        "kept": "(1 - back.share)",
        "orders": _sql("given_back", order_id=ORDER_ID),
    }


def of_segment() -> str:
    """Return the condition that a row is of a person of the segment bound as `segment`."""
    return f"{PERSON} IN ({_sql('of_segment', person=PERSON)})"


def _wave(spec: ReportSpec) -> str:
    """Return the condition of the part that is reported: the rest is the wave 2 of a mailing."""
    return "wave = 2" if spec.part == "rest" else "wave != 2"


def _facts(spec: ReportSpec) -> str:
    """Return the condition of the facts that are of a report."""
    several = "IN {sources:Array(UUID)}" if spec.sources else "= {source_id:UUID}"
    source = (
        f"workspace_id = {{workspace:UInt32}} AND source_id {several}"
        " AND source_kind = {source_kind:String}"
    )
    conditions = [source]
    if spec.edition is not None:
        conditions.append("variant = {edition:String}")
    if spec.segment_id is not None:
        conditions.append(of_segment())
    if spec.since is not None:
        # What happened to a message counts however long after the period it came about.
        conditions.append(
            f"message_id IN (SELECT message_id FROM message_facts WHERE {source}"
            " AND (fact = 'assigned' OR (fact = 'skipped' AND variant = ''))"
            " AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')})"
        )
    return "\n  AND ".join(conditions)


def _arm(spec: ReportSpec) -> str:
    """Return the group of a message: its variant, but where all who get a letter are one group."""
    if not spec.repeated or len(spec.variants) != 1:
        return "variant"
    return "if(variant = 'control', 'control', {one_arm:String})"


def _values(spec: ReportSpec) -> dict[str, Any]:
    """Return the values of `_facts`, and the moment: no more than are named there."""
    values: dict[str, Any] = {
        "workspace": spec.workspace_id,
        "source_kind": spec.source_kind,
        "as_of": spec.as_of,
    }
    if spec.sources:
        values["sources"] = [str(one) for one in spec.sources]
    else:
        values["source_id"] = str(spec.source_id)
    if spec.edition is not None:
        values["edition"] = spec.edition
    if spec.segment_id is not None:
        values["segment"] = str(spec.segment_id)
    if spec.since is not None:
        values |= {"since": spec.since, "until": spec.until or spec.as_of}
    return values


def _arm_values(spec: ReportSpec) -> dict[str, Any]:
    """Return the values of `_arm`."""
    return {} if _arm(spec) == "variant" else {"one_arm": spec.variants[0].key}


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
