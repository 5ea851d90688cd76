"""Handing letters of one mailing to the network, and knowing when to stop.

A relay that fails before a recipient is named has taken nothing; its letters go by another one, if
one is well and has room, and wait otherwise. So does a letter, once, whose connection was lost
before its final dot. Everything else is the recipient's answer, or nobody's, and stands.

A relay that takes letters and confirms none would bring a whole mailing into doubt. After some such
letters in a row it counts as failing, and then one letter at a time shows whether it answers again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from otklik.channels.email.public import (
    Outgoing,
    SendResult,
    SendState,
    is_relay_trouble,
    marked,
    told,
)
from otklik.delivery.sending.letters import Ready, ReadyMailing
from otklik.delivery.sending.routes import Route, Seating, Transport
from otklik.delivery.sending.schedule import LOST, schedule_of
from otklik.runtime.public import log

__all__ = ["Flag", "HandOver", "Transport"]

_AFTER_THE_DOT: Final = frozenset({"body", "done"})
UNANSWERED_MAX: Final = 5
"""Letters in a row that a relay took without an answer, before it is left alone."""


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
class HandOver:
    """One chunk on its way. `failed`: relays that could not take letters, with what they said."""

    ready: ReadyMailing
    seating: Seating
    flag: Flag
    results: dict[int, SendResult] = field(default_factory=dict)
    failed: dict[Route, SendResult] = field(default_factory=dict)
    _begun: set[int] = field(default_factory=set)

    async def send(self, letters: Sequence[Ready]) -> dict[int, SendResult]:
        """Offer letters to their relays; those not offered in the end have no result."""
        left, first = list(letters), True
        while left and not self.flag.stopped:
            await self._round(left)
            self._look_at_relays()
            left = [letter for letter in left if self._may_go_again(letter, first=first)]
            first = False
        # A transport that leaves a letter without a result has broken its promise; nobody knows
        # what the server got, so it must not be offered again.
        for message_id in self._begun - self.results.keys():
            self.results[message_id] = SendResult(
                state=SendState.UNKNOWN, code=None, enhanced=None, text="no result", phase="body"
            )
        return self.results

    async def _round(self, letters: Sequence[Ready]) -> None:
        groups = self.seating.groups([letter.row.message_id for letter in letters])
        rate = self.ready.mailing.rate_per_s
        if rate:
            await self._in_time(letters, 1.0 / rate)
        elif len(groups) == 1:
            (route,) = groups
            await self._offer(route, iter(letters), min(route.lanes, len(letters)))
        else:
            await asyncio.gather(
                *(
                    self._offer(
                        route,
                        iter([letters[place] for place in places]),
                        min(route.lanes, len(places)),
                    )
                    for route, places in groups.items()
                )
            )

    async def _in_time(self, letters: Sequence[Ready], spacing: float) -> None:
        """Spread letters evenly over their time: the mailing has a rate."""
        numbered = enumerate(letters)

        async def lane() -> None:
            for number, letter in numbered:
                late = first + number * spacing - _moment()
                if late > 0:
                    await asyncio.sleep(late)
                if self.flag.stopped:
                    return
                await self._offer(self.seating.of(letter.row.message_id), iter([letter]), 1)

        lanes = sum(route.lanes for route in self.seating.trip.routes)
        first = _moment()
        await asyncio.gather(*(lane() for _ in range(min(lanes, len(letters)))))

    async def _offer(self, route: Route, letters: Iterator[Ready], lanes: int) -> None:
        flag, failed, begun, results = self.flag, self.failed, self._begun, self.results

        def settle(message_id: int, result: SendResult) -> None:
            results[message_id] = result
            if is_relay_trouble(result):
                failed[route] = result
            elif result.state is SendState.UNKNOWN:
                route.unanswered += 1
                if route.unanswered >= UNANSWERED_MAX:
                    failed[route] = result
            elif result.phase in _AFTER_THE_DOT:
                route.unanswered = 0

        def supply() -> Iterator[Outgoing]:
            for letter in letters:
                if flag.stopped or route in failed:
                    return
                message_id = letter.row.message_id
                begun.add(message_id)
                data = marked(letter.data, route.service, letter.return_path)
                yield Outgoing(message_id, letter.row.address, data, letter.return_path)

        offered = supply()
        try:
            if route.unanswered >= UNANSWERED_MAX:
                await route.transport.send_each(islice(offered, 1), settle, lanes=1)
            if route not in failed:
                await route.transport.send_each(offered, settle, lanes=lanes)
        except Exception as error:
            log.error("transport failed", mailing_id=self.ready.mailing.mailing_id, exc_info=error)

    def _look_at_relays(self) -> None:
        """Stop the mailing when no relay is left, with what the last one said."""
        if self.failed and all(route in self.failed for route in self.seating.trip.routes):
            self.flag.stopped = True
            last = next(reversed(self.failed.values()))
            self.flag.trouble = told(last, self.ready.workspace.lang)

    def _may_go_again(self, letter: Ready, *, first: bool) -> bool:
        """Tell whether a letter goes by another relay now; only if it was surely not taken."""
        message_id = letter.row.message_id
        result = self.results.get(message_id)
        if result is None:
            if message_id in self._begun:
                return False
        elif not is_relay_trouble(result) and not (
            first and result.state is SendState.TEMPORARY and schedule_of(result) is LOST
        ):
            return False
        if not self.seating.elsewhere(message_id, letter.row.address, self.failed):
            return False
        self.results.pop(message_id, None)
        self._begun.discard(message_id)
        return True


def _moment() -> float:
    return asyncio.get_running_loop().time()
