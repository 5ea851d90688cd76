"""What the gate asks before a message: does consent allow it, is the address stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from otklik.accounts.public import get_workspace
from otklik.privacy.model import (
    Purpose,
    Sendability,
    State,
    SuppressionReason,
    plain_address,
    sendability,
)
from otklik.privacy.queries.records import get_policy, get_topic
from otklik.privacy.tables import WHOLE_CHANNEL
from otklik.runtime.public import Tx, driver

SENDABILITIES: tuple[Sendability, ...] = tuple(Sendability)
"""What the numbers of `sendability_codes` mean."""
_CODES = {verdict: code for code, verdict in enumerate(SENDABILITIES)}


async def sendable(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    topic_id: UUID | None,
    profile_ids: Sequence[int],
) -> dict[int, Sendability]:
    """Return for every profile what consent says to a marketing message.

    `topic_id` None: a message that belongs to no topic. Letters need a consent unless the workspace
    says otherwise; every other channel always does. Raises: TopicNotFound.
    """
    ids = np.array([int(one) for one in profile_ids], dtype=np.int64)
    codes = await sendability_codes(
        tx, workspace_id=workspace_id, channel=channel, topic_id=topic_id, profile_ids=ids
    )
    return {
        one: SENDABILITIES[code] for one, code in zip(ids.tolist(), codes.tolist(), strict=True)
    }


async def sendability_codes(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    topic_id: UUID | None,
    profile_ids: NDArray[np.int64],
) -> NDArray[np.int8]:
    """Return the same as places in `SENDABILITIES`, one for each profile, in their order.

    One statement for any number of ids (plus one for the topic and one for the policy); the rule
    `model.sendability` is put into SQL, so what travels is two lists of ids.
    """
    levels = [WHOLE_CHANNEL]
    if topic_id is not None:
        topic = await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)
        levels += [one for one in (topic.parent_id, topic.id) if one is not None]
    policy = await get_policy(tx, workspace_id=workspace_id)
    needs_consent = policy.email_needs_consent or channel != "email"
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            _verdicts(len(levels)),
            {
                "workspace_id": workspace_id,
                "channel": channel,
                "ids": "{" + ",".join(map(str, profile_ids.tolist())) + "}",
                **{f"level_{i}": level for i, level in enumerate(levels)},
            },
        )
        row = await cursor.fetchone()
    assert row is not None, "an aggregate always has a row"
    nothing = sendability([], needs_consent=needs_consent)
    codes = np.full(len(profile_ids), _CODES[nothing], dtype=np.int8)
    for ids, verdict in zip(row, (Sendability.ALLOWED, Sendability.WITHDRAWN), strict=True):
        if ids is not None:
            codes[np.isin(profile_ids, np.array(ids, dtype=np.int64))] = _CODES[verdict]
    return codes


@cache
def _verdicts(levels: int) -> sql.Composed:
    """Return the statement that finds who agreed and who refused, over so many levels.

    A refusal stands unless something narrower was agreed to later; one that stands decides. See
    `model.sendability`, of which this is the other writing. Only consents to advertising count as
    agreement; who took back the consent to processing gets nothing, whatever else he agreed to.
    """
    places = range(levels)
    advertising = sql.SQL("purpose = {}").format(Purpose.ADVERTISING.value)
    said = [
        sql.SQL("max(at) FILTER (WHERE {} AND topic_id = {} AND state = {}) AS {}").format(
            advertising,
            sql.Placeholder(f"level_{i}"),
            state.value,
            sql.Identifier(f"{state.value}_{i}"),
        )
        for i in places
        for state in (State.GRANTED, State.WITHDRAWN)
    ]
    stands = []
    for i in places:
        refusal = sql.Identifier(f"{State.WITHDRAWN.value}_{i}")
        narrower = [sql.Identifier(f"{State.GRANTED.value}_{k}") for k in places if k > i]
        # The comparison with nothing is null, which lifts no refusal.
        lifted = sql.SQL(" OR ").join(
            sql.SQL("coalesce({} > {}, false)").format(grant, refusal) for grant in narrower
        )
        stands.append(
            sql.SQL("({} IS NOT NULL AND NOT ({}))").format(
                refusal, lifted if narrower else sql.SQL("false")
            )
        )
    return sql.SQL(
        """
        SELECT array_agg(profile_id) FILTER (WHERE NOT refused AND agreed),
               array_agg(profile_id) FILTER (WHERE refused)
        FROM (
          SELECT profile_id, unprocessed OR {refused} AS refused, {agreed} AS agreed
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
        ) verdicts
        """
    ).format(
        advertising=advertising,
        processing=Purpose.PROCESSING.value,
        withdrawn=State.WITHDRAWN.value,
        refused=sql.SQL(" OR ").join(stands),
        agreed=sql.SQL("coalesce({}) IS NOT NULL").format(
            sql.SQL(", ").join(sql.Identifier(f"{State.GRANTED.value}_{i}") for i in places)
        ),
        said=sql.SQL(", ").join(said),
        levels=sql.SQL(", ").join(sql.Placeholder(f"level_{i}") for i in places),
    )


_FEW = 1_000
"""So many addresses are hashed at once, whatever is on the list."""


async def suppressed(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    addresses: Sequence[str],
    salt: bytes | None = None,
) -> dict[str, SuppressionReason]:
    """Return those of `addresses` that get nothing through the channel, with the reason.

    `salt`: the workspace's, where the caller has it at hand; it saves a statement.
    """
    if not addresses:
        return {}
    known = None
    if len(addresses) > _FEW:
        known = await _whole_list(tx, workspace_id, channel, limit=len(addresses) // 2)
        if known == {}:
            return {}
    if salt is None:
        salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    hashes = address_hashes(salt, channel, addresses)
    if known is None:
        connection = await driver(tx)
        # In binary: as text, the hashes of a large audience take longer to write than to look up.
        async with connection.cursor(binary=True) as cursor:
            await cursor.execute(
                "SELECT address_hash, reason FROM suppressions WHERE workspace_id = %s "
                "AND channel = %s AND address_hash = ANY(%b)",
                (workspace_id, channel, list(set(hashes))),
            )
            known = {bytes(one): reason for one, reason in await cursor.fetchall()}
    return {
        address: SuppressionReason(known[one])
        for address, one in zip(addresses, hashes, strict=True)
        if one in known
    }


async def _whole_list(
    tx: Tx, workspace_id: int, channel: str, *, limit: int
) -> dict[bytes, str] | None:
    """Return the stop list of a channel; None when it has more lines than `limit`.

    A short list is read whole: then no hash needs to be sent and looked up, and with an empty one
    none needs to be made.
    """
    connection = await driver(tx)
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            "SELECT address_hash, reason FROM suppressions"
            " WHERE workspace_id = %s AND channel = %s LIMIT %s",
            (workspace_id, channel, limit + 1),
        )
        rows = await cursor.fetchall()
    return dict(rows) if len(rows) <= limit else None


def address_hashes(salt: bytes, channel: str, addresses: Sequence[str]) -> list[bytes]:
    """Return `address_hash` of each address, several times faster over many.

    HMAC (RFC 2104) begins with one block that depends on the key alone; here it is hashed once.
    """
    block = hashlib.sha256().block_size
    key = (hashlib.sha256(salt).digest() if len(salt) > block else salt).ljust(block, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + f"{channel}\n".encode())
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
    hashes = []
    for plain in _plain_addresses(addresses):
        first, last = inner.copy(), outer.copy()
        first.update(plain)
        last.update(first.digest())
        hashes.append(last.digest())
    return hashes


def _plain_addresses(addresses: Sequence[str]) -> list[bytes]:
    """Return `plain_address` of each address in UTF-8.

    Addresses in ASCII without white space have only one normal form, so they are taken in one go.
    """
    joined = "\n".join(addresses).lower()
    parts = joined.split()
    if joined and joined.isascii() and len(parts) == len(addresses) and "\n".join(parts) == joined:
        return joined.encode().split(b"\n")
    return [plain_address(address).encode() for address in addresses]
