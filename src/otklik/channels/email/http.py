"""The e-mail channel over HTTP: senders with their domain checks, and the mail catcher."""

from datetime import datetime
from typing import Annotated, Any, Literal
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
from otklik.channels.email import operations, queries
from otklik.channels.email.domain.check import check_domain, check_next, is_reserved
from otklik.channels.email.domain.resolver import SystemResolver
from otklik.channels.email.errors import CatcherOff, KeyNotPublished, NoNextKey
from otklik.channels.email.model import CheckName, DnsCheck, Sender
from otklik.channels.email.queries import CaughtItem
from otklik.channels.email.reading import CaughtLetter
from otklik.channels.email.relays import http as relays_http
from otklik.channels.email.relays.queries import sending_ways
from otklik.channels.email.returns import http as returns_http
from otklik.channels.email.smtp.settings import parse_smtp_url
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Address = Annotated[str, msgspec.Meta(min_length=3, max_length=320)]


class NewSender(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    email: Address
    reply_to: Address | None = None
    is_default: bool = False


class SenderChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    reply_to: Address | msgspec.UnsetType | None = msgspec.UNSET
    is_default: Literal[True] | msgspec.UnsetType = msgspec.UNSET


class DnsCheckView(msgspec.Struct):
    kind: CheckName
    level: Literal["ok", "warn", "block", "info"]
    code: str
    message: str
    record_name: str
    record_value: str | None
    """The record to publish, where there is one to name."""
    found: str | None
    """The records that are there now, one a line."""


class Senders(Controller):
    path = "/senders"
    tags = ["Settings"]

    @get("/", operation_id="list_senders", guards=[requires(Permission.VIEW)])
    async def list_senders(self, tx: OpenTx, who: Who) -> list[Sender]:
        """The addresses that letters of this workspace are sent from."""
        return await queries.list_senders(tx, workspace_id=who.workspace_id)

    @post("/", operation_id="create_sender", guards=[requires(Permission.MANAGE)])
    async def create_sender(
        self, data: JSONBody[NewSender], tx: OpenTx, who: Who, now: Now
    ) -> Sender:
        """Add a sender and make the DKIM key of its domain."""
        sender = await operations.create_sender(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            address=data.email,
            reply_to=data.reply_to,
            is_default=data.is_default,
            now=now,
        )
        await _audit(tx, who, "created", sender.id, now)
        return sender

    @patch("/{sender_id:uuid}", operation_id="change_sender", guards=[requires(Permission.MANAGE)])
    async def change_sender(
        self,
        sender_id: FromPath[UUID],
        data: JSONBody[SenderChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Sender:
        """Change the name, the address for replies, or make it the default sender."""
        sender = await operations.change_sender(
            tx,
            workspace_id=who.workspace_id,
            sender_id=sender_id,
            changes=_given(data),
            now=now,
        )
        await _audit(tx, who, "changed", sender_id, now)
        return sender

    @delete("/{sender_id:uuid}", operation_id="delete_sender", guards=[requires(Permission.MANAGE)])
    async def delete_sender(
        self, sender_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Delete a sender that nothing uses."""
        await operations.delete_sender(tx, workspace_id=who.workspace_id, sender_id=sender_id)
        await _audit(tx, who, "removed", sender_id, now)

    @get(
        "/{sender_id:uuid}/checks",
        operation_id="check_sender",
        guards=[requires(Permission.VIEW)],
    )
    async def check_sender(
        self, sender_id: FromPath[UUID], who: Who, rt: Rt, now: Now, lang: ReaderLang
    ) -> list[DnsCheckView]:
        """Look up the records of the sender's domain and say what to do."""
        # Two short transactions around the network: a slow name server must not hold one open.
        async with rt.db.begin() as tx:
            sender = await queries.get_sender(
                tx, workspace_id=who.workspace_id, sender_id=sender_id
            )
        checks = await _checks(rt, who.workspace_id, sender)
        async with rt.db.begin() as tx:
            await operations.keep_checks(
                tx, workspace_id=who.workspace_id, sender_id=sender_id, checks=checks, now=now
            )
        levels: dict[str, Literal["ok", "warn", "block", "info"]] = {
            "ok": "ok",
            "optional": "info",
            "warn": "warn",
            "unknown": "warn",
            "fail": "block",
        }
        return [
            DnsCheckView(
                kind=check.name,
                level=levels[check.level],
                code=check.code,
                message=check.message.of(lang, check.facts),
                record_name=check.record_name,
                record_value=check.expected,
                found="\n".join(check.found) or None,
            )
            for check in checks
        ]

    @post(
        "/{sender_id:uuid}/dkim", operation_id="make_dkim_key", guards=[requires(Permission.MANAGE)]
    )
    async def make_dkim_key(
        self, sender_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Sender:
        """Make a new DKIM key, which takes over when its record is published."""
        made = await operations.prepare_key(
            tx, workspace_id=who.workspace_id, sender_id=sender_id, now=now
        )
        await _audit(tx, who, "key_made", sender_id, now)
        return made

    @post(
        "/{sender_id:uuid}/dkim/switch",
        operation_id="switch_dkim_key",
        guards=[requires(Permission.MANAGE)],
        status_code=200,
    )
    async def switch_dkim_key(
        self, sender_id: FromPath[UUID], who: Who, rt: Rt, now: Now
    ) -> Sender:
        """Sign letters with the new key from now on, if its record can be seen."""
        async with rt.db.begin() as tx:
            sender = await queries.get_sender(
                tx, workspace_id=who.workspace_id, sender_id=sender_id
            )
        if sender.dkim_next_record is None or sender.dkim_next_selector is None:
            raise NoNextKey()
        if not is_reserved(sender.domain):
            found = await check_next(
                sender.domain,
                sender.dkim_next_selector,
                sender.dkim_next_record,
                SystemResolver(),
            )
            if found.level != "ok":
                raise KeyNotPublished(name=found.record_name)
        async with rt.db.begin() as tx:
            changed = await operations.switch_key(
                tx, workspace_id=who.workspace_id, sender_id=sender_id, now=now
            )
            await _audit(tx, who, "key_switched", sender_id, now)
        return changed


class CaughtLetters(Controller):
    path = "/catcher/letters"
    tags = ["Development"]

    @get("/", operation_id="list_caught_letters", guards=[requires(Permission.VIEW)])
    async def list_caught(
        self,
        *,
        tx: OpenTx,
        who: Who,
        rt: Rt,
        cursor: FromQuery[str | None] = None,
        search: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[CaughtItem]:
        """Letters that the built-in catcher took, newest first."""
        _only_in_development(rt)
        return await queries.list_caught(
            tx, workspace_id=who.workspace_id, search=search, cursor=cursor, limit=limit
        )

    @get("/{letter_id:int}", operation_id="get_caught_letter", guards=[requires(Permission.VIEW)])
    async def get_caught(
        self, letter_id: FromPath[int], tx: OpenTx, who: Who, rt: Rt
    ) -> CaughtLetter:
        """One caught letter: headers, both parts and the source. Show the HTML sandboxed.

        Like a letter that was sent it may hold a link that opens an account, or be an answer of a
        person that was handed on: only those who write letters or answer customers read it.
        """
        _only_in_development(rt)
        if not (who.may(Permission.EDIT) or who.may(Permission.INBOX)):
            raise Forbidden(role=who.role.value)
        return await queries.get_caught(tx, workspace_id=who.workspace_id, letter_id=letter_id)

    @delete("/", operation_id="delete_caught_letters", guards=[requires(Permission.EDIT)])
    async def forget_caught(self, tx: OpenTx, who: Who, rt: Rt) -> None:
        """Empty the catcher."""
        _only_in_development(rt)
        await operations.forget_caught(tx, workspace_id=who.workspace_id)


HANDLERS: list[Any] = [Senders, CaughtLetters, *relays_http.HANDLERS, *returns_http.HANDLERS]


async def _checks(rt: Runtime, workspace_id: int, sender: Sender) -> list[DnsCheck]:
    """Look a sender's domain up, and the servers that its letters go to."""

    async def fetch(url: str) -> str:
        answer = await rt.outgoing.send("GET", url)
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}")
        return answer.body.decode("utf-8", "replace")

    async with rt.db.begin() as tx:
        ways = await sending_ways(
            tx, workspace_id=workspace_id, sender_domain=sender.domain, now=rt.clock()
        )
    hosts = [relay.host for relay in ways.relays]
    if not hosts and rt.settings.smtp_url:
        hosts = [parse_smtp_url(rt.settings.smtp_url).host]
    selector, record = sender.dkim_next_selector, sender.dkim_next_record
    return await check_domain(
        sender.domain,
        selector=sender.dkim_selector,
        dkim_record=sender.dkim_record,
        resolver=SystemResolver(),
        development=rt.settings.development and not hosts,
        relays=tuple(dict.fromkeys(hosts)),
        fetch=fetch,
        next_key=(selector, record) if selector and record else None,
    )


def _only_in_development(rt: Runtime) -> None:
    if not rt.settings.development:
        raise CatcherOff()


def _given(changes: msgspec.Struct) -> dict[str, Any]:
    return {
        name: value
        for name in changes.__struct_fields__
        if (value := getattr(changes, name)) is not msgspec.UNSET
    }


async def _audit(tx: Tx, who: Principal, action: str, sender_id: UUID, now: datetime) -> None:
    await write_audit(
        tx, who=who, action=action, object_kind="sender", object_id=sender_id, now=now
    )
