"""What a definition would give, before it is saved: the spread of its values, and ten people."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from otklik.accounts.public import get_workspace
from otklik.computed import model as m
from otklik.computed.compile import Compiler
from otklik.computed.engine import PREVIEW_S, ask
from otklik.computed.evaluate import ComputedWhy, evaluate, plain
from otklik.computed.queries.people import load_facts
from otklik.computed.queries.records import computed_names
from otklik.computed.queries.values import run_facts, value_of
from otklik.computed.rfm import group_of
from otklik.events.public import registry
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.profiles.public import render_context, trait_names
from otklik.rules import tree
from otklik.rules.check import Registry, check
from otklik.rules.moments import Frame
from otklik.rules.shape import literal
from otklik.runtime.public import Runtime, Tx

SAMPLES = 10
BINS = 20
TOP = 12


class ComputedBin(msgspec.Struct, frozen=True):
    """People with a value from `low` to `high`; only the last one includes its end."""

    low: float
    high: float
    people: int


class ComputedTopValue(msgspec.Struct, frozen=True):
    value: str
    people: int


class ComputedSample(msgspec.Struct, frozen=True, kw_only=True):
    """A person with the value that would be stored, and the facts behind it."""

    profile_id: int
    name: str
    value: Any
    why: ComputedWhy


class ComputedPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The spread of a definition's values as of now.

    `people`: who would have a value; `total`: everybody. `shown`: what `least` to `bins` are of:
    numbers, or dates as epoch seconds; null for texts, which have `top`. Of RFM `top` has the
    groups, of a score with levels the levels.
    """

    people: int
    total: int
    shown: Literal["number", "date"] | None
    least: float | None
    median: float | None
    mean: float | None
    greatest: float | None
    bins: list[ComputedBin]
    top: list[ComputedTopValue]
    samples: list[ComputedSample]
    took_ms: int
    as_of: datetime


class RfmCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of RFM's plane. `revenue`: of the people in it, in the period looked at."""

    recency: int
    frequency: int
    group: str
    people: int
    revenue: float


class RfmGrid(msgspec.Struct, frozen=True):
    """RFM's plane of recency and frequency; cells without people are left out."""

    cells: list[RfmCell]
    bounds: m.RfmBounds
    people: int
    revenue: float
    took_ms: int


async def preview(
    rt: Runtime, *, workspace_id: int, definition: m.Definition, now: datetime
) -> ComputedPreview:
    """Compute a definition for everybody without writing anything. Raises: ComputationTooHeavy."""
    begun = time.perf_counter()
    frame, facts = await _ready(rt, workspace_id, definition, now)
    outputs = m.outputs_of(definition)
    query = Compiler(definition, frame, workspace_id=workspace_id, facts=facts).values()
    number, text = _columns(outputs)
    source = (
        f"SELECT profile_id, kinds, texts, numbers, {number} AS x, {text} AS s FROM ({query.sql})"
        " WHERE arrayExists(k -> k != 0, kinds)"
    )
    rows = await ask(
        rt,
        "SELECT count(), countIf(isNotNull(x)), min(x), quantileExactLow(0.5)(x), avg(x), max(x),"
        f" groupArraySample({SAMPLES}, 1)((profile_id, kinds, texts, numbers)),"
        " (SELECT count() FROM profiles FINAL WHERE workspace_id = {workspace:UInt32}"
        f" AND is_deleted = 0) FROM ({source})",
        query.parameters,
        limit_s=PREVIEW_S,
    )
    people, numbers, least, median, mean, greatest, sampled, total = rows[0]
    shown: Literal["number", "date"] | None = None
    if numbers:
        shown = "date" if outputs[0].type == "date" else "number"
    samples = await _samples(rt, workspace_id, definition, frame, facts, sampled)
    return ComputedPreview(
        people=int(people),
        total=int(total),
        shown=shown,
        least=least if shown else None,
        median=median if shown else None,
        mean=mean if shown else None,
        greatest=greatest if shown else None,
        bins=await _bins(rt, source, query.parameters, least, greatest) if shown else [],
        top=await _top(rt, source, query.parameters) if _has_texts(outputs) else [],
        samples=samples,
        took_ms=round((time.perf_counter() - begun) * 1000),
        as_of=now,
    )


