"""The figures of a mailing by trait, domain, device and segment, against a naive recount."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest

from otklik.analytics.behind import FIGURES, BehindSpec, chosen_of, people_of_figure
from otklik.analytics.export import people_csv
from otklik.analytics.model import By
from otklik.analytics.parts import VALUES_MAX, Part, PartChosen, ReportParts, report_by
from otklik.analytics.public import ArmSpec, GoalSpec, ReportSpec, campaign_report
from otklik.runtime.public import Runtime

from .conftest import START, Store
from .recount import EventRow, FactRow, Person, TraitRow, people_of

ARMS = (ArmSpec("A", "Spring", 5000), ArmSpec("control", "", 5000, is_control=True))
AGENTS = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148": "phone",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/130 Mobile Safari/537.36": "phone",
    "Mozilla/5.0 (Linux; Android 14; SM-X910) Chrome/130 Safari/537.36": "tablet",
    "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X)": "tablet",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130": "desktop",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15": "desktop",
    "Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)": "hidden",
    "": "other",
}
MERGES = {3: 103, 4: 103, 5: 104}
PEOPLE = range(1, 61)


async def mailing(store: Store) -> tuple[ReportSpec, dict[int, Person]]:
    """Store a mailing to sixty people, three of whom are two now, and return who they are."""
    dice = Random(7)
    spec = store.spec(
        arms=ARMS,
        goal=GoalSpec("Order Completed", [], 24, "total"),
        as_of=START + timedelta(days=3),
    )
    facts = [FactRow(i, i, "A" if i % 2 else "control", "assigned", START) for i in PEOPLE]
    for i in PEOPLE:
        if i % 2:
            facts += [FactRow(i, i, "A", "sent", START)]
            facts += [
                FactRow(i, i, "A", fact, START)
                for fact in ("bounced", "unsubscribed", "complained")
                if dice.random() < 0.1
            ]
            facts += [
                FactRow(
                    i,
                    i,
                    "A",
                    fact,
                    START,
                    dice.choice(["person", "machine"]),
                    user_agent=dice.choice(list(AGENTS)),
                )
                for fact in ("opened", "clicked")
                if dice.random() < 0.5
            ]
    at = START + timedelta(hours=1)
    events = [
        EventRow(i, "Order Completed", at, {"total": 10 + i}) for i in PEOPLE if dice.random() < 0.4
    ]
    await store.facts(facts)
    await store.events(events)
    await store.merges(MERGES)
    return spec, people_of(spec, facts, events, MERGES)


def recount(people: dict[int, Person], ids: set[int]) -> list[tuple[float, ...]]:
    """Count the people of a part in each arm, in the order of PartArm's figures."""
    told = []
    for arm in ARMS:
        mine = [one for person, one in people.items() if person in ids and one.arm == arm.key]

        def did(fact: str, mine: list[Person] = mine) -> int:
            return sum(
                any(row.fact == fact and row.verdict in ("", "person") for row in one.facts)
                for one in mine
            )

        revenue = sum(row.properties["total"] for one in mine for row in one.targets)
        targets = sum(bool(one.targets) for one in mine)
        told.append(
            (
                len(mine),
                did("sent"),
                did("sent") - did("bounced"),
                did("bounced"),
                did("opened"),
                did("clicked"),
                did("unsubscribed"),
                did("complained"),
                targets,
                revenue,
            )
        )
    return told


def figures(part: Part) -> list[tuple[float, ...]]:
    assert [arm.key for arm in part.arms] == [arm.key for arm in ARMS]
    return [msgspec.structs.astuple(one)[1:] for one in part.arms]


async def by(rt: Runtime, store: Store, spec: ReportSpec, rows: list[TraitRow]) -> ReportParts:
    await store.traits("trait", rows)
    await store.traits("other", [TraitRow(i, "string", "not asked for") for i in PEOPLE])
    elsewhere = Store(rt)
    await elsewhere.traits("trait", [TraitRow(i, "string", "elsewhere") for i in PEOPLE])
    return await report_by(rt, spec, By("trait", "trait"))


