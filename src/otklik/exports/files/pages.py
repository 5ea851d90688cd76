"""Reading an export page by page, in an order that stays.

Every page is a query of its own that begins behind the last row of the one before (a keyset). So a
slow reader holds no query and no transaction, a reader who leaves stops everything, and a broken
download goes on from any row. Rows are grouped as the store keeps them: events by name, person and
time; orders, messages and profiles by their numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import msgspec

from otklik.exports.files.facts import EventsReader, OrdersReader
from otklik.exports.files.members import check_members, write_members
from otklik.exports.files.messages import MessagesReader
from otklik.exports.files.people import PeopleReader
from otklik.exports.files.reading import ExportPage, Key, Reader
from otklik.exports.model import Cursor, ExportPlan, Scope, Subject
from otklik.profiles.public import newest_profile
from otklik.runtime.public import Runtime

FIRST_PAGE: Final = 20_000
PAGE_MAX: Final = 100_000
_SMALL, _LARGE = 6 * 1024**2, 24 * 1024**2
_READERS: dict[Subject, type[Reader]] = {
    Subject.PROFILES: PeopleReader,
    Subject.EVENTS: EventsReader,
    Subject.ORDERS: OrdersReader,
    Subject.MESSAGES: MessagesReader,
}


async def open_scope(
    rt: Runtime,
    plan: ExportPlan,
    *,
    workspace_id: int,
    now: datetime,
    arrived_after: datetime | None = None,
) -> Scope:
    """Fix which rows an export has: those known at `now`, of the segment's members at `now`.

    Raises: SegmentNotFound, DefinitionTooHeavy.
    """
    members = None
    if plan.segment_id is not None:
        members = await write_members(
            rt, workspace_id=workspace_id, segment_id=plan.segment_id, now=now
        )
    top = None
    if plan.subject is Subject.PROFILES and members is None:
        async with rt.db.begin() as tx:
            top = await newest_profile(tx, workspace_id=workspace_id)
    return Scope(as_of=now, arrived_after=arrived_after, members=members, top=top)


async def check_cursor(rt: Runtime, cursor: Cursor, *, workspace_id: int) -> None:
    """Raises: CursorExpired."""
    if cursor.scope.members is not None:
        await check_members(rt, workspace_id=workspace_id, set_id=cursor.scope.members)


async def pages(
    rt: Runtime, plan: ExportPlan, scope: Scope, *, workspace_id: int, after: Key | None = None
) -> AsyncIterator[ExportPage]:
    """Yield the pages of an export behind the key `after`, the next one read ahead.

    The tables have the columns of the plan. Memory: two pages, each of some megabytes.
    """
    read = _READERS[plan.subject](rt, plan, scope, workspace_id).read
    left = plan.limit
    size = min(FIRST_PAGE, left or FIRST_PAGE)
    ahead: asyncio.Task[ExportPage] = asyncio.ensure_future(read(after, size))
    try:
        while True:
            page = await ahead
            if left is not None:
                left -= page.table.num_rows
            done = page.last or left == 0
            if not done:
                size = _next_size(size, page.table.nbytes)
                size = min(size, left) if left is not None else size
                ahead = asyncio.ensure_future(read(page.key, size))
            yield msgspec.structs.replace(page, last=done)
            if done:
                return
    finally:
        ahead.cancel()


async def expected_rows(
    rt: Runtime, plan: ExportPlan, scope: Scope, *, workspace_id: int
) -> int | None:
    """Return about how many rows an export has, for its progress; None where counting is work."""
    count = await _READERS[plan.subject](rt, plan, scope, workspace_id).count()
    return count if count is None or plan.limit is None else min(count, plan.limit)


def _next_size(size: int, nbytes: int) -> int:
    """Grow pages while they are small in bytes, so that memory stays flat whatever a row holds."""
    if nbytes > _LARGE:
        return max(500, size // 4)
    return min(PAGE_MAX, size * 2) if nbytes < _SMALL else size
