"""Writes of campaigns."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.campaigns.errors import (
    AudienceMoved,
    CampaignChanged,
    CampaignInvalid,
    LaunchBlocked,
    WrongCampaignState,
)
from otklik.campaigns.model import (
    CHANNEL,
    LAUNCHED,
    SOURCE_KIND,
    Campaign,
    CampaignChanges,
    CampaignState,
    CampaignVariant,
    Check,
    NewCampaign,
    arm_shares,
    moved_too_far,
)
from otklik.campaigns.queries import campaign_row, get_campaign
from otklik.campaigns.tables import campaigns
from otklik.content.public import get_letter
from otklik.delivery.public import (
    LetterContent,
    MailingExists,
    MailingFinished,
    MailingNotFound,
    MailingSpec,
    Variant,
    change_rate,
    create_mailing,
    letter_links,
    pause_mailing,
    resume_mailing,
    source_of,
    stop_mailing,
)
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.runtime.public import Jobs, Tx

START_JOB = "campaigns.start"
_LIVE_CHANGES = frozenset({"name", "rate_per_s"})
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
    campaign_id = campaign_id or new_id()
    await tx.execute(
        campaigns.insert().values(
            **values
            | {
                "id": campaign_id,
                "workspace_id": workspace_id,
                "topic_id": new.topic_id,
                "sender_id": new.sender_id,
                "state": CampaignState.DRAFT,
                "created_at": now,
                "updated_at": now,
            }
        )
    )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def change_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, changes: CampaignChanges, now: datetime
) -> Campaign:
    """Change fields of a draft; of a launched campaign only its name and rate.

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
            raw = name.endswith("_id") or value is None
            values[name] = value if raw else msgspec.to_builtins(value)
    state = CampaignState(row.state)
    if state != CampaignState.DRAFT and not values.keys() <= _LIVE_CHANGES:
        raise WrongCampaignState(state)
    if isinstance(changes.variants, list):
        _check(changes.variants)
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
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


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
    tx: Tx, *, workspace_id: int, campaign_id: UUID, lang: str, now: datetime
) -> Campaign:
    """Make a draft with the same content; the schedule and the history are not copied."""
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id)
    copy_id = new_id()
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
            schedule={"kind": "now", "at": None},
            rate_per_s=row.rate_per_s,
            created_at=now,
            updated_at=now,
        )
    )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=copy_id, now=now)


async def order_launch(
    tx: Tx,
    jobs: Jobs,
    *,
    workspace_id: int,
    campaign_id: UUID,
    checks: list[Check],
    confirmed: int,
    actual: int,
    now: datetime,
) -> Campaign:
    """Order the launch, at once or at the scheduled moment; the letters are kept as they are now.

    `confirmed` is the number of people that the launcher saw, `actual` the one counted just now.
    Raises: WrongCampaignState unless it is a draft; LaunchBlocked; AudienceMoved.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if row.state != CampaignState.DRAFT:
        raise WrongCampaignState(CampaignState(row.state))
    blocks = [check for check in checks if check.level == "block"]
    if blocks:
        raise LaunchBlocked(
            [
                Problem(b.section, Text(en=b.message, ru=b.message), code=b.code, line=b.line)
                for b in blocks
            ]
        )
    if moved_too_far(confirmed, actual):
        raise AudienceMoved(confirmed=confirmed, actual=actual)
    variants = msgspec.convert(row.variants, list[CampaignVariant], strict=False)
    at = row.schedule.get("at") if row.schedule["kind"] == "at" else None
    moment = datetime.fromisoformat(at) if at else None
    launch_id = new_id()
    await tx.execute(
        campaigns.update()
        .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
        .values(
            state=CampaignState.SCHEDULED if moment else CampaignState.PREPARING,
            launched_at=None if moment else now,
            snapshot={
                variant.key: msgspec.to_builtins(await _content(tx, workspace_id, variant))
                for variant in variants
            },
            launch_id=launch_id,
            problem=None,
            version=row.version + 1,
            updated_at=now,
        )
    )
    await jobs.defer(
        tx,
        START_JOB,
        args={
            "workspace_id": workspace_id,
            "campaign_id": str(campaign_id),
            "launch_id": str(launch_id),
        },
        at=moment,
        lock=f"campaign:{campaign_id}",
    )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def begin_launch(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, launch_id: UUID, now: datetime
) -> Campaign | None:
    """Begin an ordered launch; None if the order was taken back meanwhile. Harmless to repeat."""
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if not _ordered(row, launch_id):
        return None
    if row.state == CampaignState.SCHEDULED:
        await tx.execute(
            campaigns.update()
            .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
            .values(state=CampaignState.PREPARING, launched_at=now, updated_at=now)
        )
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def order_mailing(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, launch_id: UUID, now: datetime
) -> bool:
    """Make the mailing of a launch; False if the order was taken back meanwhile.

    It exists once for a campaign, so repeating is harmless. Raises: LetterBroken.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    if not _ordered(row, launch_id):
        return False
    spec = _spec(workspace_id, row)
    links = [letter_links(source_of(variant.letter)) for variant in spec.variants]
    try:
        async with tx.begin_nested():
            await create_mailing(tx, spec=spec, links=links, now=now)
    except MailingExists:
        pass
    return True


async def note_running(tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime) -> None:
    """The audience is frozen and the mailing runs."""
    await _set_state(
        tx,
        workspace_id,
        campaign_id,
        from_=(CampaignState.PREPARING,),
        into=CampaignState.RUNNING,
        now=now,
    )


