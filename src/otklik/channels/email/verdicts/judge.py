"""One judgement of one mail; see `judge_return`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from otklik.channels.email.verdicts.addresses import addresses_in, is_daemon
from otklik.channels.email.verdicts.answers import Meaning, meaning_of, phase_of, quotes_refusal
from otklik.channels.email.verdicts.automatic import automatic_reason, written_by_program
from otklik.channels.email.verdicts.feedback import (
    complaint_subject,
    complaints,
    is_feedback,
    unsubscribe_of_program,
)
from otklik.channels.email.verdicts.mime import Part, read_mail, without_tags
from otklik.channels.email.verdicts.model import (
    DIAGNOSTIC_CHARS,
    Original,
    RecipientVerdict,
    ReturnedMail,
    ReturnReason,
    ReturnVerdict,
)
from otklik.channels.email.verdicts.notice import named_in
from otklik.channels.email.verdicts.original import cut, message_id, original_of
from otklik.channels.email.verdicts.phrases import (
    DAEMON,
    DAEMON_NAME,
    DELAYED,
    FAILED,
    GIVEN_UP,
    SUBJECT,
    UNDELIVERED,
)
from otklik.channels.email.verdicts.providers import ses_notice
from otklik.channels.email.verdicts.status import Reported, looks_reported, reported_in

_NOTICE_CHARS: Final = 64 * 1024
_RECIPIENTS_MAX: Final = 200
_ENCLOSED: Final = ("message/rfc822", "message/global", "message/news")
_HEADERS_ONLY: Final = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_ENGLISH: Final = re.compile(
    r"\b(the|your|not|could|following|message|mail|address|delivered|recipients?|undeliverable|to)\b",
    re.IGNORECASE,
)
_SERVER_SAID: Final = re.compile(
    r"(?<![\d.])[45][0-57]\d[ -]#?[45]\.\d{1,2}\.\d|(?<![\d.])[45]\.\d\.\d{1,2}(?![\d.])"
    r"|\b(smtp|esmtp|rcpt to|mailbox|recipient address)\b",
    re.IGNORECASE,
)
# An address that has a line to itself, as reports list them.
_LISTED: Final = re.compile(
    r"^[ \t<*>•-]{0,8}[^\s<>@]{1,64}@[^\s<>@]{1,250}\.[^\s<>@:]{1,60}[>\s:]{0,3}$", re.MULTILINE
)
_DELIVERED: Final = frozenset({"delivered", "relayed", "expanded", "relay"})


def judge_return(data: bytes) -> ReturnedMail:
    """Return what a mail that came back means: for each recipient it speaks of, a verdict.

    data: the mail as it arrived; anything at all. Never raises. Sources: RFC 3464 and 6522
    (delivery reports), RFC 5965 (complaints), RFC 3834 (automatic answers), RFC 3463 (codes).
    """
    mail = read_mail(data)
    found = _judged(mail, nested=2)
    references = [message_id(mail.header("in-reply-to"))]
    references += [message_id(f"<{piece}") for piece in mail.header("references").split("<")[1:]]
    return ReturnedMail(
        recipients=tuple(found[0][:_RECIPIENTS_MAX]),
        original=found[1],
        automatic=bool(found[0]) or written_by_program(mail),
        in_reply_to=tuple(dict.fromkeys(r for r in references if r))[:20],
        sent_to=_sent_to(mail),
        subject=mail.shown("subject")[:300],
        sender=(addresses_in(mail.header("from")[:1000]) or [""])[0],
    )


def _sent_to(mail: Part) -> tuple[str, ...]:
    names = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to", "to", "cc")
    found = (a for name in names for a in addresses_in(" ".join(mail.header_all(name))[:4000]))
    return tuple(dict.fromkeys(found))[:20]


def readable_text(data: bytes) -> str:
    """Return what a mail says, as text; HTML without its tags."""
    return _texts(read_mail(data).walk())[0]


_SHOWN_HEADERS: Final = (
    "From", "To", "Cc", "Date", "Subject", "Return-Path", "Reply-To", "Message-ID", "In-Reply-To",
    "Auto-Submitted", "Precedence", "X-Failed-Recipients", "Content-Type",
)  # fmt: skip


def readable_headers(data: bytes) -> list[tuple[str, str]]:
    """Return the lines of a mail's head that people read, decoded, in one order."""
    mail = read_mail(data)
    return [(name, shown) for name in _SHOWN_HEADERS if (shown := mail.shown(name.lower())[:1000])]


