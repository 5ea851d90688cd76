"""Wiring: the only file that knows every slice.

Slices bring handlers, jobs, loops and subscriptions; here they are put together. News goes upward
only through the subscriptions written in `connect`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from litestar import Litestar
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

# Tables and jobs become known by being imported; every process knows all of them.
import otklik.accounts.tables
import otklik.campaigns.jobs
import otklik.campaigns.tables
import otklik.catalog.tables
import otklik.channels.email.tables
import otklik.content.tables
import otklik.delivery.jobs
import otklik.delivery.tables
import otklik.events.tables
import otklik.ingestion.jobs
import otklik.ingestion.tables
import otklik.privacy.tables
import otklik.profiles.tables
import otklik.runtime.outbox
import otklik.runtime.web.idempotency
import otklik.segments.jobs
import otklik.segments.tables  # noqa: F401
from otklik.accounts import http as accounts_http
from otklik.accounts.public import (
    Role,
    create_user,
    create_workspace,
    get_workspace,
    list_workspaces,
    provide_principal,
)
from otklik.analytics import http as analytics_http
from otklik.analytics.home import http as home_http
from otklik.analytics.home.launches import Launches, use_launches
from otklik.analytics.home.model import FailedLaunch
from otklik.analytics.public import ArmSpec, GoalSpec, ReportSpec
from otklik.campaigns import http as campaigns_http
from otklik.campaigns.public import (
    campaign_report_spec,
    campaigns_using,
    count_campaigns,
    failed_launches,
    on_mailing_finished,
)
from otklik.catalog import http as catalog_http
from otklik.catalog import public as catalog
from otklik.channels.email import http as email_http
from otklik.channels.email.public import (
    Catcher,
    SmtpPool,
    SystemResolver,
    check_domain,
    list_senders,
    open_pool,
    send_test_letter,
    sender_identity,
    start_catcher,
    use_sender_usage,
)
from otklik.content import http as content_http
from otklik.content.public import (
    Reference,
    TrialImpossible,
    TrialLetter,
    TrialResult,
    use_letter_usage,
    use_trial_mailer,
)
from otklik.delivery import http as delivery_http
from otklik.delivery.public import MailingFinished, delivery_loops
from otklik.events import http as events_http
from otklik.ingestion import http as ingestion_http
from otklik.ingestion.public import (
    EventService,
    EventsStored,
    consents_of_import,
    imports_loop,
    keys_loop,
    open_event_service,
    pipeline_loop,
)
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_token
from otklik.privacy import http as privacy_http
from otklik.privacy import public as privacy
from otklik.profiles import http as profiles_http
from otklik.profiles.public import PROFILES_LOOP, ProfilesMerged, ProfilesParted, current_ids
from otklik.runtime.loops import Loop, LoopRunner
from otklik.runtime.outbox import OUTBOX_LOOP
from otklik.runtime.public import BadSettings, Runtime, Tx, log, metadata
from otklik.runtime.web.app import create_app
from otklik.runtime.web.edge import Edge
from otklik.segments import http as segments_http
from otklik.segments.public import (
    Use,
    members,
    memberships,
    register_usage,
    segment_names,
)

API = [
    *accounts_http.HANDLERS,
    *campaigns_http.HANDLERS,
    *catalog_http.HANDLERS,
    *content_http.HANDLERS,
    *delivery_http.HANDLERS,
    *email_http.HANDLERS,
    *events_http.HANDLERS,
    *home_http.HANDLERS,
    *ingestion_http.HANDLERS,
    *privacy_http.HANDLERS,
    *profiles_http.HANDLERS,
    *segments_http.HANDLERS,
]


def connect(rt: Runtime) -> None:
    """Make every job known, and let news reach who needs them. Once per runtime."""
    rt.jobs.bind(rt)
    rt.bus.subscribe(EventsStored, take_orders)
    rt.bus.subscribe(EventsStored, take_consents)
    rt.bus.subscribe(ProfilesMerged, catalog.on_profiles_merged)
    rt.bus.subscribe(ProfilesParted, catalog.on_profiles_parted)
    rt.bus.subscribe(ProfilesMerged, privacy.on_profiles_merged)
    rt.bus.subscribe(ProfilesParted, privacy.on_profiles_parted)
    rt.bus.subscribe(MailingFinished, on_mailing_finished)
    register_usage(segments_used_by_campaigns)
    use_launches(launches_of)
    use_letter_usage(letters_used_by_campaigns)
    use_sender_usage(sender_used_by_campaigns)
    use_trial_mailer(send_trial)


async def take_orders(news: EventsStored, tx: Tx) -> None:
    """Bring orders up to date with the order events of a batch."""
    rows = []
    now_known_as = await current_profiles(tx, news)
    for event in news.events.rows(names=catalog.ORDER_EVENTS):
        made = catalog.order_event(
            profile_id=now_known_as.get(event.profile_id, event.profile_id),
            name=event.name,
            time=event.time,
            properties=event.properties,
        )
        if isinstance(made, catalog.OrderEvent):
            rows.append(made)
        elif made is not None:
            # The event itself is stored and visible; only no order could be made of it.
            log.info("order event without an order", code=made.value, workspace=news.workspace_id)
    await catalog.apply_order_events(tx, workspace_id=news.workspace_id, rows=rows, now=news.now)


async def current_profiles(tx: Tx, news: EventsStored) -> dict[int, int]:
    """Map profiles that were merged after their events had been identified."""
    return await current_ids(tx, workspace_id=news.workspace_id, profile_ids=list(news.profile_ids))


async def take_consents(news: EventsStored, tx: Tx) -> None:
    """Write the consents that an import declares for the people in its file into the ledger."""
    declared = await consents_of_import(tx, news)
    now_known_as = await current_profiles(tx, news) if declared else {}
    await privacy.record_consents(
        tx,
        workspace_id=news.workspace_id,
        entries=[
            privacy.ConsentEntry(
                profile_id=now_known_as.get(one.profile_id, one.profile_id),
                channel=one.channel,
                action=privacy.Action.GRANTED,
                source=privacy.Source.IMPORT,
                at=one.at,
                topic_id=one.topic_id,
                proof={"import_id": str(one.import_id), "note": one.note},
                key=one.key,
            )
            for one in declared
        ],
        now=news.now,
    )


async def launches_of(tx: Tx, workspace_id: int) -> Launches:
    """Tell the home page of campaigns that never became a mailing."""
    failed = await failed_launches(tx, workspace_id=workspace_id)
    return Launches(
        await count_campaigns(tx, workspace_id=workspace_id),
        [FailedLaunch(c.id, c.name, c.problem or "", c.updated_at) for c in failed],
    )


async def segments_used_by_campaigns(
    tx: Tx, workspace_id: int, segment_ids: Sequence[UUID]
) -> dict[UUID, list[Use]]:
    return {
        segment_id: [
            Use(kind=use.kind, id=use.id, name=use.name)
            for use in await campaigns_using(tx, workspace_id=workspace_id, segment_id=segment_id)
        ]
        for segment_id in segment_ids
    }


async def sender_used_by_campaigns(tx: Tx, workspace_id: int, sender_id: UUID) -> list[str]:
    used = await campaigns_using(tx, workspace_id=workspace_id, sender_id=sender_id)
    return [use.name for use in used]


async def letters_used_by_campaigns(
    tx: Tx, workspace_id: int, letter_ids: Sequence[UUID]
) -> dict[UUID, list[Reference]]:
    return {
        letter_id: [
            Reference(kind=use.kind, id=str(use.id), name=use.name)
            for use in await campaigns_using(tx, workspace_id=workspace_id, letter_id=letter_id)
        ]
        for letter_id in letter_ids
    }


async def card_sections(
    rt: Runtime, tx: Tx, workspace_id: int, profile_id: int
) -> profiles_http.CardSections:
    """Bring together what the slices above profiles know of a person."""
    consents = await privacy.consent_states(tx, workspace_id=workspace_id, profile_id=profile_id)
    totals = await catalog.order_totals(tx, workspace_id=workspace_id, profile_id=profile_id)
    found = await memberships(rt, workspace_id=workspace_id, profile_id=profile_id)
    names = await segment_names(tx, workspace_id=workspace_id)
    return profiles_http.CardSections(
        consents=[
            profiles_http.CardConsent(
                channel=c.channel, topic_id=c.topic_id, state=c.state, at=c.at, source=c.source
            )
            for c in consents
        ],
        segments=[
            profiles_http.CardSegment(id=one, name=names[one]) for one in found if one in names
        ],
        orders=profiles_http.CardOrders(
            count=totals.count,
            total=float(totals.total),
            last_at=totals.last_at,
            currency=totals.currency or "",
        ),
    )


async def segment_members(rt: Runtime, workspace_id: int, segment_id: UUID) -> list[int]:
    """Return a segment's members for the list of profiles; raises NotFound."""
    found = await members(rt, workspace_id=workspace_id, segment_id=segment_id, now=rt.clock())
    ids: list[int] = found.tolist()
    return ids


