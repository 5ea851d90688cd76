"""The words of transactional letters; pure.

draft ──publish──► live ⇄ paused ──close──► closed
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec

from otklik.campaigns.model import Counts, Goal, Name

SOURCE_KIND = "transactional"
KEY_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}$"
BATCH_MAX = 1_000

Key = Annotated[str, msgspec.Meta(pattern=KEY_PATTERN)]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=320)]


class TransactionalState(StrEnum):
    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    CLOSED = "closed"


class Transactional(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that is sent by request; programs name it by its `key`.

    `edition` counts how often it was published; what is sent is the letter as it was then.
    `is_changed`: the letter, its sender, topic or kind were changed since. `service`: only the stop
    list, and consent where the workspace demands it, hold it back. `goal`: the target action that
    its report counts by.
    """

    id: UUID
    key: str
    name: str
    letter_id: UUID | None
    sender_id: UUID | None
    topic_id: UUID | None
    service: bool
    state: TransactionalState
    edition: int
    is_changed: bool
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    goal: Goal | None = None
    counts: Counts = Counts()


class NewTransactional(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new transactional letter is given; `key` is what programs call it by, for ever."""

    key: Key
    name: Name
    letter_id: UUID | None = None
    sender_id: UUID | None = None
    topic_id: UUID | None = None
    service: bool = True
    goal: Goal | None = None


class TransactionalChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; a field that is left out stays as it is."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    letter_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    sender_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    topic_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    service: bool | msgspec.UnsetType = msgspec.UNSET
    goal: Goal | msgspec.UnsetType | None = msgspec.UNSET


class MessageRecipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets a letter: a known profile, or identifiers by which one is found or made.

    The letter goes to the e-mail address of the profile; `email` becomes an address of it.
    """

    profile_id: Annotated[int, msgspec.Meta(ge=1)] | None = None
    user_id: Identifier | None = None
    email: Identifier | None = None
    traits: dict[str, Any] | None = None


class MessageOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One letter to one person.

    `letter` is the key of a transactional letter; `data` is what it may name as `data.…`. `key`
    makes a repeat harmless: of all orders with one key only the first is sent.
    """

    letter: Key
    to: MessageRecipient
    data: dict[str, Any] = {}
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class MessageOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 1,000 orders, taken or refused together."""

    messages: Annotated[list[MessageOrder], msgspec.Meta(min_length=1, max_length=BATCH_MAX)]
