"""What one person would get of a regular mailing now, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import numpy as np

from otklik.campaigns.audience import audience_ids, preview_spec
from otklik.campaigns.model import Campaign
from otklik.campaigns.regular.errors import RegularHasNoLetter
from otklik.campaigns.regular.freezing import picker_of
from otklik.campaigns.regular.making import series_campaign
from otklik.campaigns.regular.model import Frozen
from otklik.campaigns.regular.picking import FrozenPicker, is_for, picked, variables
from otklik.campaigns.regular.queries import regular_row
from otklik.content.public import TrialResult, show_letter, try_letter
from otklik.delivery.public import preview_audience, reason_text
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime
from otklik.segments.public import SegmentNotFound

Verdict = Literal["shown", "had", "other_topic", "no_room"]


class ShownItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the next run and why the person is shown it or not.

    `had`: it was in a run that he heard; `other_topic`: of topics that he did not agree to;
    `no_room`: the letter is full.
    """

    id: int
    title: str
    link: str
    feed: str
    at: datetime
    verdict: Verdict


class RegularPreview(msgspec.Struct, frozen=True, kw_only=True):
    """`gets`: he would get a letter; else `reason`. Without a person: what is new, for everybody.

    `html` belongs into a frame with an empty `sandbox`; empty where no letter is chosen.
    """

    gets: bool
    reason: str | None
    items: list[ShownItem]
    subject: str
    html: str


async def preview_regular(
    rt: Runtime,
    *,
    workspace_id: int,
    regular_id: UUID,
    profile_id: int | None,
    now: datetime,
    lang: Lang,
) -> RegularPreview:
    """Return what the next run would show a person if it were made now; writes nothing.

    profile_id None: a newcomer who agreed to everything. Raises: RegularNotFound, ProfileNotFound.
    """
    row, campaign, picker = await _next_run(rt, workspace_id, regular_id, now)
    since, mask = await _stand(rt, picker, profile_id)
    places = picked(picker.frozen, since=since, mask=mask)
    html, subject = "", ""
    if row.letter_id is not None:
        shown = await show_letter(
            rt,
            workspace_id=workspace_id,
            letter_id=row.letter_id,
            profile_id=profile_id,
            articles=variables(picker.frozen, places),
            now=now,
            lang=lang,
        )
        html, subject = shown.html, shown.subject
    reason = None
    if profile_id is not None:
        reason = await _kept_back(rt, workspace_id, campaign, profile_id, now, lang)
    elif not places:
        reason = reason_text("skipped", "nothing_new", lang)
    return RegularPreview(
        gets=reason is None,
        reason=reason,
        items=shown_items(picker.frozen, since=since, mask=mask),
        subject=subject,
        html=html,
    )


async def try_regular(
    rt: Runtime,
    *,
    workspace_id: int,
    regular_id: UUID,
    profile_id: int | None,
    addresses: tuple[str, ...],
    now: datetime,
    lang: Lang,
) -> list[TrialResult]:
    """Send what the next run would show a person to some addresses, as a test.

    Raises: RegularNotFound, RegularHasNoLetter, ProfileNotFound.
    """
    row, _, picker = await _next_run(rt, workspace_id, regular_id, now)
    if row.letter_id is None:
        raise RegularHasNoLetter()
    since, mask = await _stand(rt, picker, profile_id)
    return await try_letter(
        rt,
        workspace_id=workspace_id,
        letter_id=row.letter_id,
        profile_id=profile_id,
        articles=variables(picker.frozen, picked(picker.frozen, since=since, mask=mask)),
        addresses=addresses,
        now=now,
        lang=lang,
    )


def shown_items(frozen: Frozen, *, since: int, mask: int) -> list[ShownItem]:
    """Return the items of a run, each with its verdict for one reader. Pure."""
    places = set(picked(frozen, since=since, mask=mask))

    def verdict(place: int) -> Verdict:
        item = frozen.items[place]
        if place in places:
            return "shown"
        if item.run <= since:
            return "had"
        return "no_room" if is_for(item, mask) else "other_topic"

    return [
        ShownItem(
            id=item.id,
            title=item.values["title"],
            link=item.values["link"],
            feed=item.values["feed"],
            at=item.at,
            verdict=verdict(place),
        )
        for place, item in enumerate(frozen.items)
    ]


async def _next_run(
    rt: Runtime, workspace_id: int, regular_id: UUID, now: datetime
) -> tuple[Any, Campaign, FrozenPicker]:
    async with rt.db.begin() as tx:
        row = await regular_row(tx, workspace_id=workspace_id, regular_id=regular_id)
        picker = await picker_of(tx, workspace_id, regular_id)
    assert isinstance(picker, FrozenPicker), "the series is there"
    return row, series_campaign(row, approved=False, now=now), picker


async def _stand(rt: Runtime, picker: FrozenPicker, profile_id: int | None) -> tuple[int, int]:
    """Return the run after which everything is new to a person, and his topics."""
    if profile_id is None:
        return picker.frozen.run - 1, -1
    ids = np.array([profile_id], dtype=np.int64)
    async with rt.db.begin() as tx:
        since = await picker.since(tx, profile_ids=ids)
        masks = await picker.masks(tx, profile_ids=ids)
    return int(since[0]), int(masks[0])


_NOT_MEANT = {
    "en": "the person is not in the audience",
    "ru": "человек не входит в аудиторию",
}


async def _kept_back(
    rt: Runtime,
    workspace_id: int,
    campaign: Campaign,
    profile_id: int,
    now: datetime,
    lang: Lang,
) -> str | None:
    """Return why a person would get no letter now, None if he would."""
    try:
        meant = await audience_ids(rt, workspace_id=workspace_id, campaign=campaign, now=now)
    except SegmentNotFound as error:
        return error.text(lang)
    if profile_id not in meant:
        return _NOT_MEANT[lang]
    async with rt.db.begin() as tx:
        found = await preview_audience(
            tx,
            spec=preview_spec(workspace_id, campaign),
            ids=np.array([profile_id], dtype=np.uint64),
            now=now,
        )
    for reason in found.skips:
        return reason_text("skipped", reason, lang)
    if any(arm.count for arm in found.arms if arm.key == "control"):
        return reason_text("skipped", "control_group", lang)
    return None
