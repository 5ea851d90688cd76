"""The gate: the one list of checks that every message passes, whatever it comes from.

`GATE` is the whole truth about why somebody does not get a message. Each step looks at a set of
people at once and writes a reason for those it keeps back; the first reason stays. A step says when
it is asked: at the freezing of the audience, at the moment of sending, or, of those who could be
sent to, when their own clocks are known. The last ones may also let a message wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from otklik.channels.email.public import BadAddress, parse_address
from otklik.delivery.model import CONTROL, PRIORITY_NORMAL, SkipReason, WaitReason
from otklik.delivery.picker import NOTHING, Picker
from otklik.delivery.policy.hours import UTC_ZONE, free_from, next_day, wall_moment, zone_of
from otklik.delivery.policy.model import NO_POLICY, Allowance, SendingPolicy, allowance, day_of
from otklik.delivery.policy.queries import held_for_others, marks_of
from otklik.experiments.public import assign
from otklik.privacy.public import (
    SENDABILITIES,
    Sendability,
    has_pauses,
    paused,
    sendability_codes,
    suppressed,
)
from otklik.profiles.public import profile_addresses
from otklik.runtime.public import Tx

PASSED = 0
WAITING = -1
OTHERS_WAIT = timedelta(minutes=1)
"""How long a message waits before it looks again whether more important mailings are done."""
REASONS: tuple[SkipReason, ...] = tuple(SkipReason)
_NUMBER = {reason: number for number, reason in enumerate(REASONS, start=1)}

# What nearly every address looks like. The full rules take some microseconds more for each, and a
# million addresses pass here at once.
_PLAIN_ADDRESS = (
    r"^[A-Za-z0-9_+-]{1,64}(\.[A-Za-z0-9_+-]{1,64}){0,2}"
    r"@([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,24}$"
)


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


Check = Callable[[Passage, People], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """One check of the gate. `reasons` are all it may give."""

    name: str
    when: frozenset[When]
    reasons: tuple[SkipReason, ...]
    check: Check


async def mailing_is_wanted(passage: Passage, people: People) -> None:
    if passage.stopped:
        people.keep_back(people.passing(), SkipReason.CAMPAIGN_STOPPED)


async def address_is_known(passage: Passage, people: People) -> None:
    places = people.passing()
    found = await profile_addresses(
        passage.tx,
        workspace_id=passage.workspace_id,
        profile_ids=people.ids[places].tolist(),
        channel=passage.channel,
    )
    addresses = [found.get(one, "") for one in people.ids[places].tolist()]
    people.put(places, addresses)
    nowhere = [
        place for place, address in zip(places.tolist(), addresses, strict=True) if not address
    ]
    people.keep_back(nowhere, SkipReason.NO_ADDRESS)


async def address_has_form(passage: Passage, people: People) -> None:
    """Only the form is looked at; whether the mailbox exists, its server says.

    The address is put into the one spelling that goes to the network.
    """
    if passage.channel != "email":
        return
    places = people.passing()
    addresses = pa.array(people.at(places))
    plain = pc.and_not(
        pc.match_substring_regex(addresses, _PLAIN_ADDRESS), pc.match_substring(addresses, "--")
    )
    bad = []
    for place in places[~plain.to_numpy(zero_copy_only=False)].tolist():
        try:
            people.addresses[place] = parse_address(people.addresses[place]).address
        except BadAddress:
            bad.append(place)
    people.keep_back(bad, SkipReason.INVALID_ADDRESS)


async def consent_is_given(passage: Passage, people: People) -> None:
    if passage.service and passage.policy.service_without_consent:
        return
    places = people.passing()
    codes = await sendability_codes(
        passage.tx,
        workspace_id=passage.workspace_id,
        channel=passage.channel,
        topic_id=passage.topic_id,
        profile_ids=people.ids[places],
    )
    if passage.picker is not None and passage.picker.widens_consent:
        # A digest: who agreed to a part of its topics gets that part.
        masks = await passage.picker.masks(passage.tx, profile_ids=people.ids[places])
        codes[masks != 0] = SENDABILITIES.index(Sendability.ALLOWED)
    for verdict, reason in (
        (Sendability.NO_CONSENT, SkipReason.NO_CONSENT),
        (Sendability.WITHDRAWN, SkipReason.WITHDRAWN),
    ):
        people.keep_back(places[codes == SENDABILITIES.index(verdict)], reason)


async def reader_has_no_pause(passage: Passage, people: People) -> None:
    if passage.service or not await has_pauses(
        passage.tx, workspace_id=passage.workspace_id, now=passage.now
    ):
        return
    places = people.passing()
    pauses = await paused(
        passage.tx,
        workspace_id=passage.workspace_id,
        channel=passage.channel,
        profile_ids=people.ids[places].tolist(),
        now=passage.now,
    )
    if pauses:
        people.keep_back(
            places[np.isin(people.ids[places], np.fromiter(pauses, np.int64))], SkipReason.PAUSED
        )


async def address_is_not_suppressed(passage: Passage, people: People) -> None:
    places = people.passing()
    addresses = people.at(places)
    stopped = await suppressed(
        passage.tx,
        workspace_id=passage.workspace_id,
        channel=passage.channel,
        addresses=addresses,
        salt=passage.salt or None,
    )
    if stopped:
        hit = np.fromiter((one in stopped for one in addresses), np.bool_, len(addresses))
        people.keep_back(places[hit], SkipReason.SUPPRESSED)


async def address_is_first(passage: Passage, people: People) -> None:
    """Two profiles with one address get one letter: the profile that is older, by its id."""
    assert passage.seen is not None, "the freezing brings the addresses it has seen"
    places = people.passing()
    fresh = passage.seen.add_new([address.lower() for address in people.at(places)])
    people.keep_back(places[~fresh], SkipReason.DUPLICATE_ADDRESS)


async def time_is_left(passage: Passage, people: People) -> None:
    if passage.until is not None and passage.now > passage.until:
        people.keep_back(people.passing(), SkipReason.TOO_LATE)


async def not_in_global_control(passage: Passage, people: People) -> None:
    """Who gets nothing but service messages: known to the whole workspace, so before the arms.

    An audience is asked once, when it is frozen; a triggered message, which has no audience, at
    the moment of sending.
    """
    if passage.service or not passage.policy.global_control.share:
        return
    if passage.mass and passage.experiment is None:
        return
    places = people.passing()
    held = passage.policy.global_control.holds(
        people.ids[places], salt=passage.salt, local=passage.now.astimezone(passage.zone)
    )
    people.keep_back(places[held], SkipReason.GLOBAL_CONTROL)


async def something_is_new(passage: Passage, people: People) -> None:
    """Pick what each letter shows. It is asked before the arms, which are compared: those of the
    control group are people who would have got a letter."""
    if passage.picker is None:
        return
    places = people.passing()
    ids = people.ids[places]
    masks = await passage.picker.masks(passage.tx, profile_ids=ids)
    found = await passage.picker.pick(passage.tx, profile_ids=ids, masks=masks)
    picks = np.full(len(people.ids), NOTHING, dtype=np.int32)
    picks[places] = found
    passage.picks = picks.tolist()
    if passage.picker.skips_empty:
        people.keep_back(places[found == NOTHING], SkipReason.NOTHING_NEW)


async def own_time_has_come(passage: Passage, people: People) -> None:
    if passage.own_time is None:
        return
    moments: dict[ZoneInfo, datetime] = {}
    for place in people.passing().tolist():
        zone = passage.zones[place]
        if zone not in moments:
            moments[zone] = wall_moment(zone, passage.own_time)
        if moments[zone] > passage.now:
            people.let_wait(place, Wait(WaitReason.OWN_TIME, moments[zone]))


async def frequency_allows(passage: Passage, people: People) -> None:
    """Only looks: the room is taken when the message is marked for the network.

    The day that counts is the one on which the message could go, which is a later one for a
    message that the quiet hours hold back.
    """
    if passage.service or not passage.policy.counts:
        return
    places = people.passing()
    ids = people.ids[places].tolist()
    marks = await marks_of(passage.tx, workspace_id=passage.workspace_id, profile_ids=ids)
    held = await _held(passage, ids)
    for place, one in zip(places.tolist(), ids, strict=True):
        zone = passage.zones[place]
        goes = passage.free_in(zone) or passage.now
        said = allowance(
            passage.policy,
            marks.get(one, ()),
            day=day_of(goes.astimezone(zone)),
            mass=passage.mass,
            message_id=passage.message_ids[place],
            held=held[one],
        )
        apply_allowance(passage, people, place, said)


def apply_allowance(passage: Passage, people: People, place: int, said: Allowance) -> None:
    """Let pass, keep back or let wait, as the frequency rules have said."""
    match said:
        case Allowance.FREE:
            return
        case Allowance.USED_UP:
            people.keep_back([place], SkipReason.FREQUENCY)
            return
        case Allowance.OTHERS_FIRST:
            wait = Wait(WaitReason.OTHERS_FIRST, passage.now + OTHERS_WAIT)
        case Allowance.ANOTHER_DAY:
            wait = Wait(WaitReason.ANOTHER_DAY, next_day(passage.zones[place], passage.now))
    if passage.until is not None and wait.until > passage.until:
        people.keep_back([place], SkipReason.FREQUENCY)
    else:
        people.let_wait(place, wait)


async def _held(passage: Passage, ids: Sequence[int]) -> Counter[int]:
    if not passage.mass or not passage.policy.limits:
        return Counter()
    return await held_for_others(
        passage.tx,
        workspace_id=passage.workspace_id,
        priority=passage.priority,
        profile_ids=ids,
    )


async def hour_is_not_quiet(passage: Passage, people: People) -> None:
    if passage.service or not passage.policy.has_hours:
        return
    now = passage.now.astimezone(UTC)
    for place in people.passing().tolist():
        free = passage.free_in(passage.zones[place])
        if free is None or (passage.until is not None and free > passage.until):
            people.keep_back([place], SkipReason.QUIET_HOURS)
        elif free > now:
            people.let_wait(place, Wait(WaitReason.QUIET_HOURS, free))


async def arm_gets_a_message(passage: Passage, people: People) -> None:
    """Everybody who could get the message is assigned to an arm; the control group gets none.

    It is the last step on purpose: the arms are compared with each other, so nothing may keep
    people of one arm back more than those of another before they are assigned.
    """
    assert passage.experiment is not None, "the freezing names its experiment"
    places = people.passing()
    arms = assign(
        people.ids[places].astype(np.uint64),
        salt=passage.salt,
        experiment=passage.experiment,
        shares=[share for _, share in passage.arms],
    )
    people.arms[places] = arms
    control = [number for number, (key, _) in enumerate(passage.arms) if key == CONTROL]
    people.keep_back(places[np.isin(arms, control)], SkipReason.CONTROL_GROUP)


_FREEZE = frozenset({When.FREEZE})
_SEND = frozenset({When.SEND})
_DUE = frozenset({When.DUE})
_BOTH = _FREEZE | _SEND

GATE: tuple[Step, ...] = (
    Step("mailing is wanted", _SEND, (SkipReason.CAMPAIGN_STOPPED,), mailing_is_wanted),
    Step("time is left", _SEND, (SkipReason.TOO_LATE,), time_is_left),
    Step("address is known", _FREEZE, (SkipReason.NO_ADDRESS,), address_is_known),
    Step("address has the right form", _FREEZE, (SkipReason.INVALID_ADDRESS,), address_has_form),
    Step(
        "consent is given",
        _BOTH,
        (SkipReason.NO_CONSENT, SkipReason.WITHDRAWN),
        consent_is_given,
    ),
    Step("reader has no pause", _BOTH, (SkipReason.PAUSED,), reader_has_no_pause),
    Step("address is not suppressed", _BOTH, (SkipReason.SUPPRESSED,), address_is_not_suppressed),
    Step("address is the first", _FREEZE, (SkipReason.DUPLICATE_ADDRESS,), address_is_first),
    Step("not in global control", _BOTH, (SkipReason.GLOBAL_CONTROL,), not_in_global_control),
    Step("something is new", _BOTH, (SkipReason.NOTHING_NEW,), something_is_new),
    Step("arm gets a message", _FREEZE, (SkipReason.CONTROL_GROUP,), arm_gets_a_message),
    Step("own time has come", _DUE, (), own_time_has_come),
    Step("frequency allows", _DUE, (SkipReason.FREQUENCY,), frequency_allows),
    Step("hour is not quiet", _DUE, (SkipReason.QUIET_HOURS,), hour_is_not_quiet),
)
"""After the gate the message is rendered, which may still skip it: `profile_gone` when the person
is not there any more, `render_failed` and `letter_too_big` when no letter can be made for him."""


async def pass_gate(passage: Passage, people: People, when: When) -> None:
    """Walk the people through the steps of this moment; reasons are written into `people`."""
    for step in GATE:
        if when in step.when and len(people.passing()):
            await step.check(passage, people)


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
