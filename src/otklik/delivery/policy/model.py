"""The rules of a workspace about when and how often people hear from it; pure.

A *mass* message comes from a campaign, a *triggered* one from anything else, a *service* message
is one that was marked so and that no rule of frequency or hours holds back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple
from uuid import UUID, uuid5

import msgspec
import numpy as np
from numpy.typing import NDArray

from otklik.experiments.public import WHOLE, assign, experiment_key
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text

DAYS_MAX = 60
"""The longest window of a limit; reservations are kept a little longer than that."""
KEPT_DAYS = DAYS_MAX + 9
"""A week of the calendar reaches six days back, and zones differ by two days at most."""
CONTROL_SHARE_MAX = 20.0
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
_GLOBAL = UUID("6f1d6f0e-2c0b-5b0e-9a54-2f2f6a6c1d11")
"""Namespace of the experiments "global control group of a period"."""


class FrequencyLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most `count` mass messages to a person.

    `per` "days": in any `days` calendar days in a row; "week": from Monday to Sunday. Days are
    those of the person's own zone.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=100)]
    per: Literal["days", "week"] = "days"
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = 1

    def since(self, day: int) -> int:
        """Return the first day (an ordinal number) that is counted together with `day`."""
        if self.per == "week":
            return day - (day - 1) % 7
        return day - self.days + 1


class QuietSpan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times of a day at which nothing is sent; `from_` after `until` means: over midnight.

    Each day is looked at by itself. From 22:00 until 09:00 on weekdays means that a weekday is
    quiet before 09:00 and from 22:00 on; what holds on Saturday morning, the weekend's span says.
    """

    from_: Annotated[str, msgspec.Meta(pattern=_CLOCK)] = msgspec.field(name="from")
    until: Annotated[str, msgspec.Meta(pattern=_CLOCK)]

    def end(self, wall: datetime) -> datetime | None:
        """Return when the quiet of this wall clock time ends on the same day, None if none is."""
        begins, ends = time.fromisoformat(self.from_), time.fromisoformat(self.until)
        now, midnight = wall.time(), datetime.combine(wall.date(), time())
        if begins < ends:
            return datetime.combine(wall.date(), ends) if begins <= now < ends else None
        if now < ends:
            return datetime.combine(wall.date(), ends)
        return midnight + timedelta(days=1) if now >= begins else None


class Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day on which nothing is sent: "MM-DD" is one of every year, "YYYY-MM-DD" of one year."""

    day: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-)?\d{2}-\d{2}$")]
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""

    def exists(self) -> bool:
        """Tell whether the calendar has such a day; 29 February is one of leap years."""
        try:
            date.fromisoformat(self.day if len(self.day) > 5 else f"2024-{self.day}")
        except ValueError:
            return False
        return True


class GlobalControl(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People who get nothing but service messages.

    `share` is in per cent of all people. `renew_months` 0 means that the group stays for ever;
    else a new one is drawn every so many months, counted from January of year 0, so that three
    months are the quarters of the calendar.
    """

    share: Annotated[float, msgspec.Meta(ge=0, le=CONTROL_SHARE_MAX)] = 0.0
    renew_months: Annotated[int, msgspec.Meta(ge=0, le=36)] = 0

    def period(self, local: datetime) -> int:
        """Return the number of the period; `local` is a time in the workspace's zone."""
        if not self.renew_months:
            return 0
        return (local.year * 12 + local.month - 1) // self.renew_months

    def holds(self, ids: NDArray[np.int64], *, salt: bytes, local: datetime) -> NDArray[np.bool_]:
        """Tell who of the people is in the group of this time; one pass of numpy."""
        share = self.whole_share
        if not share:
            return np.zeros(len(ids), dtype=np.bool_)
        arms = assign(
            ids.astype(np.uint64),
            salt=salt,
            experiment=self._experiment(local),
            shares=[share, WHOLE - share],
        )
        return np.asarray(arms == 0)

    @property
    def whole_share(self) -> int:
        """The share in ten-thousandths."""
        return round(self.share * WHOLE / 100)

    def key(self, salt: bytes, local: datetime) -> bytes:
        """Return the key of the hash that tells who is in the group of this time."""
        return experiment_key(salt, self._experiment(local))

    def next_period(self, local: datetime) -> datetime | None:
        """Return when the next group is drawn, in the zone of `local`; None: never."""
        if not self.renew_months:
            return None
        month = (self.period(local) + 1) * self.renew_months
        return datetime(month // 12, month % 12 + 1, 1, tzinfo=local.tzinfo)

    def _experiment(self, local: datetime) -> UUID:
        return uuid5(_GLOBAL, str(self.period(local)))


class SendingPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a workspace wants; without anything nothing is held back.

    `mass_apart_from_triggered`: nobody gets a mass and a triggered message on one calendar day.
    `service_without_consent`: service messages need no consent to advertising.
    `approval_required`: a campaign is launched by somebody else than who asks for it.
    """

    limits: Annotated[list[FrequencyLimit], msgspec.Meta(max_length=5)] = []
    mass_apart_from_triggered: bool = False
    quiet_weekdays: QuietSpan | None = None
    quiet_weekends: QuietSpan | None = None
    holidays: Annotated[list[Holiday], msgspec.Meta(max_length=200)] = []
    global_control: GlobalControl = GlobalControl()
    service_without_consent: bool = False
    approval_required: bool = False

    @property
    def counts(self) -> bool:
        """Tell whether messages have to be counted per person."""
        return bool(self.limits) or self.mass_apart_from_triggered

    @property
    def has_hours(self) -> bool:
        """Tell whether there are times at which nothing is sent."""
        return bool(self.holidays or self.quiet_weekdays or self.quiet_weekends)

    def problems(self) -> list[Problem]:
        """Return what can't be, by field."""
        found = []
        for name, span in (
            ("quiet_weekdays", self.quiet_weekdays),
            ("quiet_weekends", self.quiet_weekends),
        ):
            if span is not None and span.from_ == span.until:
                found.append(Problem(name, _WHOLE_DAY, code="quiet_all_day"))
        for number, holiday in enumerate(self.holidays):
            if not holiday.exists():
                found.append(Problem(f"holidays.{number}.day", _NO_SUCH_DAY, code="no_such_day"))
        if sum(len(one.day) == 5 for one in self.holidays) > _YEARLY_MAX:
            found.append(Problem("holidays", _NO_DAY_LEFT, code="too_many_holidays"))
        return found


NO_POLICY = SendingPolicy()
_YEARLY_MAX = 120
_WHOLE_DAY = Text(
    en="The begin and the end are the same: nothing could ever be sent.",
    ru="Начало и конец совпадают: отправить ничего не получится.",
)
_NO_SUCH_DAY = Text(en="There is no such day.", ru="Такого дня нет.")
_NO_DAY_LEFT = Text(
    en="At most 120 days of every year can be holidays.",
    ru="Ежегодных праздников может быть не больше 120.",
)


class Mark(NamedTuple):
    """One message of a person in the ledger. `day` is the ordinal number of the person's day."""

    day: int
    mass: bool
    message_id: int


class Allowance(StrEnum):
    """What the frequency rules say about one more message."""

    FREE = "free"
    USED_UP = "used_up"
    OTHERS_FIRST = "others_first"
    """More important mailings have messages waiting that would use the rest up."""
    ANOTHER_DAY = "another_day"
    """A triggered message on a day that has a mass one: it goes on the next day."""


def allowance(
    policy: SendingPolicy,
    marks: Iterable[Mark],
    *,
    day: int,
    mass: bool,
    message_id: int,
    held: int = 0,
) -> Allowance:
    """Say whether a message may go on a day of the person; its own earlier mark does not count.

    `held`: how many messages of more important mailings wait for the same person. Days ahead of
    `day` are counted too: a person whose zone moved westward lives through one of them again.
    """
    others = [mark for mark in marks if mark.message_id != message_id]
    if policy.mass_apart_from_triggered and any(
        mark.day == day and mark.mass != mass for mark in others
    ):
        return Allowance.USED_UP if mass else Allowance.ANOTHER_DAY
    if not mass:
        return Allowance.FREE
    room = min(
        (
            limit.count - sum(mark.mass and mark.day >= limit.since(day) for mark in others)
            for limit in policy.limits
        ),
        default=None,
    )
    if room is None or room > held:
        return Allowance.FREE
    return Allowance.USED_UP if room <= 0 else Allowance.OTHERS_FIRST


def day_of(moment: datetime) -> int:
    """Return the ordinal number of the calendar day of a local time."""
    return moment.date().toordinal()


def ready_holidays() -> list[tuple[str, Text]]:
    """Return the public holidays of Russia by fixed dates (Labour Code, article 112)."""
    new_year = Text(en="New Year holidays", ru="Новогодние каникулы")
    days = [(f"01-{day:02d}", new_year) for day in (1, 2, 3, 4, 5, 6, 8)]
    days.insert(6, ("01-07", Text(en="Christmas", ru="Рождество Христово")))
    return [
        *days,
        ("02-23", Text(en="Defender of the Fatherland Day", ru="День защитника Отечества")),
        ("03-08", Text(en="International Women's Day", ru="Международный женский день")),
        ("05-01", Text(en="Spring and Labour Day", ru="Праздник Весны и Труда")),
        ("05-09", Text(en="Victory Day", ru="День Победы")),
        ("06-12", Text(en="Russia Day", ru="День России")),
        ("11-04", Text(en="National Unity Day", ru="День народного единства")),
    ]


def is_holiday(policy: SendingPolicy, day: date) -> bool:
    whole = day.isoformat()
    return any(one.day in (whole, whole[5:]) for one in policy.holidays)
