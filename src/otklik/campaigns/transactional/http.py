"""Transactional letters over HTTP: their making, and the sending by programs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts.public import (
    Forbidden,
    Permission,
    Principal,
    Who,
    requires,
    write_audit,
)
from otklik.campaigns.http.common import allow_service
from otklik.campaigns.transactional import operations, queries
from otklik.campaigns.transactional.model import (
    MessageOrder,
    MessageOrders,
    NewTransactional,
    Transactional,
    TransactionalChanges,
)
from otklik.campaigns.transactional.shown import SentLetter, sent_letter
from otklik.delivery.public import AskedMessage, RequestedMessage, get_request, list_requests
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Limit = Annotated[int, Parameter(ge=1, le=200)]


class AskedMany(msgspec.Struct, frozen=True):
    """What became of each order of a batch, in its order."""

    messages: list[AskedMessage]


class TransactionalLetters(Controller):
    path = "/transactional"
    tags = ["Transactional letters"]

    @get("/", operation_id="list_transactional", guards=[requires(Permission.VIEW)])
    async def list_letters(self, tx: OpenTx, who: Who, now: Now) -> list[Transactional]:
        """All of the workspace by name, with their counts; those that are closed come last."""
        return await queries.list_transactional(tx, workspace_id=who.workspace_id, now=now)

    @post("/", operation_id="create_transactional", guards=[requires(Permission.EDIT)])
    async def create(
        self, data: JSONBody[NewTransactional], tx: OpenTx, who: Who, now: Now
    ) -> Transactional:
        """Make a draft."""
        allow_service(who, data.service)
        made = await operations.create_transactional(
            tx, workspace_id=who.workspace_id, new=data, now=now
        )
        await _audit(tx, who, "created", made, now)
        return made

    @get("/{letter_id:uuid}", operation_id="get_transactional", guards=[requires(Permission.VIEW)])
    async def get_one(
        self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Transactional:
        """One with its counts."""
        return await queries.get_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )

    @patch(
        "/{letter_id:uuid}", operation_id="change_transactional", guards=[requires(Permission.EDIT)]
    )
    async def change(
        self,
        letter_id: FromPath[UUID],
        data: JSONBody[TransactionalChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Transactional:
        """Change what the next publication will send."""
        allow_service(who, data.service is True)
        made = await operations.change_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, changes=data, now=now
        )
        await _audit(tx, who, "changed", made, now)
        return made

    @delete(
        "/{letter_id:uuid}", operation_id="delete_transactional", guards=[requires(Permission.EDIT)]
    )
    async def delete_one(self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Remove a draft."""
        made = await queries.get_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )
        await operations.delete_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id
        )
        await _audit(tx, who, "deleted", made, now)

    @post(
        "/{letter_id:uuid}/publish",
        operation_id="publish_transactional",
        guards=[requires(Permission.SEND)],
    )
    async def publish(
        self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Transactional:
        """Send the letter as it is now from now on; a draft becomes live."""
        made = await operations.publish_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )
        await _audit(tx, who, "published", made, now)
        return made

    @post(
        "/{letter_id:uuid}/pause",
        operation_id="pause_transactional",
        guards=[requires(Permission.SEND)],
    )
    async def pause(
        self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Transactional:
        """Hold letters back; requests are taken and wait."""
        made = await operations.pause_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )
        await _audit(tx, who, "paused", made, now)
        return made

    @post(
        "/{letter_id:uuid}/resume",
        operation_id="resume_transactional",
        guards=[requires(Permission.SEND)],
    )
    async def resume(
        self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Transactional:
        """Let letters go on, those first that wait."""
        made = await operations.resume_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )
        await _audit(tx, who, "resumed", made, now)
        return made

    @post(
        "/{letter_id:uuid}/close",
        operation_id="close_transactional",
        guards=[requires(Permission.SEND)],
    )
    async def close(
        self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Transactional:
        """Take no more requests, for ever; letters that wait are skipped."""
        made = await operations.close_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )
        await _audit(tx, who, "closed", made, now)
        return made

    @get(
        "/{letter_id:uuid}/messages",
        operation_id="list_transactional_messages",
        guards=[requires(Permission.VIEW)],
    )
    async def messages(
        self,
        *,
        letter_id: FromPath[UUID],
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        now: Now,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[RequestedMessage]:
        """What was asked for and what became of it, the newest first; of a draft, nothing."""
        letter = await queries.get_transactional(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, now=now
        )
        if not letter.edition:
            return Page([], None)
        return await list_requests(
            tx,
            workspace_id=who.workspace_id,
            source_id=letter_id,
            lang=lang,
            cursor=cursor,
            limit=limit,
        )


class Messages(Controller):
    path = "/messages"
    tags = ["Transactional letters"]

    @post("/", operation_id="send_message", guards=[requires(Permission.SEND)], status_code=202)
    async def send(
        self, data: JSONBody[MessageOrder], tx: OpenTx, rt: Rt, who: Who, now: Now
    ) -> AskedMessage:
        """Send a transactional letter to one person; 202 means that it is written down."""
        (asked,) = await operations.send_messages(
            tx, rt.bus, workspace_id=who.workspace_id, orders=[data], now=now
        )
        return asked

    @post(
        "/batch",
        operation_id="send_messages",
        guards=[requires(Permission.SEND)],
        status_code=202,
    )
    async def send_many(
        self, data: JSONBody[MessageOrders], tx: OpenTx, rt: Rt, who: Who, now: Now
    ) -> AskedMany:
        """Send up to 1,000 letters; all of them are written down, or none."""
        return AskedMany(
            await operations.send_messages(
                tx, rt.bus, workspace_id=who.workspace_id, orders=data.messages, now=now
            )
        )

    @get("/{message_id:uuid}", operation_id="get_message", guards=[requires(Permission.VIEW)])
    async def get_one(
        self, message_id: FromPath[UUID], tx: OpenTx, who: Who, lang: ReaderLang
    ) -> RequestedMessage:
        """What became of a letter that was asked for."""
        return await get_request(
            tx, workspace_id=who.workspace_id, request_id=message_id, lang=lang
        )

    @get(
        "/{message_id:uuid}/letter",
        operation_id="show_message_letter",
        guards=[requires(Permission.VIEW)],
    )
    async def show_letter(
        self, message_id: FromPath[UUID], rt: Rt, who: Who, lang: ReaderLang, now: Now
    ) -> SentLetter:
        """The letter as it was sent. It may hold a link that opens an account, so only those who
        write letters or answer customers see it, and the journal says who looked."""
        _may_look(who)
        shown = await sent_letter(
            rt, workspace_id=who.workspace_id, request_id=message_id, now=now, lang=lang
        )
        await _note_look(rt, who, str(message_id), now)
        return shown

    @get(
        "/sent/{message_id:int}/letter",
        operation_id="show_sent_letter",
        guards=[requires(Permission.VIEW)],
    )
    async def show_sent(
        self, message_id: FromPath[int], rt: Rt, who: Who, lang: ReaderLang, now: Now
    ) -> SentLetter:
        """The same, by the number that the message has on the card of its reader."""
        _may_look(who)
        shown = await sent_letter(
            rt, workspace_id=who.workspace_id, message_id=message_id, now=now, lang=lang
        )
        await _note_look(rt, who, str(message_id), now)
        return shown


def _may_look(who: Principal) -> None:
    if not (who.may(Permission.EDIT) or who.may(Permission.INBOX)):
        raise Forbidden(role=who.role.value)


async def _note_look(rt: Runtime, who: Principal, message: str, now: datetime) -> None:
    async with rt.db.begin() as tx:
        await write_audit(
            tx,
            who=who,
            action="message.letter_shown",
            object_kind="message",
            object_id=message,
            now=now,
        )


async def _audit(tx: Tx, who: Principal, action: str, letter: Transactional, now: datetime) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="transactional",
        object_id=letter.id,
        now=now,
        detail={"key": letter.key},
    )


HANDLERS = [TransactionalLetters, Messages]
