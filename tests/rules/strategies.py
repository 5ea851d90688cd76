"""Random definitions and random people for them, from small pools so that they meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from otklik.rules import tree
from otklik.rules.facts import (
    EventFact,
    Facts,
    LineFact,
    MessageFact,
    OrderFact,
    Value,
    value_of,
)
from otklik.rules.moments import Frame, parse_moment

NOW = datetime(2026, 11, 21, 20, 30, 15, 123_000, tzinfo=UTC)
ZONES = ["UTC", "Europe/Moscow", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]
SEGMENTS = [UUID(int=n, version=4) for n in (1, 2, 3)]
HOSTILE = [
    "",
    "x",
    "Москва",
    "москва",
    "a'b",
    'a"b',
    "a\\b",
    "a\tb\nc\rd",
    "{p0:String}",
    "{workspace:UInt32}",
    "%(x)s %s",
    "'); DROP TABLE events; --",
    "\\N",
    "NULL",
    "😀\u200d👩",
    "İıß\u0301",
    "5",
    "5.0",
    "true",
    "[1]",
    "`",
    "\u2028\ufeff",
    " x ",
]
NUMBERS: list[int | float] = [0, 1, -1, 5, 5.0, 0.1, 0.30000000000000004, 1e15, -2.5, 2**53, 1e-9]
NAMES = ["city", "age", "Дата", "a.b", "we`ird", "it's", "back\\slash", "{p1:Int64}", "x y"]
EVENTS = ["Viewed", "Order Placed", "it's", "Купил", "никогда"]
DATES = [
    "2026-11-21",
    "2026-11-20",
    "2026-11-22",
    "2026-11-21T20:30:15.123Z",
    "2026-11-21T20:30:15.122Z",
    "2026-11-21 20:30:15.124+00:00",
    "2026-11-21T23:30",
    "2026-11-21T23:30:15.123",
    "2026-11-14T20:30:15.123Z",
    "2026-11-14T20:30:15.122999Z",
    "2026-11-14",
    "2026-10-25T02:30:00",
    "2026-03-29T02:30:00+0545",
    "1990-05-12",
    "1969-12-31T23:59:59.999Z",
    "2024-02-29",
]
NEARLY_DATES = [
    "2026-02-31",
    "2026-11-21T24:00",
    "2026-11-21\n",
    "20261121",
    "2026-11-21t10:00:00z",
]
TEXTS = HOSTILE + DATES + NEARLY_DATES

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=8).filter(lambda s: "\0" not in s))
stored_texts = st.one_of(texts, st.sampled_from(["\0", "a\0b"]))
numbers = st.one_of(
    st.sampled_from(NUMBERS),
    st.integers(-10, 10),
    st.floats(-1e6, 1e6, allow_subnormal=False),
)
scalars = st.one_of(texts, numbers, st.booleans())
dates = st.sampled_from(DATES)
units = st.sampled_from(["minutes", "hours", "days"])
calendar_units = st.sampled_from(["day", "week", "month", "quarter", "year"])
amounts_of_time = st.sampled_from([1, 7, 24, 168, 30, 13_000])


def _ordered(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(values, values).map(lambda pair: (min(pair), max(pair)))


def _moment_key(text: str) -> datetime:
    moment = parse_moment(text)
    assert moment is not None
    return moment.at.replace(tzinfo=UTC)


date_pairs = st.tuples(dates, dates).map(lambda pair: sorted(pair, key=_moment_key))


ago_pairs = st.sampled_from([(0, 1), (1, 7), (7, 24), (24, 168), (7, 30)])
date_tests = st.one_of(
    st.builds(tree.Before, at=dates),
    st.builds(tree.After, at=dates),
    date_pairs.map(lambda pair: tree.BetweenDates(start=pair[0], end=pair[1])),
    st.builds(tree.InLast, amount=amounts_of_time, unit=units),
    st.builds(tree.MoreThanAgo, amount=amounts_of_time, unit=units),
    st.builds(tree.InNext, amount=amounts_of_time, unit=units),
    ago_pairs.flatmap(
        lambda pair: st.builds(
            tree.AgoBetween, low=st.just(pair[0]), high=st.just(pair[1]), unit=units
        )
    ),
    st.builds(tree.InPeriod, which=st.sampled_from(["this", "last", "next"]), unit=calendar_units),
)
some_scalars = st.lists(scalars, min_size=1, max_size=4).map(tuple)
some_texts = st.lists(texts, min_size=1, max_size=4).map(tuple)
tests = st.one_of(
    st.builds(tree.Eq, value=scalars),
    st.builds(tree.Neq, value=scalars),
    st.builds(tree.In, values=some_scalars),
    st.builds(tree.NotIn, values=some_scalars),
    st.builds(tree.Contains, value=texts.filter(bool)),
    st.builds(tree.StartsWith, value=texts.filter(bool)),
    st.builds(tree.EndsWith, value=texts.filter(bool)),
    st.builds(tree.Gt, value=numbers),
    st.builds(tree.Gte, value=numbers),
    st.builds(tree.Lt, value=numbers),
    st.builds(tree.Lte, value=numbers),
    _ordered(numbers).map(lambda pair: tree.Between(low=pair[0], high=pair[1])),
    st.sampled_from([tree.IsSet(), tree.IsNotSet(), tree.IsTrue(), tree.IsFalse()]),
    st.builds(tree.HasAny, values=some_texts),
    st.builds(tree.HasNone, values=some_texts),
    st.builds(tree.AnniversaryInNext, days=st.sampled_from([0, 1, 7, 171, 366])),
    date_tests,
)
counts = st.integers(0, 3)
count_tests = st.one_of(
    st.integers(1, 3).map(lambda n: tree.CountAtLeast(n=n)),
    st.builds(tree.CountAtMost, n=counts),
    st.builds(tree.CountExactly, n=counts),
    _ordered(counts).map(lambda pair: tree.CountBetween(low=pair[0], high=pair[1])),
)
money = st.one_of(
    st.sampled_from([0, 0.01, 10, 33.33, 33.34, 100, -5, 0.005]), st.integers(-50, 300)
)
amount_tests = st.one_of(
    st.builds(tree.AmountAtLeast, amount=money),
    st.builds(tree.AmountAtMost, amount=money),
    _ordered(money).map(lambda pair: tree.AmountBetween(low=pair[0], high=pair[1])),
)
windows = st.one_of(
    st.just(tree.AllTime()),
    st.builds(tree.Last, amount=amounts_of_time, unit=units),
    date_pairs.map(lambda pair: tree.WindowBetween(start=pair[0], end=pair[1])),
    st.builds(tree.WindowBefore, at=dates),
    st.builds(tree.WindowAfter, at=dates),
    ago_pairs.flatmap(
        lambda pair: st.builds(
            tree.WindowAgo, low=st.just(pair[0]), high=st.just(pair[1]), unit=units
        )
    ),
    st.builds(tree.WindowPeriod, which=st.sampled_from(["this", "last"]), unit=calendar_units),
)
clocks = st.sampled_from(["00:00", "09:30", "20:30", "20:31", "23:59", "24:00"])
week_times = st.none() | st.tuples(
    st.lists(st.integers(1, 7), max_size=3).map(tuple), clocks, clocks
).filter(lambda given: given[1] != given[2]).map(
    lambda given: tree.WeekTimes(days=given[0], start=given[1], end=given[2])
)
periods = st.none() | st.builds(tree.Period, amount=st.sampled_from([1, 7, 24]), unit=units)
names = st.sampled_from(NAMES)
filters = st.lists(st.builds(tree.PropertyFilter, path=names, test=tests), max_size=2).map(tuple)
measures = st.one_of(
    st.builds(tree.OrderCount, test=count_tests),
    st.builds(tree.OrderSum, test=amount_tests),
    st.builds(tree.OrderAverage, test=amount_tests),
    st.builds(tree.OrderLargest, test=amount_tests),
    st.builds(tree.OrderUnits, test=amount_tests),
    st.builds(tree.OrderLinesSum, test=amount_tests),
    st.builds(tree.FirstOrder, test=date_tests),
    st.builds(tree.LastOrder, test=date_tests),
)
event_measures = st.one_of(
    st.builds(tree.EventSum, path=names, test=amount_tests),
    st.builds(tree.EventAverage, path=names, test=amount_tests),
    st.builds(tree.EventSmallest, path=names, test=amount_tests),
    st.builds(tree.EventLargest, path=names, test=amount_tests),
    st.builds(tree.EventDays, test=count_tests),
    st.builds(tree.EventValues, path=names, test=count_tests),
    st.builds(tree.EventFirst, test=date_tests),
    st.builds(tree.EventLast, test=date_tests),
)
steps = st.builds(
    tree.Step,
    event=st.sampled_from(EVENTS[:3]),
    filters=st.just(()) | filters,
)
VISITS = ["utm_source", "utm_campaign", "city"]
WORDS = ["yandex", "vk", "Омск", "it's", "mobile"]
words = st.sampled_from(WORDS)
word_lists = st.lists(words, min_size=1, max_size=3).map(tuple)
visit_tests = st.one_of(
    st.builds(tree.Eq, value=words),
    st.builds(tree.Neq, value=words),
    st.builds(tree.In, values=word_lists),
    st.builds(tree.NotIn, values=word_lists),
    st.builds(tree.Contains, value=st.sampled_from(["a", "м", "'"])),
    st.builds(tree.StartsWith, value=st.sampled_from(["v", "О"])),
    st.builds(tree.EndsWith, value=st.sampled_from(["x", "к"])),
    st.sampled_from([tree.IsSet(), tree.IsNotSet()]),
)
MESSAGE_FACTS = ["sent", "delivered", "bounced", "opened", "clicked", "unsubscribed", "complained"]
order_fields = st.lists(
    st.builds(
        tree.FieldTest,
        name=st.sampled_from(["term", "plan"]),
        test=tests.filter(lambda test: not isinstance(test, tree.ListTest)),
        level=st.sampled_from(["order", "line"]),
    ),
    max_size=1,
).map(tuple)
field_values = st.dictionaries(
    st.sampled_from(["term", "plan"]),
    st.one_of(
        st.sampled_from(["x", "Москва", "2026-11-21"]),
        st.sampled_from([0.0, 1.0, 5.0, 1e9, NOW.timestamp() // 1, 1_795_132_800.0]),
    ),
    max_size=2,
)
prices = st.none() | amount_tests
STATUSES = ["placed", "paid", "cancelled", "returned"]
PRODUCTS = ["p1", "p2", "it's", "товар"]
VENDORS = ["p1", "Завод"]
leaves = st.one_of(
    st.just(tree.Everyone()),
    st.builds(tree.TraitCondition, trait=names, test=tests),
    st.builds(
        tree.EventCondition,
        event=st.sampled_from(EVENTS),
        test=count_tests,
        window=windows,
        filters=filters,
        times=week_times,
    ),
    st.builds(
        tree.EventMeasureCondition,
        event=st.sampled_from(EVENTS),
        measure=event_measures,
        window=windows,
        filters=st.just(()) | filters,
        times=week_times,
    ),
    st.builds(
        tree.SequenceCondition,
        steps=st.lists(steps, min_size=2, max_size=3).map(tuple),
        within=periods,
        window=st.just(tree.AllTime()) | windows,
    ),
    st.builds(
        tree.UnfollowedCondition,
        event=st.sampled_from(EVENTS[:3]),
        next=steps,
        filters=st.just(()) | filters,
        within=periods,
        window=st.just(tree.AllTime()) | windows,
    ),
    st.builds(
        tree.ProductCondition,
        action=st.sampled_from(["bought", "viewed"]),
        test=count_tests,
        window=windows,
        products=st.lists(st.sampled_from(PRODUCTS), max_size=2).map(tuple),
        categories=st.lists(st.sampled_from(PRODUCTS), max_size=2).map(tuple),
        vendors=st.just(()) | st.lists(st.sampled_from(VENDORS), max_size=2).map(tuple),
        price=prices,
    ),
    st.builds(
        tree.MessageCondition,
        fact=st.sampled_from(MESSAGE_FACTS),
        by=st.sampled_from(["person", "machine", "anybody"]),
        channel=st.sampled_from(["", "email", "sms"]),
        sources=st.lists(st.sampled_from(SEGMENTS), max_size=2).map(tuple),
        link=st.sampled_from(["", "/sale"]),
        test=count_tests,
        window=windows,
    ).map(lambda node: node if node.fact == "clicked" else msgspec.structs.replace(node, link="")),
    st.builds(
        tree.VisitCondition,
        field=st.sampled_from(VISITS),
        test=visit_tests,
        touch=st.sampled_from(["any", "first", "last"]),
        window=st.just(tree.AllTime()) | windows,
    ),
    st.builds(tree.SeenCondition, which=st.sampled_from(["first", "last"]), test=date_tests),
    st.builds(
        tree.EmailDomainCondition,
        domains=st.lists(
            st.sampled_from(["otklik.test", "mail.ru", "Mail.RU"]), min_size=1, max_size=2
        ).map(tuple),
    ),
    st.builds(
        tree.OrdersCondition,
        measure=measures,
        statuses=st.lists(st.sampled_from(STATUSES), min_size=1, max_size=4).map(tuple),
        window=windows,
        products=st.lists(st.sampled_from(PRODUCTS), max_size=2).map(tuple),
        categories=st.lists(st.sampled_from(PRODUCTS), max_size=2).map(tuple),
        vendors=st.just(()) | st.lists(st.sampled_from(VENDORS), max_size=2).map(tuple),
        price=prices,
        fields=st.just(()) | order_fields,
    ),
    st.builds(
        tree.ConsentCondition,
        channel=st.sampled_from(["email", "sms"]),
        topic=st.sampled_from(["", "news"]),
        state=st.sampled_from(["none", "granted", "withdrawn"]),
    ),
    st.builds(
        tree.IdentifierCondition,
        identifier=st.sampled_from(["email", "phone", "user_id", "known"]),
        present=st.booleans(),
    ),
    st.builds(tree.SegmentCondition, segment_id=st.sampled_from(SEGMENTS), member=st.booleans()),
)
definitions = st.recursive(
    leaves,
    lambda children: st.one_of(
        st.builds(group, of=st.lists(children, min_size=1, max_size=3).map(tuple))
        for group in (tree.AllOf, tree.AnyOf, tree.NoneOf)
    ),
    max_leaves=6,
)
frames = st.builds(Frame, now=st.just(NOW), zone=st.sampled_from(ZONES))

_steps = [timedelta(), *(timedelta(**{unit: n}) for unit in ("hours", "days") for n in (1, 7, 24))]
times = st.one_of(
    st.tuples(st.sampled_from(_steps), st.integers(-1, 1)).map(
        lambda pair: NOW - pair[0] + timedelta(milliseconds=pair[1])
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
)
big_numbers = st.sampled_from([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**25])
json_scalars = st.one_of(
    st.none(), stored_texts, st.sampled_from(DATES), numbers, st.booleans(), big_numbers
)
json_values = st.one_of(
    json_scalars,
    st.lists(st.one_of(st.none(), texts, st.integers(-9, 9), st.booleans(), numbers), max_size=3),
    st.dictionaries(st.sampled_from(["b", "c"]), json_scalars, max_size=2),
)
properties = st.dictionaries(
    st.sampled_from([name for name in NAMES if name != "a.b"] + ["a"]), json_values, max_size=4
)
trait_values = st.one_of(
    json_scalars.map(value_of),
    st.lists(texts, max_size=3).map(lambda items: Value(type="list", items=tuple(items))),
    st.just(Value(type="object", text="{}")),
)
order_facts = st.builds(
    OrderFact,
    order_id=st.just(""),
    status=st.sampled_from(STATUSES),
    placed_at=times,
    total=st.one_of(
        st.sampled_from([Decimal("0.01"), Decimal("33.33"), Decimal("33.34"), Decimal(100)]),
        st.integers(-5000, 30000).map(lambda cents: Decimal(cents) / 100),
    ),
    lines=st.lists(
        st.builds(
            LineFact,
            product=st.sampled_from(PRODUCTS),
            category=st.sampled_from(PRODUCTS),
            vendor=st.sampled_from(["", *VENDORS]),
            price=st.sampled_from([0.0, 10.0, 33.33, 0.005, 100.0]),
            quantity=st.sampled_from([1.0, 2.0, 0.5, 3.0]),
            fields=st.just({}) | field_values,
        ),
        max_size=3,
    ).map(tuple),
    fields=st.just({}) | field_values,
)
message_facts = st.builds(
    MessageFact,
    message_id=st.integers(1, 3),
    fact=st.sampled_from(MESSAGE_FACTS),
    at=times,
    channel=st.sampled_from(["email", "sms"]),
    source_id=st.sampled_from(SEGMENTS),
    verdict=st.sampled_from(["", "person", "machine", "scanner"]),
    url=st.sampled_from(["", "https://otklik.test/sale", "https://otklik.test/"]),
)
emails = st.sampled_from(["a@otklik.test", "b@mail.ru", "mail.ru", "c@x.mail.ru"]).map(value_of)
people = st.builds(
    Facts,
    traits=st.tuples(
        st.dictionaries(names, trait_values, max_size=4),
        st.dictionaries(st.just("email"), emails, max_size=1),
    ).map(lambda pair: {**pair[0], **pair[1]}),
    events=st.lists(
        st.one_of(
            st.builds(
                EventFact,
                name=st.sampled_from(EVENTS[:-1]),
                time=times,
                properties=properties,
                context=st.dictionaries(st.sampled_from(VISITS), words, max_size=3),
            ),
            st.builds(
                EventFact,
                name=st.sampled_from(EVENTS[:2]),
                time=st.integers(0, 5).map(lambda n: NOW - timedelta(hours=n)),
                context=st.dictionaries(st.sampled_from(VISITS), words, max_size=1),
            ),
            st.builds(
                EventFact,
                name=st.just("Product Viewed"),
                time=times,
                properties=st.fixed_dictionaries(
                    {
                        "product_id": st.sampled_from(PRODUCTS),
                        "category": st.sampled_from(PRODUCTS),
                        "brand": st.sampled_from(["", *VENDORS]),
                        "price": st.sampled_from([10, 33.33, "10", None]),
                    }
                ),
            ),
        ),
        max_size=7,
    ).map(tuple),
    messages=st.lists(message_facts, max_size=4).map(tuple),
    orders=st.lists(order_facts, max_size=4).map(tuple),
    consents=st.dictionaries(
        st.tuples(st.sampled_from(["email", "sms"]), st.sampled_from(["", "news"])),
        st.sampled_from(["none", "granted", "withdrawn"]),
        max_size=3,
    ),
    identifiers=st.frozensets(
        st.sampled_from(["email", "phone", "user_id", "anonymous_id", "crm"]), max_size=3
    ),
    email_domains=st.frozensets(
        st.sampled_from(["mail.ru", "x.mail.ru", "otklik.test"]), max_size=2
    ),
    segments=st.frozensets(st.sampled_from(SEGMENTS), max_size=2),
    first_seen=times,
    last_seen=times,
)


class Person(msgspec.Struct, frozen=True):
    """A profile with its facts; `merged_from` owned a part of them before the merge."""

    profile_id: int
    facts: Facts
    merged_from: int | None
