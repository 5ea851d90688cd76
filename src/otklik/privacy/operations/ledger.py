"""Writes of the ledger of consents, and of the states that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.privacy import tables as t
from otklik.privacy.errors import (
    PurposeWithoutChannel,
    TextNotFound,
    TopicNotFound,
    UnknownChannel,
)
from otklik.privacy.model import (
    CHANNELS,
    Action,
    ConsentEntry,
    Purpose,
    Source,
    State,
    current_state,
)
from otklik.privacy.operations.chain import link_lines
from otklik.privacy.queries import said_by
from otklik.privacy.tables import WHOLE_CHANNEL
from otklik.profiles.public import ProfilesMerged, ProfilesParted, current_ids
from otklik.runtime.public import Tx, put_facts

_LOCK_CLASS = 0xC0115E
Standpoint = tuple[int, str, str, UUID]
"""(profile, purpose, channel, topic): what a state is about."""
_ids = sa.ARRAY(sa.BigInteger)


async def record_consents(
    tx: Tx, *, workspace_id: int, entries: Sequence[ConsentEntry], now: datetime
) -> int:
    """Append lines to the ledger and bring the current states up to date.

    Returns how many lines were new.

    A line for a profile that was merged away goes to the present one. Lines may come late and in
    any order: states follow the moment of the act, see `current_state`.
    Raises: UnknownChannel, PurposeWithoutChannel, TopicNotFound, TextNotFound; then nothing is
    written.
    """
    if not entries:
        return 0
    hashes = await _check(tx, workspace_id, entries)
    await lock_workspace(tx, workspace_id)
    ids = sorted({entry.profile_id for entry in entries})
    current = await current_ids(tx, workspace_id=workspace_id, profile_ids=ids)
    rows: list[dict[str, Any]] = [
        {
            "workspace_id": workspace_id,
            "profile_id": current[entry.profile_id],
            "purpose": entry.purpose.value,
            "channel": entry.channel,
            "topic_id": entry.topic_id or WHOLE_CHANNEL,
            "action": entry.action.value,
            "source": entry.source.value,
            # A moment in the future would outweigh every refusal until then.
            "at": min(entry.at, now),
            "recorded_at": now,
            "text_id": entry.text_id,
            "text_hash": hashes[entry.text_id] if entry.text_id is not None else None,
            "ip": entry.ip,
            "proof": entry.proof,
            "key": entry.key,
        }
        for entry in entries
        if entry.profile_id in current
    ]
    rows = await _without_known(tx, workspace_id, rows)
    if rows:
        await link_lines(tx, workspace_id=workspace_id, rows=rows)
        await tx.execute(t.consent_entries.insert(), rows)
        people = sorted({int(row["profile_id"]) for row in rows})
        await _derive(tx, workspace_id=workspace_id, people=people)
    return len(rows)


async def _without_known(
    tx: Tx, workspace_id: int, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Leave out lines whose key the ledger has; the lock keeps others from adding it meanwhile."""
    keys = sorted({row["key"] for row in rows if row["key"] is not None})
    if not keys:
        return list(rows)
    e = t.consent_entries.c
    known = set(
        (
            await tx.execute(
                sa.select(e.key).where(
                    e.workspace_id == workspace_id,
                    e.key == sa.func.any(sa.literal(keys, sa.ARRAY(sa.Text))),
                )
            )
        ).scalars()
    )
    fresh = []
    for row in rows:
        if row["key"] is None:
            fresh.append(row)
        elif row["key"] not in known:
            known.add(row["key"])
            fresh.append(row)
    return fresh


async def unsubscribe(
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int,
    channel: str,
    topic_id: UUID | None,
    source: Source,
    now: datetime,
    ip: str | None = None,
    proof: dict[str, Any] | None = None,
) -> None:
    """Withdraw a person's consent to a topic, or with `topic_id` None to the whole channel.

    Repeating it changes nothing but adds a line to the ledger.
    """
    entry = ConsentEntry(
        profile_id=profile_id,
        channel=channel,
        action=Action.WITHDRAWN,
        source=source,
        at=now,
        topic_id=topic_id,
        ip=ip,
        proof=proof,
    )
    await record_consents(tx, workspace_id=workspace_id, entries=[entry], now=now)


async def _check(tx: Tx, workspace_id: int, entries: Sequence[ConsentEntry]) -> dict[UUID, str]:
    """Refuse what names nothing that exists; return the hashes of the texts by their id."""
    for entry in entries:
        if entry.purpose is Purpose.ADVERTISING:
            check_channel(entry.channel)
        elif entry.channel or entry.topic_id is not None:
            raise PurposeWithoutChannel(purpose=entry.purpose.value)
    topics = {e.topic_id for e in entries if e.topic_id is not None}
    if topics:
        c = t.topics.c
        found = await tx.execute(
            sa.select(c.id).where(c.workspace_id == workspace_id, c.id.in_(topics))
        )
        if topics - set(found.scalars()):
            raise TopicNotFound()
    texts = {e.text_id for e in entries if e.text_id is not None}
    if not texts:
        return {}
    x = t.consent_texts.c
    rows = await tx.execute(
        sa.select(x.id, x.hash).where(x.workspace_id == workspace_id, x.id.in_(texts))
    )
    hashes = {row.id: row.hash for row in rows}
    if texts - hashes.keys():
        raise TextNotFound()
    return hashes


def check_channel(channel: str) -> None:
    if channel not in CHANNELS:
        raise UnknownChannel(channel=channel[:40], channels=", ".join(CHANNELS))


async def lock_workspace(tx: Tx, workspace_id: int) -> None:
    # Two writers who do not see each other's lines would both work out a state that lacks one.
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, workspace_id)))


