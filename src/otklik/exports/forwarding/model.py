"""The words of forwarding: where chosen events go, and what became of each sending."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from otklik.kit.ids import new_token


class ForwardingKind(StrEnum):
    WEBHOOK = "webhook"
    MIXPANEL = "mixpanel"


class ForwardingState(StrEnum):
    ON = "on"
    PAUSED = "paused"
    """Events are collected and wait."""
    OFF = "off"
    """Nothing is collected: the receiver said that it is gone for good (410), or a person did."""


class AttemptOutcome(StrEnum):
    DELIVERED = "delivered"
    PARTLY = "partly"
    RETRY = "retry"
    DEAD = "dead"


class WebhookTarget(
    msgspec.Struct, frozen=True, tag_field="kind", tag="webhook", forbid_unknown_fields=True
):
    url: Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^https?://")]


class MixpanelTarget(
    msgspec.Struct, frozen=True, tag_field="kind", tag="mixpanel", forbid_unknown_fields=True
):
    """`user`: name of the service account; empty: the secret is the project's token or secret."""

    region: Literal["us", "eu", "in"]
    project_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,20}$")] = ""
    user: Annotated[str, msgspec.Meta(max_length=200)] = ""


Target = WebhookTarget | MixpanelTarget

HIDDEN = "••••"


def shown_target(target: Target, *, whole: bool) -> Target:
    """Return where a forwarding goes as its reader may see it.

    Behind the host of an address there are often secrets: a token in the path, a key in the query.
    Only who may set up such an address sees it `whole`.
    """
    if whole or isinstance(target, MixpanelTarget):
        return target
    parts = urlsplit(target.url)
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    is_plain = parts.path in {"", "/"} and not parts.query and not parts.fragment
    return WebhookTarget(place if is_plain else f"{place}/{HIDDEN}")


class ChosenSegment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A segment whose people are told of when they enter it, leave it, or both."""

    segment_id: UUID
    entered: bool = True
    left: bool = True


class ForwardedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it leaves: neutral of the receiver. `profile_id` is the present one."""

    message_id: str
    name: str
    type: str
    time: datetime
    received_at: datetime
    profile_id: int
    user_id: str
    anonymous_id: str
    properties: dict[str, Any]
    context: dict[str, Any]
    source: str
    customer: dict[str, str | None] | None = None


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery in hand."""

    id: UUID
    workspace_id: int
    forwarding_id: UUID
    event: str
    events: list[ForwardedEvent]
    attempt: int
    created_at: datetime


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt gave.

    `refused`: positions of events that the receiver will never take, with its reason.
    `wait`: the receiver asked to come back after so long. `gone`: it wants nothing any more.
    `split`: the request was too large; its events go again in halves.
    """

    outcome: AttemptOutcome
    status: int | None = None
    took_ms: int = 0
    error: str | None = None
    answer: str = ""
    refused: Mapping[int, str] = {}
    wait: timedelta | None = None
    gone: bool = False
    split: bool = False


# Standard Webhooks ------------------------------------------------------------------------------

SECRET_PREFIX = "whsec_"  # noqa: S105 (a prefix, not a secret)
ROTATION = timedelta(hours=24)
"""How long messages carry the signature of the old secret too."""


def new_secret() -> str:
    """Return a fresh signing secret: 32 random bytes in the form of Standard Webhooks."""
    raw = hashlib.sha256(new_token(256).encode()).digest()
    return SECRET_PREFIX + base64.b64encode(raw).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return `v1,<base64 HMAC-SHA256>` of "id.timestamp.body".

    Source: the Standard Webhooks specification, section "Signature scheme".
    """
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def webhook_headers(
    secrets: Sequence[str], *, message_id: str, now: datetime, body: bytes
) -> dict[str, str]:
    """Return the headers of a signed message; with two secrets it has two signatures."""
    timestamp = int(now.timestamp())
    signed = [
        signature(one, message_id=message_id, timestamp=timestamp, body=body) for one in secrets
    ]
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }


# Retries and the circuit breaker ----------------------------------------------------------------

PAUSES = tuple(
    timedelta(seconds=s) for s in (5, 30, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Pauses after the first, second, … failure: about 75 hours altogether."""
ATTEMPTS_MAX = len(PAUSES) + 1
WAIT_MAX = timedelta(hours=24)
TRIP_AFTER = 5
"""Failures in a row after which a receiver is left alone for a while."""


def pause_after(attempt: int, *, wait: timedelta | None, luck: float) -> timedelta | None:
    """Return how long to wait after the failed attempt number `attempt`; None: it was the last.

    `luck` (0 to 1) spreads the pause by a fifth to both sides, so that a receiver that comes back
    is not run over. `wait`: what the receiver asked for, obeyed where it is longer.
    """
    if attempt >= ATTEMPTS_MAX:
        return None
    pause = PAUSES[attempt - 1] * (0.8 + 0.4 * luck)
    return min(max(pause, wait or timedelta()), WAIT_MAX)


def open_for(trips: int) -> timedelta:
    """Return how long a receiver is left alone: 30 seconds, doubled each time, up to 15 minutes."""
    return min(timedelta(seconds=30 << min(trips, 10)), timedelta(minutes=15))


def luck() -> float:
    return random.random()  # noqa: S311 (a pause, not a secret)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header: seconds or an HTTP date (RFC 9110, section 10.2.3)."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=min(int(text), 10**7)), WAIT_MAX)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta()), WAIT_MAX)
