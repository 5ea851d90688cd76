"""What letters know of events: the latest one of each name that the letter speaks of.

`{{ events.product_viewed.price }}` is a property of the latest such event of the reader, and
`events.product_viewed.happened_at` its moment. Only events that a letter names are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from otklik.content.engine.compiler import CompiledLetter
from otklik.content.engine.variables import EVENTS, HAPPENED_AT
from otklik.content.model import LetterSource
from otklik.events.public import EventName, EventRow, PropertyInfo, latest_of_people, sample_of
from otklik.runtime.public import Runtime

NAMES_MAX = 20
"""Events that one letter may speak of; of more the others stay empty."""
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NAMED = re.compile(
    rf"""\b{EVENTS}\s*(?:\.\s*([^\W\d][\w-]*)|\[\s*"([^"]*)"\s*\]|\[\s*'([^']*)'\s*\])"""
)
# What they carry are traits, which letters have already.
_OF_TRAITS = frozenset({"identify", "group", "alias"})
_UNWRITABLE = re.compile(r"""["'{}%\\\x00-\x1f]""")
_WORD = re.compile(r"[^\W\d][\w-]*")


def speaks_of_events(source: LetterSource) -> bool:
    """Tell whether a letter may speak of events; in doubt it does."""
    texts = (source.subject, source.preheader, source.source, source.text, source.amp)
    return any(EVENTS in text for text in texts)


def named_events(source: LetterSource, compiled: CompiledLetter | None = None) -> list[str]:
    """Return the names of the events that a letter speaks of, in order; in doubt one too many.

    compiled: the same letter; a block letter has its Liquid only there.
    """
    shown = compiled.shown if compiled is not None and compiled.shown is not None else source
    texts = (source.subject, source.preheader, shown.source, source.text, source.amp)
    found = (
        match[1] or match[2] or match[3]
        for text in texts
        if EVENTS in text
        for tag in _TAG.finditer(text)
        for match in _NAMED.finditer(tag.group())
    )
    return list(dict.fromkeys(name for name in found if name))[:NAMES_MAX]


async def letter_events(
    rt: Runtime,
    *,
    workspace_id: int,
    profile_ids: Sequence[int],
    names: Collection[str],
    now: datetime,
) -> dict[int, dict[str, Any]]:
    """Return per profile {name: properties with `happened_at`} for `letter_context`."""
    found = await latest_of_people(
        rt, workspace_id=workspace_id, profile_ids=profile_ids, names=names, now=now
    )
    return {
        profile_id: {name: _values(event) for name, event in events.items()}
        for profile_id, events in found.items()
    }


def sample_events(
    registered: Iterable[EventName], names: Collection[str], now: datetime
) -> dict[str, Any]:
    """Return invented events for previews: with values that such events have had."""
    moment = (now - timedelta(days=1)).isoformat(timespec="seconds")
    return {
        one.name: {
            **sample_of([(given.path, given.sample) for given in one.properties]),
            HAPPENED_AT: moment,
        }
        for one in registered
        if one.name in names
    }


def event_paths(registered: Iterable[EventName]) -> set[str]:
    """Return what a letter may ask of events: "product_viewed.price"."""
    paths: set[str] = set()
    for one in registered:
        paths.add(f"{one.name}.{HAPPENED_AT}")
        paths |= {f"{one.name}.{given.path.partition('[]')[0]}" for given in one.properties}
    return paths


def event_variable(name: str, path: str) -> str | None:
    """Return a property of an event as Liquid takes it, None where it can't be written."""
    if _UNWRITABLE.search(name + path):
        return None
    steps = (name, *path.split("."))
    return EVENTS + "".join(
        f".{step}" if _WORD.fullmatch(step) else f'["{step}"]' for step in steps
    )


def newest_events(
    registered: Iterable[EventName], *, names_max: int, properties_max: int
) -> list[tuple[EventName, list[PropertyInfo]]]:
    """Return the events that came last with those of their properties that a letter can show."""
    told = [one for one in registered if one.type not in _OF_TRAITS]
    lately = sorted(told, key=lambda one: one.last_seen, reverse=True)[:names_max]
    shown: list[tuple[EventName, list[PropertyInfo]]] = []
    for one in sorted(lately, key=lambda one: one.name):
        by_path = {given.path: given for given in one.properties if "[]" not in given.path}
        shown.append((one, list(by_path.values())[:properties_max]))
    return shown


def _values(event: EventRow) -> dict[str, Any]:
    return {**event.properties, HAPPENED_AT: event.time.isoformat(timespec="seconds")}
