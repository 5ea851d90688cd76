"""The gate: the one list of checks that every message passes, whatever it comes from.

`GATE` is the whole truth about why somebody does not get a message. Each step looks at a set of
people at once and writes a reason for those it keeps back; the first reason stays. A step says when
it is asked: at the freezing of the audience, at the moment of sending, or, of those who could be
sent to, when their own clocks are known. The last ones may also let a message wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otklik.channels.email.public import BadAddress, parse_address
from otklik.delivery.model import CONTROL, SkipReason, WaitReason
from otklik.delivery.passage import (
    PASSED,
    REASONS,
    Passage,
    People,
    SeenAddresses,
    Wait,
    When,
    count_reasons,
    number_of,
    own_zones,
    reason_of,
)
from otklik.delivery.picker import NOTHING
from otklik.delivery.policy.hours import next_day, wall_moment
from otklik.delivery.policy.model import Allowance, allowance, day_of
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

__all__ = [
    "GATE",
    "PASSED",
    "REASONS",
    "Passage",
    "People",
    "SeenAddresses",
    "Step",
    "Wait",
    "When",
    "apply_allowance",
    "count_reasons",
    "number_of",
    "own_zones",
    "pass_gate",
    "reason_of",
]

OTHERS_WAIT = timedelta(minutes=1)
"""How long a message waits before it looks again whether more important mailings are done."""
# What nearly every address looks like. The full rules take some microseconds more for each, and a
# million addresses pass here at once.
_PLAIN_ADDRESS = (
    r"^[A-Za-z0-9_+-]{1,64}(\.[A-Za-z0-9_+-]{1,64}){0,2}"
    r"@([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,24}$"
)


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
