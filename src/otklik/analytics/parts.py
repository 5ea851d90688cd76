"""A mailing by the values of a trait: who of its people did what.

Parts are described, not judged: the more parts one looks at, the more of them differ by chance.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from otklik.analytics.model import ReportSpec
from otklik.analytics.queries import TraitSpread, figures_by_trait, overview, trait_spread
from otklik.runtime.public import Runtime

VALUES_MAX: Final = 20
"""The most frequent values have a row each; the others share one."""
_NUMBERS_BY_VALUE: Final = 10
"""Up to so many different numbers stand by themselves; more are cut into five parts."""
Kind = Literal["value", "range", "rest", "none"]
_ORDER: Final[dict[str, int]] = {"range": 0, "value": 1, "rest": 2, "none": 3}


class PartArm(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one group within a part; counts of people, as in the report's groups."""

    key: str
    assigned: int
    delivered: int
    opened: int
    clicked: int
    targets: int
    revenue: float


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """People of a mailing with one value of a trait, with one of a range (`low` included, `high`
    not; null: without a bound), with one of the other values, or with none."""

    kind: Kind
    value: str
    low: float | None
    high: float | None
    arms: list[PartArm]


class ByTrait(msgspec.Struct, frozen=True, kw_only=True):
    """`type` is that of most values. Bounds of dates are seconds since 1970. The values are those
    of now, not of the moment of sending."""

    trait: str
    type: Literal["number", "date", "other"]
    parts: list[Part]


async def report_by_trait(rt: Runtime, spec: ReportSpec, *, trait: str) -> ByTrait:
    """Return the figures of a mailing's groups by the present value of a trait.

    Values come by frequency, ranges ascending; people without a value come last.
    """
    people = await overview(rt, spec)
    spread = await trait_spread(rt, spec, trait=trait, most=VALUES_MAX)
    cuts = _cuts(spread)
    rows = await figures_by_trait(
        rt, spec, people, trait=trait, cuts=cuts, shown=[text for text, _ in spread.values]
    )
    keys = [arm.key for arm in spec.arms]
    found: dict[tuple[Kind, str, int], dict[str, PartArm]] = {}
    for kind, text, number, arm, *figures in rows:
        counted = dict(zip(PartArm.__struct_fields__[1:], figures, strict=True))
        found.setdefault((kind, text, number), {})[arm] = PartArm(key=arm, **counted)
    frequency = {text: place for place, (text, _) in enumerate(spread.values)}
    places = sorted(found, key=lambda one: (_ORDER[one[0]], one[2], frequency.get(one[1], 0)))
    edges: list[float | None] = [None, *cuts, None]
    return ByTrait(
        trait=trait,
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


def _type(spread: TraitSpread) -> Literal["number", "date", "other"]:
    if 2 * spread.dates > spread.people:
        return "date"
    return "number" if 2 * spread.numbers > spread.people else "other"


def _cuts(spread: TraitSpread) -> list[float]:
    """Return where numbers are cut; nothing where they can stand by themselves."""
    if _type(spread) == "other" or spread.different <= _NUMBERS_BY_VALUE:
        return []
    return sorted(set(spread.fifths))


def _nobody(key: str) -> PartArm:
    return PartArm(key=key, assigned=0, delivered=0, opened=0, clicked=0, targets=0, revenue=0.0)
