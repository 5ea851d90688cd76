"""The server for returned mail over HTTP: how it is set up, and whether mail finds it."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Controller, get, post

from otklik.accounts.public import Permission, Who, requires
from otklik.channels.email.queries import list_senders
from otklik.channels.email.returns.model import CameBy
from otklik.channels.email.returns.queries import last_taken
from otklik.channels.email.returns.tls import BadCertificate, CertificateFacts, TlsFiles
from otklik.channels.email.returns.way_back import WayLevel, mx_record
from otklik.channels.email.returns.way_back_check import look_at_way_back
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


class ReturnServer(msgspec.Struct, kw_only=True):
    """The settings as the interface shows them; they are changed in the program's settings."""

    enabled: bool
    smtp_host: str
    smtp_port: int
    domains: list[str]
    """Where the return paths of this workspace lead."""
    records: list[str]
    """The MX records to publish, as a zone file has them."""
    speaks_tls: bool
    certificate: CertificateFacts | None
    certificate_problem: str | None
    mails_per_minute_max: int
    last_taken_at: datetime | None


class ReturnServerFinding(msgspec.Struct, kw_only=True):
    level: WayLevel
    code: str
    message: str
    record: str | None


class ReturnServers(Controller):
    path = "/return-server"
    tags = ["Returned mail"]

    @get("/", operation_id="get_return_server", guards=[requires(Permission.MANAGE)])
    async def get_server(self, tx: OpenTx, rt: Rt, who: Who) -> ReturnServer:
        """How the built-in mail server for returned mail is set up."""
        settings = rt.settings.inbound
        senders = await list_senders(tx, workspace_id=who.workspace_id)
        domains = [settings.domain] if settings.domain else sorted({s.domain for s in senders})
        certificate, problem = None, None
        if settings.tls_certificate:
            try:
                certificate = TlsFiles(settings.tls_certificate, settings.tls_key).facts()
            except BadCertificate as error:
                problem = str(error)
        host = urlsplit(rt.settings.base_url).hostname
        return ReturnServer(
            enabled=settings.enabled,
            smtp_host=settings.smtp_host,
            smtp_port=settings.smtp_port,
            domains=domains,
            records=[mx_record(one, host) for one in domains],
            speaks_tls=certificate is not None,
            certificate=certificate,
            certificate_problem=problem,
            mails_per_minute_max=settings.mails_per_minute_max,
            last_taken_at=await last_taken(tx, workspace_id=who.workspace_id, came_by=CameBy.SMTP),
        )

    @post(
        "/check",
        operation_id="check_return_server",
        guards=[requires(Permission.MANAGE)],
        status_code=200,
    )
    async def check(
        self, rt: Rt, who: Who, now: Now, lang: ReaderLang
    ) -> list[ReturnServerFinding]:
        """Look up the MX records, and ask the servers they name whether mail for us is taken."""
        return [
            ReturnServerFinding(
                level=one.level,
                code=one.code,
                message=one.message.of(lang, one.facts),
                record=one.record,
            )
            for one in await look_at_way_back(rt, workspace_id=who.workspace_id, now=now, lang=lang)
        ]


HANDLERS: list[Any] = [ReturnServers]
