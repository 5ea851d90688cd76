"""Errors of privacy."""

from __future__ import annotations

from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Text


class TopicNotFound(OtklikError):
    code = "topic_not_found"
    status = 404
    message = Text(en="There is no such topic.", ru="Такой темы нет.")


class TextNotFound(OtklikError):
    code = "consent_text_not_found"
    status = 404
    message = Text(en="There is no such consent text.", ru="Такого текста согласия нет.")


class SuppressionNotFound(OtklikError):
    code = "suppression_not_found"
    status = 404
    message = Text(en="This address is not on the stop list.", ru="Этого адреса нет в стоп-листе.")


class UnknownChannel(OtklikError):
    code = "unknown_channel"
    status = 422
    message = Text(
        en="{channel} is not a channel. Known: {known}.",
        ru="{channel} — не канал. Известны: {known}.",
    )


class TopicTooDeep(OtklikError):
    code = "topic_too_deep"
    status = 422
    message = Text(
        en="A subtopic can't have subtopics of its own.",
        ru="У подтемы не может быть своих подтем.",
    )


class TopicTaken(OtklikError):
    code = "topic_taken"
    status = 409
    message = Text(en="There is a topic called “{name}” already.", ru="Тема «{name}» уже есть.")