_Found = tuple[list[RecipientVerdict], Original]
_NOTHING: Final[_Found] = ([], Original())


def _judged(mail: Part, *, nested: int) -> _Found:
    parts = list(mail.walk())
    text, html = _texts(parts)
    enclosed = next((p.inner for p in parts if p.type in _ENCLOSED and p.inner is not None), None)
    if enclosed is None:
        heads = next((p for p in parts if p.type in _HEADERS_ONLY), None)
        enclosed = read_mail(heads.text().encode()) if heads is not None else None
    notice, returned = cut(text)
    report = "\n\n".join(p.text() for p in parts if p.type.endswith("delivery-status"))
    original = original_of(enclosed, returned, _named_id(report))
    if is_feedback(parts):
        return complaints(parts, original, notice), original
    if any(p.type.endswith("disposition-notification") for p in parts):
        return _receipt(mail, original)
    if found := ses_notice(text):
        return found
    if not report and looks_reported(notice):
        report = notice
    if report:
        reported = reported_in(report)
        if any(item.address for item in reported):
            return _from_report(reported, notice or html, original)
        delayed = _only_delayed(reported)
        return _from_prose(mail, notice or html, original, delayed=delayed), original
    if complaint_subject(mail.shown("subject")) and enclosed is not None:
        return complaints(parts, original, notice), original
    if asked := unsubscribe_of_program(mail, notice or html):
        return asked, original
    if (reason := automatic_reason(mail, notice or html)) and not _is_report(mail, notice or html):
        return [_automatic(mail, reason)], original
    if _is_report(mail, notice or html):
        if enclosed is not None and nested and _is_delivery_report(enclosed):
            return _judged(enclosed, nested=nested - 1)
        return _from_prose(mail, notice or html, original), original
    return _within(enclosed, text, nested)


def _is_delivery_report(mail: Part) -> bool:
    return any(part.type.endswith("delivery-status") for part in mail.walk())


def _within(enclosed: Part | None, text: str, nested: int) -> _Found:
    """Judge a report that somebody forwarded: enclosed as a message, or quoted in the text."""
    if nested <= 0:
        return _NOTHING
    if enclosed is not None:
        words = _texts(enclosed.walk())[0]
        if _is_delivery_report(enclosed) or _is_report(enclosed, words):
            return _judged(enclosed, nested=nested - 1)
    for at, line in enumerate(text.split("\n")[:400]):
        bare = line.lstrip("> \t*").lower()
        if bare.startswith(("from:", "от:", "von:", "de :")) and DAEMON.search(line):
            quoted = "\n".join(one.lstrip("> ") for one in text.split("\n")[at:])
            inside = read_mail(quoted.encode())
            if _is_report(inside, inside.text()):
                return _judged(inside, nested=nested - 1)
    return _NOTHING


def _texts(parts: Iterable[Part]) -> tuple[str, str]:
    """Return the plain texts of a mail, and its HTML without tags."""
    plain: list[str] = []
    html: list[str] = []
    size = 0
    for part in parts:
        if part.children or part.inner is not None or size > _NOTICE_CHARS:
            continue
        if part.type in ("text/plain", "", "text", "message/notification", "text/english") or (
            part.type.startswith("multipart/")
        ):
            plain.append(part.text())
        elif part.type == "text/html":
            html.append(without_tags(part.text()))
        else:
            continue
        size += len((plain or html)[-1])
    text = "\n".join(plain)[:_NOTICE_CHARS]
    shown = "\n".join(html)[:_NOTICE_CHARS]
    return (text if text.strip() else shown), shown


