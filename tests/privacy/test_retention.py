"""Terms of keeping: what a night takes, what it leaves, and what is noted of it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.kit.ids import new_id
from otklik.privacy import jobs
from otklik.profiles.public import Observation, count_profiles, resolve_identities, store_changes
from otklik.runtime.public import Runtime, metadata
from tests.conftest import Cast
from tests.privacy.erasing import event, send, settle

PATH = "/api/v1/retention"


async def test_a_night_removes_what_is_older_than_its_term(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    await send(
        rt,
        workspace.id,
        event("track", event="Old", userId="u1", properties={}),
        {"type": "track", "event": "Older", "userId": "u1", "timestamp": "2026-01-10T00:00:00Z"},
    )
    await settle(rt)
    preview = await cast.colleague.get(f"{PATH}/events/preview", params={"keep_days": 90})
    assert preview.json()["count"] == 1
    endless = await cast.owner.get(f"{PATH}/events/preview", params={"keep_days": 10**9})
    assert endless.status_code in {400, 422}
    short = await cast.owner.put(f"{PATH}/events", json={"keep_days": 2})
    assert (short.status_code, short.json()["code"]) == (422, "retention_too_short")
    assert (await cast.marketer.put(f"{PATH}/events", json={"keep_days": 90})).status_code == 403
    assert (await cast.owner.put(f"{PATH}/events", json={"keep_days": 90})).status_code == 200
    await jobs.keep_terms(rt)
    left = await rt.ch.query(
        "SELECT name FROM events WHERE workspace_id = {ws:UInt32}", {"ws": workspace.id}
    )
    assert left == [("Old",)]
    (run,) = (await cast.colleague.get(f"{PATH}/runs")).json()["items"]
    assert (run["kind"], run["removed"], run["problem"]) == ("events", 1, None)
    assert (await cast.stranger.get(f"{PATH}/runs")).json()["items"] == []
    rules = {rule["kind"]: rule["keep_days"] for rule in (await cast.colleague.get(PATH)).json()}
    assert rules["events"] == 90
    assert {"visitors", "addresses", "rejects", "import_files", "letters"} <= rules.keys()
    await cast.owner.put(f"{PATH}/events", json={"keep_days": None})
    unknown = await cast.owner.put(f"{PATH}/dreams", json={"keep_days": 9})
    assert unknown.json()["code"] == "retention_not_found"


async def test_idle_visitors_go_and_known_or_active_ones_stay(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    long_ago = rt.clock() - timedelta(days=300)
    async with rt.db.begin() as tx:
        await resolve_identities(
            tx,
            workspace_id=workspace.id,
            observations=[
                Observation(index=0, time=long_ago, anonymous_id="idle-device"),
                Observation(index=1, time=rt.clock(), anonymous_id="active-device"),
                Observation(index=2, time=long_ago, user_id="known", email="k@x.example"),
            ],
            now=rt.clock(),
        )
    while await store_changes(rt):
        pass
    preview = await cast.owner.get(f"{PATH}/visitors/preview", params={"keep_days": 180})
    assert preview.json()["count"] == 1
    await cast.owner.put(f"{PATH}/visitors", json={"keep_days": 180})
    await jobs.keep_terms(rt)
    await cast.owner.put(f"{PATH}/visitors", json={"keep_days": None})
    async with rt.db.begin() as tx:
        counts = await count_profiles(tx, workspace_id=workspace.id)
    assert counts == 2
    stored = await rt.ch.query(
        "SELECT count() FROM profiles FINAL WHERE workspace_id = {ws:UInt32}", {"ws": workspace.id}
    )
    assert stored == [(2,)]


async def test_what_came_with_old_calls_of_webhooks_goes_and_their_lines_stay(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    calls = metadata.tables["hook_calls"]
    ages = {"old": (40, "mapped"), "waits": (40, "waiting"), "new": (3, "mapped")}
    async with rt.db.begin() as tx:
        for key, (days, state) in ages.items():
            await tx.execute(
                calls.insert().values(
                    call_id=new_id(), workspace_id=workspace.id, source_id=new_id(),
                    received_at=rt.clock() - timedelta(days=days), state=state, reason="",
                    detail="", size=1, ip="192.0.2.1", body=b"x", repeat_key=key.encode(),
                    repeat_slot=0, repeats=0, made=[], problems=[], consents=[],
                )
            )  # fmt: skip
    preview = await cast.owner.get(f"{PATH}/hook_calls/preview", params={"keep_days": 10})
    assert preview.json()["count"] == 1
    await cast.owner.put(f"{PATH}/hook_calls", json={"keep_days": 10})
    await jobs.keep_terms(rt)
    await cast.owner.put(f"{PATH}/hook_calls", json={"keep_days": None})
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.select(calls.c.repeat_key, calls.c.body, calls.c.ip).where(
                calls.c.workspace_id == workspace.id
            )
        )
    assert {bytes(row.repeat_key): (row.body, row.ip) for row in rows} == {
        b"old": (None, ""),
        b"waits": (b"x", "192.0.2.1"),
        b"new": (b"x", "192.0.2.1"),
    }
