"""The gate: the one list of checks that every message passes, whatever it comes from.

`GATE` is the whole truth about why somebody does not get a message. Each step looks at a set of
people at once and writes a reason for those it keeps back; the first reason stays. A step says when
it is asked: at the freezing of the audience, at the moment of sending, or at both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from otklik.channels.email.public import BadAddress, parse_address
from otklik.delivery.model import CONTROL, SkipReason
from otklik.experiments.public import assign
from otklik.privacy.public import SENDABILITIES, Sendability, sendability_codes, suppressed
from otklik.profiles.public import profile_addresses
from otklik.runtime.public import Tx

PASSED = 0
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


@dataclass(slots=True)
class People:
    """A set of people as columns of one length, in one order.

    `reasons` holds 0 for who may pass, else a number made by `number_of`; `arms` holds the place
    of the arm in `Passage.arms`, -1 where none was given.
    """

    ids: NDArray[np.int64]
    addresses: list[str]
    reasons: NDArray[np.int8]
    arms: NDArray[np.int8]

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

    def reason(self, place: int) -> SkipReason | None:
        return reason_of(int(self.reasons[place]))


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
    places = people.passing()
    codes = await sendability_codes(
        passage.tx,
        workspace_id=passage.workspace_id,
        channel=passage.channel,
        topic_id=passage.topic_id,
        profile_ids=people.ids[places],
    )
    for verdict, reason in (
        (Sendability.NO_CONSENT, SkipReason.NO_CONSENT),
        (Sendability.WITHDRAWN, SkipReason.WITHDRAWN),
    ):
        people.keep_back(places[codes == SENDABILITIES.index(verdict)], reason)


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
_BOTH = _FREEZE | _SEND

GATE: tuple[Step, ...] = (
    Step("mailing is wanted", _SEND, (SkipReason.CAMPAIGN_STOPPED,), mailing_is_wanted),
    Step("address is known", _FREEZE, (SkipReason.NO_ADDRESS,), address_is_known),
    Step("address has the right form", _FREEZE, (SkipReason.INVALID_ADDRESS,), address_has_form),
    Step(
        "consent is given",
        _BOTH,
        (SkipReason.NO_CONSENT, SkipReason.WITHDRAWN),
        consent_is_given,
    ),
    Step("address is not suppressed", _BOTH, (SkipReason.SUPPRESSED,), address_is_not_suppressed),
    Step("address is the first", _FREEZE, (SkipReason.DUPLICATE_ADDRESS,), address_is_first),
    Step("arm gets a message", _FREEZE, (SkipReason.CONTROL_GROUP,), arm_gets_a_message),
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
