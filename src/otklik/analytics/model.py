"""What a report is asked for, and what it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from otklik.analytics.errors import NoSuchGoal, NoTargetAction
from otklik.kit.i18n import Text

Part: TypeAlias = Literal["first", "rest"]
"""A mailing that went to a part first has two; groups are compared in the first only, since the
rest was not divided between them by chance. Any other mailing is all `first`."""
Metric: TypeAlias = Literal["targets", "revenue_per_person", "opens", "clicks"]
Basis: TypeAlias = Literal["seen", "worth"]


class ArmSpec(msgspec.Struct, frozen=True):
    """One group as it was ordered; `share` is in ten-thousandths of all assigned people."""

    key: str
    name: str
    share: int
    is_control: bool = False


class GoalSpec(msgspec.Struct, frozen=True):
    """The target action: an event, within `window_hours` after a person's assignment.

    `filters` are conditions on the event's properties in the form of the segment language.
    `revenue_property` is the path of the property whose values are added up; a number, or a text
    that is nothing but a number.
    """

    event: str
    filters: list[dict[str, Any]] = []
    window_hours: int = 168
    revenue_property: str | None = None


class ReportSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a report has to know about a campaign.

    `source_kind` and `source_id` are those of its message facts. `as_of` is the moment that the
    report speaks of (aware). `timezone` divides the days of the time series.
    """

    workspace_id: int
    source_kind: str
    source_id: UUID
    name: str
    arms: tuple[ArmSpec, ...]
    goal: GoalSpec | None
    launched_at: datetime | None
    as_of: datetime
    goals: tuple[GoalSpec, ...] = ()
    timezone: str = "UTC"
    currency: str | None = None
    level: float = 0.95
    without_outliers: bool = False
    part: Part = "first"
    segment_id: UUID | None = None
    """Only people of this segment, as it was last recalculated."""
    in_parts: bool = False
    """It went to a part first: the control group is of both parts, the variants of the first."""
    repeated: bool = False
    """A person may have several of its messages. What best became of them counts, and the window
    of the target action begins with each of them. The only arm beside the control group is of all
    who get a letter, whichever."""
    sources: tuple[UUID, ...] = ()
    """The mailings whose messages are reported, when they are several: the runs of a series."""
    since: datetime | None = None
    until: datetime | None = None
    """Only messages that were assigned from `since` on and before `until`; both or none."""
    edition: str | None = None
    """Only messages with the letter of this variant."""

    def by(self, choice: GoalChoice) -> ReportSpec:
        """Return the same for another target action.

        Another event counts without the conditions on the mailing's own.
        Raises: NoTargetAction, NoSuchGoal.
        """
        goal = self.goal
        if choice.goal is not None:
            if choice.goal >= len(self.goals):
                raise NoSuchGoal(goal=choice.goal, count=len(self.goals))
            goal = self.goals[choice.goal]
        if choice.event is not None and (goal is None or goal.event != choice.event):
            window = GoalSpec("").window_hours if goal is None else goal.window_hours
            goal = GoalSpec(choice.event, window_hours=window)
        changes = {
            name: value
            for name in ("window_hours", "revenue_property")
            if (value := getattr(choice, name)) is not None
        }
        if goal is None and changes:
            raise NoTargetAction()
        if goal is not None:
            goal = msgspec.structs.replace(goal, **changes)
        return msgspec.structs.replace(
            self,
            goal=goal,
            without_outliers=choice.without_outliers,
            part=choice.part,
            segment_id=choice.segment_id,
        )

    @property
    def control(self) -> ArmSpec | None:
        return next((arm for arm in self.arms if arm.is_control), None)

    @property
    def variants(self) -> tuple[ArmSpec, ...]:
        return tuple(arm for arm in self.arms if not arm.is_control)


class GoalChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Another target action to look at a mailing by; None: as the mailing has it.

    `goal`: the place of one of the mailing's own, 0 is the main one.
    `without_outliers`: checks far above the mean don't count as revenue.
    `segment_id`: only people of this segment.
    """

    goal: int | None = None
    event: str | None = None
    window_hours: int | None = None
    revenue_property: str | None = None
    without_outliers: bool = False
    part: Part = "first"
    segment_id: UUID | None = None


class CampaignRef(msgspec.Struct, frozen=True):
    """`goal` is the one that the report is read by; `goals` all that the mailing has."""

    id: UUID
    name: str
    goal: GoalSpec | None
    launched_at: datetime | None
    currency: str | None
    goals: list[GoalSpec] = []


class ReportArm(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one group; every count is a count of people, but `target_events`.

    `assigned` people are in the group; `skipped` were kept back by the gate at the moment of
    sending. `sent`: the message was handed to a mail server; of these `delivered` were accepted
    and did not come back, `bounced` were refused for their address or came back, `failed` were
    refused for another reason. `in_doubt`: the fate is not known.
    `opened_machine` and `clicked_machine`: a machine did and no person was seen to.
    `targets` did the target action in their window, `target_events` times in all, for `revenue`.
    `rates`: delivered, bounced (of sent); opened, clicked, unsubscribed, complained (of
    delivered); click_to_open; targets (of assigned); revenue_per_person. A rate without a base is
    left out.
    """

    key: str
    name: str
    is_control: bool
    share: int
    assigned: int
    skipped: int
    sent: int
    delivered: int
    bounced: int
    failed: int
    in_doubt: int
    opened_person: int
    opened_machine: int
    clicked_person: int
    clicked_machine: int
    unsubscribed: int
    complained: int
    targets: int
    target_events: int
    revenue: float
    rates: dict[str, float]


