"""The ledger of consents: only ever added to, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from otklik.accounts.public import Workspace
from otklik.kit.ids import new_id
from otklik.privacy.public import (
    Policy,
    Sendability,
    Source,
    State,
    TextNotFound,
    TopicNotFound,
    UnknownChannel,
    add_text,
    consent_states,
    consents_at,
    create_topic,
    ledger,
    sendable,
    set_policy,
    unsubscribe,
)
from otklik.profiles.public import list_merges, merge_profiles, undo_merge
from otklik.runtime.public import Bus, Runtime, Tx
from tests.privacy.conftest import Say, make_profiles


async def asked(
    tx: Tx, workspace: Workspace, people: list[int], topic_id: UUID | None = None
) -> list[Sendability]:
    found = await sendable(
        tx,
        workspace_id=workspace.id,
        channel="email",
        topic_id=topic_id,
        profile_ids=people,
    )
    return [found[one] for one in people]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_entries SET action = 'granted'",
        "DELETE FROM consent_entries",
        "TRUNCATE consent_entries",
    ],
)
async def test_the_database_refuses_to_change_the_ledger(
    statement: str, people: list[int], say: Say, tx: Tx
) -> None:
    await say(people[0], "withdrawn")
    with pytest.raises(DBAPIError, match="append-only"):
        async with tx.begin_nested():
            await tx.execute(sa.text(statement))


async def test_nothing_is_sent_without_a_consent(
    people: list[int], say: Say, tx: Tx, workspace: Workspace
) -> None:
    await say(people[0], "granted", days=-2)
    await say(people[1], "granted", days=-2)
    await say(people[1], "withdrawn", days=-1)
    assert await asked(tx, workspace, people) == [
        Sendability.ALLOWED,
        Sendability.WITHDRAWN,
        Sendability.NO_CONSENT,
    ]
    await set_policy(tx, workspace_id=workspace.id, policy=Policy(email_needs_consent=False))
    assert (await asked(tx, workspace, people))[2] is Sendability.ALLOWED


async def test_every_profile_asked_for_is_in_the_answer(
    tx: Tx, workspace: Workspace, other_workspace: Workspace, people: list[int], say: Say
) -> None:
    await say(people[0], "granted")
    assert await asked(tx, workspace, [2**40]) == [Sendability.NO_CONSENT]
    assert await asked(tx, other_workspace, people[:1]) == [Sendability.NO_CONSENT]


async def test_leaving_a_topic_leaves_the_others(
    people: list[int], say: Say, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    ws = {"workspace_id": workspace.id, "now": now}
    news = await create_topic(tx, name="News", **ws)
    sales = await create_topic(tx, name="Sales", **ws)
    weekly = await create_topic(tx, name="Weekly", parent_id=news.id, **ws)
    person = people[:1]
    await say(person[0], "granted", days=-5)
    await unsubscribe(
        tx,
        profile_id=person[0],
        channel="email",
        topic_id=news.id,
        source=Source.ONE_CLICK,
        proof={"message_id": 7},
        **ws,
    )
    assert await asked(tx, workspace, person, news.id) == [Sendability.WITHDRAWN]
    assert await asked(tx, workspace, person, weekly.id) == [Sendability.WITHDRAWN]
    assert await asked(tx, workspace, person, sales.id) == [Sendability.ALLOWED]
    await unsubscribe(
        tx, profile_id=person[0], channel="email", topic_id=None, source=Source.FORM, **ws
    )
    assert await asked(tx, workspace, person, sales.id) == [Sendability.WITHDRAWN]
    with pytest.raises(TopicNotFound):
        await asked(tx, workspace, person, new_id())


async def test_a_line_keeps_what_a_proof_needs(
    people: list[int], say: Say, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    text = await add_text(
        tx, workspace_id=workspace.id, name="Letters", lang="ru", text="Согласен", now=now
    )
    same = await add_text(
        tx, workspace_id=workspace.id, name="Letters", lang="ru", text="Согласен", now=now
    )
    newer = await add_text(
        tx, workspace_id=workspace.id, name="Letters", lang="ru", text="Согласна", now=now
    )
    assert (same.id, newer.version) == (text.id, 2)
    await say(
        people[0], "granted", days=-1, text_id=text.id, ip="2001:db8::1", proof={"form": "/sale"}
    )
    (line,) = (await ledger(tx, workspace_id=workspace.id, profile_id=people[0])).items
    assert (line.text_id, line.ip, line.proof) == (text.id, "2001:db8::1", {"form": "/sale"})
    assert (line.at, line.recorded_at) == (now - timedelta(days=1), now)


async def test_a_consent_from_the_future_counts_from_now(
    people: list[int], say: Say, tx: Tx, workspace: Workspace
) -> None:
    await say(people[0], "granted", days=900)
    await say(people[0], "withdrawn")
    assert await asked(tx, workspace, people[:1]) == [Sendability.WITHDRAWN]


async def test_a_line_with_a_known_key_is_written_once(
    people: list[int], say: Say, tx: Tx, workspace: Workspace
) -> None:
    assert await say(people[0], "granted", key="import:1") == 1
    assert await say(people[0], "granted", key="import:1") == 0
    assert len((await ledger(tx, workspace_id=workspace.id, profile_id=people[0])).items) == 1


async def test_wrong_lines_are_refused(people: list[int], say: Say) -> None:
    with pytest.raises(UnknownChannel):
        await say(people[0], "granted", channel="pigeon")
    with pytest.raises(TopicNotFound):
        await say(people[0], "granted", topic_id=new_id())
    with pytest.raises(TextNotFound):
        await say(people[0], "granted", text_id=new_id())


async def test_a_past_moment_can_be_looked_at(
    people: list[int], say: Say, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    one = {"workspace_id": workspace.id, "profile_id": people[0]}
    await say(people[0], "granted", days=-10)
    assert await consents_at(tx, at=now - timedelta(days=20), **one) == []
    # What was written down later had not been known then.
    assert await consents_at(tx, at=now - timedelta(days=5), **one) == []
    (item,) = await consents_at(tx, at=now, **one)
    assert item.state is State.GRANTED


async def test_the_stricter_wins_in_a_merge_and_is_given_back(
    people: list[int], say: Say, tx: Tx, workspace: Workspace, now: datetime, bus: Bus
) -> None:
    ws = {"workspace_id": workspace.id, "now": now, "bus": bus}
    one, two, three = people
    await say(one, "granted", days=-1)
    await say(two, "withdrawn", days=-9)
    await merge_profiles(tx, from_id=two, into_id=one, **ws)
    assert await asked(tx, workspace, [one]) == [Sendability.WITHDRAWN]
    assert len((await ledger(tx, workspace_id=workspace.id, profile_id=one)).items) == 2
    await merge_profiles(tx, from_id=one, into_id=three, **ws)
    assert await asked(tx, workspace, [three]) == [Sendability.WITHDRAWN]
    merges = await list_merges(tx, workspace_id=workspace.id, profile_id=three)
    for merge in merges:
        await undo_merge(tx, profile_id=merge.into_id, merge_id=merge.id, **ws)
    assert await asked(tx, workspace, people) == [
        Sendability.ALLOWED,
        Sendability.WITHDRAWN,
        Sendability.NO_CONSENT,
    ]


async def test_a_consent_given_after_a_merge_counts(
    people: list[int], say: Say, tx: Tx, workspace: Workspace, now: datetime, bus: Bus
) -> None:
    one, two, _ = people
    await say(two, "withdrawn", days=-9)
    await merge_profiles(tx, workspace_id=workspace.id, from_id=two, into_id=one, now=now, bus=bus)
    await say(two, "granted", written=60)
    assert await asked(tx, workspace, [one]) == [Sendability.ALLOWED]
    (state,) = await consent_states(tx, workspace_id=workspace.id, profile_id=one)
    assert state.state is State.GRANTED


async def test_consents_reach_clickhouse(rt: Runtime, workspace: Workspace, now: datetime) -> None:
    from otklik.privacy.public import Action, ConsentEntry, record_consents
    from otklik.runtime.outbox import carry_facts

    async with rt.db.begin() as tx:
        (person,) = await make_profiles(tx, workspace.id, now, 1)
    for action, days in ((Action.GRANTED, -2), (Action.WITHDRAWN, -1)):
        entry = ConsentEntry(
            profile_id=person,
            channel="email",
            action=action,
            source=Source.FORM,
            at=now + timedelta(days=days),
        )
        async with rt.db.begin() as tx:
            await record_consents(tx, workspace_id=workspace.id, entries=[entry], now=now)
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT profile_id, channel, topic, state FROM consents FINAL "
        "WHERE workspace_id = {ws:UInt32}",
        {"ws": workspace.id},
    )
    assert [tuple(row) for row in rows] == [(person, "email", "", "withdrawn")]
