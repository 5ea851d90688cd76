"""What questions about events, orders and messages have in common: windows, and grouping rows by
the profile of today."""

from __future__ import annotations

from otklik.rules import tree
from otklik.rules.columns import Binder
from otklik.rules.moments import Frame, Interval, interval_of_window

WORKSPACE = "workspace_id = {workspace:UInt32}"


class FactSql:
    """`person`: the expression that gives the profile of today for a row of facts."""

    def __init__(self, binder: Binder, frame: Frame, person: str) -> None:
        self._binder = binder
        self._frame = frame
        self._person = person

    def grouped(self, source: str, having: str) -> str:
        """Return the query for people whose rows together pass a condition."""
        return (
            "SELECT groupBitmapState(person) AS members FROM"
            f" (SELECT {self._person} AS person {source} GROUP BY person HAVING {having})"
        )

    def window(self, column: str, window: tree.Window) -> list[str]:
        """Return the condition that a moment lies in the window; nothing for all time."""
        interval = interval_of_window(window, self._frame)
        return [self.between(column, interval)] if interval.low or interval.high else []

    def between(self, column: str, interval: Interval) -> str:
        parts = []
        for sign, bound in ((">=", interval.low), ("<", interval.high)):
            if bound:
                at = self._binder.whole(bound.instant)
                parts.append(f"{column} {sign} fromUnixTimestamp64Milli({at}, 'UTC')")
        return " AND ".join(parts)

    def compared(self, value: str, test: tree.AmountTest, times: str = "") -> str:
        """Return the condition on a number of whole millionths; `times`: a factor of the bound."""
        match test:
            case tree.AmountAtLeast(amount=amount):
                return f"{value} >= {self._binder.micro(amount)}{times}"
            case tree.AmountAtMost(amount=amount):
                return f"{value} <= {self._binder.micro(amount)}{times}"
            case tree.AmountBetween(low=low, high=high):
                return (
                    f"{value} >= {self._binder.micro(low)}{times}"
                    f" AND {value} <= {self._binder.micro(high)}{times}"
                )

    def counted(self, count: str, test: tree.CountTest) -> str:
        """Return the condition on a count, in one of the two forms that the planner makes."""
        match test:
            case tree.CountAtLeast(n=n):
                return f"{count} >= {self._binder.whole(n)}"
            case tree.CountBetween(low=low, high=high):
                return f"{count} BETWEEN {self._binder.whole(low)} AND {self._binder.whole(high)}"
            case _:
                raise AssertionError(f"the planner does not ask for {test}")
