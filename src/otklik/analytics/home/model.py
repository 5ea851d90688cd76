"""What the start page shows, and what it is made from."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Text

PULSE_DAYS = 14
MONTH_DAYS = 30

Level = Literal["info", "warn", "bad"]


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that needs somebody now. `link` is a path inside the interface."""

    kind: str
    level: Level
    title: str
    detail: str
    link: str
    at: datetime


class ChecklistStep(msgspec.Struct, frozen=True):
    """A step to the first mailing, ticked off by what is really there."""

    id: Literal["data", "segment", "letter", "sender", "mailing"]
    done: bool
    link: str


class PulseDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the workspace's zone.

    `orders` and `revenue` leave cancelled and returned orders out; `revenue` is of orders in the
    workspace's own currency.
    """

    date: date
    events: int
    new_profiles: int
    sent: int
    orders: int
    revenue: float


class Pulse(msgspec.Struct, frozen=True):
    """The last 14 days, the oldest first; the last one is today."""

    days: list[PulseDay]


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """`known`: profiles with an identifier other than an anonymous id. `events_30d`: of the last
    30 days of the workspace's zone, with today."""

    profiles: int
    known: int
    events_30d: int
    segments: int
    campaigns: int


class Home(msgspec.Struct, frozen=True, kw_only=True):
    attention: list[Attention]
    checklist: list[ChecklistStep]
    pulse: Pulse
    totals: Totals


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What ClickHouse knows: the pulse, and whether anything has begun at all."""

    days: list[PulseDay]
    profiles: int
    known: int
    events_30d: int
    has_events: bool
    has_sent: bool


class FailedLaunch(msgspec.Struct, frozen=True):
    """A mailing that was ordered and did not start; `problem` is whole in both languages."""

    source_id: UUID
    name: str
    problem: Text
    at: datetime


class FailedImport(msgspec.Struct, frozen=True):
    """`error` is a sentence in the reader's language."""

    import_id: UUID
    file_name: str
    error: str
    at: datetime


class MailingTrouble(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing that does not move, or that has messages in doubt."""

    source_id: UUID
    name: str
    stalled: bool
    trouble: str | None
    in_doubt: int
    since: datetime


class UnverifiedSender(msgspec.Struct, frozen=True):
    """A sender whose domain is not in order, or was never looked at."""

    address: str
    failed: bool
    at: datetime


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL knows of one workspace at one moment."""

    mailings: list[MailingTrouble]
    failed_launches: list[FailedLaunch]
    failed_imports: list[FailedImport]
    rejects_24h: int
    last_reject_at: datetime | None
    waiting_events: int
    waiting_since: datetime | None
    quarantined_events: int
    quarantined_at: datetime | None
    senders: int
    unverified: list[UnverifiedSender]
    segments: int
    campaigns: int
    has_letter: bool
    has_import: bool
    development: bool
