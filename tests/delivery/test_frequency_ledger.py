"""The ledger of frequency by itself: merges, its end, and any history against a plain list."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.delivery.policy.model import Allowance, FrequencyLimit, SendingPolicy
from otklik.delivery.policy.operations import (
    Wish,
    give_back,
    on_profiles_merged,
    reserve,
    thin_ledger,
)
from otklik.delivery.policy.queries import marks_of
from otklik.profiles.public import ProfilesMerged
from otklik.runtime.public import Runtime
from tests.delivery.test_sending_policy import ledger


async def test_what_was_sent_to_either_profile_counts_for_the_person(
    rt: Runtime, workspace: Workspace
) -> None:
    day, (one, other, third) = 700_000, (11, 12, 13)
    policy = SendingPolicy(limits=[FrequencyLimit(2)])

    async def ask(message_id: int, profile_id: int) -> dict[int, Allowance]:
        async with rt.db.begin() as tx:
            return await reserve(
                tx,
                workspace_id=workspace.id,
                policy=policy,
                mass=True,
                wishes=[Wish(message_id, profile_id, day)],
            )

    assert await ask(1, one) == await ask(2, other) == {}
    async with rt.db.begin() as tx:
        await on_profiles_merged(
            ProfilesMerged(
                workspace_id=workspace.id, pairs=[(one, third), (other, third)], now=rt.clock()
            ),
            tx,
        )
    assert await ledger(rt, workspace, [one, other, third]) == {third: 2}
    assert await ask(3, third) == {3: Allowance.USED_UP}
    async with rt.db.begin() as tx:
        assert await thin_ledger(tx, today=date.fromordinal(day + 69)) == 0
        assert await thin_ledger(tx, today=date.fromordinal(day + 70)) >= 1


@pytest.fixture(scope="module")
def numbers() -> dict[str, int]:
    """A person of its own for every example."""
    return {"person": 5_000_000}


step = st.tuples(
    st.sampled_from(["mass", "trigger", "fail", "retry"]),
    st.integers(0, 2),  # person
    st.integers(0, 20),  # day, in any order: zones and clocks move both ways
    st.integers(0, 2),  # held
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(step, max_size=25),
    limits=st.lists(
        st.one_of(
            st.builds(FrequencyLimit, st.integers(1, 3), st.just("days"), st.integers(1, 9)),
            st.builds(FrequencyLimit, st.integers(1, 3), st.just("week")),
        ),
        max_size=2,
    ),
    apart=st.booleans(),
)
async def test_the_ledger_and_a_plain_list_agree_on_any_history(
    *,
    rt: Runtime,
    workspace: Workspace,
    numbers: dict[str, int],
    steps: list[tuple[str, int, int, int]],
    limits: list[FrequencyLimit],
    apart: bool,
) -> None:
    numbers["person"] += 10
    policy = SendingPolicy(limits=limits, mass_apart_from_triggered=apart)
    monday = date(2026, 6, 1)
    told: dict[int, list[tuple[int, date, bool]]] = defaultdict(list)
    asked: list[tuple[int, int, bool]] = []
    async with rt.db.begin() as tx:
        for number, (kind, place, offset, held) in enumerate(steps):
            person, day = numbers["person"] + place, monday + timedelta(offset)
            message_id, mass = number, kind != "trigger"
            if kind in ("fail", "retry"):
                if not asked:
                    continue
                message_id, person, mass = asked[offset % len(asked)]
            if kind == "fail":
                await give_back(tx, workspace_id=workspace.id, messages={message_id: person})
                told[person] = [one for one in told[person] if one[0] != message_id]
                continue
            refused = await reserve(
                tx,
                workspace_id=workspace.id,
                policy=policy,
                mass=mass,
                wishes=[Wish(message_id, person, day.toordinal(), held)],
            )
            asked.append((message_id, person, mass))
            others = [one for one in told[person] if one[0] != message_id]
            expected = plain_answer(policy, others, day, mass=mass, held=held)
            assert refused.get(message_id) == expected
            if expected is None:
                told[person] = [*others, (message_id, day, mass)]
        people = sorted(told)
        found = await marks_of(tx, workspace_id=workspace.id, profile_ids=people)
    assert {
        person: sorted(
            (m.message_id, date.fromordinal(m.day), m.mass) for m in found.get(person, [])
        )
        for person in people
    } == {person: sorted(told[person]) for person in people}


def plain_answer(
    policy: SendingPolicy,
    others: list[tuple[int, date, bool]],
    day: date,
    *,
    mass: bool,
    held: int,
) -> str | None:
    """The rules said once more, the long way round: with dates instead of numbers."""
    if policy.mass_apart_from_triggered:
        for _, when, was_mass in others:
            if when == day and was_mass != mass:
                return "used_up" if mass else "another_day"
    if not mass:
        return None
    worst = 0
    for limit in policy.limits:
        if limit.per == "week":
            begins = day - timedelta(days=day.weekday())
        else:
            begins = day - timedelta(days=limit.days - 1)
        used = len([1 for _, when, was_mass in others if was_mass and when >= begins])
        if used >= limit.count:
            worst = 2
        elif used + held >= limit.count:
            worst = max(worst, 1)
    return (None, "others_first", "used_up")[worst]