Dimension: TypeAlias = Literal["trait", "domain", "device", "segment"]


class By(msgspec.Struct, frozen=True):
    """What people are told apart by: the value of `trait`, the domain of their address, the device
    they read on, or in which of some segments they are."""

    dimension: Dimension
    trait: str = ""
    segment_ids: tuple[UUID, ...] = ()


class ReportAlwaysValid(msgspec.Struct, frozen=True, kw_only=True):
    """The same comparison by a test that may be looked at at any time; for counts of people.

    `p_value` is adjusted for the number of comparisons. An end of the interval that is not known
    (yet) is null.
    """

    lift: float | None
    lift_interval: tuple[float, float | None]
    p_value: float
    significant: bool
    method: str


class ReportWithHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The same comparison of revenue, freed of what people differed in before (CUPED).

    `days` before the assignment were looked at; `narrower` is the share of the variance that this
    took away (0.2: as if there were a quarter more people). `p_value` is adjusted for the number
    of comparisons.
    """

    days: int
    narrower: float
    difference: float
    interval: tuple[float, float]
    lift: float | None
    lift_interval: tuple[float, float] | None
    p_value: float
    significant: bool
    method: str


class OutlierArm(msgspec.Struct, frozen=True):
    key: str
    checks: int
    revenue: float


class ReportOutliers(msgspec.Struct, frozen=True, kw_only=True):
    """Checks above `limit`, ten times the `mean` check of all groups together.

    `cut`: they were left out of revenue. The people stay in their groups, and their target action
    counts.
    """

    limit: float
    mean: float
    cut: bool
    arms: list[OutlierArm]


class ReportNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """How many people it takes to notice a `lift` with 80 % power, if that is the true one.

    `basis`: `seen` is the lift of this comparison so far, `worth` one of 10 %. `people` of the
    group and `against_people` of the other, as unequal as they are now and with the same correction
    for several comparisons; `times` as many as now. `control_share`: the least share of the control
    group, up to a half, that would do in one mailing to as many people; null when none would.
    """

    basis: Basis
    lift: float
    people: int
    against_people: int
    times: float
    control_share: float | None


class ReportComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One group held against another, among everybody assigned.

    `difference` of the shares (or of the revenue per person) and its `interval`, `lift` and
    `lift_interval` (0.12 is 12 % more; null when the other group stands at zero).
    `p_value` is adjusted for the number of comparisons of this metric, `p_value_raw` is not;
    `significant` follows the adjusted one. `power` is the chance that groups of this size show a
    lift of `power_lift`; `detectable_lift` is the lift that they show with 80 % power.
    `needed`: how many people it takes to know more, while it is not significant; what groups of
    this size show is left out.
    """

    arm: str
    against: str
    metric: Metric
    difference: float
    interval: tuple[float, float]
    lift: float | None
    lift_interval: tuple[float, float] | None
    p_value: float
    p_value_raw: float
    significant: bool
    power: float | None
    power_lift: float
    detectable_lift: float | None
    method: str
    always_valid: ReportAlwaysValid | None = None
    with_history: ReportWithHistory | None = None
    needed: list[ReportNeeded] = []


class ReportRatio(msgspec.Struct, frozen=True):
    """The check of group sizes: people per arm, as they are and as the shares would have them."""

    p_value: float
    ok: bool
    observed: dict[str, int]
    expected: dict[str, float]
    method: str


class ReportVerdict(msgspec.Struct, frozen=True):
    """`needed`: sentences of how many people it takes to know, where nothing was found."""

    code: str
    text: str
    needed: list[str] = []


class SeriesPoint(msgspec.Struct, frozen=True):
    """People of an arm who had done it for the first time by `at`; the last point is the total."""

    at: datetime
    arm: str
    targets: int
    opens: int
    clicks: int


class HourPoint(msgspec.Struct, frozen=True):
    """How many people of an arm did it for the first time in this hour of the day (0 to 23, by the
    workspace's clock), on all days together."""

    hour: int
    arm: str
    targets: int
    opens: int
    clicks: int


class LinkClicks(msgspec.Struct, frozen=True):
    """People who followed an address; `clicks_machine` were followed by machines only. `rest_…`: of
    those written to after a first part."""

    url: str
    clicks_person: int
    clicks_machine: int
    rest_person: int = 0
    rest_machine: int = 0


