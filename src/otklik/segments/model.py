"""Segments, their figures, and what is decided about them without any database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.uses import UseState
from otklik.rules import plan as p
from otklik.rules import tree

NAME_MAX = 200
DESCRIPTION_MAX = 2_000
SEGMENTS_MAX = 2_000
CHANGE_MAX = 10_000
"""Ids in one change of a list."""


class SegmentKind(StrEnum):
    DYNAMIC = "dynamic"
    STATIC = "static"


class RunReason(StrEnum):
    """Why a segment was recalculated."""

    CREATED = "created"
    CHANGED = "changed"
    REQUESTED = "requested"
    NEW_FACTS = "new_facts"
    TIME = "time"


class SegmentSort(StrEnum):
    """What a list is ordered by. Names go up; sizes and moments begin with the greatest."""

    CREATED = "created"
    NAME = "name"
    SIZE = "size"
    COMPUTED = "computed"


class Use(msgspec.Struct, frozen=True):
    """Something that uses a segment, or did: `kind` is "campaign", "segment", …"""

    kind: str
    id: UUID
    name: str
    state: UseState = UseState.RUNNING


class Folder(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    segments: int


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment with the figures of its latest membership.

    `definition`: the condition tree; null for a list of ids. `count`, `computed_at`, `took_ms`:
    null until it was counted for the first time. `problem`: code of the error that the latest
    recalculation ended with.
    """

    id: UUID
    name: str
    description: str
    kind: SegmentKind
    definition: tree.Node | None
    count: int | None
    computed_at: datetime | None
    took_ms: int | None
    problem: str | None
    used_by: list[Use]
    folder_id: UUID | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PartCount(msgspec.Struct, frozen=True):
    """How many people one node holds for; `left`: for how many it and those before it in its
    group hold together."""

    path: str
    count: int
    left: int


class SegmentCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many people a definition holds for, of how many, as of when. `parts`: the same of every
    node below the root, when it was asked for and the definition is not too large for it."""

    count: int
    total: int
    took_ms: int
    as_of: datetime
    parts: list[PartCount] = []


class SizePoint(msgspec.Struct, frozen=True):
    at: datetime
    size: int


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One recalculation: `asked` questions anew, `reused` answers that were at hand."""

    at: datetime
    reason: RunReason
    took_ms: int
    asked: int
    reused: int
    size: int | None
    problem: str | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """An event, order or message behind an answer. `name`: of the event, number of the order,
    fact of the message; `details`: what was looked at."""

    kind: Literal["event", "order", "message"]
    at: datetime
    name: str
    details: dict[str, str]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One condition held against one person; `fact` is what was found, `evidence` the newest of
    the events, orders or messages behind it, `path` the place of the condition."""

    path: str
    text: str
    holds: bool
    fact: str | int | float | bool | None
    evidence: list[Evidence]
    children: list[Explanation]


class SegmentExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """`member`: by the conditions, as of now."""

    member: bool
    explanation: Explanation


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts arrived since the last look. `universe`: people came, left or changed how they
    can be reached. `merges`: facts changed their owner, so every answer may have changed."""

    universe: bool = False
    merges: bool = False
    traits: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    orders: bool = False
    consents: bool = False
    messages: bool = False
    seen: bool = False

    def touches(self, question: p.Question) -> bool:
        if self.merges:
            return True
        match question:
            case p.TraitQuestion(trait=trait):
                return trait in self.traits
            case (
                p.EventQuestion()
                | p.EventMeasureQuestion()
                | p.SequenceQuestion()
                | p.UnfollowedQuestion()
                | p.VisitQuestion()
            ):
                asked = p.events_asked(question)
                return bool(self.events) if asked is None else bool(asked & self.events)
            case p.OrdersQuestion():
                return self.orders
            case p.MessageQuestion():
                return self.messages
            case p.ConsentQuestion():
                return self.consents
            case p.SeenQuestion() | p.EmailDomainQuestion():
                return self.seen
            case p.IdentifierQuestion():
                return self.universe
            case _:
                return False

    def touches_any(self, plan: p.Plan) -> bool:
        """Return whether a membership by this plan may have changed."""
        return self.universe or any(self.touches(question) for question in plan.questions)


def subject_of(question: p.Question) -> str:
    """Return the trait or event that a question is about, or "" for several or all of them."""
    match question:
        case p.TraitQuestion(trait=trait):
            return trait
        case p.EventQuestion(event=event) | p.EventMeasureQuestion(event=event):
            return event
        case _:
            return ""


def due_after(plan: p.Plan, took_ms: int, now: datetime) -> datetime | None:
    """Return when windows that move with time are to be looked at again; None without any.

    A window of days changes little in ten minutes, one of hours does. Heavy segments come less
    often, so that one segment takes at most a hundredth of the time.
    """
    if not plan.is_timed:
        return None
    pause = timedelta(minutes=10 if any(_by_hours(q) for q in plan.questions) else 30)
    return now + max(pause, timedelta(milliseconds=100 * took_ms))


def _by_hours(question: p.Question) -> bool:
    text = msgspec.json.encode(question)
    return b'"hours"' in text or b'"minutes"' in text


def in_order(edges: Mapping[UUID, Iterable[UUID]]) -> list[UUID]:
    """Return segments with those they contain before them. `edges`: contained ones by segment."""
    done: dict[UUID, None] = {}
    for start in edges:
        stack = [(start, False)]
        while stack:
            at, left = stack.pop()
            if left:
                done[at] = None
            elif at not in done and at in edges:
                stack.append((at, True))
                stack.extend((inner, False) for inner in edges[at] if inner not in done)
    return list(done)


def inline(
    node: tree.Node, definitions: Mapping[UUID, tree.Node], keep: frozenset[UUID] = frozenset()
) -> tree.Node:
    """Return the tree with segments put in place by their definitions, except those in `keep`.

    Segments without a definition here (lists, unknown ones) stay references to what is stored.
    """
    match node:
        case tree.SegmentCondition(segment_id=segment_id, member=member):
            if segment_id in keep or segment_id not in definitions:
                return node
            inner = inline(definitions[segment_id], definitions, keep)
            return inner if member else tree.NoneOf(of=(inner,))
        case tree.AllOf(of=of):
            return tree.AllOf(of=tuple(inline(child, definitions, keep) for child in of))
        case tree.AnyOf(of=of):
            return tree.AnyOf(of=tuple(inline(child, definitions, keep) for child in of))
        case tree.NoneOf(of=of):
            return tree.NoneOf(of=tuple(inline(child, definitions, keep) for child in of))
        case _:
            return node