async def report_spec(
    rt: Runtime, workspace_id: int, campaign_id: UUID, as_of: datetime, lang: Lang
) -> ReportSpec:
    """Tell a report what it has to know of a campaign; the two slices don't know each other."""
    async with rt.db.begin() as tx:
        spec = await campaign_report_spec(
            tx, workspace_id=workspace_id, campaign_id=campaign_id, lang=lang
        )
        workspace = await get_workspace(tx, workspace_id=workspace_id)
    goal = spec.goal
    return ReportSpec(
        workspace_id=workspace_id,
        source_kind=spec.source_kind,
        source_id=spec.id,
        name=spec.name,
        arms=tuple(
            ArmSpec(key=arm.key, name=arm.name, share=arm.share, is_control=arm.is_control)
            for arm in spec.arms
        ),
        goal=None
        if goal is None
        else GoalSpec(
            event=goal.event,
            filters=goal.filters,
            window_hours=goal.window_hours,
            revenue_property=goal.revenue_property,
        ),
        launched_at=spec.launched_at,
        as_of=as_of,
        timezone=workspace.timezone,
        currency=workspace.currency,
    )


def smtp_url(rt: Runtime) -> str:
    """Return where letters go: the relay of the settings, or the catcher of this machine."""
    return rt.settings.smtp_url or f"smtp://127.0.0.1:{rt.settings.catcher_port}?tls=off"


