"""In whose company a hit came: other hits of its letter, and what else its source did.

A source is a network together with an agent. The network is not kept: only a keyed hash of its /24
(/48 for IPv6), which is another one every day and in every workspace, for two days. Why at all:
docs/decisions/0012-networks-of-hits-as-daily-hashes.md.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from otklik.channels.email.public import (
    BURST_WINDOW_S,
    SOURCE_LETTERS,
    SOURCE_WINDOW_S,
    Hit,
)
from otklik.delivery.tables import tracking_hits
from otklik.delivery.tokens import HONEYPOT, TokenSigner
from otklik.runtime.public import Tx

_NETWORK = "t.network"
_BURST = timedelta(seconds=BURST_WINDOW_S)
_AROUND = timedelta(seconds=SOURCE_WINDOW_S)
SOURCE_HITS_MAX = 50_000
"""Hits of all sources of one batch that are looked at, the oldest first."""


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
    user_agent, source, at; in the order of time."""

    def __init__(self, of_letters: Iterable[Any], of_sources: Iterable[Any]) -> None:
        self._letters: dict[int, list[Any]] = defaultdict(list)
        self._sources: dict[tuple[int, str], _Source] = defaultdict(_Source)
        for row in of_letters:
            self._letters[row.message_id].append(row)
        for row in of_sources:
            self._sources[(row.source, row.user_agent)].add(row)

    def hit(self, row: Any, *, sent_at: datetime | None, links_total: int) -> Hit:
        """Return a hit as it is to be judged."""
        others = [one for one in self._letters[row.message_id] if one.hit_id != row.hit_id]
        burst = [one for one in others if abs(one.at - row.at) <= _BURST]
        links = {one.link for one in burst if one.kind == "click" and one.link != row.link}
        source = None
        if row.source is not None:
            source = self._sources.get((row.source, row.user_agent))
        return Hit(
            kind="click" if row.kind == "click" else "open",
            user_agent=row.user_agent,
            method=row.method,
            headers=row.headers,
            seconds_since_sent=(row.at - sent_at).total_seconds() if sent_at else None,
            # A scanner that followed the hidden link has followed the visible ones too.
            honeypot=row.link == HONEYPOT or any(one.link == HONEYPOT for one in burst),
            recent_links=tuple(sorted(links)),
            link=row.link if row.kind == "click" else None,
            links_total=links_total,
            opened_before=any(one.kind == "open" and one.at < row.at for one in others),
            source_letters=source.letters_around(row.at) if source else 0,
            source_caught=source is not None and source.caught_around(row.at),
            tried_first=row.source is not None
            and any(
                one.method == "HEAD"
                and one.source == row.source
                and one.user_agent == row.user_agent
                and abs(one.at - row.at) <= _AROUND
                for one in others
            ),
        )


class _Source:
    """What one source did, in the order of time."""

    def __init__(self) -> None:
        self._at: list[datetime] = []
        self._letter: list[int] = []
        self._caught: list[datetime] = []

    def add(self, row: Any) -> None:
        self._at.append(row.at)
        self._letter.append(row.message_id)
        if row.link == HONEYPOT:
            self._caught.append(row.at)

    def letters_around(self, at: datetime) -> int:
        """Return how many letters were followed around a moment, up to as many as matter."""
        found: set[int] = set()
        for place in range(bisect_left(self._at, at - _BURST), bisect_right(self._at, at + _BURST)):
            found.add(self._letter[place])
            if len(found) >= SOURCE_LETTERS:
                break
        return len(found)

    def caught_around(self, at: datetime) -> bool:
        place = bisect_left(self._caught, at - _AROUND)
        return place < len(self._caught) and self._caught[place] <= at + _AROUND


async def company_of(tx: Tx, due: Sequence[Any]) -> Company:
    """Read the company of hits in two queries, however many they are."""
    columns = [
        tracking_hits.c[name]
        for name in (
            "hit_id", "message_id", "kind", "link", "method", "user_agent", "source", "at",
        )
    ]  # fmt: skip
    in_time = (tracking_hits.c.at, tracking_hits.c.hit_id)
    of_letters = await tx.execute(
        sa.select(*columns)
        .where(tracking_hits.c.message_id.in_({row.message_id for row in due}))
        .order_by(*in_time)
    )
    sources = {row.source for row in due if row.source is not None}
    if not sources:
        return Company(of_letters, ())
    times = [row.at for row in due]
    of_sources = await tx.execute(
        sa.select(*columns)
        .where(
            tracking_hits.c.source.in_(sources),
            tracking_hits.c.kind == "click",
            tracking_hits.c.at.between(min(times) - _AROUND, max(times) + _AROUND),
        )
        .order_by(*in_time)
        .limit(SOURCE_HITS_MAX)
    )
    return Company(of_letters, of_sources)