def _named_id(report: str) -> str:
    for line in report.split("\n")[:200]:
        if line.lower().startswith(("original-message-id:", "x-original-message-id:")):
            return line.partition(":")[2].strip()
    return ""


# --- Delivery reports -----------------------------------------------------------------------------


def _only_delayed(reported: list[Reported]) -> bool:
    return bool(reported) and all(item.action.startswith("delay") for item in reported)


def _from_report(reported: list[Reported], notice: str, original: Original) -> _Found:
    named = [item for item in reported if item.address]
    seen: dict[str, RecipientVerdict] = {}
    for item in named:
        verdict = _reported(item, notice, alone=len(named) == 1)
        before = seen.get(item.address.lower())
        if before is None or _grave(verdict) > _grave(before):
            seen[item.address.lower()] = verdict
    return list(seen.values()), original


def _grave(verdict: RecipientVerdict) -> int:
    return [ReturnVerdict.NONE, ReturnVerdict.SOFT, ReturnVerdict.HARD].index(verdict.verdict)


def _reported(item: Reported, notice: str, *, alone: bool) -> RecipientVerdict:
    said = item.diagnostic
    if item.action in _DELIVERED or (not item.action and item.status.startswith("2")):
        return RecipientVerdict(
            item.address, ReturnVerdict.NONE, item.status, ReturnReason.DELIVERED, _short(said)
        )
    final = item.action not in ("delayed", "delay")
    words = notice if alone else _about(notice, item.address)
    phase = phase_of(words[:8000])
    meaning = meaning_of(said, status=item.status, phase=phase)
    if not meaning.sure or not said:
        more = meaning_of(words, status=item.status)
        if more.sure:
            meaning = more
        said = said or words
    if not final:
        return RecipientVerdict(
            item.address, ReturnVerdict.SOFT, item.status, ReturnReason.DELAYED, _short(said)
        )
    return _verdict(item.address, meaning, said, status=item.status)


def _about(notice: str, address: str) -> str:
    """Return the lines of a report that follow an address, up to the next one."""
    lines = notice.split("\n")[:1000]
    for at, line in enumerate(lines):
        if address.lower() in line.lower():
            end = next(
                (n for n in range(at + 1, min(at + 30, len(lines))) if _other(lines[n], address)),
                min(at + 30, len(lines)),
            )
            return "\n".join(lines[at:end])
    return ""


def _other(line: str, address: str) -> bool:
    return "@" in line and address.lower() not in line.lower() and bool(addresses_in(line[:500]))


def _verdict(address: str, meaning: Meaning, said: str, *, status: str = "") -> RecipientVerdict:
    return RecipientVerdict(
        address=address,
        verdict=ReturnVerdict.HARD if meaning.hard else ReturnVerdict.SOFT,
        status=meaning.status or status,
        reason=meaning.reason,
        diagnostic=_short(said),
    )


def _short(text: str) -> str:
    return " ".join(text[:4000].split())[:DIAGNOSTIC_CHARS]


# --- Reports in prose -----------------------------------------------------------------------------


def _is_report(mail: Part, notice: str) -> bool:
    """Tell whether a letter is a report of a mail server, by its sender, subject and words."""
    sender, subject = mail.shown("from")[:400], mail.shown("subject")[:400]
    weight = 0
    daemon = bool(DAEMON.search(sender) or DAEMON_NAME.search(sender))
    weight += 3 if daemon else 0
    if sender.strip() in ("<>", ""):
        weight += 1
    path = mail.header("return-path").strip()
    null = path == "<>" or bool(DAEMON.search(path))
    weight += 2 if null else 0
    if mail.header("x-failed-recipients"):
        weight += 4
    if SUBJECT.search(subject):
        weight += 3
    failed = bool(FAILED.search(notice[:8000]))
    weight += 2 if failed else 0
    if failed and (null or daemon) and UNDELIVERED.search(notice[:8000]):
        weight += 1
    if mail.header("auto-submitted").lower().startswith(("auto-replied", "auto-generated")):
        weight += 1
    if not (daemon or null or mail.header("x-failed-recipients")) and not _quotes(mail, notice):
        # Parcels are "not delivered" too: a report quotes a server, or the letter that it is about.
        weight -= 2
    low = subject.lower()
    if low.startswith(("re:", "fwd:", "fw:", "ответ:")) and not daemon and not null:
        weight -= 4
    if automatic_reason(mail, notice) and not SUBJECT.search(subject) and not daemon:
        weight -= 3
    return weight >= 5


