"""The words of campaigns: states, shares, checks; pure.

draft ──launch──► preparing ──► running ⇄ paused ──► finished
  └──launch at──► scheduled ──►┘    │
                      └─────────────┴── finish before anything went out ──► cancelled
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Lang, Text

VARIANTS_MAX = 8
CONTROL_SHARE_MAX = 90.0
CHANNEL = "email"
SOURCE_KIND = "campaign"
CONFIRM_TOLERANCE = 0.02
"""How far the audience may have moved between the confirmation and the launch."""


class CampaignState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


LAUNCHED = frozenset(
    {
        CampaignState.PREPARING,
        CampaignState.RUNNING,
        CampaignState.PAUSED,
        CampaignState.FINISHED,
    }
)

Priority = Literal["low", "normal", "high", "highest"]
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "highest")
"""From the least to the most important; delivery counts them from 0."""
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

EARLIEST_CLOCK = timedelta(hours=14)
"""The zone that is furthest ahead, UTC+14, shows every time so long before UTC does."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody in any of `segment_ids` and in none of `exclude_segment_ids`."""

    segment_ids: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []
    exclude_segment_ids: Annotated[list[UUID], msgspec.Meta(max_length=50)] = []


class CampaignVariant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of the letter. `share` is its weight among the variants, in per cent."""

    key: Annotated[str, msgspec.Meta(pattern="^[A-Z]$")]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    letter_id: UUID | None = None
    share: Percent = 100.0


class Goal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The event that the campaign is meant to cause, within `window_hours` after the launch.

    `filters` are conditions on the event's properties, in the form of the segment language.
    `revenue_property` is the path of the property whose values are added up.
    """

    event: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    filters: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=20)] = []
    window_hours: Annotated[int, msgspec.Meta(ge=1, le=8760)] = 168
    revenue_property: Annotated[str, msgspec.Meta(max_length=200)] | None = None


GOALS_MAX = 10
MoreGoals = Annotated[list[Goal], msgspec.Meta(max_length=GOALS_MAX - 1)]
"""Target actions beside the main one: the main one decides, the others explain."""


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the launch takes effect: at once, at a moment, or by each person's own clock.

    `own_time` (for "own"): a day and a time without a zone; people without a zone of their own live
    in the workspace's. `spread_hours`: the letters leave evenly over so long a time.
    """

    kind: Literal["now", "at", "own"] = "now"
    at: Moment | None = None
    own_time: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$")] | None = None
    spread_hours: Annotated[int, msgspec.Meta(ge=1, le=72)] | None = None

    def wall(self) -> datetime | None:
        """Return the time without a zone, None if there is none or no such day."""
        if self.kind != "own" or self.own_time is None:
            return None
        try:
            return datetime.fromisoformat(self.own_time)
        except ValueError:
            return None

    def begins(self) -> datetime | None:
        """Return the moment at which the launch takes effect; None: at once.

        A launch by people's own clocks begins when the first clock on Earth shows the time.
        """
        wall = self.wall()
        if wall is not None:
            return wall.replace(tzinfo=UTC) - EARLIEST_CLOCK
        return self.at if self.kind == "at" else None


WinnerMetric = Literal["opens", "clicks", "targets", "revenue"]


class First(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send to a part first: `people` at most, or `share` of the audience in per cent.

    `decide` "hand": the rest waits until somebody chooses a variant; "winner": `hours` after the
    part was written to, the variant that leads by `metric` is chosen.
    """

    people: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None = None
    share: Annotated[float, msgspec.Meta(ge=1, le=99)] | None = None
    decide: Literal["hand", "winner"] = "hand"
    hours: Annotated[int, msgspec.Meta(ge=1, le=336)] = 4
    metric: WinnerMetric = "clicks"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which variant the rest of a campaign got, and why.

    `by` "hand": a person chose. By the rule, `rates` are what it went by, per variant (revenue: per
    person). `is_clear` tells whether the lead over the next variant is more than chance would give
    (a test of two shares at 5 %); null where that was not tested. `is_tie`: the best were equal,
    and the first of them was taken.
    """

    variant: str
    by: Literal["hand", "rule"]
    at: datetime
    metric: WinnerMetric | None = None
    rates: dict[str, float] = {}
    is_clear: bool | None = None
    is_tie: bool = False


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A request to approve a draft, and the answer. It holds for one `version` of the draft only,
    and for its `letters` as they were: marks of their content by variant.

    `by` and `decided_by` are ids of users (`by` may be a key), the names are those of that time.
    `letters` null: the approval of a regular mailing, which holds by a mark of its own.
    """

    state: Literal["requested", "approved", "rejected"]
    version: int
    by: UUID
    by_name: str
    at: datetime
    note: str = ""
    decided_by: UUID | None = None
    decided_by_name: str = ""
    decided_at: datetime | None = None
    decided_note: str = ""
    letters: dict[str, str] | None = None


