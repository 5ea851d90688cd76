"""From the words of a report to a reason.

Reports quote SMTP answers, often several: the one to the recipient is looked for, and what it means
is asked of `replies`, as for an answer that came to this program itself.
"""

# ruff: noqa: E501 -- a pattern in one line reads better than in pieces

from __future__ import annotations

import re
from typing import Final, NamedTuple

from otklik.channels.email.model import ReplyKind
from otklik.channels.email.replies import classify_reply, words_of
from otklik.channels.email.verdicts.model import ReturnReason
from otklik.channels.email.verdicts.phrases import EXPIRED, LOOP, NETWORK

TEXT_CHARS: Final = 3000
_CODES: Final = (
    frozenset(
        (
            *range(421, 423),
            *range(430, 434),
            *range(440, 460),
            471,
            472,
            500,
            501,
            502,
            503,
            504,
            505,
        )
    )
    | frozenset((510, 511, 512, 513, 515, 517, 520, 521, 523, 525, 530, 534, 535, 541, 542))
    | frozenset((*range(550, 560), 570, 571, 572, 573))
)
_ANSWER: Final = re.compile(
    r"(?<![\w.:\[/+-])([45]\d\d)"
    r"(?:[ :_-]{1,3}\(?#?([245]\.\d{1,3}\.\d{1,3})\b\)?)?(?=[\s:;,'\")#<-]|$)"
)
_STATUS: Final = re.compile(r"(?<![\w.])\(?#?([45]\.\d{1,3}\.\d{1,3})\)?(?![\w.])")
_BODY: Final = re.compile(
    r"(end of|final) data|\bTEXT command|in reply to (end of )?DATA|>>> DATA\b|SMTP command\W{1,4}DATA"
    r"|after I sent the message|did not like our final DATA|after (end of )?data\b",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(
    r"(after|in reply to) (the )?(initial connection|connect|helo|ehlo|mail from)|>>> (mail from|helo|ehlo)"
    r"|sender was rejected",
    re.IGNORECASE,
)
_RCPT: Final = re.compile(
    r"(after|in reply to|SMTP command|>>>|our)\W{0,4}(the )?rcpt|does not like recipient",
    re.IGNORECASE,
)
# Answers about the order of commands follow from the refusal before them.
_ECHO: Final = re.compile(
    r"\A\W*(5\.5\.[01])?\W*(need (a )?rcpt|rcpt first|need mail|no valid recipients|bad sequence"
    r"|error: need|mail first|valid rcpt command)",
    re.IGNORECASE,
)


class Meaning(NamedTuple):
    """`sure`: an answer or a telling phrase was found, not only the lack of one."""

    reason: ReturnReason
    hard: bool
    status: str
    sure: bool


class _Answer(NamedTuple):
    code: int
    status: str
    text: str
    phase: str


def phase_of(text: str) -> str:
    """Return which command was answered, as far as a report says; "" when it doesn't."""
    found = [
        (match.start(), phase)
        for phase, pattern in (("body", _BODY), ("mail", _MAIL), ("rcpt", _RCPT))
        if (match := pattern.search(text))
    ]
    return max(found)[1] if found else ""


def meaning_of(text: str, *, status: str = "", phase: str = "") -> Meaning:
    """Return what the words of a report about one recipient mean.

    text: what the server said, or the part of the report that speaks of the recipient. status: the
    `Status` field of a delivery report. phase: which command was
    answered, where the words themselves don't say it.
    """
    text = " ".join(text[:TEXT_CHARS].split())
    answers = _answers(text, phase)
    best: Meaning | None = None
    for answer in answers:
        found = _judged(answer, status=status)
        if best is None or (found.hard and not best.hard) or (found.sure and not best.sure):
            best = found
    if best is not None and best.sure:
        return best
    return _by_words(text, status or (best.status if best else ""), phase, best)


def quotes_refusal(text: str) -> bool:
    """Tell whether a report quotes what a server answered, whatever that may mean."""
    return bool(_answers(" ".join(text[:TEXT_CHARS].split()), ""))


def _answers(text: str, told: str) -> list[_Answer]:
    found = [match for match in _ANSWER.finditer(text) if int(match[1]) in _CODES]
    out: list[_Answer] = []
    for at, match in enumerate(found[:12]):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        rest = text[match.end(1) : end].lstrip(" -")
        # Continuation lines repeat the code: one answer.
        if out and out[-1].code == int(match[1]):
            last, status = out[-1], match[2] or ""
            if last.status == status and (status or text[found[at - 1].end(1)] == "-"):
                words = rest.replace(status, "", 1) if status else rest
                out[-1] = last._replace(text=f"{last.text} {words}")
                continue
        if _ECHO.search(rest):
            continue
        phase = phase_of(text[max(0, match.start() - 200) : match.start()])
        after = phase_of(rest) if "in reply to" in rest else ""
        out.append(_Answer(int(match[1]), match[2] or "", rest, after or phase or told))
    return out


def _judged(answer: _Answer, *, status: str) -> Meaning:
    text = answer.text
    own = answer.status or (m[1] if (m := _STATUS.search(text[:200])) else "")
    told = own or (status if _telling(status) and status[:1] == str(answer.code)[:1] else "")
    if told and not text.startswith(told):
        text = f"{told} {text}"
    if LOOP.search(text):
        return Meaning(ReturnReason.LOOP, False, own or status, True)
    verdict = classify_reply(answer.code, text, phase=answer.phase)
    kind = verdict.kind
    sure = kind not in (ReplyKind.OTHER, ReplyKind.SERVER)
    if kind in (ReplyKind.OTHER, ReplyKind.SERVER, ReplyKind.NO_DOMAIN) and told.endswith(".4.7"):
        return Meaning(ReturnReason.EXPIRED, False, own or status, True)
    if not sure and (EXPIRED.search(text) or NETWORK.search(text)):
        reason = ReturnReason.EXPIRED if EXPIRED.search(text) else ReturnReason.NETWORK
        return Meaning(reason, False, own or status, True)
    return Meaning(ReturnReason(kind.value), verdict.suppress, own or status, sure)


def _telling(status: str) -> bool:
    return bool(status) and not status.endswith(".0.0")


def _by_words(text: str, status: str, told: str, best: Meaning | None) -> Meaning:
    """Judge by phrases, then by the enhanced code, then by the mere fact of a final report."""
    if not status and (match := _STATUS.search(text)):
        status = match[1]
    if LOOP.search(text):
        return Meaning(ReturnReason.LOOP, False, status, True)
    code = 450 if status.startswith("4") else 550
    kind = words_of(text)
    if kind in (None, ReplyKind.SERVER) and EXPIRED.search(text):
        return Meaning(ReturnReason.EXPIRED, False, status, True)
    if kind in (None, ReplyKind.SERVER) and NETWORK.search(text):
        return Meaning(ReturnReason.NETWORK, False, status, True)
    if kind is not None or _telling(status):
        phase = phase_of(text) or told
        verdict = classify_reply(code, f"{status} {text}" if status else text, phase=phase)
        if verdict.kind is ReplyKind.OTHER and EXPIRED.search(text):
            return Meaning(ReturnReason.EXPIRED, False, status, True)
        return Meaning(ReturnReason(verdict.kind.value), verdict.suppress, status, True)
    if best is not None:
        return best
    return Meaning(ReturnReason.OTHER, False, status, False)
