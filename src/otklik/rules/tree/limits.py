"""How large a definition may be, and what all of its structs have in common."""

from __future__ import annotations

from typing import Literal

import msgspec

DEPTH_MAX = 10
NODES_MAX = 200
FILTERS_MAX = 20
STEPS_MAX = 10
SOURCES_MAX = 200
VALUES_MAX = 1000
TEXT_MAX = 1000
VALUES_TEXT_MAX = 20_000  # of all values of a list together: a server takes 128 KB a parameter
NAME_MAX = 200
NUMBER_MAX = 2**53  # beyond it a double no longer tells neighbouring whole numbers apart
AMOUNT_MAX = 10**12
COUNT_MAX = 10**9
HOURS_MAX = 24 * 36_500
ANNIVERSARY_MAX = 366

Scalar = str | int | float | bool
Unit = Literal["minutes", "hours", "days"]
CalendarUnit = Literal["day", "week", "month", "quarter", "year"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A struct that refuses fields it does not know: a misspelt field must not be lost."""