class ArmResult(msgspec.Struct, frozen=True, kw_only=True):
    """What people of one variant did: counts of people, and money."""

    key: str
    assigned: int
    sent: int
    opened: int
    clicked: int
    targets: int
    revenue: float


class Counts(msgspec.Struct, frozen=True):
    """Messages of a campaign by what became of them; all zero before the launch."""

    total: int = 0
    pending: int = 0
    sent: int = 0
    bounced: int = 0
    failed: int = 0
    skipped: int = 0
    in_doubt: int = 0
    control: int = 0


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign. `version` grows with every change; a PATCH that names an old one is refused.

    `problem` says, in the reader's language, why an ordered launch did not happen; then the
    campaign is a draft again. `until`: the latest moment at which a letter of it may go.
    `service`: only the stop list, and consent where the workspace demands it, hold it back.
    """

    id: UUID
    name: str
    state: CampaignState
    audience: Audience
    topic_id: UUID | None
    sender_id: UUID | None
    variants: list[CampaignVariant]
    control_share: float
    goal: Goal | None
    more_goals: list[Goal]
    schedule: Schedule
    rate_per_s: int | None
    priority: Priority
    service: bool
    until: datetime | None
    first: First | None
    choice: Choice | None
    approval: Approval | None
    version: int
    problem: str | None
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None
    finished_at: datetime | None
    counts: Counts = Counts()

    @property
    def is_approved(self) -> bool:
        """Tell whether somebody approved this very version."""
        asked = self.approval
        return asked is not None and asked.state == "approved" and asked.version == self.version


class NewCampaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new campaign may be given; everything but the name can come later."""

    name: Name
    audience: Audience = msgspec.field(default_factory=Audience)
    topic_id: UUID | None = None
    sender_id: UUID | None = None
    variants: Annotated[list[CampaignVariant], msgspec.Meta(max_length=VARIANTS_MAX)] = (
        msgspec.field(default_factory=lambda: [CampaignVariant("A")])
    )
    control_share: Annotated[float, msgspec.Meta(ge=0, le=CONTROL_SHARE_MAX)] = 0.0
    goal: Goal | None = None
    more_goals: MoreGoals = []
    schedule: Schedule = msgspec.field(default_factory=Schedule)
    rate_per_s: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    priority: Priority = "normal"
    service: bool = False
    until: Moment | None = None
    first: First | None = None


class CampaignChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields to change; what is left out stays. `version`: the one the editor has seen."""

    version: int | msgspec.UnsetType = msgspec.UNSET
    name: Name | msgspec.UnsetType = msgspec.UNSET
    audience: Audience | msgspec.UnsetType = msgspec.UNSET
    topic_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    sender_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    variants: (
        Annotated[list[CampaignVariant], msgspec.Meta(max_length=VARIANTS_MAX)] | msgspec.UnsetType
    ) = msgspec.UNSET
    control_share: (
        Annotated[float, msgspec.Meta(ge=0, le=CONTROL_SHARE_MAX)] | msgspec.UnsetType
    ) = msgspec.UNSET
    goal: Goal | msgspec.UnsetType | None = msgspec.UNSET
    more_goals: MoreGoals | msgspec.UnsetType = msgspec.UNSET
    schedule: Schedule | msgspec.UnsetType = msgspec.UNSET
    rate_per_s: Annotated[int, msgspec.Meta(ge=1, le=10000)] | msgspec.UnsetType | None = (
        msgspec.UNSET
    )
    priority: Priority | msgspec.UnsetType = msgspec.UNSET
    service: bool | msgspec.UnsetType = msgspec.UNSET
    until: Moment | msgspec.UnsetType | None = msgspec.UNSET
    first: First | msgspec.UnsetType | None = msgspec.UNSET


Level = Literal["block", "warn", "ok"]
Section = Literal["audience", "letter", "sender", "control", "goal", "schedule"]


class Check(msgspec.Struct, frozen=True):
    """One line of what was looked at before a launch. A `block` makes the launch impossible.

    `letter_id`, and with it `line` or `block_id` and `row_id` of a block letter: where to mend it.
    """

    code: str
    level: Level
    message: str
    section: Section
    variant: str | None = None
    line: int | None = None
    letter_id: UUID | None = None
    row_id: str | None = None
    block_id: str | None = None


class Finding(msgspec.Struct, frozen=True):
    """The same before it is known who reads it: `message` is whole in both languages."""

    code: str
    level: Level
    section: Section
    message: Text
    variant: str | None = None
    line: int | None = None
    letter_id: UUID | None = None
    row_id: str | None = None
    block_id: str | None = None

    def said(self, lang: Lang) -> Check:
        return Check(
            self.code,
            self.level,
            self.message.of(lang),
            self.section,
            self.variant,
            self.line,
            self.letter_id,
            self.row_id,
            self.block_id,
        )


class Exclusion(msgspec.Struct, frozen=True):
    """`removed`: how many this exclusion takes away that no earlier one took."""

    id: UUID
    name: str
    removed: int


class Skip(msgspec.Struct, frozen=True):
    reason: str
    text: str
    count: int


class ArmPreview(msgspec.Struct, frozen=True):
    """`share` is in per cent of all assigned people."""

    key: str
    name: str
    share: float
    count: int


class OwnMoments(msgspec.Struct, frozen=True):
    """The first and the last moment at which somebody's clock shows the time of the launch.

    For `late` people it is over already: they get the letter right after the launch.
    """

    first_at: datetime
    last_at: datetime
    late: int


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When the letters of a campaign would go, as far as can be told before the launch.

    `first_done_at`: when the first part will have been written to; `rest_at`: when the rule gives
    the rest its letter. `ends_at`: when the last letter leaves; null while nobody knows how fast
    letters leave here, and where the rest waits for somebody's choice. `quiet`: people whose clocks
    show quiet hours at the beginning, so that their letters wait. `is_cut`: the end comes after
    the latest moment, so that not everybody gets one.
    """

    begins_at: datetime
    first_done_at: datetime | None
    rest_at: datetime | None
    ends_at: datetime | None
    per_second: float | None
    quiet: int
    is_cut: bool


