"""Freezing the audience: who is meant, who is kept back, and kills in the middle."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.delivery.errors import MailingExists
from otklik.delivery.model import MailingSpec, MailingState, Variant
from otklik.delivery.operations import freeze
from otklik.delivery.operations.freeze import freeze_audience, preview_audience
from otklik.delivery.operations.mailings import create_mailing, stop_mailing
from otklik.delivery.queries import get_mailing, progress
from otklik.delivery.tables import mailing_audiences
from otklik.kit.ids import new_id
from otklik.privacy.public import Action, SuppressionReason, suppress
from otklik.profiles.public import Observation, resolve_identities
from otklik.runtime.public import Runtime
from tests.delivery.support import (
    facts_of,
    fates,
    grant,
    letter,
    mailing_to,
    make_people,
    order,
    tallies_match,
)

TWO = [Variant("A", "", 4_000, letter()), Variant("B", "", 4_000, letter("Other"))]


async def test_it_plans_a_message_for_everybody_who_may_get_one(
    rt: Runtime, workspace: Workspace
) -> None:
    ids = await make_people(rt, workspace, ["anna", "boris", "vera"])
    source_id = await mailing_to(rt, workspace, ids)
    assert await fates(rt, source_id) == dict.fromkeys(ids, ("planned", ""))
    assert await facts_of(rt, source_id) == {"assigned": Counter({"": 3})}
    async with rt.db.begin() as tx:
        mailing = await get_mailing(tx, workspace_id=workspace.id, source_id=source_id)
        found = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())
    assert mailing.state == MailingState.RUNNING
    assert (found.total, found.pending) == (3, 3)


async def test_it_says_why_each_of_the_others_gets_nothing(
    rt: Runtime, workspace: Workspace
) -> None:
    fine, refused, silent, stopped = await make_people(
        rt, workspace, ["fine", "refused", "silent", "stopped"], consent=False
    )
    await grant(rt, workspace, [fine, refused, stopped])
    await grant(rt, workspace, [refused], action=Action.WITHDRAWN)
    async with rt.db.begin() as tx:
        await suppress(
            tx,
            workspace_id=workspace.id,
            channel="email",
            address="stopped@example.com",
            reason=SuppressionReason.HARD_BOUNCE,
            now=rt.clock(),
        )
        nobody = (
            await resolve_identities(
                tx,
                workspace_id=workspace.id,
                observations=[Observation(index=0, time=rt.clock(), user_id="no-address")],
                now=rt.clock(),
            )
        ).profile_ids[0]
    source_id = await mailing_to(rt, workspace, [fine, refused, silent, stopped, nobody])
    assert await fates(rt, source_id) == {
        fine: ("planned", ""),
        refused: ("skipped", "withdrawn"),
        silent: ("skipped", "no_consent"),
        stopped: ("skipped", "suppressed"),
        nobody: ("skipped", "no_address"),
    }
    facts = await facts_of(rt, source_id)
    assert facts["skipped"] == Counter(
        {"withdrawn": 1, "no_consent": 1, "suppressed": 1, "no_address": 1}
    )
    assert facts["assigned"] == Counter({"": 1})
    assert await tallies_match(rt, source_id)


async def test_it_skips_an_address_that_cannot_be_one(
    rt: Runtime, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = await make_people(rt, workspace, ["good", "bad"])

    async def addresses(*_: object, **__: object) -> dict[int, str]:
        return {good: "Good.Name+tag@Example.com", bad: "bad\r\nBcc: all@example.com"}

    monkeypatch.setattr("otklik.delivery.gate.profile_addresses", addresses)
    source_id = await mailing_to(rt, workspace, [good, bad])
    found = await fates(rt, source_id)
    assert found[good] == ("planned", "")
    assert found[bad] == ("skipped", "invalid_address")


async def test_it_sends_one_letter_to_two_profiles_with_one_address(
    rt: Runtime, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, other, newer = sorted(await make_people(rt, workspace, ["one", "two", "three"]))
    shared = {older: "home@example.com", other: "other@example.com", newer: "Home@Example.com"}

    async def addresses(*_: object, **__: object) -> dict[int, str]:
        return shared

    monkeypatch.setattr("otklik.delivery.gate.profile_addresses", addresses)
    # One person a chunk: the rule holds across chunks too.
    monkeypatch.setattr(freeze, "CHUNK", 1)
    source_id = await mailing_to(rt, workspace, shared)
    assert await fates(rt, source_id) == {
        older: ("planned", ""),
        other: ("planned", ""),
        newer: ("skipped", "duplicate_address"),
    }


async def test_it_divides_people_into_variants_and_control_by_their_shares(
    rt: Runtime, workspace: Workspace
) -> None:
    ids = await make_people(rt, workspace, [f"p{n}" for n in range(600)])
    source_id = await mailing_to(rt, workspace, ids, variants=TWO, control_share=2_000)
    async with rt.db.begin() as tx:
        found = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())
    assert found.control + found.pending == 600
    assert 70 < found.control < 170
    assert found.skipped == 0
    facts = await facts_of(rt, source_id)
    assert facts == {"assigned": Counter({"": 600})}
    assert await tallies_match(rt, source_id)


async def test_it_previews_what_it_then_does(rt: Runtime, workspace: Workspace) -> None:
    ids = await make_people(rt, workspace, [f"q{n}" for n in range(90)])
    ids += await make_people(rt, workspace, [f"z{n}" for n in range(7)], consent=False)
    source_id = await order(rt, workspace, variants=TWO, control_share=2_000)
    audience = np.array(sorted(ids), dtype=np.uint64)
    async with rt.db.begin() as tx:
        mailing = await get_mailing(tx, workspace_id=workspace.id, source_id=source_id)
        spec = MailingSpec(
            workspace_id=workspace.id,
            source_kind="campaign",
            source_id=source_id,
            name="",
            channel="email",
            topic_id=None,
            sender_id=mailing.sender_id,
            variants=tuple(TWO),
            control_share=2_000,
        )
        preview = await preview_audience(tx, spec=spec, ids=audience, now=rt.clock())
    assert (preview.total, preview.remaining, preview.skips) == (97, 90, {"no_consent": 7})
    await freeze_audience(rt, workspace_id=workspace.id, source_id=source_id, ids=audience)
    async with rt.db.begin() as tx:
        found = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())
    arms = {arm.key: arm.count for arm in preview.arms}
    assert found.control == arms["control"]
    assert found.pending == arms["A"] + arms["B"]


async def test_it_makes_one_mailing_of_a_source(rt: Runtime, workspace: Workspace) -> None:
    source_id = await order(rt, workspace)
    spec = MailingSpec(
        workspace_id=workspace.id,
        source_kind="campaign",
        source_id=source_id,
        name="again",
        channel="email",
        topic_id=None,
        sender_id=new_id(),
        variants=(Variant("A", "", 10_000, letter()),),
    )
    with pytest.raises(MailingExists):
        async with rt.db.begin() as tx:
            from otklik.delivery.model import LetterLinks

            await create_mailing(tx, spec=spec, links=[LetterLinks((), 0)], now=rt.clock())


class Crash(BaseException):
    """The process dies here; nothing that handles errors may catch it."""


@pytest.mark.parametrize("where", ["before_commit", "before_facts", "after_facts", "at_start"])
@pytest.mark.parametrize("chunk", [1, 3])
async def test_it_goes_on_after_a_kill_at_any_place(
    rt: Runtime,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    chunk: int,
) -> None:
    ids = await make_people(rt, workspace, [f"k{n}" for n in range(7)])
    ids += await make_people(rt, workspace, ["no"], consent=False)
    audience = np.array(sorted(ids), dtype=np.uint64)
    source_id = await order(rt, workspace)
    monkeypatch.setattr(freeze, "CHUNK", chunk)
    insert, blocks, start = rt.ch.insert_arrow, freeze.insert_blocks, freeze._start
    calls = 0

    def crash_at_second() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Crash

    async def dying_insert(*args: Any, **kwargs: Any) -> None:
        if where == "before_facts":
            crash_at_second()
        await insert(*args, **kwargs)
        if where == "after_facts":
            crash_at_second()

    async def dying_blocks(*args: Any, **options: Any) -> None:
        await blocks(*args, **options)
        if where == "before_commit":
            crash_at_second()

    async def dying_start(*args: Any) -> None:
        await start(*args)
        if where == "at_start" and not calls:
            crash_at_second()
            crash_at_second()

    monkeypatch.setattr(rt.ch, "insert_arrow", dying_insert)
    monkeypatch.setattr(freeze, "insert_blocks", dying_blocks)
    monkeypatch.setattr(freeze, "_start", dying_start)
    with pytest.raises(Crash):
        await freeze_audience(rt, workspace_id=workspace.id, source_id=source_id, ids=audience)
    # A later attempt sees another segment, but the audience was frozen by the first one.
    other = np.append(audience, np.uint64(audience[-1] + 1))
    assert await freeze_audience(rt, workspace_id=workspace.id, source_id=source_id, ids=other)
    assert Counter(state for state, _ in (await fates(rt, source_id)).values()) == Counter(
        {"planned": 7, "skipped": 1}
    )
    facts = await facts_of(rt, source_id)
    assert facts == {"assigned": Counter({"": 7}), "skipped": Counter({"no_consent": 1})}
    assert await tallies_match(rt, source_id)
    async with rt.db.begin() as tx:
        left = await tx.execute(sa.select(sa.func.count()).select_from(mailing_audiences))
        mailing = await get_mailing(tx, workspace_id=workspace.id, source_id=source_id)
        found = await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())
    assert mailing.state == MailingState.RUNNING
    assert found.total == 8
    assert left.scalar_one() == 0


async def test_two_processes_that_freeze_one_mailing_make_it_once(
    rt: Runtime, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await make_people(rt, workspace, [f"t{n}" for n in range(12)])
    shared = {one: f"home{number // 2}@example.com" for number, one in enumerate(sorted(ids))}

    async def addresses(*_: object, **__: object) -> dict[int, str]:
        return shared

    monkeypatch.setattr("otklik.delivery.gate.profile_addresses", addresses)
    monkeypatch.setattr(freeze, "CHUNK", 1)
    audience = np.array(sorted(ids), dtype=np.uint64)
    source_id = await order(rt, workspace)
    both = await asyncio.gather(
        *(
            freeze_audience(rt, workspace_id=workspace.id, source_id=source_id, ids=audience)
            for _ in range(2)
        )
    )
    assert both == [True, True]
    reasons = Counter((await fates(rt, source_id)).values())
    assert reasons == Counter({("planned", ""): 6, ("skipped", "duplicate_address"): 6})
    facts = await facts_of(rt, source_id)
    assert facts == {"assigned": Counter({"": 6}), "skipped": Counter({"duplicate_address": 6})}
    assert await tallies_match(rt, source_id)


async def test_it_stops_freezing_a_mailing_that_was_stopped(
    rt: Runtime, workspace: Workspace
) -> None:
    ids = await make_people(rt, workspace, ["late"])
    source_id = await order(rt, workspace)
    async with rt.db.begin() as tx:
        await stop_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    audience = np.array(ids, dtype=np.uint64)
    assert not await freeze_audience(
        rt, workspace_id=workspace.id, source_id=source_id, ids=audience
    )
    assert await fates(rt, source_id) == {}
