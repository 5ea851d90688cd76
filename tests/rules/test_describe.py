"""A definition read back in both languages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings

from otklik.kit.i18n import LANGS
from otklik.rules import tree
from otklik.rules.check import Registry, check
from otklik.rules.describe import describe, describe_part
from otklik.rules.parse import parse
from tests.rules import strategies as some

SEGMENT = UUID(int=7, version=4)


def orders(kind: str, test: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "orders", "measure": {"kind": kind, "test": test}, **more}


def trait(name: str, **test: Any) -> dict[str, Any]:
    return {"kind": "trait", "trait": name, "test": test}


LAST_60 = {"kind": "last", "amount": 60, "unit": "days"}
BOUGHT_3 = orders("count", {"op": "at_least", "n": 3})


@pytest.mark.parametrize(
    ("definition", "en", "ru"),
    [
        ({"kind": "everyone"}, "Everyone.", "Все клиенты."),
        (
            {
                "kind": "all",
                "of": [
                    BOUGHT_3,
                    {
                        "kind": "none",
                        "of": [orders("count", {"op": "at_least", "n": 1}, window=LAST_60)],
                    },
                ],
            },
            "People who made at least 3 orders and made no orders in the last 60 days.",
            "Клиенты, у которых не меньше 3 заказов и нет заказов за последние 60 дней.",
        ),
        (
            {
                "kind": "all",
                "of": [BOUGHT_3, orders("last_at", {"op": "more_than_ago", "amount": 60})],
            },
            "People who made at least 3 orders and made the last order more than 60 days ago.",
            "Клиенты, у которых не меньше 3 заказов и последний заказ был больше 60 дней назад.",
        ),
        (
            orders("count", {"op": "exactly", "n": 21}, statuses=["returned"]),
            "People who made exactly 21 orders that are returned.",
            "Клиенты, у которых ровно 21 заказ (статус — возвращён).",
        ),
        (
            orders("sum", {"op": "at_least", "amount": 5000.5}, categories=["Обувь"]),
            "People who spent at least 5,000.5 on orders from the category “Обувь”.",
            "Клиенты, у которых сумма заказов (категория — «Обувь») не меньше 5\u00a0000,5.",
        ),
        (
            {
                "kind": "event",
                "event": "Viewed",
                "test": {"op": "between", "low": 2, "high": 21},
                "window": {"kind": "between", "start": "2026-03-01", "end": "2026-03-05"},
                "filters": [{"path": "price", "test": {"op": "gte", "value": 1000}}],
            },
            "People who did “Viewed” with “price” of at least 1,000 from 2 to 21 times "
            "from 1 March 2026 to 5 March 2026.",
            "Клиенты, у которых событие «Viewed» (где параметр «price» не меньше 1\u00a0000) "
            "было от 2 до 21 раза с 1 марта 2026 года по 5 марта 2026 года.",
        ),
        (
            {
                "kind": "event",
                "event": "Viewed",
                "test": {"op": "exactly", "n": 0},
                "window": {"kind": "last", "amount": 1, "unit": "hours"},
            },
            "People who never did “Viewed” in the last hour.",
            "Клиенты, у которых не было события «Viewed» за последний час.",
        ),
        (
            {
                "kind": "any",
                "of": [
                    trait("city", op="eq", value="Омск"),
                    {
                        "kind": "all",
                        "of": [
                            trait("age", op="gt", value=18),
                            {"kind": "identifier", "identifier": "email"},
                        ],
                    },
                ],
            },
            "People who have “city” equal to “Омск” or (have “age” over 18 and have an e-mail "
            "address).",
            "Клиенты, у которых свойство «city» равно «Омск» или (свойство «age» больше 18 и "
            "есть адрес почты).",
        ),
        (
            {
                "kind": "none",
                "of": [
                    {"kind": "segment", "segment_id": str(SEGMENT)},
                    {"kind": "consent", "channel": "email", "topic": "t1"},
                ],
            },
            "People who are not in the segment “VIP” and did not agree to the topic “News” "
            "by e-mail.",
            "Клиенты, у которых среди сегментов нет «VIP» и нет согласия на тему «News» "
            "в канале «эл. почта».",
        ),
        (
            trait("plan", op="in", values=["a", "b", "c", "d", "e", "f", "g"]),
            "People who have “plan” equal to one of “a”, “b”, “c”, “d”, “e” and 2 more.",
            "Клиенты, у которых свойство «plan» равно «a», «b», «c», «d», «e» (и ещё 2).",
        ),
    ],
)
def test_it_reads_well(definition: dict[str, Any], en: str, ru: str) -> None:
    node = parse(definition)
    names: dict[str, Any] = {"segments": {SEGMENT: "VIP"}, "topics": {"t1": "News"}}
    assert describe(node, "en", **names) == en
    assert describe(node, "ru", **names) == ru


@pytest.mark.parametrize(
    ("n", "ru"),
    [
        (1, "больше 1 дня назад"),
        (2, "больше 2 дней назад"),
        (5, "больше 5 дней назад"),
        (11, "больше 11 дней назад"),
        (21, "больше 21 дня назад"),
        (22, "больше 22 дней назад"),
        (111, "больше 111 дней назад"),
    ],
)
def test_russian_numbers_take_the_right_case(n: int, ru: str) -> None:
    assert ru in describe(parse(trait("x", op="more_than_ago", amount=n)), "ru")


@settings(max_examples=200, deadline=None)
@given(definition=some.definitions)
def test_every_definition_can_be_read(definition: tree.Node) -> None:
    for lang in LANGS:
        assert describe(definition, lang).endswith(".")
        assert describe_part(definition, lang)


def test_names_that_nobody_has_seen_are_warned_of() -> None:
    registry = Registry(
        traits={"age": frozenset({"number"})},
        events={"Viewed": {"price": frozenset({"number"}), "at": frozenset({"string"})}},
        order_fields={("line", "licence_end"): frozenset({"date"})},
    )

    def codes(definition: dict[str, Any]) -> list[tuple[str, str]]:
        return [(problem.path, problem.code) for problem in check(parse(definition), registry)]

    def viewed(path: str, **test: Any) -> dict[str, Any]:
        return {"kind": "event", "event": "Viewed", "filters": [{"path": path, "test": test}]}

    assert codes(trait("city", op="is_set")) == [("$.trait", "unknown_trait")]
    assert codes(trait("age", op="contains", value="1")) == [("$.test", "type_mismatch")]
    assert codes(trait("age", op="in", values=["x", 5])) == []
    assert codes({"kind": "any", "of": [{"kind": "event", "event": "{x}"}]}) == [
        ("$.of[0].event", "unknown_event")
    ]
    assert codes(viewed("pric", op="is_set")) == [("$.filters[0].path", "unknown_property")]
    assert codes(viewed("price", op="eq", value="5")) == [("$.filters[0].test", "type_mismatch")]
    assert codes(viewed("at", op="in_last", amount=5)) == []
    assert codes(viewed("price", op="gt", value=5)) == []
    steps = [{"event": "Viewed"}, {"event": "Gone"}]
    assert codes({"kind": "sequence", "steps": steps}) == [("$.steps[1].event", "unknown_event")]
    measure = {"kind": "sum", "path": "sum", "test": {"op": "at_least", "amount": 1}}
    assert codes({"kind": "event_measure", "event": "Viewed", "measure": measure}) == [
        ("$.measure.path", "unknown_property")
    ]
    unfollowed = {"kind": "not_followed", "event": "Viewed", "next": {"event": "Gone"}}
    assert codes(unfollowed) == [("$.next.event", "unknown_event")]

    def ordered(name: str, level: str, **test: Any) -> dict[str, Any]:
        field = {"name": name, "level": level, "test": test}
        count = {"kind": "count", "test": {"op": "at_least", "n": 1}}
        return {"kind": "orders", "measure": count, "fields": [field]}

    assert codes(ordered("licence_end", "line", op="in_next", amount=30)) == []
    assert codes(ordered("licence_end", "order", op="is_set")) == [
        ("$.fields[0].name", "unknown_field")
    ]
    assert codes(ordered("licence_end", "line", op="contains", value="x")) == [
        ("$.fields[0].test", "type_mismatch")
    ]
