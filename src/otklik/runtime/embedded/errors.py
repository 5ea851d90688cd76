"""What can go wrong with an engine, said so that a human can act on it."""

from __future__ import annotations

from typing import ClassVar

from otklik.kit.errors import OtklikError, Retry
from otklik.kit.i18n import Text


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
