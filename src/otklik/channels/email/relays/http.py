"""Relays of a workspace over HTTP: settings, a trial, health, pace and warm-up."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Principal, Who, get_workspace, requires, write_audit
from otklik.channels.email.errors import RelayPortRefused
from otklik.channels.email.relays import operations, queries
from otklik.channels.email.relays.model import (
    DomainWarmup,
    Paces,
    Relay,
    RelayAccess,
    RelayKind,
    RelayTls,
    RelayTrial,
)
from otklik.channels.email.relays.opening import own_relay_url, try_relay
from otklik.channels.email.relays.operations import RelaySettings
from otklik.channels.email.relays.warmup import WarmupPlan
from otklik.channels.email.relays.ways import SenderWay, sender_ways
from otklik.channels.email.smtp import SmtpSettings, parse_smtp_url
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Name = Annotated[
    str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")
]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]
Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]
Domain = Annotated[str, msgspec.Meta(min_length=3, max_length=253, pattern=r"^[^\s@/]+\.[^\s@/]+$")]
_MAIL_PORTS = (25, 465, 587)
_FREE_PORT = 1024


class RelayForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Settings of a relay. Leaving `password` out keeps the one that is known; null removes it."""

    name: Name
    host: Host
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    tls: RelayTls = "starttls"
    username: Word | None = None
    password: Word | msgspec.UnsetType | None = msgspec.UNSET
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    """Letters are spread over the relays in these proportions."""
    enabled: bool = True
    connections: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    """Of one worker process."""
    letters_per_connection: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 500
    letters_per_s: Annotated[float, msgspec.Meta(ge=0.01, le=10_000)] | None = None
    """Over all worker processes; null: as fast as the relay takes them."""
    sender_domains: Annotated[list[Domain], msgspec.Meta(max_length=50)] = []
    """Only letters of senders in these domains; empty: all."""
    warmup: WarmupPlan | None = None


class RelayTrialForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Settings to try; with `relay_id` a password that is left out is that relay's."""

    relay: RelayForm
    relay_id: UUID | None = None


