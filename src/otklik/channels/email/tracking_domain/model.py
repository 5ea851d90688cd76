"""Words of tracking domains."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

State: TypeAlias = Literal["waiting", "working", "trouble"]
"""Not seen to lead here yet; used by letters; led here once and does not now."""
Kind: TypeAlias = Literal["dns", "answer"]
Level: TypeAlias = Literal["ok", "warn", "fail"]
RecordType: TypeAlias = Literal["CNAME", "A", "AAAA"]
FAILURES_MAX = 2
"""Checks in a row that go wrong before letters stop using a name."""


class Finding(msgspec.Struct, frozen=True):
    """What one check found. `facts` are the values that its text names."""

    kind: Kind
    level: Level
    code: str
    facts: dict[str, str] = {}


class TrackingDomain(msgspec.Struct, frozen=True, kw_only=True):
    """A name and what is known of it. `sender_domain`: whose letters use it; "" is all the rest."""

    id: UUID
    workspace_id: int
    host: str
    sender_domain: str
    secure: bool
    token: str
    state: State
    failures: int
    findings: list[Finding]
    checked_at: datetime | None
    verified_at: datetime | None
    trouble_at: datetime | None

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}"


class DnsRecord(msgspec.Struct, frozen=True):
    """The record to publish at the name."""

    type: RecordType
    value: str


def state_after(domain: TrackingDomain, *, good: bool) -> tuple[State, int]:
    """Return the state after a check, and how many have gone wrong in a row.

    One slow answer must not change the links of a mailing that is running.
    """
    if good:
        return "working", 0
    failures = domain.failures + 1
    if domain.state == "working" and failures < FAILURES_MAX:
        return "working", failures
    return ("waiting" if domain.verified_at is None else "trouble"), failures
