"""What the routes of campaigns share."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from otklik.accounts.public import (
    Forbidden,
    Permission,
    Principal,
    user_names,
    write_audit,
)
from otklik.campaigns import queries
from otklik.campaigns.audience import count_audience
from otklik.campaigns.checks import gather_materials, letter_gaps, run_checks
from otklik.campaigns.errors import BadCalendarSpan
from otklik.campaigns.model import (
    Campaign,
    Finding,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime, Tx

CALENDAR_DAYS = 100


def calendar_span(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the two ends of what a calendar shows; without a zone they are moments of UTC.

    Raises: BadCalendarSpan.
    """
    begins, ends = (
        one.replace(tzinfo=UTC) if one.tzinfo is None else one for one in (since, until)
    )
    if not begins < ends or (ends - begins).days > CALENDAR_DAYS:
        raise BadCalendarSpan(days=CALENDAR_DAYS)
    return begins, ends


async def person(tx: Tx, who: Principal) -> tuple[UUID, str]:
    """Return who calls, and how he is called; a key stands for itself."""
    if who.user_id is None:
        assert who.key_id is not None, "a caller is a user or a key"
        return who.key_id, "API"
    names = await user_names(tx, user_ids=[who.user_id])
    return who.user_id, names.get(who.user_id, "")


def allow_service(who: Principal, wanted: bool) -> None:
    """Service messages pass by the sending policy, so only who may change that may make them."""
    if wanted and not who.may(Permission.MANAGE):
        raise Forbidden(role=who.role.value)


async def audit_service(
    tx: Tx, who: Principal, campaign: Campaign, *, before: bool, now: datetime
) -> None:
    if campaign.service != before:
        action = "service_on" if campaign.service else "service_off"
        await audit(tx, who, action, campaign.id, now)


async def campaign_of(rt: Runtime, who: Principal, campaign_id: UUID, now: datetime) -> Campaign:
    async with rt.db.begin() as tx:
        return await queries.get_campaign(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )


async def examine(
    rt: Runtime, who: Principal, campaign: Campaign, lang: Lang, now: datetime
) -> tuple[list[Finding], int]:
    """Return the checks of a campaign and how many people would be assigned now."""
    counted = await count_audience(
        rt, workspace_id=who.workspace_id, campaign=campaign, lang=lang, now=now
    )
    audience = counted.view
    async with rt.db.begin() as tx:
        materials = await gather_materials(
            tx,
            workspace_id=who.workspace_id,
            campaign=campaign,
            audience=audience,
            development=rt.settings.development,
            now=now,
        )
    gaps = await letter_gaps(
        rt, workspace_id=who.workspace_id, letters=materials.letters, people=counted.people
    )
    return run_checks(msgspec.structs.replace(materials, gaps=gaps)), audience.remaining


async def audit(
    tx: Tx, who: Principal, action: str, campaign_id: UUID, now: datetime, **detail: object
) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="campaign",
        object_id=campaign_id,
        now=now,
        detail=detail,
    )
