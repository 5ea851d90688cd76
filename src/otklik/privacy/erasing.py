"""Words of an erasure: why it was asked for, what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from otklik.kit.i18n import Text


class Basis(StrEnum):
    """Why data are destroyed; the act names the article."""

    REQUEST = "request"
    WITHDRAWAL = "withdrawal"
    PURPOSE_REACHED = "purpose_reached"
    UNLAWFUL = "unlawful"
    GDPR = "gdpr"
    COMPANY = "company"


BASIS_TEXTS: dict[Basis, Text] = {
    Basis.REQUEST: Text(
        en="a demand of the person (152-FZ, articles 14 (1) and 20 (3))",
        ru="требование субъекта персональных данных (152-ФЗ, ч. 1 ст. 14, ч. 3 ст. 20)",
    ),
    Basis.WITHDRAWAL: Text(
        en="withdrawal of the consent to processing (152-FZ, article 21 (5))",
        ru="отзыв согласия на обработку персональных данных (152-ФЗ, ч. 5 ст. 21)",
    ),
    Basis.PURPOSE_REACHED: Text(
        en="the purpose of processing is reached (152-FZ, article 21 (4))",
        ru="достижение цели обработки персональных данных (152-ФЗ, ч. 4 ст. 21)",
    ),
    Basis.UNLAWFUL: Text(
        en="the processing was found unlawful (152-FZ, article 21 (3))",
        ru="выявлена неправомерная обработка персональных данных (152-ФЗ, ч. 3 ст. 21)",
    ),
    Basis.GDPR: Text(
        en="the right to erasure (Regulation (EU) 2016/679, article 17)",
        ru="право на удаление (Регламент (ЕС) 2016/679, статья 17)",
    ),
    Basis.COMPANY: Text(
        en="a decision of the company: the data are not needed any more",
        ru="решение оператора: данные больше не нужны",
    ),
}


class ErasureState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"


class ErasureStep(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed of one kind of data. `until`: some of it goes only then."""

    name: str
    title: str
    tables: list[str]
    destroyed: int
    at: datetime | None
    until: datetime | None


class ErasureLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the event log of an erasure."""

    at: datetime
    name: str
    title: str
    destroyed: int


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure of a person, with its act once nothing is left.

    `profile_id`: the number he had; it leads to nobody now and is never given again.
    """

    id: UUID
    number: int
    profile_id: int
    profile_ids: list[int]
    basis: Basis
    basis_text: str
    reason: str
    request_id: UUID | None
    request_number: int | None
    state: ErasureState
    asked_at: datetime
    asked_by: str | None
    waits_until: datetime | None
    finished_at: datetime | None
    rounds: int
    steps: list[ErasureStep]
    log: list[ErasureLine]
