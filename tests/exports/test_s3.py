"""Files in an S3 store: signed as published, whole or not at all, the key only where it belongs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Principal
from otklik.exports.errors import BadPlan, StoreRefused
from otklik.exports.files.work import step_exports
from otklik.exports.model import Subject
from otklik.exports.queries import list_exports, list_schedules
from otklik.exports.schedules import s3
from otklik.exports.schedules.kept import (
    NewDestination,
    change_destination,
    create_destination,
    kept_secret,
    open_destination,
)
from otklik.exports.schedules.operations import (
    run_now,
)
from otklik.exports.tables import export_schedules
from otklik.runtime.public import OutgoingFailed, OutgoingRefused, Runtime

from .scheduling import BUCKET, FakeStore, make
from .world import World

MOSCOW, NEW_YORK = "Europe/Moscow", "America/New_York"


# The published examples: "Signature Calculations for the Authorization Header: Transferring
# Payload in a Single Chunk", Amazon S3 API reference.
KEYS = s3.Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "payload", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {},
            {"Range": "bytes=0-9"},
            EMPTY,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {},
            {
                "Date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
            },
            hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            {"lifecycle": ""},
            {},
            EMPTY,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            EMPTY,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_are_those_of_the_published_examples(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    payload: str,
    signature: str,
) -> None:
    signed = s3.sign(
        method,
        host="examplebucket.s3.amazonaws.com",
        path=path,
        query=query,
        headers=headers,
        payload_sha256=payload,
        keys=KEYS,
        region="us-east-1",
        now=datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert signed["authorization"].endswith(f"Signature={signature}")


@pytest.fixture
def store(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    fake = FakeStore(s3.Keys("AK", "secret"), "ru-1")
    monkeypatch.setattr(rt, "outgoing", fake)
    return fake


async def test_a_small_file_is_put_at_once(
    world: World, store: FakeStore, principal: Principal
) -> None:
    rt = world.rt
    await world.add_people([{"name": "Анна"}])
    store.fail = [503, OutgoingFailed(reason="timeout", host="s3", detail="")]
    schedule_id = await make(rt, principal, Subject.PROFILES, place=BUCKET, secret="secret")
    async with rt.db.begin() as tx:
        await run_now(rt, tx, who=principal, schedule_id=schedule_id, now=rt.clock())
    assert await step_exports(rt)
    ((path, body),) = store.objects.items()
    assert path == "/exports/otklik/day/Nightly-2026-06-15-1200.csv"
    assert "Анна" in body.decode()


async def test_a_large_file_goes_in_parts(
    rt: Runtime, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from otklik.exports.schedules.destinations import store_of
    from otklik.exports.schedules.sinks import ObjectSink, fill

    pieces = [bytes([i]) * 3_000_000 for i in range(9)]

    async def stream() -> Any:
        for piece in pieces:
            yield piece

    await fill(ObjectSink(store_of(rt, BUCKET, "secret"), "x/y z+ü.csv"), stream())
    assert store.objects["/exports/x/y%20z%2B%C3%BC.csv"] == b"".join(pieces)
    assert not store.uploads


async def test_a_broken_upload_is_given_up(rt: Runtime, store: FakeStore) -> None:
    from otklik.exports.schedules.destinations import store_of
    from otklik.exports.schedules.sinks import ObjectSink, fill

    async def stream() -> Any:
        yield b"x" * (s3.PART + 1)
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        await fill(ObjectSink(store_of(rt, BUCKET, "secret"), "x"), stream())
    assert not store.uploads
    assert not store.objects


async def test_a_wrong_key_is_told_without_the_key(
    world: World, store: FakeStore, principal: Principal
) -> None:
    rt = world.rt
    schedule_id = await make(rt, principal, Subject.PROFILES, place=BUCKET, secret="wrong-1")
    async with rt.db.begin() as tx:
        await run_now(rt, tx, who=principal, schedule_id=schedule_id, now=rt.clock())
    assert await step_exports(rt)
    async with rt.db.begin() as tx:
        page = await list_exports(tx, workspace_id=world.workspace_id, lang="en")
        shown = msgspec.json.encode(
            await list_schedules(tx, workspace_id=world.workspace_id, lang="en")
        )
        row = (await tx.execute(sa.select(export_schedules))).mappings().all()
    assert "SignatureDoesNotMatch" in (page.items[0].error or "")
    assert b"wrong-1" not in shown + msgspec.json.encode(page)
    assert "wrong-1" not in str(row)
    assert "secret" not in repr(KEYS)
    assert "wJalr" not in repr(KEYS)


async def test_a_kept_key_is_not_sent_to_another_address(
    rt: Runtime, store: FakeStore, principal: Principal
) -> None:
    moved = msgspec.structs.replace(BUCKET, endpoint="https://evil.example.org")
    same = msgspec.structs.replace(BUCKET, prefix="other")
    async with rt.db.begin() as tx:
        data = NewDestination(name="Place", place=BUCKET, secret="secret")
        made = await create_destination(rt, tx, who=principal, data=data, now=rt.clock())
        change = {"who": principal, "destination_id": made, "now": rt.clock()}
        with pytest.raises(BadPlan):
            await change_destination(
                rt, tx, data=NewDestination(name="Place", place=moved), **change
            )
        keys = [
            await kept_secret(
                rt, tx, workspace_id=principal.workspace_id, destination_id=made, place=place
            )
            for place in (same, moved)
        ]
        assert keys == ["secret", None]
        await change_destination(rt, tx, data=NewDestination(name="Place", place=same), **change)
        opened = await open_destination(
            rt, tx, workspace_id=principal.workspace_id, destination_id=made
        )
    assert (opened.destination, opened.secret) == (same, "secret")
    assert "secret" not in repr(opened)


@pytest.mark.parametrize("endpoint", ["http://169.254.169.254", "http://127.0.0.1:9000"])
async def test_a_store_in_the_own_network_is_refused(
    rt: Runtime, principal: Principal, endpoint: str
) -> None:
    place = msgspec.structs.replace(BUCKET, endpoint=endpoint)
    with pytest.raises(OutgoingRefused):
        await make(rt, principal, Subject.PROFILES, place=place, secret="secret")


async def test_a_refusal_of_the_store_is_an_error_with_its_code(
    rt: Runtime, store: FakeStore
) -> None:
    from otklik.exports.schedules.destinations import try_destination

    with pytest.raises(StoreRefused, match="SignatureDoesNotMatch"):
        await try_destination(rt, BUCKET, workspace_id=1, secret="other")
    await try_destination(rt, BUCKET, workspace_id=1, secret="secret")
    assert not store.objects
