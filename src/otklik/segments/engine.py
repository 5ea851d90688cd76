"""Asking ClickHouse: limits on what one definition may cost, and its refusals as our errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from otklik.rules.compile import Compiled, Compiler
from otklik.rules.moments import Frame
from otklik.rules.plan import Plan
from otklik.runtime.public import CURRENT_PROFILE, ClickHouseError, Runtime
from otklik.segments.errors import DefinitionTooHeavy

if TYPE_CHECKING:
    import pyarrow as pa

PREVIEW_S = 10
"""A person waits for it."""
REFRESH_S = 300
# TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS_OR_BYTES
_GAVE_UP = frozenset({159, 160, 241, 307})


def compiler(
    plan: Plan, frame: Frame, *, workspace_id: int, stored: Mapping[str, str] | None = None
) -> Compiler:
    return Compiler(
        plan, frame, workspace_id=workspace_id, current_profile=CURRENT_PROFILE, stored=stored
    )


def limits(limit_s: int) -> dict[str, Any]:
    return {
        "max_execution_time": limit_s,
        "timeout_before_checking_execution_speed": 0,
        # Grouping by person goes to disk instead of failing when memory is short.
        "max_bytes_before_external_group_by": 300_000_000,
    }


async def ask(rt: Runtime, query: Compiled, *, limit_s: int) -> list[tuple[Any, ...]]:
    """Run a compiled query. Raises: DefinitionTooHeavy, EngineUnavailable."""
    try:
        return await rt.ch.query(query.sql, query.parameters, limits(limit_s))
    except ClickHouseError as error:
        raise _explained(error, limit_s) from error


async def ask_arrow(rt: Runtime, query: Compiled, *, limit_s: int) -> pa.Table:
    """Run a compiled query with a large result. Raises: DefinitionTooHeavy, EngineUnavailable."""
    try:
        return await rt.ch.query_arrow(query.sql, query.parameters, limits(limit_s))
    except ClickHouseError as error:
        raise _explained(error, limit_s) from error


async def store(rt: Runtime, sql: str, parameters: Mapping[str, Any], *, limit_s: int) -> None:
    """Run an INSERT … SELECT. Raises: DefinitionTooHeavy, EngineUnavailable."""
    try:
        await rt.ch.command(sql, parameters, limits(limit_s))
    except ClickHouseError as error:
        raise _explained(error, limit_s) from error


def _explained(error: ClickHouseError, limit_s: int) -> Exception:
    return DefinitionTooHeavy(limit_s=limit_s) if error.number in _GAVE_UP else error
