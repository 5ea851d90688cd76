"""Complaints about a letter: a code, a place and facts; their words are in the `texts_…` files."""

from __future__ import annotations

from otklik.content.amp.texts import ADVICE, BREAKING
from otklik.content.engine.liquid_faults import LIQUID
from otklik.content.engine.texts_reader import READER
from otklik.content.engine.texts_source import SOURCE, Complaints
from otklik.content.model import LetterProblem, Part

_CATALOGUE: Complaints = {
    **SOURCE,
    **LIQUID,
    **READER,
    **{code: ("warning", text) for code, text in (BREAKING | ADVICE).items()},
}
CODES = frozenset(_CATALOGUE)


def problem(code: str, part: Part, line: int | None, **facts: object) -> LetterProblem:
    level, template = _CATALOGUE[code]
    return LetterProblem(
        level=level,
        code=code,
        part=part,
        line=line,
        template=template,
        facts={name: str(value) for name, value in facts.items()},
    )
