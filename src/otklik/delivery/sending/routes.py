"""The ways that letters of one process can go: relays, who rests, and who takes which letter.

    Route   one relay as this process knows it: connections, health, limits, warm-up
    Ways    the routes for one workspace and one domain of senders
    Trip    those of them that take letters now, spread by weight
    Seating which letter of a chunk goes by which route; who must wait, and how long

All of it is in memory and costs a letter one look into a tuple. `fleet.py` keeps it in step with
the database.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from math import inf
from typing import Final, Protocol
from uuid import UUID

from otklik.channels.email.public import (
    WHOLE,
    Outgoing,
    Provider,
    RelayAccess,
    Settle,
    WarmupPlan,
    provider_of,
)

_REST_LONGEST_S: Final = 60.0
BEHIND_S: Final = 3.0
"""About as long as news of relays take from one process to another."""
_MEASURED_S: Final = 15.0
_WINDOW_S: Final = 1.0


class Transport(Protocol):
    """Hands letters to the next mail server.

    It asks `letters` for the next one when it can send it, works on `lanes` of them at once, and
    calls `settle` once for each that it took. It raises for nothing that a server does.
    """

    async def send_each(
        self, letters: Iterator[Outgoing], settle: Settle, *, lanes: int
    ) -> None: ...


@dataclass(slots=True)
class Rest:
    """How long a relay is left alone after it failed: 1 s, doubled up to a minute.

    Processes tell each other of it by way of the database: the one that found the last failure
    tries the relay again first, the others `BEHIND_S` later, when they know how that went.
    """

    wait_s: float = 0.0
    until: float = 0.0
    worked_at: float = -inf
    is_heard: bool = False
    """It is another process that found the relay failing."""

    def failed(self, moment: float) -> None:
        if moment < self.until and not self.is_heard:
            # Another lane has just found the same.
            return
        self.wait_s = min(max(1.0, self.wait_s * 2), _REST_LONGEST_S)
        self.until = moment + self.wait_s
        self.is_heard = False

    def worked(self, moment: float) -> None:
        self.wait_s = self.until = 0.0
        self.worked_at = moment
        self.is_heard = False

    def heard(self, *, since: float, until: float, moment: float) -> None:
        """Take over what another process has found, unless letters were taken here since then.

        Also where this one rests by itself: who found the last failure goes first.
        """
        ends = min(until, moment + _REST_LONGEST_S) + BEHIND_S
        if self.worked_at >= since or ends <= self.until:
            return
        self.until = ends
        self.wait_s = max(self.wait_s, min(until - since, _REST_LONGEST_S))
        self.is_heard = True

    def heard_nothing(self) -> None:
        """No process knows of a failure any more: what was only heard of is over."""
        if self.is_heard:
            self.wait_s = self.until = 0.0
            self.is_heard = False


@dataclass(slots=True)
class Measured:
    """Letters that a provider was offered and took over the last seconds, in windows of one."""

    windows: deque[tuple[float, dict[str, list[int]]]] = field(default_factory=deque)

    def add(self, provider: str, *, offered: int, taken: int, moment: float) -> None:
        if not self.windows or moment - self.windows[-1][0] >= _WINDOW_S:
            self.windows.append((moment, {}))
            while moment - self.windows[0][0] > _MEASURED_S:
                self.windows.popleft()
        for name in (provider, WHOLE):
            count = self.windows[-1][1].setdefault(name, [0, 0])
            count[0] += offered
            count[1] += taken

    def per_s(self, provider: str, moment: float) -> float:
        """Return the letters a second that were taken; if none was, those that were offered."""
        lately = [one for one in self.windows if moment - one[0] <= _MEASURED_S]
        if not lately:
            return 0.0
        span = max(_WINDOW_S, moment - lately[0][0])
        offered = sum(counts.get(provider, (0, 0))[0] for _, counts in lately)
        taken = sum(counts.get(provider, (0, 0))[1] for _, counts in lately)
        return (taken or offered) / span


@dataclass(slots=True, eq=False)
class Route:
    """One relay as this process knows it. `workspace_id` is 0 for the installation's own."""

    relay_id: UUID
    workspace_id: int
    name: str
    transport: Transport
    lanes: int
    weight: int = 1
    rate_per_s: float | None = None
    warmup: WarmupPlan | None = None
    service: Provider | None = None
    """The sending service that it belongs to: its letters carry a mark for its reports."""
    limits: dict[str, float] = field(default_factory=dict)
    """Letters a second by provider, as providers have taught; `WHOLE` for all of them."""
    rest: Rest = field(default_factory=Rest)
    measured: Measured = field(default_factory=Measured)
    unanswered: int = 0
    """Letters in a row, up to now, whose final dot it did not answer."""
    stamp: RelayAccess | None = None
    """The settings that the connections were opened with."""

    @property
    def pace(self) -> float | None:
        """The letters a second of all providers together; None: as fast as it takes them."""
        taught = self.limits.get(WHOLE)
        if self.rate_per_s is None or taught is None:
            return self.rate_per_s if taught is None else taught
        return min(self.rate_per_s, taught)

    @property
    def is_plain(self) -> bool:
        """Whether every letter may go by it at any time."""
        return not self.limits and self.rate_per_s is None and self.warmup is None

    def is_free_for(self, provider: str) -> bool:
        """Tell whether a letter may go by it without asking anybody for room."""
        return self.is_plain or (
            self.pace is None and self.warmup is None and provider not in self.limits
        )


