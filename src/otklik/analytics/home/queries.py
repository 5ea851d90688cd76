"""Reads for the start page: figures from ClickHouse, state from PostgreSQL; no row per person."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import cache
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

from otklik.accounts.public import Workspace
from otklik.analytics.home.launches import Launches, launches
from otklik.analytics.home.model import (
    MONTH_DAYS,
    PULSE_DAYS,
    FailedImport,
    Figures,
    MailingTrouble,
    PulseDay,
    State,
    UnverifiedSender,
)
from otklik.channels.email.public import has_own_relays, list_senders
from otklik.content.public import list_letters
from otklik.delivery.public import count_mailings, stalls
from otklik.ingestion.public import (
    backlog,
    count_rejects,
    failed_imports,
    has_import,
    list_rejects,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Runtime, Tx
from otklik.segments.public import segment_names

SOURCE_KIND: Final = "campaign"
REJECTS_SPAN: Final = timedelta(hours=24)
IMPORTS_SPAN: Final = timedelta(days=7)
IMPORTS_MAX: Final = 5


async def read_state(
    tx: Tx, *, workspace_id: int, now: datetime, development: bool, lang: Lang
) -> State:
    """Return what is amiss and what is there, by a fixed number of statements."""
    told = await launches(tx, workspace_id=workspace_id)
    if told is None:
        total = await count_mailings(tx, workspace_id=workspace_id, source_kind=SOURCE_KIND)
        told = Launches(total=total)
    rejects = await count_rejects(tx, workspace_id=workspace_id, since=now - REJECTS_SPAN)
    last = await list_rejects(tx, workspace_id=workspace_id, lang=lang, limit=1)
    waiting = await backlog(tx, workspace_id=workspace_id)
    senders = await list_senders(tx, workspace_id=workspace_id)
    letters = await list_letters(tx, workspace_id=workspace_id, limit=1)
    failed = await failed_imports(
        tx, workspace_id=workspace_id, since=now - IMPORTS_SPAN, lang=lang, limit=IMPORTS_MAX
    )
    return State(
        mailings=await _mailings(tx, workspace_id, now),
        failed_launches=told.failed,
        failed_imports=[
            FailedImport(one.id, one.file_name, one.reason, one.failed_at) for one in failed
        ],
        rejects_24h=rejects,
        last_reject_at=last.items[0].received_at if last.items else None,
        waiting_events=waiting.events,
        waiting_since=waiting.oldest,
        quarantined_events=sum(batch.events for batch in waiting.quarantined),
        quarantined_at=max((batch.at for batch in waiting.quarantined), default=None),
        senders=len(senders),
        unverified=[
            UnverifiedSender(
                sender.address, sender.health == "fail", sender.checked_at or sender.created_at
            )
            for sender in senders
            if sender.health in {"fail", "unknown"}
        ],
        segments=len(await segment_names(tx, workspace_id=workspace_id)),
        campaigns=told.total,
        has_letter=bool(letters.items),
        has_import=await has_import(tx, workspace_id=workspace_id),
        development=development and not await has_own_relays(tx, workspace_id=workspace_id),
    )


async def _mailings(tx: Tx, workspace_id: int, now: datetime) -> list[MailingTrouble]:
    return [
        MailingTrouble(
            source_id=stall.source_id,
            name=stall.name,
            stalled=stall.stalled,
            trouble=stall.trouble,
            in_doubt=stall.in_doubt,
            since=stall.since,
        )
        for stall in await stalls(tx, workspace_id=workspace_id, now=now)
        if stall.source_kind == SOURCE_KIND
    ]


async def read_figures(rt: Runtime, *, workspace: Workspace, now: datetime) -> Figures:
    """Return the pulse and the totals that are counted from facts."""
    zone = ZoneInfo(workspace.timezone)
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=PULSE_DAYS - 1 - i) for i in range(PULSE_DAYS)]
    since = _midnight(days[0], zone)
    until = _midnight(today + timedelta(days=1), zone)
    month = _midnight(today - timedelta(days=MONTH_DAYS - 1), zone)
    here = {"workspace": workspace.id}
    spell = {**here, "zone": workspace.timezone, "since": since, "until": until}
    events, profiles, sent, orders, begun = await asyncio.gather(
        rt.ch.query(_sql("events"), {**spell, "since": month}),
        rt.ch.query(_sql("profiles"), {**here, "zone": workspace.timezone, "since": since}),
        rt.ch.query(_sql("sent"), spell),
        rt.ch.query(_sql("orders"), {**spell, "currency": workspace.currency}),
        rt.ch.query(_sql("begun"), here),
    )
    by_day: dict[str, dict[str, tuple[Any, ...]]] = {
        "events": {row[0]: row[1:] for row in events},
        "profiles": {row[0]: row[1:] for row in profiles},
        "sent": {row[0]: row[1:] for row in sent},
        "orders": {row[0]: row[1:] for row in orders},
    }

    def of(what: str, day: date, position: int = 0) -> Any:
        row = by_day[what].get(day.isoformat())
        return row[position] if row else 0

    return Figures(
        days=[
            PulseDay(
                date=day,
                events=of("events", day),
                new_profiles=of("profiles", day),
                sent=of("sent", day),
                orders=of("orders", day),
                revenue=round(float(of("orders", day, 1)), 2),
            )
            for day in days
        ],
        profiles=sum(row[1] for row in profiles),
        known=sum(row[2] for row in profiles),
        events_30d=sum(row[1] for row in events),
        has_events=bool(begun[0][0]),
        has_sent=bool(begun[0][1]),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day in a zone, in UTC."""
    return datetime.combine(day, clock_time(), zone).astimezone(UTC)


@cache
def _sql(name: str) -> str:
    text = resources.files("otklik.analytics.home").joinpath(f"sql/{name}.sql").read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
