"""When a letter that was not taken is offered again; pure.

Each reason has waits of its own: a greylisting server wants the letter back in some minutes, a full
mailbox is not emptied within the hour, and a connection that was lost says nothing at all. A sender
should try for four or five days (RFC 5321, section 4.5.4.1); a mass letter that is two days late is
of no use, so every schedule ends within `SPAN`. The waits of a letter are its own: they differ by
up to a tenth, by its number, so that letters that were put off together don't come back together.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from otklik.channels.email.public import ReplyKind, SendResult, is_crowded, is_lost

SPAN: Final = timedelta(hours=48)
_SPREAD: Final = 0.1
_GREYLISTING: Final = re.compile(r"gr[ae]y.?list|postgrey|triplet|milter-greylist", re.IGNORECASE)
_TOO_MUCH: Final = re.compile(
    r"too (many|much|fast)|rate|limit|throttl|volume|volumes|quota|exceed|slow", re.IGNORECASE
)

_MINUTE = 1.0
_HOUR = 60.0
_DAY = 24 * _HOUR


class Schedule:
    """Waits in minutes before the second, third, … attempt; after these a letter has failed."""

    def __init__(self, name: str, *minutes: float) -> None:
        self.name = name
        self.waits = tuple(timedelta(minutes=one) for one in minutes)

    @property
    def span(self) -> timedelta:
        """How long after the first attempt the last one is, without the spread."""
        return sum(self.waits, timedelta())


GREYLISTED = Schedule("greylisted", 6, 12, 30, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 18 * _HOUR)
LOST = Schedule("lost", 0.5, 3, 10, 30, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 18 * _HOUR)
TOO_FAST = Schedule("too_fast", 5, 15, 30, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 18 * _HOUR)
BUSY = Schedule("busy", 2, 10, 30, _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 18 * _HOUR)
FULL = Schedule("full", 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, 20 * _HOUR)
DISTRUSTED = Schedule("distrusted", 30, 2 * _HOUR, 6 * _HOUR, 12 * _HOUR, 20 * _HOUR)
NOT_FOUND = Schedule("not_found", 15, _HOUR, 4 * _HOUR, 12 * _HOUR, 24 * _HOUR)

SCHEDULES: Final = (GREYLISTED, LOST, TOO_FAST, BUSY, FULL, DISTRUSTED, NOT_FOUND)

_BY_KIND: Final[dict[ReplyKind, Schedule]] = {
    ReplyKind.NETWORK: LOST,
    ReplyKind.RATE: TOO_FAST,
    ReplyKind.SERVER: BUSY,
    ReplyKind.OTHER: BUSY,
    ReplyKind.AUTHENTICATION: BUSY,
    ReplyKind.MAILBOX_FULL: FULL,
    ReplyKind.MAILBOX_DISABLED: FULL,
    ReplyKind.SPAM: DISTRUSTED,
    ReplyKind.POLICY: DISTRUSTED,
    ReplyKind.FILTERED: DISTRUSTED,
    ReplyKind.CONTENT: DISTRUSTED,
    ReplyKind.TOO_BIG: DISTRUSTED,
    ReplyKind.NO_MAILBOX: NOT_FOUND,
    ReplyKind.NO_DOMAIN: NOT_FOUND,
    ReplyKind.MOVED: NOT_FOUND,
}


def is_greylisting(result: SendResult) -> bool:
    """Tell whether a temporary answer is greylisting: it asks an unknown sender to come again.

    Servers that name it are easy. Others answer 450 or 451 with 4.7.1 and say nothing of speed
    (Postfix's policy servers do).
    """
    if result.code is None or not 400 <= result.code < 500:
        return False
    if _GREYLISTING.search(result.text):
        return True
    return (
        result.code in (450, 451)
        and result.enhanced == "4.7.1"
        and result.phase in ("rcpt", "data")
        and not _TOO_MUCH.search(result.text)
        and (result.verdict is None or result.verdict.kind in (ReplyKind.POLICY, ReplyKind.SERVER))
    )


def is_too_fast(result: SendResult) -> bool:
    """Tell whether an answer asks for fewer letters a second from all of us.

    A permanent one counts too: some providers say 550 when a limit of the hour is used up. One that
    has too many connections does not: what it has of them may go as fast as before.
    """
    kind = result.verdict.kind if result.verdict is not None else None
    return kind is ReplyKind.RATE and not is_greylisting(result) and not is_crowded(result)


def schedule_of(result: SendResult) -> Schedule:
    """Return the waits after this answer."""
    if is_greylisting(result):
        return GREYLISTED
    if is_lost(result):
        return LOST
    kind = result.verdict.kind if result.verdict is not None else ReplyKind.OTHER
    return _BY_KIND.get(kind, BUSY)


def next_try(
    result: SendResult, *, attempts: int, message_id: int, now: datetime
) -> datetime | None:
    """Return when a letter goes again after its `attempts`-th attempt; None: it has failed."""
    waits = schedule_of(result).waits
    if attempts > len(waits):
        return None
    return now + waits[attempts - 1] * (1 + _SPREAD * own_fraction(message_id, attempts))


def own_fraction(message_id: int, attempts: int) -> float:
    """Return a number from 0 to 1 that is a letter's own (Knuth's multiplicative hash)."""
    return ((message_id + attempts * 7919) * 2_654_435_761 % 2**32) / 2**32
