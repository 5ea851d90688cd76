"""Reading relays: for senders, and for the page that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.channels.email.errors import RelayNotFound
from otklik.channels.email.relays.control import PaceLimit, is_stale
from otklik.channels.email.relays.marks import service_of
from otklik.channels.email.relays.model import (
    OWN_RELAY,
    DomainWarmup,
    Paces,
    ProviderPace,
    Relay,
    RelayAccess,
    RelayHealth,
    RelayKind,
    RelayRest,
    SendingWays,
    WarmupDayShown,
    WarmupProgress,
)
from otklik.channels.email.relays.providers import WHOLE
from otklik.channels.email.relays.states import SPAN_S, warmup_history
from otklik.channels.email.relays.tables import (
    domain_warmups,
    relay_counts,
    relay_limits,
    relay_states,
    relays,
)
from otklik.channels.email.relays.warmup import WarmupPlan, allowance, step_of, steps
from otklik.channels.email.relays.ways import has_own_relays
from otklik.channels.email.smtp import SmtpSettings
from otklik.runtime.public import Tx

PACE_WINDOW: Final = timedelta(seconds=60)
REST_LONGEST: Final = timedelta(seconds=60)
REST_NEWS: Final = timedelta(seconds=5)
"""So long after a rest other processes still hear of it: who found the failure tries first."""
_HOUR: Final = timedelta(hours=1)
_WORKS_FOR: Final = timedelta(hours=1)
_DAYS_SHOWN: Final = 14


async def sending_ways(
    tx: Tx, *, workspace_id: int, sender_domain: str, now: datetime
) -> SendingWays:
    """Return what a sender of letters from this domain needs to know; read every few seconds."""
    rows = await tx.execute(
        sa.select(relays)
        .where(relays.c.workspace_id == workspace_id, relays.c.enabled)
        .order_by(relays.c.created_at, relays.c.id)
    )
    found = [one for row in rows if (one := _access(row)).carries(sender_domain)]
    ids = [one.id for one in found] or [OWN_RELAY]
    limits = await tx.execute(
        sa.select(relay_limits).where(
            relay_limits.c.relay_id.in_(ids), relay_limits.c.workspace_id.in_([workspace_id, 0])
        )
    )
    plan = (
        await tx.execute(
            sa.select(domain_warmups.c.plan).where(
                domain_warmups.c.workspace_id == workspace_id,
                domain_warmups.c.domain == sender_domain.lower(),
            )
        )
    ).scalar_one_or_none()
    rests = await tx.execute(
        sa.select(
            relay_states.c.relay_id, relay_states.c.trouble_at, relay_states.c.rests_until
        ).where(
            relay_states.c.relay_id.in_(ids),
            relay_states.c.trouble_at.is_not(None),
            relay_states.c.rests_until > now - REST_NEWS,
            # A longer one was written before a clock was set back.
            relay_states.c.rests_until <= now + REST_LONGEST,
        )
    )
    return SendingWays(
        relays=tuple(found),
        limits={
            (row.relay_id, row.provider): limit
            for row in limits
            if not is_stale(limit := _limit(row), now)
        },
        domain_warmup=_plan(plan),
        rests={row.relay_id: RelayRest(row.trouble_at, row.rests_until) for row in rests},
    )


async def relay_access(tx: Tx, *, workspace_id: int, relay_id: UUID) -> RelayAccess:
    """Return a relay with its sealed password. Raises: RelayNotFound."""
    row = (
        await tx.execute(
            sa.select(relays).where(relays.c.workspace_id == workspace_id, relays.c.id == relay_id)
        )
    ).one_or_none()
    if row is None:
        raise RelayNotFound()
    return _access(row)


async def list_relays(
    tx: Tx, *, workspace_id: int, own: SmtpSettings, kind: RelayKind, today: date, now: datetime
) -> list[Relay]:
    """Return the relays of a workspace as its page shows them, the installation's own at the end.

    own, kind: how the installation's own is reached, and whether it is a relay or the catcher.
    """
    rows = (
        await tx.execute(
            sa.select(relays)
            .where(relays.c.workspace_id == workspace_id)
            .order_by(relays.c.created_at, relays.c.id)
        )
    ).all()
    ids = [*(row.id for row in rows), OWN_RELAY]
    states = {
        row.relay_id: row
        for row in await tx.execute(sa.select(relay_states).where(relay_states.c.relay_id.in_(ids)))
    }
    slowed = {
        row.relay_id: row.rate_per_s
        for row in await tx.execute(
            sa.select(relay_limits).where(
                relay_limits.c.relay_id.in_(ids), relay_limits.c.provider == WHOLE
            )
        )
        if not is_stale(_limit(row), now)
    }
    paces = await _paces_by_relay(tx, workspace_id, ids, now)
    covered = await has_own_relays(tx, workspace_id=workspace_id)
    found = []
    for row in rows:
        access = _access(row)
        found.append(
            Relay(
                id=row.id,
                kind="workspace",
                in_use=row.enabled,
                name=row.name,
                host=row.host,
                port=row.port,
                tls=row.tls,
                username=row.username,
                has_password=row.password_sealed is not None,
                weight=row.weight,
                enabled=row.enabled,
                connections=row.connections,
                letters_per_connection=row.letters_per_connection,
                letters_per_s=row.letters_per_s,
                sender_domains=list(row.sender_domains),
                service=service_of(row.host),
                slowed_to_per_s=slowed.get(row.id),
                warmup=await _progress(tx, workspace_id, str(row.id), access.warmup, today),
                **_told(states.get(row.id), paces.get(row.id), row.enabled, now),
            )
        )
    # The installation's relay is the administrator's: how to log in there is not for workspaces.
    found.append(
        Relay(
            id=None,
            kind=kind,
            in_use=not covered,
            name="",
            host=own.host if kind == "installation" else "",
            port=own.port,
            tls="tls" if own.implicit_tls else "none" if own.start_tls == "off" else "starttls",
            username=None,
            has_password=own.password is not None,
            weight=1,
            enabled=True,
            connections=own.connections,
            letters_per_connection=own.messages_per_connection,
            letters_per_s=own.rate_per_s,
            sender_domains=[],
            service=service_of(own.host),
            slowed_to_per_s=slowed.get(OWN_RELAY),
            warmup=None,
            **_told(states.get(OWN_RELAY), paces.get(OWN_RELAY), True, now),
        )
    )
    return found


async def list_domain_warmups(tx: Tx, *, workspace_id: int, today: date) -> list[DomainWarmup]:
    rows = (
        await tx.execute(
            sa.select(domain_warmups.c.domain, domain_warmups.c.plan)
            .where(domain_warmups.c.workspace_id == workspace_id)
            .order_by(domain_warmups.c.domain)
        )
    ).all()
    found = []
    for row in rows:
        progress = await _progress(tx, workspace_id, row.domain, _plan(row.plan), today)
        if progress is not None:
            found.append(DomainWarmup(domain=row.domain, warmup=progress))
    return found


async def paces(tx: Tx, *, workspace_id: int, rate_max: int, now: datetime) -> Paces:
    """Return the pace of a workspace's letters, and by relay and mail provider, busy ones first."""
    counted = await tx.execute(
        sa.text(
            """
            SELECT c.relay_id, c.provider, sum(taken) AS taken, sum(delayed) AS delayed,
                   sum(refused) AS refused,
                   coalesce(sum(taken) FILTER (WHERE at > :minute), 0) AS now
              FROM relay_counts c
             WHERE workspace_id = :workspace_id AND at > :hour AND at <= :now
             GROUP BY 1, 2
            """
        ),
        {
            "workspace_id": workspace_id,
            "minute": now - PACE_WINDOW,
            "hour": now - _HOUR,
            "now": now,
        },
    )
    counts = {(row.relay_id, row.provider): row for row in counted}
    own = sa.select(relays.c.id, relays.c.name).where(relays.c.workspace_id == workspace_id)
    names = {row.id: row.name for row in await tx.execute(own)}
    limited = await tx.execute(
        sa.select(relay_limits).where(
            relay_limits.c.relay_id.in_([*names, OWN_RELAY]), relay_limits.c.provider != WHOLE
        )
    )
    limits = {
        (row.relay_id, row.provider): row for row in limited if not is_stale(_limit(row), now)
    }
    found = []
    for key in {*counts, *limits}:
        count, limit = counts.get(key), limits.get(key)
        found.append(
            ProviderPace(
                provider=key[1],
                relay=names.get(key[0], ""),
                pace_per_s=_per_s(count.now, now) if count else 0.0,
                taken=int(count.taken) if count else 0,
                delayed=int(count.delayed) if count else 0,
                refused=int(count.refused) if count else 0,
                limit_per_s=limit.rate_per_s if limit else None,
                slowed_at=limit.slowed_at if limit else None,
                answer=limit.answer if limit else "",
            )
        )
    found.sort(key=lambda one: (one.limit_per_s is None, -one.taken, one.provider, one.relay))
    total = sum(row.now for row in counts.values())
    return Paces(pace_per_s=_per_s(total, now), rate_max=rate_max, providers=found[:100])