class Relays(Controller):
    path = "/relays"
    tags = ["Relays"]

    @get("/", operation_id="list_relays", guards=[requires(Permission.VIEW)])
    async def list_all(self, tx: OpenTx, rt: Rt, who: Who, now: Now) -> list[Relay]:
        """Relays with their health and pace, the installation's own at the end."""
        kind, own = _own(rt)
        found = await queries.list_relays(
            tx,
            workspace_id=who.workspace_id,
            own=own,
            kind=kind,
            today=await _today(tx, who, now),
            now=now,
        )
        if who.may(Permission.MANAGE):
            return found
        return [msgspec.structs.replace(one, username=None) for one in found]

    @post("/", operation_id="create_relay", guards=[requires(Permission.MANAGE)])
    async def create(
        self, data: JSONBody[RelayForm], tx: OpenTx, rt: Rt, who: Who, now: Now
    ) -> Relay:
        """Add a relay. Its password is kept sealed and is never shown again."""
        settings = await _checked(rt, data, known=None)
        relay_id = await operations.create_relay(
            tx, workspace_id=who.workspace_id, settings=settings, now=now
        )
        await _audit(tx, who, "created", relay_id, now)
        return await _one(tx, rt, who, relay_id, now)

    @put("/{relay_id:uuid}", operation_id="change_relay", guards=[requires(Permission.MANAGE)])
    async def change(
        self,
        relay_id: FromPath[UUID],
        data: JSONBody[RelayForm],
        tx: OpenTx,
        rt: Rt,
        who: Who,
        now: Now,
    ) -> Relay:
        """Give a relay other settings; running mailings go on with them within seconds."""
        known = await queries.relay_access(tx, workspace_id=who.workspace_id, relay_id=relay_id)
        settings = await _checked(rt, data, known=known)
        await operations.change_relay(
            tx, workspace_id=who.workspace_id, relay_id=relay_id, settings=settings, now=now
        )
        await _audit(tx, who, "changed", relay_id, now)
        return await _one(tx, rt, who, relay_id, now)

    @delete("/{relay_id:uuid}", operation_id="delete_relay", guards=[requires(Permission.MANAGE)])
    async def remove(self, relay_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Send through it no more. After the last one letters go by the installation's own."""
        await operations.delete_relay(tx, workspace_id=who.workspace_id, relay_id=relay_id)
        await _audit(tx, who, "removed", relay_id, now)

    @post("/trial", operation_id="try_relay", guards=[requires(Permission.MANAGE)], status_code=200)
    async def trial(
        self, data: JSONBody[RelayTrialForm], rt: Rt, who: Who, lang: ReaderLang
    ) -> RelayTrial:
        """Connect, go over to TLS and log in; no letter is sent, nothing is kept."""
        known = None
        if data.relay_id is not None:
            # The database is not to wait for a mail server.
            async with rt.db.begin() as tx:
                known = await queries.relay_access(
                    tx, workspace_id=who.workspace_id, relay_id=data.relay_id
                )
        settings = _settings(rt, data.relay, known=known)
        settings.values()
        return await try_relay(rt, _access(who, settings), lang=lang)

    @get("/ways", operation_id="list_sender_ways", guards=[requires(Permission.VIEW)])
    async def list_ways(self, tx: OpenTx, rt: Rt, who: Who) -> list[SenderWay]:
        """By which relays the letters of each sender go, the default sender first."""
        kind, _ = _own(rt)
        return await sender_ways(tx, workspace_id=who.workspace_id, own=kind)

    @get("/paces", operation_id="show_paces", guards=[requires(Permission.VIEW)])
    async def paces(self, tx: OpenTx, rt: Rt, who: Who, now: Now) -> Paces:
        """Letters a second now, and by relay and mail provider, with what limits them."""
        return await queries.paces(
            tx,
            workspace_id=who.workspace_id,
            rate_max=rt.settings.delivery.messages_per_s_max,
            now=now,
        )

    @post(
        "/{relay_id:uuid}/forget-limits",
        operation_id="forget_relay_limits",
        guards=[requires(Permission.MANAGE)],
        status_code=204,
    )
    async def forget(self, relay_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Begin anew with all mail providers, as if none had asked for a slower pace."""
        await queries.relay_access(tx, workspace_id=who.workspace_id, relay_id=relay_id)
        await operations.forget_limits(tx, workspace_id=who.workspace_id, relay_id=relay_id)
        await _audit(tx, who, "limits_forgotten", relay_id, now)


class DomainWarmups(Controller):
    path = "/domain-warmups"
    tags = ["Relays"]

    @get("/", operation_id="list_domain_warmups", guards=[requires(Permission.VIEW)])
    async def list_all(self, tx: OpenTx, who: Who, now: Now) -> list[DomainWarmup]:
        """Sender domains that send only so many letters a day, whatever relay they use."""
        return await queries.list_domain_warmups(
            tx, workspace_id=who.workspace_id, today=await _today(tx, who, now)
        )

    @put("/{domain:str}", operation_id="put_domain_warmup", guards=[requires(Permission.MANAGE)])
    async def put_one(
        self,
        domain: FromPath[Domain],
        data: JSONBody[WarmupPlan],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> list[DomainWarmup]:
        """Warm up a domain; days that were made count for a changed plan too."""
        await operations.put_domain_warmup(
            tx, workspace_id=who.workspace_id, domain=domain, plan=data, now=now
        )
        await _audit(tx, who, "warmup_set", domain, now)
        return await queries.list_domain_warmups(
            tx, workspace_id=who.workspace_id, today=await _today(tx, who, now)
        )

    @delete(
        "/{domain:str}", operation_id="delete_domain_warmup", guards=[requires(Permission.MANAGE)]
    )
    async def remove(self, domain: FromPath[Domain], tx: OpenTx, who: Who, now: Now) -> None:
        """End the warm-up of a domain: there is no limit any more."""
        await operations.delete_domain_warmup(tx, workspace_id=who.workspace_id, domain=domain)
        await _audit(tx, who, "warmup_ended", domain, now)


HANDLERS: list[Any] = [Relays, DomainWarmups]


def _settings(rt: Runtime, form: RelayForm, *, known: RelayAccess | None) -> RelaySettings:
    if form.port < _FREE_PORT and form.port not in _MAIL_PORTS:
        raise RelayPortRefused(port=form.port)
    sealed = known.password_sealed if known is not None else None
    if form.password is not msgspec.UNSET:
        sealed = rt.vault.seal(form.password) if form.password else None
    if form.username is None:
        sealed = None
    if known is not None and form.password is msgspec.UNSET and form.host.lower() != known.host:
        # A password is not carried to another host: who may change the host could read it there.
        sealed = None
    return RelaySettings(
        name=form.name,
        host=form.host,
        port=form.port,
        tls=form.tls,
        username=form.username,
        password_sealed=sealed,
        weight=form.weight,
        enabled=form.enabled,
        connections=form.connections,
        letters_per_connection=form.letters_per_connection,
        letters_per_s=form.letters_per_s,
        sender_domains=tuple(form.sender_domains),
        warmup=form.warmup,
    )


async def _checked(rt: Runtime, form: RelayForm, *, known: RelayAccess | None) -> RelaySettings:
    """Return the settings of a form whose host may be connected to. Raises: OutgoingRefused."""
    settings = _settings(rt, form, known=known)
    if known is None or (known.host, known.port) != (form.host.lower(), form.port):
        await rt.outgoing.addresses(form.host, form.port)
    return settings


def _access(who: Principal, settings: RelaySettings) -> RelayAccess:
    fields = msgspec.structs.asdict(settings)
    del fields["enabled"]
    return RelayAccess(id=UUID(int=0), workspace_id=who.workspace_id, **fields)


def _own(rt: Runtime) -> tuple[RelayKind, SmtpSettings]:
    delivery = rt.settings.delivery
    settings = msgspec.structs.replace(
        parse_smtp_url(own_relay_url(rt)),
        connections=delivery.connections,
        messages_per_connection=delivery.messages_per_connection_max,
    )
    return ("installation" if rt.settings.smtp_url else "catcher"), settings


async def _one(tx: Tx, rt: Runtime, who: Principal, relay_id: UUID, now: datetime) -> Relay:
    kind, own = _own(rt)
    found = await queries.list_relays(
        tx,
        workspace_id=who.workspace_id,
        own=own,
        kind=kind,
        today=await _today(tx, who, now),
        now=now,
    )
    return next(one for one in found if one.id == relay_id)


async def _today(tx: Tx, who: Principal, now: datetime) -> date:
    workspace = await get_workspace(tx, workspace_id=who.workspace_id)
    try:
        zone: Any = ZoneInfo(workspace.timezone)
    except (KeyError, ValueError, OSError):
        zone = UTC
    return now.astimezone(zone).date()


async def _audit(tx: Tx, who: Principal, action: str, subject: UUID | str, now: datetime) -> None:
    await write_audit(tx, who=who, action=action, object_kind="relay", object_id=subject, now=now)
