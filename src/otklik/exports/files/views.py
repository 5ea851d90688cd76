"""Exports as they are shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from otklik.exports.model import ExportPlan
from otklik.exports.schedules.destinations import Destination
from otklik.kit.i18n import Lang, Text


class ExportRunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """One file: asked for by a person, or made by a schedule.

    `rows_expected`: as counted at the start, null until then. `period_from` and `period_to`: of an
    incremental run. `error`: why it failed, in the reader's language.
    """

    id: UUID
    schedule_id: UUID | None
    name: str
    file_name: str
    plan: ExportPlan
    destination: Destination
    state: ExportRunState
    rows: int
    rows_expected: int | None
    size: int
    attempts: int
    period_from: datetime | None
    period_to: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    created_by: str
    error: str | None


UNEXPECTED = Text(
    en="Something went wrong on our side; it is in the program's log.",
    ru="На нашей стороне произошла ошибка, она записана в журнал программы.",
)


def said(code: str | None, facts: dict[str, Any] | None, lang: Lang) -> str | None:
    """Return the sentence of a failure that was kept as both languages' texts."""
    if code is None:
        return None
    text = (facts or {}).get(lang)
    return str(text) if text else UNEXPECTED.of(lang)
