"""Wiring: the only file that knows every slice.

Slices bring handlers, jobs, loops and subscriptions; here they are put together. News goes upward
only through the subscriptions written in `connect`.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.di import Provide

from otklik.accounts.public import provide_principal
from otklik.runtime.loops import Loop
from otklik.runtime.outbox import OUTBOX_LOOP
from otklik.runtime.public import Runtime, metadata
from otklik.runtime.web.app import create_app

_TABLES = (
    "runtime.outbox",
    "runtime.web.idempotency",
    "accounts.tables",
    "events.tables",
    "ingestion.tables",
    "profiles.tables",
    "privacy.tables",
    "catalog.tables",
    "segments.tables",
    "content.tables",
    "channels.email.tables",
    "delivery.tables",
    "campaigns.tables",
)


def _import(name: str) -> Any:
    try:
        return importlib.import_module(f"otklik.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"otklik.{name}":
            return None
        raise


for _name in _TABLES:
    _import(_name)


def connect(rt: Runtime) -> None:
    rt.jobs.bind(rt)


def loops(rt: Runtime) -> list[Loop]:
    return [OUTBOX_LOOP]


def asgi_app(rt: Runtime) -> Litestar:
    from otklik.accounts.http import HANDLERS

    return create_app(rt, api=HANDLERS, dependencies={"who": Provide(provide_principal)})


@asynccontextmanager
async def worker_services(rt: Runtime) -> AsyncIterator[None]:
    async with AsyncExitStack():
        yield


async def first_start(rt: Runtime) -> None:
    """Make the first workspace and its owner when there is nobody yet."""


__all__ = ["asgi_app", "connect", "loops", "metadata", "worker_services"]
