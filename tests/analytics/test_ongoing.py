"""Reports of mailings that go on: periods, editions, runs, people with several letters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from otklik.analytics.behind import BehindSpec, people_of_figure
from otklik.analytics.errors import BadPeriod
from otklik.analytics.ongoing import EVERYBODY, Span, letters_by_edition, span_of
from otklik.analytics.public import ArmSpec, GoalSpec, campaign_report
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow

DAY = timedelta(days=1)
ALL = (ArmSpec(EVERYBODY, "Everybody", 10_000),)
GOAL = GoalSpec("Paid", [], 24, "total")


def letter(
    message_id: int, person: int, edition: str, at: datetime, *facts: tuple[str, str]
) -> list[FactRow]:
    """Return a letter that was asked for, and what became of it within the hour."""
    return [
        FactRow(message_id, person, edition, "assigned", at),
        *(
            FactRow(message_id, person, edition, fact, at + timedelta(hours=1), verdict)
            for fact, verdict in facts
        ),
    ]


SENT, OPENED, MACHINE, BOUNCED = (
    ("sent", ""),
    ("opened", "person"),
    ("opened", "machine"),
    ("bounced", ""),
)


async def receipts(store: Store) -> None:
    """Ann has three letters of two editions, Bob one that came back, Cid one that was skipped."""
    await store.facts(
        [
            *letter(11, 1, "1", START, SENT, OPENED),
            *letter(12, 1, "1", START + 3 * DAY, BOUNCED),
            *letter(13, 1, "2", START + 10 * DAY, SENT, MACHINE, ("complained", "")),
            *letter(21, 2, "1", START + DAY, SENT, BOUNCED),
            FactRow(31, 3, "", "skipped", START + DAY, reason="no_consent"),
        ],
        source_kind="transactional",
    )
    await store.events(
        [
            EventRow(1, "Paid", START + timedelta(hours=5), {"total": 10}),
            # Between the windows of the second and the third letter.
            EventRow(1, "Paid", START + 6 * DAY, {"total": 100}),
            EventRow(1, "Paid", START + 10 * DAY + timedelta(hours=2), {"total": 1}),
        ]
    )


def spec_of(store: Store, **fields: Any) -> Any:
    return store.spec(
        source_kind="transactional",
        arms=ALL,
        goal=GOAL,
        repeated=True,
        as_of=START + 30 * DAY,
        **fields,
    )


async def test_a_person_with_several_letters_is_one_with_the_best_that_became_of_them(
    rt: Runtime, store: Store
) -> None:
    await receipts(store)
    report = await campaign_report(rt, spec_of(store), "en")
    [arm] = report.arms
    assert (report.messages, arm.assigned) == (4, 2)
    assert (arm.sent, arm.delivered, arm.bounced) == (2, 1, 1)
    assert (arm.opened_person, arm.opened_machine, arm.complained) == (1, 0, 1)
    # A window from each letter: what was paid between them is not counted.
    assert (arm.targets, arm.target_events, arm.revenue) == (1, 2, 11.0)
    assert [(one.reason, one.count) for one in report.skips] == [("no_consent", 1)]
    assert report.comparisons == []
    assert report.sample_ratio is None
    assert report.verdict.text.startswith("Everybody gets this letter")
    people = await people_of_figure(rt, spec_of(store), BehindSpec(figure="bounced", arm="all"))
    assert [one.profile_id for one in people.items] == [2]


async def test_a_period_has_the_letters_asked_for_in_it_and_all_that_became_of_them(
    rt: Runtime, store: Store
) -> None:
    await receipts(store)
    early = {"since": START - DAY, "until": START + timedelta(minutes=30)}
    report = await campaign_report(rt, spec_of(store, **early), "en")
    [arm] = report.arms
    # The opening came after the period.
    assert (report.messages, arm.assigned, arm.opened_person, arm.revenue) == (1, 1, 1, 10.0)
    assert report.skips == []
    second = await campaign_report(rt, spec_of(store, edition="2"), "en")
    [arm] = second.arms
    assert (second.messages, arm.delivered, arm.opened_person, arm.opened_machine) == (1, 1, 0, 1)
    rows = await letters_by_edition(rt, spec_of(store))
    told = [(r.edition, r.messages, r.sent, r.delivered, r.bounced, r.opened_person) for r in rows]
    assert told == [("2", 1, 1, 1, 0, 0), ("1", 3, 3, 1, 2, 1)]
    assert (rows[1].first_at, rows[1].last_at) == (START, START + 3 * DAY)


async def test_runs_of_a_series_are_held_against_those_who_got_none(
    rt: Runtime, store: Store
) -> None:
    runs = (new_id(), new_id())
    for number, run in enumerate(runs):
        at = START + 7 * number * DAY
        base = 1000 * number
        await store.facts(
            [
                row
                for person in range(1, 41)
                for row in letter(
                    base + person,
                    person,
                    "A" if person <= 30 else "control",
                    at,
                    *([SENT] if person <= 30 else []),
                )
            ],
            source_id=run,
        )
    await store.events(
        [
            EventRow(one, "Paid", START + 7 * DAY + timedelta(hours=3), {"total": 5})
            for one in (1, 31)
        ]
    )
    arms = (ArmSpec(EVERYBODY, "Readers", 7500), ArmSpec("control", "", 2500, is_control=True))
    spec = store.spec(arms=arms, goal=GOAL, repeated=True, sources=runs, as_of=START + 30 * DAY)
    report = await campaign_report(rt, spec, "en")
    readers, control = report.arms
    assert (report.messages, readers.assigned, control.assigned) == (60, 30, 10)
    assert (readers.delivered, readers.targets, control.targets) == (30, 1, 1)
    assert report.sample_ratio is not None
    assert {one.against for one in report.comparisons} == {"control"}
    assert report.crossed == 0


def test_days_are_those_of_the_workspace() -> None:
    now = datetime(2026, 3, 29, 21, 30, tzinfo=UTC)
    span = span_of(date(2026, 3, 29), date(2026, 3, 29), zone="Europe/Berlin", now=now)
    # The day on which clocks are set forward has 23 hours.
    assert span == Span(
        datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    )
    assert span_of(None, None, zone="Europe/Berlin", now=now) is None
    since = span_of(date(2026, 3, 1), None, zone="Asia/Tokyo", now=now)
    assert since is not None
    assert since.until == datetime(2026, 3, 30, 15, tzinfo=UTC)
    with pytest.raises(BadPeriod):
        span_of(date(2026, 3, 2), date(2026, 3, 1), zone="UTC", now=now)
    for far in (date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(BadPeriod):
            span_of(None, far, zone="UTC", now=now)
