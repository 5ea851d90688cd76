"""Segments as they are kept in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.rules import tree
from otklik.runtime.public import Tx
from otklik.segments import tables as t
from otklik.segments.errors import SegmentNotFound
from otklik.segments.model import (
    Run,
    RunReason,
    Segment,
    SegmentKind,
    SegmentSort,
    SizePoint,
    Use,
)
from otklik.segments.usage import uses_elsewhere

POINTS_MAX = 200
RUNS_MAX = 50


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `segments` with its definition as a tree."""

    id: UUID
    workspace_id: int
    name: str
    kind: SegmentKind
    definition: tree.Node | None
    computed_at: datetime | None
    took_ms: int | None
    stale_since: datetime | None
    due_at: datetime | None
    folder_id: UUID | None = None
    is_archived: bool = False

    @property
    def is_dynamic(self) -> bool:
        return self.kind is SegmentKind.DYNAMIC


def tree_of(definition: Any) -> tree.Node | None:
    """Return a stored definition; it was checked when it was saved."""
    if definition is None:
        return None
    node: tree.Node = msgspec.convert(definition, tree.Node)
    return node


def record_of(row: Any) -> Record:
    return Record(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        kind=SegmentKind(row.kind),
        definition=tree_of(row.definition),
        computed_at=row.computed_at,
        took_ms=row.took_ms,
        stale_since=row.stale_since,
        due_at=row.due_at,
        folder_id=row.folder_id,
        is_archived=row.archived_at is not None,
    )


async def get_record(tx: Tx, *, workspace_id: int, segment_id: UUID) -> Record:
    """Return one segment for work on it. Raises: SegmentNotFound."""
    row = (
        await tx.execute(
            sa.select(t.segments).where(
                t.segments.c.workspace_id == workspace_id, t.segments.c.id == segment_id
            )
        )
    ).first()
    if row is None:
        raise SegmentNotFound()
    return record_of(row)


async def all_records(tx: Tx, *, workspace_id: int) -> list[Record]:
    """Return every segment of a workspace, in the order of creation."""
    rows = await tx.execute(
        sa.select(t.segments)
        .where(t.segments.c.workspace_id == workspace_id)
        .order_by(t.segments.c.id)
    )
    return [record_of(row) for row in rows]


def definitions_of(records: Sequence[Record]) -> dict[UUID, tree.Node]:
    """Return the definitions of those that recount themselves; lists are what they are."""
    return {
        record.id: record.definition
        for record in records
        if record.is_dynamic and record.definition is not None
    }


async def get_segment(tx: Tx, *, workspace_id: int, segment_id: UUID) -> Segment:
    """Return one segment with the figures of its latest membership. Raises: SegmentNotFound."""
    row = (
        await tx.execute(
            sa.select(t.segments).where(
                t.segments.c.workspace_id == workspace_id, t.segments.c.id == segment_id
            )
        )
    ).first()
    if row is None:
        raise SegmentNotFound()
    uses = await used_by(tx, workspace_id=workspace_id, segment_ids=[segment_id])
    return _segment(row, uses[segment_id])


