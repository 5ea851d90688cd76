"""Writes of privacy: the ledger and what follows from it, topics, texts, suppressions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.accounts.public import get_workspace
from otklik.kit.ids import new_id
from otklik.privacy import queries
from otklik.privacy.errors import (
    SuppressionNotFound,
    TextNotFound,
    TopicNotFound,
    TopicTaken,
    TopicTooDeep,
    UnknownChannel,
)
from otklik.privacy.model import (
    CHANNELS,
    WHOLE_CHANNEL,
    Action,
    ConsentEntry,
    ConsentText,
    Policy,
    Source,
    State,
    SuppressionReason,
    Topic,
    address_hash,
    address_hint,
)
from otklik.privacy.tables import (
    consent_policies,
    consent_texts,
    suppressions,
    topics,
)
from otklik.profiles.public import ProfilesMerged, ProfilesParted
from otklik.runtime.public import Tx, driver, put_facts

_RECORD = """
INSERT INTO consent_entries (workspace_id, profile_id, channel, topic_id, action, source, at,
                             recorded_at, text_id, ip, proof, key)
SELECT %(workspace_id)s, e.profile_id, e.channel, e.topic_id, e.action, e.source, e.at,
       %(now)s, e.text_id, e.ip, e.proof::jsonb, e.key
FROM unnest(%(profile_id)s::bigint[], %(channel)s::text[], %(topic_id)s::uuid[],
            %(action)s::text[], %(source)s::text[], %(at)s::timestamptz[], %(text_id)s::uuid[],
            %(ip)s::text[], %(proof)s::text[], %(key)s::text[])
     AS e(profile_id, channel, topic_id, action, source, at, text_id, ip, proof, key)
ON CONFLICT (workspace_id, key) WHERE key IS NOT NULL DO NOTHING
RETURNING profile_id, channel, topic_id, action, at, source
"""

# The later entry wins; of two of one moment the withdrawal does.
_SETTLE = """
INSERT INTO consent_states AS known
       (workspace_id, profile_id, channel, topic_id, state, at, source)
SELECT %(workspace_id)s, e.profile_id, e.channel, e.topic_id, e.state, e.at, e.source
FROM unnest(%(profile_id)s::bigint[], %(channel)s::text[], %(topic_id)s::uuid[],
            %(state)s::text[], %(at)s::timestamptz[], %(source)s::text[])
     AS e(profile_id, channel, topic_id, state, at, source)
ON CONFLICT (workspace_id, profile_id, channel, topic_id) DO UPDATE
    SET state = excluded.state, at = excluded.at, source = excluded.source
    WHERE (excluded.at, excluded.state) > (known.at, known.state)
RETURNING profile_id, channel, topic_id, state, at, nextval('consent_versions') AS version
"""


async def record_consents(
    tx: Tx, *, workspace_id: int, entries: Iterable[ConsentEntry], now: datetime
) -> int:
    """Add entries to the ledger and settle the states that follow; returns how many were new.

    Two statements whatever the number of entries. Entries with a known `key` are left out.
    Raises: UnknownChannel; TopicNotFound or TextNotFound for ones of another workspace.
    """
    wanted = list(entries)
    if not wanted:
        return 0
    for entry in wanted:
        if entry.channel not in CHANNELS:
            raise UnknownChannel(channel=entry.channel[:50], known=", ".join(CHANNELS))
    await _check_belonging(tx, workspace_id, wanted)
    connection = await driver(tx)
    cursor = await connection.execute(
        _RECORD,
        {
            "workspace_id": workspace_id,
            "now": now,
            "profile_id": [e.profile_id for e in wanted],
            "channel": [e.channel for e in wanted],
            "topic_id": [e.topic_id for e in wanted],
            "action": [e.action.value for e in wanted],
            "source": [e.source.value for e in wanted],
            "at": [e.at for e in wanted],
            "text_id": [e.text_id for e in wanted],
            "ip": [e.ip for e in wanted],
            "proof": [
                None if e.proof is None else msgspec.json.encode(e.proof).decode() for e in wanted
            ],
            "key": [e.key for e in wanted],
        },
    )
    recorded = await cursor.fetchall()
    await _settle(
        tx,
        workspace_id,
        [
            (profile_id, channel, topic_id or WHOLE_CHANNEL, State(action), at, source)
            for profile_id, channel, topic_id, action, at, source in recorded
        ],
    )
    return len(recorded)


Settled = tuple[int, str, UUID, State, datetime, str]


async def _settle(tx: Tx, workspace_id: int, states: list[Settled]) -> None:
    latest: dict[tuple[int, str, UUID], Settled] = {}
    for state in states:
        key = state[:3]
        known = latest.get(key)
        if known is None or (state[4], state[3].value) > (known[4], known[3].value):
            latest[key] = state
    # Rows are locked in one order, so that two batches never wait for each other in a circle.
    rows = [latest[key] for key in sorted(latest)]
    if not rows:
        return
    connection = await driver(tx)
    cursor = await connection.execute(
        _SETTLE,
        {
            "workspace_id": workspace_id,
            "profile_id": [r[0] for r in rows],
            "channel": [r[1] for r in rows],
            "topic_id": [r[2] for r in rows],
            "state": [r[3].value for r in rows],
            "at": [r[4] for r in rows],
            "source": [r[5] for r in rows],
        },
    )
    await _put_states(tx, workspace_id, await cursor.fetchall())


async def _put_states(tx: Tx, workspace_id: int, rows: Sequence[Any]) -> None:
    await put_facts(
        tx,
        workspace_id=workspace_id,
        table="consents",
        rows=[
            {
                "profile_id": profile_id,
                "channel": channel,
                "topic": "" if topic_id == WHOLE_CHANNEL else str(topic_id),
                "state": state,
                "at": at,
                "version": version,
            }
            for profile_id, channel, topic_id, state, at, version in rows
        ],
    )


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
    """Withdraw a person's consent: for one topic, or (`topic_id` None) for all of the channel."""
    await record_consents(
        tx,
        workspace_id=workspace_id,
        entries=[
            ConsentEntry(
                profile_id=profile_id,
                channel=channel,
                action=Action.WITHDRAWN,
                source=source,
                at=now,
                topic_id=topic_id,
                ip=ip,
                proof=proof,
            )
        ],
        now=now,
    )


