"""Short ways to write letters of blocks in tests."""

from __future__ import annotations

import json
from typing import Any

from otklik.content.model import LetterKind, LetterProblem, LetterSource, Rendered, Tracking
from otklik.content.public import check_letter, compile_letter, known_variables, render
from tests.content.helpers import person

FOOT = {"id": "foot", "columns": [{"blocks": [{"kind": "footer", "id": "f"}]}]}


def row(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = [{"id": f"b{number}", **block} for number, block in enumerate(blocks, 1)]
    return {"id": "r1", "columns": [{"blocks": named}], **more}


def letter(*rows: dict[str, Any], **fields: Any) -> LetterSource:
    document = {"v": 1, "rows": [*rows, FOOT], **fields}
    source = json.dumps(document, ensure_ascii=False)
    return LetterSource(LetterKind.BLOCKS, "Hello", source, "A word before")


def made(source: LetterSource, tracking: Tracking | None = None, **traits: Any) -> Rendered:
    return render(compile_letter(source), person(**traits), tracking)


def problems(source: LetterSource) -> list[LetterProblem]:
    return check_letter(source, known=known_variables(["plan", "city", "age"]))


def codes(source: LetterSource) -> list[tuple[str, str | None]]:
    return [(p.code, p.block_id) for p in problems(source)]
