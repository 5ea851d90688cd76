"""The HTTP application and the loops of a worker, put together from every slice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from otklik.accounts import http as accounts_http
from otklik.accounts.public import (
    provide_principal,
)
from otklik.analytics import http as analytics_http
from otklik.analytics import ongoing_http
from otklik.analytics.channel import http as channel_http
from otklik.analytics.control import http as control_http
from otklik.analytics.forecast import http as forecast_http
from otklik.analytics.home import http as home_http
from otklik.campaigns import http as campaigns_http
from otklik.campaigns.public import campaigns_of_runs
from otklik.campaigns.regular import http as regular_http
from otklik.campaigns.transactional import http as transactional_http
from otklik.catalog import http as catalog_http
from otklik.channels.email import http as email_http
from otklik.channels.email.public import HostBook
from otklik.channels.email.tracking_domain import http as tracking_domain_http
from otklik.computed import http as computed_http
from otklik.content import http as content_http
from otklik.delivery import http as delivery_http
from otklik.delivery.answers import http as answers_http
from otklik.delivery.public import Dispatcher, delivery_loops
from otklik.entrypoints.wiring.mail import make_pool
from otklik.entrypoints.wiring.timeline import TIMELINE_SOURCES, segment_history
from otklik.entrypoints.wiring.views import (
    card_sections,
    forecast_plan,
    letter_report_spec,
    names_of_campaigns,
    report_spec,
    segment_members,
    series_spec,
)
from otklik.events import http as events_http
from otklik.exports import http as exports_http
from otklik.exports.public import export_loops
from otklik.ingestion import http as ingestion_http
from otklik.ingestion.hooks import http as hooks_http
from otklik.ingestion.public import (
    EventService,
    hooks_loop,
    imports_loop,
    keys_loop,
    open_event_service,
    pipeline_loop,
)
from otklik.privacy import http as privacy_http
from otklik.profiles import http as profiles_http
from otklik.profiles.public import PROFILES_LOOP
from otklik.runtime.jobs import STALLED_LOOP
from otklik.runtime.loops import Loop, LoopRunner
from otklik.runtime.outbox import OUTBOX_LOOP
from otklik.runtime.public import Runtime
from otklik.runtime.web.app import create_app
from otklik.runtime.web.edge import Edge
from otklik.runtime.web.hosts import Hosts
from otklik.segments import http as segments_http

API = [
    *accounts_http.HANDLERS,
    *campaigns_http.HANDLERS,
    *transactional_http.HANDLERS,
    *catalog_http.HANDLERS,
    *computed_http.HANDLERS,
    *content_http.HANDLERS,
    *control_http.HANDLERS,
    *delivery_http.HANDLERS,
    *email_http.HANDLERS,
    *events_http.HANDLERS,
    *exports_http.HANDLERS,
    *home_http.HANDLERS,
    *hooks_http.HANDLERS,
    *ingestion_http.HANDLERS,
    *privacy_http.HANDLERS,
    *profiles_http.HANDLERS,
    *regular_http.HANDLERS,
    *segments_http.HANDLERS,
    *tracking_domain_http.HANDLERS,
]


class Application:
    """The ASGI application: the lean event API beside the web framework."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self.events: EventService | None = None
        self.web: Litestar = create_app(
            rt,
            api=[
                *API,
                *analytics_http.handlers(report_spec),
                *ongoing_http.handlers(
                    letter_spec_of=letter_report_spec, series_spec_of=series_spec
                ),
                *channel_http.handlers(report_spec, names_of_campaigns),
                *forecast_http.handlers(forecast_plan),
            ],
            public=[
                *catalog_http.PUBLIC_HANDLERS,
                *content_http.PUBLIC_HANDLERS,
                *delivery_http.PUBLIC_HANDLERS,
                *answers_http.PUBLIC_HANDLERS,
                *hooks_http.PUBLIC_HANDLERS,
                *tracking_domain_http.PUBLIC_HANDLERS,
            ],
            dependencies={
                "who": Provide(provide_principal),
                "card_sections": Provide(lambda: card_sections, sync_to_thread=False),
                "regular_of": Provide(lambda: campaigns_of_runs, sync_to_thread=False),
                "segment_history": Provide(lambda: segment_history, sync_to_thread=False),
                "timeline_sources": Provide(lambda: TIMELINE_SOURCES, sync_to_thread=False),
                "segment_members": Provide(lambda: segment_members, sync_to_thread=False),
            },
            lifespan=[self._opened],
        )

        self._edge = Edge(self.web, rt)
        self._hosts = Hosts(self._inside, rt, HostBook(rt).workspace_of)

    @property
    def routes(self) -> Any:
        return self.web.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._hosts(scope, receive, send)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner: ASGIApp = self._edge
        if scope["type"] == ScopeType.HTTP and scope["path"].startswith("/v1/") and self.events:
            inner = self.events  # type: ignore[assignment] # it takes HTTP scopes only
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
    """Lend the loops of a worker process, with the SMTP pools that they share."""
    pool = make_pool(rt)
    dispatcher = Dispatcher(pool, parallel=rt.settings.delivery.connections)
    try:
        yield [
            OUTBOX_LOOP,
            STALLED_LOOP,
            PROFILES_LOOP,
            pipeline_loop(),
            imports_loop(),
            *export_loops(),
            hooks_loop(),
            *delivery_loops(dispatcher),
        ]
    finally:
        await dispatcher.close()
        await pool.close()
