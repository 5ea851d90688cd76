"""In whose company a hit came: other hits of its letter, and what else its source did.

A source is a network together with an agent. The network is not kept: only a keyed hash of its /24
(/48 for IPv6), which is another one every day and in every workspace, for two days. Why at all:
docs/decisions/0012-networks-of-hits-as-daily-hashes.md.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from otklik.channels.email.public import (
    BURST_WINDOW_S,
    SOURCE_WINDOW_S,
    Hit,
)
from otklik.delivery.tables import tracking_hits
from otklik.delivery.tokens import HONEYPOT, TokenSigner
from otklik.runtime.public import Tx

_NETWORK = "t.network"
_BURST = timedelta(seconds=BURST_WINDOW_S)
_AROUND = timedelta(seconds=SOURCE_WINDOW_S)
BESIDE = 200
"""So many hits before and after one in its own company tell enough."""
NEAR_MAX = 50_000
"""Hits around those of one batch that are looked at, of letters and of sources, the oldest first:
whoever asks for one link without end makes no batch slow."""


def network_of(ip: str) -> str | None:
    """Return the network of a public address; None for a private one.

    What comes from a private address came through a proxy that the settings don't name: all
    readers would seem to be one.
    """
    try:
        address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not address.is_global:
        return None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))


def source_of(signer: TokenSigner, *, workspace_id: int, ip: str, now: datetime) -> int | None:
    """Return the hash that stands for the network of an address today; None if it tells nothing."""
    network = network_of(ip)
    if network is None:
        return None
    digest = signer.digest(_NETWORK, f"{workspace_id}|{now.date()}|{network}".encode())
    return int.from_bytes(digest[:8], signed=True)


class Company:
    """The hits around those of one batch. Rows: hit_id, message_id, kind, link, method,
    user_agent, source, at; in the order of time. `opened`: when a letter was first opened."""

    def __init__(
        self,
        of_letters: Iterable[Any],
        of_sources: Iterable[Any],
        opened: Mapping[int, datetime],
    ) -> None:
        self._letters: dict[int, _Row] = defaultdict(_Row)
        self._sources: dict[tuple[int, str], _Row] = defaultdict(_Row)
        self._opened = opened
        for row in of_letters:
            self._letters[row.message_id].add(row)
        for row in of_sources:
            self._sources[(row.source, row.user_agent)].add(row)

    def hit(self, row: Any, *, sent_at: datetime | None, links_total: int) -> Hit:
        """Return a hit as it is to be judged."""
        letter = self._letters[row.message_id]
        links = {
            one.link
            for one in letter.around(row.at, _BURST)
            if one.kind == "click" and one.link != row.link
        }
        source = None
        if row.source is not None:
            source = self._sources.get((row.source, row.user_agent))
        letters, tried = set(), False
        for one in source.around(row.at, _AROUND) if source else ():
            tried = tried or (one.method == "HEAD" and one.message_id == row.message_id)
            if abs(one.at - row.at) <= _BURST:
                letters.add(one.message_id)
        first_opened = self._opened.get(row.message_id)
        return Hit(
            kind="click" if row.kind == "click" else "open",
            user_agent=row.user_agent,
            method=row.method,
            headers=row.headers,
            seconds_since_sent=(row.at - sent_at).total_seconds() if sent_at else None,
            # A scanner that followed the hidden link has followed the visible ones too.
            honeypot=row.link == HONEYPOT or letter.trapped(row.at, _BURST),
            recent_links=tuple(sorted(links)),
            link=row.link if row.kind == "click" else None,
            links_total=links_total,
            opened_before=first_opened is not None and first_opened < row.at,
            source_letters=len(letters),
            source_caught=source is not None and source.trapped(row.at, _AROUND),
            tried_first=tried,
        )


class _Row:
    """Hits in the order of time; one that is far beyond a busy one costs no more for it."""

    def __init__(self) -> None:
        self._hits: list[Any] = []
        self._at: list[datetime] = []
        self._trapped: list[datetime] = []

    def add(self, row: Any) -> None:
        self._hits.append(row)
        self._at.append(row.at)
        if row.link == HONEYPOT:
            self._trapped.append(row.at)

    def trapped(self, at: datetime, span: timedelta) -> bool:
        """Tell whether the hidden link was followed within a span of a moment."""
        place = bisect_left(self._trapped, at - span)
        return place < len(self._trapped) and self._trapped[place] <= at + span

    def around(self, at: datetime, span: timedelta) -> list[Any]:
        """Return the hits within a span of a moment, the nearest `BESIDE` on either side."""
        here = bisect_left(self._at, at)
        first = max(bisect_left(self._at, at - span), here - BESIDE)
        last = min(bisect_right(self._at, at + span), here + BESIDE)
        return self._hits[first:last]


async def company_of(tx: Tx, due: Sequence[Any]) -> Company:
    """Read the company of hits in three queries, however many they are."""
    c = tracking_hits.c
    columns = [c.hit_id, c.message_id, c.kind, c.link, c.method, c.user_agent, c.source, c.at]
    ids = {row.message_id for row in due}
    times = [row.at for row in due]
    near = c.at.between(min(times) - _AROUND, max(times) + _AROUND)
    in_time = (c.at, c.hit_id)
    of_letters = await tx.execute(
        sa.select(*columns).where(c.message_id.in_(ids), near).order_by(*in_time).limit(NEAR_MAX)
    )
    opened = await tx.execute(
        sa.select(c.message_id, sa.func.min(c.at).label("at"))
        .where(c.message_id.in_(ids), c.kind == "open")
        .group_by(c.message_id)
    )
    sources = {row.source for row in due if row.source is not None}
    of_sources: Iterable[Any] = ()
    if sources:
        of_sources = await tx.execute(
            sa.select(*columns)
            .where(c.source.in_(sources), c.kind == "click", near)
            .order_by(*in_time)
            .limit(NEAR_MAX)
        )
    return Company(of_letters, of_sources, {row.message_id: row.at for row in opened})
