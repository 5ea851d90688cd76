"""Mailboxes for returned mail over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.channels.email.returns import mailboxes
from otklik.channels.email.returns.mailboxes import ReturnMailbox
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, OpenTx, Rt

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]
Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.-]+$")]


class NewReturnMailbox(msgspec.Struct, forbid_unknown_fields=True):
    host: Host
    username: Word
    password: Word
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 993
    """The connection is TLS from the first byte."""
    folder: Word = "INBOX"


class ReturnMailboxChanges(msgspec.Struct, forbid_unknown_fields=True):
    """Another folder, user or host is another mailbox: it is read from its newest mails on."""

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    password: Word | msgspec.UnsetType = msgspec.UNSET
    host: Host | msgspec.UnsetType = msgspec.UNSET
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | msgspec.UnsetType = msgspec.UNSET
    username: Word | msgspec.UnsetType = msgspec.UNSET
    folder: Word | msgspec.UnsetType = msgspec.UNSET


class ReturnMailboxes(Controller):
    path = "/return-mailboxes"
    tags = ["Returned mail"]

    @get("/", operation_id="list_return_mailboxes", guards=[requires(Permission.MANAGE)])
    async def list_mailboxes(self, tx: OpenTx, who: Who) -> list[ReturnMailbox]:
        """Mailboxes that are looked into for returned mail, every two minutes."""
        return await mailboxes.list_mailboxes(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="create_return_mailbox", guards=[requires(Permission.MANAGE)])
    async def create(
        self, data: JSONBody[NewReturnMailbox], tx: OpenTx, rt: Rt, who: Who, now: Now
    ) -> ReturnMailbox:
        """Add a mailbox. Its password is kept sealed and is never shown again."""
        await rt.outgoing.addresses(data.host, data.port)
        made = await mailboxes.create_mailbox(
            tx,
            workspace_id=who.workspace_id,
            host=data.host,
            port=data.port,
            username=data.username,
            password_sealed=rt.vault.seal(data.password),
            folder=data.folder,
            now=now,
        )
        await _audit(tx, who, "created", made.id, now)
        return made

    @patch(
        "/{mailbox_id:uuid}",
        operation_id="change_return_mailbox",
        guards=[requires(Permission.MANAGE)],
    )
    async def change(
        self,
        mailbox_id: FromPath[UUID],
        data: JSONBody[ReturnMailboxChanges],
        tx: OpenTx,
        rt: Rt,
        who: Who,
        now: Now,
    ) -> ReturnMailbox:
        """Switch it on or off, give another password, or lead to another mailbox.

        A password belongs to the place that it was given for: another host or user needs it anew.
        """
        changes: dict[str, Any] = {
            name: value
            for name in ("enabled", "host", "port", "username", "folder")
            if (value := getattr(data, name)) is not msgspec.UNSET
        }
        if data.password is not msgspec.UNSET:
            changes["password_sealed"] = rt.vault.seal(data.password)
        if {"host", "port"} & changes.keys():
            known = await mailboxes.get_mailbox(
                tx, workspace_id=who.workspace_id, mailbox_id=mailbox_id
            )
            host, port = changes.get("host", known.host), changes.get("port", known.port)
            await rt.outgoing.addresses(host, port)
        changed = await mailboxes.change_mailbox(
            tx, workspace_id=who.workspace_id, mailbox_id=mailbox_id, changes=changes, now=now
        )
        await _audit(tx, who, "changed", mailbox_id, now)
        return changed

    @delete(
        "/{mailbox_id:uuid}",
        operation_id="delete_return_mailbox",
        guards=[requires(Permission.MANAGE)],
    )
    async def remove(self, mailbox_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Look into it no more; what was taken from it stays."""
        await mailboxes.delete_mailbox(tx, workspace_id=who.workspace_id, mailbox_id=mailbox_id)
        await _audit(tx, who, "removed", mailbox_id, now)


async def _audit(tx: Tx, who: Principal, action: str, mailbox_id: UUID, now: datetime) -> None:
    await write_audit(
        tx, who=who, action=action, object_kind="return_mailbox", object_id=mailbox_id, now=now
    )
