"""How fast events may come: by key over all processes, by address in each of them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.ingestion.errors import LogUnavailable
from otklik.ingestion.keys import WriteKey
from otklik.ingestion.limits import (
    ADDRESSES_MAX,
    AddressLimit,
    KeyLimit,
    Portion,
    lease_events,
)
from otklik.ingestion.public import open_event_service
from otklik.ingestion.tables import event_buckets
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx
from tests.ingestion.support import Ingestion, track


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def a_key(workspace_id: int = 1, key_id: UUID | None = None) -> WriteKey:
    return WriteKey(workspace_id, key_id or new_id(), "server", False)


class Bucket:
    """The shared bucket without a database: holds `spare` events, counts who asks."""

    def __init__(self, spare: int) -> None:
        self.spare = spare
        self.asked = 0

    async def lease(self, _: WriteKey, want: int) -> Portion:
        self.asked += 1
        await asyncio.sleep(0)
        granted = min(want, self.spare)
        self.spare -= granted
        return Portion(granted, 0.0 if granted == want else 1.5)


async def test_a_portion_serves_many_requests() -> None:
    bucket, key = Bucket(10_000), a_key()
    limit = KeyLimit(bucket.lease, per_s=1_000, clock=Time())
    for _ in range(100):
        assert limit.take_held(key, 1) or await limit.take(key, 1) == 0
    assert bucket.asked == 1


async def test_requests_at_one_moment_ask_once() -> None:
    bucket, key = Bucket(10_000), a_key()
    limit = KeyLimit(bucket.lease, per_s=1_000, clock=Time())
    assert set(await asyncio.gather(*[limit.take(key, 1) for _ in range(50)])) == {0}
    assert bucket.asked == 1


async def test_two_processes_share_one_limit() -> None:
    bucket, key = Bucket(1_000), a_key()
    one, two = (KeyLimit(bucket.lease, per_s=500, clock=Time()) for _ in range(2))
    passed = 0
    for _ in range(200):
        for limit in (one, two):
            passed += 10 * (await limit.take(key, 10) == 0)
    assert passed == 1_000


async def test_whoever_is_over_the_limit_waits_without_asking() -> None:
    time, bucket, key = Time(), Bucket(5), a_key()
    limit = KeyLimit(bucket.lease, per_s=10, clock=time)
    assert await limit.take(key, 5) == 0
    assert [await limit.take(key, 5) for _ in range(10)] == [2] * 10
    assert bucket.asked == 2
    time.now += 2
    bucket.spare = 5
    assert await limit.take(key, 5) == 0


async def test_a_batch_larger_than_the_bucket_passes_and_leaves_a_debt() -> None:
    time, bucket, key = Time(), Bucket(20), a_key()
    limit = KeyLimit(bucket.lease, per_s=10, clock=time)
    assert await limit.take(key, 50) == 0
    time.now += 2
    bucket.spare = 20
    assert await limit.take(key, 1) > 0, "the thirty events too many are paid first"


async def test_an_error_of_the_store_reaches_the_caller_and_passes() -> None:
    key, away = a_key(), True

    async def lease(_: WriteKey, want: int) -> Portion:
        if away:
            raise LogUnavailable()
        return Portion(want, 0.0)

    limit = KeyLimit(lease, per_s=10, clock=Time())
    with pytest.raises(LogUnavailable):
        await limit.take(key, 1)
    away = False
    assert await limit.take(key, 1) == 0


async def test_the_bucket_of_a_key_fills_by_the_clock_of_the_database(
    tx: Tx, workspace: Workspace
) -> None:
    key, other = a_key(workspace.id), a_key(workspace.id)

    async def ask(key: WriteKey, want: int) -> Portion:
        return await lease_events(tx, key=key, want=want, per_s=1)

    assert await ask(key, 1) == Portion(1, 0.0)
    assert (await ask(key, 5)).granted == 1
    nothing = await ask(key, 1)
    assert nothing.granted == 0
    assert 0 < nothing.wait_s <= 1
    assert (await ask(other, 1)).granted == 1
    await tx.execute(
        event_buckets.update()
        .where(event_buckets.c.workspace_id == workspace.id, event_buckets.c.key_id == key.key_id)
        .values(filled_at=event_buckets.c.filled_at - sa.text("interval '1 hour'"))
    )
    assert (await ask(key, 100)).granted == 2, "never more than two seconds' worth"
    await tx.execute(
        event_buckets.update()
        .where(event_buckets.c.workspace_id == workspace.id, event_buckets.c.key_id == key.key_id)
        .values(filled_at=event_buckets.c.filled_at + sa.text("interval '1 hour'"))
    )
    assert (await ask(key, 1)).granted == 0, "a clock that was set back gives nothing"


def test_an_address_has_its_own_bucket() -> None:
    time = Time()
    limit = AddressLimit(per_s=10, clock=time)
    assert limit.take("192.0.2.1", 20) == 0
    assert limit.take("192.0.2.1", 20) == 2
    assert limit.take("192.0.2.2", 20) == 0
    time.now += 1
    assert limit.take("192.0.2.1", 11) == 1
    assert limit.take("192.0.2.1", 10) == 0


def test_a_flood_of_addresses_takes_no_more_memory_than_it_may() -> None:
    time = Time()
    limit = AddressLimit(per_s=10, clock=time)
    for number in range(ADDRESSES_MAX + 10):
        limit.take(f"a{number}", 15)
    assert len(limit._buckets) <= ADDRESSES_MAX
    assert limit.take(f"a{ADDRESSES_MAX + 9}", 15) > 0, "the latest ones are kept"


def limit_addresses(rt: Runtime, monkeypatch: pytest.MonkeyPatch, per_s: int) -> None:
    ingestion = msgspec.structs.replace(rt.settings.ingestion, events_per_address_s_max=per_s)
    monkeypatch.setattr(rt, "settings", msgspec.structs.replace(rt.settings, ingestion=ingestion))


async def call(rt: Runtime, headers: dict[str, str], bodies: list[Any]) -> list[httpx.Response]:
    """Send batches to an event API of its own, all from one connection."""
    async with open_event_service(rt) as service:
        transport = httpx.ASGITransport(app=service)  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            return [await client.post("/v1/batch", json=b, headers=headers) for b in bodies]


async def test_one_address_can_not_flood_a_public_key(
    rt: Runtime, public_key: str, seen: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_addresses(rt, monkeypatch, 10)
    batch = {"batch": [track() for _ in range(40)], "writeKey": public_key}
    first, second = await call(rt, {"accept-language": "ru"}, [batch, batch])
    assert first.status_code == 200
    assert second.status_code == 429
    assert second.headers["content-type"] == "application/problem+json"
    assert 1 <= int(second.headers["retry-after"]) <= 4
    assert second.json() == {
        "success": False,
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "code": "address_too_fast",
        "detail": "С этого адреса приходит больше 10 событий в секунду.",
        "message": "С этого адреса приходит больше 10 событий в секунду.",
    }
    assert await seen.logged() == 40


async def test_a_server_sends_all_it_has_from_one_address(
    rt: Runtime, secret_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_addresses(rt, monkeypatch, 10)
    batch = {"batch": [track() for _ in range(20)], "writeKey": secret_key}
    assert [a.status_code for a in await call(rt, {}, [batch] * 3)] == [200] * 3


@pytest.mark.parametrize(("proxies", "answers"), [(0, [200, 429]), (1, [200, 200])])
async def test_a_forwarded_address_is_believed_only_behind_a_proxy(
    rt: Runtime,
    public_key: str,
    monkeypatch: pytest.MonkeyPatch,
    proxies: int,
    answers: list[int],
) -> None:
    limit_addresses(rt, monkeypatch, 10)
    batch = {"batch": [track() for _ in range(40)], "writeKey": public_key}
    found = []
    async with open_event_service(rt) as service:
        service.api._proxies = proxies
        transport = httpx.ASGITransport(app=service)  # type: ignore[arg-type]  # httpx and uvicorn have ASGI types of their own
        async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
            for address in ("192.0.2.1", "192.0.2.2"):
                answer = await client.post(
                    "/v1/batch", json=batch, headers={"x-forwarded-for": address}
                )
                found.append(answer.status_code)
    assert found == answers


async def test_trying_out_keys_is_slowed_down(
    rt: Runtime, public_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_addresses(rt, monkeypatch, 1)
    guesses = [{"batch": [track()], "writeKey": f"guess-{n}"} for n in range(3)]
    assert [a.status_code for a in await call(rt, {}, guesses)] == [401, 429, 429]
