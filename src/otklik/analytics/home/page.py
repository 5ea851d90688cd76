"""The start page, put together."""

from __future__ import annotations

from datetime import datetime

from otklik.accounts.public import get_workspace
from otklik.analytics.home.attention import attention
from otklik.analytics.home.model import ChecklistStep, Figures, Home, Pulse, State, Totals
from otklik.analytics.home.queries import read_figures, read_state
from otklik.analytics.home.reports import reported
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


async def home(rt: Runtime, *, workspace_id: int, now: datetime, lang: Lang) -> Home:
    """Return what the start page of a workspace shows at `now`, its sentences in `lang`.

    Raises: EngineUnavailable, ClickHouseError.
    """
    async with rt.db.begin() as tx:
        workspace = await get_workspace(tx, workspace_id=workspace_id)
        state = await read_state(
            tx,
            workspace_id=workspace_id,
            now=now,
            development=rt.settings.development,
            lang=lang,
        )
        more = await reported(tx, workspace_id=workspace_id, now=now, lang=lang)
    # PostgreSQL's transaction is over before ClickHouse is asked: none is held open meanwhile.
    figures = await read_figures(rt, workspace=workspace, now=now)
    return Home(
        attention=attention(state, more, now=now, lang=lang),
        checklist=checklist(state, figures),
        pulse=Pulse(figures.days),
        totals=Totals(
            profiles=figures.profiles,
            known=figures.known,
            events_30d=figures.events_30d,
            segments=state.segments,
            campaigns=state.campaigns,
        ),
    )


def checklist(state: State, figures: Figures) -> list[ChecklistStep]:
    """Return the way to the first mailing; a step is done when its thing is there."""
    return [
        ChecklistStep("data", figures.has_events or state.has_import, "/imports/new"),
        ChecklistStep("segment", state.segments > 0, "/segments/new"),
        ChecklistStep("letter", state.has_letter, "/letters"),
        ChecklistStep("sender", state.senders > 0, "/settings/senders"),
        ChecklistStep("mailing", figures.has_sent, "/mailings"),
    ]
