"""What the answer of a mail server means for a message; pure."""

from __future__ import annotations

from datetime import datetime

from otklik.channels.email.public import ReplyKind, SendResult, SendState, told
from otklik.delivery.model import MessageState
from otklik.delivery.operations.blocks import Outcome, Row
from otklik.delivery.sending.schedule import next_try
from otklik.kit.i18n import Lang


def outcome_of(
    row: Row,
    result: SendResult,
    *,
    attempts_max: int,
    now: datetime,
    via: str = "",
    lang: Lang = "en",
) -> Outcome:
    """Return what becomes of a message after a hand-over that was no trouble of the relay.

    via: the name of the relay, which is kept with its answer when the workspace has its own ones;
    lang: in which it is told why there was none.
    """
    answer = told(result, lang)
    if via:
        answer = f"{answer} [{via}]"
    kind = result.verdict.kind.value if result.verdict else ReplyKind.OTHER.value
    match result.state:
        case SendState.ACCEPTED:
            return Outcome(row=row, state=MessageState.SENT, answer=answer)
        case SendState.UNKNOWN:
            return Outcome(row=row, state=MessageState.IN_DOUBT, reason="no_answer", answer=answer)
        case SendState.PERMANENT:
            bounced = result.verdict is not None and result.verdict.suppress
            state = MessageState.BOUNCED if bounced else MessageState.FAILED
            return Outcome(row=row, state=state, reason=kind, answer=answer)
        case SendState.TEMPORARY:
            attempts = row.attempts + 1
            again_at = next_try(result, attempts=attempts, message_id=row.message_id, now=now)
            if again_at is None or attempts >= attempts_max:
                return Outcome(row=row, state=MessageState.FAILED, reason=kind, answer=answer)
            return Outcome(
                row=row,
                state=MessageState.PLANNED,
                reason=kind,
                answer=answer,
                next_at=again_at,
            )
