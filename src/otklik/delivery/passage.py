"""Who walks through the gate: people as columns, what a walk needs to know, what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from otklik.delivery.model import PRIORITY_NORMAL, SkipReason, WaitReason
from otklik.delivery.picker import Picker
from otklik.delivery.policy.hours import UTC_ZONE, free_from, zone_of
from otklik.delivery.policy.model import NO_POLICY, SendingPolicy
from otklik.runtime.public import Tx

PASSED = 0
WAITING = -1
REASONS: tuple[SkipReason, ...] = tuple(SkipReason)
_NUMBER = {reason: number for number, reason in enumerate(REASONS, start=1)}


class When(Enum):
    FREEZE = "freeze"
    SEND = "send"
    DUE = "due"


class Wait(NamedTuple):
    """Why a message goes later, and when."""

    reason: WaitReason
    until: datetime


@dataclass(slots=True, kw_only=True)
class Passage:
    """What a walk through the gate needs to know, the same for all people of the set."""

    tx: Tx
    workspace_id: int
    channel: str
    topic_id: UUID | None
    now: datetime
    stopped: bool = False
    salt: bytes = b""
    experiment: UUID | None = None
    arms: tuple[tuple[str, int], ...] = ()
    seen: SeenAddresses | None = None
    policy: SendingPolicy = NO_POLICY
    zone: ZoneInfo = UTC_ZONE
    """The zone of the workspace."""
    mass: bool = True
    service: bool = False
    priority: int = PRIORITY_NORMAL
    until: datetime | None = None
    own_time: datetime | None = None
    message_ids: Sequence[int] = ()
    """The messages of the people, in their order; needed when they are due."""
    zones: Sequence[ZoneInfo] = ()
    """The zones of the people, in their order; needed when they are due."""
    picker: Picker | None = None
    """What each letter shows of its reader's own, in a mailing that has such."""
    picks: Sequence[int] = ()
    """What was picked for the people, in their order; written by the gate."""
    _free: dict[ZoneInfo, datetime | None] = field(default_factory=dict)

    @property
    def asks_clocks(self) -> bool:
        """Tell whether anything depends on the clock on a person's wall."""
        by_policy = not self.service and (self.policy.counts or self.policy.has_hours)
        return by_policy or self.own_time is not None

    def free_in(self, zone: ZoneInfo) -> datetime | None:
        """Return the first moment from now on that is not quiet in a zone."""
        if zone not in self._free:
            self._free[zone] = (
                free_from(self.policy, zone, self.now) if self.policy.has_hours else self.now
            )
        return self._free[zone]


def own_zones(names: Sequence[object], zone: ZoneInfo) -> list[ZoneInfo]:
    """Return the zones that people name themselves, the workspace's where they name none."""
    return [zone_of(name, zone) for name in names]


@dataclass(slots=True)
class People:
    """A set of people as columns of one length, in one order.

    `reasons` holds 0 for who may pass, `WAITING` for who goes later (see `waits`), else a number
    made by `number_of`; `arms` holds the place of the arm in `Passage.arms`, -1 where none was
    given.
    """

    ids: NDArray[np.int64]
    addresses: list[str]
    reasons: NDArray[np.int8]
    arms: NDArray[np.int8]
    waits: dict[int, Wait] = field(default_factory=dict)

    @classmethod
    def of(
        cls, ids: Sequence[int] | NDArray[np.int64], addresses: list[str] | None = None
    ) -> People:
        array = np.asarray(ids, dtype=np.int64)
        count = len(array)
        return cls(
            ids=array,
            addresses=addresses if addresses is not None else [""] * count,
            reasons=np.zeros(count, dtype=np.int8),
            arms=np.full(count, -1, dtype=np.int8),
        )

    def passing(self) -> NDArray[np.intp]:
        """Return the places of those whom no step has kept back."""
        return np.flatnonzero(self.reasons == PASSED)

    def at(self, places: NDArray[np.intp]) -> list[str]:
        """Return the addresses at these places."""
        if len(places) == len(self.addresses):
            return self.addresses
        return [self.addresses[place] for place in places.tolist()]

    def put(self, places: NDArray[np.intp], addresses: list[str]) -> None:
        """Set the addresses at these places."""
        if len(places) == len(self.addresses):
            self.addresses = addresses
            return
        for place, address in zip(places.tolist(), addresses, strict=True):
            self.addresses[place] = address

    def keep_back(self, places: NDArray[np.intp] | list[int], reason: SkipReason) -> None:
        self.reasons[places] = _NUMBER[reason]

    def part(self, places: NDArray[np.intp]) -> People:
        """Return the people at these places as a set of their own; nobody of them waits."""
        return People(
            ids=self.ids[places],
            addresses=[self.addresses[place] for place in places.tolist()],
            reasons=self.reasons[places],
            arms=self.arms[places],
        )

    def let_wait(self, place: int, wait: Wait) -> None:
        self.reasons[place] = WAITING
        self.waits[place] = wait

    def reason(self, place: int) -> SkipReason | None:
        number = int(self.reasons[place])
        return None if number == WAITING else reason_of(number)


@dataclass(slots=True)
class SeenAddresses:
    """64-bit marks of the addresses that a mailing has taken already, 8 bytes for each.

    The marks are Python's own keyed hashes (SipHash), good within one process. Two addresses with
    one mark would cost somebody a letter; among ten million addresses that happens with a
    probability of 1 in 370,000.
    """

    _runs: list[NDArray[np.int64]] = field(default_factory=list, init=False)

    def add_new(self, addresses: Sequence[str]) -> NDArray[np.bool_]:
        """Add the addresses; return which of them were not there before (the first of equals)."""
        marks = np.fromiter(map(hash, addresses), dtype=np.int64, count=len(addresses))
        order = np.argsort(marks, kind="stable")
        ranked = marks[order]
        first = np.ones(len(marks), dtype=np.bool_)
        first[1:] = ranked[1:] != ranked[:-1]
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, ranked), len(run) - 1)
            first &= run[places] != ranked
        self._keep(ranked[first])
        fresh = np.empty(len(marks), dtype=np.bool_)
        fresh[order] = first
        return fresh

    def _keep(self, marks: NDArray[np.int64]) -> None:
        # Runs are joined like the digits of a binary counter, so there are few to look into.
        while self._runs and len(self._runs[-1]) <= len(marks) * 2:
            # A stable sort of two sorted runs is one merge.
            marks = np.sort(np.concatenate((self._runs.pop(), marks)), kind="stable")
        if len(marks):
            self._runs.append(marks)


def reason_of(number: int) -> SkipReason | None:
    return REASONS[number - 1] if number else None


def number_of(reason: SkipReason) -> int:
    return _NUMBER[reason]


def count_reasons(people: People) -> Counter[SkipReason]:
    """Return how many were kept back for each reason."""
    numbers, counts = np.unique(people.reasons[people.reasons != PASSED], return_counts=True)
    return Counter(
        {
            REASONS[number - 1]: count
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
        }
    )
