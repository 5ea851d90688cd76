"""Who would get a campaign: the segments put together, and the gate asked without writing."""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np

from otklik.accounts.public import Workspace, get_workspace
from otklik.campaigns.model import (
    CHANNEL,
    SOURCE_KIND,
    ArmPreview,
    AudienceView,
    Campaign,
    Exclusion,
    OwnMoments,
    Skip,
    Timing,
    arm_name,
    arm_shares,
)
from otklik.campaigns.parts import first_part
from otklik.campaigns.timing import timing_of
from otklik.delivery.public import (
    CONTROL,
    NO_POLICY,
    SHARES_TOTAL,
    UTC_ZONE,
    AudiencePreview,
    Ids,
    LetterContent,
    MailingSpec,
    Variant,
    combine,
    held_by_limits,
    own_clocks,
    people_of_zones,
    preview_audience,
    reason_text,
    sending_policy,
    usual_pace,
    zone_of,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime
from otklik.segments.public import members, segment_names

_NO_SENDER = UUID(int=0)


async def audience_ids(rt: Runtime, *, workspace_id: int, campaign: Campaign, now: datetime) -> Ids:
    """Return the sorted profile ids that a campaign is meant for at this moment.

    Raises: what the segments raise for one that is not there any more.
    """
    include = [
        await members(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
        for segment_id in campaign.audience.segment_ids
    ]
    exclude = [
        await members(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
        for segment_id in campaign.audience.exclude_segment_ids
    ]
    return combine(include, exclude)


class Counted(NamedTuple):
    """What was counted, and who is in which arm."""

    view: AudienceView
    people: dict[str, Ids]


async def audience_view(
    rt: Runtime, *, workspace_id: int, campaign: Campaign, lang: Lang, now: datetime
) -> AudienceView:
    """Count who would get the campaign now, and why the others would not; writes nothing."""
    counted = await count_audience(
        rt, workspace_id=workspace_id, campaign=campaign, lang=lang, now=now
    )
    return counted.view


async def count_audience(
    rt: Runtime, *, workspace_id: int, campaign: Campaign, lang: Lang, now: datetime
) -> Counted:
    """Count who would get the campaign now, why the others would not, and who is in which arm."""
    begun = time.perf_counter()
    chosen = [*campaign.audience.segment_ids, *campaign.audience.exclude_segment_ids]
    async with rt.db.begin() as tx:
        segments = await segment_names(tx, workspace_id=workspace_id)
    include = [
        await members(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
        for segment_id in campaign.audience.segment_ids
        if segment_id in segments
    ]
    meant = combine(include, [])
    total = len(meant)
    exclusions = []
    for segment_id in campaign.audience.exclude_segment_ids:
        if segment_id not in segments:
            continue
        removed = await members(rt, workspace_id=workspace_id, segment_id=segment_id, now=now)
        left = np.setdiff1d(meant, removed, assume_unique=True)
        exclusions.append(Exclusion(segment_id, segments[segment_id], len(meant) - len(left)))
        meant = left
    async with rt.db.begin() as tx:
        preview = await preview_audience(
            tx,
            spec=preview_spec(workspace_id, campaign),
            ids=meant,
            now=now,
            with_people=True,
        )
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    plan = await _plan(rt, workspace, campaign, preview, now)
    names = {variant.key: variant.name for variant in campaign.variants}
    view = AudienceView(
        total=total,
        missing=[segment_id for segment_id in chosen if segment_id not in segments],
        exclusions=exclusions,
        skips=[
            Skip(reason, reason_text("skipped", reason, lang), count)
            for reason, count in preview.skips.items()
        ],
        remaining=preview.remaining,
        arms=[
            ArmPreview(
                key=arm.key,
                name=arm_name(arm.key, names.get(arm.key, ""), lang, is_control=arm.key == CONTROL),
                share=arm.share * 100 / SHARES_TOTAL,
                count=arm.count,
            )
            for arm in preview.arms
        ],
        first=preview.first,
        own=plan.own,
        limited=plan.limited,
        timing=plan.timing,
        took_ms=round((time.perf_counter() - begun) * 1000),
    )
    return Counted(view, preview.people)


class _Plan(NamedTuple):
    own: OwnMoments | None
    limited: int
    timing: Timing | None


async def _plan(
    rt: Runtime,
    workspace: Workspace,
    campaign: Campaign,
    preview: AudiencePreview,
    now: datetime,
) -> _Plan:
    """Tell when the letters would go by the clocks and the rules, and whom these leave out."""
    ids = combine([one for key, one in preview.people.items() if key != CONTROL], [])
    wall, zone = campaign.schedule.wall(), workspace.timezone
    async with rt.db.begin() as tx:
        rules = await sending_policy(tx, workspace_id=workspace.id)
        usual = await usual_pace(tx, workspace_id=workspace.id)
    policy = NO_POLICY if campaign.service else rules
    people = {zone_of(zone, UTC_ZONE): len(ids)}
    if len(ids) and (wall is not None or policy.has_hours):
        people = await people_of_zones(rt, workspace_id=workspace.id, zone=zone, ids=ids)
    own = None
    if wall is not None:
        found = own_clocks(people, zone=zone, wall=wall, now=now)
        own = OwnMoments(found.first_at, found.last_at, found.late)
    limited = await held_by_limits(
        rt,
        workspace_id=workspace.id,
        zone=zone,
        policy=policy,
        ids=ids,
        at=max(campaign.schedule.begins() or now, now),
        wall=wall,
    )
    known = usual is not None or campaign.rate_per_s is not None
    limits = [rt.settings.delivery.messages_per_s_max, campaign.rate_per_s, usual]
    timing = timing_of(
        schedule=campaign.schedule,
        first=campaign.first,
        first_people=preview.first,
        until=campaign.until,
        people=people,
        policy=policy,
        per_second=min(float(one) for one in limits if one) if known else None,
        now=now,
    )
    return _Plan(own, limited, timing)


def preview_spec(workspace_id: int, campaign: Campaign) -> MailingSpec:
    """Return the order to deliver as far as the gate needs it: without letters and sender.

    An unfinished draft, whose shares don't add up yet, is counted as if it had one variant.
    """
    shares, control = arm_shares(campaign.variants, campaign.control_share) or ([SHARES_TOTAL], 0)
    keys = [variant.key for variant in campaign.variants] or ["A"]
    empty = LetterContent(kind="html", subject="", source="")
    return MailingSpec(
        workspace_id=workspace_id,
        source_kind=SOURCE_KIND,
        source_id=campaign.id,
        name=campaign.name,
        channel=CHANNEL,
        topic_id=campaign.topic_id,
        sender_id=campaign.sender_id or _NO_SENDER,
        variants=tuple(
            Variant(key, "", share, empty) for key, share in zip(keys, shares, strict=False)
        ),
        control_share=control,
        rate_per_s=campaign.rate_per_s,
        service=campaign.service,
        first=first_part(campaign.first),
    )
