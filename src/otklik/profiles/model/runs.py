"""Long work on people: what it is, how far it has come, how it ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class PeopleRunKind(StrEnum):
    """`rules`: new rules for people known already. `duplicates`: the search for possible
    duplicates. `merges`: merging all pairs above a probability."""

    RULES = "rules"
    DUPLICATES = "duplicates"
    MERGES = "merges"


class PeopleRunState(StrEnum):
    """`replaced`: another one was asked for before this one had ended."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REPLACED = "replaced"


class PeopleRunStage(StrEnum):
    """What a run is at: it waits, reads people, pairs those who share something, weighs pairs,
    compares them, or changes who is who."""

    NONE = ""
    READING = "reading"
    PAIRING = "pairing"
    WEIGHING = "weighing"
    COMPARING = "comparing"
    JOINING = "joining"


class PeopleRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `done` of `total`: people, pairs or identifiers, as `stage` says; 0 of 0: not known.

    `counts`: what came of it: people, candidates, pairs, merged, parted, left_out.
    """

    id: UUID
    kind: PeopleRunKind
    state: PeopleRunState
    stage: PeopleRunStage
    done: int
    total: int
    counts: dict[str, int]
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
