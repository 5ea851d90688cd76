"""Tracking domains over HTTP: the settings page, and the path by which the program finds itself."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Principal, Who, requires, write_audit
from otklik.channels.email.tracking_domain import operations, queries
from otklik.channels.email.tracking_domain.check import MISDIRECTED, TEXTS, own_record, proof_of
from otklik.channels.email.tracking_domain.jobs import check_one
from otklik.channels.email.tracking_domain.model import (
    DnsRecord,
    Finding,
    Kind,
    Level,
    State,
    TrackingDomain,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Tx
from otklik.runtime.web.hosts import bare_host
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
_SenderDomain = Annotated[str, msgspec.Meta(max_length=253)]


class NewTrackingDomain(msgspec.Struct, forbid_unknown_fields=True):
    """`sender_domain`: whose letters use the name; null: those of all senders without their own."""

    host: _Host
    sender_domain: _SenderDomain | None = None
    secure: bool = True


class TrackingDomainChanges(msgspec.Struct, forbid_unknown_fields=True):
    sender_domain: _SenderDomain | msgspec.UnsetType | None = msgspec.UNSET
    secure: bool | msgspec.UnsetType = msgspec.UNSET


class FindingView(msgspec.Struct, frozen=True):
    kind: Kind
    level: Level
    code: str
    message: str


class TrackingDomainView(msgspec.Struct, frozen=True, kw_only=True):
    """A name. `url`: what links of letters begin with while it works."""

    id: UUID
    host: str
    sender_domain: str | None
    secure: bool
    url: str
    state: State
    findings: list[FindingView]
    checked_at: datetime | None
    verified_at: datetime | None
    trouble_at: datetime | None


class TrackingDomains(msgspec.Struct, frozen=True):
    """`own_url`: where links lead without a name. `record`: what to publish at each name; null
    while the program itself has no public address."""

    own_url: str
    record: DnsRecord | None
    items: list[TrackingDomainView]


class TrackingDomainRoutes(Controller):
    path = "/tracking-domains"
    tags = ["Settings"]

    @get("/", operation_id="list_tracking_domains", guards=[requires(Permission.VIEW)])
    async def list_domains(self, tx: OpenTx, who: Who, rt: Rt, lang: ReaderLang) -> TrackingDomains:
        """The workspace's own names for the links of its letters."""
        found = await queries.list_domains(tx, workspace_id=who.workspace_id)
        base_url = rt.settings.base_url
        return TrackingDomains(base_url, own_record(base_url), [_view(one, lang) for one in found])

    @post("/", operation_id="add_tracking_domain", guards=[requires(Permission.MANAGE)])
    async def add_domain(
        self,
        *,
        data: JSONBody[NewTrackingDomain],
        tx: OpenTx,
        who: Who,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
    ) -> TrackingDomainView:
        """Set up a name; letters use it once it was seen to lead here."""
        made = await operations.add_domain(
            tx,
            workspace_id=who.workspace_id,
            host=data.host,
            sender_domain=data.sender_domain or "",
            secure=data.secure,
            base_url=rt.settings.base_url,
            now=now,
        )
        await _audit(tx, who, "created", made.id, now)
        return _view(made, lang)

    @patch(
        "/{domain_id:uuid}",
        operation_id="change_tracking_domain",
        guards=[requires(Permission.MANAGE)],
    )
    async def change_domain(
        self,
        *,
        domain_id: FromPath[UUID],
        data: JSONBody[TrackingDomainChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
        lang: ReaderLang,
    ) -> TrackingDomainView:
        """Change whose letters use it, or whether its links are https; then it waits for a look."""
        changed = await operations.change_domain(
            tx,
            workspace_id=who.workspace_id,
            domain_id=domain_id,
            sender_domain=None if data.sender_domain is msgspec.UNSET else data.sender_domain or "",
            secure=None if data.secure is msgspec.UNSET else data.secure,
        )
        await _audit(tx, who, "changed", domain_id, now)
        return _view(changed, lang)

    @post(
        "/{domain_id:uuid}/check",
        operation_id="check_tracking_domain",
        guards=[requires(Permission.MANAGE)],
        status_code=200,
    )
    async def check_domain(
        self, domain_id: FromPath[UUID], who: Who, rt: Rt, lang: ReaderLang
    ) -> TrackingDomainView:
        """Look whether the name leads here."""
        async with rt.db.begin() as tx:
            domain = await queries.get_domain(
                tx, workspace_id=who.workspace_id, domain_id=domain_id
            )
        return _view(await check_one(rt, domain), lang)

    @delete(
        "/{domain_id:uuid}",
        operation_id="remove_tracking_domain",
        guards=[requires(Permission.MANAGE)],
    )
    async def remove_domain(
        self, domain_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> None:
        """Stop using a name; links that went out with it keep working while it leads here."""
        await operations.remove_domain(
            tx, workspace_id=who.workspace_id, domain_id=domain_id, now=now
        )
        await _audit(tx, who, "removed", domain_id, now)


@get("/.well-known/otklik/{token:str}", include_in_schema=False, opt={"public": True})
async def prove(
    request: Request[Any, Any, Any], token: FromPath[str], tx: OpenTx, rt: Rt
) -> Response[str]:
    """Show that this program answers at a name, to itself."""
    host = await queries.of_token(tx, token=token[:100])
    headers = {"Cache-Control": "no-store"}
    if host is None:
        return Response("unknown", status_code=404, media_type="text/plain", headers=headers)
    if bare_host(request.headers.get("host", "")) != host:
        return Response(
            "another name", status_code=MISDIRECTED, media_type="text/plain", headers=headers
        )
    return Response(proof_of(rt.signer, token), media_type="text/plain", headers=headers)


HANDLERS: list[Any] = [TrackingDomainRoutes]
PUBLIC_HANDLERS: list[Any] = [prove]


def _view(domain: TrackingDomain, lang: Lang) -> TrackingDomainView:
    return TrackingDomainView(
        id=domain.id,
        host=domain.host,
        sender_domain=domain.sender_domain or None,
        secure=domain.secure,
        url=domain.url,
        state=domain.state,
        findings=[_finding(one, lang) for one in domain.findings],
        checked_at=domain.checked_at,
        verified_at=domain.verified_at,
        trouble_at=domain.trouble_at,
    )


def _finding(one: Finding, lang: Lang) -> FindingView:
    return FindingView(one.kind, one.level, one.code, TEXTS[one.code].of(lang, one.facts))


async def _audit(tx: Tx, who: Principal, action: str, domain_id: UUID, now: datetime) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="tracking_domain",
        object_id=domain_id,
        now=now,
    )