async def the_people_behind_the_parts(
    rt: Runtime, spec: ReportSpec, by: By, found: ReportParts
) -> None:
    """A figure of a part opens as many people as it says."""
    for part in found.parts:
        chosen = PartChosen(by=by, kind=part.kind, value=part.value, low=part.low)
        behind = BehindSpec(figure="targets", part=chosen)
        told = sum(arm.targets for arm in part.arms)
        page = await people_of_figure(rt, spec, behind)
        assert page.total == told, (part.kind, part.value)


async def test_texts_stand_by_frequency_with_those_of_nobody_last(
    rt: Runtime, store: Store
) -> None:
    spec, people = await mailing(store)
    cities = {person: "Tver" if person % 3 else "Orel" for person in people if person % 7}
    rows = [TraitRow(i, "string", city, version=2) for i, city in cities.items()]
    # Older values, a value that was taken back, an empty text, and a person who got no letter.
    rows += [TraitRow(i, "string", "Former", version=1) for i in cities]
    rows += [TraitRow(7, "string", "Gone"), TraitRow(7, "null", version=2)]
    rows += [TraitRow(14, "string", ""), TraitRow(999, "string", "Nobody")]
    found = await by(rt, store, spec, rows)
    assert (found.dimension, found.type) == ("trait", "other")
    assert [(part.kind, part.value) for part in found.parts] == [
        ("value", "Tver"),
        ("value", "Orel"),
        ("none", ""),
    ]
    for part in found.parts:
        ids = {person for person in people if cities.get(person, "") == part.value}
        assert figures(part) == recount(people, ids)
    assert sum(arm.assigned for part in found.parts for arm in part.arms) == len(people)


async def test_a_person_with_a_list_is_in_the_row_of_each_of_its_values(
    rt: Runtime, store: Store
) -> None:
    spec, people = await mailing(store)
    dice = Random(7)
    tags = {i: dice.choices(["a", "b", "c"], k=dice.randint(0, 4)) for i in people}
    found = await by(
        rt, store, spec, [TraitRow(i, "list", items=items) for i, items in tags.items()]
    )
    assert {part.value for part in found.parts} == {"a", "b", "c", ""}
    for part in found.parts:
        ids = {i for i, items in tags.items() if part.value in items or not (part.value or items)}
        assert figures(part) == recount(people, ids)
    await the_people_behind_the_parts(rt, spec, By("trait", "trait"), found)


