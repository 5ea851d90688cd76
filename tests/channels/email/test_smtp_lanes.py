"""Letters handed over together: the next envelope travels behind a letter, none hurts another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from otklik.channels.email.model import SendResult, SendState
from otklik.channels.email.smtp import Outgoing, SmtpPool
from tests.channels.email.fake_smtp import DROP, HANG, fake_server
from tests.channels.email.pooled import BOTH, LETTER, pool_for


async def handed_over(
    pool: SmtpPool, count: int, *, lanes: int = 1, stop_after: int | None = None
) -> dict[int, SendResult]:
    """Hand letters to a0@x.ru, a1@x.ru, … over together; each must be settled once."""
    results: dict[int, SendResult] = {}

    def letters() -> Iterator[Outgoing]:
        for number in range(count):
            if stop_after is not None and len(results) >= stop_after:
                return
            yield Outgoing(number, f"a{number}@x.ru", LETTER, f"b{number}@x.ru")

    def settle(key: int, result: SendResult) -> None:
        assert key not in results
        results[key] = result

    await pool.send_each(letters(), settle, lanes=lanes)
    return results


async def test_the_next_envelope_travels_behind_a_letter() -> None:
    """The server answers a letter only when it has seen the next command, and need not wait."""
    async with (
        fake_server(patient=4) as server,
        pool_for(server, connections=1) as pool,
    ):
        results = await handed_over(pool, 5)
    assert {one.state for one in results.values()} == {SendState.ACCEPTED}
    assert [to for _, to, _ in server.letters] == [f"a{number}@x.ru" for number in range(5)]
    assert server.connections == 1


@BOTH
@pytest.mark.parametrize("lanes", [1, 3])
async def test_one_bad_letter_leaves_its_neighbours_alone(pipelining: bool, lanes: int) -> None:
    script = {
        "RCPT": [*["250 OK"] * 2, "550 5.1.1 No", *["250 OK"] * 2, "450 4.2.2 Full"],
        "body": [*["250 OK"] * 3, "451 4.3.0 Later", *["250 OK"] * 2, DROP, "250 OK", HANG],
    }
    async with (
        fake_server(script, pipelining=pipelining) as server,
        pool_for(server, connections=lanes) as pool,
    ):
        results = await handed_over(pool, 16, lanes=lanes)
    assert sorted(results) == list(range(16))
    states = Counter(one.state for one in results.values())
    assert states == {
        SendState.PERMANENT: 1,
        SendState.TEMPORARY: 2,
        SendState.UNKNOWN: 2,
        SendState.ACCEPTED: 11,
    }
    got = Counter(to for _, to, _ in server.letters)
    assert set(got.values()) == {1}
    for number, result in results.items():
        taken = result.state in (SendState.ACCEPTED, SendState.UNKNOWN)
        assert (got[f"a{number}@x.ru"] == 1) is taken


async def test_a_server_that_loses_what_comes_behind_a_letter_gets_it_later() -> None:
    async with (
        fake_server(deaf=True) as server,
        pool_for(server, connections=1) as pool,
    ):
        results = await handed_over(pool, 5)
    assert {one.state for one in results.values()} == {SendState.ACCEPTED}
    assert Counter(to for _, to, _ in server.letters) == {f"a{n}@x.ru": 1 for n in range(5)}
    # It was found out with the first letter, at the price of one connection.
    assert server.connections == 2


@pytest.mark.parametrize("phase", ["MAIL", "body"])
async def test_a_good_bye_between_letters_costs_only_a_new_connection(phase: str) -> None:
    async with (
        fake_server({phase: ["250 OK", "421 4.3.2 Bye"]}) as server,
        pool_for(server, connections=1) as pool,
    ):
        results = await handed_over(pool, 6)
    refused = [key for key, one in results.items() if one.state is not SendState.ACCEPTED]
    assert refused == ([] if phase == "MAIL" else [1])
    assert len(server.letters) == 6 - len(refused)
    assert server.connections == 2


async def test_it_stops_when_there_are_no_more_letters() -> None:
    async with (
        fake_server() as server,
        pool_for(server, connections=2) as pool,
    ):
        # More lanes than connections: those that never got one end too.
        results = await handed_over(pool, 50, lanes=6, stop_after=5)
    assert 5 <= len(results) <= 5 + 2 * 2
    assert len(server.letters) == len(results)


async def test_letters_handed_over_together_keep_to_the_rate() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with fake_server() as server:
        settings = pool_for(server, rate_per_s=10.0, connections=1).settings
        async with SmtpPool(settings, sleep=sleep) as pool:
            await handed_over(pool, 4)
    assert len(slept) == 3
    assert sum(slept) > 0.3


async def test_a_fault_of_the_caller_is_told_after_the_others_are_done() -> None:
    async with (
        fake_server() as server,
        pool_for(server, connections=2) as pool,
    ):
        settled: list[int] = []

        def settle(key: int, _: SendResult) -> None:
            settled.append(key)
            if key == 1:
                raise RuntimeError("the caller's own")

        letters = (Outgoing(number, f"a{number}@x.ru", LETTER, "me@x.ru") for number in range(8))
        with pytest.raises(RuntimeError):
            await pool.send_each(letters, settle, lanes=2)
    # The lane of the fault breaks off; the other one hands the rest over.
    assert len(settled) == len(set(settled)) >= 6
    assert max(Counter(to for _, to, _ in server.letters).values()) == 1
