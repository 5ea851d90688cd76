"""What can stand in the way of an assignment or of a comparison."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class UnableToAssign(OtklikError):
    """The shares of the arms or the salt cannot be used."""

    code = "unable_to_assign"
    status = 422
    message = Text(
        en="People cannot be divided into groups: {why_en}",
        ru="Людей не удаётся разделить на группы: {why_ru}",
    )


class UnableToCompare(OtklikError):
    """The groups cannot be compared by this method; the subclasses say why."""

    code = "unable_to_compare"
    status = 422
    message = Text(en="The groups cannot be compared.", ru="Группы нельзя сравнить.")


class EmptyArm(UnableToCompare):
    """A group has nobody in it, or too few people for a spread to exist."""

    code = "empty_arm"
    message = Text(
        en="A group of {users} is too small for this comparison: it needs at least {needed}.",
        ru="Размер группы — {users}, а для этого сравнения нужно хотя бы {needed}.",
    )


class ImpossibleCounts(UnableToCompare):
    """Figures that no real group can have: negative, not finite, more buyers than people."""

    code = "impossible_counts"
    message = Text(
        en="These figures contradict each other: {what}.",
        ru="Эти числа противоречат друг другу: {what}.",
    )


class NoSpread(UnableToCompare):
    """Every person of both groups has the same value, so chance cannot be told from effect."""

    code = "no_spread"
    message = Text(
        en="Everybody in the groups has the same value, so there is nothing to compare.",
        ru="У всех в группах одно и то же значение, сравнивать нечего.",
    )


class NoBaseline(UnableToCompare):
    """A lift is asked for, but the control group stands at zero."""

    code = "no_baseline"
    message = Text(
        en="The control group stands at zero, so a change in per cent has no meaning.",
        ru="В контрольной группе ноль, поэтому изменение в процентах не имеет смысла.",
    )


class UnknownMethod(UnableToCompare):
    """The method does not exist, or does not answer a question put this way."""

    code = "unknown_method"
    message = Text(
        en="The method {method} does not fit here. Allowed: {allowed}.",
        ru="Способ {method} здесь не подходит. Допустимы: {allowed}.",
    )


class OutOfRange(UnableToCompare):
    """A setting of the method lies outside the values that it can have."""

    code = "out_of_range"
    message = Text(
        en="{name} is {value}, but must be {allowed}.",
        ru="{name} = {value}, а допустимо: {allowed}.",
    )
