"""What can go wrong with a letter, said to its author."""

from __future__ import annotations

from collections.abc import Sequence

from otklik.content.model import LetterProblem
from otklik.kit.errors import Conflict, Invalid, NotFound, OtklikError, Problem
from otklik.kit.i18n import Text


class LetterNotFound(NotFound):
    code = "letter_not_found"
    message = Text(en="The letter was not found.", ru="Письмо не найдено.")


class LetterChanged(Conflict):
    """Somebody else, or another window, saved the letter meanwhile."""

    code = "letter_changed"
    message = Text(
        en="The letter was changed meanwhile in another window or by a colleague.",
        ru="Письмо за это время изменили в другом окне или это сделал коллега.",
    )
    hint = Text(
        en="Load it again and repeat your change.",
        ru="Загрузите его заново и повторите изменение.",
    )


class LetterInUse(Conflict):
    code = "letter_in_use"
    message = Text(
        en="The letter is used in: {used_by}.",
        ru="Письмо используется: {used_by}.",
    )
    hint = Text(
        en="Choose another letter there first.",
        ru="Сначала выберите там другое письмо.",
    )


class LetterBroken(Invalid):
    """The source can't become a letter; `letter_problems` names every place."""

    code = "letter_broken"
    message = Text(
        en="The letter has errors: it can't be sent until they are corrected.",
        ru="В письме есть ошибки: пока они не исправлены, отправить его нельзя.",
    )

    def __init__(self, letter_problems: Sequence[LetterProblem]) -> None:
        self.letter_problems = list(letter_problems)
        super().__init__(problems=[_as_problem(p) for p in letter_problems])


class CannotConvert(Conflict):
    code = "cannot_convert"
    message = Text(
        en="A letter of the kind “{kind}” can't become “{into}”.",
        ru="Письмо вида «{kind}» нельзя перевести в «{into}».",
    )


class BrandKitBroken(Invalid):
    code = "brand_kit_broken"
    message = Text(
        en="The brand kit has errors in it.",
        ru="В фирменном стиле есть ошибки.",
    )


class SavedBlockNotFound(NotFound):
    code = "saved_block_not_found"
    message = Text(en="The saved block was not found.", ru="Сохранённый блок не найден.")


class SavedBlockInUse(Conflict):
    code = "saved_block_in_use"
    message = Text(
        en="The saved block stands in letters: {count}.",
        ru="Сохранённый блок стоит в письмах, их количество: {count}.",
    )
    hint = Text(en="Take it out of them first.", ru="Сначала уберите его из них.")


class SavedBlockNested(Invalid):
    code = "saved_block_nested"
    message = Text(
        en="A saved block can't contain another saved block.",
        ru="Внутри сохранённого блока не может быть другого сохранённого блока.",
    )


class MediaNotFound(NotFound):
    code = "media_not_found"
    message = Text(en="The picture was not found.", ru="Картинка не найдена.")


class MediaInUse(Conflict):
    code = "media_in_use"
    message = Text(en="The picture is used in: {used_by}.", ru="Картинка используется: {used_by}.")
    hint = Text(en="Put another picture there first.", ru="Сначала поставьте туда другую картинку.")


class BadPicture(OtklikError):
    """The upload is no picture that letters can show."""

    code = "bad_picture"
    status = 422
    message = Text(en="{reason}", ru="{reason_ru}")


class MediaFull(Conflict):
    code = "media_full"
    message = Text(
        en="The library is full: {limit} MB.",
        ru="Библиотека заполнена: {limit} МБ.",
    )
    hint = Text(
        en="Delete pictures that no letter has.", ru="Удалите картинки, которых нет в письмах."
    )


class RenderFailed(OtklikError):
    """The letter could not be made for one person: a limit was reached or a value did not fit.

    `problem` says where (part and line of the author's source) and why.
    """

    code = "render_failed"
    status = 422
    message = Text(en="{reason}", ru="{reason_ru}")

    def __init__(self, problem: LetterProblem) -> None:
        self.problem = problem
        super().__init__(reason=problem.message("en"), reason_ru=problem.message("ru"))


class TrialImpossible(OtklikError):
    code = "trial_impossible"
    status = 409
    message = Text(
        en="A test letter can't be sent: {reason}",
        ru="Пробное письмо отправить нельзя: {reason_ru}",
    )


def _as_problem(problem: LetterProblem) -> Problem:
    return Problem(
        problem.part,
        Text(en=problem.message("en"), ru=problem.message("ru")),
        code=problem.code,
        line=problem.line,
    )
