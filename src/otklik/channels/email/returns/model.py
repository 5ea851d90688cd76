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


class CameBy(StrEnum):
    """The way a mail came in; empty for what came before this was written down."""

    UNKNOWN = ""
    SMTP = "smtp"
    IMAP = "imap"
    REPORT = "report"  # a sending service told it


class FoundBy(StrEnum):
    """How it is known which message a mail is about."""

    NOTHING = ""  # it is about no message that is known
    RETURN_PATH = "return_path"  # the signed address that it came to
    MESSAGE_ID = "message_id"  # the signed Message-ID that it returns or answers
    MARK = "mark"  # the signed mark of the letter that the service gave back
    ADDRESS = "address"  # the last message to the address that the service named


class Consequence(StrEnum):
    """What was done when a mail came in."""

    BOUNCED = "bounced"  # the message counts as bounced
    STOPPED = "stopped"  # the address went on the stop list
    COUNTED = "counted"  # one more letter in a row that was not delivered
    ROW_ENDED = "row_ended"  # the row was full, but the person has been seen since: it began anew
    WITHDRAWN = "withdrawn"  # the consent to the channel was taken back
    LIFTED = "lifted"  # the stop that an earlier judgement had put was taken back


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """All that was done. soft_count: how many letters in a row have failed, where that counted."""

    did: tuple[Consequence, ...] = ()
    soft_count: int | None = None


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
    forward_to: str | None
    forwarded_at: datetime | None
    came_by: CameBy
    found_by: FoundBy
    followed: list[Consequence]
    soft_count: int | None
    judged_again_at: datetime | None
    corrected_at: datetime | None


class ReturnHeader(msgspec.Struct, frozen=True):
    """A line of a mail's head, decoded."""

    name: str
    value: str


class ReturnSource(msgspec.Struct, frozen=True, kw_only=True):
    """A returned mail as text. Show it as text only: everything in it is from outside."""

    id: int
    text: str
    """What it says, decoded; empty for a mail without a text."""
    headers: list[ReturnHeader]
    """The lines of its head that tell where it came from; none for what a service reported."""
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
    came_by: CameBy = CameBy.UNKNOWN
    found_by: FoundBy = FoundBy.NOTHING


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a kept mail means, as it is written beside it."""

    kind: ReturnKind
    verdict: ReturnVerdict
    reason: ReturnReason | None
    status: str
    diagnostic: str


class SoftRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many letters to an address in a row were not delivered, and since when."""

    count: int
    first_at: datetime
