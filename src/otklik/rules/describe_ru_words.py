"""Проверки, периоды и числа по-русски: то, чем сказаны условия."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from otklik.kit.calendar import MONTHS
from otklik.kit.i18n import group_digits, plural, plural_form
from otklik.rules import tree
from otklik.rules.describe_en_words import SHOWN_MAX
from otklik.rules.moments import parse_moment
from otklik.rules.negation import join_words, opposite_test

_DAYS = [
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
]
_CALENDAR = {
    "day": {"this": "сегодня", "last": "вчера", "next": "завтра"},
    "week": {
        "this": "на этой неделе",
        "last": "на прошлой неделе",
        "next": "на следующей неделе",
    },
    "month": {"this": "в этом месяце", "last": "в прошлом месяце", "next": "в следующем месяце"},
    "quarter": {
        "this": "в этом квартале",
        "last": "в прошлом квартале",
        "next": "в следующем квартале",
    },
    "year": {"this": "в этом году", "last": "в прошлом году", "next": "в следующем году"},
}
_ORDERS = ("заказ", "заказа", "заказов")


class Noun(NamedTuple):
    """What is tested, and the words that agree with its gender."""

    word: str
    equal: str
    given: str


TRAIT = Noun("свойство", "равно", "указано")
PROPERTY = Noun("параметр", "равен", "указан")
FIELD = Noun("поле", "равно", "указано")
ORDER = Noun("заказ", "равен", "указан")


def named(noun: Noun, name: str, test: tree.Test, negated: bool) -> str:
    opposite = opposite_test(test)
    if negated and opposite is not None:
        return named(noun, name, opposite, negated=False)
    no = "неверно, что " if negated else ""
    match test:
        case tree.IsSet():
            return f"{noun.given} {noun.word} {quoted(name)}"
        case tree.IsNotSet():
            return f"не {noun.given} {noun.word} {quoted(name)}"
        case _:
            return f"{no}{noun.word} {quoted(name)} {tested(noun, test)}"


def tested(noun: Noun, test: tree.Test) -> str:
    match test:
        case tree.Eq(value=value):
            return f"{noun.equal} {said(value)}"
        case tree.Neq(value=value):
            return f"не {noun.equal} {said(value)} или не {noun.given}"
        case tree.In(values=values):
            return f"{noun.equal} {listed(values)}"
        case tree.NotIn(values=values):
            return f"не {noun.equal} {listed(values)} или не {noun.given}"
        case tree.Contains(value=text):
            return f"содержит {quoted(text)}"
        case tree.StartsWith(value=text):
            return f"начинается с {quoted(text)}"
        case tree.EndsWith(value=text):
            return f"заканчивается на {quoted(text)}"
        case tree.Gt(value=number):
            return f"больше {numbered(number)}"
        case tree.Gte(value=number):
            return f"не меньше {numbered(number)}"
        case tree.Lt(value=number):
            return f"меньше {numbered(number)}"
        case tree.Lte(value=number):
            return f"не больше {numbered(number)}"
        case tree.Between(low=low, high=high):
            return f"от {numbered(low)} до {numbered(high)}"
        case tree.IsSet():
            return noun.given
        case tree.IsNotSet():
            return f"не {noun.given}"
        case tree.IsTrue():
            return f"{noun.equal} «да»"
        case tree.IsFalse():
            return f"{noun.equal} «нет»"
        case tree.HasAny(values=texts):
            return f"включает {listed(texts)}"
        case tree.HasNone(values=texts):
            return f"не включает {listed(texts)}"
        case tree.Before(at=at):
            return f"до {dated(at)}"
        case tree.After(at=at):
            return f"после {dated(at)}"
        case tree.BetweenDates(start=start, end=end):
            return f"с {dated(start)} по {dated(end)}"
        case tree.InLast(amount=amount, unit=unit):
            return _last(amount, unit)
        case tree.MoreThanAgo(amount=amount, unit=unit):
            return f"больше {genitive(amount, unit)} назад"
        case tree.InNext(amount=1, unit=unit):
            return {
                "minutes": "в ближайшую минуту",
                "hours": "в ближайший час",
                "days": "в ближайший день",
            }[unit]
        case tree.InNext(amount=amount, unit=unit):
            return f"в ближайшие {accusative(amount, unit)}"
        case tree.AgoBetween(low=low, high=high, unit=unit):
            return _ago(low, high, unit)
        case tree.InPeriod(which=which, unit=calendar):
            return _CALENDAR[calendar][which]
        case tree.AnniversaryInNext(days=0):
            return "с годовщиной сегодня"
        case tree.AnniversaryInNext(days=1):
            return "с годовщиной сегодня или завтра"
        case tree.AnniversaryInNext(days=days):
            return f"с годовщиной в ближайшие {accusative(days, 'days')}"


def in_window(window: tree.Window) -> str:
    match window:
        case tree.AllTime():
            return ""
        case tree.Last(amount=amount, unit=unit):
            return " " + _last(amount, unit)
        case tree.WindowBetween(start=start, end=end):
            return f" с {dated(start)} по {dated(end)}"
        case tree.WindowBefore(at=at):
            return f" до {dated(at)}"
        case tree.WindowAfter(at=at):
            return f" после {dated(at)}"
        case tree.WindowAgo(low=low, high=high, unit=unit):
            return f" {_ago(low, high, unit)}"
        case tree.WindowPeriod(which=which, unit=calendar):
            return f" {_CALENDAR[calendar][which]}"


def _ago(low: int, high: int, unit: tree.Unit) -> str:
    return f"от {group_digits('ru', low)} до {genitive(high, unit)} назад"


def weekly(given: tree.WeekTimes | None) -> str:
    """Return the days of the week and the time of the day, with a space before it."""
    if given is None:
        return ""
    said = ""
    if given.days:
        said = " в дни: " + join_words([_DAYS[day - 1] for day in sorted(set(given.days))], "или")
    if (given.start, given.end) != ("00:00", "24:00"):
        said += f" с {given.start} до {given.end}"
    return said


def number_of(test: tree.CountTest) -> str:
    """Return the bare number: "не меньше 3"."""
    match test:
        case tree.CountAtLeast(n=n):
            return f"не меньше {group_digits('ru', n)}"
        case tree.CountAtMost(n=n):
            return f"не больше {group_digits('ru', n)}"
        case tree.CountExactly(n=n):
            return f"ровно {group_digits('ru', n)}"
        case tree.CountBetween(low=low, high=high):
            return f"от {group_digits('ru', low)} до {group_digits('ru', high)}"


def _last(amount: int, unit: tree.Unit) -> str:
    if amount == 1:
        return {
            "minutes": "за последнюю минуту",
            "hours": "за последний час",
            "days": "за последний день",
        }[unit]
    return f"за последние {accusative(amount, unit)}"


def accusative(amount: int, unit: tree.Unit) -> str:
    forms = {
        "minutes": ("минуту", "минуты", "минут"),
        "hours": ("час", "часа", "часов"),
        "days": ("день", "дня", "дней"),
    }[unit]
    return f"{group_digits('ru', amount)} {plural('ru', amount, en=('', ''), ru=forms)}"


def genitive(amount: int, unit: tree.Unit) -> str:
    forms = {
        "minutes": ("минуты", "минут", "минут"),
        "hours": ("часа", "часов", "часов"),
        "days": ("дня", "дней", "дней"),
    }[unit]
    return f"{group_digits('ru', amount)} {plural('ru', amount, en=('', ''), ru=forms)}"


def times(test: tree.CountTest) -> str:
    def of(n: int) -> str:  # the genitive, after "не меньше", "не больше", "до"
        return f"{group_digits('ru', n)} " + ("раза" if plural_form("ru", n) == "one" else "раз")

    match test:
        case tree.CountAtLeast(n=n):
            return f"не меньше {of(n)}"
        case tree.CountAtMost(n=n):
            return f"не больше {of(n)}"
        case tree.CountExactly(n=n):
            times = plural("ru", n, en=("", ""), ru=("раз", "раза", "раз"))
            return f"ровно {group_digits('ru', n)} {times}"
        case tree.CountBetween(low=low, high=high):
            return f"от {group_digits('ru', low)} до {of(high)}"


def number_of_orders(test: tree.CountTest) -> str:
    def of(n: int) -> str:
        word = "заказа" if plural_form("ru", n) == "one" else "заказов"
        return f"{group_digits('ru', n)} {word}"

    match test:
        case tree.CountAtLeast(n=n):
            return f"не меньше {of(n)}"
        case tree.CountAtMost(n=n):
            return f"не больше {of(n)}"
        case tree.CountExactly(n=n):
            return f"ровно {group_digits('ru', n)} {plural('ru', n, en=('', ''), ru=_ORDERS)}"
        case tree.CountBetween(low=low, high=high):
            return f"от {group_digits('ru', low)} до {of(high)}"


def amounted(test: tree.AmountTest) -> str:
    match test:
        case tree.AmountAtLeast(amount=amount):
            return f"не меньше {numbered(amount)}"
        case tree.AmountAtMost(amount=amount):
            return f"не больше {numbered(amount)}"
        case tree.AmountBetween(low=low, high=high):
            return f"от {numbered(low)} до {numbered(high)}"


def quoted(text: str) -> str:
    return f"«{text}»"


def numbered(value: float) -> str:
    text = f"{int(value):,}" if float(value).is_integer() else f"{value:,}"
    return text.replace(",", "\u00a0").replace(".", ",")


def said(value: tree.Scalar) -> str:
    match value:
        case bool():
            return "«да»" if value else "«нет»"
        case str():
            return quoted(value)
        case _:
            return numbered(value)


def listed(values: Sequence[tree.Scalar]) -> str:
    shown = [said(value) for value in values[:SHOWN_MAX]]
    more = len(values) - len(shown)
    if more:
        return f"{', '.join(shown)} (и ещё {group_digits('ru', more)})"
    return shown[0] if len(shown) == 1 else join_words(shown, "или")


def dated(text: str) -> str:
    moment = parse_moment(text)
    assert moment is not None, "only parsed trees are described"
    at = moment.at
    day = f"{at.day} {MONTHS['ru'][at.month - 1]} {at.year} года"
    if moment.is_day:
        return day
    return f"{day}, {at:%H:%M}" + (" UTC" if moment.zoned else "")
