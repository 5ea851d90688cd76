"""From what a reader sends to an event of his."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import list_senders
from otklik.content.public import (
    AnswerForm,
    LetterKind,
    LetterSource,
    NotAnswered,
    answer_forms,
    letter_context,
    letter_events,
    letter_people,
    named_events,
    read_answer,
)
from otklik.delivery.answers.errors import AnswerIncomplete, NothingToAnswer
from otklik.delivery.errors import MailingNotFound
from otklik.delivery.model import Mailing
from otklik.delivery.picker import chosen, load_picker
from otklik.delivery.queries import mailing_by_number
from otklik.delivery.standing.queries import data_of
from otklik.delivery.tables import mailing_variants, messages
from otklik.delivery.tokens import MessageRef
from otklik.kit.errors import NotFound
from otklik.profiles.public import current_ids
from otklik.runtime.public import Runtime, Tx

_NAMES_ARTICLES = re.compile(r"\{[{%][^}]*\b(?:articles|feeds)\b")


class LetterAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """News for the bus: a reader answered a form of a letter. `key` is the same for a repetition.

    `user_id`, `email`, `phone`: what he is known by, "" where nothing is.
    """

    workspace_id: int
    profile_id: int
    user_id: str
    email: str
    phone: str
    event: str
    properties: dict[str, Any]
    key: str
    at: datetime


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter asks its reader."""

    workspace_id: int
    profile_id: int
    customer: dict[str, Any]
    forms: tuple[AnswerForm, ...]
    campaign: str
    source_id: UUID
    variant: str


async def what_is_asked(rt: Runtime, tx: Tx, *, ref: MessageRef, now: datetime) -> Asked:
    """Return the forms of a message as its letter showed them. Raises: NothingToAnswer."""
    try:
        mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
        workspace = await get_workspace(tx, workspace_id=ref.workspace_id)
    except (MailingNotFound, NotFound) as error:
        raise NothingToAnswer() from error
    variant, sent_at = await _sent(tx, message_id=ref.message_id)
    amp = await _amp_of(tx, mailing_id=ref.mailing_id, variant=variant)
    current = await current_ids(tx, workspace_id=ref.workspace_id, profile_ids=[ref.profile_id])
    profile_id = current.get(ref.profile_id, ref.profile_id)
    people = await letter_people(
        tx, workspace_id=ref.workspace_id, profile_ids=[profile_id], with_orders="order" in amp
    )
    person = people.get(profile_id)
    if not amp or person is None:
        raise NothingToAnswer()
    context = letter_context(
        customer=person["customer"],
        orders=person["orders"],
        **await _as_shown(rt, tx, mailing, ref.message_id, profile_id, amp, sent_at or now),
        unsubscribe_url="",
        workspace={
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "lang": workspace.lang,
        },
        now=sent_at or now,
        campaign={"id": str(mailing.source_id), "name": mailing.name, "variant": variant},
    )
    # A template may take half a second before its limit ends it: not on the event loop.
    forms = await asyncio.to_thread(answer_forms, amp, context)
    if not forms:
        raise NothingToAnswer()
    return Asked(
        workspace_id=ref.workspace_id,
        profile_id=profile_id,
        customer=person["customer"],
        forms=tuple(forms),
        campaign=mailing.name,
        source_id=mailing.source_id,
        variant=variant,
    )


async def take_answer(
    rt: Runtime,
    tx: Tx,
    *,
    ref: MessageRef,
    posted: Mapping[str, Sequence[str]],
    now: datetime,
) -> LetterAnswered:
    """Take what a reader sent for the form that he means; with one form, for that one.

    Raises: NothingToAnswer, AnswerIncomplete.
    """
    asked = await what_is_asked(rt, tx, ref=ref, now=now)
    named = [text.strip() for text in posted.get("event", ())]
    form = next((one for one in asked.forms if one.event in named), asked.forms[0])
    if len(asked.forms) > 1 and form.event not in named:
        raise NothingToAnswer()
    try:
        given = read_answer(form, posted)
    except NotAnswered as lacking:
        facts = {"label": lacking.label}
        what, what_ru = lacking.text.of("en", facts), lacking.text.of("ru", facts)
        raise AnswerIncomplete(what=what, what_ru=what_ru) from lacking
    same = msgspec.json.encode([ref.message_id, form.event, given], order="sorted")
    customer = asked.customer
    news = LetterAnswered(
        workspace_id=asked.workspace_id,
        profile_id=asked.profile_id,
        user_id=str(customer.get("user_id") or ""),
        email=str(customer.get("email") or ""),
        phone=str(customer.get("phone") or ""),
        event=form.event,
        properties={
            "campaign": asked.campaign,
            "campaign_id": str(asked.source_id),
            "variant": asked.variant,
            **given,
        },
        key=f"answer:{ref.message_id}:{hashlib.sha256(same).hexdigest()[:32]}",
        at=now,
    )
    await rt.bus.publish(tx, news)
    return news


async def _sent(tx: Tx, *, message_id: int) -> tuple[str, datetime | None]:
    """Return the variant of a message and when it went; of one that is gone, none."""
    found = await tx.execute(
        sa.select(messages.c.variant, messages.c.at).where(messages.c.message_id == message_id)
    )
    row = found.one_or_none()
    return ("", None) if row is None else (row.variant, row.at)


async def _as_shown(
    rt: Runtime,
    tx: Tx,
    mailing: Mailing,
    message_id: int,
    profile_id: int,
    amp: str,
    at: datetime,
) -> dict[str, Any]:
    """Return what the letter showed of its reader's own: items of feeds, events, a request's data.

    It is found again by what the mailing froze: by the topics that he agrees to today, and of
    events by those that had happened when the letter went.
    """
    shown: dict[str, Any] = {}
    workspace_id = mailing.workspace_id
    if _NAMES_ARTICLES.search(amp):
        picker = await load_picker(
            tx,
            workspace_id=workspace_id,
            source_kind=mailing.source_kind,
            source_id=mailing.source_id,
        )
        if picker is not None:
            ids = np.array([profile_id], dtype=np.int64)
            masks = await picker.masks(tx, profile_ids=ids)
            picks = await picker.pick(tx, profile_ids=ids, masks=masks)
            shown["articles"] = chosen(picker, picks.tolist(), 0)
    if mailing.standing:
        data = await data_of(tx, message_ids=[message_id])
        shown["data"] = data.get(message_id)
    if "sender" in amp:
        senders = await list_senders(tx, workspace_id=workspace_id)
        sender = next((one for one in senders if one.id == mailing.sender_id), None)
        if sender is not None:
            shown["sender"] = {"name": sender.name, "address": sender.address}
    names = named_events(LetterSource(kind=LetterKind.HTML, subject="", source="", amp=amp))
    if names:
        events = await letter_events(
            rt, workspace_id=workspace_id, profile_ids=[profile_id], names=names, now=at
        )
        shown["events"] = events.get(profile_id)
    return shown


async def _amp_of(tx: Tx, *, mailing_id: int, variant: str) -> str:
    found = await tx.execute(
        sa.select(mailing_variants.c.letter["amp"].astext).where(
            mailing_variants.c.mailing_id == mailing_id, mailing_variants.c.key == variant
        )
    )
    amp: str | None = found.scalar_one_or_none()
    return amp or ""