class AudienceView(msgspec.Struct, frozen=True):
    """Who would get the campaign now: `total` people are meant, `remaining` would be assigned.

    `missing`: segments of the audience that were deleted; without them nobody can be sure who is
    meant, so the campaign can't be launched. `first`: how many of them are written to first.
    `own`: when their own clocks show the time of the launch, null unless it goes by them.
    `limited`: how many of those who are meant to get a letter have used up by then what the
    frequency rules allow, as far as is known now; in a large audience about so many.
    """

    total: int
    missing: list[UUID]
    exclusions: list[Exclusion]
    skips: list[Skip]
    remaining: int
    arms: list[ArmPreview]
    took_ms: int
    first: int | None = None
    own: OwnMoments | None = None
    limited: int = 0
    timing: Timing | None = None


class ReportArm(msgspec.Struct, frozen=True):
    """One arm of a report; `share` is in ten-thousandths."""

    key: str
    name: str
    share: int
    is_control: bool


class CampaignReportSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a report has to know about a campaign.

    `assigned_from` is the moment the freezing began; actions count from a person's assignment for
    the window of each of the `goals`, of which the first is the main one. Absent before the launch.
    """

    id: UUID
    workspace_id: int
    name: str
    state: CampaignState
    source_kind: str
    arms: tuple[ReportArm, ...]
    goals: tuple[Goal, ...]
    launched_at: datetime | None
    finished_at: datetime | None
    in_parts: bool = False
    """It went to a part first."""


def arm_shares(
    variants: list[CampaignVariant], control_share: float
) -> tuple[list[int], int] | None:
    """Return the shares of variants and control in ten-thousandths, adding up to 10,000.

    The variants divide what the control group leaves by their weights. None if no weight is
    positive.
    """
    from otklik.experiments.public import WHOLE, divide_shares

    weights = [variant.share for variant in variants]
    if not weights or sum(weights) <= 0:
        return None
    control = round(control_share * WHOLE / 100)
    rest = WHOLE - control
    shares = divide_shares([weight / sum(weights) * rest for weight in weights] + [control])
    return shares[:-1], shares[-1]


def moved_too_far(confirmed: int, actual: int) -> bool:
    """Tell whether the audience differs from the confirmed number by more than a little."""
    return abs(confirmed - actual) > math.floor(max(confirmed, actual) * CONFIRM_TOLERANCE)


STATE_TEXTS: dict[CampaignState, Text] = {
    CampaignState.DRAFT: Text(en="a draft", ru="черновик"),
    CampaignState.SCHEDULED: Text(en="scheduled", ru="запланирована"),
    CampaignState.PREPARING: Text(en="being prepared", ru="готовится"),
    CampaignState.RUNNING: Text(en="running", ru="идёт"),
    CampaignState.PAUSED: Text(en="paused", ru="на паузе"),
    CampaignState.FINISHED: Text(en="finished", ru="завершена"),
    CampaignState.CANCELLED: Text(en="cancelled", ru="отменена"),
}


def arm_name(key: str, name: str, lang: Lang, *, is_control: bool) -> str:
    if is_control:
        return "Контрольная группа" if lang == "ru" else "Control group"
    if name:
        return name
    return f"Вариант {key}" if lang == "ru" else f"Variant {key}"
