"""Values that fields of conditions really have, commonest first, for suggestions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from otklik.rules.desugar import EMAIL_TRAIT, PRODUCT_EVENTS
from otklik.rules.sql_events import VISIT_COLUMNS
from otklik.rules.tree import VisitField
from otklik.runtime.public import Runtime, Tx
from otklik.segments.engine import limits
from otklik.segments.usage import source_names

VALUES_MAX = 50
_LOOKED_AT = 1_000_000
"""Rows that are counted; beyond it shares no longer change."""
_LOOKED_BACK = timedelta(days=180)
_SECONDS = 5
ValuesOf = Literal["product", "category", "vendor", "viewed_vendor", "domain", "link"] | VisitField


class Choice(msgspec.Struct, frozen=True):
    """A value that can be chosen, what people know it by, and how many facts have it (null where
    that is not counted)."""

    value: str
    label: str
    count: int | None


async def field_values(
    rt: Runtime,
    *,
    workspace_id: int,
    of: ValuesOf,
    prefix: str = "",
    limit: int = 20,
    now: datetime,
) -> list[Choice]:
    """Return the commonest values that begin with `prefix` (products: whose name or id has it in
    it), in any case. Rows of the last half year are counted, at most a million."""
    source = _source(of)
    match = (
        "(positionCaseInsensitiveUTF8(label, {prefix:String}) > 0"
        " OR startsWith(value, {prefix:String}))"
        if of in ("product", "link")
        else "startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))"
    )
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "since": now - _LOOKED_BACK,
        "prefix": prefix,
        "limit": max(1, min(limit, VALUES_MAX)),
    }
    rows = await rt.ch.query(
        "SELECT value, anyLast(label), count() AS n FROM"
        f" ({source} LIMIT {_LOOKED_AT}) WHERE value != '' AND length(value) <= 200 AND {match}"
        " GROUP BY value ORDER BY n DESC, value LIMIT {limit:UInt32}",
        {key: value for key, value in values.items() if key != "since" or "{since" in source},
        limits(_SECONDS),
    )
    return [Choice(value=value, label=label or value, count=count) for value, label, count in rows]


_MINE = "WHERE workspace_id = {workspace:UInt32}"
_SINCE = "{since:DateTime64(3, 'UTC')}"


def _source(of: ValuesOf) -> str:
    """Return a query of `value` and `label`, one row per fact; names of this file only."""
    viewed = ", ".join(repr(name) for name in PRODUCT_EVENTS.values())
    match of:
        case "product":
            lines = "arrayZip(product_ids, arrayResize(product_names, length(product_ids)))"
            return (
                f"SELECT arrayJoin({lines}) AS line, line.1 AS value, line.2 AS label"
                f" FROM orders FINAL {_MINE} AND placed_at >= {_SINCE}"
            )
        case "category" | "vendor":
            column = {"category": "categories", "vendor": "vendors"}[of]
            return (
                f"SELECT arrayJoin({column}) AS value, value AS label"
                f" FROM orders FINAL {_MINE} AND placed_at >= {_SINCE}"
            )
        case "viewed_vendor":
            return (
                "SELECT assumeNotNull(properties.brand.:String) AS value, value AS label"
                f" FROM events {_MINE} AND name IN ({viewed}) AND time >= {_SINCE}"
            )
        case "domain":
            # Of one person and domain one row, wherever it is known from.
            said = "lowerUTF8(substring(str, position(str, '@') + 1))"
            return (
                "SELECT value, value AS label FROM ("
                f"SELECT profile_id, arrayJoin(email_domains) AS value FROM profiles FINAL {_MINE}"
                f" AND is_deleted = 0 LIMIT {_LOOKED_AT} UNION DISTINCT"
                f" SELECT profile_id, {said} AS value FROM profile_traits FINAL {_MINE}"
                f" AND trait = '{EMAIL_TRAIT}' AND type = 'string' AND position(str, '@') > 0"
                f" LIMIT {_LOOKED_AT})"
            )
        case "link":
            return (
                f"SELECT url AS value, url AS label FROM message_facts {_MINE}"
                f" AND fact = 'clicked' AND at >= {_SINCE}"
            )
        case _:
            column = VISIT_COLUMNS[of]
            return (
                f"SELECT toString({column}) AS value, value AS label FROM events {_MINE}"
                f" AND {column} != '' AND time >= {_SINCE}"
            )


async def campaign_choices(
    tx: Tx, *, workspace_id: int, search: str = "", limit: int = 20
) -> list[Choice]:
    """Return campaigns whose name has `search` in it, the newest first."""
    names = await source_names(tx, workspace_id=workspace_id)
    wanted = search.strip().casefold()
    found = [
        Choice(value=str(key), label=name, count=None)
        for key, name in names.items()
        if wanted in name.casefold()
    ]
    return found[: max(1, min(limit, VALUES_MAX))]
