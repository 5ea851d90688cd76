"""Returned mail over HTTP: the list, and one mail as text."""

from typing import Annotated, Any

from litestar import Controller, get
from litestar.params import FromPath, FromQuery, Parameter

from otklik.accounts.public import Permission, Who, requires
from otklik.channels.email.returns import queries
from otklik.channels.email.returns.http_mailboxes import ReturnMailboxes
from otklik.channels.email.returns.model import ReturnItem, ReturnKind, ReturnSource
from otklik.kit.pagination import Page
from otklik.runtime.web.providers import OpenTx, ReaderLang


class ReturnedMails(Controller):
    path = "/returned-mails"
    tags = ["Returned mail"]

    @get("/", operation_id="list_returned_mails", guards=[requires(Permission.VIEW)])
    async def list_returned(
        self,
        *,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        kind: FromQuery[ReturnKind | None] = None,
        message_id: FromQuery[int | None] = None,
        profile_id: FromQuery[int | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[ReturnItem]:
        """Bounces, complaints, automatic replies and answers of people, newest first."""
        return await queries.list_returns(
            tx,
            workspace_id=who.workspace_id,
            kind=kind,
            message_id=message_id,
            profile_id=profile_id,
            cursor=cursor,
            limit=limit,
            lang=lang,
        )

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


HANDLERS: list[Any] = [ReturnedMails, ReturnMailboxes]