async def list_segments(
    tx: Tx,
    *,
    workspace_id: int,
    search: str | None = None,
    kind: SegmentKind | None = None,
    folder_id: UUID | None = None,
    archived: bool = False,
    sort: SegmentSort = SegmentSort.CREATED,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Segment]:
    """Return a page of segments; `search`: a part of the name or the description. Raises:
    BadCursor."""
    limit = clamp_limit(limit)
    c = t.segments.c
    where = [
        c.workspace_id == workspace_id,
        c.archived_at.is_not(None) if archived else c.archived_at.is_(None),
    ]
    if search and search.strip():
        part = search.strip()
        where.append(
            sa.or_(
                c.name.icontains(part, autoescape=True),
                c.description.icontains(part, autoescape=True),
            )
        )
    if kind is not None:
        where.append(c.kind == kind.value)
    if folder_id is not None:
        where.append(c.folder_id == folder_id)
    total = (await tx.execute(sa.select(sa.func.count()).where(*where))).scalar_one()
    key, kind_of_key = _SORTS[sort]
    if cursor:
        after, last = decode_cursor(cursor, kind_of_key, UUID)
        place = sa.tuple_(key, c.id)
        edge = sa.tuple_(sa.literal(after, key.type), sa.literal(last))
        where.append(place > edge if sort is SegmentSort.NAME else place < edge)
    order = [key, c.id] if sort is SegmentSort.NAME else [key.desc(), c.id.desc()]
    rows = (
        await tx.execute(
            sa.select(t.segments, key.label("place"))
            .where(*where)
            .order_by(*order)
            .limit(limit + 1)
        )
    ).all()
    shown = rows[:limit]
    uses = await used_by(tx, workspace_id=workspace_id, segment_ids=[row.id for row in shown])
    return Page(
        items=[_segment(row, uses[row.id]) for row in shown],
        next_cursor=encode_cursor(shown[-1].place, shown[-1].id) if len(rows) > limit else None,
        total=int(total),
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SORTS: dict[SegmentSort, tuple[sa.ColumnElement[Any], type]] = {
    SegmentSort.CREATED: (t.segments.c.created_at, datetime),
    SegmentSort.NAME: (sa.func.lower(t.segments.c.name, type_=sa.Text), str),
    SegmentSort.SIZE: (sa.func.coalesce(t.segments.c.size, -1, type_=sa.BigInteger), int),
    SegmentSort.COMPUTED: (
        sa.func.coalesce(t.segments.c.computed_at, _EPOCH, type_=sa.DateTime(timezone=True)),
        datetime,
    ),
}


def _segment(row: Any, uses: list[Use]) -> Segment:
    return Segment(
        id=row.id,
        name=row.name,
        description=row.description,
        kind=SegmentKind(row.kind),
        definition=tree_of(row.definition),
        count=row.size,
        computed_at=row.computed_at,
        took_ms=row.took_ms,
        problem=row.problem,
        used_by=uses,
        folder_id=row.folder_id,
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def used_by(
    tx: Tx, *, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[Use]]:
    """Return what uses each segment: other segments, and what upper slices know of."""
    found = await uses_elsewhere(tx, workspace_id=workspace_id, segment_ids=segment_ids)
    wanted = set(segment_ids)
    for record in await all_records(tx, workspace_id=workspace_id) if wanted else ():
        if record.is_dynamic and record.definition is not None:
            for inner in tree.segments_of(record.definition) & wanted:
                found[inner].append(Use(kind="segment", id=record.id, name=record.name))
    return found


async def segment_names(tx: Tx, *, workspace_id: int) -> dict[UUID, str]:
    """Return the names of all segments of a workspace."""
    rows = await tx.execute(
        sa.select(t.segments.c.id, t.segments.c.name).where(
            t.segments.c.workspace_id == workspace_id
        )
    )
    return {row.id: row.name for row in rows}


async def size_history(
    tx: Tx, *, workspace_id: int, segment_id: UUID, zone: str
) -> list[SizePoint]:
    """Return sizes over time, oldest first: all of them, or when there are many the last of each
    day of the workspace. Raises: SegmentNotFound."""
    await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    r = t.segment_runs.c
    where = [r.workspace_id == workspace_id, r.segment_id == segment_id, r.size.is_not(None)]
    rows = (
        await tx.execute(
            sa.select(r.at, r.size).where(*where).order_by(r.at.desc()).limit(POINTS_MAX + 1)
        )
    ).all()
    if len(rows) > POINTS_MAX:
        day = sa.func.date_trunc("day", sa.func.timezone(zone, r.at))
        rows = (
            await tx.execute(
                sa.select(r.at, r.size)
                .where(*where)
                .distinct(day)
                .order_by(day.desc(), r.at.desc())
                .limit(POINTS_MAX * 5)
            )
        ).all()
    return [SizePoint(row.at, row.size) for row in reversed(rows)]


async def list_runs(tx: Tx, *, workspace_id: int, segment_id: UUID) -> list[Run]:
    """Return the latest recalculations, newest first. Raises: SegmentNotFound."""
    await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    r = t.segment_runs.c
    rows = await tx.execute(
        sa.select(t.segment_runs)
        .where(r.workspace_id == workspace_id, r.segment_id == segment_id)
        .order_by(r.at.desc())
        .limit(RUNS_MAX)
    )
    return [
        Run(
            at=row.at,
            reason=RunReason(row.reason),
            took_ms=row.took_ms,
            asked=row.asked,
            reused=row.reused,
            size=row.size,
            problem=row.problem,
        )
        for row in rows
    ]


async def computed_ids(tx: Tx, *, workspace_id: int) -> frozenset[UUID]:
    """Return the segments that have a stored membership."""
    rows = await tx.execute(
        sa.select(t.segments.c.id).where(
            t.segments.c.workspace_id == workspace_id, t.segments.c.computed_at.is_not(None)
        )
    )
    return frozenset(rows.scalars())


def names_of(records: Sequence[Record]) -> Mapping[UUID, str]:
    return {record.id: record.name for record in records}
