"""From a definition to one ClickHouse query: the values of everybody, or of some people.

Every query has the columns `profile_id`, `kinds`, `texts`, `numbers`, one element of each array per
output of the definition: kind 1 is a text, 2 a number, 3 true or false, 0 no value. Facts come
under the ids of their time and are brought to the people of today; who is gone has no row.

Nothing depends on the order in which the engine adds up: sums are of whole millionths (of money:
whole cents), ties are decided by the facts. Else every run would write a little of everything anew.
"""

from __future__ import annotations

from typing import Any, assert_never

from otklik.computed import model as m
from otklik.computed.rfm import LEVELS, group_codes
from otklik.kit.clickhouse_sql import json_path
from otklik.rules import tree
from otklik.rules.columns import Binder, filters_sql
from otklik.rules.compile import MERGED, UNIVERSE, Compiled
from otklik.rules.moments import Frame, interval_of_window
from otklik.runtime.public import CURRENT_PROFILE

_PERSON = f"if(bitmapContains(({MERGED}), profile_id), {CURRENT_PROFILE}, profile_id)"
_HERE = f"bitmapContains(({UNIVERSE}), person)"
NO_VALUE = "(0, '', 0.)"


class Compiler:
    """Compiles one definition for one workspace at one moment.

    `facts`: what is known of everybody, see `bounds`. `among`: a query of one column of profile ids
    as facts may carry them; only their people are computed.
    """

    def __init__(
        self,
        definition: m.Definition,
        frame: Frame,
        *,
        workspace_id: int,
        facts: m.RunFacts = m.NO_FACTS,
        among: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self._definition = definition
        self._frame = frame
        self._facts = facts
        self._among = among
        self.binder = Binder(workspace_id)
        self.binder.parameters |= parameters or {}

    def values(self) -> Compiled:
        """Return the query of all values."""
        return Compiled(sql=self._values(), parameters=self.binder.parameters)

    def bounds(self) -> Compiled:
        """Return a query of one row: the quintiles of days, orders and cents over all buyers."""
        assert isinstance(self._definition, m.RfmTrait)
        levels = ", ".join(map(str, LEVELS))
        columns = ", ".join(f"quantilesExact({levels})({one})" for one in ("days", "n", "cents"))
        sql = f"SELECT {columns} FROM ({self._buyers(self._definition)})"
        return Compiled(sql=sql, parameters=self.binder.parameters)

    def grid(self) -> Compiled:
        """Return a query of RFM's plane: recency, frequency, people, cents."""
        assert isinstance(self._definition, m.RfmTrait)
        sql = (
            "SELECT recency, frequency, count(), sum(cents) FROM"
            f" ({self._rated(self._definition)}) GROUP BY recency, frequency"
        )
        return Compiled(sql=sql, parameters=self.binder.parameters)

    def _values(self) -> str:
        definition = self._definition
        match definition:
            case m.EventTrait():
                return self._event(definition)
            case m.OrderTrait():
                return self._orders(definition)
            case m.RfmTrait():
                return (
                    "SELECT person AS profile_id, [2, 2, 2, 1] AS kinds,"
                    " ['', '', '', group] AS texts, [toFloat64(recency), toFloat64(frequency),"
                    f" toFloat64(monetary), 0.] AS numbers FROM ({self._rated(definition)})"
                )
            case m.ScoreTrait():
                return self._score(definition)
            case never:
                assert_never(never)

    # --- events

    def _event(self, trait: m.EventTrait) -> str:
        source = self._events(trait.event, trait.filters, trait.window)
        grouped = f"FROM {source} GROUP BY person"
        match trait.measure:
            case m.EventCount():
                return self._number("toFloat64(count())", grouped)
            case m.FirstAt():
                return self._text(_moment("min(time)"), grouped)
            case m.LastAt():
                return self._text(_moment("max(time)"), grouped)
            case m.DaysSince():
                return self._number(f"toFloat64({self._age('max(time)')})", grouped)
            case m.ActiveDays():
                return self._number(f"toFloat64(uniqExact({self._day('time')}))", grouped)
            case m.PropertySum() | m.PropertyAverage() | m.PropertyMin() | m.PropertyMax():
                return self._of_numbers(trait.measure, source)
            case m.FirstValue() | m.LastValue() | m.MostFrequent() | m.UniqueCount():
                return self._of_values(trait.measure, source)
            case never:
                assert_never(never)

    def _of_numbers(self, measure: m.NumberMeasure, source: str) -> str:
        number = f"assumeNotNull({json_path('properties', measure.property, 'number')})"
        given = json_path("properties", measure.property, "number")
        rows = f"FROM (SELECT person, {number} AS n FROM {source} WHERE isNotNull({given})"
        total = f"toFloat64(sum(toInt128(round(n * {m.MICRO})))) / {m.MICRO}"
        limited = f"{rows} AND abs(n) <= {m.SUMMED_MAX!r}) GROUP BY person"
        match measure:
            case m.PropertySum():
                return self._number(total, limited)
            case m.PropertyAverage():
                return self._number(f"{total} / count()", limited)
            case m.PropertyMin():
                return self._number("min(n)", f"{rows}) GROUP BY person")
            case m.PropertyMax():
                return self._number("max(n)", f"{rows}) GROUP BY person")
            case never:
                assert_never(never)

    def _of_values(self, measure: m.ValueMeasure, source: str) -> str:
        value = _value(measure.property)
        rows = f"(SELECT person, time, message_id, {value} AS v FROM {source} WHERE v.1 != 0)"
        match measure:
            case m.FirstValue():
                return self._any("argMin(v, (time, message_id, v))", f"FROM {rows} GROUP BY person")
            case m.LastValue():
                return self._any("argMax(v, (time, message_id, v))", f"FROM {rows} GROUP BY person")
            case m.UniqueCount():
                return self._number("toFloat64(uniqExact(v))", f"FROM {rows} GROUP BY person")
            case m.MostFrequent():
                counted = (
                    f"SELECT person, v, count() AS times, max(time) AS latest FROM {rows}"
                    " GROUP BY person, v"
                )
                return self._any(
                    "argMax(v, (times, latest, v))", f"FROM ({counted}) GROUP BY person"
                )
            case never:
                assert_never(never)

    def _events(
        self, event: str, filters: tuple[tree.PropertyFilter, ...], window: tree.Window
    ) -> str:
        where = ["workspace_id = {workspace:UInt32}", f"name = {self.binder.text(event)}"]
        where += self._window("time", window)
        where += self._only_some()
        where += filters_sql(filters, self.binder, self._frame)
        return f"(SELECT {_PERSON} AS person, * FROM events WHERE {' AND '.join(where)})"

    # --- orders

    def _orders(self, trait: m.OrderTrait) -> str:
        source = self._bought(trait)
        grouped = f"FROM {source} GROUP BY person"
        cents = "sum(toInt128(total * 100))"
        match trait.measure:
            case "count":
                return self._number("toFloat64(count())", grouped)
            case "revenue":
                return self._number(f"toFloat64({cents}) / 100", grouped)
            case "average":
                mean = f"intDiv({cents} * 2 + count(), toInt128(count()) * 2)"
                return self._number(f"toFloat64({mean}) / 100", grouped)
            case "first_at":
                return self._text(_moment("min(placed_at)"), grouped)
            case "last_at":
                return self._text(_moment("max(placed_at)"), grouped)
            case "days_since":
                return self._number(f"toFloat64({self._age('max(placed_at)')})", grouped)
            case "favourite_category":
                return self._favourite("categories[i]", "categories", source)
            case "favourite_vendor":
                return self._favourite("vendors[i]", "vendors", source)
            case "favourite_product":
                name = "if(product_names[i] != '', product_names[i], product_ids[i])"
                return self._favourite(name, "product_ids", source)
            case never:
                assert_never(never)

    def _favourite(self, name: str, lines: str, source: str) -> str:
        pieces = "toInt128(round(if(i <= length(quantities), quantities[i], 1.) * 1000))"
        rows = (
            f"SELECT person, {_clean(name)} AS v, {pieces} AS q, placed_at"
            f" FROM {source} ARRAY JOIN arrayEnumerate({lines}) AS i WHERE v != ''"
        )
        counted = (
            "SELECT person, v, sum(q) AS pieces, max(placed_at) AS latest"
            f" FROM ({rows}) GROUP BY person, v"
        )
        return self._text("argMax(v, (pieces, latest, v))", f"FROM ({counted}) GROUP BY person")

    def _bought(self, trait: m.OrderTrait | m.RfmTrait) -> str:
        where = [
            "workspace_id = {workspace:UInt32}",
            f"status IN {self.binder.texts(trait.statuses)}",
        ]
        where += self._window("placed_at", trait.window)
        if isinstance(trait, m.OrderTrait):
            for column, values in (
                ("product_ids", trait.products),
                ("categories", trait.categories),
                ("vendors", trait.vendors),
            ):
                if values:
                    where.append(f"hasAny({column}, {self.binder.texts(values)})")
        where += self._only_some()
        return f"(SELECT {_PERSON} AS person, * FROM orders FINAL WHERE {' AND '.join(where)})"

    # --- RFM

    def _buyers(self, trait: m.RfmTrait) -> str:
        return (
            f"SELECT person, {self._age('max(placed_at)')} AS days, count() AS n,"
            f" sum(toInt128(total * 100)) AS cents FROM {self._bought(trait)}"
            f" GROUP BY person HAVING {_HERE}"
        )

    def _rated(self, trait: m.RfmTrait) -> str:
        bounds = trait.bounds or self._facts.bounds
        assert bounds is not None, "quintiles are asked for before the values"

        def above(value: str, given: m.Bounds) -> str:
            numbers = self.binder.bind([float(one) for one in given], "Array(Float64)")
            return f"arrayCount(b -> {value} > b, {numbers})"

        groups = self.binder.bind(group_codes(), "Array(String)")
        return (
            f"SELECT person, cents, {m.PARTS} - {above('days', bounds.recency)} AS recency,"
            f" 1 + {above('n', bounds.frequency)} AS frequency,"
            f" 1 + {above('toFloat64(cents) / 100', bounds.monetary)} AS monetary,"
            f" {groups}[(recency - 1) * {m.PARTS} + frequency] AS group"
            f" FROM ({self._buyers(trait)})"
        )

    # --- scores

    def _score(self, score: m.ScoreTrait) -> str:
        parts = [self._action(action, score) for action in score.actions]
        micro = " UNION ALL ".join(f"SELECT person, micro FROM ({part})" for part in parts)
        rounded = f"sum(micro) + {m.MICRO // 200}"
        # Rounded to hundredths downwards also below zero, as whole numbers are.
        hundredth = m.MICRO // 100
        floor = f"intDiv({rounded} - positiveModulo({rounded}, {hundredth}), {hundredth})"
        points = f"toFloat64({floor}) / 100"
        if score.low is not None:
            points = f"greatest({points}, {self.binder.number(score.low)})"
        if score.high is not None:
            points = f"least({points}, {self.binder.number(score.high)})"
        inner = f"SELECT person, {points} AS points FROM ({micro}) GROUP BY person HAVING {_HERE}"
        if not score.levels:
            return (
                "SELECT person AS profile_id, [2] AS kinds, [''] AS texts, [points] AS numbers"
                f" FROM ({inner})"
            )
        names = self.binder.bind([level.name for level in score.levels], "Array(String)")
        starts = self.binder.bind([float(one.start) for one in score.levels], "Array(Float64)")
        return (
            "SELECT person AS profile_id, [2, if(level = '', 0, 1)] AS kinds, ['', level] AS texts,"
            f" [points, 0.] AS numbers FROM (SELECT person, points,"
            f" {names}[arrayCount(b -> points >= b, {starts})] AS level FROM ({inner}))"
        )

    def _action(self, action: m.ScoreAction, score: m.ScoreTrait) -> str:
        """Return a query of the millionths of points that an action gives each person."""
        source = self._events(action.event, action.filters, score.window)
        micro = f"toInt64({action.points}) * count() * {m.MICRO}"
        if action.day_cap is None and score.half_life_days is None:
            rows = f"SELECT person, {micro} AS micro FROM {source} GROUP BY person"
        else:
            day = f"toInt64({action.points}) * count()"
            if action.day_cap is not None:
                day = f"greatest(least({day}, {action.day_cap}), -{action.day_cap})"
            term = f"({day}) * {m.MICRO}"
            if score.half_life_days is not None:
                fade = f"pow(2., -toFloat64({self._age_of_day('day')}) / {score.half_life_days})"
                term = f"toInt64(floor(toFloat64({day}) * {m.MICRO} * {fade} + 0.5))"
            rows = (
                "SELECT person, sum(part) AS micro FROM (SELECT person,"
                f" {self._day('time')} AS day, {term} AS part FROM {source}"
                " GROUP BY person, day) GROUP BY person"
            )
        if action.cap is None:
            return rows
        cap = action.cap * m.MICRO
        return f"SELECT person, greatest(least(micro, {cap}), -{cap}) AS micro FROM ({rows})"

    # --- shared

    def _number(self, value: str, grouped: str) -> str:
        return (
            f"SELECT person AS profile_id, [2] AS kinds, [''] AS texts, [{value}] AS numbers"
            f" {grouped} HAVING {_HERE}"
        )

    def _text(self, value: str, grouped: str) -> str:
        return (
            f"SELECT person AS profile_id, [1] AS kinds, [{value}] AS texts, [0.] AS numbers"
            f" {grouped} HAVING {_HERE}"
        )

    def _any(self, value: str, grouped: str) -> str:
        return (
            f"SELECT person AS profile_id, {value} AS found, [found.1] AS kinds,"
            f" [found.2] AS texts, [found.3] AS numbers {grouped} HAVING {_HERE}"
        )

    def _only_some(self) -> list[str]:
        return [] if self._among is None else [f"profile_id IN ({self._among})"]

    def _window(self, column: str, window: tree.Window) -> list[str]:
        interval = interval_of_window(window, self._frame)
        return [
            f"{column} {sign} fromUnixTimestamp64Milli({self.binder.whole(bound.instant)}, 'UTC')"
            for sign, bound in ((">=", interval.low), ("<", interval.high))
            if bound
        ]

    def _day(self, column: str) -> str:
        return f"toDate32({column}, {self.binder.text(self._frame.zone)})"

    def _age(self, moment: str) -> str:
        return self._age_of_day(self._day(moment))

    def _age_of_day(self, day: str) -> str:
        now = self.binder.text(m.today(self._frame.now, self._frame.zone).isoformat())
        return f"greatest(0, dateDiff('day', {day}, toDate32({now})))"


def _value(path: str) -> str:
    """Return (kind, text, number) of a property; texts that are empty count as none."""
    number = json_path("properties", path, "number")
    text = json_path("properties", path, "string")
    flag = json_path("properties", path, "bool")
    cleaned = _clean(f"ifNull({text}, '')")
    return (
        f"multiIf(isNotNull({number}), (2, '', ifNull({number}, 0.)),"
        f" {cleaned} != '', (1, {cleaned}, 0.),"
        f" isNotNull({flag}), (3, '', toFloat64(ifNull({flag}, false))), {NO_VALUE})"
    )


def _clean(text: str) -> str:
    return f"substringUTF8(replaceAll({text}, '\\0', ''), 1, {m.TEXT_MAX})"


def _moment(value: str) -> str:
    return f"concat(replaceOne(toString({value}), ' ', 'T'), 'Z')"
