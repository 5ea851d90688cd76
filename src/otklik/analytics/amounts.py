"""The amount of an event and the order that it tells of, as expressions over events."""

from __future__ import annotations

from typing import Final

from otklik.kit.clickhouse_sql import json_path

# As the catalogue reads the number of an order: a text without spaces around it, or a whole number.
ORDER_ID: Final = "coalesce({}, '')".format(
    ", ".join(
        f"nullIf(trim({json_path('properties', name, 'string')}), ''),"
        f" toString({json_path('properties', name, 'number')})"
        for name in ("order_id", "orderId")
    )
)


def amount_sql(path: str | None) -> str:
    """Return the amount of one event; 0 where there is none.

    Shops send amounts as numbers or as texts; a text counts when it is nothing but a number.
    """
    if path is None:
        return "toFloat64(0)"
    number = json_path("properties", path, "number")
    text = f"toFloat64OrNull(trim({json_path('properties', path, 'string')}))"
    amount = f"ifNull(coalesce({number}, {text}), 0)"
    return f"if(isFinite({amount}), {amount}, 0)"


# Where a sale says no currency that could be one, the catalogue takes that of the workspace.
_CURRENCY: Final = f"upper(trim(ifNull({json_path('properties', 'currency', 'string')}, '')))"
FOREIGN: Final = (
    f"({{currency:String}} != '' AND match({_CURRENCY}, '^[A-Z]{{3}}$')"
    f" AND {_CURRENCY} != {{currency:String}})"
)
"""Whether a sale is in another currency than the report: amounts of two can't be added up."""
