"""Errors of computed traits."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError, Retry
from otklik.kit.i18n import Text


class ComputedTraitNotFound(NotFound):
    code = "computed_trait_not_found"
    message = Text(en="The computed trait was not found.", ru="Вычисляемое свойство не найдено.")


class ComputedTraitInvalid(Invalid):
    """Name or definition can't be; `problems` name the places by JSON path."""

    code = "computed_trait_invalid"
    message = Text(
        en="The computed trait has values that can't be used.",
        ru="В вычисляемом свойстве есть значения, которые нельзя использовать.",
    )


class ComputedTraitInUse(Conflict):
    code = "computed_trait_in_use"
    message = Text(
        en="The computed trait is in use: {users}.",
        ru="Вычисляемое свойство используется: {users}.",
    )
    hint = Text(en="Take it out there first.", ru="Сначала уберите его оттуда.")


class ComputedTraitBusy(Conflict):
    code = "computed_trait_busy"
    retry: ClassVar[Retry] = 5
    message = Text(
        en="The computed trait is being recomputed at this moment.",
        ru="Вычисляемое свойство прямо сейчас пересчитывается.",
    )


class ComputationTooHeavy(OtklikError):
    """The engine gave up on a computation within the limits of time and memory."""

    code = "computation_too_heavy"
    status = 422
    message = Text(
        en="The values could not be computed within {limit_s} seconds.",
        ru="Значения не удалось вычислить за {limit_s} с.",
    )
    hint = Text(
        en="Shorten the period or add filters. Saved, it is given more time.",
        ru="Сократите период или добавьте условия. После сохранения времени отводится больше.",
    )
