"""Events that were put aside: written by the pipeline, read by the interface, aged out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.model import REASONS, Reject, RejectCode
from otklik.ingestion.tables import event_rejects
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_id
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx


class RejectedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was put aside. `body` is its beginning, as it came."""

    id: UUID
    received_at: datetime
    code: str
    reason: str
    type: str
    message_id: str
    body: str
    source: str


async def put_rejects(tx: Tx, *, workspace_id: int, rejects: list[tuple[int, str, Reject]]) -> None:
    """Write (epoch ms of receipt, source, reject) as part of `tx`."""
    if not rejects:
        return
    await tx.execute(
        event_rejects.insert(),
        [
            {
                "reject_id": new_id(),
                "workspace_id": workspace_id,
                "received_at": datetime.fromtimestamp(received_ms / 1000, UTC),
                "code": reject.code.value,
                "detail": reject.detail,
                "type": reject.type,
                "message_id": reject.message_id,
                "body": reject.body,
                "source": source,
            }
            for received_ms, source, reject in rejects
        ],
    )


async def list_rejects(
    tx: Tx,
    *,
    workspace_id: int,
    lang: Lang,
    code: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[RejectedEvent]:
    """Return rejected events, newest first. Raises: BadCursor."""
    limit = clamp_limit(limit)
    table = event_rejects.c
    query = sa.select(event_rejects).where(table.workspace_id == workspace_id)
    if code is not None:
        query = query.where(table.code == code)
    if cursor is not None:
        at, reject_id = decode_cursor(cursor, datetime, UUID)
        query = query.where(
            sa.tuple_(table.received_at, table.reject_id)
            < sa.tuple_(sa.literal(at, sa.DateTime(timezone=True)), sa.literal(reject_id, sa.Uuid))
        )
    rows = (
        await tx.execute(
            query.order_by(table.received_at.desc(), table.reject_id.desc()).limit(limit + 1)
        )
    ).all()
    more = len(rows) > limit
    items = [
        RejectedEvent(
            id=row.reject_id,
            received_at=row.received_at,
            code=row.code,
            reason=reason(row.code, row.detail, lang),
            type=row.type,
            message_id=row.message_id,
            body=row.body,
            source=row.source,
        )
        for row in rows[:limit]
    ]
    last = items[-1] if more else None
    return Page(items, encode_cursor(last.received_at, last.id) if last else None)


async def count_rejects(tx: Tx, *, workspace_id: int, since: datetime) -> int:
    """Return how many events were put aside since a moment."""
    query = sa.select(sa.func.count()).where(
        event_rejects.c.workspace_id == workspace_id, event_rejects.c.received_at >= since
    )
    return int((await tx.execute(query)).scalar_one())


async def purge_rejects(tx: Tx, *, before: datetime, limit: int = 20_000) -> int:
    """Delete rejects of before a moment, in every workspace; returns how many."""
    old = sa.select(event_rejects.c.reject_id).where(event_rejects.c.received_at < before)
    result = await tx.execute(
        event_rejects.delete().where(event_rejects.c.reject_id.in_(old.limit(limit)))
    )
    return result.rowcount


def reason(code: str, detail: str, lang: Lang) -> str:
    """Say in a sentence why an event was put aside."""
    return REASONS[RejectCode(code)].of(lang, {"detail": detail})