async def _paces_by_relay(
    tx: Tx, workspace_id: int, ids: Sequence[UUID], now: datetime
) -> dict[UUID, Any]:
    rows = await tx.execute(
        sa.select(
            relay_counts.c.relay_id,
            sa.func.sum(relay_counts.c.taken).label("taken"),
            sa.func.sum(relay_counts.c.delayed).label("delayed"),
            sa.func.coalesce(
                sa.func.sum(relay_counts.c.taken).filter(relay_counts.c.at > now - PACE_WINDOW), 0
            ).label("now"),
        )
        .where(
            relay_counts.c.workspace_id == workspace_id,
            relay_counts.c.relay_id.in_(ids),
            relay_counts.c.at > now - _HOUR,
            # A span that is yet to come was counted before a clock was set back.
            relay_counts.c.at <= now,
        )
        .group_by(relay_counts.c.relay_id)
    )
    return {row.relay_id: row for row in rows}


def _told(state: Any, pace: Any, enabled: bool, now: datetime) -> dict[str, Any]:
    """Return what is known of a relay's health from its letters."""
    lately = now - _WORKS_FOR
    worked_at = state.worked_at if state is not None else None
    failed_at = state.trouble_at if state is not None else None
    health: RelayHealth = "unused"
    if not enabled:
        health = "off"
    elif failed_at is not None and failed_at > lately and (not worked_at or failed_at > worked_at):
        health = "rests"
    elif worked_at is not None and worked_at > lately:
        health = "works"
    total = (pace.taken + pace.delayed) if pace else 0
    return {
        "health": health,
        "pace_per_s": _per_s(pace.now, now) if pace else 0.0,
        "delayed_share": round(float(pace.delayed / total), 4) if total else 0.0,
        "trouble": state.trouble if state else None,
        "trouble_kind": state.trouble_kind if state else None,
        "trouble_at": state.trouble_at if state else None,
        "rests_until": state.rests_until if state else None,
        "worked_at": state.worked_at if state else None,
    }


