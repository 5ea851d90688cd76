"""Forwarding to webhooks: what was chosen arrives, signed, and secrets are kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.forwarding.log import Asked, list_attempts
from otklik.exports.forwarding.model import (
    WebhookTarget,
    signature,
)
from otklik.exports.forwarding.operations import (
    rotate_secret,
)
from otklik.exports.forwarding.trial import send_trial
from otklik.exports.tables import forward_captures, forwardings
from otklik.runtime.public import (
    Answer,
    OutgoingFailed,
    OutgoingRefused,
    Runtime,
    delete_rows,
)

from .receiver import URL, Receiver, carry, count, health, make, store
from .world import World


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
    await delete_rows(rt.ch, "events", "workspace_id = {w:UInt32}", {"w": world.workspace_id})
    await carry(rt)
    assert receiver.calls == []
    assert await count(rt, forward_captures) == 0


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
            await list_attempts(
                tx, Asked(workspace_id=world.workspace_id, forwarding_id=forwarding_id)
            )
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
        lang="en",
    )
    assert (result.status, result.error, len(result.answer)) == (500, "HTTP 500", 1024)
    assert receiver.bodies[0]["data"]["event"] == "Otklik test"
    receiver.answers = [OutgoingFailed(reason="connect", host="h")]
    result = await send_trial(
        world.rt,
        workspace_id=world.workspace_id,
        forwarding_id=forwarding_id,
        now=world.rt.clock(),
        lang="ru",
    )
    assert result.error == "h: нет соединения."
