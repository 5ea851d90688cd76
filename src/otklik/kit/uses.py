"""Whether something is still needed by what uses it."""

from __future__ import annotations

from enum import StrEnum


class UseState(StrEnum):
    """What a user still does with a thing: will read it, reads it now, or is over.

    What is over needs the thing no more, and must not keep it from being deleted.
    """

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
