"""Structured logs on standard error; personal data and secrets never get there."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

_HIDDEN = ("password", "secret", "token", "authorization", "cookie", "email", "phone", "address")


def configure_logs(*, form: str = "console", level: str = "info") -> None:
    """Set up the log of the process once, at its start."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        # The pretty traceback shows local variables, and those hold personal data.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, without_values, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries speak through the standard log; only their warnings are of use to an operator.
    logging.basicConfig(stream=sys.stderr, level=max(number, logging.WARNING), force=True)


# What PostgreSQL adds to an error: the row that it refused, the line of a COPY, the parameter.
_ADDED = re.compile(r"(\n|\\n)(DETAIL|CONTEXT|HINT|WHERE):.*?(?=\n\S|\\n|$|['\"]\))", re.DOTALL)
_QUOTED = re.compile(
    r"(invalid input (?:syntax|value) for [^:\n]{1,80}: )[\"'].*?[\"'](?=\n|\\n|$|['\"])"
)


def without_values(_logger: Any, _method: str, event: Any) -> Any:
    """Take values of rows out of the texts of errors: they are what people have entered."""
    for key in ("error", "exception"):
        text = event.get(key)
        if isinstance(text, str):
            event[key] = _QUOTED.sub(r"\1(hidden)", _ADDED.sub("", text))
    return event


def _hide(_logger: Any, _method: str, event: Any) -> Any:
    for key in event:
        if key != "event" and any(word in key.lower() for word in _HIDDEN):
            event[key] = "(hidden)"
    return event


log: structlog.stdlib.BoundLogger = structlog.get_logger("otklik")