async def on_profiles_merged(news: ProfilesMerged, tx: Tx) -> None:
    """Give the surviving profile the stricter of two consents.

    The ledger keeps the entries of both; what the survivor takes over is a new entry that names
    the profile it came from.
    """
    into = dict(news.pairs)
    connection = await driver(tx)
    cursor = await connection.execute(
        """
        SELECT profile_id, channel, topic_id, state, at FROM consent_states
        WHERE workspace_id = %s AND profile_id = ANY(%s) ORDER BY profile_id, channel, topic_id
        """,
        (news.workspace_id, [*into, *into.values()]),
    )
    rows = await cursor.fetchall()
    known = {(p, c, t): (State(s), at) for p, c, t, s, at in rows}
    adopted: list[ConsentEntry] = []
    for (profile_id, channel, topic_id), (state, at) in known.items():
        target = into.get(profile_id)
        if target is None:
            continue
        own = known.get((target, channel, topic_id))
        stricter = state is State.WITHDRAWN and (own is None or own[0] is not State.WITHDRAWN)
        if stricter or own is None:
            adopted.append(
                ConsentEntry(
                    profile_id=target,
                    channel=channel,
                    topic_id=None if topic_id == WHOLE_CHANNEL else topic_id,
                    action=Action(state.value),
                    source=Source.MERGE,
                    # A refusal must outlast a later agreement that the other profile gave.
                    at=max(at, own[1]) if own else at,
                    proof={"from_profile": profile_id},
                )
            )
    await record_consents(tx, workspace_id=news.workspace_id, entries=adopted, now=news.now)
    await _mirror(tx, news.workspace_id, [r for r in rows if r[0] in into], gone=True)


async def on_profiles_parted(news: ProfilesParted, tx: Tx) -> None:
    """Let a profile that stands on its own again keep every refusal of the time in between."""
    former = {into: profile for profile, into in news.pairs}
    connection = await driver(tx)
    cursor = await connection.execute(
        """
        SELECT profile_id, channel, topic_id, state, at FROM consent_states
        WHERE workspace_id = %s AND profile_id = ANY(%s)
        """,
        (news.workspace_id, [*former, *former.values()]),
    )
    rows = await cursor.fetchall()
    # What ClickHouse was told to forget at the merge comes back first, then refusals on top.
    await _mirror(tx, news.workspace_id, [r for r in rows if r[0] in former.values()], gone=False)
    await record_consents(
        tx,
        workspace_id=news.workspace_id,
        entries=[
            ConsentEntry(
                profile_id=former[profile_id],
                channel=channel,
                topic_id=None if topic_id == WHOLE_CHANNEL else topic_id,
                action=Action.WITHDRAWN,
                source=Source.MERGE,
                at=news.now,
                proof={"from_profile": profile_id},
            )
            for profile_id, channel, topic_id, state, _ in rows
            if profile_id in former and state == State.WITHDRAWN
        ],
        now=news.now,
    )


async def _mirror(tx: Tx, workspace_id: int, rows: Sequence[Any], *, gone: bool) -> None:
    """Write states to ClickHouse anew; `gone`: as if the profile had never said anything."""
    if not rows:
        return
    connection = await driver(tx)
    cursor = await connection.execute(
        "SELECT nextval('consent_versions') FROM generate_series(1, %s)", (len(rows),)
    )
    versions = [row[0] for row in await cursor.fetchall()]
    await _put_states(
        tx,
        workspace_id,
        [
            (profile_id, channel, topic_id, State.NONE if gone else state, at, version)
            for (profile_id, channel, topic_id, state, at), version in zip(
                rows, versions, strict=True
            )
        ],
    )


