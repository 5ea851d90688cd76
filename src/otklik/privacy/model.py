"""Consents, topics and suppressions: the words and the rules that need no database."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

CHANNELS = ("email", "sms", "push", "telegram", "whatsapp", "viber", "calls")
"""Ways of speaking to a person for which a consent can be given or withdrawn."""


WHOLE_CHANNEL = UUID(int=0)
"""Stands for "no topic" where a key column may not be null."""


class Action(StrEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class Purpose(StrEnum):
    """What a person's data may be used for; each needs a consent of its own.

    Russian law asks for them in separate documents: processing (152-FZ art. 9), advertising
    (38-FZ art. 18) and handing over to partners. One never stands for another.
    """

    PROCESSING = "processing"
    ADVERTISING = "advertising"
    PARTNERS = "partners"


class State(StrEnum):
    """Where a person stands: never asked, agreed, refused."""

    NONE = "none"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class Source(StrEnum):
    """Where a consent came from; the list is closed so that a proof can be read by a lawyer."""

    FORM = "form"
    API = "api"
    IMPORT = "import"
    OPERATOR = "operator"
    UNSUBSCRIBE_LINK = "unsubscribe_link"
    ONE_CLICK = "one_click"
    PREFERENCES = "preferences"
    COMPLAINT = "complaint"
    MERGE = "merge"


class Sendability(StrEnum):
    """What consent says to a message. Everything but `allowed` is a reason to skip."""

    ALLOWED = "allowed"
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"


class SuppressionReason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    MANUAL = "manual"
    ERASED = "erased"


class ConsentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line for the ledger.

    `purpose`: advertising goes by channels and topics; processing and partners have neither, and
    their `channel` is empty. `topic_id`: None speaks of the whole channel. `at`: when the person
    acted (aware).
    `text_id`: the version of the text that was agreed to. `proof`: anything that shows it, such
    as the form's address or the message id of the letter. `key`: a repeated entry with the same
    key is recorded once.
    """

    profile_id: int
    channel: str
    action: Action
    source: Source
    at: datetime
    purpose: Purpose = Purpose.ADVERTISING
    topic_id: UUID | None = None
    text_id: UUID | None = None
    ip: str | None = None
    proof: dict[str, Any] | None = None
    key: str | None = None


class LedgerItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger as it is read.

    `number` and `digest`: its place in the workspace's chain; null for lines older than the chain.
    """

    id: int
    profile_id: int
    purpose: Purpose
    channel: str
    topic_id: UUID | None
    action: Action
    source: Source
    at: datetime
    recorded_at: datetime
    text_id: UUID | None
    ip: str | None
    proof: dict[str, Any] | None
    number: int | None
    digest: str | None


class ConsentItem(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person stands on one purpose, channel (`topic_id` null) or topic of it."""

    purpose: Purpose
    channel: str
    topic_id: UUID | None
    state: State
    at: datetime
    source: Source


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What a person can subscribe to. `parent_id`: a subtopic belongs to a topic."""

    id: UUID
    name: str
    description: str
    parent_id: UUID | None
    archived: bool
    created_at: datetime


class ConsentText(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a text that people agree to; it never changes, a new one is added."""

    id: UUID
    name: str
    version: int
    lang: str
    text: str
    hash: str
    created_at: datetime


class Standing(msgspec.Struct, frozen=True):
    """A current state and the moment from which it holds."""

    state: State
    at: datetime


class Said(NamedTuple):
    """One line of the ledger, as far as it decides about a state.

    `since`: when the profile that said it became part of its present person; None: it is that
    person's own profile.
    """

    profile_id: int
    action: Action
    source: Source
    at: datetime
    recorded_at: datetime
    since: datetime | None


def current_state(lines: Iterable[Said]) -> tuple[State, Said | None]:
    """Return where a person stands on one channel and topic, and the line that decides it.

    A refusal holds until the person agrees again later; of two acts of one moment the refusal
    counts. What was said under another profile before the two were merged cannot lift a refusal:
    of two consents the stricter one wins, and a merge is no agreement.
    """
    known = list(lines)
    grants = [line for line in known if line.action is Action.GRANTED]
    standing = [
        line
        for line in known
        if line.action is Action.WITHDRAWN and not any(_lifts(grant, line) for grant in grants)
    ]
    if standing:
        return State.WITHDRAWN, max(standing, key=lambda line: (line.at, line.recorded_at))
    if grants:
        return State.GRANTED, max(grants, key=lambda line: (line.at, line.recorded_at))
    return State.NONE, None


def _lifts(grant: Said, refusal: Said) -> bool:
    if grant.at <= refusal.at:
        return False
    if grant.profile_id == refusal.profile_id:
        return True
    joined = [since for since in (grant.since, refusal.since) if since is not None]
    return bool(joined) and grant.recorded_at > max(joined)


def sendability(levels: Sequence[Standing | None], *, needs_consent: bool) -> Sendability:
    """Return what consent says, given where a person stands from the whole channel to the topic.

    A refusal of something wider stops everything inside it, until something narrower is agreed to
    later. An agreement to something wider covers what is inside, but lifts no refusal of it.
    """
    for i, level in enumerate(levels):
        if level is None or level.state is not State.WITHDRAWN:
            continue
        lifted = any(
            narrower is not None and narrower.state is State.GRANTED and narrower.at > level.at
            for narrower in levels[i + 1 :]
        )
        if not lifted:
            return Sendability.WITHDRAWN
    if any(level is not None and level.state is State.GRANTED for level in levels):
        return Sendability.ALLOWED
    return Sendability.NO_CONSENT if needs_consent else Sendability.ALLOWED


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """An address that gets nothing through a channel. Only its keyed hash is stored."""

    id: UUID
    channel: str
    reason: SuppressionReason
    at: datetime
    hint: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """`email_needs_consent`: a letter needs a consent that was given, not merely not withdrawn."""

    email_needs_consent: bool = True


def plain_address(address: str) -> str:
    """Return the spelling of an address that is hashed."""
    return unicodedata.normalize("NFC", address.strip()).lower()


def address_hash(salt: bytes, channel: str, address: str) -> bytes:
    """Return HMAC-SHA-256 of an address with the workspace's salt.

    A plain hash of an address can be reversed by trying addresses; with a key it cannot.
    """
    body = f"{channel}\n{plain_address(address)}".encode()
    return hmac.digest(salt, body, hashlib.sha256)


def address_hint(channel: str, address: str) -> str:
    """Return enough of an address to recognise it, too little to write to it: i•••@example.com."""
    plain = plain_address(address)
    if channel == "email" and "@" in plain:
        local, domain = plain.rsplit("@", 1)
        return f"{local[:1]}•••@{domain}"
    return f"•••{plain[-2:]}"
