"""Asking ClickHouse: limits on what one computation may cost, and its refusals as our errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otklik.computed.errors import ComputationTooHeavy
from otklik.runtime.public import ClickHouseError, Runtime

PREVIEW_S = 10
"""A person waits for it."""
RUN_S = 600
# TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES
_GAVE_UP = frozenset({159, 160, 241, 307})


def limits(limit_s: int) -> dict[str, Any]:
    return {
        "max_execution_time": limit_s,
        "timeout_before_checking_execution_speed": 0,
        # Grouping by person goes to disk instead of failing when memory is short.
        "max_bytes_before_external_group_by": 300_000_000,
    }


async def ask(
    rt: Runtime, sql: str, parameters: Mapping[str, Any], *, limit_s: int
) -> list[tuple[Any, ...]]:
    """Run a query. Raises: ComputationTooHeavy, EngineUnavailable."""
    try:
        return await rt.ch.query(sql, parameters, limits(limit_s))
    except ClickHouseError as error:
        raise _explained(error, limit_s) from error


async def store(rt: Runtime, sql: str, parameters: Mapping[str, Any], *, limit_s: int) -> None:
    """Run an INSERT … SELECT. Raises: ComputationTooHeavy, EngineUnavailable."""
    try:
        await rt.ch.command(sql, parameters, limits(limit_s))
    except ClickHouseError as error:
        raise _explained(error, limit_s) from error


def _explained(error: ClickHouseError, limit_s: int) -> Exception:
    return ComputationTooHeavy(limit_s=limit_s) if error.number in _GAVE_UP else error
