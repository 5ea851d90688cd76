"""Looking into mailboxes for returned mail, mail by mail: taken, and remembered as read, at once.

A process that dies between two mails reads the second one again; a mail that was taken before is
known by its content, so nothing happens twice.
"""

from __future__ import annotations

import ssl
from uuid import UUID

from otklik.accounts.public import get_workspace
from otklik.channels.email.public import (
    MailboxAccess,
    MailboxToRead,
    NewMails,
    mailbox_to_read,
    new_mails,
    note_mailbox_trouble,
    note_read,
)
from otklik.delivery.operations.returns import take_polled
from otklik.kit.errors import OtklikError
from otklik.runtime.public import Runtime


async def poll_mailbox(
    rt: Runtime, *, mailbox_id: UUID, context: ssl.SSLContext | None = None
) -> bool:
    """Take what is new in a mailbox; True when there may be more.

    What keeps it from being read is written beside it. `context` is given by tests only.
    """
    async with rt.db.begin() as tx:
        mailbox = await mailbox_to_read(tx, mailbox_id=mailbox_id)
    if mailbox is None:
        return False
    try:
        found = await _look(rt, mailbox, context)
    except OtklikError as error:
        async with rt.db.begin() as tx:
            lang = (await get_workspace(tx, workspace_id=mailbox.workspace_id)).lang
            await note_mailbox_trouble(
                tx, mailbox_id=mailbox_id, text=error.text(lang), now=rt.clock()
            )
        return False
    for mail in found.mails:
        async with rt.db.begin() as tx:
            now = rt.clock()
            if mail.raw is not None:
                await take_polled(rt, tx, workspace_id=mailbox.workspace_id, raw=mail.raw, now=now)
            await note_read(
                tx,
                mailbox_id=mailbox_id,
                uid_validity=found.uid_validity,
                last_uid=mail.uid,
                now=now,
            )
    if not found.mails:
        async with rt.db.begin() as tx:
            await note_read(
                tx,
                mailbox_id=mailbox_id,
                uid_validity=found.uid_validity,
                last_uid=found.last_uid,
                now=rt.clock(),
            )
    return found.more


async def _look(rt: Runtime, mailbox: MailboxToRead, context: ssl.SSLContext | None) -> NewMails:
    addresses = await rt.outgoing.addresses(mailbox.host, mailbox.port)
    return await new_mails(
        MailboxAccess(
            host=mailbox.host,
            address=addresses[0],
            port=mailbox.port,
            username=mailbox.username,
            password=rt.vault.open(mailbox.password_sealed),
            folder=mailbox.folder,
        ),
        uid_validity=mailbox.uid_validity,
        last_uid=mailbox.last_uid,
        bytes_max=rt.settings.inbound.mail_bytes_max,
        context=context,
    )
