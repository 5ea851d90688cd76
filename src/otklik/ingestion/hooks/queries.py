"""Reads of incoming webhooks, and the statements that receive and finish calls."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.hooks.errors import CallNotFound, SourceNotFound
from otklik.ingestion.hooks.model import (
    Check,
    FailingSource,
    HookCallState,
    HookMapping,
    HookService,
    Reason,
    reason_text,
)
from otklik.ingestion.hooks.tables import hook_calls, hook_sources
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_id
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.runtime.public import Tx, Vault

_DAY = timedelta(hours=24)
SourceState = Literal["new", "catching", "on", "paused"]


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """What receiving a call must know of its source; held in memory for a moment."""

    source_id: UUID
    workspace_id: int
    check: Check
    secret: str
    networks: list[str]
    id_path: list[str]
    repeat_window_s: int


class HookSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source with what happened lately.

    `state`: new (never called), catching (calls are kept, no mapping yet), on, paused (calls are
    kept). `calls_24h`: accepted ones, with their repeats. `caught`: those that wait for a mapping.
    """

    id: UUID
    name: str
    service: HookService
    url: str
    state: SourceState
    last_call_at: datetime | None
    calls_24h: int
    failed_24h: int
    refused_24h: int
    failed: int
    caught: int
    check: Check
    has_secret: bool
    networks: list[str]
    id_path: list[str] | None
    repeat_window_s: int
    keep_days: int
    mapping: HookMapping | None
    created_at: datetime


