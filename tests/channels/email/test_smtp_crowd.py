"""A relay that wants no more connections, and single letters that go by the next relay."""

from __future__ import annotations

import asyncio

import pytest

from otklik.channels.email.model import ReplyKind, SendResult, SendState
from otklik.channels.email.relays.opening import SingleSender
from otklik.channels.email.smtp.doors import TRY_AFTER_LONGEST_S, TRY_AFTER_S, Doors
from otklik.channels.email.smtp.results import is_crowded, not_connected
from tests.channels.email.fake_smtp import DROP, fake_server
from tests.channels.email.pooled import LETTER, pool_for
from tests.channels.email.test_smtp_lanes import handed_over

CROWDED = "421 4.7.0 Error: too many connections from 192.0.2.1"


@pytest.mark.parametrize(
    ("text", "crowded"),
    [
        (CROWDED[4:], True),
        ("4.3.2 Maximum number of concurrent connections reached", True),
        ("4.7.0 Concurrent session limit exceeded", True),
        ("4.7.0 [TSS04] Messages temporarily deferred", False),
        ("4.3.2 Too much mail, slow down", False),
        ("4.3.2 Service not available, closing the connection", False),
    ],
)
def test_it_tells_too_many_connections_from_too_many_letters(text: str, crowded: bool) -> None:
    assert is_crowded(not_connected(421, text, None)) is crowded
    assert not is_crowded(not_connected(None, text, ReplyKind.NETWORK)), "nobody answered"


async def test_lanes_share_the_connections_that_a_relay_bears() -> None:
    async with (
        fake_server(connections_max=3, answers_in_s=0.005) as server,
        pool_for(server, connections=8, timeout_s=2.0) as pool,
    ):
        results = await handed_over(pool, 40, lanes=8)
        refused = server.refused
        assert (pool.connections, refused <= 5) == (3, True)
        again = await handed_over(pool, 40, lanes=8)
        assert server.refused == refused, "what was learnt is kept"
    assert {one.state for one in (*results.values(), *again.values())} == {SendState.ACCEPTED}
    assert len(server.letters) == 80


async def test_processes_share_them_without_telling_each_other() -> None:
    """Four pools of eight at a relay that bears ten: each learns its own part."""
    async with fake_server(connections_max=10, answers_in_s=0.002) as server:
        pools = [pool_for(server, connections=8, timeout_s=2.0) for _ in range(4)]
        first = await asyncio.gather(*(handed_over(pool, 60, lanes=8) for pool in pools))
        refused = server.refused
        second = await asyncio.gather(*(handed_over(pool, 60, lanes=8) for pool in pools))
        for pool in pools:
            await pool.close()
    taken = _states(first)[SendState.ACCEPTED] + _states(second)[SendState.ACCEPTED]
    assert len(server.letters) == taken
    # A letter that was not taken was offered to nobody: its pool had not one connection.
    assert all(is_crowded(one) for one in _refusals([*first, *second]))
    assert refused <= 4 * 8
    assert server.refused - refused <= 4, "no storm of connections follows"


def _states(rounds: list[dict[int, SendResult]]) -> dict[SendState, int]:
    found = dict.fromkeys(SendState, 0)
    for results in rounds:
        for one in results.values():
            found[one.state] += 1
    return found


def _refusals(rounds: list[dict[int, SendResult]]) -> list[SendResult]:
    return [r for one in rounds for r in one.values() if r.state is not SendState.ACCEPTED]


async def test_a_relay_without_room_for_one_connection_says_so_of_each_letter() -> None:
    async with (
        fake_server({"connect": CROWDED}) as server,
        pool_for(server, connections=4) as pool,
    ):
        results = await handed_over(pool, 9, lanes=4)
    assert len(results) == 9
    assert all(is_crowded(one) for one in results.values())
    assert server.connections <= 4


async def test_one_more_connection_is_tried_later_and_later_in_vain() -> None:
    now = 0.0
    doors = Doors(8, moment=lambda: now)
    for _ in range(4):
        await doors.enter()
    doors.refused(3)
    doors.refused(3)
    doors.leave()
    assert doors.most == 3
    waits = []
    for _ in range(6):
        task = asyncio.ensure_future(doors.enter())
        await asyncio.sleep(0)
        assert not task.done(), "it is full"
        task.cancel()
        began = now
        while doors.most == 3:
            now += 10.0
            task = asyncio.ensure_future(doors.enter())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        waits.append(now - began)
        doors.refused(3)
        doors.leave()
    assert waits == [TRY_AFTER_S, 240.0, 480.0, 960.0, TRY_AFTER_LONGEST_S, TRY_AFTER_LONGEST_S]
    # It bears more again: the number grows by one at a time, up to what is set.
    for expected in (4, 5, 6, 7, 8):
        now += TRY_AFTER_LONGEST_S
        await doors.enter()
        doors.opened(doors.busy)
        assert doors.most == expected


async def test_who_waits_at_the_doors_comes_in_when_another_leaves() -> None:
    doors = Doors(1)
    await doors.enter()
    tasks = [asyncio.ensure_future(doors.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    doors.leave()
    # The one whose turn it is gives up at that very moment; the next one must not sleep for ever.
    tasks[0].cancel()
    async with asyncio.timeout(1.0):
        await tasks[1]
    assert doors.busy == 1
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    doors.leave()
    assert doors.busy == 0


@pytest.mark.parametrize(
    ("script", "taken_by"),
    [
        ({"connect": "421 4.3.2 not now"}, 2),
        ({"MAIL": "550 5.7.1 Sender rejected"}, 2),
        ({"RCPT": DROP}, 2),
        ({"RCPT": "550 5.1.1 No such user"}, 0),
        ({"RCPT": "421 4.7.28 Unusual rate of mail"}, 0),
        ({"body": DROP}, 1),
        ({}, 1),
    ],
)
async def test_a_single_letter_goes_by_the_next_relay_only_if_it_was_surely_not_taken(
    script: dict[str, str], taken_by: int
) -> None:
    async with fake_server(script) as first, fake_server() as second:
        relays = SingleSender([pool_for(first, connections=1), pool_for(second, connections=1)])
        result = await relays.send("me@shop.example", "ann@example.com", LETTER)
        await relays.close()
    assert (len(first.letters), len(second.letters)) == (int(taken_by == 1), int(taken_by == 2))
    if taken_by == 2:
        assert result.state is SendState.ACCEPTED


async def test_the_last_relay_s_answer_stands() -> None:
    async with (
        fake_server({"connect": "421 first"}) as one,
        fake_server({"MAIL": "451 two"}) as two,
    ):
        relays = SingleSender([pool_for(one, connections=1), pool_for(two, connections=1)])
        result = await relays.send("me@shop.example", "ann@example.com", LETTER)
        await relays.close()
    assert (result.state, result.text) == (SendState.TEMPORARY, "two")
