"""The forecast of a mailing over HTTP; what the mailing is, the wiring tells."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, QueryParameter

from otklik.accounts.public import Permission, Who, requires
from otklik.analytics.forecast.forecast import Forecast, ForecastSpec, forecast
from otklik.runtime.public import Runtime
from otklik.runtime.web.providers import Now, Rt

PlanOf = Callable[[Runtime, int, UUID], Awaitable[ForecastSpec]]
"""(rt, workspace_id, campaign_id) → its audience, goal and rate; raises NotFound."""

PEOPLE_MAX = 1_000_000_000


def handlers(plan_of: PlanOf) -> list[Any]:
    """Return the route; `plan_of` comes from the slice that knows campaigns."""

    @get(
        "/campaigns/{campaign_id:uuid}/forecast",
        operation_id="campaign_forecast",
        tags=["Reports"],
        guards=[requires(Permission.VIEW)],
    )
    async def campaign_forecast(
        *,
        campaign_id: FromPath[UUID],
        rt: Rt,
        who: Who,
        now: Now,
        letters: Annotated[int, QueryParameter(ge=0, le=PEOPLE_MAX)],
        control: Annotated[int, QueryParameter(ge=0, le=PEOPLE_MAX)] = 0,
    ) -> Forecast:
        """What a mailing will bring, from what these people did with former ones.

        `letters`, `control`: how many people get one and how many are in the control group, as the
        audience of the mailing counts them.
        """
        plan = await plan_of(rt, who.workspace_id, campaign_id)
        plan = msgspec.structs.replace(plan, letters=letters, control=control)
        return await forecast(rt, plan, now=now)

    return [campaign_forecast]
