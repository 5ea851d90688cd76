"""What the controllers of segments share."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response
from litestar.params import Parameter

from otklik.accounts.public import Principal, write_audit
from otklik.rules.parse import too_deep
from otklik.runtime.public import EngineUnavailable, Runtime, Tx
from otklik.runtime.web.problems import on_otklik_error
from otklik.segments.engine import PREVIEW_S
from otklik.segments.errors import DefinitionTooHeavy, SegmentBusy
from otklik.segments.model import RunReason
from otklik.segments.operations.refresh import refresh_segment

Limit = Annotated[int, Parameter(ge=1, le=200)]


def on_endless_nesting(request: Request[Any, Any, Any], _: RecursionError) -> Response[bytes]:
    """The body is nested so deep that it could not even be decoded."""
    return on_otklik_error(request, too_deep())


async def refresh_soon(
    *, rt: Runtime, tx: Tx, who: Principal, segment_id: UUID, reason: RunReason, now: datetime
) -> None:
    """Count now, so that the answer has the figure; what takes too long goes on in background."""
    try:
        await refresh_segment(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            reason=reason,
            now=now,
            limit_s=PREVIEW_S,
        )
    except (DefinitionTooHeavy, EngineUnavailable, SegmentBusy):
        await rt.jobs.defer(
            tx,
            "segments.refresh",
            args={
                "workspace_id": who.workspace_id,
                "segment_id": str(segment_id),
                "reason": reason.value,
            },
            single=f"segment:{segment_id}",
        )


async def note(tx: Tx, who: Principal, action: str, segment_id: UUID, now: datetime) -> None:
    await write_audit(
        tx, who=who, action=action, object_kind="segment", object_id=segment_id, now=now
    )
