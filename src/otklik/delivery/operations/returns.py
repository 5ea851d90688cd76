"""What a returned mail does to its message, its address and its person.

A mail is believed as far as it proves to belong to a message: by the signed token of the return
path it came to, or of the Message-ID that it returns. Nobody can stop another's address by making
up a bounce: a token is known only to who got the letter.

What follows from a verdict is in `verdicts.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from otklik.channels.email.public import (
    CameBy,
    Consequence,
    Followed,
    FoundBy,
    Kept,
    Provider,
    ProviderReport,
    RecipientVerdict,
    ReplyHome,
    ReplyRef,
    ReturnedMail,
    ReturnKind,
    ReturnReason,
    ReturnRef,
    ReturnVerdict,
    content_hash,
    judge_return,
    keep_return,
    note_followed,
    read_address,
    read_mark,
    reply_homes,
)
from otklik.delivery.errors import BadTrackingLink
from otklik.delivery.model import (
    MessageState,
)
from otklik.delivery.operations.verdicts import (
    apply_verdict,
    current_profile,
)
from otklik.delivery.queries import mailing_by_number
from otklik.delivery.tables import mailings, messages
from otklik.delivery.tokens import MAIL_ID, TokenSigner, read_message_token
from otklik.privacy.public import (
    Source,
    SuppressionReason,
    suppress,
    unsubscribe,
)
from otklik.profiles.public import Refusal, normal_email, owners_of
from otklik.runtime.public import BadSignature, Runtime, Tx

FORWARD_JOB: Final = "email.forward_reply"
EMAIL: Final = "email"
_REPORTED_WITHIN: Final = timedelta(days=30)
_WEIGHT: Final = {
    ReturnVerdict.COMPLAINT: 4,
    ReturnVerdict.HARD: 3,
    ReturnVerdict.SOFT: 2,
    ReturnVerdict.AUTO_REPLY: 1,
    ReturnVerdict.NONE: 0,
}


class Taken(StrEnum):
    """What became of a mail that came in."""

    APPLIED = "applied"
    KNOWN = "known"  # the same mail was here before: nothing changed
    GONE = "gone"  # its person or address was erased: nothing is kept
    REFUSED = "refused"  # it belongs to nobody here


class TakenMail(msgspec.Struct, frozen=True):
    outcome: Taken
    kind: ReturnKind | None = None
    workspace_id: int | None = None
    message_id: int | None = None


class _Target(msgspec.Struct, frozen=True):
    """Whom a mail concerns. `message`: its row, when the mail proves to belong to one."""

    workspace_id: int
    message: Any = None
    home: ReplyHome | None = None
    found_by: FoundBy = FoundBy.NOTHING


async def accepts(tx: Tx, signer: TokenSigner, *, recipient: str) -> bool:
    """Tell whether mail to this address is ours: a signed token, or the address of a sender."""
    if read_address(signer, recipient) is not None:
        return True
    return bool(await reply_homes(tx, address=recipient))


async def take_return(
    rt: Runtime, tx: Tx, *, raw: bytes, recipient: str, now: datetime
) -> TakenMail:
    """Judge a mail that came in, and do what follows from it. The same mail twice changes nothing.

    raw: the mail as it arrived. recipient: the envelope address that it was sent to.

    hard: the message is bounced, its address on the stop list. soft: bounced; `soft_bounces_max` of
    them in a row, without a delivery or a sign of the person between, stop the address. complaint:
    the address is stopped, and the consent to the channel withdrawn. Automatic replies are kept and
    change nothing. What a person wrote is kept as a reply, and goes on to the sender's colleague.
    """
    mail = await asyncio.to_thread(judge_return, raw)
    target = await _target(rt, tx, mail, recipient)
    if target is None:
        return TakenMail(Taken.REFUSED)
    return await _take(rt, tx, mail, target, raw, recipient, CameBy.SMTP, now)


async def take_polled(
    rt: Runtime, tx: Tx, *, workspace_id: int, raw: bytes, now: datetime
) -> TakenMail:
    """Do the same for a mail out of a mailbox of a workspace, where the envelope is not known.

    Its headers name who it was sent to. What leads to no message and to no sender of the workspace
    is somebody's own mail, and is left alone.
    """
    mail = await asyncio.to_thread(judge_return, raw)
    target, recipient = None, ""
    for address in mail.sent_to:
        found = await _target(rt, tx, mail, address)
        if found is not None and found.workspace_id == workspace_id:
            target, recipient = found, address
            if found.message is not None:
                break
    if target is None or target.message is None:
        named = await _message_named(rt, tx, mail, {workspace_id})
        if named is not None:
            home = await _home_of_mailing(tx, named.mailing_id)
            target = _Target(workspace_id, named, home, FoundBy.MESSAGE_ID)
    if target is None:
        return TakenMail(Taken.REFUSED)
    return await _take(rt, tx, mail, target, raw, recipient, CameBy.IMAP, now)


async def _take(
    rt: Runtime,
    tx: Tx,
    mail: ReturnedMail,
    target: _Target,
    raw: bytes,
    recipient: str,
    came_by: CameBy,
    now: datetime,
) -> TakenMail:
    message = target.message
    if message is not None and not message.address:
        return TakenMail(Taken.GONE, workspace_id=target.workspace_id)
    verdict = own_verdict(mail, message.address if message is not None else "")
    kind = kind_of(mail, verdict)
    forward_to = _forward_to(rt, target.home) if kind is ReturnKind.REPLY else None
    number = await keep_return(
        tx,
        kept=Kept(
            workspace_id=target.workspace_id,
            content_hash=content_hash(raw),
            kind=kind,
            verdict=verdict.verdict if verdict else ReturnVerdict.NONE,
            reason=verdict.reason if verdict else None,
            status=verdict.status if verdict else "",
            diagnostic=verdict.diagnostic if verdict else "",
            message_id=message.message_id if message is not None else None,
            profile_id=await _profile_of(tx, target, mail.sender),
            sender=mail.sender,
            recipient=recipient,
            subject=mail.subject,
            raw=raw,
            forward_to=forward_to,
            came_by=came_by,
            found_by=target.found_by,
        ),
        now=now,
    )
    taken = TakenMail(
        Taken.APPLIED if number is not None else Taken.KNOWN,
        kind,
        target.workspace_id,
        message.message_id if message is not None else None,
    )
    if number is None:
        return taken
    if forward_to is not None:
        await rt.jobs.defer(tx, FORWARD_JOB, args={"return_id": number})
    if message is not None and verdict is not None:
        followed = await apply_verdict(rt, tx, message, verdict, now)
        await note_followed(tx, return_id=number, followed=followed)
    return taken


async def take_report(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    provider: Provider,
    report: ProviderReport,
    now: datetime,
) -> TakenMail:
    """Do the same for what a sending service reported of one recipient, after it proved itself.

    The message is the one whose mark, return path or Message-ID the report names, else the last
    that was sent to the address. The service is trusted for its workspace: without a message the
    address is stopped too.
    """
    verdict = report.verdict
    message, found_by = await _message_reported(rt, tx, workspace_id, report, now)
    if message is not None and not message.address:
        return TakenMail(Taken.GONE, workspace_id=workspace_id)
    number_of_message = message.message_id if message is not None else None
    if verdict.reason in (ReturnReason.DELAYED, ReturnReason.DELIVERED):
        # There is one for every letter: they are heard, and not kept.
        if message is not None:
            await apply_verdict(rt, tx, message, verdict, now)
        return TakenMail(Taken.APPLIED, ReturnKind.NOTICE, workspace_id, number_of_message)
    target = _Target(workspace_id, message, found_by=found_by)
    kind = kind_of(ReturnedMail((verdict,), automatic=True), verdict)
    profile_id = await _profile_of(tx, target, verdict.address)
    number = await keep_return(
        tx,
        kept=Kept(
            workspace_id=workspace_id,
            content_hash=hashlib.sha256(f"{provider.value}\n{report.key}".encode()).digest(),
            kind=kind,
            verdict=verdict.verdict,
            reason=verdict.reason,
            status=verdict.status,
            diagnostic=verdict.diagnostic,
            message_id=number_of_message,
            profile_id=profile_id,
            sender=provider.value,
            recipient=verdict.address,
            subject="",
            raw=report.source,
            came_by=CameBy.REPORT,
            found_by=found_by,
        ),
        now=now,
    )
    if number is None:
        return TakenMail(Taken.KNOWN, kind, workspace_id, number_of_message)
    followed = Followed()
    if message is not None:
        followed = await apply_verdict(rt, tx, message, verdict, now)
    elif verdict.address:
        followed = await _apply_to_address(tx, workspace_id, verdict, profile_id, now)
    await note_followed(tx, return_id=number, followed=followed)
    return TakenMail(Taken.APPLIED, kind, workspace_id, number_of_message)


async def _message_reported(
    rt: Runtime, tx: Tx, workspace_id: int, report: ProviderReport, now: datetime
) -> tuple[Any | None, FoundBy]:
    ways = (
        (FoundBy.MARK, read_mark(rt.signer, report.mark)),
        (FoundBy.RETURN_PATH, read_address(rt.signer, report.return_path)),
    )
    for way, ref in ways:
        if isinstance(ref, ReturnRef) and ref.workspace_id == workspace_id:
            message = await message_row(tx, workspace_id, ref.message_id)
            if message is not None:
                return message, way
    named = ReturnedMail((), in_reply_to=report.message_ids)
    message = await _message_named(rt, tx, named, {workspace_id})
    if message is not None:
        return message, FoundBy.MESSAGE_ID
    if report.verdict.address:
        message = await _last_message_to(tx, workspace_id, report.verdict.address, now)
    return message, FoundBy.NOTHING if message is None else FoundBy.ADDRESS


async def _last_message_to(tx: Tx, workspace_id: int, address: str, now: datetime) -> Any | None:
    """Return the last message that went to an address in the last weeks."""
    normal = normal_email(address)
    if isinstance(normal, Refusal):
        return None
    name = ("email", normal)
    profile_id = (await owners_of(tx, workspace_id=workspace_id, names=[name])).get(name)
    if profile_id is None:
        return None
    ours = sa.select(mailings.c.mailing_id).where(mailings.c.workspace_id == workspace_id)
    return (
        await tx.execute(
            sa.select(messages)
            .where(
                messages.c.mailing_id == sa.func.any(sa.func.array(ours.scalar_subquery())),
                messages.c.profile_id == profile_id,
                sa.func.lower(messages.c.address) == address.lower(),
                messages.c.state.in_([MessageState.SENT, MessageState.IN_DOUBT]),
                messages.c.at > now - _REPORTED_WITHIN,
            )
            .order_by(messages.c.at.desc())
            .limit(1)
            .with_for_update()
        )
    ).one_or_none()


async def _apply_to_address(
    tx: Tx,
    workspace_id: int,
    verdict: RecipientVerdict,
    profile_id: int | None,
    now: datetime,
) -> Followed:
    """Do what follows where no message of ours is known; a soft bounce alone follows nothing."""
    complains = verdict.verdict is ReturnVerdict.COMPLAINT
    if verdict.reason is ReturnReason.AUTH_FAILURE:
        return Followed()
    did: list[Consequence] = []
    if complains and profile_id is not None:
        did.append(Consequence.WITHDRAWN)
        await unsubscribe(
            tx,
            workspace_id=workspace_id,
            profile_id=profile_id,
            channel=EMAIL,
            topic_id=None,
            source=Source.COMPLAINT,
            now=now,
            proof={"feedback_loop": verdict.reason.value},
        )
    leaves = verdict.reason is ReturnReason.OPT_OUT
    if verdict.verdict is ReturnVerdict.HARD or (complains and not leaves):
        await suppress(
            tx,
            workspace_id=workspace_id,
            channel=EMAIL,
            address=verdict.address,
            reason=SuppressionReason.COMPLAINT if complains else SuppressionReason.HARD_BOUNCE,
            now=now,
        )
        did.append(Consequence.STOPPED)
    return Followed(did=tuple(did))


# --- Whom it concerns -----------------------------------------------------------------------------


async def _target(rt: Runtime, tx: Tx, mail: ReturnedMail, recipient: str) -> _Target | None:
    address = read_address(rt.signer, recipient)
    if isinstance(address, ReturnRef):
        message = await message_row(tx, address.workspace_id, address.message_id)
        if message is None:
            return None
        home = await _home_of_mailing(tx, message.mailing_id)
        return _Target(address.workspace_id, message, home, FoundBy.RETURN_PATH)
    if isinstance(address, ReplyRef):
        homes = await reply_homes(
            tx, workspace_id=address.workspace_id, sender_id=address.sender_id
        )
    else:
        homes = await reply_homes(tx, address=recipient)
    found = await _message_named(rt, tx, mail, {home.workspace_id for home in homes})
    if found is not None:
        home = next((one for one in homes if one.workspace_id == found.workspace_id), None)
        return _Target(found.workspace_id, found, home, FoundBy.MESSAGE_ID)
    if len({home.workspace_id for home in homes}) != 1:
        # Nobody's address, or one that two workspaces send from, and nothing says whose mail it is.
        return None
    return _Target(homes[0].workspace_id, None, homes[0])


async def _message_named(
    rt: Runtime, tx: Tx, mail: ReturnedMail, workspaces: set[int]
) -> Any | None:
    """Return the message whose Message-ID a mail returns or answers, in one of the workspaces."""
    for message_id in (mail.original.message_id, *mail.in_reply_to):
        local, at, _ = message_id.rpartition("@")
        if not at:
            continue
        try:
            ref = read_message_token(rt.signer, MAIL_ID, local)
        except (BadSignature, BadTrackingLink):
            continue
        if ref.workspace_id in workspaces:
            return await message_row(tx, ref.workspace_id, ref.message_id)
    return None


async def message_row(tx: Tx, workspace_id: int, message_id: int) -> Any | None:
    """Return a message, locked; None when it is gone."""
    return (
        await tx.execute(
            sa.select(messages)
            .where(messages.c.message_id == message_id, messages.c.workspace_id == workspace_id)
            .with_for_update()
        )
    ).one_or_none()


async def _home_of_mailing(tx: Tx, mailing_id: int) -> ReplyHome | None:
    mailing = await mailing_by_number(tx, mailing_id=mailing_id)
    homes = await reply_homes(tx, workspace_id=mailing.workspace_id, sender_id=mailing.sender_id)
    return homes[0] if homes else None


async def _profile_of(tx: Tx, target: _Target, sender: str) -> int | None:
    if target.message is not None:
        return await current_profile(tx, target.workspace_id, target.message.profile_id)
    address = normal_email(sender)
    if isinstance(address, Refusal):
        return None
    name = ("email", address)
    return (await owners_of(tx, workspace_id=target.workspace_id, names=[name])).get(name)


def own_verdict(mail: ReturnedMail, address: str) -> RecipientVerdict | None:
    """Return the verdict on our recipient: a letter has one, whatever name the report gives it."""
    named = [one for one in mail.recipients if one.address.lower() == address.lower()]
    return max(named or mail.recipients, key=lambda one: _WEIGHT[one.verdict], default=None)


def kind_of(mail: ReturnedMail, verdict: RecipientVerdict | None) -> ReturnKind:
    """Return what a mail is in the list, given its verdict."""
    if verdict is None:
        return ReturnKind.NOTICE if mail.automatic else ReturnKind.REPLY
    if verdict.verdict is ReturnVerdict.COMPLAINT:
        return ReturnKind.COMPLAINT
    if verdict.verdict is ReturnVerdict.AUTO_REPLY:
        return ReturnKind.AUTO_REPLY
    if verdict.verdict is ReturnVerdict.NONE or verdict.reason is ReturnReason.DELAYED:
        return ReturnKind.NOTICE
    return ReturnKind.BOUNCE


def _forward_to(rt: Runtime, home: ReplyHome | None) -> str | None:
    """Return who hears of a reply: the address for replies, else the sender's, if elsewhere."""
    if home is None:
        return None
    if home.reply_to:
        return home.reply_to
    returns = rt.settings.inbound.domain
    return home.address if returns and returns != home.domain else None
