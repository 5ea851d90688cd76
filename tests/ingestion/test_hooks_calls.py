"""A call of another service, from the address to the customer: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.ingestion.hooks import erasure, jobs, operations, queries, work
from otklik.ingestion.hooks.model import (
    BasicCheck,
    Check,
    HmacCheck,
    HookConsentRule,
    HookMapping,
    HookRule,
    HookService,
    SecretCheck,
)
from otklik.ingestion.hooks.receive import HookApi, unpack_call
from otklik.ingestion.hooks.tables import hook_calls, hook_sources
from otklik.kit.traces import Traces
from otklik.privacy.public import State, consent_states
from otklik.runtime.public import Runtime
from tests.conftest import Cast, Clock
from tests.ingestion.support import Ingestion

EMAIL = HookRule(path=["Email"], to="email")
NAME = HookRule(path=["Name"], to="trait", name="name")
SENT = HookMapping(event="Form Submitted", rules=[EMAIL, NAME])
FORM = {"Email": "anna@example.com", "Name": "Анна"}


class Hook:
    """A source with its address, and short ways to call it."""

    def __init__(self, rt: Runtime, workspace_id: int, source_id: Any, address: str) -> None:
        self.rt, self.workspace_id = rt, workspace_id
        self.source_id, self.address = source_id, address
        self.api = HookApi(rt, clock=lambda: rt.clock().timestamp())
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.api, client=("192.0.2.9", 1)),  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
            base_url="http://otklik.test",
        )

    async def send(self, **call: Any) -> httpx.Response:
        return await self.client.post(f"/h/{self.address}", **call)

    async def rows(self) -> list[Any]:
        async with self.rt.db.begin() as tx:
            found = await tx.execute(
                sa.select(hook_calls)
                .where(hook_calls.c.source_id == self.source_id)
                .order_by(hook_calls.c.received_at, hook_calls.c.call_id)
            )
            return list(found)

    async def map(self, mapping: HookMapping = SENT, *, replay: bool = True) -> int:
        async with self.rt.db.begin() as tx:
            return await operations.set_mapping(
                tx,
                workspace_id=self.workspace_id,
                source_id=self.source_id,
                mapping=mapping,
                replay_caught=replay,
                now=self.rt.clock(),
            )

    async def check(self, check: Check, secret: str | None = None) -> str | None:
        async with self.rt.db.begin() as tx:
            made = await operations.set_check(
                tx,
                vault=self.rt.vault,
                workspace_id=self.workspace_id,
                source_id=self.source_id,
                check=check,
                secret=secret,
                now=self.rt.clock(),
            )
        self.api = HookApi(self.rt, clock=lambda: self.rt.clock().timestamp())
        self.client._transport.app = self.api  # type: ignore[attr-defined]  # a fresh memory
        return made

    async def change(self, **changes: Any) -> None:
        async with self.rt.db.begin() as tx:
            await operations.change_source(
                tx,
                workspace_id=self.workspace_id,
                source_id=self.source_id,
                now=self.rt.clock(),
                **changes,
            )
        self.api._known.clear()

    async def replay(self, **which: Any) -> int:
        async with self.rt.db.begin() as tx:
            return await operations.replay(
                tx, workspace_id=self.workspace_id, source_id=self.source_id, **which
            )

    async def drain(self) -> None:
        while await work.step_hooks(self.rt):
            pass


async def make_hook(
    rt: Runtime, workspace_id: int, service: HookService = HookService.OTHER
) -> Hook:
    async with rt.db.begin() as tx:
        source_id, _ = await operations.create_source(
            tx,
            vault=rt.vault,
            workspace_id=workspace_id,
            name="Shop",
            service=service,
            now=rt.clock(),
        )
        address = (
            await tx.execute(
                sa.select(hook_sources.c.address).where(hook_sources.c.source_id == source_id)
            )
        ).scalar_one()
    return Hook(rt, workspace_id, source_id, address)


@pytest.fixture
async def hook(rt: Runtime, workspace: Workspace) -> AsyncIterator[Hook]:
    made = await make_hook(rt, workspace.id)
    yield made
    await made.client.aclose()


async def test_a_call_is_caught_mapped_and_becomes_a_customer(hook: Hook, seen: Ingestion) -> None:
    answer = await hook.send(data=FORM)
    assert (answer.status_code, answer.text) == (200, "ok")
    (row,) = await hook.rows()
    assert row.state == "caught"
    await hook.drain()
    assert await seen.logged() == 0
    assert await hook.map() == 1
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    assert row.state == "mapped"
    assert [one["name"] for one in row.made] == ["", "Form Submitted"]
    stored = await seen.stored("name, source, profile_id")
    assert {(name, source) for name, source, _ in stored} == {
        ("Identified", "webhook"),
        ("Form Submitted", "webhook"),
    }
    assert {profile for _, _, profile in stored} == {row.profile_id}


async def test_every_content_type_is_taken(hook: Hook, seen: Ingestion) -> None:
    await hook.map()
    bodies: list[dict[str, Any]] = [
        {"json": {"Email": "a@example.com"}},
        {"data": {"Email": "b@example.com"}},
        {"data": {"Email": "c@example.com"}, "files": {"cv": ("cv.txt", b"x")}},
        {"content": b'{"Email":"d@example.com"}', "headers": {"content-type": "text/plain"}},
        {"content": b"Email=e@example.com"},
        {
            "content": gzip.compress(b'{"Email":"f@example.com"}'),
            "headers": {"content-type": "application/json", "content-encoding": "gzip"},
        },
    ]
    for call in bodies:
        assert (await hook.send(**call)).status_code == 200
    await hook.drain()
    states = [row.state for row in await hook.rows()]
    assert states == ["mapped"] * len(bodies)
    people = [body[0]["traits"]["email"] for body in await seen.bodies()]
    assert sorted(people) == [f"{letter}@example.com" for letter in "abcdef"]


async def test_what_cannot_be_read_is_kept_and_says_why(hook: Hook) -> None:
    await hook.map()
    answer = await hook.send(content=b"{broken", headers={"content-type": "application/json"})
    assert answer.status_code == 200
    await hook.drain()
    (row,) = await hook.rows()
    assert (row.state, row.reason) == ("failed", "unreadable")
    assert unpack_call(row.body).body == b"{broken"


async def test_a_repeat_is_counted_and_costs_no_query(
    hook: Hook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.send(data=FORM)
    opened = 0
    begin = hook.rt.db.begin

    def counting() -> Any:
        nonlocal opened
        opened += 1
        return begin()

    monkeypatch.setattr(hook.rt.db, "begin", counting)
    answers = await asyncio.gather(*(hook.send(data=FORM) for _ in range(1_000)))
    assert {answer.status_code for answer in answers} == {200}
    assert opened == 0
    monkeypatch.undo()
    await hook.api.flush()
    (row,) = await hook.rows()
    assert row.repeats == 1_000


async def test_a_repeat_is_known_to_another_process_and_forgotten_after_its_window(
    hook: Hook, clock: Clock
) -> None:
    await hook.send(data=FORM)
    clock.move(seconds=500)
    hook.api._recent.clear()
    await hook.send(data=FORM)
    assert [row.repeats for row in await hook.rows()] == [1]
    clock.move(seconds=700)
    await hook.send(data=FORM)
    assert len(await hook.rows()) == 2


async def test_calls_of_one_moment_are_stored_once(hook: Hook) -> None:
    answers = await asyncio.gather(*(hook.send(data=FORM) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    await hook.api.flush()
    (row,) = await hook.rows()
    assert row.repeats == 19


async def test_a_number_of_the_call_tells_repeats_for_ever(hook: Hook, clock: Clock) -> None:
    await hook.change(id_path=["tranid"])
    await hook.send(data={**FORM, "tranid": "1"})
    clock.move(days=3)
    hook.api._recent.clear()
    await hook.send(data={**FORM, "tranid": "1", "extra": "x"})
    await hook.send(data={**FORM, "tranid": "2"})
    assert [row.repeats for row in await hook.rows()] == [1, 0]


async def test_without_a_window_every_call_counts(hook: Hook) -> None:
    await hook.change(repeat_window_s=0)
    for _ in range(3):
        await hook.send(data=FORM)
    assert len(await hook.rows()) == 3


async def test_a_replay_never_doubles_an_event(hook: Hook, seen: Ingestion, clock: Clock) -> None:
    await hook.map()
    await hook.send(data=FORM)
    await hook.drain()
    for days in (0, 1, 10):
        clock.move(days=days)
        assert await hook.replay() == 1
        await hook.drain()
        await seen.drain()
    assert len(await seen.stored()) == 2
    # A changed mapping adds to the person, and only to him.
    await hook.map(HookMapping(event="Form Submitted", rules=[EMAIL]))
    await hook.replay()
    await hook.drain()
    await seen.drain()
    names = [name for (name,) in await seen.stored("name")]
    assert sorted(names) == ["Form Submitted", "Identified", "Identified"]


async def test_a_kill_between_accepting_and_mapping_loses_and_doubles_nothing(
    hook: Hook, seen: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.map()
    await hook.send(data=FORM)

    async def killed(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(queries, "finish_calls", killed)
    with pytest.raises(asyncio.CancelledError):
        await work.step_hooks(hook.rt)
    assert await seen.logged() == 0
    assert [row.state for row in await hook.rows()] == ["waiting"]
    monkeypatch.undo()
    await hook.drain()
    await seen.drain()
    assert len(await seen.stored()) == 2


async def test_one_odd_call_does_not_hold_up_the_others(
    hook: Hook, seen: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hook.map()
    await hook.send(data={"Email": "odd@example.com"})
    await hook.send(data={"Email": "good@example.com"})
    true_make = work.make

    def sometimes(mapping: HookMapping, tree: dict[str, Any], **more: Any) -> Any:
        if tree["Email"].startswith("odd"):
            raise ZeroDivisionError
        return true_make(mapping, tree, **more)

    monkeypatch.setattr(work, "make", sometimes)
    await hook.drain()
    found = {(row.state, row.reason, row.detail) for row in await hook.rows()}
    assert found == {("failed", "unexpected", "ZeroDivisionError"), ("mapped", "", "")}
    monkeypatch.undo()
    assert await hook.replay(states=[queries.HookCallState.FAILED]) == 1
    await hook.drain()
    assert {row.state for row in await hook.rows()} == {"mapped"}


async def test_a_paused_source_keeps_what_it_is_sent(hook: Hook, seen: Ingestion) -> None:
    await hook.map()
    await hook.change(is_on=False)
    await hook.send(data=FORM)
    await hook.drain()
    assert [row.state for row in await hook.rows()] == ["caught"]
    assert await hook.map() == 1
    await hook.drain()
    assert [row.state for row in await hook.rows()] == ["mapped"]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (
            SecretCheck(place="header", name="X-Key"),
            {"headers": {"X-Key": "long-secret"}},
            {"headers": {"X-Key": "long-secreT"}},
        ),
        (SecretCheck(place="query", name="key"), {"params": {"key": "long-secret"}}, {}),
        (SecretCheck(place="field", name="key"), {"data": {**FORM, "key": "long-secret"}}, {}),
        (BasicCheck(user="bot"), {"auth": ("bot", "long-secret")}, {"auth": ("bot", "x")}),
        (HmacCheck(header="X-Sign"), None, {"headers": {"X-Sign": "00"}}),
    ],
)
async def test_only_the_right_secret_opens_and_none_is_kept(
    hook: Hook,
    caplog: pytest.LogCaptureFixture,
    check: Check,
    good: dict[str, Any] | None,
    bad: dict[str, Any],
) -> None:
    import hashlib
    import hmac

    caplog.set_level(logging.DEBUG)
    # The test's own client tells of its addresses.
    caplog.set_level(logging.WARNING, logger="httpx")
    await hook.check(check, "long-secret")
    refused = await hook.send(**{"data": FORM, **bad})
    assert refused.status_code == 401
    if good is None:
        digest = hmac.new(b"long-secret", b"Email=a%40example.com", hashlib.sha256).hexdigest()
        good = {
            "content": b"Email=a%40example.com",
            "headers": {"X-Sign": digest, "content-type": "application/x-www-form-urlencoded"},
        }
    call = good if "content" in good else {"data": FORM, **good}
    assert (await hook.send(**call)).status_code == 200
    await hook.api.flush()
    rows = await hook.rows()
    assert sorted(row.state for row in rows) == ["caught", "refused"]
    kept = next(row for row in rows if row.state == "refused")
    assert (kept.reason, kept.body, kept.ip) == ("bad_signature", None, "")
    stored = next(row for row in rows if row.state == "caught")
    assert b"long-secret" not in repr(unpack_call(stored.body)).encode()
    assert "long-secret" not in caplog.text + refused.text
    assert "anna@example.com" not in caplog.text
    async with hook.rt.db.begin() as tx:
        sealed = (
            await tx.execute(
                sa.select(hook_sources.c.secret).where(hook_sources.c.source_id == hook.source_id)
            )
        ).scalar_one()
    assert "long-secret" not in sealed


async def test_cookies_of_a_visitor_are_not_kept(hook: Hook) -> None:
    await hook.send(
        data={**FORM, "COOKIES": "PHPSESSID=deadbeef; _ga=GA1.1.7"}, headers={"cookie": "sid=cafe"}
    )
    (row,) = await hook.rows()
    kept = unpack_call(row.body)
    assert "deadbeef" not in repr(kept)
    assert "cafe" not in repr(kept)
    assert json.loads(kept.body)["COOKIES"] == {"_ga": "GA1.1.7"}


async def test_refusals_are_one_line_a_minute_however_many_come(hook: Hook, clock: Clock) -> None:
    await hook.check(SecretCheck(place="header", name="X-Key"))
    for _ in range(2):
        await asyncio.gather(*(hook.send(data=FORM) for _ in range(50)))
        await hook.api.flush()
    (row,) = await hook.rows()
    assert row.repeats == 99


async def test_a_source_has_its_own_rate(hook: Hook, clock: Clock) -> None:
    limit = hook.rt.settings.ingestion.hook_calls_per_s_max
    answers = [await hook.send(data={"Email": f"{i}@example.com"}) for i in range(2 * limit + 5)]
    assert [answer.status_code for answer in answers].count(429) == 5
    assert int(answers[-1].headers["retry-after"]) >= 1
    clock.move(seconds=1)
    assert (await hook.send(data=FORM)).status_code == 200


async def test_only_listed_addresses_may_call(hook: Hook) -> None:
    await hook.change(networks=["198.51.100.0/24"])
    assert (await hook.send(data=FORM)).status_code == 403
    await hook.change(networks=["192.0.2.0/24"])
    assert (await hook.send(data=FORM)).status_code == 200


async def test_an_address_that_the_caller_writes_himself_is_not_believed(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Some proxies append a line of their own instead of a word to the caller's line.
    monkeypatch.setattr(hook.api, "runtime", _behind_a_proxy(hook.rt))
    await hook.change(networks=["198.51.100.0/24"])
    lines = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "203.0.113.5")]
    assert (await hook.send(data=FORM, headers=lines)).status_code == 403
    assert (await hook.send(data=FORM, headers=lines[::-1])).status_code == 200


def _behind_a_proxy(rt: Runtime) -> Runtime:
    behind = copy.copy(rt)
    behind.settings = msgspec.structs.replace(rt.settings, trusted_proxies=1)
    return behind


async def test_a_large_body_is_refused(hook: Hook) -> None:
    size = hook.rt.settings.ingestion.hook_bytes_max
    assert (await hook.send(content=b"a" * (size + 1))).status_code == 413
    bomb = gzip.compress(b"a" * (size + 1))
    answer = await hook.send(content=bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 400
    assert await hook.rows() == []


@pytest.mark.parametrize("address", ["x" * 22, "short", "a/b", "%00" * 22])
async def test_an_unknown_address_is_not_found(hook: Hook, address: str) -> None:
    assert (await hook.client.post(f"/h/{address}", json={})).status_code == 404


async def test_the_address_takes_only_posts(hook: Hook) -> None:
    answer = await hook.client.get(f"/h/{hook.address}")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"
    assert (await hook.client.options(f"/h/{hook.address}")).status_code == 204


async def test_a_consent_of_a_form_reaches_the_ledger_once(
    hook: Hook, seen: Ingestion, workspace: Workspace
) -> None:
    agreed = HookMapping(
        event="Sent", rules=[EMAIL], consents=[HookConsentRule(path=["box"], channel="email")]
    )
    await hook.map(agreed)
    await hook.send(data={**FORM, "box": "yes"})
    await hook.drain()
    await seen.drain()
    await hook.replay()
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    async with hook.rt.db.begin() as tx:
        (state,) = await consent_states(tx, workspace_id=workspace.id, profile_id=row.profile_id)
        lines = await tx.execute(
            sa.text("SELECT source, proof FROM consent_entries WHERE workspace_id = :w"),
            {"w": workspace.id},
        )
        ((source, proof),) = lines.all()
    assert (state.channel, state.state) == ("email", State.GRANTED)
    assert source == "form"
    assert proof["call_id"] == str(row.call_id)


async def test_a_consent_added_to_the_mapping_reaches_earlier_callers(
    hook: Hook, seen: Ingestion, workspace: Workspace
) -> None:
    await hook.map(HookMapping(event="Sent", rules=[EMAIL]))
    await hook.send(data={**FORM, "box": "yes"})
    await hook.drain()
    await seen.drain()
    await hook.map(
        HookMapping(
            event="Sent", rules=[EMAIL], consents=[HookConsentRule(path=["box"], channel="email")]
        )
    )
    await hook.replay()
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    async with hook.rt.db.begin() as tx:
        states = await consent_states(tx, workspace_id=workspace.id, profile_id=row.profile_id)
    assert [one.state for one in states] == [State.GRANTED]


async def test_old_bodies_are_deleted_and_their_lines_stay(hook: Hook, clock: Clock) -> None:
    await hook.change(keep_days=7)
    await hook.send(data=FORM)
    clock.move(days=6)
    await jobs.purge_hooks(hook.rt)
    assert (await hook.rows())[0].body is not None
    clock.move(days=2)
    await jobs.purge_hooks(hook.rt)
    (row,) = await hook.rows()
    assert (row.body, row.ip) == (None, "")
    await hook.map(replay=False)
    assert await hook.replay() == 0
    clock.move(days=500)
    await jobs.purge_hooks(hook.rt)
    assert await hook.rows() == []


async def test_an_erased_person_leaves_no_call(hook: Hook, clock: Clock) -> None:
    await hook.send(data=FORM)
    await hook.send(json={"who": {"mail": "ANNA@example.com"}})
    await hook.send(data={"Email": "joanna@example.com"})
    traces = Traces(
        workspace_id=hook.workspace_id,
        profile_ids=(0,),
        identifiers=(("email", "anna@example.com"),),
        words=(),
        until=clock.now,
    )
    async with hook.rt.db.begin() as tx:
        assert await erasure.count_calls(hook.rt, tx, traces) == 2
        found = [one async for one in erasure.export_calls(hook.rt, tx, traces)]
        assert (await erasure.erase_calls(hook.rt, tx, traces)).count == 2
        assert await erasure.count_calls(hook.rt, tx, traces) == 0
    assert "anna" in found[0]["body"]
    assert [row.body is None for row in await hook.rows()] == [True, True, False]


async def test_a_source_that_fails_is_named(hook: Hook, workspace: Workspace, clock: Clock) -> None:
    await hook.map()
    await hook.send(data={"Name": "nobody"})
    await hook.drain()
    async with hook.rt.db.begin() as tx:
        (found,) = await queries.failing_sources(
            tx, workspace_id=workspace.id, since=hook.rt.clock()
        )
    assert (found.name, found.failed, found.refused) == ("Shop", 1, 0)


# ── the interface's side ───────────────────────────────────────────────────────────────────────


async def new_source(cast: Cast, service: str = "tilda") -> dict[str, Any]:
    answer = await cast.marketer.post("/api/v1/sources", json={"name": "Site", "service": service})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def call(cast: Cast, made: dict[str, Any], **body: Any) -> httpx.Response:
    path = httpx.URL(made["source"]["url"]).path
    headers = {"X-Otklik-Secret": made["secret"]} if made["secret"] else {}
    return await cast.nobody.post(path, headers=headers, **body)


async def test_a_marketer_connects_a_form_by_clicking(
    cast: Cast, rt: Runtime, seen: Ingestion
) -> None:
    made = await new_source(cast)
    where = f"/api/v1/sources/{made['source']['id']}"
    assert made["source"]["state"] == "new"
    assert len(made["secret"]) >= 32
    assert (await call(cast, made, data={"test": "test"})).status_code == 200
    assert (
        await call(cast, made, data={"Name": "Anna", "Email": "anna@example.com"})
    ).status_code == 200
    source = (await cast.marketer.get(where)).json()
    assert (source["state"], source["caught"], source["has_secret"]) == ("catching", 2, True)
    assert "secret" not in source
    preview = (await cast.marketer.post(f"{where}/preview", json={})).json()
    assert [event["type"] for event in preview["events"]] == ["identify", "track"]
    assert [field["path"] for field in preview["fields"]][:2] == [["Name"], ["Email"]]
    saved = await cast.marketer.put(f"{where}/mapping", json={"mapping": preview["suggested"]})
    assert saved.json() == {"calls": 2}
    await work.step_hooks(rt)
    await seen.drain()
    calls = (await cast.marketer.get(f"{where}/calls")).json()["items"]
    assert [one["state"] for one in calls] == ["mapped", "ignored"]
    assert calls[1]["reason"] == "The service only checked the address."
    detail = (await cast.marketer.get(f"{where}/calls/{calls[0]['id']}")).json()
    assert "anna%40example.com" in detail["body"]
    assert detail["call"]["profile_id"] is not None
    assert made["secret"] not in json.dumps(detail)
    failed = (await cast.marketer.get(f"{where}/calls", params={"status": "failed"})).json()
    assert failed["items"] == []
    again = await cast.marketer.post(f"{where}/replays", json={"call_id": calls[0]["id"]})
    assert again.json() == {"calls": 1}
    await work.step_hooks(rt)
    await seen.drain()
    assert len(await seen.stored()) == 2


async def test_a_secret_is_shown_once_and_can_be_replaced(cast: Cast) -> None:
    made = await new_source(cast)
    where = f"/api/v1/sources/{made['source']['id']}"
    check = {"method": "standard", "tolerance_s": 300}
    fresh = (await cast.owner.put(f"{where}/check", json={"check": check})).json()
    assert fresh["secret"].startswith("whsec_")
    assert fresh["secret"] not in (await cast.owner.get(where)).text
    assert fresh["secret"] not in (await cast.owner.get("/api/v1/audit")).text
    own = {"check": {"method": "basic", "user": "bot"}, "secret": "my own secret"}
    answer = await cast.owner.put(f"{where}/check", json=own)
    assert answer.json()["secret"] is None
    assert "my own secret" not in answer.text
    short = await cast.owner.put(f"{where}/check", json={**own, "secret": "x"})
    assert (short.status_code, short.json()["code"]) == (422, "bad_check")


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"event": "Sent"}, "bad_mapping"),
        ({"rules": [{"path": ["a"], "to": "trait"}]}, "bad_mapping"),
        ({"rules": [{"path": ["a"], "to": "external", "name": "Big Kind"}]}, "bad_mapping"),
        ({"rules": [{"path": ["a"], "to": "email"}], "timezone": "Nowhere"}, "bad_mapping"),
        (
            {
                "rules": [{"path": ["a"], "to": "email"}],
                "consents": [
                    {
                        "path": ["b"],
                        "channel": "email",
                        "topic_id": "01900000-0000-7000-8000-000000000009",
                    }
                ],
            },
            "topic_not_found",
        ),
        ({"rules": [{"path": [], "to": "email"}]}, "invalid"),
    ],
)
async def test_a_mapping_that_could_not_work_is_refused(
    cast: Cast, mapping: dict[str, Any], code: str
) -> None:
    made = await new_source(cast)
    answer = await cast.owner.put(
        f"/api/v1/sources/{made['source']['id']}/mapping", json={"mapping": mapping}
    )
    assert answer.status_code in {400, 404, 422}
    assert answer.json()["code"] == code


async def test_a_colleague_sees_and_a_stranger_does_not(cast: Cast) -> None:
    made = await new_source(cast)
    where = f"/api/v1/sources/{made['source']['id']}"
    await call(cast, made, data=FORM)
    calls = (await cast.owner.get(f"{where}/calls")).json()["items"]
    one = f"{where}/calls/{calls[0]['id']}"
    reads = ["/api/v1/sources", where, f"{where}/calls", one]
    for path in reads:
        assert (await cast.colleague.get(path)).status_code == 200
        assert (await cast.nobody.get(path)).status_code == 401
    assert (await cast.stranger.get("/api/v1/sources")).json() == []
    for path in reads[1:]:
        assert (await cast.stranger.get(path)).status_code == 404
    mapping = {"mapping": {"rules": [{"path": ["Email"], "to": "email"}]}}
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", where, {"name": "Mine"}),
        ("PUT", f"{where}/check", {"check": {"method": "none"}}),
        ("PUT", f"{where}/mapping", mapping),
        ("POST", f"{where}/replays", {}),
        ("DELETE", where, {}),
    ]
    for method, path, body in writes:
        send = {"json": body} if body or method == "POST" else {}
        assert (await cast.colleague.request(method, path, **send)).status_code == 403
        assert (await cast.stranger.request(method, path, **send)).status_code == 404
    assert (
        await cast.colleague.post("/api/v1/sources", json={"name": "x", "service": "other"})
    ).status_code == 403
    assert (await cast.stranger.post(f"{where}/preview", json={})).status_code == 404
    assert (await cast.owner.delete(where)).status_code == 200
    assert (await call(cast, made, data={"a": "b"})).status_code in {200, 404}
    assert (await cast.owner.get(where)).status_code == 404


async def test_a_source_without_a_check_needs_none(cast: Cast) -> None:
    made = await new_source(cast, "other")
    assert made["secret"] is None
    assert made["source"]["check"] == {"method": "none"}
    assert (await call(cast, made, json={"a": 1})).status_code == 200
