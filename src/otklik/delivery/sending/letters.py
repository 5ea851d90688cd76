"""Letters of one mailing, ready to be made: compiled and framed once, filled in for each person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from otklik.accounts.public import Workspace, get_workspace
from otklik.channels.email.public import (
    BadAddress,
    Frame,
    LetterTooBig,
    SenderIdentity,
    build_frame,
    reply_address,
    return_address,
    sender_identity,
    tracking_url,
)
from otklik.content.public import (
    CompiledLetter,
    LetterBroken,
    LetterKind,
    LetterSource,
    RenderFailed,
    Tracking,
    compile_letter,
    letter_context,
    named_events,
    render,
)
from otklik.delivery.model import LetterContent, LetterLinks, Mailing, SkipReason, Variant
from otklik.delivery.operations.blocks import Row
from otklik.delivery.picker import Picker, load_picker
from otklik.delivery.policy.model import SendingPolicy
from otklik.delivery.policy.queries import sending_policy
from otklik.delivery.queries import mailing_by_number, mailing_letters
from otklik.delivery.tokens import MessageLinks, MessageRef, TokenSigner
from otklik.runtime.public import InboundSettings, Tx, log


@dataclass(frozen=True, slots=True)
class ReadyVariant:
    """One version: `compiled` is absent when the letter can't be compiled any more."""

    position: int
    compiled: CompiledLetter | None
    frame: Frame
    addresses: tuple[str, ...]
    events: tuple[str, ...] = ()
    """Names of the events that it speaks of."""

    def static_url(self, link: int) -> str | None:
        return self.addresses[link] if link < len(self.addresses) else None


@dataclass(frozen=True, slots=True)
class ReadyMailing:
    """Everything about a mailing that is the same for all its messages."""

    mailing: Mailing
    workspace: Workspace
    sender: SenderIdentity
    variants: Mapping[str, ReadyVariant]
    policy: SendingPolicy
    return_domain: str
    links_url: str
    """What the addresses in its letters begin with: the workspace's own name, or the program's."""
    picker: Picker | None = None
    """What its letters show of each reader's own, if they do."""

    @property
    def is_counted(self) -> bool:
        """Whether its messages stand in the ledger of the frequency rules."""
        return self.policy.counts and not self.mailing.service

    @property
    def names_orders(self) -> bool:
        """Whether any version may ask for the orders of its reader."""
        return any(one.compiled and one.compiled.names_orders for one in self.variants.values())

    @property
    def events(self) -> frozenset[str]:
        """The names of the events of which any version speaks."""
        return frozenset(name for one in self.variants.values() for name in one.events)


@dataclass(frozen=True, slots=True)
class Ready:
    """One letter that can go to the network."""

    row: Row
    data: bytes
    return_path: str


@dataclass(frozen=True, slots=True)
class Unmade:
    """One letter that could not be made, and why."""

    row: Row
    reason: SkipReason
    detail: str


def letter_links(source: LetterSource) -> LetterLinks:
    """Return the links of a letter. Raises: LetterBroken."""
    compiled = compile_letter(source)
    return LetterLinks(
        tuple(_addresses(compiled)), sum(1 for link in compiled.links if link.tracked)
    )


def source_of(content: LetterContent) -> LetterSource:
    return LetterSource(
        kind=LetterKind(content.kind),
        subject=content.subject,
        source=content.source,
        preheader=content.preheader,
        text=content.text,
        amp=content.amp,
    )


async def load_mailing(
    tx: Tx,
    *,
    mailing_id: int,
    signer: TokenSigner,
    inbound: InboundSettings,
    base_url: str,
    known: ReadyMailing | None = None,
) -> ReadyMailing:
    """Load a mailing; what was compiled for it before is used again.

    The sender is read anew each time, so that a corrected key or address takes effect at once; so
    is the name that links lead to, which may have stopped working.
    While this installation takes mail, replies are addressed to it; it hands them on.
    """
    mailing = await mailing_by_number(tx, mailing_id=mailing_id)
    workspace = await get_workspace(tx, workspace_id=mailing.workspace_id)
    policy = await sending_policy(tx, workspace_id=mailing.workspace_id)
    sender = await sender_identity(
        tx, workspace_id=mailing.workspace_id, sender_id=mailing.sender_id
    )
    return_domain = inbound.domain or sender.domain
    if inbound.enabled:
        replies = reply_address(
            signer,
            return_domain,
            workspace_id=mailing.workspace_id,
            sender_id=sender.sender_id,
        )
        sender = msgspec.structs.replace(sender, reply_to=replies)
    own_url = await tracking_url(tx, workspace_id=mailing.workspace_id, sender_domain=sender.domain)
    links_url = own_url or base_url
    if (
        known is not None
        and known.sender == sender
        and known.links_url == links_url
        # A standing mailing has got a new edition of its letter.
        and known.mailing.arms == mailing.arms
    ):
        return ReadyMailing(
            mailing,
            workspace,
            sender,
            known.variants,
            policy,
            return_domain,
            links_url,
            known.picker,
        )
    letters = await mailing_letters(tx, mailing_id=mailing_id)
    return ReadyMailing(
        mailing,
        workspace,
        sender,
        {
            variant.key: _ready_variant(
                mailing, sender, position, _with_pictures_at(variant, base_url, links_url)
            )
            for position, variant in enumerate(letters)
        },
        policy,
        return_domain,
        links_url,
        await load_picker(
            tx,
            workspace_id=mailing.workspace_id,
            source_kind=mailing.source_kind,
            source_id=mailing.source_id,
        ),
    )