class SkipCount(msgspec.Struct, frozen=True):
    reason: str
    count: int


class LeavingCount(msgspec.Struct, frozen=True):
    """People who unsubscribed and gave this reason; `rest`: of those written to after a first part.

    reason: too_often, not_interesting, not_needed, never_asked or other.
    """

    reason: str
    count: int
    rest: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a campaign.

    `complete`: the window of the last assigned person is over. `window_ends_at` is null without a
    goal or before the launch. `skips`: people of the audience who were kept back before they were
    assigned, by reason. `crossed`: people whose merged profiles were in several arms.
    `messages`: of everybody who was assigned to a letter; more than people where a person may get
    several.
    `rest`: the figures of those who were written to after the first part, by the variant that they
    got; they are compared with nobody. `outliers` is null when no check stands out.
    `foreign_events`: target actions that are sales in another currency than the workspace's, which
    have no amount here. `leaving`: why
    readers unsubscribed, of those who said so.
    """

    campaign: CampaignRef
    as_of: datetime
    window_ends_at: datetime | None
    complete: bool
    arms: list[ReportArm]
    rest: list[ReportArm]
    comparisons: list[ReportComparison]
    sample_ratio: ReportRatio | None
    verdict: ReportVerdict
    series: list[SeriesPoint]
    hours: list[HourPoint]
    links: list[LinkClicks]
    skips: list[SkipCount]
    leaving: list[LeavingCount]
    crossed: int
    messages: int
    foreign_events: int = 0
    outliers: ReportOutliers | None = None


class ArmFigures(msgspec.Struct, frozen=True):
    """Raw figures of one arm, as the engine gives them; the order is that of the query.

    `checks`: target actions with an amount above zero. `revenue_squares`, `before_squares` and
    `before_products` are sums over people of the squares of revenue, of the revenue in the time
    before, and of the two multiplied. `foreign_events`: sales in another currency, whose amounts
    are in none of these.
    """

    assigned: int = 0
    crossed: int = 0
    skipped: int = 0
    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    failed: int = 0
    in_doubt: int = 0
    opened_person: int = 0
    opened_machine: int = 0
    clicked_person: int = 0
    clicked_machine: int = 0
    unsubscribed: int = 0
    complained: int = 0
    targets: int = 0
    target_events: int = 0
    revenue: float = 0.0
    revenue_squares: float = 0.0
    checks: int = 0
    checks_sum: float = 0.0
    largest_check: float = 0.0
    outliers: int = 0
    outlier_revenue: float = 0.0
    before: float = 0.0
    before_squares: float = 0.0
    before_products: float = 0.0
    foreign_events: int = 0


class Overview(msgspec.Struct, frozen=True):
    """Who was assigned at all: how many facts, the first and last moment, and who was not.

    `variants`: everything that anybody was assigned to, in order. `letters`: facts of those who are
    not in the control group.
    """

    assigned: int
    first_at: datetime | None
    last_at: datetime | None
    skips: list[SkipCount]
    variants: list[str] = []
    letters: int = 0


class Rise(msgspec.Struct, frozen=True):
    """People of an arm who did something for the first time in the hour that begins at `at`."""

    at: datetime
    arm: str
    targets: int
    opens: int
    clicks: int


ARM_COLUMNS: dict[str, Text] = {
    "key": Text(en="Group", ru="Группа"),
    "name": Text(en="Name", ru="Название"),
    "assigned": Text(en="People in the group", ru="Людей в группе"),
    "skipped": Text(en="Skipped", ru="Пропущено"),
    "sent": Text(en="Sent", ru="Отправлено"),
    "delivered": Text(en="Delivered", ru="Доставлено"),
    "bounced": Text(en="Bounced", ru="Возвраты"),
    "failed": Text(en="Failed", ru="Не отправлено"),
    "in_doubt": Text(en="Delivery unknown", ru="Доставка неизвестна"),
    "opened_person": Text(en="Opened by people", ru="Открыли люди"),
    "opened_machine": Text(en="Opened by machines only", ru="Открыли только машины"),
    "clicked_person": Text(en="Clicked by people", ru="Перешли люди"),
    "clicked_machine": Text(en="Clicked by machines only", ru="Перешли только машины"),
    "unsubscribed": Text(en="Unsubscribed", ru="Отписались"),
    "complained": Text(en="Complained", ru="Пожаловались"),
    "targets": Text(en="Did the target action", ru="Совершили целевое действие"),
    "target_events": Text(en="Target actions", ru="Целевых действий"),
    "revenue": Text(en="Revenue", ru="Выручка"),
}
METRIC_NAMES: dict[Metric, Text] = {
    "targets": Text(en="Did the target action", ru="Совершили целевое действие"),
    "revenue_per_person": Text(en="Revenue per person", ru="Выручка на человека"),
    "opens": Text(en="Opened by people", ru="Открыли люди"),
    "clicks": Text(en="Clicked by people", ru="Перешли люди"),
}
