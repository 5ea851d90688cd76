"""What the relay took against what the program says of its messages and facts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import sqlalchemy as sa

from otklik.runtime.public import Runtime


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of letters; `wrong` has a line for each promise that was broken.

    `doubtful_taken` of the doubtful had reached the relay.
    """

    letters: int
    sent: int
    doubtful: int
    doubtful_taken: int
    skipped: int
    held: int
    wrong: list[str]


async def judge(rt: Runtime, taken: Path) -> Verdict:
    """Compare the relay's file with the messages and the facts of all mailings."""
    copies = Counter(line.rpartition("\t")[0] for line in taken.read_text().splitlines())
    async with rt.db.begin() as tx:
        rows = (
            await tx.execute(
                sa.text(
                    "SELECT g.name || ' ' || m.variant || E'\\t' || m.address AS letter, m.state,"
                    " m.reason, m.message_id FROM messages m JOIN mailings g USING (mailing_id)"
                )
            )
        ).all()
        mailings = (
            await tx.execute(sa.text("SELECT name, state, audience_size FROM mailings"))
        ).all()
        launched = (await tx.execute(sa.text("SELECT name, state, problem FROM campaigns"))).all()
        counts = await tx.execute(
            sa.text(
                "SELECT g.name, count(*) AS n FROM messages m JOIN mailings g USING (mailing_id)"
                " GROUP BY g.name"
            )
        )
        counted = {row.name: int(row.n) for row in counts}
        held = int(
            (
                await tx.execute(
                    sa.text("SELECT count(*) FROM message_blocks WHERE state = 'held'")
                )
            ).scalar_one()
        )
    facts = {
        fact: (count, people)
        for fact, count, people in await rt.ch.query(
            "SELECT fact, count(), uniqExact(message_id) FROM message_facts GROUP BY fact"
        )
    }
    states = Counter(row.state for row in rows)
    by_state: dict[str, set[str]] = {}
    for row in rows:
        by_state.setdefault(row.state, set()).add(row.letter)
    sent, doubtful = by_state.get("sent", set()), by_state.get("in_doubt", set())
    wrong = [f"{letter!r} was sent {count} times" for letter, count in copies.items() if count > 1]
    wrong += [f"{letter!r} counts as sent, the relay has none" for letter in sent - copies.keys()]
    wrong += [
        f"{letter!r} was taken, the program does not know"
        for letter in copies.keys() - sent - doubtful
    ]
    wrong += [
        f"{row.name} is {row.state} ({row.problem or 'no problem noted'})"
        for row in launched
        if row.state not in ("finished", "running")
    ]
    wrong += [
        f"{row.name} has {counted.get(row.name, 0)} messages for {row.audience_size} people"
        for row in mailings
        if counted.get(row.name, 0) != row.audience_size
    ]
    if states["planned"] and not held:
        wrong.append(f"{states['planned']} messages are still planned")
    for state, fact in (("sent", "sent"), ("in_doubt", "in_doubt"), ("skipped", "skipped")):
        if facts.get(fact, (0, 0)) != (states[state], states[state]):
            wrong.append(f"{states[state]} messages are {state}, facts say {facts.get(fact)}")
    return Verdict(
        letters=sum(copies.values()),
        sent=states["sent"],
        doubtful=states["in_doubt"],
        doubtful_taken=len(doubtful & copies.keys()),
        skipped=states["skipped"],
        held=states["planned"],
        wrong=wrong,
    )
