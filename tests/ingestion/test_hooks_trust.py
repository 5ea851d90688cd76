"""What a call is believed: an open address like a browser, a checked one like a server."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from otklik.ingestion.hooks.model import HookMapping, HookRule, SecretCheck
from otklik.ingestion.hooks.receive import unpack_call
from tests.ingestion.hooking import EMAIL, Hook
from tests.ingestion.support import Ingestion, track

WITH_USER = HookMapping(
    event="Form Submitted", rules=[EMAIL, HookRule(path=["user"], to="user_id")]
)
STOLEN = {"Email": "shared@example.com", "user": "mallory"}


async def owner_of(hook: Hook, email: str) -> int:
    async with hook.rt.db.begin() as tx:
        found = await tx.execute(
            sa.text(
                "SELECT coalesce(p.merged_into, p.profile_id) FROM identifiers i"
                " JOIN profiles p ON p.profile_id = i.home_id WHERE i.workspace_id = :w"
                " AND i.kind = 'email' AND i.value = :v"
            ),
            {"w": hook.workspace_id, "v": email},
        )
        return int(found.scalar_one())


async def known_to_the_server(hook: Hook, seen: Ingestion) -> int:
    await seen.put(track(user="anna", context={"traits": {"email": "shared@example.com"}}))
    await seen.drain()
    return await owner_of(hook, "shared@example.com")


async def test_a_form_without_a_check_takes_no_address_from_a_known_customer(
    hook: Hook, seen: Ingestion
) -> None:
    anna = await known_to_the_server(hook, seen)
    await hook.map(WITH_USER)
    # It says that it happened before: the earlier word of two equal ones would count.
    await hook.send(json={**STOLEN, "when": "2020-01-01"})
    await hook.drain()
    await seen.drain()
    assert await owner_of(hook, "shared@example.com") == anna
    stored = await seen.stored("DISTINCT source, profile_id = " + str(anna))
    assert set(stored) == {("server", 1), ("form", 0)}


@pytest.mark.parametrize("way", ["secret", "network"])
async def test_a_checked_call_is_believed_like_a_server(
    hook: Hook, seen: Ingestion, way: str
) -> None:
    headers: dict[str, Any] = {}
    if way == "secret":
        secret = await hook.check(SecretCheck(place="header", name="X-Secret"))
        headers = {"headers": {"X-Secret": secret}}
    else:
        await hook.change(networks=["192.0.2.0/24"])
    await hook.map(WITH_USER)
    await hook.send(json=STOLEN, **headers)
    await hook.drain()
    await seen.drain()
    assert {row[0] for row in await seen.stored("source")} == {"webhook"}


async def test_a_call_from_before_the_check_is_not_believed_after_it(
    hook: Hook, seen: Ingestion
) -> None:
    await hook.send(json=STOLEN)
    await hook.check(SecretCheck(place="header", name="X-Secret"))
    await hook.map(WITH_USER)
    await hook.drain()
    await seen.drain()
    (row,) = await hook.rows()
    assert unpack_call(row.body).checked is False
    assert {row[0] for row in await seen.stored("source")} == {"form"}
