"""What people of each variant did: asked of the reports, which stand beside campaigns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from otklik.campaigns.model import ArmResult
from otklik.runtime.public import Runtime

ResultsOf: TypeAlias = Callable[[Runtime, int, UUID, datetime], Awaitable[list[ArmResult]]]
_lookup: list[ResultsOf] = []


def use_results(lookup: ResultsOf) -> None:
    """Set the look-up; called once per process."""
    _lookup[:] = [lookup]


async def results(
    rt: Runtime, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> list[ArmResult]:
    """Return the results of the variants, without the control group, in the order of variants."""
    assert _lookup, "wiring tells where results come from"
    return await _lookup[0](rt, workspace_id, campaign_id, now)