async def grid(rt: Runtime, *, workspace_id: int, definition: m.RfmTrait, now: datetime) -> RfmGrid:
    """Return how many people and how much revenue each cell of RFM's plane has now.

    Raises: ComputationTooHeavy.
    """
    begun = time.perf_counter()
    frame, facts = await _ready(rt, workspace_id, definition, now)
    query = Compiler(definition, frame, workspace_id=workspace_id, facts=facts).grid()
    rows = await ask(rt, query.sql, query.parameters, limit_s=PREVIEW_S)
    cells = [
        RfmCell(
            recency=int(recency),
            frequency=int(frequency),
            group=group_of(int(recency), int(frequency)),
            people=int(people),
            revenue=int(cents) / 100,
        )
        for recency, frequency, people, cents in sorted(rows)
    ]
    assert facts.bounds is not None
    return RfmGrid(
        cells=cells,
        bounds=facts.bounds,
        people=sum(cell.people for cell in cells),
        revenue=round(sum(cell.revenue for cell in cells), 2),
        took_ms=round((time.perf_counter() - begun) * 1000),
    )


async def _ready(
    rt: Runtime, workspace_id: int, definition: m.Definition, now: datetime
) -> tuple[Frame, m.RunFacts]:
    async with rt.db.begin() as tx:
        zone = (await get_workspace(tx, workspace_id=workspace_id)).timezone
    frame = Frame(now=now, zone=zone)
    facts = await run_facts(
        rt, workspace_id=workspace_id, definition=definition, frame=frame, limit_s=PREVIEW_S
    )
    return frame, facts


def _columns(outputs: Sequence[m.Output]) -> tuple[str, str]:
    """Return the expressions of what is drawn: a number or null, and a text or ''."""
    none = "CAST(NULL AS Nullable(Float64))"
    last = len(outputs)
    match outputs[0].type:
        case "date":
            return (
                "toNullable(toUnixTimestamp64Milli(parseDateTime64BestEffort(texts[1], 3, 'UTC'))"
                " / 1000)",
                "''",
            )
        case "number" if last == 4:  # of RFM the groups are drawn, not one of the scores
            return none, f"texts[{last}]"
        case "number":
            return "toNullable(numbers[1])", f"texts[{last}]"
        case "string":
            return none, "texts[1]"
        case "any":
            text = "multiIf(kinds[1] = 3, if(numbers[1] = 1, 'true', 'false'), texts[1])"
            return "if(kinds[1] = 2, numbers[1], NULL)", text


def _has_texts(outputs: Sequence[m.Output]) -> bool:
    return outputs[-1].type in ("string", "any")


async def _bins(
    rt: Runtime, source: str, parameters: dict[str, Any], least: float, greatest: float
) -> list[ComputedBin]:
    """Cut the values into parts of equal width; whole numbers that are few get one each."""
    width = (greatest - least) / BINS
    if float(least).is_integer() and float(greatest).is_integer() and greatest - least < BINS:
        width = 1.0
    if width <= 0:
        width = 1.0
    rows = await ask(
        rt,
        "SELECT least(floor((x - {least:Float64}) / {width:Float64}), {last:Float64}) AS n, count()"
        f" FROM ({source}) WHERE isNotNull(x) GROUP BY n ORDER BY n",
        {**parameters, "least": float(least), "width": width, "last": float(BINS - 1)},
        limit_s=PREVIEW_S,
    )
    counts = {int(n): int(count) for n, count in rows}
    return [
        ComputedBin(low=least + n * width, high=least + (n + 1) * width, people=counts.get(n, 0))
        for n in range(max(counts) + 1)
    ]


async def _top(rt: Runtime, source: str, parameters: dict[str, Any]) -> list[ComputedTopValue]:
    rows = await ask(
        rt,
        f"SELECT s, count() AS n FROM ({source}) WHERE s != '' GROUP BY s ORDER BY n DESC, s"
        f" LIMIT {TOP}",
        parameters,
        limit_s=PREVIEW_S,
    )
    return [ComputedTopValue(value, int(count)) for value, count in rows]


