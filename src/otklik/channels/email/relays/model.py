"""The words of relays: settings, health, pace, warm-up."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from otklik.channels.email.relays.control import PaceLimit
from otklik.channels.email.relays.warmup import WarmupPlan
from otklik.channels.email.verdicts.reports import Provider

OWN_RELAY: Final = UUID(int=0)
"""The relay of the setting `smtp_url`, or the mail catcher in its place."""

RelayTls = Literal["starttls", "tls", "none"]
"""TLS after STARTTLS, which must be there; TLS from the first byte; no TLS."""

RelayHealth = Literal["unused", "works", "rests", "off"]
"""`unused`: nothing was sent lately; `rests`: it failed and is left alone for a while."""

RelayKind = Literal["workspace", "installation", "catcher"]


class RelayAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A relay as a sender needs it; the password is sealed."""

    id: UUID
    workspace_id: int
    name: str
    host: str
    port: int
    tls: RelayTls
    username: str | None
    password_sealed: str | None
    weight: int
    connections: int
    letters_per_connection: int
    letters_per_s: float | None
    sender_domains: tuple[str, ...]
    warmup: WarmupPlan | None

    def __repr__(self) -> str:
        return f"RelayAccess({self.name!r}, {self.host}:{self.port})"

    def carries(self, domain: str) -> bool:
        """Tell whether letters of a sender in this domain may go through it."""
        return not self.sender_domains or domain.lower() in self.sender_domains


class RelayRest(msgspec.Struct, frozen=True):
    """A relay failed at `since`, for some process, and is to be left alone until `until`."""

    since: datetime
    until: datetime


class SendingWays(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender needs to know about the relays of a workspace for one sender's domain.

    relays: none means that the installation's own relay is used. limits: by relay and provider, the
    installation's own relay included. rests: relays that do not take letters now.
    """

    relays: tuple[RelayAccess, ...]
    limits: dict[tuple[UUID, str], PaceLimit]
    domain_warmup: WarmupPlan | None
    rests: dict[UUID, RelayRest]


class WarmupProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a warm-up is. `today` is null when the plan is over: there is no limit any more."""

    plan: WarmupPlan
    steps: list[int]
    step: int
    today: int | None
    taken_today: int
    days: list[WarmupDayShown]
    """The last fourteen days with letters, the oldest first."""


class WarmupDayShown(msgspec.Struct, frozen=True):
    day: str
    allowed: int
    taken: int


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """A relay as the interface shows it: no password in it.

    `id` is null for the relay of the installation, whose settings are the administrator's; then
    `host` may be empty for who may not know it. Paces are letters a second over the last minute.
    """

    id: UUID | None
    kind: RelayKind
    in_use: bool
    name: str
    host: str
    port: int
    tls: RelayTls
    username: str | None
    has_password: bool
    weight: int
    enabled: bool
    connections: int
    letters_per_connection: int
    letters_per_s: float | None
    sender_domains: list[str]
    service: Provider | None
    """The sending service that it belongs to; letters to it carry a mark for its reports."""
    health: RelayHealth
    pace_per_s: float
    slowed_to_per_s: float | None
    """The relay itself asked to go slower; null: it did not."""
    delayed_share: float
    """Of the last hour's letters, how many were told to come later."""
    trouble: str | None
    trouble_kind: str | None
    trouble_at: datetime | None
    rests_until: datetime | None
    worked_at: datetime | None
    warmup: WarmupProgress | None


class DomainWarmup(msgspec.Struct, frozen=True, kw_only=True):
    """The warm-up of a sender's domain, whatever relay its letters go through."""

    domain: str
    warmup: WarmupProgress


class ProviderPace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a mail provider takes letters now; `provider` is "" for all others together.

    `limit_per_s` is null while nothing limits it; `answer` is what the provider said.
    """

    provider: str
    relay: str
    pace_per_s: float
    taken: int
    delayed: int
    refused: int
    limit_per_s: float | None
    slowed_at: datetime | None
    answer: str


class Paces(msgspec.Struct, frozen=True, kw_only=True):
    """The pace of a workspace: letters a second over the last minute, and by mail provider.

    Counts of providers are those of the last hour. `rate_max` is the administrator's limit for all
    workspaces and processes together.
    """

    pace_per_s: float
    rate_max: int
    providers: list[ProviderPace]


class RelayTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a connection that was made to try a relay.

    `phase` is how far it came; `answer` what the server said last, or what went wrong.
    """

    ok: bool
    phase: Literal["address", "connect", "greeting", "tls", "login", "done"]
    answer: str
    encrypted: bool
    extensions: list[str]
    took_ms: int