async def _derive(tx: Tx, *, workspace_id: int, people: Sequence[int]) -> None:
    """Work the states of people out of the ledger, and tell ClickHouse what changed."""
    said = await said_by(tx, workspace_id=workspace_id, people=people)
    wanted: dict[Standpoint, tuple[State, datetime, Source]] = {}
    for key, lines in said.items():
        state, line = current_state(lines)
        if line is not None:
            wanted[key] = (state, line.at, line.source)
    c = t.consent_states.c
    stored = {
        (row.profile_id, row.purpose, row.channel, row.topic_id): (
            State(row.state),
            row.at,
            Source(row.source),
        )
        for row in await tx.execute(
            sa.select(t.consent_states).where(
                c.workspace_id == workspace_id,
                c.profile_id == sa.func.any(sa.literal(list(people), _ids)),
            )
        )
    }
    gone = [key for key in stored if key not in wanted]
    changed = [key for key, standing in wanted.items() if stored.get(key) != standing]
    if gone:
        await tx.execute(
            t.consent_states.delete().where(
                c.workspace_id == workspace_id,
                sa.tuple_(c.profile_id, c.purpose, c.channel, c.topic_id).in_(gone),
            )
        )
    if changed:
        statement = insert(t.consent_states)
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["workspace_id", "profile_id", "purpose", "channel", "topic_id"],
                set_={name: statement.excluded[name] for name in ("state", "at", "source")},
            ),
            [
                {
                    "workspace_id": workspace_id,
                    "profile_id": key[0],
                    "purpose": key[1],
                    "channel": key[2],
                    "topic_id": key[3],
                    "state": wanted[key][0].value,
                    "at": wanted[key][1],
                    "source": wanted[key][2].value,
                }
                for key in changed
            ],
        )
    facts = [(key, *wanted[key][:2]) for key in changed]
    facts += [(key, State.NONE, stored[key][1]) for key in gone]
    await _tell(tx, workspace_id, facts)


async def _tell(
    tx: Tx, workspace_id: int, facts: Sequence[tuple[Standpoint, State, datetime]]
) -> None:
    if not facts:
        return
    versions = (
        await tx.execute(
            sa.text("SELECT nextval('consent_versions') FROM generate_series(1, :n)"),
            {"n": len(facts)},
        )
    ).scalars()
    await put_facts(
        tx,
        workspace_id=workspace_id,
        table="consents",
        rows=[
            {
                "profile_id": profile_id,
                # Facts of before there were purposes are all of advertising and say nothing here.
                "purpose": "" if purpose == Purpose.ADVERTISING else purpose,
                "channel": channel,
                "topic": "" if topic_id == WHOLE_CHANNEL else str(topic_id),
                "state": state.value,
                "at": at,
                "version": version,
            }
            for ((profile_id, purpose, channel, topic_id), state, at), version in zip(
                facts, versions, strict=True
            )
        ],
    )


async def on_profiles_merged(event: ProfilesMerged, tx: Tx) -> None:
    """Let the stricter consent win for people who became one."""
    ws = event.workspace_id
    targets = dict(event.pairs)
    speaking = await _speaking(tx, ws, targets)
    if not speaking:
        return
    await lock_workspace(tx, ws)
    statement = insert(t.consent_people)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "profile_id"],
            set_={"into_id": statement.excluded.into_id},
        ),
        [
            {"workspace_id": ws, "profile_id": one, "into_id": targets[one], "since": event.now}
            for one in speaking
        ],
    )
    await _derive_after(tx, ws, {*speaking, *(targets[one] for one in speaking)})


async def on_profiles_parted(event: ProfilesParted, tx: Tx) -> None:
    """Give people who are on their own again what they had said themselves."""
    ws = event.workspace_id
    former = dict(event.pairs)
    speaking = await _speaking(tx, ws, former)
    if not speaking:
        return
    await lock_workspace(tx, ws)
    p = t.consent_people.c
    await tx.execute(
        t.consent_people.delete().where(
            p.workspace_id == ws,
            p.profile_id == sa.func.any(sa.literal(list(speaking), _ids)),
        )
    )
    await _derive_after(tx, ws, {*speaking, *(former[one] for one in speaking)})


async def _speaking(tx: Tx, workspace_id: int, profile_ids: Iterable[int]) -> list[int]:
    """Return those profiles that have a ledger: very few of all that are ever merged."""
    e = t.consent_entries.c
    rows = await tx.execute(
        sa.select(e.profile_id)
        .where(
            e.workspace_id == workspace_id,
            e.profile_id == sa.func.any(sa.literal(list(profile_ids), _ids)),
        )
        .distinct()
    )
    return sorted(rows.scalars())


async def _derive_after(tx: Tx, workspace_id: int, people: set[int]) -> None:
    p = t.consent_people.c
    away = set(
        (
            await tx.execute(
                sa.select(p.profile_id).where(
                    p.workspace_id == workspace_id,
                    p.profile_id == sa.func.any(sa.literal(list(people), _ids)),
                )
            )
        ).scalars()
    )
    await _derive(tx, workspace_id=workspace_id, people=sorted(people - away))
    await _silence(tx, workspace_id=workspace_id, profile_ids=sorted(away))


async def _silence(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> None:
    """Take away the states of profiles that are part of another person."""
    if not profile_ids:
        return
    c = t.consent_states.c
    rows = await tx.execute(
        t.consent_states.delete()
        .where(
            c.workspace_id == workspace_id,
            c.profile_id == sa.func.any(sa.literal(list(profile_ids), _ids)),
        )
        .returning(c.profile_id, c.purpose, c.channel, c.topic_id, c.at)
    )
    facts = [((row[0], row[1], row[2], row[3]), State.NONE, row[4]) for row in rows]
    await _tell(tx, workspace_id, facts)