async def _samples(
    rt: Runtime,
    workspace_id: int,
    definition: m.Definition,
    frame: Frame,
    run: m.RunFacts,
    sampled: Sequence[tuple[Any, ...]],
) -> list[ComputedSample]:
    ids = [int(row[0]) for row in sampled]
    if not ids:
        return []
    facts = await load_facts(rt, workspace_id=workspace_id, profile_ids=ids, definition=definition)
    async with rt.db.begin() as tx:
        people = await render_context(tx, workspace_id=workspace_id, profile_ids=ids)
    outputs = m.outputs_of(definition)
    return [
        ComputedSample(
            profile_id=profile_id,
            name=_name(people.get(profile_id)),
            value=plain(value_of(outputs, *values)),
            why=evaluate(definition, facts[profile_id], frame, run),
        )
        for profile_id, values in zip(ids, (row[1:] for row in sampled), strict=True)
    ]


def _name(context: dict[str, Any] | None) -> str:
    customer = context["customer"] if context else {}
    for part in ("name", "email", "phone", "user_id"):
        if customer.get(part):
            return str(customer[part])
    return ""


async def warnings(
    tx: Tx, *, workspace_id: int, definition: m.Definition, name: str
) -> list[Problem]:
    """Return what may be a mistake: names never seen, properties of other types, a taken name."""
    events = {
        event.name: {
            path: frozenset(one.type.value for one in event.properties if one.path == path)
            for path in {one.path for one in event.properties}
        }
        for event in await registry(tx, workspace_id=workspace_id)
    }
    known = Registry(events=events)
    found: list[Problem] = []
    match definition:
        case m.EventTrait(event=event, filters=filters, measure=measure):
            found += check(tree.EventCondition(event=event, filters=filters), known)
            path = getattr(measure, "property", None)
            if path is not None and event in events:
                found += _property_warnings(path, measure, events[event])
        case m.ScoreTrait(actions=actions):
            for index, action in enumerate(actions):
                node = tree.EventCondition(event=action.event, filters=action.filters)
                found += [
                    Problem(
                        f"$.actions[{index}]" + problem.path.removeprefix("$"),
                        problem.message,
                        code=problem.code,
                    )
                    for problem in check(node, known)
                ]
        case _:
            pass
    return found + await _name_warnings(tx, workspace_id, name.strip())


def _property_warnings(
    path: str, measure: m.EventMeasure, properties: dict[str, frozenset[str]]
) -> list[Problem]:
    shown = literal(path)
    if path not in properties:
        return [
            Problem(
                "$.measure.property",
                Text(
                    en=f"The event has not had the property “{shown}” yet.",
                    ru=f"У события пока не было параметра «{shown}».",
                ),
                code="unknown_property",
            )
        ]
    if isinstance(measure, m.NumberMeasure) and "number" not in properties[path]:
        return [
            Problem(
                "$.measure.property",
                Text(
                    en=f"“{shown}” has held no numbers so far; other values are left out.",
                    ru=f"В «{shown}» пока не встречались числа; другие значения не считаются.",
                ),
                code="type_mismatch",
            )
        ]
    return []


async def _name_warnings(tx: Tx, workspace_id: int, name: str) -> list[Problem]:
    """Warn of a name that events or imports already use: their values would be replaced."""
    if not name or name in await computed_names(tx, workspace_id=workspace_id):
        return []
    inside = f"{name}."
    people = sum(
        one.count
        for one in await trait_names(tx, workspace_id=workspace_id)
        if one.trait == name or one.trait.startswith(inside)
    )
    if not people:
        return []
    return [
        Problem(
            "$.name",
            Text(
                en="Events or imports already set a trait of this name. Its values will be replaced"
                " by computed ones, and what events say under the name will no longer show.",
                ru="Свойство с таким именем уже приходит из событий или импорта. Его значения будут"
                " заменены вычисленными, а значения из событий под этим именем не будут видны.",
            ),
            code="name_clash",
        )
    ]
