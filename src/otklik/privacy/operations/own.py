"""What privacy itself keeps of a person: his consents, requests, and copies of his data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.kit.traces import Erased, Traces
from otklik.privacy import tables as t
from otklik.privacy.model import CHANNELS, address_hash
from otklik.privacy.tables import WHOLE_CHANNEL
from otklik.runtime.public import Runtime, Tx, delete_rows

_OF_PERSON = "workspace_id = {ws:UInt32} AND profile_id IN {ids:Array(UInt64)}"


def export_path(rt: Runtime, *, workspace_id: int, export_id: UUID) -> Path:
    """Return where a copy of a person's data lies."""
    return rt.settings.data_dir / "person-exports" / str(workspace_id) / f"{export_id}.zip"


def _ids(traces: Traces) -> sa.ColumnElement[Any]:
    return sa.func.any(sa.literal(list(traces.profile_ids), sa.ARRAY(sa.BigInteger)))


def _given(traces: Traces) -> dict[str, Any]:
    return {"ws": traces.workspace_id, "ids": list(traces.profile_ids)}


async def count_consents(rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many rows about consents lead to the person, in both engines."""
    total = 0
    for table in (t.consent_entries, t.consent_states, t.consent_people):
        found = await tx.execute(
            sa.select(sa.func.count()).where(
                table.c.workspace_id == traces.workspace_id, table.c.profile_id == _ids(traces)
            )
        )
        total += int(found.scalar_one())
    (row,) = await rt.ch.query(f"SELECT count() FROM consents WHERE {_OF_PERSON}", _given(traces))
    return total + int(row[0])


async def export_consents(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield every line of the person's ledger with the text he agreed to."""
    e, x, p = t.consent_entries.c, t.consent_texts.c, t.topics.c
    rows = await tx.execute(
        sa.select(
            e.number,
            e.purpose,
            e.channel,
            p.name.label("topic"),
            e.topic_id,
            e.action,
            e.source,
            e.at,
            e.recorded_at,
            e.ip,
            e.proof,
            x.name.label("text_name"),
            x.version.label("text_version"),
            x.text,
            e.digest,
        )
        .join_from(
            t.consent_entries,
            t.consent_texts,
            sa.and_(x.workspace_id == e.workspace_id, x.id == e.text_id),
            isouter=True,
        )
        .outerjoin(t.topics, sa.and_(p.workspace_id == e.workspace_id, p.id == e.topic_id))
        .where(e.workspace_id == traces.workspace_id, e.profile_id == _ids(traces))
        .order_by(e.id)
    )
    for row in rows:
        yield {
            **row._mapping,
            "topic_id": None if row.topic_id == WHOLE_CHANNEL else row.topic_id,
            "ip": None if row.ip is None else str(row.ip),
            "digest": None if row.digest is None else row.digest.hex(),
        }


async def erase_consents(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Take the person out of his lines of the ledger, and destroy his states. Repeatable.

    The lines stay, without whom they were of, and the chain stays whole (see `chain.py`).
    """
    e = t.consent_entries.c
    lines = await tx.execute(
        t.consent_entries.update()
        .where(e.workspace_id == traces.workspace_id, e.profile_id == _ids(traces))
        .values(
            profile_id=0,
            ip=None,
            proof=sa.null(),
            key=None,
            nonce=None,
            erased_at=rt.clock(),
        )
    )
    count = lines.rowcount
    for table in (t.consent_states, t.consent_people):
        gone = await tx.execute(
            table.delete().where(
                table.c.workspace_id == traces.workspace_id, table.c.profile_id == _ids(traces)
            )
        )
        count += gone.rowcount
    return Erased(count + await delete_rows(rt.ch, "consents", _OF_PERSON, _given(traces)))


async def count_copies(_rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many copies of the person's data are kept."""
    x = t.person_exports.c
    found = await tx.execute(
        sa.select(sa.func.count()).where(
            x.workspace_id == traces.workspace_id, x.profile_id == _ids(traces)
        )
    )
    return int(found.scalar_one())


async def export_requests(_rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield the person's requests, his addresses on the stop list, and copies that were made."""
    r, x, s = t.person_requests.c, t.person_exports.c, t.suppressions.c
    rows = await tx.execute(
        sa.select(r.number, r.kind, r.law, r.state, r.received_on, r.due_on, r.answer)
        .where(r.workspace_id == traces.workspace_id, r.profile_id == _ids(traces))
        .order_by(r.number)
    )
    for row in rows:
        yield {"record": "request", **row._mapping}
    copies = await tx.execute(
        sa.select(x.created_at, x.finished_at, x.expires_at, x.sha256)
        .where(x.workspace_id == traces.workspace_id, x.profile_id == _ids(traces))
        .order_by(x.created_at)
    )
    for copy in copies:
        yield {"record": "copy", **copy._mapping}
    salt = (await get_workspace(tx, workspace_id=traces.workspace_id)).salt
    hashes = {
        address_hash(salt, channel, address): (channel, address)
        for address in traces.values("email", "phone")
        for channel in CHANNELS
    }
    stopped = await tx.execute(
        sa.select(s.address_hash, s.reason, s.at).where(
            s.workspace_id == traces.workspace_id, s.address_hash.in_(list(hashes))
        )
    )
    for one in stopped:
        channel, address = hashes[bytes(one.address_hash)]
        yield {
            "record": "stop list",
            "channel": channel,
            "address": address,
            "reason": one.reason,
            "at": one.at,
        }


async def erase_copies(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Destroy copies of the person's data that were made for him. Repeatable."""
    x = t.person_exports.c
    mine = sa.and_(x.workspace_id == traces.workspace_id, x.profile_id == _ids(traces))
    # A copy that is being written holds its row: its file is waited for, or it would stay behind.
    rows = (await tx.execute(sa.select(x.id).where(mine).with_for_update())).scalars().all()
    for export_id in rows:
        path = export_path(rt, workspace_id=traces.workspace_id, export_id=export_id)
        path.unlink(missing_ok=True)
    await tx.execute(t.person_exports.delete().where(mine))
    return Erased(len(rows))
