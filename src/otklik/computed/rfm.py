"""RFM: the scores of a person, and the groups that recency and frequency make.

The scheme is the usual one of direct marketing (A. Hughes, "Strategic Database Marketing"): people
are cut into five parts by how lately, how often and for how much they bought. The groups lie on
the plane of recency and frequency; money is a score of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from otklik.computed.model import PARTS, RfmBounds

GROUPS: dict[str, frozenset[tuple[int, int]]] = {
    "champions": frozenset({(5, 4), (5, 5)}),
    "loyal": frozenset({(3, 4), (3, 5), (4, 4), (4, 5)}),
    "potential_loyal": frozenset({(4, 2), (4, 3), (5, 2), (5, 3)}),
    "new": frozenset({(5, 1)}),
    "promising": frozenset({(4, 1)}),
    "need_attention": frozenset({(3, 3)}),
    "about_to_sleep": frozenset({(3, 1), (3, 2)}),
    "at_risk": frozenset({(1, 3), (1, 4), (2, 3), (2, 4)}),
    "cant_lose": frozenset({(1, 5), (2, 5)}),
    "hibernating": frozenset({(2, 1), (2, 2), (1, 2)}),
    "lost": frozenset({(1, 1)}),
}
"""Cells (recency, frequency) by group; together they cover the plane once."""

_GROUP_OF = {cell: group for group, cells in GROUPS.items() for cell in cells}
LEVELS = (0.2, 0.4, 0.6, 0.8)


def group_of(recency: int, frequency: int) -> str:
    return _GROUP_OF[recency, frequency]


def group_codes() -> list[str]:
    """Return the groups of all cells, those of the least recency first, by frequency within."""
    scores = range(1, PARTS + 1)
    return [group_of(recency, frequency) for recency in scores for frequency in scores]


def quintiles(values: Sequence[float]) -> tuple[float, ...]:
    """Return the four values that cut sorted `values` into fifths, as the engine picks them."""
    if not values:
        return (0.0,) * len(LEVELS)
    ordered = sorted(values)
    return tuple(ordered[int(level * len(ordered))] for level in LEVELS)


def scores(bounds: RfmBounds, *, days: int, count: int, money: float) -> tuple[int, int, int]:
    """Return recency, frequency and money from 1 to 5."""
    return (
        PARTS - sum(days > bound for bound in bounds.recency),
        1 + sum(count > bound for bound in bounds.frequency),
        1 + sum(money > bound for bound in bounds.monetary),
    )
