"""Handing letters over: every way it can go wrong has its own honest result."""

from __future__ import annotations

import asyncio

import pytest

from otklik.channels.email.model import ReplyKind, SendState
from otklik.channels.email.smtp import SmtpPool
from tests.channels.email.fake_smtp import DROP, HANG, fake_server
from tests.channels.email.pooled import BIG, BOTH, HUGE, LETTER, pool_for, sent


@BOTH
async def test_a_letter_arrives_as_it_was(pipelining: bool) -> None:
    async with fake_server(pipelining=pipelining) as server:
        result = await sent(server)
    assert result.state is SendState.ACCEPTED
    assert (result.code, result.enhanced, result.phase) == (250, "2.0.0", "done")
    assert server.letters == [("me@shop.example", "ann@example.com", LETTER)]


@BOTH
async def test_letters_share_a_connection(pipelining: bool) -> None:
    async with fake_server(pipelining=pipelining) as server:
        async with pool_for(server, connections=1) as pool:
            results = [await pool.send("me@x.ru", f"a{i}@x.ru", LETTER) for i in range(5)]
        assert {r.state for r in results} == {SendState.ACCEPTED}
        assert server.connections == 1
        assert len(server.letters) == 5
        assert server.commands[-1] == "QUIT"


async def test_it_opens_no_more_connections_than_allowed() -> None:
    async with fake_server() as server:
        async with pool_for(server, connections=3) as pool:
            await asyncio.gather(*(pool.send("m@x.ru", f"a{i}@x.ru", LETTER) for i in range(30)))
        assert server.open_max <= 3
        assert len(server.letters) == 30


async def test_it_renews_a_connection_after_so_many_letters() -> None:
    async with fake_server() as server:
        async with pool_for(server, connections=1, messages_per_connection=2) as pool:
            for i in range(5):
                await pool.send("m@x.ru", f"a{i}@x.ru", LETTER)
        assert server.connections == 3
        assert server.commands.count("QUIT") == 3


@BOTH
async def test_a_server_that_limits_letters_per_connection_gets_a_new_one(pipelining: bool) -> None:
    async with fake_server(per_connection=2, pipelining=pipelining) as server:
        async with pool_for(server, connections=1) as pool:
            results = [await pool.send("m@x.ru", f"a{i}@x.ru", LETTER) for i in range(5)]
        assert {r.state for r in results} == {SendState.ACCEPTED}
        assert [to for _, to, _ in server.letters] == [f"a{i}@x.ru" for i in range(5)]


REFUSALS: list[tuple[str, str, SendState, ReplyKind]] = [
    ("MAIL", "451 4.3.0 Later", SendState.TEMPORARY, ReplyKind.SERVER),
    ("MAIL", "550 5.7.1 Sender rejected", SendState.PERMANENT, ReplyKind.POLICY),
    ("RCPT", "450 4.2.2 Mailbox full", SendState.TEMPORARY, ReplyKind.MAILBOX_FULL),
    ("RCPT", "550 5.1.1 User unknown", SendState.PERMANENT, ReplyKind.NO_MAILBOX),
    ("DATA", "451 4.3.0 Later", SendState.TEMPORARY, ReplyKind.SERVER),
    ("DATA", "554 5.5.1 No valid recipients", SendState.PERMANENT, ReplyKind.NO_MAILBOX),
    ("body", "451 4.7.1 Greylisted", SendState.TEMPORARY, ReplyKind.RATE),
    ("body", "554 5.7.1 Spam", SendState.PERMANENT, ReplyKind.SPAM),
]


