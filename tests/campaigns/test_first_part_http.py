"""A campaign to a part first: checks, the choice by hand and by the rule."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.campaigns.jobs import choose_variants
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.campaigns.calls import API, create, deliver, launch, run_start
from tests.campaigns.conftest import Shop
from tests.conftest import Cast, Clock
from tests.delivery.support import MailServer

GOAL = {"event": "order_created", "window_hours": 24}


async def two_letters(shop: Shop) -> list[dict[str, Any]]:
    other = await shop.letter("Other")
    return [
        {"key": key, "name": "", "letter_id": str(one), "share": 50}
        for key, one in (("A", shop.letter_id), ("B", other))
    ]


async def test_the_checks_know_what_a_first_part_needs(cast: Cast, shop: Shop) -> None:
    made = await create(cast.owner, shop.draft(variants=await two_letters(shop)))
    path = f"{API}/{made['id']}"

    async def codes(first: dict[str, Any]) -> set[str]:
        assert (await cast.owner.patch(path, json={"first": first})).status_code == 200
        found = (await cast.owner.get(f"{path}/checks")).json()
        return {line["code"] for line in found if line["code"].startswith("first")}

    assert await codes({}) == {"first_empty"}
    assert await codes({"people": 5, "share": 10}) == {"first_empty"}
    assert await codes({"people": 50}) == {"first_everybody"}
    found = await codes({"share": 50, "decide": "winner", "metric": "revenue"})
    assert found == {"first_without_goal", "first_too_small"}
    assert await codes({"people": 5}) == set()
    audience = (await cast.owner.get(f"{path}/audience")).json()
    assert (audience["remaining"], audience["first"]) == (20, 5)


async def test_the_rest_waits_until_somebody_chooses(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    body = shop.draft(variants=await two_letters(shop), first={"people": 5})
    made = await create(cast.owner, body)
    path = f"{API}/{made['id']}"
    early = await cast.owner.put(f"{path}/rest", json={"variant": "A"})
    assert early.json()["code"] == "wrong_campaign_state"
    await launch(cast.owner, made["id"], 20)
    await run_start(rt, workspace, made["id"])
    async with MailServer() as server:
        await deliver(rt, server)
        progress = (await cast.colleague.get(f"{path}/progress")).json()
        assert (progress["state"], progress["sent"], progress["held"]) == ("running", 5, 15)
        assert progress["first_done_at"] is not None
        refused = [
            (await cast.colleague.put(f"{path}/rest", json={"variant": "B"})).status_code,
            (await cast.stranger.put(f"{path}/rest", json={"variant": "B"})).status_code,
            (await cast.owner.put(f"{path}/rest", json={"variant": "C"})).status_code,
        ]
        assert refused == [403, 404, 404]
        chosen = await cast.marketer.put(f"{path}/rest", json={"variant": "B"})
        assert chosen.json()["choice"]["variant"] == "B"
        await deliver(rt, server)
        await deliver(rt, server)
        assert set(server.copies().values()) == {1}
    end = (await cast.owner.get(path)).json()
    assert (end["state"], end["counts"]["sent"]) == ("finished", 20)
    assert (end["choice"]["by"], end["choice"]["is_clear"]) == ("hand", None)
    log = (await cast.owner.get("/api/v1/audit")).json()["items"]
    assert (log[0]["action"], log[0]["detail"]) == ("rest_sent", {"variant": "B"})


async def test_the_rule_chooses_after_its_hours(
    rt: Runtime, clock: Clock, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    first = {"people": 10, "decide": "winner", "hours": 3, "metric": "opens"}
    made = await create(
        cast.owner, shop.draft(variants=await two_letters(shop), first=first, goal=GOAL)
    )
    path = f"{API}/{made['id']}"
    await launch(cast.owner, made["id"], 20)
    await run_start(rt, workspace, made["id"])
    async with MailServer() as server:
        await deliver(rt, server)
        while await carry_facts(rt):
            pass
        # Everybody of B has opened.
        await rt.ch.command(
            "INSERT INTO message_facts (workspace_id, message_id, profile_id, channel, source_kind,"
            " source_id, variant, fact, verdict, at, fact_id)"
            " SELECT workspace_id, message_id, profile_id, channel, source_kind, source_id,"
            " variant, 'opened', 'person', at, concat(fact_id, ':o') FROM message_facts"
            f" WHERE source_id = '{made['id']}' AND fact = 'sent' AND variant = 'B'"
        )
        clock.move(hours=2, minutes=59)
        await choose_variants(rt)
        assert (await cast.owner.get(path)).json()["choice"] is None
        clock.move(minutes=2)
        await choose_variants(rt)
        choice = (await cast.owner.get(path)).json()["choice"]
        assert (choice["by"], choice["variant"], choice["metric"]) == ("rule", "B", "opens")
        assert choice["rates"] == {"A": 0.0, "B": 1.0}
        await deliver(rt, server)
        await deliver(rt, server)
        assert len(server.taken) == 20
    async with rt.db.begin() as tx:
        waves = await tx.execute(
            sa.text(
                "SELECT m.variant, count(*) AS n FROM messages m JOIN mailings g USING (mailing_id)"
                " WHERE g.source_id = :id AND m.wave = 2 GROUP BY 1"
            ),
            {"id": made["id"]},
        )
        assert [(row.variant, row.n) for row in waves] == [("B", 10)]
