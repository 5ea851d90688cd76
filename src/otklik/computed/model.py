"""Computed traits: what their definitions may say, and what follows from one without a database.

The JSON form of a definition is the form of these structs; `parse` is the only way in.
docs/reference/computed-traits.md tells the meaning of every word.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from otklik.rules import tree

TRAITS_MAX = 300
"""Computed traits of one workspace."""
NAME_MAX = 100
TITLE_MAX = 200
ACTIONS_MAX = 50
LEVELS_MAX = 10
POINTS_MAX = 10_000
CAP_MAX = 1_000_000
HALF_LIFE_MAX = 3_650
PARTS = 5
"""Scores of RFM go from 1 to this."""
SUMMED_MAX = 10.0**15
"""Numbers beyond it are left out of sums: they are mistakes, and would drown everything else."""
MICRO = 1_000_000
"""Sums are kept as whole millionths, so that no order of adding up changes them."""
TEXT_MAX = 1_000

RESERVED = frozenset(
    {
        "id",
        "name",
        "full_name",
        "fullName",
        "first_name",
        "firstName",
        "last_name",
        "lastName",
        "email",
        "phone",
        "user_id",
        "anonymous_id",
    }
)
"""Traits that say who a person is; lists, search and addresses are made of them."""

Bounds = tuple[float, ...]
_FIXED_WINDOWS = tree.AllTime | tree.WindowBetween | tree.WindowBefore | tree.WindowAfter
"""All other windows move with time."""


class EventMeasureBase(tree.Strict, frozen=True, tag_field="kind"):
    """What is worked out of the events of a person; nobody has a value without an event."""


class EventCount(EventMeasureBase, frozen=True, tag="count"):
    pass


class FirstAt(EventMeasureBase, frozen=True, tag="first_at"):
    pass


class LastAt(EventMeasureBase, frozen=True, tag="last_at"):
    pass


class DaysSince(EventMeasureBase, frozen=True, tag="days_since"):
    """Calendar days from the latest event to today; 0 on the same day and for the future."""


class ActiveDays(EventMeasureBase, frozen=True, tag="active_days"):
    """Calendar days with at least one event."""


class PropertySum(EventMeasureBase, frozen=True, tag="sum"):
    property: str


class PropertyAverage(EventMeasureBase, frozen=True, tag="average"):
    property: str


class PropertyMin(EventMeasureBase, frozen=True, tag="min"):
    property: str


class PropertyMax(EventMeasureBase, frozen=True, tag="max"):
    property: str


class FirstValue(EventMeasureBase, frozen=True, tag="first_value"):
    property: str


class LastValue(EventMeasureBase, frozen=True, tag="last_value"):
    property: str


class MostFrequent(EventMeasureBase, frozen=True, tag="most_frequent"):
    """Of equally frequent values the one that was seen last, then the later in order."""

    property: str


class UniqueCount(EventMeasureBase, frozen=True, tag="unique_count"):
    property: str


NumberMeasure = PropertySum | PropertyAverage | PropertyMin | PropertyMax
ValueMeasure = FirstValue | LastValue | MostFrequent | UniqueCount
EventMeasure = (
    EventCount
    | FirstAt
    | LastAt
    | DaysSince
    | ActiveDays
    | PropertySum
    | PropertyAverage
    | PropertyMin
    | PropertyMax
    | FirstValue
    | LastValue
    | MostFrequent
    | UniqueCount
)

OrderMeasure = Literal[
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


class DefinitionBase(tree.Strict, frozen=True, tag_field="kind"):
    """What a computed trait is worked out of."""


class EventTrait(DefinitionBase, frozen=True, tag="event"):
    event: str
    measure: EventMeasure
    window: tree.Window = tree.ALL_TIME
    filters: tuple[tree.PropertyFilter, ...] = ()


class OrderTrait(DefinitionBase, frozen=True, tag="orders"):
    measure: OrderMeasure
    statuses: tuple[tree.OrderStatus, ...] = tree.BOUGHT
    window: tree.Window = tree.ALL_TIME
    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()


class RfmBounds(tree.Strict, frozen=True):
    """Four ascending numbers each: who is above none of them is in the first part, and so on."""

    recency: Bounds
    """Days since the latest order; fewer days score higher."""
    frequency: Bounds
    monetary: Bounds


class RfmTrait(DefinitionBase, frozen=True, tag="rfm"):
    """`bounds` null: quintiles, five parts of equal size as far as equal values allow."""

    statuses: tuple[tree.OrderStatus, ...] = tree.BOUGHT
    window: tree.Window = tree.ALL_TIME
    bounds: RfmBounds | None = None


class ScoreAction(tree.Strict, frozen=True):
    """Points for each event. `day_cap`: at most so many points for a day, before they fade.
    `cap`: at most so many of this action at all, after. Both count by size, so that they also
    limit what points below zero take away."""

    event: str
    points: int
    filters: tuple[tree.PropertyFilter, ...] = ()
    day_cap: int | None = None
    cap: int | None = None


class Level(tree.Strict, frozen=True):
    """A named part of a score, from `start` points on."""

    name: str
    start: float


class ScoreTrait(DefinitionBase, frozen=True, tag="score"):
    """`half_life_days`: after so many days points count half; null: they never fade."""

    actions: tuple[ScoreAction, ...]
    window: tree.Window = tree.ALL_TIME
    half_life_days: int | None = None
    low: float | None = None
    high: float | None = None
    levels: tuple[Level, ...] = ()


Definition = EventTrait | OrderTrait | RfmTrait | ScoreTrait


class Output(msgspec.Struct, frozen=True):
    """One flat trait that a definition writes; `suffix` stands after the name and a dot."""

    suffix: str
    type: Literal["number", "string", "date", "any"]


def outputs_of(definition: Definition) -> tuple[Output, ...]:
    """Return the flat traits in the order in which compiled queries give them."""
    match definition:
        case ScoreTrait(levels=levels):
            points = Output("points", "number")
            return (points, Output("level", "string")) if levels else (points,)
        case RfmTrait():
            return (
                *(Output(part, "number") for part in ("recency", "frequency", "monetary")),
                Output("group", "string"),
            )
        case OrderTrait(measure=measure):
            if measure in ("first_at", "last_at"):
                return (Output("", "date"),)
            return (Output("", "string" if measure.startswith("favourite") else "number"),)
        case EventTrait(measure=FirstAt() | LastAt()):
            return (Output("", "date"),)
        case EventTrait(measure=FirstValue() | LastValue() | MostFrequent()):
            return (Output("", "any"),)
        case _:
            return (Output("", "number"),)


def full_name(name: str, output: Output) -> str:
    return f"{name}.{output.suffix}" if output.suffix else name


def events_of(definition: Definition) -> tuple[str, ...]:
    """Return the names of the events that the definition reads; orders are not events here."""
    match definition:
        case EventTrait(event=event):
            return (event,)
        case ScoreTrait(actions=actions):
            return tuple(sorted({action.event for action in actions}))
        case _:
            return ()


def reads_orders(definition: Definition) -> bool:
    return isinstance(definition, OrderTrait | RfmTrait)


def is_relative(definition: Definition) -> bool:
    """Return whether a person's value depends on others', so that one change may change all."""
    return isinstance(definition, RfmTrait) and definition.bounds is None


def is_timed(definition: Definition) -> bool:
    """Return whether values change as time passes, without any new fact."""
    if not isinstance(definition.window, _FIXED_WINDOWS):
        return True
    match definition:
        case ScoreTrait(half_life_days=half_life):
            return half_life is not None
        case RfmTrait():
            return True
        case OrderTrait(measure=measure):
            return measure == "days_since"
        case EventTrait(measure=measure):
            return isinstance(measure, DaysSince)


def is_hourly(definition: Definition) -> bool:
    """Return whether a window of hours moves so fast that a day is too long to wait."""
    return getattr(definition.window, "unit", "") == "hours"


class ComputedReason(StrEnum):
    """Why a run was made."""

    CREATED = "created"
    CHANGED = "changed"
    REQUESTED = "requested"
    NEW_FACTS = "new_facts"
    TIME = "time"


class ComputedScope(StrEnum):
    """Whom a run computed."""

    ALL = "all"
    TOUCHED = "touched"


class ComputedState(StrEnum):
    ACTIVE = "active"
    REMOVING = "removing"


class ComputedUse(msgspec.Struct, frozen=True):
    """Something that uses a computed trait: `kind` is "segment", …"""

    kind: str
    id: UUID
    name: str


class ComputedTrait(msgspec.Struct, frozen=True, kw_only=True):
    """A computed trait with the figures of its latest run.

    `name`: the name of the trait; of a score and of RFM that of the object, see `outputs`.
    `people`: how many have a value. `took_ms`, `changed`: of the latest run that computed
    everybody. All null until the first run. `problem`: code of the error that ended the latest run.
    """

    id: UUID
    name: str
    title: str
    state: ComputedState
    definition: dict[str, Any]
    outputs: list[str]
    people: int | None
    changed: int | None
    took_ms: int | None
    computed_at: datetime | None
    next_at: datetime | None
    running: bool
    problem: str | None
    used_by: list[ComputedUse]
    created_at: datetime
    updated_at: datetime


class ComputedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `considered`: people that were looked at, null for everybody; `changed`: values
    that were written or taken away."""

    at: datetime
    reason: ComputedReason
    scope: ComputedScope
    considered: int | None
    changed: int
    people: int | None
    took_ms: int
    problem: str | None


