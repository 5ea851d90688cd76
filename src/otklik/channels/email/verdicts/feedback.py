"""Complaints: abuse reports (RFC 5965), and the forms that older feedback loops use."""

# ruff: noqa: E501 -- a pattern in one line reads better than in pieces

from __future__ import annotations

import re
from typing import Final

from otklik.channels.email.verdicts.addresses import address_in, addresses_in
from otklik.channels.email.verdicts.mime import Part, read_mail
from otklik.channels.email.verdicts.model import (
    Original,
    RecipientVerdict,
    ReturnReason,
    ReturnVerdict,
)

_TYPE: Final = re.compile(
    r"^[ \t>]{0,4}Feedback-Type[ \t]*:[ \t]*([A-Za-z-]{2,30})", re.IGNORECASE | re.MULTILINE
)
_COMPLAINT_SUBJECT: Final = re.compile(
    r"complaint about (a )?message|(abuse|spam|feedback[- ]?loop|fbl) (report|complaint)|feedback report"
    r"|(e-?mail|spam|abuse) (feedback|complaint)|жалоб\w+ на (спам|письмо|рассылку)",
    re.IGNORECASE,
)
_REASONS: Final = {
    "abuse": ReturnReason.ABUSE,
    "complaint": ReturnReason.ABUSE,
    "spam": ReturnReason.ABUSE,
    "fraud": ReturnReason.FRAUD,
    "virus": ReturnReason.VIRUS,
    "opt-out": ReturnReason.OPT_OUT,
    "opt-out-list": ReturnReason.OPT_OUT,
    "not-spam": ReturnReason.NOT_SPAM,
    "auth-failure": ReturnReason.AUTH_FAILURE,
    "dkim": ReturnReason.AUTH_FAILURE,
}
_FIELDS: Final = ("original-rcpt-to", "removal-recipient", "original-recipient", "final-recipient")


def is_feedback(parts: list[Part]) -> bool:
    return any(
        part.type == "message/feedback-report"
        or "feedback-report" in part.params.get("report-type", "")
        for part in parts
    )


def complaint_subject(subject: str) -> bool:
    return bool(_COMPLAINT_SUBJECT.search(subject))


def complaints(parts: list[Part], original: Original, text: str) -> list[RecipientVerdict]:
    """Return the verdicts of a feedback report; `text`: the part written for people."""
    fields = next((p.text() for p in parts if p.type == "message/feedback-report"), "")
    found = _TYPE.search(fields) or _TYPE.search(text)
    reason = _REASONS.get(found[1].lower(), ReturnReason.ABUSE) if found else ReturnReason.ABUSE
    report = read_mail(fields.encode())
    addresses = [
        address
        for name in _FIELDS
        for value in report.header_all(name)
        if (address := address_in(value))
    ] or list(original.recipients)
    diagnostic = " ".join(text.split())[:500]
    return [complaint(address, reason, diagnostic) for address in dict.fromkeys(addresses or [""])]


def complaint(address: str, reason: ReturnReason, diagnostic: str) -> RecipientVerdict:
    quiet = reason in (ReturnReason.NOT_SPAM,)
    return RecipientVerdict(
        address=address,
        verdict=ReturnVerdict.NONE if quiet else ReturnVerdict.COMPLAINT,
        status="",
        reason=reason,
        diagnostic=diagnostic,
    )


def unsubscribe_of_program(mail: Part, text: str) -> list[RecipientVerdict] | None:
    """Judge a letter that a mail program sent to a List-Unsubscribe address."""
    if not re.fullmatch(
        r"\W{0,3}(unsubscribe|отписаться|отписка)\W{0,3}",
        mail.shown("subject").strip(),
        re.IGNORECASE,
    ):
        return None
    if not re.search(
        r"(sent|отправ).{0,40}(unsubscribe|отпис)|^\W*(unsubscribe)?\W*$",
        text[:400],
        re.IGNORECASE | re.DOTALL,
    ):
        return None
    address = (addresses_in(mail.header("from")) or [""])[0]
    return [complaint(address, ReturnReason.OPT_OUT, " ".join(text.split())[:500])]