async def create_topic(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    description: str = "",
    parent_id: UUID | None = None,
    now: datetime,
) -> Topic:
    """Raises: TopicNotFound, TopicTooDeep, TopicTaken."""
    if parent_id is not None:
        parent = await queries.get_topic(tx, workspace_id=workspace_id, topic_id=parent_id)
        if parent.parent_id is not None:
            raise TopicTooDeep()
    topic = Topic(
        id=new_id(),
        name=name.strip(),
        description=description.strip(),
        parent_id=parent_id,
        archived=False,
        created_at=now,
    )
    made = await tx.execute(
        insert(topics)
        .values(workspace_id=workspace_id, **msgspec.structs.asdict(topic))
        .on_conflict_do_nothing(index_elements=["workspace_id", "name"])
        .returning(topics.c.id)
    )
    if made.first() is None:
        raise TopicTaken(name=topic.name)
    return topic


async def update_topic(
    tx: Tx, *, workspace_id: int, topic_id: UUID, changes: dict[str, Any]
) -> Topic:
    """Change name, description or `archived`. Raises: TopicNotFound, TopicTaken."""
    if "name" in changes:
        taken = await tx.execute(
            sa.select(topics.c.id).where(
                topics.c.workspace_id == workspace_id,
                topics.c.name == changes["name"].strip(),
                topics.c.id != topic_id,
            )
        )
        if taken.first() is not None:
            raise TopicTaken(name=changes["name"])
    if changes:
        await tx.execute(
            topics.update()
            .where(topics.c.workspace_id == workspace_id, topics.c.id == topic_id)
            .values(**changes)
        )
    return await queries.get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)


async def add_text(
    tx: Tx, *, workspace_id: int, name: str, lang: str, text: str, now: datetime
) -> ConsentText:
    """Add a version of a text; the same wording twice in a row stays one version."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtext('privacy.texts'), :workspace_id)"),
        {"workspace_id": workspace_id},
    )
    last = await queries.latest_text(tx, workspace_id=workspace_id, name=name, lang=lang)
    if last is not None and last.hash == digest:
        return last
    made = ConsentText(
        id=new_id(),
        name=name,
        version=last.version + 1 if last else 1,
        lang=lang,
        text=text,
        hash=digest,
        created_at=now,
    )
    await tx.execute(
        consent_texts.insert().values(workspace_id=workspace_id, **msgspec.structs.asdict(made))
    )
    return made


async def set_policy(tx: Tx, *, workspace_id: int, policy: Policy) -> None:
    values = {"workspace_id": workspace_id, **msgspec.structs.asdict(policy)}
    await tx.execute(
        insert(consent_policies)
        .values(**values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )


async def suppress(
    tx: Tx,
    *,
    workspace_id: int,
    channel: str,
    address: str,
    reason: SuppressionReason,
    now: datetime,
) -> bool:
    """Put an address on the stop list; False when it was there already (its reason stays)."""
    salt = (await get_workspace(tx, workspace_id=workspace_id)).salt
    made = await tx.execute(
        insert(suppressions)
        .values(
            id=new_id(),
            workspace_id=workspace_id,
            channel=channel,
            address_hash=address_hash(salt, channel, address),
            reason=reason.value,
            hint=address_hint(channel, address),
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["workspace_id", "channel", "address_hash"])
        .returning(suppressions.c.id)
    )
    return made.first() is not None


async def lift_suppression(tx: Tx, *, workspace_id: int, suppression_id: UUID) -> None:
    """Take an address off the stop list. Raises: SuppressionNotFound."""
    gone = await tx.execute(
        suppressions.delete().where(
            suppressions.c.workspace_id == workspace_id, suppressions.c.id == suppression_id
        )
    )
    if not gone.rowcount:
        raise SuppressionNotFound()


async def _check_belonging(tx: Tx, workspace_id: int, entries: Sequence[ConsentEntry]) -> None:
    named = {e.topic_id for e in entries} - {None}
    if named:
        rows = await tx.execute(
            sa.select(topics.c.id).where(
                topics.c.workspace_id == workspace_id, topics.c.id.in_(named)
            )
        )
        if len(rows.all()) != len(named):
            raise TopicNotFound()
    texts = {e.text_id for e in entries} - {None}
    if texts:
        rows = await tx.execute(
            sa.select(consent_texts.c.id).where(
                consent_texts.c.workspace_id == workspace_id, consent_texts.c.id.in_(texts)
            )
        )
        if len(rows.all()) != len(texts):
            raise TextNotFound()