@dataclass(slots=True)
class Ways:
    """The routes of one workspace for one domain of senders."""

    workspace_id: int
    domain: str
    routes: tuple[Route, ...]
    domain_warmup: WarmupPlan | None = None
    trouble: str | None = None
    """Why there is no route at all."""

    def now(self, moment: float) -> Trip:
        return Trip(self, tuple(route for route in self.routes if route.rest.until <= moment))

    def rests_until(self) -> float:
        """Return when the first of them is tried again; 0 when there is none."""
        return min((route.rest.until for route in self.routes), default=0.0)


@dataclass(slots=True)
class Trip:
    """The routes that take letters now."""

    ways: Ways
    routes: tuple[Route, ...]
    rooms: dict[UUID, int] | None = None
    """Letters that may go by each relay that has a rate; the others take all."""

    @property
    def is_plain(self) -> bool:
        return self.ways.domain_warmup is None and all(route.is_plain for route in self.routes)

    def preferred(self, message_id: int) -> Iterator[Route]:
        """Yield the route of a letter by weight, then the others.

        A letter has the same route each time, as long as the same relays are well: a greylisting
        server wants to see the same sender again.
        """
        ring = _ring(tuple(route.weight for route in self.routes))
        first = ring[message_id % len(ring)]
        for number in range(len(self.routes)):
            yield self.routes[(first + number) % len(self.routes)]


@dataclass(slots=True)
class Seating:
    """Which letters of a chunk go by which route."""

    trip: Trip
    seats: dict[int, Route] | None = None
    """By message; None: all go by the only route."""
    claimed: dict[str, int] = field(default_factory=dict)
    """Letters that were taken out of allowances of warm-ups, by subject."""
    today: date | None = None

    def of(self, message_id: int) -> Route:
        return self.trip.routes[0] if self.seats is None else self.seats[message_id]

    def groups(self, message_ids: Sequence[int]) -> Mapping[Route, list[int]]:
        """Return the places of messages by route."""
        if self.seats is None:
            return {self.trip.routes[0]: list(range(len(message_ids)))}
        found: dict[Route, list[int]] = {}
        for place, message_id in enumerate(message_ids):
            found.setdefault(self.seats[message_id], []).append(place)
        return found

    def elsewhere(self, message_id: int, address: str, failed: Container[Route]) -> bool:
        """Give a letter that was surely not taken another seat; False: there is none now.

        Only a route that needs no asking takes it: a limit or a plan was not asked for this letter.
        """
        if self.seats is None:
            return False
        before, provider = self.seats[message_id], provider_of(address)
        for route in self.trip.preferred(message_id):
            if route is not before and route not in failed and route.is_free_for(provider):
                self.seats[message_id] = route
                return True
        return False


def seat_plain(trip: Trip, message_ids: Sequence[int]) -> Seating:
    """Seat letters on routes that take everything: by weight alone."""
    if len(trip.routes) == 1:
        return Seating(trip)
    ring = _ring(tuple(route.weight for route in trip.routes))
    size, routes = len(ring), trip.routes
    return Seating(trip, {one: routes[ring[one % size]] for one in message_ids})


@lru_cache(maxsize=256)
def _ring(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Return places of routes in the order in which letters go by them, each by its weight.

    Smooth weighted round robin, as in nginx: 5, 1, 1 gives 0 0 1 0 2 0 0.
    """
    total = sum(weights)
    current = [0] * len(weights)
    ring = []
    for _ in range(total):
        current = [have + weight for have, weight in zip(current, weights, strict=True)]
        best = max(range(len(weights)), key=lambda place: (current[place], -place))
        current[best] -= total
        ring.append(best)
    return tuple(ring)
