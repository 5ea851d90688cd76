"""Reads the document of a block letter out of its source, and says where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from otklik.content.blocks.model import BLOCKS_MAX, Block, Document, Row
from otklik.content.engine.problems import problem
from otklik.content.model import LetterProblem

_decoder = msgspec.json.Decoder(Document)
_AT = re.compile(r" - at `\$(.*)`$")
_STEPS = re.compile(r"\.rows\[(\d+)\](?:\.columns\[(\d+)\](?:\.blocks\[(\d+)\])?)?")


def read_document(source: str) -> tuple[Document | None, list[LetterProblem]]:
    """Return the document of a source, or None with what is wrong with its form."""
    try:
        document = _decoder.decode(source)
    except msgspec.ValidationError as error:
        return None, [_misfit(str(error), source)]
    except (msgspec.DecodeError, RecursionError) as error:
        return None, [problem("document_unreadable", "source", None, detail=error)]
    count = sum(1 for _ in blocks_of(document))
    if count > BLOCKS_MAX:
        return None, [problem("too_many_blocks", "source", None, count=count, limit=BLOCKS_MAX)]
    return document, []


def write_document(document: Document) -> str:
    """Return the source of a document."""
    return msgspec.json.encode(document).decode()


def blocks_of(document: Document) -> Iterator[tuple[Row, Block]]:
    """Yield every block with its row."""
    for row in document.rows:
        for column in row.columns:
            for block in column.blocks:
                yield row, block


def _misfit(message: str, source: str) -> LetterProblem:
    """Name the block in which the decoder stopped."""
    at = _AT.search(message)
    detail = _AT.sub("", message)
    path = at.group(1) if at else ""
    found = problem(
        "document_invalid", "source", None, detail=detail, place=path.lstrip(".") or "$"
    )
    steps = _STEPS.match(path)
    if steps is None:
        return found
    row_id, block_id = _ids(source, [int(step) for step in steps.groups() if step is not None])
    return msgspec.structs.replace(found, row_id=row_id, block_id=block_id)


def _ids(source: str, steps: list[int]) -> tuple[str | None, str | None]:
    """Return the ids of the row and the block at these places, as far as they can be read."""
    try:
        value: Any = msgspec.json.decode(source)
    except RecursionError:
        return None, None
    ids: list[str | None] = [None, None]
    for depth, (name, step) in enumerate(zip(("rows", "columns", "blocks"), steps, strict=False)):
        value = value[name][step]
        found = value.get("id") if isinstance(value, dict) else None
        if depth != 1 and isinstance(found, str):
            ids[depth // 2] = found[:160]
        if not isinstance(value, dict):
            break
    return ids[0], ids[1]
