"""What all senders of a process share: open relays, what their answers taught, who may go now.

State that other processes must know is in PostgreSQL: limits of providers, rates of relays, days
of warm-ups, relays that fail. It is read every few seconds and written by chunk, and only where
there is a limit; the letters of a relay without any cost no statement at all. Counts for the page
are written every other second, and so many at most are lost with a process.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import (
    BIG,
    OTHERS,
    OWN_RELAY,
    WHOLE,
    Counts,
    RelayAccess,
    RelayRest,
    SendResult,
    SendState,
    count_letters,
    is_relay_trouble,
    note_relay_trouble,
    note_relay_worked,
    open_relay,
    parse_smtp_url,
    provider_of,
    recover,
    sending_ways,
    service_of,
    slow_down,
)
from otklik.delivery.sending.letters import Ready
from otklik.delivery.sending.routes import Route, Seating, Transport, Ways
from otklik.delivery.sending.schedule import is_too_fast
from otklik.delivery.sending.seats import Seats, unclaim
from otklik.runtime.public import BadSeal, EngineUnavailable, Runtime, Tx, log

READ_EVERY_S: Final = 3.0
WRITE_EVERY_S: Final = 2.0
WORKED_EVERY_S: Final = 30.0
_WAYS_KEPT: Final = 64

_Key = tuple[UUID, str]


@dataclass(slots=True)
class Fleet:
    """The relays of one process. `own`: the installation's own, by `lanes` connections."""

    own: Transport
    lanes: int = 8
    seats: Seats = field(default_factory=Seats)
    _own_route: Route = field(init=False)
    _routes: dict[UUID, Route] = field(default_factory=dict)
    _ways: dict[tuple[int, str], tuple[float, Ways]] = field(default_factory=dict)
    _counts: dict[tuple[UUID, str, int], list[int]] = field(default_factory=dict)
    _recovering: Counter[_Key] = field(default_factory=Counter)
    _worked: set[UUID] = field(default_factory=set)
    _worked_at: dict[UUID, float] = field(default_factory=dict)
    _troubles: dict[UUID, tuple[str, str, float]] = field(default_factory=dict)
    _told: dict[UUID, datetime] = field(default_factory=dict)
    """Until when a relay is to rest by what this process has written itself."""
    _too_fast: dict[_Key, str] = field(default_factory=dict)
    _written: float = 0.0

    def __post_init__(self) -> None:
        self._own_route = Route(OWN_RELAY, 0, "", self.own, self.lanes)

    # --- What there is ---------------------------------------------------------------------------

    async def ways(self, rt: Runtime, *, workspace_id: int, domain: str) -> Ways:
        """Return the routes for letters of a workspace from a domain, as they were seconds ago."""
        key, moment = (workspace_id, domain), _moment()
        known = self._ways.get(key)
        if known is not None and moment - known[0] < READ_EVERY_S:
            return known[1]
        async with rt.db.begin() as tx:
            found = await sending_ways(
                tx, workspace_id=workspace_id, sender_domain=domain, now=rt.clock()
            )
            lang = (await get_workspace(tx, workspace_id=workspace_id)).lang
        routes: list[Route] = []
        trouble: str | None = None
        for relay in found.relays:
            try:
                routes.append(await self._open(rt, relay))
            except BadSeal as error:
                log.error("a relay can't be opened", relay_id=str(relay.id), error=error.code)
                trouble = f"{relay.name}: {error.text(lang)}"
        if not found.relays:
            if rt.settings.smtp_url:
                self._own_route.service = service_of(parse_smtp_url(rt.settings.smtp_url).host)
            routes.append(self._own_route)
        for route in routes:
            self._hear(route, found.rests.get(route.relay_id), rt.clock())
            route.limits = {
                provider: limit.rate_per_s
                for (relay_id, provider), limit in found.limits.items()
                if relay_id == route.relay_id
            }
        ways = Ways(
            workspace_id, domain, tuple(routes), found.domain_warmup, None if routes else trouble
        )
        self._ways.pop(key, None)
        self._ways[key] = (moment, ways)
        if len(self._ways) > _WAYS_KEPT:
            del self._ways[next(iter(self._ways))]
        await self._close_unused()
        return ways

    def _hear(self, route: Route, told: RelayRest | None, now: datetime) -> None:
        """Learn from other processes that a relay fails, or does so no more."""
        if route.relay_id in self._troubles:
            # What this one has found is not written yet.
            return
        if told is None:
            route.rest.heard_nothing()
            return
        if told.until == self._told.get(route.relay_id):
            return
        moment = _moment()
        route.rest.heard(
            since=moment + (told.since - now).total_seconds(),
            until=moment + (told.until - now).total_seconds(),
            moment=moment,
        )

    async def _open(self, rt: Runtime, relay: RelayAccess) -> Route:
        """Return the route of a relay, opened anew when its settings were changed."""
        known = self._routes.get(relay.id)
        if known is not None and known.stamp == relay:
            return known
        route = Route(
            relay.id,
            relay.workspace_id,
            relay.name,
            open_relay(rt, relay),
            relay.connections,
            weight=relay.weight,
            rate_per_s=relay.letters_per_s,
            warmup=relay.warmup,
            service=service_of(relay.host),
            stamp=relay,
        )
        self._routes[relay.id] = route
        if known is not None:
            await _close(known)
        return route

    async def _close_unused(self) -> None:
        used = {route.relay_id for _, ways in self._ways.values() for route in ways.routes}
        for relay_id in [one for one in self._routes if one not in used]:
            await _close(self._routes.pop(relay_id))

    async def close(self) -> None:
        """Say good-bye to relays of workspaces; the installation's own is the caller's."""
        for route in self._routes.values():
            await _close(route)
        self._routes.clear()
        self._ways.clear()

    # --- What it taught --------------------------------------------------------------------------

    def note(
        self,
        seating: Seating,
        letters: Sequence[Ready],
        results: dict[int, SendResult],
        failed: Mapping[Route, SendResult],
    ) -> None:
        """Remember what became of a chunk, and which relays failed; nothing is written yet."""
        for route, said in failed.items():
            self._note_failure(route, said)
        moment, workspace_id = _moment(), seating.trip.ways.workspace_id
        tallies: dict[tuple[Route, str], list[int]] = {}
        for letter in letters:
            message_id = letter.row.message_id
            result = results.get(message_id)
            if result is None or (
                result.state is not SendState.ACCEPTED and is_relay_trouble(result)
            ):
                continue
            route, provider = seating.of(message_id), provider_of(letter.row.address)
            tally = tallies.get((route, provider))
            if tally is None:
                tally = tallies[route, provider] = [0, 0, 0]
            if result.state is SendState.ACCEPTED:
                tally[0] += 1
                continue
            tally[1 if result.state is SendState.TEMPORARY else 2] += 1
            if is_too_fast(result):
                self._too_fast[route.relay_id, provider] = result.text
        for (route, provider), (taken, delayed, refused) in tallies.items():
            route.measured.add(provider, offered=taken + delayed, taken=taken, moment=moment)
            shown = provider if provider in BIG or provider in route.limits else OTHERS
            count = self._counts.setdefault((route.relay_id, shown, workspace_id), [0, 0, 0])
            for place, number in enumerate((taken, delayed, refused)):
                count[place] += number
            if route not in failed:
                route.rest.worked(moment)
            if taken:
                self._worked.add(route.relay_id)
                for name in (provider, WHOLE):
                    if name in route.limits:
                        self._recovering[route.relay_id, name] += taken

    def _note_failure(self, route: Route, result: SendResult) -> None:
        """A relay failed before a recipient was named, or confirms nothing any more: it rests."""
        moment = _moment()
        route.rest.failed(moment)
        kind = result.verdict.kind.value if result.verdict is not None else ""
        self._troubles[route.relay_id] = (result.text, kind, route.rest.wait_s)
        if is_too_fast(result):
            self._too_fast[route.relay_id, WHOLE] = result.text

    async def learn(self, rt: Runtime, seating: Seating, results: dict[int, SendResult]) -> None:
        """Write down what must not wait: who asked to be slower, who rests, letters not used.

        A failure of it costs a lesson, not a letter.
        """
        unused = _unused(seating, results)
        if self._too_fast or self._troubles or unused:
            routes = {route.relay_id: route for route in seating.trip.ways.routes}
            too_fast = {
                key: self._too_fast.pop(key)
                for key in sorted(self._too_fast, key=str)
                if key[0] in routes
            }
            troubles = {
                one: self._troubles.pop(one)
                for one in sorted(self._troubles, key=str)
                if one in routes
            }

            async def work(tx: Tx) -> None:
                await self._write_slower(rt, tx, routes, too_fast)
                await self._write_troubles(rt, tx, routes, troubles)
                if unused:
                    await unclaim(tx, seating, unused)

            await _gently(rt, work)
        await self.write(rt)

    async def _write_slower(
        self, rt: Runtime, tx: Tx, routes: dict[UUID, Route], too_fast: dict[_Key, str]
    ) -> None:
        for key, answer in too_fast.items():
            route = routes[key[0]]
            limit = await slow_down(
                tx,
                relay_id=route.relay_id,
                workspace_id=route.workspace_id,
                provider=key[1],
                measured_per_s=route.measured.per_s(key[1], _moment()),
                answer=answer,
                now=rt.clock(),
            )
            if route.limits.get(key[1]) == limit.rate_per_s:
                continue
            route.limits = {**route.limits, key[1]: limit.rate_per_s}
            log.info("a provider asks for a slower pace", provider=key[1], rate=limit.rate_per_s)

    async def _write_troubles(
        self,
        rt: Runtime,
        tx: Tx,
        routes: dict[UUID, Route],
        troubles: dict[UUID, tuple[str, str, float]],
    ) -> None:
        now = rt.clock()
        for relay_id, (text, kind, wait_s) in troubles.items():
            self._told[relay_id] = now + timedelta(seconds=wait_s)
            await note_relay_trouble(
                tx,
                relay_id=relay_id,
                workspace_id=routes[relay_id].workspace_id,
                text=text,
                kind=kind,
                rests_until=self._told[relay_id],
                now=now,
            )
            self._worked_at.pop(relay_id, None)

    async def write(self, rt: Runtime, *, surely: bool = False) -> None:
        """Write the counts, when it is time or when there is nothing else to do (`surely`)."""
        moment = _moment()
        if not (self._counts or self._worked or self._recovering):
            return
        if not surely and moment - self._written < WRITE_EVERY_S:
            return
        self._written = moment
        counts, self._counts = self._counts, {}
        recovering, self._recovering = self._recovering, Counter()
        worked, self._worked = self._worked, set()
        due = [
            one
            for one in sorted(worked, key=str)
            if moment - self._worked_at.get(one, -WORKED_EVERY_S) >= WORKED_EVERY_S
        ]

        async def work(tx: Tx) -> None:
            now = rt.clock()
            await count_letters(
                tx, counts={key: Counts(*count) for key, count in counts.items()}, now=now
            )
            await recover(tx, taken=recovering, now=now)
            for relay_id in due:
                route = self._routes.get(relay_id)
                workspace_id = route.workspace_id if route is not None else 0
                if route is not None or relay_id == OWN_RELAY:
                    await note_relay_worked(
                        tx, relay_id=relay_id, workspace_id=workspace_id, now=now
                    )

        if await _gently(rt, work):
            self._worked_at.update(dict.fromkeys(due, moment))


def _unused(seating: Seating, results: dict[int, SendResult]) -> dict[str, int]:
    """Return the letters of allowances that were surely not taken, by subject."""
    if not any(seating.claimed.values()):
        return {}
    used: Counter[str] = Counter()
    for message_id, result in results.items():
        if result.state in (SendState.ACCEPTED, SendState.UNKNOWN):
            used[str(seating.of(message_id).relay_id)] += 1
            used[seating.trip.ways.domain] += 1
    return {
        subject: count - used[subject]
        for subject, count in seating.claimed.items()
        if count > used[subject]
    }


async def _gently(rt: Runtime, work: Callable[[Tx], Awaitable[None]]) -> bool:
    """Write what may be lost; False when the database is away."""
    try:
        await rt.db.run(work)
    except (EngineUnavailable, DBAPIError) as error:
        log.warning("counts of letters were not written", error=type(error).__name__)
        return False
    return True


async def _close(route: Route) -> None:
    close = getattr(route.transport, "close", None)
    if close is not None:
        await close()


def _moment() -> float:
    return asyncio.get_running_loop().time()
