"""Choosing who is next: due rows, through the gate, made into letters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from otklik.content.public import letter_events, letter_people
from otklik.delivery.gate import Passage, People, Wait, When, own_zones, pass_gate
from otklik.delivery.model import Mailing, MailingState, MessageState, SkipReason
from otklik.delivery.operations.blocks import Block, Outcome, Row, due_rows
from otklik.delivery.picker import chosen
from otklik.delivery.policy.hours import UTC_ZONE, zone_of
from otklik.delivery.policy.model import day_of
from otklik.delivery.policy.operations import Wish
from otklik.delivery.queries import with_own_message
from otklik.delivery.sending.letters import Ready, ReadyMailing, Unmade, make_letter
from otklik.delivery.sending.routes import Seating, Trip
from otklik.delivery.sending.seats import Seats
from otklik.delivery.standing.queries import data_of
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime, Tx


@dataclass(slots=True)
class Choice:
    """Letters that can go, and those who get none with the reason."""

    letters: list[Ready] = field(default_factory=list)
    kept_back: list[Outcome] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    """What the letters take from the allowance of their people, if the workspace has one."""
    zones: dict[int, ZoneInfo] = field(default_factory=dict)
    """The zones of the people of `wishes`, by message."""
    seating: Seating | None = None
    """By which relays the letters go."""
    crowded: bool = False
    """There were letters for which there is room only in the next chunk."""

    def __bool__(self) -> bool:
        return bool(self.letters or self.kept_back or self.crowded)


async def choose(
    rt: Runtime, block: Block, ready: ReadyMailing, *, seats: Seats, trip: Trip, limit: int
) -> Choice:
    """Take due rows of a block through the gate, find relays for them, and make their letters.

    Empty: nothing is due.
    """
    now = rt.clock()
    mailing = ready.mailing
    async with rt.db.begin() as tx:
        state, rows = await due_rows(tx, block=block, limit=limit, now=now)
        if not rows:
            return Choice()
        # Since the freezing a profile may have been merged into another one.
        current = await current_ids(
            tx,
            workspace_id=mailing.workspace_id,
            profile_ids=[row.profile_id for row in rows],
        )
        ids = [current.get(row.profile_id, row.profile_id) for row in rows]
        people = People.of(ids, [row.address for row in rows])
        people.keep_back(await _doubled(tx, mailing, rows, ids), SkipReason.PROFILE_GONE)
        passage = Passage(
            tx=tx,
            workspace_id=mailing.workspace_id,
            channel=mailing.channel,
            topic_id=mailing.topic_id,
            now=now,
            stopped=state == MailingState.STOPPING,
            salt=ready.workspace.salt,
            policy=ready.policy,
            zone=zone_of(ready.workspace.timezone, UTC_ZONE),
            mass=mailing.is_mass,
            service=mailing.service,
            priority=mailing.priority,
            until=mailing.until,
            own_time=mailing.own_time,
            message_ids=[row.message_id for row in rows],
            picker=ready.picker,
        )
        await pass_gate(passage, people, When.SEND)
        places = people.passing().tolist()
        persons = (
            await letter_people(
                tx,
                workspace_id=mailing.workspace_id,
                profile_ids=[ids[place] for place in places],
                with_orders=ready.names_orders,
            )
            if places
            else {}
        )
        data = (
            await data_of(tx, message_ids=[rows[place].message_id for place in places])
            if mailing.standing and places
            else {}
        )
        if places and passage.asks_clocks:
            passage.zones = own_zones([_own_zone(persons.get(one)) for one in ids], passage.zone)
            await pass_gate(passage, people, When.DUE)
            places = people.passing().tolist()
    # Outside the transaction: the other engine answers.
    events = (
        await letter_events(
            rt,
            workspace_id=mailing.workspace_id,
            profile_ids=[ids[place] for place in places],
            names=ready.events,
            now=now,
        )
        if places and ready.events
        else {}
    )
    choice = Choice(
        kept_back=[
            skip(row, reason, None)
            for place, row in enumerate(rows)
            if (reason := people.reason(place)) is not None
        ]
        + [later(rows[place], wait) for place, wait in people.waits.items()]
    )
    if places:
        choice.seating, waits = await seats.seat(
            rt, trip, [rows[place] for place in places], now=now, zone=passage.zone
        )
        if waits:
            places = _seated(choice, rows, places, waits)
    for number, place in enumerate(places):
        made = make_letter(
            ready,
            rows[place],
            persons.get(ids[place]),
            signer=rt.signer,
            now=now,
            articles=chosen(ready.picker, passage.picks, place),
            events=events.get(ids[place]),
            data=data.get(rows[place].message_id),
        )
        if isinstance(made, Unmade):
            choice.kept_back.append(skip(made.row, made.reason, made.detail))
        else:
            choice.letters.append(made)
            if ready.is_counted:
                zone, message_id = passage.zones[place], made.row.message_id
                choice.wishes.append(Wish(message_id, ids[place], day_of(now.astimezone(zone))))
                choice.zones[message_id] = zone
        if number % 8 == 7:
            # Making letters is work for the processor; connections of other lanes go on.
            await asyncio.sleep(0)
    return choice


def _seated(
    choice: Choice, rows: Sequence[Row], places: Sequence[int], waits: Mapping[int, Wait | None]
) -> list[int]:
    """Return the places of those who have a seat; the others wait for it."""
    seated = []
    for place in places:
        row = rows[place]
        if row.message_id not in waits:
            seated.append(place)
        elif (wait := waits[row.message_id]) is not None:
            choice.kept_back.append(later(row, wait))
        else:
            choice.crowded = True
    return seated


async def _doubled(tx: Tx, mailing: Mailing, rows: Sequence[Row], ids: Sequence[int]) -> list[int]:
    """Return the places of those whose profile was merged into one that has a message too.

    Two profiles of the audience turned out to be one person: he gets one letter.
    """
    merged = [place for place, row in enumerate(rows) if ids[place] != row.profile_id]
    # Of a standing mailing a person gets every letter that was asked for.
    if not merged or mailing.standing:
        return []
    doubled = await with_own_message(
        tx, mailing_id=mailing.mailing_id, profile_ids=sorted({ids[place] for place in merged})
    )
    places = []
    for place in merged:
        if ids[place] in doubled:
            places.append(place)
        # Two that were merged into a third one are one person as well.
        doubled.add(ids[place])
    return places


def _own_zone(person: Mapping[str, Any] | None) -> object:
    return None if person is None else person.get("customer", {}).get("timezone")


def later(row: Row, wait: Wait) -> Outcome:
    return Outcome(
        row=row,
        state=MessageState.PLANNED,
        reason=wait.reason.value,
        tried=False,
        next_at=wait.until,
    )


def skip(row: Row, reason: SkipReason, detail: str | None) -> Outcome:
    return Outcome(
        row=row, state=MessageState.SKIPPED, reason=reason.value, answer=detail, tried=False
    )
