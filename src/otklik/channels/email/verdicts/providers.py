"""Notices that sending services write as JSON, in a mail or to a web address.

Amazon SES by way of SNS: docs.aws.amazon.com/ses/latest/dg/notification-contents.html.
"""

from __future__ import annotations

import json
from typing import Any, Final

from otklik.channels.email.verdicts.addresses import address_in
from otklik.channels.email.verdicts.answers import meaning_of
from otklik.channels.email.verdicts.feedback import complaint
from otklik.channels.email.verdicts.model import (
    DIAGNOSTIC_CHARS,
    Original,
    RecipientVerdict,
    ReturnReason,
    ReturnVerdict,
)
from otklik.channels.email.verdicts.service_words import SES_BOUNCES, SES_COMPLAINTS

_RECIPIENTS: Final = 100


def ses_notice(text: str) -> tuple[list[RecipientVerdict], Original] | None:
    """Return what a notice of Amazon SES says, None for a text that is none."""
    start = text.find("{")
    if start < 0 or "otificationType" not in text:
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:].replace("\n ", "").replace("\n", ""))
        if isinstance(found, dict) and isinstance(found.get("Message"), str):
            found = json.loads(found["Message"])
    except (ValueError, RecursionError):
        return None
    return ses_verdicts(found) if isinstance(found, dict) else None


def ses_verdicts(notice: dict[str, Any]) -> tuple[list[RecipientVerdict], Original] | None:
    """Return the verdicts of one SES notice (bounce, complaint, delivery)."""
    kind = str(notice.get("notificationType") or notice.get("eventType") or "").lower()
    mail = _dict(notice.get("mail"))
    headers = _dict(mail.get("commonHeaders"))
    original = Original(
        message_id=str(headers.get("messageId") or "").strip("<>")[:400],
        return_path=str(mail.get("source") or "")[:320],
        subject=str(headers.get("subject") or "")[:300],
        recipients=tuple(str(a)[:320] for a in _list(mail.get("destination"))[:_RECIPIENTS]),
    )
    out: list[RecipientVerdict] = []
    if kind == "bounce":
        bounce = _dict(notice.get("bounce"))
        final = bounce.get("bounceType") == "Permanent"
        named = SES_BOUNCES.get(str(bounce.get("bounceSubType") or ""))
        for item in _list(bounce.get("bouncedRecipients"))[:_RECIPIENTS]:
            out.append(_ses_bounce(_dict(item), final, named))
    elif kind == "complaint":
        told = _dict(notice.get("complaint"))
        reason = SES_COMPLAINTS.get(
            str(told.get("complaintFeedbackType") or "").lower(), ReturnReason.ABUSE
        )
        for item in _list(told.get("complainedRecipients"))[:_RECIPIENTS]:
            address = address_in(str(_dict(item).get("emailAddress") or ""))
            out.append(complaint(address, reason, ""))
    elif kind == "delivery":
        delivery = _dict(notice.get("delivery"))
        said = str(delivery.get("smtpResponse") or "")[:DIAGNOSTIC_CHARS]
        for item in _list(delivery.get("recipients"))[:_RECIPIENTS]:
            out.append(
                RecipientVerdict(
                    address_in(str(item)), ReturnVerdict.NONE, "", ReturnReason.DELIVERED, said
                )
            )
    else:
        return None
    return out, original


def _ses_bounce(item: dict[str, Any], final: bool, named: ReturnReason | None) -> RecipientVerdict:
    """Judge one bounced recipient; Amazon's own word is asked where no server's answer is told."""
    said = str(item.get("diagnosticCode") or "").removeprefix("smtp;").strip()
    meaning = meaning_of(said, status=str(item.get("status") or ""))
    hard, reason = meaning.hard, meaning.reason
    if not meaning.sure:
        hard, reason = True, named or (ReturnReason.NO_MAILBOX if final else reason)
    return RecipientVerdict(
        address=address_in(str(item.get("emailAddress") or "")),
        verdict=ReturnVerdict.HARD if hard and final else ReturnVerdict.SOFT,
        status=meaning.status,
        reason=reason,
        diagnostic=said[:DIAGNOSTIC_CHARS],
    )


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
