"""From what a reader sends to an event of his."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.accounts.public import get_workspace
from otklik.content.public import (
    AnswerForm,
    NotAnswered,
    answer_forms,
    letter_context,
    letter_people,
    read_answer,
)
from otklik.delivery.answers.errors import AnswerIncomplete, NothingToAnswer
from otklik.delivery.errors import MailingNotFound
from otklik.delivery.operations.tracking import variant_of
from otklik.delivery.queries import mailing_by_number
from otklik.delivery.tables import mailing_variants
from otklik.delivery.tokens import MessageRef
from otklik.kit.errors import NotFound
from otklik.profiles.public import current_ids
from otklik.runtime.public import Bus, Tx


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


async def what_is_asked(tx: Tx, *, ref: MessageRef, now: datetime) -> Asked:
    """Return the forms of a message as its reader has them. Raises: NothingToAnswer."""
    try:
        mailing = await mailing_by_number(tx, mailing_id=ref.mailing_id)
        workspace = await get_workspace(tx, workspace_id=ref.workspace_id)
    except (MailingNotFound, NotFound) as error:
        raise NothingToAnswer() from error
    variant, _ = await variant_of(tx, message_id=ref.message_id)
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
        unsubscribe_url="",
        workspace={
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "lang": workspace.lang,
        },
        now=now,
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
    tx: Tx,
    bus: Bus,
    *,
    ref: MessageRef,
    posted: Mapping[str, Sequence[str]],
    now: datetime,
) -> LetterAnswered:
    """Take what a reader sent for the form that he means; with one form, for that one.

    Raises: NothingToAnswer, AnswerIncomplete.
    """
    asked = await what_is_asked(tx, ref=ref, now=now)
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
    await bus.publish(tx, news)
    return news


async def _amp_of(tx: Tx, *, mailing_id: int, variant: str) -> str:
    found = await tx.execute(
        sa.select(mailing_variants.c.letter["amp"].astext).where(
            mailing_variants.c.mailing_id == mailing_id, mailing_variants.c.key == variant
        )
    )
    amp: str | None = found.scalar_one_or_none()
    return amp or ""
