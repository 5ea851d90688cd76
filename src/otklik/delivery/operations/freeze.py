"""Freezing the audience: who is meant, who is kept back and why, who is in which arm.

The set of people is stored once, as bytes. Then chunk after chunk passes the gate and becomes rows;
the place reached is part of the same transaction, so after a kill the work goes on from there.
The facts of a chunk go to ClickHouse after its commit, with a deduplication token made of its
place, while the next chunk passes the gate; that chunk waits for them before it is committed, and
notes that they arrived: they are there once, wherever the process died.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from otklik.accounts.public import Workspace, get_workspace
from otklik.delivery.audience import Ids, pack_ids, unpack_ids
from otklik.delivery.facts import TABLE
from otklik.delivery.gate import (
    PASSED,
    Passage,
    People,
    SeenAddresses,
    When,
    count_reasons,
    pass_gate,
)
from otklik.delivery.model import (
    ArmCount,
    AudiencePreview,
    Mailing,
    MailingSpec,
    MailingState,
    SkipReason,
    Wave,
)
from otklik.delivery.operations.frozen_rows import (
    copy_messages,
    facts_table,
    insert_blocks,
    spread,
    states_of,
    take_message_ids,
    variants_of,
)
from otklik.delivery.operations.mailings import CHANNEL
from otklik.delivery.picker import Picker, experiment_of, load_picker
from otklik.delivery.policy.hours import UTC_ZONE, zone_of
from otklik.delivery.policy.model import SendingPolicy
from otklik.delivery.policy.queries import sending_policy
from otklik.delivery.queries import get_mailing
from otklik.delivery.tables import mailing_audiences, mailings
from otklik.experiments.public import draw
from otklik.runtime.public import Runtime, Tx, notify

CHUNK = 50_000
"""People that one transaction freezes: large enough for set statements, small enough to lose."""


async def store_audience(tx: Tx, *, mailing: Mailing, ids: Ids) -> None:
    """Store whom the mailing is meant for. The first set stays: a repeat changes nothing."""
    stored = await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == mailing.mailing_id, mailings.c.audience_size.is_(None))
        .values(audience_size=len(ids))
    )
    if stored.rowcount:
        await tx.execute(
            mailing_audiences.insert().values(
                mailing_id=mailing.mailing_id,
                workspace_id=mailing.workspace_id,
                ids=pack_ids(ids),
            )
        )


async def freeze_audience(
    rt: Runtime, *, workspace_id: int, source_id: UUID, ids: Ids | None = None
) -> bool:
    """Make the messages of a mailing and let it run; opens its own transactions, one per chunk.

    Shapes: `ids` are profile ids; None goes on with the set stored by an earlier attempt.
    Returns False if the mailing was stopped meanwhile. Repeating it is harmless at any place.
    Raises: MailingNotFound; ValueError if there is no stored set and none was given.
    """
    while True:
        done = await _freeze_on(rt, workspace_id=workspace_id, source_id=source_id, ids=ids)
        if done is not None:
            return done


async def _freeze_on(
    rt: Runtime, *, workspace_id: int, source_id: UUID, ids: Ids | None
) -> bool | None:
    """Go on from the place reached; None when another process freezes the same mailing too.

    Then everything known of the earlier chunks is out of date: the addresses seen, and whether
    the facts of the last chunk have arrived. So it is read again.
    """
    async with rt.db.begin() as tx:
        mailing = await get_mailing(tx, workspace_id=workspace_id, source_id=source_id)
        if mailing.state != MailingState.PREPARING:
            return mailing.state in (MailingState.RUNNING, MailingState.PAUSED)
        if ids is not None:
            await store_audience(tx, mailing=mailing, ids=ids)
        packed = await _stored(tx, mailing)
        workspace = await get_workspace(tx, workspace_id=workspace_id)
        policy = await sending_policy(tx, workspace_id=workspace_id)
        if packed is None:
            raise ValueError("a mailing can't be frozen without its audience")
        upto, owed = await _reached(tx, mailing)
        seen = await _seen(tx, mailing)
        picker = await load_picker(
            tx,
            workspace_id=workspace_id,
            source_kind=mailing.source_kind,
            source_id=source_id,
        )
    audience = unpack_ids(packed)
    part = first_part(mailing, audience, workspace.salt)

    async def carry(place: int, facts: pa.Table) -> None:
        if facts.num_rows:
            await rt.ch.insert_arrow(TABLE, facts, token=_token(mailing, place))

    carrying = None if owed is None else asyncio.create_task(carry(upto, owed))
    try:
        while True:
            async with rt.db.begin() as tx:
                chunk = await _freeze_chunk(
                    tx,
                    mailing=mailing,
                    audience=audience,
                    part=part,
                    seen=seen,
                    upto=upto,
                    carrying=carrying,
                    workspace=workspace,
                    policy=policy,
                    picker=picker,
                    now=rt.clock(),
                )
            if not isinstance(chunk, tuple):
                return {"complete": True, "stopped": False, "moved": None}[chunk]
            upto, facts = chunk
            carrying = asyncio.create_task(carry(upto, facts))
    finally:
        if carrying is not None:
            # Of what was committed nothing is left behind, even when the mailing was stopped.
            await carrying


async def preview_audience(
    tx: Tx, *, spec: MailingSpec, ids: Ids, now: datetime, with_people: bool = False
) -> AudiencePreview:
    """Return what the gate would decide at this moment; writes nothing.

    The arms are the real ones: the same people would be assigned to them at the launch.
    `with_people`: also say who is in which arm.
    """
    workspace = await get_workspace(tx, workspace_id=spec.workspace_id)
    policy = await sending_policy(tx, workspace_id=spec.workspace_id)
    seen = SeenAddresses()
    skips: Counter[str] = Counter()
    arms: Counter[int] = Counter()
    assigned: list[tuple[NDArray[np.int64], NDArray[np.int8]]] = []
    part, first = first_part(spec, ids, workspace.salt), 0
    picker = await load_picker(
        tx,
        workspace_id=spec.workspace_id,
        source_kind=spec.source_kind,
        source_id=spec.source_id,
    )
    for start in range(0, len(ids), CHUNK):
        people = People.of(ids[start : start + CHUNK].astype(np.int64))
        await pass_gate(
            Passage(
                tx=tx,
                workspace_id=spec.workspace_id,
                channel=spec.channel,
                topic_id=spec.topic_id,
                now=now,
                salt=workspace.salt,
                experiment=experiment_of(picker, spec.source_id),
                arms=spec.arms(),
                seen=seen,
                policy=policy,
                zone=zone_of(workspace.timezone, UTC_ZONE),
                mass=spec.is_mass,
                service=spec.service,
                picker=picker,
            ),
            people,
            When.FREEZE,
        )
        for reason, count in count_reasons(people).items():
            if reason != SkipReason.CONTROL_GROUP:
                skips[reason.value] += count
        arms.update(people.arms[people.arms >= 0].tolist())
        if with_people:
            assigned.append((people.ids[people.arms >= 0], people.arms[people.arms >= 0]))
        if part is not None:
            first += int(np.sum((people.reasons == PASSED) & part[start : start + CHUNK]))
    return AudiencePreview(
        total=len(ids),
        skips=dict(skips.most_common()),
        remaining=arms.total(),
        arms=[
            ArmCount(key, share, arms[number]) for number, (key, share) in enumerate(spec.arms())
        ],
        first=None if part is None else first,
        people={
            key: np.concatenate(
                [np.empty(0, np.int64), *(one[arms == number] for one, arms in assigned)]
            ).astype(np.uint64)
            for number, (key, _) in enumerate(spec.arms())
        }
        if with_people
        else {},
    )


async def _freeze_chunk(
    tx: Tx,
    *,
    mailing: Mailing,
    audience: Ids,
    part: NDArray[np.bool_] | None,
    seen: SeenAddresses,
    upto: int,
    carrying: Awaitable[None] | None,
    workspace: Workspace,
    policy: SendingPolicy,
    picker: Picker | None,
    now: datetime,
) -> tuple[int, pa.Table] | Literal["complete", "stopped", "moved"]:
    """Freeze the chunk after `upto`; returns the new place and the facts, or why there are none.

    `carrying` is the way of the last chunk's facts to ClickHouse; nothing is written before its
    end. The row of the mailing is locked after it, so that a stop need not wait for ClickHouse.
    """
    start = int(np.searchsorted(audience, np.uint64(upto), side="right"))
    ids = audience[start : start + CHUNK].astype(np.int64)
    people = People.of(ids)
    await pass_gate(
        Passage(
            tx=tx,
            workspace_id=mailing.workspace_id,
            channel=mailing.channel,
            topic_id=mailing.topic_id,
            now=now,
            salt=workspace.salt,
            experiment=experiment_of(picker, mailing.source_id),
            arms=mailing.arms,
            seen=seen,
            policy=policy,
            zone=zone_of(workspace.timezone, UTC_ZONE),
            mass=mailing.is_mass,
            service=mailing.service,
            picker=picker,
        ),
        people,
        When.FREEZE,
    )
    if carrying is not None:
        await carrying
    row = (
        await tx.execute(
            sa.select(mailings.c.state, mailings.c.frozen_upto)
            .where(mailings.c.mailing_id == mailing.mailing_id)
            .with_for_update()
        )
    ).one()
    if row.state != MailingState.PREPARING:
        return "complete" if row.state == MailingState.RUNNING else "stopped"
    if row.frozen_upto != upto:
        return "moved"
    if not len(ids):
        await _start(tx, mailing, now)
        return "complete"
    if part is None:
        due = spread(mailing, start, len(ids), len(audience))
        facts = await _write(tx, mailing, people, now, due=due)
    else:
        facts = await _write_parts(tx, mailing, people, part[start : start + CHUNK], now)
    upto = int(ids[-1])
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == mailing.mailing_id)
        # Facts of the chunks before this one are in ClickHouse, or this chunk were not reached.
        .values(frozen_upto=upto, facts_upto=row.frozen_upto)
    )
    return upto, facts


def first_part(
    mailing: Mailing | MailingSpec, audience: Ids, salt: bytes
) -> NDArray[np.bool_] | None:
    """Tell who of the audience is in the first part; None for a mailing without parts."""
    if mailing.first is None:
        return None
    return draw(
        audience,
        salt=salt,
        experiment=uuid5(mailing.source_id, "first part"),
        count=mailing.first.size(len(audience)),
    )


async def _write(
    tx: Tx,
    mailing: Mailing,
    people: People,
    now: datetime,
    *,
    waves: NDArray[np.int16] | None = None,
    due: NDArray[np.datetime64] | None = None,
) -> pa.Table:
    """Write the rows and blocks of people; returns their facts."""
    # Of a chunk that belongs to the rest of a mailing nobody is left.
    message_ids = np.empty(0, np.int64)
    if len(people.ids):
        message_ids = await take_message_ids(tx, len(people.ids))
        await copy_messages(tx, mailing, people, message_ids, now, waves=waves, due=due)
        await insert_blocks(tx, mailing, people, message_ids, now, due=due)
    return facts_table(
        mailing,
        message_ids=message_ids,
        profile_ids=people.ids,
        variants=variants_of(mailing, people.arms),
        reasons=states_of(people)[0],
        at=now,
        waves=waves,
    )


async def _write_parts(
    tx: Tx, mailing: Mailing, people: People, first: NDArray[np.bool_], now: datetime
) -> pa.Table:
    """Write the first part as ever, and the rest into blocks that are held.

    Who of the rest would get a letter has no variant yet, so there is no fact of an assignment.
    The control group is one for both parts.
    """
    waits = (people.reasons == PASSED) & ~first
    rest = people.part(np.flatnonzero(waits))
    rest.arms[:] = -1
    if len(rest.ids):
        message_ids = await take_message_ids(tx, len(rest.ids))
        waves = np.full(len(rest.ids), Wave.REST, np.int16)
        await copy_messages(tx, mailing, rest, message_ids, now, waves=waves)
        await insert_blocks(tx, mailing, rest, message_ids, now, held=True)
    others = people.part(np.flatnonzero(~waits))
    waves = np.where(others.reasons == PASSED, Wave.FIRST, Wave.WHOLE).astype(np.int16)
    return await _write(tx, mailing, others, now, waves=waves)


async def _start(tx: Tx, mailing: Mailing, now: datetime) -> None:
    await tx.execute(
        mailings.update()
        .where(mailings.c.mailing_id == mailing.mailing_id)
        .values(state=MailingState.RUNNING, started_at=now)
    )
    await tx.execute(
        mailing_audiences.delete().where(mailing_audiences.c.mailing_id == mailing.mailing_id)
    )
    await notify(tx, CHANNEL)


def _token(mailing: Mailing, upto: int) -> str:
    return f"freeze:{mailing.mailing_id}:{upto}"


async def _stored(tx: Tx, mailing: Mailing) -> bytes | None:
    packed = await tx.execute(
        sa.select(mailing_audiences.c.ids).where(
            mailing_audiences.c.mailing_id == mailing.mailing_id
        )
    )
    return packed.scalar_one_or_none()


async def _seen(tx: Tx, mailing: Mailing) -> SeenAddresses:
    """Return the addresses that an earlier attempt has assigned to an arm."""
    seen = SeenAddresses()
    rows = await tx.stream(
        sa.text(
            "SELECT lower(address) AS address FROM messages"
            " WHERE mailing_id = :mailing_id AND (variant <> '' OR state = 'planned')"
        ),
        {"mailing_id": mailing.mailing_id},
    )
    async for part in rows.partitions(CHUNK):
        seen.add_new([row.address for row in part])
    return seen


async def _reached(tx: Tx, mailing: Mailing) -> tuple[int, pa.Table | None]:
    """Return the place reached, and facts of the last chunk that may not be in ClickHouse yet."""
    row = (
        await tx.execute(
            sa.select(mailings.c.frozen_upto, mailings.c.facts_upto).where(
                mailings.c.mailing_id == mailing.mailing_id
            )
        )
    ).one()
    if row.facts_upto == row.frozen_upto:
        return row.frozen_upto, None
    rows = (
        await tx.execute(
            sa.text(
                """
                SELECT m.message_id, m.profile_id, m.variant, m.reason, m.wave, b.due_at
                  FROM messages m
                  JOIN message_blocks b ON m.message_id BETWEEN b.block_id AND b.last_id
                   AND b.mailing_id = m.mailing_id
                 WHERE m.mailing_id = :mailing_id
                   AND m.profile_id > :from_id AND m.profile_id <= :upto_id
                   AND (m.variant <> '' OR m.state <> 'planned')
                 ORDER BY m.profile_id
                """
            ),
            {
                "mailing_id": mailing.mailing_id,
                "from_id": row.facts_upto,
                "upto_id": row.frozen_upto,
            },
        )
    ).all()
    if not rows:
        # All people of the chunk belong to the rest of a mailing, which has no facts yet.
        return row.frozen_upto, None
    return row.frozen_upto, facts_table(
        mailing,
        message_ids=np.array([r.message_id for r in rows], dtype=np.int64),
        profile_ids=np.array([r.profile_id for r in rows], dtype=np.int64),
        variants=pa.array([r.variant for r in rows], pa.string()),
        reasons=pa.array([r.reason for r in rows], pa.string()),
        # A mailing that is spread has blocks that are due in the future.
        at=mailing.created_at if mailing.spread_minutes else rows[0].due_at,
        waves=np.array([r.wave for r in rows], dtype=np.int16),
    )
