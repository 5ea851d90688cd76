"""The runs of a regular mailing added up, from what became of their campaigns."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

import msgspec

from otklik.campaigns.model import Counts
from otklik.campaigns.regular.model import RegularRunState
from otklik.campaigns.regular.queries import list_runs
from otklik.campaigns.results import results
from otklik.delivery.public import progress_of, reason_text
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime

RUNS_MAX = 12


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """What people of one run did: counts of people, and money. `items`: new to the run."""

    run_id: UUID
    campaign_id: UUID
    number: int
    moment: datetime
    items: int
    assigned: int
    sent: int
    opened: int
    clicked: int
    targets: int
    revenue: float


class SkipTotal(msgspec.Struct, frozen=True):
    reason: str
    text: str
    count: int


class RunTotal(msgspec.Struct, frozen=True, kw_only=True):
    items: int
    assigned: int
    sent: int
    opened: int
    clicked: int
    targets: int
    revenue: float


class RegularReport(msgspec.Struct, frozen=True, kw_only=True):
    """The last 12 runs that went out, the newest first, and all of them added up.

    `total` counts letters, so a reader of three runs is counted three times. `skips`: why people
    got no letter, over these runs. `runs_by_state`: of all runs.
    """

    runs: list[RunResult]
    total: RunTotal
    counts: Counts
    skips: list[SkipTotal]
    runs_by_state: dict[str, int]


async def regular_report(
    rt: Runtime, *, workspace_id: int, regular_id: UUID, now: datetime, lang: Lang
) -> RegularReport:
    """Return the figures of a series as the reports count them. Raises: RegularNotFound."""
    async with rt.db.begin() as tx:
        runs = await list_runs(
            tx, workspace_id=workspace_id, regular_id=regular_id, now=now, lang=lang
        )
        launched = [
            (run, run.campaign_id)
            for run in runs
            if run.state is RegularRunState.LAUNCHED and run.campaign_id is not None
        ][:RUNS_MAX]
        progress = await progress_of(
            tx, workspace_id=workspace_id, source_ids=[one for _, one in launched], now=now
        )
    made = []
    for run, campaign_id in launched:
        arms = await results(rt, workspace_id=workspace_id, campaign_id=campaign_id, now=now)
        made.append(
            RunResult(
                run_id=run.id,
                campaign_id=campaign_id,
                number=run.number,
                moment=run.moment,
                items=run.new_items or 0,
                assigned=sum(arm.assigned for arm in arms),
                sent=sum(arm.sent for arm in arms),
                opened=sum(arm.opened for arm in arms),
                clicked=sum(arm.clicked for arm in arms),
                targets=sum(arm.targets for arm in arms),
                revenue=sum(arm.revenue for arm in arms),
            )
        )
    skips: Counter[str] = Counter()
    for done in progress.values():
        for one in done.by_reason:
            if one.state == "skipped":
                skips[one.reason] += one.count
    return RegularReport(
        runs=made,
        total=RunTotal(
            items=sum(one.items for one in made),
            assigned=sum(one.assigned for one in made),
            sent=sum(one.sent for one in made),
            opened=sum(one.opened for one in made),
            clicked=sum(one.clicked for one in made),
            targets=sum(one.targets for one in made),
            revenue=sum(one.revenue for one in made),
        ),
        counts=Counts(
            **{
                name: sum(getattr(run.counts, name) for run, _ in launched)
                for name in Counts.__struct_fields__
            }
        ),
        skips=[
            SkipTotal(reason, reason_text("skipped", reason, lang), count)
            for reason, count in skips.most_common()
        ],
        runs_by_state=dict(Counter(run.state.value for run in runs)),
    )