def _quotes(mail: Part, notice: str) -> bool:
    if _SERVER_SAID.search(notice[:8000]) or _LISTED.search(notice[:8000]):
        return True
    if any(p.type in _ENCLOSED or p.type in _HEADERS_ONLY for p in mail.walk()):
        return True
    return bool(cut(_texts(mail.walk())[0]).returned)


def _from_prose(
    mail: Part, notice: str, original: Original, *, delayed: bool = False
) -> list[RecipientVerdict]:
    subject = mail.shown("subject")
    delayed = delayed or _is_delay(subject, notice)
    likely = [*original.recipients, *addresses_in(mail.header("x-failed-recipients")[:4000])]
    ours = _ours(mail)
    failed = addresses_in(mail.header("x-failed-recipients")[:8000])
    named = named_in(notice, ours=ours, likely=failed or likely)
    if failed and {n.address.lower() for n in named} != {a.lower() for a in failed}:
        by = {n.address.lower(): n.words for n in named}
        out = [(address, by.get(address.lower(), notice)) for address in failed]
    elif named:
        out = [(n.address, n.words) for n in named]
    else:
        out = [(address, notice) for address in _fallback(mail, original)]
    verdicts = []
    for address, words in out:
        meaning = meaning_of(words)
        if not meaning.sure and words is not notice and len(out) > 1:
            whole = meaning_of(notice)
            meaning = whole if whole.sure and not whole.hard else meaning
        if not meaning.sure and (more := meaning_of(f"{subject} ")).sure:
            meaning = more
        if not meaning.sure and not delayed and _plain_final(words) and not quotes_refusal(words):
            # A final report that names the recipient and no cause that could pass. An answer in
            # words that nobody has met may as well refuse the sender: no address dies of it.
            meaning = meaning._replace(hard=True)
        if delayed:
            verdicts.append(
                RecipientVerdict(
                    address, ReturnVerdict.SOFT, meaning.status, ReturnReason.DELAYED, _short(words)
                )
            )
        else:
            verdicts.append(_verdict(address, meaning, words))
    return verdicts


def _plain_final(words: str) -> bool:
    """Tell whether a report is in a language whose words would have been understood."""
    return bool(FAILED.search(words)) and len(set(map(str.lower, _ENGLISH.findall(words)))) > 2


def _is_delay(subject: str, notice: str) -> bool:
    text = f"{subject}\n{notice[:6000]}"
    return bool(DELAYED.search(text)) and not GIVEN_UP.search(text)


def _ours(mail: Part) -> list[str]:
    names = ("to", "delivered-to", "x-original-to", "envelope-to", "from", "return-path", "cc")
    return [a for name in names for a in addresses_in(" ".join(mail.header_all(name))[:2000])]


def _fallback(mail: Part, original: Original) -> list[str]:
    likely = [a for a in original.recipients if not is_daemon(a)]
    if likely:
        return likely[:1] if len(likely) > 1 and len(likely) < 4 else likely
    failed = addresses_in(mail.header("x-failed-recipients")[:4000])
    return failed or [""]


def _receipt(mail: Part, original: Original) -> _Found:
    sender = (addresses_in(mail.header("from")[:1000]) or [""])[0]
    return [RecipientVerdict(sender, ReturnVerdict.NONE, "", ReturnReason.RECEIPT)], original


def _automatic(mail: Part, reason: ReturnReason) -> RecipientVerdict:
    sender = (addresses_in(mail.header("from")[:1000]) or [""])[0]
    verdict = ReturnVerdict.NONE if reason is ReturnReason.CHALLENGE else ReturnVerdict.AUTO_REPLY
    return RecipientVerdict(sender, verdict, "", reason, mail.shown("subject")[:DIAGNOSTIC_CHARS])
