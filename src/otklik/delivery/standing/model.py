"""The words of standing mailings; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.delivery.model import LetterContent, LetterLinks

DATA_BYTES_MAX = 32 * 1024
"""The size of a request's data, as JSON; that of an event in the Segment API."""
KEY_CHARACTERS_MAX = 200


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One message that somebody asked for.

    `data` is what the letter may name as `data.…`. `key`: asking again with the same key changes
    nothing and gives the first request.
    """

    profile_id: int
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)
    key: str | None = None


class AskedMessage(msgspec.Struct, frozen=True):
    """`is_new` is False for a request whose key had been used before."""

    id: UUID
    is_new: bool


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """The letter of a standing mailing from now on, and how it goes."""

    letter: LetterContent
    links: LetterLinks
    sender_id: UUID
    topic_id: UUID | None
    service: bool
    name: str


class RequestedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A request and what became of its message.

    `state` is that of the message, or "asked" as long as there is none. `reason` is a code.
    """

    id: UUID
    profile_id: int
    address: str
    key: str | None
    asked_at: datetime
    state: str
    reason: str
    reason_text: str
    answer: str
    at: datetime | None
