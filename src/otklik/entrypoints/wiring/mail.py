"""Where letters go: the relay of the settings, or the mail catcher of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

from otklik.accounts.public import (
    list_workspaces,
)
from otklik.channels.email.public import (
    BadCertificate,
    Catcher,
    InboundServer,
    SmtpPool,
    SystemResolver,
    TlsFiles,
    check_domain,
    has_own_relays,
    list_senders,
    look_at_way_back,
    open_pool,
    own_relay_url,
    send_test_letter,
    sender_identity,
    single_sender,
    start_catcher,
)
from otklik.content.public import (
    TrialImpossible,
    TrialLetter,
    TrialResult,
)
from otklik.delivery.public import Taken, accepts, take_return
from otklik.runtime.public import BadSettings, InboundSettings, Runtime, Tx


def make_pool(rt: Runtime) -> SmtpPool:
    delivery = rt.settings.delivery
    return open_pool(
        own_relay_url(rt),
        connections=delivery.connections,
        messages_per_connection=delivery.messages_per_connection_max,
        timeout_s=delivery.smtp_timeout_s,
    )


async def letters_stay(tx: Tx, workspace_id: int) -> bool:
    """Tell whether letters of some sender go by no relay of the workspace's own."""
    return not await has_own_relays(tx, workspace_id=workspace_id)


async def send_trial(rt: Runtime, letter: TrialLetter) -> list[TrialResult]:
    """Send an author's test letter from the workspace's default sender."""
    async with rt.db.begin() as tx:
        senders = await list_senders(tx, workspace_id=letter.workspace_id)
        chosen = next((s for s in senders if s.is_default), senders[0] if senders else None)
        if chosen is None:
            raise TrialImpossible(
                reason="there is no sender yet; add one in the settings.",
                reason_ru="отправителя ещё нет; добавьте его в настройках.",
            )
        sender = await sender_identity(tx, workspace_id=letter.workspace_id, sender_id=chosen.id)
        relays = await single_sender(rt, tx, workspace_id=letter.workspace_id, domain=sender.domain)
    try:
        outcomes = await send_test_letter(
            relays,
            sender=sender,
            addresses=letter.addresses,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            amp=letter.amp,
            now=rt.clock(),
            lang=letter.lang,
        )
    finally:
        await relays.close()
    return [TrialResult(o.address, o.accepted, o.text) for o in outcomes]


@asynccontextmanager
async def mail_catcher(rt: Runtime) -> AsyncIterator[Catcher | None]:
    """Run the built-in mail catcher while no relay is set. Raises: BadSettings (port taken)."""
    if not rt.settings.development:
        yield None
        return
    async with AsyncExitStack() as stack:
        try:
            catcher = await start_catcher(rt.db, clock=rt.clock, port=rt.settings.catcher_port)
        except OSError as error:
            raise BadSettings(
                what=f"catcher_port = {rt.settings.catcher_port}: the mail catcher can't listen "
                f"there ({error.strerror}). Set OTKLIK_CATCHER_PORT to a free port, or "
                "OTKLIK_SMTP_URL to a relay."
            ) from error
        stack.push_async_callback(catcher.stop)
        yield catcher


@asynccontextmanager
async def inbound_server(rt: Runtime) -> AsyncIterator[InboundServer | None]:
    """Run the server for returned mail, when it is wanted. Raises: BadSettings (port taken)."""
    settings = rt.settings.inbound
    if not settings.enabled:
        yield None
        return

    async def wanted(recipient: str) -> bool:
        async with rt.db.begin() as tx:
            return await accepts(tx, rt.signer, recipient=recipient)

    async def take(raw: bytes, recipient: str) -> bool:
        async with rt.db.begin() as tx:
            taken = await take_return(rt, tx, raw=raw, recipient=recipient, now=rt.clock())
        return taken.outcome is not Taken.REFUSED

    server = InboundServer(
        accepts=wanted,
        takes=take,
        bytes_max=settings.mail_bytes_max,
        mails_per_minute_max=settings.mails_per_minute_max,
        hostname=settings.domain or "otklik",
        tls=_tls_files(settings),
    )
    try:
        await server.start(settings.smtp_host, settings.smtp_port)
    except OSError as error:
        raise BadSettings(
            what=f"inbound.smtp_port = {settings.smtp_port}: the server for returned mail can't "
            f"listen there ({error.strerror}). Set OTKLIK_INBOUND__SMTP_PORT to a free port."
        ) from error
    try:
        yield server
    finally:
        await server.stop()


def _tls_files(settings: InboundSettings) -> TlsFiles | None:
    """Return the certificate of the settings, if there is one. Raises: BadSettings."""
    if not settings.tls_certificate and not settings.tls_key:
        return None
    files = TlsFiles(settings.tls_certificate, settings.tls_key)
    try:
        files.context()
    except BadCertificate as error:
        raise BadSettings(
            what=f"inbound.tls_certificate and inbound.tls_key: {error}. Give both files, or "
            "neither: then mail comes unencrypted."
        ) from error
    return files


async def check_returning_mail(
    rt: Runtime,
) -> list[tuple[Literal["ok", "warn", "bad"], str, str]]:
    """Return (level, finding, advice) of the way back of each workspace, for `otklik doctor`."""
    levels: dict[str, Literal["ok", "warn", "bad"]] = {"ok": "ok", "info": "ok", "block": "bad"}
    async with rt.db.begin() as tx:
        workspaces = await list_workspaces(tx)
    found: dict[tuple[Literal["ok", "warn", "bad"], str, str], None] = {}
    for workspace_id, _ in workspaces:
        for one in await look_at_way_back(rt, workspace_id=workspace_id, now=rt.clock()):
            advice = f"Publish: {one.record}" if one.record else ""
            level = levels.get(one.level, "warn")
            # Workspaces with one return domain have the same findings.
            found[level, one.message.of("en", one.facts), advice] = None
    return list(found)


async def check_sending_domains(
    rt: Runtime,
) -> list[tuple[Literal["ok", "warn", "bad"], str, str, str]]:
    """Return (level, domain, finding, advice) for every sender's domain, for `otklik doctor`."""
    levels: dict[str, Literal["ok", "warn", "bad"]] = {"ok": "ok", "fail": "bad"}
    found: list[tuple[Literal["ok", "warn", "bad"], str, str, str]] = []
    async with rt.db.begin() as tx:
        workspaces = await list_workspaces(tx)
        senders = [
            (
                sender,
                rt.settings.development
                and not await has_own_relays(tx, workspace_id=workspace_id, domain=sender.domain),
            )
            for workspace_id, _ in workspaces
            for sender in await list_senders(tx, workspace_id=workspace_id)
        ]
    for sender, stays in senders:
        checks = await check_domain(
            sender.domain,
            selector=sender.dkim_selector,
            dkim_record=sender.dkim_record,
            resolver=SystemResolver(),
            development=stays,
        )
        for check in checks:
            level = levels.get(check.level, "warn")
            advice = f"Publish at {check.record_name}: {check.expected}" if check.expected else ""
            found.append((level, sender.domain, check.message.of("en", check.facts), advice))
    return found
