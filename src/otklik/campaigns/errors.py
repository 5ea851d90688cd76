"""Errors of campaigns."""

from __future__ import annotations

from otklik.campaigns.model import STATE_TEXTS, CampaignState
from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError, Problem
from otklik.kit.i18n import Text


class CampaignNotFound(NotFound):
    code = "campaign_not_found"
    message = Text(en="The campaign was not found.", ru="Рассылка не найдена.")


class TemplateNotFound(NotFound):
    code = "campaign_template_not_found"
    message = Text(en="The template was not found.", ru="Шаблон не найден.")


class CampaignInvalid(Invalid):
    """A value of the campaign can't be; `problems` name the places."""

    code = "campaign_invalid"
    message = Text(
        en="The campaign has values that can't be used.",
        ru="В рассылке есть значения, которые нельзя использовать.",
    )


class CampaignChanged(Conflict):
    """Somebody else saved the campaign meanwhile."""

    code = "campaign_changed"
    message = Text(
        en="Somebody else has changed this campaign meanwhile.",
        ru="Рассылку за это время изменил кто-то ещё.",
    )
    hint = Text(
        en="Load it again and repeat your change.",
        ru="Загрузите её заново и повторите изменение.",
    )


class WrongCampaignState(Conflict):
    code = "wrong_campaign_state"
    message = Text(
        en="The campaign is {state_en}, so this can't be done now.",
        ru="Рассылка {state_ru}, поэтому сейчас это невозможно.",
    )

    def __init__(self, state: CampaignState) -> None:
        text = STATE_TEXTS[state]
        super().__init__(state=state.value, state_en=text.en, state_ru=text.ru)


class ApprovalOutdated(Conflict):
    """Nothing is asked for, or the draft was changed since."""

    code = "approval_outdated"
    message = Text(
        en="The campaign or its letters were changed since the approval was asked for.",
        ru="Рассылку или её письма изменили после того, как попросили согласования.",
    )
    hint = Text(en="Let it be asked for again.", ru="Пусть согласование запросят снова.")


class BadCalendarSpan(Invalid):
    code = "bad_calendar_span"
    message = Text(
        en="A calendar shows at most {days} days, and ends after it begins.",
        ru="Календарь показывает не больше {days} дней и кончается позже, чем начинается.",
    )


class OwnApproval(OtklikError):
    """Who asks can't answer."""

    code = "own_approval"
    status = 403
    message = Text(
        en="A campaign is approved by somebody else than who asked for it.",
        ru="Рассылку согласует не тот, кто об этом попросил.",
    )


class ApprovalByProgram(OtklikError):
    """The second one must be a person: a key says yes to whatever its program sends."""

    code = "approval_by_program"
    status = 403
    message = Text(
        en="A campaign is approved by a person, not with an API key.",
        ru="Рассылку согласует человек, а не ключ API.",
    )


class LaunchBlocked(Invalid):
    """Checks block the launch; `problems` are the blocking ones."""

    code = "launch_blocked"
    message = Text(
        en="The campaign can't be launched: some checks are not passed.",
        ru="Рассылку нельзя запустить: не пройдены проверки.",
    )

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems=problems)


class AudienceMoved(Conflict):
    """The audience is no longer as large as the launcher confirmed."""

    code = "audience_moved"
    message = Text(
        en="You confirmed {confirmed} people, but now there are {actual}.",
        ru="Вы подтвердили {confirmed} чел., а сейчас их {actual}.",
    )
    hint = Text(
        en="Look at the audience again and confirm the new number.",
        ru="Посмотрите аудиторию ещё раз и подтвердите новое число.",
    )


class LaunchFailed(OtklikError):
    """An ordered launch could not begin, for a reason that has no sentence of its own."""

    code = "launch_failed"
    message = Text(en="The launch failed: {detail}", ru="Запуск не удался: {detail}")
