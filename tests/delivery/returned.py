"""Mails that come back, as tests of delivery make and take them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.channels.email.public import ReturnKind, list_returns, return_address
from otklik.delivery.jobs import tend
from otklik.delivery.operations.returns import TakenMail, take_return
from otklik.delivery.sending.dispatcher import Dispatcher
from otklik.delivery.tables import mailings, messages
from otklik.delivery.tokens import MessageRef
from otklik.privacy.public import SuppressionReason, suppressed
from otklik.runtime.public import Runtime
from tests.delivery.support import (
    MailServer,
    mailing_to,
)


async def send(rt: Runtime, server: MailServer, workspace: Workspace, ids: Sequence[int]) -> UUID:
    source_id = await mailing_to(rt, workspace, ids)
    pool = server.pool(connections=2)
    dispatcher = Dispatcher(pool, parallel=2)
    try:
        while await dispatcher.step(rt):
            pass
        await tend(rt)
    finally:
        await pool.close()
    return source_id


async def message_of(rt: Runtime, source_id: UUID, profile_id: int) -> MessageRef:
    async with rt.db.begin() as tx:
        row = (
            await tx.execute(
                sa.select(messages)
                .join(mailings, mailings.c.mailing_id == messages.c.mailing_id)
                .where(mailings.c.source_id == source_id, messages.c.profile_id == profile_id)
            )
        ).one()
    return MessageRef(row.workspace_id, row.mailing_id, row.message_id, profile_id)


def way_back(rt: Runtime, ref: MessageRef) -> str:
    return return_address(
        rt.signer, "shop.example", workspace_id=ref.workspace_id, message_id=ref.message_id
    )


def bounce(
    address: str, status: str = "5.1.1", said: str = "550 5.1.1 User unknown", mark: str = ""
) -> bytes:
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com\nTo: x@shop.example\n"
        f"Subject: Undelivered Mail Returned to Sender {mark}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\n\n'
        "--cut\nContent-Type: text/plain\n\nYour letter could not be delivered.\n\n"
        "--cut\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n\n--cut--\n"
    ).encode()


def full(address: str, mark: str) -> bytes:
    return bounce(address, "5.2.2", "552 5.2.2 Mailbox full", mark)


def complaint(address: str, kind: str = "abuse") -> bytes:
    return (
        "From: fbl@provider.example\nTo: x@shop.example\nSubject: Feedback report\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=cut\n\n"
        f"--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\n"
        f"Original-Rcpt-To: {address}\n\n--cut--\n"
    ).encode()


async def take(rt: Runtime, raw: bytes, recipient: str) -> TakenMail:
    async with rt.db.begin() as tx:
        return await take_return(rt, tx, raw=raw, recipient=recipient, now=rt.clock())


async def stopped(rt: Runtime, workspace: Workspace, name: str) -> SuppressionReason | None:
    address = f"{name}@example.com"
    async with rt.db.begin() as tx:
        found = await suppressed(
            tx, workspace_id=workspace.id, channel="email", addresses=[address]
        )
    return found.get(address)


async def kept(rt: Runtime, workspace: Workspace) -> list[ReturnKind]:
    async with rt.db.begin() as tx:
        page = await list_returns(
            tx,
            workspace_id=workspace.id,
            lang="en",
        )
    return [item.kind for item in page.items]
