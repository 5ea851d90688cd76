"""Checks the Liquid of one text, with lines of the author's text."""

from __future__ import annotations

from liquid.exceptions import LiquidError, LiquidSyntaxError

from otklik.content.engine.liquid import LetterEnvironment, explain
from otklik.content.engine.liquid_faults import fault_of
from otklik.content.engine.mask import UnclosedLiquid, check_spans
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem, Limits, Part


def check_liquid(
    part: Part, text: str, environment: LetterEnvironment, limits: Limits
) -> list[LetterProblem]:
    """Return what is wrong with the Liquid of one part, with lines of the author's text."""
    try:
        check_spans(text)
    except UnclosedLiquid as unclosed:
        return [problem("unclosed_liquid", part, unclosed.line, opening=unclosed.opening)]
    try:
        template = environment.from_string(text)
    except LiquidError as error:
        return [_syntax_problem(error, part, text, limits)]
    found = template.analyze(include_partials=False)
    return [
        problem("liquid_unknown_filter", part, line_of(text, span.index), filter=name)
        for name, spans in found.filters.items()
        if name not in environment.filters
        for span in spans
    ]


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, max(0, offset)) + 1


def column_of(text: str, offset: int) -> int:
    """Return the place of an offset in its line, from 1."""
    return max(0, offset) - text.rfind("\n", 0, max(0, offset))


def _syntax_problem(error: LiquidError, part: Part, text: str, limits: Limits) -> LetterProblem:
    line = None
    if error.token is not None and error.token.start_index >= 0:
        line = line_of(text, error.token.start_index)
    if isinstance(error.__cause__, RecursionError):
        return problem("liquid_nesting", part, line, limit=limits.nesting_max)
    message = str(error.message)
    if isinstance(error, LiquidSyntaxError):
        known = fault_of(message)
        if known is None:
            return problem("liquid_syntax", part, line, detail=message)
        code, facts = known
        return problem(code, part, line, **facts)
    return explain(error, part, line, limits)
