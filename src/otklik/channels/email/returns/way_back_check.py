"""The way back of one workspace, looked at in the real DNS and network."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from otklik.channels.email.domain.resolver import SystemResolver
from otklik.channels.email.queries import list_senders
from otklik.channels.email.returns.tls import TlsFiles
from otklik.channels.email.returns.verp import return_address
from otklik.channels.email.returns.way_back import (
    PORT,
    Talk,
    WayBackFinding,
    check_way_back,
    talk_to,
)
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime


async def look_at_way_back(
    rt: Runtime, *, workspace_id: int, now: datetime, lang: Lang = "en"
) -> list[WayBackFinding]:
    """Return whether returned mail of a workspace would come here. Never raises.

    The network is not waited for inside a transaction.
    """
    settings = rt.settings.inbound
    async with rt.db.begin() as tx:
        senders = await list_senders(tx, workspace_id=workspace_id)

    async def talk(host: str, recipient: str) -> Talk:
        try:
            addresses = await rt.outgoing.addresses(host, PORT)
        except OtklikError as error:
            return Talk(said=error.text(lang))
        return await talk_to(addresses[0], recipient)

    def recipient_at(domain: str) -> str:
        return return_address(rt.signer, domain, workspace_id=workspace_id, message_id=0)

    files = settings.tls_certificate or settings.tls_key
    return await check_way_back(
        domains=[settings.domain] if settings.domain else sorted({s.domain for s in senders}),
        enabled=settings.enabled,
        tls=TlsFiles(settings.tls_certificate, settings.tls_key) if files else None,
        host=urlsplit(rt.settings.base_url).hostname,
        recipient_at=recipient_at,
        resolver=SystemResolver(),
        talk=talk,
        now=now,
    )
