"""In how many letters of each variant something would stay empty."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from otklik.content.public import (
    BarePlace,
    Letter,
    LetterBroken,
    bare_places,
    compile_letter,
    trait_gaps,
)
from otklik.delivery.public import Ids
from otklik.runtime.public import Runtime


class LetterGap(msgspec.Struct, frozen=True):
    """Of `letters` of a variant, `empty` would show nothing where the trait or event stands, which
    is called as the letter calls it."""

    trait: str
    empty: int
    letters: int
    place: BarePlace


async def letter_gaps(
    rt: Runtime,
    *,
    workspace_id: int,
    letters: Mapping[str, Letter | None],
    people: Mapping[str, Ids],
) -> dict[str, list[LetterGap]]:
    """Return the gaps of each variant by its key; a letter that is broken has none to tell of."""
    found = await asyncio.gather(
        *(
            _gaps(rt, workspace_id, letter, people[key])
            for key, letter in letters.items()
            if letter is not None and key in people
        )
    )
    keys = [key for key, letter in letters.items() if letter is not None and key in people]
    return dict(zip(keys, found, strict=True))


async def _gaps(rt: Runtime, workspace_id: int, letter: Letter, ids: Ids) -> list[LetterGap]:
    try:
        compiled = await asyncio.to_thread(compile_letter, letter.as_source)
    except LetterBroken:
        return []
    places = bare_places(compiled)
    if not places or not len(ids):
        return []
    gaps = await trait_gaps(rt, workspace_id=workspace_id, traits=list(places), among=ids.tolist())
    # Of a large audience a part was asked; the share is that of all.
    return [
        LetterGap(
            gap.variable,
            max(1, round(gap.lacking * len(ids) / gap.people)),
            len(ids),
            places[gap.trait],
        )
        for gap in gaps
    ]
