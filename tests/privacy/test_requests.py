"""Requests of people: terms by the Russian calendar and by months, answers, who may."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.entrypoints.wiring.attention import due_requests
from otklik.kit.i18n import LANGS
from otklik.privacy.calendar import (
    add_months,
    add_working_days,
    days_moved,
    is_working,
    working_days_between,
)
from otklik.privacy.public import DueRequests, consent_states, requests_due
from otklik.privacy.requests import TERMS, Law, RequestKind, RequestState, urgency_of
from otklik.runtime.public import Runtime
from tests.conftest import Cast, Clock
from tests.privacy.conftest import make_profiles

PATH = "/api/v1/person-requests"
DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))


@pytest.mark.parametrize(
    ("year", "working"),
    # Working days of the whole year in the production calendars of 2025 and 2026.
    [(2025, 247), (2026, 247)],
)
def test_a_year_has_the_working_days_of_the_production_calendar(year: int, working: int) -> None:
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range(365)]
    assert sum(is_working(day, {}) for day in days) == working


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 1, 9), False),
        (date(2026, 1, 12), True),
        (date(2026, 3, 9), False),
        (date(2026, 5, 11), False),
        (date(2026, 12, 31), False),
        (date(2025, 11, 1), True),
        (date(2025, 11, 3), False),
        (date(2025, 2, 24), True),
        # No decree is known: a holiday on a Sunday moves to the next working day, by the law.
        (date(2028, 11, 6), False),
        (date(2028, 11, 7), True),
    ],
)
def test_a_day_is_off_or_working_as_the_decrees_say(day: date, working: bool) -> None:
    assert is_working(day, {}) is working


@pytest.mark.parametrize(
    ("law", "kind", "received", "due"),
    [
        (Law.RU_152, RequestKind.ACCESS, date(2026, 6, 1), date(2026, 6, 16)),
        (Law.RU_152, RequestKind.ACCESS, date(2025, 12, 30), date(2026, 1, 23)),
        (Law.RU_152, RequestKind.RECTIFICATION, date(2026, 4, 30), date(2026, 5, 13)),
        (Law.RU_152, RequestKind.STOP, date(2026, 6, 5), date(2026, 6, 22)),
        (Law.RU_152, RequestKind.WITHDRAWAL, date(2026, 6, 15), date(2026, 7, 15)),
        (Law.RU_152, RequestKind.OBJECTION, date(2026, 6, 15), date(2026, 6, 15)),
        (Law.GDPR, RequestKind.ACCESS, date(2026, 1, 31), date(2026, 2, 28)),
        (Law.GDPR, RequestKind.ERASURE, date(2026, 11, 30), date(2026, 12, 30)),
    ],
)
def test_a_term_ends_when_the_law_says(
    law: Law, kind: RequestKind, received: date, due: date
) -> None:
    assert TERMS[law, kind].ends(received, {}) == due


def test_an_extension_is_counted_from_the_receipt() -> None:
    term = TERMS[Law.RU_152, RequestKind.ACCESS]
    assert term.ends(date(2026, 6, 1), {}, extended=True) == date(2026, 6, 23)
    assert TERMS[Law.GDPR, RequestKind.ACCESS].ends(date(2026, 1, 31), {}, extended=True) == date(
        2026, 4, 30
    )


@given(DAYS, st.integers(1, 40))
def test_a_term_ends_on_a_working_day_with_as_many_working_days_before(
    start: date, days: int
) -> None:
    last = add_working_days(start, days, {})
    assert is_working(last, {})
    assert working_days_between(start, last, {}) == days
    assert working_days_between(last, start, {}) == -days


@given(DAYS, st.dictionaries(DAYS, st.booleans(), max_size=5))
def test_own_days_win_over_the_calendar(day: date, own: dict[date, bool]) -> None:
    assert is_working(day, own) is own.get(day, is_working(day, {}))


@given(DAYS, st.integers(1, 24))
def test_months_end_on_the_same_day_or_the_last_one(start: date, months: int) -> None:
    end = add_months(start, months)
    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day == start.day or (end + timedelta(days=1)).day == 1


def test_days_of_a_year_without_a_decree_are_moved_by_the_law() -> None:
    assert days_moved(2028) == {date(2028, 11, 6): False}


def test_urgency_grows_as_the_term_comes_near() -> None:
    today = date(2026, 6, 15)
    shown = [
        urgency_of(RequestState.OPEN, today, today + timedelta(days=n), n) for n in (-1, 0, 3, 4)
    ]
    assert shown == ["overdue", "today", "soon", "calm"]
    assert urgency_of(RequestState.REFUSED, today, today, 0) == "closed"


@pytest.fixture
async def person(rt: Runtime, workspace: Workspace, now: datetime) -> int:
    async with rt.db.begin() as tx:
        return (await make_profiles(tx, workspace.id, now, 1))[0]


async def test_a_request_is_counted_down_extended_and_answered(
    cast: Cast, rt: Runtime, workspace: Workspace, person: int, clock: Clock
) -> None:
    body = {"kind": "access", "received_on": "2026-06-01", "profile_id": person}
    made = await cast.marketer.post(PATH, json=body)
    assert made.status_code == 201
    request = made.json()
    assert (request["number"], request["due_on"], request["left"], request["urgency"]) == (
        1,
        "2026-06-16",
        1,
        "soon",
    )
    one = f"{PATH}/{request['id']}"
    clock.now = datetime(2026, 6, 17, 9, 0, tzinfo=UTC)
    async with rt.db.begin() as tx:
        due = await requests_due(tx, workspace_id=workspace.id, now=clock.now)
        lines = [
            line for lang in LANGS for line in await due_requests(tx, workspace.id, clock.now, lang)
        ]
    assert due == DueRequests(1, 0, date(2026, 6, 16), None)
    assert [line.detail for line in lines] == [
        "The oldest term ended on 16\u00a0June 2026.",
        "Самый давний срок истёк 16\u00a0июня 2026.",
    ]
    assert (await cast.colleague.get(f"{PATH}/due")).json()["overdue"] == 1
    extended = await cast.marketer.put(f"{one}/extension", json={"reason": "the archive is large"})
    assert (extended.json()["due_on"], extended.json()["urgency"]) == ("2026-06-23", "calm")
    twice = await cast.marketer.put(f"{one}/extension", json={"reason": "once more"})
    assert (twice.status_code, twice.json()["code"]) == (409, "person_request_not_extendable")
    answered = (await cast.marketer.put(f"{one}/answer", json={"answer": "copy sent"})).json()
    assert (answered["state"], answered["answered_by"]) == ("answered", "Marketer")
    again = await cast.marketer.put(f"{one}/answer", json={"answer": "copy sent"})
    assert (again.status_code, again.json()["code"]) == (409, "person_request_closed")
    listed = await cast.colleague.get(PATH, params={"state": "answered"})
    assert [row["number"] for row in listed.json()["items"]] == [1]
    assert (await cast.colleague.get(PATH, params={"state": "open"})).json()["items"] == []


async def test_the_list_begins_with_the_most_urgent_and_has_pages(cast: Cast) -> None:
    for received in ("2026-06-10", "2026-05-20", "2026-06-12"):
        body = {"kind": "access", "received_on": received, "person": "by phone"}
        assert (await cast.marketer.post(PATH, json=body)).status_code == 201
    numbers, cursor = [], None
    while True:
        page = (await cast.colleague.get(PATH, params={"limit": 1, "cursor": cursor or ""})).json()
        numbers += [row["number"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert numbers == [2, 1, 3]


async def test_an_answer_may_take_consents_back(
    cast: Cast, rt: Runtime, workspace: Workspace, person: int
) -> None:
    body = {"kind": "objection", "received_on": "2026-06-15", "person": "by mail"}
    request = (await cast.marketer.post(PATH, json=body)).json()
    one = f"{PATH}/{request['id']}"
    attached = await cast.marketer.patch(one, json={"profile_id": person})
    assert attached.json()["profile_id"] == person
    closed = await cast.marketer.put(
        f"{one}/answer", json={"answer": "no more letters", "withdraw": ["advertising"]}
    )
    assert closed.status_code == 200
    async with rt.db.begin() as tx:
        states = await consent_states(tx, workspace_id=workspace.id, profile_id=person)
    assert {state.state.value for state in states} == {"withdrawn"}
    assert len(states) == 7


async def test_strangers_see_no_request_and_analysts_change_none(cast: Cast) -> None:
    body = {"kind": "erasure", "received_on": "2026-06-15", "person": "Ann"}
    request = (await cast.marketer.post(PATH, json=body)).json()
    one = f"{PATH}/{request['id']}"
    assert (await cast.stranger.get(PATH)).json()["items"] == []
    assert (await cast.colleague.post(PATH, json=body)).status_code == 403
    assert (await cast.nobody.get(PATH)).status_code == 401
    for path, data in (
        (f"{one}/answer", {"answer": "yes yes"}),
        (f"{one}/extension", {"reason": "because"}),
    ):
        assert (await cast.stranger.put(path, json=data)).status_code == 404
    future = await cast.marketer.post(PATH, json={**body, "received_on": "2026-06-17"})
    assert (future.status_code, future.json()["code"]) == (422, "received_in_future")


async def test_a_day_added_to_the_calendar_moves_open_terms(cast: Cast) -> None:
    body = {"kind": "access", "received_on": "2026-06-01", "person": "Ann"}
    await cast.marketer.post(PATH, json=body)
    path = "/api/v1/working-calendar"
    days = {"days": [{"day": "2026-06-10", "working": False}]}
    assert (await cast.marketer.put(path, json=days)).status_code == 403
    assert (await cast.owner.put(path, json=days)).json() == days
    (request,) = (await cast.colleague.get(PATH)).json()["items"]
    assert request["due_on"] == "2026-06-17"
    assert (await cast.stranger.get(path)).json() == {"days": []}
