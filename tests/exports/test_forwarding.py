"""Forwarding: nothing lost, nothing sent twice at once, secrets kept, and receivers spared."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.forwarding import mixpanel
from otklik.exports.forwarding.capture import step_captures, take_events
from otklik.exports.forwarding.deliver import step_deliveries, take
from otklik.exports.forwarding.model import (
    ATTEMPTS_MAX,
    PAUSES,
    TRIP_AFTER,
    AttemptOutcome,
    ForwardingState,
    MixpanelTarget,
    WebhookTarget,
    open_for,
    pause_after,
    retry_after,
    signature,
)
from otklik.exports.forwarding.operations import (
    NewForwarding,
    create_forwarding,
    replay,
    rotate_secret,
    send_trial,
    set_state,
)
from otklik.exports.forwarding.queries import get_forwarding, list_attempts, list_dead
from otklik.exports.tables import forward_captures, forward_deliveries, forwardings
from otklik.ingestion.public import EventsStored, StoredEvents
from otklik.kit.ids import new_id
from otklik.runtime.public import Answer, OutgoingFailed, OutgoingRefused, Runtime

from .conftest import START, World
from .mixpanel_side import MixpanelSide


class Receiver:
    """Stands where the network would be, and answers as the test says."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[Any] = []
        self.usual: Callable[..., Awaitable[Answer]] | None = None

    def check(self, url: str) -> None:
        pass

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
        answer_bytes_max: int = 65_536,
    ) -> Answer:
        self.calls.append((url, dict(headers or {}), body))
        if self.answers:
            what = self.answers.pop(0)
            if isinstance(what, Exception):
                raise what
            return what if isinstance(what, Answer) else Answer(what, {}, b"said so", 5)
        if self.usual is not None:
            return await self.usual(url, dict(headers or {}), body)
        return Answer(204, {}, b"", 5)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.calls]


