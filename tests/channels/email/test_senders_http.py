"""Senders over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email import http, keys, usage
from otklik.channels.email.dkim import public_record
from otklik.channels.email.domain import resolver
from otklik.channels.email.public import (
    KeyUnreadable,
    SenderNotFound,
    create_sender,
    sender_identity,
)
from otklik.channels.email.tables import senders
from otklik.runtime.public import Runtime, Vault
from tests.conftest import NOW, Cast

SENDER = {"name": "Shop", "email": "Hello@Shop.example"}


async def created(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/senders", json={**SENDER, **changes})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_sender_comes_with_a_key_and_the_record_to_publish(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    made = await created(cast.owner, reply_to="answers@shop.example")
    assert made["email"] == "hello@shop.example"
    assert made["domain"] == "shop.example"
    assert made["is_default"]
    assert made["health"] == "unknown"
    assert made["dkim_record_name"] == "otklik._domainkey.shop.example"
    assert made["dkim_record"].startswith("v=DKIM1; k=rsa; p=MII")
    assert "PRIVATE" not in str(made)
    async with rt.db.begin() as tx:
        identity = await sender_identity(tx, workspace_id=workspace.id)
    assert identity.address == "hello@shop.example"
    assert identity.return_path == f"bounces-{workspace.id}@shop.example"
    assert identity.dkim is not None
    assert identity.dkim.private_key.startswith("-----BEGIN PRIVATE KEY")


async def test_senders_of_one_domain_share_a_key(cast: Cast) -> None:
    first = await created(cast.owner)
    second = await created(cast.owner, email="news@shop.example")
    other = await created(cast.owner, email="news@other.example")
    assert first["dkim_record"] == second["dkim_record"] != other["dkim_record"]


async def test_there_is_one_default_sender(cast: Cast) -> None:
    first = await created(cast.owner)
    second = await created(cast.owner, email="news@shop.example", is_default=True)
    listed = (await cast.colleague.get("/api/v1/senders")).json()
    assert [(s["id"], s["is_default"]) for s in listed] == [
        (second["id"], True),
        (first["id"], False),
    ]
    await cast.owner.patch(f"/api/v1/senders/{first['id']}", json={"is_default": True})
    listed = (await cast.colleague.get("/api/v1/senders")).json()
    assert [s["id"] for s in listed if s["is_default"]] == [first["id"]]


async def test_a_sender_changes_but_keeps_its_address(cast: Cast) -> None:
    made = await created(cast.owner)
    path = f"/api/v1/senders/{made['id']}"
    changed = await cast.owner.patch(path, json={"name": "New\r\nname", "reply_to": "a@b.ru"})
    assert (changed.json()["name"], changed.json()["reply_to"]) == ("New name", "a@b.ru")
    cleared = await cast.owner.patch(path, json={"reply_to": None})
    assert cleared.json()["reply_to"] is None
    assert (await cast.owner.patch(path, json={"email": "x@y.ru"})).status_code in (400, 422)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "nonsense"}, "bad_address"),
        ({"email": "a@b.ru\r\nBcc: x@y.ru"}, "bad_address"),
        ({"reply_to": "nonsense"}, "bad_address"),
    ],
)
async def test_a_wrong_address_is_refused(cast: Cast, changes: dict[str, str], code: str) -> None:
    answer = await cast.owner.post("/api/v1/senders", json={**SENDER, **changes})
    assert answer.status_code == 422
    assert answer.json()["code"] == code


async def test_an_address_is_taken_once(cast: Cast) -> None:
    await created(cast.owner)
    again = await cast.owner.post("/api/v1/senders", json={**SENDER, "email": "HELLO@shop.example"})
    assert again.json()["code"] == "sender_exists"
    assert (await created(cast.stranger))["email"] == "hello@shop.example"


async def test_only_the_owner_manages_and_a_stranger_sees_nothing(cast: Cast) -> None:
    made = await created(cast.owner)
    path = f"/api/v1/senders/{made['id']}"
    assert (await cast.marketer.post("/api/v1/senders", json=SENDER)).status_code == 403
    assert (await cast.marketer.patch(path, json={"name": "x"})).status_code == 403
    assert (await cast.stranger.get("/api/v1/senders")).json() == []
    assert (await cast.stranger.patch(path, json={"name": "x"})).status_code == 404
    assert (await cast.stranger.patch(path, json={"is_default": True})).status_code == 404
    assert (await cast.stranger.delete(path)).status_code == 404
    assert (await cast.stranger.get(f"{path}/checks")).status_code == 404


async def test_a_sender_in_use_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await created(cast.owner)

    async def campaigns(tx: object, workspace_id: int, sender_id: object) -> list[str]:
        return ["Big sale"] if str(sender_id) == made["id"] else []

    monkeypatch.setattr(usage, "_lookups", [campaigns])
    refused = await cast.owner.delete(f"/api/v1/senders/{made['id']}")
    assert refused.json()["code"] == "sender_in_use"
    monkeypatch.setattr(usage, "_lookups", [])
    assert (await cast.owner.delete(f"/api/v1/senders/{made['id']}")).status_code == 204


async def test_checks_say_what_to_do_and_are_remembered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Empty:
        async def txt(self, name: str) -> list[str]:
            return []

        mx = addresses = names = txt

    monkeypatch.setattr(http, "SystemResolver", Empty)
    made = await created(cast.owner, email="a@shop-of-ours.ru")
    answer = await cast.colleague.get(
        f"/api/v1/senders/{made['id']}/checks", headers={"accept-language": "ru"}
    )
    checks = {c["kind"]: c for c in answer.json()}
    assert {kind: c["level"] for kind, c in checks.items()} == {
        **dict.fromkeys(("spf", "dkim", "dmarc"), "block"),
        "mx": "warn",
        **dict.fromkeys(("bimi", "mta_sts"), "info"),
    }
    assert checks["dkim"]["record_name"] == made["dkim_record_name"]
    assert checks["dkim"]["record_value"] == made["dkim_record"]
    assert "TXT" in checks["dmarc"]["message"]
    (listed,) = (await cast.colleague.get("/api/v1/senders")).json()
    assert listed["health"] == "fail"
    assert listed["checked_at"] is not None


async def test_a_new_key_takes_over_when_its_record_is_there(
    rt: Runtime, workspace: Workspace, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: dict[str, list[str]] = {}

    class Zone:
        async def txt(self, name: str) -> list[str]:
            return published.get(name, [])

        mx = addresses = names = txt

    monkeypatch.setattr(http, "SystemResolver", Zone)
    made = await created(cast.owner, email="a@shop-of-ours.ru")
    twin = await created(cast.owner, email="b@shop-of-ours.ru")
    path = f"/api/v1/senders/{made['id']}/dkim"
    early = await cast.owner.post(f"{path}/switch")
    assert (early.status_code, early.json()["code"]) == (409, "no_next_key")
    waiting = (await cast.owner.post(path)).json()
    assert waiting["dkim_next_record_name"] == "otklik2._domainkey.shop-of-ours.ru"
    assert waiting["dkim_record"] == made["dkim_record"]
    assert "private" not in str(waiting)
    # Asked twice it stays the same, and a sender added meanwhile knows it too.
    assert (await cast.owner.post(path)).json()["dkim_next_record"] == waiting["dkim_next_record"]
    third = await created(cast.owner, email="c@shop-of-ours.ru")
    assert third["dkim_next_record"] == waiting["dkim_next_record"]
    refused = await cast.owner.post(f"{path}/switch")
    assert (refused.status_code, refused.json()["code"]) == (409, "key_not_published")

    published[waiting["dkim_next_record_name"]] = [waiting["dkim_next_record"]]
    changed = (await cast.owner.post(f"{path}/switch")).json()
    assert changed["dkim_record"] == waiting["dkim_next_record"]
    assert changed["dkim_next_record"] is None
    async with rt.db.begin() as tx:
        identity = await sender_identity(tx, workspace_id=workspace.id, sender_id=UUID(twin["id"]))
    assert identity.dkim is not None
    assert identity.dkim.selector == "otklik2"
    assert public_record(identity.dkim) == waiting["dkim_next_record"]
    for other, status in ((cast.marketer, 403), (cast.stranger, 404)):
        assert (await other.post(path)).status_code == status
        assert (await other.post(f"{path}/switch")).status_code == status


async def test_private_keys_are_sealed_also_old_ones(
    cast: Cast, rt: Runtime, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await created(cast.owner)
    await cast.owner.post(f"/api/v1/senders/{made['id']}/dkim")
    mine = senders.c.id == UUID(made["id"])

    async def stored() -> tuple[str, str]:
        columns = (senders.c.dkim_private_key, senders.c.next_dkim_private_key)
        async with rt.db.begin() as tx:
            row = (await tx.execute(sa.select(*columns).where(mine))).one()
        return row[0], row[1]

    assert all("PRIVATE" not in key for key in await stored())
    # A row as an older version wrote it: still signed with, and sealed when a process starts.
    clear = tuple(map(keys.open_key, await stored()))
    async with rt.db.begin() as tx:
        await tx.execute(
            senders.update()
            .where(mine)
            .values(dkim_private_key=clear[0], next_dkim_private_key=clear[1])
        )
        identity = await sender_identity(tx, workspace_id=workspace.id)
        assert identity.dkim is not None
        assert public_record(identity.dkim) == made["dkim_record"]
        assert await keys.seal_old_keys(tx) == 2
        assert await keys.seal_old_keys(tx) == 0
        assert await sender_identity(tx, workspace_id=workspace.id) == identity
    assert all("PRIVATE" not in key for key in await stored())
    assert "PRIVATE" not in repr(identity)
    # With another secret key nothing is signed, and the words say why.
    monkeypatch.setattr(keys, "_vaults", [Vault(b"another")])
    async with rt.db.begin() as tx:
        with pytest.raises(KeyUnreadable, match="secret key"):
            await sender_identity(tx, workspace_id=workspace.id)


async def test_a_reserved_domain_is_fine_while_letters_are_caught(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver.SystemResolver, "_ask", None)
    made = await created(cast.owner)
    (check,) = (await cast.owner.get(f"/api/v1/senders/{made['id']}/checks")).json()
    assert (check["level"], check["code"]) == ("ok", "reserved_in_development")


async def test_a_workspace_without_senders_has_no_identity(
    rt: Runtime, workspace: Workspace, other_workspace: Workspace
) -> None:
    async with rt.db.begin() as tx:
        with pytest.raises(SenderNotFound):
            await sender_identity(tx, workspace_id=workspace.id)
        sender = await create_sender(
            tx, workspace_id=other_workspace.id, name="x", address="a@b.ru", now=NOW
        )
        with pytest.raises(SenderNotFound):
            await sender_identity(tx, workspace_id=workspace.id, sender_id=sender.id)
