"""What can go wrong with an engine, said so that a human can act on it."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import OtklikError, Retry
from otklik.kit.i18n import Text


class EngineUnavailable(OtklikError):
    """An engine does not answer: it is being restarted, or it cannot be started."""

    code = "engine_unavailable"
    status = 503
    retry: ClassVar[Retry] = 5
    message = Text(
        en="The database engine {engine} does not answer: {reason}",
        ru="Движок базы данных {engine} не отвечает: {reason}",
    )
    hint = Text(
        en="It is restarted by itself; repeat in a few seconds. If it stays so, run `otklik doctor`.",
        ru="Он перезапускается сам; повторите через несколько секунд. "
        "Если не поможет, выполните `otklik doctor`.",
    )


class UnableToStartEngine(OtklikError):
    """An embedded engine cannot be started, and trying again would not help."""

    code = "unable_to_start_engine"
    status = 503
    retry: ClassVar[Retry] = "never"
    message = Text(
        en="The embedded engine {engine} cannot be started: {reason}",
        ru="Встроенный движок {engine} не запускается: {reason}",
    )
    hint = Text(en="{advice}", ru="{advice}")
