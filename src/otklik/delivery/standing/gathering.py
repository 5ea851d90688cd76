"""Requests become messages: as many as wait, at most a block at a time.

One at a time costs a block and its transactions for each letter; under load the requests that came
meanwhile share them, so the price of a letter falls as the stream grows, and nobody waits for a
block to fill up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from otklik.accounts.public import get_workspace
from otklik.delivery.facts import FactBatch
from otklik.delivery.gate import Passage, People, SeenAddresses, When, pass_gate
from otklik.delivery.model import (
    BLOCK_SIZE,
    BlockState,
    Fact,
    Mailing,
    MailingState,
    MessageState,
    SkipReason,
    tally_key,
)
from otklik.delivery.operations.frozen_rows import take_message_ids
from otklik.delivery.operations.mailings import CHANNEL as SENDING
from otklik.delivery.policy.hours import UTC_ZONE, zone_of
from otklik.delivery.policy.queries import sending_policy
from otklik.delivery.queries import mailing_by_number
from otklik.delivery.tables import message_blocks
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime, Tx, notify


class _NobodySeen(SeenAddresses):
    """A person may be written to as often as somebody asks for it."""

    def add_new(self, addresses: Sequence[str]) -> NDArray[np.bool_]:
        return np.ones(len(addresses), dtype=np.bool_)


async def gather(rt: Runtime) -> bool:
    """Make messages of waiting requests of one mailing; False when none waits."""
    now = rt.clock()
    async with rt.db.begin() as tx:
        mailing_id = (await tx.execute(_NEXT)).scalar_one_or_none()
        if mailing_id is None:
            return False
        rows = (await tx.execute(_TAKE, {"mailing_id": mailing_id, "limit": BLOCK_SIZE})).all()
        if rows:
            mailing = await mailing_by_number(tx, mailing_id=mailing_id)
            await _make(tx, mailing, rows, now)
    # Another process may have had them all in hand; then there is nothing to do here now.
    return bool(rows)


async def _make(tx: Tx, mailing: Mailing, rows: Sequence[Any], now: datetime) -> None:
    asked = [row.profile_id for row in rows]
    current = await current_ids(tx, workspace_id=mailing.workspace_id, profile_ids=asked)
    people = People.of([current.get(one, one) for one in asked])
    workspace = await get_workspace(tx, workspace_id=mailing.workspace_id)
    if mailing.state == MailingState.STOPPING:
        people.keep_back(people.passing(), SkipReason.CAMPAIGN_STOPPED)
    else:
        await pass_gate(
            Passage(
                tx=tx,
                workspace_id=mailing.workspace_id,
                channel=mailing.channel,
                topic_id=mailing.topic_id,
                now=now,
                salt=workspace.salt,
                experiment=mailing.source_id,
                arms=mailing.arms,
                seen=_NobodySeen(),
                policy=await sending_policy(tx, workspace_id=mailing.workspace_id),
                zone=zone_of(workspace.timezone, UTC_ZONE),
                mass=mailing.is_mass,
                service=mailing.service,
            ),
            people,
            When.FREEZE,
        )
    ids = (await take_message_ids(tx, len(rows))).tolist()
    reasons = [people.reason(place) for place in range(len(rows))]
    passes = [reason is None for reason in reasons]
    variant = mailing.arms[0][0]
    await tx.execute(
        _MESSAGES,
        {
            "workspace_id": mailing.workspace_id,
            "mailing_id": mailing.mailing_id,
            "message_ids": ids,
            "profile_ids": people.ids.tolist(),
            "occurrences": [row.number for row in rows],
            "states": [_state(one) for one in passes],
            "reasons": [reason.value if reason else "" for reason in reasons],
            "variants": [variant if one else "" for one in passes],
            "addresses": people.addresses,
            "ats": [None if one else now for one in passes],
            "request_ids": [row.id for row in rows],
        },
    )
    tally = Counter(
        tally_key(_state(reason is None), reason.value if reason else "", "" if reason else variant)
        for reason in reasons
    )
    await tx.execute(
        message_blocks.insert().values(
            block_id=ids[0],
            workspace_id=mailing.workspace_id,
            mailing_id=mailing.mailing_id,
            last_id=ids[-1],
            state=BlockState.READY if any(passes) else BlockState.DONE,
            due_at=now,
            tally=dict(tally),
        )
    )
    facts = FactBatch(mailing)
    for place, message_id in enumerate(ids):
        reason = reasons[place]
        facts.add(
            Fact.ASSIGNED if reason is None else Fact.SKIPPED,
            message_id=message_id,
            profile_id=int(people.ids[place]),
            variant=variant if reason is None else "",
            reason=reason.value if reason else "",
            at=now,
        )
    await facts.put(tx)
    await notify(tx, SENDING)


def _state(passes: bool) -> MessageState:
    return MessageState.PLANNED if passes else MessageState.SKIPPED


_NEXT = sa.text(
    """
    SELECT g.mailing_id
      FROM mailings g
     WHERE g.standing AND g.state IN ('running', 'stopping')
       AND EXISTS (SELECT FROM message_requests r
                    WHERE r.mailing_id = g.mailing_id AND r.message_id IS NULL)
     ORDER BY random()
     LIMIT 1
    """
)

_TAKE = sa.text(
    """
    SELECT id, number, profile_id
      FROM message_requests
     WHERE mailing_id = :mailing_id AND message_id IS NULL
     ORDER BY number
     LIMIT :limit
       FOR UPDATE SKIP LOCKED
    """
)

_MESSAGES = sa.text(
    """
    WITH made AS (
        SELECT *
          FROM unnest(CAST(:message_ids AS bigint[]), CAST(:profile_ids AS bigint[]),
                      CAST(:occurrences AS int[]), CAST(:states AS text[]),
                      CAST(:reasons AS text[]), CAST(:variants AS text[]),
                      CAST(:addresses AS text[]), CAST(:ats AS timestamptz[]),
                      CAST(:request_ids AS uuid[]))
               AS m(message_id, profile_id, occurrence, state, reason, variant, address, at, id)),
    written AS (
        INSERT INTO messages (message_id, profile_id, workspace_id, mailing_id, occurrence, state,
                              reason, variant, address, at)
        SELECT message_id, profile_id, :workspace_id, :mailing_id, occurrence, state, reason,
               variant, address, at
          FROM made)
    UPDATE message_requests r
       SET message_id = made.message_id
      FROM made
     WHERE r.id = made.id
    """
)
