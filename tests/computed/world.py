"""Random people with events and orders, in ClickHouse and in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec
from hypothesis import strategies as st

from otklik.computed import model as m
from otklik.computed.compile import Compiler
from otklik.computed.evaluate import Event, Facts, Line, Order, plain
from otklik.computed.queries.values import value_of
from otklik.rules import tree
from otklik.rules.moments import Frame
from otklik.runtime.public import Runtime

NOW = datetime(2026, 11, 21, 20, 30, 15, 123_000, tzinfo=UTC)
ZONES = ["UTC", "Europe/Moscow", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]
FIRST_ID = 10
MERGED_ID = 1_000
workspaces = count(950_000)
_tokens = count()

EVENTS = ["Viewed", "Купил", "it's"]
PATHS = ["price", "a.b", "we`ird", "Цена"]
VALUES: list[Any] = [
    0, 1, -1, 5, 5.0, 0.1, 0.30000000000000004, 19.99, 1e15, 1.1e15, 1e300, -1e300, -2.5, 2**53,
    2**63, 2**70, 1e-9, "", "x", "Москва", "москва", "a'b", "\\N", "NULL", "5", "2026-11-21",
    "2026-11-21T20:30:15.123Z", "😀", "x" * 1_200, "a\0b", True, False, None, [1, 2], ["x"], {},
    {"c": 1},
]  # fmt: skip
values = st.one_of(
    st.sampled_from(VALUES),
    st.integers(-20, 20),
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.sampled_from(["x", "y", "z"]),
)
moments = st.one_of(
    st.sampled_from(
        [NOW, NOW - timedelta(milliseconds=1), NOW + timedelta(days=2), NOW - timedelta(days=7)]
    ),
    st.integers(0, 900).map(lambda hours: NOW - timedelta(hours=hours)),
    st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
)


@st.composite
def some_properties(draw: st.DrawFn) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=4, unique=True)):
        value = draw(values)
        if path == "a.b":
            given["a"] = {"b": value}
        else:
            given[path] = value
    return given


events = st.builds(
    Event,
    name=st.sampled_from(EVENTS),
    time=moments,
    message_id=st.just(""),
    properties=some_properties(),
)
lines = st.builds(
    Line,
    product_id=st.sampled_from(["p1", "p2", "it's", "товар"]),
    name=st.sampled_from(["", "Name", "Имя"]),
    category=st.sampled_from(["", "a", "б", "c"]),
    vendor=st.sampled_from(["", "a", "Завод"]),
    quantity=st.sampled_from([1.0, 2.0, 0.5, 0.001, 3.25]),
)
orders = st.builds(
    Order,
    order_id=st.just(""),
    status=st.sampled_from(["placed", "paid", "cancelled", "returned"]),
    placed_at=moments,
    total=st.one_of(
        st.sampled_from([Decimal("0.00"), Decimal("0.01"), Decimal("33.33"), Decimal("1e13")]),
        st.decimals(0, 100_000, places=2),
    ),
    lines=st.lists(lines, max_size=3).map(tuple),
)
facts = st.builds(
    Facts,
    events=st.lists(events, max_size=12).map(tuple),
    orders=st.lists(orders, max_size=6).map(tuple),
)

names = st.sampled_from(EVENTS)
paths = st.sampled_from(PATHS)
windows = st.one_of(
    st.just(tree.AllTime()),
    st.builds(
        tree.Last, amount=st.sampled_from([1, 7, 30]), unit=st.sampled_from(["days", "hours"])
    ),
    st.just(tree.WindowBetween(start="2026-11-01", end="2026-11-21")),
    st.just(tree.WindowBefore(at="2026-11-20")),
)
filters = st.lists(
    st.builds(
        tree.PropertyFilter,
        path=paths,
        test=st.sampled_from(
            [tree.IsSet(), tree.IsNotSet(), tree.Gt(value=1), tree.Eq(value="x"), tree.Neq(value=5)]
        ),
    ),
    max_size=2,
).map(tuple)
event_measures = st.one_of(
    st.sampled_from([m.EventCount(), m.FirstAt(), m.LastAt(), m.DaysSince(), m.ActiveDays()]),
    *(
        st.builds(kind, property=paths)
        for kind in (
            m.PropertySum,
            m.PropertyAverage,
            m.PropertyMin,
            m.PropertyMax,
            m.FirstValue,
            m.LastValue,
            m.MostFrequent,
            m.UniqueCount,
        )
    ),
)
statuses = st.lists(
    st.sampled_from(["placed", "paid", "cancelled", "returned"]),
    min_size=1,
    max_size=4,
    unique=True,
).map(tuple)
bounds = st.lists(st.integers(0, 60).map(float), min_size=4, max_size=4, unique=True).map(
    lambda given: tuple(sorted(given))
)
actions = st.builds(
    m.ScoreAction,
    event=names,
    points=st.integers(-20, 100).filter(bool),
    filters=filters,
    day_cap=st.none() | st.integers(1, 50),
    cap=st.none() | st.integers(1, 120),
)
levels = st.sampled_from(
    [
        (),
        (m.Level("cold", 0.0), m.Level("warm", 10.5), m.Level("hot", 50.0)),
        (m.Level("тёплый", -3.0),),
    ]
)
definitions = st.one_of(
    st.builds(m.EventTrait, event=names, measure=event_measures, window=windows, filters=filters),
    st.builds(
        m.OrderTrait,
        measure=st.sampled_from(
            [
                "count",
                "revenue",
                "average",
                "first_at",
                "last_at",
                "days_since",
                "favourite_category",
                "favourite_product",
                "favourite_vendor",
            ]
        ),
        statuses=statuses,
        window=windows,
        products=st.lists(st.sampled_from(["p1", "it's"]), max_size=2).map(tuple),
        categories=st.lists(st.sampled_from(["a", "б"]), max_size=2).map(tuple),
        vendors=st.just(()) | st.lists(st.sampled_from(["a", "Завод"]), max_size=2).map(tuple),
    ),
    st.builds(
        m.RfmTrait,
        statuses=statuses,
        window=windows,
        bounds=st.none()
        | st.builds(m.RfmBounds, recency=bounds, frequency=bounds, monetary=bounds),
    ),
    st.builds(
        m.ScoreTrait,
        actions=st.lists(actions, min_size=1, max_size=4).map(tuple),
        window=windows,
        half_life_days=st.none() | st.sampled_from([1, 7, 30, 365]),
        low=st.none() | st.sampled_from([-5.0, 0.0]),
        high=st.none() | st.sampled_from([10.25, 100.0]),
        levels=levels,
    ),
)
frames = st.builds(Frame, now=st.just(NOW), zone=st.sampled_from(ZONES))


def numbered(people: Sequence[Facts]) -> list[Facts]:
    """Return the same people with ids of their own for every event and order."""
    return [
        Facts(
            events=tuple(
                msgspec.structs.replace(one, message_id=f"{number}-{index % 5}")
                for index, one in enumerate(person.events)
            ),
            orders=tuple(
                msgspec.structs.replace(one, order_id=f"{number}-{index}")
                for index, one in enumerate(person.orders)
            ),
        )
        for number, person in enumerate(people)
    ]


async def store(
    rt: Runtime, workspace: int, people: Sequence[Facts], merged: Sequence[bool]
) -> None:
    """Store people as the profiles 10, 11, …; a merged one had a part of his facts as 1000 + n.

    Beside them there is an erased person with facts of all kinds, who must not show."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, person in enumerate(people):
        ids = [FIRST_ID + number, MERGED_ID + number][: 1 + merged[number]]
        rows["profiles"].append({"profile_id": ids[0], "known": 1, "is_deleted": 0, "version": 1})
        if merged[number]:
            rows["profiles"].append({"profile_id": ids[1], "is_deleted": 1, "version": 2})
            rows["profile_merges"].append(
                {"from_id": ids[1], "into_id": ids[0], "undone": 0, "version": 1}
            )
        _facts(rows, ids, person)
    rows["profiles"].append({"profile_id": 9, "is_deleted": 1, "version": 2})
    erased = next((person for person in people if person.events or person.orders), Facts())
    _facts(rows, [9], erased, prefix="erased-")
    for table, given in rows.items():
        body = b"\n".join(msgspec.json.encode({"workspace_id": workspace, **row}) for row in given)
        await rt.ch.insert_lines(table, body, f"computed-test-{next(_tokens)}")


