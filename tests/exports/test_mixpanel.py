"""Mixpanel takes what is sent in its published form, and what it never will is given up."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from otklik.accounts.public import Principal
from otklik.exports.forwarding import mixpanel
from otklik.exports.forwarding.log import Asked, list_dead
from otklik.exports.forwarding.model import (
    MixpanelTarget,
)
from otklik.exports.forwarding.operations import (
    replay,
)
from otklik.runtime.public import Answer, OutgoingFailed

from .mixpanel_side import MixpanelSide
from .receiver import Receiver, carry, health, make, store
from .world import START, World

EU = MixpanelTarget(region="eu", project_id="123", user="robot.1.mp-service-account")


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


@pytest.mark.parametrize("value", ["0", "-1", "null", "TRUE", "anon", "x" * 37, "a.b", "я", ""])
def test_an_id_that_means_nothing_is_no_insert_id(value: str) -> None:
    made = mixpanel.insert_id(value)
    assert made != value
    assert len(made) == 36


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
        page = await list_dead(
            tx, Asked(workspace_id=world.workspace_id, forwarding_id=forwarding_id)
        )
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


async def test_what_mixpanel_would_refuse_for_ever_is_not_sent(
    world: World, receiver: Receiver, side: MixpanelSide, principal: Principal
) -> None:
    rt = world.rt
    forwarding_id, _ = await make(rt, principal, target=EU, secret="sesame")
    await store(world, ("Bought", {}))
    year = timedelta(days=365)
    old, ancient, future = START - 6 * year, START - 56 * year, rt.clock() + timedelta(hours=2)
    for at, prefix in ((old, "old"), (ancient, "ancient"), (future, "future")):
        await store(world, ("Bought", {}), prefix=prefix, at=at)
    await carry(rt)
    sent = {event["properties"]["$insert_id"] for event in side.events}
    assert sent == {"m1", "old1"}, "history counts from 1971 on"
    assert side.failures == []
    view = await health(world, forwarding_id)
    assert (view.dead, view.waiting) == (2, 0)
    async with rt.db.begin() as tx:
        page = await list_dead(
            tx, Asked(workspace_id=world.workspace_id, forwarding_id=forwarding_id)
        )
    reasons = sorted(one.error or "" for one in page.items)
    assert "older than 1971" in reasons[1]
    assert "in the future" in reasons[0]


async def test_the_place_of_the_server_is_not_that_of_the_person(
    world: World, side: MixpanelSide, principal: Principal
) -> None:
    await make(world.rt, principal, target=EU, secret="sesame")
    await store(world, ("$merge", {"$distinct_ids": ["a", "b"]}))
    await carry(world.rt)
    (event,) = side.events
    assert event["properties"]["ip"] == 0
    assert event["event"] == "event_$merge", "no name makes Mixpanel join people"
    assert event["properties"]["property_$distinct_ids"] == ["a", "b"]


@pytest.mark.parametrize("name", ["insert_id", "$insert_id"])
async def test_both_spellings_of_its_answer_are_read(
    world: World, side: MixpanelSide, principal: Principal, name: str
) -> None:
    side.id_name = name
    forwarding_id, _ = await make(world.rt, principal, target=EU, secret="sesame")
    side.refuse = {"m1": "no"}
    await store(world, *[("Bought", {})] * 2)
    await carry(world.rt)
    view = await health(world, forwarding_id)
    assert (view.delivered_hour, view.dead) == (1, 1)
