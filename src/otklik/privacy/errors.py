"""What can go wrong with consents in a way that a caller can act on."""

from __future__ import annotations

from otklik.kit.errors import Conflict, NotFound, OtklikError
from otklik.kit.i18n import Text


class TopicNotFound(NotFound):
    code = "topic_not_found"
    message = Text(en="The topic was not found.", ru="Тема не найдена.")


class TopicExists(Conflict):
    code = "topic_exists"
    message = Text(
        en="There is a topic “{name}” already.",
        ru="Тема «{name}» уже есть.",
    )


class TopicNested(Conflict):
    code = "topic_nested_too_deep"
    message = Text(
        en="A topic has subtopics, and those have none.",
        ru="У темы бывают подтемы, а у подтем — нет.",
    )


class TextNotFound(NotFound):
    code = "consent_text_not_found"
    message = Text(en="The text of the consent was not found.", ru="Текст согласия не найден.")


class SuppressionNotFound(NotFound):
    code = "suppression_not_found"
    message = Text(
        en="The address is not on the stop list.",
        ru="Этого адреса нет в стоп-листе.",
    )


class UnknownChannel(OtklikError):
    code = "unknown_channel"
    status = 422
    message = Text(
        en="There is no channel “{channel}”; the channels are: {channels}.",
        ru="Канала «{channel}» нет; каналы: {channels}.",
    )
