"""What a person may ask of a company that keeps his data, and by when it must answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Text
from otklik.privacy.calendar import add_months, add_working_days, working_days_between

SOON_DAYS = 3
"""A term with so many days left is urgent."""


class RequestKind(StrEnum):
    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    OBJECTION = "objection"
    WITHDRAWAL = "withdrawal"
    STOP = "stop"


class Law(StrEnum):
    RU_152 = "152-fz"
    GDPR = "gdpr"


class RequestState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"


class Unit(StrEnum):
    WORKING_DAYS = "working_days"
    DAYS = "days"
    MONTHS = "months"


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """How long the law gives, and how much longer once a reason was told to the person."""

    count: int
    unit: Unit
    extension: int = 0
    article: str

    def ends(self, received_on: date, own: Mapping[date, bool], *, extended: bool = False) -> date:
        """Return the last day to answer; the day of receipt itself does not count."""
        count = self.count + (self.extension if extended else 0)
        if self.unit is Unit.WORKING_DAYS:
            return add_working_days(received_on, count, own)
        if self.unit is Unit.MONTHS:
            return add_months(received_on, count)
        return date.fromordinal(received_on.toordinal() + count)


_wd, _d, _m = Unit.WORKING_DAYS, Unit.DAYS, Unit.MONTHS
TERMS: dict[tuple[Law, RequestKind], Term] = {
    (Law.RU_152, RequestKind.ACCESS): Term(count=10, unit=_wd, extension=5, article="20 (1)"),
    (Law.RU_152, RequestKind.RECTIFICATION): Term(count=7, unit=_wd, article="20 (3)"),
    (Law.RU_152, RequestKind.ERASURE): Term(count=7, unit=_wd, article="20 (3)"),
    # "At once": by the end of the day on which the demand came.
    (Law.RU_152, RequestKind.OBJECTION): Term(count=0, unit=_d, article="15 (2)"),
    (Law.RU_152, RequestKind.WITHDRAWAL): Term(count=30, unit=_d, article="21 (5)"),
    (Law.RU_152, RequestKind.STOP): Term(count=10, unit=_wd, extension=5, article="21 (5.1)"),
    (Law.GDPR, RequestKind.ACCESS): Term(count=1, unit=_m, extension=2, article="15, 20, 12 (3)"),
    (Law.GDPR, RequestKind.RECTIFICATION): Term(
        count=1, unit=_m, extension=2, article="16, 12 (3)"
    ),
    (Law.GDPR, RequestKind.ERASURE): Term(count=1, unit=_m, extension=2, article="17, 12 (3)"),
    (Law.GDPR, RequestKind.OBJECTION): Term(count=0, unit=_d, article="21 (2–3)"),
    (Law.GDPR, RequestKind.WITHDRAWAL): Term(count=0, unit=_d, article="7 (3)"),
    (Law.GDPR, RequestKind.STOP): Term(count=1, unit=_m, extension=2, article="18, 12 (3)"),
}
"""Articles of Federal Law 152-FZ and of Regulation (EU) 2016/679."""

KIND_TEXTS: dict[RequestKind, Text] = {
    RequestKind.ACCESS: Text(en="access to the data, a copy", ru="доступ к данным, копия"),
    RequestKind.RECTIFICATION: Text(en="rectification", ru="уточнение данных"),
    RequestKind.ERASURE: Text(en="erasure", ru="уничтожение данных"),
    RequestKind.OBJECTION: Text(en="objection to marketing", ru="отказ от рекламы"),
    RequestKind.WITHDRAWAL: Text(en="withdrawal of consent", ru="отзыв согласия"),
    RequestKind.STOP: Text(en="demand to stop processing", ru="требование прекратить обработку"),
}

Urgency = Literal["overdue", "today", "soon", "calm", "closed"]


class PersonRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a person.

    `left`: whole days of the term's own unit after today (calendar days for months); negative when
    it is over. `person`: who asked and how to answer, as it was written down.
    """

    id: UUID
    number: int
    kind: RequestKind
    law: Law
    article: str
    state: RequestState
    profile_id: int | None
    person: str
    note: str
    received_on: date
    due_on: date
    left: int
    left_unit: Literal["working_days", "days"]
    urgency: Urgency
    extendable: bool
    extension_reason: str | None
    answer: str
    answered_at: datetime | None
    answered_by: str | None
    created_at: datetime


def urgency_of(state: RequestState, today: date, due_on: date, left: int) -> Urgency:
    if state is not RequestState.OPEN:
        return "closed"
    if due_on < today:
        return "overdue"
    if due_on == today:
        return "today"
    return "soon" if left <= SOON_DAYS else "calm"


def days_left(term: Term, today: date, due_on: date, own: Mapping[date, bool]) -> int:
    if term.unit is Unit.WORKING_DAYS:
        return working_days_between(today, due_on, own)
    return (due_on - today).days
