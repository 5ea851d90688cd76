"""What sending services report, over HTTP: their public addresses, and setting these up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.channels.email.public import (
    NAMES,
    HookToRead,
    Provider,
    ReportHook,
    ReportRefused,
    ReportUnreadable,
    SecretNeeded,
    UnreadableReport,
    change_hook_secret,
    delete_hook,
    hook_of_token,
    is_from_mailgun,
    is_from_sendgrid,
    is_from_unisender_go,
    is_sns_address,
    is_sns_message,
    list_hooks,
    note_hook_call,
    put_hook,
    read_reports,
)
from otklik.delivery.operations.returns import take_report
from otklik.delivery.returned_http import HANDLERS as RETURNED_HANDLERS
from otklik.kit.ids import new_token
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, Rt

BODY_BYTES_MAX = 1024 * 1024
_SIGNED = frozenset({Provider.MAILGUN, Provider.SENDGRID, Provider.UNISENDER_GO})
_KEY_FIRST = _SIGNED - {Provider.SENDGRID}
"""SendGrid shows its key only after it has got the address; until then the address is the proof."""
_CERTIFICATES_MAX = 20
_certificates: dict[str, bytes] = {}
"""Certificates of Amazon SNS by address; an address always has the same one."""


@get("/mail-reports/{token:str}", include_in_schema=False, opt={"public": True})
async def answer_trial_call(token: FromPath[str], rt: Rt) -> dict[str, bool]:
    """Say that the address is there: UniSender Go asks so before it takes an address."""
    async with rt.db.begin() as tx:
        await hook_of_token(tx, token=token[:200])
    return {"ready": True}


@post(
    "/mail-reports/{token:str}",
    include_in_schema=False,
    opt={"public": True},
    request_max_body_size=BODY_BYTES_MAX,
    status_code=200,
)
async def receive_report(
    request: Request[Any, Any, Any], token: FromPath[str], rt: Rt, now: Now
) -> dict[str, int]:
    """Take one call of a sending service; answered with 200 after all of it is committed."""
    async with rt.db.begin() as tx:
        hook = await hook_of_token(tx, token=token[:200])
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    inner = await _proven(rt, hook, headers, body, now)
    try:
        reports = read_reports(hook.provider, inner) if inner is not None else []
    except UnreadableReport as error:
        raise ReportUnreadable(what=str(error)) from error
    for report in reports:
        async with rt.db.begin() as tx:
            await take_report(
                rt,
                tx,
                workspace_id=hook.workspace_id,
                provider=hook.provider,
                report=report,
                now=now,
            )
    async with rt.db.begin() as tx:
        await note_hook_call(tx, hook_id=hook.id, now=now)
    return {"taken": len(reports)}


async def _proven(
    rt: Runtime, hook: HookToRead, headers: Mapping[str, str], body: bytes, now: datetime
) -> bytes | None:
    """Return what is to be read of a call that proved itself; None: there is nothing to read.

    The token of the address is a proof already; a signature is asked for wherever there is one.
    """
    secret = rt.vault.open(hook.secret_sealed) if hook.secret_sealed else ""
    match hook.provider:
        case Provider.SES:
            return await _notice_of_sns(rt, hook, _object(body), now)
        case Provider.MAILGUN:
            signature = _object(body).get("signature")
            good = isinstance(signature, dict) and is_from_mailgun(secret, signature)
        case Provider.SENDGRID:
            good = not secret or is_from_sendgrid(
                secret,
                headers.get("x-twilio-email-event-webhook-timestamp", ""),
                headers.get("x-twilio-email-event-webhook-signature", ""),
                body,
            )
        case Provider.UNISENDER_GO:
            good = is_from_unisender_go(secret, body)
        case Provider.POSTMARK:
            good = True
    if not good:
        raise ReportRefused(provider=NAMES[hook.provider])
    return body


async def _notice_of_sns(
    rt: Runtime, hook: HookToRead, message: dict[str, Any], now: datetime
) -> bytes | None:
    """Return the notice inside a message of SNS; a confirmation is answered, and has none."""
    url, topic = str(message.get("SigningCertURL")), str(message.get("TopicArn"))
    refused = ReportRefused(provider=NAMES[hook.provider])
    if not is_sns_address(url) or hook.topic not in (None, topic):
        raise refused
    if url not in _certificates:
        answer = await rt.outgoing.send("GET", url)
        if answer.status != 200:
            raise refused
        while len(_certificates) >= _CERTIFICATES_MAX:
            _certificates.pop(next(iter(_certificates)))
        _certificates[url] = answer.body
    if not is_sns_message(message, _certificates[url]):
        raise refused
    if message.get("Type") == "SubscriptionConfirmation":
        address = str(message.get("SubscribeURL"))
        if not is_sns_address(address):
            raise refused
        await rt.outgoing.send("GET", address)
        async with rt.db.begin() as tx:
            await note_hook_call(tx, hook_id=hook.id, now=now, topic=topic)
        return None
    return str(message.get("Message")).encode("utf-8", "replace")


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReportUnreadable(what="not JSON") from error
    if not isinstance(found, dict):
        raise ReportUnreadable(what="not an object")
    return found


class ReportHookKey(msgspec.Struct, forbid_unknown_fields=True):
    """`secret`: the key that Mailgun or SendGrid shows for its webhooks, or the API key of
    UniSender Go. Amazon SES and Postmark need none."""

    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None


class MadeReportHook(msgspec.Struct):
    """An address for reports, which is shown here once and never again."""

    hook: ReportHook
    url: str


class ReportHooks(Controller):
    path = "/report-hooks"
    tags = ["Returned mail"]

    @get("/", operation_id="list_report_hooks", guards=[requires(Permission.MANAGE)])
    async def list_report_hooks(self, tx: OpenTx, who: Who) -> list[ReportHook]:
        """Sending services that report bounces and complaints here."""
        return await list_hooks(tx, workspace_id=who.workspace_id)

    @put("/{provider:str}", operation_id="put_report_hook", guards=[requires(Permission.MANAGE)])
    async def put_report_hook(
        self,
        provider: FromPath[Provider],
        data: JSONBody[ReportHookKey],
        tx: OpenTx,
        rt: Rt,
        who: Who,
        now: Now,
    ) -> MadeReportHook:
        """Make the address that a sending service reports to; one that was there is replaced."""
        if provider in _KEY_FIRST and not data.secret:
            raise SecretNeeded(provider=NAMES[provider])
        token = new_token()
        hook = await put_hook(
            tx,
            workspace_id=who.workspace_id,
            provider=provider,
            token=token,
            secret_sealed=rt.vault.seal(data.secret.strip()) if data.secret else None,
            now=now,
        )
        await _audit(tx, who, "changed", provider, now)
        return MadeReportHook(hook, f"{rt.settings.base_url}/mail-reports/{token}")

    @patch(
        "/{provider:str}",
        operation_id="change_report_hook_key",
        guards=[requires(Permission.MANAGE)],
    )
    async def change_key(
        self,
        provider: FromPath[Provider],
        data: JSONBody[ReportHookKey],
        tx: OpenTx,
        rt: Rt,
        who: Who,
        now: Now,
    ) -> ReportHook:
        """Give the key that a service signs with; its address stays as it is."""
        if not data.secret:
            raise SecretNeeded(provider=NAMES[provider])
        hook = await change_hook_secret(
            tx,
            workspace_id=who.workspace_id,
            provider=provider,
            secret_sealed=rt.vault.seal(data.secret.strip()),
            now=now,
        )
        await _audit(tx, who, "changed", provider, now)
        return hook

    @delete(
        "/{provider:str}", operation_id="delete_report_hook", guards=[requires(Permission.MANAGE)]
    )
    async def delete_report_hook(
        self, provider: FromPath[Provider], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Close the address of a sending service."""
        await delete_hook(tx, workspace_id=who.workspace_id, provider=provider)
        await _audit(tx, who, "removed", provider, now)


async def _audit(tx: Tx, who: Principal, action: str, provider: Provider, now: datetime) -> None:
    await write_audit(
        tx, who=who, action=action, object_kind="report_hook", object_id=provider.value, now=now
    )


PUBLIC_HANDLERS: list[Any] = [answer_trial_call, receive_report]
HANDLERS: list[Any] = [ReportHooks, *RETURNED_HANDLERS]
