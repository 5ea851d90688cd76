"""Errors of standing mailings."""

from __future__ import annotations

from otklik.kit.errors import NotFound, OtklikError
from otklik.kit.i18n import Text


class RequestNotFound(NotFound):
    code = "message_request_not_found"
    message = Text(en="There is no such message.", ru="Такого сообщения нет.")


class DataTooBig(OtklikError):
    code = "message_data_too_big"
    status = 400
    message = Text(
        en="The data of the message has {size} bytes as JSON; {limit} are allowed.",
        ru="Данные сообщения занимают {size} байт в JSON, а можно {limit}.",
    )
    hint = Text(
        en="Send what the letter shows; a long text belongs into the letter or behind a link.",
        ru="Передавайте только то, что показано в письме; длинный текст поместите в само письмо "
        "или дайте на него ссылку.",
    )
