"""Writes of drafts: making, changing, copying and removing them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.campaigns.errors import (
    CampaignChanged,
    CampaignInvalid,
    WrongCampaignState,
)
from otklik.campaigns.goals import is_readable
from otklik.campaigns.model import (
    LAUNCHED,
    Campaign,
    CampaignChanges,
    CampaignState,
    CampaignVariant,
    Goal,
    NewCampaign,
    Schedule,
)
from otklik.campaigns.queries import campaign_row, get_campaign
from otklik.campaigns.tables import campaigns
from otklik.delivery.public import (
    change_rate,
)
from otklik.kit.errors import Problem
from otklik.kit.i18n import Lang, Text
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx

_LIVE_CHANGES = frozenset({"name", "rate_per_s", "more_goals"})
_GOAL_BROKEN = Text(
    en="The conditions of this target action are not finished or can't be.",
    ru="Условия этого целевого действия не закончены или невозможны.",
)
_YEARS = range(2000, 2101)
_NO_SUCH_YEAR = Text(
    en="The year must be between 2000 and 2100.", ru="Год должен быть от 2000 до 2100."
)
_COPY = Text(en="{name} (copy)", ru="{name} (копия)")


async def create_campaign(
    tx: Tx,
    *,
    workspace_id: int,
    new: NewCampaign,
    now: datetime,
    campaign_id: UUID | None = None,
) -> Campaign:
    """Make a draft; a reproducible run may fix its id. Raises: CampaignInvalid."""
    values = msgspec.to_builtins(new)
    _check(new.variants)
    _check_moments(new.schedule, new.until)
    campaign_id = campaign_id or new_id()
    await tx.execute(
        campaigns.insert().values(
            **values
            | {
                "id": campaign_id,
                "workspace_id": workspace_id,
                "topic_id": new.topic_id,
                "sender_id": new.sender_id,
                "until": new.until,
                "state": CampaignState.DRAFT,
                "created_at": now,
                "updated_at": now,
            }
        )
    )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def change_campaign(
    tx: Tx,
    *,
    workspace_id: int,
    campaign_id: UUID,
    changes: CampaignChanges,
    now: datetime,
    lang: Lang = "en",
) -> Campaign:
    """Change fields of a draft; of a launched one only its name, rate and further goals.

    Raises: CampaignNotFound; CampaignChanged if `changes.version` is not the present one;
    WrongCampaignState; CampaignInvalid.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if changes.version is not msgspec.UNSET and changes.version != row.version:
        raise CampaignChanged()
    values: dict[str, Any] = {}
    for name in changes.__struct_fields__:
        value = getattr(changes, name)
        if name != "version" and value is not msgspec.UNSET:
            raw = name.endswith("_id") or value is None or isinstance(value, datetime)
            values[name] = value if raw else msgspec.to_builtins(value)
    state = CampaignState(row.state)
    if state != CampaignState.DRAFT and not values.keys() <= _LIVE_CHANGES:
        raise WrongCampaignState(state)
    if isinstance(changes.variants, list):
        _check(changes.variants)
    _check_moments(
        changes.schedule if isinstance(changes.schedule, Schedule) else Schedule(),
        changes.until if isinstance(changes.until, datetime) else None,
    )
    if state != CampaignState.DRAFT and isinstance(changes.more_goals, list):
        _check_goals(changes.more_goals)
    if values:
        await tx.execute(
            campaigns.update()
            .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
            .values(**values, version=row.version + 1, updated_at=now)
        )
        if "rate_per_s" in values and state in LAUNCHED - {CampaignState.FINISHED}:
            await change_rate(
                tx,
                workspace_id=workspace_id,
                source_id=campaign_id,
                rate_per_s=values["rate_per_s"],
            )
    return await get_campaign(
        tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now, lang=lang
    )


async def delete_campaign(tx: Tx, *, workspace_id: int, campaign_id: UUID) -> None:
    """Remove a campaign from which nothing was ever sent. Raises: WrongCampaignState."""
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if row.state != CampaignState.DRAFT and not (
        row.state == CampaignState.CANCELLED and row.launched_at is None
    ):
        raise WrongCampaignState(CampaignState(row.state))
    await tx.execute(
        campaigns.delete().where(
            campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id
        )
    )


async def duplicate_campaign(
    tx: Tx,
    *,
    workspace_id: int,
    campaign_id: UUID,
    lang: str,
    now: datetime,
    may_be_service: bool = True,
) -> Campaign:
    """Make a draft with the same content; the schedule and the history are not copied.

    `may_be_service` False: the copy of a service message is an ordinary one.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id)
    copy_id, service = new_id(), row.service and may_be_service
    name = _COPY.of("ru" if lang == "ru" else "en", {"name": row.name})
    await tx.execute(
        campaigns.insert().values(
            id=copy_id,
            workspace_id=workspace_id,
            name=name[:200],
            state=CampaignState.DRAFT,
            audience=row.audience,
            topic_id=row.topic_id,
            sender_id=row.sender_id,
            variants=row.variants,
            control_share=row.control_share,
            goal=row.goal,
            more_goals=row.more_goals,
            schedule={"kind": "now", "at": None},
            rate_per_s=row.rate_per_s,
            priority=row.priority,
            service=service,
            first=row.first,
            created_at=now,
            updated_at=now,
        )
    )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=copy_id, now=now)


def _check(variants: list[CampaignVariant]) -> None:
    """Refuse what can't even be a draft: two variants with one key."""
    keys = [variant.key for variant in variants]
    problems = [
        Problem(
            f"variants.{number}.key",
            Text(en=f"There is another variant {key}.", ru=f"Вариант {key} уже есть."),
            code="keys_repeat",
        )
        for number, key in enumerate(keys)
        if key in keys[:number]
    ]
    if problems:
        raise CampaignInvalid(problems=problems)


def _check_moments(schedule: Schedule, until: datetime | None) -> None:
    """Refuse a year near the ends of the calendar, where no zone can be put to a moment any more.

    One such draft could neither be opened nor shown in a list.
    """
    own = None if schedule.own_time is None else int(schedule.own_time[:4])
    years = {
        "schedule.at": None if schedule.at is None else schedule.at.year,
        "schedule.own_time": own,
        "until": None if until is None else until.year,
    }
    problems = [
        Problem(path, _NO_SUCH_YEAR, code="no_such_year")
        for path, year in years.items()
        if year is not None and year not in _YEARS
    ]
    if problems:
        raise CampaignInvalid(problems=problems)


def _check_goals(goals: list[Goal]) -> None:
    """Refuse what a report that is there already could not be read by."""
    problems = [
        Problem(
            f"more_goals.{number}.filters",
            _GOAL_BROKEN,
            code="goal_broken",
        )
        for number, goal in enumerate(goals)
        if not is_readable(goal)
    ]
    if problems:
        raise CampaignInvalid(problems=problems)
