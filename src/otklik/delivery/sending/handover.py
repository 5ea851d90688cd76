"""Handing letters of one mailing to the network, and knowing when to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from otklik.channels.email.public import Outgoing, SendResult, SendState, Settle
from otklik.delivery.sending.letters import Ready, ReadyMailing
from otklik.delivery.sending.outcomes import is_relay_trouble
from otklik.runtime.public import log

_RELAY_WAIT_MAX_S = 60.0


class Transport(Protocol):
    """Hands letters to the next mail server.

    It asks `letters` for the next one when it can send it, works on `lanes` of them at once, and
    calls `settle` once for each that it took. It raises for nothing that a server does.
    """

    async def send_each(
        self, letters: Iterator[Outgoing], settle: Settle, *, lanes: int
    ) -> None: ...


@dataclass(slots=True)
class Flag:
    """Says to the letters not yet handed over that they should wait."""

    stopped: bool = False
    trouble: str | None = None
    cleared: bool = False
    """An old trouble of the mailing was taken back in this turn; once is enough."""
    seen_at: float = 0.0
    """When the mailing was last seen running; marking letters looks at it too."""


@dataclass(slots=True)
class Relay:
    """How long this process leaves the relay alone after it failed."""

    wait_s: float = 0.0
    until: float = 0.0

    def failed(self, moment: float) -> None:
        self.wait_s = min(max(1.0, self.wait_s * 2), _RELAY_WAIT_MAX_S)
        self.until = moment + self.wait_s

    def worked(self) -> None:
        self.wait_s = self.until = 0.0


async def hand_over(
    transport: Transport,
    ready: ReadyMailing,
    letters: Sequence[Ready],
    flag: Flag,
    *,
    lanes: int,
) -> dict[int, SendResult]:
    """Offer letters to the relay; those not offered because of the flag have no result.

    A mailing with a rate spreads its letters evenly over their time.
    """
    results: dict[int, SendResult] = {}
    begun: set[int] = set()
    queue = iter(letters)

    def settle(message_id: int, result: SendResult) -> None:
        results[message_id] = result
        if is_relay_trouble(result):
            flag.stopped, flag.trouble = True, result.text

    def supply(some: Iterator[Ready]) -> Iterator[Outgoing]:
        for letter in some:
            if flag.stopped:
                return
            message_id = letter.row.message_id
            begun.add(message_id)
            yield Outgoing(message_id, letter.row.address, letter.data, letter.return_path)

    async def offer(some: Iterator[Ready], lanes: int) -> None:
        try:
            await transport.send_each(supply(some), settle, lanes=lanes)
        except Exception as error:
            log.error("transport failed", mailing_id=ready.mailing.mailing_id, exc_info=error)

    async def offer_in_time(spacing: float) -> None:
        first = _moment()
        for number, letter in numbered:
            late = first + number * spacing - _moment()
            if late > 0:
                await asyncio.sleep(late)
            if flag.stopped:
                return
            await offer(iter([letter]), 1)

    lanes = min(lanes, len(letters))
    if ready.mailing.rate_per_s:
        numbered = enumerate(queue)
        await asyncio.gather(*(offer_in_time(1.0 / ready.mailing.rate_per_s) for _ in range(lanes)))
    else:
        await offer(queue, lanes)
    # A transport that leaves a letter without a result has broken its promise; nobody knows what
    # the server got, so it must not be offered again.
    for message_id in begun - results.keys():
        results[message_id] = SendResult(
            state=SendState.UNKNOWN, code=None, enhanced=None, text="no result", phase="body"
        )
    return results


def _moment() -> float:
    return asyncio.get_running_loop().time()