def _facts(
    rows: dict[str, list[dict[str, Any]]], ids: Sequence[int], person: Facts, prefix: str = ""
) -> None:
    for index, event in enumerate(person.events):
        rows["events"].append(
            {
                "profile_id": ids[index % len(ids)],
                "name": event.name,
                "type": "track",
                "time": time_text(event.time),
                "message_id": event.message_id,
                "properties": event.properties,
            }
        )
    for index, order in enumerate(person.orders):
        rows["orders"].append(
            {
                "order_id": prefix + order.order_id,
                "profile_id": ids[index % len(ids)],
                "status": order.status,
                "placed_at": time_text(order.placed_at),
                "total": str(order.total),
                "product_ids": [line.product_id for line in order.lines],
                "product_names": [line.name for line in order.lines],
                "categories": [line.category for line in order.lines],
                "vendors": [line.vendor for line in order.lines],
                "quantities": [line.quantity for line in order.lines],
                "version": 1,
            }
        )


def time_text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


async def ask(
    rt: Runtime,
    workspace: int,
    definition: m.Definition,
    frame: Frame,
    run: m.RunFacts = m.NO_FACTS,
) -> dict[int, Any]:
    """Return everybody's value by the compiled query."""
    query = Compiler(definition, frame, workspace_id=workspace, facts=run).values()
    rows = await rt.ch.query(query.sql, query.parameters)
    outputs = m.outputs_of(definition)
    found = {int(row[0]): plain(value_of(outputs, *row[-3:])) for row in rows}
    return {one: value for one, value in found.items() if value is not None}
