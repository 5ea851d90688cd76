"""Условия по-русски: каждое продолжает слова «клиенты, у которых»."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from otklik.kit.i18n import group_digits, plural, plural_form
from otklik.rules import tree
from otklik.rules.describe_en import SHOWN_MAX
from otklik.rules.moments import parse_moment
from otklik.rules.negation import join_words, opposite_count, opposite_test

_MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
_IDENTIFIERS = {
    "email": ("есть адрес почты", "нет адреса почты"),
    "phone": ("есть телефон", "нет телефона"),
    "user_id": ("есть идентификатор пользователя", "нет идентификатора пользователя"),
    "known": ("есть хотя бы один идентификатор", "нет идентификаторов (анонимные)"),
}
_STATUSES = {
    "placed": "оформлен",
    "paid": "оплачен",
    "cancelled": "отменён",
    "returned": "возвращён",
}
_ORDERS = ("заказ", "заказа", "заказов")


class _Noun(NamedTuple):
    """What is tested, and the words that agree with its gender."""

    word: str
    equal: str
    given: str


_TRAIT = _Noun("свойство", "равно", "указано")
_PROPERTY = _Noun("параметр", "равен", "указан")
_ORDER = _Noun("заказ", "равен", "указан")


class Russian:
    AND = "и"
    OR = "или"

    def __init__(self, segments: Mapping[UUID, str], topics: Mapping[str, str]) -> None:
        self._segments = segments
        self._topics = topics

    def everyone(self) -> str:
        return "Все клиенты."

    def sentence(self, clause: str) -> str:
        return f"Клиенты, у которых {clause}."

    def group(self, node: tree.Group) -> str:
        match node:
            case tree.AllOf():
                return "выполнены все условия"
            case tree.AnyOf():
                return "выполнено хотя бы одно условие"
            case tree.NoneOf():
                return "не выполнено ни одно условие"

    def leaf(self, node: tree.Leaf, *, negated: bool) -> str:
        match node:
            case tree.Everyone():
                return "условие невыполнимо" if negated else "нет других условий"
            case tree.TraitCondition(trait=trait, test=test):
                return _tested(_TRAIT, trait, test, negated)
            case tree.EventCondition():
                return self._event(node, negated)
            case tree.OrdersCondition():
                return self._orders(node, negated)
            case tree.ConsentCondition():
                return self._consent(node, negated)
            case tree.IdentifierCondition(identifier=kind, present=present):
                return _IDENTIFIERS[kind][present == negated]
            case tree.SegmentCondition(segment_id=segment_id, member=member):
                name = _quote(self._segments.get(segment_id, str(segment_id)))
                return f"среди сегментов {'нет' if member == negated else 'есть'} {name}"

    def _event(self, node: tree.EventCondition, negated: bool) -> str:
        what = f"событие {_quote(node.event)}"
        of_what = f"события {_quote(node.event)}"
        if node.filters:
            tests = [
                _tested(_PROPERTY, item.path, item.test, negated=False) for item in node.filters
            ]
            where = f" (где {join_words(tests, 'и')})"
            what, of_what = what + where, of_what + where
        when = _window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"неверно, что {what} было {_times(node.test)}{when}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"не было {of_what}{when}"
            case tree.CountAtLeast(n=1):
                return f"было {what}{when}"
            case test:
                return f"{what} было {_times(test)}{when}"

    def _orders(self, node: tree.OrdersCondition, negated: bool) -> str:
        about = self._about_orders(node)
        no = "неверно, что " if negated else ""
        match node.measure:
            case tree.OrderCount(test=test):
                match opposite_count(test) if negated else test:
                    case None:
                        return f"неверно, что {_number_of_orders(test)}{about}"
                    case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                        return f"нет заказов{about}"
                    case tree.CountAtLeast(n=1):
                        return f"есть хотя бы один заказ{about}"
                    case shown:
                        return f"{_number_of_orders(shown)}{about}"
            case tree.OrderSum(test=amount):
                return f"{no}сумма заказов{about} {_amount(amount)}"
            case tree.OrderAverage(test=amount):
                return f"{no}средний заказ{about} {_amount(amount)}"
            case tree.FirstOrder(test=date):
                return f"{no}первый заказ{about} был {_test(_ORDER, date)}"
            case tree.LastOrder(test=date):
                return f"{no}последний заказ{about} был {_test(_ORDER, date)}"

    def _about_orders(self, node: tree.OrdersCondition) -> str:
        notes = []
        if set(node.statuses) != set(tree.BOUGHT):
            notes.append("статус — " + join_words([_STATUSES[s] for s in node.statuses], "или"))
        if node.products:
            notes.append("товар — " + _values(node.products))
        if node.categories:
            notes.append("категория — " + _values(node.categories))
        return (f" ({', '.join(notes)})" if notes else "") + _window(node.window)

    def _consent(self, node: tree.ConsentCondition, negated: bool) -> str:
        where = f"в канале {_quote(node.channel)}"
        to, of = f"рассылки {where}", f"рассылок {where}"
        if node.topic:
            topic = _quote(self._topics.get(node.topic, node.topic))
            to, of = f"тему {topic} {where}", f"темы {topic} {where}"
        yes, no = {
            "granted": (f"есть согласие на {to}", f"нет согласия на {to}"),
            "withdrawn": (f"отозвано согласие на {to}", f"не отозвано согласие на {to}"),
            "none": (
                f"нет ни согласия на {to}, ни отказа от {of}",
                f"есть согласие на {to} или отказ от {of}",
            ),
        }[node.state]
        return no if negated else yes


def _tested(noun: _Noun, name: str, test: tree.Test, negated: bool) -> str:
    opposite = opposite_test(test)
    if negated and opposite is not None:
        return _tested(noun, name, opposite, negated=False)
    no = "неверно, что " if negated else ""
    match test:
        case tree.IsSet():
            return f"{noun.given} {noun.word} {_quote(name)}"
        case tree.IsNotSet():
            return f"не {noun.given} {noun.word} {_quote(name)}"
        case _:
            return f"{no}{noun.word} {_quote(name)} {_test(noun, test)}"


def _test(noun: _Noun, test: tree.Test) -> str:
    match test:
        case tree.Eq(value=value):
            return f"{noun.equal} {_value(value)}"
        case tree.Neq(value=value):
            return f"не {noun.equal} {_value(value)} или не {noun.given}"
        case tree.In(values=values):
            return f"{noun.equal} {_values(values)}"
        case tree.NotIn(values=values):
            return f"не {noun.equal} {_values(values)} или не {noun.given}"
        case tree.Contains(value=text):
            return f"содержит {_quote(text)}"
        case tree.StartsWith(value=text):
            return f"начинается с {_quote(text)}"
        case tree.EndsWith(value=text):
            return f"заканчивается на {_quote(text)}"
        case tree.Gt(value=number):
            return f"больше {_number(number)}"
        case tree.Gte(value=number):
            return f"не меньше {_number(number)}"
        case tree.Lt(value=number):
            return f"меньше {_number(number)}"
        case tree.Lte(value=number):
            return f"не больше {_number(number)}"
        case tree.Between(low=low, high=high):
            return f"от {_number(low)} до {_number(high)}"
        case tree.IsSet():
            return noun.given
        case tree.IsNotSet():
            return f"не {noun.given}"
        case tree.IsTrue():
            return f"{noun.equal} «да»"
        case tree.IsFalse():
            return f"{noun.equal} «нет»"
        case tree.HasAny(values=texts):
            return f"включает {_values(texts)}"
        case tree.HasNone(values=texts):
            return f"не включает {_values(texts)}"
        case tree.Before(at=at):
            return f"до {_moment(at)}"
        case tree.After(at=at):
            return f"после {_moment(at)}"
        case tree.BetweenDates(start=start, end=end):
            return f"с {_moment(start)} по {_moment(end)}"
        case tree.InLast(amount=amount, unit=unit):
            return _last(amount, unit)
        case tree.MoreThanAgo(amount=amount, unit=unit):
            return f"больше {_genitive(amount, unit)} назад"
        case tree.InNext(amount=amount, unit=unit):
            return f"в ближайшие {_accusative(amount, unit)}"


def _window(window: tree.Window) -> str:
    match window:
        case tree.AllTime():
            return ""
        case tree.Last(amount=amount, unit=unit):
            return " " + _last(amount, unit)
        case tree.WindowBetween(start=start, end=end):
            return f" с {_moment(start)} по {_moment(end)}"
        case tree.WindowBefore(at=at):
            return f" до {_moment(at)}"
        case tree.WindowAfter(at=at):
            return f" после {_moment(at)}"


def _last(amount: int, unit: tree.Unit) -> str:
    if amount == 1:
        return "за последний час" if unit == "hours" else "за последний день"
    return f"за последние {_accusative(amount, unit)}"


def _accusative(amount: int, unit: tree.Unit) -> str:
    forms = ("час", "часа", "часов") if unit == "hours" else ("день", "дня", "дней")
    return f"{group_digits('ru', amount)} {plural('ru', amount, en=('', ''), ru=forms)}"


def _genitive(amount: int, unit: tree.Unit) -> str:
    forms = ("часа", "часов", "часов") if unit == "hours" else ("дня", "дней", "дней")
    return f"{group_digits('ru', amount)} {plural('ru', amount, en=('', ''), ru=forms)}"


def _times(test: tree.CountTest) -> str:
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


def _number_of_orders(test: tree.CountTest) -> str:
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


def _amount(test: tree.AmountTest) -> str:
    match test:
        case tree.AmountAtLeast(amount=amount):
            return f"не меньше {_number(amount)}"
        case tree.AmountAtMost(amount=amount):
            return f"не больше {_number(amount)}"
        case tree.AmountBetween(low=low, high=high):
            return f"от {_number(low)} до {_number(high)}"


def _quote(text: str) -> str:
    return f"«{text}»"


def _number(value: float) -> str:
    text = f"{int(value):,}" if float(value).is_integer() else f"{value:,}"
    return text.replace(",", "\u00a0").replace(".", ",")


def _value(value: tree.Scalar) -> str:
    match value:
        case bool():
            return "«да»" if value else "«нет»"
        case str():
            return _quote(value)
        case _:
            return _number(value)


def _values(values: Sequence[tree.Scalar]) -> str:
    shown = [_value(value) for value in values[:SHOWN_MAX]]
    more = len(values) - len(shown)
    if more:
        return f"{', '.join(shown)} (и ещё {group_digits('ru', more)})"
    return shown[0] if len(shown) == 1 else join_words(shown, "или")


def _moment(text: str) -> str:
    moment = parse_moment(text)
    assert moment is not None, "only parsed trees are described"
    at = moment.at
    day = f"{at.day} {_MONTHS[at.month - 1]} {at.year} года"
    if moment.is_day:
        return day
    return f"{day}, {at:%H:%M}" + (" UTC" if moment.zoned else "")