async def note_failed_launch(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, problem: str, now: datetime
) -> None:
    """A launch could not begin: the campaign is a draft again and says why."""
    await tx.execute(
        campaigns.update()
        .where(
            campaigns.c.id == campaign_id,
            campaigns.c.workspace_id == workspace_id,
            campaigns.c.state.in_([CampaignState.SCHEDULED, CampaignState.PREPARING]),
        )
        .values(
            state=CampaignState.DRAFT,
            problem=problem,
            snapshot=None,
            launch_id=None,
            launched_at=None,
            version=campaigns.c.version + 1,
            updated_at=now,
        )
    )


async def pause_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """Hold a running campaign back. Raises: WrongCampaignState."""
    await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    await _set_state(
        tx,
        workspace_id,
        campaign_id,
        from_=(CampaignState.RUNNING, CampaignState.PAUSED),
        into=CampaignState.PAUSED,
        now=now,
        must=True,
    )
    await pause_mailing(tx, workspace_id=workspace_id, source_id=campaign_id)
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def resume_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """Let a paused campaign go on. Raises: WrongCampaignState."""
    await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    await _set_state(
        tx,
        workspace_id,
        campaign_id,
        from_=(CampaignState.PAUSED, CampaignState.RUNNING),
        into=CampaignState.RUNNING,
        now=now,
        must=True,
    )
    await resume_mailing(tx, workspace_id=workspace_id, source_id=campaign_id)
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def finish_campaign(
    tx: Tx, *, workspace_id: int, campaign_id: UUID, now: datetime
) -> Campaign:
    """End a campaign early. Before anything could go out it is cancelled; a running one becomes
    finished as soon as the messages in hand are done and the rest is written off as skipped.

    Raises: WrongCampaignState for a draft.
    """
    row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id, lock=True)
    state = CampaignState(row.state)
    if state == CampaignState.DRAFT:
        raise WrongCampaignState(state)
    if state in (CampaignState.SCHEDULED, CampaignState.PREPARING):
        await tx.execute(
            campaigns.update()
            .where(campaigns.c.id == campaign_id, campaigns.c.workspace_id == workspace_id)
            .values(
                state=CampaignState.CANCELLED,
                launch_id=None,
                finished_at=now,
                version=row.version + 1,
                updated_at=now,
            )
        )
    if state in (CampaignState.PREPARING, CampaignState.RUNNING, CampaignState.PAUSED):
        try:
            await stop_mailing(tx, workspace_id=workspace_id, source_id=campaign_id)
        except MailingNotFound:
            # The job that prepares has not begun; it will find the order taken back.
            pass
    return await get_campaign(tx, workspace_id=workspace_id, campaign_id=campaign_id, now=now)


async def on_mailing_finished(event: MailingFinished, tx: Tx) -> None:
    """Subscriber: nothing of the campaign's mailing is left to send."""
    if event.source_kind != SOURCE_KIND:
        return
    await tx.execute(
        campaigns.update()
        .where(
            campaigns.c.id == event.source_id,
            campaigns.c.workspace_id == event.workspace_id,
            campaigns.c.state.in_(
                [CampaignState.PREPARING, CampaignState.RUNNING, CampaignState.PAUSED]
            ),
        )
        .values(
            state=CampaignState.FINISHED,
            finished_at=event.at,
            version=campaigns.c.version + 1,
            updated_at=event.at,
        )
    )


def _ordered(row: Any, launch_id: UUID) -> bool:
    return row.launch_id == launch_id and row.state in (
        CampaignState.SCHEDULED,
        CampaignState.PREPARING,
    )


async def _set_state(
    tx: Tx,
    workspace_id: int,
    campaign_id: UUID,
    *,
    from_: tuple[CampaignState, ...],
    into: CampaignState,
    now: datetime,
    must: bool = False,
) -> None:
    changed = await tx.execute(
        campaigns.update()
        .where(
            campaigns.c.id == campaign_id,
            campaigns.c.workspace_id == workspace_id,
            campaigns.c.state.in_(from_),
        )
        .values(state=into, updated_at=now, version=campaigns.c.version + 1)
    )
    if must and not changed.rowcount:
        row = await campaign_row(tx, workspace_id=workspace_id, campaign_id=campaign_id)
        raise WrongCampaignState(CampaignState(row.state))


async def _content(tx: Tx, workspace_id: int, variant: CampaignVariant) -> LetterContent:
    assert variant.letter_id is not None, "the checks have seen that every variant has a letter"
    letter = await get_letter(tx, workspace_id=workspace_id, letter_id=variant.letter_id)
    return LetterContent(
        kind=letter.kind.value,
        subject=letter.subject,
        source=letter.source,
        preheader=letter.preheader,
        text=letter.text,
        letter_id=letter.id,
    )


def _spec(workspace_id: int, row: Any) -> MailingSpec:
    variants = msgspec.convert(row.variants, list[CampaignVariant], strict=False)
    shares = arm_shares(variants, row.control_share)
    assert shares is not None, "the checks have seen that the shares are positive"
    return MailingSpec(
        workspace_id=workspace_id,
        source_kind=SOURCE_KIND,
        source_id=row.id,
        name=row.name,
        channel=CHANNEL,
        topic_id=row.topic_id,
        sender_id=row.sender_id,
        variants=tuple(
            Variant(
                variant.key,
                variant.name,
                share,
                msgspec.convert(row.snapshot[variant.key], LetterContent, strict=False),
            )
            for variant, share in zip(variants, shares[0], strict=True)
        ),
        control_share=shares[1],
        rate_per_s=row.rate_per_s,
    )


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