class HookCall(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log. `events`: how many it gave; `has_body`: it can be seen and replayed."""

    id: UUID
    received_at: datetime
    state: HookCallState
    reason: str
    reason_code: str
    size: int
    repeats: int
    problems: int
    events: int
    has_body: bool
    profile_id: int | None


class HookEvent(msgspec.Struct, frozen=True):
    """An event that a call gave: its message id and its name."""

    id: str
    name: str


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A call with what was kept of it, packed."""

    view: HookCall
    ip: str
    body: bytes | None
    made: list[HookEvent]
    problems: list[dict[str, Any]]


async def receiver(tx: Tx, *, vault: Vault, address: str) -> Receiver | None:
    """Return the source of an address; None when there is none."""
    query = sa.select(hook_sources).where(hook_sources.c.address == address)
    row = (await tx.execute(query)).first()
    if row is None:
        return None
    return Receiver(
        source_id=row.source_id,
        workspace_id=row.workspace_id,
        check=msgspec.convert(row.check, Check),
        secret=vault.open(row.secret) if row.secret else "",
        networks=row.networks,
        id_path=row.id_path or [],
        repeat_window_s=row.repeat_window_s,
    )


async def list_sources(
    tx: Tx, *, workspace_id: int, base_url: str, now: datetime
) -> list[HookSource]:
    """Return the sources of a workspace, by name."""
    return await _sources(tx, workspace_id, None, base_url, now)


async def get_source(
    tx: Tx, *, workspace_id: int, source_id: UUID, base_url: str, now: datetime
) -> HookSource:
    """Return one source. Raises: SourceNotFound."""
    found = await _sources(tx, workspace_id, source_id, base_url, now)
    if not found:
        raise SourceNotFound()
    return found[0]


async def _sources(
    tx: Tx, workspace_id: int, source_id: UUID | None, base_url: str, now: datetime
) -> list[HookSource]:
    rows = await tx.execute(
        _SOURCES, {"workspace_id": workspace_id, "source_id": source_id, "since": now - _DAY}
    )
    return [
        HookSource(
            id=row.source_id,
            name=row.name,
            service=HookService(row.service),
            url=f"{base_url}/h/{row.address}",
            state=_state(row),
            last_call_at=row.last_at,
            calls_24h=int(row.calls or 0),
            failed_24h=int(row.failed_24h or 0),
            refused_24h=int(row.refused or 0),
            failed=int(row.failed or 0),
            caught=int(row.caught or 0),
            check=msgspec.convert(row.check, Check),
            has_secret=row.secret is not None,
            networks=row.networks,
            id_path=row.id_path,
            repeat_window_s=row.repeat_window_s,
            keep_days=row.keep_days,
            mapping=None if row.mapping is None else msgspec.convert(row.mapping, HookMapping),
            created_at=row.created_at,
        )
        for row in rows
    ]


def _state(row: Any) -> SourceState:
    if row.mapping is None:
        return "new" if row.last_at is None else "catching"
    return "on" if row.is_on else "paused"


async def list_calls(
    tx: Tx,
    *,
    workspace_id: int,
    source_id: UUID,
    lang: Lang,
    state: HookCallState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[HookCall]:
    """Return the calls of a source, newest first. Raises: SourceNotFound, BadCursor."""
    await _exists(tx, workspace_id, source_id)
    limit = clamp_limit(limit)
    c = hook_calls.c
    query = _calls(workspace_id, source_id)
    if state is not None:
        query = query.where(c.state == state.value)
    if cursor is not None:
        at, call_id = decode_cursor(cursor, datetime, UUID)
        query = query.where(
            sa.tuple_(c.received_at, c.call_id)
            < sa.tuple_(sa.literal(at, sa.DateTime(timezone=True)), sa.literal(call_id, sa.Uuid))
        )
    rows = (
        await tx.execute(query.order_by(c.received_at.desc(), c.call_id.desc()).limit(limit + 1))
    ).all()
    items = [_view(row, lang) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return Page(items, encode_cursor(last.received_at, last.id) if last else None)


async def get_call(
    tx: Tx, *, workspace_id: int, source_id: UUID, call_id: UUID | None, lang: Lang
) -> CallRow:
    """Return a call with its body; without an id, the newest that can be read, or else the newest
    that has one. Raises: CallNotFound."""
    c = hook_calls.c
    query = _calls(workspace_id, source_id).add_columns(c.body)
    if call_id is not None:
        query = query.where(c.call_id == call_id)
    else:
        # What only tried the address out tells nothing of the fields.
        query = query.where(c.body.is_not(None), c.reason != Reason.SERVICE_CHECK.value).order_by(
            sa.case((c.reason == Reason.UNREADABLE.value, 1), else_=0)
        )
    row = (
        await tx.execute(query.order_by(c.received_at.desc(), c.call_id.desc()).limit(1))
    ).first()
    if row is None:
        raise CallNotFound()
    return CallRow(
        view=_view(row, lang),
        ip=row.ip,
        body=row.body,
        made=msgspec.convert(row.made, list[HookEvent]),
        problems=row.problems,
    )


def _calls(workspace_id: int, source_id: UUID) -> sa.Select[Any]:
    c = hook_calls.c
    return sa.select(
        *(column for column in c if column.name != "body"), c.body.is_not(None).label("has_body")
    ).where(c.workspace_id == workspace_id, c.source_id == source_id)


def _view(row: Any, lang: Lang) -> HookCall:
    return HookCall(
        id=row.call_id,
        received_at=row.received_at,
        state=HookCallState(row.state),
        reason=reason_text(row.reason, row.detail, lang),
        reason_code=row.reason,
        size=row.size,
        repeats=row.repeats,
        problems=len(row.problems),
        events=len(row.made),
        has_body=row.has_body,
        profile_id=row.profile_id,
    )


async def _exists(tx: Tx, workspace_id: int, source_id: UUID) -> None:
    query = sa.select(hook_sources.c.source_id).where(
        hook_sources.c.workspace_id == workspace_id, hook_sources.c.source_id == source_id
    )
    if (await tx.execute(query)).first() is None:
        raise SourceNotFound()


async def failing_sources(tx: Tx, *, workspace_id: int, since: datetime) -> list[FailingSource]:
    """Return sources that failed or refused calls since a moment, for the start page."""
    c, s = hook_calls.c, hook_sources.c
    is_failed = c.state == HookCallState.FAILED.value
    rows = await tx.execute(
        sa.select(
            s.source_id,
            s.name,
            sa.func.count().filter(is_failed).label("failed"),
            sa.func.coalesce(sa.func.sum(c.repeats + 1).filter(~is_failed), 0).label("refused"),
            sa.func.max(c.received_at).label("at"),
        )
        .join(hook_calls, s.source_id == c.source_id)
        .where(
            s.workspace_id == workspace_id,
            c.workspace_id == workspace_id,
            c.received_at >= since,
            c.state.in_((HookCallState.FAILED.value, HookCallState.REFUSED.value)),
        )
        .group_by(s.source_id, s.name)
        .order_by(s.name)
    )
    return [
        FailingSource(
            source_id=row.source_id,
            name=row.name,
            failed=int(row.failed),
            refused=int(row.refused),
            at_ms=int(row.at.timestamp() * 1000),
        )
        for row in rows
    ]


async def add_counts(
    tx: Tx,
    *,
    repeats: Dict[UUID, int],
    refused: Dict[tuple[int, UUID, Reason], int],
    now: datetime,
) -> None:
    """Add what was counted in memory: repeats of calls, and refusals, one line for each minute."""
    if repeats:
        rows = [{"id": str(call_id), "n": n} for call_id, n in repeats.items()]
        await tx.execute(_ADD_REPEATS, {"rows": msgspec.json.encode(rows).decode()})
    if refused:
        lines: list[dict[str, Any]] = [
            {
                "call_id": str(new_id()),
                "workspace_id": workspace_id,
                "source_id": str(source_id),
                "reason": reason.value,
                "n": n,
            }
            for (workspace_id, source_id, reason), n in refused.items()
        ]
        await tx.execute(
            _ADD_REFUSED,
            {
                "rows": msgspec.json.encode(lines).decode(),
                "now": now,
                "slot": int(now.timestamp() // 60),
            },
        )


async def waiting_calls(tx: Tx, *, limit: int) -> Sequence[Any]:
    """Take calls that wait to be mapped, the oldest first, with their sources."""
    return (await tx.execute(_WAITING, {"limit": limit})).all()


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended."""

    call_id: UUID
    state: HookCallState
    reason: Reason | Annotated[str, msgspec.Meta(max_length=0)] = ""
    detail: str = ""
    made: list[HookEvent] = []
    problems: list[Any] = []
    consents: list[Any] = []


async def finish_calls(tx: Tx, *, calls: Sequence[Finished], now: datetime) -> None:
    """Write how calls ended, all of them by one statement."""
    rows = msgspec.json.encode(calls).decode()
    await tx.execute(_FINISH, {"rows": rows, "now": now})


INSERT_CALL = sa.text(
    """
    INSERT INTO hook_calls (call_id, workspace_id, source_id, received_at, state, reason, detail,
      size, ip, body, repeat_key, repeat_slot, repeats, made, problems, consents)
    SELECT CAST(:call_id AS uuid), s.workspace_id, s.source_id, CAST(:now AS timestamptz),
      CASE WHEN s.mapping IS NOT NULL AND s.is_on THEN 'waiting' ELSE 'caught' END, '', '',
      CAST(:size AS int), CAST(:ip AS text), CAST(:body AS bytea), CAST(:key AS bytea),
      CAST(:slot AS bigint), 0, '[]', '[]', '[]'
    FROM hook_sources s
    WHERE s.source_id = CAST(:source_id AS uuid)
      AND NOT EXISTS (
        SELECT FROM hook_calls o
        WHERE o.source_id = CAST(:source_id AS uuid) AND o.repeat_key = CAST(:key AS bytea)
          AND o.repeat_slot = CAST(:slot AS bigint) - 1
          AND o.received_at > CAST(:since AS timestamptz)
      )
    FOR SHARE OF s
    ON CONFLICT (source_id, repeat_key, repeat_slot)
      DO UPDATE SET repeats = hook_calls.repeats + 1
    RETURNING call_id, state
    """
)
COUNT_REPEAT = sa.text(
    """
    UPDATE hook_calls SET repeats = repeats + 1
    WHERE source_id = CAST(:source_id AS uuid) AND repeat_key = CAST(:key AS bytea)
      AND repeat_slot = CAST(:slot AS bigint) - 1
    RETURNING call_id, state
    """
)
_ADD_REPEATS = sa.text(
    """
    UPDATE hook_calls c SET repeats = c.repeats + r.n
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, n int) WHERE c.call_id = r.id
    """
)
_ADD_REFUSED = sa.text(
    """
    INSERT INTO hook_calls (call_id, workspace_id, source_id, received_at, state, reason, detail,
      size, ip, repeat_key, repeat_slot, repeats, made, problems, consents)
    SELECT r.call_id, r.workspace_id, r.source_id, CAST(:now AS timestamptz), 'refused', r.reason,
      '', 0, '', convert_to('refused:' || r.reason, 'UTF8'), CAST(:slot AS bigint), r.n - 1,
      '[]', '[]', '[]'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
      AS r(call_id uuid, workspace_id int, source_id uuid, reason text, n int)
    JOIN hook_sources s ON s.source_id = r.source_id
    ON CONFLICT (source_id, repeat_key, repeat_slot)
      DO UPDATE SET repeats = hook_calls.repeats + excluded.repeats + 1
    """
)
_WAITING = sa.text(
    """
    SELECT c.call_id, c.workspace_id, c.source_id, c.received_at, c.ip, c.body, c.made,
      s.mapping, s.name, s.service
    FROM hook_calls c JOIN hook_sources s ON s.source_id = c.source_id
    WHERE c.state = 'waiting'
    ORDER BY c.received_at, c.call_id
    LIMIT :limit
    FOR UPDATE OF c SKIP LOCKED
    """
)
_FINISH = sa.text(
    """
    UPDATE hook_calls c
    SET state = r.state, reason = r.reason, detail = r.detail, made = r.made,
        problems = r.problems, consents = r.consents, mapped_at = CAST(:now AS timestamptz)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
      AS r(call_id uuid, state text, reason text, detail text, made jsonb, problems jsonb,
           consents jsonb)
    WHERE c.call_id = r.call_id
    """
)
_SOURCES = sa.text(
    """
    SELECT s.*, l.last_at, d.calls, d.failed_24h, d.refused, o.failed, o.caught
    FROM hook_sources s
    LEFT JOIN LATERAL (
      SELECT c.received_at AS last_at FROM hook_calls c
      WHERE c.workspace_id = s.workspace_id AND c.source_id = s.source_id AND c.state <> 'refused'
      ORDER BY c.received_at DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
      SELECT sum(1 + c.repeats) FILTER (WHERE c.state <> 'refused') AS calls,
             count(*) FILTER (WHERE c.state = 'failed') AS failed_24h,
             sum(1 + c.repeats) FILTER (WHERE c.state = 'refused') AS refused
      FROM hook_calls c
      WHERE c.workspace_id = s.workspace_id AND c.source_id = s.source_id
        AND c.received_at >= CAST(:since AS timestamptz)
    ) d ON true
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE c.state = 'failed') AS failed,
             count(*) FILTER (WHERE c.state = 'caught') AS caught
      FROM hook_calls c
      WHERE c.workspace_id = s.workspace_id AND c.source_id = s.source_id
        AND c.state IN ('failed', 'caught') AND c.body IS NOT NULL
    ) o ON true
    WHERE s.workspace_id = :workspace_id
      AND (CAST(:source_id AS uuid) IS NULL OR s.source_id = CAST(:source_id AS uuid))
    ORDER BY lower(s.name), s.source_id
    """
)