@pytest.fixture
def receiver(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    made = Receiver()
    monkeypatch.setattr(rt, "outgoing", made)
    return made


URL = "https://hooks.example.org/x"


async def make(rt: Runtime, who: Principal, **more: Any) -> tuple[UUID, str]:
    data = NewForwarding(name="Hook", target=more.pop("target", WebhookTarget(URL)), **more)
    async with rt.db.begin() as tx:
        found, secret = await create_forwarding(rt, tx, who=who, data=data, now=rt.clock())
    return found, secret or ""


async def store(world: World, *rows: tuple[str, dict[str, Any]], **other: Any) -> None:
    """Store events as the pipeline does, with its news; ids are m1, m2, …"""
    if not world.people:
        await world.add_people([{"name": "Анна", "email": "anna@example.org"}])
    one = world.people[0]
    made = [
        (one, name, START + timedelta(seconds=i), f"{other.get('prefix', 'm')}{i + 1}", properties)
        for i, (name, properties) in enumerate(rows)
    ]
    await world.add_events(
        made, **{k: v for k, v in other.items() if k not in {"prefix", "workspace_id"}}
    )
    n = len(made)
    millis = [int(r[2].timestamp() * 1000) for r in made]
    news = EventsStored(
        workspace_id=world.workspace_id,
        batch_id=new_id(),
        events=StoredEvents(
            names=[r[1] for r in made],
            types=["track"] * n,
            profile_ids=[one] * n,
            times_ms=millis,
            received_ms=millis,
            message_ids=[r[3] for r in made],
            properties=[r[4] for r in made],
            sources=[other.get("source", "server")] * n,
        ),
        profile_ids=frozenset({one}),
        now=world.rt.clock(),
    )
    async with world.rt.db.begin() as tx:
        await take_events(news, tx)


async def carry(rt: Runtime) -> None:
    while await step_captures(rt):
        pass
    while await step_deliveries(rt):
        pass


async def health(world: World, forwarding_id: UUID) -> Any:
    async with world.rt.db.begin() as tx:
        return await get_forwarding(
            tx, workspace_id=world.workspace_id, forwarding_id=forwarding_id, now=world.rt.clock()
        )


async def count(rt: Runtime, table: sa.Table) -> int:
    async with rt.db.begin() as tx:
        found = await tx.execute(sa.select(sa.func.count()).select_from(table))
        return int(found.scalar_one())


# The webhook ------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_specification() -> None:
    # The example of the Standard Webhooks specification and of its reference libraries.
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_chosen_event_arrives_signed(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, secret = await make(rt, principal, names=["Bought"])
    await store(world, ("Bought", {"sum": 10}), ("Seen", {}), context={"ip": "192.0.2.9"})
    await carry(rt)
    ((url, headers, body),) = receiver.calls
    assert url == URL
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{signed}"
    assert headers["webhook-id"].startswith("msg_")
    sent = json.loads(body)
    assert sent["type"] == "event"
    assert sent["timestamp"] == "2026-06-15T12:00:00Z"
    assert sent["data"]["id"] == "m1"
    assert sent["data"]["event"] == "Bought"
    assert sent["data"]["profile_id"] == world.people[0]
    assert sent["data"]["properties"] == {"sum": 10}
    assert sent["data"]["context"] == {"ip": "192.0.2.9"}
    assert "customer" not in sent["data"], "who it is leaves only where that was chosen"
    view = await health(world, forwarding_id)
    assert (view.delivered_hour, view.waiting, view.dead) == (1, 0, 0)


async def test_batches_customers_and_filters_are_as_chosen(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    filters = [{"path": "sum", "test": {"op": "gte", "value": 10}}]
    await make(rt, principal, batch=2, with_customer=True, filters=filters)
    await store(world, *[("Bought", {"sum": s}) for s in (5, 10, 15, 20)])
    await carry(rt)
    events = [body["data"]["events"] for body in receiver.bodies]
    assert sorted([e["id"] for e in group] for group in events) == [["m2", "m3"], ["m4"]]
    assert events[0][0]["customer"]["email"] == "anna@example.org"
    assert receiver.bodies[0]["type"] == "events"


@pytest.mark.parametrize(("imported", "sent"), [(False, 0), (True, 1)])
async def test_imported_history_goes_only_where_it_is_wanted(
    world: World, receiver: Receiver, principal: Principal, imported: bool, sent: int
) -> None:
    await make(world.rt, principal, imported=imported)
    await store(world, ("Bought", {}), source="import")
    await carry(world.rt)
    assert len(receiver.calls) == sent


async def test_without_forwardings_nothing_is_written(world: World) -> None:
    await store(world, ("Bought", {}))
    assert await count(world.rt, forward_captures) == 0


async def test_a_stranger_gets_nothing(
    world: World, elsewhere: World, receiver: Receiver, principal: Principal
) -> None:
    await make(world.rt, principal)
    await store(elsewhere, ("Bought", {}))
    await carry(world.rt)
    assert receiver.calls == []


async def test_what_was_erased_meanwhile_does_not_leave(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal)
    await store(world, ("Bought", {}))
    await rt.ch.command(
        "DELETE FROM events WHERE workspace_id = {w:UInt32}", {"w": world.workspace_id}
    )
    await carry(rt)
    assert receiver.calls == []
    assert await count(rt, forward_captures) == 0


# Retries ----------------------------------------------------------------------------------------


def test_pauses_grow_over_three_days() -> None:
    assert timedelta(hours=72) < sum(PAUSES, timedelta()) < timedelta(hours=80)
    assert pause_after(1, wait=None, luck=0.5) == timedelta(seconds=5)
    assert pause_after(1, wait=None, luck=0) == timedelta(seconds=4)
    assert pause_after(1, wait=timedelta(minutes=9), luck=1) == timedelta(minutes=9)
    assert pause_after(ATTEMPTS_MAX, wait=None, luck=0) is None
    assert open_for(0) == timedelta(seconds=30)
    assert open_for(40) == timedelta(minutes=15)


def test_retry_after_is_read_in_both_forms() -> None:
    now = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
    assert retry_after("120", now) == timedelta(seconds=120)
    assert retry_after("Mon, 15 Jun 2026 12:05:00 GMT", now) == timedelta(minutes=5)
    assert retry_after("Mon, 15 Jun 2020 12:05:00 GMT", now) == timedelta()
    assert retry_after("9" * 30, now) == timedelta(hours=24)
    assert retry_after("soon", now) is None


async def test_a_failed_delivery_comes_again_with_the_same_id_and_body(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {"sum": 1}))
    receiver.answers = [500, OutgoingFailed(reason="timeout", host="h", detail="late")]
    await carry(rt)
    assert len(receiver.calls) == 1
    clock.move(seconds=7)
    await carry(rt)
    clock.move(seconds=40)
    await carry(rt)
    assert len(receiver.calls) == 3
    ids = {headers["webhook-id"] for _, headers, _ in receiver.calls}
    assert len(ids) == 1
    assert len({body for _, _, body in receiver.calls}) == 1
    assert await count(rt, forward_deliveries) == 0


async def test_a_delivery_that_never_succeeds_becomes_a_dead_letter_and_can_be_replayed(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    forwarding_id, _ = await make(rt, principal)
    await store(world, ("Bought", {}), ("Bought", {}))
    receiver.answers = [500] * 1000
    while (await health(world, forwarding_id)).dead < 2:
        await carry(rt)
        clock.move(hours=25)
    assert len(receiver.calls) == 2 * ATTEMPTS_MAX
    async with rt.db.begin() as tx:
        page = await list_dead(tx, workspace_id=world.workspace_id, forwarding_id=forwarding_id)
        log = await list_attempts(tx, workspace_id=world.workspace_id, forwarding_id=forwarding_id)
    first, second = page.items
    assert (first.attempts, first.status, first.error) == (ATTEMPTS_MAX, 500, "HTTP 500")
    assert log.items[0].answer == "said so"
    assert log.items[0].outcome is AttemptOutcome.DEAD
    receiver.answers = []
    receiver.calls.clear()
    async with rt.db.begin() as tx:
        one = await replay(
            tx, who=principal, forwarding_id=forwarding_id, now=rt.clock(), delivery_id=first.id
        )
    assert one == 1
    await carry(rt)
    assert [h["webhook-id"] for _, h, _ in receiver.calls] == [f"msg_{first.id}"]
    async with rt.db.begin() as tx:
        none = await replay(
            tx, who=principal, forwarding_id=forwarding_id, now=rt.clock(), since=rt.clock()
        )
        rest = await replay(tx, who=principal, forwarding_id=forwarding_id, now=rt.clock())
    assert (none, rest) == (0, 1)
    await carry(rt)
    assert receiver.calls[-1][1]["webhook-id"] == f"msg_{second.id}"


async def test_retry_after_holds_for_the_whole_receiver(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {}))
    receiver.answers = [Answer(429, {"retry-after": "600"}, b"", 1)]
    await carry(rt)
    await store(world, ("Bought", {}), prefix="n")
    clock.move(seconds=500)
    await carry(rt)
    assert len(receiver.calls) == 1
    clock.move(seconds=200)
    await carry(rt)
    assert len(receiver.calls) == 3


async def test_a_receiver_that_is_gone_is_switched_off(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, _ = await make(rt, principal)
    await store(world, ("Bought", {}))
    receiver.answers = [410]
    await carry(rt)
    view = await health(world, forwarding_id)
    assert (view.state, view.stopped_by) == (ForwardingState.OFF, "gone")
    await store(world, ("Bought", {}), prefix="n")
    assert await count(rt, forward_captures) == 0, "nothing is collected for it any more"
    assert view.waiting == 1, "what was collected stays, to be sent when it is switched on"


async def test_the_circuit_opens_tries_one_and_closes_by_itself(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    forwarding_id, _ = await make(rt, principal, concurrency=8)
    await store(world, *[("Bought", {})] * 20)
    receiver.answers = [503] * 20
    await carry(rt)
    first = len(receiver.calls)
    view = await health(world, forwarding_id)
    assert first >= TRIP_AFTER
    assert view.open_until is not None
    clock.move(seconds=20)
    await carry(rt)
    assert len(receiver.calls) == first, "it is left alone"
    receiver.answers = [503]
    clock.move(seconds=11)
    await carry(rt)
    assert len(receiver.calls) == first + 1, "one is tried"
    clock.move(minutes=2)
    receiver.answers = []
    await carry(rt)
    view = await health(world, forwarding_id)
    assert (view.waiting, view.open_until, view.failures) == (0, None, 0)


async def test_a_paused_forwarding_collects_and_sends_later(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, _ = await make(rt, principal)

    async def switch(state: ForwardingState) -> None:
        async with rt.db.begin() as tx:
            await set_state(
                tx, who=principal, forwarding_id=forwarding_id, state=state, now=rt.clock()
            )

    await switch(ForwardingState.PAUSED)
    await store(world, ("Bought", {}))
    await carry(rt)
    assert receiver.calls == []
    await switch(ForwardingState.ON)
    await carry(rt)
    assert len(receiver.calls) == 1


# Several workers, and the death of one ----------------------------------------------------------


async def test_two_workers_never_send_the_same_at_once(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, concurrency=3)
    await store(world, *[("Bought", {})] * 40)
    while await step_captures(rt):
        pass
    running = most = 0

    async def slow(*_: Any) -> Answer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return Answer(200, {}, b"", 1)

    receiver.usual = slow

    async def worker() -> None:
        for _ in range(20):
            await step_deliveries(rt)

    await asyncio.gather(*(worker() for _ in range(4)))
    ids = [headers["webhook-id"] for _, headers, _ in receiver.calls]
    assert len(ids) == len(set(ids)) == 40
    assert most <= 3


async def test_what_a_dead_worker_had_is_sent_again_with_its_id(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {}))
    await step_captures(rt)
    async with rt.db.begin() as tx:
        hand = await take(rt, tx, now=rt.clock())
    assert hand is not None
    assert not await step_deliveries(rt), "it is in somebody's hands"
    clock.move(minutes=5)
    assert await step_deliveries(rt)
    assert receiver.calls[0][1]["webhook-id"] == f"msg_{hand.sendings[0].id}"


async def test_a_crash_while_preparing_leaves_all_or_nothing(
    world: World, receiver: Receiver, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal)
    await store(world, ("Bought", {}))
    with monkeypatch.context() as broken:
        broken.setattr("otklik.exports.forwarding.capture.put_deliveries", _raise, raising=True)
        await step_captures(rt)
    assert await count(rt, forward_captures) == 1
    assert await count(rt, forward_deliveries) == 0
    clock.move(seconds=2)
    await carry(rt)
    assert len(receiver.calls) == 1


async def _raise(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process dies here")


# Secrets ----------------------------------------------------------------------------------------


async def test_after_a_rotation_both_secrets_sign_for_a_day(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    forwarding_id, old = await make(rt, principal)
    async with rt.db.begin() as tx:
        new = await rotate_secret(
            rt, tx, who=principal, forwarding_id=forwarding_id, now=rt.clock()
        )
    await store(world, ("Bought", {}))
    await carry(rt)
    _, headers, body = receiver.calls[0]
    signed = {
        signature(
            one,
            message_id=headers["webhook-id"],
            timestamp=int(headers["webhook-timestamp"]),
            body=body,
        )
        for one in (old, new)
    }
    assert set(headers["webhook-signature"].split(" ")) == signed
    clock.move(hours=25)
    await store(world, ("Bought", {}), prefix="n")
    await carry(rt)
    assert " " not in receiver.calls[1][1]["webhook-signature"]


async def test_secrets_are_neither_kept_open_nor_shown(
    world: World, principal: Principal, capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    rt = world.rt
    forwarding_id, secret = await make(rt, principal)
    receiver.answers = [OutgoingFailed(reason="connect", host="h", detail="no")] * 3
    await store(world, ("Bought", {}))
    await carry(rt)
    view = msgspec.json.encode(await health(world, forwarding_id)).decode()
    async with rt.db.begin() as tx:
        row = str((await tx.execute(sa.select(forwardings))).mappings().all())
        log = msgspec.json.encode(
            await list_attempts(tx, workspace_id=world.workspace_id, forwarding_id=forwarding_id)
        ).decode()
    printed = "".join(capsys.readouterr())
    for text in (view, row, log, printed):
        assert secret not in text
        assert secret.removeprefix("whsec_") not in text


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "http://169.254.169.254/x", "http://[::1]/"])
async def test_an_address_in_the_own_network_is_refused(
    rt: Runtime, principal: Principal, url: str
) -> None:
    with pytest.raises(OutgoingRefused):
        await make(rt, principal, target=WebhookTarget(url))


async def test_a_trial_shows_what_the_receiver_says(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    forwarding_id, _ = await make(world.rt, principal)
    receiver.answers = [Answer(500, {}, b"x" * 5000, 3)]
    result = await send_trial(
        world.rt,
        workspace_id=world.workspace_id,
        forwarding_id=forwarding_id,
        now=world.rt.clock(),
    )
    assert (result.status, result.error, len(result.answer)) == (500, "HTTP 500", 1024)
    assert receiver.bodies[0]["data"]["event"] == "Otklik test"


# Mixpanel ---------------------------------------------------------------------------------------

EU = MixpanelTarget(region="eu", project_id="123", user="robot.1.mp-service-account")


@pytest.fixture
def side(rt: Runtime, receiver: Receiver) -> MixpanelSide:
    """Mixpanel's side, which refuses whatever the real one would refuse."""
    made = MixpanelSide(
        host="https://api-eu.mixpanel.com",
        project_id="123",
        user="robot.1.mp-service-account",
        secret="sesame",
        now=rt.clock,
    )

    async def take_call(url: str, headers: dict[str, str], body: bytes) -> Answer:
        return made.answer(url, headers, body)

    receiver.usual = take_call
    return made


NASTY_PROPERTIES = {
    "sum": 10.5,
    "time": "half past nine",
    "$insert_id": "mine",
    "token": "t",
    "long": "я" * 5000,
    "deep": {"a": {"b": {"c": {"d": 1}}}},
    "list": list(range(400)),
    "nothing": None,
    "big": 2**70,
}


async def test_mixpanel_takes_every_event_in_its_published_form(
    world: World, receiver: Receiver, side: MixpanelSide, principal: Principal
) -> None:
    rt = world.rt
    await make(rt, principal, target=EU, secret="sesame")
    context = {
        "ip": "203.0.113.7",
        "location": {"city": "Тула", "country": "RU"},
        "campaign": {"source": "yandex", "medium": "cpc", "name": "june"},
        "page": {"url": "https://shop.example/x"},
    }
    wide = {f"p{i}": i for i in range(300)}
    await store(
        world,
        ("Bought", {**NASTY_PROPERTIES, "big": 1}),
        ("Wide", wide),
        ("N" * 200, {}),
        context=context,
        user_id="u-7",
        anonymous_id="device-1",
    )
    await carry(rt)
    assert len(side.events) == 3, side.failures
    sent = side.events[0]["properties"]
    assert sent["distinct_id"] == "u-7"
    assert (sent["$user_id"], sent["$device_id"]) == ("u-7", "device-1")
    assert sent["$insert_id"] == "m1"
    assert sent["time"] == int(START.timestamp() * 1000)
    assert (sent["ip"], sent["$city"], sent["mp_country_code"]) == ("203.0.113.7", "Тула", "RU")
    assert (sent["utm_source"], sent["utm_campaign"]) == ("yandex", "june")
    assert (sent["property_time"], sent["property_$insert_id"]) == ("half past nine", "mine")
    assert receiver.calls[0][0] == "https://api-eu.mixpanel.com/import?strict=1&project_id=123"


@pytest.mark.parametrize(
    ("user_id", "anonymous_id", "distinct_id"),
    [
        ("", "device-1", "$device:device-1"),
        ("undefined", "device-1", "$device:device-1"),
        ("null", "anonymous", None),
    ],
)
async def test_placeholders_are_nobodys_id(
    world: World,
    side: MixpanelSide,
    principal: Principal,
    user_id: str,
    anonymous_id: str,
    distinct_id: str | None,
) -> None:
    await make(world.rt, principal, target=EU, secret="sesame")
    await store(world, ("Bought", {}), user_id=user_id, anonymous_id=anonymous_id)
    await carry(world.rt)
    wanted = distinct_id or f"otklik-{world.people[0]}"
    assert side.events[0]["properties"]["distinct_id"] == wanted


def test_an_id_that_mixpanel_would_refuse_is_hashed() -> None:
    assert mixpanel.insert_id("29fc2962-6d9c-455d-95ad-95b84f09b9e4").startswith("29fc2962")
    long = mixpanel.insert_id("import:x/" + "y" * 80)
    assert len(long) == 36
    assert long == mixpanel.insert_id("import:x/" + "y" * 80)


async def test_only_the_refused_events_become_dead_letters(
    world: World, side: MixpanelSide, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, _ = await make(rt, principal, target=EU, secret="sesame")
    side.refuse = {"m2": "'properties.time' is invalid"}
    await store(world, *[("Bought", {})] * 3)
    await carry(rt)
    assert [e["properties"]["$insert_id"] for e in side.events] == ["m1", "m3"]
    view = await health(world, forwarding_id)
    assert (view.delivered_hour, view.dead, view.waiting) == (2, 1, 0)
    async with rt.db.begin() as tx:
        page = await list_dead(tx, workspace_id=world.workspace_id, forwarding_id=forwarding_id)
    assert "invalid" in (page.items[0].error or "")
    side.refuse = {}
    async with rt.db.begin() as tx:
        await replay(tx, who=principal, forwarding_id=forwarding_id, now=rt.clock())
    await carry(rt)
    assert {e["properties"]["$insert_id"] for e in side.events} == {"m1", "m2", "m3"}


async def test_a_request_that_is_too_large_is_split(
    world: World, side: MixpanelSide, principal: Principal
) -> None:
    side.events_max = 2
    await make(world.rt, principal, target=EU, secret="sesame")
    await store(world, *[("Bought", {})] * 7)
    await carry(world.rt)
    assert {e["properties"]["$insert_id"] for e in side.events} == {f"m{i}" for i in range(1, 8)}


async def test_mixpanel_knows_a_repeat_by_its_insert_id(
    world: World, receiver: Receiver, side: MixpanelSide, principal: Principal
) -> None:
    rt = world.rt
    clock: Any = rt.clock
    await make(rt, principal, target=EU, secret="sesame")
    await store(world, ("Bought", {}))
    usual = receiver.usual
    assert usual is not None

    async def lost(*call: Any) -> Answer:
        await usual(*call)
        raise OutgoingFailed(reason="timeout", host="h", detail="the answer is lost")

    receiver.usual = lost
    await carry(rt)
    receiver.usual = usual
    clock.move(minutes=1)
    await carry(rt)
    assert len(side.events) == 1
    assert side.repeats == 1


async def test_wrong_credentials_are_tried_later_and_told(
    world: World, side: MixpanelSide, principal: Principal
) -> None:
    forwarding_id, _ = await make(world.rt, principal, target=EU, secret="wrong")
    await store(world, ("Bought", {}))
    await carry(world.rt)
    view = await health(world, forwarding_id)
    assert (view.waiting, view.last_error) == (1, "HTTP 401")


async def test_a_token_alone_is_enough(
    world: World, receiver: Receiver, principal: Principal
) -> None:
    await make(world.rt, principal, target=MixpanelTarget(region="us"), secret="token")
    await store(world, ("Bought", {}))
    await carry(world.rt)
    url, headers, body = receiver.calls[0]
    assert url == "https://api.mixpanel.com/import?strict=1"
    assert headers["authorization"] == "Basic " + base64.b64encode(b"token:").decode()
    assert json.loads(gzip.decompress(body))[0]["event"] == "Bought"
