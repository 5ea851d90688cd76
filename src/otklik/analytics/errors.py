"""Errors of analytics."""

from __future__ import annotations

from otklik.kit.errors import Invalid, NotFound
from otklik.kit.i18n import Text


class NoTargetAction(Invalid):
    """A window or a revenue was asked for, but there is no target action that they belong to."""

    code = "no_target_action"
    message = Text(
        en="The mailing has no target action, so the report needs one.",
        ru="У рассылки нет целевого действия, поэтому его нужно указать для отчёта.",
    )
    hint = Text(en="Name an event in “event”.", ru="Укажите событие в параметре «event».")


class NoSuchGoal(Invalid):
    """A target action was asked for by a place that the mailing does not have."""

    code = "no_such_goal"
    message = Text(
        en="The mailing has {count} target actions; number {goal} (from 0) is none of them.",
        ru="Целевых действий у рассылки: {count}; номера {goal} (считая с 0) среди них нет.",
    )


class NothingToTellApart(Invalid):
    """A report by a trait or by segments was asked for, without saying which."""

    code = "nothing_to_tell_apart"
    message = Text(
        en="A report by {dimension} needs to know which: none is named.",
        ru="Для отчёта по «{dimension}» нужно указать, по чему именно: ничего не указано.",
    )
    hint = Text(
        en="Name it in “trait”, or the segments in “segment_id”.",
        ru="Укажите свойство в «trait» или сегменты в «segment_id».",
    )


class BadPeriod(Invalid):
    """A period that ends before it begins, is longer than can be shown, or too far away."""

    code = "bad_period"
    message = Text(
        en="The period from {since} to {until} ends before it begins, is over {days} days, or lies"
        " outside the years {first} to {last}.",
        ru="Период с {since} по {until} кончается раньше начала, длиннее {days} дней или выходит"
        " за {first}–{last} годы.",
    )


class NoSuchGroup(NotFound):
    """A global control group was asked for that never was in force."""

    code = "no_such_control_group"
    message = Text(
        en="There was no global control group since that moment.",
        ru="С этого момента глобальной контрольной группы не было.",
    )
