"""What happened with a person, of every kind, in one line of time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from otklik.kit.i18n import Lang


class TimelineKind(StrEnum):
    CONSENT = "consent"
    EDIT = "edit"
    EVENT = "event"
    MERGE = "merge"
    MESSAGE = "message"
    NOTE = "note"
    ORDER = "order"
    RETURN = "return"  # mails that came back or were written by the person


class TimelineItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `id` is unique within its kind; `facts` are those of the kind."""

    kind: TimelineKind
    id: str
    at: datetime
    name: str
    facts: dict[str, Any]


Place = tuple[datetime, str]
"""(moment, id): sources give what sorts below it; ids compare as texts, character by character."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What a source of the timeline is asked for: its newest `limit` items below `before` that are
    not older than `since`. `homes`: the person's profile and those merged into it."""

    workspace_id: int
    profile_id: int
    homes: list[int]
    before: Place
    since: datetime | None
    names: list[str] | None
    lang: Lang
    limit: int

    def takes(self, item: TimelineItem) -> bool:
        return (item.at, item.id) < self.before and (self.since is None or item.at >= self.since)


Source = Callable[[Any, Any, Ask], Awaitable[list[TimelineItem]]]
"""(rt, tx, ask) → items, newest first."""
Sources = dict[TimelineKind, Source]

_STEP = timedelta(microseconds=1)


def place_of(kind: TimelineKind, cursor: tuple[datetime, str, str]) -> Place:
    """Return where a source of `kind` goes on after a page that ended at `cursor`.

    Items stand by moment, kind and id, the greatest first. So of the moment of the cursor a kind
    that sorts lower is still to come whole, and one that sorts higher is done.
    """
    at, last_kind, last_id = cursor
    if kind.value == last_kind:
        return at, last_id
    return (at + _STEP, "") if kind.value < last_kind else (at, "")


def newest(items: Iterable[TimelineItem], limit: int) -> list[TimelineItem]:
    """Return the newest items in the order of the timeline."""
    return sorted(items, key=lambda one: (one.at, one.kind.value, one.id), reverse=True)[:limit]
