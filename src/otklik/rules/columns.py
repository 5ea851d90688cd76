"""Conditions over one row: tests of a trait, and of a property of an event, as ClickHouse SQL.

Every value is bound to a parameter of its own. `Binder` is shared by all parts of a query.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from otklik.kit.clickhouse_sql import JsonKind, json_exists, json_path
from otklik.rules import tree
from otklik.rules.moments import (
    MOMENT_PATTERN,
    ZONED_PATTERN,
    Frame,
    Interval,
    interval_of_test,
    minutes_of,
)
from otklik.rules.negation import positive
from otklik.rules.passing import decimal_of, micro_of

_UTC = "'UTC'"


class Binder:
    """Gives every value a parameter of its own and remembers it."""

    def __init__(self, workspace_id: int) -> None:
        self.parameters: dict[str, Any] = {"workspace": workspace_id}

    def bind(self, value: object, kind: str) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"

    def text(self, value: str) -> str:
        return self.bind(value, "String")

    def texts(self, values: tuple[str, ...]) -> str:
        return self.bind(list(values), "Array(String)")

    def number(self, value: float) -> str:
        return self.bind(float(value), "Float64")

    def whole(self, value: int) -> str:
        return self.bind(value, "Int64")

    def micro(self, value: float) -> str:
        """Bind an amount in whole millionths."""
        return self.bind(micro_of(value), "Int128")

    def amount(self, value: float) -> str:
        return self.bind(format(decimal_of(value), "f"), "Decimal(38, 6)")


def filters_sql(
    filters: tuple[tree.PropertyFilter, ...], binder: Binder, frame: Frame
) -> list[str]:
    """Return a condition over a row of `events` for each filter; never null."""
    return [_filter(item, binder, frame) for item in filters]


def _filter(item: tree.PropertyFilter, binder: Binder, frame: Frame) -> str:
    test, opposite = positive(item.test)
    condition = f"ifNull({PropertyColumns(item.path, binder, frame).test(test)}, false)"
    return f"NOT {condition}" if opposite else condition


class Columns(ABC):
    """Says a positive test over one value, given the expressions for its typed forms."""

    def __init__(self, binder: Binder, frame: Frame) -> None:
        self._binder = binder
        self._frame = frame

    @abstractmethod
    def is_set(self) -> str:
        """Return the condition that there is a value of any type."""

    @abstractmethod
    def text(self, condition: str) -> str:
        """Return the condition with the value in place of `{text}`, for values that are texts."""

    @abstractmethod
    def number(self, condition: str) -> str:
        """The same with `{number}`, for values that are numbers."""

    @abstractmethod
    def flag(self, condition: str) -> str:
        """The same with `{flag}` (0 or 1), for values that are true or false."""

    @abstractmethod
    def moment(self, interval: Interval) -> str:
        """Return the condition that the value is a date in the interval."""

    @abstractmethod
    def day_of_year(self, days: tuple[int, ...]) -> str:
        """Return the condition that the value is a date on one of the days (month · 100 + day)."""

    @abstractmethod
    def has_any(self, values: tuple[str, ...]) -> str:
        """Return the condition that the value is a list with one of the texts in it."""

    def test(self, test: tree.Test) -> str:
        binder = self._binder
        match test:
            case tree.In(values=values):
                return self._in(values)
            case tree.Contains(value=part):
                return self.text(f"position({{text}}, {binder.text(part)}) > 0")
            case tree.StartsWith(value=part):
                return self.text(f"startsWith({{text}}, {binder.text(part)})")
            case tree.EndsWith(value=part):
                return self.text(f"endsWith({{text}}, {binder.text(part)})")
            case tree.Gt(value=limit):
                return self.number(f"{{number}} > {binder.number(limit)}")
            case tree.Gte(value=limit):
                return self.number(f"{{number}} >= {binder.number(limit)}")
            case tree.Lt(value=limit):
                return self.number(f"{{number}} < {binder.number(limit)}")
            case tree.Lte(value=limit):
                return self.number(f"{{number}} <= {binder.number(limit)}")
            case tree.Between(low=low, high=high):
                return self.number(
                    f"{{number}} BETWEEN {binder.number(low)} AND {binder.number(high)}"
                )
            case tree.IsSet():
                return self.is_set()
            case tree.HasAny(values=texts):
                return self.has_any(texts)
            case (
                tree.Before()
                | tree.After()
                | tree.BetweenDates()
                | tree.InLast()
                | tree.MoreThanAgo()
                | tree.InNext()
                | tree.AgoBetween()
                | tree.InPeriod()
            ):
                return self.moment(interval_of_test(test, self._frame))
            case tree.AnniversaryInNext(days=ahead):
                return self.day_of_year(self._frame.anniversaries(ahead))
            case _:
                raise AssertionError(f"the planner does not ask for {test}")

    def _in(self, values: tuple[tree.Scalar, ...]) -> str:
        texts = tuple(value for value in values if isinstance(value, str))
        flags = [value for value in values if isinstance(value, bool)]
        numbers = [
            float(value) + 0.0
            for value in values
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        parts = []
        if len(texts) == 1:
            parts.append(self.text(f"{{text}} = {self._binder.text(texts[0])}"))
        elif texts:
            parts.append(self.text(f"{{text}} IN {self._binder.texts(texts)}"))
        if numbers:
            # Adding nothing turns a minus zero, which a set takes for another number, into zero.
            bound = self._binder.bind(numbers, "Array(Float64)")
            parts.append(self.number(f"{{number}} + 0. IN {bound}"))
        parts += [self.flag(f"{{flag}} = {int(value)}") for value in flags]
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"

    def _span(self, value: str, interval: Interval, *, zoned: str, per_second: bool) -> str:
        """Return the condition that a number of milliseconds or seconds lies in the interval."""
        parts = []
        for sign, bound in ((">=", interval.low), ("<", interval.high)):
            if bound is None:
                continue
            if per_second:
                instant = self._binder.number(bound.instant / 1000)
                wall = self._binder.number(bound.wall / 1000)
            else:
                instant = self._binder.whole(bound.instant)
                wall = self._binder.whole(bound.wall)
            parts.append(f"{value} {sign} if({zoned}, {instant}, {wall})")
        return " AND ".join(parts)

    def _day(self, millis: str, *, zoned: str, days: tuple[int, ...]) -> str:
        """Return the condition that the day of the year of a moment is one of `days`."""

        def day(zone: str) -> str:
            at = f"fromUnixTimestamp64Milli({millis}, {zone})"
            return f"toMonth({at}) * 100 + toDayOfMonth({at})"

        of_zone = day(self._binder.text(self._frame.zone))
        wanted = self._binder.bind(list(days), "Array(UInt16)")
        return f"if({zoned}, {of_zone}, {day(_UTC)}) IN {wanted}"


def times_sql(times: tree.WeekTimes, column: str, binder: Binder, frame: Frame) -> list[str]:
    """Return conditions on the day of the week and the time of the day of a moment."""
    start, end = minutes_of(times.start), minutes_of(times.end)
    whole_day = (start, end) == (0, 24 * 60)
    if whole_day and not times.days:
        return []
    local = f"toTimeZone({column}, {binder.text(frame.zone)})"
    where = []
    if times.days:
        days = binder.bind(sorted(set(times.days)), "Array(UInt8)")
        where.append(f"toDayOfWeek({local}) IN {days}")
    if not whole_day:
        minute = f"toHour({local}) * 60 + toMinute({local})"
        low, high = binder.whole(start), binder.whole(end)
        word = "AND" if start < end else "OR"
        where.append(f"({minute} >= {low} {word} {minute} < {high})")
    return where


class TraitColumns(Columns):
    """Tests over a row of `profile_traits`."""

    def is_set(self) -> str:
        return "type != 'null'"

    def text(self, condition: str) -> str:
        # Two comparisons of a byte cost less than a look into a set.
        is_text = "(type = 'string' OR type = 'date')"
        return f"({is_text} AND {condition.replace('{text}', 'str')})"

    def number(self, condition: str) -> str:
        return f"(type = 'number' AND {condition.replace('{number}', 'num')})"

    def flag(self, condition: str) -> str:
        return f"(type = 'bool' AND {condition.replace('{flag}', 'num')})"

    def moment(self, interval: Interval) -> str:
        zoned = f"match(str, {self._binder.text(ZONED_PATTERN)})"
        return f"(type = 'date' AND {self._span('num', interval, zoned=zoned, per_second=True)})"

    def day_of_year(self, days: tuple[int, ...]) -> str:
        zoned = f"match(str, {self._binder.text(ZONED_PATTERN)})"
        millis = "toInt64(round(if(type = 'date', num, 0) * 1000))"
        return f"(type = 'date' AND {self._day(millis, zoned=zoned, days=days)})"

    def has_any(self, values: tuple[str, ...]) -> str:
        return f"(type = 'list' AND hasAny(list, {self._binder.texts(values)}))"


class PropertyColumns(Columns):
    """Tests over a property of a row of `events`; null where the value has another type."""

    def __init__(self, path: str, binder: Binder, frame: Frame) -> None:
        super().__init__(binder, frame)
        self._path = path

    def _column(self, kind: JsonKind) -> str:
        return json_path("properties", self._path, kind)

    def is_set(self) -> str:
        return json_exists("properties", self._path)

    def text(self, condition: str) -> str:
        return condition.replace("{text}", self._column("string"))

    def number(self, condition: str) -> str:
        return condition.replace("{number}", self._column("number"))

    def flag(self, condition: str) -> str:
        return condition.replace("{flag}", self._column("bool"))

    def moment(self, interval: Interval) -> str:
        text = self._column("string")
        millis = f"toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull({text}, 3, 'UTC'))"
        zoned = f"match({text}, {self._binder.text(ZONED_PATTERN)})"
        span = self._span(millis, interval, zoned=zoned, per_second=False)
        return f"(match({text}, {self._binder.text(MOMENT_PATTERN)}) AND {span})"

    def day_of_year(self, days: tuple[int, ...]) -> str:
        text = self._column("string")
        is_date = f"match({text}, {self._binder.text(MOMENT_PATTERN)})"
        millis = f"toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull({text}, 3, 'UTC'))"
        zoned = f"match({text}, {self._binder.text(ZONED_PATTERN)})"
        return f"({is_date} AND {self._day(millis, zoned=zoned, days=days)})"

    def has_any(self, values: tuple[str, ...]) -> str:
        return f"hasAny({self._column('strings')}, {self._binder.texts(values)})"


class VisitColumns(Columns):
    """Tests over a text of a row of `events` that is empty where there is none."""

    def __init__(self, column: str, binder: Binder, frame: Frame) -> None:
        super().__init__(binder, frame)
        self._column = column

    def is_set(self) -> str:
        return f"{self._column} != ''"

    def text(self, condition: str) -> str:
        return f"({self._column} != '' AND {condition.replace('{text}', self._column)})"

    def number(self, condition: str) -> str:
        return "false"

    def flag(self, condition: str) -> str:
        return "false"

    def moment(self, interval: Interval) -> str:
        return "false"

    def day_of_year(self, days: tuple[int, ...]) -> str:
        return "false"

    def has_any(self, values: tuple[str, ...]) -> str:
        return "false"


class FieldColumns(Columns):
    """Tests over a field of an order: a text in one map, or a number in another (0 or 1 for true
    or false, seconds of the epoch for a date, read as a wall clock)."""

    def __init__(self, name: str, texts: str, numbers: str, binder: Binder, frame: Frame) -> None:
        super().__init__(binder, frame)
        self._name = binder.text(name)
        self._texts = texts
        self._numbers = numbers

    def is_set(self) -> str:
        return (
            f"(mapContains({self._texts}, {self._name})"
            f" OR mapContains({self._numbers}, {self._name}))"
        )

    def text(self, condition: str) -> str:
        value = condition.replace("{text}", f"{self._texts}[{self._name}]")
        return f"(mapContains({self._texts}, {self._name}) AND {value})"

    def number(self, condition: str) -> str:
        value = condition.replace("{number}", f"{self._numbers}[{self._name}]")
        return f"(mapContains({self._numbers}, {self._name}) AND {value})"

    def flag(self, condition: str) -> str:
        return self.number(condition.replace("{flag}", "{number}"))

    def moment(self, interval: Interval) -> str:
        span = self._span("{number}", interval, zoned="false", per_second=True)
        return self.number(f"({span})")

    def day_of_year(self, days: tuple[int, ...]) -> str:
        return self.number(self._day("toInt64({number} * 1000)", zoned="false", days=days))

    def has_any(self, values: tuple[str, ...]) -> str:
        return "false"
