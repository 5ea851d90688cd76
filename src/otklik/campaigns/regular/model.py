"""The words of regular mailings: plans, runs, what is given to whom; pure.

regular mailing:  draft ──start──► active ⇄ paused ──► finished
run:              queued ──► made ──► launched            (an ordinary campaign)
                    ├──► nothing_new | failed             (no campaign is left)
                  skipped | missed                        (never begun)
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from otklik.campaigns.model import (
    CONTROL_SHARE_MAX,
    Audience,
    Counts,
    Goal,
    Name,
    Priority,
)

TOLERANCE: Final = timedelta(hours=6)
"""A moment that was missed runs late within this time; after it, it is marked as missed."""
ITEMS_MAX: Final = 20
FROZEN_MAX: Final = 200
"""Items that a run freezes, those of earlier runs included."""
EARLIER_MAX: Final = 12
"""So many earlier runs a reader may have missed and still gets their items."""
FEEDS_MAX: Final = 20


class RegularState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"


class RegularRunState(StrEnum):
    """`made`: its campaign is there and is about to be launched."""

    QUEUED = "queued"
    MADE = "made"
    LAUNCHED = "launched"
    NOTHING_NEW = "nothing_new"
    SKIPPED = "skipped"
    MISSED = "missed"
    FAILED = "failed"


Order = Literal["newest", "feed"]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class RegularPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a regular mailing goes out.

    `weekdays`: 1 Monday to 7 Sunday, for "week". `month_day`: for "month"; in a shorter month it is
    its last day. `zone`: the workspace's, or each reader's own. `last_on`: no run after this day.
    """

    every: Literal["day", "week", "month"] = "week"
    weekdays: Annotated[
        list[Annotated[int, msgspec.Meta(ge=1, le=7)]], msgspec.Meta(max_length=7)
    ] = msgspec.field(default_factory=lambda: [1])
    month_day: Annotated[int, msgspec.Meta(ge=1, le=31)] = 1
    time: Clock = "10:00"
    zone: Literal["workspace", "own"] = "workspace"
    first_on: date | None = None
    last_on: date | None = None


class RegularApproval(msgspec.Struct, frozen=True, kw_only=True):
    """A request to approve, and the answer; it holds while letter and audience stay (`mark`)."""

    state: Literal["requested", "approved", "rejected"]
    mark: str
    by: UUID
    by_name: str
    at: datetime
    note: str = ""
    decided_by: UUID | None = None
    decided_by_name: str = ""
    decided_at: datetime | None = None
    decided_note: str = ""


class RunProblem(msgspec.Struct, frozen=True):
    """Why a run failed, whole in both languages."""

    code: str
    en: str
    ru: str


class RegularRun(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of a regular mailing and what became of it.

    `wall`: its time on the wall, without a zone. `new_items`: that no earlier run had. `counts`: of
    its campaign.
    """

    id: UUID
    number: int
    moment: datetime
    wall: str
    state: RegularRunState
    campaign_id: UUID | None
    new_items: int | None
    problem: str | None
    counts: Counts = Counts()


class RegularMailing(msgspec.Struct, frozen=True, kw_only=True):
    """A regular mailing. `version` grows with every change, as that of a campaign.

    `next_at`: the next moment, `next_skipped`: it will be left out. `items_max`: of one letter.
    `approved`: somebody approved this letter for this audience.
    """

    id: UUID
    name: str
    state: RegularState
    plan: RegularPlan
    audience: Audience
    topic_id: UUID | None
    sender_id: UUID | None
    letter_id: UUID | None
    control_share: float
    goal: Goal | None
    rate_per_s: int | None
    priority: Priority
    feed_ids: list[UUID]
    items_max: int
    order: Order
    approval: RegularApproval | None
    approved: bool
    version: int
    next_at: datetime | None
    next_skipped: bool
    runs: int
    last_run: RegularRun | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_Feeds = Annotated[list[UUID], msgspec.Meta(max_length=FEEDS_MAX)]
_Items = Annotated[int, msgspec.Meta(ge=1, le=ITEMS_MAX)]
_Control = Annotated[float, msgspec.Meta(ge=0, le=CONTROL_SHARE_MAX)]
_Rate = Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class NewRegular(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new regular mailing may be given; everything but the name can come later."""

    name: Name
    plan: RegularPlan = msgspec.field(default_factory=RegularPlan)
    audience: Audience = msgspec.field(default_factory=Audience)
    topic_id: UUID | None = None
    sender_id: UUID | None = None
    letter_id: UUID | None = None
    control_share: _Control = 0.0
    goal: Goal | None = None
    rate_per_s: _Rate | None = None
    priority: Priority = "normal"
    feed_ids: _Feeds = []
    items_max: _Items = 5
    order: Order = "newest"


class RegularChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; what is left out stays. `version`: the one the editor has seen."""

    version: int | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET
    plan: RegularPlan | msgspec.UnsetType = msgspec.UNSET
    audience: Audience | msgspec.UnsetType = msgspec.UNSET
    topic_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    sender_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    letter_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    control_share: _Control | msgspec.UnsetType = msgspec.UNSET
    goal: Goal | msgspec.UnsetType | None = msgspec.UNSET
    rate_per_s: _Rate | msgspec.UnsetType | None = msgspec.UNSET
    priority: Priority | msgspec.UnsetType = msgspec.UNSET
    feed_ids: _Feeds | msgspec.UnsetType = msgspec.UNSET
    items_max: _Items | msgspec.UnsetType = msgspec.UNSET
    order: Order | msgspec.UnsetType = msgspec.UNSET


class FrozenItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item as a run keeps it. `run`: the run to which it was new. `topics`: places in the list
    of topics of the run; `everybody`: whatever they chose. `values`: what letters see."""

    id: int
    run: int
    feed: str
    topics: list[int]
    everybody: bool
    at: datetime
    place: int
    values: dict[str, Any]


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """What a mailing shows from feeds: kept as it was when it was made.

    `items`: in the order of letters. `earlier`: number and campaign of the runs before, the last
    first. `experiment`: by what people are assigned to arms; one for all runs of a series.
    `digest` False: an ordinary campaign, whose letters show the newest items of each feed.
    """

    digest: bool
    run: int
    items: list[FrozenItem]
    topics: list[UUID]
    feeds: list[str]
    items_max: int
    earlier: list[tuple[int, UUID]] = []
    experiment: UUID | None = None
