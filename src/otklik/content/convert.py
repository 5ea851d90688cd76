"""From blocks to code, one way."""

from __future__ import annotations

import msgspec

from otklik.content.engine.compiler import compile_letter, html_of
from otklik.content.errors import CannotConvert
from otklik.content.model import LetterKind, LetterSource


def converted(source: LetterSource, into: LetterKind) -> LetterSource:
    """Return the letter in code: blocks as MJML or HTML, MJML as HTML.

    Raises: CannotConvert for the other ways; LetterBroken.
    """
    steps = {
        (LetterKind.BLOCKS, LetterKind.MJML),
        (LetterKind.BLOCKS, LetterKind.HTML),
        (LetterKind.MJML, LetterKind.HTML),
    }
    if (source.kind, into) not in steps:
        raise CannotConvert(kind=source.kind.value, into=into.value)
    if into is LetterKind.HTML:
        return msgspec.structs.replace(source, kind=into, source=html_of(source))
    compiled = compile_letter(source)
    assert compiled.made is not None
    return msgspec.structs.replace(source, kind=into, source=compiled.made.as_code)
