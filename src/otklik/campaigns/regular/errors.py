"""Errors of regular mailings."""

from __future__ import annotations

from otklik.campaigns.regular.model import RegularState
from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError, Problem
from otklik.kit.i18n import Text

STATE_TEXTS: dict[RegularState, Text] = {
    RegularState.DRAFT: Text(en="a draft", ru="черновик"),
    RegularState.ACTIVE: Text(en="active", ru="идёт"),
    RegularState.PAUSED: Text(en="paused", ru="на паузе"),
    RegularState.FINISHED: Text(en="finished", ru="завершена"),
}


class RegularNotFound(NotFound):
    code = "regular_not_found"
    message = Text(en="The regular mailing was not found.", ru="Регулярная рассылка не найдена.")


class RegularChanged(Conflict):
    """Somebody else saved it meanwhile."""

    code = "regular_changed"
    message = Text(
        en="Somebody else has changed this regular mailing meanwhile.",
        ru="Регулярную рассылку за это время изменил кто-то ещё.",
    )
    hint = Text(
        en="Load it again and repeat your change.",
        ru="Загрузите её заново и повторите изменение.",
    )


class WrongRegularState(Conflict):
    code = "wrong_regular_state"
    message = Text(
        en="The regular mailing is {state_en}, so this can't be done now.",
        ru="Регулярная рассылка {state_ru}, поэтому сейчас это невозможно.",
    )

    def __init__(self, state: RegularState) -> None:
        text = STATE_TEXTS[state]
        super().__init__(state=state.value, state_en=text.en, state_ru=text.ru)


class NoMomentLeft(Invalid):
    code = "regular_no_moment"
    message = Text(
        en="The plan has no moment in the future.", ru="В плане нет ни одного будущего момента."
    )
    hint = Text(
        en="Choose days, or a later last day.", ru="Выберите дни или более позднюю дату окончания."
    )


class RegularBlocked(Invalid):
    """Checks block the start; `problems` are the blocking ones."""

    code = "regular_blocked"
    message = Text(
        en="The regular mailing can't be started: some checks are not passed.",
        ru="Регулярную рассылку нельзя запустить: не пройдены проверки.",
    )

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems=problems)


class RegularApprovalOutdated(Conflict):
    """Nothing is asked for, or letter or audience were changed since."""

    code = "regular_approval_outdated"
    message = Text(
        en="The letter or the audience was changed since the approval was asked for.",
        ru="Письмо или аудиторию изменили после того, как попросили согласования.",
    )
    hint = Text(en="Let it be asked for again.", ru="Пусть согласование запросят снова.")


class RegularHasNoLetter(Invalid):
    code = "regular_no_letter"
    message = Text(en="No letter is chosen.", ru="Письмо не выбрано.")


class RunLost(OtklikError):
    """A run could not be made for a reason that has no sentence of its own."""

    code = "regular_run_lost"
    message = Text(
        en="Something inside Otklik failed; the log says more.",
        ru="Сбой внутри Otklik, подробности в журнале программы.",
    )
