"""Returned mail over HTTP: one mail as text. The list is in `delivery`, which knows the letters."""

from typing import Any

from litestar import Controller, get
from litestar.params import FromPath

from otklik.accounts.public import Permission, Who, requires
from otklik.channels.email.returns import queries
from otklik.channels.email.returns.http_mailboxes import ReturnMailboxes
from otklik.channels.email.returns.http_server import HANDLERS as SERVER_HANDLERS
from otklik.channels.email.returns.model import ReturnSource
from otklik.runtime.web.providers import OpenTx


class ReturnedMailSources(Controller):
    path = "/returned-mails"
    tags = ["Returned mail"]

    @get(
        "/{return_id:int}/source",
        operation_id="get_returned_mail_source",
        guards=[requires(Permission.INBOX)],
    )
    async def source(self, return_id: FromPath[int], tx: OpenTx, who: Who) -> ReturnSource:
        """One mail as it came, as text only. Whoever may read conversations may read it."""
        return await queries.get_return_source(
            tx, workspace_id=who.workspace_id, return_id=return_id
        )


HANDLERS: list[Any] = [ReturnedMailSources, ReturnMailboxes, *SERVER_HANDLERS]
