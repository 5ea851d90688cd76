"""A letter for somebody to look at: with a real person's values, or an invented one's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from otklik.accounts.public import get_workspace
from otklik.content.engine.compiler import try_compile
from otklik.content.events import letter_events, named_events, sample_events, speaks_of_events
from otklik.content.feeds.readers import letter_articles
from otklik.content.model import LetterSource, Limits
from otklik.content.people import letter_people
from otklik.content.preview import (
    Preview,
    make_preview,
    make_trial,
    preview_context,
    sample_customer,
    sample_orders,
)
from otklik.content.ready import get_letter
from otklik.content.trial import TrialLetter, TrialResult, send_trial
from otklik.content.variables import letter_names
from otklik.events.public import registry
from otklik.kit.i18n import Lang
from otklik.profiles.public import ProfileNotFound
from otklik.runtime.public import Runtime, Tx


async def shown_context(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    profile_id: int | None,
    now: datetime,
    lang: Lang,
    source: LetterSource | None = None,
    articles: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a letter is made of for a person; None: for an invented one.

    source: the letter; the events that it speaks of are read, none without it.
    articles: the items of feeds; left out, the newest ones that are for the person.
    Raises: ProfileNotFound.
    """
    workspace = await get_workspace(tx, workspace_id=workspace_id)
    customer, orders = sample_customer(lang), sample_orders(lang, workspace.currency, now)
    if profile_id is not None:
        people = await letter_people(
            tx, workspace_id=workspace_id, profile_ids=[profile_id], with_orders=True
        )
        if profile_id not in people:
            raise ProfileNotFound()
        customer, orders = people[profile_id]["customer"], people[profile_id]["orders"]
    if articles is None:
        articles = await letter_articles(tx, workspace_id=workspace_id, profile_id=profile_id)
    names = await asyncio.to_thread(_named, source) if source is not None else []
    events: Mapping[str, Any] = {}
    if names and profile_id is not None:
        of_people = await letter_events(
            rt, workspace_id=workspace_id, profile_ids=[profile_id], names=names, now=now
        )
        events = of_people.get(profile_id, {})
    elif names:
        registered = await registry(tx, workspace_id=workspace_id)
        events = sample_events(registered, names, now)
    return preview_context(
        customer=customer,
        orders=orders,
        articles=articles,
        events=events,
        workspace={
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "lang": workspace.lang,
        },
        base_url=rt.settings.base_url,
        now=now,
        lang=lang,
    )


def _named(source: LetterSource) -> list[str]:
    if not speaks_of_events(source):
        return []
    return named_events(source, try_compile(source, Limits())[0])


async def show_letter(
    rt: Runtime,
    *,
    workspace_id: int,
    letter_id: UUID,
    profile_id: int | None,
    articles: Mapping[str, Any],
    now: datetime,
    lang: Lang,
) -> Preview:
    """Return a kept letter made for a person with these items of feeds.

    Raises: LetterNotFound, ProfileNotFound.
    """
    async with rt.db.begin() as tx:
        letter = await get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
        known = await letter_names(tx, workspace_id=workspace_id)
        context = await shown_context(
            rt,
            tx,
            workspace_id=workspace_id,
            profile_id=profile_id,
            now=now,
            lang=lang,
            source=letter.as_source,
            articles=articles,
        )
    # A hostile template may take half a second before its limit ends it: not on the event loop.
    return await asyncio.to_thread(make_preview, letter.as_source, context, known)


async def try_letter(
    rt: Runtime,
    *,
    workspace_id: int,
    letter_id: UUID,
    profile_id: int | None,
    articles: Mapping[str, Any],
    addresses: tuple[str, ...],
    now: datetime,
    lang: Lang,
) -> list[TrialResult]:
    """Send the same as a test to some addresses; the answer says what became of each."""
    async with rt.db.begin() as tx:
        letter = await get_letter(tx, workspace_id=workspace_id, letter_id=letter_id)
        context = await shown_context(
            rt,
            tx,
            workspace_id=workspace_id,
            profile_id=profile_id,
            now=now,
            lang=lang,
            source=letter.as_source,
            articles=articles,
        )
    made = await asyncio.to_thread(make_trial, letter.as_source, context)
    return await send_trial(
        rt,
        TrialLetter(
            workspace_id=workspace_id,
            lang=lang,
            addresses=addresses,
            subject=made.subject,
            text=made.text,
            html=made.html,
            amp=made.amp,
        ),
    )
