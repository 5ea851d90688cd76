"""Which of many topics a message may be about, for very many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from otklik.privacy.model import Purpose, State
from otklik.privacy.queries.records import get_policy, list_topics
from otklik.privacy.tables import WHOLE_CHANNEL
from otklik.runtime.public import Tx, driver

TOPICS_MAX = 60
"""So many topics have room in one number."""


async def topic_masks(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    topic_ids: Sequence[UUID],
    profile_ids: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return a number for each profile, in their order: bit k is set if `topic_ids[k]` is allowed.

    One statement for any number of people and up to 60 topics (plus one for the topics and one for
    the policy). The rule is that of `model.sendability`; a topic that is not there allows nothing.
    """
    masks = np.zeros(len(profile_ids), dtype=np.int64)
    if not len(topic_ids) or not len(profile_ids):
        return masks
    assert len(topic_ids) <= TOPICS_MAX, "a mask is one number"
    parents = {one.id: one.parent_id for one in await list_topics(tx, workspace_id=workspace_id)}
    policy = await get_policy(tx, workspace_id=workspace_id)
    needs_consent = policy.email_needs_consent or channel != "email"
    paths = {
        bit: [level for level in (WHOLE_CHANNEL, parents[topic], topic) if level is not None]
        for bit, topic in enumerate(topic_ids)
        if topic in parents
    }
    if not paths:
        return masks
    levels = list(dict.fromkeys(level for path in paths.values() for level in path))
    places = {bit: [levels.index(level) for level in path] for bit, path in paths.items()}
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            _masks(len(levels), places, needs_consent=needs_consent),
            {
                "workspace_id": workspace_id,
                "channel": channel,
                "ids": "{" + ",".join(map(str, profile_ids.tolist())) + "}",
                **{f"level_{i}": level for i, level in enumerate(levels)},
            },
        )
        row = await cursor.fetchone()
    assert row is not None, "an aggregate always has a row"
    if not needs_consent:
        masks[:] = sum(1 << bit for bit in paths)
    if row[0] is not None:
        ids, found = np.array(row[0], dtype=np.int64), np.array(row[1], dtype=np.int64)
        order = np.argsort(ids)
        ids, found = ids[order], found[order]
        at = np.minimum(np.searchsorted(ids, profile_ids), len(ids) - 1)
        known = ids[at] == profile_ids
        masks[known] = found[at[known]]
    return masks


def _masks(levels: int, places: dict[int, list[int]], *, needs_consent: bool) -> sql.Composed:
    """Return the statement; see `gate._verdicts`, whose rule it puts together for many topics."""

    def name(state: State, level: int) -> sql.Identifier:
        return sql.Identifier(f"{state.value}_{level}")

    advertising = sql.SQL("purpose = {}").format(Purpose.ADVERTISING.value)
    said = [
        sql.SQL("max(at) FILTER (WHERE {} AND topic_id = {} AND state = {}) AS {}").format(
            advertising, sql.Placeholder(f"level_{level}"), state.value, name(state, level)
        )
        for level in range(levels)
        for state in (State.GRANTED, State.WITHDRAWN)
    ]
    bits = []
    for bit, path in places.items():
        stands = []
        for depth, level in enumerate(path):
            refusal = name(State.WITHDRAWN, level)
            # The comparison with nothing is null, which lifts no refusal.
            lifts = [
                sql.SQL("coalesce({} > {}, false)").format(name(State.GRANTED, narrower), refusal)
                for narrower in path[depth + 1 :]
            ]
            lifted = sql.SQL(" OR ").join(lifts) if lifts else sql.SQL("false")
            stands.append(sql.SQL("({} IS NOT NULL AND NOT ({}))").format(refusal, lifted))
        agreed = (
            sql.SQL("coalesce({}) IS NOT NULL").format(
                sql.SQL(", ").join(name(State.GRANTED, level) for level in path)
            )
            if needs_consent
            else sql.SQL("true")
        )
        bits.append(
            sql.SQL("CASE WHEN NOT ({}) AND {} THEN {}::bigint ELSE 0 END").format(
                sql.SQL(" OR ").join(stands), agreed, sql.Literal(1 << bit)
            )
        )
    return sql.SQL(
        """
        SELECT array_agg(profile_id), array_agg(mask)
        FROM (
          SELECT profile_id, CASE WHEN unprocessed THEN 0 ELSE {bits} END AS mask
          FROM (
            SELECT profile_id, {said}, bool_or(purpose = {processing}) AS unprocessed
            FROM consent_states
            WHERE workspace_id = %(workspace_id)s
              AND ({advertising} AND channel = %(channel)s
                   AND topic_id = ANY(ARRAY[{levels}]::uuid[])
                   OR purpose = {processing} AND state = {withdrawn})
              -- The planner would look at every id if it saw them.
              AND profile_id = ANY((SELECT %(ids)s::bigint[])::bigint[])
            GROUP BY profile_id
          ) said
        ) masks
        """
    ).format(
        bits=sql.SQL(" + ").join(bits),
        said=sql.SQL(", ").join(said),
        advertising=advertising,
        processing=Purpose.PROCESSING.value,
        withdrawn=State.WITHDRAWN.value,
        levels=sql.SQL(", ").join(sql.Placeholder(f"level_{i}") for i in range(levels)),
    )
