"""Choosing who is next: due rows, through the gate, made into letters."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from otklik.content.public import letter_people
from otklik.delivery.gate import Passage, People, When, pass_gate
from otklik.delivery.model import MailingState, MessageState, SkipReason
from otklik.delivery.operations.blocks import Block, Outcome, Row, due_rows
from otklik.delivery.queries import with_own_message
from otklik.delivery.sending.letters import Ready, ReadyMailing, Unmade, make_letter
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime


@dataclass(slots=True)
class Choice:
    """Letters that can go, and those who get none with the reason."""

    letters: list[Ready] = field(default_factory=list)
    kept_back: list[Outcome] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.letters or self.kept_back)


async def choose(rt: Runtime, block: Block, ready: ReadyMailing, *, limit: int) -> Choice:
    """Take due rows of a block through the gate and make their letters; empty: nothing is due."""
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
        merged = {one for row, one in zip(rows, ids, strict=True) if one != row.profile_id}
        doubled = await with_own_message(
            tx, mailing_id=mailing.mailing_id, profile_ids=sorted(merged)
        )
        # Two profiles of the audience turned out to be one person: he gets one letter.
        people.keep_back(
            [
                place
                for place, row in enumerate(rows)
                if ids[place] != row.profile_id and ids[place] in doubled
            ],
            SkipReason.PROFILE_GONE,
        )
        await pass_gate(
            Passage(
                tx=tx,
                workspace_id=mailing.workspace_id,
                channel=mailing.channel,
                topic_id=mailing.topic_id,
                now=now,
                stopped=state == MailingState.STOPPING,
                salt=ready.workspace.salt,
            ),
            people,
            When.SEND,
        )
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
    choice = Choice(
        kept_back=[
            _skip(row, reason, None)
            for place, row in enumerate(rows)
            if (reason := people.reason(place)) is not None
        ]
    )
    for number, place in enumerate(places):
        made = make_letter(
            ready,
            rows[place],
            persons.get(ids[place]),
            signer=rt.signer,
            base_url=rt.settings.base_url,
            now=now,
        )
        if isinstance(made, Unmade):
            choice.kept_back.append(_skip(made.row, made.reason, made.detail))
        else:
            choice.letters.append(made)
        if number % 8 == 7:
            # Making letters is work for the processor; connections of other lanes go on.
            await asyncio.sleep(0)
    return choice


def _skip(row: Row, reason: SkipReason, detail: str | None) -> Outcome:
    return Outcome(
        row=row, state=MessageState.SKIPPED, reason=reason.value, answer=detail, tried=False
    )