class RunFacts(msgspec.Struct, frozen=True):
    """What a run found out about everybody and single values depend on."""

    bounds: RfmBounds | None = None


NO_FACTS = RunFacts()


def today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def due(
    definition: Definition,
    *,
    computed_at: datetime | None,
    whole_at: datetime | None,
    requested: bool,
    now: datetime,
    zone: str,
) -> tuple[ComputedReason, ComputedScope] | None:
    """Return why everybody must be computed now, or None when looking for new facts is enough.

    `whole_at`: when everybody was computed for the last time.
    """
    if whole_at is None or computed_at is None:
        return ComputedReason.CREATED, ComputedScope.ALL
    if requested:
        return ComputedReason.REQUESTED, ComputedScope.ALL
    if is_timed(definition) and today(now, zone) > today(whole_at, zone):
        return ComputedReason.TIME, ComputedScope.ALL
    if is_hourly(definition) and now - whole_at >= timedelta(hours=1):
        return ComputedReason.TIME, ComputedScope.ALL
    return None


def next_moment(
    definition: Definition, *, whole_at: datetime | None, now: datetime, zone: str
) -> datetime | None:
    """Return when everybody is computed again since time passed; None where it changes nothing."""
    if whole_at is None or not is_timed(definition):
        return None
    if is_hourly(definition):
        return max(now, whole_at + timedelta(hours=1))
    midnight = datetime.combine(
        today(whole_at, zone) + timedelta(days=1), datetime.min.time(), ZoneInfo(zone)
    )
    return max(now, midnight)