async def test_values_past_the_most_frequent_share_a_row(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    names = {i: f"name {i % (VALUES_MAX + 9)}" for i in people}
    found = await by(rt, store, spec, [TraitRow(i, "string", name) for i, name in names.items()])
    frequency = Counter(names.values())
    expected = sorted(frequency, key=lambda name: (-frequency[name], name))[:VALUES_MAX]
    assert [part.value for part in found.parts[:-1]] == expected
    assert found.parts[-1].kind == "rest"
    rest = {i for i, name in names.items() if name not in expected}
    assert figures(found.parts[-1]) == recount(people, rest)
    ends = msgspec.structs.replace(found, parts=[found.parts[0], found.parts[-1]])
    await the_people_behind_the_parts(rt, spec, By("trait", "trait"), ends)


async def test_few_numbers_and_booleans_stand_by_themselves(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    groups = {i: (i % 4) / 2 for i in people}
    found = await by(
        rt, store, spec, [TraitRow(i, "number", number=one) for i, one in groups.items()]
    )
    assert found.type == "number"
    assert {part.value for part in found.parts} == {"0", "0.5", "1", "1.5"}
    for part in found.parts:
        ids = {i for i, one in groups.items() if one == float(part.value)}
        assert figures(part) == recount(people, ids)
    await store.traits("yes", [TraitRow(i, "bool", number=i % 2) for i in people])
    answers = await report_by(rt, spec, By("trait", "yes"))
    assert {part.value for part in answers.parts} == {"true", "false"}


@pytest.mark.parametrize("kind", ["number", "date"])
async def test_many_numbers_and_dates_are_cut_into_fifths(
    rt: Runtime, store: Store, kind: str
) -> None:
    spec, people = await mailing(store)
    base = datetime(2026, 1, 1, tzinfo=UTC).timestamp() if kind == "date" else -10.0
    numbers = {i: base + place**2 * 0.5 for place, i in enumerate(sorted(people))}
    # One in six has a text that is no number.
    rows = [TraitRow(i, kind, number=one) for i, one in numbers.items() if i % 6]
    rows += [TraitRow(i, "string", "unknown") for i in numbers if not i % 6]
    found = await by(rt, store, spec, rows)
    assert found.type == kind
    ranges = [part for part in found.parts if part.kind == "range"]
    assert len(ranges) == 5
    assert (ranges[0].low, ranges[-1].high) == (None, None)
    assert [one.high for one in ranges[:-1]] == [one.low for one in ranges[1:]]
    sizes = []
    for part in ranges:
        low, high = part.low or -1e99, part.high or 1e99
        ids = {i for i, one in numbers.items() if i % 6 and low <= one < high}
        assert figures(part) == recount(people, ids)
        sizes.append(len(ids))
    assert max(sizes) - min(sizes) <= 1
    others = found.parts[5:]
    assert [(part.kind, part.value) for part in others] == [("value", "unknown")]
    assert figures(others[0]) == recount(people, {i for i in people if not i % 6})
    await the_people_behind_the_parts(rt, spec, By("trait", "trait"), found)


async def test_a_trait_that_nobody_has_leaves_one_row(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    found = await report_by(rt, spec, By("trait", "unheard of"))
    assert [part.kind for part in found.parts] == ["none"]
    assert figures(found.parts[0]) == recount(people, set(people))


async def test_a_mailing_without_people_has_no_parts(rt: Runtime, store: Store) -> None:
    spec = store.spec(arms=ARMS, goal=None, as_of=START)
    assert (await report_by(rt, spec, By("trait", "city"))).parts == []


async def test_devices_are_those_on_which_people_opened_or_clicked(
    rt: Runtime, store: Store
) -> None:
    spec, people = await mailing(store)
    devices = {
        i: {
            AGENTS[row.user_agent]
            for row in one.facts
            if row.fact in ("opened", "clicked") and row.verdict == "person"
        }
        for i, one in people.items()
    }
    found = await report_by(rt, spec, By("device"))
    assert {part.value for part in found.parts} == {*set().union(*devices.values()), ""}
    assert len(found.parts) > 4
    for part in found.parts:
        ids = {i for i, some in devices.items() if part.value in some or not (part.value or some)}
        assert figures(part) == recount(people, ids)
    await the_people_behind_the_parts(rt, spec, By("device"), found)


async def test_domains_are_those_of_the_addresses(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    domains = {i: ["gmail.com"] if i % 3 else ["mail.ru", "ya.ru"] for i in people if i % 5}
    await store.domains(domains)
    found = await report_by(rt, spec, By("domain"))
    assert [part.value for part in found.parts] == ["gmail.com", "mail.ru", "ya.ru", ""]
    for part in found.parts:
        ids = {i for i in people if part.value in domains.get(i, [""])}
        assert figures(part) == recount(people, ids)


async def test_people_are_told_apart_by_the_segments_they_are_in(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    ours = {UUID(int=1): [2, 3, 9, 500], UUID(int=2): [9, 11], UUID(int=3): []}
    await store.segments({**ours, UUID(int=4): [*people]})
    await store.segments({UUID(int=2): [9, 10, 12]}, hours=1)
    found = await report_by(rt, spec, By("segment", segment_ids=tuple(ours)))
    # Profile 3 was merged into 103; the segment has not been recalculated since.
    now = {UUID(int=1): {2, 103, 9}, UUID(int=2): {9, 10, 12}}
    assert {part.value for part in found.parts} == {*map(str, now), ""}
    for part in found.parts:
        ids = now[UUID(part.value)] if part.value else {*people} - set().union(*now.values())
        assert figures(part) == recount(people, ids)


async def test_a_report_can_be_of_the_people_of_a_segment_alone(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    members = [3, *range(11, 44), 500]
    await store.segments({UUID(int=1): members, UUID(int=2): [*people]})
    spec = msgspec.structs.replace(spec, segment_id=UUID(int=1))
    ids = {MERGES.get(one, one) for one in members} & set(people)
    report = await campaign_report(rt, spec, "en")
    told = [
        (one.assigned, one.sent, one.delivered, one.bounced, one.opened_person,
         one.clicked_person, one.unsubscribed, one.complained, one.targets, one.revenue)
        for one in report.arms
    ]  # fmt: skip
    assert told == recount(people, ids)
    parts = (await report_by(rt, spec, By("device"))).parts
    clickers = {i for i in ids if any(row.verdict == "person" for row in people[i].facts)}
    assert sum(arm.assigned for part in parts if part.kind == "none" for arm in part.arms) == len(
        ids - clickers
    )
    page = await people_of_figure(rt, spec, BehindSpec(), limit=200)
    assert {one.profile_id for one in page.items} == ids
    at_ten = await people_of_figure(rt, spec, BehindSpec(figure="targets", hour=10), limit=200)
    assert at_ten.total == sum(one.targets for one in report.hours if one.hour == 10) > 0


@pytest.mark.parametrize("arm", [None, "A"])
async def test_the_people_behind_a_figure_are_as_many_as_it_says(
    rt: Runtime, store: Store, arm: str | None
) -> None:
    spec, _ = await mailing(store)
    report = await campaign_report(rt, spec, "en")
    for figure in FIGURES:
        if figure == "outliers":
            continue
        of = (
            [f"{figure}_person", f"{figure}_machine"]
            if figure in ("opened", "clicked")
            else [figure]
        )
        arms = [one for one in report.arms if arm in (None, one.key)]
        told = sum(getattr(one, field) for one in arms for field in of)
        behind = BehindSpec(figure=figure, arm=arm)
        page = await people_of_figure(rt, spec, behind, limit=200)
        assert page.total == len(page.items) == told, figure
        assert {one.arm for one in page.items} <= {arm or one.arm for one in page.items}
        if figure == "targets":
            chosen = await chosen_of(rt, spec, behind)
            table = b"".join([part async for part in people_csv(rt, spec, chosen)])
            assert table.count(b"\r\n") == 1 + told


async def test_the_people_behind_a_figure_come_in_pages(rt: Runtime, store: Store) -> None:
    spec, people = await mailing(store)
    seen: list[int] = []
    cursor = None
    while True:
        page = await people_of_figure(rt, spec, BehindSpec(), cursor=cursor, limit=25)
        assert (page.total is None) == bool(cursor)
        seen += [one.profile_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == sorted(people, reverse=True)
    buyers = await people_of_figure(rt, spec, BehindSpec(figure="targets"), limit=200)
    for one in buyers.items:
        mine = people[one.profile_id].targets
        assert (one.target_events, one.amount) == (
            len(mine),
            sum(row.properties["total"] for row in mine),
        )
        assert one.at == min(row.time for row in mine)


async def test_the_people_behind_a_link_followed_it_themselves(rt: Runtime, store: Store) -> None:
    spec, _ = await mailing(store)
    await store.facts(
        [
            FactRow(2, 2, "control", "clicked", START, "person", url="https://shop.test/a?b='"),
            FactRow(4, 4, "control", "clicked", START, "person", url="https://shop.test/a?b='"),
            FactRow(6, 6, "control", "clicked", START, "scanner", url="https://shop.test/a?b='"),
            FactRow(8, 8, "control", "clicked", START, "person", url="https://shop.test/"),
        ]
    )
    page = await people_of_figure(rt, spec, BehindSpec(url="https://shop.test/a?b='"))
    assert {one.profile_id for one in page.items} == {2, 103}
