"""The words of the e-mail channel: senders, results of a hand-over, verdicts on hits."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.i18n import Text


class SendState(StrEnum):
    """What became of one hand-over of one letter to the next mail server."""

    ACCEPTED = (
        "accepted"  # the server answered 250 after the final dot: the letter is its concern now
    )
    TEMPORARY = "temporary"  # surely not taken; the same letter may be offered again later
    PERMANENT = "permanent"  # surely not taken, and offering it again will not help
    UNKNOWN = "unknown"  # the final dot went out, no answer came: it may or may not have been taken


class ReplyKind(StrEnum):
    """Why a mail server refused, in the words that the rest of the product acts on."""

    OK = "ok"
    NO_MAILBOX = "no_mailbox"  # hard bounce: the address does not exist; suppress it
    NO_DOMAIN = "no_domain"  # hard bounce: the domain does not exist or takes no mail; suppress it
    MOVED = "moved"  # hard bounce: it has moved, or is not of this server any more; suppress it
    MAILBOX_DISABLED = "mailbox_disabled"  # soft bounce: it exists, but is switched off now
    MAILBOX_FULL = "mailbox_full"  # soft bounce
    FILTERED = "filtered"  # "unknown user" said only after the whole letter was read: a filter
    SPAM = "spam"  # refused because of content or the sender's reputation; not the address's fault
    POLICY = "policy"  # refused by authentication or policy rules (SPF, DKIM, DMARC, lists)
    RATE = "rate"  # too many letters or connections now; slow down
    TOO_BIG = "too_big"
    AUTHENTICATION = "authentication"  # our own login at the relay failed; stop and tell the owner
    CONTENT = "content"  # the letter itself is not acceptable (syntax, encoding)
    SERVER = "server"  # the server's own trouble, now
    NETWORK = "network"  # no connection, or lost before the letter was handed over
    OTHER = "other"


HARD_KINDS = frozenset({ReplyKind.NO_MAILBOX, ReplyKind.NO_DOMAIN, ReplyKind.MOVED})


class ReplyVerdict(msgspec.Struct, frozen=True):
    """The meaning of one SMTP answer. `suppress` is true when the address must get no more mail."""

    permanent: bool
    kind: ReplyKind
    code: int
    enhanced: str | None = None

    @property
    def suppress(self) -> bool:
        return self.permanent and self.kind in HARD_KINDS


Phase = Literal["connect", "greeting", "login", "mail", "rcpt", "data", "body", "done"]


class SendResult(msgspec.Struct, frozen=True, gc=False):
    """The result of `SmtpPool.send`.

    `text` is the server's own answer (at most 500 characters), or what happened to the connection.
    `phase` is where it ended. `verdict` is absent for accepted and unknown letters.
    """

    state: SendState
    code: int | None
    enhanced: str | None
    text: str
    phase: Phase
    verdict: ReplyVerdict | None = None


class DkimKey(msgspec.Struct, frozen=True):
    """A signing key: `private_key` is a PEM (PKCS#8) text, `selector` its DNS label."""

    domain: str
    selector: str
    private_key: str

    def __repr__(self) -> str:
        # A private key must not reach a log by way of a traceback or a debug print.
        return f"DkimKey(domain={self.domain!r}, selector={self.selector!r})"


class SenderIdentity(msgspec.Struct, frozen=True):
    """Everything that the frame of a letter needs to know about who sends it."""

    sender_id: UUID
    workspace_id: int
    name: str
    address: str
    domain: str
    reply_to: str | None = None
    dkim: DkimKey | None = None
    # The envelope sender: bounces return here. Its domain is that of `address`: SPF aligns.
    return_path: str = ""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """A sender as the interface shows it (there the address is `email`): no private key in it."""

    id: UUID
    name: str
    address: str = msgspec.field(name="email")
    domain: str
    reply_to: str | None
    dkim_selector: str
    dkim_record_name: str
    dkim_record: str
    # The key that is to take over once its record is published.
    dkim_next_selector: str | None = None
    dkim_next_record_name: str | None = None
    dkim_next_record: str | None = None
    is_default: bool
    # The worst level of the last domain check; "unknown" when there was none.
    health: Literal["ok", "warn", "fail", "unknown"]
    checked_at: datetime | None
    created_at: datetime
    updated_at: datetime


class HitVerdict(StrEnum):
    """Who caused an opening or a click."""

    PERSON = "person"
    MACHINE = (
        "machine"  # a mail program or its proxy fetched it by itself (Apple MPP, Gmail, Yahoo)
    )
    SCANNER = "scanner"  # a security gateway, crawler or script


class Hit(msgspec.Struct, frozen=True):
    """One request for the pixel or for a link, as the tracking endpoint saw it.

    `seconds_since_sent` is the age of the letter (hand-over accepted) at the time of the hit.
    `recent_links` are the numbers of the other links of this same message that were followed in
    the last `BURST_WINDOW_S` seconds, `links_total` the number of tracked links in the letter.
    The source of a hit is its network together with its agent: `source_letters` are the letters
    whose links it followed within that time, this one included, `source_caught` tells that it
    followed a hidden link, `tried_first` that it asked for a link of this letter without taking it.
    """

    kind: Literal["open", "click"]
    user_agent: str
    method: str = "GET"
    headers: dict[str, str] = {}
    seconds_since_sent: float | None = None
    honeypot: bool = False
    recent_links: tuple[int, ...] = ()
    link: int | None = None
    links_total: int = 0
    opened_before: bool = False
    source_letters: int = 0
    source_caught: bool = False
    tried_first: bool = False


class HitJudgement(msgspec.Struct, frozen=True):
    """A verdict and the rule that gave it (a stable code, kept with the fact for later review)."""

    verdict: HitVerdict
    reason: str


CheckName = Literal["spf", "dkim", "dmarc", "mx", "dkim_next", "ptr", "bimi", "mta_sts"]
CheckLevel = Literal["ok", "warn", "fail", "unknown", "optional"]
"""`optional`: not there, and nobody needs it."""


class DnsCheck(msgspec.Struct, frozen=True):
    """One line of a sender's domain check, with what to do when it is not in order."""

    name: CheckName
    level: CheckLevel
    code: str
    record_name: str
    found: list[str]
    expected: str | None
    message: Text
    facts: dict[str, str] = {}
