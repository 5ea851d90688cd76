"""Returned mail over HTTP: the list, one mail, a second look, and reading a mailbox now."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.params import FromPath, FromQuery, Parameter

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.channels.email.public import (
    MailboxOff,
    ReturnKind,
    ReturnMailbox,
    ReturnVerdict,
    get_mailbox,
)
from otklik.delivery.operations.second_look import judge_again, lift_stop
from otklik.delivery.polling import poll_mailbox
from otklik.delivery.returned_mail import (
    ReturnedMailCard,
    ReturnedMailItem,
    get_returned_mail,
    list_returned_mails,
)
from otklik.kit.pagination import Page
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


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
        verdict: FromQuery[ReturnVerdict | None] = None,
        message_id: FromQuery[int | None] = None,
        profile_id: FromQuery[int | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[ReturnedMailItem]:
        """Bounces, complaints, automatic replies and answers of people, newest first."""
        return await list_returned_mails(
            tx,
            workspace_id=who.workspace_id,
            kind=kind,
            verdict=verdict,
            message_id=message_id,
            profile_id=profile_id,
            cursor=cursor,
            limit=limit,
            lang=lang,
        )

    @get("/{return_id:int}", operation_id="get_returned_mail", guards=[requires(Permission.VIEW)])
    async def get_returned(
        self, return_id: FromPath[int], tx: OpenTx, rt: Rt, who: Who, lang: ReaderLang
    ) -> ReturnedMailCard:
        """One mail: why it was judged so, what followed, and how the address stands now."""
        return await get_returned_mail(
            tx,
            workspace_id=who.workspace_id,
            return_id=return_id,
            soft_bounces_max=rt.settings.delivery.soft_bounces_max,
            lang=lang,
        )

    @post(
        "/{return_id:int}/judgement",
        operation_id="judge_returned_mail_again",
        guards=[requires(Permission.EDIT)],
        status_code=200,
    )
    async def judge(
        self, *, return_id: FromPath[int], tx: OpenTx, rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> ReturnedMailCard:
        """Judge a mail by the rules of today; what follows from another verdict is done."""
        judged = await judge_again(
            rt, tx, workspace_id=who.workspace_id, return_id=return_id, now=now
        )
        await write_audit(
            tx,
            who=who,
            action="returned_mail.judged_again",
            object_kind="returned_mail",
            object_id=str(return_id),
            now=now,
            detail={"verdict": judged.verdict.value},
        )
        return await self._card(tx, rt, who, return_id, lang)

    @put(
        "/{return_id:int}/lifting",
        operation_id="lift_returned_mail_stop",
        guards=[requires(Permission.MANAGE)],
    )
    async def lift(
        self, *, return_id: FromPath[int], tx: OpenTx, rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> ReturnedMailCard:
        """Take the address off the stop list; only somebody who answers for it may."""
        stop = await lift_stop(tx, workspace_id=who.workspace_id, return_id=return_id, now=now)
        await write_audit(
            tx,
            who=who,
            action="suppression.removed",
            object_kind="suppression",
            object_id=stop.id,
            now=now,
            detail={"returned_mail": return_id, "reason": stop.reason.value},
        )
        return await self._card(tx, rt, who, return_id, lang)

    async def _card(
        self, tx: Any, rt: Any, who: Any, return_id: int, lang: Any
    ) -> ReturnedMailCard:
        return await get_returned_mail(
            tx,
            workspace_id=who.workspace_id,
            return_id=return_id,
            soft_bounces_max=rt.settings.delivery.soft_bounces_max,
            lang=lang,
        )


@post(
    "/return-mailboxes/{mailbox_id:uuid}/look",
    operation_id="look_into_return_mailbox",
    guards=[requires(Permission.MANAGE)],
    tags=["Returned mail"],
    status_code=200,
)
async def look_into_mailbox(mailbox_id: FromPath[UUID], rt: Rt, who: Who) -> ReturnMailbox:
    """Look into a mailbox now; what keeps it from being read is in the answer."""
    async with rt.db.begin() as tx:
        mailbox = await get_mailbox(tx, workspace_id=who.workspace_id, mailbox_id=mailbox_id)
    if not mailbox.enabled:
        raise MailboxOff()
    await poll_mailbox(rt, mailbox_id=mailbox_id)
    async with rt.db.begin() as tx:
        return await get_mailbox(tx, workspace_id=who.workspace_id, mailbox_id=mailbox_id)


HANDLERS: list[Any] = [ReturnedMails, look_into_mailbox]
