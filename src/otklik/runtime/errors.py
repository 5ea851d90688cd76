"""Errors of the ground floor: engines that are away, signatures that do not match."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import OtklikError, Retry
from otklik.kit.i18n import Text


class EngineUnavailable(OtklikError):
    """An engine did not answer within the wait budget; nothing was accepted or lost."""

    code = "engine_unavailable"
    status = 503
    retry: ClassVar[Retry] = 2
    message = Text(
        en="{engine} does not answer; nothing was changed.",
        ru="{engine} не отвечает; ничего не изменено.",
    )
    hint = Text(
        en="Try again in a few seconds. If it goes on, run `otklik doctor`.",
        ru="Повторите через несколько секунд. Если не пройдёт, запустите `otklik doctor`.",
    )


class BadSignature(OtklikError):
    code = "bad_signature"
    status = 404
    message = Text(
        en="This link is damaged or was not made by this installation.",
        ru="Ссылка повреждена или создана не этой установкой.",
    )


class BadSettings(OtklikError):
    """A setting is unknown or has a value that is not allowed; the program does not start."""

    code = "bad_settings"
    status = 500
    message = Text(en="{what}", ru="{what}")