async def _progress(
    tx: Tx, workspace_id: int, subject: str, plan: WarmupPlan | None, today: date
) -> WarmupProgress | None:
    if plan is None:
        return None
    history = await warmup_history(tx, workspace_id=workspace_id, subject=subject)
    return WarmupProgress(
        plan=plan,
        steps=steps(plan),
        step=step_of(history, today),
        today=allowance(plan, history, today),
        taken_today=sum(day.taken for day in history if day.day == today),
        days=[
            WarmupDayShown(day.day.isoformat(), day.allowed, day.taken)
            for day in history[-_DAYS_SHOWN:]
        ],
    )


def _per_s(letters: float, now: datetime) -> float:
    """Return letters a second, of those in the spans that began within the last minute.

    The last of these has just begun, so together they are up to a span shorter than the minute.
    """
    window_s = PACE_WINDOW.total_seconds()
    return round(float(letters) / (window_s - SPAN_S + now.timestamp() % SPAN_S), 2)


def _limit(row: Any) -> PaceLimit:
    return PaceLimit(row.rate_per_s, row.ceiling_per_s, row.slowed_at)


def _plan(stored: Any) -> WarmupPlan | None:
    return None if stored is None else msgspec.convert(stored, WarmupPlan)


def _access(row: Any) -> RelayAccess:
    return RelayAccess(
        id=row.id,
        workspace_id=row.workspace_id,
        name=row.name,
        host=row.host,
        port=row.port,
        tls=row.tls,
        username=row.username,
        password_sealed=row.password_sealed,
        weight=row.weight,
        connections=row.connections,
        letters_per_connection=row.letters_per_connection,
        letters_per_s=row.letters_per_s,
        sender_domains=tuple(row.sender_domains),
        warmup=_plan(row.warmup),
    )
