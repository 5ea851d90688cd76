"""What dates and windows mean at a moment and in a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from otklik.rules import tree
from otklik.rules.evaluate import passes
from otklik.rules.facts import Value, flatten, number_text, value_of
from otklik.rules.moments import Frame, epoch_millis, interval_of_test, parse_moment

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
MOSCOW = Frame(now=NOW, zone="Europe/Moscow")
NEW_YORK = Frame(now=NOW, zone="America/New_York")


def date(text: str) -> Value:
    value = value_of(text)
    assert value.type == "date", text
    return value


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-31",
        "2026-13-01",
        "1899-12-31",
        "2200-01-01",
        "2026-3-1",
        "20260301",
        "2026-03-01T24:00",
        "2026-03-01T10",
        "2026-03-01T10:00:60",
        "2026-03-01t10:00:00Z",
        "2026-03-01T10:00:00z",
        "2026-03-01T10:00:00.1234567890Z",
        "2026-03-01T10:00+15:00",
        "2026-03-01\n",
        " 2026-03-01",
        "٢٠٢٦-٠٣-٠١",
    ],
)
def test_a_text_that_is_not_quite_a_date_is_none(text: str) -> None:
    assert parse_moment(text) is None
    assert value_of(text).type == "string"


def test_a_day_is_the_whole_day_in_the_zone_of_the_workspace() -> None:
    day = tree.BetweenDates(start="2026-03-31", end="2026-03-31")
    inside = ["2026-03-30T21:00:00Z", "2026-03-31T20:59:59.999Z", "2026-03-31T23:59:59+03:00"]
    outside = ["2026-03-30T20:59:59.999Z", "2026-03-31T21:00:00Z"]
    assert all(passes(day, date(text), MOSCOW) for text in inside)
    assert not any(passes(day, date(text), MOSCOW) for text in outside)


def test_a_day_lies_neither_before_nor_after_itself() -> None:
    noon = date("2026-03-31T12:00:00Z")
    assert not passes(tree.Before(at="2026-03-31"), noon, MOSCOW)
    assert not passes(tree.After(at="2026-03-31"), noon, MOSCOW)
    assert passes(tree.Before(at="2026-04-01"), noon, MOSCOW)
    assert passes(tree.After(at="2026-03-30"), noon, MOSCOW)


@pytest.mark.parametrize("frame", [MOSCOW, NEW_YORK, Frame(now=NOW)])
def test_a_birthday_is_the_same_day_in_every_zone(frame: Frame) -> None:
    birthday = date("1990-05-12")
    assert passes(tree.BetweenDates(start="1990-05-12", end="1990-05-12"), birthday, frame)
    assert not passes(tree.Before(at="1990-05-12"), birthday, frame)
    assert not passes(tree.After(at="1990-05-12"), birthday, frame)


def test_windows_and_their_opposites_leave_no_gap() -> None:
    edge = NOW - timedelta(days=7)
    for millis in (-1, 0, 1):
        at = date((edge + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds"))
        lately = passes(tree.InLast(amount=7), at, MOSCOW)
        long_ago = passes(tree.MoreThanAgo(amount=7), at, MOSCOW)
        assert lately != long_ago
        assert lately == (millis >= 0)


def test_the_future_is_neither_lately_nor_long_ago() -> None:
    soon = date((NOW + timedelta(milliseconds=1)).isoformat(timespec="milliseconds"))
    assert not passes(tree.InLast(amount=7), soon, MOSCOW)
    assert not passes(tree.MoreThanAgo(amount=7), soon, MOSCOW)
    assert passes(tree.InNext(amount=1, unit="hours"), soon, MOSCOW)


def test_seven_days_are_168_hours_when_the_clocks_change() -> None:
    frame = Frame(now=datetime(2026, 3, 10, 12, tzinfo=UTC), zone="America/New_York")
    days = interval_of_test(tree.InLast(amount=7), frame)
    hours = interval_of_test(tree.InLast(amount=168, unit="hours"), frame)
    assert days == hours
    assert days.low is not None
    assert days.low.instant == epoch_millis(datetime(2026, 3, 3, 12, tzinfo=UTC))


def test_an_hour_that_the_clocks_leave_out_is_no_error() -> None:
    # On 8 March 2026 the clocks of New York go from 2:00 to 3:00.
    bound = NEW_YORK.start("2026-03-08T02:30")
    assert bound.instant == epoch_millis(datetime(2026, 3, 8, 7, 30, tzinfo=UTC))


def test_a_value_has_the_type_of_its_json() -> None:
    kinds = {
        "null": None,
        "bool": True,
        "number": 1,
        "string": "1",
        "date": "2026-03-31",
        "list": [1],
        "object": {},
    }
    assert {kind: value_of(value).type for kind, value in kinds.items()} == {
        kind: kind for kind in kinds
    }
    assert value_of(10**30) == Value(type="string", text=str(10**30))
    assert value_of(["a", 1, True, None, 2.5, {}]).items == ("a", "1", "true", "2.5")
    assert value_of([1, 2.5, True]).items == ("1", "2.5", "1")


def test_nested_objects_become_dotted_names() -> None:
    assert flatten({"a": {"b": {"c": 1}, "d": {}}, "a.d": 2, "e": [{"x": 1}]}) == {
        "a.b.c": 1,
        "a.d": {},
        "e": [{"x": 1}],
    }


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (5.0, "5"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e21"),
        (1.5e22, "1.5e22"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.25e-9, "1.25e-9"),
    ],
)
def test_numbers_are_written_as_the_event_store_writes_them(number: float, text: str) -> None:
    assert number_text(number) == text
