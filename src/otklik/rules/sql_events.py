"""Questions about events as ClickHouse SQL."""

from __future__ import annotations

from typing import assert_never

from otklik.kit.clickhouse_sql import json_path
from otklik.rules import plan as p
from otklik.rules import tree
from otklik.rules.columns import VisitColumns, filters_sql, times_sql
from otklik.rules.moments import epoch_millis, interval_of_test, millis_of, span_of
from otklik.rules.passing import COUNTED_MAX
from otklik.rules.sql_facts import WORKSPACE, FactSql

VISIT_COLUMNS = {
    field: f"context_{field}"
    for field in (
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
        "country",
        "city",
        "device",
        "os",
        "browser",
    )
}
"""Columns of `events` that are derived from the context when an event is stored."""
_MILLIS = "toUnixTimestamp64Milli(time)"
_SHIFT = 2**42
"""139 years in milliseconds: makes a moment since 1900 a number above zero."""
_EVER = 2**60


class EventSql(FactSql):
    def count(self, question: p.EventQuestion) -> str:
        source = self._source(question)
        if question.low == 1 and question.high is None:
            return f"SELECT groupBitmapState(profile_id) AS members {source}"
        having = f"count() >= {self._binder.whole(question.low)}"
        if question.high is not None:
            having += f" AND count() <= {self._binder.whole(question.high)}"
        return self.grouped(source, having)

    def _source(self, question: p.EventQuestion | p.EventMeasureQuestion, *more: str) -> str:
        where = [WORKSPACE, f"name = {self._binder.text(question.event)}"]
        where += self.window("time", question.window)
        if question.times is not None:
            where += times_sql(question.times, "time", self._binder, self._frame)
        where += filters_sql(question.filters, self._binder, self._frame)
        return f"FROM events WHERE {' AND '.join([*where, *more])}"

    def measure(self, question: p.EventMeasureQuestion) -> str:
        passes, only = self._measure(question.measure)
        having = f"NOT ({passes})" if question.fails else passes
        return self.grouped(self._source(question, *only), having)

    def _measure(self, measure: tree.EventMeasure) -> tuple[str, list[str]]:
        """Return the condition over the events of a person, and which events have a part in it."""
        match measure:
            case tree.EventSum(path=path, test=test):
                value, only = self._millionths(path)
                return self.compared(f"sum(toInt128({value}))", test), only
            case tree.EventAverage(path=path, test=test):
                # Without dividing: a quotient would have to be rounded.
                value, only = self._millionths(path)
                return self.compared(f"sum(toInt128({value}))", test, " * count()"), only
            case tree.EventSmallest(path=path, test=test):
                value, only = self._millionths(path)
                return self.compared(f"min({value})", test), only
            case tree.EventLargest(path=path, test=test):
                value, only = self._millionths(path)
                return self.compared(f"max({value})", test), only
            case tree.EventDays(test=count):
                day = f"toYYYYMMDD(toTimeZone(time, {self._binder.text(self._frame.zone)}))"
                return self.counted(f"uniqExact({day})", count), []
            case tree.EventValues(path=path, test=count):
                number = json_path("properties", path, "number")
                text = f"coalesce({json_path('properties', path, 'string')}, toString({number}))"
                only = [f"ifNull({text} != '', false)"]
                return self.counted(f"uniqExact({text})", count), only
            case tree.EventFirst(test=date):
                return self.between("min(time)", interval_of_test(date, self._frame)), []
            case tree.EventLast(test=date):
                return self.between("max(time)", interval_of_test(date, self._frame)), []
            case never:
                assert_never(never)

    def _millionths(self, path: str) -> tuple[str, list[str]]:
        """Return a property in whole millionths, so that a sum is exact in any order."""
        number = json_path("properties", path, "number")
        limit = self._binder.number(COUNTED_MAX)
        value = f"toInt64(round(assumeNotNull({number}) * 1000000))"
        return value, [f"ifNull(abs({number}) <= {limit}, false)"]

    def _step(self, step: tree.Step, *more: str) -> str:
        where = [f"name = {self._binder.text(step.event)}"]
        where += filters_sql(step.filters, self._binder, self._frame)
        return f"({' AND '.join([*where, *more])})"

    def sequence(self, question: p.SequenceQuestion) -> str:
        """A funnel over one row per event and step that the event can be.

        The engine takes rows of equal time in the order of the steps, which would let one moment
        be two steps. So time is counted in parts of a millisecond that put later steps first.
        """
        steps = [self._step(step) for step in question.steps]
        size = len(steps)
        names = self._binder.texts(tuple(sorted({step.event for step in question.steps})))
        where = [WORKSPACE, f"name IN {names}", *self.window("time", question.window)]
        numbers = ", ".join(f"if({step}, {n}, 0)" for n, step in enumerate(steps, 1))
        within = _EVER
        if question.within is not None:
            within = millis_of(question.within) * (size + 1) - (size - 1)
        funnel = (
            f"windowFunnel({within})(part, {', '.join(f'step = {n + 1}' for n in range(size))})"
        )
        return (
            "SELECT groupBitmapState(person) AS members FROM (SELECT person FROM"
            f" (SELECT {self._person} AS person,"
            f" arrayJoin(arrayFilter(n -> n > 0, [{numbers}])) AS step,"
            f" toUInt64(({_MILLIS} + {_SHIFT}) * {size + 1} + {size} - step) AS part"
            f" FROM events WHERE {' AND '.join(where)})"
            f" GROUP BY person HAVING {funnel} = {size})"
        )

    def unfollowed(self, question: p.UnfollowedQuestion) -> str:
        if question.within is None:
            return self._never_followed(question)
        # A period that is not over yet says nothing.
        over = epoch_millis(self._frame.now - span_of(question.within.amount, question.within.unit))
        limit = f"time <= fromUnixTimestamp64Milli({self._binder.whole(over)}, 'UTC')"
        did = self._step(question.did, *self.window("time", question.window), limit)
        then = self._step(question.next)
        within = self._binder.whole(millis_of(question.within))
        rows = f"{self._person} AS person, {_MILLIS} AS moment"
        return (
            "SELECT groupBitmapState(did.person) AS members FROM"
            f" (SELECT {rows} FROM events WHERE {WORKSPACE} AND {did}) AS did"
            f" ASOF LEFT JOIN (SELECT {rows}, 1 AS found FROM events"
            f" WHERE {WORKSPACE} AND {then}) AS later"
            " ON did.person = later.person AND later.moment > did.moment"
            f" WHERE later.found = 0 OR later.moment > did.moment + {within}"
        )

    def _never_followed(self, question: p.UnfollowedQuestion) -> str:
        did = self._step(question.did, *self.window("time", question.window))
        then = self._step(question.next)
        names = self._binder.texts(tuple(sorted({question.did.event, question.next.event})))
        return self.grouped(
            f"FROM events WHERE {WORKSPACE} AND name IN {names} AND ({did} OR {then})",
            f"countIf({did}) > 0 AND (countIf({then}) = 0"
            f" OR maxIf(time, {did}) >= maxIf(time, {then}))",
        )

    def visit(self, question: p.VisitQuestion) -> str:
        column = VISIT_COLUMNS[question.field]
        where = [WORKSPACE, f"{column} != ''", *self.window("time", question.window)]
        if question.touch == "any":
            where.append(VisitColumns(column, self._binder, self._frame).test(question.test))
            source = f"FROM events WHERE {' AND '.join(where)}"
            return f"SELECT groupBitmapState(profile_id) AS members {source}"
        pick = "argMin" if question.touch == "first" else "argMax"
        text = f"toString({column})"
        test = VisitColumns("value", self._binder, self._frame).test(question.test)
        return (
            "SELECT groupBitmapState(person) AS members FROM (SELECT"
            f" {self._person} AS person, {pick}({text}, (time, {text})) AS value"
            f" FROM events WHERE {' AND '.join(where)} GROUP BY person HAVING {test})"
        )
