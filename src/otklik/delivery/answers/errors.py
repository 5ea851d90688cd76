"""Errors of answers."""

from __future__ import annotations

from otklik.kit.errors import NotFound, OtklikError
from otklik.kit.i18n import Text


class NothingToAnswer(NotFound):
    """The letter has no such form, or is no longer kept, or its reader is gone."""

    code = "nothing_to_answer"
    message = Text(
        en="There is nothing to answer here any more.", ru="Отвечать здесь уже не на что."
    )


class AnswerIncomplete(OtklikError):
    code = "answer_incomplete"
    status = 400
    message = Text(en="{what}", ru="{what_ru}")


class TooManyAnswers(OtklikError):
    code = "too_many_answers"
    status = 429
    message = Text(
        en="Too many answers in a row. Please try in a minute.",
        ru="Слишком много ответов подряд. Попробуйте через минуту.",
    )
