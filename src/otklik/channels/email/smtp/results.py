"""What an answer, or its absence, says about one letter."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from otklik.channels.email.model import Phase, ReplyKind, ReplyVerdict, SendResult, SendState
from otklik.channels.email.replies import classify_reply, enhanced_code

REPLY_TEXT_MAX: Final = 500
CLOSING: Final = 421
_BEFORE_RECIPIENT: Final = frozenset({"connect", "greeting", "login", "mail"})
_BEFORE_LETTERS: Final = frozenset({"connect", "greeting", "login"})
_OF_THE_SERVER: Final = frozenset({ReplyKind.SERVER, ReplyKind.NO_DOMAIN, ReplyKind.OTHER})
_MUCH: Final = r"(?:too many|max(?:imum)?\b|exceed|limit|reached)"
_LINES: Final = r"(?:connection|concurren|session)"
_CROWDED: Final = re.compile(f"{_MUCH}.{{0,80}}{_LINES}|{_LINES}.{{0,80}}{_MUCH}", re.IGNORECASE)


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


def is_relay_trouble(result: SendResult) -> bool:
    """Tell whether the relay itself failed, before the recipient was even named.

    Then the letter is untouched: it may go by another relay, and no attempt is counted.
    """
    if result.state in (SendState.ACCEPTED, SendState.UNKNOWN):
        return False
    kind = result.verdict.kind if result.verdict is not None else None
    if kind is ReplyKind.AUTHENTICATION:
        return True
    # The size is announced with the sender's address, but it is the letter's own.
    return result.phase in _BEFORE_RECIPIENT and kind is not ReplyKind.TOO_BIG


def is_lost(result: SendResult) -> bool:
    """Tell whether the connection ended before the final dot, with nothing said of the letter."""
    if result.state is not SendState.TEMPORARY:
        return False
    kind = result.verdict.kind if result.verdict is not None else ReplyKind.OTHER
    # A server that closes says nothing of the letter either: another may be better.
    return kind is ReplyKind.NETWORK or (result.code == CLOSING and kind in _OF_THE_SERVER)


def is_crowded(result: SendResult) -> bool:
    """Tell whether a server refused one more connection because there are too many already.

    It says nothing of how fast letters may go on those that there are.
    """
    return (
        result.state is SendState.TEMPORARY
        and result.phase in _BEFORE_LETTERS
        and result.code is not None
        and _CROWDED.search(result.text) is not None
    )
