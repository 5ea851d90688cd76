"""What the answer of a mail server means for a message; pure."""

from __future__ import annotations

from datetime import datetime

from otklik.channels.email.public import ReplyKind, SendResult, SendState
from otklik.delivery.model import MessageState, backoff
from otklik.delivery.operations.blocks import Outcome, Row

_BEFORE_RECIPIENT = frozenset({"connect", "greeting", "login", "mail"})


def is_relay_trouble(result: SendResult) -> bool:
    """Tell whether the relay itself failed, before the recipient was even named.

    Then the message is untouched: it stays planned, no attempt is counted, and the mailing waits.
    Otherwise an hour without a relay would use up the attempts of a whole audience.
    """
    if result.state in (SendState.ACCEPTED, SendState.UNKNOWN):
        return False
    kind = result.verdict.kind if result.verdict is not None else None
    if kind is ReplyKind.AUTHENTICATION:
        return True
    # The size is announced with the sender's address, but it is the letter's own.
    return result.phase in _BEFORE_RECIPIENT and kind is not ReplyKind.TOO_BIG


def outcome_of(row: Row, result: SendResult, *, attempts_max: int, now: datetime) -> Outcome:
    """Return what becomes of a message after a hand-over that was no trouble of the relay."""
    kind = result.verdict.kind.value if result.verdict else ReplyKind.OTHER.value
    match result.state:
        case SendState.ACCEPTED:
            return Outcome(row=row, state=MessageState.SENT, answer=result.text)
        case SendState.UNKNOWN:
            return Outcome(
                row=row, state=MessageState.IN_DOUBT, reason="no_answer", answer=result.text
            )
        case SendState.PERMANENT:
            bounced = result.verdict is not None and result.verdict.suppress
            state = MessageState.BOUNCED if bounced else MessageState.FAILED
            return Outcome(row=row, state=state, reason=kind, answer=result.text)
        case SendState.TEMPORARY:
            attempts = row.attempts + 1
            if attempts >= attempts_max:
                return Outcome(row=row, state=MessageState.FAILED, reason=kind, answer=result.text)
            return Outcome(
                row=row,
                state=MessageState.PLANNED,
                reason=kind,
                answer=result.text,
                next_at=now + backoff(attempts),
            )
