"""The people behind a figure of a report."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from otklik.analytics.model import ReportSpec
from otklik.analytics.parts import PartChosen, part_condition
from otklik.analytics.queries import NEVER, Chosen, overview, people_behind
from otklik.analytics.revenue import check_limit
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles.public import ProfileItem, profile_items
from otklik.runtime.public import Runtime

Figure: TypeAlias = Literal[
    "assigned",
    "skipped",
    "sent",
    "delivered",
    "bounced",
    "failed",
    "in_doubt",
    "opened",
    "opened_person",
    "opened_machine",
    "clicked",
    "clicked_person",
    "clicked_machine",
    "unsubscribed",
    "complained",
    "targets",
    "outliers",
]
Verdict: TypeAlias = Literal["person", "machine", "scanner"]
FIGURES: Final[tuple[Figure, ...]] = get_args(Figure)
# What a figure counts, and when it came about, in the columns of people.sql.
CONDITIONS: Final[dict[Figure, tuple[str, str]]] = {
    **{figure: (figure, "assigned_at") for figure in FIGURES},
    "assigned": ("true", "assigned_at"),
    "opened": ("(opened_person OR opened_machine)", "assigned_at"),
    "clicked": ("(clicked_person OR clicked_machine)", "assigned_at"),
    "targets": ("target", "first_target_at"),
    "outliers": ("notEmpty(outlying)", "first_target_at"),
    "opened_person": ("opened_person", "first_opened_at"),
    "clicked_person": ("clicked_person", "first_clicked_at"),
}


class PersonBehind(msgspec.Struct, frozen=True, kw_only=True):
    """One of the people that a figure counts.

    `person` is null when the profile was erased since. `at`: when it came about for the first
    time; the assignment where no moment is kept apart. `amount`: the person's revenue in the
    window, `target_events` how often the target action was done.
    """

    profile_id: int
    person: ProfileItem | None
    arm: str
    at: datetime | None
    target_events: int
    amount: float


class BehindSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Which people: those that `figure` counts, in one `arm` or (null) in all; `url`: only those
    who followed this address of a letter, `link`: this link of the letter of the variant `arm`,
    `why`: only those who gave this reason for leaving, `verdict` and `sign`: whose openings (with
    `figure` opened) or clicks (with clicked) are held for those of people, machines or scanners by
    the rule of this name (people: by none, ""), `hour`: who did it in this hour of the day for the
    first time, `lettered`: without the control group, `part`: who stands in this part of the report
    by something."""

    figure: Figure = "assigned"
    arm: str | None = None
    url: str | None = None
    link: int | None = None
    why: str | None = None
    verdict: Verdict | None = None
    sign: str = ""
    hour: int | None = None
    lettered: bool = False
    part: PartChosen | None = None


async def chosen_of(rt: Runtime, spec: ReportSpec, behind: BehindSpec) -> Chosen:
    """Return which of the assigned people a figure counts."""
    condition, moment = CONDITIONS[behind.figure]
    part = await part_condition(rt, spec, behind.part) if behind.part else None
    return Chosen(
        condition,
        moment,
        arm=behind.arm,
        url=behind.url,
        link=behind.link,
        why=behind.why,
        hit=_hit(behind),
        hour=behind.hour,
        lettered=behind.lettered,
        part=part,
    )


def _hit(behind: BehindSpec) -> tuple[str, str, str] | None:
    if behind.verdict is None or behind.figure not in ("opened", "clicked"):
        return None
    return behind.figure, behind.verdict, behind.sign


async def people_of_figure(
    rt: Runtime, spec: ReportSpec, behind: BehindSpec, *, cursor: str | None = None, limit: int = 50
) -> Page[PersonBehind]:
    """Return a page of the people behind a figure, the newest profiles first.

    `total` is told with the first page and equals the figure. Raises: BadCursor.
    """
    limit = clamp_limit(limit)
    before = decode_cursor(cursor, int)[0] if cursor else None
    people = await overview(rt, spec)
    chosen = await chosen_of(rt, spec, behind)
    rows, total = await people_behind(
        rt,
        spec,
        people,
        chosen,
        before=before,
        limit=limit + 1,
        check_limit=await check_limit(rt, spec, people, needed=chosen.of_outliers),
    )
    async with rt.db.begin() as tx:
        items = await profile_items(
            tx, workspace_id=spec.workspace_id, profile_ids=[row[0] for row in rows[:limit]]
        )
    return Page(
        items=[
            PersonBehind(
                profile_id=profile_id,
                person=items.get(profile_id),
                arm=arm,
                at=None if at <= NEVER else at,
                target_events=target_events,
                amount=amount,
            )
            for profile_id, arm, at, target_events, amount in rows[:limit]
        ],
        next_cursor=encode_cursor(rows[limit - 1][0]) if len(rows) > limit else None,
        total=total if before is None else None,
    )
