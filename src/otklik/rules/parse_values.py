"""Checking the values inside a condition: names, texts, numbers, tests, windows and moments."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.rules import tree
from otklik.rules.moments import parse_moment

PROBLEMS_MAX = 50
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
# A lone surrogate cannot be stored as UTF-8, and PostgreSQL cannot store the character zero.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ValueChecks:
    """Collects problems instead of stopping at the first, each at its JSON path."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.count = 0

    def say(self, path: str, en: str, ru: str, *, code: str = "invalid") -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(path, Text(en=en, ru=ru), code=code))

    def times(self, times: tree.WeekTimes | None, path: str) -> None:
        if times is None:
            return
        if len(times.days) > 7 or not all(1 <= day <= 7 for day in times.days):
            self.say(
                f"{path}.days",
                "Days of the week are numbers from 1 (Monday) to 7.",
                "Дни недели — числа от 1 (понедельник) до 7.",
                code="out_of_range",
            )
        for name, clock in (("start", times.start), ("end", times.end)):
            if not _CLOCK.fullmatch(clock):
                self.say(
                    f"{path}.{name}",
                    "A time such as 09:30 is needed.",
                    "Нужно время вида 09:30.",
                    code="bad_time",
                )
        if times.start == times.end:
            self.say(
                f"{path}.end",
                "The end must differ from the start.",
                "Конец должен отличаться от начала.",
                code="wrong_order",
            )

    def filters(self, filters: tuple[tree.PropertyFilter, ...], path: str) -> None:
        if len(filters) > tree.FILTERS_MAX:
            self.say(
                path,
                f"At most {tree.FILTERS_MAX} filters are allowed.",
                f"У события может быть не больше {tree.FILTERS_MAX} условий на параметры.",
                code="too_many",
            )
        self.count += len(filters)
        for index, item in enumerate(filters):
            self.property_path(item.path, f"{path}[{index}].path")
            self.test(item.test, f"{path}[{index}].test")

    def property_path(self, value: str, path: str) -> None:
        self.name(value, path)
        parts = value.split(".")
        if value and (not all(parts) or len(parts) > tree.DEPTH_MAX):
            self.say(
                path,
                f"Nested names are joined by single dots, at most {tree.DEPTH_MAX} of them.",
                f"Вложенные имена соединяются одной точкой, не больше {tree.DEPTH_MAX} имён.",
                code="bad_path",
            )

    def name(self, value: str, path: str) -> None:
        if not value:
            self.say(path, "A name is needed.", "Нужно имя.", code="empty")
        elif len(value) > tree.NAME_MAX:
            self.say(
                path,
                f"A name may have at most {tree.NAME_MAX} characters.",
                f"В имени может быть не больше {tree.NAME_MAX} символов.",
                code="too_long",
            )
        else:
            self.storable(value, path)

    def text(self, value: str, path: str) -> None:
        if len(value) > tree.TEXT_MAX:
            self.say(
                path,
                f"A text may have at most {tree.TEXT_MAX} characters.",
                f"В тексте может быть не больше {tree.TEXT_MAX} символов.",
                code="too_long",
            )
        else:
            self.storable(value, path)

    def storable(self, value: str, path: str) -> None:
        if _UNSTORABLE.search(value):
            self.say(
                path,
                "The text contains a character that cannot be stored.",
                "В тексте есть символ, который нельзя сохранить.",
                code="bad_character",
            )

    def scalar(self, value: tree.Scalar, path: str) -> None:
        if isinstance(value, str):
            self.text(value, path)
        elif not isinstance(value, bool):
            self.number(value, path)

    def number(self, value: float, path: str, limit: int = tree.NUMBER_MAX) -> None:
        if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > limit:
            self.say(
                path,
                f"A number may be at most {limit:,} in size.",
                f"Число может быть по величине не больше {limit:,}.".replace(",", "\u00a0"),
                code="number_too_large",
            )

    def values(self, values: Iterable[tree.Scalar], path: str) -> None:
        given = tuple(values)
        if not given:
            self.say(path, "At least one value is needed.", "Нужно хотя бы одно значение.")
        if len(given) > tree.VALUES_MAX:
            self.say(
                path,
                f"At most {tree.VALUES_MAX} values are allowed.",
                f"Можно задать не больше {tree.VALUES_MAX} значений.",
                code="too_many",
            )
            return
        if sum(len(value) for value in given if isinstance(value, str)) > tree.VALUES_TEXT_MAX:
            self.say(
                path,
                f"All values together may have at most {tree.VALUES_TEXT_MAX} characters.",
                f"Во всех значениях вместе может быть не больше {tree.VALUES_TEXT_MAX} символов.",
                code="too_long",
            )
        for index, value in enumerate(given):
            self.scalar(value, f"{path}[{index}]")

    def test(self, test: tree.Test, path: str) -> None:
        match test:
            case tree.Eq(value=value) | tree.Neq(value=value):
                self.scalar(value, f"{path}.value")
            case (
                tree.In(values=values)
                | tree.NotIn(values=values)
                | tree.HasAny(values=values)
                | tree.HasNone(values=values)
            ):
                self.values(values, f"{path}.values")
            case (
                tree.Contains(value=text) | tree.StartsWith(value=text) | tree.EndsWith(value=text)
            ):
                if not text:
                    self.say(f"{path}.value", "A text is needed.", "Нужен текст.", code="empty")
                self.text(text, f"{path}.value")
            case (
                tree.Gt(value=number)
                | tree.Gte(value=number)
                | tree.Lt(value=number)
                | tree.Lte(value=number)
            ):
                self.number(number, f"{path}.value")
            case tree.Between(low=low, high=high):
                self.number(low, f"{path}.low")
                self.number(high, f"{path}.high")
                self.ordered(low, high, f"{path}.high")
            case tree.Before(at=at) | tree.After(at=at):
                self.moment(at, f"{path}.at")
            case tree.BetweenDates(start=start, end=end):
                self.moments(start, end, path)
            case tree.InLast() | tree.MoreThanAgo() | tree.InNext():
                self.amount_of_time(test.amount, test.unit, f"{path}.amount")
            case tree.AgoBetween(low=low, high=high, unit=unit):
                self.ago(low, high, unit, path)
            case tree.AnniversaryInNext(days=days):
                if not 0 <= days <= tree.ANNIVERSARY_MAX:
                    self.say(
                        f"{path}.days",
                        f"A whole number from 0 to {tree.ANNIVERSARY_MAX} is needed.",
                        f"Нужно целое число от 0 до {tree.ANNIVERSARY_MAX}.",
                        code="out_of_range",
                    )

    def ago(self, low: int, high: int, unit: tree.Unit, path: str) -> None:
        self.amount_of_time(low, unit, f"{path}.low", least=0)
        self.amount_of_time(high, unit, f"{path}.high")
        if low >= high:
            self.say(
                f"{path}.high",
                "The second number must be greater than the first.",
                "Второе число должно быть больше первого.",
                code="wrong_order",
            )

    def count_test(self, test: tree.CountTest, path: str) -> None:
        match test:
            case tree.CountAtLeast(n=n) | tree.CountAtMost(n=n) | tree.CountExactly(n=n):
                least = 1 if isinstance(test, tree.CountAtLeast) else 0
                self.whole(n, least, f"{path}.n")
            case tree.CountBetween(low=low, high=high):
                self.whole(low, 0, f"{path}.low")
                self.whole(high, 0, f"{path}.high")
                self.ordered(low, high, f"{path}.high")

    def whole(self, value: int, least: int, path: str) -> None:
        if not least <= value <= tree.COUNT_MAX:
            self.say(
                path,
                f"A whole number from {least} to {tree.COUNT_MAX} is needed.",
                f"Нужно целое число от {least} до {tree.COUNT_MAX}.",
                code="out_of_range",
            )

    def amount_test(self, test: tree.AmountTest, path: str) -> None:
        match test:
            case tree.AmountAtLeast(amount=amount) | tree.AmountAtMost(amount=amount):
                self.number(amount, f"{path}.amount", tree.AMOUNT_MAX)
            case tree.AmountBetween(low=low, high=high):
                self.number(low, f"{path}.low", tree.AMOUNT_MAX)
                self.number(high, f"{path}.high", tree.AMOUNT_MAX)
                self.ordered(low, high, f"{path}.high")

    def ordered(self, low: float, high: float, path: str) -> None:
        if low > high:
            self.say(
                path,
                "The upper limit is below the lower one.",
                "Верхняя граница меньше нижней.",
                code="wrong_order",
            )

    def window(self, window: tree.Window, path: str) -> None:
        match window:
            case tree.Last():
                self.amount_of_time(window.amount, window.unit, f"{path}.amount")
            case tree.WindowBetween(start=start, end=end):
                self.moments(start, end, path)
            case tree.WindowBefore(at=at) | tree.WindowAfter(at=at):
                self.moment(at, f"{path}.at")
            case tree.WindowAgo(low=low, high=high, unit=unit):
                self.ago(low, high, unit, path)

    def amount_of_time(self, amount: int, unit: tree.Unit, path: str, least: int = 1) -> None:
        limit = {
            "minutes": tree.HOURS_MAX * 60,
            "hours": tree.HOURS_MAX,
            "days": tree.HOURS_MAX // 24,
        }[unit]
        if not least <= amount <= limit:
            self.say(
                path,
                f"A whole number from {least} to {limit} is needed.",
                f"Нужно целое число от {least} до {limit}.",
                code="out_of_range",
            )

    def moment(self, text: str, path: str) -> None:
        if parse_moment(text) is None:
            self.say(
                path,
                "A date such as 2026-03-31 or 2026-03-31T18:00 is needed, from 1900 to 2199.",
                "Нужна дата вида 2026-03-31 или 2026-03-31T18:00, с 1900 по 2199 год.",
                code="bad_date",
            )

    def moments(self, start: str, end: str, path: str) -> None:
        self.moment(start, f"{path}.start")
        self.moment(end, f"{path}.end")
        first, last = parse_moment(start), parse_moment(end)
        if first and last and first.zoned == last.zoned and first.at > last.at:
            # A day as the end counts whole, so a moment of the same day may be its start.
            if last.is_day and first.at.date() == last.at.date():
                return
            self.say(
                f"{path}.end",
                "The end is before the start.",
                "Конец раньше начала.",
                code="wrong_order",
            )


def shown(key: object) -> str:
    """Return a key as it may stand in a message, whatever came in."""
    return _UNSTORABLE.sub("\ufffd", str(key))[:50]
