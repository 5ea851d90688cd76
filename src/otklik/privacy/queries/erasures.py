"""Reads of erasures and of the copies of people's data."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.privacy import tables as t
from otklik.privacy.erasing import (
    BASIS_TEXTS,
    Basis,
    Erasure,
    ErasureLine,
    ErasureState,
    ErasureStep,
)
from otklik.privacy.errors import ErasureNotFound, ExportNotFound
from otklik.privacy.keepers import keepers
from otklik.privacy.queries.requests import user_name
from otklik.runtime.public import Tx


class ExportState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class PersonExport(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a person's data. `counts`: records by kind. It is deleted at `expires_at`."""

    id: UUID
    profile_id: int
    request_id: UUID | None
    state: ExportState
    counts: dict[str, int]
    size_bytes: int | None
    sha256: str | None
    created_at: datetime
    created_by: str | None
    finished_at: datetime | None
    expires_at: datetime


async def get_erasure(tx: Tx, *, workspace_id: int, erasure_id: UUID, lang: Lang) -> Erasure:
    """Return an erasure; raises ErasureNotFound."""
    c = t.erasures.c
    row = (
        await tx.execute(
            sa.select(t.erasures, t.person_requests.c.number.label("request_number"))
            .join_from(t.erasures, t.person_requests, _REQUEST, isouter=True)
            .where(c.workspace_id == workspace_id, c.id == erasure_id)
        )
    ).one_or_none()
    if row is None:
        raise ErasureNotFound()
    return await _erasure(tx, row, lang)


async def list_erasures(
    tx: Tx,
    *,
    workspace_id: int,
    lang: Lang,
    request_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Erasure]:
    """Return erasures, newest first. Raises: BadCursor."""
    limit = clamp_limit(limit)
    c = t.erasures.c
    statement = (
        sa.select(t.erasures, t.person_requests.c.number.label("request_number"))
        .join_from(t.erasures, t.person_requests, _REQUEST, isouter=True)
        .where(c.workspace_id == workspace_id)
        .order_by(c.number.desc())
        .limit(limit + 1)
    )
    if request_id is not None:
        statement = statement.where(c.request_id == request_id)
    if cursor:
        statement = statement.where(c.number < decode_cursor(cursor, int)[0])
    rows = (await tx.execute(statement)).all()
    return Page(
        [await _erasure(tx, row, lang) for row in rows[:limit]],
        encode_cursor(rows[limit - 1].number) if len(rows) > limit else None,
    )


_REQUEST = sa.and_(
    t.person_requests.c.workspace_id == t.erasures.c.workspace_id,
    t.person_requests.c.id == t.erasures.c.request_id,
)


async def erased_by(tx: Tx, *, workspace_id: int, profile_id: int) -> UUID | None:
    """Return the erasure by which a number leads to nobody any more."""
    c = t.erased_profiles.c
    found: UUID | None = (
        await tx.execute(
            sa.select(c.erasure_id).where(
                c.workspace_id == workspace_id, c.profile_id == profile_id
            )
        )
    ).scalar_one_or_none()
    return found


async def _erasure(tx: Tx, row: Any, lang: Lang) -> Erasure:
    known = {keeper.name: keeper for keeper in keepers()}
    steps = []
    for name, step in row.steps.items():
        keeper = known.get(name)
        steps.append(
            ErasureStep(
                name=name,
                title=keeper.title.of(lang) if keeper else name,
                tables=list(keeper.tables) if keeper else [],
                # A pass that was killed after it destroyed did not get to count.
                destroyed=max(step["found"], step["destroyed"]),
                at=_moment(step["at"]),
                until=_moment(step["until"]),
            )
        )
    order = {name: place for place, name in enumerate(known)}
    steps.sort(key=lambda step: order.get(step.name, len(order)))
    titles = {step.name: step.title for step in steps}
    return Erasure(
        id=row.id,
        number=row.number,
        profile_id=row.profile_id,
        profile_ids=list(row.profile_ids),
        basis=Basis(row.basis),
        basis_text=BASIS_TEXTS[Basis(row.basis)].of(lang),
        reason=row.reason,
        request_id=row.request_id,
        request_number=row.request_number,
        state=ErasureState(row.state),
        asked_at=row.asked_at,
        asked_by=await user_name(tx, row.asked_by),
        waits_until=row.waits_until,
        finished_at=row.finished_at,
        rounds=row.rounds,
        steps=steps,
        log=[
            ErasureLine(
                at=datetime.fromisoformat(line["at"]),
                name=line["name"],
                title=titles.get(line["name"], line["name"]),
                destroyed=line["destroyed"],
            )
            for line in row.log
        ],
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


async def get_export(tx: Tx, *, workspace_id: int, export_id: UUID, now: datetime) -> PersonExport:
    """Return a copy that is still kept; raises ExportNotFound."""
    c = t.person_exports.c
    row = (
        await tx.execute(
            sa.select(t.person_exports).where(
                c.workspace_id == workspace_id, c.id == export_id, c.expires_at > now
            )
        )
    ).one_or_none()
    if row is None:
        raise ExportNotFound()
    return await _export(tx, row)


async def list_exports(
    tx: Tx,
    *,
    workspace_id: int,
    now: datetime,
    profile_id: int | None = None,
    request_id: UUID | None = None,
) -> list[PersonExport]:
    """Return the copies that are still kept, newest first."""
    c = t.person_exports.c
    statement = (
        sa.select(t.person_exports)
        .where(c.workspace_id == workspace_id, c.expires_at > now)
        .order_by(c.created_at.desc(), c.id.desc())
        .limit(50)
    )
    if profile_id is not None:
        statement = statement.where(c.profile_id == profile_id)
    if request_id is not None:
        statement = statement.where(c.request_id == request_id)
    return [await _export(tx, row) for row in (await tx.execute(statement)).all()]


async def _export(tx: Tx, row: Any) -> PersonExport:
    return PersonExport(
        id=row.id,
        profile_id=row.profile_id,
        request_id=row.request_id,
        state=ExportState(row.state),
        counts=row.counts,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        created_at=row.created_at,
        created_by=await user_name(tx, row.created_by),
        finished_at=row.finished_at,
        expires_at=row.expires_at,
    )
