"""Sending to a part first: who is in it, what waits, and what the rest gets."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import numpy as np
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import SmtpPool
from otklik.delivery.errors import NothingHeld, VariantNotFound
from otklik.delivery.jobs import tend
from otklik.delivery.model import FirstPart, Progress, Variant
from otklik.delivery.operations.freeze import freeze_audience
from otklik.delivery.operations.mailings import stop_mailing
from otklik.delivery.operations.parts import choose_variant
from otklik.delivery.queries import progress
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.experiments.public import draw
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.delivery.support import (
    MailServer,
    fates,
    letter,
    mailing_to,
    make_people,
    order,
    tallies_match,
)

VARIANTS = [Variant("A", "", 4_500, letter("A")), Variant("B", "", 4_500, letter("B"))]
TWO = {"variants": VARIANTS, "control_share": 1_000}


async def drain(rt: Runtime, pool: SmtpPool) -> None:
    dispatcher = Dispatcher(pool)
    while True:
        while await dispatcher.step(rt):
            pass
        if not await tend(rt):
            return


async def seen(rt: Runtime, workspace: Workspace, source_id: UUID) -> Progress:
    async with rt.db.begin() as tx:
        return await progress(tx, workspace_id=workspace.id, source_id=source_id, now=rt.clock())


async def choose(rt: Runtime, workspace: Workspace, source_id: UUID, variant: str) -> None:
    async with rt.db.begin() as tx:
        await choose_variant(tx, workspace_id=workspace.id, source_id=source_id, variant=variant)


async def waves(rt: Runtime, source_id: UUID) -> Counter[tuple[str, str, int]]:
    """Return how many facts there are by kind, variant and wave."""
    while await carry_facts(rt):
        pass
    rows = await rt.ch.query(
        "SELECT fact, variant, wave, count() FROM message_facts"
        " WHERE source_id = {source:UUID} GROUP BY ALL",
        {"source": str(source_id)},
    )
    return Counter({(str(f), str(v), int(w)): int(n) for f, v, w, n in rows})


def test_it_draws_an_exact_number_the_same_each_time() -> None:
    ids, key = np.arange(1, 20_001, dtype=np.uint64), {"salt": b"salt", "experiment": UUID(int=5)}
    drawn = draw(ids, count=1_000, **key)
    assert drawn.sum() == 1_000
    assert (draw(ids[::-1], count=1_000, **key) == drawn[::-1]).all()
    assert draw(ids, count=1_500, **key)[drawn].all()
    # From anywhere in the audience alike.
    assert 420 < drawn[:10_000].sum() < 580
    assert draw(ids, count=30_000, **key).all()
    assert not draw(ids, count=0, **key).any()


async def test_a_part_hears_first_and_the_rest_what_was_chosen(
    rt: Runtime, clock: Clock, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    names = [f"p{number}" for number in range(60)]
    ids = await make_people(rt, workspace, names)
    source_id = await mailing_to(rt, workspace, ids, first=FirstPart(people=20), **TWO)
    await drain(rt, pool)
    found = await seen(rt, workspace, source_id)
    assert (found.state, found.winner) == ("running", None)
    assert 10 <= found.sent <= 20
    assert found.held == found.pending == 60 - found.sent - found.control
    assert found.first_done_at == clock.now
    assert len(server.taken) == found.sent
    assert await tallies_match(rt, source_id)
    before = await waves(rt, source_id)
    assert (
        sum(n for (fact, _, wave), n in before.items() if (fact, wave) == ("sent", 1)) == found.sent
    )
    assert not any(wave == 2 for _, _, wave in before)
    with pytest.raises(VariantNotFound):
        await choose(rt, workspace, source_id, "control")
    await choose(rt, workspace, source_id, "B")
    await choose(rt, workspace, source_id, "B")
    with pytest.raises(NothingHeld):
        await choose(rt, workspace, source_id, "A")
    await drain(rt, pool)
    end = await seen(rt, workspace, source_id)
    assert (end.state, end.held, end.pending, end.winner) == ("finished", 0, 0, "B")
    assert end.sent == 60 - end.control
    assert set(server.copies().values()) == {1}
    after = await waves(rt, source_id)
    assert after["assigned", "B", 2] == after["sent", "B", 2] == found.held
    assert ("assigned", "A", 2) not in after
    # Nobody was assigned twice, and the control group is of the whole.
    assert sum(n for (fact, _, _), n in after.items() if fact == "assigned") == 60
    assert after["assigned", "control", 0] == end.control
    assert await tallies_match(rt, source_id)


async def test_stopping_leaves_the_rest_without_a_letter(
    rt: Runtime, workspace: Workspace, server: MailServer, pool: SmtpPool
) -> None:
    ids = await make_people(rt, workspace, [f"p{number}" for number in range(30)])
    source_id = await mailing_to(rt, workspace, ids, first=FirstPart(share=2_000))
    await drain(rt, pool)
    assert len(server.taken) == 6
    async with rt.db.begin() as tx:
        await stop_mailing(tx, workspace_id=workspace.id, source_id=source_id)
    await tend(rt)
    await drain(rt, pool)
    found = await seen(rt, workspace, source_id)
    assert (found.state, found.sent, found.skipped) == ("finished", 6, 24)
    assert await tallies_match(rt, source_id)


async def test_freezing_in_parts_goes_on_after_a_kill(
    monkeypatch: pytest.MonkeyPatch, rt: Runtime, workspace: Workspace
) -> None:
    monkeypatch.setattr("otklik.delivery.operations.freeze.CHUNK", 7)
    ids = await make_people(rt, workspace, [f"p{number}" for number in range(40)])
    audience = np.array(sorted(ids), dtype=np.uint64)
    source_id = await order(rt, workspace, first=FirstPart(people=15), **TWO)
    calls = 0
    insert = rt.ch.insert_arrow

    async def fail_once(*args: object, **options: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise RuntimeError("killed")
        await insert(*args, **options)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(rt.ch, "insert_arrow", fail_once)
    with pytest.raises(RuntimeError):
        await freeze_audience(rt, workspace_id=workspace.id, source_id=source_id, ids=audience)
    assert await freeze_audience(rt, workspace_id=workspace.id, source_id=source_id)
    found = await fates(rt, source_id)
    assert sorted(found) == sorted(ids)
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.text(
                "SELECT m.wave, m.variant <> '' AS told, count(*) AS n FROM messages m"
                " JOIN mailings g USING (mailing_id) WHERE g.source_id = :id"
                " AND m.state = 'planned' GROUP BY 1, 2"
            ),
            {"id": source_id},
        )
        counted = {(row.wave, row.told): row.n for row in rows}
    control = sum(state == "control" for state, _ in found.values())
    assert counted.keys() == {(1, True), (2, False)}
    assert sum(counted.values()) == 40 - control
    assert counted[1, True] <= 15
    facts = await waves(rt, source_id)
    assert sum(facts.values()) == counted[1, True] + control
