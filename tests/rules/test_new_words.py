"""Sequences, "did and then did not", calendar periods and anniversaries, said and decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from otklik.rules.describe import describe
from otklik.rules.evaluate import explain, matches
from otklik.rules.facts import EventFact, Facts, value_of
from otklik.rules.moments import Frame
from otklik.rules.parse import parse

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
FRAME = Frame(now=NOW, zone="Europe/Moscow")
CAMPAIGN = UUID(int=9, version=4)


def did(name: str, hours_ago: float, **properties: Any) -> EventFact:
    return EventFact(name=name, time=NOW - timedelta(hours=hours_ago), properties=properties)


def sequence(*steps: str, within: int | None = None) -> dict[str, Any]:
    return {
        "kind": "sequence",
        "steps": [{"event": step} for step in steps],
        "within": None if within is None else {"amount": within, "unit": "hours"},
    }


@pytest.mark.parametrize(
    ("events", "definition", "holds"),
    [
        ([did("A", 3), did("B", 2)], sequence("A", "B"), True),
        ([did("A", 2), did("B", 3)], sequence("A", "B"), False),
        ([did("A", 2), did("B", 2)], sequence("A", "B"), False),
        ([did("A", 2)], sequence("A", "A"), False),
        ([did("A", 2), did("A", 1)], sequence("A", "A"), True),
        ([did("A", 9), did("X", 5), did("B", 1)], sequence("A", "B", within=8), True),
        ([did("A", 9), did("B", 0.9)], sequence("A", "B", within=8), False),
        ([did("A", 9), did("A", 3), did("B", 1)], sequence("A", "B", within=2), True),
        ([did("A", 9), did("B", 8), did("A", 3), did("C", 2)], sequence("A", "B", "C"), True),
        (
            [did("A", 9), did("B", 8), did("A", 3), did("C", 2)],
            sequence("A", "B", "C", within=5),
            False,
        ),
    ],
)
def test_a_sequence_is_one_chain_in_time(
    events: list[EventFact], definition: dict[str, Any], *, holds: bool
) -> None:
    assert matches(parse(definition), Facts(events=tuple(events)), FRAME) is holds


@pytest.mark.parametrize(
    ("events", "within", "holds"),
    [
        ([did("Cart", 5)], 3, True),
        ([did("Cart", 2)], 3, False),
        ([did("Cart", 5), did("Order", 3)], 3, False),
        ([did("Cart", 5), did("Order", 1)], 3, True),
        ([did("Cart", 5), did("Order", 5)], 3, True),
        ([did("Cart", 2)], None, True),
        ([did("Cart", 5), did("Order", 1)], None, False),
        ([did("Order", 5), did("Cart", 1)], None, True),
        ([], None, False),
    ],
)
def test_what_did_not_follow_is_known_when_its_time_is_over(
    events: list[EventFact], within: int | None, *, holds: bool
) -> None:
    node = parse(
        {
            "kind": "not_followed",
            "event": "Cart",
            "next": {"event": "Order"},
            "within": None if within is None else {"amount": within, "unit": "hours"},
        }
    )
    assert matches(node, Facts(events=tuple(events)), FRAME) is holds


@pytest.mark.parametrize(
    ("born", "days", "holds"),
    [
        ("1990-03-31", 0, True),
        ("1990-04-01", 0, False),
        ("1990-04-07", 7, True),
        ("1990-04-08", 7, False),
        ("1990-03-30", 363, False),
        ("1990-03-30", 364, True),
        ("1990-03-31T22:30:00Z", 1, True),
        ("1988-02-29", 333, False),
        ("1988-02-29", 334, True),
    ],
)
def test_an_anniversary_comes_every_year(born: str, days: int, *, holds: bool) -> None:
    node = parse(
        {
            "kind": "trait",
            "trait": "birthday",
            "test": {"op": "anniversary_in_next", "days": days},
        }
    )
    assert matches(node, Facts(traits={"birthday": value_of(born)}), FRAME) is holds


@pytest.mark.parametrize(
    ("which", "unit", "at", "holds"),
    [
        ("this", "month", "2026-03-01", True),
        ("this", "month", "2026-04-01", False),
        ("last", "month", "2026-02-28", True),
        ("this", "week", "2026-03-30", True),
        ("this", "week", "2026-03-29", False),
        ("last", "quarter", "2025-10-01", True),
        ("last", "quarter", "2026-01-01", False),
        ("next", "year", "2027-12-31", True),
        ("last", "day", "2026-03-30T23:59:59", True),
    ],
)
def test_periods_are_those_of_the_calendar(which: str, unit: str, at: str, *, holds: bool) -> None:
    node = parse(
        {
            "kind": "trait",
            "trait": "at",
            "test": {"op": "in_period", "which": which, "unit": unit},
        }
    )
    assert matches(node, Facts(traits={"at": value_of(at)}), FRAME) is holds


def test_the_facts_behind_an_answer_are_told() -> None:
    node = parse(
        {
            "kind": "event_measure",
            "event": "Bought",
            "measure": {"kind": "sum", "path": "price", "test": {"op": "at_least", "amount": 10}},
        }
    )
    facts = Facts(events=(did("Bought", 3, price=4), did("Bought", 1, price=7.5)))
    outcome = explain(node, facts, FRAME)
    assert (outcome.holds, str(outcome.fact)) == (True, "11.5")
    assert [one.values for one in outcome.evidence] == [{"price": 7.5}, {"price": 4}]


LAST_30 = {"kind": "last", "amount": 30, "unit": "days"}


@pytest.mark.parametrize(
    ("definition", "en", "ru"),
    [
        (
            sequence("A", "B", within=3),
            "People who did “A”, then “B”, all within 3 hours.",
            "Клиенты, у которых были события подряд: «A», затем «B», всё не дольше чем за 3 часа.",
        ),
        (
            {
                "kind": "not_followed",
                "event": "Cart",
                "next": {"event": "Order"},
                "within": {"amount": 21, "unit": "minutes"},
            },
            "People who did “Cart” and did not do “Order” within 21 minutes after it.",
            "Клиенты, у которых было событие «Cart», а в течение 21 минуты после него не было "
            "события «Order».",
        ),
        (
            {
                "kind": "event_measure",
                "event": "Bought",
                "measure": {"kind": "first_at", "test": {"op": "in_last", "amount": 7}},
            },
            "People who did “Bought” for the first time within the last 7 days.",
            "Клиенты, у которых событие «Bought» впервые было за последние 7 дней.",
        ),
        (
            {
                "kind": "event",
                "event": "Viewed",
                "times": {"days": [6, 7], "start": "09:00", "end": "18:00"},
                "window": {"kind": "period", "which": "last", "unit": "month"},
            },
            "People who did “Viewed” on Saturday or Sunday between 09:00 and 18:00 last month.",
            "Клиенты, у которых было событие «Viewed» в дни: суббота или воскресенье с 09:00 до "
            "18:00 в прошлом месяце.",
        ),
        (
            {
                "kind": "product",
                "categories": ["Обувь"],
                "price": {"op": "at_least", "amount": 1000},
                "test": {"op": "at_least", "n": 2},
                "window": LAST_30,
            },
            "People who bought a product from the category “Обувь” with a price of at least 1,000 "
            "at least twice in the last 30 days.",
            "Клиенты, у которых куплен товар (категория — «Обувь», цена не меньше 1\u00a0000) не "
            "меньше 2 раз за последние 30 дней.",
        ),
        (
            {
                "kind": "none",
                "of": [{"kind": "message", "fact": "opened", "sources": [str(CAMPAIGN)]}],
            },
            "People who opened no messages of the campaign “Spring”.",
            "Клиенты, у которых нет сообщений, открытых человеком (рассылка — «Spring»).",
        ),
        (
            {
                "kind": "visit",
                "field": "utm_source",
                "touch": "first",
                "test": {"op": "eq", "value": "vk"},
            },
            "People who had the first visit with utm_source equal to “vk”.",
            "Клиенты, у которых в первом визите метка utm_source равна «vk».",
        ),
        (
            {"kind": "visit", "field": "city", "test": {"op": "neq", "value": "Омск"}},
            "People who had no visit with the city equal to “Омск”.",
            "Клиенты, у которых не было визита, где город равен «Омск».",
        ),
        (
            {"kind": "email_domain", "domains": ["mail.ru", "ya.ru"]},
            "People who have an e-mail address at “mail.ru” or “ya.ru”.",
            "Клиенты, у которых есть адрес почты на домене «mail.ru» или «ya.ru».",
        ),
        (
            {
                "kind": "seen",
                "which": "last",
                "test": {"op": "ago_between", "low": 7, "high": 31},
            },
            "People who were seen for the last time from 7 to 31 days ago.",
            "Клиенты, у которых последнее появление было от 7 до 31 дня назад.",
        ),
        (
            {
                "kind": "trait",
                "trait": "birthday",
                "test": {"op": "anniversary_in_next", "days": 3},
            },
            "People who have “birthday” with its anniversary within the next 3 days.",
            "Клиенты, у которых свойство «birthday» с годовщиной в ближайшие 3 дня.",
        ),
    ],
)
def test_it_reads_well(definition: dict[str, Any], en: str, ru: str) -> None:
    node = parse(definition)
    sources = {CAMPAIGN: "Spring"}
    assert describe(node, "en", sources=sources) == en
    assert describe(node, "ru", sources=sources) == ru
