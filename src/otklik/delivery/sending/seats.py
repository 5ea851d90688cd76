"""Who may go now, by which relay, and until when the others wait.

Without a limit this costs a letter one look into a tuple. With one, the letters of a chunk ask
together: for the provider's pace, for the relay's rate, for the day's allowance of a warm-up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from otklik.channels.email.public import (
    WarmupClaim,
    claim_allowance,
    provider_of,
    return_allowance,
)
from otklik.delivery.gate import Wait
from otklik.delivery.model import WaitReason
from otklik.delivery.operations.blocks import Row
from otklik.delivery.operations.pace import SlotWish, take_slots
from otklik.delivery.policy.hours import next_day
from otklik.delivery.sending.routes import Route, Seating, Trip, seat_plain
from otklik.runtime.public import Runtime, Tx

BURST_S: Final = 5.0
"""Letters to a provider with a limit may go so many seconds' worth at once."""
RELAY_BURST_S: Final = 0.5
PUT_OFF_LONGEST_S: Final = 900.0
"""A limit may be lifted meanwhile, so letters look again after this time."""

_LOOK_AGAIN: Final = timedelta(minutes=1)

_Waited = tuple[Route, str]


@dataclass(slots=True)
class Seats:
    """Gives letters of one process their seats."""

    _queues: dict[tuple[UUID, str], float] = field(default_factory=dict)
    """When the letters that wait for a provider will have gone."""
    _used_up: dict[tuple[int, str], datetime] = field(default_factory=dict)
    """By workspace and subject: until when the allowance of a relay or domain is used up."""

    async def make_room(self, rt: Runtime, trip: Trip, *, wanted: int) -> tuple[int, float]:
        """Reserve letters of the relays that have a rate; returns how many letters may be chosen.

        If none may, the second number says in how many seconds one may.
        """
        paced = [(route, pace) for route in trip.routes if (pace := route.pace) is not None]
        if not paced:
            trip.rooms = None
            return wanted, 0.0
        weights = sum(route.weight for route in trip.routes)
        wishes = [
            SlotWish(
                key=f"relay:{route.relay_id}",
                workspace_id=route.workspace_id,
                wanted=-(-wanted * route.weight // weights),
                rate_per_s=pace,
            )
            for route, pace in paced
        ]
        async with rt.db.begin() as tx:
            grants = await take_slots(tx, wishes=wishes, burst_s=RELAY_BURST_S)
        trip.rooms = {
            route.relay_id: grants[wish.key].granted
            for (route, _), wish in zip(paced, wishes, strict=True)
        }
        if len(paced) < len(trip.routes):
            return wanted, 0.0
        total = sum(trip.rooms.values())
        return min(wanted, total), min(one.wait_s for one in grants.values())

    async def seat(
        self, rt: Runtime, trip: Trip, rows: Sequence[Row], *, now: datetime, zone: ZoneInfo
    ) -> tuple[Seating, dict[int, Wait | None]]:
        """Return who goes by which relay, and who must wait, by message.

        No time to wait for means that there was no room in this chunk; the next one is near.
        """
        if trip.is_plain:
            return seat_plain(trip, [row.message_id for row in rows]), {}
        waits: dict[int, Wait | None] = {}
        seats: dict[int, Route] = {}
        seating = Seating(trip, seats, today=now.astimezone(zone).date())
        rooms = dict(trip.rooms or {})
        tomorrow = next_day(zone, now)
        async with rt.db.begin() as tx:
            left = await self._by_domain(tx, seating, rows, waits, now=now, tomorrow=tomorrow)
            orders = [tuple(trip.preferred(row.message_id)) for row in left]
            paced: dict[int, _Waited] = {}
            spent: set[int] = set()
            unseated = list(range(len(left)))
            for turn in range(len(trip.routes)):
                by_route: dict[Route, list[int]] = {}
                for place in unseated:
                    by_route.setdefault(orders[place][turn], []).append(place)
                unseated = []
                for route, places in by_route.items():
                    good, rest = await self._by_pace(tx, route, left, places, rooms, paced)
                    unseated += rest
                    good, rest = await self._by_warmup(
                        tx, seating, route, good, now=now, tomorrow=tomorrow
                    )
                    unseated += rest
                    spent.update(rest)
                    seats.update((left[place].message_id, route) for place in good)
            self._put_off(left, unseated, paced, spent, waits, now=now, tomorrow=tomorrow)
            if trip.ways.domain_warmup is not None and unseated:
                await unclaim(tx, seating, {trip.ways.domain: len(unseated)})
        return seating, waits

    async def _by_domain(
        self,
        tx: Tx,
        seating: Seating,
        rows: Sequence[Row],
        waits: dict[int, Wait | None],
        *,
        now: datetime,
        tomorrow: datetime,
    ) -> Sequence[Row]:
        """Return the letters that the warm-up of the sender's domain lets go today."""
        ways = seating.trip.ways
        if ways.domain_warmup is None:
            return rows
        granted = await self._claim(
            tx, seating, WarmupClaim(ways.domain, ways.domain_warmup, len(rows)), now, tomorrow
        )
        for row in rows[granted:]:
            waits[row.message_id] = Wait(WaitReason.WARM_UP, tomorrow)
        return rows[:granted]

    async def _by_pace(
        self,
        tx: Tx,
        route: Route,
        rows: Sequence[Row],
        places: Sequence[int],
        rooms: dict[UUID, int],
        paced: dict[int, _Waited],
    ) -> tuple[list[int], list[int]]:
        """Part letters into those that the relay and the providers let go, and the others."""
        room = rooms.get(route.relay_id, len(places)) if route.pace is not None else len(places)
        by_provider: dict[str, list[int]] = {}
        good: list[int] = []
        for place in places:
            provider = provider_of(rows[place].address)
            if provider in route.limits:
                by_provider.setdefault(provider, []).append(place)
            else:
                good.append(place)
        rest: list[int] = []
        if by_provider:
            wishes = {
                provider: SlotWish(
                    key=f"pace:{route.relay_id}:{provider}",
                    workspace_id=route.workspace_id,
                    wanted=min(len(asked), room),
                    rate_per_s=route.limits[provider],
                )
                for provider, asked in by_provider.items()
            }
            grants = await take_slots(tx, wishes=list(wishes.values()), burst_s=BURST_S)
            for provider, asked in by_provider.items():
                granted = grants[wishes[provider].key].granted
                good += asked[:granted]
                rest += asked[granted:]
                for place in asked[granted:]:
                    paced[place] = (route, provider)
        rest += good[room:]
        good = good[:room]
        if route.pace is not None:
            rooms[route.relay_id] = room - len(good)
        return good, rest

    async def _by_warmup(
        self,
        tx: Tx,
        seating: Seating,
        route: Route,
        places: list[int],
        *,
        now: datetime,
        tomorrow: datetime,
    ) -> tuple[list[int], list[int]]:
        if route.warmup is None or not places:
            return places, []
        claim = WarmupClaim(str(route.relay_id), route.warmup, len(places))
        granted = await self._claim(tx, seating, claim, now, tomorrow)
        return places[:granted], places[granted:]

    async def _claim(
        self, tx: Tx, seating: Seating, claim: WarmupClaim, now: datetime, tomorrow: datetime
    ) -> int:
        assert seating.today is not None
        workspace_id = seating.trip.ways.workspace_id
        if now < self._used_up.get((workspace_id, claim.subject), now) <= now + _LOOK_AGAIN:
            return 0
        grants = await claim_allowance(
            tx, workspace_id=workspace_id, claims=[claim], today=seating.today
        )
        granted = grants[claim.subject]
        if granted == 0 and claim.wanted:
            # Letters that come back unused are found again in a minute.
            self._used_up[workspace_id, claim.subject] = min(tomorrow, now + _LOOK_AGAIN)
        seating.claimed[claim.subject] = seating.claimed.get(claim.subject, 0) + granted
        return granted

    def _put_off(
        self,
        rows: Sequence[Row],
        unseated: Sequence[int],
        paced: dict[int, _Waited],
        spent: set[int],
        waits: dict[int, Wait | None],
        *,
        now: datetime,
        tomorrow: datetime,
    ) -> None:
        """Say until when letters wait that no relay takes now.

        Those of a chunk that wait for one provider come back together, behind the ones that were
        put off before them.
        """
        moment = _moment()
        queues: dict[_Waited, list[int]] = {}
        for place in unseated:
            message_id = rows[place].message_id
            if place in paced:
                queues.setdefault(paced[place], []).append(message_id)
            elif place in spent:
                waits[message_id] = Wait(WaitReason.WARM_UP, tomorrow)
            else:
                waits[message_id] = None
        for (route, provider), message_ids in queues.items():
            key, rate = (route.relay_id, provider), route.limits.get(provider, 1.0)
            begins = max(self._queues.get(key, 0.0), moment + BURST_S)
            begins = min(begins, moment + PUT_OFF_LONGEST_S)
            self._queues[key] = begins + len(message_ids) / rate
            wait = Wait(WaitReason.RELAY_PACE, now + timedelta(seconds=begins - moment))
            waits.update((message_id, wait) for message_id in message_ids)


async def unclaim(tx: Tx, seating: Seating, unused: dict[str, int]) -> None:
    """Give letters back to today's allowances, by subject."""
    assert seating.today is not None
    await return_allowance(
        tx,
        workspace_id=seating.trip.ways.workspace_id,
        unused=unused,
        today=seating.today,
    )
    for subject, count in unused.items():
        seating.claimed[subject] -= count


def _moment() -> float:
    return asyncio.get_running_loop().time()
