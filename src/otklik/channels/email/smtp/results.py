"""What an answer, or its absence, says about one letter."""

from __future__ import annotations

from typing import Final, NamedTuple

from otklik.channels.email.model import Phase, ReplyKind, ReplyVerdict, SendResult, SendState
from otklik.channels.email.replies import classify_reply, enhanced_code

REPLY_TEXT_MAX: Final = 500
CLOSING: Final = 421


class Reply(NamedTuple):
    code: int
    text: str


def is_good(reply: Reply, good: int) -> bool:
    return reply.code == good or (good == 250 and reply.code in (250, 251, 252))


def accepted(reply: Reply) -> SendResult:
    """Return the result of an answer that takes the letter."""
    return SendResult(SendState.ACCEPTED, reply.code, enhanced_code(reply.text), reply.text, "done")


def unknown(why: str) -> SendResult:
    """Return the result of a letter whose final dot went out and was not answered."""
    return SendResult(SendState.UNKNOWN, None, None, why[:REPLY_TEXT_MAX], "body")


def refused(reply: Reply, phase: Phase) -> SendResult:
    """Return the result of an answer that does not take the letter."""
    code = (
        reply.code if reply.code >= 400 else 451
    )  # 2xx or 3xx out of place: the server is confused
    verdict = classify_reply(code, reply.text, phase=phase)
    return SendResult(
        state=SendState.PERMANENT if verdict.permanent else SendState.TEMPORARY,
        code=reply.code,
        enhanced=verdict.enhanced,
        text=reply.text,
        phase=phase,
        verdict=verdict,
    )


def lost(why: str, phase: Phase) -> SendResult:
    """Return the result of a connection that ended before the final dot: surely not taken."""
    verdict = ReplyVerdict(permanent=False, kind=ReplyKind.NETWORK, code=0)
    return SendResult(SendState.TEMPORARY, None, None, why[:REPLY_TEXT_MAX], phase, verdict)


def not_connected(
    code: int | None, text: str, kind: ReplyKind | None, phase: Phase = "connect"
) -> SendResult:
    """Return the result for a letter that could not even be offered.

    Always temporary: a relay that is away or refuses our login says nothing about the recipient.
    """
    if kind is None:
        kind = classify_reply(code or 0, text, phase=phase).kind
    verdict = ReplyVerdict(permanent=False, kind=kind, code=code or 0, enhanced=enhanced_code(text))
    return SendResult(
        SendState.TEMPORARY, code, verdict.enhanced, text[:REPLY_TEXT_MAX], phase, verdict
    )
