"""A mailing by a trait, a domain, a device, segments: who of its people did what.

Parts are described, not judged: the more parts one looks at, the more of them differ by chance.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from otklik.analytics.model import By, Dimension, ReportSpec
from otklik.analytics.queries import Spread, figures_of_parts, in_part, overview, spread_of
from otklik.analytics.revenue import check_limit
from otklik.runtime.public import Runtime

VALUES_MAX: Final = 20
"""The most frequent values have a row each; the others share one."""
SEGMENTS_MAX: Final = 10
_NUMBERS_BY_VALUE: Final = 10
"""Up to so many different numbers stand by themselves; more are cut into five parts."""
Kind = Literal["value", "range", "rest", "none"]
_ORDER: Final[dict[str, int]] = {"range": 0, "value": 1, "rest": 2, "none": 3}


class PartArm(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one group within a part; counts of people, as in the report's groups."""

    key: str
    assigned: int
    sent: int
    delivered: int
    bounced: int
    opened: int
    clicked: int
    unsubscribed: int
    complained: int
    targets: int
    revenue: float


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """People of a mailing with one value, with one of a range (`low` included, `high` not; null:
    without a bound), with one of the other values, or with none.

    `value`: of a device phone, tablet, desktop, hidden (by the mail service) or other; of a
    segment its id.
    """

    kind: Kind
    value: str
    low: float | None
    high: float | None
    arms: list[PartArm]


class PartChosen(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a report by something, as the report names it."""

    by: By
    kind: Kind
    value: str = ""
    low: float | None = None


class ReportParts(msgspec.Struct, frozen=True, kw_only=True):
    """`type` is that of most values. Bounds of dates are seconds since 1970. The values are those
    of now, not of the moment of sending. Someone with several values is in several parts."""

    dimension: Dimension
    type: Literal["number", "date", "other"]
    parts: list[Part]


async def report_by(rt: Runtime, spec: ReportSpec, by: By) -> ReportParts:
    """Return the figures of a mailing's groups apart for people with different values.

    Values come by frequency, ranges ascending; people without a value come last.
    """
    people = await overview(rt, spec)
    spread = await spread_of(rt, spec, by, most=VALUES_MAX)
    cuts = _cuts(spread)
    rows = await figures_of_parts(
        rt,
        spec,
        people,
        by,
        cuts=cuts,
        shown=[text for text, _ in spread.values],
        check_limit=await check_limit(rt, spec, people),
    )
    keys = [arm.key for arm in spec.arms]
    found: dict[tuple[Kind, str, int], dict[str, PartArm]] = {}
    for kind, text, number, arm, *figures in rows:
        counted = dict(zip(PartArm.__struct_fields__[1:], figures, strict=True))
        found.setdefault((kind, text, number), {})[arm] = PartArm(key=arm, **counted)
    frequency = {text: place for place, (text, _) in enumerate(spread.values)}
    places = sorted(found, key=lambda one: (_ORDER[one[0]], one[2], frequency.get(one[1], 0)))
    edges: list[float | None] = [None, *cuts, None]
    return ReportParts(
        dimension=by.dimension,
        type=_type(spread),
        parts=[
            Part(
                kind=kind,
                value=text,
                low=edges[number] if kind == "range" else None,
                high=edges[number + 1] if kind == "range" else None,
                arms=[found[kind, text, number].get(key) or _nobody(key) for key in keys],
            )
            for kind, text, number in places
        ],
    )


async def part_condition(
    rt: Runtime, spec: ReportSpec, part: PartChosen
) -> tuple[str, dict[str, Any]]:
    """Return the condition that a person of the report stands in a part; see Chosen."""
    spread = await spread_of(rt, spec, part.by, most=VALUES_MAX)
    cuts = _cuts(spread)
    number = 0 if part.low is None else sum(cut <= part.low for cut in cuts)
    place = (part.kind, part.value if part.kind == "value" else "", number)
    return in_part(spec, part.by, place, cuts, [text for text, _ in spread.values])


def _type(spread: Spread) -> Literal["number", "date", "other"]:
    if 2 * spread.dates > spread.people:
        return "date"
    return "number" if 2 * spread.numbers > spread.people else "other"


def _cuts(spread: Spread) -> list[float]:
    """Return where numbers are cut; nothing where they can stand by themselves."""
    if _type(spread) == "other" or spread.different <= _NUMBERS_BY_VALUE:
        return []
    return sorted(set(spread.fifths))


def _nobody(key: str) -> PartArm:
    nothing = dict.fromkeys(PartArm.__struct_fields__[1:], 0)
    return PartArm(key=key, **nothing)