@BOTH
@pytest.mark.parametrize(("phase", "answer", "state", "kind"), REFUSALS)
async def test_a_refusal_has_its_phase_and_reason(
    phase: str, answer: str, state: SendState, kind: ReplyKind, *, pipelining: bool
) -> None:
    async with (
        fake_server({phase: [answer]}, pipelining=pipelining) as server,
        pool_for(server, connections=1) as pool,
    ):
        result = await pool.send("me@x.ru", "ann@x.ru", LETTER)
        after = await pool.send("me@x.ru", "bob@x.ru", LETTER)
    assert result.state is state
    assert result.verdict is not None
    assert result.verdict.kind in (kind, ReplyKind.OTHER)
    assert result.phase == phase.lower()
    assert result.code == int(answer[:3])
    assert result.text == answer[4:]
    # The refusal of one recipient costs the next one nothing, not even a new connection.
    assert after.state is SendState.ACCEPTED
    assert [to for _, to, _ in server.letters] == ["bob@x.ru"]
    assert server.connections == 1


async def test_a_server_that_asks_for_a_body_it_will_not_take_gets_an_empty_one() -> None:
    """RFC 2920: with pipelining, 354 may come although every recipient was refused."""
    async with (
        fake_server({"RCPT": ["550 5.1.1 No"]}, eager=True) as server,
        pool_for(server, connections=1) as pool,
    ):
        refused = await pool.send("me@x.ru", "ann@x.ru", LETTER)
        taken = await pool.send("me@x.ru", "bob@x.ru", LETTER)
    assert refused.state is SendState.PERMANENT
    assert taken.state is SendState.ACCEPTED
    assert [to for _, to, _ in server.letters] == ["bob@x.ru"]


@BOTH
@pytest.mark.parametrize("what", [DROP, HANG])
@pytest.mark.parametrize("phase", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_what_goes_wrong_before_the_letter_is_temporary(
    phase: str, what: str, pipelining: bool
) -> None:
    async with fake_server({phase: what}, pipelining=pipelining) as server:
        result = await sent(server)
    assert result.state is SendState.TEMPORARY
    assert result.verdict is not None
    assert result.verdict.kind is ReplyKind.NETWORK
    assert not server.letters


@BOTH
@pytest.mark.parametrize("what", [DROP, HANG])
async def test_a_letter_without_an_answer_is_in_doubt_and_not_sent_again(
    what: str, pipelining: bool
) -> None:
    async with (
        fake_server({"body": [what]}, pipelining=pipelining) as server,
        pool_for(server, connections=1) as pool,
    ):
        doubtful = await pool.send("me@x.ru", "ann@x.ru", LETTER)
        after = await pool.send("me@x.ru", "bob@x.ru", LETTER)
    assert doubtful.state is SendState.UNKNOWN
    assert doubtful.verdict is None
    assert doubtful.phase == "body"
    assert after.state is SendState.ACCEPTED
    # The server took it; a second try would have been the same letter twice.
    assert [to for _, to, _ in server.letters] == ["ann@x.ru", "bob@x.ru"]


async def test_a_large_letter_lost_half_way_is_surely_not_taken() -> None:
    async with fake_server(drop_in_body=100_000) as server:
        result = await sent(server, HUGE)
    assert result.state is SendState.TEMPORARY
    assert not server.letters


async def test_a_large_letter_arrives_whole() -> None:
    async with fake_server() as server:
        result = await sent(server, BIG, timeout_s=5, final_timeout_s=5)
    assert result.state is SendState.ACCEPTED
    assert server.letters[0][2] == BIG


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "body"])
async def test_a_good_bye_closes_the_connection_and_is_temporary(phase: str) -> None:
    async with fake_server({phase: ["421 4.3.2 Shutting down"]}) as server:
        async with pool_for(server, connections=1) as pool:
            result = await pool.send("me@x.ru", "ann@x.ru", LETTER)
            after = await pool.send("me@x.ru", "bob@x.ru", LETTER)
        assert result.state is SendState.TEMPORARY
        assert after.state is SendState.ACCEPTED
        assert server.connections == 2


@pytest.mark.parametrize("what", [DROP, "421 4.4.2 Idle too long"])
async def test_a_kept_connection_that_died_is_replaced_without_a_trace(what: str) -> None:
    async with fake_server({"MAIL": ["250 OK", what]}) as server:
        async with pool_for(server, connections=1) as pool:
            await pool.send("me@x.ru", "ann@x.ru", LETTER)
            result = await pool.send("me@x.ru", "bob@x.ru", LETTER)
        assert result.state is SendState.ACCEPTED
        assert [to for _, to, _ in server.letters] == ["ann@x.ru", "bob@x.ru"]


