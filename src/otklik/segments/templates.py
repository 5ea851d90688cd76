"""Segments that most shops want, ready to be changed: a name in both languages and a definition."""

from __future__ import annotations

from typing import Any

import msgspec

from otklik.kit.i18n import Lang, Text
from otklik.rules import tree
from otklik.rules.parse import parse


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """`group`: where it stands in the choice: new, active, lapsed, buyers, letters, moments."""

    code: str
    group: str
    name: str
    definition: tree.Node


def _orders(kind: str, test: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "orders", "measure": {"kind": kind, "test": test}, **more}


def _all(*of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "all", "of": list(of)}


def _none(*of: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "none", "of": list(of)}


def _last(amount: int, unit: str = "days") -> dict[str, Any]:
    return {"kind": "last", "amount": amount, "unit": unit}


_BOUGHT = {"op": "at_least", "n": 1}
_AGREED = {"kind": "consent", "channel": "email"}
_TEMPLATES: tuple[tuple[str, str, Text, dict[str, Any]], ...] = (
    (
        "new_this_week",
        "new",
        Text(en="New this week", ru="Новые на этой неделе"),
        _all(
            {
                "kind": "seen",
                "which": "first",
                "test": {"op": "in_period", "which": "this", "unit": "week"},
            },
            {"kind": "identifier", "identifier": "known"},
        ),
    ),
    (
        "registered_not_bought",
        "new",
        Text(en="Known, but bought nothing yet", ru="Известны, но ещё ничего не купили"),
        _all(
            {"kind": "identifier", "identifier": "known"},
            _orders("count", {"op": "exactly", "n": 0}),
        ),
    ),
    (
        "active_30_days",
        "active",
        Text(en="Active in the last 30 days", ru="Активные за последние 30 дней"),
        _all({"kind": "seen", "which": "last", "test": {"op": "in_last", "amount": 30}}),
    ),
    (
        "lapsed_90_days",
        "lapsed",
        Text(en="Not seen for 90 days", ru="Не появлялись 90 дней"),
        _all(
            {"kind": "seen", "which": "last", "test": {"op": "more_than_ago", "amount": 90}},
            {"kind": "identifier", "identifier": "known"},
        ),
    ),
    (
        "lapsed_buyers",
        "lapsed",
        Text(en="Bought before, not in 90 days", ru="Покупали, но не за последние 90 дней"),
        _all(_orders("last_at", {"op": "more_than_ago", "amount": 90})),
    ),
    (
        "one_time_buyers",
        "buyers",
        Text(en="Bought once", ru="Купили один раз"),
        _all(_orders("count", {"op": "exactly", "n": 1})),
    ),
    (
        "regular_buyers",
        "buyers",
        Text(en="Bought 3 times or more", ru="Купили 3 раза и больше"),
        _all(_orders("count", {"op": "at_least", "n": 3})),
    ),
    (
        "large_average",
        "buyers",
        Text(en="Large average order", ru="Большой средний заказ"),
        _all(_orders("average", {"op": "at_least", "amount": 5000})),
    ),
    (
        "first_order_this_month",
        "buyers",
        Text(en="First order this month", ru="Первый заказ в этом месяце"),
        _all(_orders("first_at", {"op": "in_period", "which": "this", "unit": "month"})),
    ),
    (
        "returned_orders",
        "buyers",
        Text(en="Returned an order in 90 days", ru="Возвращали заказ за 90 дней"),
        _all(_orders("count", _BOUGHT, statuses=["returned"], window=_last(90))),
    ),
    (
        "opened_not_bought",
        "letters",
        Text(en="Opened, but did not buy in 30 days", ru="Открывали, но не купили за 30 дней"),
        _all(
            {"kind": "message", "fact": "opened", "window": _last(30)},
            _none(_orders("count", _BOUGHT, window=_last(30))),
        ),
    ),
    (
        "never_opened",
        "letters",
        Text(
            en="Got 5 letters or more in 90 days, opened none",
            ru="Получили 5 писем и больше за 90 дней, не открыли ни одного",
        ),
        _all(
            {
                "kind": "message",
                "fact": "delivered",
                "window": _last(90),
                "test": {"op": "at_least", "n": 5},
            },
            {
                "kind": "message",
                "fact": "opened",
                "window": _last(90),
                "test": {"op": "exactly", "n": 0},
            },
        ),
    ),
    (
        "may_be_written_to",
        "letters",
        Text(en="Agreed to letters", ru="Согласны получать письма"),
        _all(_AGREED, {"kind": "identifier", "identifier": "email"}),
    ),
    (
        "abandoned_cart",
        "moments",
        Text(en="Abandoned cart", ru="Брошенная корзина"),
        _all(
            {
                "kind": "not_followed",
                "event": "Product Added",
                "next": {"event": "Order Completed"},
                "within": {"amount": 3, "unit": "hours"},
                "window": _last(7),
            }
        ),
    ),
    (
        "viewed_not_bought",
        "moments",
        Text(
            en="Viewed products 3 times in a week, did not buy",
            ru="Смотрели товары 3 раза за неделю, но не купили",
        ),
        _all(
            {
                "kind": "product",
                "action": "viewed",
                "test": {"op": "at_least", "n": 3},
                "window": _last(7),
            },
            _none(_orders("count", _BOUGHT, window=_last(7))),
        ),
    ),
    (
        "birthday_in_7_days",
        "moments",
        Text(en="Birthday within 7 days", ru="День рождения в ближайшие 7 дней"),
        _all(
            {
                "kind": "trait",
                "trait": "birthday",
                "test": {"op": "anniversary_in_next", "days": 7},
            }
        ),
    ),
)


def templates(lang: Lang) -> list[Template]:
    """Return the templates with their names in the reader's language."""
    return [
        Template(code=code, group=group, name=name.of(lang), definition=parse(definition))
        for code, group, name, definition in _TEMPLATES
    ]