def make_letter(
    ready: ReadyMailing,
    row: Row,
    person: Mapping[str, Any] | None,
    *,
    signer: TokenSigner,
    now: datetime,
    articles: Mapping[str, Any] | None = None,
    events: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Ready | Unmade:
    """Fill in the letter of one person: pure, no database and no network.

    articles: the items of feeds that were picked for him. events: his latest ones. data: what the
    request for this message brought, in a standing mailing.
    """
    variant = ready.variants[row.variant]
    if person is None:
        return Unmade(row, SkipReason.PROFILE_GONE, "")
    if variant.compiled is None:
        return Unmade(row, SkipReason.RENDER_FAILED, "the letter can't be compiled")
    mailing, sender, workspace = ready.mailing, ready.sender, ready.workspace
    links = MessageLinks(
        signer,
        ready.links_url,
        MessageRef(mailing.workspace_id, mailing.mailing_id, row.message_id, row.profile_id),
        variant=variant.position,
        static=variant.static_url,
    )
    unsubscribe_url = links.unsubscribe()
    context = letter_context(
        customer=person.get("customer", {}),
        orders=person.get("orders", ()),
        articles=articles,
        events=events,
        data=data,
        unsubscribe_url=unsubscribe_url,
        preferences_url=links.preferences(),
        answer_url=links.answer() if variant.compiled.names_answer else "",
        workspace={
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "lang": workspace.lang,
        },
        now=now,
        campaign={
            "id": str(mailing.source_id),
            "name": mailing.name,
            "variant": row.variant,
        },
        sender={"name": sender.name, "address": sender.address},
    )
    try:
        letter = render(
            variant.compiled,
            context,
            Tracking(link=links.link, pixel_url=links.pixel(), honeypot_url=links.honeypot()),
        )
        mail = variant.frame.render(
            to_address=row.address,
            to_name=None,
            subject=letter.subject,
            text=letter.text_mixture,
            html=letter.html_mixture,
            amp=letter.amp_mixture,
            message_id=links.mail_id(),
            date=now,
            unsubscribe_url=unsubscribe_url,
        )
    except RenderFailed as failed:
        return Unmade(row, SkipReason.RENDER_FAILED, failed.text(workspace.lang))
    except BadAddress as failed:
        return Unmade(row, SkipReason.INVALID_ADDRESS, failed.text(workspace.lang))
    except LetterTooBig as failed:
        return Unmade(row, SkipReason.LETTER_TOO_BIG, failed.text(workspace.lang))
    except (TypeError, ValueError) as failed:
        # A value of a kind that letters don't take, or an address that no header can hold: it
        # costs this person's letter and no one else's.
        log.warning("letter not made", message_id=row.message_id, error=type(failed).__name__)
        return Unmade(row, SkipReason.RENDER_FAILED, type(failed).__name__)
    return_path = return_address(
        signer,
        ready.return_domain,
        workspace_id=mailing.workspace_id,
        message_id=row.message_id,
    )
    return Ready(row, mail, return_path)


def _with_pictures_at(variant: Variant, base_url: str, links_url: str) -> Variant:
    """Return a version whose pictures of the library are asked for where its links lead."""
    if links_url == base_url:
        return variant
    old, new = f"{base_url}/m/", f"{links_url}/m/"
    letter = msgspec.structs.replace(
        variant.letter,
        source=variant.letter.source.replace(old, new),
        text=variant.letter.text.replace(old, new),
        amp=variant.letter.amp.replace(old, new),
    )
    return msgspec.structs.replace(variant, letter=letter)


def _ready_variant(
    mailing: Mailing, sender: SenderIdentity, position: int, variant: Variant
) -> ReadyVariant:
    source = source_of(variant.letter)
    try:
        compiled = compile_letter(source)
    except LetterBroken:
        compiled = None
    return ReadyVariant(
        position=position,
        compiled=compiled,
        frame=build_frame(
            sender=sender,
            feedback_id=f"{mailing.mailing_id}:{mailing.workspace_id}:{mailing.source_kind}:otklik",
        ),
        addresses=tuple(_addresses(compiled)) if compiled else (),
        events=tuple(named_events(source, compiled)) if compiled else (),
    )


def _addresses(compiled: CompiledLetter) -> list[str]:
    return ["" if link.dynamic else link.url for link in compiled.links]
