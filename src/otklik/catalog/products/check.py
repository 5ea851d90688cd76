"""A look at a feed before it is taken: what it holds and what is wrong in it. Nothing is stored."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from otklik.catalog.exchange import ExchangeReport, check_exchange
from otklik.catalog.feeds import FeedReport, check_feed
from otklik.catalog.feeds.errors import FeedIsNotYml
from otklik.catalog.feeds.health import Health
from otklik.catalog.products.errors import FeedBadArchive
from otklik.catalog.products.fetch import Address, Limits, fetch
from otklik.catalog.products.files import file_path
from otklik.catalog.products.packing import open_feed
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime

CHECK_LIMITS: Final = Limits(bytes_max=512 * 1024**2, seconds_max=60.0, silence_s=20.0)


async def check_address(
    rt: Runtime, address: Address, *, workspace_id: int, limits: Limits = CHECK_LIMITS
) -> FeedReport:
    """Download a feed and report on it. Raises: what `fetch` raises."""
    path = file_path(rt, workspace_id=workspace_id, file_id=new_id())
    try:
        await fetch(rt, address, path, limits)
        return await asyncio.to_thread(check_file, path)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def check_any_file(path: Path) -> FeedReport | ExchangeReport:
    """Report on a product feed or a file of the exchange with 1C, packed or not."""
    report = check_file(path)
    if report.refused != FeedIsNotYml.code:
        return report
    with open_feed(path) as source:
        exchange = check_exchange(source)
    return report if exchange.refused == FeedIsNotYml.code else exchange


def check_file(path: Path) -> FeedReport:
    """Report on a feed, packed or not; a refusal is in the report."""
    try:
        with open_feed(path) as source:
            return check_feed(source)
    except FeedBadArchive as error:
        return Health().report(encoding=None, refusal=error)
