"""Who may call an address, and how much of it is kept."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import logging
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from otklik.ingestion.hooks.model import (
    BasicCheck,
    Check,
    HmacCheck,
    SecretCheck,
)
from otklik.ingestion.hooks.receive import unpack_call
from otklik.ingestion.hooks.tables import hook_sources
from otklik.runtime.public import Runtime
from tests.conftest import Clock
from tests.ingestion.hooking import FORM, Hook


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
