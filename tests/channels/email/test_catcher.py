"""The built-in mail catcher: a real server, read over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.catcher import Catcher, start_catcher
from otklik.channels.email.frame import build_frame
from otklik.channels.email.model import ReplyKind, SenderIdentity, SendResult, SendState
from otklik.channels.email.smtp import SmtpPool, open_pool
from otklik.channels.email.tables import caught_letters
from otklik.runtime.public import Runtime
from tests.conftest import Cast

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
async def catcher(rt: Runtime) -> AsyncIterator[Catcher]:
    running = await start_catcher(rt.db, clock=rt.clock)
    yield running
    await running.stop()


@pytest.fixture
async def pool(catcher: Catcher) -> AsyncIterator[SmtpPool]:
    async with open_pool(catcher.url) as opened:
        yield opened


def letter(
    to: str = "ann@example.com", *, subject: str = "Привет", html: str = "<b>Hi</b>"
) -> bytes:
    sender = SenderIdentity(UUID(int=1), 1, "Лавка", "hello@shop.example", "shop.example")
    return build_frame(sender=sender).render(
        to_address=to,
        to_name="Анна",
        subject="Привет",
        text="Hi\n.\n..dots",
        html=html,
        amp="<html ⚡4email>Ж</html>",
        message_id="m1",
        date=NOW,
    )


async def sent(
    pool: SmtpPool, workspace: Workspace, to: str, data: bytes | None = None
) -> SendResult:
    return await pool.send(f"bounces-{workspace.id}@shop.example", to, data or letter(to))


async def test_a_caught_letter_can_be_read(
    pool: SmtpPool, cast: Cast, workspace: Workspace
) -> None:
    data = letter(html="<script>alert(1)</script>")
    result = await sent(pool, workspace, "ann@example.com", data)
    assert result.state is SendState.ACCEPTED
    page = (await cast.colleague.get("/api/v1/catcher/letters")).json()
    (item,) = page["items"]
    # It may hold a link that opens an account: an analyst sees that it went, not what it says.
    assert (await cast.colleague.get(f"/api/v1/catcher/letters/{item['id']}")).status_code == 403
    assert item["subject"] == "Привет"
    assert item["from"] == "Лавка <hello@shop.example>"
    assert item["to"] == "Анна <ann@example.com>"
    assert item["size_bytes"] == len(data)
    shown = (await cast.marketer.get(f"/api/v1/catcher/letters/{item['id']}")).json()
    assert shown["source"].encode() == data
    assert shown["text"].rstrip("\n") == "Hi\n.\n..dots"
    assert shown["html"] == "<script>alert(1)</script>"
    assert shown["amp"] == "<html ⚡4email>Ж</html>"
    assert ["Subject", "Привет"] in shown["headers"]
    assert (shown["envelope_from"], shown["envelope_to"]) == (
        f"bounces-{workspace.id}@shop.example",
        "ann@example.com",
    )


async def test_a_stranger_sees_nothing_of_it(
    pool: SmtpPool, cast: Cast, workspace: Workspace
) -> None:
    await sent(pool, workspace, "ann@example.com")
    (item,) = (await cast.owner.get("/api/v1/catcher/letters")).json()["items"]
    assert (await cast.stranger.get("/api/v1/catcher/letters")).json()["items"] == []
    path = f"/api/v1/catcher/letters/{item['id']}"
    assert (await cast.stranger.get(path)).status_code == 404
    assert (await cast.stranger.delete("/api/v1/catcher/letters")).status_code == 204
    assert (await cast.owner.get(path)).status_code == 200
    assert (await cast.colleague.delete("/api/v1/catcher/letters")).status_code == 403
    assert (await cast.owner.delete("/api/v1/catcher/letters")).status_code == 204
    assert (await cast.owner.get(path)).status_code == 404


async def test_letters_come_in_pages_and_are_found(
    pool: SmtpPool, cast: Cast, workspace: Workspace
) -> None:
    for i in range(5):
        await sent(pool, workspace, f"a{i}@example.com")
    first = (await cast.owner.get("/api/v1/catcher/letters", params={"limit": 3})).json()
    rest = await cast.owner.get(
        "/api/v1/catcher/letters", params={"limit": 3, "cursor": first["next_cursor"]}
    )
    ids = [item["id"] for item in first["items"] + rest.json()["items"]]
    assert len(ids) == 5
    assert ids == sorted(ids, reverse=True)
    found = await cast.owner.get("/api/v1/catcher/letters", params={"search": "A3@"})
    assert len(found.json()["items"]) == 1


@pytest.mark.parametrize(
    ("to", "state", "kind"),
    [
        ("bounce-5xx@example.com", SendState.PERMANENT, ReplyKind.NO_MAILBOX),
        ("ivan.bounce-5xx@example.com", SendState.PERMANENT, ReplyKind.NO_MAILBOX),
        ("ivan+bounce-4xx@example.com", SendState.TEMPORARY, ReplyKind.SERVER),
        ("ivan.mailbox-full@example.com", SendState.PERMANENT, ReplyKind.MAILBOX_FULL),
        ("spam-reject@example.com", SendState.PERMANENT, ReplyKind.SPAM),
        ("a.drop-connection@example.com", SendState.UNKNOWN, None),
        ("rebounce-5xxl@example.com", SendState.ACCEPTED, None),
    ],
)
async def test_a_recipient_can_ask_for_a_refusal(
    pool: SmtpPool, workspace: Workspace, to: str, state: SendState, kind: ReplyKind | None
) -> None:
    result = await sent(pool, workspace, to)
    assert result.state is state
    assert (result.verdict.kind if result.verdict else None) == kind


@pytest.mark.parametrize(
    "body",
    [
        b"Subject: x\r\n\r\n.\r\n",
        b".\r\n",
        b"\r\n",
        b"x",
        b"no header at all\r\n\r\n\r\n",
        b"Subject: =?utf-8?b?/w==?= =?nope?q?x?=\r\nFrom: \xff\xfe\r\n\r\n\x00\xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html; "
        b"charset=klingon\r\n\r\n<p>\r\n--x--\r\n",
        b"Subject: " + b"a" * 5000 + b"\r\n" + b"x" * 300_000,
        b"a\r\n" * 50_000 + b"..\r\n.x\r\n",
    ],
    ids=range(9),
)
async def test_any_letter_is_caught_byte_for_byte(
    pool: SmtpPool, cast: Cast, workspace: Workspace, body: bytes
) -> None:
    result = await sent(pool, workspace, "ann@example.com", body)
    assert result.state is SendState.ACCEPTED
    listed = await cast.owner.get("/api/v1/catcher/letters")
    assert listed.status_code == 200, listed.text
    (item,) = listed.json()["items"]
    assert item["size_bytes"] == len(body if body.endswith(b"\r\n") else body + b"\r\n")
    answer = await cast.owner.get(f"/api/v1/catcher/letters/{item['id']}")
    assert answer.status_code == 200


async def test_many_letters_at_once_all_arrive(
    pool: SmtpPool, rt: Runtime, workspace: Workspace
) -> None:
    results = await asyncio.gather(
        *(sent(pool, workspace, f"a{i}@example.com") for i in range(200))
    )
    assert {r.state for r in results} == {SendState.ACCEPTED}
    async with rt.db.begin() as tx:
        query = sa.select(caught_letters.c.envelope_to).where(
            caught_letters.c.workspace_id == workspace.id
        )
        found = (await tx.execute(query)).scalars().all()
    assert sorted(found) == sorted(f"a{i}@example.com" for i in range(200))


async def test_old_letters_make_room(rt: Runtime, workspace: Workspace) -> None:
    catcher = await start_catcher(rt.db, clock=rt.clock, kept=5)
    async with open_pool(catcher.url) as pool:
        for i in range(12):
            await sent(pool, workspace, f"a{i}@example.com")
    await catcher.stop()
    async with rt.db.begin() as tx:
        count = await tx.scalar(
            sa.select(sa.func.count())
            .select_from(caught_letters)
            .where(caught_letters.c.workspace_id == workspace.id)
        )
    assert count is not None
    assert count <= 10


async def test_it_listens_on_loopback_only(rt: Runtime) -> None:
    with pytest.raises(ValueError):
        await start_catcher(rt.db, clock=rt.clock, host="0.0.0.0")
