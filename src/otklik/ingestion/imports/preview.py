"""An uploaded file as a person sees it before the import: proposals, questions, first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.ingestion.imports.cells import clean
from otklik.ingestion.imports.errors import MissingField
from otklik.ingestion.imports.fields import make_plan, offered, parse_field
from otklik.ingestion.imports.files import StoredFile
from otklik.ingestion.imports.guess import Guess
from otklik.ingestion.imports.known import known_of
from otklik.ingestion.imports.make import is_problem, maker_of
from otklik.ingestion.imports.meet import Meeting, meetings
from otklik.ingestion.imports.model import (
    DateOrder,
    Decimal_,
    Effect,
    Encoding,
    ImportKind,
    ImportOptions,
    Separator,
    Source,
    problem_text,
)
from otklik.ingestion.imports.services import service_by_code
from otklik.ingestion.imports.shown import shown
from otklik.ingestion.imports.suggest import Question, questions
from otklik.ingestion.imports.words import usual_effect
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime

_SAMPLES = 5
_PREVIEW_ROWS = 20
_SAMPLE_CHARS = 200
_WORDS_MAX = 50


class ColumnView(msgspec.Struct):
    name: str
    samples: list[str]
    suggested: str


class CellProblem(msgspec.Struct):
    column: str
    code: str
    message: str


class RowView(msgspec.Struct):
    """A row as it will be stored: `values` of a customer are his traits and identifiers.

    `meets`: what it does to customers; null where there is none or the row has problems.
    """

    line: int
    values: dict[str, Any]
    problems: list[CellProblem]
    meets: Meeting | None = None


class StatusWord(msgspec.Struct):
    """A word of the column of statuses in the first rows, and what it does; null: not known."""

    word: str
    rows: int
    effect: Effect | None


class ServiceView(msgspec.Struct):
    """The service whose export the file is; `note`: what its rows become."""

    code: str
    title: str
    note: str


class FileView(msgspec.Struct):
    """An uploaded file as it was recognised; `fields` are what columns may be mapped to.

    `kind` and `options` are what the file suggests, or what was asked for. `missing`: a field that
    must be mapped before there are rows to show.
    """

    file_id: UUID
    name: str
    size: int
    kind: ImportKind
    source: Source
    packed: bool
    service: ServiceView | None
    encoding: Encoding
    separator: Separator
    header: bool
    sheets: list[str]
    sheet: int
    decimal: Decimal_
    date_order: DateOrder
    options: ImportOptions
    columns: list[ColumnView]
    fields: list[str]
    questions: list[Question]
    words: list[StatusWord]
    rows: list[RowView]
    missing: str | None


class Wanted(msgspec.Struct, frozen=True):
    """What to show: a proposal, and what the person chose in place of it."""

    guess: Guess
    options: ImportOptions
    mapping: dict[str, str] | None = None
    key: str | None = None


async def file_view(
    rt: Runtime,
    workspace_id: int,
    stored: StoredFile,
    wanted: Wanted,
    *,
    lang: Lang,
    now: datetime,
) -> FileView:
    """Return a file with its first rows as they will be.

    Raises: what `make_plan` raises when the mapping is not a proposal.
    """
    guess, form = wanted.guess, stored.form
    mapping = {**guess.mapping, **(wanted.mapping or {})}
    cells = [row.cells for row in stored.rows]
    found, missing = await _rows(rt, workspace_id, stored, wanted, mapping, lang=lang, now=now)
    service = service_by_code(guess.service)
    return FileView(
        file_id=stored.id,
        name=stored.name,
        size=stored.size,
        kind=guess.kind,
        source=form.source,
        packed=form.packed,
        service=(
            ServiceView(service.code, service.title, service.note.of(lang)) if service else None
        ),
        encoding=form.original_encoding,
        separator=form.separator,
        header=form.header,
        sheets=form.sheets,
        sheet=form.sheet,
        decimal=form.decimal,
        date_order=form.date_order,
        options=wanted.options,
        columns=[
            ColumnView(
                name,
                [row[i][:_SAMPLE_CHARS] for row in cells[:_SAMPLES] if i < len(row)],
                guess.mapping[name],
            )
            for i, name in enumerate(form.columns)
        ],
        fields=offered(guess.kind),
        questions=questions(form, cells, mapping, guess.kind, wanted.options),
        words=_words(stored, guess.kind, mapping, wanted.options),
        rows=found,
        missing=missing,
    )


async def _rows(
    rt: Runtime,
    workspace_id: int,
    stored: StoredFile,
    wanted: Wanted,
    mapping: dict[str, str],
    *,
    lang: Lang,
    now: datetime,
) -> tuple[list[RowView], str | None]:
    guess = wanted.guess
    try:
        plan = make_plan(
            kind=guess.kind,
            form=stored.form,
            mapping=mapping,
            key=wanted.key,
            options=wanted.options,
        )
    except MissingField as missing:
        # Something that only the person can point at or name: no rows to show yet.
        return [], str(missing.facts["field"])
    async with rt.db.begin() as tx:
        known = await known_of(tx, workspace_id=workspace_id, kind=guess.kind)
    make = maker_of(plan, known)
    views, good = [], []
    for row in stored.rows[:_PREVIEW_ROWS]:
        made = make(row)
        if is_problem(made):
            problems = [CellProblem(p.column, p.code, problem_text(p.code).of(lang)) for p in made]
            values: dict[str, Any] = dict(zip(stored.form.columns, row.cells, strict=False))
            views.append(RowView(row.line, values, problems))
        else:
            good.append((row.line, made))
            views.append(RowView(row.line, shown(made), []))
    met = await meetings(rt, workspace_id=workspace_id, rows=good, now=now)
    for view in views:
        view.meets = met.get(view.line)
    return views, None


def _words(
    stored: StoredFile, kind: ImportKind, mapping: Mapping[str, str], options: ImportOptions
) -> list[StatusWord]:
    if kind not in {ImportKind.CONSENTS, ImportKind.SUPPRESSIONS}:
        return []
    position = next(
        (
            i
            for i, name in enumerate(stored.form.columns)
            if parse_field(mapping.get(name, "skip"), kind).kind == "status"
        ),
        None,
    )
    if position is None:
        return []
    counted = Counter(
        word[:_SAMPLE_CHARS] for row in stored.rows if (word := clean(row.cells[position]))
    )
    return [
        StatusWord(word, rows, options.effects.get(word) or usual_effect(word, kind))
        for word, rows in counted.most_common(_WORDS_MAX)
    ]
