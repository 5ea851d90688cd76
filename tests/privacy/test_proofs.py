"""The chain of the ledger, purposes and subtopics, the state at any moment, proofs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.privacy.model import Action, Purpose, Said, Source, State, current_state
from otklik.privacy.public import (
    ConsentEntry,
    Sendability,
    consent_states,
    consents_at,
    create_topic,
    record_consents,
    sendable,
)
from otklik.privacy.queries.proofs import check_chain
from otklik.profiles.public import merge_profiles
from otklik.runtime.public import Bus, Runtime, Tx
from tests.conftest import NOW, Cast
from tests.privacy.conftest import Say, make_profiles

ACTS = st.lists(
    st.tuples(
        st.sampled_from(list(Purpose)),
        st.sampled_from(list(Action)),
        st.integers(-5, 0),
        st.integers(0, 4),
    ),
    max_size=8,
)


@given(ACTS, st.integers(-6, 5))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_the_state_at_a_moment_is_what_a_replay_of_the_ledger_says(
    rt: Runtime,
    workspace: Workspace,
    acts: list[tuple[Purpose, Action, int, int]],
    moment: int,
) -> None:
    """`acts`: purpose, act, day of the act, and hours after `NOW` at which it was written down."""
    at = NOW + timedelta(hours=moment)
    async with rt.db.engine.connect() as connection, connection.begin() as transaction:
        tx = connection
        (person,) = await make_profiles(tx, workspace.id, NOW, 1)
        replayed: dict[Purpose, list[Said]] = {}
        for purpose, action, day, hour in sorted(acts, key=lambda act: act[3]):
            written = NOW + timedelta(hours=hour)
            entry = ConsentEntry(
                profile_id=person,
                purpose=purpose,
                channel="email" if purpose is Purpose.ADVERTISING else "",
                action=action,
                source=Source.FORM,
                at=NOW + timedelta(days=day),
            )
            await record_consents(tx, workspace_id=workspace.id, entries=[entry], now=written)
            if written <= at and entry.at <= at:
                replayed.setdefault(purpose, []).append(
                    Said(person, action, Source.FORM, entry.at, written, None)
                )
        found = await consents_at(tx, workspace_id=workspace.id, profile_id=person, at=at)
        expected = {purpose: current_state(lines)[0] for purpose, lines in replayed.items()}
        assert {item.purpose: item.state for item in found} == expected
        await transaction.rollback()


async def test_purposes_never_stand_for_each_other(
    tx: Tx, workspace: Workspace, people: list[int], say: Say
) -> None:
    one, two, three = people
    await say(one, "granted", purpose=Purpose.PROCESSING, channel="")
    await say(two, "granted")
    await say(three, "granted")
    await say(three, "withdrawn", purpose=Purpose.PROCESSING, channel="")
    found = await sendable(
        tx, workspace_id=workspace.id, channel="email", topic_id=None, profile_ids=people
    )
    assert found == {
        one: Sendability.NO_CONSENT,
        two: Sendability.ALLOWED,
        three: Sendability.WITHDRAWN,
    }


async def test_a_refused_partner_does_not_stop_letters(
    tx: Tx, workspace: Workspace, people: list[int], say: Say
) -> None:
    await say(people[0], "granted")
    await say(people[0], "withdrawn", purpose=Purpose.PARTNERS, channel="")
    found = await sendable(
        tx, workspace_id=workspace.id, channel="email", topic_id=None, profile_ids=people[:1]
    )
    assert found == {people[0]: Sendability.ALLOWED}


async def test_the_stricter_wins_at_a_merge_for_every_purpose(
    tx: Tx, workspace: Workspace, people: list[int], say: Say, bus: Bus, now: datetime
) -> None:
    for purpose in Purpose:
        channel = "email" if purpose is Purpose.ADVERTISING else ""
        await say(people[0], "granted", purpose=purpose, channel=channel)
        if purpose is not Purpose.PARTNERS:
            await say(people[1], "withdrawn", days=-9, purpose=purpose, channel=channel)
    root = await merge_profiles(
        tx, workspace_id=workspace.id, from_id=people[0], into_id=people[1], now=now, bus=bus
    )
    states = await consent_states(tx, workspace_id=workspace.id, profile_id=root)
    assert {item.purpose: item.state for item in states} == {
        Purpose.ADVERTISING: State.WITHDRAWN,
        Purpose.PROCESSING: State.WITHDRAWN,
        Purpose.PARTNERS: State.GRANTED,
    }


async def test_a_withdrawn_topic_covers_its_subtopics(
    tx: Tx, workspace: Workspace, people: list[int], say: Say, now: datetime
) -> None:
    parent = await create_topic(tx, workspace_id=workspace.id, name="News", now=now)
    child = await create_topic(
        tx, workspace_id=workspace.id, name="Digest", parent_id=parent.id, now=now
    )
    await say(people[0], "granted", days=-2, topic_id=child.id)
    await say(people[0], "withdrawn", days=-1, topic_id=parent.id)
    ask = {"workspace_id": workspace.id, "channel": "email", "profile_ids": people[:1]}
    found = await sendable(tx, topic_id=child.id, **ask)
    assert found == {people[0]: Sendability.WITHDRAWN}
    await say(people[0], "granted", topic_id=child.id)
    found = await sendable(tx, topic_id=child.id, **ask)
    assert found == {people[0]: Sendability.ALLOWED}


async def test_an_agreement_to_a_topic_asks_about_refused_subtopics(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    async with rt.db.begin() as tx:
        (person,) = await make_profiles(tx, workspace.id, now, 1)
    parent = (await cast.marketer.post("/api/v1/topics", json={"name": "News"})).json()
    child = await cast.marketer.post(
        "/api/v1/topics", json={"name": "Digest", "parent_id": parent["id"]}
    )
    path = f"/api/v1/profiles/{person}/consents"
    base = {"channel": "email", "proof": {"note": "by phone"}}
    refusal = {**base, "action": "withdrawn", "topic_id": child.json()["id"]}
    assert (await cast.marketer.post(path, json=refusal)).status_code == 201
    grant = {**base, "action": "granted", "topic_id": parent["id"]}
    asked = await cast.marketer.post(path, json=grant)
    assert (asked.status_code, asked.json()["code"]) == (409, "subtopics_refused")
    assert "Digest" in asked.json()["detail"]
    rt.clock.now += timedelta(minutes=1)  # type: ignore[attr-defined]  # the tests' clock
    both = await cast.marketer.post(path, json={**grant, "subtopics": "grant"})
    assert both.status_code == 201
    states = (await cast.colleague.get(f"/api/v1/profiles/{person}/consent-states")).json()
    assert [state["state"] for state in states] == ["granted", "granted"]


async def test_a_changed_line_breaks_the_chain_at_its_number(
    rt: Runtime, tx: Tx, workspace: Workspace, people: list[int], say: Say
) -> None:
    for action in ("granted", "withdrawn", "granted"):
        await say(people[0], action, ip="2001:DB8::1", proof={"form": "https://x.example/a"})
    whole = await check_chain(tx, workspace_id=workspace.id)
    assert (whole.whole, whole.length, whole.older) == (True, 3, 0)
    # Only somebody who may switch triggers off can do this at all.
    await tx.execute(sa.text("ALTER TABLE consent_entries DISABLE TRIGGER USER"))
    for change in ("action = 'granted'", "ip = '192.0.2.9'", "at = at - interval '1 day'"):
        async with tx.begin_nested() as attempt:
            await tx.execute(
                sa.text(
                    f"UPDATE consent_entries SET {change} WHERE workspace_id = :ws AND number = 2"
                ),
                {"ws": workspace.id},
            )
            broken = await check_chain(tx, workspace_id=workspace.id)
            assert (broken.whole, broken.broken_at) == (False, 2)
            await attempt.rollback()
    async with tx.begin_nested() as attempt:
        await tx.execute(
            sa.text("DELETE FROM consent_entries WHERE workspace_id = :ws AND number = 3"),
            {"ws": workspace.id},
        )
        cut = await check_chain(tx, workspace_id=workspace.id)
        assert (cut.whole, cut.broken_at) == (False, 3)
        await attempt.rollback()


async def test_the_ledger_lets_through_an_erasure_and_nothing_more(
    tx: Tx, workspace: Workspace, people: list[int], say: Say
) -> None:
    await say(people[0], "granted")
    for change in (
        "action = 'withdrawn'",
        "profile_id = 0",
        "profile_id = 0, erased_at = now(), ip = NULL, proof = NULL, key = NULL, nonce = NULL,"
        " at = now()",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            async with tx.begin_nested():
                await tx.execute(
                    sa.text(f"UPDATE consent_entries SET {change} WHERE workspace_id = :ws"),
                    {"ws": workspace.id},
                )
    await tx.execute(
        sa.text(
            "UPDATE consent_entries SET profile_id = 0, erased_at = now(), ip = NULL,"
            " proof = NULL, key = NULL, nonce = NULL WHERE workspace_id = :ws"
        ),
        {"ws": workspace.id},
    )
    assert (await check_chain(tx, workspace_id=workspace.id)).whole


async def test_a_proof_shows_the_text_and_escapes_it(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    async with rt.db.begin() as tx:
        (person,) = await make_profiles(tx, workspace.id, now, 1)
    text = await cast.owner.post(
        "/api/v1/consent-texts",
        json={"name": "Letters", "lang": "ru", "text": "Согласен <script>alert(1)</script>"},
    )
    path = f"/api/v1/profiles/{person}/consents"
    body = {
        "channel": "email",
        "action": "granted",
        "text_id": text.json()["id"],
        "ip": "192.0.2.44",
        "proof": {"form": "https://shop.example/form"},
    }
    assert (await cast.marketer.post(path, json=body)).status_code == 201
    wrong = await cast.marketer.post(path, json={**body, "ip": "localhost"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_ip_address")
    (line,) = (await cast.colleague.get(path)).json()["items"]
    page = await cast.colleague.get(f"{path}/{line['id']}/proof", params={"in_lang": "ru"})
    assert page.headers["content-type"].startswith("text/html")
    for shown in (
        "Подтверждение согласия",
        "https://shop.example/form",
        "192.0.2.44",
        "сходится с цепочкой",
        line["digest"],
        "&lt;script&gt;",
    ):
        assert shown in page.text
    assert "<script" not in page.text
    english = await cast.colleague.get(f"{path}/{line['id']}/proof", params={"in_lang": "en"})
    assert "Proof of consent" in english.text
    for client in (cast.stranger, cast.nobody):
        hidden = await client.get(f"{path}/{line['id']}/proof")
        assert hidden.status_code in {401, 404}
    missing = await cast.colleague.get(f"{path}/{line['id'] + 1000}/proof")
    assert missing.json()["code"] == "consent_entry_not_found"