async def test_a_relay_that_is_away_is_not_asked_again_at_once() -> None:
    async with fake_server({"connect": "554 5.7.1 Go away"}) as server:
        async with pool_for(server) as pool:
            results = [await pool.send("me@x.ru", "ann@x.ru", LETTER) for _ in range(5)]
        assert {r.state for r in results} == {SendState.TEMPORARY}
        assert results[0].code == 554
        assert server.connections == 1


async def test_a_closed_port_is_temporary() -> None:
    async with fake_server() as server:
        pass
    result = await sent(server)
    assert result.state is SendState.TEMPORARY
    assert result.phase == "connect"


async def test_it_does_not_offer_what_the_server_will_not_take() -> None:
    async with fake_server(extensions=("SIZE 1000",)) as server:
        result = await sent(server, b"x" * 2000)
    assert result.state is SendState.PERMANENT
    assert result.verdict is not None
    assert result.verdict.kind is ReplyKind.TOO_BIG
    assert not any(c.startswith("MAIL") for c in server.commands)


async def test_it_announces_the_size() -> None:
    async with fake_server(extensions=("SIZE 100000",)) as server:
        await sent(server)
    assert f"MAIL FROM:<me@shop.example> SIZE={len(LETTER)}" in server.commands


@pytest.mark.parametrize(
    "address", ["", "a@b.ru>\r\nRCPT TO:<c@d.ru", "a b@c.ru", "a@b.ru\n", "ы@b.ru", "<a@b.ru>"]
)
async def test_no_address_can_smuggle_a_command(address: str) -> None:
    async with fake_server() as server, pool_for(server) as pool:
        result = await pool.send("me@x.ru", address, LETTER)
    assert result.state is SendState.PERMANENT
    assert not server.connections


@pytest.mark.parametrize("ending", [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r\n"])
async def test_no_letter_can_smuggle_a_second_one(ending: bytes) -> None:
    smuggled = (
        b"Subject: x\r\n\r\nHello" + ending + b"MAIL FROM:<evil@x.ru>\r\nRCPT TO:<v@x.ru>\r\n"
    )
    async with fake_server() as server:
        result = await sent(server, smuggled)
    assert result.state is SendState.ACCEPTED
    assert len(server.letters) == 1
    assert b"\n." not in server.letters[0][2].replace(b"\r\n.", b"")
    assert sum(c.startswith("MAIL") for c in server.commands) == 1


@pytest.mark.parametrize(
    "answer", ["hello", "999 x", "25", "250-" + "x" * 40_000, "250-a\r\n" * 5_000 + "250-b"]
)
async def test_a_server_that_talks_nonsense_is_left(answer: str) -> None:
    async with fake_server({"MAIL": answer}) as server:
        result = await sent(server)
    assert result.state is SendState.TEMPORARY
    assert len(result.text) <= 500


async def test_it_keeps_to_the_rate() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with fake_server() as server:
        settings = pool_for(server, rate_per_s=10.0, connections=1).settings
        async with SmtpPool(settings, sleep=sleep) as pool:
            for i in range(4):
                await pool.send("me@x.ru", f"a{i}@x.ru", LETTER)
    assert len(slept) == 3
    assert sum(slept) > 0.3


async def test_a_cancelled_letter_leaves_no_half_used_connection() -> None:
    async with fake_server({"body": [HANG]}) as server:
        async with pool_for(server, connections=1, final_timeout_s=5) as pool:
            task = asyncio.create_task(pool.send("me@x.ru", "ann@x.ru", LETTER))
            while not server.letters:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            result = await pool.send("me@x.ru", "bob@x.ru", LETTER)
        assert result.state is SendState.ACCEPTED
        assert server.connections == 2
