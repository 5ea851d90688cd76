"""From rows of a file to what a piece of an import stores, whatever the kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from otklik.ingestion.imports.facts import ConsentMaker, EventMaker, StopMaker
from otklik.ingestion.imports.known import Known
from otklik.ingestion.imports.model import ImportKind, ImportPlan, RowProblem
from otklik.ingestion.imports.reader import Row
from otklik.ingestion.imports.rows import RowMaker

Make = Callable[[Row], Any]
"""Returns what a row becomes (of the stop list: a list of lines), or a list of RowProblem."""


def maker_of(plan: ImportPlan, known: Known) -> Make:
    """Return what turns rows into facts by a plan."""
    match plan.kind:
        case ImportKind.CUSTOMERS:
            return RowMaker(plan).customer
        case ImportKind.ORDERS:
            return RowMaker(plan).order_row
        case ImportKind.EVENTS:
            return EventMaker(plan).make
        case ImportKind.CONSENTS:
            return ConsentMaker(plan, known).make
        case ImportKind.SUPPRESSIONS:
            return StopMaker(plan).make


def make_rows(
    plan: ImportPlan, rows: Sequence[Row], known: Known | None = None
) -> tuple[list[Any], list[RowProblem]]:
    """Return what the good rows become, and the problems of the others."""
    make = maker_of(plan, known or Known())
    good: list[Any] = []
    problems: list[RowProblem] = []
    for row in rows:
        made = make(row)
        if type(made) is not list:
            good.append(made)
        elif is_problem(made):
            problems.extend(made)
        else:
            good.append(made)
    return good, problems


def is_problem(made: Any) -> bool:
    """Tell whether a row became problems."""
    return isinstance(made, list) and isinstance(made[0], RowProblem)