def make_pool(rt: Runtime) -> SmtpPool:
    delivery = rt.settings.delivery
    return open_pool(
        smtp_url(rt),
        connections=delivery.connections,
        messages_per_connection=delivery.messages_per_connection_max,
        timeout_s=delivery.smtp_timeout_s,
    )


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
    pool = open_pool(smtp_url(rt), connections=1, timeout_s=rt.settings.delivery.smtp_timeout_s)
    try:
        outcomes = await send_test_letter(
            pool,
            sender=sender,
            addresses=letter.addresses,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            now=rt.clock(),
        )
    finally:
        await pool.close()
    return [TrialResult(o.address, o.accepted, o.text) for o in outcomes]


class Application:
    """The ASGI application: the lean event API beside the web framework."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self.events: EventService | None = None
        self.web: Litestar = create_app(
            rt,
            api=[*API, *analytics_http.handlers(report_spec)],
            public=delivery_http.PUBLIC_HANDLERS,
            dependencies={
                "who": Provide(provide_principal),
                "card_sections": Provide(lambda: card_sections, sync_to_thread=False),
                "segment_members": Provide(lambda: segment_members, sync_to_thread=False),
            },
            lifespan=[self._opened],
        )

        self._edge = Edge(self.web, rt)

    @property
    def routes(self) -> Any:
        return self.web.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner: ASGIApp = self._edge
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith("/v1/") and self.events:
            inner = self.events  # type: ignore[assignment]
        await inner(scope, receive, send)

    @asynccontextmanager
    async def _opened(self, _: Litestar) -> AsyncIterator[None]:
        async with (
            open_event_service(self._rt) as service,
            background(self._rt, [keys_loop(service)]),
        ):
            self.events = service
            yield
            self.events = None


@asynccontextmanager
async def background(rt: Runtime, loops: list[Loop]) -> AsyncIterator[None]:
    """Run loops while the block lasts; a step in hand is finished."""
    runner = LoopRunner(rt, loops)
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        runner.stop()
        await task


def asgi_app(rt: Runtime) -> Application:
    return Application(rt)


@asynccontextmanager
async def worker_loops(rt: Runtime) -> AsyncIterator[list[Loop]]:
    """Lend the loops of a worker process, with the SMTP pool that they share."""
    pool = make_pool(rt)
    try:
        yield [
            OUTBOX_LOOP,
            PROFILES_LOOP,
            pipeline_loop(),
            imports_loop(),
            *delivery_loops(pool, parallel=rt.settings.delivery.connections),
        ]
    finally:
        await pool.close()


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


class FirstLogin:
    """The first user of a new installation and his password, to be shown once."""

    def __init__(self, email: str, password: str) -> None:
        self.email, self.password = email, password


async def first_start(rt: Runtime) -> FirstLogin | None:
    """Make the first workspace and its owner when there is nobody yet; None: there is somebody."""
    async with rt.db.begin() as tx:
        if await list_workspaces(tx):
            return None
        login = FirstLogin("owner@otklik.test", new_token(96))
        workspace = await create_workspace(tx, name="Otklik", now=rt.clock())
        await create_user(
            tx,
            workspace_id=workspace.id,
            email=login.email,
            name="Owner",
            password=login.password,
            role=Role.OWNER,
            lang=workspace.lang,
            now=rt.clock(),
        )
    return login


async def check_sending_domains(
    rt: Runtime,
) -> list[tuple[Literal["ok", "warn", "bad"], str, str, str]]:
    """Return (level, domain, finding, advice) for every sender's domain, for `otklik doctor`."""
    levels: dict[str, Literal["ok", "warn", "bad"]] = {"ok": "ok", "fail": "bad"}
    found: list[tuple[Literal["ok", "warn", "bad"], str, str, str]] = []
    async with rt.db.begin() as tx:
        workspaces = await list_workspaces(tx)
        senders = [
            sender
            for workspace_id, _ in workspaces
            for sender in await list_senders(tx, workspace_id=workspace_id)
        ]
    for sender in senders:
        checks = await check_domain(
            sender.domain,
            selector=sender.dkim_selector,
            dkim_record=sender.dkim_record,
            resolver=SystemResolver(),
            development=rt.settings.development,
        )
        for check in checks:
            level = levels.get(check.level, "warn")
            advice = f"Publish at {check.record_name}: {check.expected}" if check.expected else ""
            found.append((level, sender.domain, check.message.of("en", check.facts), advice))
    return found


__all__ = [
    "asgi_app",
    "background",
    "check_sending_domains",
    "connect",
    "first_start",
    "mail_catcher",
    "metadata",
    "worker_loops",
]
