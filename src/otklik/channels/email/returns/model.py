"""The words of mails that came back or were answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from otklik.channels.email.verdicts import ReturnReason, ReturnVerdict

SOURCE_BYTES_MAX: Final = 2 * 1024 * 1024
"""So much of a mail is kept; its head and its texts come first."""
SHOWN_CHARS_MAX: Final = 256 * 1024


class ReturnKind(StrEnum):
    """What a mail that came in is, for the list of returned mails."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    REPLY = "reply"
    NOTICE = "notice"  # reports of delivery and delay, receipts, mails of lists


class ReturnItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the list of returned mails."""

    id: int
    received_at: datetime
    kind: ReturnKind
    verdict: ReturnVerdict
    reason: str
    """One of the reasons, or empty for what a person wrote."""
    reason_text: str
    status: str
    diagnostic: str
    message_id: int | None
    profile_id: int | None
    sender: str
    recipient: str
    subject: str
    size_bytes: int
    forwarded_at: datetime | None


class ReturnSource(msgspec.Struct, frozen=True, kw_only=True):
    """A returned mail as text. Show it as text only: everything in it is from outside."""

    id: int
    text: str
    """What it says, decoded; empty for a mail without a text."""
    source: str
    is_cut: bool


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be kept of a mail that came in."""

    workspace_id: int
    content_hash: bytes
    kind: ReturnKind
    verdict: ReturnVerdict
    reason: ReturnReason | None
    status: str
    diagnostic: str
    message_id: int | None
    profile_id: int | None
    sender: str
    recipient: str
    subject: str
    raw: bytes
    forward_to: str | None = None
