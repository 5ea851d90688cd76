"""Conditions said in English, each as a verb phrase that follows "people who"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from otklik.kit.i18n import group_digits, plural
from otklik.rules import tree
from otklik.rules.moments import parse_moment
from otklik.rules.negation import join_words, opposite_count, opposite_test

SHOWN_MAX = 5
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_IDENTIFIERS = {
    "email": ("have an e-mail address", "have no e-mail address"),
    "phone": ("have a phone number", "have no phone number"),
    "user_id": ("have a user ID", "have no user ID"),
    "known": ("are known by name or address", "are anonymous"),
}
_STATUSES = {"placed": "placed", "paid": "paid", "cancelled": "cancelled", "returned": "returned"}


class English:
    AND = "and"
    OR = "or"

    def __init__(self, segments: Mapping[UUID, str], topics: Mapping[str, str]) -> None:
        self._segments = segments
        self._topics = topics

    def everyone(self) -> str:
        return "Everyone."

    def sentence(self, clause: str) -> str:
        return f"People who {clause}."

    def group(self, node: tree.Group) -> str:
        match node:
            case tree.AllOf():
                return "all of these hold"
            case tree.AnyOf():
                return "at least one of these holds"
            case tree.NoneOf():
                return "none of these holds"

    def leaf(self, node: tree.Leaf, *, negated: bool) -> str:
        match node:
            case tree.Everyone():
                return "are nobody" if negated else "are anybody"
            case tree.TraitCondition(trait=trait, test=test):
                return self._trait(trait, test, negated)
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
                return f"are {'not ' if member == negated else ''}in the segment {name}"

    def _trait(self, trait: str, test: tree.Test, negated: bool) -> str:
        name = _quote(trait)
        opposite = opposite_test(test)
        if negated and opposite is not None:
            return self._trait(trait, opposite, negated=False)
        if negated:
            return f"do not have {name} {_test(test)}"
        return f"have {name} {_test(test)}"

    def _event(self, node: tree.EventCondition, negated: bool) -> str:
        what = _quote(node.event)
        if node.filters:
            tests = [f"{_quote(item.path)} {_test(item.test)}" for item in node.filters]
            what += " with " + join_words(tests, "and")
        when = _window(node.window)
        match opposite_count(node.test) if negated else node.test:
            case None:
                return f"did not do {what} {_times(node.test)}{when}"
            case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                return f"never did {what}{when}"
            case tree.CountAtLeast(n=1):
                return f"did {what}{when}"
            case test:
                return f"did {what} {_times(test)}{when}"

    def _orders(self, node: tree.OrdersCondition, negated: bool) -> str:
        about = self._about_orders(node)
        match node.measure:
            case tree.OrderCount(test=test):
                match opposite_count(test) if negated else test:
                    case None:
                        return f"did not make {_number_of_orders(test)}{about}"
                    case tree.CountExactly(n=0) | tree.CountAtMost(n=0):
                        return f"made no orders{about}"
                    case shown:
                        return f"made {_number_of_orders(shown)}{about}"
            case tree.OrderSum(test=amount):
                verb = "did not spend" if negated else "spent"
                return f"{verb} {_amount(amount)} on orders{about}"
            case tree.OrderAverage(test=amount):
                verb = "do not have" if negated else "have"
                return f"{verb} an average order of {_amount(amount)}{about}"
            case tree.FirstOrder(test=date):
                verb = "did not make" if negated else "made"
                return f"{verb} the first order{about} {_test(date)}"
            case tree.LastOrder(test=date):
                verb = "did not make" if negated else "made"
                return f"{verb} the last order{about} {_test(date)}"

    def _about_orders(self, node: tree.OrdersCondition) -> str:
        about = ""
        if set(node.statuses) != set(tree.BOUGHT):
            about += " that are " + join_words([_STATUSES[s] for s in node.statuses], "or")
        if node.products:
            about += " with " + _values(node.products)
        if node.categories:
            about += " from the category " + _values(node.categories)
        return about + _window(node.window)

    def _consent(self, node: tree.ConsentCondition, negated: bool) -> str:
        if node.topic:
            topic = _quote(self._topics.get(node.topic, node.topic))
            target = f"the topic {topic} by {node.channel}"
        else:
            target = f"messages by {node.channel}"
        yes, no = {
            "granted": ("agreed to", "did not agree to"),
            "withdrawn": ("withdrew consent to", "did not withdraw consent to"),
            "none": ("gave no answer about", "agreed to or refused"),
        }[node.state]
        return f"{no if negated else yes} {target}"


def _test(test: tree.Test) -> str:
    match test:
        case tree.Eq(value=value):
            return f"equal to {_value(value)}"
        case tree.Neq(value=value):
            return f"other than {_value(value)} or not set"
        case tree.In(values=values):
            return f"equal to {_values(values)}"
        case tree.NotIn(values=values):
            return f"other than {_values(values)} or not set"
        case tree.Contains(value=text):
            return f"containing {_quote(text)}"
        case tree.StartsWith(value=text):
            return f"starting with {_quote(text)}"
        case tree.EndsWith(value=text):
            return f"ending with {_quote(text)}"
        case tree.Gt(value=number):
            return f"over {_number(number)}"
        case tree.Gte(value=number):
            return f"of at least {_number(number)}"
        case tree.Lt(value=number):
            return f"under {_number(number)}"
        case tree.Lte(value=number):
            return f"of at most {_number(number)}"
        case tree.Between(low=low, high=high):
            return f"from {_number(low)} to {_number(high)}"
        case tree.IsSet():
            return "set"
        case tree.IsNotSet():
            return "not set"
        case tree.IsTrue():
            return "equal to true"
        case tree.IsFalse():
            return "equal to false"
        case tree.HasAny(values=texts):
            return f"listing {_values(texts)}"
        case tree.HasNone(values=texts):
            return f"not listing {_values(texts)}"
        case tree.Before(at=at):
            return f"before {_moment(at)}"
        case tree.After(at=at):
            return f"after {_moment(at)}"
        case tree.BetweenDates(start=start, end=end):
            return f"from {_moment(start)} to {_moment(end)}"
        case tree.InLast(amount=amount, unit=unit):
            return f"within the last {_period(amount, unit)}"
        case tree.MoreThanAgo(amount=amount, unit=unit):
            return f"more than {_period(amount, unit, one=True)} ago"
        case tree.InNext(amount=amount, unit=unit):
            return f"within the next {_period(amount, unit)}"


def _window(window: tree.Window) -> str:
    match window:
        case tree.AllTime():
            return ""
        case tree.Last(amount=amount, unit=unit):
            return f" in the last {_period(amount, unit)}"
        case tree.WindowBetween(start=start, end=end):
            return f" from {_moment(start)} to {_moment(end)}"
        case tree.WindowBefore(at=at):
            return f" before {_moment(at)}"
        case tree.WindowAfter(at=at):
            return f" after {_moment(at)}"


def _period(amount: int, unit: tree.Unit, *, one: bool = False) -> str:
    forms = ("hour", "hours") if unit == "hours" else ("day", "days")
    word = plural("en", amount, en=forms, ru=("", "", ""))
    return word if amount == 1 and not one else f"{group_digits('en', amount)} {word}"


def _times(test: tree.CountTest) -> str:
    match test:
        case tree.CountAtLeast(n=n):
            return f"at least {_n_times(n)}"
        case tree.CountAtMost(n=n):
            return f"at most {_n_times(n)}"
        case tree.CountExactly(n=n):
            return f"exactly {_n_times(n)}"
        case tree.CountBetween(low=low, high=high):
            return f"from {group_digits('en', low)} to {_n_times(high)}"


def _n_times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{group_digits('en', n)} times")


def _number_of_orders(test: tree.CountTest) -> str:
    def orders(n: int) -> str:
        return f"{group_digits('en', n)} " + plural("en", n, en=("order", "orders"), ru=("",) * 3)

    match test:
        case tree.CountAtLeast(n=n):
            return f"at least {orders(n)}"
        case tree.CountAtMost(n=n):
            return f"at most {orders(n)}"
        case tree.CountExactly(n=n):
            return f"exactly {orders(n)}"
        case tree.CountBetween(low=low, high=high):
            return f"from {group_digits('en', low)} to {orders(high)}"


def _amount(test: tree.AmountTest) -> str:
    match test:
        case tree.AmountAtLeast(amount=amount):
            return f"at least {_number(amount)}"
        case tree.AmountAtMost(amount=amount):
            return f"at most {_number(amount)}"
        case tree.AmountBetween(low=low, high=high):
            return f"from {_number(low)} to {_number(high)}"


def _quote(text: str) -> str:
    return f"“{text}”"


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,}"


def _value(value: tree.Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quote(value)
        case _:
            return _number(value)


def _values(values: Sequence[tree.Scalar]) -> str:
    shown = [_value(value) for value in values[:SHOWN_MAX]]
    more = len(values) - len(shown)
    if more:
        return f"one of {', '.join(shown)} and {more} more"
    return shown[0] if len(shown) == 1 else join_words(shown, "or")


def _moment(text: str) -> str:
    moment = parse_moment(text)
    assert moment is not None, "only parsed trees are described"
    at = moment.at
    day = f"{at.day} {_MONTHS[at.month - 1]} {at.year}"
    if moment.is_day:
        return day
    return f"{day} {at:%H:%M}" + (" UTC" if moment.zoned else "")
